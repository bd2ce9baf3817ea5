"""Configuration: one read, every write on the version that was read, a policy version never rewritten."""

import json
import zlib
from datetime import date
from typing import Any

import pytest

from functions.shared.store import config, keys, tasks
from functions.shared.store.config import UnknownConfigurationError
from functions.shared.store.table import table
from functions.shared.store.tasks import Task, TaskState
from functions.shared.wiring import client
from tests.builders import a_customer, a_policy, an_entity, people
from tests.functions.stored import NOW, TODAY, configured


def test_who_stops_an_entity_stops_it_while_files_are_taken() -> None:
    """Each file notes on the entity how far it reaches: it was said to be stopped, and went on sending."""
    configured()
    days = iter(range(1, 9))

    def file_taken(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", unique_id="file")
        assert config.reaches("E1", ledger=date(2026, 3, next(days)), bank=None)

    events = client("dynamodb").meta.events
    events.register("before-call.dynamodb.PutItem", file_taken, unique_id="file")
    assert config.set_live("E1", live=False)
    events.register("before-call.dynamodb.PutItem", file_taken, unique_id="file")
    assert not config.set_live("E1")  # what was looked at before is not what it is now
    entity = config.read().entity("E1")
    assert (entity.live, entity.ledger_as_of) == (False, date(2026, 3, 2))


def test_what_was_applied_is_read_at_once() -> None:
    configuration = configured()
    assert configuration.entity("E1") == an_entity()
    assert tuple(configuration.people.values()) == tuple(sorted(people(), key=lambda person: person.id))
    assert (
        configuration.policy("machinery-manufacturer")
        == configuration.policy("machinery-manufacturer", 1)
        == a_policy()
    )
    assert not configuration.paused
    setting = configuration.setting("E1", "machinery-manufacturer", deployment="d")
    assert (setting.entity, setting.policy, setting.deployment) == (an_entity(), a_policy(), "d")


def test_a_write_on_an_old_version_is_refused() -> None:
    configuration = configured()
    was = configuration.versions["entity#E1"]
    assert config.put_entity(an_entity(name="New"), was=was)
    assert not config.put_entity(an_entity(name="Newer"), was=was)
    assert not config.put_entity(an_entity(name="Newest"), was=0)
    assert config.read().entity("E1").name == "New"


def test_an_old_policy_version_stays_and_is_never_rewritten() -> None:
    configured()
    assert config.put_policy(a_policy(version=2, min_gap_days=9), was=1)
    now = config.read()
    assert now.policy("machinery-manufacturer").min_gap_days == 9
    assert now.policy("machinery-manufacturer", 1).min_gap_days == 1
    with pytest.raises(ValueError, match="raise its version"):
        config.put_policy(a_policy(version=2, min_gap_days=5), was=2)
    assert config.put_policy(a_policy(version=2, min_gap_days=9), was=2)


def test_a_policy_that_older_code_packed_is_the_same_policy() -> None:
    """Whoever applies a folder after an update has changed nothing: other bytes, and a field that was not known yet."""
    configured()
    values = a_policy().model_dump(mode="json", exclude_none=True)
    del values["activation"]["first"]
    body = zlib.compress(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode(), 6)
    kept = {**keys.policy_version("machinery-manufacturer", 1)._asdict(), "body": body, "version": 1}
    table().put(kept)
    assert config.put_policy(a_policy(), was=1)
    assert table().get(keys.policy_version("machinery-manufacturer", 1)) == kept
    with pytest.raises(ValueError, match="raise its version"):
        config.put_policy(a_policy(min_gap_days=9), was=2)


def test_the_nearest_policy_wins() -> None:
    configured()
    config.put_policy(a_policy("headline-31-61-91"), was=0)
    configuration = config.read()
    assert configuration.setting_for("E1", a_customer()).policy.policy == "machinery-manufacturer"
    near = configuration.setting_for("E1", a_customer(policy="headline-31-61-91"))
    assert near.policy.policy == "headline-31-61-91"


def test_unknown_names_are_said() -> None:
    configuration = configured()
    with pytest.raises(UnknownConfigurationError, match="E9"):
        configuration.entity("E9")
    with pytest.raises(UnknownConfigurationError, match="version 7"):
        configuration.policy("machinery-manufacturer", 7)
    with pytest.raises(UnknownConfigurationError):
        config.set_live("E9")


def test_go_live_and_the_switch() -> None:
    configured(an_entity(live=False))
    assert config.set_live("E1")
    assert config.set_live("E1")
    assert config.read().entity("E1").live
    config.pause(paused=True)
    assert config.read().paused


def test_one_entity_is_stopped_and_the_others_go_on() -> None:
    configured(an_entity(), an_entity(id="E2"))
    config.pause_entity("E2", paused=True)
    assert [config.read().stopped(entity) for entity in ("E1", "E2")] == [False, True]
    config.pause(paused=True)
    config.pause(paused=False)  # whoever starts everything again leaves what was stopped alone
    assert [config.read().stopped(entity) for entity in ("E1", "E2")] == [False, True]
    config.pause_entity("E2", paused=False)
    assert not config.read().stopped("E2")
    with pytest.raises(UnknownConfigurationError):
        config.pause_entity("E9", paused=True)


def test_how_far_the_data_reach_never_goes_back() -> None:
    configured()
    day, later = date(2026, 3, 1), date(2026, 3, 2)
    for ledger, bank in ((day, None), (later, day), (day, None)):
        assert config.reaches("E1", ledger=ledger, bank=bank)
    entity = config.read().entity("E1")
    assert (entity.ledger_as_of, entity.bank_as_of, entity.live) == (later, day, True)
    with pytest.raises(UnknownConfigurationError):
        config.reaches("E9", ledger=day, bank=None)


def test_the_rates_of_a_ledger_are_taken_over_in_the_entitys_own_currency() -> None:
    configured()
    entity = config.read().entity("E1").model_copy(update={"currency": "EUR", "rates": {"GBP": "1.15"}})
    assert config.put_entity(entity, was=1)
    rates = {"EUR": "1", "USD": "0.92"}
    assert [config.quote("E1", base, rates) for base in (None, "USD", "EUR", "EUR")] == [False, False, True, False]
    assert config.read().entity("E1").rates == {"GBP": "1.15", "USD": "0.92"}
    with pytest.raises(UnknownConfigurationError):
        config.quote("E9", "EUR", rates)


def a_task() -> Task:
    return Task(
        id="t1", entity="E1", customer="C1", kind="phone", owner_role="accounting", due_on=TODAY, created_on=TODAY
    )


def test_a_task_is_put_once_and_ended_once() -> None:
    assert tasks.put(a_task())
    assert not tasks.put(a_task())
    assert list(tasks.open_for(None, "accounting")) == [a_task()]
    assert tasks.finish("t1", "called", NOW)
    assert not tasks.close("t1", "paid", NOW)
    assert list(tasks.open_for(None, "accounting")) == []
    ended = tasks.read("t1")
    assert ended is not None
    assert (ended.state, ended.reason) == (TaskState.DONE, "called")
    assert not tasks.put(a_task())  # its effect comes twice
    assert tasks.put(a_task(), reopen=True)
    assert not tasks.put(a_task(), reopen=True)
    assert not tasks.close("none", "paid", NOW)
    assert tasks.read("none") is None


def test_tasks_of_a_person_come_by_due_date() -> None:
    for day in (20, 10, 15):
        tasks.put(a_task().model_copy(update={"id": f"t{day}", "owner": "ann", "due_on": TODAY.replace(day=day)}))
    assert [task.id for task in tasks.open_for("ann", "accounting")] == ["t10", "t15", "t20"]
    assert list(tasks.open_for(None, "accounting")) == []
