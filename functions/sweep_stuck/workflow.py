"""Look at everything whose instant has come: unfinished outboxes, waiting or ended notices, runs without an end.

Each thing is safe to look at twice, and at the same time as its own worker: every step is conditional on its state.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from core.delivery import UNSENT, NoticeState
from functions.shared import doubts, effects, planning, queues, settle
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, attention, config, notices
from functions.shared.store.attention import Due
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.sweep_stuck import patience

STOP_BEFORE_MS: Final = 60_000


def sweep(now: datetime, remaining_ms: Callable[[], int]) -> dict[str, int]:
    """One sweep over every entity. What fails is logged, stays in the index, and does not stop the others."""
    configuration, seen = config.read(), Counter[str]()
    offers: list[NoticeRecord] = []
    for due in _due(configuration, now):
        if remaining_ms() < STOP_BEFORE_MS:
            seen["left"] += 1
            break
        try:
            seen[_look(due, configuration, now, remaining_ms, offers)] += 1
        except Exception as error:  # noqa: BLE001 - one broken thing must not keep the sweep from the others
            log(LogEvent.SWEEP_FAILED, id=due.what, error=type(error).__name__, place=place_of(error))
            seen["failed"] += 1
    _offer(offers, configuration, now)
    return dict(seen)


def _due(configuration: Configuration, now: datetime) -> Iterator[Due]:
    for entity in configuration.entities:
        yield from attention.come_due(entity, now)


def _look(
    due: Due,
    configuration: Configuration,
    now: datetime,
    remaining_ms: Callable[[], int],
    offers: list[NoticeRecord],
) -> str:
    match due.kind:
        case "ACCT":
            return _finish_outbox(due, now)
        case "NOTICE":
            notice = notices.get(due.what)
            return _look_at_notice(notice, configuration, now, offers) if notice else "gone"
        case "RUN":
            planning.resume(due.entity, date.fromisoformat(due.what), configuration, now, remaining_ms)
            return "run"
    return "unknown"


def _finish_outbox(due: Due, now: datetime) -> str:
    record = accounts.read(due.entity, due.what)
    if record is None:
        return "gone"
    effects.put_effects(record, now)
    return "outbox"


def _look_at_notice(
    notice: NoticeRecord, configuration: Configuration, now: datetime, offers: list[NoticeRecord]
) -> str:
    if notice.state in UNSENT:  # a claim only comes here when its lease has ended
        if notice.waits_for == "switch" and not _switched_on(notice.entity, configuration):
            return "held"  # offered, it would only say again what it waits for
        offers.append(notice)
        return "offered"
    if notice.state is NoticeState.SENDING:
        doubts.open_doubt(notice, configuration, now)  # first: from UNKNOWN on nobody looks here again
        if not notices.doubt(notice):
            doubts.close_doubt(notice, now)  # an event was faster
        return "doubt"
    if notice.state in settle.ENDED:
        doubts.close_doubt(notice, now)  # whoever heard that it went may have stopped before this
        settle.settle(notice, configuration, now)
        return "settled"
    return "nothing"


def _switched_on(entity: str, configuration: Configuration) -> bool:
    return configuration.entity(entity).live and not configuration.paused


def _offer(offers: list[NoticeRecord], configuration: Configuration, now: datetime) -> None:
    """Queue what may go now, the longest waiting first: where a reader's budget allows one, it is that one's turn."""
    offers.sort(key=lambda notice: (notice.waits_since or now, notice.not_before, notice.id))
    queues.send(Settings.from_env().notices_queue_url, ({"v": 1, "notice_id": notice.id} for notice in offers))
    for notice in offers:
        if patience.is_over(notice, configuration, now):
            patience.ask(notice, configuration, now)
        notices.offer_again(notice, now)
