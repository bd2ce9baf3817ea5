"""Who may have paid: what account, name and numbers say about each candidate, and where they contradict each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from core.bank import BankEntry
from core.cash.folding import named_in, similarity
from core.cash.model import Candidate
from core.cash.naming import Named, Reading
from core.cash.numbers import Strength
from core.cash.rules import CashRules
from core.cash.splits import Money
from core.ledger import Item

ALIKE: Final = 80  # names from which a payer agrees with what the text says
SAME: Final = 95  # names that are one company, where no other is like it


def alike(entry: BankEntry, name: str) -> int:
    """How alike a customer's name is to the payer's, or, of a payer whom the bank does not name, to its words."""
    names = [one for one in (entry.payer_name, entry.on_behalf_of) if one]
    if not names:
        return named_in(entry.remittance.text, name)
    return max(similarity(one, name) for one in names)


@dataclass(slots=True)
class Evidence:
    """One entry, its candidates, and what is known of its payer."""

    entry: BankEntry
    candidates: Sequence[Candidate]
    rules: CashRules
    reading: Reading
    by_id: dict[str, Candidate] = field(init=False)
    alike: dict[str, int] = field(init=False)  # candidate -> how alike its name is
    known: tuple[str, ...] = field(init=False)  # who paid from this account before
    payer: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {candidate.customer.id: candidate for candidate in self.candidates}
        self.alike = {one.customer.id: alike(self.entry, one.customer.name) for one in self.candidates}
        self.known = tuple(one.customer.id for one in self.candidates if one.known_account)
        self.payer = self._payer()

    @property
    def money(self) -> Money:
        entry = self.entry
        return Money(entry.minor, entry.currency, entry.booked_on, entry.charges_minor)

    def family(self, customer: str) -> frozenset[str]:
        """The customer, its parent and its sisters among the candidates."""
        own = self.by_id.get(customer)
        head = (own.customer.parent if own else None) or customer
        return frozenset({customer, head, *(c for c, one in self.by_id.items() if one.customer.parent == head)})

    def agrees(self, customer: str, alike: int = ALIKE) -> bool:
        """Account or name say the same as the numbers: it is this customer, or one of its group, who paid."""
        return any(one in self.known or self.alike.get(one, 0) >= alike for one in self.family(customer))

    def contradicts(self, customers: Sequence[str]) -> bool:
        """The account is known as that of somebody else, and the name does not fit either."""
        return bool(self.known) and not any(self.agrees(one) for one in customers)

    def open_items(self, customer: str) -> tuple[Item, ...]:
        """What the candidate owes in the currency that came in."""
        candidate = self.by_id.get(customer)
        return tuple(i for i in candidate.items if i.currency == self.entry.currency) if candidate else ()

    def same_name(self) -> tuple[str, ...]:
        """Candidates whose name is that of the payer."""
        return tuple(one for one, alike in self.alike.items() if alike >= SAME)

    def _payer(self) -> str | None:
        """Whose money it surely is; None where anything speaks for another."""
        named = {item.customer for option in self.reading.options for item in _surely(option)}
        if len(self.reading.customers) == 1:
            return self.reading.customers[0]
        if len(self.known) == 1:
            only = self.known[0]
            return only if not named or named & self.family(only) else None
        if len(named) == 1:
            (only,) = named
            return only if self.agrees(only, SAME) else None
        if named or self.known:
            return None
        same = self.same_name()
        rivals = [one for one, alike in self.alike.items() if alike >= ALIKE]
        return same[0] if len(same) == 1 and len(rivals) == 1 else None


def _surely(option: Named) -> tuple[Item, ...]:
    return (*option.items, *option.closed) if option.strength >= Strength.DIGITS else ()
