"""Contact budget and address health, by the hash of an address: one person over all accounts and channels."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from core.delivery import ENDED_UNSENT, NoticeState
from core.policy.schema import Budget
from core.values import dataclass, replace
from functions.shared.store import keys, notices
from functions.shared.store.table import table

_DAYS_KEPT: Final = 7
_ATTEMPTS: Final = 5
MOST_SOFT: Final = 3  # mails in a row that a mailbox sent back; then it counts as none
_SOFT_KEPT: Final = timedelta(days=90)
_UNSURE: Final = "?"
_NOT_LIKED: Final = "!"
_NOT_LIKED_FOR: Final = timedelta(days=7)  # so long it gets no more of the like unless a person has seen to it
_HOLD_NOTHING: Final = ENDED_UNSENT | {NoticeState.PLANNED}


class Slot(StrEnum):
    """What asking for a slot gave."""

    TAKEN = "taken"
    FULL = "full"  # written to often enough
    OFF = "off"  # bounced or complained: never again without a person
    ASKED = "asked"  # it did not take what we wrote a moment ago, and a person is still to see to that


class ReachBusyError(RuntimeError):
    """Others kept changing the same record; the message goes back to its queue."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How often one address was written to on each of its last seven local days, by which notices."""

    version: int = 0
    days: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # local ISO date -> notice ids
    off: str | None = None
    soft: Mapping[str, str] = field(
        default_factory=dict
    )  # notice id -> ISO date of its soft bounce; "?" ends an unsure one, "!" one that only that mail is to blame for

    def sent_back(self, notice_id: str) -> bool:
        """Whether it surely sent this mail back, for now."""
        return not self.soft.get(notice_id, _UNSURE).endswith(_UNSURE)

    def does_not_like(self, notice_id: str) -> bool:
        """Whether it sent this mail back for what it is: the same mail will never arrive there."""
        return self.soft.get(notice_id, "").endswith(_NOT_LIKED)

    def did_not_like(self, today: date) -> bool:
        """Whether it sent a mail of the last days back for what that was."""
        first = (today - _NOT_LIKED_FOR).isoformat()
        return any(on.endswith(_NOT_LIKED) and on.removesuffix(_NOT_LIKED) > first for on in self.soft.values())


def read(address: str, *, consistent: bool = True) -> Reach:
    """The record of an address hash, strongly read; a fresh one when there is none."""
    row = table().get(keys.reach(address), consistent=consistent)
    if row is None:
        return Reach()
    days = {day: tuple(ids) for day, ids in row.get("days", {}).items()}
    return Reach(row["version"], days, row.get("off"), row.get("soft", {}))


def sent_back(address: str, notice_id: str, today: date, *, sure: bool, liked: bool = True) -> int:
    """The mailbox sent this mail back. Returns: how many mails in a row it sent back by now that were not to blame.

    Args: `sure` False where it may as well be an automatic answer to a mail that arrived; `liked` False where it is
    too large, or what it holds is not taken: that says nothing against the mailbox.
    Raises: ReachBusyError as `take`.
    """
    first, mark = (today - _SOFT_KEPT).isoformat(), ("" if sure else _UNSURE) if liked else _NOT_LIKED
    for _ in range(_ATTEMPTS):
        there = read(address)
        soft = {known: on for known, on in there.soft.items() if on >= first}
        soft.setdefault(notice_id, today.isoformat() + mark)
        if soft == there.soft or _write(address, replace(there, soft=soft)):
            return sum(not on.endswith(_NOT_LIKED) for on in soft.values())
    raise ReachBusyError("the health of one address is contended")


def arrived(address: str) -> None:
    """The mailbox took a mail: what it sent back before counts no more. Almost always there is nothing to forget."""
    row = table().get(keys.reach(address), consistent=False, only=("soft",))
    if row and row.get("soft"):
        _forget_soft(address, lambda _notice_id, _on: True)


def forgive(address: str, notice_id: str) -> None:
    """That mail arrived somewhere: what came back of it may have been an automatic answer."""
    _forget_soft(address, lambda known, on: known == notice_id and on.endswith(_UNSURE))


def _forget_soft(address: str, which: Callable[[str, str], bool]) -> None:
    for _ in range(_ATTEMPTS):
        there = read(address)
        soft = {known: on for known, on in there.soft.items() if not which(known, on)}
        if soft == there.soft or _write(address, replace(there, soft=soft)):
            return
    raise ReachBusyError("the health of one address is contended")


def take(
    address: str, notice_id: str, today: date, budget: Budget, is_asked: Callable[[], bool] = lambda: False
) -> Slot:
    """One slot for a notice on the reader's local day; a retry finds its own slot, and moves it to today.

    The record of a moment ago is proved by the write on its version; whatever writes nothing is asked again strongly.
    Args: `is_asked` whether a person is still to see to a mail that was not taken; almost never called.
    Raises: ReachBusyError when the write lost its race again and again.
    """
    there = read(address, consistent=False)
    days = _with_slot(there, notice_id, today, budget, is_asked)
    if isinstance(days, dict) and days != there.days and _write(address, replace(there, days=days)):
        return Slot.TAKEN
    for _ in range(_ATTEMPTS):
        there = read(address)
        days = _with_slot(there, notice_id, today, budget, is_asked)
        if isinstance(days, Slot):
            return days
        if days == there.days or _write(address, replace(there, days=days)):
            return Slot.TAKEN
    raise ReachBusyError("the contact budget of one address is contended")


def _with_slot(
    there: Reach, notice_id: str, today: date, budget: Budget, is_asked: Callable[[], bool]
) -> dict[str, tuple[str, ...]] | Slot:
    """The days with a slot for the notice, or why it gets none."""
    if there.off is not None:
        return Slot.OFF
    if there.did_not_like(today) and is_asked():
        return Slot.ASKED
    days = _without(there.days, notice_id, today)
    if _full(days, today, budget):
        days = _without_unsent(days)
        if _full(days, today, budget):
            return Slot.FULL
    days[today.isoformat()] = (*days.get(today.isoformat(), ()), notice_id)
    return days


def use(address: str, notice_id: str, day: date) -> None:
    """A mail that has gone holds its slot, whatever the budget; one that holds any stays where it is."""
    for _ in range(_ATTEMPTS):
        there = read(address)
        if any(notice_id in ids for ids in there.days.values()):
            return
        days = {**there.days, day.isoformat(): (*there.days.get(day.isoformat(), ()), notice_id)}
        if _write(address, replace(there, days=days)):
            return
    raise ReachBusyError("the contact budget of one address is contended")


def free(address: str, notice_id: str) -> None:
    """Give a slot back; nothing to give back is fine."""
    for _ in range(_ATTEMPTS):
        there = read(address)
        days = {day: tuple(i for i in ids if i != notice_id) for day, ids in there.days.items()}
        days = {day: ids for day, ids in days.items() if ids}
        if days == there.days or _write(address, replace(there, days=days)):
            return
    raise ReachBusyError("the contact budget of one address is contended")


def switch_off(address: str, reason: str) -> None:
    """Never write to this address again; the first reason stays."""
    for _ in range(_ATTEMPTS):
        there = read(address)
        if there.off is not None or _write(address, replace(there, off=reason)):
            return
    raise ReachBusyError("the health of one address is contended")


def _without(days: Mapping[str, tuple[str, ...]], notice_id: str, today: date) -> dict[str, tuple[str, ...]]:
    first = (today - timedelta(days=_DAYS_KEPT - 1)).isoformat()
    kept = {day: tuple(i for i in ids if i != notice_id) for day, ids in days.items() if day >= first}
    return {day: ids for day, ids in kept.items() if ids}


def _full(days: Mapping[str, tuple[str, ...]], today: date, budget: Budget) -> bool:
    used = len(days.get(today.isoformat(), ()))
    return used >= budget.per_day or sum(len(ids) for ids in days.values()) >= budget.per_seven_days


def _without_unsent(days: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The days without slots of notices that ended unsent, or went back to waiting, and left theirs behind.

    A worker claims before it takes a slot, so what is PLANNED and has one lost its worker; it asks again when claimed.
    """
    states = notices.state_of({i for ids in days.values() for i in ids})
    kept = {day: tuple(i for i in ids if states.get(i) not in _HOLD_NOTHING) for day, ids in days.items()}
    return {day: ids for day, ids in kept.items() if ids}


def _write(address: str, after: Reach) -> bool:
    """Args: `after` with the version that was read."""
    row = {
        **keys.reach(address)._asdict(),
        "version": after.version + 1,
        "days": {day: list(ids) for day, ids in after.days.items()},
        **({"off": after.off} if after.off else {}),
        **({"soft": dict(after.soft)} if after.soft else {}),
    }
    condition = "#version = :was" if after.version else "attribute_not_exists(#pk)"
    return table().put_if(
        row, condition, {"was": after.version} if after.version else None, mine=lambda now: now == row
    )
