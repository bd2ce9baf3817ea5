"""What a finished message still has to pass: its entity's day, its turn, and the switches as they are by then."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final

from core.calendar import local_date, next_send_instant, zone_of
from core.ledger import Entity
from core.sending import Trouble
from core.values import dataclass
from functions.shared import clock, mailer, stops, texter
from functions.shared.mailer import Answer, Mail
from functions.shared.pacing import LOOK_AGAIN, Turns
from functions.shared.store import config, inbox, switches
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord, WaitsFor
from functions.shared.tally import Tally

SAFETY_MS: Final = (mailer.READ_TIMEOUT_SECONDS + 10) * 1000  # a send must be able to end before the function does
TRUSTED: Final = timedelta(milliseconds=700)  # what was read longer ago is read again
_FRESH: Final = timedelta(milliseconds=450)  # what was read so lately, the next mails of the batch may go by
_OURS: Final = ("digest", "run")  # mails to our own people: on no count

_Message = Mail | texter.Text


@dataclass(frozen=True, slots=True)
class Hold:
    """It may not go now: for what it waits, and until when."""

    waits_for: WaitsFor
    until: datetime


class Gate:
    """The gate of one batch; every message of it passes, one after the other."""

    def __init__(self, messages: int = 1, remaining_ms: Callable[[], int] = lambda: 2 * SAFETY_MS) -> None:
        self._left = messages
        self._remaining_ms = remaining_ms
        self._turns = Turns(messages, remaining_ms, safety_ms=SAFETY_MS)
        self._tally = Tally()
        self._unread: dict[str, tuple[datetime, bool]] = {}  # by entity: when it was looked, and what was found
        self._read: tuple[datetime, Configuration] | None = None

    def configuration(self) -> Configuration:
        """The configuration as it is, or was for the mail of a moment ago; `enter` goes by when it was read."""
        now = clock.now()
        if self._read is None or not _is_fresh(self._read, now):
            self._read = now, config.read()
        return self._read[1]

    def lies_unread(self, entity: str, now: datetime) -> bool:
        """Whether a file of the inbox may say what was paid; one that nobody could read for two hours holds nothing."""
        known = self._unread.get(entity)
        if known is None or now - known[0] > TRUSTED:
            known = self._unread[entity] = now, inbox.is_waiting(entity, since=now - inbox.WAITED_FOR)
        return known[1]

    def next(self, now: datetime) -> Hold | None:
        """The next message of the batch is taken up; why no mail may go, where that is known before it is touched."""
        self._left -= 1
        self._turns.begin()
        if self._remaining_ms() < SAFETY_MS:
            return Hold("quota", now + LOOK_AGAIN)
        later = self._turns.closed(now)
        return Hold(later.waits_for, later.until) if later else None

    def enter(
        self, notice: NoticeRecord, message: _Message, configuration: Configuration, read_at: datetime
    ) -> Hold | None:
        """Wait for the message's turn. None: it may go this moment."""
        entity = configuration.entity(notice.entity)
        counted = _is_counted(notice, message)
        hold = self._count(entity, read_at) if counted else None
        if hold is not None:
            return hold
        if isinstance(message, Mail):
            later = self._turns.take(mailer.readers_of(message))
            hold = Hold(later.waits_for, later.until) if later else None
        now = clock.now()
        known_at = min(read_at, self._read[0]) if self._read else read_at
        if hold is None and now - known_at > TRUSTED and switches.is_off(notice.entity, notice.policy):
            hold = Hold("switch", now + LOOK_AGAIN)
        if hold is not None and counted:
            self._tally.give_back(entity, read_at)
        return hold

    def leave(self, notice: NoticeRecord, message: _Message, configuration: Configuration, now: datetime) -> None:
        """It entered and does not go after all; its turn is lost."""
        if _is_counted(notice, message):
            self._tally.give_back(configuration.entity(notice.entity), now)

    def heard(self, answer: Answer, notice: NoticeRecord, message: _Message, configuration: Configuration) -> Hold:
        """What the answer says of others is written down. Returns: when this one may go, if it did not."""
        hold: Hold | None = None
        if isinstance(message, Mail):
            hold = self._heard_of_mail(answer, notice, configuration)
        if isinstance(answer, mailer.RefusedForNow | mailer.RefusedForever):
            self.leave(notice, message, configuration, clock.now())
        return hold or Hold("provider", clock.now() + LOOK_AGAIN)

    def _heard_of_mail(self, answer: Answer, notice: NoticeRecord, configuration: Configuration) -> Hold | None:
        match answer:
            case mailer.Accepted():
                self._turns.went()
            case mailer.InDoubt(reason):
                self._turns.refused(Trouble.UNREACHED, reason)
            case mailer.RefusedForNow(reason, trouble) if trouble is not None:
                return self._trouble(trouble, reason, notice, configuration)
        return None

    def close(self) -> None:
        """The batch has ended."""
        self._tally.close()

    def _count(self, entity: Entity, now: datetime) -> Hold | None:
        if self._tally.take(entity, now, max(0, self._left)):
            return None
        return Hold("quota", _tomorrow(entity, now))

    def _trouble(
        self, trouble: Trouble, reason: str, notice: NoticeRecord, configuration: Configuration
    ) -> Hold | None:
        later = self._turns.refused(trouble, reason)
        if trouble is Trouble.SENDER:
            now = clock.now()
            why = f"the mail provider does not know the sender as verified, or knows the account as a sandbox: {reason}"
            stops.stop(configuration.entity(notice.entity), "sender", why, configuration, now)
            self._read = None  # the next mail meets the switch
            return Hold("switch", now + LOOK_AGAIN)
        return Hold(later.waits_for, later.until) if later else None


def _is_fresh(read: tuple[datetime, Configuration], now: datetime) -> bool:
    """Whether the next mail may go by it; not where its permit has run out, which the mail before has renewed."""
    at, configuration = read
    until = configuration.permit.until
    return timedelta() <= now - at <= _FRESH and until is not None and now <= until


def _is_counted(notice: NoticeRecord, message: _Message) -> bool:
    return isinstance(message, Mail) and notice.kind not in _OURS


def _tomorrow(entity: Entity, now: datetime) -> datetime:
    """When the entity's next day opens."""
    midnight = datetime.combine(local_date(now, entity.zone) + timedelta(days=1), time(), zone_of(entity.zone))
    return next_send_instant(midnight, entity.zone, entity.send_hours, "all")
