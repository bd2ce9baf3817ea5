"""The story that the faults are thrown at: one account, one night; and how to begin it again from the same point."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.delivery import NoticeState
from local.engine import Call, Engine, Moment
from local.engine.state import StateFolder
from tests.builders import ROLES, an_item, people
from tests.scenarios.company import NIGHT, Company, ap, at, invoice

FIRST_SIGHT = 31  # days past due at which an invoice is seen first: step c, the call of step d, and lines for both
READERS = ("ap@customer.example", "other@customer.example")
SEARCHED_LONG = "FAULTS_TIMES" in os.environ  # by `make faults`: every place, also those that leave the same behind
Story = Callable[[], Company]


def begun(engine: Engine) -> Company:
    """One account with two invoices and two readers, and one person who has every role of ours."""
    engine.reset(now=at(NIGHT, 5, 30))
    (anybody, *_) = people()
    company = Company(engine, staff=[anybody.model_copy(update={"roles": ROLES})])
    items = (an_item("I1", due_on=NIGHT - timedelta(days=FIRST_SIGHT)), an_item("I2", due_on=NIGHT - timedelta(days=8)))
    company.knows(invoice("C1", *items, contacts=[ap("C1", READERS[0]), ap("C1", READERS[1], id="k2")]))
    return company


def decided(engine: Engine) -> Company:
    """The same, when its notice waits for eight o'clock; the digest is out."""
    company = begun(engine)
    company.night()
    return company


def to_one_reader(engine: Engine, **changes: Any) -> Company:
    """One account with one invoice and one reader, whose notice waits for eight o'clock; the digests are out."""
    company = Company(engine)
    company.knows(invoice("C1", **changes))
    company.night()
    return company


def kept(engine: Engine, folder: Path, company: Company) -> Story:
    """A story that begins as everything stands now."""
    state, begins = StateFolder(folder), engine.now
    state.save(engine.stack, engine.ses, engine._retries, begins)

    def story() -> Company:
        engine.reset(now=begins)
        state.load(engine.stack, engine.ses, engine._retries, lambda _saved: None)
        return company

    return story


def once(company: Company) -> None:
    """One mail, one digest, one task, one step up for each invoice, and nothing left over."""
    assert (len(company.mails), len(company.digests)) == (1, 1)
    assert company.notice().state is NoticeState.DELIVERED
    assert company.engine.ses.requests <= len(company.engine.outbox)  # those before a saved beginning are not counted
    state = company.account().facts.state
    assert [(s.attempts, s.level) for s in state.items.values()] == [(1, 2), (1, 1)]
    assert state.seq == {"account": 1}
    assert [task.kind for task in company.tasks()] == ["phone-call"]
    settled(company)


def settled(company: Company) -> None:
    """Nobody has to look at anything any more."""
    assert (company.attention(), company.queued(), company.dead_letters()) == ([], 0, {})


def counted(engine: Engine) -> Counter[str]:
    """The counters that the functions wrote, by name."""
    found: Counter[str] = Counter()
    for line in engine.logs:
        if '"CloudWatchMetrics"' in line:
            told = json.loads(line)
            names = [metric["Name"] for each in told["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]]
            found.update({name: int(sum(told[name]) if isinstance(told[name], list) else told[name]) for name in names})
    return found


def said(engine: Engine) -> Counter[str]:
    """The numbered log events, by their code."""
    return Counter(line.partition('"event":"')[2][:6] for line in engine.logs if '"event":"PD' in line)


def interrupted(
    engine: Engine, function: str, story: Story, meanwhile: Callable[[Company], None]
) -> Iterator[tuple[str, Company]]:
    """The day of the story, once for each call of the function, with something else happening just before that call."""
    number = 0
    while True:
        number += 1
        company = story()
        strike = _Strike(engine, function, number, lambda company=company: meanwhile(company))
        engine.faults.add(strike)
        company.day()
        engine.faults.clear()
        if not strike.where:
            assert number > 1, f"{function} made no call at all"
            return
        yield strike.where, company


class _Strike:
    """Something happens once, while a function is about to make its n-th call."""

    def __init__(self, engine: Engine, function: str, number: int, what: Callable[[], None]) -> None:
        self._engine, self._function, self._left, self._what = engine, function, number, what
        self.where = ""

    def __call__(self, call: Call) -> None:
        if call.function != self._function or call.moment is not Moment.BEFORE:
            return
        self._left -= 1
        if self._left == 0:
            key = call.params.get("Key", {})
            key = key if isinstance(key, str) else key.get("pk", {}).get("S", "")  # an object of S3, or a row
            self.where = f"call {call.number}, {call.operation} {key[: key.find('#') + 1]}"
            self._engine.faults.clear()
            calls = self._engine.calls
            worker, calls.function = calls.function, None
            self._what()
            calls.function = worker
