"""Which keys of the table get warm: units that each key is asked for in each second of a simulated night.

The functions' own workflows run over the table in memory, as many at a time as the template lets run, by a clock on
which each request takes as long as it does at AWS. What no ledger changes is how fast they work: it is bounded by how
many run at a time and by the pace of mail, and so is what a key gets, with five thousand accounts or five million.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Any, Final
from unittest.mock import patch

from bench import crowd
from bench.figures import Figure, Measured
from bench.forks import forked
from bench.generate import AS_OF
from bench.stand_in import Rows, StandIn, standing_in
from functions.decide_accounts.workflow import Batch
from functions.shared import clock
from functions.shared.store.attributes import write_row
from functions.shared.store.keys import Key
from functions.shared.store.table import Index, Row
from local.counting.units import size

REQUEST_S: Final = 0.005  # of DynamoDB, within its own region
MAIL_S: Final = 0.08  # SES takes a mail
DECIDERS: Final = 10  # MaximumConcurrency in the template
PER_SECOND: Final = 200  # mails: SES's rate of a sender of some size
SENDERS: Final = ceil(PER_SECOND * 0.21)  # as the template's SendConcurrency says
WRITES: Final = 1_000  # units a second that one partition key takes: DynamoDB Developer Guide, "Burst and adaptive
READS: Final = 3_000  # capacity"


class WarmRows(Rows):
    """The table, with a clock that each request moves on, and units by key and second."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.written: Counter[tuple[str, int]] = Counter()
        self.read: Counter[tuple[str, int]] = Counter()

    def forget(self) -> None:
        """What was counted so far belongs to no night."""
        self.now = 0.0
        self.written.clear()
        self.read.clear()

    def get(self, key: Key, **given: Any) -> Row | None:
        self._is_read(key.pk, [self.row(key)])
        return super().get(key, **given)

    def pages(self, pk: str, *, index: Index | None = None, **given: Any) -> Iterator[list[Row]]:
        for page in super().pages(pk, index=index, **given):
            self._is_read(pk if index is None else f"index {pk}", page, share=1 if index is None else 2)
            yield page

    def batch_get(self, keys: Iterable[Key], **given: Any) -> dict[Key, Row]:
        wanted = list(keys)
        for key in wanted:
            self._is_read(key.pk, [self.row(key)], takes=REQUEST_S / len(wanted))
        return super().batch_get(wanted, **given)

    def _is_read(self, key: str, rows: Iterable[Row | None], *, share: int = 1, takes: float = REQUEST_S) -> None:
        units = max(1, ceil(sum(size(write_row(row)) for row in rows if row is not None) / 4096))
        self.read[key, int(self.now)] += ceil(units / share)
        self.now += takes

    def _place(self, row: Row) -> None:
        before = self.row(Key(row["pk"], row["sk"]))
        super()._place(row)
        second = int(self.now)
        self.written[row["pk"], second] += _units(before, row)
        for name in ("due", "att", "work", "ref"):
            was, after = (_place_in(name, one) for one in (before, row))
            if was != after:
                for place in (was, after):
                    if place is not None:
                        self.written[f"index {place[0]}", second] += _units(None, row) if name == "work" else 1
        self.now += REQUEST_S

    def _refuse(self, there: Row | None, mine: Any) -> bool:
        if there is not None:
            self.written[there["pk"], int(self.now)] += _units(None, there)
        self.now += REQUEST_S
        return super()._refuse(there, mine)


@dataclass(frozen=True, slots=True)
class Warmth:
    """The busiest second of the busiest key of one kind."""

    written: int
    read: int
    written_together: int  # in the busiest second of all keys of the kind
    keys: int


@dataclass(frozen=True, slots=True)
class Night:
    """A simulated night."""

    accounts: int
    mails: int
    decided_s: float
    sent_s: float
    kinds: dict[str, Warmth]


def measure(due: int) -> Measured:
    """One night with so many accounts due, as fast as the template and the provider let it go."""
    night = forked(_live, due)
    shared = {name: warmth for name, warmth in night.kinds.items() if warmth.keys < night.accounts // 2}
    return Measured(
        what=f"units a second on the busiest key of each kind, {DECIDERS} deciders, {PER_SECOND} mails a second",
        beside="were it one key",
        given={
            "accounts": night.accounts,
            "mails": night.mails,
            "seconds_simulated": f"deciding {night.decided_s:.0f}, sending {night.sent_s:.0f}",
            "request": f"{REQUEST_S * 1000:.0f} ms, a mail {MAIL_S * 1000:.0f} ms more",
            "limits": f"{WRITES} write and {READS} read units a second and key",
            "of_their_own": "keys of one account, customer, notice or reader get a few units a night",
        },
        figures=(
            Figure("accounts_per_second", night.accounts / night.decided_s, "accounts/s"),
            Figure("mails_per_second", night.mails / night.sent_s, "mails/s"),
            *(figure for name in sorted(shared) for figure in _figures(name, shared[name])),
            *_room(night),
        ),
    )


def _figures(name: str, warmth: Warmth) -> Iterator[Figure]:
    if warmth.written:
        yield Figure(f"{name}_written", warmth.written, "write units/s", warmth.written_together)
    if warmth.read:
        yield Figure(f"{name}_read", warmth.read, "read units/s")


def _room(night: Night) -> Iterator[Figure]:
    """By how much the busiest key could be busier."""
    busiest = max(night.kinds.values(), key=lambda warmth: max(warmth.written / WRITES, warmth.read / READS))
    share = max(busiest.written / WRITES, busiest.read / READS)
    yield Figure("busiest_key_share", 100 * share, "% of what one key takes")
    yield Figure("deciders_before_a_key_is_full", int(DECIDERS / _of_deciding(night)), "at a time")


def _of_deciding(night: Night) -> float:
    """The share of its limit that deciding takes of the busiest key."""
    own = [night.kinds[name] for name in ("index DUE", "index ATT", "RUN", "DIGEST") if name in night.kinds]
    return max(max(warmth.written / WRITES, warmth.read / READS) for warmth in own)


def _live(due: int) -> Night:
    rows = WarmRows()
    with standing_in(table=rows) as stack, _clock(rows):
        stack.mail.per_second = PER_SECOND
        ledger = crowd.gather(stack, 5 * due, due)
        rows.forget()
        stack.plan(_start())
        offered = _decide(stack, rows)
        decided = rows.now
        sent = _send(stack, rows, offered)
        return Night(ledger.due, stack.mail.mails, decided, sent, _kinds(rows))


def _decide(stack: StandIn, rows: WarmRows) -> list[tuple[float, str]]:
    """Every batch by whoever is free. Returns: the notices and when each was queued; `rows.now` is when it ended."""
    free, offered, end = [rows.now] * DECIDERS, list[tuple[float, str]](), 0.0
    for body in stack.queues.take("accounts", stack.queues.queued["accounts"]):
        rows.now = heapq.heappop(free)
        stack.decide_batch(Batch.model_validate_json(body), _start() + timedelta(seconds=rows.now))
        heapq.heappush(free, rows.now)
        offered += [(rows.now, notice) for notice in stack.queues.take("notices", 1_000)]
        end = max(end, rows.now)
    rows.now = end
    return sorted(offered)


def _send(stack: StandIn, rows: WarmRows, offered: list[tuple[float, str]]) -> float:
    """Every notice in tens, by whoever is free. Returns: how long sending went on."""
    free, first, end = [0.0] * SENDERS, offered[0][0], 0.0
    for start in range(0, len(offered), 10):
        batch = offered[start : start + 10]
        rows.now = max(heapq.heappop(free), batch[-1][0])
        stack.send_batch([body for _, body in batch])
        heapq.heappush(free, rows.now)
        end = max(end, rows.now)
    return end - first


def _kinds(rows: WarmRows) -> dict[str, Warmth]:
    kinds: dict[str, Warmth] = {}
    known = {key for key, _ in (*rows.written, *rows.read)}
    for kind in sorted({_kind(key) for key in known}):
        together: Counter[int] = Counter()
        for (key, second), units in rows.written.items():
            if _kind(key) == kind:
                together[second] += units
        kinds[kind] = Warmth(
            written=max((units for (key, _), units in rows.written.items() if _kind(key) == kind), default=0),
            read=max((units for (key, _), units in rows.read.items() if _kind(key) == kind), default=0),
            written_together=max(together.values(), default=0),
            keys=sum(_kind(key) == kind for key in known),
        )
    return kinds


def _kind(key: str) -> str:
    return key.partition("#")[0]


def _units(before: Row | None, after: Row) -> int:
    return max(1, ceil(max(size(write_row(one)) for one in (before or {}, after)) / 1024))


def _place_in(index: str, row: Row | None) -> tuple[str, str] | None:
    if row is None or row.get(f"{index}_pk") is None or row.get(f"{index}_sk") is None:
        return None
    return row[f"{index}_pk"], row[f"{index}_sk"]


def _start() -> datetime:
    return datetime.combine(AS_OF, time(10), UTC)


@contextmanager
def _clock(rows: WarmRows) -> Iterator[None]:
    """The functions' clock shows the night's seconds; who waits moves it on."""

    def wait_until(instant: datetime) -> None:
        rows.now = max(rows.now, (instant - _start()).total_seconds())

    with (
        patch.object(clock, "now", lambda: _start() + timedelta(seconds=rows.now)),
        patch.object(clock, "wait_until", wait_until),
    ):
        yield
