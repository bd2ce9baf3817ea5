"""Runs that a person looks at: stopped by a brake, or reviewed because the policy says so."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.delivery import NoticeState
from core.ledger import Person
from functions.shared import review
from functions.shared.store import config, keys, runs
from functions.shared.store.runs import Clearance
from functions.shared.store.table import table
from functions.shared.store.tasks import TaskState
from functions.sweep_stuck.workflow import sweep
from local.activation import Late, is_old, late_accounts, ramp, set_baseline
from local.engine import Engine
from local.plan_file import Approved, Plan
from local.plan_send import Outcome, send
from local.proposals import decided, entry_of
from local.rehearsals import read
from tests.builders import a_policy, an_item, people
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at, invoice, kind_of

DAY = timedelta(days=1)


def test_a_reviewed_run_goes_when_a_person_has_looked(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 12))
    assert company.mails == []
    (task,) = company.tasks("approve-run")
    assert (task.state, task.owner, task.note) == ("OPEN", "accounting", f"{NIGHT}: a person reviews every run")
    waiting = sorted(review.waiting_notices(ENTITY, NIGHT), key=lambda notice: notice.customer)
    assert [(notice.customer, notice.waits_for) for notice in waiting] == [("C1", "person"), ("C2", "person")]
    assert review.drop(waiting[1], config.read(), engine.now)
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    company.day()
    assert company.sent() == [(NIGHT, "ap_contact.c1@customer.example")]
    assert company.tasks("approve-run")[0].state == "DONE"
    company.day(NIGHT + DAY)  # what was taken out comes again, under tonight's run
    assert len(company.mails) == 1
    assert [notice.customer for notice in review.waiting_notices(ENTITY, NIGHT + DAY)] == ["C2"]


def test_whoever_decides_is_told_once_of_a_run_that_waits(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 12))
    (mail,) = company.run_mails
    assert (kind_of(mail), mail.to) == ("approval", ("accounting@example.test",))
    assert "2 messages to 2 customers" in " ".join(mail.text.split())
    assert f"pastdue run approve {ENTITY} {NIGHT} --by accounting --stack " in mail.text
    company.until(at(NIGHT, 14))
    assert len(company.run_mails) == 1
    engine.move_to(at(NIGHT + DAY, 5, 30))
    company.until(at(NIGHT + DAY, 10))  # the next run waits as well
    assert len(company.run_mails) == 2


def test_the_manager_decides_where_there_is_one(engine: Engine) -> None:
    manager = Person(id="boss", name="Ida Boss", email="ida@example.test", roles=("ar_manager",))
    company = Company(engine, policy=a_policy(runs="reviewed"), staff=[*people(), manager])
    company.knows(invoice())
    company.until(at(NIGHT, 12))
    (task,), (mail,) = company.tasks("approve-run"), company.run_mails
    assert (task.owner, task.owner_role, mail.to) == ("boss", "ar_manager", ("ida@example.test",))


def test_an_answer_before_the_mail_leaves_makes_it_needless(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice())
    config.pause_entity(ENTITY, paused=True)
    company.night()
    assert review.reject_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    config.pause_entity(ENTITY, paused=False)
    company.day()
    assert company.run_mails == []


def test_nothing_of_a_rejected_run_goes_and_the_next_night_decides_anew(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice())
    company.until(at(NIGHT, 12))
    assert review.reject_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    company.day()
    assert company.states() == [(NoticeState.CANCELLED, "run_rejected")]
    company.night(NIGHT + DAY)
    assert sorted(notice.state for notice in company.notices()) == [NoticeState.CANCELLED, NoticeState.PLANNED]


def test_an_approval_of_yesterday_is_none_of_tonight(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice())
    company.until(at(NIGHT, 10))
    engine.move_to(at(NIGHT + DAY, 5, 30))
    company.night(NIGHT + DAY)  # the same unsent message is decided anew
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    company.until(at(NIGHT + DAY, 12))
    assert company.mails == []


def test_an_answer_in_the_evening_is_for_the_next_morning(engine: Engine) -> None:
    """The run in between decides the same again: nobody is asked anew, but of what is more by then."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 18, 30))
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    engine.move_to(at(NIGHT + DAY, 5, 30))
    more = an_item("C2-I2", customer="C2", due_on=NIGHT - 6 * DAY, open_minor=700)
    company.knows(invoice("C2", more))
    company.day(NIGHT + DAY)
    assert company.sent() == [(NIGHT + DAY, "ap_contact.c1@customer.example")]
    assert [notice.customer for notice in review.waiting_notices(ENTITY, NIGHT + DAY)] == ["C2"]
    run = runs.read(ENTITY, NIGHT + DAY)
    assert run is not None
    assert (run.counts["reviewed"], run.counts["of"]) == (1, 1)


def test_an_answer_in_the_evening_is_for_a_daily_reminder_too(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1", an_item(due_on=NIGHT - 91 * DAY)))
    company.until(at(NIGHT, 18, 30))
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    company.until(at(NIGHT + DAY, 12))
    assert company.sent() == [(NIGHT + DAY, "ap_contact.c1@customer.example")]


def test_waiting_for_a_person_costs_next_to_nothing_and_the_answer_is_heard_at_once(engine: Engine) -> None:
    """It was three writes every ten minutes a notice."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 8, 20))
    looks = watched(company, "NOTICE")
    company.until(at(NIGHT, 13))
    assert (len(looks), watched(company, "NOTICE")) == (2, looks)
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    company.until(at(NIGHT, 13, 15))
    assert len(company.mails) == 2
    company.until(at(NIGHT, 14))
    assert (len(company.mails), watched(company, "RUN")) == (2, [])


def test_what_an_answer_lets_go_is_offered_once_and_again_when_its_message_may_be_lost(engine: Engine) -> None:
    """It was queued again every ten minutes, until it went."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 12))
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    assert [offered(at(NIGHT, 12, minute)) for minute in (1, 11, 21, 51)] == [2, 0, 0, 0]
    assert offered(at(NIGHT, 13, 2)) == 2


def test_an_answer_before_the_hour_of_its_messages_offers_none_of_them(engine: Engine) -> None:
    """They were offered in vain, every ten minutes until then."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"))
    company.until(at(NIGHT, 13))  # asked, and not answered; the next night decides them anew
    company.night(NIGHT + DAY)
    assert {(notice.waits_for, notice.not_before > engine.now) for notice in company.notices()} == {("person", True)}
    assert review.approve_run(ENTITY, NIGHT + DAY, by="accounting", now=engine.now)
    assert [offered(engine.now + n * timedelta(minutes=10)) for n in (1, 2)] == [0, 0]
    assert watched(company, "RUN") == []
    company.day(NIGHT + DAY)
    assert len(company.mails) == 2


def offered(now: datetime) -> int:
    """What one sweep offers to the senders."""
    return sweep(now, lambda: 600_000).get("offered", 0)


def test_an_answer_that_calls_nobody_is_found_on_the_same_day(engine: Engine) -> None:
    """As of older code, or one that was given by itself."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"))
    company.until(at(NIGHT, 8, 30))
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    assert table().update_if(keys.run(ENTITY, NIGHT), "REMOVE #att_pk, #att_sk", "attribute_exists(#pk)")
    company.until(at(NIGHT, 15))
    assert len(company.mails) == 1


def test_nobody_is_asked_about_a_run_that_a_later_one_took_over(engine: Engine) -> None:
    """On a Saturday nothing is decided anew, so Friday's question stands until the Monday."""
    company = Company(engine, policy=a_policy(runs="reviewed", send_days="business_days"))
    company.knows(invoice("C1", an_item(due_on=NIGHT - 4 * DAY)), invoice("C2", an_item("I2", customer="C2")))
    nights = [NIGHT, NIGHT + DAY, *(NIGHT + n * DAY for n in (4, 5, 7))]
    open_on = {}
    for night in nights:
        company.night(night)
        found = company.tasks("approve-run")
        open_on[night] = [task.due_on for task in found if task.state is TaskState.OPEN]
        assert {task.reason for task in found if task.state is TaskState.CLOSED} <= {"taken_over"}
    assert open_on == {night: [nights[2] if night == nights[3] else night] for night in nights}


def test_one_that_cannot_be_read_keeps_none_of_the_others(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"), invoice("C2"), invoice("C3"))
    company.until(at(NIGHT, 8, 30))
    broken = min(company.notices(), key=lambda notice: notice.id)
    assert table().update_if(keys.notice(broken.id), "SET #body = :body", "attribute_exists(#pk)", {"body": b"?"})
    assert review.approve_run(ENTITY, NIGHT, by="accounting", now=engine.now)
    engine.run_until(at(NIGHT, 9))
    assert len(company.mails) == 2


def test_what_an_approved_plan_let_go_is_not_asked_for_again(engine: Engine) -> None:
    """It was, as soon as anything was heard of the account before the night."""
    company = Company(engine, policy=a_policy(runs="reviewed"))
    company.knows(invoice("C1"))
    engine.move_to(at(NIGHT, 5, 40))
    account = read(config.read(), company.entities[0], "C1", NIGHT)
    assert account is not None
    entry = entry_of(account, decided(account.facts, account.setting, NIGHT, engine.now))
    plan = Plan("stack", NIGHT, made_at="", accounts=(entry,))
    plan = replace(plan, approved=Approved("accounting", "", plan.hash))
    assert [one.outcome for one in send(plan, config.read(), engine.now)] == [Outcome.SENT]
    company.learns(contacts=(ap("C1"), ap("C1", "second@customer.example", "ap_manager")))
    company.day()
    assert (company.sent(), company.tasks("approve-run")) == ([(NIGHT, "ap_contact.c1@customer.example")], [])


def watched(company: Company, kind: str) -> list[str]:
    """What the sweep looks at of one kind, and when."""
    return [look for look in company.attention() if f"#{kind}#" in look]


def test_an_answer_on_a_friday_evening_is_for_the_monday(engine: Engine) -> None:
    """In between no mail goes; what is paid in between is not asked for."""
    company = Company(engine, policy=a_policy(runs="reviewed", send_days="business_days"))
    friday = NIGHT + 4 * DAY
    engine.move_to(at(friday, 5, 30))
    company.knows(*(invoice(one, an_item(f"{one}-I1", customer=one, due_on=friday - 7 * DAY)) for one in ("C1", "C2")))
    company.until(at(friday, 18, 30))
    assert review.approve_run(ENTITY, friday, by="accounting", now=engine.now)
    company.day(friday + DAY)
    company.is_paid("C2-I1", 10_000, customer="C2")
    company.until(at(friday + 3 * DAY, 12))
    assert company.sent() == [(friday + 3 * DAY, "ap_contact.c1@customer.example")]
    assert list(review.waiting_notices(ENTITY, friday + 3 * DAY)) == []
    assert company.account("C2").facts.state.waiting == {}


def test_a_brake_stops_a_run_for_a_person_and_an_ordinary_one_goes(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(brakes={"most_messages": 1}))
    company.knows(invoice("C1"))
    company.day()
    assert len(company.mails) == 1
    run = runs.read(ENTITY, NIGHT)
    assert run is not None
    assert (run.clearance, run.cleared_by) == (Clearance.LIMITS, "")
    company.knows(invoice("C2"), invoice("C3"))
    company.day(NIGHT + DAY)
    assert len(company.mails) == 1
    (task,) = company.tasks("approve-run")
    assert task.note == f"{NIGHT + DAY}: 2 messages, at most 1 are allowed"
    (mail,) = company.run_mails
    assert kind_of(mail) == "alert"
    assert "It would send 2 messages. At most 1 are allowed." in mail.text
    assert review.approve_run(ENTITY, NIGHT + DAY, by="accounting", now=engine.now)
    company.until(at(NIGHT + 2 * DAY, 5, 50))  # out of hours: it waits for the morning, not for the next run
    assert len(company.mails) == 1


def test_a_switch_of_one_entity(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice())
    config.pause_entity(ENTITY, paused=True)
    company.until(at(NIGHT, 12))
    assert (company.mails, company.notice().waits_for) == ([], "switch")
    config.pause_entity(ENTITY, paused=False)
    company.day()
    assert len(company.mails) == 1


def test_an_old_ledger_hears_a_statement_first_the_largest_account_first(engine: Engine) -> None:
    policy = a_policy(activation={"first_quota": 1, "ramp_percent": 100})
    company = Company(engine, policy=policy)
    for n, customer in enumerate(("C1", "C2", "C3", "C4"), start=1):
        due_on = NIGHT - 40 * DAY
        company.knows(
            invoice(customer, an_item(f"{customer}-I1", customer=customer, due_on=due_on, open_minor=n * 1_000))
        )
    entity = company.entities[0]
    days = ramp(late_accounts(entity, ("C1", "C2", "C3", "C4"), NIGHT), policy.activation, NIGHT)
    assert days == {"C4": NIGHT, "C3": NIGHT + DAY, "C2": NIGHT + DAY, "C1": NIGHT + 2 * DAY}
    late = (Late("C1", 9_000, NIGHT - DAY), Late("C2", 1_000, NIGHT - 2 * DAY), Late("C3", 2_000, NIGHT - 2 * DAY))
    by_age = ramp(late, policy.activation.model_copy(update={"first": "oldest"}), NIGHT)
    assert by_age == {"C3": NIGHT, "C2": NIGHT + DAY, "C1": NIGHT + DAY}
    set_baseline(entity, {"C4": NIGHT}, NIGHT, engine.now)
    assert is_old(tuple(late_accounts(entity, days, NIGHT)), NIGHT)  # stopped there, it takes up the others again
    set_baseline(entity, days, NIGHT, engine.now)
    for n in range(4):
        company.day(NIGHT + n * DAY)
    assert [(mail.sent_at.date(), kind_of(mail)) for mail in company.mails] == [
        (NIGHT, "statement"), (NIGHT + DAY, "statement"), (NIGHT + DAY, "statement"), (NIGHT + 2 * DAY, "statement"),
    ]  # fmt: skip
    assert not is_old(tuple(late_accounts(entity, days, NIGHT)), NIGHT)  # sent to: it goes on where it stood
