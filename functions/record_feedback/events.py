"""The provider's mail events in our words. Source: Amazon SES, contents of event data that it publishes."""

from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from core.delivery import DeliveryEvent
from core.keys import address_hash
from core.values import dataclass

_KINDS: Final = {
    "Send": DeliveryEvent.ACCEPT,
    "Delivery": DeliveryEvent.DELIVERY,
    "DeliveryDelay": DeliveryEvent.DELAY,
    "Complaint": DeliveryEvent.COMPLAINT,
    "Reject": DeliveryEvent.REJECT,
    "Rendering Failure": DeliveryEvent.REJECT,  # taken, and never sent; cannot come of how we send
}
# Opens, clicks and subscriptions are not asked for, and say nothing about whether a mail arrived.
_IGNORED: Final = frozenset({"Open", "Click", "Subscription"})
# Soft bounces of the message, not of the address: too large, or what it holds is not liked.
_OF_THE_MESSAGE: Final = {
    "MessageTooLarge": "too large for the reader's mail server",
    "ContentRejected": "the reader's mail server does not take what it says",
    "AttachmentRejected": "the reader's mail server does not take its attachment",
}
_HELD_BACK: Final = "OnAccountSuppressionList"  # counts towards no bounce rate
REPLAY_NAME: Final = "replay-name"  # the field by which EventBridge, too, marks an event that comes once more
_GENERAL: Final = "General"  # how an automatic reply is reported too


class UnknownEventError(ValueError):
    """An event of a kind that nobody has described; it goes to the dead letters, where somebody looks."""


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One event about one mail; addresses only as hashes."""

    kind: DeliveryEvent | None  # None: of no consequence
    notice_id: str | None  # None: the mail carries none of our tags
    deployment: str | None
    message_id: str
    addresses: tuple[str, ...] = ()  # those whose mail bounced, or who complained
    reached: tuple[str, ...] = ()  # those in whose mailbox it is
    readers: tuple[str, ...] = ()  # those it was sent to
    sent_at: datetime | None = None
    happened_at: datetime | None = None
    not_liked: str | None = None  # a bounce of this very mail, and why: it says nothing against the address
    may_be_reply: bool = False  # a bounce that may be an automatic answer to a mail that arrived
    replayed: bool = False  # it comes once more, after the table was restored
    held_back: bool = False  # a bounce of the provider's own making: it knew the address, and never sent the mail


def read_event(body: dict[str, Any]) -> MailEvent:
    """The event that an EventBridge message carries. Raises UnknownEventError for a kind unknown to us."""
    detail = body["detail"]
    mail, name = detail["mail"], detail["eventType"]
    tags = mail.get("tags", {})
    about, copied = _concerned(detail), _copied(mail)
    bounce, delivered = detail.get("bounce", {}), detail.get("delivery", {}).get("recipients", [])
    return MailEvent(
        kind=None if about and about <= copied else _kind(name, detail),  # a copy that arrives is no delivery
        notice_id=_first(tags.get("notice_id")),
        deployment=_first(tags.get("deployment")),
        message_id=mail["messageId"],
        addresses=tuple(address_hash(address) for address in _failed(detail) if address not in copied),
        reached=tuple(address_hash(address) for address in delivered if address not in copied),
        readers=tuple(address_hash(address) for address in mail.get("destination", []) if address not in copied),
        sent_at=_instant(mail.get("timestamp")),
        happened_at=_instant(body.get("time")),
        not_liked=_OF_THE_MESSAGE.get(bounce.get("bounceSubType", "")),
        may_be_reply=bounce.get("bounceSubType") == _GENERAL,
        replayed=REPLAY_NAME in body,
        held_back=_is_held_back(detail),
    )


def _instant(said: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def _kind(name: str, detail: dict[str, Any]) -> DeliveryEvent | None:
    if name == "Complaint" and _is_held_back(detail):  # it complained of an earlier mail, and did not get this one
        return DeliveryEvent.HARD_BOUNCE
    if name == "Bounce":  # an undetermined bounce counts as soft
        hard = detail["bounce"].get("bounceType") == "Permanent"
        return DeliveryEvent.HARD_BOUNCE if hard else DeliveryEvent.SOFT_BOUNCE
    if name in _KINDS:
        return _KINDS[name]
    if name in _IGNORED:
        return None
    raise UnknownEventError(f"mail event of kind {name!r}; known are Bounce, {', '.join(sorted({*_KINDS, *_IGNORED}))}")


def _is_held_back(detail: dict[str, Any]) -> bool:
    """Source: Amazon SES, contents of event data: a bounce or a complaint of an address on the suppression list."""
    bounce, complaint = detail.get("bounce", {}), detail.get("complaint", {})
    return _HELD_BACK in (bounce.get("bounceSubType"), complaint.get("complaintSubType"))


def _first(values: list[str] | None) -> str | None:
    return values[0] if values else None


def _failed(detail: dict[str, Any]) -> list[str]:
    bounced = detail.get("bounce", {}).get("bouncedRecipients", [])
    return [one["emailAddress"] for one in (*bounced, *detail.get("complaint", {}).get("complainedRecipients", []))]


def _concerned(detail: dict[str, Any]) -> set[str]:
    """The addresses that an event is about; empty where it names none."""
    return {*_failed(detail), *detail.get("delivery", {}).get("recipients", [])}


def _copied(mail: dict[str, Any]) -> set[str]:
    """Our own people in a mail to a customer: what becomes of their copy says nothing about the customer."""
    return {parseaddr(address)[1] for address in mail.get("commonHeaders", {}).get("cc", [])}
