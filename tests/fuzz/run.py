"""`python -m tests.fuzz.run [TARGET ...]`: looks long for bytes that break a parser, each in a process of its own.

With atheris new bytes are made where they reach new lines of code; without it, which not every Python has, hypothesis
changes valid files. What breaks a parser is left in build/fuzz/<target>, and given again first the next time.
"""

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build/fuzz"
_READ = ["core.formats", "mt940", "bai2", "defusedxml", "pydantic_xml"]  # whose lines count as reached


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all without one")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--here", action="store_true", help="in this process: one target")
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        return _hypothesis(given.seconds)
    if given.here:
        return _atheris(given.targets[0], given.seconds)
    from tests.fuzz.targets import TARGETS

    unknown = [name for name in given.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}; targets: {', '.join(TARGETS)}")
    broken = list[str]()
    for name in given.targets or TARGETS:
        print(f"{name}: {given.seconds} s", flush=True)
        command = [sys.executable, "-m", "tests.fuzz.run", "--here", "--seconds", str(given.seconds), name]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            broken.append(name)
            print(ran.stdout[-3_000:] + ran.stderr[-3_000:])
        else:
            print("  " + next((line for line in reversed(ran.stderr.splitlines()) if "runs" in line), "done"))
    return _say(broken)


def _say(broken: list[str]) -> int:
    print(f"broken: {', '.join(broken)}; the bytes are in {FOLDER}" if broken else "nothing was found")
    return 1 if broken else 0


def _atheris(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=_READ):
        from tests.fuzz.targets import TARGETS
    folder, target = FOLDER / name, TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(seed)

    def check(content: bytes) -> None:
        try:
            target.check(content)
        except BaseException:
            (folder / f"found-{hashlib.sha256(content).hexdigest()[:12]}").write_bytes(content)
            raise

    settings = [
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=8192",
        "-print_final_stats=1",
    ]
    kept = [str(path) for path in sorted(folder.glob("found-*"))]
    for path in kept:  # what broke it once
        target.check(Path(path).read_bytes())
    atheris.Setup([name, *settings, f"-artifact_prefix={folder}/slow-", str(corpus)], check)
    atheris.Fuzz()
    return 0


def _hypothesis(seconds: int) -> int:
    print("atheris is not there: hypothesis looks instead", flush=True)
    times = str(max(2, seconds))  # about a second for the examples of the suite
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/fuzz"]
    return subprocess.run(command, env={**os.environ, "FUZZ_TIMES": times}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
