"""Whether an account may send mail now, and how fast: its quota, its pace, and a circuit that opens when it is paused.

Values in, values out: whoever changes the state does so by one conditional write of the whole.
"""

from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from core.pace import Grid
from core.values import dataclass, replace

SANDBOX_RATE_MILLI: Final = 1_000  # before anything was read of the account: what SES gives everybody
SANDBOX_PER_DAY: Final = 200
UNPACED_MILLI: Final = 100_000_000  # a rate that nobody reaches: there is nothing to wait for
OPENS_AT: Final = 3  # sends in a row without a clear answer
PROBE_LEASE: Final = timedelta(minutes=5)  # of the one mail that tries whether it works again
_HEALTHY: Final = frozenset({"HEALTHY", "PROBATION"})
_SECOND_US: Final = 1_000_000


class Trouble(StrEnum):
    """What an answer of the provider says about more than one mail."""

    RATE = "rate"  # too fast for this second
    DAY = "day"  # the quota of twenty-four hours is used up
    ACCOUNT = "account"  # sending is paused or suspended
    SENDER = "sender"  # this sender is not verified, or the account may not write to this reader yet
    UNREACHED = "unreached"  # no clear answer: unreachable, an error of its own, or nothing in time


class Circuit(StrEnum):
    """Whether mails are handed over at all."""

    CLOSED = "closed"  # they are
    OPEN = "open"  # none is
    HALF = "half"  # one is, to see whether it works again


@dataclass(frozen=True, slots=True)
class Reading:
    """What the provider says of the account, in recipients; a day's limit of None has no end."""

    per_second_milli: int
    per_day: int | None
    sent_last_day: int
    production: bool = True
    enabled: bool = True
    standing: str = "HEALTHY"

    @property
    def may_send(self) -> bool:
        return self.enabled and self.standing in _HEALTHY


SANDBOX: Final = Reading(SANDBOX_RATE_MILLI, SANDBOX_PER_DAY, 0, production=False)


@dataclass(frozen=True, slots=True)
class Sending:
    """The state that every sender of an account shares."""

    reading: Reading = SANDBOX
    read_at: datetime | None = None  # None: never, and the sandbox is assumed
    grid: Grid = field(default_factory=lambda: Grid(SANDBOX_RATE_MILLI, 0))
    taken: int = 0  # recipients that ever got a slot
    taken_before: int = 0  # of those, before the reading: they are in what it says was sent
    held_until_us: int = 0  # no slot begins earlier: the provider said it was too fast
    circuit: Circuit = Circuit.CLOSED
    why: str = ""  # it is not closed
    since: datetime | None = None
    probe_until: datetime | None = None  # somebody tries
    unclear: int = 0  # sends in a row without a clear answer
    version: int = 0

    @property
    def room(self) -> int | None:
        """Recipients that today's quota still takes; None: no end."""
        limit = self.reading.per_day
        return None if limit is None else max(0, limit - self.reading.sent_last_day - (self.taken - self.taken_before))

    @property
    def is_unpaced(self) -> bool:
        return self.grid.rate_milli >= UNPACED_MILLI

    @property
    def used_up(self) -> bool:
        return self.room == 0

    def is_open(self, now: datetime) -> bool:
        """No mail may go: the circuit is open, or somebody is just trying whether it may close."""
        if self.circuit is Circuit.HALF:
            return self.probe_until is not None and now < self.probe_until
        return self.circuit is Circuit.OPEN

    # ---------- slots ----------
    def slots(self, count: int, now: datetime, *, apart_us: int, until: datetime) -> tuple[tuple[int, ...], "Sending"]:
        """Up to so many slots, within today's quota; none while the circuit is open, a try's while it is half open."""
        if self.is_open(now):
            return (), self
        room = self.room
        count = count if room is None else min(count, room)
        start = max(micros(now), self.held_until_us)
        if self.is_unpaced:
            return (start,) * count, replace(self, taken=self.taken + count)
        begins, grid = self.grid.take(count, now_us=start, apart_us=apart_us, until_us=micros(until))
        after = replace(self, grid=grid, taken=self.taken + len(begins))
        if begins and self.circuit is Circuit.HALF:
            after = replace(after, probe_until=now + PROBE_LEASE)
        return begins, after

    # ---------- what the provider says ----------
    def told(self, reading: Reading, now: datetime, *, taken_before: int) -> "Sending":
        """What the account said of itself. A circuit that is open for what it no longer says opens half.

        Args: `taken_before` of slots, before it was asked: later ones may not be in what it says was sent.
        """
        grid = self.grid.at_rate(max(1, reading.per_second_milli), micros(now))
        after = replace(self, reading=reading, read_at=now, grid=grid, taken_before=taken_before)
        if not reading.may_send:
            return _opened(after, "sending is disabled" if not reading.enabled else reading.standing.lower(), now)
        if after.circuit is Circuit.OPEN:
            return replace(after, circuit=Circuit.HALF, probe_until=None)
        return after

    def accepted(self) -> "Sending":
        """It took a mail."""
        return replace(self, circuit=Circuit.CLOSED, why="", since=None, probe_until=None, unclear=0)

    @property
    def is_calm(self) -> bool:
        """Whether a mail that was taken says nothing new."""
        return self.circuit is Circuit.CLOSED and not self.unclear

    def refused(self, trouble: Trouble, reason: str, now: datetime, *, pause: timedelta) -> "Sending":
        """It did not take a mail, for what concerns them all. Args: `pause` of all, if it was too fast."""
        match trouble:
            case Trouble.RATE:
                held = max(self.held_until_us, micros(now + pause))
                return replace(self, held_until_us=held, probe_until=None)
            case Trouble.DAY:
                used = self.reading.per_day if self.reading.per_day is not None else self.reading.sent_last_day
                reading = replace(self.reading, per_day=used, sent_last_day=used)
                return replace(self, reading=reading, taken_before=self.taken, probe_until=None)
            case Trouble.ACCOUNT:
                return _opened(self, reason, now)
            case Trouble.UNREACHED:
                after = replace(self, unclear=self.unclear + 1)
                trying = self.circuit is Circuit.HALF
                return _opened(after, reason, now) if trying or after.unclear >= OPENS_AT else after
            case Trouble.SENDER:
                return replace(self, probe_until=None)  # of this sender alone


def _opened(sending: Sending, why: str, now: datetime) -> Sending:
    return replace(sending, circuit=Circuit.OPEN, why=why, since=sending.since or now, probe_until=None)


def micros(instant: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant_of(us: int) -> datetime:
    """The instant of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
