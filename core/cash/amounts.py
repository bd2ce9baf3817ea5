"""Suggestions with their scores: what each kind of evidence is worth, and what takes from it.

A score of 93 and more is applied without a person unless the company says otherwise. What may score so high is held to
by a year of payments whose truth is known.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from core.cash import naming
from core.cash.evidence import ALIKE, SAME, Evidence
from core.cash.model import Part, Rule, Split, Suggestion, Why
from core.cash.naming import Named
from core.cash.numbers import Strength
from core.cash.splits import Fit, on_account, split
from core.ledger import Item

_MOST_ABOVE: Final = 2  # times the amount: no discount or fee makes up for more
_MOST_FOR_SUMS: Final = 14  # items among which sums are tried
_LARGEST_SUM: Final = 4  # items that one sum may have, where nothing names them

# Whole amount settled: by the weakest of its numbers.
_CLOSES: Final = {naming.REFERENCE: 100, Strength.FULL: 99, Strength.DIGITS: 97, Strength.TAIL: 88}
# An amount that does not close what is named: where account or name agree, and where they do not.
_PART: Final = {naming.REFERENCE: (97, 95), Strength.FULL: (95, 82), Strength.DIGITS: (90, 70), Strength.TAIL: (75, 55)}
_OVER: Final = {naming.REFERENCE: (96, 94), Strength.FULL: (94, 80), Strength.DIGITS: (90, 68), Strength.TAIL: (72, 50)}
_SAYS: Final = {
    naming.REFERENCE: "a structured reference with right check digits",
    Strength.FULL: "the invoice number as printed",
    Strength.DIGITS: "the digits of the invoice number",
    Strength.TAIL: "the last digits of the invoice number",
}
_FITS: Final = {
    Fit.EXACT: "the amount is what is open",
    Fit.DISCOUNT: "the amount is what is open less the agreed discount",
    Fit.BANK_FEE: "the amount is short by a fee of banks within what is allowed",
    Fit.SMALL_DIFFERENCE: "the amount is short by a small difference within what is allowed",
    Fit.OVER: "more than is open: the rest goes on account",
    Fit.PARTIAL: "less than is open: the rest stays open",
}


def by_numbers(evidence: Evidence) -> Iterator[Suggestion]:
    """What the payment itself says that it is for."""
    for option in evidence.reading.options:
        items = [item for item in option.items if item.currency == evidence.entry.currency]
        foreign = [item for item in option.items if item.currency != evidence.entry.currency]
        if items:
            yield from _named(evidence, option, items)
        elif len(foreign) == 1:
            yield _in_other_currency(evidence, foreign[0])


def by_amount(evidence: Evidence) -> Iterator[Suggestion]:
    """An amount that is open, of who paid from this account before or has the payer's name."""
    for customer in evidence.by_id:
        known = customer in evidence.known
        alike = evidence.alike[customer]
        if not known and alike < _ALIKE_ENOUGH:
            continue
        rule = Rule.AMOUNT_ACCOUNT if known else Rule.AMOUNT_NAME
        says = "paid from this account before" if known else f"the name is alike ({alike} of 100)"
        most = (94 if len(evidence.known) == 1 else 86) if known else (89 if alike >= 95 else 60 + alike // 5)
        doubt = 9 if evidence.reading.unknown or evidence.reading.options else 0
        yield from _of_amount(evidence, customer, rule, most - doubt, says)


def by_payer(evidence: Evidence) -> Iterator[Suggestion]:
    """Who paid is known, not what for: on account, or the oldest first by a person's choice."""
    for customer in evidence.by_id:
        known = customer in evidence.known or customer in evidence.reading.customers
        alike = evidence.alike[customer]
        if not known and alike < _ALIKE_ENOUGH:
            continue
        rule, score = (Rule.ACCOUNT, 50) if known else (Rule.NAME, alike // 2)
        says = "the payer is known" if known else f"the name is alike ({alike} of 100)"
        yield Suggestion(
            rule=rule, score=score, split=on_account(evidence.money, customer), reasons=(says, "all of it on account")
        )
        items = sorted(evidence.open_items(customer), key=lambda item: (item.due_on, item.id))
        if items:
            oldest, _ = split(evidence.money, _filled(items, evidence.entry.minor), evidence.rules, customer)
            yield Suggestion(rule=rule, score=score - 2, split=oldest, reasons=(says, "the oldest invoices first"))


_ALIKE_ENOUGH: Final = 70


def _named(evidence: Evidence, option: Named, items: Sequence[Item]) -> Iterator[Suggestion]:
    customers = tuple(dict.fromkeys(item.customer for item in items))
    rest_of = evidence.payer or (customers[0] if len(customers) == 1 else None)
    made, fit = split(evidence.money, items, evidence.rules, rest_of)
    yield _scored(evidence, option, made, fit, len(items), 0)
    if not fit.closes and 2 <= len(items) <= _MOST_FOR_SUMS:
        for some in _sums(items, evidence.entry.minor, len(items) - 1):
            made, fit = split(evidence.money, some, evidence.rules, rest_of)
            yield _scored(evidence, option, made, fit, len(some), 4)


def _scored(evidence: Evidence, option: Named, made: Split, fit: Fit, count: int, less: int) -> Suggestion:
    strength = option.strength
    alike = ALIKE if fit.closes else SAME  # an amount that does not fit asks for a surer payer
    agrees = bool(made.customers) and all(evidence.agrees(one, alike) for one in made.customers)
    reasons = [_SAYS[strength], _FITS[fit]]
    if fit.closes:
        score = _CLOSES[strength] - (0 if fit is Fit.EXACT else 1 if fit is Fit.DISCOUNT else 2)
        score += 6 if strength == Strength.TAIL and agrees else 0
    else:
        score = (_PART if fit is Fit.PARTIAL else _OVER)[strength][0 if agrees else 1]
    if agrees:
        reasons.append("account or name of the payer agree")
    for most, reason in _doubts(evidence, option, made, fit, count, agrees=agrees):
        score = min(score, most)
        reasons.append(reason)
    rule = Rule.REFERENCE if strength == naming.REFERENCE else Rule.NUMBERS
    return Suggestion(rule=rule, score=score - less, split=made, reasons=tuple(reasons))


def _doubts(
    evidence: Evidence, option: Named, made: Split, fit: Fit, count: int, *, agrees: bool
) -> Iterator[tuple[int, str]]:
    """What speaks against it, and the score that it cannot have any more."""
    if not agrees and evidence.contradicts(made.customers):
        yield 78, "the account is known as somebody else's"
    if option.closed:
        yield 85, "an invoice is named that is settled already"
    if _fee_or_discount(evidence, made):
        yield 88, "a discount that is not due, or a fee of banks"
    if _another_fits(evidence, made, fit):
        yield 85, "another invoice that the payer may mean has exactly this amount"
    if not fit.closes:
        yield from _doubts_of_rest(evidence, option, made, fit, count)


def _doubts_of_rest(evidence: Evidence, option: Named, made: Split, fit: Fit, count: int) -> Iterator[tuple[int, str]]:
    if fit is Fit.OVER and made.rest_customer is None:
        yield 70, "whose the rest is is not known"
    if fit is Fit.PARTIAL and count > 1:
        yield 80, "which of them is short is not said"
    if evidence.reading.unknown:
        yield 84, "it names a number that nobody knows"
    if not option.whole:
        yield 84, "other numbers are left out"


def _fee_or_discount(evidence: Evidence, made: Split) -> bool:
    """What is missing looks like a discount, and is no more than a fee may be."""
    rules, currency = evidence.rules, made.currency
    most = max(rules.bank_fee.get(currency, 0), rules.small_difference.get(currency, 0))
    return any(part.why is Why.DISCOUNT and 0 < part.left <= most for part in made.parts)


def _another_fits(evidence: Evidence, made: Split, fit: Fit) -> bool:
    """A wrong number: who seems to have paid owes exactly this amount elsewhere, and did not name that."""
    taken = {part.item for part in made.parts}
    family = {one for customer in made.customers for one in evidence.family(customer)}
    payers = {*evidence.known, *evidence.same_name()}
    if fit.closes and (payers & family or not payers):
        return False
    return any(
        item.open_minor == evidence.entry.minor and item.id not in taken
        for one in payers | family
        for item in evidence.open_items(one)
    )


def _of_amount(evidence: Evidence, customer: str, rule: Rule, most: int, says: str) -> Iterator[Suggestion]:
    items, minor = evidence.open_items(customer), evidence.entry.minor
    for item in items:
        if not minor <= item.open_minor <= minor * _MOST_ABOVE:
            continue
        made, fit = split(evidence.money, [item], evidence.rules, customer)
        if fit.closes:
            score = most if fit is Fit.EXACT else most - 4
            yield Suggestion(rule=rule, score=score, split=made, reasons=(says, _FITS[fit]))
    for some in _sums(items, minor, _LARGEST_SUM) if len(items) <= _MOST_FOR_SUMS else ():
        made, _ = split(evidence.money, some, evidence.rules, customer)
        whole = len(some) == len(items)
        what = "the amount is all that is open" if whole else f"the amount is the sum of {len(some)} invoices"
        yield Suggestion(rule=rule, score=most - (1 if whole else 8), split=made, reasons=(says, what))
    if len(items) > _LARGEST_SUM and sum(item.open_minor for item in items) == minor:
        made, _ = split(evidence.money, items, evidence.rules, customer)
        yield Suggestion(rule=rule, score=most - 1, split=made, reasons=(says, "the amount is all that is open"))


def _sums(items: Sequence[Item], minor: int, most: int) -> Iterator[tuple[Item, ...]]:
    """Two items or more that are exactly the amount."""
    small = {item.id: item for item in items if item.open_minor < minor}
    opens = [(item.open_minor, key) for key, item in small.items()]
    for count in range(2, min(most, len(opens)) + 1):
        for some in combinations(opens, count):
            if sum(open_minor for open_minor, _ in some) == minor:
                yield tuple(small[key] for _, key in some)


def _filled(items: Sequence[Item], minor: int) -> list[Item]:
    """As many of the oldest as the money reaches."""
    taken: list[Item] = []
    for item in items:
        if minor <= 0:
            break
        taken.append(item)
        minor -= item.open_minor
    return taken


def _in_other_currency(evidence: Evidence, item: Item) -> Suggestion:
    """Never added, never applied alone: a person says what the money was worth."""
    entry = evidence.entry
    ordered = entry.instructed == (item.open_minor, item.currency)
    part = Part(
        customer=item.customer, item=item.id, number=item.number, minor=entry.minor, settles=item.open_minor, why=Why.FX
    )
    made = Split(minor=entry.minor, currency=entry.currency, parts=(part,))
    says = "the payer ordered what is open, in its currency" if ordered else "the invoice is in another currency"
    return Suggestion(rule=Rule.NUMBERS, score=75 if ordered else 40, split=made, reasons=(says,))
