#!/bin/sh
# Prints the best interpreter on this machine: 3.13 (the Lambda runtime's version) if one really runs, else a newer
# or older one from 3.11 on. With --exact 3.13 or nothing. A pyenv shim may be on PATH and still refuse to start.
pyenv_root=${PYENV_ROOT:-$HOME/.pyenv}

runs() { # runs INTERPRETER VERSION...: prints the interpreter if it starts and is one of the versions
    interpreter=$1; shift
    found=$("$interpreter" -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null) || return 1
    for version in "$@"; do
        case $found in "$version "*) echo "${found#* }"; return 0 ;; esac
    done
    return 1
}

versions=3.13
[ "$1" = --exact ] || versions="3.13 3.14 3.12 3.11"
for version in $versions; do
    for candidate in "python$version" "$pyenv_root"/versions/"$version"*/bin/python3 python3; do
        runs "$candidate" "$version" && exit 0
    done
done
exit 1
