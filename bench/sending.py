"""The whole send path, mail by mail: what it costs, how many messages there are, and how exactly the pace is kept."""

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Any, Final
from unittest.mock import patch

from bench import company, naive, pacing
from bench.figures import Figure, Measured
from bench.generate import AS_OF, LEVELS, MONEYS, Ledger
from bench.night import entity_of, policy_of
from bench.stand_in import Rows, StandIn, standing_in
from bench.stand_in.sink import listening
from bench.stand_in.wire import Wired
from functions.render_documents import workflow as typesetting
from functions.shared.store import facts, notices

_NOW: Final = datetime.combine(AS_OF, clock_time(10), UTC)
_WARM: Final = 60  # mails before the measured ones: templates and locales are loaded, as in a process that has worked
_BATCH: Final = 50
_HEADER: Final = {"base_currency": "EUR", "rates": {money.code: money.rate for money in MONEYS}}


def measure(open_invoices: int) -> Measured:
    """The mails of a first night, sent by the real workflow in one process."""
    with listening() as port:
        to_sink = _sent(open_invoices, Rows(), port)
    wired = _sent(open_invoices, Wired(), None)
    ours, handed = to_sink.cpu_s - to_sink.handed_s, to_sink.handed_s
    pairs = _pairs(open_invoices)
    slow, fast = pacing.simulated(14, workers=3, seconds=60), pacing.simulated(200, workers=42, seconds=20)
    return Measured(
        what=f"claim, look, slot, pace, fence, render, hand over, settle: {to_sink.mails:,} mails",
        beside="one a customer and currency",
        given={
            "open_invoices": open_invoices,
            "clock": "CPU of the process, its table included; MIME, SMTP and typesetting, which others do, stand apart",
            "warm": f"up to {_WARM} mails before",
            "pace": "the real turns of batches of 50 on a simulated clock; each second that begins with a mail",
        },
        figures=(
            Figure("mails_to_sink", to_sink.mails / to_sink.cpu_s, "mails/s CPU"),
            Figure("mails_to_sink_by_the_wall", to_sink.mails / to_sink.seconds, "mails/s"),
            Figure("cpu_ms_per_mail", ours / to_sink.mails * 1e3, "ms CPU"),
            Figure("cpu_ms_handing_over", handed / to_sink.mails * 1e3, "ms CPU"),
            Figure("cpu_ms_typesetting", to_sink.papers_s / to_sink.mails * 1e3, "ms CPU"),
            Figure("requests_per_mail", to_sink.requests / to_sink.mails, "requests"),
            Figure("mails_with_botocore", wired.mails / wired.cpu_s, "mails/s CPU"),
            Figure("cpu_ms_per_mail_with_botocore", wired.cpu_s / wired.mails * 1e3, "ms CPU"),
            Figure("requests_per_mail_with_botocore", wired.requests / wired.mails, "requests"),
            Figure("messages", to_sink.night, "messages", pairs),
            Figure("messages_per_customer_and_currency", to_sink.night / pairs, "of one", 1.0),
            *slow.figures(""),
            *fast.figures("_fast"),
        ),
    )


@dataclass(slots=True)
class Sent:
    """What sending the mails of one night took."""

    night: int  # messages to customers, all of the night
    mails: int = 0  # those that were measured
    seconds: float = 0.0
    cpu_s: float = 0.0
    requests: int = 0
    handed_s: float = 0.0  # of the CPU: making MIME of the parts and handing it over, which is SES's to do
    papers_s: float = 0.0  # of the CPU, and not in it: typesetting, which is another function's


def _sent(open_invoices: int, rows: Rows, port: int | None) -> Sent:
    """Send the mails of the first night of a ledger on which nobody was ever reminded."""
    with standing_in(port, rows) as stack:
        _fill(stack, open_invoices)
        stack.decide(_NOW)
        found = Sent(night=_to_customers(stack))
        with stack.at(_NOW), _apart() as papers:
            stack.send_batch(stack.queues.take("notices", min(_WARM, found.night // 3)))
            if isinstance(rows, Wired):
                rows.between = True
            gc.collect()
            gc.freeze()
            before, papers.cpu_s = _spent(stack), 0.0
            while bodies := stack.queues.take("notices", _BATCH):
                stack.send_batch(bodies)
        after = _spent(stack)
    found.mails, found.requests = int(after[0] - before[0]), int(after[1] - before[1])
    found.seconds, found.handed_s, found.papers_s = after[2] - before[2], after[4] - before[4], papers.cpu_s
    found.cpu_s = after[3] - before[3] - papers.cpu_s
    return found


@dataclass(slots=True)
class _Papers:
    """What typesetting took."""

    cpu_s: float = 0.0


@contextmanager
def _apart() -> Iterator[_Papers]:
    """Time what the documents function does of itself."""
    papers, make = _Papers(), typesetting.make_documents

    def made(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return make(*given, **named)
        finally:
            papers.cpu_s += time.process_time() - began

    with patch.object(typesetting, "make_documents", made):
        yield papers


def _to_customers(stack: StandIn) -> int:
    """The mails that the night has for customers: others go to our own people, or are letters that a person posts."""
    queued = (notices.get(str(json.loads(body)["notice_id"])) for body in stack.queues.waiting["notices"])
    return sum(notice is not None and notice.customer != "" and notice.channel == "email" for notice in queued)


def _spent(stack: StandIn) -> tuple[float, ...]:
    double = stack.rows if isinstance(stack.rows, Wired) else None
    if double is not None:
        return double.mails, double.requests, time.perf_counter(), time.process_time() - double.cpu_s, 0.0
    return stack.mail.mails, stack.requests, time.perf_counter(), time.process_time(), stack.mail.cpu_s


def _fill(stack: StandIn, open_invoices: int) -> None:
    policy = policy_of(list(LEVELS))
    stack.configure(entity_of(_HEADER, policy), company.people(), (policy,))
    with company.generated(Ledger(open_invoices)) as found:
        for _ in facts.apply_accounts(found, today={company.ENTITY: AS_OF}, now=_NOW):
            pass


def _pairs(open_invoices: int) -> int:
    """One message a customer and currency, as a naive loop would send them on the same ledger."""
    steps = naive.ladder(policy_of(list(LEVELS)))
    with company.generated(Ledger(open_invoices)) as found:
        accounts = naive.inputs(company.facts_of(changes) for changes in found)
    messages = (naive.remind(account, AS_OF, steps) for account in accounts)
    return sum(len(message.totals) for message in messages if message is not None)
