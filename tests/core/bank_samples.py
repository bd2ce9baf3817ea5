"""Bank files as tests write them."""

import io
from typing import Any

from bench.bank_files import Booking, camt, mt940
from core.bank import BankEntry, BankStatement
from core.formats.bank import BankLayout, read_statements
from core.formats.errors import InputError, Severity

__all__ = ["Booking"]

Found = list[BankStatement | InputError]


def read(content: str | bytes, layout: BankLayout | None = None, encoding: str = "utf-8") -> Found:
    """What is read from a file."""
    return read_statements(content.encode(encoding) if isinstance(content, str) else content, "f", layout)


def statements(content: str | bytes, layout: BankLayout | None = None) -> list[BankStatement]:
    """The statements of a file without errors."""
    found = read(content, layout)
    assert [str(one) for one in found if isinstance(one, InputError) and one.severity is Severity.ERROR] == []
    return [one for one in found if isinstance(one, BankStatement)]


def statement(content: str | bytes, layout: BankLayout | None = None) -> BankStatement:
    """The one statement of a file without errors."""
    (one,) = statements(content, layout)
    return one


def entry(content: str | bytes, layout: BankLayout | None = None) -> BankEntry:
    """The one entry of a file without errors."""
    (one,) = statement(content, layout).entries
    return one


def errors(content: str | bytes, layout: BankLayout | None = None) -> list[tuple[str, int, str | None]]:
    """Code, line and field of each error but the last word, NOT_TAKEN; nothing of the file is taken."""
    found = read(content, layout)
    assert not any(isinstance(one, BankStatement) for one in found)
    return [(e.code.value, e.line, e.field) for e in only_errors(found) if e.code != "NOT_TAKEN"]


def only_errors(found: Found) -> list[InputError]:
    """What is wrong."""
    return [one for one in found if isinstance(one, InputError) and one.severity is Severity.ERROR]


def others(found: Found) -> list[tuple[str, str]]:
    """Severity and code of what is said besides."""
    return [
        (one.severity.value, one.code.value)
        for one in found
        if isinstance(one, InputError) and one.severity is not Severity.ERROR
    ]


def as_mt940(*told: Booking, **how: Any) -> str:
    """A German statement."""
    out = io.StringIO(newline="")
    mt940(out, told, **how)
    return out.getvalue()


def as_camt(*told: Booking, **how: Any) -> str:
    """A camt message."""
    out = io.StringIO()
    camt(out, told, **how)
    return out.getvalue()


def swift(*lines: str, opening: str = "C260101EUR1000,00", closing: str = "C260131EUR1000,00") -> str:
    """A statement with the given fields between its balances."""
    head = [":20:REF", ":25:NL00BANK0123456789", ":28C:1/1", f":60F:{opening}"]
    return "\r\n".join([*head, *lines, f":62F:{closing}", "-"]) + "\r\n"
