"""How loud a message may be: small and old never makes large and young look severe."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.decide.model import Line
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
    lines: tuple[Line, ...],
    levels: dict[str, int],
    policy: Policy,
    entity: Entity,
    recent: Sequence[Recent] = (),
) -> int:
    """The loudest level that the listed amounts carry, over all currencies.

    Per currency the highest L for which items at L or above sum to at least max(minimum.account, materiality percent
    of the overdue amount listed). Args: `levels` by item id; items are weighed as if the `recent` payments on others
    had not been made. Source: the decision semantics, "Limits and tone" and "What is dunnable".
    """
    return max((_of_currency(table, levels, policy, entity, recent) for table in _tables(lines).values()), default=0)


def _tables(lines: tuple[Line, ...]) -> dict[str, list[Line]]:
    tables: dict[str, list[Line]] = {}
    for line in lines:
        tables.setdefault(line.currency, []).append(line)
    return tables


def _of_currency(
    table: list[Line], levels: dict[str, int], policy: Policy, entity: Entity, recent: Sequence[Recent]
) -> int:
    currency, total = table[0].currency, sum(line.due_minor for line in table)
    minimum = limit_in(policy.minimum.account, currency, entity)
    found = sorted({levels[line.item] for line in table}, reverse=True)
    for level in found:
        at_or_above = sum(line.due_minor for line in table if levels[line.item] >= level)
        others = 0 if level == found[-1] else sum(r.minor for r in recent if r.currency == currency and r.level < level)
        if at_or_above >= minimum and at_or_above * 100 >= policy.materiality_percent * (total + others):
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
