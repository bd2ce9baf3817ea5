"""The rate at which a foreign item is weighed for a step: that of the day on which it reached the step.

Source: the decision semantics, "Keys, verdicts, next look". Pinned in the memory of the item, so that a rate that moves
later neither undoes nor begins anything.
"""

from collections.abc import Iterator, Mapping

from core.balance import Netted
from core.decide.night import Night
from core.decide.reach import reach_on
from core.policy.schema import Step
from core.state import ItemState
from core.values import replace


def pinned(night: Night) -> Night:
    """The night with the rates of all steps that its items have reached by now."""
    entity = night.setting.entity
    if entity.currency is None or not any(night.policy_of(item).weighing for item in night.facts.items):
        return night
    news = {row.item.id: rates for row in night.rows if (rates := dict(_news(row, night, entity.currency)))}
    if not news:
        return night
    state = night.facts.state
    items: Mapping[str, ItemState] = {
        **state.items,
        **{item: replace(state.item(item), rates={**state.item(item).rates, **rates}) for item, rates in news.items()},
    }
    return replace(night, facts=replace(night.facts, state=replace(state, items=items)))


def _news(row: Netted, night: Night, base: str) -> Iterator[tuple[str, str]]:
    """Each step that the item has reached and has no rate for yet, and tonight's rate."""
    item, known = row.item, night.state(row).rates
    rate = night.setting.entity.rates.get(item.currency)
    if item.currency == base or item.rate is not None or rate is None or not row.dunnable:
        return  # a rate that the ledger names comes first
    for step in night.policy_of(item).weighing:
        key = night.key(step, item)
        if key not in known and step.when.weighs(item.currency, base) and _has_reached(row, step, night):
            yield key, rate


def _has_reached(row: Netted, step: Step, night: Night) -> bool:
    on = reach_on(step, row, night)
    return on is not None and on <= night.as_of
