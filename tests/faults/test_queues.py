"""What queues and wires do: deliver twice and at once, deliver what nobody can read, lose an answer on the way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ConnectionClosedError

from core.delivery import NoticeState
from core.formats.changes import AccountChanges
from core.ledger import Hold
from functions.shared.store import config
from local.engine import Attempt, Engine, Moment
from local.engine.faults import READS
from tests.builders import a_customer, a_policy, an_entity, an_item
from tests.faults.stories import begun, decided, interrupted, kept, once, settled
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, ap, at, invoice

pytestmark = pytest.mark.heavy


def put(engine: Engine, queue: str, *bodies: str) -> None:
    url = engine.stack.queues[queue].physical_resource_id
    for body in bodies:
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)


def test_f16_two_senders_of_one_notice_send_once_whenever_the_second_begins(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(company: Company) -> None:
        put(engine, "NoticesQueue", f'{{"v":1,"notice_id":"{company.notice().id}"}}')
        engine.pump()

    points = 0
    story = kept(engine, tmp_path, decided(engine))
    for _, company in interrupted(engine, "SendNoticesFunction", story, meanwhile):
        once(company)
        points += 1
    assert points > 10


def test_f18_a_sender_that_slept_past_its_lease_finds_that_another_has_sent(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(_: Company) -> None:
        engine.move_to(engine.now + timedelta(minutes=6))
        engine.invoke("SweepStuckFunction", {"kind": "sweep"})
        engine.pump()

    took_over = 0
    story = kept(engine, tmp_path, decided(engine))
    for where, company in interrupted(engine, "SendNoticesFunction", story, meanwhile):
        once(company)
        took_over += company.notice().attempt == 2
        assert company.tasks("delivery-doubt") == [], where
    assert took_over > 5


def test_two_deciders_of_one_batch_decide_once_whenever_the_second_begins(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(_: Company) -> None:
        put(engine, "AccountsQueue", f'{{"v":1,"entity":"E1","date":"{NIGHT}","n":0,"customers":["C1"]}}')
        engine.pump()

    points = 0
    story = kept(engine, tmp_path, begun(engine))
    for _, company in interrupted(engine, "DecideAccountsFunction", story, meanwhile):
        once(company)
        points += 1
    assert points > 10


def test_f01_two_ticks_make_one_run_whenever_the_second_begins(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(_: Company) -> None:
        engine.invoke("PlanRunFunction", {"kind": "tick"})

    story = kept(engine, tmp_path, begun(engine))
    for where, company in interrupted(engine, "PlanRunFunction", story, meanwhile):
        once(company)
        assert company.runs() == {NIGHT.isoformat(): "complete"}, where


def test_f23_a_payment_at_any_instant_of_the_send_is_before_it_or_after_it(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(company: Company) -> None:
        company.is_paid("I1", 10_000)
        company.is_paid("I2", 10_000)

    ends, places = [], []
    story = kept(engine, tmp_path, decided(engine))
    for where, company in interrupted(engine, "SendNoticesFunction", story, meanwhile):
        ((state, reason),) = company.states()
        ends.append((state, reason, len(company.mails)))
        places.append(where)
        assert (company.account().facts.state.seq, company.account().facts.items) == ({"account": 1}, ()), where
        settled(company)
    before, after = (NoticeState.CANCELLED, "settled", 0), (NoticeState.DELIVERED, None, 1)
    assert set(ends) == {before, after}
    assert ends == sorted(ends, key=[before, after].index)  # once it is too late, it stays too late
    assert places[ends.index(after)].endswith("NOTICE#")  # only from the fence on


def test_f25_a_hold_at_any_instant_of_the_decision_wins(engine: Engine, tmp_path: Path) -> None:
    def meanwhile(company: Company) -> None:
        company.knows(AccountChanges(ENTITY, a_customer(), holds=(Hold(id="H"),)))

    story = kept(engine, tmp_path, begun(engine))
    for where, company in interrupted(engine, "DecideAccountsFunction", story, meanwhile):
        assert company.mails == [], where
        company.until(at(NIGHT + timedelta(days=1), 7))
        assert company.reasons() == ["on_hold", "on_hold"], where
        settled(company)


@pytest.mark.parametrize("function", ["PlanRunFunction", "DecideAccountsFunction", "SendNoticesFunction"])
def test_f28_a_write_whose_answer_is_lost_is_recognised_when_the_sdk_repeats_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, function: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    story = kept(engine, tmp_path, decided(engine) if function == "SendNoticesFunction" else begun(engine))
    number, lost = 0, True
    while lost:
        number, lost = number + 1, False
        company, writes = story(), 0

        def hook(attempt: Attempt, number: int = number) -> None:
            nonlocal lost, writes
            wanted = attempt.function == function and attempt.service == "dynamodb"
            if wanted and attempt.moment is Moment.AFTER and attempt.operation not in READS:
                writes += 1
                if writes == number:
                    lost = True
                    raise ConnectionClosedError(endpoint_url="https://dynamodb")

        engine.faults.attempt_hooks.append(hook)
        company.day()
        once(company)
        assert company.mails[0].sent_at - at(NIGHT, 8) < timedelta(seconds=1)  # it went on at once, in its turn
    assert number > 3


def test_f19_one_poison_message_among_ten_goes_to_the_dead_letters_alone(engine: Engine) -> None:
    company = Company(engine)
    company.knows(*(invoice(f"C{n}") for n in range(9)))
    company.night()
    engine.move_to(at(NIGHT, 7, 59))
    ids = [notice.id for notice in company.notices()]
    engine.move_to(at(NIGHT, 8))
    put(engine, "NoticesQueue", "not JSON", *(f'{{"v":1,"notice_id":"{notice_id}"}}' for notice_id in ids))
    engine.pump()
    assert len(company.mails) == 9
    company.day()
    assert len(company.mails) == 9
    assert company.dead_letters() == {"NoticesDeadLetters": 1}
    assert company.queued() == 0


@pytest.mark.parametrize("queue", ["AccountsQueue", "NoticesQueue", "FeedbackQueue"])
@pytest.mark.parametrize("body", ["", "not JSON", "[]", '{"v":1}', '{"v":9,"notice_id":5}', '{"detail":{}}'])
def test_what_nobody_can_read_ends_in_the_dead_letters_of_its_queue(engine: Engine, queue: str, body: str) -> None:
    company = Company(engine)
    put(engine, queue, body or " ")
    company.until(at(NIGHT, 12))
    assert (company.dead_letters(), company.queued()) == ({queue.replace("Queue", "DeadLetters"): 1}, 0)


def test_f22_dead_letters_of_ten_days_ago_are_looked_at_anew(engine: Engine) -> None:
    """Redriven: what was paid meanwhile is not sent, what has been sent is not sent again."""
    company = Company(engine)
    company.knows(invoice("C1", an_item("I1")), invoice("C2", an_item("I2", customer="C2")))
    company.night()
    ids = {notice.customer: notice.id for notice in company.notices()}
    company.day()
    company.is_paid("I1", 10_000)
    company.until(at(NIGHT + timedelta(days=10), 9))
    sent = len(company.mails)
    put(engine, "NoticesQueue", *(f'{{"v":1,"notice_id":"{notice_id}"}}' for notice_id in ids.values()))
    put(engine, "AccountsQueue", f'{{"v":1,"entity":"E1","date":"{NIGHT}","n":0,"customers":["C1","C2"]}}')
    company.until(at(NIGHT + timedelta(days=10), 12))
    assert len(company.mails) == sent
    assert company.dead_letters() == {}


def test_f44_a_new_policy_in_the_middle_of_a_run_changes_only_what_is_decided_after_it(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"))
    company.night()
    steps = [step.model_dump(mode="json", exclude_none=True) for step in a_policy().steps]
    for step in steps:
        if step["id"] == "b":
            step["template"] = "warning"
    assert config.put_policy(a_policy(version=2, steps=steps), was=1)
    company.knows(invoice("C2", an_item("I2", customer="C2")))
    company.day()
    company.day(NIGHT + timedelta(days=1))
    used = {n.customer: (n.policy_version, n.template) for n in company.notices()}
    assert used == {"C1": (1, "friendly"), "C2": (2, "warning")}
    first, second = company.mails
    assert first.subject != second.subject


def test_one_entity_without_its_policy_does_not_keep_the_other_waiting(engine: Engine) -> None:
    broken = an_entity(id="E2", name="Broken", sender=SENDER, policy="no-such-policy")
    company = Company(engine, an_entity(sender=SENDER), broken)
    company.knows(invoice("C1"), invoice("C2", an_item("I2", customer="C2"), entity="E2", contacts=[ap("C2")]))
    company.day()
    assert [to for _, to in company.sent()] == ["ap_contact.c1@customer.example"]
    assert [(task.kind, task.customer) for task in company.tasks()] == [("decision-failed", "C2")]
    assert company.runs(ENTITY) == {NIGHT.isoformat(): "complete"}
