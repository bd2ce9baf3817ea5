"""The whole list of a message as CSV (RFC 4180), for the reader's own program: all quoted, CRLF, UTF-8 with BOM.

Amounts are plain decimals, dates ISO. A text that a spreadsheet would take for a formula starts with an apostrophe.
"""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import StringIO
from typing import Final

from core.decide.model import Charge, Line, NoticePlan
from core.render.clean import one_line
from core.render.formats import major_units, minor_digits

COLUMNS: Final = (
    "type",
    "number",
    "debtor",
    "issued_on",
    "due_on",
    "days_past_due",
    "currency",
    "invoiced",
    "open",
    "disputed_or_promised",
    "credit",
    "to_pay",
)
_BOM: Final = "\ufeff"  # without it spreadsheets read the file in the machine's own old encoding
_FORMULA: Final = frozenset("=+-@\t\r\n")


def statement_csv(plan: NoticePlan, charges: Iterable[Charge], debtors: Mapping[str, str] | None = None) -> bytes:
    """Every invoice and charge of a message; the last column adds up to what the message asks for.

    Args: `charges` those that the message shows; `debtors` names the owing company by item id.
    """
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in (*plan.overdue, *plan.coming_due):
        writer.writerow(_cells(_invoice(line, line.debtor or (debtors or {}).get(line.item) or "")))
    for charge in charges:
        writer.writerow(_cells(_charge(charge)))
    return (_BOM + out.getvalue()).encode()


def safe_text(text: str) -> str:
    """The text as a cell that no spreadsheet runs: = + - @ TAB CR, also full-width or behind blanks, get an apostrophe.

    Source: OWASP ASVS 5.0, 1.2.10.
    """
    first = unicodedata.normalize("NFKC", text).lstrip(" \u00a0\u200b\ufeff")[:1]
    return f"'{text}" if first in _FORMULA and first else text


def _cells(values: Iterable[str | int | date | tuple[int, str]]) -> Iterator[str]:
    """By type, not by look: a negative amount is a number, a number that begins with a minus sign is a text."""
    for value in values:
        if isinstance(value, str):
            yield safe_text(value)
        elif isinstance(value, tuple):
            minor, currency = value
            yield f"{major_units(minor, currency):.{minor_digits(currency)}f}"
        else:
            yield str(value)


def _invoice(line: Line, debtor: str) -> tuple[str | int | date | tuple[int, str], ...]:
    def money(minor: int) -> tuple[int, str]:
        return minor, line.currency

    return (
        "invoice",
        one_line(line.number, 60),
        one_line(debtor),
        line.issued_on,
        line.due_on,
        line.days_past_due,
        line.currency,
        money(line.original_minor),
        money(line.open_minor),
        money(line.withheld_minor),
        money(line.credit_minor),
        money(line.due_minor),
    )


def _charge(charge: Charge) -> tuple[str | int | date | tuple[int, str], ...]:
    amount = (charge.minor, charge.currency)
    return (charge.kind.value, one_line(charge.number, 60), "", "", "", "", charge.currency, "", "", "", "", amount)
