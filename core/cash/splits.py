"""One amount over the items that it is meant for: each cent once, and every difference with its name."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from core.cash.model import Part, Split, Why
from core.cash.rules import CashRules
from core.ledger import Item
from core.money import allocate
from core.values import dataclass

_MOST_PERCENT: Final = 10  # of what is open; more is a part, whatever its amount
_USUAL: Final = (Decimal(2), Decimal(3))  # percent that payers keep back whether it was agreed or not


class Fit(StrEnum):
    """How the amount stands to what is open."""

    EXACT = "exact"
    DISCOUNT = "discount"
    BANK_FEE = "bank_fee"
    SMALL_DIFFERENCE = "small_difference"
    OVER = "over"
    PARTIAL = "partial"

    @property
    def closes(self) -> bool:
        """True where every item is settled and nothing is left over."""
        return self not in (Fit.OVER, Fit.PARTIAL)


@dataclass(frozen=True, slots=True)
class Money:
    """What came in, as far as a split looks at it."""

    minor: int
    currency: str
    on: date
    charges: int = 0  # that banks took off on the way, where the bank says so


def split(money: Money, items: Sequence[Item], rules: CashRules, rest_customer: str | None = None) -> tuple[Split, Fit]:
    """The amount over these items, all of its currency, and how it fits.

    Nothing is given up beyond what the rules allow; what is short beyond that stays open, what is over goes on account.
    Raises: ValueError for an item of another currency.
    """
    if any(item.currency != money.currency for item in items):
        raise ValueError("amounts of two currencies are never added")
    short = sum(item.open_minor for item in items) - money.minor
    if short <= 0:
        parts = tuple(_part(item, item.open_minor) for item in items)
        rest = Split(minor=money.minor, currency=money.currency, parts=parts, rest=-short, rest_customer=rest_customer)
        return rest, Fit.OVER if short else Fit.EXACT
    fit, allowances = _allowed(money, items, short, rules)
    if allowances is None:
        return _partial(money, items, short, rules), Fit.PARTIAL
    why = Why(fit.value)
    parts = tuple(
        _part(item, item.open_minor - less, allowance=less, why=why if less else None)
        for item, less in zip(items, allowances, strict=True)
    )
    return Split(minor=money.minor, currency=money.currency, parts=parts), fit


def on_account(money: Money, customer: str) -> Split:
    """All of it stays on the customer's account."""
    return Split(minor=money.minor, currency=money.currency, rest=money.minor, rest_customer=customer)


def _part(item: Item, minor: int, *, allowance: int = 0, why: Why | None = None, left: int = 0) -> Part:
    return Part(
        customer=item.customer, item=item.id, number=item.number, minor=minor, allowance=allowance, why=why, left=left
    )


def _allowed(money: Money, items: Sequence[Item], short: int, rules: CashRules) -> tuple[Fit, tuple[int, ...] | None]:
    """What may be given up on each item so that all close; None where the rules do not allow it."""
    by_discount = _discounts(money, items, short, rules)
    if by_discount is not None:
        return Fit.DISCOUNT, by_discount
    looks_like = _guess(money, items, short, rules)
    if looks_like is Why.DISCOUNT:
        return Fit.PARTIAL, None  # one that is not due: no fee explains it
    if short * 100 > sum(item.open_minor for item in items) * _MOST_PERCENT:
        return Fit.PARTIAL, None
    for fit, most in ((Fit.SMALL_DIFFERENCE, rules.small_difference), (Fit.BANK_FEE, rules.bank_fee)):
        if short <= most.get(money.currency, 0):
            return fit, _on_largest(items, short)
    return Fit.PARTIAL, None


def _discounts(money: Money, items: Sequence[Item], short: int, rules: CashRules) -> tuple[int, ...] | None:
    """The discount of each item that was paid in time, where together they are exactly what is missing."""
    for discount in rules.discounts:
        last = timedelta(days=discount.days + discount.grace_days)
        bases = [
            item.original_minor if money.on <= item.issued_on + last and item.open_minor == item.original_minor else 0
            for item in items
        ]
        each = [discount.of(base) for base in bases]
        if sum(each) == short:
            return tuple(each)
        if any(bases) and discount.of(sum(bases)) == short:  # rounded once, on the whole
            return allocate(short, bases)
    return None


def _on_largest(items: Sequence[Item], short: int) -> tuple[int, ...]:
    """Given up where it weighs least; on several when one alone is too small."""
    left, allowances = short, dict[str, int]()
    for item in sorted(items, key=lambda item: (-item.open_minor, item.id)):
        allowances[item.id] = min(left, item.open_minor)
        left -= allowances[item.id]
    return tuple(allowances[item.id] for item in items)


def _partial(money: Money, items: Sequence[Item], short: int, rules: CashRules) -> Split:
    """The oldest first; the last one that gets something keeps the rest open."""
    left, parts = money.minor, list[Part]()
    why = _guess(money, items, short, rules)
    for item in sorted(items, key=lambda item: (item.due_on, item.id)):
        taken = min(left, item.open_minor)
        left -= taken
        if taken:
            open_ = item.open_minor - taken
            parts.append(_part(item, taken, left=open_, why=why if open_ else None))
    return Split(minor=money.minor, currency=money.currency, parts=tuple(parts))


def _guess(money: Money, items: Sequence[Item], short: int, rules: CashRules) -> Why:
    """What a difference looks like that nobody agreed to."""
    if money.charges and money.charges == short:
        return Why.BANK_FEE
    total = sum(item.open_minor for item in items)
    for percent in (*_USUAL, *(discount.percent for discount in rules.discounts)):
        if short == int((total * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)):
            return Why.DISCOUNT
    return Why.PARTIAL
