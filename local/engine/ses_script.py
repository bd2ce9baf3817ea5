"""What SES and the receiving world do with a mail: by the recipient's local part, or as a test says.

A recipient `bounce@`, or `bounce+anything@`, decides for the whole mail; any other is delivered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import Final

from local.engine.outbox import Mail
from local.engine.ses_events import Kind, Reaction

_SOON: Final = timedelta(seconds=2)


class Answer(StrEnum):
    """How the request to SES ends, when SES does not refuse it."""

    OK = "ok"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"


@dataclass(frozen=True, slots=True)
class Script:
    """The fate of one request: refused with an error, or answered, accepted or not, with what follows."""

    error: tuple[str, str, int] | None = None  # code, message, status
    answer: Answer = Answer.OK
    accepted: bool = True
    reactions: tuple[Reaction, ...] = ()


Behaviour = Callable[[Mail], Script]

_SENT: Final = Reaction(Kind.SEND)


def delivered() -> Script:
    return Script(reactions=(_SENT, Reaction(Kind.DELIVERY, _SOON)))


def silent() -> Script:
    """Accepted, and nothing is ever heard of it again."""
    return Script()


def hard_bounce() -> Script:
    return Script(reactions=(_SENT, Reaction(Kind.BOUNCE, _SOON)))


def soft_bounce(after: timedelta = timedelta(hours=12)) -> Script:
    """The mailbox stays full until SES gives up; only the last failure is published."""
    detail = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    return Script(reactions=(_SENT, Reaction(Kind.BOUNCE, after, detail)))


def suppressed() -> Script:
    """On the account's suppression list: SES counts it as sent, then bounces it itself."""
    detail = {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"}
    return Script(reactions=(_SENT, Reaction(Kind.BOUNCE, _SOON, detail)))


def late_bounce(after: timedelta = timedelta(hours=1)) -> Script:
    """Delivered first; the receiving side bounces it afterwards."""
    return Script(reactions=(*delivered().reactions, Reaction(Kind.BOUNCE, after)))


def complaint(after: timedelta = timedelta(hours=1)) -> Script:
    return Script(reactions=(*delivered().reactions, Reaction(Kind.COMPLAINT, after)))


def delayed(after: timedelta = timedelta(hours=1)) -> Script:
    """Delayed once, delivered an hour later."""
    late = Reaction(Kind.DELIVERY, after + timedelta(hours=1))
    return Script(reactions=(_SENT, Reaction(Kind.DELIVERY_DELAY, after), late))


def virus() -> Script:
    """Accepted, then dropped by SES itself."""
    return Script(reactions=(Reaction(Kind.REJECT, _SOON),))


def rejected() -> Script:
    return Script(error=("MessageRejected", "Address blacklisted.", 400))


def throttled() -> Script:
    return Script(error=("TooManyRequestsException", "Maximum sending rate exceeded.", 429))


def quota_exceeded() -> Script:
    return Script(error=("LimitExceededException", "Daily message quota exceeded.", 400))


def paused() -> Script:
    return Script(error=("SendingPausedException", "Email sending is disabled for this configuration set.", 400))


def suspended() -> Script:
    return Script(error=("AccountSuspendedException", "This account is suspended.", 400))


def timeout(*, accepted: bool) -> Script:
    """No answer in time; whether SES had accepted the mail shows only in its events."""
    return Script(answer=Answer.TIMEOUT, accepted=accepted, reactions=delivered().reactions)


def server_error(*, accepted: bool) -> Script:
    return Script(answer=Answer.SERVER_ERROR, accepted=accepted, reactions=delivered().reactions)


_BY_LOCAL_PART: Final[dict[str, Callable[[], Script]]] = {
    "bounce": hard_bounce,
    "softbounce": soft_bounce,
    "suppressed": suppressed,
    "latebounce": late_bounce,
    "complaint": complaint,
    "delay": delayed,
    "virus": virus,
    "silent": silent,
    "reject": rejected,
    "throttle": throttled,
    "quota": quota_exceeded,
    "timeout": lambda: timeout(accepted=True),
    "lost": lambda: timeout(accepted=False),
}


def by_local_part(mail: Mail) -> Script:
    """The usual behaviour."""
    for address in mail.recipients:
        local_part = parseaddr(address)[1].partition("@")[0].partition("+")[0].lower()
        if local_part in _BY_LOCAL_PART:
            return _BY_LOCAL_PART[local_part]()
    return delivered()
