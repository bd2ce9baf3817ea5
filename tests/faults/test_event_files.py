"""Mail events that come in files: twice, early, late, broken, foreign; and a night of which hardly any comes alone."""

import gzip
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.delivery import NoticeState
from functions.record_feedback import by_file, files, handler
from functions.record_feedback.events import read_event
from functions.shared.store import feedback
from local.engine import Call, Engine, Mail, Moment
from local.engine.faults import client_error
from local.engine.ses_events import Kind, Reaction, event_of
from local.engine.ses_script import Answer, Script, delivered, hard_bounce, silent, timeout
from local.engine.streams import Streams
from tests.builders import an_entity, an_item
from tests.faults.stories import counted, said, settled
from tests.scenarios.company import NIGHT, SENDER, Company, ap, at, invoice

S = NoticeState
Body = dict[str, Any]
TOMORROW, SECOND = NIGHT + timedelta(days=1), timedelta(seconds=1)
READER = "ap_contact.c1@customer.example"


def mailed(engine: Engine, script: Script | None = None) -> Company:
    """One account whose mail went; of it comes only what a test puts into a file."""
    company = Company(engine)
    company.knows(invoice("C1"))
    company.night()
    engine.ses.behaviour = lambda _mail: script or silent()
    company.until(at(NIGHT, 8, 1))
    return company


def about(kind: Kind, mail: Mail, after: timedelta = SECOND, **tags: str) -> Body:
    """The event as EventBridge has it."""
    event = event_of(replace(mail, tags={**mail.tags, **tags}), Reaction(kind, after))
    return {"version": "0", "source": "aws.ses", "time": event.at.isoformat(), "detail": event.detail}


def put(engine: Engine, content: bytes, name: str = "a", prefix: str = "mail-events/2026/03/09/07/") -> str:
    """One file, as the stream puts it; S3 tells of it."""
    key = f"{prefix}{name}.gz"
    engine.client("s3").put_object(Bucket=engine.stack.outputs["ArchiveBucketName"], Key=key, Body=content)
    return key


def filed(*bodies: Body) -> bytes:
    return gzip.compress("".join(map(json.dumps, bodies)).encode())


def again(engine: Engine, key: str) -> None:
    """What `restore learn` says of a file."""
    message = json.dumps({"v": 1, "file": key, "replayed": True})
    engine.client("sqs").send_message(QueueUrl=engine.stack.outputs["FeedbackFilesQueueUrl"], MessageBody=message)
    engine.pump()


# ---------- in whatever order, however often ----------
@pytest.mark.parametrize(
    ("kinds", "state", "heard"),
    [
        ([[Kind.DELIVERY, Kind.SEND]], S.DELIVERED, 1),  # that it arrived says that it went
        ([[Kind.DELIVERY], [Kind.SEND]], S.DELIVERED, 2),
        ([[Kind.SEND, Kind.BOUNCE, Kind.COMPLAINT]], S.ACCEPTED, 1),  # those came by the queue, at once
    ],
)
def test_f35_events_of_files_in_any_order_end_alike(
    engine: Engine, kinds: list[list[Kind]], state: NoticeState, heard: int
) -> None:
    company, before = mailed(engine), counted(engine)
    for n, each in enumerate(kinds):
        put(engine, filed(*(about(kind, company.mails[0]) for kind in each)), str(n))
    company.until(engine.now + timedelta(minutes=1))
    assert company.notice().state is state
    told = counted(engine) - before
    assert told["mail_event_applied"] + told["mail_event_nothing_new"] == heard
    assert company.account().facts.state.item("C1-I1").attempts == 1


def test_f62_a_file_that_is_told_of_twice_is_heard_once(engine: Engine) -> None:
    company = mailed(engine)
    content = filed(*(about(kind, company.mails[0]) for kind in (Kind.SEND, Kind.DELIVERY)))
    for _ in range(2):
        put(engine, content)
    company.until(engine.now + timedelta(minutes=1))
    assert counted(engine)["mail_event_nothing_new"] == 1
    assert (company.notice().state, len(company.mails)) == (S.DELIVERED, 1)
    assert company.account().facts.state.item("C1-I1").attempts == 1
    settled(company)


@pytest.mark.parametrize(
    ("minutes", "kinds"),
    [(1, [Kind.DELIVERY]), (1, [Kind.SEND]), (40, [Kind.SEND, Kind.DELIVERY])],  # while it is being sent; in doubt
)
def test_f06_a_file_settles_what_got_no_answer(engine: Engine, minutes: int, kinds: list[Kind]) -> None:
    company = mailed(engine, Script(answer=Answer.TIMEOUT, accepted=True))
    company.until(at(NIGHT, 8, minutes))
    assert company.notice().state is (S.SENDING if minutes == 1 else S.UNKNOWN)
    put(engine, filed(*(about(kind, company.mails[0], timedelta(minutes=minutes)) for kind in kinds)))
    company.until(at(NIGHT, 9))
    assert company.notice().state is (S.DELIVERED if Kind.DELIVERY in kinds else S.ACCEPTED)
    assert company.account().facts.state.item("C1-I1").attempts == 1
    assert {task.state for task in company.tasks("delivery-doubt")} <= {"CLOSED"}
    company.day(TOMORROW)
    assert len(company.mails) == 1


@pytest.mark.parametrize("between", ["", "\n", " \r\n "])
@pytest.mark.parametrize("step", [7, 65_536])
def test_nothing_need_stand_between_two_events(monkeypatch: pytest.MonkeyPatch, between: str, step: int) -> None:
    monkeypatch.setattr(files, "_STEP", step)
    bodies = [{"detail": {"é": n, "more": "}{"}} for n in range(3)]
    text = between + between.join(json.dumps(body, ensure_ascii=False) for body in bodies) + between
    assert list(files._bodies(io.StringIO(text))) == bodies
    with pytest.raises(ValueError, match="ends within"):
        list(files._bodies(io.StringIO(text + '{"detail": ')))


IN_TIME, LATE = timedelta(minutes=1), timedelta(hours=2)


@pytest.mark.parametrize(
    ("sent", "arrived", "kept"),
    [
        (IN_TIME, IN_TIME, ["Delivery"]),
        (LATE, LATE, ["Delivery"]),  # which says as well that events lag
        (LATE, IN_TIME, ["Send", "Delivery"]),  # that it went should have come before
        (IN_TIME, None, ["Send"]),
    ],
)
def test_that_a_mail_went_is_left_out_where_the_file_says_more(
    sent: timedelta, arrived: timedelta | None, kept: list[str]
) -> None:
    bodies = [said_of("Send", sent)] + ([] if arrived is None else [said_of("Delivery", arrived, READER)])
    assert [body["detail"]["eventType"] for body in spared(bodies)] == kept


def test_that_a_copy_of_ours_arrived_does_not_say_that_the_customers_mail_did() -> None:
    bodies = [said_of("Send", IN_TIME), said_of("Delivery", IN_TIME, "boss@acme.example")]
    assert spared(bodies) == bodies


def spared(bodies: list[Body]) -> list[Body]:
    """What is left of a piece at noon."""
    return [body for body, _ in by_file.spared([(body, read_event(body)) for body in bodies], at(NIGHT, 12))]


def said_of(kind: str, ago: timedelta, *arrived_at: str) -> Body:
    """An event that happened so long before noon."""
    mail = {"messageId": "m", "commonHeaders": {"cc": ["Boss <boss@acme.example>"]}}
    detail = {"eventType": kind, "mail": mail, **({"delivery": {"recipients": arrived_at}} if arrived_at else {})}
    return {"time": (at(NIGHT, 12) - ago).isoformat(), "detail": detail}


# ---------- what fails ----------
def test_f61_an_event_that_fails_holds_no_other_of_its_file(engine: Engine) -> None:
    company = mailed(engine)
    (mail,) = company.mails
    broken = {"source": "aws.ses", "detail": {"eventType": "Send", "mail": {"tags": {}}}}
    put(engine, filed(broken, about(Kind.DELIVERY, mail)))
    engine.pump()
    assert company.notice().state is S.DELIVERED
    assert [json.loads(body) for body in engine.messages("FeedbackQueue")] == [broken]  # as the bus would have put it
    assert engine.messages("FeedbackFilesQueue") == []
    assert (counted(engine)["mail_event_apart"], said(engine)["PD1404"]) == (1, 1)
    company.day()
    assert company.dead_letters() == {"FeedbackDeadLetters": 1}


def test_a_file_of_any_length_is_heard_piece_by_piece(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    company, before = mailed(engine), counted(engine)
    monkeypatch.setattr(by_file, "_PIECE", 2)
    put(engine, filed(*(about(Kind.DELIVERY, company.mails[0]) for _ in range(5))))
    engine.pump()
    told = counted(engine) - before
    assert (told["mail_event_applied"], told["mail_event_nothing_new"]) == (1, 4)


def test_f61_what_there_is_no_time_for_goes_on_by_itself(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    company = mailed(engine)
    monkeypatch.setattr(by_file, "RESERVE", 300_001)  # more than the function has
    key = put(engine, filed(*(about(kind, company.mails[0]) for kind in (Kind.SEND, Kind.DELIVERY))))
    engine.pump()
    assert (company.notice().state, said(engine)["PD1404"]) == (S.DELIVERED, 0)
    assert counted(engine)["mail_event_apart"] == 1
    again(engine, key)  # and what comes once more still says so
    assert counted(engine)["mail_event_apart"] == 2
    company.day()
    settled(company)


def test_f61_while_no_event_can_be_heard_its_file_waits_and_none_is_given_up_on(engine: Engine) -> None:
    """The table denies us for half a day. The mail in doubt had gone; of a later one all comes in time."""

    def deny(call: Call) -> None:
        if (call.function, call.moment) == ("RecordFeedbackFunction", Moment.BEFORE) and call.service == "dynamodb":
            raise client_error(call.operation, "AccessDeniedException", status=400)

    company = Company(engine)
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    lost = Script(answer=Answer.TIMEOUT, accepted=True, reactions=delivered().reactions)
    engine.ses.behaviour = lambda mail: lost if "c1@" in mail.to[0] else delivered()
    engine.faults.add(deny)
    company.night()
    company.until(at(NIGHT, 20))
    engine.faults.clear()
    company.day(TOMORROW)
    assert sum("c1@" in mail.to[0] for mail in company.mails) == 1
    assert {n.customer: n.state for n in company.notices()} == {"C1": S.DELIVERED, "C2": S.DELIVERED}
    settled(company)


def one_in_doubt(engine: Engine) -> Company:
    """A mail of this morning of which nobody knows whether it went; another customer's goes tomorrow, and arrives."""
    company = Company(engine)
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    lost = Script(answer=Answer.TIMEOUT, accepted=True)
    engine.ses.behaviour = lambda mail: lost if "c1@" in mail.to[0] else delivered()
    company.night()
    company.until(at(NIGHT, 8, 1))
    return company


def test_f61_while_an_event_lies_among_the_dead_letters_silence_proves_nothing(engine: Engine) -> None:
    """That the mail in doubt had gone is said by the very event; beside it in the file one is heard."""
    company = one_in_doubt(engine)
    (mail,) = company.mails
    broken = about(Kind.SEND, mail)
    del broken["detail"]["mail"]["messageId"]
    put(engine, filed(about(Kind.DELIVERY, mail, deployment="another"), broken))
    company.day(TOMORROW)
    company.day(TOMORROW + timedelta(days=1))
    assert company.dead_letters() == {"FeedbackDeadLetters": 1}
    assert {n.customer: n.state for n in company.notices()} == {"C1": S.UNKNOWN, "C2": S.DELIVERED}
    assert sum("c1@" in mail.to[0] for mail in company.mails) == 1
    assert feedback.heard_until(engine.now + timedelta(days=14)) is not None  # by then nobody can let it come again


@pytest.mark.parametrize(("queue", "last"), [("FeedbackQueue", "_LAST"), ("FeedbackFilesQueue", "_LAST_OF_FILE")])
def test_the_last_attempt_is_that_of_the_queue(engine: Engine, queue: str, last: str) -> None:
    url = engine.stack.outputs[f"{queue}Url"]
    said = engine.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert json.loads(said["RedrivePolicy"])["maxReceiveCount"] == getattr(handler, last)


def test_f61_a_file_that_is_given_up_on_keeps_silence_from_being_a_proof(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "_LAST_OF_FILE", 2)
    company = mailed(engine, delivered())
    put(engine, b"\x1f\x8bno gzip")
    company.until(at(NIGHT, 9))
    assert feedback.heard_until(engine.now + timedelta(days=13)) is None
    assert feedback.heard_until(engine.now + timedelta(days=15)) is not None


@pytest.mark.parametrize("content", [b"\x1f\x8bno gzip", gzip.compress(b'{"detail": {}'), b"\xff\xfe{}"])
def test_f61_what_is_no_file_of_events_stays_in_its_queue(engine: Engine, content: bytes) -> None:
    put(engine, content)
    engine.pump()
    assert (len(engine.messages("FeedbackFilesQueue")), counted(engine)["record_failed"]) == (1, 1)


def test_f61_a_file_that_cannot_be_read_comes_again_and_silence_proves_nothing_meanwhile(engine: Engine) -> None:
    """The mail in doubt had gone, and the word of it lies in the file; of a later mail all comes in time."""
    company = one_in_doubt(engine)
    (mail,) = company.mails
    good = filed(about(Kind.SEND, mail), about(Kind.DELIVERY, mail))
    put(engine, good[:-20])
    company.day(TOMORROW)
    company.day(TOMORROW + timedelta(days=1))
    assert {n.customer: n.state for n in company.notices()} == {"C1": S.UNKNOWN, "C2": S.DELIVERED}
    assert feedback.heard_until(engine.now) is None
    assert len(engine.messages("FeedbackFilesQueue")) == 1
    assert company.dead_letters() == {}
    put(engine, good)  # whoever mended it
    company.day(TOMORROW + timedelta(days=2))
    assert {n.customer: n.state for n in company.notices()} == {"C1": S.DELIVERED, "C2": S.DELIVERED}
    assert len(company.mails) == 2
    settled(company)


@pytest.mark.parametrize("stuck", [True, False])
def test_f63_what_comes_beside_a_stream_that_is_stuck_does_not_make_silence_a_proof(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, stuck: bool
) -> None:
    """A bounce of a later mail is heard at once; that the earlier one went lies in the stream, or nowhere."""
    company = Company(engine)
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    fates = iter([timeout(accepted=stuck)])
    engine.ses.behaviour = lambda mail: next(fates, delivered()) if "c1@" in mail.to[0] else hard_bounce()
    if stuck:
        monkeypatch.setattr(Streams, "put_due", lambda _self, _now: 0)
        monkeypatch.setattr(Streams, "next_put_at", lambda _self: None)
    company.day()
    company.day(TOMORROW)
    states = {n.customer: n.state for n in company.notices()}
    assert states == {"C1": S.UNKNOWN if stuck else S.DELIVERED, "C2": S.HARD_BOUNCED}
    monkeypatch.undo()
    company.until(engine.now + timedelta(minutes=2))
    assert {n.state for n in company.notices() if n.customer == "C1"} == {S.DELIVERED}
    assert sum("c1@" in mail.to[0] for mail in company.mails) == 1


def test_f61_a_bucket_that_denies_a_file_for_an_hour_loses_nothing(engine: Engine) -> None:
    def deny(call: Call) -> None:
        asked = (call.function, call.operation, call.moment)
        if asked == ("RecordFeedbackFunction", "GetObject", Moment.BEFORE):
            raise client_error("GetObject", "AccessDenied", status=403)

    engine.faults.add(deny)
    company = mailed(engine, delivered())
    company.until(at(NIGHT, 9))
    assert company.notice().state is S.ACCEPTED
    engine.faults.clear()
    company.until(at(NIGHT, 9, 40))
    assert company.notice().state is S.DELIVERED
    settled(company)


@pytest.mark.parametrize(
    ("message", "failed"),
    [
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "any"}, 0),  # S3 tries the queue
        ({"Records": [{"s3": {"bucket": {"name": "another"}, "object": {"key": "mail-events/a.gz"}}}]}, 1),
        ({"Records": []}, 0),
        ({"v": 2, "file": "mail-events/a.gz"}, 1),
        ({}, 1),
    ],
)
def test_what_else_may_lie_in_the_queue_of_files(engine: Engine, message: dict[str, Any], failed: int) -> None:
    url = engine.stack.outputs["FeedbackFilesQueueUrl"]
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(message))
    engine.pump()
    assert len(engine.messages("FeedbackFilesQueue")) == failed


def test_f38_a_foreign_event_of_a_file_is_counted_and_left_alone(engine: Engine) -> None:
    company = mailed(engine)
    put(engine, filed(about(Kind.DELIVERY, company.mails[0], deployment="another")))
    company.until(engine.now + timedelta(minutes=1))
    assert (company.notice().state, counted(engine)["mail_event_foreign"]) == (S.ACCEPTED, 1)


# ---------- once more ----------
@pytest.mark.parametrize("kind", [Kind.BOUNCE, Kind.REJECT])
def test_f60_of_a_file_that_comes_once_more_every_kind_is_heard(engine: Engine, kind: Kind) -> None:
    company = mailed(engine)
    (mail,) = company.mails
    key = put(engine, filed(about(Kind.SEND, mail), about(kind, mail)))
    engine.pump()
    assert company.notice().state is S.ACCEPTED
    for _ in range(2):
        again(engine, key)
        expected = {Kind.BOUNCE: S.HARD_BOUNCED, Kind.REJECT: S.REJECTED}
        assert company.notice().state is expected[kind]


def test_f60_an_unknown_kind_of_a_file_that_comes_once_more_ends_as_a_dead_letter_alone(engine: Engine) -> None:
    company = mailed(engine)
    (mail,) = company.mails
    unknown = about(Kind.SEND, mail)
    unknown["detail"] = {**unknown["detail"], "eventType": "Teleported"}
    key = put(engine, filed(unknown, about(Kind.DELIVERY, mail)))
    engine.pump()
    assert engine.messages("FeedbackQueue") == []  # it came there at once, from the bus
    again(engine, key)
    company.day()
    assert company.dead_letters() == {"FeedbackDeadLetters": 1}
    (body,) = engine.messages("FeedbackDeadLetters")
    assert json.loads(body)["replay-name"] == key


# ---------- a night, and its day ----------
def test_a_night_of_mails_comes_back_in_files_and_what_went_wrong_at_once(engine: Engine) -> None:
    company = Company(engine)
    company.knows(*(invoice(f"C{n}", an_item(f"C{n}-I1", customer=f"C{n}")) for n in range(8)))
    engine.ses.behaviour = lambda mail: hard_bounce() if "c7@" in mail.to[0] else delivered()
    company.night()
    seen: list[str] = []
    engine.faults.add(lambda _call: seen.extend(engine.messages("FeedbackQueue")))
    company.until(at(NIGHT, 8, 0) + timedelta(seconds=10))
    at_once = {notice.customer for notice in company.notices() if notice.state is S.HARD_BOUNCED}
    assert (len(company.mails), at_once) == (8, {"C7"})
    company.until(at(NIGHT, 9))
    engine.faults.clear()
    states = {notice.customer: notice.state for notice in company.notices()}
    assert states == {f"C{n}": S.HARD_BOUNCED if n == 7 else S.DELIVERED for n in range(8)}
    assert {json.loads(body)["detail"]["eventType"] for body in seen} == {"Bounce"}
    assert counted(engine)["mail_event_applied"] == 9  # of each one, and of the digest
    assert company.dead_letters() == {}


@pytest.mark.parametrize(
    ("zone", "hour", "on"),
    [("Europe/Berlin", 23, TOMORROW), ("UTC", 23, NIGHT)],  # in March, an hour ahead
)
def test_the_day_on_which_a_mail_arrived_is_the_entitys(engine: Engine, zone: str, hour: int, on: date) -> None:
    engine.reset(now=at(NIGHT, 4, 30))
    company = Company(engine, an_entity(sender=SENDER, zone=zone))
    company.knows(invoice("C1", contacts=[ap("C1")]))
    engine.ses.behaviour = lambda _mail: silent()
    company.until(at(NIGHT, 12))
    assert company.notice().state is S.ACCEPTED
    company.until(at(NIGHT, hour, 29))
    put(engine, filed(about(Kind.DELIVERY, company.mails[0])))
    company.until(at(NIGHT, hour, 30))
    assert (company.notice().state, company.notice().delivered_on) == (S.DELIVERED, on)
