"""What one decision of a run left behind: kept beside its verdicts, so that the run can be taken back.

Only what the decision added. Levels are not part of it: they rise when a notice is accepted, and the notice itself
keeps how the account stood before that.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, TypeVar

from core.decide.model import Charge, Decision
from core.ledger import ItemKind
from core.packing import pack_clock, pack_effect, unpack_clock, unpack_effect
from core.state import AccountState, OpenEffect, RepeatClock
from core.values import dataclass

_Value = TypeVar("_Value")
Clocks = tuple[RepeatClock | None, RepeatClock]
Stages = tuple[OpenEffect | None, OpenEffect]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a decision added to an account, by what it was before and after where that can be told apart."""

    notices: tuple[str, ...] = ()  # planned
    charges: tuple[Charge, ...] = ()  # posted without a message
    tasks: tuple[str, ...] = ()  # opened
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # steps beside the ladder, by item
    interest: Mapping[str, int] = field(default_factory=dict)  # counted as posted, by item
    done: tuple[str, ...] = ()  # account-scope effect keys
    clocks: Mapping[str, Clocks] = field(default_factory=dict)  # of repeating steps that moved
    stages: Mapping[str, Stages] = field(default_factory=dict)  # holds and proposals that began or went on
    status: tuple[str | None, str | None] | None = None

    def __bool__(self) -> bool:
        return self != NOTHING

    @property
    def holds(self) -> tuple[str, ...]:
        """The ids of the credit holds that came into force."""
        return tuple(key for key, (was, now) in self.stages.items() if now.active and now.hold and not _active(was))


NOTHING: Final = Trace()  # of a decision that added nothing


def trace_of(before: AccountState, decision: Decision) -> Trace:
    """What a decision added. Args: `before` the memory that it was made from."""
    after = decision.state
    touched = {item: (before.item(item), now) for item, now in after.items.items() if before.items.get(item) != now}
    return Trace(
        notices=tuple(plan.id for plan in decision.notices),
        charges=decision.charges,
        tasks=tuple(key for key in after.tasks if key not in before.tasks),
        marks={item: added for item, (was, now) in touched.items() if (added := _added(was.effects, now.effects))},
        interest={
            item: now.interest_minor - was.interest_minor
            for item, (was, now) in touched.items()
            if now.interest_minor > was.interest_minor
        },
        done=_added(before.done, after.done),
        clocks={key: (before.repeats.get(key), now) for key, now in _moved(before.repeats, after.repeats).items()},
        stages={
            key: (before.open_effects.get(key), now)
            for key, now in _moved(before.open_effects, after.open_effects).items()
        },
        status=(before.status, after.status) if before.status != after.status else None,
    )


def pack_trace(trace: Trace) -> dict[str, Any]:
    """The trace as short JSON; what is empty is left out."""
    record: dict[str, Any] = {
        "n": list(trace.notices),
        "c": [_pack_charge(charge) for charge in trace.charges],
        "t": list(trace.tasks),
        "m": {item: list(steps) for item, steps in trace.marks.items()},
        "i": dict(trace.interest),
        "d": list(trace.done),
        "r": {key: [was and pack_clock(was), pack_clock(now)] for key, (was, now) in trace.clocks.items()},
        "e": {key: [was and pack_effect(was), pack_effect(now)] for key, (was, now) in trace.stages.items()},
        "s": list(trace.status) if trace.status else None,
    }
    return {key: value for key, value in record.items() if value}


def unpack_trace(packed: Mapping[str, Any]) -> Trace:
    """The trace that `pack_trace` wrote."""
    get = packed.get
    return Trace(
        notices=tuple(get("n", ())),
        charges=tuple(_unpack_charge(values) for values in get("c", ())),
        tasks=tuple(get("t", ())),
        marks={item: tuple(steps) for item, steps in get("m", {}).items()},
        interest=dict(get("i", {})),
        done=tuple(get("d", ())),
        clocks={key: (was and unpack_clock(was), unpack_clock(now)) for key, (was, now) in get("r", {}).items()},
        stages={key: (was and unpack_effect(was), unpack_effect(now)) for key, (was, now) in get("e", {}).items()},
        status=(packed["s"][0], packed["s"][1]) if "s" in packed else None,
    )


def _active(effect: OpenEffect | None) -> bool:
    return effect is not None and effect.active


def _added(was: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """What is in the later one more often than in the earlier one."""
    if was == now:  # most often
        return ()
    return tuple((Counter(now) - Counter(was)).elements())


def _moved(was: Mapping[str, _Value], now: Mapping[str, _Value]) -> dict[str, _Value]:
    return {key: value for key, value in now.items() if was.get(key) != value}


def _pack_charge(charge: Charge) -> list[Any]:
    return [charge.id, charge.item, charge.number, charge.kind, charge.currency, charge.minor, charge.step]


def _unpack_charge(values: list[Any]) -> Charge:
    id_, item, number, kind, currency, minor, step = values
    return Charge(id_, item, number, ItemKind(kind), currency, minor, step, new=True)
