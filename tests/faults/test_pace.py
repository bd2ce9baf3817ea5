"""Quotas, pauses, outages and switches: nothing is lost, nothing fails, nothing floods, and it goes on by itself."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.delivery import NoticeState
from core.keys import address_hash
from core.sending import Circuit
from functions.shared import clock, health
from functions.shared.store import config, pace, sent, switches
from functions.shared.store import reach as store_reach
from local.engine import Call, Engine, Moment
from local.engine.ses_events import Reaction
from local.engine.ses_script import Script, complaint, delivered, hard_bounce, server_error, suppressed, throttled
from tests.builders import a_policy, an_entity, an_item
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, ap, at, invoice

TOMORROW = NIGHT + timedelta(days=1)


def decided(engine: Engine, customers: int, *, per_second: float = 14.0, **entity: Any) -> Company:
    """So many accounts, each with a notice that goes at eight."""
    engine.ses.send_rate = per_second
    company = Company(engine, an_entity(sender=SENDER, **entity))
    company.knows(*(invoice(f"C{n}") for n in range(customers)))
    company.night()
    return company


def waiting(company: Company) -> Counter[str | None]:
    """How many unsent notices wait, by what for."""
    return Counter(notice.waits_for for notice in company.notices() if notice.state is NoticeState.PLANNED)


def once_each(company: Company, customers: int) -> None:
    """Every customer has exactly one mail, one step, and nobody has to look at anything."""
    assert len(company.mails) == len({mail.to for mail in company.mails}) == customers
    assert {notice.state for notice in company.notices()} == {NoticeState.DELIVERED}
    assert {company.account(f"C{n}").facts.state.item(f"C{n}-I1").attempts for n in range(customers)} == {1}
    assert (company.attention(), company.queued(), company.dead_letters()) == ([], 0, {})


def no_slot_is_held(company: Company) -> None:
    held = {id_ for row in company.rows("REACH#") for ids in row.get("days", {}).values() for id_ in ids}
    assert held.isdisjoint(n.id for n in company.notices() if n.state is NoticeState.PLANNED)


def logged(engine: Engine, code: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in engine.logs if line.startswith("{"))
    return [line for line in lines if line.get("event") == code]


# ---------- rate ----------
def test_all_senders_together_keep_to_the_rate_of_the_account(engine: Engine) -> None:
    """Read from the account; recipients count, and our own people's too."""
    company = decided(engine, 8, per_second=5.0)
    company.until(at(NIGHT, 9))
    assert logged(engine, "PD1302") == []  # the stand-in refuses the sixth of a second
    times = sorted(mail.sent_at for mail in company.mails)
    assert timedelta(seconds=7 / 5) <= times[-1] - times[0] <= timedelta(seconds=7 / 5 / 0.95)
    once_each(company, 8)


def test_a_mail_to_several_takes_a_slot_for_each_reader(engine: Engine) -> None:
    engine.ses.send_rate = 2.0
    company = Company(engine)
    contacts = [ap("C1", f"ap{n}@customer.example", id=f"k{n}") for n in range(4)]
    company.knows(
        invoice("C1", contacts=contacts),
        invoice("C2", contacts=[ap("C2", f"b{n}@customer.example", id=f"b{n}") for n in range(4)]),
    )
    company.until(at(NIGHT, 9))
    first, second = sorted(mail.sent_at for mail in company.mails)
    assert second - first >= timedelta(seconds=4 / 2)
    assert pace.read().taken == sum(len(mail.recipients) for mail in engine.outbox)


def test_turns_that_come_too_late_for_the_function_wait_without_a_receive(engine: Engine) -> None:
    """Ten seconds a mail: the function does not live long enough for eighteen; the rest waits for the sweep."""
    company = decided(engine, 18, per_second=0.1)
    company.until(at(NIGHT, 8, 5))
    assert 5 <= len(company.mails) < 18
    assert waiting(company) == {"quota": 18 - len(company.mails)}
    receives = [line for line in engine.logs if '"PD1901"' in line]
    assert receives == []
    company.until(at(NIGHT, 9))
    once_each(company, 18)
    assert logged(engine, "PD1302") == []


def test_f10_too_fast_goes_back_and_goes_once_later(engine: Engine) -> None:
    company = decided(engine, 6)
    refusals = iter((True, False, True))

    engine.ses.behaviour = lambda _mail: throttled() if next(refusals, False) else delivered()
    company.until(at(NIGHT, 8, 1))
    assert waiting(company) == {"quota": 2}
    no_slot_is_held(company)
    until = {notice.not_before for notice in company.notices() if notice.waits_for == "quota"}
    assert all(at(NIGHT, 8) < instant <= at(NIGHT, 8, 1) for instant in until)
    company.until(at(NIGHT, 9))
    once_each(company, 6)
    assert pace.read().circuit is Circuit.CLOSED


# ---------- the day's quota ----------
def test_f11_a_used_up_quota_pauses_everything_until_there_is_room(engine: Engine) -> None:
    """Counted by us before SES has to refuse; the rest stays planned and goes as the rolling day frees room."""
    engine.ses.daily_quota = 7.0
    company = decided(engine, 7)
    (digest,) = engine.outbox
    yesterday = [replace(digest, message_id=f"m{n}", sent_at=at(NIGHT, 9 + n) - timedelta(days=1)) for n in range(3)]
    engine.outbox[:0] = yesterday
    company.until(at(NIGHT, 8, 50))
    assert len(engine.outbox) == 7
    assert (len(company.mails), waiting(company)) == (3, {"quota": 4})
    assert engine.ses.requests == 1 + 3  # SES was not asked for more
    assert {notice.attempt for notice in company.notices() if notice.state is NoticeState.PLANNED} <= {0, 1}
    assert logged(engine, "PD1332")
    no_slot_is_held(company)
    company.until(at(NIGHT, 9, 30))
    assert len(company.mails) == 4  # one of yesterday's is a day old
    company.until(at(NIGHT, 11, 30))
    assert (len(company.mails), waiting(company)) == (6, {"quota": 1})
    engine.ses.daily_quota = 50_000.0
    company.until(at(NIGHT, 12))
    once_each(company, 7)


def test_f11_a_quota_that_others_used_up_is_told_by_the_refusal(engine: Engine) -> None:
    """SES says that the day is full though the last reading showed room: nobody asks again before the next reading."""
    company = decided(engine, 3)
    full = ("TooManyRequestsException", "Daily message quota exceeded.", 429)
    asked = engine.ses.requests
    engine.ses.behaviour = lambda mail: Script(error=full) if mail.sent_at < at(NIGHT, 10) else delivered()
    company.until(at(NIGHT, 8, 9))
    assert engine.ses.requests == asked + 1
    assert waiting(company) == {"quota": 3}
    no_slot_is_held(company)
    company.until(at(NIGHT, 11))
    once_each(company, 3)


# ---------- the account ----------
def test_f12_a_paused_account_opens_the_circuit_which_closes_by_itself(engine: Engine) -> None:
    company = decided(engine, 4)
    engine.ses.enabled = False
    asked = engine.ses.requests
    company.until(at(NIGHT, 10))
    assert engine.ses.requests == asked  # the sweep had read the account
    assert waiting(company) == {"provider": 4}
    no_slot_is_held(company)
    assert sorted(notice.attempt for notice in company.notices()) == [0] * 4
    assert {notice.state for notice in company.notices()} == {NoticeState.PLANNED}
    assert (pace.read().circuit, company.dead_letters()) == (Circuit.OPEN, {})
    assert len(logged(engine, "PD1330")) == 1
    assert any("sending_closed" in line for line in engine.logs)
    assert [company.account(f"C{n}").facts.state.seq for n in range(4)] == [{}] * 4
    engine.ses.enabled = True
    company.until(at(NIGHT, 11))
    once_each(company, 4)
    first, second, *_ = sorted(mail.sent_at for mail in company.mails)
    assert second - first >= timedelta(minutes=9)  # one tries; the others follow with the next sweep
    assert (pace.read().circuit, len(logged(engine, "PD1331"))) == (Circuit.CLOSED, 1)


def test_f12_a_try_that_is_refused_keeps_the_circuit_open(engine: Engine) -> None:
    """GetAccount says that all is well, and SES still refuses: one mail every ten minutes asks."""
    company = decided(engine, 3)
    asked = engine.ses.requests
    suspended = ("AccountSuspendedException", "", 400)
    engine.ses.behaviour = lambda mail: Script(error=suspended) if mail.sent_at < at(NIGHT, 9) else delivered()
    company.until(at(NIGHT, 8, 59))
    assert engine.ses.requests - asked <= 1 + 6
    company.until(at(NIGHT, 10))
    once_each(company, 3)


@pytest.mark.parametrize("refusal", [
    ("MailFromDomainNotVerifiedException", "", 400),
    ("MessageRejected", "Email address is not verified. The following identities failed the check: x@y.example", 400),
], ids=["mail from", "not verified"])  # fmt: skip
def test_f13_a_sender_that_is_not_verified_is_held_alone(engine: Engine, refusal: tuple[str, str, int]) -> None:
    other = "two@mail.example.com"
    company = Company(engine, an_entity(sender=SENDER), an_entity(id="E2", sender=other))
    company.knows(*(invoice(f"C{n}") for n in range(2)), *(invoice(f"D{n}", entity="E2") for n in range(2)))
    company.night()
    engine.ses.behaviour = lambda mail: Script(error=refusal) if other in mail.sender else delivered()
    asked = engine.ses.requests
    company.until(at(NIGHT, 10))
    assert sorted(mail.to[0] for mail in company.mails) == [f"ap_contact.c{n}@customer.example" for n in range(2)]
    assert engine.ses.requests == asked + 2 + 1
    held = [notice for notice in company.notices() if notice.entity == "E2"]
    assert {(notice.state, notice.waits_for) for notice in held} == {(NoticeState.PLANNED, "switch")}
    (switch,) = [one for one in switches.standing() if one.paused]
    assert (switch.reach, switch.of, switch.by, switch.cause) == ("entity", "E2", "pastdue", "sender")
    assert "verified" in switch.reason
    (task,) = company.tasks("sending-stopped")
    assert (task.entity, task.state, task.note) == ("E2", "OPEN", switch.reason)
    assert "@" not in "".join(engine.logs).replace("@timestamp", "")  # the refusal's own words name an address
    assert pace.read().circuit is Circuit.CLOSED
    engine.ses.behaviour = lambda _mail: delivered()
    config.pause_entity("E2", paused=False, by="anna", reason="verified", at=engine.now)
    company.until(at(NIGHT, 12))
    assert {notice.state for notice in company.notices()} == {NoticeState.DELIVERED}


def test_f13_an_entity_that_lost_its_sender_stops_once_and_what_it_has_waits(engine: Engine) -> None:
    company = Company(engine, an_entity(sender=SENDER))
    company.knows(*(invoice(f"C{n}") for n in range(2)))
    company.night()
    known = config.read()
    bare = known.entities[ENTITY].model_copy(update={"sender": ""})
    assert config.put_entity(bare, was=known.versions[f"entity#{ENTITY}"])
    before = engine.ses.requests
    company.until(at(NIGHT, 10))
    assert engine.ses.requests == before
    assert {(one.state, one.waits_for) for one in company.notices()} == {(NoticeState.PLANNED, "switch")}
    (task,) = company.tasks()
    assert (task.kind, task.note) == ("sending-stopped", "it has no sender address any more")
    assert config.put_entity(known.entities[ENTITY], was=known.versions[f"entity#{ENTITY}"] + 1)
    config.pause_entity(ENTITY, paused=False, by="anna", reason="it has one", at=engine.now)
    company.until(at(NIGHT, 12))
    assert {notice.state for notice in company.notices()} == {NoticeState.DELIVERED}


# ---------- an outage of the region ----------
@pytest.mark.parametrize(("night", "ends", "day"), [
    (NIGHT, at(NIGHT, 12), NIGHT),
    (NIGHT + timedelta(days=4), at(NIGHT + timedelta(days=4), 19), NIGHT + timedelta(days=7)),  # Friday -> Monday
], ids=["inside the day", "past the hours"])  # fmt: skip
def test_f58_after_an_outage_of_hours_it_goes_on_inside_the_hours(
    engine: Engine, night: Any, ends: datetime, day: Any
) -> None:
    engine.reset(now=at(night, 5, 30))
    company = Company(engine, policy=a_policy(send_days="business_days"))
    due = night - timedelta(days=7)
    company.knows(*(invoice(f"C{n}", an_item(f"C{n}-I1", customer=f"C{n}", due_on=due)) for n in range(5)))
    company.night(night)
    engine.ses.down, asked = True, engine.ses.requests
    engine.ses.behaviour = lambda _mail: server_error(accepted=False)
    company.until(ends)
    doubts = [n for n in company.notices() if n.state in (NoticeState.SENDING, NoticeState.UNKNOWN)]
    assert (
        len(doubts) == engine.ses.requests - asked == 3
    )  # then the circuit is open, and nobody tries while SES is away
    assert waiting(company) == {"provider": 2}
    assert {notice.state for notice in company.notices()} <= {*UNSURE, NoticeState.PLANNED}
    engine.ses.down, engine.ses.behaviour = False, lambda _mail: delivered()
    company.day(day)
    gone = [mail for mail in company.mails if mail.sent_at.date() == day]
    assert len(gone) == len({mail.to for mail in gone}) >= 2
    assert all(8 <= mail.sent_at.hour < 18 for mail in company.mails)
    company.day(day + timedelta(days=1))
    assert len(company.mails) == len({mail.to for mail in company.mails}) == 5
    states = [company.account(f"C{n}").facts.state.item(f"C{n}-I1") for n in range(5)]
    assert {(state.level, state.attempts) for state in states} == {(1, 1)}  # one step each, neither two nor none
    assert company.dead_letters() == {}


UNSURE = (NoticeState.SENDING, NoticeState.UNKNOWN)


# ---------- switches ----------
@pytest.mark.parametrize(("reach", "mails"), [("all", 10), ("entity", 5), ("policy", 5)])
def test_f59_no_mail_leaves_later_than_a_second_after_the_switch(engine: Engine, reach: str, mails: int) -> None:
    """Pressed while the fourth mail of a batch is on its way, at one mail a second."""
    company = decided(engine, mails, per_second=1.0)
    asked, calls, pressed = engine.ses.requests, list[datetime](), list[datetime]()

    def press(call: Call) -> None:
        if call.operation != "SendEmail":
            return
        if call.moment is Moment.BEFORE:
            calls.append(engine.now)
        elif len(calls) == 4 and not pressed:
            worker, engine.calls.function = engine.calls.function, None
            turn(reach, paused=True, at=engine.now)
            engine.calls.function = worker
            pressed.append(engine.now)

    engine.faults.add(press)
    company.until(at(NIGHT, 9))
    engine.faults.clear()
    assert max(calls) - pressed[0] <= timedelta(seconds=1)
    assert (engine.ses.requests - asked, len(company.mails)) == (4, 4)
    assert waiting(company) == {"switch": mails - 4}
    no_slot_is_held(company)
    (entry,) = switches.turns(5)
    assert (entry.reach, entry.paused, entry.by, entry.reason, entry.at) == (reach, True, "anna", "wrong", entry.at)
    turn(reach, paused=False, at=engine.now)
    company.until(at(NIGHT, 10))
    once_each(company, mails)


def test_an_address_that_dies_while_its_mail_waits_for_its_turn_gets_none(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another account's mail found it dead; the account itself has not changed."""
    company = decided(engine, 6, per_second=1.0)
    stock, turns = clock.wait_until, list[datetime]()

    def wait(instant: datetime) -> None:
        stock(instant)
        turns.append(instant)
        if len(turns) == 4:
            worker, engine.calls.function = engine.calls.function, None
            for n in {f"C{n}" for n in range(6)} - told(company):
                store_reach.switch_off(address_hash(f"ap_contact.{n}@customer.example".lower()), "bounce")
            engine.calls.function = worker

    monkeypatch.setattr(clock, "wait_until", wait)
    company.until(at(NIGHT, 9))
    assert len(turns) >= 4
    assert len(company.mails) == 3
    no_slot_is_held(company)


def told(company: Company) -> set[str]:
    """The customers who have a mail."""
    return {mail.to[0].partition("@")[0].rpartition(".")[2].upper() for mail in company.mails}


def turn(reach: str, *, paused: bool, at: datetime) -> None:
    said: Any = {"paused": paused, "by": "anna", "reason": "wrong", "at": at}
    match reach:
        case "all":
            config.pause(**said)
        case "entity":
            config.pause_entity(ENTITY, **said)
        case "policy":
            config.pause_policy(an_entity().policy, **said)


# ---------- brakes ----------
@pytest.mark.parametrize(("kind", "events", "mails", "stops"), [
    ("bounce", 2, 66, True), ("bounce", 2, 67, False), ("bounce", 9, 300, False), ("bounce", 10, 300, True),
    ("bounce", 40, 49, False), ("bounce", 40, 50, True), ("complaint", 1, 60, False), ("complaint", 2, 60, True),
    ("complaint", 2, 2_499, True), ("complaint", 2, 2_500, False),
])  # fmt: skip
def test_where_the_brakes_stop(kind: Any, events: int, mails: int, stops: bool) -> None:
    assert health.too_many(kind, events, mails) is stops


@pytest.mark.parametrize(("fate", "cause"), [(hard_bounce, "bounce"), (complaint, "complaint"), (suppressed, "")])
def test_too_many_bounces_or_complaints_stop_their_entity_once(engine: Engine, fate: Any, cause: str) -> None:
    company = Company(engine, an_entity(sender=SENDER), an_entity(id="E2", sender=SENDER))
    company.knows(*(invoice(f"C{n}") for n in range(2)))
    company.night()
    assert sent.add(ENTITY, NIGHT, 60, None, engine.now)
    engine.ses.behaviour = lambda _mail: fate()
    company.until(at(NIGHT, 10))
    assert sent.read(ENTITY, NIGHT).sent == 62
    stopped = [(one.of, one.cause, one.by, bool(one.reason)) for one in switches.standing() if one.paused]
    assert stopped == ([(ENTITY, cause, "pastdue", True)] if cause else [])
    assert len(company.tasks("sending-stopped")) == len(logged(engine, "PD1334")) == len(stopped)
    assert any("entities_stopped" in line for line in engine.logs) is bool(cause)
    assert (config.read().stopped(ENTITY), config.read().stopped("E2")) == (bool(cause), False)


def test_who_was_started_again_is_judged_by_the_mails_that_come_after(engine: Engine) -> None:
    """Two bounce at once and stop it; the third of the same morning is heard of when it sends again."""
    company = decided(engine, 3)
    assert sent.add(ENTITY, NIGHT, 60, None, engine.now)
    at_once = hard_bounce()
    afterwards = Script(reactions=late(at_once.reactions))
    engine.ses.behaviour = lambda mail: afterwards if "c2" in mail.to[0] else at_once
    company.until(at(NIGHT, 9))
    assert config.read().stopped(ENTITY)
    config.pause_entity(ENTITY, paused=False, by="anna", at=engine.now)
    assert sent.add(ENTITY, NIGHT, 55, None, engine.now)
    company.until(at(NIGHT, 12))
    assert (company.notices()[0].state, config.read().stopped(ENTITY)) == (NoticeState.HARD_BOUNCED, False)


def late(reactions: tuple[Reaction, ...]) -> tuple[Reaction, ...]:
    return tuple(replace(reaction, after=timedelta(hours=2)) for reaction in reactions)


def test_an_event_heard_twice_counts_once(engine: Engine) -> None:
    company = decided(engine, 1)
    assert sent.add(ENTITY, NIGHT, 60, None, engine.now)
    twice = hard_bounce()
    engine.ses.behaviour = lambda _mail: Script(reactions=(*twice.reactions, *twice.reactions))
    company.until(at(NIGHT, 9))
    assert (sent.marked(ENTITY, NIGHT, "bounce"), company.tasks("sending-stopped")) == (1, [])


# ---------- the first days of a sender ----------
def test_a_new_sender_sends_a_little_more_each_day_and_all_in_the_end(engine: Engine) -> None:
    company = decided(engine, 5, warm_up=(2, 2))
    company.day()
    assert (len(company.mails), waiting(company)) == (2, {"quota": 3})
    assert sent.read(ENTITY, NIGHT).sent == 2
    no_slot_is_held(company)
    company.day(TOMORROW)
    assert len(company.mails) == 2 + 2
    company.day(TOMORROW + timedelta(days=1))
    once_each(company, 5)


def test_where_it_is_switched_off_nothing_holds_a_new_sender_back(engine: Engine) -> None:
    company = decided(engine, 2, warm_up=())
    company.until(at(NIGHT, 9))
    once_each(company, 2)
    assert sent.stage(ENTITY) is None
