"""Whether a step's conditions beside its day hold for an item tonight, and when that may change by itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from core.balance import Netted
from core.decide.night import Night
from core.decide.payer import is_punctual
from core.limits import in_entity_currency
from core.policy.conditions import Bound, When


def holds(when: When, row: Netted, night: Night) -> bool:
    """True when every condition that is given holds. Amounts are principal, each in its own currency."""
    if when.empty:
        return True
    return all(test(when, row, night) for name, test in _TESTS.items() if name in when.asked)


_STANDING: Final = frozenset({"segment", "currency", "department", "customer_kind"})


def concerns(when: When, row: Netted, night: Night) -> bool:
    """False when the step is not meant for this item at all, or its range of days is over: waiting changes nothing."""
    if when.dpd is not None and not _bound(Bound(at_most=when.dpd.at_most, below=when.dpd.below), row.age):
        return False
    return all(_TESTS[name](when, row, night) for name in _STANDING & when.model_fields_set)


def changes_on(when: When, row: Netted, night: Night) -> list[date]:
    """The dates on which the answer may change although nothing happens: only those of its range of days."""
    if when.empty:
        return []
    return sorted(set(_days(when, night.as_of - timedelta(days=row.age))))


def _days(when: When, age_zero: date) -> Iterator[date]:
    if when.dpd is not None:
        for limit, after in (
            (when.dpd.at_least, 0),
            (when.dpd.above, 1),
            (when.dpd.at_most, 1),
            (when.dpd.below, 0),
        ):
            if limit is not None:
                yield age_zero + timedelta(days=limit + after)
    for other in when.any_of:
        yield from _days(other, age_zero)


def _amounts(bounds: Mapping[str, Bound], sums: Mapping[str, int], night: Night) -> bool:
    """A bound per currency against a sum per currency: one that holds is enough; sums are never added."""
    return any(_amount(bounds, minor, currency, night, None) for currency, minor in sums.items())


def _amount(bounds: Mapping[str, Bound], minor: int, currency: str, night: Night, row: Netted | None) -> bool:
    bound = bounds.get(currency)
    if bound is not None:
        return bound.holds(minor)
    entity = night.setting.entity
    base = bounds.get(entity.currency or "")
    if base is None:
        return False
    converted = in_entity_currency(minor, currency, entity, None if row is None else row.item)
    return converted is not None and base.holds(converted)


def _percent_open(when: When, row: Netted, _: Night) -> bool:
    item = row.item
    share = Fraction(item.open_minor * 100, item.original_minor) if item.original_minor > 0 else 100
    return _bound(when.percent_open, share)


def _occurrences(when: When, row: Netted, night: Night) -> bool:
    step = night.policy_of(row.item).step(when.occurrences_of or "")
    if step is None or when.at_least is None:
        return False
    clock = night.clocks.get(night.key(step, row.item))
    return clock is not None and clock.start_on is not None and clock.count >= when.at_least


def _payer(when: When, _: Netted, night: Night) -> bool:
    punctual = is_punctual(night.facts.state.paid, night.policy.punctual)
    return punctual if when.payer == "punctual" else not punctual


def _bound(bound: Bound | None, value: int | Fraction) -> bool:
    return bound is None or bound.holds(value)


_TESTS: Final[Mapping[str, Callable[[When, Netted, Night], bool]]] = {
    "dpd": lambda when, row, _: _bound(when.dpd, row.age),
    "item_open": lambda when, row, night: _amount(when.item_open, row.item.open_minor, row.item.currency, night, row),
    "account_balance": lambda when, _, night: _amounts(when.account_balance, night.totals.open, night),
    "overdue_total": lambda when, _, night: _amounts(when.overdue_total, night.totals.overdue, night),
    "unpaid_total": lambda when, _, night: _amounts(when.unpaid_total, night.totals.unpaid_total, night),
    "unpaid_count": lambda when, _, night: _bound(when.unpaid_count, night.totals.unpaid),
    "percent_open": _percent_open,
    "attempts": lambda when, row, night: _bound(when.attempts, night.state(row).heard),
    "segment": lambda when, _, night: bool(set(when.segment) & set(night.facts.customer.segments)),
    "currency": lambda when, row, _: row.item.currency in when.currency,
    "department": lambda when, row, _: row.item.department in when.department,
    "customer_kind": lambda when, _, night: night.facts.customer.kind in when.customer_kind,
    "payer": _payer,
    "occurrences_of": _occurrences,
    "any_of": lambda when, row, night: any(holds(one, row, night) for one in when.any_of),
}
