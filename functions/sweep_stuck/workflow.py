"""Look at everything whose instant has come: unfinished outboxes, waiting or ended notices, runs without an end.

Each thing is safe to look at twice, and at the same time as its own worker: every step is conditional on its state.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Final

from core.calendar import night_to_run, run_instant
from core.delivery import UNDER_WAY, UNSENT, NoticeState
from functions.shared import doubts, planning, putting, review, settle
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, count, log
from functions.shared.store import (
    accounts,
    attention,
    bundles,
    config,
    feedback,
    notice_doubts,
    notice_glances,
    notice_looks,
    notices,
    offered,
    runs,
)
from functions.shared.store.attention import Due
from functions.shared.store.config import Configuration
from functions.shared.store.notice_rows import NoticeRecord, record_of
from functions.shared.store.runs import Clearance, Run
from functions.shared.store.table import Row
from functions.sweep_stuck import bundled, ended, events, feeds
from functions.sweep_stuck.offers import offer

STOP_BEFORE_MS: Final = 60_000
_AT_ONCE: Final = 100  # read by one request
RUN_DEADLINE: Final = timedelta(hours=4)  # after the run hour; by then a night is over


@dataclass
class _Sweep:
    """What one sweep goes by, and what it gathers."""

    configuration: Configuration
    now: datetime
    remaining_ms: Callable[[], int]
    offers: dict[str, NoticeRecord] = field(default_factory=dict)  # each once, though two entries brought it
    opened: dict[str, list[str]] = field(default_factory=dict)  # bundles: which notices of each may go from now on
    seen: Counter[str] = field(default_factory=Counter)
    runs: dict[tuple[str, date | None], Run | None] = field(default_factory=dict)  # that notices wait for, read once

    @cached_property
    def heard_until(self) -> datetime | None:
        """Up to which mails anything was heard; read once, and only where there is a doubt."""
        return feedback.heard_until(self.now)

    @cached_property
    def offered(self) -> Mapping[str, datetime]:
        """What was queued of late; read once, and only where something may go."""
        return offered.recent(self.now)

    def run(self, entity: str, on: date | None) -> Run | None:
        if (entity, on) not in self.runs:
            self.runs[entity, on] = runs.read(entity, on) if on else None
        return self.runs[entity, on]

    def failed(self, due: Due, error: Exception) -> None:
        log(LogEvent.SWEEP_FAILED, id=due.what, error=type(error).__name__, place=place_of(error))
        self.seen["failed"] += 1


def sweep(now: datetime, remaining_ms: Callable[[], int]) -> dict[str, int]:
    """One sweep over every entity. What fails is logged, stays in the index, and does not stop the others."""
    this = _Sweep(config.read(), now, remaining_ms)
    seen = this.seen
    for due, planned in _due(this):
        if remaining_ms() < STOP_BEFORE_MS:
            seen["left"] += 1
            break
        try:
            seen[_look_at_notice(record_of(planned), this) if planned else _look(due, this)] += 1
        except Exception as error:  # noqa: BLE001 - one broken thing must not keep the sweep from the others
            this.failed(due, error)
    _leave_unoffered(this)
    held = offer(list(this.offers.values()), this.opened, this.configuration, now, remaining_ms)
    seen += Counter({"offered": -held, "held": held})
    for entity in this.configuration.entities:
        _look_at_night(entity, this)
    return dict(seen)


def _look_at_night(entity_id: str, this: _Sweep) -> None:
    """Say it when tonight's run is not there, or has no end, long after its hour, whatever may have stopped it."""
    entity = this.configuration.entity(entity_id)
    on = night_to_run(this.now, entity.zone, entity.run_hour)
    if not entity.live or this.now - run_instant(on, entity.zone, entity.run_hour) < RUN_DEADLINE:
        return
    run = runs.read(entity_id, on)
    if run is None:
        log(LogEvent.RUN_MISSED, entity=entity_id, on=on.isoformat())
        count("runs_missed")
    elif not run.finished:
        log(LogEvent.RUN_LATE, entity=entity_id, on=on.isoformat(), state=run.state.value, batches=run.batches)
        count("runs_late")


def _due(this: _Sweep) -> Iterator[tuple[Due, Row | None]]:
    """What has come due; a notice that only waits for its turn with its record.

    What becomes of those is conditional on their being PLANNED, whoever has them by then.
    """
    everything = (due for entity in this.configuration.entities for due in attention.come_due(entity, this.now))
    while some := list(islice(everything, _AT_ONCE)):
        planned = notice_glances.planned(due.what for due in some if due.kind == "NOTICE")
        for due in some:
            if due.kind == bundles.KIND:
                yield from _of_bundle(due, this)
            elif due.kind == "RUN":
                yield due, None
                yield from _of_ended(due, this)
            else:
                yield due, planned.get(due.what) if due.kind == "NOTICE" else None


def _of_bundle(due: Due, this: _Sweep) -> Iterator[tuple[Due, Row | None]]:
    """What is to be looked at of a bundle; nothing for an hour after it was offered."""
    try:
        bundle = None if due.what in this.offered else bundles.read(due.what)
        if bundle is None:
            return
        opened = bundled.open_bundle(bundle, this.now)
    except Exception as error:  # noqa: BLE001 - as in `sweep`
        this.failed(due, error)
        return
    this.seen["bundle"] += 1
    yield from ((Due(due.entity, "NOTICE", notice_id), row) for notice_id, row in opened.planned.items())
    yield from ((Due(due.entity, "NOTICE", notice_id), None) for notice_id in opened.late)
    if not bundle.is_over(this.now):
        this.opened[bundle.id] = list(opened.planned)  # only here: each of them was looked at


def _of_ended(due: Due, this: _Sweep) -> Iterator[tuple[Due, Row | None]]:
    """The notices that waited for what a person now said of a run that has ended."""
    try:
        run = this.run(due.entity, date.fromisoformat(due.what))
        if run is not None and run.finished:
            for notice_id, row in ended.look(run, this.offered, this.now):
                yield Due(due.entity, "NOTICE", notice_id), row
    except Exception as error:  # noqa: BLE001 - as in `sweep`; the run stays where it is
        this.failed(due, error)


def _leave_unoffered(this: _Sweep) -> None:
    """What may go and was not offered, for whatever reason, is watched by itself: its bundle is left for an hour."""
    for bundle_id, notice_ids in list(this.opened.items()):
        try:
            for notice_id in notice_ids:
                if notice_id not in this.offers and notice_id not in this.offered:
                    notice_looks.watch(notice_id, this.now)
        except Exception as error:  # noqa: BLE001 - as in `sweep`; the next one opens this bundle again
            this.failed(Due("", bundles.KIND, bundle_id), error)
            del this.opened[bundle_id]


def _look(due: Due, this: _Sweep) -> str:
    match due.kind:
        case "ACCT":
            return _finish_outbox(due, this.now)
        case "NOTICE":
            notice = notices.get(due.what)
            return _look_at_notice(notice, this) if notice else "gone"
        case "RUN":
            on = date.fromisoformat(due.what)
            planning.resume(due.entity, on, this.configuration, this.now, this.remaining_ms)
            return "run"
        case "FILE":
            return "file" if feeds.go_on(due, this.now) else "gone"
        case "HOOK":
            return "webhook" if events.offer(due, this.now) else "gone"
    return "unknown"


def _finish_outbox(due: Due, now: datetime) -> str:
    record = accounts.read(due.entity, due.what)
    if record is None:
        return "gone"
    putting.put_effects(record, now)
    return "outbox"


def _look_at_notice(notice: NoticeRecord, this: _Sweep) -> str:
    if notice_looks.is_under_way(notice, this.now):
        return "nothing"  # a worker is at it
    if notice.state in UNSENT:  # a claim only comes here when its lease has ended
        return _look_at_unsent(notice, this)
    if notice.state is NoticeState.SENDING:
        doubts.open_doubt(notice, this.configuration, this.now)  # first: from UNKNOWN on only silence is waited for
        if not notice_doubts.doubt(notice, this.now):
            doubts.close_doubt(notice, this.now)  # an event was faster
        return "doubt"
    if notice.state is NoticeState.UNKNOWN:
        return _look_at_doubt(notice, this)
    if notice.settled and notice.state in UNDER_WAY:
        log(LogEvent.NOTICE_UNHEARD, notice_id=notice.id, state=notice.state.value)
        count("notices_unheard")
        notice_looks.settled(notice)
        return "unheard"
    if notice.state in settle.ENDED:
        doubts.close_doubt(notice, this.now)  # whoever heard that it went may have stopped before this
        settle.settle(notice, this.configuration, this.now)
        return "settled"
    return "nothing"


def _look_at_doubt(notice: NoticeRecord, this: _Sweep) -> str:
    """Silence about it, and word of mails that went later, say that it did not go."""
    if doubts.did_not_go(notice, this.configuration, this.heard_until, this.now):
        doubts.send_again(notice, this.now, "no event came, and later mails had some")
        return "again"
    notice_doubts.keep_doubting(notice, this.now)
    return "unsure"


def _look_at_unsent(notice: NoticeRecord, this: _Sweep) -> str:
    if notice.state is NoticeState.PLANNED and offered.waits_in_queue(notice, this.offered):
        return "nothing"  # its message is in the queue
    if notice.waits_for == "restore" and this.configuration.permit.held:
        return "held"
    if notice.waits_for == "switch" and this.configuration.stopped(notice.entity, notice.policy):
        return "held"  # offered, it would only say again what it waits for
    if notice.clearance is not None:
        run = this.run(notice.entity, notice.run_on)
        said = review.clearance(notice, run)
        if said is None:
            notice_looks.keep_waiting(notice, this.now + ended.look_again(run), this.now)
            return "held"
        if said is Clearance.REJECTED:
            review.drop(notice, this.configuration, this.now)
            return "settled"
    this.offers[notice.id] = notice
    return "offered"
