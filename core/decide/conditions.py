"""Whether a step's conditions beside its day hold for an item tonight, and when that may change by itself."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from core.balance import Netted
from core.decide.night import Night
from core.decide.payer import is_punctual
from core.ledger import Entity
from core.limits import in_entity_currency
from core.policy.conditions import Bound, When
from core.policy.schema import Step


class _At(NamedTuple):
    """Where a condition is asked: the night, and the step whose it is."""

    night: Night
    step: Step

    @property
    def entity(self) -> Entity:
        """Whose books and rates count."""
        return self.night.setting.entity


def holds(step: Step, row: Netted, night: Night) -> bool:
    """True when every condition that the step gives holds. Amounts are principal, each in its own currency."""
    return step.when.empty or _all(step.when, row, _At(night, step))


def _all(when: When, row: Netted, at: _At) -> bool:
    for name in when.tested:  # noqa: SIM110 - asked of every item: a generator takes twice as long
        if not _TESTS[name](when, row, at):
            return False
    return True


def _any_of(when: When, row: Netted, at: _At) -> bool:
    for one in when.any_of:  # noqa: SIM110 - as above
        if _all(one, row, at):
            return True
    return False


_STANDING: Final = frozenset({"segment", "currency", "department", "customer_kind"})


def concerns(step: Step, row: Netted, night: Night) -> bool:
    """False when the step is not meant for this item at all, or its range of days is over: waiting changes nothing."""
    if step.lasts:  # as most
        return True
    if days_are_over(step, row):
        return False
    when, at = step.when, _At(night, step)
    return all(_TESTS[name](when, row, at) for name in _STANDING & when.asked)


def days_are_over(step: Step, row: Netted) -> bool:
    """True when the days on which the step may go are over for the item."""
    if step.lasts:  # as most
        return False
    lasts = (step.last_valid_dpd, step.repeat.until_dpd if step.repeat else None)
    if any(last is not None and row.age > last for last in lasts):
        return True
    dpd = step.when.dpd
    return dpd is not None and not _bound(Bound(at_most=dpd.at_most, below=dpd.below), row.age)


def changes_on(when: When, row: Netted, night: Night) -> list[date]:
    """The dates on which the answer may change although nothing happens: only those of its range of days."""
    return [night.as_of + timedelta(days=edge - row.age) for edge in when.edges]


def any_amount(bounds: Mapping[str, Bound], sums: Mapping[str, int], entity: Entity) -> bool:
    """A bound per currency against a sum per currency: one that holds is enough; sums are never added.

    A sum in a currency that is not named is compared at the month's rate.
    """
    for currency, minor in sums.items():  # noqa: SIM110 - as above
        if _amount(bounds, minor, currency, entity):
            return True
    return False


def _amount(bounds: Mapping[str, Bound], minor: int, currency: str, entity: Entity) -> bool:
    bound = bounds.get(currency)
    if bound is not None:
        return bound.holds(minor)
    base = bounds.get(entity.currency or "")
    converted = in_entity_currency(minor, currency, entity) if base is not None else None
    return base is not None and converted is not None and base.holds(converted)


def _item_open(when: When, row: Netted, at: _At) -> bool:
    """A foreign item is compared at the rate of the day on which it reached the step."""
    item, night = row.item, at.night
    bound = when.item_open.get(item.currency)
    if bound is not None:
        return bound.holds(item.open_minor)
    entity = night.setting.entity
    base = when.item_open.get(entity.currency or "")
    if base is None:
        return False
    pinned = night.state(row).rates.get(night.key(at.step, item))
    converted = in_entity_currency(item.open_minor, item.currency, entity, item, pinned)
    return converted is not None and base.holds(converted)


def _percent_open(when: When, row: Netted, _: _At) -> bool:
    item = row.item
    share = Fraction(item.open_minor * 100, item.original_minor) if item.original_minor > 0 else 100
    return _bound(when.percent_open, share)


def _occurrences(when: When, row: Netted, at: _At) -> bool:
    night = at.night
    step = night.policy_of(row.item).step(when.occurrences_of or "")
    if step is None or when.at_least is None:
        return False
    clock = night.clocks.get(night.key(step, row.item))
    return clock is not None and clock.start_on is not None and clock.count >= when.at_least


def _payer(when: When, _: Netted, at: _At) -> bool:
    punctual = is_punctual(at.night.facts.state.paid, at.night.policy.punctual)
    return punctual if when.payer == "punctual" else not punctual


def _bound(bound: Bound | None, value: int | Fraction) -> bool:
    return bound is None or bound.holds(value)


_TESTS: Final[Mapping[str, Callable[[When, Netted, _At], bool]]] = {
    "dpd": lambda when, row, _: _bound(when.dpd, row.age),
    "item_open": _item_open,
    "account_balance": lambda when, _, at: any_amount(when.account_balance, at.night.totals.open, at.entity),
    "overdue_total": lambda when, _, at: any_amount(when.overdue_total, at.night.overdue, at.entity),
    "unpaid_total": lambda when, _, at: any_amount(when.unpaid_total, at.night.totals.unpaid_total, at.entity),
    "unpaid_count": lambda when, _, at: _bound(when.unpaid_count, at.night.totals.unpaid),
    "percent_open": _percent_open,
    "attempts": lambda when, row, at: _bound(when.attempts, at.night.state(row).heard),
    "segment": lambda when, _, at: bool(set(when.segment) & set(at.night.facts.customer.segments)),
    "currency": lambda when, row, _: row.item.currency in when.currency,
    "department": lambda when, row, _: row.item.department in when.department,
    "customer_kind": lambda when, _, at: at.night.facts.customer.kind in when.customer_kind,
    "payer": _payer,
    "occurrences_of": _occurrences,
    "any_of": _any_of,
}
