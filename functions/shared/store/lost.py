"""Notices that the table has forgotten: mail events tell that they went. Their ids are kept, so that none goes again.

A restored table decides the same messages under the same ids once more. It then finds them here, and what is decided is
written down as what has gone.
"""

from datetime import datetime
from typing import Final

from core.delivery import NoticeState
from functions.shared.store import keys
from functions.shared.store.notice_rows import NoticeRecord, look_at, row_of
from functions.shared.store.table import table

KIND: Final = "lost"


def keep(notice_id: str, sent_at: datetime) -> NoticeRecord:
    """Write down that there was one; until its event is applied nobody knows what became of it.

    Args: `sent_at` when the provider took it.
    """
    lost = NoticeRecord(
        id=notice_id,
        kind=KIND,
        entity="",
        as_of=sent_at.date(),
        not_before=sent_at,
        state=NoticeState.UNKNOWN,
        fenced_at=sent_at,
        settled=True,  # no account is known to tell
    )
    key, row = row_of(lost, "")
    kept = {name: value for name, value in row.items() if not name.startswith("att_")}
    more = {"attempt": 0, "fenced_at": keys.instant(sent_at), "settled": True}
    table().put_if({**key._asdict(), **kept, **more}, "attribute_not_exists(#pk)")
    return lost


def complete(notice: NoticeRecord, now: datetime) -> bool:
    """What is decided now has gone already: the forgotten notice says so of it, and the sweep tells the account.

    False when the id is that of no forgotten notice.
    """
    key, row = row_of(notice, look_at(notice.id, now))
    said = {name: value for name, value in row.items() if name != "state"}
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in said) + ", #settled = :no"
    values = {**said, "no": False, "lost": KIND}
    return table().update_if(key, update, "#kind = :lost", values)
