"""The item clock: which message step an item has reached, by days past due and never by a date that must match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final, NamedTuple

from core.balance import Netted
from core.calendar import business_day_on_or_after, business_day_on_or_before
from core.ledger import Item
from core.policy.schema import Policy, Step
from core.state import ItemState, RepeatClock


class Reached(NamedTuple):  # made for every item: a frozen dataclass takes three times as long to make
    """Where one item stands on the message track tonight."""

    step: Step | None = None  # due tonight, by the item clock alone
    occurrence: int = 0
    superseded: tuple[str, ...] = ()
    lapsed: bool = False  # an early step came and went unsent
    too_soon_after_issue: bool = False
    part_paid: bool = False  # a higher level is reached, and held back after a real part payment
    ahead: date | None = None  # the next date on which this track may say something new


def reach_date(step: Step, item: Item, policy: Policy, holidays: frozenset[date]) -> date:
    """The first date on which the item has reached the step.

    A step before or on the due date moves to the business day before, a later one counts from the rolled due date, each
    only where the policy asks for business days. Source: the decision semantics, "Steps, tracks, catch-up".
    """
    if step.early:
        day = item.due_on + timedelta(days=step.offset_days)
        return business_day_on_or_before(day, holidays) if policy.send_days == "business_days" else day
    due_on = item.due_on
    if policy.due_rolls == "next_business_day":
        due_on = business_day_on_or_after(due_on, holidays)
    return due_on + timedelta(days=step.offset_days)


def wound(
    clocks: Mapping[str, RepeatClock], policy: Policy, rows: list[Netted], holidays: frozenset[date], as_of: date
) -> dict[str, RepeatClock]:
    """The repeat clocks as they stand tonight: started by the first item in a step's range, ended when none is left.

    The number of an occurrence never restarts, so an ended clock keeps how many there were.
    """
    result = dict(clocks)
    for step in policy.messages:
        if step.repeat is None:
            continue
        starts = [
            reach_date(step, row.item, policy, holidays)
            for row in rows
            if row.dunnable and in_range(step, row.days_past_due)
        ]
        starts = [start for start in starts if start <= as_of]
        clock = result.get(step.id)
        if starts and (clock is None or clock.start_on is None):
            base = 0 if clock is None else clock.base + clock.last + 1  # one may have been accepted after the end
            result[step.id] = RepeatClock(start_on=min(starts), base=base)
        elif not starts and clock is not None and clock.start_on is not None:
            result[step.id] = RepeatClock(start_on=None, base=clock.base + clock.last + 1)
    return result


def in_range(step: Step, days_past_due: int) -> bool:
    """True while a repeating step's range holds the day count."""
    until = step.repeat.until_dpd if step.repeat else None
    return days_past_due >= step.offset_days and (until is None or days_past_due <= until)


def _closes_on(step: Step, item: Item) -> date | None:
    """The first day on which the step lapses, or its range no longer holds the item; None when neither happens."""
    until = [step.last_valid_dpd, step.repeat.until_dpd if step.repeat else None]
    return _first(*(None if dpd is None else item.due_on + timedelta(days=dpd + 1) for dpd in until))


def _first(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _occurrence(step: Step, clock: RepeatClock | None, as_of: date) -> tuple[int, date | None]:
    """The number of the occurrence that is due and unsent (0: none), and the date of the next one."""
    if step.repeat is None or clock is None or clock.start_on is None:
        return 0, None
    every = step.repeat.every_days
    k = (as_of - clock.start_on).days // every
    following = clock.start_on + timedelta(days=(k + 1) * every)
    if step.repeat.max is not None and clock.count >= step.repeat.max:
        return 0, None
    return (clock.base + k + 1 if k > clock.last else 0), following


def position(state: ItemState, ladder: tuple[Step, ...]) -> int:
    """How far an item has climbed: the index of its last accepted step, -1 at the foot.

    A step that this policy does not know (an older policy, an imported history) counts by its level.
    """
    for index, step in enumerate(ladder):
        if step.id == state.step:
            return index
    if state.level == 0:
        return -1
    return max((index for index, step in enumerate(ladder) if 0 < step.level <= state.level), default=-1)


class Look(Enum):
    """What one step of the message track says about one item tonight."""

    AHEAD = "ahead"
    OUT_OF_RANGE = "out of range"
    LAPSED = "lapsed"
    FRESH = "too soon after issue"
    RESTS = "rests until its next occurrence"
    TOO_FAR = "more than max_jump above"
    PART_PAID = "held after a part payment"
    MAY_GO = "may go"


class Seen(NamedTuple):
    """A step, what it says, and the next date on which it may say something else."""

    step: Step
    look: Look
    again: date | None = None
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class Climb:
    """All that one night's climbing needs beside the item itself."""

    policy: Policy
    ladder: tuple[Step, ...]  # the message track of the policy
    clocks: Mapping[str, RepeatClock]
    holidays: frozenset[date]
    as_of: date

    def reached(self, row: Netted, state: ItemState) -> Reached:
        """The message step that one item has reached tonight and not yet had; the latest one, within `max_jump`."""
        seen = list[Seen]()
        for one in self._looks(row, state):
            seen.append(one)
            if one.look is Look.AHEAD:  # those behind it are reached no sooner
                break
        looks = [one.look for one in seen]
        behind = [one for one in seen if one.look in (Look.MAY_GO, Look.RESTS)]
        chosen = behind[-1] if behind and behind[-1].look is Look.MAY_GO else None
        return Reached(
            step=chosen.step if chosen else None,
            occurrence=chosen.occurrence if chosen else 0,
            superseded=tuple(one.step.id for one in behind[:-1]) if chosen else (),
            lapsed=Look.LAPSED in looks,
            too_soon_after_issue=Look.FRESH in looks,
            part_paid=Look.PART_PAID in looks and chosen is None,
            ahead=min((one.again for one in seen if one.again is not None), default=None),
        )

    def seen(self, row: Netted, state: ItemState) -> list[Seen]:
        """What each step above the last accepted one says about the item tonight, in the order of the ladder."""
        return list(self._looks(row, state))

    def _looks(self, row: Netted, state: ItemState) -> Iterator[Seen]:
        at = position(state, self.ladder)
        first = at if at >= 0 and self.ladder[at].repeat is not None else at + 1
        return (self._look(step, row, state) for step in self.ladder[first:])

    def _look(self, step: Step, row: Netted, state: ItemState) -> Seen:
        reach_on = reach_date(step, row.item, self.policy, self.holidays)
        if reach_on > self.as_of:
            return Seen(step, Look.AHEAD, reach_on)
        if step.last_valid_dpd is not None and row.days_past_due > step.last_valid_dpd:
            return Seen(step, Look.LAPSED if step.early else Look.OUT_OF_RANGE)
        if step.repeat is not None and not in_range(step, row.days_past_due):
            return Seen(step, Look.OUT_OF_RANGE)
        again = _closes_on(step, row.item)
        allowed_on = row.item.issued_on + timedelta(days=step.min_days_after_issue)
        if step.early and self.as_of < allowed_on:
            return Seen(step, Look.FRESH, _first(allowed_on, again))
        occurrence = 0
        if step.repeat is not None:
            occurrence, following = _occurrence(step, self.clocks.get(step.id), self.as_of)
            again = _first(following, again)
            if not occurrence:
                return Seen(step, Look.RESTS, again)
        return self._allowed(step, row, state, again, occurrence)

    def _allowed(self, step: Step, row: Netted, state: ItemState, again: date | None, occurrence: int) -> Seen:
        if self.policy.max_jump != "any" and step.level > state.level + self.policy.max_jump:
            return Seen(step, Look.TOO_FAR, again)
        quiet_until = _quiet_until(row.item, self.policy, self.as_of)
        if step.level > state.level and quiet_until is not None:
            return Seen(step, Look.PART_PAID, _first(quiet_until, again))
        return Seen(step, Look.MAY_GO, again, occurrence)


_REAL_SHARE: Final = 10  # percent of what was open: smaller payments restate the amount and hold nothing
_MOST_HOLDS: Final = 2  # per item and cycle


def _quiet_until(item: Item, policy: Policy, as_of: date) -> date | None:
    """The first day on which the item may rise again after a real part payment; None when it may now.

    At least 10 % of what was open, at most twice per item and cycle. Source: the decision semantics, part payments.
    """
    if not item.part_payments:
        return None
    open_minor, holds = item.original_minor, 0
    for payment in sorted(item.part_payments, key=lambda p: (p.recorded_on, p.id)):
        if payment.minor * 100 >= open_minor * _REAL_SHARE and holds < _MOST_HOLDS:
            holds += 1
            until = payment.recorded_on + timedelta(days=policy.hold_after_payment_days)
            if as_of < until:
                return until
        open_minor -= payment.minor
    return None


def without_step(reached: Reached) -> Reached:
    """The same standing with nothing due: what a step outside of an already decided notice amounts to."""
    return reached._replace(step=None, occurrence=0, superseded=())
