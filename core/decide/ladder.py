"""The item clock: which message step an item has reached, by days past due and never by a date that must match."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final, TypeVar

from core.balance import Netted
from core.blocks import Blocks
from core.decide.adverse import goes_stale_on, wait_of_message
from core.decide.clocks import clock_key, in_range, occurrence
from core.decide.conditions import changes_on, concerns, holds
from core.decide.looks import HELD, REASONS, Look, Reached, Seen
from core.decide.night import Night
from core.decide.part_paid import quiet_after_payment
from core.decide.reach import reach_on
from core.decide.tracks import forbidden, harsh
from core.policy.schema import PUNCTUAL, Policy, Step
from core.state import ItemState, RepeatClock

_T = TypeVar("_T")

ONE_DAY: Final = timedelta(days=1)
_BEHIND: Final = (Look.MAY_GO, Look.RESTS)
_SKIPPED: Final = (Look.LAPSED, Look.OUT_OF_RANGE, Look.FRESH)  # a step that these hold is no rung tonight
_FREE: Final = (Look.AHEAD, Look.MAY_GO)  # as mostly: nothing holds the step back
_MEMORY: Final = attrgetter("level", "step", "attempts", "effects", "last_on", "pay_by", "climbed_on")
_NOT_HOLDING: Final = (Look.AHEAD, Look.UNMET, *_SKIPPED)


def position(state: ItemState, ladder: tuple[Step, ...], prefix: str = "") -> int:
    """How far an item has climbed: the index of its last accepted step, -1 at the foot.

    A step that this policy does not know (an older policy, an imported history) counts by its level.
    """
    if state.step is not None:
        for index, step in enumerate(ladder):
            if prefix + step.id == state.step:
                return index
    if state.level == 0:
        return -1
    return max((index for index, step in enumerate(ladder) if 0 < step.level <= state.level), default=-1)


class Climb:
    """One night's climbing under one policy."""

    __slots__ = ("_known", "_own", "ladder", "night", "policy")

    def __init__(self, night: Night, policy: Policy) -> None:
        self.night, self.policy, self.ladder = night, policy, policy.messages
        self._own = policy is night.policy
        self._known = policy.by_night.of((night.as_of, night.holidays))

    def reached(self, row: Netted) -> Reached:
        """The message step that one item has reached tonight and not yet had, as the policy advances."""
        return self.shared("reached", row, self._reached)

    def shared(self, what: str, row: Netted, find_out: Callable[[Netted], _T]) -> _T:
        """What is found out of an item, or was of one that stands alike: on its dates, its memory and its clocks.

        Args: `what` is found out, no two things by the same word.
        """
        item, policy = row.item, self.policy
        if not policy.climbs_by_dates or row.blocks is not None or item.part_payments or row.credit:
            return find_out(row)
        memory = self.night.facts.state
        state = memory.items.get(item.id)
        key = (
            what,
            self._own,
            row.small,
            item.due_on,
            item.issued_on if policy.counts_from_issue else None,
            state if state is None else _MEMORY(state),
            memory.baseline,
            self._clocks(row) if memory.repeats else (),
        )
        found: _T | None = self._known.get(key)
        if found is None:
            found = self._known[key] = find_out(row)
        return found

    def _clocks(self, row: Netted) -> tuple[RepeatClock | None, ...]:
        clocks, repeating = self.night.clocks, [step for step in self.ladder if step.repeat is not None]
        return tuple([clocks.get(clock_key(step, row, self.night)) for step in repeating])

    def _reached(self, row: Netted) -> Reached:
        match self.policy.advance:
            case "latest":
                seen = self._until_ahead(row)
                if len(seen) == 1:
                    return _reached(seen, seen[0])
                behind = [one for one in seen if one.look in _BEHIND]
                return _reached(seen, behind[-1] if behind else None, tuple(one.step.id for one in behind[:-1]))
            case "next":
                seen = self._until_ahead(row)
                first = next((one for one in seen if one.look not in _SKIPPED), None)
                return _reached(seen, first)
            case "state":
                return self._state(row)
            case "repeat":
                seen = self.seen(row)
                behind = [one for one in seen if one.look is Look.MAY_GO]
                return _reached(seen, behind[-1] if behind else None)
            case "none":
                return Reached()

    def seen(self, row: Netted) -> list[Seen]:
        """What each step above the last accepted one says about the item tonight, in the order of the ladder."""
        state = self.night.state(row)
        return [self._look(step, row, state) for step in self._left(state)]

    def _until_ahead(self, row: Netted) -> list[Seen]:
        state = self.night.state(row)
        seen: list[Seen] = []
        for step in self._left(state):
            one = self._look(step, row, state)
            seen.append(one)
            if one.look is Look.AHEAD and step.by_date:  # those behind it are reached no sooner
                break
        return seen

    def _state(self, row: Netted) -> Reached:
        """The most severe step that holds; due when it is not the one that the item was told last."""
        state = self.night.state(row)
        seen = [self._look(step, row, state) for step in self.ladder]
        told = next((one for one in seen if self.night.key(one.step, row.item) == state.step), None)
        holding = [one for one in seen if one.look is Look.MAY_GO or (one is told and one.look not in _NOT_HOLDING)]
        if not self.policy.falls:
            holding = [one for one in holding if one.step.level >= state.level]
        best = max(holding, key=lambda one: one.step.level, default=None)
        if best is not None and told is None and state.level and best.step.level == state.level:
            best = None  # told under an id that this policy does not know: an older one's, or another system's
        return _reached(seen, None if best is told else best)

    def _at(self, state: ItemState) -> int:
        prefix = "" if self._own else f"{self.policy.policy}:"
        return position(state, self.ladder, prefix)

    def _left(self, state: ItemState) -> tuple[Step, ...]:
        """The steps that may still come: behind the last accepted one, and that one when it comes again."""
        ladder = self.ladder
        if self.policy.advance == "repeat":
            return ladder
        at = self._at(state)
        if at < 0:
            return ladder
        last = at == len(ladder) - 1 and self.policy.after_last_step == "repeat"
        return ladder[at:] if last or ladder[at].repeat is not None else ladder[at + 1 :]

    def _look(self, step: Step, row: Netted, state: ItemState) -> Seen:
        night = self.night
        reach, as_of = reach_on(step, row, night), night.as_of
        if reach is None or reach > as_of:
            return Seen(step, Look.AHEAD, reach)
        outside = self._outside(step, row)
        if outside is Look.LAPSED:
            return Seen(step, outside)
        again = None if step.lasts else _later(as_of, *self._changes_on(step, row))
        if outside is not None:
            return Seen(step, outside, again)
        allowed_on = row.item.issued_on + timedelta(days=step.min_days_after_issue) if step.early else as_of
        if as_of < allowed_on:
            return Seen(step, Look.FRESH, _later(as_of, allowed_on, again))
        floor = self._floor(step, state, reach)
        if floor > as_of:
            return Seen(step, Look.WAITS, _later(as_of, floor, again))
        if step.repeat is None:
            return self._allowed(step, row, state, again, 0)
        number, following = occurrence(step, night.clocks.get(clock_key(step, row, night)), as_of)
        seen = self._allowed(step, row, state, _later(as_of, following, again), number)
        if number or seen.look is not Look.MAY_GO:
            return seen
        return seen._replace(look=Look.CAPPED if following is None else Look.RESTS)

    def _outside(self, step: Step, row: Netted) -> Look | None:
        """How a reached step's range or conditions leave the item out tonight; no threats in hardship."""
        if forbidden(step, self.night):
            return Look.OUT_OF_RANGE
        if step.lasts:
            return None
        if step.last_valid_dpd is not None and row.age > step.last_valid_dpd:
            return Look.LAPSED if step.early else Look.OUT_OF_RANGE
        if step.repeat is not None and not in_range(step, row.age):
            return Look.OUT_OF_RANGE
        if holds(step, row, self.night):
            return None
        return Look.UNMET if concerns(step, row, self.night) else Look.OUT_OF_RANGE

    def _floor(self, step: Step, state: ItemState, reach: date) -> date:
        """The first day that the distance to the last message allows, by the policy's options."""
        floor = reach
        if state.last_on is None:
            return floor
        if self.policy.keep_threshold_gap:
            before = next((b for b, s in pairwise(self.ladder) if s is step), None)
            if before is not None and before.anchor is step.anchor:
                floor = max(floor, state.last_on + timedelta(days=step.offset_days - before.offset_days))
        if self.policy.wait_for_notice_deadline and state.pay_by is not None:
            floor = max(floor, state.pay_by + ONE_DAY)
        if step.id == state.step and step.repeat is None:  # after_last_step: repeat
            floor = max(floor, state.last_on + timedelta(days=_cadence(self.ladder, self.policy)))
        baseline = self.night.facts.state.baseline
        if baseline is not None and state.step is None and "statement" in state.effects:
            floor = max(floor, state.last_on + timedelta(days=self.policy.activation.wait_days))
        return floor

    def _changes_on(self, step: Step, row: Netted) -> list[date]:
        """The days on which its conditions may change, and the first on which it lapses or its range is over."""
        days = changes_on(step.when, row, self.night)
        for last in (step.last_valid_dpd, step.repeat.until_dpd if step.repeat else None):
            if last is not None:
                days.append(self.night.as_of + timedelta(days=last + 1 - row.age))
        return days

    def _allowed(self, step: Step, row: Netted, state: ItemState, again: date | None, number: int) -> Seen:
        """The rules that hold a reached step back."""
        policy, as_of = self.policy, self.night.as_of
        if self._capped(step, row):
            return Seen(step, Look.CAPPED, again)
        if policy.max_attempts is not None and policy.advance != "repeat" and state.attempts >= policy.max_attempts:
            return Seen(step, Look.SPENT, again)
        if policy.advance == "next" and not policy.same_day_advance and state.last_on and state.last_on >= as_of:
            return Seen(step, Look.SAME_DAY, state.last_on + ONE_DAY)  # an evening's night is taken the day after
        if self._too_far(step, row, state):
            return Seen(step, Look.TOO_FAR, again)
        held = wait_of_message(step, row, self.night)
        if held is not None:
            return Seen(step, HELD[held.reason], _later(as_of, held.again_on, again))
        quiet_until = quiet_after_payment(row, policy, self.night) if step.level > state.level else None
        if quiet_until is not None:
            return Seen(step, Look.PART_PAID, _later(as_of, quiet_until, again))
        if harsh(step):
            again = _later(as_of, again, goes_stale_on(step, self.night))
        return Seen(step, Look.MAY_GO, again, number)

    def _capped(self, step: Step, row: Netted) -> bool:
        """Small items are chased as a group at level 1; no item rises above the highest level."""
        most = self.policy.highest_level
        return (most is not None and step.level > most) or (row.small and step.level > 1)

    def _too_far(self, step: Step, row: Netted, state: ItemState) -> bool:
        if self.policy.advance in ("state", "next", "repeat"):
            return False
        ranks = self.policy.ranks
        rank = ranks.get(step.level, 0)
        if rank <= 1:  # no jump is less than one
            return False
        limits = (self.policy.max_jump, "any" if row.blocks is None else self._resumed(row.blocks, row, state))
        jumps = [jump for jump in limits if not isinstance(jump, str)]
        baseline = self.night.facts.state.baseline
        old = baseline is not None and row.item.due_on < baseline.on
        if old or (PUNCTUAL in state.effects and not state.level):  # after the friendly word: from level 1
            jumps.append(1)
        if not jumps:
            return False
        here, most = self._rank(state), min(jumps)
        if rank <= here + most:
            return False
        between = [one for one in self.ladder if here < ranks.get(one.level, 0) <= rank]
        return len({one.level for one in between if self._is_rung(one, row)}) > most

    def _is_rung(self, step: Step, row: Netted) -> bool:
        """Whether the item may still get it: over a level that it can never have, the ladder would end below."""
        reach = reach_on(step, row, self.night)
        return reach is None or reach > self.night.as_of or self._outside(step, row) not in _SKIPPED

    def _rank(self, state: ItemState) -> int:
        """How many levels of this ladder the item has had: a newer policy may have put its last step higher up."""
        ranks, at = self.policy.ranks, self._at(state)
        level = max(state.level, self.ladder[at].level) if at >= 0 else state.level
        here = ranks.get(level)
        return max([rank for of, rank in ranks.items() if of <= level], default=0) if here is None else here

    def _resumed(self, blocks: Blocks, row: Netted, state: ItemState) -> int | str:
        """How far the first message after a block of the whole item may jump."""
        free = blocks.free_on
        if free is None or free <= row.item.due_on or (state.climbed_on is not None and state.climbed_on >= free):
            return "any"
        return self.policy.resume.max_jump


def _reached(seen: list[Seen], chosen: Seen | None, superseded: tuple[str, ...] = ()) -> Reached:
    held, lapsed, fresh, ahead = None, False, False, None
    for _, look, again, _ in seen:
        if again is not None and (ahead is None or again < ahead):
            ahead = again
        if look is Look.LAPSED:
            lapsed = True
        elif look is Look.FRESH:
            fresh = True
        elif look not in _FREE:
            held = REASONS.get(look, held)
    if chosen is not None and chosen.look is Look.MAY_GO:
        return Reached(chosen.step, chosen.occurrence, superseded, None, lapsed, fresh, ahead)
    return Reached(None, 0, (), held, lapsed, fresh, ahead)


def _later(as_of: date, *days: date | None) -> date | None:
    first = None
    for day in days:
        if day is not None and day > as_of and (first is None or day < first):
            first = day
    return first


def _cadence(ladder: tuple[Step, ...], policy: Policy) -> int:
    """Days between two sendings of the last step that goes on: as far as the last two steps lie apart."""
    if len(ladder) > 1 and ladder[-1].anchor is ladder[-2].anchor:
        return max(1, policy.min_gap_days, ladder[-1].offset_days - ladder[-2].offset_days)
    return max(1, policy.min_gap_days)
