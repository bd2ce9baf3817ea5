"""What the sweep queued of late, so that it does not queue the same again: one record for thousands of notices.

To say it in each notice would cost three write units a mail, for its place in the attention index would move.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.packing import deflate, inflate
from functions.shared.store import keys
from functions.shared.store.notice_looks import OFFER_AGAIN_AFTER
from functions.shared.store.notice_rows import NoticeRecord
from functions.shared.store.table import table

_A_RECORD: Final = 5_000  # ids; 100 kB
_KEPT: Final = timedelta(days=1)


def note(notice_ids: Sequence[str], now: datetime) -> None:
    """These were just queued; of a bundle its id too."""
    expires_at = int((now + _KEPT).timestamp())
    for n, start in enumerate(range(0, len(notice_ids), _A_RECORD)):
        body = deflate(list(notice_ids[start : start + _A_RECORD]))
        table().put({**keys.offered(now, n)._asdict(), "body": body, "expires_at": expires_at})


def recent(now: datetime) -> Mapping[str, datetime]:
    """Notices that were queued so lately that their message is still to be waited for, each with the instant of it."""
    since = keys.instant(now - OFFER_AGAIN_AFTER)
    return {
        notice_id: datetime.fromisoformat(row["sk"].partition("#")[0])
        for row in table().query(keys.OFFERED, between=(since + "#~", keys.LAST))  # an hour to the second is over
        for notice_id in inflate(row["body"])
    }


def waits_in_queue(notice: NoticeRecord, offered: Mapping[str, datetime]) -> bool:
    """Whether its message lies in the queue, unless it was lost; what was put off since then has another instant."""
    at, since = offered.get(notice.id), notice.not_before if notice.bundled else notice.look
    return at is not None and since is not None and since <= at
