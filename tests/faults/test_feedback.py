"""What the mail provider says of a mail: all its kinds, real samples, replies that look like bounces, full ones."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.delivery import NoticeState
from core.keys import address_hash
from functions.shared.store import notices, reach, sent, tasks
from local.engine import Engine
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import Script, delivered, hard_bounce, silent, soft_bounce
from tests.builders import a_policy, an_item, people
from tests.faults.provider import out_of_office
from tests.faults.stories import counted, decided, said, settled, to_one_reader
from tests.scenarios.company import NIGHT, Company, ap, at, invoice

TOMORROW = NIGHT + timedelta(days=1)
READER = "ap_contact.c1@customer.example"
EVENTS = Path(os.environ.get("AWS_EVENTS_DIR", Path(__file__).parents[3] / "shared" / "data" / "aws-events"))
S = NoticeState
DAILY = [{"id": "f", "offset_days": 7, "level": 1, "template": "daily-reminder",
          "audience": {"customer": ["ap_contact"]}, "repeat": {"every_days": 1, "scope": "account"}}]  # fmt: skip


def samples(folder: str) -> list[Path]:
    return sorted((EVENTS / folder).glob("*.json"))


def daily(engine: Engine) -> Company:
    """A customer who is reminded every day, and who has a second contact."""
    company = Company(engine, policy=a_policy(steps=DAILY))
    company.knows(invoice("C1", contacts=[ap("C1"), ap("C1", role="main_contact")]))
    return company


def soft(sub_type: str, after: timedelta = timedelta(minutes=5)) -> Script:
    detail = {"bounceType": "Transient", "bounceSubType": sub_type}
    return Script(reactions=(Reaction(Kind.SEND), Reaction(Kind.BOUNCE, after, detail)))


# ---------- the provider's own samples ----------
STATES = {
    "Send": S.ACCEPTED, "Delivery": S.DELIVERED, "DeliveryDelay": S.DELAYED, "Bounce": S.HARD_BOUNCED,
    "Complaint": S.COMPLAINED, "Reject": S.REJECTED, "Rendering Failure": S.REJECTED, "Open": S.ACCEPTED,
    "Click": S.ACCEPTED, "Subscription": S.ACCEPTED,
}  # fmt: skip


def heard(engine: Engine, body: str) -> Any:
    """What record_feedback answers to one message of its queue."""
    record = {"messageId": "m1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    return engine.invoke("RecordFeedbackFunction", {"Records": [record]})


def enveloped(engine: Engine, detail: dict[str, Any], **tags: str) -> str:
    """The sample as EventBridge delivers it, with these tags beside its own."""
    mail = detail["mail"] | {"tags": detail["mail"].get("tags", {}) | {name: [value] for name, value in tags.items()}}
    return json.dumps(
        {"source": "aws.ses", "time": f"{engine.now:%Y-%m-%dT%H:%M:%SZ}", "detail": detail | {"mail": mail}}
    )


def test_the_samples_of_the_provider_lead_to_the_state_that_the_pages_name(engine: Engine) -> None:
    """All ten kinds, in the provider's own words: about our notice, and about nobody's."""
    found = samples("ses-events")
    if not found:
        pytest.skip(f"no samples of mail events in {EVENTS}: AWS_EVENTS_DIR names their folder")
    kinds = set()
    for path in found:
        detail = json.loads(path.read_text())
        kinds.add(detail["eventType"])
        engine.reset(now=at(NIGHT, 5, 30))
        company = to_one_reader(engine)
        engine.ses.behaviour = lambda _mail: silent()
        company.until(at(NIGHT, 8, 1))
        notice = company.notice()
        assert heard(engine, enveloped(engine, detail)) == {"batchItemFailures": []}  # a mail of somebody else
        assert company.notice() == notice
        ours = enveloped(engine, detail, notice_id=notice.id, deployment=engine.stack.name)
        for _ in range(2):
            assert heard(engine, ours) == {"batchItemFailures": []}
            assert company.notice().state is STATES[detail["eventType"]], path.name
        assert counted(engine)["mail_event_foreign"] == 1
    assert kinds == set(STATES)


def test_what_is_no_event_of_ours_is_given_back_counted_and_ends_as_a_dead_letter(engine: Engine) -> None:
    """Notices that relays got through SNS, and what other services send: none of it can be read, none stops us."""
    found = [*samples("ses-real"), *samples("lambda"), *samples("ses-receiving")]
    if not found:
        pytest.skip(f"no samples of events in {EVENTS}: AWS_EVENTS_DIR names their folder")
    company = to_one_reader(engine)
    before = company.notices()
    for path in found:
        assert heard(engine, path.read_text()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}, path.name
    assert counted(engine)["record_failed"] == said(engine)["PD1901"] == len(found)
    assert company.notices() == before


def test_f38_an_event_of_an_unknown_kind_is_tried_five_times_and_kept(engine: Engine) -> None:
    company = to_one_reader(engine)
    detail = {"eventType": "Teleported", "mail": {"messageId": "m", "tags": {}}}
    url = engine.stack.queues["FeedbackQueue"].physical_resource_id
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=enveloped(engine, detail))
    company.day()
    assert company.dead_letters() == {"FeedbackDeadLetters": 1}
    assert counted(engine)["record_failed"] == 5
    assert company.notice().state is S.DELIVERED


def test_f38_foreign_events_are_counted_and_kept_in_the_archive(engine: Engine) -> None:
    company = to_one_reader(engine)
    detail = {"eventType": "Delivery", "mail": {"messageId": "m", "tags": {}}}
    assert heard(engine, enveloped(engine, detail, notice_id=company.notice().id, deployment="another")) == {
        "batchItemFailures": []
    }
    assert (counted(engine)["mail_event_foreign"], said(engine)["PD1402"]) == (1, 1)
    company.day()
    assert company.notice().state is S.DELIVERED


# ---------- a reply is no bounce ----------
@pytest.mark.parametrize("seconds", [20, 1], ids=["after the delivery", "before it"])
def test_f36_an_automatic_reply_is_no_bounce_however_often_and_in_whatever_order(engine: Engine, seconds: int) -> None:
    company = daily(engine)
    engine.ses.behaviour = lambda _mail: out_of_office(timedelta(seconds=seconds))
    for day in range(5):
        company.day(NIGHT + timedelta(days=day))
    assert [notice.state for notice in company.notices()] == [S.DELIVERED] * 5
    assert {reader for _, reader in company.sent()} == {READER}
    assert len(company.mails) == 5
    assert reach.read(address_hash(READER)).soft == {}
    assert company.tasks("fix-address") == []


def test_a_mailbox_that_sends_back_three_mails_in_a_row_counts_as_none(engine: Engine) -> None:
    company = daily(engine)
    engine.ses.behaviour = lambda mail: soft("MailboxFull") if READER in mail.to else delivered()
    for day in range(4):
        company.day(NIGHT + timedelta(days=day))
    readers = [reader for _, reader in company.sent()]
    assert readers == [READER] * 3 + ["main_contact.c1@customer.example"]
    (task,) = company.tasks("fix-address")
    assert (task.state, task.note) == ("OPEN", "repeated soft bounces")
    # the first two count as said, the third never arrived: its turn is taken again with the next contact
    assert company.account().facts.state.item("C1-I1").attempts == 3
    settled(company)


@pytest.mark.parametrize(
    "between", [delivered, lambda: soft("MessageTooLarge"), hard_bounce], ids=["arrived", "too large", "hard bounce"]
)
def test_a_mail_that_arrived_in_between_makes_a_mailbox_well_again(engine: Engine, between: Any) -> None:
    company = daily(engine)
    turn = iter([soft("MailboxFull"), soft("General"), between(), soft("MailboxFull"), soft("MailboxFull")])
    engine.ses.behaviour = lambda mail: next(turn) if READER in mail.to else delivered()
    for day in range(3):
        company.day(NIGHT + timedelta(days=day))
    marks = [on.removesuffix("!") == on for on in reach.read(address_hash(READER)).soft.values()]
    assert sum(marks) == (0 if between is delivered else 2)
    assert (company.tasks("fix-address") != []) == (between is hard_bounce)


def test_a_mail_that_no_server_takes_did_not_arrive_and_a_person_hears_of_it(engine: Engine) -> None:
    """Two readers, whose servers say so one after the other; nothing more goes before the person has seen to it, or for
    a week. Then one of them takes it."""
    readers = [ap("C1"), ap("C1", role="ap_manager")]
    company = Company(
        engine, policy=a_policy(steps=[{**DAILY[0], "audience": {"customer": ["ap_contact", "ap_manager"]}}])
    )
    company.knows(invoice("C1", contacts=readers))
    one, other = [
        replace(soft(sub_type).reactions[1], only=(str(reader.email),))
        for sub_type, reader in zip(("MessageTooLarge", "ContentRejected"), readers, strict=True)
    ]
    arrived = Reaction(Kind.DELIVERY, timedelta(minutes=9), only=other.only)
    neither = (one, replace(other, after=timedelta(minutes=9)))
    turn = iter([neither, neither, (one, arrived)])
    engine.ses.behaviour = lambda _mail: Script(reactions=(Reaction(Kind.SEND), *next(turn)))
    company.day()
    assert company.account().facts.state.item("C1-I1").attempts == 0
    (task,) = company.tasks("delivery-failed")
    assert (task.state, task.note) == ("OPEN", "the reader's mail server does not take what it says")
    for day, sent_by_then in ((1, 1), (6, 1), (7, 2)):
        company.day(NIGHT + timedelta(days=day))
        assert len(company.mails) == sent_by_then
        assert [one.waits_for for one in company.notices() if one.state is S.PLANNED] == ["person"] * (day < 7)
    assert tasks.finish(task.id, "its words were mended", engine.now)
    company.day(NIGHT + timedelta(days=8))
    assert company.account().facts.state.item("C1-I1").attempts == 1
    assert company.tasks("fix-address") == []
    settled(company)


def test_f37_who_complains_is_never_written_to_again_by_any_account(engine: Engine) -> None:
    shared = "shared@customer.example"
    company = Company(engine)
    company.knows(
        invoice("C1", contacts=[ap("C1", shared)]),
        invoice("C2", an_item("I2", customer="C2", due_on=NIGHT - timedelta(days=5)), contacts=[ap("C2", shared)]),
    )
    complains = Reaction(Kind.COMPLAINT, timedelta(hours=1))
    engine.ses.behaviour = lambda _mail: Script(reactions=(*delivered().reactions, complains))
    for day in range(6):
        company.day(NIGHT + timedelta(days=day))
    assert [to for _, to in company.sent()] == [shared]
    assert reach.read(address_hash(shared)).off == "complaint"
    assert {task.customer for task in company.tasks("fix-address")} >= {"C1", "C2"}
    assert company.account("C1").facts.state.item("C1-I1").level >= 1  # it was read: nothing is taken back


def test_who_complained_of_an_earlier_mail_did_not_get_this_one(engine: Engine) -> None:
    """SES took it and never sent it: that is said as a complaint, and is none of today's."""
    company = Company(engine)
    company.knows(invoice("C1", contacts=[ap("C1"), ap("C1", "second@customer.example", "main_contact")]))
    held = Reaction(Kind.COMPLAINT, timedelta(minutes=1), {"complaintSubType": "OnAccountSuppressionList"})
    engine.ses.behaviour = lambda mail: (
        Script(reactions=(Reaction(Kind.SEND), held)) if READER in mail.to else delivered()
    )
    company.until(at(NIGHT, 10))
    assert [notice.state for notice in company.notices()] == [S.HARD_BOUNCED]
    assert company.account().facts.state.item("C1-I1").level == 0  # taken back: nobody has read it
    assert sent.marked(company.entities[0].id, NIGHT, "complaint") == 0


def test_a_level_rises_with_the_acceptance_and_falls_when_the_mail_never_arrived(engine: Engine) -> None:
    company = decided(engine)
    engine.ses.behaviour = lambda _mail: Script(
        reactions=(Reaction(Kind.SEND), Reaction(Kind.BOUNCE, timedelta(hours=2)))
    )
    company.until(at(NIGHT, 9))
    assert [item.level for item in company.account().facts.state.items.values()] == [2, 1]
    company.until(at(NIGHT, 11))
    assert [item.level for item in company.account().facts.state.items.values()] == [0, 0]
    assert notices.get(company.notice().id) is not None
    assert soft_bounce().accepted


def test_a_colleague_whose_address_bounced_gets_no_more_digests_there(engine: Engine) -> None:
    staff = [
        one.model_copy(update={"email": "bounce@gone.example"} if "accounting" in one.roles else {}) for one in people()
    ]
    company = Company(engine, policy=a_policy(send_days="all"), staff=staff)
    for n in range(2):  # a line on each of two days
        company.knows(invoice(f"C{n}", an_item(f"I{n}", customer=f"C{n}", due_on=NIGHT - timedelta(days=7 - n))))
    company.day()
    company.day(TOMORROW)
    assert len(company.mails) == 2
    assert [mail.to for mail in company.digests] == [("bounce@gone.example",)]
    assert sorted(notice.state for notice in company.notices("digest")) == [S.CANCELLED, S.HARD_BOUNCED]
