"""Repeat clocks: the grid on which a repeating step comes again, started by the first item in its range."""

from collections.abc import Mapping
from datetime import date, timedelta

from core.balance import Netted
from core.decide.conditions import holds
from core.decide.night import Night
from core.decide.reach import reach_on
from core.policy.schema import Anchor, Scope, Step
from core.state import RepeatClock
from core.values import replace


def clock_key(step: Step, row: Netted, night: Night) -> str:
    """Under which a step's clock stands: for the whole account, or for one item."""
    key = night.key(step, row.item)
    return f"{key}@{row.item.id}" if step.repeat is not None and step.repeat.scope is Scope.ITEM else key


def wound(night: Night) -> Night:
    """The night with its repeat clocks as they stand: started by the first item in range, ended when none is left.

    The number of an occurrence never restarts, so an ended clock keeps how many there were.
    """
    if not (night.clocks or night.policy.repeating or night.setting.policies):
        return night
    starts: dict[str, tuple[date, int]] = {}
    for row in night.rows:
        for step in night.policy_of(row.item).repeating if row.dunnable else ():
            if in_range(step, row.age):
                _start(starts, step, row, night)
    if not starts and not night.clocks:
        return night
    clocks = _wound(night.clocks, starts, night.as_of)
    if clocks == night.clocks:
        return night
    return replace(night, facts=replace(night.facts, state=replace(night.facts.state, repeats=clocks)))


def _start(starts: dict[str, tuple[date, int]], step: Step, row: Netted, night: Night) -> None:
    on = reach_on(step, row, night)
    if step.repeat is not None and on is not None and on <= night.as_of and holds(step, row, night):
        key = clock_key(step, row, night)
        first, _ = starts.get(key, (on, 0))
        starts[key] = min(on, first), step.repeat.every_days


def _wound(
    clocks: Mapping[str, RepeatClock], starts: Mapping[str, tuple[date, int]], as_of: date
) -> dict[str, RepeatClock]:
    result = dict(clocks)
    for key, (start, every) in starts.items():
        clock = result.get(key)
        if clock is None or clock.start_on is None:
            base = 0 if clock is None else clock.base + clock.last + 1  # one may have been accepted after the end
            result[key] = RepeatClock(start_on=start, base=base)
        elif clock.last > (here := (as_of - clock.start_on).days // every):
            # the policy took longer steps since: so many occurrences as there were lie months ahead on the new grid
            result[key] = replace(clock, last=here, base=clock.base + clock.last - here)
    for key, clock in clocks.items():
        if key not in starts and clock.start_on is not None:
            result[key] = RepeatClock(start_on=None, base=clock.base + clock.last + 1)
    return result


def in_range(step: Step, age: int) -> bool:
    """True while a repeating step's range holds the day count; from which day on another anchor says by itself."""
    until = step.repeat.until_dpd if step.repeat else None
    begun = age >= step.offset_days or step.anchor is not Anchor.DUE
    return begun and (until is None or age <= until)


def occurrence(step: Step, clock: RepeatClock | None, as_of: date) -> tuple[int, date | None]:
    """The number of the occurrence that is due and not done (0: none), and the date of the next one."""
    if step.repeat is None or clock is None or clock.start_on is None:
        return 0, None
    every = step.repeat.every_days
    k = (as_of - clock.start_on).days // every
    following = clock.start_on + timedelta(days=(k + 1) * every)
    if step.repeat.max is not None and clock.count >= step.repeat.max:
        return 0, None
    return (clock.base + k + 1 if k > clock.last else 0), following
