"""The provider's mail events in our words. Source: Amazon SES, contents of event data that it publishes."""

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Final

from core.delivery import DeliveryEvent
from core.keys import address_hash

_KINDS: Final = {
    "Send": DeliveryEvent.ACCEPT,
    "Delivery": DeliveryEvent.DELIVERY,
    "DeliveryDelay": DeliveryEvent.DELAY,
    "Complaint": DeliveryEvent.COMPLAINT,
    "Reject": DeliveryEvent.REJECT,
}
# Opens and clicks are not asked for; subscription and rendering events cannot come from how we send.
_IGNORED: Final = frozenset({"Open", "Click", "Subscription", "Rendering Failure"})


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


def read_event(body: dict[str, Any]) -> MailEvent:
    """The event that an EventBridge message carries. Raises UnknownEventError for a kind unknown to us."""
    detail = body["detail"]
    mail, name = detail["mail"], detail["eventType"]
    tags = mail.get("tags", {})
    about, copied = _concerned(detail), _copied(mail)
    return MailEvent(
        kind=None if about and about <= copied else _kind(name, detail),  # a copy that arrives is no delivery
        notice_id=_first(tags.get("notice_id")),
        deployment=_first(tags.get("deployment")),
        message_id=mail["messageId"],
        addresses=tuple(address_hash(address) for address in _failed(detail) if address not in copied),
    )


def _kind(name: str, detail: dict[str, Any]) -> DeliveryEvent | None:
    if name == "Bounce":  # an undetermined bounce counts as soft
        hard = detail["bounce"].get("bounceType") == "Permanent"
        return DeliveryEvent.HARD_BOUNCE if hard else DeliveryEvent.SOFT_BOUNCE
    if name in _KINDS:
        return _KINDS[name]
    if name in _IGNORED:
        return None
    raise UnknownEventError(f"mail event of kind {name!r}; known are Bounce, {', '.join(sorted({*_KINDS, *_IGNORED}))}")


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
