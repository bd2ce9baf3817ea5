"""A notice of which nobody knows whether it went: into doubt, still in it, and back to the start."""

from datetime import datetime, timedelta
from typing import Final

from core.delivery import NoticeState
from functions.shared.store import keys
from functions.shared.store.notice_rows import NoticeRecord, look_at
from functions.shared.store.table import Row, table

QUIET: Final = timedelta(hours=6)  # in doubt, without any event; then what came of later mails tells


def doubt(notice: NoticeRecord, now: datetime) -> bool:
    """Nobody knows whether it went: a person's task stands for it, and it is looked at again after a quiet time."""
    values = {"to": NoticeState.UNKNOWN, "was": NoticeState.SENDING, "look": look_at(notice.id, now + QUIET)}
    update = "SET #state = :to, #att_sk = :look"
    return table().update_if(keys.notice(notice.id), update, "#state = :was", values, mine=_is_in_doubt)


def keep_doubting(notice: NoticeRecord, now: datetime) -> None:
    """Still nobody knows: look at it again after another quiet time."""
    values = {"look": look_at(notice.id, now + QUIET), "unknown": NoticeState.UNKNOWN}
    table().update_if(keys.notice(notice.id), "SET #att_sk = :look", "#state = :unknown", values)


def send_again(notice: NoticeRecord, now: datetime) -> bool:
    """It has surely not gone: back to the start, with every look before it. Its slots must have been freed before.

    False when it is in doubt no more, or another attempt is.
    """
    values = {
        "to": NoticeState.PLANNED,
        "now": keys.instant(now),
        "watch": keys.attention_pk(notice.entity, notice.shard),
        "look": look_at(notice.id, now),
        "unknown": NoticeState.UNKNOWN,
        "attempt": notice.attempt,
    }
    update = (
        "SET #state = :to, #not_before = :now, #att_pk = :watch, #att_sk = :look "
        "REMOVE #owner, #slots, #fenced_at, #lease_until"
    )
    condition = "#state = :unknown AND #attempt = :attempt"
    return table().update_if(keys.notice(notice.id), update, condition, values)


def _is_in_doubt(there: Row) -> bool:
    return bool(there["state"] == NoticeState.UNKNOWN)
