"""The sums by which a statement proves itself."""

from collections.abc import Sequence

from core.bank import BankEntry, EntryStatus
from core.formats.bank.findings import Findings
from core.formats.errors import Code
from core.minor_units import decimals
from core.values import dataclass


def shown(minor: int, currency: str) -> str:
    """An amount for a message: 1234.50 EUR."""
    places = decimals(currency)
    digits = str(abs(minor)).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"{'-' if minor < 0 else ''}{number} {currency}"


def booked(entries: Sequence[BankEntry]) -> int:
    """The sum of what is booked, in minor units."""
    return sum(entry.minor for entry in entries if entry.status is EntryStatus.BOOKED)


def prove_balances(
    found: Findings, line: int, field: str, opening: int, entries: Sequence[BankEntry], closing: int, currency: str
) -> None:
    """Opening and entries must come to the closing balance."""
    moved = booked(entries)
    if opening + moved != closing:
        problem = (
            f"opening {shown(opening, currency)} and {len(entries)} entries of {shown(moved, currency)} "
            f"come to {shown(opening + moved, currency)}, not to {shown(closing, currency)}"
        )
        found.error(Code.CONTROL_TOTAL, line, problem, field=field, hint="is an entry missing?")


def prove(found: Findings, line: int, field: str, what: str, said: object, read: object) -> None:
    """A count or sum of the bank must be what was read."""
    if said != read:
        found.error(Code.CONTROL_TOTAL, line, f"{what}: the bank says {said}, read were {read}", field=field)


@dataclass(slots=True)
class Told:
    """Entries as the bank counts them: every one, booked or not."""

    credits: int = 0
    debits: int = 0
    came_in: int = 0
    went_out: int = 0

    def add(self, minor: int) -> None:
        """Count one more."""
        if minor < 0:
            self.debits += 1
            self.went_out -= minor
        else:
            self.credits += 1
            self.came_in += minor
