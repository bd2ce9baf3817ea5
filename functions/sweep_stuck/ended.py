"""A run that has ended: what a person says of it brings the sweep to all notices that waited for that, at once.

Until then each is looked at so seldom that waiting costs next to nothing, and often enough for an answer that an older
version of this code wrote down, which brings nobody.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from core.delivery import NoticeState
from functions.shared import review
from functions.shared.store import attention, notice_glances, offered, runs
from functions.shared.store.notice_rows import record_of
from functions.shared.store.runs import Run
from functions.shared.store.table import Row

SOON: Final = timedelta(minutes=10)  # the run goes on by itself
SELDOM: Final = timedelta(hours=6)  # it has ended, and waits for a person
_LAG: Final = timedelta(minutes=10)  # longer than the index may be behind what is written
_AT_ONCE: Final = 100  # read by one request


def look_again(run: Run | None) -> timedelta:
    """How long a notice is left alone whose run has not cleared it."""
    return SELDOM if run is not None and run.finished else SOON


def look(run: Run, queued: Mapping[str, datetime], now: datetime) -> Iterator[tuple[str, Row]]:
    """The notices that the answer is about and that nobody offered yet; of none the run need not be looked at again.

    Args: `queued` what was offered of late.
    """
    any_left = False
    if run.cleared_by and run.retraction is None:
        for notice_id, row in _answered(run, queued):
            any_left = True
            yield notice_id, row
        any_left |= run.cleared_at is not None and now - run.cleared_at <= _LAG
    review.close_taken_over(run, now)
    if not any_left:
        runs.seen_to(run)


def _answered(run: Run, queued: Mapping[str, datetime]) -> Iterator[tuple[str, Row]]:
    watched = (due.what for due in attention.watched(run.entity) if due.kind == "NOTICE")
    while some := list(islice(watched, _AT_ONCE)):
        for notice_id, row in notice_glances.strongly(some).items():
            waits = row["state"] == NoticeState.PLANNED and row.get("waits_for") == "person" and row.get("clearance")
            if waits and row.get("run_on") == run.on.isoformat() and _may_be_told(row, run, queued):
                yield notice_id, row


def _may_be_told(row: Row, run: Run, queued: Mapping[str, datetime]) -> bool:
    """Whether the answer is about it; one that cannot be read is looked at by itself, so that the others go."""
    try:
        notice = record_of(row)
    except Exception:  # noqa: BLE001 - whoever looks at it says so
        return True
    return review.clearance(notice, run) is not None and not offered.waits_in_queue(notice, queued)
