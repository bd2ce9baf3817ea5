"""What the sweep offers to the senders: no more mail than the provider takes, and what matters most first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from core.sending import Circuit, Sending
from functions.shared import pacing, stops
from functions.shared.observability import LogEvent, count, log
from functions.shared.putting import queue_notices
from functions.shared.store import notices, offered
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.sweep_stuck import patience

_AHEAD_SECONDS: Final = 1200  # until the next sweep but one: the senders shall not run dry, nor put off what they got
_FEWEST: Final = 10
_RESERVE_MS: Final = 10_000  # to end in order
_WAITED: Final = frozenset({"quota", "provider"})


def offer(
    offers: Sequence[NoticeRecord],
    bundles: Mapping[str, Sequence[str]],
    configuration: Configuration,
    now: datetime,
    remaining_ms: Callable[[], int],
) -> int:
    """Queue what may go now. Returns: how many stay where they are, since the provider would not take them.

    Args: `bundles` with what of each is offered: while all of that lies in the queue nobody looks at the bundle.
    """
    sending = pacing.refresh(now)
    _say(sending, configuration)
    chosen = choose(offers, sending, now)
    queue_notices([notice.id for notice in chosen])
    for notice in chosen:
        if patience.is_over(notice, configuration, now):
            patience.ask(notice, configuration, now)
    going = {notice.id for notice in chosen}
    held = [notice for notice in offers if notice.id not in going]
    waiting = {notice.id for notice in held}
    offered.note(sorted({*going, *(one for one, listed in bundles.items() if waiting.isdisjoint(listed))}), now)
    _say_why(held, sending, now, remaining_ms)
    return len(held)


def choose(offers: Sequence[NoticeRecord], sending: Sending, now: datetime) -> list[NoticeRecord]:
    """What may go, in its order: where mail had to wait the higher level first, and always the longest waiting.

    Where a reader's budget allows one message, it is the turn of the one that waits longest.
    """
    order = sorted(offers, key=lambda notice: (notice.waits_since or now, notice.not_before, notice.id))
    mails = [notice for notice in order if notice.channel == "email"]
    if any(notice.waits_for in _WAITED for notice in mails):
        mails.sort(key=lambda notice: -notice.level)
    going = {notice.id for notice in mails[: most(sending, now)]}
    return [notice for notice in order if notice.channel != "email"] + [one for one in mails if one.id in going]


def most(sending: Sending, now: datetime) -> int:
    """Mails that are worth offering: none while the circuit is open, one to try whether it may close."""
    if sending.is_open(now):
        return 0
    if sending.circuit is Circuit.HALF:
        return 1
    ahead = max(_FEWEST, sending.reading.per_second_milli * _AHEAD_SECONDS // 1000)
    return ahead if sending.room is None else min(ahead, sending.room)


def _say_why(held: Iterable[NoticeRecord], sending: Sending, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """For what a held mail waits; written down once, however long it waits for it.

    Of more than there is time for the next sweep says it: they are due until then.
    """
    waits_for: Literal["quota", "provider"] = "quota" if sending.circuit is Circuit.CLOSED else "provider"
    for notice in held:
        if remaining_ms() < _RESERVE_MS:
            return
        if notice.waits_for != waits_for or notice.bundled:
            notices.put_off(notice.id, until=now + pacing.LOOK_AGAIN, waits_for=waits_for, now=now)


def _say(sending: Sending, configuration: Configuration) -> None:
    """The gauges of the alarms, every ten minutes for as long as it lasts."""
    if sending.circuit is not Circuit.CLOSED:
        count("sending_closed")
    if sending.used_up:
        log(LogEvent.QUOTA_USED_UP, per_day=sending.reading.per_day)
        count("daily_quota_used")
    if configuration.paused_entities:
        count("entities_stopped", stops.stopped_by_itself())
