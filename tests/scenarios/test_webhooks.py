"""Order and billing systems hear what happened: at least once, signed, with one id an event, whatever fails."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from core.ledger import Dispute, Promise
from functions.shared import signing_keys
from functions.shared.store import deliveries, hooks
from functions.shared.store.deliveries import DeliveryState
from functions.shared.store.hooks import Endpoint
from functions.shared.webhook_signature import secret
from local.engine import Engine
from local.engine.ses_script import hard_bounce
from tests.builders import DUE, an_item
from tests.scenarios.canaries import found_in, overheard
from tests.scenarios.company import ENTITY, NIGHT, Company, at, invoice
from tests.scenarios.receiver import Receiver, receiving

ONE_DAY = timedelta(days=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    signing_keys._read.cache_clear()
    hooks.forget()
    with receiving() as found:
        yield found
    hooks.forget()


def subscribe(receiver: Receiver, *types: str, **changes: object) -> Endpoint:
    endpoint = Endpoint.model_validate(
        {"id": "orders", "entity": ENTITY, "url": receiver.url, "types": types, **changes}
    )
    assert hooks.add(endpoint)
    return endpoint


def test_what_happens_on_an_account_is_told_once_each_and_signed(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    endpoint = subscribe(receiver)
    said = overheard(engine)
    company.knows(invoice())
    company.learns(
        promises=(Promise(id="P1", item="C1-I1", made_on=NIGHT, promised_on=NIGHT + 2 * ONE_DAY, amount_minor=4_000),),
        disputes=(Dispute(id="D1", item="C1-I1", opened_on=NIGHT, amount_minor=1_000, reason="quibbling over zinc"),),
    )
    company.day(NIGHT)
    assert receiver.types() == {
        "promise.made": 1, "dispute.opened": 1, "notice.sent": 1, "notice.delivered": 1,
    }  # fmt: skip
    company.learns(disputes=(Dispute(id="D1", item="C1-I1", opened_on=NIGHT, amount_minor=1_000, closed_on=NIGHT),))
    company.is_paid("C1-I1", 4_000, part=True)
    company.day(NIGHT + ONE_DAY)
    assert receiver.types()["dispute.closed"] == receiver.types()["promise.kept"] == 1
    assert all(receiver.verified(secret(endpoint)))
    told = {event["type"]: event["data"] for event in receiver.events().values()}
    assert told["promise.kept"] == {
        "entity": "E1", "customer": "C1", "promise": "P1", "invoice": "C1-I1", "amount": "40.00", "currency": "EUR",
        "promised_on": "2026-03-11", "on_time": True,
    }  # fmt: skip
    assert told["notice.sent"]["totals"] == {"EUR": "50.00"}
    everything = [body.decode() for _, body in receiver.requests]
    assert found_in([*everything, *engine.logs, *said]) == set()
    assert not any("Customer" in text or "@" in text for text in everything)
    assert not [key for key in company.attention() if "#HOOK#" in key]


def test_a_broken_promise_and_a_bounce_are_told(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    subscribe(receiver, "promise.broken", "notice.bounced")
    engine.ses.behaviour = lambda _mail: hard_bounce()
    promise = Promise(id="P1", item="old", made_on=DUE - 30 * ONE_DAY, promised_on=NIGHT - 14 * ONE_DAY)
    old = an_item("old", due_on=DUE - 30 * ONE_DAY)
    company.knows(invoice("C1", an_item("C1-I1"), old, promises=(promise,)))
    company.day(NIGHT)
    company.day(NIGHT + ONE_DAY)
    assert receiver.types() == {"promise.broken": 1, "notice.bounced": 1}


def test_a_receiver_that_fails_gets_each_event_again_until_it_takes_it(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    endpoint = subscribe(receiver, "notice.sent")
    receiver.answer = lambda n: {1: 500, 2: 302, 3: 429}.get(n, 204)
    receiver.headers = {"location": "http://127.0.0.1:1/elsewhere", "retry-after": "7200"}
    company.knows(invoice())
    company.day(NIGHT)
    assert len(receiver.requests) == 4
    times = [int(headers["webhook-timestamp"]) for headers, _ in receiver.requests]
    assert all(after - before >= 7_200 for before, after in pairwise(times))  # as the receiver asked
    assert len(receiver.events()) == 1  # one id, so a receiver that took it before knows it
    assert all(receiver.verified(secret(endpoint)))
    assert next(deliveries.listed(ENTITY, "orders")).state is DeliveryState.DELIVERED
    assert hooks.read(ENTITY, "orders").failing_since is None  # type: ignore[union-attr]


def test_an_endpoint_that_fails_for_days_is_off_and_somebody_is_asked(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    subscribe(receiver, failing_since=engine.now - 5 * ONE_DAY)
    receiver.answer = lambda _n: 500
    company.knows(invoice())
    company.day(NIGHT)
    off = hooks.read(ENTITY, "orders")
    assert off is not None
    assert off.state == "off"
    assert [task.note for task in company.tasks("webhook-failing")] == ["endpoint orders is off: 500"]
    dead = list(deliveries.listed(ENTITY, "orders"))
    assert {(one.state, one.last) for one in dead} == {(DeliveryState.DEAD, "endpoint is off")}
    receiver.answer = lambda _n: 200
    receiver.requests.clear()
    assert hooks.change(off, off.model_copy(update={"state": "on", "failing_since": None}))
    assert all(deliveries.redrive(one, engine.now) for one in dead)
    company.until(at(NIGHT + ONE_DAY, 1))
    assert set(receiver.events()) == {one.event for one in dead}
    assert not company.dead_letters()


def test_f54_the_old_secret_is_good_for_a_day_then_it_is_not(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    before = subscribe(receiver, "notice.sent")
    old = secret(before)
    changed = before.model_copy(update={"secret_version": 2, "previous_until": engine.now + hooks.GRACE})
    assert hooks.change(before, changed)
    new = secret(changed)
    assert old != new
    company.knows(invoice())
    company.day(NIGHT)
    assert receiver.verified(old) == receiver.verified(new) == [True]
    company.until(at(NIGHT + ONE_DAY, 5, 45))
    receiver.requests.clear()
    company.knows(invoice("C2", an_item("C2-I1", customer="C2", due_on=DUE + ONE_DAY)))
    company.day(NIGHT + ONE_DAY)
    assert (receiver.verified(old), receiver.verified(new)) == ([False], [True])


def test_with_no_endpoint_nothing_is_written(engine: Engine, receiver: Receiver) -> None:
    company = Company(engine)
    company.knows(invoice(), invoice("C2"))
    company.learns(promises=(Promise(id="P1", item="C1-I1", made_on=NIGHT, promised_on=NIGHT),))
    company.day(NIGHT)
    assert list(company.rows("HOOK#")) == []
    assert receiver.requests == []
