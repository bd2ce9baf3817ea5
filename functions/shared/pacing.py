"""The turns of one batch: each mail waits for its slot, and all that the batch needs are asked for by one write."""

import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Literal

from core.pace import GRACE_US
from core.sending import Circuit, Reading, Sending, Trouble, instant_of, micros
from core.values import dataclass, replace
from functions.shared import clock
from functions.shared.observability import LogEvent, count, log
from functions.shared.store import pace
from functions.shared.wiring import client

LOOK_AGAIN: Final = timedelta(minutes=10)  # at what cannot go now; the sweep comes as often
STALE_AFTER: Final = timedelta(minutes=9)  # of a reading: the sweep comes every ten
_WRITTEN_AFTER: Final = timedelta(days=1)  # though it says what was known
_ON_TIME_US: Final = GRACE_US - 1_000
_TRIES: Final = 4  # to be on time for a slot
_LAST: Final = 21  # mails of late, by which the next ones are judged
_ENOUGH: Final = 3  # mails to judge by: the first of a process takes long, since nothing is connected yet
_MARGIN: Final = 1.1  # a mail may take so much longer than most of late, and the grace of its slot, and be on time
_TOO_FAST: Final = timedelta(seconds=1)  # nobody sends for so long, and up to as much again

# Microseconds that things took in this process of late: a mail beside its waiting, and the write that asks for slots.
_took: dict[str, deque[int]] = {}  # empty: not known yet


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing may go now: for what a mail waits, and until when."""

    waits_for: Literal["quota", "provider"]
    until: datetime


class Turns:
    """The slots of one batch of mails."""

    def __init__(self, mails: int, remaining_ms: Callable[[], int], *, safety_ms: int) -> None:
        self._left = mails
        self._remaining_ms, self._safety_ms = remaining_ms, safety_ms
        self._sending: Sending | None = None
        self._slots: deque[int] = deque()
        self._ready_us = 0  # since when this process has been busy with the mail at hand
        self._later: Later | None = None

    def closed(self, now: datetime) -> Later | None:
        """Why no mail of the batch may go, where that is known before anything of it is touched."""
        if self._later is None:
            self._later = self._refusal(self._known(), now)
        return self._later

    def begin(self) -> None:
        """The next mail of the batch is taken up."""
        self._left -= 1

    def take(self, recipients: int) -> Later | None:
        """Wait for the turn of one mail; a `Later` when it does not come in the time that the function has left."""
        self._learn_pace()
        for attempt in range(_TRIES):
            self._drop_missed()
            if len(self._slots) < recipients:
                later = self._ask(recipients, missed=attempt > 0)
                if later is not None:
                    return later
            for _ in range(recipients - 1):
                self._slots.popleft()  # quotas count recipients: it goes with the last of its slots
            slot = self._slots.popleft()
            clock.wait_until(instant_of(slot))
            self._ready_us = micros(clock.now())
            if self._ready_us <= slot + _ON_TIME_US or self._known().is_unpaced:
                return None
        return self._put_off("quota", clock.now() + LOOK_AGAIN)

    def went(self) -> None:
        """The provider took a mail: a circuit that was open may close."""
        was = self._known()
        if not was.is_calm:
            self._change(Sending.accepted)
        if was.circuit is not Circuit.CLOSED:
            log(LogEvent.SENDING_RESUMED)

    def refused(self, trouble: Trouble, reason: str) -> Later | None:
        """The provider refused for what concerns every mail; None where only this sender is concerned."""
        now = clock.now()
        pause = _TOO_FAST + timedelta(milliseconds=secrets.randbelow(1000))
        was = self._known().circuit
        self._change(lambda there: there.refused(trouble, reason, now, pause=pause))
        count(f"refused_{trouble.value}")
        if self._known().circuit is Circuit.OPEN and was is not Circuit.OPEN:
            log(LogEvent.SENDING_CLOSED, reason=reason)
            count("sending_closed")
        if trouble is Trouble.RATE:
            self._slots.clear()
            return Later("quota", now + pause)
        return self._refuse_all(now)

    # ---------- within ----------
    def _known(self) -> Sending:
        if self._sending is None:
            self._sending = pace.read()
        return self._sending

    def _change(self, how: Callable[[Sending], Sending]) -> None:
        """What a mail taught of the account. Others hear the same: where they keep writing it, it is left to them."""
        with suppress(pace.PaceBusyError):
            self._sending = pace.change(how)

    def _learn_pace(self) -> None:
        """How long this process took to have its next mail ready."""
        if self._ready_us:
            _learn("mail", micros(clock.now()) - self._ready_us)

    def _drop_missed(self) -> None:
        if self._known().is_unpaced:
            return
        now = micros(clock.now())
        while self._slots and self._slots[0] + _ON_TIME_US < now:
            self._slots.popleft()

    def _ask(self, recipients: int, *, missed: bool) -> Later | None:
        """Slots for this mail and those to come, by one write. Args: `missed` what was asked for came too late."""
        now = clock.now()
        until = now + timedelta(milliseconds=self._remaining_ms() - self._safety_ms)
        missing, granted, asked_at = recipients - len(self._slots), tuple[int, ...](), now

        def taken(there: Sending) -> Sending:
            nonlocal granted, asked_at
            asked_at = clock.now()  # anew where others were first
            given_at = asked_at + timedelta(microseconds=_likely("asking", missed=missed))
            wanted = missing + self._ahead(there.circuit)
            granted, after = there.slots(wanted, given_at, apart_us=_likely("mail"), until=until)
            return after

        try:
            self._sending = pace.change(taken)
        except pace.PaceBusyError:
            return Later("quota", now + LOOK_AGAIN)
        _learn("asking", micros(clock.now()) - micros(asked_at))
        self._slots.extend(granted)
        if len(self._slots) >= recipients:
            return None
        return self._refuse_all(now) or self._put_off("quota", now + LOOK_AGAIN)

    def _ahead(self, circuit: Circuit) -> int:
        """For how many mails to come slots are asked for: for all, as soon as it is known how far apart they must be.

        Slots too near to each other would be lost to all, and slots too far apart be waited for through a whole batch.
        """
        known = len(_took.get("mail", ()))
        if circuit is Circuit.HALF or not known:
            return 0
        return max(0, self._left if known >= _ENOUGH else min(self._left, 1))

    def _refusal(self, sending: Sending, now: datetime) -> Later | None:
        if sending.is_open(now):
            return Later("provider", now + LOOK_AGAIN)
        return Later("quota", now + LOOK_AGAIN) if sending.used_up else None

    def _refuse_all(self, now: datetime) -> Later | None:
        self._later = self._refusal(self._known(), now)
        if self._later is not None:
            self._slots.clear()
        return self._later

    def _put_off(self, waits_for: Literal["quota", "provider"], until: datetime) -> Later:
        """The slots are further away than this function lives: the rest of the batch need not ask."""
        self._later = Later(waits_for, until)
        return self._later


def refresh(now: datetime) -> Sending:
    """Read the account anew, unless that was done just now; every sender goes by what is written down then.

    An account that does not answer leaves everything as it is: a circuit that is open stays so.
    """
    was = pace.read()
    if was.read_at is not None and now - was.read_at < STALE_AFTER:
        return was
    reading = _reading()
    if reading is None or _is_known(reading, was, now):
        return was
    try:
        after = pace.change(lambda there: there.told(reading, now, taken_before=was.taken))
    except pace.PaceBusyError:
        return was  # the next one writes it
    if after.circuit is Circuit.OPEN and was.circuit is Circuit.CLOSED:
        log(LogEvent.SENDING_CLOSED, reason=after.why)
    return after


def _is_known(reading: Reading, was: Sending, now: datetime) -> bool:
    """It says what we know, and nobody waits for it to say something else: not worth a write."""
    fresh = was.read_at is not None and now - was.read_at < _WRITTEN_AFTER
    expected = replace(was.reading, sent_last_day=was.reading.sent_last_day + was.taken - was.taken_before)
    return fresh and was.is_calm and not was.used_up and reading == expected


def _reading() -> Reading | None:
    """Source: Amazon SES API v2, GetAccount; -1 a day is no limit."""
    try:
        said = client("sesv2").get_account()
    except Exception as error:  # noqa: BLE001 - what cannot be read now is read in ten minutes; nothing else waits for it
        log(LogEvent.ACCOUNT_UNREAD, error=type(error).__name__)
        return None
    quota = said["SendQuota"]
    per_day = int(quota["Max24HourSend"])
    return Reading(
        per_second_milli=int(quota["MaxSendRate"] * 1000),
        per_day=None if per_day < 0 else per_day,
        sent_last_day=int(quota["SentLast24Hours"]),
        production=bool(said.get("ProductionAccessEnabled", False)),
        enabled=bool(said.get("SendingEnabled", True)),
        standing=str(said.get("EnforcementStatus", "HEALTHY")),
    )


def _learn(what: str, took_us: int) -> None:
    """The last ones tell of the next."""
    _took.setdefault(what, deque(maxlen=_LAST)).append(took_us)


def _likely(what: str, *, missed: bool = False) -> int:
    """How long the next is likely to take: a little more than the median, 0 where nothing is known.

    Slots that begin earlier would be lost; slots further apart than they need be would leave the rate to nobody. One
    that took long, as the first of a process does, says nothing of the next.
    Args: `missed` the last was too slow: where the table has become so, the next takes as long.
    """
    last = _took.get(what)
    if not last:
        return 0
    median = sorted(last)[len(last) // 2]
    return round((max(median, last[-1]) if missed else median) * _MARGIN)


def forget() -> None:
    """As a new process: how long things take is not known."""
    _took.clear()
