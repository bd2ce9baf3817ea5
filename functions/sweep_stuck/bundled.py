"""A bundle that has come due: its notices are offered, and an hour later whatever has not arrived is watched by itself.

Between the two its messages lie in the queue, or a worker is at them: the bundle stays where it is and is not read.
"""

from collections.abc import Mapping
from datetime import datetime

from core.delivery import NoticeState
from core.values import dataclass
from functions.shared.store import bundles, keys, notice_glances, notice_looks
from functions.shared.store.bundles import Bundle
from functions.shared.store.table import Row


@dataclass(frozen=True, slots=True)
class Opened:
    """What is to be looked at of one bundle now."""

    planned: Mapping[str, Row]  # may go from now on, with their records
    late: tuple[str, ...] = ()  # have not arrived, and are watched by themselves from now on


def open_bundle(bundle: Bundle, now: datetime) -> Opened:
    """The first time those that wait, and the last time those that wait still. Twice is the same as once.

    What a bundle lists and nobody has put is left to whoever puts it: the worker that the bundle was for has died.
    """
    rows = notice_glances.bundled(bundle.notices)
    due = {notice_id: row for notice_id, row in rows.items() if row["not_before"] <= keys.instant(now)}
    if not bundle.is_over(now):
        return Opened({notice_id: row for notice_id, row in due.items() if row["state"] == NoticeState.PLANNED})
    for notice_id in rows.keys() - due.keys():  # decided anew since: offered now it would be in vain, and then late
        notice_looks.watch(notice_id, datetime.fromisoformat(rows[notice_id]["not_before"]))
    late = tuple(notice_id for notice_id in due if notice_looks.watch(notice_id, now))
    bundles.take_off(bundle)
    return Opened({}, late)
