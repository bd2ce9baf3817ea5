"""The first nights on an old ledger that nobody was reminded of, and on one ten times as large.

What a person allows at go-live is released at a set pace: so many accounts the first day, some more each day after it.
Beside it stands the naive night, which writes to everybody at once.
"""

import gc
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from typing import Final

from bench import company, naive, naive_night
from bench.crowd import ALWAYS
from bench.figures import Figure, Measured
from bench.forks import forked
from bench.generate import AS_OF, Ledger, records
from bench.stand_in import StandIn, standing_in
from core.policy.schema import STATEMENT
from functions.shared.store import facts, notices
from local.activation import late_accounts, ramp, set_baseline

_LIVE_ON: Final = AS_OF + timedelta(days=3)  # a Monday
_MORNING: Final = datetime.combine(_LIVE_ON, clock(5), UTC)  # before the run hour
_NIGHTS: Final = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking up one old ledger took."""

    open_invoices: int
    late: int  # accounts with something overdue
    release_cpu_s: float  # choosing each account's day, and writing it down
    first_cpu_s: float  # of the first night: every account is looked at once
    requests: int  # of that night
    mails: tuple[int, ...]  # by night; steps that an invoice reaches by itself are among them
    released: tuple[int, ...]  # of those, the statements to whom the night released


def measure(small: int) -> Measured:
    """Two old ledgers. Args: `small` open invoices of the smaller one."""
    few, many = (forked(_take_up, size) for size in (small, 10 * small))
    naively = [_naive(size) for size in (small, 10 * small)]
    return Measured(
        what=f"go-live and first nights on an old ledger, {many.open_invoices:,} open invoices",
        beside="naive night",
        given={
            "open_invoices": [few.open_invoices, many.open_invoices],
            "late_accounts": [few.late, many.late],
            "released": f"{company.policy().activation.first_quota} accounts the first day, "
            f"{company.policy().activation.ramp_percent} % more each day; the oldest debt first",
            "clock": "process CPU time; answering from memory is part of it",
        },
        figures=tuple(_figures(few, many, naively)),
    )


def _take_up(open_invoices: int) -> Taken:
    setting = company.setting()
    entity = setting.entity.model_copy(update={"warm_up": (), "send_hours": ALWAYS})
    activation = setting.policy.activation.model_copy(update={"first": "oldest"})
    with standing_in() as stack:
        stack.configure(entity, company.people(), (setting.policy.model_copy(update={"activation": activation}),))
        customers = _store(Ledger(open_invoices))
        began = time.process_time()
        late = list(late_accounts(entity, customers, _LIVE_ON))
        set_baseline(entity, ramp(late, activation, _LIVE_ON), _LIVE_ON, _MORNING)
        released = time.process_time() - began
        gc.collect()
        gc.freeze()
        asked, began = stack.requests, time.process_time()
        nights = [_live(stack, 0)]
        first, asked = time.process_time() - began, stack.requests - asked
        nights += [_live(stack, night) for night in range(1, _NIGHTS)]
        mails, sent = zip(*nights, strict=True)
        return Taken(open_invoices, len(late), released, first, asked, mails, tuple(map(_statements, sent)))


def _store(ledger: Ledger) -> list[str]:
    """The customers of a ledger that was just stored."""
    with company.generated(ledger) as found:
        applied = facts.apply_accounts(found, today={company.ENTITY: _LIVE_ON}, now=_MORNING)
        return [account.customer for account in applied]


def _live(stack: StandIn, night: int) -> tuple[int, list[str]]:
    """The mails of one night, and the ids of its notices."""
    before, now = stack.mail.mails, datetime.combine(_LIVE_ON + timedelta(days=night), clock(10), UTC)
    stack.decide(now)
    queued = [str(json.loads(body)["notice_id"]) for body in stack.queues.waiting.get("notices", ())]
    stack.process(now)
    return stack.mail.mails - before, queued


def _statements(notice_ids: list[str]) -> int:
    """How many of these tell an old debt for the first time."""
    found = (notices.get(notice_id) for notice_id in notice_ids)
    return sum(notice is not None and notice.template == STATEMENT for notice in found)


def _naive(open_invoices: int) -> naive_night.Naive:
    found = naive_night.accounts_of(records(Ledger(open_invoices)))
    return naive_night.live(naive_night.rows_of(found), _LIVE_ON, naive.ladder(company.policy()))


def _figures(few: Taken, many: Taken, naively: list[naive_night.Naive]) -> Iterator[Figure]:
    little, much = naively
    yield Figure("first_night_cpu", many.first_cpu_s, "s CPU", much.cpu_s)
    yield Figure("first_night_requests", many.requests, "requests", much.requests)
    yield Figure("release_cpu", many.release_cpu_s, "s CPU")
    yield Figure("first_night_growth_cpu", many.first_cpu_s / few.first_cpu_s, "x, ten times the ledger",
                 much.cpu_s / little.cpu_s)  # fmt: skip
    yield Figure("first_night_growth_requests", many.requests / few.requests, "x, ten times the ledger",
                 much.requests / little.requests)  # fmt: skip
    for number, (statements, fewer) in enumerate(zip(many.released, few.released, strict=True), start=1):
        yield Figure(f"statements_of_night_{number}", statements, "mails to old debts")
        yield Figure(f"statements_of_night_{number}_small", fewer, "mails to old debts")
    for number, (mails, fewer) in enumerate(zip(many.mails, few.mails, strict=True), start=1):
        yield Figure(f"mails_of_night_{number}", mails, "mails", much.mails if number == 1 else 0)
        yield Figure(f"mails_of_night_{number}_small", fewer, "mails", little.mails if number == 1 else 0)
