"""A deploy, a roll-back, a lost right or a wrong clock in the middle of a night: nothing lost, nothing sent twice."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.delivery import NoticeState
from core.packing import deflate, inflate
from core.policy.schema import Policy
from functions.shared import clock
from functions.shared.store import config, history, keys
from functions.shared.store.keys import Key
from functions.shared.store.table import table
from local.engine import Call, Engine, Moment
from local.engine.faults import client_error
from local.engine.pump import queue_messages
from tests.builders import a_policy, an_entity, an_item
from tests.faults.stories import decided, kept, once
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, at, invoice, kind_of

TOMORROW = NIGHT + timedelta(days=1)
AP = {"customer": ["ap_contact"]}


def policy(version: int, template: str) -> Policy:
    """One step, seven days past due."""
    step = {"id": "b", "offset_days": 7, "level": version, "template": template, "audience": AP}
    return a_policy(version=version, steps=[step], advance="latest")


def two_customers(engine: Engine, **changes: Any) -> Company:
    """C1's step is due tonight, C2's tomorrow."""
    company = Company(engine, **changes)
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    return company


# ---------- a new policy ----------
def test_f44_what_is_planned_goes_by_the_policy_that_decided_it_and_the_rest_by_the_new_one(engine: Engine) -> None:
    company = two_customers(engine, policy=policy(1, "reminder"))
    company.night()
    assert config.put_policy(policy(2, "second-reminder"), was=1)
    company.day()
    company.day(TOMORROW)
    assert [(mail.to[0][11:13], kind_of(mail)) for mail in company.mails] == [
        ("c1", "reminder"), ("c2", "second-reminder"),
    ]  # fmt: skip
    assert {n.customer: (n.policy_version, n.level) for n in company.notices()} == {"C1": (1, 1), "C2": (2, 2)}
    first = {customer: list(history.verdicts(ENTITY, customer))[-1].policy_version for customer in ("C1", "C2")}
    assert first == {"C1": 1, "C2": 1}
    assert next(history.verdicts(ENTITY, "C2")).policy_version == 2
    assert company.account("C1").facts.state.item("C1-I1").level == 1


def test_f44_a_batch_that_is_decided_after_the_change_goes_by_the_new_policy(engine: Engine) -> None:
    """The run was planned before; nothing of it was decided yet."""
    company = two_customers(engine, policy=policy(1, "reminder"))
    engine.move_to(at(NIGHT, 6))
    engine.invoke("PlanRunFunction", {"kind": "tick"})
    assert config.put_policy(policy(2, "second-reminder"), was=1)
    company.day()
    assert [kind_of(mail) for mail in company.mails] == ["second-reminder"]
    assert company.notice().policy_version == 2


# ---------- a roll-back to code that does not know what is stored ----------
def change(key: Key, **attributes: Any) -> dict[str, Any]:
    """Write attributes of a row past all rules, as newer code might; what was there comes back."""
    there = table().get(key)
    assert there is not None
    table().put({**there, **attributes})
    return there


def later(packed: bytes) -> bytes:
    """The same content, of a version that does not exist yet."""
    return deflate({**inflate(packed), "v": 99})


def test_f45_a_notice_in_a_state_of_newer_code_is_parked_and_goes_once_that_code_is_back(engine: Engine) -> None:
    company = decided(engine)
    key = keys.notice(company.notice().id)
    known = change(key, state="HELD_BACK")
    engine.run_until(at(NIGHT, 14), quiet=company.run_instants)
    assert company.mails == []
    there = table().get(key)
    assert there is not None
    assert there == {**known, "state": "HELD_BACK"}  # neither changed nor thrown away
    assert any('"PD1502"' in line or '"PD1901"' in line for line in engine.logs)
    change(key, state=known["state"])
    company.day()
    assert len(company.mails) == 1


def test_f45_an_account_of_newer_code_becomes_a_task_and_the_others_go_on(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    key = keys.account(ENTITY, "C1")
    there = table().get(key)
    assert there is not None
    change(key, state=later(there["state"]))
    engine.run_until(at(NIGHT, 23), quiet=company.run_instants)
    assert [mail.to[0][11:13] for mail in company.mails] == ["c2"]
    assert [task.customer for task in company.tasks("decision-failed")] == ["C1"]
    assert company.runs() == {NIGHT.isoformat(): "complete"}
    assert table().get(key) == {**there, "state": later(there["state"])}
    change(key, state=there["state"])
    company.day(TOMORROW)
    assert sorted(mail.to[0][11:13] for mail in company.mails) == ["c1", "c2"]


def test_f45_an_effect_of_newer_code_stays_in_its_account_until_that_code_is_back(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"))
    key = keys.account(ENTITY, "C1")
    change(key, outbox={"fax.1": deflate({"kind": "fax", "to": "nobody"})})
    company.day()
    assert len(company.mails) == 1
    assert company.notice().settled
    assert list(company.account().outbox) == ["fax.1"]
    assert any('"effects_unreadable"' in line for line in engine.logs)
    assert any('"PD1106"' in line for line in engine.logs)


def test_f45_a_setting_of_newer_code_stops_everything_and_loses_nothing(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"))
    company.night()
    key = keys.configuration("entity", ENTITY)
    known = table().get(key)
    assert known is not None
    change(key, body=deflate({**inflate(known["body"]), "moon_phase": "full"}))
    engine.run_until(at(NIGHT, 9), quiet=company.run_instants)
    assert company.mails == []
    change(key, body=known["body"])
    company.day()
    assert len(company.mails) == 1


def test_f45_a_message_of_newer_code_is_given_up_and_not_guessed_at(engine: Engine) -> None:
    company = decided(engine)
    url = engine.stack.outputs["NoticesQueueUrl"]
    body = f'{{"v":2,"notice_id":"{company.notice().id}"}}'
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    engine.move_to(at(NIGHT, 8))
    engine.pump()
    assert company.mails == []
    company.day()
    assert len(company.mails) == 1  # the sweep offers it in words that this code knows
    assert company.dead_letters() == {"NoticesDeadLetters": 1}


# ---------- functions and mappings ----------
def test_f46_what_another_function_of_another_name_has_sent_is_not_sent_again(engine: Engine) -> None:
    """The guard is the notice's own state in the table; no memory of a function, and no name of one, is part of it."""
    company = decided(engine)
    (notice,) = company.notices()
    record = {"messageId": "1", "body": f'{{"v":1,"notice_id":"{notice.id}"}}', "attributes": {}}
    engine.move_to(at(NIGHT, 8))
    for name in ("deliver_mails", "send_notices", "send_notices_v2"):
        renamed = engine.stack.functions["SendNoticesFunction"]
        object.__setattr__(renamed, "name", name)  # every message comes again, to each of them
        assert engine.invoke("SendNoticesFunction", {"Records": [record, record]}) == {"batchItemFailures": []}
    company.day()
    once(company)


def test_f47_while_a_queue_is_not_read_its_messages_wait_and_each_goes_once_afterwards(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"))
    company.night()
    _read_again(engine, "SendNoticesFunctionNotices", enabled=False)
    engine.run_until(at(TOMORROW, 5), quiet=company.run_instants)
    assert company.mails == []
    assert queue_messages(engine.stack.queues["NoticesQueue"])
    _read_again(engine, "SendNoticesFunctionNotices", enabled=True)
    company.day(TOMORROW)
    assert len(company.mails) == 1
    assert (company.queued(), company.dead_letters()) == (0, {})


def test_f47_a_message_that_waits_rings_long_before_it_expires(engine: Engine) -> None:
    template = engine.stack.template["Resources"]
    ages = [
        each["Properties"] for each in template.values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
        and each["Properties"].get("MetricName") == "ApproximateAgeOfOldestMessage"
    ]  # fmt: skip
    watched = {each["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: each["Threshold"] for each in ages}
    fed = {
        each["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
        for each in template.values()
        if each["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    assert fed <= set(watched)
    for queue in fed:
        assert watched[queue] * 24 <= template[queue]["Properties"]["MessageRetentionPeriod"], queue


def _read_again(engine: Engine, mapping: str, *, enabled: bool) -> None:
    engine.client("lambda").update_event_source_mapping(UUID=engine.stack.physical_id(mapping), Enabled=enabled)
    engine.stack.__dict__.pop("mappings", None)  # the engine reads them once


# ---------- a right that is taken away ----------
def test_f33_a_write_that_is_denied_at_any_point_of_a_send_stops_it_before_the_mail(
    engine: Engine, tmp_path: Path
) -> None:
    """From its n-th write on the sender may not write any more; half an hour later it may again."""
    story = kept(engine, tmp_path, decided(engine))
    before = _writes_before_the_mail(engine, story())
    assert before > 5  # claim, count, slots, fence
    for number, mails in ((1, 0), (before // 2, 0), (before, 0), (before + 1, 1)):
        company = story()
        denied = _Denied(number)
        engine.faults.add(denied)
        engine.run_until(at(NIGHT, 8, 30), quiet=company.run_instants)
        engine.faults.clear()
        assert len(company.mails) == mails, denied.first
        assert any('"PD1901"' in line for line in engine.logs), denied.first
        assert any('"record_failed"' in line for line in engine.logs), denied.first
        company.until(at(NIGHT, 12))
        assert (len(company.mails), company.notice().state) == (1, NoticeState.DELIVERED), denied.first


def _writes_before_the_mail(engine: Engine, company: Company) -> int:
    seen: list[bool] = []

    def note(call: Call) -> None:
        if call.function == "SendNoticesFunction" and call.moment is Moment.BEFORE:
            if call.operation == "SendEmail":
                engine.faults.clear()
            elif call.service == "dynamodb" and call.is_write:
                seen.append(True)

    engine.faults.add(note)
    company.until(at(NIGHT, 8, 5))
    return len(seen)


class _Denied:
    """The sender's writes to the table are refused from the n-th on."""

    def __init__(self, number: int) -> None:
        self._number, self._seen, self.times, self.first = number, 0, 0, ""

    def __call__(self, call: Call) -> None:
        writes = call.service == "dynamodb" and call.is_write
        if call.function != "SendNoticesFunction" or call.moment is not Moment.BEFORE or not writes:
            return
        self._seen += 1
        if self._seen >= self._number:
            self.times += 1
            self.first = self.first or call.operation
            raise client_error(call.operation, "AccessDeniedException", status=403)


# ---------- clocks ----------
@pytest.mark.parametrize(("minutes", "call"), [(5, 2), (5, 12), (-5, 6), (-5, 16)])
def test_f43_a_second_sender_whose_clock_is_off_sends_nothing_twice(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, minutes: int, call: int
) -> None:
    """It begins while the first is about to make its n-th call."""
    company, right, seen = decided(engine), clock.now, 0

    def off() -> datetime:
        return right() + timedelta(minutes=minutes)

    def second(made: Call) -> None:
        nonlocal seen
        if made.function != "SendNoticesFunction" or made.moment is not Moment.BEFORE:
            return
        seen += 1
        if seen != call:
            return
        worker, engine.calls.function = engine.calls.function, None
        url = engine.stack.outputs["NoticesQueueUrl"]
        body = f'{{"v":1,"notice_id":"{company.notice().id}"}}'
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        monkeypatch.setattr(clock, "now", off)
        engine.pump()
        engine.invoke("SweepStuckFunction", {"kind": "sweep"})
        engine.pump()
        monkeypatch.setattr(clock, "now", right)
        engine.calls.function = worker

    engine.faults.add(second)
    company.until(at(NIGHT, 12))
    assert seen > call
    assert (len(company.mails), company.notice().state) == (1, NoticeState.DELIVERED)


@pytest.mark.parametrize(
    ("due", "sent"),
    [
        (date(2028, 2, 22), date(2028, 2, 29)),  # a leap day
        (date(2027, 2, 22), date(2027, 3, 1)),
        (date(2026, 12, 24), date(2026, 12, 31)),
    ],
)
def test_f43_a_step_falls_on_its_day_over_a_leap_day_and_a_new_year(engine: Engine, due: date, sent: date) -> None:
    first = sent - timedelta(days=1)
    engine.reset(now=at(first, 5, 30))
    company = Company(engine, an_entity(sender=SENDER))
    company.knows(invoice("C1", an_item("C1-I1", due_on=due)))
    for day in range(3):
        company.day(first + timedelta(days=day))
    assert [on for on, _ in company.sent()] == [sent]
    nights = [(first + timedelta(days=n)).isoformat() for n in range(3)]
    assert company.runs() == dict.fromkeys(nights, "complete")
