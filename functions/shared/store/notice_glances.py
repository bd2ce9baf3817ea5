"""Many notices in one request; mostly as they were a moment ago, at half the price, where the next step asks again."""

from collections.abc import Iterable

from core.delivery import NoticeState
from functions.shared.store import keys
from functions.shared.store.notice_rows import NoticeRecord, is_bundled, record_of
from functions.shared.store.table import Row, table


def was_accepted(notice_id: str) -> NoticeRecord | None:
    """The notice where it is known as accepted, at half the price; None says nothing, not even that it is not.

    It may have moved on since; it will never again be one that did not go.
    """
    row = table().get(keys.notice(notice_id), consistent=False)
    return record_of(row) if row and row["state"] == NoticeState.ACCEPTED else None


def planned(notice_ids: Iterable[str]) -> dict[str, Row]:
    """Those that were PLANNED a moment ago, at half the price; somebody may have taken them up since.

    As records that `record_of` reads, so that one which cannot be read does not keep the others from being seen.
    """
    found = table().batch_get(map(keys.notice, notice_ids), consistent=False)
    return {key.pk.partition("#")[2]: row for key, row in found.items() if row["state"] == NoticeState.PLANNED}


def strongly(notice_ids: Iterable[str]) -> dict[str, Row]:
    """Those that there are, as they are, in few requests; as records that `record_of` reads."""
    found = table().batch_get(map(keys.notice, notice_ids))
    return {key.pk.partition("#")[2]: row for key, row in found.items()}


def bundled(notice_ids: Iterable[str]) -> dict[str, Row]:
    """Those for which their bundle alone stood a moment ago, as records that `record_of` reads.

    Most have ended and will never be bundled again, whenever that was read; of the others whoever goes by this proves
    it. What was not there, or was watched by itself, may have been put since: it is read again, strongly.
    """
    wanted = [keys.notice(notice_id) for notice_id in notice_ids]
    found = table().batch_get(wanted, consistent=False)
    unsure = [key for key in wanted if key not in found or "att_sk" in found[key]]
    if unsure:
        found |= table().batch_get(unsure)
    return {key.pk.partition("#")[2]: row for key, row in found.items() if is_bundled(row)}
