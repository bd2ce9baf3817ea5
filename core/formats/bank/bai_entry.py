"""One transaction of a BAI2 account."""

from datetime import date
from functools import cache
from typing import Final

from core.bank import BankEntry, EntryStatus, Remittance
from core.formats.bank.bai_fields import FieldWrongError, amount, availability
from core.formats.bank.keys import Keys, reference_of
from core.formats.bank.references import found_in
from core.formats.bank.swift_details import tidy
from core.formats.errors import Code, clip
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """A record 16."""

    line: int
    code: str
    known: bool
    side: int  # 1: came in, -1: went out
    amount: int | None  # as written
    value_on: date | None
    bank_reference: str | None
    customer_reference: str | None
    text: str

    @property
    def side_name(self) -> str:
        """As messages say it."""
        return "a credit" if self.side > 0 else "a debit"


def detail(fields: list[str], line: int) -> Detail:
    """The fields of a record 16. Raises: FieldWrongError."""
    code = fields[0].strip() if fields else ""
    known = _sides().get(code)
    said = amount(fields[1], "amount", line) if len(fields) > 1 else None
    value_on, rest = availability(fields[2:], line)
    return Detail(
        line,
        code,
        known is not None,
        known or _side_by_number(code, line),
        said,
        value_on,
        _reference(rest[0] if rest else ""),
        _reference(rest[1] if len(rest) > 1 else ""),
        tidy(",".join(rest[2:]).rstrip(",/")),
    )


def entry(one: Detail, currency: str, on: date, keys: Keys) -> BankEntry:
    """The booking that a record tells."""
    minor = one.side * (one.amount or 0)
    return BankEntry(
        key=keys.key(on, minor, currency, one.bank_reference, one.customer_reference, one.text),
        booked_on=on,
        value_on=one.value_on,
        minor=minor,
        currency=currency,
        status=EntryStatus.BOOKED if minor else EntryStatus.INFORMATION,
        reversal=one.code in _REVERSALS,
        remittance=Remittance(text=one.text, references=found_in(one.text), end_to_end=one.customer_reference),
        bank_reference=one.bank_reference,
        kind=one.code,
        line=one.line,
    )


# items that come back, reversals and corrections. Source: the type codes as the library's table describes them
_REVERSALS: Final = frozenset(
    "123 252 254 255 257 258 261 266 395 423 552 554 555 557 558 561 566 694".split()  # noqa: SIM905  # a table
)


@cache
def _sides() -> dict[str, int]:
    """Which way each type code of the standard goes."""
    from bai2.constants import TypeCodes

    found = TypeCodes.values() if isinstance(TypeCodes, dict) else TypeCodes
    sides = {"credit": 1, "debit": -1, "misc": 1}
    return {one.code: sides[one.transaction.value] for one in found if one.transaction is not None}


def _side_by_number(code: str, line: int) -> int:
    """Codes that only one bank knows follow the ranges of the standard."""
    if code.isascii() and code.isdigit() and len(code) == 3:
        number = int(code)
        if 100 <= number < 400 or 920 <= number < 960:
            return 1
        if 400 <= number < 700 or number >= 960:
            return -1
    raise FieldWrongError(
        Code.BAD_ENUM, "16", f"'{clip(code)}' is no type code that says which way the money went", line
    )


def _reference(text: str) -> str | None:
    bare = reference_of(text)
    return bare if bare and bare.strip("0") else None
