"""What stands on a terminal: text from outside is text there, whatever is in it."""

import io
import sys

import pytest
from rich.text import Text

from core.formats.errors import Code, InputError
from local.cli import output
from local.cli.errors import CliError

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202egnp.exe\u2066 [red]b[/red]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_no_text_from_outside_moves_the_cursor(kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """A payer's words, or the name of a file that somebody dropped: no clean screen, no line over another."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out, err = kind(), kind()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    listed = output.table("file")
    listed.add_row(*output.plain(HOSTILE))
    output.show("x", {}, HOSTILE, Text(HOSTILE), listed)
    output.hint(HOSTILE)
    output.show_error(CliError(HOSTILE, HOSTILE, findings=[InputError(Code.BAD_VALUE, HOSTILE, 1, HOSTILE)]))
    for said in (out.getvalue(), err.getvalue()):
        assert "gnp.exe" in said
        assert "[red]b[/red]" in said
        assert not set(said) & set("\x07\r\x9b\u202e\u2066")
        assert "\x1b]" not in said
        assert "[2J" not in said.replace("\N{REPLACEMENT CHARACTER}[2J", "")
