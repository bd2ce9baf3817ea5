"""A night is taken back: sums, levels, tasks and holds are as before it, and the next night decides right."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.delivery import NoticeState
from core.ledger import ItemKind
from functions.shared import planning, retract
from functions.shared.retract import Account
from functions.shared.retraction import Order
from functions.shared.store import charges as posted
from functions.shared.store import config, deliveries, history, hooks, runs, tasks
from functions.shared.store.hooks import Endpoint
from local.engine import Call, Engine, Moment
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import Answer, Script, by_local_part, timeout
from tests.builders import a_policy, an_item
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at, invoice, kind_of

DAY = timedelta(days=1)
REMINDER: dict[str, Any] = {
    "id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]},
    "fee": {"type": "flat", "flat": {"EUR": 500}},
}  # fmt: skip
CALL: dict[str, Any] = {
    "id": "call", "offset_days": 7, "effect": "task", "task": "phone-call", "audience": {"ours": ["accounting"]},
}  # fmt: skip
FEE: dict[str, Any] = {
    "id": "fee", "offset_days": 7, "effect": "fee", "fee": {"type": "flat", "flat": {"EUR": 900}},
    "audience": {"ours": ["accounting"]},
}  # fmt: skip
HOLD: dict[str, Any] = {
    "id": "hold", "offset_days": 7, "effect": "credit_hold", "adverse": "credit_hold", "needs_approval": False,
    "requires_step": ["a"], "audience": {"ours": ["accounting"]},
}  # fmt: skip
FIRST: dict[str, Any] = {
    "id": "a", "offset_days": 4, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]},
}  # fmt: skip
SECOND = {**REMINDER, "level": 2, "template": "second-reminder"}
READER = "ap_contact.c1@customer.example"


def company_of(engine: Engine, *steps: dict[str, Any]) -> Company:
    company = Company(engine, policy=a_policy(steps=list(steps or (REMINDER, CALL, FEE))))
    company.knows(invoice())
    return company


def chased(engine: Engine) -> Company:
    """An account that has had its first reminder three days before the night with everything in it."""
    engine.reset(now=at(NIGHT - 3 * DAY, 5, 30))
    company = company_of(engine, FIRST, SECOND, CALL, FEE, HOLD)
    company.day(NIGHT - DAY)
    assert len(company.mails) == 1
    return company


def order(*, told: bool = False) -> Order:
    return Order(ENTITY, NIGHT, "accounting", "the bank file was missing", told=told)


def take_back(company: Company, *, told: bool = False, customers: tuple[str, ...] | None = None) -> list[Account]:
    """What the command does."""
    said, configuration, now = order(told=told), config.read(), company.engine.now
    run = retract.stop(said, configuration, now)
    assert run is not None
    wanted = runs.listed(ENTITY, NIGHT) if customers is None else customers
    done = [retract.retract_account(said, one, configuration, now) for one in wanted]
    runs.retracted(run, now=now)
    return [one for one in done if one is not None]


def books(company: Company) -> dict[str, Any]:
    """All that a night may change on the account, but for what is counted up for ever."""
    account = company.account()
    state = account.facts.state
    return {
        "owed": sorted((item.id, item.open_minor) for item in account.facts.items),
        "credit": sum(credit.open_minor for credit in account.facts.credits),
        "state": replace(state, seq={}, items={key: s for key, s in state.items.items() if s != type(s)()}, tasks={}),
        "open tasks": [task.id for task in company.tasks() if task.state == "OPEN"],
        "known tasks": sorted(state.tasks),
    }


def charges(company: Company) -> list[tuple[str, int]]:
    return sorted((i.kind.value, i.open_minor) for i in company.account().facts.items if not i.kind.principal)


def told(company: Company, kind: str) -> list[str]:
    return [one.what for one in history.activities(ENTITY, "C1") if one.kind == kind][::-1]


def notes(company: Company) -> list[tuple[Any, ...]]:
    return [(mail.sent_at.date(), mail.to) for mail in company.mails if kind_of(mail) == "retraction"]


def test_a_whole_night_is_taken_back_and_the_next_one_does_it_again(engine: Engine) -> None:
    company = chased(engine)
    before = books(company)
    company.until(at(NIGHT, 9, 30))
    did = books(company)
    assert charges(company) == [("fee", 500), ("fee", 900)]
    assert (company.account().facts.state.credit_hold, len(company.mails)) == (True, 2)
    (account,) = take_back(company)
    undone = account.undone
    assert (len(undone.sent), len(undone.charges), len(undone.tasks), undone.lifted) == (1, 2, 1, ["hold"])
    assert undone.levels == ["C1-I1"]
    assert books(company) == before
    assert told(company, "announcement") == ["credit_hold_set", "credit_hold_lifted"]
    assert company.account().next_check_on == NIGHT + DAY
    (again,) = take_back(company)  # twice is the same as once
    assert (again.before, books(company)) == (True, before)
    company.day()
    assert (len(company.mails), books(company)) == (2, before)  # nothing goes this morning
    assert company.slots(READER) != {}  # the reader did get it
    assert sorted(bool(notice.retracted_at) for notice in company.notices()) == [False, True]
    company.day(NIGHT + DAY)
    assert len(company.mails) == 3
    assert books(company) == did | {"state": books(company)["state"]}
    assert {s.level for s in company.account().facts.state.items.values()} == {2}
    assert notes(company) == []


def test_what_is_unsent_is_cancelled_and_nothing_goes(engine: Engine) -> None:
    company = company_of(engine)
    before = books(company)
    company.night()
    (account,) = take_back(company)
    assert (len(account.undone.cancelled), account.undone.sent) == (1, [])
    assert company.states() == [(NoticeState.CANCELLED, "retracted")]
    assert books(company) == before
    company.day()
    assert company.mails == []
    company.is_paid("C1-I1", 10_000)  # the bank file is there
    company.day(NIGHT + DAY)
    assert (company.mails, charges(company)) == ([], [])


def test_who_got_it_gets_one_note(engine: Engine) -> None:
    company = company_of(engine)
    company.until(at(NIGHT, 9, 30))
    company.knows(invoice(contacts=[ap("C1"), ap("C1", "new@customer.example", id="k2")]))  # has not got it
    for _ in range(2):
        take_back(company, told=True)
    company.until(at(NIGHT, 10, 30))
    (mail,) = [mail for mail in company.mails if kind_of(mail) == "retraction"]
    assert mail.to == (READER,)
    assert "disregard" in mail.subject
    assert "€14.00" in mail.text  # both fees
    company.day(NIGHT + DAY)
    assert len(notes(company)) == 1
    assert list(company.slots(READER).values()) != []


def test_the_note_waits_for_its_hours_and_the_switch(engine: Engine) -> None:
    company = company_of(engine)
    company.until(at(NIGHT, 21))
    take_back(company, told=True)
    company.day()
    assert notes(company) == []
    config.pause(paused=True)
    company.until(at(NIGHT + DAY, 12))
    assert notes(company) == []
    config.pause(paused=False)
    company.day(NIGHT + DAY)
    assert notes(company) == [(NIGHT + DAY, (READER,))]


def test_a_fee_that_was_paid_is_a_credit_and_may_come_again(engine: Engine) -> None:
    company = company_of(engine, REMINDER)
    company.until(at(NIGHT, 9, 30))
    (fee,) = [item for item in company.account().facts.items if item.kind is ItemKind.FEE]
    company.is_paid(fee.id, 200, "P1", part=True)
    take_back(company)
    assert (books(company)["owed"], books(company)["credit"]) == ([("C1-I1", 10_000)], 200)
    company.day(NIGHT + DAY)
    assert (charges(company), books(company)["credit"]) == ([("fee", 500)], 200)


def test_a_fee_that_was_paid_whole_is_a_credit(engine: Engine) -> None:
    company = company_of(engine, REMINDER)
    company.until(at(NIGHT, 9, 30))
    (fee,) = [item for item in company.account().facts.items if item.kind is ItemKind.FEE]
    company.is_paid(fee.id, 500)
    for _ in range(2):
        take_back(company)
    assert (books(company)["owed"], books(company)["credit"]) == ([("C1-I1", 10_000)], 500)


@pytest.mark.parametrize(("accepted", "mails"), [(True, 1), (False, 0)])
def test_one_in_doubt_counts_for_nothing_however_it_is_settled(engine: Engine, accepted: bool, mails: int) -> None:
    company = company_of(engine, REMINDER)
    late = (Reaction(Kind.SEND, timedelta(hours=3)), Reaction(Kind.DELIVERY, timedelta(hours=3)))
    engine.ses.behaviour = lambda _mail: (
        Script(answer=Answer.TIMEOUT, reactions=late) if accepted else timeout(accepted=False)
    )
    company.until(at(NIGHT, 9, 30))
    assert company.notice().state is NoticeState.UNKNOWN
    (account,) = take_back(company, told=True)
    assert (len(account.undone.doubtful), account.undone.sent, account.notes) == (1, [], ())
    engine.ses.behaviour = by_local_part
    company.until(at(NIGHT, 15))
    assert len(notes(company)) == mails
    if accepted:
        company.day()
        assert (charges(company), company.account().facts.state.waiting) == ([], {})
        assert company.account().facts.state.item("C1-I1").level == 0
        company.day(NIGHT + DAY)
        assert company.account().facts.state.item("C1-I1").level == 1
    else:
        assert company.account().facts.state.waiting["account"].retracted == "told"


def test_what_a_person_did_stays(engine: Engine) -> None:
    company = company_of(engine, CALL)
    company.until(at(NIGHT, 9, 30))
    (task,) = company.tasks()
    tasks.finish(task.id, "spoke to Tom", engine.now)
    (account,) = take_back(company)
    assert (account.undone.kept_tasks, account.undone.tasks) == ([task.id], [])
    company.day(NIGHT + DAY)
    assert [(one.id, one.state) for one in company.tasks()] == [(task.id, "DONE")]


def test_days_later_only_what_is_still_as_the_run_left_it(engine: Engine) -> None:
    second = {**REMINDER, "id": "c", "offset_days": 9, "level": 2, "template": "reminder"}
    company = company_of(engine, REMINDER, second)
    company.day(NIGHT + 3 * DAY)
    assert (len(company.mails), company.account().facts.state.item("C1-I1").level) == (2, 2)
    (account,) = take_back(company)
    assert (account.undone.kept_levels, account.undone.levels) == (["C1-I1"], [])
    assert company.account().facts.state.item("C1-I1").level == 2
    assert charges(company) == [("fee", 500)]  # that of the later run
    company.day(NIGHT + 5 * DAY)
    assert (len(company.mails), charges(company)) == (2, [("fee", 500)])


def test_a_run_that_is_under_way_is_stopped(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    company = company_of(engine)
    for n in range(2, 11):
        company.knows(invoice(f"C{n}", an_item(f"C{n}-I1", customer=f"C{n}")))
    engine.faults.add(_Stop(company))
    company.night()
    run = runs.read(ENTITY, NIGHT)
    assert run is not None
    assert (run.finished, run.retraction is not None) == (True, True)
    decided = [len(list(history.verdicts(ENTITY, f"C{n}"))) for n in range(1, 11)]
    assert sum(decided) == 8  # the four batches that were begun together; the last one was only marked
    assert len(take_back(company)) == 8
    company.day()
    assert (company.mails, company.digests, company.attention()) == ([], [], [])
    company.day(NIGHT + DAY)
    assert len(company.mails) == 10


def test_a_run_whose_batches_were_lost_ends_too(engine: Engine) -> None:
    company = company_of(engine)
    engine.move_to(at(NIGHT, 6))
    engine.invoke("PlanRunFunction", {"kind": "tick"})
    engine.client("sqs").purge_queue(QueueUrl=engine.stack.outputs["AccountsQueueUrl"])
    assert retract.stop(order(), config.read(), engine.now) is not None
    company.day()
    run = runs.read(ENTITY, NIGHT)
    assert run is not None
    assert (run.finished, dict(run.counts), company.mails, company.digests) == (True, {"lost": 1}, [], [])


class _Stop:
    """The run is taken back while its first batch is being decided."""

    def __init__(self, company: Company) -> None:
        self._company, self._done = company, False

    def __call__(self, call: Any) -> None:
        if self._done or call.function != "DecideAccountsFunction" or call.operation != "UpdateItem":
            return
        self._done = True
        calls = self._company.engine.calls
        worker, calls.function = calls.function, None
        assert retract.stop(order(), config.read(), self._company.engine.now) is not None
        calls.function = worker


def test_who_got_a_copy_gets_a_note_too_and_a_copy_that_has_not_gone_does_not_go(engine: Engine) -> None:
    sub = {"name": "Subsidiary One", "parent": "C1", "chase_at": "both", "zone": "America/Los_Angeles"}
    near = {**sub, "name": "Subsidiary Two", "zone": "UTC"}
    company = company_of(engine, REMINDER)
    company.knows(invoice("S1", an_item("S1-I1", customer="S1"), customer_changes=sub))
    company.knows(invoice("S2", an_item("S2-I1", customer="S2"), customer_changes=near))
    company.until(at(NIGHT, 9, 30))
    assert [mail.to[0] for mail in company.mails] == [READER, READER.replace("c1", "s2")]
    (account,) = take_back(company, told=True)
    assert (len(account.undone.sent), len(account.undone.cancelled), len(account.notes)) == (1, 1, 2)
    company.day()
    found = {mail.to[0]: mail.text for mail in company.mails if kind_of(mail) == "retraction"}
    assert set(found) == {READER, READER.replace("c1", "s2")}
    assert [name in found[READER.replace("c1", "s2")] for name in ("INV-S2-I1", "INV-C1-I1")] == [True, False]
    assert company.attention() == []


def test_a_fee_that_is_posted_while_its_run_is_taken_back_goes_too(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender has posted it, and tells the account last; whoever takes the run back looked a moment before."""
    company = company_of(engine, REMINDER)
    before, done = books(company), list[Account]()

    def interrupt(call: Call) -> None:
        tells = call.operation == "UpdateItem" and str(call.params["Key"]["pk"]).find("ACCT#") >= 0
        if call.function != "SendNoticesFunction" or call.moment is not Moment.BEFORE or not tells or done:
            return
        assert charges(company) == [("fee", 500)]
        worker, engine.calls.function = engine.calls.function, None
        with monkeypatch.context() as patched:
            patched.setattr(posted, "stands", lambda *_: False)
            done.extend(take_back(company))
        engine.calls.function = worker

    engine.faults.add(interrupt)
    company.day()
    assert [account.undone.charges for account in done] == [[]]
    assert (company.states(), books(company)) == ([(NoticeState.DELIVERED, None)], before)
    assert [len(told(company, kind)) for kind in ("charge", "charge-taken-back")] == [1, 1]


def test_other_systems_hear_of_each_fee_that_comes_and_goes(engine: Engine) -> None:
    """The one of a message and the one that the night posts itself: the next night brings both again."""
    hooks.forget()
    assert hooks.add(
        Endpoint(id="erp", entity=ENTITY, url="https://erp.example/", types=("charge.posted", "charge.taken_back"))
    )
    company = company_of(engine)
    company.until(at(NIGHT, 9, 30))
    take_back(company)
    company.until(at(NIGHT + DAY, 9, 30))
    hooks.forget()
    heard = [(one.type, one.body["data"]["amount"]) for one in deliveries.listed(ENTITY, "erp")]
    both = ("5.00", "9.00")
    assert sorted(heard) == sorted([("charge.posted", a) for a in both * 2] + [("charge.taken_back", a) for a in both])
