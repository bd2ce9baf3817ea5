"""The tables of a message: what one currency's invoices and charges add up to, line by line."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final, Literal, TypeVar

from core.decide.model import Charge, Line
from core.ledger import ItemKind
from core.render.clean import one_line
from core.render.formats import format_day, format_money
from core.render.messages import ChargeRow, CurrencyTable, Part, Row

CLIPPED_BYTES: Final = 102 * 1024  # of HTML; Gmail shows no more of a mail
TABLE_ROWS: Final = 50  # nobody reads more, and the whole list is attached
ROW_BYTES: Final = 55_000  # that the rows of a mail may take; half a mail is words, frame and foot
CHARGE_ROWS: Final = 12
LEAST_ROWS: Final = 5  # that a currency has even among many
LEAST_CHARGES: Final = 3
_WHOLE: Final = 1_000_000.0  # times the room of a mail: all
_CHARGES: Final[dict[ItemKind, Literal["fee", "interest", "compensation"]]] = {
    ItemKind.FEE: "fee",
    ItemKind.INTEREST: "interest",
    ItemKind.COMPENSATION: "compensation",
}

_Row = TypeVar("_Row", Line, Charge)


def currency_tables(
    lines: Sequence[Line],
    charges: Sequence[Charge],
    locale: str,
    debtors: Mapping[str, str],
    links: Mapping[str, str] | None = None,
    *,
    part: float = 1,
    whole: bool = False,
) -> tuple[CurrencyTable, ...]:
    """One table a currency, in the order of the lines; a currency in which only charges are open comes last.

    Args: `debtors` names the owing company by item id, for lines that do not name it themselves; `links` says by item
        id where one invoice can be paid; `part` of the mail's room is for these tables; `whole` lists everything, for
        paper.
    """
    currencies = list(dict.fromkeys([*(line.currency for line in lines), *(charge.currency for charge in charges)]))
    return tuple(
        _table(
            currency,
            [line for line in lines if line.currency == currency],
            sorted((c for c in charges if c.currency == currency), key=lambda charge: not charge.new),
            _WHOLE if whole else 1 / len(currencies),
            _WHOLE if whole else part / len(currencies),
            locale,
            debtors,
            links or {},
        )
        for currency in currencies
    )


def _table(
    currency: str,
    lines: Sequence[Line],
    charges: Sequence[Charge],
    share: float,
    room: float,
    locale: str,
    debtors: Mapping[str, str],
    links: Mapping[str, str],
) -> CurrencyTable:
    def money(minor: int) -> str:
        return format_money(minor, currency, locale)

    most = max(LEAST_ROWS, int(TABLE_ROWS * share))
    rows = [_row(line, money, locale, line.debtor or debtors.get(line.item), links) for line in lines[:most]]
    fitting = _fitting(rows, int(ROW_BYTES * room))
    shown, rest = _split(lines, most if fitting == len(rows) else max(LEAST_ROWS, fitting))
    told, untold = _split(charges, max(LEAST_CHARGES, int(CHARGE_ROWS * share)))
    principal, charged = sum(line.due_minor for line in lines), sum(charge.minor for charge in charges)
    return CurrencyTable(
        currency=currency,
        rows=tuple(rows[: len(shown)]),
        more=len(rest),
        more_due=money(sum(line.due_minor for line in rest)) if rest else "",
        parts=_parts(lines, money),
        principal=money(principal),
        charges=tuple(_charge(charge, money) for charge in told),
        more_charges=len(untold),
        more_charges_due=money(sum(charge.minor for charge in untold)) if untold else "",
        charges_total=money(charged) if charges else "",
        total=money(principal + charged),
    )


def _split(rows: Sequence[_Row], room: int) -> tuple[Sequence[_Row], Sequence[_Row]]:
    """What is listed and what is only counted; never a last line that counts a single row for nothing."""
    listed = rows if len(rows) <= room else rows[: room - 1]
    return listed, rows[len(listed) :]


def _fitting(rows: Sequence[Row], room: int) -> int:
    """How many rows fit into so many bytes of HTML; long names, links and sums with many parts take more."""
    for count, row in enumerate(rows):
        text = f"{row.number}{row.debtor or ''}{row.pay_url or ''}"
        marks = 260 + 150 * len(row.parts) + 110 * (row.pay_url is not None) + 100 * (row.debtor is not None)
        room -= marks + (len(text) if text.isalnum() and text.isascii() else len(escape(text).encode()))
        if room < 0:
            return count
    return len(rows)


def _row(line: Line, money: Callable[[int], str], locale: str, debtor: str | None, links: Mapping[str, str]) -> Row:
    return Row(
        number=one_line(line.number, 60),
        debtor=one_line(debtor) if debtor else None,
        due_on=format_day(line.due_on, locale),
        days=abs(line.days_past_due),
        parts=_parts([line], money, with_paid=True),
        due=money(line.due_minor),
        pay_url=links.get(line.item),
    )


def _charge(charge: Charge, money: Callable[[int], str]) -> ChargeRow:
    return ChargeRow(
        what=_CHARGES[charge.kind], number=one_line(charge.number, 60), amount=money(charge.minor), new=charge.new
    )


def _parts(lines: Sequence[Line], money: Callable[[int], str], *, with_paid: bool = False) -> tuple[Part, ...]:
    """The sum from what was invoiced, or is open, down to what is asked for; empty when they are the same."""
    original = is_open = credit = withheld = 0
    for line in lines:
        original, is_open = original + line.original_minor, is_open + line.open_minor
        credit, withheld = credit + line.credit_minor, withheld + line.withheld_minor
    parts: list[Part] = []
    if with_paid and original > is_open:
        parts += [Part("invoiced", money(original)), Part("paid", money(is_open - original))]
    if credit or withheld:
        parts.append(Part("open", money(is_open)))
    if withheld:
        parts.append(Part("withheld", money(-withheld)))
    if credit:
        parts.append(Part("credit", money(-credit)))
    return tuple(parts)
