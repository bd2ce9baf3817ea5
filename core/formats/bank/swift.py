"""Parts a SWIFT text into its fields, each with the line where it begins: `:61:...` and what follows it."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from core.values import dataclass

TAGS: Final = frozenset(
    "20 21 25 25P 28 28C 13 13D 34F 60 60F 60M 61 86 NS 62 62F 62M 64 65 90C 90D".split()  # noqa: SIM905  # a table
)
_TAG: Final = re.compile(r"(?:\{4:\s*)?:(?P<tag>[0-9]{2}[A-Z]?|NS):(?P<text>.*)", re.DOTALL)
_END: Final = re.compile(r"-(\}.*|XXX)?\s*")
_RUNNING: Final = frozenset({"61", "86", "NS"})  # the fields whose text may run over several lines
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# A file that lost its line breaks still has its tags, which no SWIFT text may hold otherwise.
_JOINED: Final = re.compile(r"(?=:(?:20|21|25P?|28C?|13D?|34F|60[FM]|61|86|62[FM]|64|65|90[CD]):)")
_DASH: Final = re.compile(r"^(:(?:6[245]|90).*?)-\s*$")  # the end of the message, on the line of its last field


@dataclass(slots=True)
class Field:
    """One field: its tag, where it begins, and its lines."""

    tag: str
    line: int
    lines: list[str]

    @property
    def name(self) -> str:
        """As errors name it."""
        return f":{self.tag}:"

    @property
    def text(self) -> str:
        """The value, its lines parted by line feeds."""
        return "\n".join(self.lines)


@dataclass(slots=True)
class Block:
    """The fields of one message, from its field 20; the first may lack it."""

    line: int
    fields: list[Field] = field(default_factory=list)


def is_swift(start: str) -> bool:
    """True when one of the first lines is a field."""
    return any(_tag(line) is not None for line in _lines(start)[:40])


def blocks(text: str) -> Iterator[Block]:
    """The messages of a file. What stands between them is the envelope of whoever carried them."""
    block: Block | None = None
    inside = False  # text may go on
    for number, line in enumerate(_lines(text), start=1):
        found = _tag(line)
        if found is not None:
            if block is None or found[0] == "20":
                if block is not None:
                    yield block
                block = Block(number)
            block.fields.append(Field(found[0], number, [found[1]]))
            inside = True
        elif block is not None and inside:
            inside = _goes_on(block.fields[-1], line)
    if block is not None:
        yield block


def _goes_on(last: Field, line: str) -> bool:
    """Add a line to the field before it where it belongs to it; False at the end of the message."""
    if _END.fullmatch(line):
        return False
    if last.tag in _RUNNING:
        if line.strip():
            last.lines.append(line)
        return True
    if last.tag in {"62", "62F", "62M", "64", "65", "90C", "90D"} or not line.strip():
        return True  # an envelope follows a balance without the dash that ends a message
    last.lines.append(line)
    return True


def _tag(line: str) -> tuple[str, str] | None:
    found = _TAG.match(line)
    return (found["tag"], found["text"]) if found and found["tag"] in TAGS else None


def text_lines(text: str) -> list[str]:
    """The lines of a text, whatever ends them; form feeds and the like end none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _lines(text: str) -> list[str]:
    lines = text_lines(_CONTROL.sub("", text))
    if sum(1 for line in lines if line.strip()) == 1:
        lines = [_DASH.sub(r"\1", part) for line in lines for part in _JOINED.split(line)]
    return [line.rstrip() if line.isspace() else line for line in lines]
