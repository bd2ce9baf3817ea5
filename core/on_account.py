"""Money on account keeps what was agreed: it came in, though nobody has said yet what it is for.

What a customer paid as agreed is not told to be missing because the payment named no invoice. Only what came in since
the agreement counts, each cent once, and while it lies on account.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from core.blocks import ended_early, outstanding, promise_ends_on
from core.decide.model import Facts, Setting
from core.ledger import Credit, CreditKind, Item, PartPayment, Promise, PromiseOutcome
from core.policy.schema import Policy

_Items = dict[str, Item]


def counts(credit: Credit, policy: Policy) -> bool:
    """True for what may be taken off: money, and credit notes that wait for nobody's approval."""
    return credit.kind is CreditKind.PAYMENT or credit.approved or policy.credit_notes == "at_once"


def covering(credits_: Iterable[Credit], policy: Policy, currency: str, minor: int) -> Iterator[tuple[Credit, int]]:
    """What so much of an item's amount lies on. The newest first: what is older covers the items before it."""
    mine = [one for one in credits_ if one.currency == currency and counts(one, policy)]
    for credit in sorted(mine, key=lambda one: (one.recorded_on, one.id), reverse=True):
        if minor > 0 and credit.open_minor > 0:
            yield credit, min(minor, credit.open_minor)
            minor -= credit.open_minor


class Purse:
    """The money on account that a policy counts, to be taken out of."""

    def __init__(self, credits_: Iterable[Credit], policy: Policy) -> None:
        counted = () if policy.unapplied == "ignore" else [one for one in credits_ if counts(one, policy)]
        self._left = sorted((one.recorded_on, one.currency, one.open_minor) for one in counted)

    def take(self, currency: str, since: date, most: int, until: date = date.max) -> list[tuple[date, int]]:
        """Take out what came in from one day to the other, at most so much. Returns: days and minor units."""
        taken, left = list[tuple[date, int]](), list[tuple[date, str, int]]()
        for recorded_on, of, minor in self._left:
            used = min(minor, most) if of == currency and since <= recorded_on <= until else 0
            if used > 0:
                taken.append((recorded_on, used))
                most -= used
            left.append((recorded_on, of, minor - used))
        self._left = left
        return taken


def kept_promises(facts: Facts, setting: Setting, as_of: date) -> frozenset[str]:
    """The promises whose days are over and for which the money lies on account, as if it had been paid on their items.

    Those that payments of the items have kept are not among them.
    """
    if not facts.credits or not facts.promises:
        return frozenset()
    purse, known = Purse(facts.credits, setting.policy), {item.id: item for item in facts.items}
    items = dict(known)
    over = [one for one in facts.promises if one.item in items and _is_over(one, items[one.item], setting, as_of)]
    over.sort(key=lambda one: (one.promised_on, one.id))
    turns = [(one, True) for one in over] + [(one, False) for one in over]  # first those whose money came in time
    for promise, in_time in turns:
        item = items[promise.item]
        ends_on = _ends_on(item, setting)
        missing, until = outstanding(promise, item, facts.promises, ends_on), ends_on(promise) if in_time else date.max
        paid = [
            PartPayment(id=f"{promise.id} {n}", recorded_on=on, minor=minor)
            for n, (on, minor) in enumerate(purse.take(item.currency, _since(promise), missing, until))
        ]
        open_minor = item.open_minor - sum(one.minor for one in paid)
        after = {"part_payments": (*item.part_payments, *paid), "open_minor": open_minor}
        items[item.id] = item.model_copy(update=after)
    return frozenset([one.id for one in over if _is_kept(one, known, facts, setting, items)])


def _is_kept(promise: Promise, before: _Items, facts: Facts, setting: Setting, after: _Items) -> bool:
    ends_on = _ends_on(before[promise.item], setting)
    was, now = (outstanding(promise, one[promise.item], facts.promises, ends_on) for one in (before, after))
    return was > 0 and now == 0


def _ends_on(item: Item, setting: Setting) -> Callable[[Promise], date]:
    policy = setting.policies.get(item.policy, setting.policy) if item.policy else setting.policy
    return partial(promise_ends_on, policy=policy, holidays=setting.holidays)


def _is_over(promise: Promise, item: Item, setting: Setting, as_of: date) -> bool:
    if promise.outcome is not None:
        return promise.outcome is PromiseOutcome.BROKEN and promise.ended_on is not None
    return not ended_early(promise) and as_of > _ends_on(item, setting)(promise)


def _since(promise: Promise) -> date:
    """From when on money counts for it: after somebody said that it was broken, only what came since."""
    return promise.made_on if promise.outcome is None or promise.ended_on is None else promise.ended_on
