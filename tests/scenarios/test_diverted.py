"""A stack that diverts all mail: no reader's address leaves it, whatever is sent."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.engine import Engine
from tests.builders import an_item
from tests.replay.night import as_operator
from tests.scenarios.company import NIGHT, Company, ap, at, invoice

DIVERTED = "review@mail.example.com"


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    parameters = {"Stage": "staging", "DivertAllMailTo": DIVERTED}
    with Engine(start=at(NIGHT, 5, 30), parameters=parameters) as engine, as_operator(engine):
        yield engine


def test_every_recipient_is_rewritten_and_named_in_a_header(engine: Engine) -> None:
    company = Company(engine)
    readers = [ap("C1", "jürgen.not@exämple.example".replace("ü", "ue")), ap("C1", role="ap_manager")]
    readers += [ap("C1", f"{'long' * 15}.{n}@customer.example", id=f"k{n}") for n in range(20)]
    company.knows(invoice("C1", an_item("I1", due_on=NIGHT - timedelta(days=95)), contacts=readers))
    company.day()
    assert {mail.to for mail in engine.outbox} == {(DIVERTED,)}
    assert not any(mail.cc or mail.bcc for mail in engine.outbox)
    assert (len(company.mails), len(company.digests) > 1) == (1, True)
    named = dict(company.mails[0].headers)["X-Pastdue-Diverted-From"]
    assert "juergen.not@xn--exmple-cua.example" in named
    assert company.account().facts.state.item("I1").level == 4
