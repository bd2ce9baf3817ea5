"""What an account remembers between nights.

One account = one customer at one legal entity. Item ids, step ids and notice ids are opaque strings.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, timedelta
from typing import Any, Final, Literal

from core.ledger import ClosedItem
from core.values import dataclass, replace

Retracted = Literal["", "silent", "told"]  # told: whoever got it after all hears that it is to be ignored
SILENT_DAYS: Final = 3  # accepted so long ago with no bad news is as good as delivered: 72 hours


@dataclass(frozen=True, slots=True)
class Sent:
    """A message step that another step requires: when it was accepted for the item, and first known to be delivered."""

    accepted_on: date
    delivered_on: date | None = None  # from a Delivery event or a person's word

    def arrived_on(self, *, really: bool = False) -> date | None:
        """The day on which it counts as delivered, maybe still to come; with `really` silence is not enough."""
        if self.delivered_on is not None or really:
            return self.delivered_on
        return self.accepted_on + timedelta(days=SILENT_DAYS)


@dataclass(frozen=True, slots=True)
class ItemState:
    """How far one item has climbed. `level` never falls by time, payment or edit."""

    level: int = 0
    step: str | None = None  # last ladder step that was accepted for it
    attempts: int = 0  # accepted customer messages with a step of it, in this cycle
    effects: tuple[str, ...] = ()  # steps beside the ladder that were done: `step` or `step#occurrence`
    last_on: date | None = None  # when the last message with a step of it was accepted
    pay_by: date | None = None  # the day by which that message asked to pay
    sent: Mapping[str, Sent] = field(default_factory=dict)  # steps that others require
    interest_minor: int = 0  # late interest posted so far
    climbed_on: date | None = None  # when the last message with a step of its ladder was accepted
    listed: int = 0  # accepted customer messages that listed it beside the steps of others
    rates: Mapping[str, str] = field(default_factory=dict)  # by step: its currency in the entity's, when it was reached

    @property
    def heard(self) -> int:
        """Accepted customer messages that listed the item, in this cycle."""
        return self.attempts + self.listed


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
    level: int = 0  # up to which the customer has then been spoken to
    interest: Mapping[str, int] = field(default_factory=dict)  # late interest that its acceptance posts, by item
    pay_by: date | None = None  # the one deadline that it names, for every item in it
    listed: tuple[str, ...] = ()  # items that it lists without a step of their own
    retracted: Retracted = ""  # its run was taken back: it shall not go, and counts for nothing if it has gone


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that this account's decisions created and that ends when its cause ends."""

    step: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenEffect:
    """A credit hold that is set, or a proposal that waits or was decided: it ends when its cause ends."""

    step: str
    items: tuple[str, ...]
    since: date  # proposed, or if active in force
    active: bool = False  # a hold that is in force; a proposal that was granted and carried out
    hold: bool = False  # a credit hold; False: something else that waits for a person
    heard_on: date | None = None  # the night on which the sales owner was told of the approval


@dataclass(frozen=True, slots=True)
class Baseline:
    """An old ledger taken up at go-live: what was overdue then hears a neutral statement first."""

    on: date  # items due before it are old
    release_on: date  # this account's day in the ramp


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What an acceptance must know of a step, of the policy version that decided it."""

    level: int = 0
    required: bool = False  # another step waits for its delivery
    beside: bool = False  # an event message, or the friendly word: no rung of the ladder
    notice_due_days: int | None = None
    falls: bool = False  # advance state: the level is what was computed, up or down


@dataclass(frozen=True, slots=True)
class AccountState:
    """The memory of an account; everything else is read from the ledger each time."""

    items: Mapping[str, ItemState] = field(default_factory=dict)  # touched items only
    repeats: Mapping[str, RepeatClock] = field(default_factory=dict)  # by step id, or step@item
    done: tuple[str, ...] = ()  # account-scope effect keys, step id or step id#n
    tasks: Mapping[str, OpenTask] = field(default_factory=dict)  # by task id
    status: str | None = None
    waiting: Mapping[str, Waiting] = field(default_factory=dict)  # by group
    seq: Mapping[str, int] = field(default_factory=dict)  # ended notices, by group
    last_accepted_on: Mapping[str, date] = field(default_factory=dict)  # entity-local, by group
    tones: Mapping[str, int] = field(default_factory=dict)  # of the last accepted message, by group
    notices: Mapping[str, int] = field(default_factory=dict)  # accepted since the group last owed nothing, by group
    open_effects: Mapping[str, OpenEffect] = field(default_factory=dict)  # credit holds and proposals, by proposal id
    turns: Mapping[str, int] = field(default_factory=dict)  # how often an effect's cause has ended, by step
    paid: tuple[ClosedItem, ...] = ()  # the last ten paid items, oldest first
    cleared: tuple[ClosedItem, ...] = ()  # those of late that were credited or are gone: nobody says that it was paid
    baseline: Baseline | None = None

    def item(self, item_id: str) -> ItemState:
        """The state of one item; an untouched item is at the foot of the ladder."""
        return self.items.get(item_id, _FRESH)

    @property
    def credit_hold(self) -> bool:
        """True while the account buys nothing more on credit by our decision."""
        return any(effect.active and effect.hold for effect in self.open_effects.values())

    def accept(
        self, group: str, steps: tuple[DueStep, ...], facts: Mapping[str, StepFacts], on: date
    ) -> "AccountState":
        """The memory after the provider took the notice of `group` with exactly these steps.

        Args: `facts` by step id, of the policy that decided; `on` the entity-local date of the acceptance.
        """
        items, repeats, counted = dict(self.items), dict(self.repeats), set[str]()
        waiting = self.waiting.get(group)
        interest = waiting.interest if waiting is not None else {}
        pay_by = waiting.pay_by if waiting is not None else None
        for due in steps:
            step = facts.get(due.step, _UNKNOWN)
            raised = _raised(items.get(due.item, _FRESH), due, step, on, pay_by)
            items[due.item] = _posted(raised, interest.get(due.item, 0))
            for key in clock_keys(due):
                clock = repeats.get(key)
                if due.occurrence and clock is not None and key not in counted:
                    counted.add(key)
                    last = max(clock.last, due.occurrence - 1 - clock.base)
                    repeats[key] = replace(clock, last=last, count=clock.count + 1)
        for item in waiting.listed if waiting is not None else ():
            was = items.get(item, _FRESH)
            items[item] = replace(was, listed=was.listed + 1)
        return replace(
            self.end(group),
            items=items,
            repeats=repeats,
            last_accepted_on={**self.last_accepted_on, group: on},
            tones=self.tones if waiting is None else {**self.tones, group: waiting.level},
            notices={**self.notices, group: self.notices.get(group, 0) + 1},
        )

    def deliver(self, steps: tuple[DueStep, ...], on: date) -> "AccountState":
        """The memory after a Delivery event, or a person's word, for a notice with these steps; the first day stays."""
        items = dict(self.items)
        for due in steps:
            was = items.get(due.item)
            sent = was.sent.get(due.step) if was else None
            if was and sent and sent.delivered_on is None:
                items[due.item] = replace(was, sent={**was.sent, due.step: replace(sent, delivered_on=on)})
        return replace(self, items=items)

    def before(self, group: str, steps: tuple[DueStep, ...]) -> "AccountState":
        """The part of the memory that the acceptance of these steps will change: what `take_back` needs."""
        keys = {key for due in steps for key in clock_keys(due)}
        waiting = self.waiting.get(group)
        return AccountState(
            waiting={group: waiting} if waiting is not None and (waiting.interest or waiting.listed) else {},
            items={due.item: self.item(due.item) for due in steps},
            repeats={key: self.repeats[key] for key in sorted(keys) if key in self.repeats},
            last_accepted_on=_only(self.last_accepted_on, group),
            tones=_only(self.tones, group),
            notices=_only(self.notices, group),
        )

    def take_back(self, group: str, steps: tuple[DueStep, ...], was: "AccountState", on: date) -> "AccountState":
        """The memory without an acceptance that turned out to have reached nobody; doing it twice is doing it once.

        Args: `was` as `before` gave it; `on` the date of that acceptance. What rose again since then stays.
        """
        items, repeats, last = dict(self.items), dict(self.repeats), dict(self.last_accepted_on)
        posted = was.waiting[group].interest if group in was.waiting else {}
        for due in steps:
            item, then = items.get(due.item), was.item(due.item)
            if item is not None and item.attempts == then.attempts + 1 and item.last_on == on:
                here = {due.step, f"{due.step}#{due.occurrence}"} - set(then.effects)
                effects = tuple(done for done in item.effects if done not in here)
                interest = item.interest_minor - posted.get(due.item, 0)
                items[due.item] = replace(then, effects=effects, interest_minor=interest, rates=item.rates)
            for key in clock_keys(due):
                clock, stood = repeats.get(key), was.repeats.get(key)
                if clock and stood and (clock.start_on, clock.count) == (stood.start_on, stood.count + 1):
                    repeats[key] = replace(clock, last=stood.last, count=stood.count)
        tones, notices = dict(self.tones), dict(self.notices)
        pairs: tuple[tuple[dict[str, Any], Mapping[str, Any]], ...] = (
            (last, was.last_accepted_on),
            (tones, was.tones),
            (notices, was.notices),
        )
        if last.get(group) == on:
            _unlist(items, was.waiting.get(group))
            for mine, theirs in pairs:
                mine.pop(group, None)
                mine.update(theirs)
        return replace(self, items=items, repeats=repeats, last_accepted_on=last, tones=tones, notices=notices)

    def end(self, group: str) -> "AccountState":
        """The memory after the waiting notice of `group` ended, sent or not; the next one gets a new id."""
        waiting = {key: value for key, value in self.waiting.items() if key != group}
        return replace(self, waiting=waiting, seq={**self.seq, group: self.seq.get(group, 0) + 1})


_FRESH: Final = ItemState()
_UNKNOWN: Final = StepFacts()


def clock_keys(due: DueStep) -> tuple[str, str]:
    """The keys under which a repeating step's clock may stand: of the account, of the item alone."""
    return due.step, f"{due.step}@{due.item}"


def _raised(was: ItemState, due: DueStep, step: StepFacts, on: date, pay_by: date | None) -> ItemState:
    """One item after the acceptance of a message with a step of it. Args: `pay_by` the message's deadline."""
    if pay_by is None and step.notice_due_days is not None:
        pay_by = on + timedelta(days=step.notice_due_days)
    sent = {**was.sent, due.step: was.sent.get(due.step) or Sent(on)} if step.required else was.sent
    after = replace(was, attempts=was.attempts + 1, last_on=on, pay_by=pay_by, sent=sent)
    if step.beside:
        key = f"{due.step}#{due.occurrence}" if due.occurrence else due.step
        return replace(after, effects=(*was.effects, key))
    level = step.level if step.falls else max(was.level, step.level)
    return replace(after, level=level, step=due.step, climbed_on=on)


def _unlist(items: dict[str, ItemState], waiting: Waiting | None) -> None:
    """The items of a message that only listed them have not heard of it."""
    for item in waiting.listed if waiting is not None else ():
        if item in items:
            items[item] = replace(items[item], listed=max(0, items[item].listed - 1))


def _posted(item: ItemState, interest_minor: int) -> ItemState:
    return replace(item, interest_minor=item.interest_minor + interest_minor) if interest_minor else item


def _only(by_group: Mapping[str, Any], group: str) -> dict[str, Any]:
    return {group: by_group[group]} if group in by_group else {}
