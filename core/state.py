"""What an account remembers between nights, and how it is packed for storage.

One account = one customer at one legal entity. Item ids, step ids and notice ids are opaque strings.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

PACK_VERSION: Final = 1
_ZIP_ABOVE = 1024  # bytes; below it zlib saves no write unit and costs time


@dataclass(frozen=True, slots=True)
class ItemState:
    """How far one item has climbed. `level` never falls by time, payment or edit."""

    level: int = 0
    step: str | None = None  # last message step that was accepted for it
    attempts: int = 0  # accepted customer messages that listed a step of it, in this cycle
    effects: tuple[str, ...] = ()  # steps without message that were done


@dataclass(frozen=True, slots=True)
class RepeatClock:
    """The grid of one repeating step: occurrence k lies on start_on + k * every_days."""

    start_on: date | None  # None: the range is empty and the clock has ended
    last: int = -1  # the last accepted occurrence of this clock; -1: none
    count: int = 0  # accepted occurrences of this clock
    base: int = 0  # occurrences of earlier clocks: the number in a key never restarts


@dataclass(frozen=True, slots=True)
class DueStep:
    """One item with a step due: what a notice says it does, and what its acceptance raises."""

    item: str
    step: str
    occurrence: int = 0  # 0 for a step that does not repeat; else 1, 2, ... over all clocks


@dataclass(frozen=True, slots=True)
class Waiting:
    """The one unsent notice of a group: decided, not yet ended."""

    notice_id: str
    steps: tuple[DueStep, ...]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that this account's decisions created and that ends when its cause ends."""

    step: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountState:
    """The memory of an account; everything else is read from the ledger each time."""

    items: Mapping[str, ItemState] = field(default_factory=dict)  # touched items only
    repeats: Mapping[str, RepeatClock] = field(default_factory=dict)  # by step id
    done: tuple[str, ...] = ()  # account-scope effect keys, step id or step id#n
    tasks: Mapping[str, OpenTask] = field(default_factory=dict)  # by task id
    status: str | None = None
    waiting: Mapping[str, Waiting] = field(default_factory=dict)  # by group
    seq: Mapping[str, int] = field(default_factory=dict)  # ended notices, by group
    last_accepted_on: Mapping[str, date] = field(default_factory=dict)  # entity-local, by group

    def item(self, item_id: str) -> ItemState:
        """The state of one item; an untouched item is at the foot of the ladder."""
        return self.items.get(item_id, _FRESH)

    def accept(self, group: str, steps: tuple[DueStep, ...], levels: Mapping[str, int], on: date) -> "AccountState":
        """The memory after the provider took the notice of `group` with exactly these steps.

        Args: `levels` by step id, of the policy that decided; `on` the entity-local date of the acceptance.
        """
        items, repeats, counted = dict(self.items), dict(self.repeats), set[str]()
        for due in steps:
            was = items.get(due.item, _FRESH)
            level = max(was.level, levels.get(due.step, 0))
            items[due.item] = replace(was, level=level, step=due.step, attempts=was.attempts + 1)
            clock = repeats.get(due.step)
            if due.occurrence and clock is not None and due.step not in counted:
                counted.add(due.step)
                last = max(clock.last, due.occurrence - 1 - clock.base)
                repeats[due.step] = replace(clock, last=last, count=clock.count + 1)
        ended = self.end(group)
        return replace(ended, items=items, repeats=repeats, last_accepted_on={**self.last_accepted_on, group: on})

    def before(self, group: str, steps: tuple[DueStep, ...]) -> "AccountState":
        """The part of the memory that the acceptance of these steps will change: what `take_back` needs."""
        last = self.last_accepted_on.get(group)
        return AccountState(
            items={due.item: self.item(due.item) for due in steps},
            repeats={due.step: self.repeats[due.step] for due in steps if due.step in self.repeats},
            last_accepted_on={} if last is None else {group: last},
        )

    def take_back(self, group: str, steps: tuple[DueStep, ...], was: "AccountState", on: date) -> "AccountState":
        """The memory without an acceptance that turned out to have reached nobody; doing it twice is doing it once.

        Args: `was` as `before` gave it; `on` the date of that acceptance. What rose again since then stays.
        """
        items, repeats, last = dict(self.items), dict(self.repeats), dict(self.last_accepted_on)
        for due in steps:
            item, then = items.get(due.item), was.item(due.item)
            if item is not None and (item.step, item.attempts) == (due.step, then.attempts + 1):
                items[due.item] = replace(item, level=then.level, step=then.step, attempts=then.attempts)
            clock, stood = repeats.get(due.step), was.repeats.get(due.step)
            if clock and stood and (clock.start_on, clock.count) == (stood.start_on, stood.count + 1):
                repeats[due.step] = replace(clock, last=stood.last, count=stood.count)
        if last.get(group) == on:
            del last[group]
            last |= was.last_accepted_on
        return replace(self, items=items, repeats=repeats, last_accepted_on=last)

    def end(self, group: str) -> "AccountState":
        """The memory after the waiting notice of `group` ended, sent or not; the next one gets a new id."""
        waiting = {key: value for key, value in self.waiting.items() if key != group}
        return replace(self, waiting=waiting, seq={**self.seq, group: self.seq.get(group, 0) + 1})


_FRESH: Final = ItemState()


def pack(state: AccountState) -> bytes:
    """The state as bytes: short JSON, deflated where that pays. About 20 bytes a touched item before deflating."""
    record = {
        "v": PACK_VERSION,
        "i": {key: [i.level, i.step, i.attempts, *i.effects] for key, i in state.items.items()},
        "r": {
            key: [r.start_on and r.start_on.isoformat(), r.last, r.count, r.base] for key, r in state.repeats.items()
        },
        "d": list(state.done),
        "t": {key: [t.step, *t.items] for key, t in state.tasks.items()},
        "s": state.status,
        "w": {key: [w.notice_id, *pack_steps(w.steps)] for key, w in state.waiting.items()},
        "q": dict(state.seq),
        "a": {key: on.isoformat() for key, on in state.last_accepted_on.items()},
    }
    return deflate({key: value for key, value in record.items() if value})


def unpack(packed: bytes) -> AccountState:
    """The state that `pack` wrote. Raises ValueError for a version of the future, which must be parked, not guessed."""
    record = inflate(packed)
    if record.get("v") != PACK_VERSION:
        raise ValueError(f"account state has version {record.get('v')!r}, this code reads {PACK_VERSION}")
    return AccountState(
        items={key: ItemState(v[0], v[1], v[2], tuple(v[3:])) for key, v in record.get("i", {}).items()},
        repeats={
            key: RepeatClock(v[0] and date.fromisoformat(v[0]), v[1], v[2], v[3])
            for key, v in record.get("r", {}).items()
        },
        done=tuple(record.get("d", ())),
        tasks={key: OpenTask(v[0], tuple(v[1:])) for key, v in record.get("t", {}).items()},
        status=record.get("s"),
        waiting={key: Waiting(v[0], unpack_steps(v[1:])) for key, v in record.get("w", {}).items()},
        seq=record.get("q", {}),
        last_accepted_on={key: date.fromisoformat(v) for key, v in record.get("a", {}).items()},
    )


def pack_steps(steps: tuple[DueStep, ...]) -> list[list[Any]]:
    """Steps as short lists for JSON: [item, step] or [item, step, occurrence]."""
    return [[due.item, due.step, due.occurrence] if due.occurrence else [due.item, due.step] for due in steps]


def unpack_steps(lists: list[list[Any]]) -> tuple[DueStep, ...]:
    """The steps that `pack_steps` wrote."""
    return tuple(DueStep(*values) for values in lists)


def deflate(record: Any) -> bytes:
    """JSON as bytes, deflated when it is long enough to pay; `inflate` reads both."""
    raw = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    return zlib.compress(raw, 6) if len(raw) > _ZIP_ABOVE else raw


def inflate(packed: bytes) -> Any:
    """The record that `deflate` wrote; JSON never begins with the first byte of a zlib stream."""
    return json.loads(packed if packed[:1] in b"{[" else zlib.decompress(packed))
