"""How loud a message may be: small and old never makes large and young look severe."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from core.ledger import Entity
from core.limits import limit_in
from core.policy.schema import Event, Policy, Step

_OWN_WORDS: Final = (Event.PROMISE_BROKEN, Event.INSTALMENT_MISSED)


class Recent(NamedTuple):
    """A payment that makes nothing else louder yet: what it was for stood at `level`; below every level: it is gone."""

    currency: str
    level: int
    minor: int


def tone_level(
    listed: Iterable[tuple[str, int, int]], policy: Policy, entity: Entity, recent: Sequence[Recent] = ()
) -> int:
    """The loudest level that the listed amounts carry, over all currencies.

    Args: `listed` currency, the level that the item counts for, and minor units.

    Per currency the highest L for which items at L or above sum to at least max(minimum.account, materiality percent
    of the overdue amount listed). Items are weighed as if the `recent` payments on others had not been made. Source:
    the decision semantics, "Limits and tone" and "What is dunnable".
    """
    tables: dict[str, dict[int, int]] = {}
    for currency, level, minor in listed:
        table = tables.get(currency)
        if table is None:
            table = tables[currency] = {}
        table[level] = table.get(level, 0) + minor
    found = [
        _of_currency(table, limit_in(policy.minimum.account, currency, entity), policy.materiality_percent,
                     [one for one in recent if one.currency == currency])
        for currency, table in tables.items()
    ]  # fmt: skip
    return max(found, default=0)


def _of_currency(table: Mapping[int, int], minimum: int, percent: int, recent: Sequence[Recent]) -> int:
    """Args: `table` the sums of one currency, by level."""
    levels = sorted(table, reverse=True)
    total, at_or_above = sum(table.values()), 0
    for level in levels:
        at_or_above += table[level]
        others = 0 if level == levels[-1] else sum(paid.minor for paid in recent if paid.level < level)
        if at_or_above >= minimum and at_or_above * 100 >= percent * (total + others):
            return level
    return 0


def step_of_tone(level: int, due: Step, policy: Policy) -> Step:
    """The step whose words carry a tone: the step due tonight where its level fits, else the latest step up to it.

    A promise or a plan that was not kept is said as that, however high the item stands; a final notice is given when it
    is due, and not again with each younger invoice that is listed beside the old one.
    """
    if due.level == level or due.event in _OWN_WORDS:
        return due
    at_most = [step for step in policy.messages if step.level <= level and step.adverse is None]
    if at_most:
        return at_most[-1]
    return due if due.level <= level or not policy.messages else policy.messages[0]
