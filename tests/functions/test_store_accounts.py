"""The commit point: one writer wins, effects lie in the outbox until they are taken out by key."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.ledger import Customer
from core.state import AccountState, ItemState
from functions.shared.store import accounts, keys
from functions.shared.store.table import attention_index, due_index, table
from functions.shared.wiring import client
from tests.functions.stored import answers_lost

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def an_account(customer: str = "C1") -> accounts.AccountRecord:
    table().put(
        {**keys.profile(customer)._asdict(), **Customer(id=customer, name="Acme").model_dump(exclude_none=True)}
    )
    record = accounts.read("E1", customer)
    assert record is not None
    return record


def due() -> list[str]:
    return [r["due_sk"] for s in range(keys.SHARDS) for r in table().query(keys.due_pk("E1", s), index=due_index())]


def attention() -> list[str]:
    return [
        r["att_sk"]
        for s in range(keys.SHARDS)
        for r in table().query(keys.attention_pk("E1", s), index=attention_index())
    ]


def test_nothing_known_is_none() -> None:
    assert accounts.read("E1", "nobody") is None


def test_first_commit_creates_the_account_row() -> None:
    fresh = an_account()
    assert (fresh.version, fresh.existing) == (0, False)
    state = AccountState(items={"i1": ItemState(level=2, step="c", attempts=1)})
    after = accounts.commit(fresh, state=state, next_check_on=TODAY, now=NOW, add={"verdict": {"kind": "verdict"}})
    assert after == accounts.read("E1", "C1")
    assert after is not None
    assert after.version == 1
    assert after.outbox == {"00000001.verdict": {"kind": "verdict"}}
    assert due() == ["2026-03-02#C1"]
    assert attention() == ["2026-03-02T06:05:00Z#ACCT#C1"]


@pytest.mark.parametrize("existing", [False, True])
def test_one_of_two_commits_wins(existing: bool) -> None:
    record = an_account()
    if existing:
        record = accounts.commit(record, state=AccountState(), next_check_on=TODAY, now=NOW) or record
    first = accounts.commit(
        record, state=AccountState(status="first"), next_check_on=TODAY, now=NOW, add={"a": {"n": 1}}
    )
    second = accounts.commit(
        record, state=AccountState(status="second"), next_check_on=None, now=NOW, add={"b": {"n": 2}}
    )
    assert first is not None
    assert second is None
    assert accounts.read("E1", "C1") == first


def test_no_next_check_leaves_the_due_index() -> None:
    record = accounts.commit(an_account(), state=AccountState(), next_check_on=TODAY, now=NOW)
    assert record is not None
    accounts.commit(record, state=AccountState(), next_check_on=None, now=NOW)
    assert due() == []


def test_an_effect_taken_out_late_does_not_take_the_next_commits_effect() -> None:
    first = accounts.commit(an_account(), state=AccountState(), next_check_on=TODAY, now=NOW, add={"notice": {"n": 1}})
    assert first is not None
    second = accounts.commit(first, state=AccountState(), next_check_on=TODAY, now=NOW, add={"notice": {"n": 2}})
    assert second is not None
    accounts.remove_outbox("E1", "C1", first.outbox)
    after = accounts.read("E1", "C1")
    assert after is not None
    assert (after.version, list(after.outbox.values())) == (2, [{"n": 2}])
    assert attention() != []
    accounts.remove_outbox("E1", "C1", after.outbox)
    assert attention() == []
    again = accounts.read("E1", "C1")
    assert again is not None
    assert (again.version, again.outbox) == (2, {})


def test_taking_out_twice_changes_nothing() -> None:
    record = accounts.commit(
        an_account(), state=AccountState(), next_check_on=TODAY, now=NOW, add={"a": {"n": 1}, "b": {"n": 2}}
    )
    assert record is not None
    for _ in range(2):
        accounts.remove_outbox("E1", "C1", ["00000001.a"])
    after = accounts.read("E1", "C1")
    assert after is not None
    assert list(after.outbox) == ["00000001.b"]
    accounts.remove_outbox("E1", "C1", record.outbox)
    accounts.remove_outbox("E1", "C1", [])  # what the sweep does with an empty outbox still in the index
    assert attention() == []


def test_a_commit_can_take_out_what_was_put() -> None:
    record = accounts.commit(an_account(), state=AccountState(), next_check_on=TODAY, now=NOW, add={"a": {"n": 1}})
    assert record is not None
    put = replace(record, put=frozenset(record.outbox))
    after = accounts.commit(put, state=AccountState(), next_check_on=TODAY, now=NOW)
    assert after == accounts.read("E1", "C1")
    assert after is not None
    assert after.outbox == {}
    assert attention() == []


def test_an_outbox_of_any_number_of_effects_is_written_and_taken_out() -> None:
    """An expression holds 4 kB, and an update 300 of its operators."""
    asked: list[dict[str, Any]] = []
    events = client("dynamodb").meta.events
    first = accounts.commit(an_account(), state=AccountState(), next_check_on=TODAY, now=NOW, add={"a": {"n": 0}})
    assert first is not None
    many = {f"charge.{n:03d}": {"n": n} for n in range(250)}
    events.register(
        "provide-client-params.dynamodb.UpdateItem", lambda params, **_: asked.append(params), unique_id="t"
    )
    try:
        after = accounts.commit(first, state=AccountState(), next_check_on=TODAY, now=NOW, add=many)
        read = an_account()
        assert after is not None
        assert after.outbox == read.outbox
        assert len(read.outbox) == 251
        accounts.remove_outbox("E1", "C1", [key for key in read.outbox if key.endswith("9")])
        assert accounts.commit(read, state=AccountState(), next_check_on=TODAY, now=NOW, add=many) is None
        left = an_account()
        put = replace(left, put=frozenset(left.outbox))
        assert accounts.commit(put, state=AccountState(), next_check_on=TODAY, now=NOW)
        last = accounts.commit(an_account(), state=AccountState(), next_check_on=TODAY, now=NOW, add=many)
        assert last is not None
        accounts.remove_outbox("E1", "C1", last.outbox)
    finally:
        events.unregister("provide-client-params.dynamodb.UpdateItem", unique_id="t")
    assert (len(left.outbox), an_account().outbox, attention()) == (226, {}, [])
    said = [params[name] for params in asked for name in ("UpdateExpression", "ConditionExpression")]
    assert max(len(text) for text in said) <= 4_096


def test_facts_without_customer_are_an_error() -> None:
    table().put({**keys.hold("E1", "C9", "h")._asdict(), "id": "h"})
    with pytest.raises(accounts.IncompleteAccountError):
        accounts.read("E1", "C9")


def test_no_id_reaches_into_another_account() -> None:
    assert keys.account_pk("a#b", "c") != keys.account_pk("a", "b#c")
    for text in ("a#b", "100%", "%23", "%2523#", ""):
        assert keys.unpart(keys.part(text)) == text


@pytest.mark.parametrize("existing", [False, True])
def test_a_commit_whose_answer_was_lost_is_recognised_as_our_own(existing: bool) -> None:
    record = an_account()
    if existing:
        record = accounts.commit(record, state=AccountState(), next_check_on=TODAY, now=NOW) or record
    with answers_lost(1) as lost:
        after = accounts.commit(record, state=AccountState(status="x"), next_check_on=TODAY, now=NOW)
    assert (lost, after) == ([True], accounts.read("E1", "C1"))
    assert after is not None


def test_waking_moves_the_account_to_today_and_defeats_a_decision_under_way() -> None:
    record = accounts.commit(an_account(), state=AccountState(), next_check_on=None, now=NOW)
    assert record is not None
    accounts.wake("E1", "C1", TODAY)
    assert due() == ["2026-03-02#C1"]
    assert accounts.commit(record, state=AccountState(), next_check_on=None, now=NOW) is None
    accounts.wake("E1", "nobody", TODAY)
    assert accounts.read("E1", "nobody") is None
