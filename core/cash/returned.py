"""Money that went out again: the payment that came back, or a refund of what a customer had on account."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from core.bank import BankEntry, EntryStatus
from core.cash import naming, numbers
from core.cash.folding import similarity
from core.frozen import Frozen
from core.ledger import Item

_LONGEST: Final = timedelta(days=400)  # unauthorised direct debits come back within 13 months. Source: SEPA rulebook
_SURE: Final = 90
_LEAD: Final = 5


class Earlier(Frozen):
    """A payment of the same amount that was booked before."""

    id: str
    booked_on: date
    minor: int
    currency: str
    end_to_end: str | None = None
    bank_reference: str | None = None
    payer_account: str | None = None
    payer_name: str | None = None
    numbers: tuple[str, ...] = ()  # of the invoices that it settled
    text: str = ""


class Return(Frozen):
    """Which payment came back, and how sure that is."""

    earlier: str
    score: int
    reasons: tuple[str, ...]


def is_return(entry: BankEntry) -> bool:
    """Whether the bank says that the entry takes back money that had come in."""
    return (
        entry.minor < 0 and entry.status is EntryStatus.BOOKED and (entry.reversal or entry.return_reason is not None)
    )


def returned(entry: BankEntry, earlier: Sequence[Earlier]) -> tuple[Return, ...]:
    """The payments that may have come back, the likeliest first."""
    found = [
        _scored(entry, one)
        for one in earlier
        if (one.minor, one.currency) == (-entry.minor, entry.currency)
        and timedelta() <= entry.booked_on - one.booked_on <= _LONGEST
    ]
    return tuple(sorted((one for one in found if one.score), key=lambda one: -one.score))


def certain(found: Sequence[Return]) -> Return | None:
    """The one payment that came back beyond doubt."""
    if not found or found[0].score < _SURE:
        return None
    return found[0] if len(found) == 1 or found[0].score - found[1].score >= _LEAD else None


def names_item(entry: BankEntry, items: Sequence[Item]) -> tuple[Item, ...]:
    """The settled items whose numbers a return quotes as they are printed."""
    typed = {one for text in naming.texts_of(entry) for m in numbers.mentions(text) for r in m.readings for one in r}
    return tuple(
        item for item in items if any(numbers.strength(one, item.number) == numbers.Strength.FULL for one in typed)
    )


def _scored(entry: BankEntry, one: Earlier) -> Return:
    said, reasons, score = entry.remittance, ["the same amount"], 40
    keys = {key for key in (said.end_to_end, *said.references, entry.bank_reference) if key}
    if keys & {one.end_to_end, one.bank_reference}:
        score, reasons = score + 55, [*reasons, "the same key of the payment"]
    if one.payer_account and one.payer_account == entry.payer_account:
        score, reasons = score + 30, [*reasons, "the same account"]
    elif one.payer_name and entry.payer_name and similarity(entry.payer_name, one.payer_name) >= _SURE:
        score, reasons = score + 15, [*reasons, "the same name"]
    quoted = " ".join(naming.texts_of(entry))
    if any(numbers.joined(number) in numbers.joined(quoted) for number in one.numbers if len(number) > 3):
        score, reasons = score + 25, [*reasons, "the same invoice"]
    near = (entry.booked_on - one.booked_on).days <= 14
    return Return(earlier=one.id, score=min(100, score + (3 if near else 0)), reasons=tuple(reasons))
