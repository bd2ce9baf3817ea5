"""Whether a policy looks at each item by itself, so that what an account comes to is the sum of its items."""

from collections.abc import Iterator, Mapping
from typing import Final

from core.decide.conditions import any_amount
from core.decide.tracks import harsh
from core.ledger import Entity, Item
from core.policy.conditions import Bound, When
from core.policy.schema import Anchor, Event, Policy, Step

# Conditions on the item's own days, tries and currency, on the customer, and on clocks that do not run.
_OWN: Final = frozenset({"dpd", "attempts", "currency", "segment", "customer_kind", "occurrences_of", "at_least"})
# Conditions on sums, which no part of an account reaches when the whole of it does not.
_SUMS: Final = frozenset({"account_balance", "overdue_total", "unpaid_total"})
_OF_ACCOUNT: Final = _SUMS | {"unpaid_count", "any_of"}
_STARTS: Final = (None, Event.NEW_INVOICE, Event.BALANCE_OVER_LIMIT, Event.PROMISE_BROKEN, Event.INSTALMENT_MISSED)


def is_separable(policy: Policy) -> bool:
    """True when no rule of the policy weighs one item against the others, sums that `Limits` knows aside."""
    small = policy.minimum.item
    return (
        policy.advance in ("latest", "next", "none")
        and policy.group_by == "account"
        and policy.max_notices is None
        and not small.amount
        and not small.percent
        and policy.punctual is None
        and all(looks_at_item(step) for step in steps_of(policy))
    )


def steps_of(policy: Policy) -> tuple[Step, ...]:
    """Those that are not switched off."""
    return tuple(step for step in policy.steps if not step.off)


def looks_for_address(policy: Policy) -> bool:
    """True when a step of the policy waits for somebody to write to."""
    return any(harsh(step) for step in steps_of(policy))


def item_fields(policy: Policy) -> tuple[str, ...]:
    """All of an item that the rules of a separable policy look at; amounts and part payments are seen apart."""
    steps, fields = steps_of(policy), ["due_on", "disputed_all", "kind", "policy"]
    by_issue = policy.age_basis == "issue" or any(
        step.early or step.anchor is Anchor.ISSUE or step.event is Event.NEW_INVOICE for step in steps
    )
    if by_issue:
        fields.append("issued_on")
    if any("currency" in part.asked for step in steps for part in _parts(step.when)):
        fields.append("currency")
    return tuple(fields)


def looks_at_item(step: Step) -> bool:
    """True when nothing but the item itself, the customer, and sums that `Limits` knows reach or hold the step."""
    if step.anchor is Anchor.OLDEST_UNPAID_DUE or step.event not in _STARTS:
        return False
    for part in _parts(step.when):
        if part.asked - _OWN - _OF_ACCOUNT or any(_has_top(bound) for bound in _bounds(part)):
            return False
    return True


def _parts(when: When) -> Iterator[When]:
    yield when
    for other in when.any_of:
        yield from _parts(other)


def _bounds(when: When) -> Iterator[Bound]:
    for name in sorted(_SUMS):
        yield from getattr(when, name).values()
    if when.unpaid_count is not None:
        yield when.unpaid_count


def _has_top(bound: Bound) -> bool:
    """True for a bound that less may pass and more may not."""
    return bound.at_most is not None or bound.below is not None


class Limits:
    """The sums that conditions of a policy ask for."""

    def __init__(self, policy: Policy, entity: Entity) -> None:
        asking = [part for step in steps_of(policy) for part in _parts(step.when)]
        sums: Iterator[Mapping[str, Bound]] = (getattr(part, name) for part in asking for name in sorted(_SUMS))
        self._sums = [bounds for bounds in sums if bounds]
        self._counts = [part.unpaid_count for part in asking if part.unpaid_count is not None]
        self._entity = entity
        self.any = bool(self._sums or self._counts)

    def below(self, items: tuple[Item, ...]) -> bool:
        """True when all that is open, due or not, reaches none of them: then no part of it does."""
        if any(bound.holds(len(items)) for bound in self._counts):
            return False
        opened: dict[str, int] = {}
        for item in items:
            opened[item.currency] = opened.get(item.currency, 0) + item.open_minor
        return not any(any_amount(bounds, opened, self._entity) for bounds in self._sums)
