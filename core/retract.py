"""What taking a run back does to one account: its memory afterwards, and what is cancelled, reversed, lifted, closed.

Each part is taken back only where it is as the run left it: what a later run, a message that was accepted since or a
person made of it stays. Source: the decision semantics, "a level is taken back only when its notice is retracted".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import Any, Final

from core.decide.charges import interest_in
from core.decide.model import Charge
from core.delivery import ACCEPTED, IN_DOUBT, UNSENT, NoticeState
from core.state import AccountState, DueStep, ItemState, OpenEffect, RepeatClock, Retracted
from core.trace import Trace
from core.values import dataclass, replace

_REACHED_NOBODY: Final = frozenset({NoticeState.HARD_BOUNCED, NoticeState.REJECTED})


@dataclass(frozen=True, slots=True)
class Message:
    """A notice of the run as it stands."""

    id: str
    group: str
    state: NoticeState
    steps: tuple[DueStep, ...] = ()
    readers: int = 1
    charges: tuple[Charge, ...] = ()  # that it posted, and that stand
    was: AccountState | None = None  # what its acceptance changed, as it stood
    accepted_on: date | None = None

    @property
    def reached_somebody(self) -> bool:
        """True where a reader may have it; of several, each may bounce on its own."""
        return self.state in ACCEPTED and (self.state not in _REACHED_NOBODY or self.readers > 1)


@dataclass(frozen=True, slots=True)
class Posted:
    """A charge that is reversed, and what posted it: a notice, or "" for the decision itself."""

    charge: Charge
    source: str = ""


@dataclass(slots=True)
class Undone:
    """What taking the run back means for one account."""

    state: AccountState
    cancelled: list[str] = field(default_factory=list)  # notices that surely have not gone
    doubtful: list[str] = field(default_factory=list)  # nobody knows yet: they will count for nothing either way
    sent: list[str] = field(default_factory=list)  # notices that somebody may have
    charges: list[Posted] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)  # to be closed
    kept_tasks: list[str] = field(default_factory=list)  # a person has done or decided them: they stay
    lifted: list[str] = field(default_factory=list)  # steps whose credit hold is lifted
    status: str | None = None  # the mark on the account that holds again ("": none); None: it did not change
    levels: list[str] = field(default_factory=list)  # items that are where they were before
    kept_levels: list[str] = field(default_factory=list)  # a later message was accepted for them: they stay

    @property
    def empty(self) -> bool:
        """True where the run did nothing that could be taken back."""
        did = (self.cancelled, self.doubtful, self.sent, self.charges, self.tasks, self.kept_tasks, self.lifted)
        return not any(did) and self.status is None and not self.levels


def undo(
    state: AccountState,
    traces: Sequence[Trace],
    messages: Iterable[Message],
    *,
    finished: frozenset[str] = frozenset(),
    told: Retracted = "silent",
) -> Undone:
    """The account without the run; of what is undone already nothing is undone again.

    Args: `traces` of the run's decisions about it, the latest first, with the charges that stand; `finished` ids of
    tasks that a person has ended; `told` whether readers of a message that is in doubt hear of it once it is settled.
    """
    undone = Undone(state)
    for message in messages:
        _message(message, told, undone)
    for trace in traces:
        _Tracks(trace, finished, undone).undo()
    return undone


def _message(message: Message, told: Retracted, undone: Undone) -> None:
    waiting = undone.state.waiting.get(message.group)
    if waiting is not None and waiting.notice_id == message.id:  # the account has not heard how it ended
        marked = {**undone.state.waiting, message.group: replace(waiting, retracted=told)}
        undone.state = replace(undone.state, waiting=marked)
    if message.state in UNSENT:
        undone.cancelled.append(message.id)
    elif message.state in IN_DOUBT:
        undone.doubtful.append(message.id)
    elif message.state in ACCEPTED:
        _take_back(message, undone)


def _take_back(message: Message, undone: Undone) -> None:
    if message.reached_somebody:
        undone.sent.append(message.id)
    undone.charges += [Posted(charge, message.id) for charge in message.charges]
    if message.was is None or message.accepted_on is None:
        return
    before = undone.state
    undone.state = before.take_back(message.group, message.steps, message.was, message.accepted_on)
    for item in dict.fromkeys(due.item for due in message.steps):
        if undone.state.item(item) != before.item(item):
            undone.levels.append(item)
        elif item in before.items and message.reached_somebody:
            undone.kept_levels.append(item)
    owed = interest_in(message.charges)
    _less_interest({item: minor for item, minor in owed.items() if item not in undone.levels}, undone)


@dataclass(frozen=True, slots=True)
class _Tracks:
    """What one decision did beside the messages, being undone."""

    trace: Trace
    finished: frozenset[str]
    undone: Undone

    def undo(self) -> None:
        kept = self._kept()
        self.undone.charges += [Posted(charge) for charge in self.trace.charges]
        self._tasks()
        self._stages()
        self._marks(kept)
        self._clocks(kept)
        status, now = self.trace.status, self.undone.state.status
        if status is not None and status[1] == now:
            self.undone.state = replace(self.undone.state, status=status[0])
            self.undone.status = status[0] or ""

    def _kept(self) -> frozenset[str]:
        """Steps of which a person has done or decided something: they are not due again."""
        state = self.undone.state
        open_ones: Mapping[str, Any] = {**state.tasks, **state.open_effects}
        ours = (*self.trace.tasks, *self.trace.stages)
        return frozenset(open_ones[key].step for key in ours if key in self.finished and key in open_ones)

    def _tasks(self) -> None:
        undone = self.undone
        for key in self.trace.tasks:
            if key in self.finished:
                undone.kept_tasks.append(key)
            elif key in undone.state.tasks:
                undone.tasks.append(key)
        gone = set(undone.tasks)
        left = {key: task for key, task in undone.state.tasks.items() if key not in gone}
        undone.state = replace(undone.state, tasks=left)

    def _stages(self) -> None:
        """Holds and proposals go back to the stage in which the run found them."""
        undone, effects = self.undone, dict(self.undone.state.open_effects)
        for key, (was, now) in self.trace.stages.items():
            begun = was is None and not now.active
            if begun and key in self.finished:
                undone.kept_tasks.append(key)
                continue
            if effects.get(key) != now:
                continue
            if begun:
                undone.tasks.append(key)
            if now.active and now.hold and not _is_active(was):
                undone.lifted.append(now.step)
            _back(effects, key, was)
        undone.state = replace(undone.state, open_effects=effects)

    def _marks(self, kept: frozenset[str]) -> None:
        undone, items = self.undone, dict(self.undone.state.items)
        for item, steps in self.trace.marks.items():
            if item in items:
                gone = [step for step in steps if step not in kept]
                items[item] = replace(items[item], effects=_without(items[item].effects, gone))
        gone = [key for key in self.trace.done if key.rpartition("#")[0] not in kept]
        undone.state = replace(undone.state, items=items, done=_without(undone.state.done, gone))
        _less_interest(self.trace.interest, undone)

    def _clocks(self, kept: frozenset[str]) -> None:
        repeats = dict(self.undone.state.repeats)
        for key, (was, now) in self.trace.clocks.items():
            if repeats.get(key) == now and key.partition("@")[0] not in kept:
                _back(repeats, key, was)
        self.undone.state = replace(self.undone.state, repeats=repeats)


def _less_interest(posted: Mapping[str, int], undone: Undone) -> None:
    items = dict(undone.state.items)
    for item, minor in posted.items():
        if item in items:
            items[item] = _with_interest(items[item], max(0, items[item].interest_minor - minor))
    undone.state = replace(undone.state, items=items)


def _with_interest(item: ItemState, minor: int) -> ItemState:
    return replace(item, interest_minor=minor)


def _is_active(effect: OpenEffect | None) -> bool:
    return effect is not None and effect.active


def _back(where: dict[str, Any], key: str, was: OpenEffect | RepeatClock | None) -> None:
    if was is None:
        where.pop(key, None)
    else:
        where[key] = was


def _without(there: tuple[str, ...], gone: Iterable[str]) -> tuple[str, ...]:
    """The later ones go first: the run added its marks at the end."""
    left = list(reversed(there))
    for one in gone:
        if one in left:
            left.remove(one)
    return tuple(reversed(left))
