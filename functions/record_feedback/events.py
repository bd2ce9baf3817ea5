"""The provider's mail events in our words. Source: Amazon SES, contents of event data that it publishes."""

from dataclasses import dataclass
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
    return MailEvent(
        kind=_kind(name, detail),
        notice_id=_first(tags.get("notice_id")),
        deployment=_first(tags.get("deployment")),
        message_id=mail["messageId"],
        addresses=_addresses(detail),
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


def _addresses(detail: dict[str, Any]) -> tuple[str, ...]:
    named = detail.get("bounce", {}).get("bouncedRecipients", []) + detail.get("complaint", {}).get(
        "complainedRecipients", []
    )
    return tuple(address_hash(one["emailAddress"]) for one in named)
