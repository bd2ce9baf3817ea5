"""Notices that were put together and may go at the same instant: one place in the attention index stands for all.

A notice that its bundle stands for has the partition of that index and no instant, so it is in no index; whatever gives
it an instant puts it there by itself. The bundle may be taken off when none of its notices is without.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from core.keys import stable_id
from core.packing import deflate, inflate
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.notice_looks import OFFER_AGAIN_AFTER
from functions.shared.store.table import table

KIND: Final = "BUNDLE"  # in the attention index
FEWEST: Final = 3  # a bundle costs four write units, a place of its own two
MOST: Final = 100  # read by one request
DONE_AFTER: Final = timedelta(minutes=5)  # longer than any worker lives that puts notices: then all are put
KEPT: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some notices, and when somebody looks at them."""

    id: str
    notices: tuple[str, ...]
    look: datetime
    queued: bool  # by whoever put them; else the sweep offers them at `look`

    def is_over(self, now: datetime) -> bool:
        """Whether those that have not ended by now should be watched one by one: their messages may be lost."""
        return self.queued or now >= self.look + OFFER_AGAIN_AFTER


def put(entity: str, notice_ids: Sequence[str], look: datetime, now: datetime, *, queued: bool) -> None:
    """Stand for these from now on. Before they are put: what is listed and not there needs nobody to look at it."""
    for start in range(0, len(notice_ids), MOST):
        some = notice_ids[start : start + MOST]
        bundle_id = stable_id("bundle", keys.instant(look), *some)
        row = {
            **keys.bundle(bundle_id)._asdict(),
            "notices": deflate(list(some)),
            "queued": queued,
            "att_pk": keys.attention_pk(entity, keys.shard_of(bundle_id)),
            "att_sk": keys.attention_sk(look, KIND, bundle_id),
            "expires_at": int((now + KEPT).timestamp()),
        }
        table().put(row)  # whatever was there: its key says all of it


def read(bundle_id: str) -> Bundle | None:
    """The bundle while it stands for anything."""
    row = table().get(keys.bundle(bundle_id))
    if row is None or "att_sk" not in row:
        return None
    look, _, _ = keys.attention_of(row["att_sk"])
    return Bundle(bundle_id, tuple(inflate(row["notices"])), datetime.fromisoformat(look), row["queued"])


def take_off(bundle: Bundle) -> None:
    """It stands for nothing any more."""
    here = {"look": keys.attention_sk(bundle.look, KIND, bundle.id)}
    table().update_if(keys.bundle(bundle.id), "REMOVE #att_pk, #att_sk", "#att_sk = :look", here)


def listed(bundle_id: str) -> tuple[str, ...]:
    """The notices of a bundle; none when it stands for nothing."""
    bundle = read(bundle_id)
    return bundle.notices if bundle else ()
