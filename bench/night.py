"""A whole night over a ledger file: decide, process, and a second run on which nothing is left to do.

`python bench/night.py LEDGER --smtp-port PORT`: the functions' own workflows decide every account of a native ledger
and send what is due over SMTP to a sink on loopback, in the place of SES; the table and the queues are the stand-in of
bench.stand_in. The levels are those of the ledger's header, the entity is live, nobody waits for a send window. The
last line of standard output is one JSON object.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bench import company, memory
from bench.stand_in import StandIn, standing_in
from core.formats.changes import AccountChanges
from core.formats.examination import Report
from core.formats.ledger_import import changes, examine
from core.ledger import Entity, SendHours
from core.policy.schema import Audience, Policy, Step
from functions.shared.store import facts, notices

_TEMPLATES: Final = ("reminder", "second-reminder", "warning", "delinquent")
_AT: Final = clock(10)  # of the night's day, UTC


@dataclass(slots=True)
class Spent:
    """What a step took."""

    seconds: float = 0.0  # by the clock on the wall
    cpu_s: float = 0.0  # of this process
    peak_mib: float = 0.0  # the most memory that the process ever held


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger", type=Path, metavar="LEDGER", help="native ledger, JSON lines")
    parser.add_argument("--smtp-port", type=int, help="of a sink on 127.0.0.1; without one mails are made and dropped")
    parser.add_argument("--check", action="store_true", help="examine the ledger first, as an import does")
    given = parser.parse_args(arguments)
    header = json.loads(given.ledger.open(encoding="utf-8").readline())
    print(json.dumps(night(given.ledger, header, given.smtp_port, check=given.check)))
    return 0


def night(ledger: Path, header: dict[str, Any], port: int | None, *, check: bool = False) -> dict[str, Any]:
    """Live the night of the ledger's day. Args: `header` its first record."""
    as_of = date.fromisoformat(header["as_of"])
    now = datetime.combine(as_of, _AT, UTC)
    with standing_in(port) as stack:
        policy = policy_of(header["levels"])
        stack.configure(entity_of(header, policy), company.people(), (policy,))
        open_invoices = _store(ledger, as_of, now, check=check)
        with _measured() as deciding:
            stack.decide(now)
        due = _due(stack)
        with _measured() as processing:
            stack.process(now)
        with _measured() as idling:
            stack.decide(now)
            stack.process(now)
        print(_of_the_stand_in(stack), file=sys.stderr)
        return {
            "decide": {**_spent(deciding), "open_invoices": open_invoices, "actionable": due},
            "process": {**_spent(processing), "mails": stack.mail.mails},
            "idle": {"seconds": round(idling.seconds, 4)},
        }


def _of_the_stand_in(stack: StandIn) -> str:
    """What is not the product's in these figures."""
    return (
        f"answering {stack.requests:,} requests from memory took {stack.rows.seconds:.1f} s of the whole, "
        f"making MIME messages and handing them to the sink {stack.mail.cpu_s:.1f} s of CPU"
    )


def policy_of(levels: list[int]) -> Policy:
    """Reminders on so many days past due, each louder than the one before, and nothing beside them."""
    steps = tuple(
        Step(
            id=f"level-{number}",
            offset_days=days,
            level=number,
            template=_TEMPLATES[min(number, len(_TEMPLATES)) - 1],
            audience=Audience(customer=("ap_contact",)),
        )
        for number, days in enumerate(levels, start=1)
    )
    return Policy(
        policy="levels",
        version=1,
        send_days="all",
        due_rolls="off",
        max_jump="any",
        min_gap_days=0,
        hold_after_payment_days=0,
        materiality_percent=0,
        steps=steps,
    )


def entity_of(header: dict[str, Any], policy: Policy) -> Entity:
    """The seller, live and long known as a sender, whose readers may be written to at any hour."""
    rates = {code: rate for code, rate in header["rates"].items() if code != header["base_currency"]}
    hours = SendHours(start="00:00", until="23:59")
    named = {"policy": policy.policy, "send_hours": hours, "warm_up": (), "rates": rates}
    return company.entity().model_copy(update={**named, "currency": header["base_currency"]})


def _store(ledger: Path, as_of: date, now: datetime, *, check: bool) -> int:
    """Take the ledger over, as an import does. Returns: the open invoices in it."""
    file = company.ledger_file(ledger)
    report = examine(file) if check else Report(file.name)
    if report.errors:
        raise SystemExit("\n".join(str(error) for error in islice(report.errors, 10)))
    opened = 0

    def counted(found: Iterator[AccountChanges]) -> Iterator[AccountChanges]:
        nonlocal opened
        for account in found:
            opened += sum(change.item.open_minor > 0 for change in account.items)
            yield account

    for _ in facts.apply_accounts(counted(changes(file, report)), today={company.ENTITY: as_of}, now=now):
        pass
    return opened


@contextmanager
def _measured() -> Iterator[Spent]:
    gc.collect()
    gc.freeze()  # what was there before is not looked through again: on Lambda there is little
    spent, wall, cpu = Spent(), time.perf_counter(), time.process_time()
    yield spent
    spent.seconds, spent.cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    spent.peak_mib = memory.peak_kb() / 1024


def _spent(spent: Spent) -> dict[str, float]:
    return {"seconds": round(spent.seconds, 3), "cpu_s": round(spent.cpu_s, 3), "peak_mib": round(spent.peak_mib, 1)}


def _due(stack: StandIn) -> int:
    """The invoices of which the night's mails tell for the first time that they have reached a level."""
    queued = (json.loads(body)["notice_id"] for body in stack.queues.waiting.get("notices", ()))
    planned = (notices.get(str(notice_id)) for notice_id in queued)
    return sum(len(notice.steps) for notice in planned if notice is not None and notice.channel == "email")


if __name__ == "__main__":
    sys.exit(main())
