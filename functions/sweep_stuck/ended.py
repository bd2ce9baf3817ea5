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
from functions.shared.store import attention, keys, notice_glances, runs
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
    at, left = run.cleared_at, False
    if run.cleared_by and at is not None and run.retraction is None:
        for notice_id, row in _answered(run, now):
            left = True
            if not _is_queued(notice_id, queued, at):
                yield notice_id, row
        left = now - at <= (SELDOM if left else _LAG)  # by then each was looked at by itself
    review.close_taken_over(run, now)
    if not left:
        runs.seen_to(run)


def _answered(run: Run, now: datetime) -> Iterator[tuple[str, Row]]:
    """Those that wait for it and for nothing else: whose hour is still to come, the sweep sees to then."""
    watched = (due.what for due in attention.watched(run.entity) if due.kind == "NOTICE")
    while some := list(islice(watched, _AT_ONCE)):
        for notice_id, row in notice_glances.strongly(some).items():
            waits = row["state"] == NoticeState.PLANNED and row.get("waits_for") == "person" and row.get("clearance")
            ours = row.get("run_on") == run.on.isoformat() and row["not_before"] <= keys.instant(now)
            if waits and ours and _is_told(row, run):
                yield notice_id, row


def _is_queued(notice_id: str, queued: Mapping[str, datetime], answered_at: datetime) -> bool:
    """Whether it was offered since the answer: it does not leave its place for that, nor wait for anything else."""
    at = queued.get(notice_id)
    return at is not None and at >= answered_at.replace(microsecond=0)  # offers are kept to the second


def _is_told(row: Row, run: Run) -> bool:
    """Whether the answer is about it; one that cannot be read is looked at by itself, so that the others go."""
    try:
        notice = record_of(row)
    except Exception:  # noqa: BLE001 - whoever looks at it says so
        return True
    return review.clearance(notice, run) is not None
