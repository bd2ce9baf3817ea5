"""The life of a notice: every state, and what each event makes of it. The one table; everything else reads it."""

from enum import StrEnum
from typing import Final


class NoticeState(StrEnum):
    """Where a notice stands. Named once here; see the table NEXT for how it moves."""

    PLANNED = "PLANNED"  # decided, nothing sent
    CLAIMED = "CLAIMED"  # one worker prepares it, until its lease ends
    SENDING = "SENDING"  # the fence: the call to the provider may have happened; never claimed again
    ACCEPTED = "ACCEPTED"  # the provider took it; not yet delivered
    DELIVERED = "DELIVERED"
    DELAYED = "DELAYED"  # the provider is still trying
    SOFT_BOUNCED = "SOFT_BOUNCED"
    HARD_BOUNCED = "HARD_BOUNCED"
    COMPLAINED = "COMPLAINED"
    REJECTED = "REJECTED"  # the provider took it and then refused it (virus)
    CANCELLED = "CANCELLED"  # not wanted any more, with a reason
    UNKNOWN = "UNKNOWN"  # nobody knows whether it went; a visible doubt
    FAILED = "FAILED"  # the provider will never take it


class DeliveryEvent(StrEnum):
    """What our own path or the mail provider reports about a notice."""

    CLAIM = "claim"
    RELEASE = "release"  # surely not sent: back to the start
    FENCE = "fence"
    ACCEPT = "accept"  # the provider's answer to the call, or its Send event
    CANCEL = "cancel"
    FAIL = "fail"
    DOUBT = "doubt"  # too long in SENDING
    DELIVERY = "delivery"
    DELAY = "delay"
    SOFT_BOUNCE = "soft_bounce"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    REJECT = "reject"


_S, _E = NoticeState, DeliveryEvent

_HEARD: Final[dict[DeliveryEvent, NoticeState]] = {
    _E.ACCEPT: _S.ACCEPTED,
    _E.DELIVERY: _S.DELIVERED,
    _E.DELAY: _S.DELAYED,
    _E.SOFT_BOUNCE: _S.SOFT_BOUNCED,
    _E.HARD_BOUNCE: _S.HARD_BOUNCED,
    _E.COMPLAINT: _S.COMPLAINED,
    _E.REJECT: _S.REJECTED,
}


def _hear(*events: DeliveryEvent) -> dict[DeliveryEvent, NoticeState]:
    return {event: _HEARD[event] for event in events}


# A provider's events come twice, late and in any order; each row lists only what still changes the state, so every
# order of one set of events ends alike: complained > hard bounced > rejected > delivered > soft bounced > delayed.
NEXT: Final[dict[NoticeState, dict[DeliveryEvent, NoticeState]]] = {
    # An event of what counts as unsent: it went before the table was restored, or though all said that it did not.
    _S.PLANNED: {_E.CLAIM: _S.CLAIMED, _E.CANCEL: _S.CANCELLED, **_HEARD},
    _S.CLAIMED: {
        _E.CLAIM: _S.CLAIMED,
        _E.RELEASE: _S.PLANNED,
        _E.FENCE: _S.SENDING,
        _E.CANCEL: _S.CANCELLED,
        _E.FAIL: _S.FAILED,
        **_HEARD,
    },
    _S.SENDING: {_E.RELEASE: _S.PLANNED, _E.FAIL: _S.FAILED, _E.DOUBT: _S.UNKNOWN, **_HEARD},
    _S.UNKNOWN: {_E.RELEASE: _S.PLANNED, **_HEARD},  # released once it is sure, or a person says, that it did not go
    _S.ACCEPTED: _hear(_E.DELIVERY, _E.DELAY, _E.SOFT_BOUNCE, _E.HARD_BOUNCE, _E.COMPLAINT, _E.REJECT),
    _S.DELAYED: _hear(_E.DELIVERY, _E.SOFT_BOUNCE, _E.HARD_BOUNCE, _E.COMPLAINT, _E.REJECT),
    _S.SOFT_BOUNCED: _hear(_E.DELIVERY, _E.HARD_BOUNCE, _E.COMPLAINT, _E.REJECT),
    _S.DELIVERED: _hear(_E.HARD_BOUNCE, _E.COMPLAINT, _E.REJECT),
    _S.REJECTED: _hear(_E.HARD_BOUNCE, _E.COMPLAINT),
    _S.HARD_BOUNCED: _hear(_E.COMPLAINT),
    _S.COMPLAINED: {},
    _S.CANCELLED: {},
    _S.FAILED: {},
}

UNSENT: Final = frozenset({_S.PLANNED, _S.CLAIMED})  # a later decision may overwrite or cancel
IN_DOUBT: Final = frozenset({_S.SENDING, _S.UNKNOWN})  # nothing may be said about its items meanwhile
UNDER_WAY: Final = frozenset({_S.ACCEPTED, _S.DELAYED})  # handed over; whether it arrives is still to be heard
ENDED_UNSENT: Final = frozenset({_S.CANCELLED, _S.FAILED})
ACCEPTED: Final = frozenset(set(NoticeState) - UNSENT - IN_DOUBT - ENDED_UNSENT)  # the provider took it


def apply_event(state: NoticeState, event: DeliveryEvent) -> NoticeState:
    """The state after one event; an event that a state does not list changes nothing."""
    return NEXT[state].get(event, state)
