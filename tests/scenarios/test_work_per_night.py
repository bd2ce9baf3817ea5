"""The work of a night follows what is due in it, not what is open."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.formats.changes import AccountChanges, ItemChange
from functions.shared.store import facts
from local.engine import Engine
from tests.builders import a_customer, an_item
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at, invoice

DUE_TONIGHT = 4
LATER = NIGHT + timedelta(days=200)


EVE = NIGHT - timedelta(days=1)


def other_accounts(count: int, open_invoices: int) -> Iterator[AccountChanges]:
    """Accounts with so many open invoices in all, none of them due for months."""
    for a in range(count):
        ids = (f"O{a}-{n}" for n in range(open_invoices // count))
        items = tuple(ItemChange(an_item(item, customer=f"O{a}", due_on=LATER)) for item in ids)
        yield AccountChanges(ENTITY, a_customer(id=f"O{a}"), contacts=(ap(f"O{a}"),), items=items)


def calls_of_a_night(engine: Engine, *, accounts: int, open_invoices: int) -> tuple[Counter[tuple[str, ...]], int]:
    """The API calls of a night in which a few accounts are due, and the mails that came of it."""
    engine.reset(now=at(EVE, 5, 30))
    company = Company(engine)
    for customer in (f"D{n}" for n in range(DUE_TONIGHT)):
        company.knows(invoice(customer, an_item(customer, customer=customer, due_on=NIGHT - timedelta(days=7))))
    ledger = other_accounts(accounts, open_invoices)
    assert (
        sum(done.opened for done in facts.apply_accounts(ledger, today={ENTITY: EVE}, now=engine.now)) == open_invoices
    )
    company.day(EVE)  # every new account is looked at once
    for row in company.rows(f"ACCT#{ENTITY}#O"):
        assert row["sk"] != "A" or row["next_check_on"] > NIGHT.isoformat()
    engine.calls.clear()
    company.day()
    return Counter(engine.calls.counts), len(company.mails)


@pytest.mark.parametrize("count", [80, pytest.param(200, marks=pytest.mark.heavy)])
def test_ten_times_the_open_invoices_make_not_one_call_more(engine: Engine, count: int) -> None:
    few, mails = calls_of_a_night(engine, accounts=10, open_invoices=count)
    many, mails_of_many = calls_of_a_night(engine, accounts=20, open_invoices=10 * count)
    assert mails == mails_of_many == DUE_TONIGHT
    assert many == few
    print(f"calls of a night with {DUE_TONIGHT} accounts due, {count} or ten times as many open: {sum(few.values())}")
