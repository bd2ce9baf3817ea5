"""One batch through the real handler: decided once, effects put once, a broken account does not hold up the others."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from core.delivery import NoticeState
from core.ledger import Dispute, Hold
from core.state import AccountState
from functions.decide_accounts.handler import lambda_handler
from functions.decide_accounts.workflow import AccountsFailedError, Batch, decide_batch
from functions.shared import putting
from functions.shared.store import accounts, digests, facts, history, keys, notices, runs, tasks
from functions.shared.store.accounts import LostRaceError
from functions.shared.store.runs import Cursor
from functions.shared.store.table import table
from functions.shared.walk import Walk
from tests.builders import DUE, an_entity, an_item
from tests.functions.stored import (
    NOW,
    TODAY,
    KilledError,
    account,
    attention,
    changes,
    configured,
    everything,
    stored,
    taken,
    watched,
)

CONTEXT: Any = SimpleNamespace(
    function_name="decide", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)


def a_batch(*customers: str, n: int | None = None) -> Batch:
    return Batch(v=1, entity="E1", date=TODAY, n=n, customers=customers or ("C1",))


def sqs_event(*bodies: Any, receives: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{n}",
                "receiptHandle": "r",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:accounts",
                "awsRegion": "eu-west-1",
            }
            for n, body in enumerate(bodies)
        ]
    }


def test_a_due_account_gets_its_notice_digest_lines_and_verdict() -> None:
    configured()
    stored("C1")
    counts = decide_batch(a_batch(), now=NOW)
    assert {name: value for name, value in counts.items() if value} == {
        "decided": 1, "notices": 1, "digest_lines": 1, "asked_EUR": 10_000,
    }  # fmt: skip
    record = account()
    assert (record.outbox, attention()[0][-2:]) == ({}, record.facts.state.waiting["account"].notice_id[-2:])
    notice = notices.get(record.facts.state.waiting["account"].notice_id)
    assert notice is not None
    assert (notice.state, notice.step, notice.totals, notice.readers) == (NoticeState.PLANNED, "b", {"EUR": 10_000}, 1)
    assert notice.steps == record.facts.state.waiting["account"].steps
    assert taken("notices") == [{"v": 1, "notice_id": notice.id}]
    (lines,) = digests.of_night("E1", TODAY).values()
    assert [(told.customer, told.line.step, told.line.person) for told in lines] == [("C1", "b", "accounting")]
    assert digests.of_person("E1", TODAY, "accounting") == lines
    (said,) = history.verdicts("E1", "C1")
    assert (said.as_of, said.policy_version, [v.step for v in said.verdicts]) == (TODAY, 1, ["b"])


def test_the_same_batch_again_decides_nothing_and_queues_nothing() -> None:
    configured()
    stored("C1")
    decide_batch(a_batch(), now=NOW)
    taken("notices")
    before = everything()
    assert decide_batch(a_batch(), now=NOW) == {"not_due": 1}
    assert everything() == before
    assert taken("notices") == []


def test_a_notice_for_later_is_not_queued_yet() -> None:
    configured()
    stored("C1")
    early = NOW.replace(hour=6)
    decide_batch(a_batch(), now=early)
    assert taken("notices") == []
    assert attention() == [f"2026-03-09T08:00:00Z#NOTICE#{account().facts.state.waiting['account'].notice_id}"]


def test_nothing_is_planned_before_go_live_but_the_verdict_says_why() -> None:
    configured(an_entity(live=False))
    stored("C1")
    decide_batch(a_batch(), now=NOW)
    assert taken("notices") == []
    (said,) = history.verdicts("E1", "C1")
    assert [v.reason for v in said.verdicts] == ["not_live"]


def test_a_hold_cancels_the_unsent_notice_and_the_next_one_has_a_new_id() -> None:
    configured()
    stored("C1")
    decide_batch(a_batch(), now=NOW)
    first = account().facts.state.waiting["account"].notice_id
    facts.apply_account(changes("C1", holds=(Hold(id="h"),)), today=TODAY, now=NOW)
    assert decide_batch(a_batch(), now=NOW)["cancels"] == 1
    cancelled = notices.get(first)
    assert cancelled is not None
    assert cancelled.state is NoticeState.CANCELLED
    facts.apply_account(changes("C1", ended_holds=("h",)), today=TODAY, now=NOW)
    decide_batch(a_batch(), now=NOW)  # writes the end of the first one to the account, then decides
    state = account().facts.state
    assert (state.seq, first in [w.notice_id for w in state.waiting.values()]) == ({"account": 1}, False)


def test_a_notice_in_doubt_keeps_its_items_silent() -> None:
    configured()
    stored("C1")
    decide_batch(a_batch(), now=NOW)
    notice_id = account().facts.state.waiting["account"].notice_id
    claimed = notices.claim(notice_id, NOW)
    assert claimed is not None
    assert notices.fence(claimed, NOW)
    tomorrow = TODAY + timedelta(days=1)
    decide_batch(Batch(v=1, entity="E1", date=tomorrow, customers=("C1",)), now=NOW + timedelta(days=1))
    said = next(history.verdicts("E1", "C1"))
    assert (said.as_of, [v.reason for v in said.verdicts]) == (tomorrow, ["in_doubt"])


def test_a_lost_race_is_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    configured()
    stored("C1")
    real, raced = accounts.commit, []

    def commit(record: Any, **fields: Any) -> Any:
        if len(raced) < losses:
            raced.append(True)
            accounts.wake("E1", "C1", TODAY)
        return real(record, **fields)

    monkeypatch.setattr(accounts, "commit", commit)
    losses = 3
    with pytest.raises(LostRaceError):
        decide_batch(a_batch(), now=NOW, receives=9)  # never parked: it is nobody's fault
    assert taken("notices") == []
    losses = 5
    assert decide_batch(a_batch(), now=NOW)["decided"] == 1
    assert len(taken("notices")) == 1


def test_an_account_that_keeps_failing_becomes_a_task_and_the_batch_is_done() -> None:
    configured()
    stored("C1", "C2")
    table().put({**keys.hold("E1", "C9", "h")._asdict(), "id": "h"})  # facts of nobody
    batch = a_batch("C1", "C9", "C2", n=0)
    with pytest.raises(AccountsFailedError):
        decide_batch(batch, now=NOW)
    assert len(taken("notices")) == 2  # the others went on
    assert runs.marks("E1", TODAY) == {}
    counts = decide_batch(batch, now=NOW, receives=3)
    assert (counts["errors"], counts["not_due"]) == (1, 2)
    assert runs.marks("E1", TODAY) == {0: {"errors": 1, "not_due": 2}}
    (task,) = tasks.open_for("accounting", "accounting")
    assert (task.kind, task.customer, task.note) == ("decision-failed", "C9", "IncompleteAccountError")
    decide_batch(batch, now=NOW, receives=3)
    assert len(list(tasks.open_for("accounting", "accounting"))) == 1


def test_effects_that_cannot_be_put_are_the_sweeps_once_their_batch_is_done() -> None:
    configured()
    stored("C1")
    broken = {"t": {"kind": "task", "task": {}}}
    accounts.commit(account(), state=AccountState(), next_check_on=TODAY, now=NOW, add=broken, found_again=True)
    assert attention() == []  # a batch stands for them
    assert decide_batch(a_batch(n=0), now=NOW, receives=3)["errors"] == 1
    assert runs.marks("E1", TODAY) == {0: {"errors": 1}}
    assert account().outbox == {"00000002.t": broken["t"]}
    assert attention() == ["2026-03-09T09:05:00Z#ACCT#C1"]


def test_a_late_batch_is_decided_by_today() -> None:
    configured()
    stored("C1")
    decide_batch(a_batch(), now=NOW + timedelta(days=10))
    (said,) = history.verdicts("E1", "C1")
    assert said.as_of == TODAY + timedelta(days=10)


def test_digest_lines_of_an_ended_run_go_under_the_next_night() -> None:
    configured()
    stored("C1")
    run = runs.start("E1", TODAY, owner="me", missed=(), now=NOW)
    assert run is not None
    planned = runs.end_planning(run, now=NOW)
    assert planned is not None
    closing = runs.close(planned)
    assert closing is not None
    decide_batch(a_batch(), now=NOW)
    assert list(digests.of_night("E1", TODAY)) == []
    assert list(digests.of_night("E1", TODAY + timedelta(days=1))) == ["accounting"]


@pytest.mark.parametrize("when", ["die_before", "die_after"])
def test_a_crash_anywhere_leaves_what_the_next_attempt_completes(when: str) -> None:
    configured()
    facts.apply_account(
        changes("C1", an_item("I1"), an_item("I2", due_on=DUE - timedelta(days=40))), today=TODAY, now=NOW
    )
    before = everything()
    with watched() as seen:
        decide_batch(a_batch(n=0), now=NOW)
    wanted, queued = everything(), taken("notices")
    assert len(queued) == 1
    for point in range(1, seen.changes + 1):
        table().batch_write(deletes=[keys.Key(row["pk"], row["sk"]) for row in everything()])
        table().batch_write(puts=before)
        with watched(**{when: point}), pytest.raises(KilledError):
            decide_batch(a_batch(n=0), now=NOW)
        decide_batch(a_batch(n=0), now=NOW)
        there, marks = everything(), runs.marks("E1", TODAY)
        assert [row for row in there if "#B#" not in row["sk"]] == [row for row in wanted if "#B#" not in row["sk"]]
        assert list(marks) == [0], point
        assert taken("notices")[:1] == queued, point  # twice is harmless: one claim wins
        assert len(list(history.verdicts("E1", "C1"))) == 1


def test_a_batch_that_is_lost_after_a_commit_leaves_its_account_to_whoever_walks_next() -> None:
    """Dead after the commit, and its message never comes again: no sweep looks, so the due index must still name it."""
    configured()
    stored("C1")
    with watched(die_after=1), pytest.raises(KilledError):
        decide_batch(a_batch(n=0), now=NOW)
    assert account().outbox
    assert attention() == []
    for night in (TODAY, TODAY + timedelta(days=1)):  # the run planned again, and the next one
        assert Walk("E1", night, Cursor()).page(9)[0] == ["C1"]
    facts.apply_account(changes("C1", an_item("I2")), today=TODAY, now=NOW)  # or something is told of it: then a sweep
    assert [look[-8:] for look in attention()] == ["#ACCT#C1"]
    decide_batch(a_batch(n=1), now=NOW)
    assert putting.known_as_put(account(), NOW - timedelta(days=1)).put == set(account().outbox)
    assert attention() == [look for look in attention() if "#NOTICE#" in look]
    assert len({said["notice_id"] for said in taken("notices")}) == 1


def test_effects_of_an_unknown_kind_stay_and_are_not_lost() -> None:
    configured()
    stored("C1")
    task = {"kind": "close_task", "id": "t", "reason": "x"}
    record = accounts.commit(
        account(), state=AccountState(), next_check_on=TODAY, now=NOW, add={"a": {"kind": "fax"}, "b": task}
    )
    assert record is not None
    left = putting.put_effects(record, NOW)
    assert left.outbox == account().outbox == {"00000002.a": {"kind": "fax"}}
    assert len(attention()) == 1


def test_partial_failures_name_only_the_records_that_failed() -> None:
    configured()
    stored("C1")
    good = {"v": 1, "entity": "E1", "date": TODAY.isoformat(), "n": 0, "customers": ["C1"]}
    with time_machine.travel(NOW, tick=False):
        answer = lambda_handler(sqs_event(good, "no json", {**good, "v": 2}, {**good, "entity": "E9"}), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m{n}"} for n in (1, 2, 3)]}
    with time_machine.travel(NOW, tick=False):
        assert lambda_handler(sqs_event(good), CONTEXT) == {"batchItemFailures": []}


def test_an_outage_parks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    configured()
    stored("C1")

    def refuse(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(accounts, "read", refuse)
    with pytest.raises(ConnectionError):
        decide_batch(a_batch(n=0), now=NOW, receives=9)
    assert list(tasks.open_for("accounting", "accounting")) == []
    assert runs.marks("E1", TODAY) == {}


def test_a_disputed_item_is_left_out_and_the_reason_is_kept() -> None:
    configured()
    facts.apply_account(
        changes("C1", an_item(), disputes=(Dispute(id="d", item="I1", opened_on=DUE),)), today=TODAY, now=NOW
    )
    decide_batch(a_batch(), now=NOW)
    assert [v.reason for v in next(history.verdicts("E1", "C1")).verdicts] == ["disputed"]


@pytest.mark.parametrize("count", [1_000, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_an_account_of_thousands_of_invoices_fits(count: int) -> None:
    configured()
    invoices = tuple(an_item(f"INVOICE-2026-{n:06d}", due_on=DUE - timedelta(days=n % 90)) for n in range(count))
    facts.apply_account(changes("C1", *invoices), today=TODAY, now=NOW)
    with watched() as seen:
        decide_batch(a_batch(), now=NOW)
    assert seen.changes < 20  # a write an account, not an item
    notice = notices.get(account().facts.state.waiting["account"].notice_id)
    assert notice is not None
    assert len(notice.steps) > count * 4 // 5
    assert account().next_check_on == TODAY + timedelta(days=1)
    assert len(digests.of_person("E1", TODAY, "accounting")) > count * 4 // 5
