"""Whether the bank and the ledger tell of one payment: the same amount, near days, and the same key or invoice."""

from datetime import date
from typing import Final

from core.bank import BankEntry

_SHORTEST: Final = 6  # letters and digits; less is no key of a payment
_NONE: Final = frozenset({"NOTPROVIDED", "NONREF", "NOREFERENCE"})  # what stands where there is none


def is_near(one: date, other: date, days: int) -> bool:
    """Whether two days are so near that one payment may have both."""
    return abs((one - other).days) <= days


def names(entry: BankEntry, reference: str) -> bool:
    """Whether the entry carries the payment's own key: end to end, the bank's, or a structured one."""
    wanted = _plain(reference)
    if len(wanted) < _SHORTEST or wanted in _NONE:
        return False
    said = entry.remittance
    told = (said.end_to_end, entry.bank_reference, *said.references)
    return any(_plain(one) == wanted for one in told if one)


def _plain(text: str) -> str:
    """Banks print references in groups, and in capitals."""
    return "".join(one for one in text if one.isalnum()).upper()
