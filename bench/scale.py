"""What a night asks and takes while the ledger grows: nothing due, the same accounts due, and one in a hundred due.

The functions' own workflows over the table in memory; each ledger in a process of its own, so that its memory is its
own too. Beside each night stands the naive one over the same ledger.
"""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from functools import partial
from itertools import cycle, pairwise
from statistics import median
from typing import Any, Final

from bench import company, crowd, memory, naive, naive_night
from bench.figures import Figure, Measured
from bench.forks import forked, side_by_side
from bench.generate import AS_OF, Ledger, records
from bench.stand_in import StandIn, standing_in
from functions.decide_accounts.workflow import Batch

_HOUR: Final = clock(10)
SOME: Final = 100  # accounts due on the night that is the same on every ledger
_FIRST: Final = 2  # batches of 25 accounts, after which a process holds all that it needs
_SHARE: Final = 100  # one in so many invoices is due on the other


@dataclass(frozen=True, slots=True)
class Asked:
    """One night of the product."""

    requests: int  # to table, queues and mail provider
    account_rows: int  # of items and whatever else lies with an account
    cpu_s: float
    mails: int


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured on a ledger of one size."""

    asked: int  # open invoices; a customer is taken whole, so there are a few more
    open_invoices: int
    idle: Asked  # the night on which nothing is due, as plan_run meets it
    same: Asked  # the night with the same accounts due, its mails sent
    stand_in_s: float  # of that night: what answering from memory took


@dataclass(frozen=True, slots=True)
class Share:
    """One in a hundred invoices due: planned, then decided by two processes."""

    asked: int  # open invoices
    accounts: int
    seconds: float  # by the clock on the wall
    cpu_s: float
    busier_s: float  # CPU of planning, and of the process that then worked longer: what two free cores take
    first_mib: float  # growth of a process over its first accounts
    growth_mib: float  # ... over all of them, the rows that it wrote included: they are the table's


def measure(sizes: tuple[int, ...], runs: int) -> Measured:
    """Nights on ledgers of growing size. Args: `runs` of each, of which the median counts."""
    found = [_median([forked(_same, size) for _ in range(runs)]) for size in sizes]
    shares = [forked(_share, size) for size in sizes]
    theirs = [_naive(size) for size in sizes]
    return Measured(
        what="nights over a table in memory by the functions' own workflows, while the ledger grows",
        beside="naive night",
        given={
            "open_invoices": [size.open_invoices for size in found],
            "accounts_due": f"{SOME} on the same night, one in {_SHARE} invoices on the other",
            "runs": runs,
            "clock": "process CPU time; answering from memory is part of it, and said apart",
        },
        figures=(
            *(
                figure
                for size, (idle, same) in zip(found, theirs, strict=True)
                for figure in _figures(size, idle, same)
            ),
            *_growth(found, theirs),
            *(figure for share in shares for figure in _share_figures(share)),
        ),
    )


# ---------- one ledger ----------
def _same(open_invoices: int) -> Size:
    with standing_in() as stack:
        ledger = crowd.gather(stack, open_invoices, SOME)
        idle = _asked(stack, lambda: stack.plan(crowd.EVENING))
        stack.rows.seconds = 0.0
        same = _asked(stack, lambda: _whole(stack, _at(AS_OF)))
        return Size(open_invoices, ledger.open_invoices, idle, same, stack.rows.seconds)


def _whole(stack: StandIn, now: datetime) -> None:
    stack.decide(now)
    stack.process(now)


def _asked(stack: StandIn, work: Callable[[], None]) -> Asked:
    counted, mails = stack.rows.counted, stack.mail.mails
    requests, rows = stack.requests, counted.read_of["ACCT"]
    gc.collect()
    gc.freeze()
    began = time.process_time()
    work()
    return Asked(
        requests=stack.requests - requests,
        account_rows=counted.read_of["ACCT"] - rows,
        cpu_s=time.process_time() - began,
        mails=stack.mail.mails - mails,
    )


def _share(open_invoices: int) -> Share:
    """Two processes decide every other batch each, from the table as planning left it."""
    with standing_in() as stack:
        ledger = crowd.gather(stack, open_invoices, max(1, open_invoices // _SHARE))
        gc.collect()
        gc.freeze()
        wall, cpu = time.perf_counter(), time.process_time()
        with stack.at(_at(AS_OF)):
            stack.plan(_at(AS_OF))
            bodies = stack.queues.take("accounts", open_invoices)
        cpu = time.process_time() - cpu
        halves = side_by_side([partial(_worker, stack, bodies[n::2]) for n in range(2)])
        return Share(
            open_invoices,
            ledger.due,
            time.perf_counter() - wall,
            cpu + sum(half.cpu_s for half in halves),
            cpu + max(half.cpu_s for half in halves),
            max(half.first_mib for half in halves),
            max(half.growth_mib for half in halves),
        )


@dataclass(frozen=True, slots=True)
class Half:
    """What one of the two processes took."""

    cpu_s: float
    first_mib: float
    growth_mib: float


def _worker(stack: StandIn, bodies: list[str]) -> Half:
    before, began, now = memory.now_kb(), time.process_time(), _at(AS_OF)
    grown = [0.0]  # after each batch
    with stack.at(now):
        for body in bodies:
            stack.decide_batch(Batch.model_validate_json(body), now)
            grown.append((memory.now_kb() - before) / 1024)
    return Half(time.process_time() - began, max(grown[: _FIRST + 1]), max(grown))


# ---------- the naive night ----------
def _naive(open_invoices: int) -> tuple[naive_night.Naive, naive_night.Naive]:
    """A night on which nothing is due, and the one with the same accounts due."""
    steps = naive.ladder(company.policy())
    return tuple(  # type: ignore[return-value]  # two of them
        naive_night.live(naive_night.rows_of(_plenty(open_invoices, due)), AS_OF, steps) for due in (0, SOME)
    )


def _plenty(open_invoices: int, due: int) -> Iterator[naive.Account]:
    """As many accounts as it takes, the same few thousand again and again under other names."""
    known = naive_night.accounts_of(records(Ledger(min(open_invoices, 2_000 + 5 * due), due)))
    quiet, left = known[due:], open_invoices
    for account in known:
        left -= len(account.invoices)
        yield account
    for n, like in enumerate(cycle(quiet)):
        if left <= 0:
            return
        left -= len(like.invoices)
        yield naive.Account(f"D{n:08d}", like.email, like.on_hold, like.credit, like.invoices)


# ---------- figures ----------
def _figures(size: Size, idle: naive_night.Naive, same: naive_night.Naive) -> Iterator[Figure]:
    named = f"_at_{size.asked}"
    yield Figure(f"plan_run_requests_nothing_due{named}", size.idle.requests, "requests", idle.requests)
    yield Figure(f"account_rows_read_nothing_due{named}", size.idle.account_rows, "rows", idle.rows_read)
    yield Figure(f"same_night_requests{named}", size.same.requests, "requests", same.requests)
    yield Figure(f"same_night_cpu{named}", size.same.cpu_s * 1000, "ms CPU", same.cpu_s * 1000)
    yield Figure(f"same_night_answering{named}", size.stand_in_s * 1000, "ms of it in the table's place")
    yield Figure(f"same_night_mails{named}", size.same.mails, "mails", same.mails)


def _growth(found: list[Size], theirs: list[tuple[naive_night.Naive, naive_night.Naive]]) -> Iterator[Figure]:
    """From each size to the one ten times as large; the largest step counts."""
    ours, naively = [size.same for size in found], [same for _, same in theirs]
    if len(found) == 1:
        return
    for name in ("requests", "cpu_s"):
        yield Figure(f"same_night_growth_{name}", _steepest(ours, name), "x, ten times the ledger",
                     _steepest(naively, name))  # fmt: skip


def _steepest(nights: list[Any], name: str) -> float:
    return float(max(getattr(after, name) / getattr(before, name) for before, after in pairwise(nights)))


def _share_figures(share: Share) -> Iterator[Figure]:
    named = f"_at_{share.asked}"
    yield Figure(f"one_in_a_hundred_accounts{named}", share.accounts, "accounts decided")
    yield Figure(f"one_in_a_hundred_seconds{named}", share.seconds, "s, plan and decide, two processes")
    yield Figure(f"one_in_a_hundred_cpu{named}", share.cpu_s, "s CPU")
    yield Figure(f"one_in_a_hundred_busier_core{named}", share.busier_s, "s CPU of planning and the busier process")
    yield Figure(f"worker_growth{named}", share.first_mib, f"MiB over the first {25 * _FIRST} accounts of a process")
    yield Figure(
        f"worker_growth_and_table{named}", share.growth_mib, "MiB over all, its new rows in the table included"
    )


def _median(sizes: list[Size]) -> Size:
    """The one whose night took the median of the time."""
    middle = median(sorted(size.same.cpu_s for size in sizes)[: len(sizes) | 1])
    return min(sizes, key=lambda size: abs(size.same.cpu_s - middle))


def _at(day: date) -> datetime:
    return datetime.combine(day, _HOUR, UTC)
