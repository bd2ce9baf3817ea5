"""Money that comes in between the decision and the mail stops it; money that goes back lets the ladder go on."""

import json
from datetime import date, timedelta
from typing import Any

from core.bank import BankEntry, BankStatement, Remittance
from core.delivery import NoticeState
from core.ledger import BankAccount
from functions.shared import cash_decisions
from functions.shared.cash import Booked, book_statement
from functions.shared.store import bank, config, inbox
from functions.shared.store.bank import EntryState
from functions.shared.store.inbox import InboxFile
from local.engine import Engine
from local.http_event import http_event
from tests.builders import a_policy, an_entity, an_item
from tests.functions.api import a_token
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, at, invoice

IBAN = "DE89370400440532013000"


def company(engine: Engine) -> Company:
    """One invoice over 100.00 EUR, whose reminder is decided at six and waits for eight o'clock."""
    made = Company(engine, an_entity(sender=SENDER, bank_accounts=(BankAccount(holder="E1", iban=IBAN),)))
    made.knows(invoice("C1", an_item("I1", number="INV-1001")))
    return made


def told(company: Company, key: str, minor: int, text: str, **others: Any) -> Booked:
    """The morning's statement, as it comes into the inbox."""
    day = company.today(ENTITY)
    fields: dict[str, Any] = {"booked_on": day, "currency": "EUR", "payer_name": "Customer One", "payer_account": "FR1"}
    said = Remittance(text=text, end_to_end=others.pop("end_to_end", None))
    entry = BankEntry(key=key, minor=minor, remittance=said, **{**fields, **others})
    statement = BankStatement(account=IBAN, currency="EUR", closing_on=day, entries=(entry,))
    return book_statement(statement, config.read().entity(ENTITY), "bank", company.engine.now)


def levels(company: Company) -> dict[str, int]:
    return {item: state.level for item, state in company.account().facts.state.items.items()}


def test_a_payment_of_the_morning_cancels_the_reminder(engine: Engine) -> None:
    here = company(engine)
    here.night()
    assert told(here, "K1", 10_000, "Rg. 1001").applied == 1
    here.day()
    assert (here.mails, here.states()) == ([], [(NoticeState.CANCELLED, "settled")])


def test_money_on_account_stops_it_too_until_a_person_says_that_it_is_another_s(engine: Engine) -> None:
    here = company(engine)
    here.night()
    assert told(here, "K1", 12_000, "deposit 55-77123").on_account == 1
    here.day()
    assert (here.mails, here.states()) == ([], [(NoticeState.CANCELLED, "paid_by_credit")])
    (waiting,) = bank.waiting(ENTITY)
    entity = config.read().entity(ENTITY)
    cash_decisions.reject(waiting.id, by="accounting", why="", entity=entity, now=engine.now)
    here.day(NIGHT + timedelta(days=1))
    assert len(here.mails) == 1


def test_f27_a_returned_debit_lets_dunning_go_on_where_it_stood(engine: Engine) -> None:
    """Reminded, paid, returned: the next message is the next step on its day, not the first again, nor twice a day."""
    here = company(engine)
    here.day()
    assert (len(here.mails), levels(here)) == (1, {"I1": 1})

    engine.move_to(at(NIGHT + timedelta(days=1), 9))
    assert told(here, "K1", 10_000, "INV-1001", end_to_end="E2E-1").applied == 1
    assert here.account().facts.items == ()

    came_back = NIGHT + timedelta(days=3)
    engine.move_to(at(came_back, 9))
    back = told(here, "R1", -10_000, "", end_to_end="E2E-1", reversal=True, return_reason="AM04")
    assert (back.reversed, back.unidentified) == (1, 0)
    assert levels(here) == {"I1": 1}
    assert {one.state for one in bank.read([bank.entry_id(ENTITY, k) for k in ("K1", "R1")]).values()} == {
        EntryState.REVERSED
    }
    mails = sent_until(here, came_back, days=5)
    assert mails[0] == NIGHT
    assert len(mails) == len(set(mails)) == 2  # the second level on its own day, and once
    assert levels(here) == {"I1": 2}


def sent_until(company: Company, start: date, *, days: int) -> list[date]:
    for n in range(days):
        company.day(start + timedelta(days=n))
    return [mail.sent_at.date() for mail in company.mails]


# ---------- what does not wait for the night ----------
REMINDER: dict[str, Any] = {"offset_days": 0, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
HOLD: dict[str, Any] = {
    "id": "hold", "offset_days": 7, "effect": "credit_hold", "adverse": "credit_hold", "needs_approval": False,
    "requires_step": ["a"], "audience": {"ours": ["accounting"]},
}  # fmt: skip


def with_steps(engine: Engine, *steps: dict[str, Any]) -> Company:
    """Two invoices, under a policy of these steps."""
    entity = an_entity(sender=SENDER, bank_accounts=(BankAccount(holder="E1", iban=IBAN),))
    made = Company(engine, entity, policy=a_policy(steps=[{**REMINDER, "id": "a", **one} for one in steps]))
    made.knows(invoice("C1", *(an_item(f"I{n}", number=f"INV-100{n}") for n in (1, 2))))
    return made


BACK: dict[str, Any] = {"reversal": True, "return_reason": "AM04", "end_to_end": "E2E-77"}


def test_a_return_that_puts_the_balance_over_the_limit_is_decided_at_once(engine: Engine) -> None:
    here = with_steps(
        engine,
        {"anchor": "event", "event": "balance_over_limit", "when": {"account_balance": {"EUR": {"above": 15_000}}}},
    )
    engine.move_to(at(NIGHT, 12))
    assert told(here, "K1", 10_000, "INV-1001", end_to_end="E2E-77").applied == 1
    engine.pump()
    assert here.notices() == []
    assert told(here, "R1", -10_000, "returned", **BACK).reversed == 1
    engine.pump()
    assert ([one.template for one in here.notices()], here.runs()) == (["reminder"], {})  # no night was needed
    told(here, "R1", -10_000, "returned", **BACK)
    assert here.queued() == 0  # nothing new


def test_a_payment_of_the_bank_is_thanked_for_at_once(engine: Engine) -> None:
    here = with_steps(engine, {"anchor": "event", "event": "payment_received"})
    engine.move_to(at(NIGHT, 12))
    assert told(here, "K1", 4_000, "INV-1001").applied == 1
    engine.pump()
    assert len(here.notices()) == 1


def test_a_payment_lifts_a_credit_hold_at_once(engine: Engine) -> None:
    engine.reset(now=at(NIGHT - timedelta(days=3), 5, 30))
    here = with_steps(engine, {"offset_days": 4, "level": 1}, HOLD)
    for n in range(-3, 8):
        here.day(NIGHT + n * timedelta(days=1))
    assert here.account().facts.state.credit_hold
    assert told(here, "K1", 20_000, "INV-1001, INV-1002").applied == 1
    assert not engine.pump().errors
    assert not here.account().facts.state.credit_hold


def test_an_account_without_such_a_step_waits_for_the_night(engine: Engine) -> None:
    here = company(engine)
    assert told(here, "K1", 10_000, "Rg. 1001").applied == 1
    assert here.queued() == 0


# ---------- just before sending ----------
def unread(engine: Engine, age: timedelta, source: str = "bank") -> None:
    """A file of the bank that came so long ago and that nobody has read."""
    came = engine.now - age
    key = f"inbox/{ENTITY}/{source}/day.sta"
    file = InboxFile(f"{source}-{age}", ENTITY, source, key, "", "e", 9, came, came)
    assert inbox.register(file)


def test_nothing_is_sent_while_a_file_lies_unread_that_may_say_what_was_paid(engine: Engine) -> None:
    here = company(engine)
    here.until(at(NIGHT, 7, 55))
    unread(engine, timedelta())
    here.until(at(NIGHT, 8, 5))
    assert ([one.waits_for for one in here.notices()], here.mails) == (["files"], [])
    here.until(at(NIGHT, 9, 30))  # it was looked for, and is gone
    assert len(here.mails) == 1


def test_a_file_that_nobody_can_read_holds_messages_for_two_hours_and_no_longer(engine: Engine) -> None:
    here = company(engine)
    here.until(at(NIGHT, 7, 55))
    unread(engine, timedelta(hours=2))
    here.until(at(NIGHT, 8, 5))
    assert len(here.mails) == 1


def test_what_lies_behind_such_a_file_holds_nothing_either(engine: Engine) -> None:
    """A new file each hour, of a source that is stuck, would hold the messages for ever."""
    here = company(engine)
    here.until(at(NIGHT, 7, 55))
    unread(engine, timedelta(hours=3))
    unread(engine, timedelta())
    assert not inbox.is_waiting(ENTITY, since=engine.now - timedelta(hours=2))
    assert inbox.is_waiting(ENTITY)
    here.until(at(NIGHT, 8, 5))
    assert len(here.mails) == 1
    unread(engine, timedelta(), "other")
    assert inbox.is_waiting(ENTITY, since=engine.now - timedelta(hours=2))


# ---------- the API beside it, as it is deployed ----------
def tells(engine: Engine, payment: str, **others: Any) -> dict[str, Any]:
    """A program tells of 100.00 by the function of the stack, with the rights that it has there."""
    body = {"booked_on": str(NIGHT), "currency": "EUR", "amount": "100.00", **others}
    path = f"/v1/entities/{ENTITY}/customers/C1/payments/{payment}"
    about = {"authorization": f"Bearer {a_token()}", "content-type": "application/json", "idempotency-key": payment}
    answer = engine.invoke("IngestApiFunction", http_event("PUT", path, "", about, json.dumps(body)))
    assert answer["statusCode"] in (200, 201), answer
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def test_a_program_and_the_bank_tell_of_the_same_with_the_rights_that_the_function_has(engine: Engine) -> None:
    here = company(engine)
    engine.move_to(at(NIGHT, 12))
    told(here, "K1", 10_000, "INV-1001", end_to_end="E2E-2026-1")
    assert tells(engine, "P1", reference="E2E-2026-1")["bank_entry"] == bank.entry_id(ENTITY, "K1")
    told(here, "K2", 10_000, "thanks")
    assert tells(engine, "P2")["bank_entry"] is None
    (asked,) = bank.waiting(ENTITY)
    assert asked.suggestions[0].told == "P2"
    told(here, "K3", 10_000, "thanks again", end_to_end="E2E-2026-3")
    assert tells(engine, "P3", reference="E2E-2026-3")["bank_entry"] == bank.entry_id(ENTITY, "K3")
    assert here.account().facts.items == ()
    assert sum(credit.open_minor for credit in here.account().facts.credits) == 30_000
