"""Who would be treated differently under another policy: two rehearsals of the same account, held side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from core.decide.checks import MoneyText, in_minor_units, with_checks
from core.decide.explain import SENTENCES
from core.decide.model import Facts, Reason, Setting, Verdict
from core.rehearsal.coming import Coming, What, coming
from core.rehearsal.nights import Night, nights
from core.values import dataclass

DAYS: Final = 30
_AHEAD: Final = frozenset({Reason.NOT_YET, Reason.STEP_DUE})


class Change(StrEnum):
    """What becomes of one thing that would happen."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"  # the same on another day
    CHANGED = "changed"  # the same day, with other items, words, amounts or readers


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the new policy does otherwise."""

    change: Change
    old: Coming | None
    new: Coming | None
    because: str = ""  # why the side that does not do it leaves it out, in words

    @property
    def on(self) -> date:
        """The first day on which the two differ."""
        return min(one.on for one in (self.old, self.new) if one is not None)


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """One account under both policies."""

    old: tuple[Coming, ...]
    new: tuple[Coming, ...]
    differences: tuple[Difference, ...]
    first: date  # the next night

    @property
    def at_once(self) -> tuple[Difference, ...]:
        """What differs in the next night already."""
        return tuple(one for one in self.differences if one.on == self.first)


def compare(
    facts: Facts, old: Setting, new: Setting, first: date, *, days: int = DAYS, money: MoneyText = in_minor_units
) -> AccountDifference:
    """One account's next `days` nights under each of two settings, from the same memory; both start tonight."""
    last = first + timedelta(days=days - 1)
    sides = [_Side.of(facts, setting, first, last, money) for setting in (old, new)]
    before, after = sides
    found = [_explained(one, before, after) for one in differences(before.all, after.all)]
    return AccountDifference(before.all, after.all, tuple(sorted(found, key=lambda one: one.on)), first)


def differences(old: Sequence[Coming], new: Sequence[Coming]) -> Iterator[Difference]:
    """What is not the same in two lists, each thing once: first by its day, then by its kind, then by its items.

    Steps may be named differently in two policies, so things are recognised by what they do.
    """
    left, right = list(old), list(new)
    _pairs(left, right, lambda one: (*_kind(one), one.on, _content(one)))
    for was, now in _pairs(left, right, lambda one: (*_kind(one), one.on)):
        yield Difference(Change.CHANGED, was, now)
    for was, now in _pairs(left, right, _kind, _overlap):
        yield Difference(Change.MOVED, was, now)
    for was, now in _pairs(left, right, lambda one: (one.what, one.on), _overlap):
        yield Difference(Change.CHANGED, was, now)
    yield from (Difference(Change.REMOVED, was, None) for was in left)
    yield from (Difference(Change.ADDED, None, now) for now in right)


def _pairs(
    left: list[Coming],
    right: list[Coming],
    key: Callable[[Coming], object],
    alike: Callable[[Coming, Coming], bool] = lambda _was, _now: True,
) -> list[tuple[Coming, Coming]]:
    """Pairs of the same key, in order, taken out of both lists."""
    found = []
    for was in tuple(left):
        now = next((one for one in right if key(one) == key(was) and alike(was, one)), None)
        if now is not None:
            left.remove(was)
            right.remove(now)
            found.append((was, now))
    return found


def _kind(one: Coming) -> tuple[object, ...]:
    return one.what, one.name


def _content(one: Coming) -> tuple[object, ...]:
    return one.level, frozenset(one.items), sorted(one.amounts.items()), one.readers


def _overlap(was: Coming, now: Coming) -> bool:
    return not (was.items or now.items) or bool(set(was.items) & set(now.items))


# ---------- why ----------


@dataclass(frozen=True, slots=True)
class _Side:
    """One rehearsal, with what is needed to say why something is not in it."""

    setting: Setting
    nights: tuple[Night, ...]
    all: tuple[Coming, ...]
    money: MoneyText

    @classmethod
    def of(cls, facts: Facts, setting: Setting, first: date, last: date, money: MoneyText) -> "_Side":
        played = tuple(nights(facts, setting, first, last))
        told = tuple(one for night in played for one in coming(night, setting.entity.id))
        return cls(setting, played, told, money)

    def because(self, on: date, items: Iterable[str]) -> str:
        """What this side says of the first of these items on that night: the last night on which it was looked at."""
        night = next((night for night in reversed(self.nights) if night.decision.as_of <= on), None)
        wanted = set(items)
        if night is None:
            return ""
        verdict = next((verdict for verdict in night.decision.verdicts if verdict.item in wanted), None)
        return "" if verdict is None else self._sentence(night, verdict)

    def _sentence(self, night: Night, verdict: Verdict) -> str:
        said = SENTENCES[verdict.reason].format(step=verdict.step)
        if verdict.reason in _AHEAD:
            return said + (f", on {verdict.next_check_on}" if verdict.next_check_on else "")
        decision = with_checks(night.decision, night.facts, self.setting, money=self.money)
        checked = next(one for one in decision.verdicts if one.item == verdict.item)
        stopped = next((check.fact for check in checked.checks if not check.passed), "")
        return said + (f" ({stopped})" if stopped else "")


def _explained(one: Difference, old: _Side, new: _Side) -> Difference:
    """The same, with the reason of the side that does not do it, or does it later. Verdicts are about messages."""
    if one.change is Change.CHANGED:
        return one
    done = one.old if one.new is None or (one.old is not None and one.old.on < one.new.on) else one.new
    if done is None or done.what is not What.MESSAGE:
        return one
    other = new if done is one.old else old
    return Difference(one.change, one.old, one.new, other.because(done.on, done.items))
