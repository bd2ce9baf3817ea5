"""Whatever the mail provider answers, in whatever order its events come: one mail, or a reason, or a visible doubt."""

import json
from collections import Counter
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from core.delivery import NoticeState
from local.engine import Call, Engine, Moment
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import (
    Answer,
    Behaviour,
    Script,
    complaint,
    delayed,
    delivered,
    hard_bounce,
    late_bounce,
    paused,
    quota_exceeded,
    rejected,
    server_error,
    soft_bounce,
    suppressed,
    suspended,
    throttled,
    timeout,
    virus,
)
from tests.builders import an_item
from tests.faults.stories import settled, to_one_reader
from tests.scenarios.company import NIGHT, Company, ap, at, invoice, kind_of

READER = "ap_contact.c1@customer.example"
TOMORROW = NIGHT + timedelta(days=1)


@pytest.mark.parametrize(
    ("answer", "waits_for"),
    [(throttled, "quota"), (quota_exceeded, "quota"), (paused, "provider"), (suspended, "provider")],
)
def test_refused_for_now_waits_without_a_slot_and_goes_later_once(engine: Engine, answer: Any, waits_for: str) -> None:
    company = to_one_reader(engine)
    engine.ses.behaviour = lambda mail: answer() if mail.sent_at < at(NIGHT, 9) else delivered()
    company.until(at(NIGHT, 8, 59))
    notice = company.notice()
    assert (notice.state, notice.waits_for, company.slots(READER)) == (NoticeState.PLANNED, waits_for, {})
    assert company.account().facts.state.seq == {}
    tries = engine.ses.requests
    assert tries <= 1 + 1 + 6  # the digest; at eight; then every ten minutes
    company.day()
    assert (len(company.mails), company.notice().state) == (1, NoticeState.DELIVERED)
    assert company.account().facts.state.item("C1-I1").attempts == 1
    settled(company)


@pytest.mark.parametrize("answer", ["rejected", "not found", "bad request"])
def test_f14_refused_for_ever_is_said_once_and_tried_once_a_night(engine: Engine, answer: str) -> None:
    errors = {"not found": ("NotFoundException", "", 404), "bad request": ("BadRequestException", "", 400)}
    company = to_one_reader(engine)
    engine.ses.behaviour = lambda _mail: Script(error=errors[answer]) if answer in errors else rejected()
    before = engine.ses.requests
    company.day()
    assert engine.ses.requests == before + 1
    ((state, reason),) = company.states()
    assert (state, bool(reason)) == (NoticeState.FAILED, True)
    (task,) = company.tasks("delivery-failed")
    assert (task.state, task.items, task.note) == ("OPEN", ("C1-I1",), reason)
    assert company.slots(READER) == {}
    assert company.account().facts.state.item("C1-I1").level == 0
    settled(company)
    company.until(at(TOMORROW, 12))
    assert len([notice for notice in company.notices() if notice.state is NoticeState.FAILED]) == 2
    assert len([task for task in company.tasks("delivery-failed") if task.customer]) == 1


@pytest.mark.parametrize("answer", [timeout, server_error])
def test_f07_f09_no_answer_but_accepted_is_settled_by_its_event_with_one_request(engine: Engine, answer: Any) -> None:
    company = to_one_reader(engine)
    engine.ses.behaviour = lambda _mail: answer(accepted=True)
    before = engine.ses.requests
    company.day()
    assert engine.ses.requests == before + 1  # the SDK made no second one
    assert (len(company.mails), company.notice().state) == (1, NoticeState.DELIVERED)
    assert company.notice().message_id == company.mails[0].message_id
    assert company.account().facts.state.item("C1-I1").level == 1
    assert company.tasks("delivery-doubt") == []
    settled(company)


@pytest.mark.parametrize("answer", [timeout, server_error])
def test_f08_f09_no_answer_and_no_event_becomes_a_doubt_that_stays_one(engine: Engine, answer: Any) -> None:
    company = to_one_reader(engine)
    engine.ses.behaviour = lambda _mail: answer(accepted=False)
    before = engine.ses.requests
    company.until(at(NIGHT, 8, 9))
    assert company.notice().state is NoticeState.SENDING
    assert company.tasks("delivery-doubt") == []
    company.day(NIGHT + timedelta(days=3))
    assert engine.ses.requests - before == 1 + len(company.digests) - 1
    assert company.mails == []
    assert company.notice().state is NoticeState.UNKNOWN
    (task,) = company.tasks("delivery-doubt")
    assert (task.state, task.note, task.items) == ("OPEN", company.notice().id, ("C1-I1",))
    assert company.reasons() == ["in_doubt"]
    assert company.slots(READER)  # it may have reached them
    in_doubt = [notice.id for notice in (*company.notices(), *company.notices("digest")) if notice.state == "UNKNOWN"]
    looks = sorted(look.rsplit("#", 1)[-1] for look in company.attention())
    assert (looks, company.queued(), company.dead_letters()) == (sorted(in_doubt), 0, {})


def test_f07_a_late_event_settles_the_doubt_and_closes_its_task(engine: Engine) -> None:
    company = to_one_reader(engine)
    late = (Reaction(Kind.SEND, timedelta(hours=3)), Reaction(Kind.DELIVERY, timedelta(hours=5)))
    engine.ses.behaviour = lambda _mail: Script(answer=Answer.TIMEOUT, reactions=late)
    company.until(at(NIGHT, 10))
    assert company.notice().state is NoticeState.UNKNOWN
    company.day()
    notice = company.notice()
    assert (notice.state, notice.accepted_on) == (NoticeState.DELIVERED, NIGHT)
    assert [task.state for task in company.tasks("delivery-doubt")] == ["CLOSED"]
    assert company.account().facts.state.item("C1-I1").level == 1
    settled(company)


def test_f34_an_event_that_overtakes_our_own_note_is_kept(engine: Engine) -> None:
    """Send and Delivery are heard while the sender has not yet written down the answer."""
    company = to_one_reader(engine)

    def hook(call: Call) -> None:
        if call.operation == "SendEmail" and call.moment is Moment.AFTER:
            engine.faults.clear()
            sender = engine.calls.function
            engine.move_to(engine.now + timedelta(seconds=3))
            engine.pump()
            assert company_state(company) is NoticeState.DELIVERED
            engine.calls.function = sender

    def company_state(company: Company) -> NoticeState:
        engine.calls.function = None
        return company.notice().state

    engine.faults.add(hook)
    company.day()
    notice = company.notice()
    assert (notice.state, notice.message_id) == (NoticeState.DELIVERED, company.mails[0].message_id)
    state = company.account().facts.state
    assert (state.seq, state.item("C1-I1").attempts) == ({"account": 1}, 1)
    settled(company)


FATES: dict[str, tuple[Behaviour, NoticeState]] = {
    "delivered": (lambda _: delivered(), NoticeState.DELIVERED),
    "delayed, then delivered": (lambda _: delayed(), NoticeState.DELIVERED),
    "mailbox full": (lambda _: soft_bounce(), NoticeState.SOFT_BOUNCED),
    "unknown user": (lambda _: hard_bounce(), NoticeState.HARD_BOUNCED),
    "on the suppression list": (lambda _: suppressed(), NoticeState.HARD_BOUNCED),
    "delivered, then bounced": (lambda _: late_bounce(), NoticeState.HARD_BOUNCED),
    "complained about": (lambda _: complaint(), NoticeState.COMPLAINED),
    "virus": (lambda _: virus(), NoticeState.REJECTED),
}


@pytest.mark.parametrize("fate", FATES)
def test_events_lead_to_the_state_of_the_mails_fate(engine: Engine, fate: str) -> None:
    company = to_one_reader(engine)
    engine.ses.behaviour, end = FATES[fate]
    company.day()
    assert company.notice().state is end
    assert len(company.mails) == 1
    state = company.account().facts.state
    reached = end not in (NoticeState.HARD_BOUNCED, NoticeState.REJECTED)
    assert state.seq == {"account": 1}
    assert (state.item("C1-I1").level, state.item("C1-I1").attempts) == ((1, 1) if reached else (0, 0))
    assert state.last_accepted_on == ({"account": NIGHT} if reached else {})
    assert {task.kind for task in company.tasks()} == TASKS.get(end, set())
    settled(company)


TASKS = {
    NoticeState.HARD_BOUNCED: {"fix-address"},
    NoticeState.COMPLAINED: {"fix-address"},
    NoticeState.REJECTED: {"delivery-failed"},
}


@pytest.mark.parametrize("answer", [Answer.OK, Answer.TIMEOUT])  # without an answer they come before our own note
def test_f35_any_order_of_events_each_of_them_twice_ends_alike(engine: Engine, answer: Answer) -> None:
    ends = set()
    for order in permutations((Kind.SEND, Kind.DELIVERY, Kind.BOUNCE)):
        engine.reset(now=at(NIGHT, 5, 30))
        company = to_one_reader(engine)
        late = [(kind, 10 * place + again) for place, kind in enumerate(order) for again in (1, 25)]
        reactions = tuple(Reaction(kind, timedelta(seconds=seconds)) for kind, seconds in late)
        engine.ses.behaviour = lambda _, reactions=reactions: Script(answer=answer, reactions=reactions)
        company.until(at(NIGHT, 9))
        state = company.account().facts.state
        kinds = Counter(task.kind for task in company.tasks())
        ends.add((company.notice().state, state.item("C1-I1").attempts, *state.seq.values(), *sorted(kinds.items())))
        settled(company)
    assert ends == {(NoticeState.HARD_BOUNCED, 0, 1, ("fix-address", 1))}


@pytest.mark.parametrize("fate", [hard_bounce, late_bounce, suppressed])
def test_what_reached_nobody_goes_to_the_next_contact_the_next_night(engine: Engine, fate: Any) -> None:
    company = to_one_reader(engine, contacts=[ap("C1"), ap("C1", role="main_contact")])
    engine.ses.behaviour = lambda mail: fate() if READER in mail.to else delivered()
    company.day(TOMORROW)
    assert company.sent() == [(NIGHT, READER), (TOMORROW, "main_contact.c1@customer.example")]
    assert [notice.step for notice in company.notices()] == ["b", "b"]
    assert company.account().facts.state.item("C1-I1").attempts == 1
    (task,) = company.tasks("fix-address")
    assert (task.state, task.customer, task.owner_role) == ("OPEN", "C1", "accounting")
    settled(company)


def test_f37_who_complained_has_read_it_and_the_next_step_goes_to_the_next_contact(engine: Engine) -> None:
    company = to_one_reader(engine, contacts=[ap("C1"), ap("C1", role="main_contact")])
    engine.ses.behaviour = lambda mail: complaint() if READER in mail.to else delivered()
    company.day(NIGHT + timedelta(days=8))
    assert company.sent() == [(NIGHT, READER), (NIGHT + timedelta(days=7), "main_contact.c1@customer.example")]
    assert [task.state for task in company.tasks("fix-address")] == ["OPEN"]


def test_one_of_two_readers_bounced_and_the_other_has_it(engine: Engine) -> None:
    both = [ap("C1"), ap("C1", "other@customer.example", id="k2")]
    company = to_one_reader(engine, contacts=both)
    bounced = Reaction(Kind.BOUNCE, timedelta(seconds=5), only=(READER,))
    engine.ses.behaviour = lambda _mail: Script(reactions=(*delivered().reactions, bounced))
    company.day(TOMORROW)
    assert len(company.mails) == 1
    assert company.account().facts.state.item("C1-I1").level == 1
    assert [task.state for task in company.tasks("fix-address")] == ["OPEN"]


def test_both_of_two_readers_bounced_each_on_its_own(engine: Engine) -> None:
    both = [ap("C1"), ap("C1", "other@customer.example", id="k2")]
    company = to_one_reader(engine, contacts=both)
    events = [Reaction(Kind.BOUNCE, timedelta(seconds=n), only=(k.email or "",)) for n, k in enumerate(both, 3)]
    engine.ses.behaviour = lambda _mail: Script(reactions=tuple(events))
    company.day()
    assert company.account().facts.state.item("C1-I1").level == 0
    company.day(TOMORROW)
    assert (len(company.mails), [task.state for task in company.tasks("post-letter")]) == (1, ["OPEN"])


def test_an_address_that_another_account_found_dead_is_left_before_it_is_tried(engine: Engine) -> None:
    shared = "shared@customer.example"
    company = Company(engine)
    company.knows(
        invoice("C1", contacts=[ap("C1", shared)]),
        invoice("C2", an_item("I2", customer="C2", due_on=NIGHT - timedelta(days=6)),
                contacts=[ap("C2", shared), ap("C2", role="main_contact")]),
        invoice("C3", an_item("I3", customer="C3", due_on=NIGHT - timedelta(days=6)), contacts=[ap("C3", shared)]),
    )  # fmt: skip
    engine.ses.behaviour = lambda mail: hard_bounce() if shared in mail.to else delivered()
    company.day()
    assert [to for _, to in company.sent()] == [shared]
    company.day(TOMORROW)
    assert company.sent()[1:] == [(TOMORROW, "main_contact.c2@customer.example")]
    assert {task.customer for task in company.tasks("fix-address")} == {"C1", "C2", "C3"}
    sent = {notice.customer: (notice.state, notice.reason) for notice in company.notices()}
    assert sent["C3"] == (NoticeState.PLANNED, None)  # by letter
    company.day(TOMORROW + timedelta(days=2))
    assert len([notice for notice in company.notices() if notice.customer == "C3"]) == 1  # asked, not tried every night
    assert {task.customer for task in company.tasks("post-letter")} == {"C1", "C3"}
    assert [task.state for task in company.tasks("find-address") if task.customer == "C3"] == ["OPEN"]


def test_f57_a_bounced_digest_switches_its_own_address_off_and_no_customers(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"))
    engine.ses.behaviour = lambda mail: hard_bounce() if kind_of(mail) == "digest" else delivered()
    company.day()
    assert [notice.state for notice in company.notices("digest")] == [NoticeState.HARD_BOUNCED]
    assert [notice.state for notice in company.notices()] == [NoticeState.DELIVERED]
    assert [task.customer for task in company.tasks("fix-address")] == [""]


def test_f38_events_of_other_senders_and_of_nobody_are_left_alone(engine: Engine) -> None:
    company = to_one_reader(engine)
    company.day()
    before = company.notices()
    url = engine.stack.queues["FeedbackQueue"].physical_resource_id
    (ours,) = {mail.tags["deployment"] for mail in engine.outbox}
    for kind, tags in (
        ("Bounce", {"deployment": ["other"], "notice_id": [before[0].id]}),
        ("Delivery", {}),
        ("Send", {"deployment": [ours], "notice_id": ["nobody"]}),
        ("Open", {"deployment": [ours], "notice_id": [before[0].id]}),
    ):
        detail = {"eventType": kind, "mail": {"messageId": "m", "tags": tags}, "bounce": {"bounceType": "Permanent"}}
        event = json.dumps({"detail": detail})
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=event)
    company.until(engine.now + timedelta(minutes=1))
    assert company.notices() == before
    settled(company)
