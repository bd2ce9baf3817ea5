"""What matching works on and what it answers. Amounts are minor units; those of a split are of the bank's currency."""

from datetime import date
from enum import StrEnum

from core.frozen import Frozen, rule
from core.ledger import Credit, Customer, Item


class Rule(StrEnum):
    """How an entry found its invoices, the surest first."""

    REFERENCE = "reference"  # a structured reference whose check digits are right
    NUMBERS = "numbers"  # invoice numbers in the text
    AMOUNT_ACCOUNT = "amount_account"  # the amount, from an account that this customer paid from before
    AMOUNT_NAME = "amount_name"
    ACCOUNT = "account"  # the payer is known, not what it is for
    NAME = "name"
    BY_HAND = "by_hand"
    RETURNED = "returned"  # an earlier payment came back
    REFUND = "refund"  # money of the customer that we paid back
    SAME = "same"  # the ledger may tell of this very money


class Why(StrEnum):
    """Why an item and its payment differ."""

    PARTIAL = "partial"
    DISCOUNT = "discount"
    BANK_FEE = "bank_fee"
    SMALL_DIFFERENCE = "small_difference"
    FX = "fx"


class Told(Frozen):
    """A payment that the ledger tells of itself: the bank's entry of it must not count a second time."""

    entry: str
    minor: int
    on: date | None  # None: on some day, and nothing is open since
    item: str | None = None
    closes: bool = False  # nothing was open after it
    gone_on: date | None = None  # where the ledger does not say that it came: when it no longer held the item
    of: str | None = None  # the customer of whom a program told it by itself; None: a file did
    reference: str = ""  # the payment's own key, as the bank tells it too
    unapplied: bool = False  # nobody has said what it is for


class Candidate(Frozen):
    """An account that may have paid, with what is open on it."""

    customer: Customer
    items: tuple[Item, ...] = ()  # open
    closed: tuple[Item, ...] = ()  # settled ones that the entry may name
    credits: tuple[Credit, ...] = ()
    known_account: bool = False  # this customer paid from the entry's account before
    told: tuple[Told, ...] = ()  # payments that the ledger brought by itself


class Part(Frozen):
    """What one item takes of the money."""

    customer: str  # of the account on which the item lies
    item: str
    number: str = ""
    minor: int  # of the bank's currency
    settles: int | None = None  # of the item's currency, where it is another
    allowance: int = 0  # given up beside it, so that the item closes
    why: Why | None = None  # of the allowance, or of what stays open
    left: int = 0  # what stays open of the item


class Split(Frozen):
    """One entry over items; parts and rest are exactly what came in."""

    minor: int
    currency: str
    parts: tuple[Part, ...] = ()
    rest: int = 0  # goes on account
    rest_customer: str | None = None

    @rule
    def _whole(self) -> None:
        """Raises ValueError where a cent would be lost or made."""
        if sum(part.minor for part in self.parts) + self.rest != self.minor:
            raise ValueError(f"parts and rest are not {self.minor}")
        if self.rest < 0 or any(part.minor < 0 or part.allowance < 0 for part in self.parts):
            raise ValueError("no part of a split is negative")

    @property
    def customers(self) -> tuple[str, ...]:
        """Whose accounts it touches, in order."""
        named = [part.customer for part in self.parts]
        return tuple(dict.fromkeys([*named, *([self.rest_customer] if self.rest and self.rest_customer else [])]))


class Suggestion(Frozen):
    """One way to apply an entry. The score says how sure it is: 100 leaves no doubt."""

    rule: Rule
    score: int
    split: Split
    reasons: tuple[str, ...]  # in words, ids and numbers of invoices only
    told: str | None = None  # the payment of the ledger that it may be
    told_of: str | None = None  # whose that is, where a program told it


class Match(Frozen):
    """What was found for one entry; the best suggestion first."""

    suggestions: tuple[Suggestion, ...] = ()
    automatic: bool = False  # the first one may be applied without a person
    ambiguous: bool = False  # another is as good as the first
    payer: str | None = None  # the customer whose money it surely is, whatever it is for
    told: Told | None = None  # the ledger has this money
    told_for_sure: bool = False  # reference or invoice say so too; else a person looks
