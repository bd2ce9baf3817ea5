"""What is counted of a local run: requests, sizes and units by function, against sizes that are known."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.shared.store import keys
from functions.shared.store.table import table
from local.counting import Counts, Meter
from local.counting.units import Index, write_units
from local.engine import Engine
from local.engine.faults import client_error

_KB = 1024
START = datetime(2026, 1, 1, tzinfo=UTC)
SWEEP = "SweepStuckFunction"


def row(pk: str, length: int, **attributes: Any) -> dict[str, Any]:
    """A record of exactly so many bytes: `pk`, `sk`, `A` and `fill` are names and values of it."""
    fixed = len("pk" + pk + "sk" + "A" + "fill")
    fixed += sum(len(name) + len(value) for name, value in attributes.items())
    return {"pk": pk, "sk": "A", "fill": "x" * (length - fixed), **attributes}


@pytest.fixture(scope="module")
def opened() -> Any:
    work: list[Any] = []

    def handler(event: dict[str, Any], _context: Any) -> Any:
        return work[-1]()

    with Engine(start=START, handlers={SWEEP: handler}, check_permissions=False) as engine:
        yield engine, work


@pytest.fixture
def counted(opened: Any) -> Any:
    """Run something as a function, and give what was counted of it."""
    engine, work = opened
    engine.reset()
    meter: Meter = engine.count()
    meter.taken()

    def run(what: Any, event: Any = None) -> Counts:
        work.append(what)
        engine.invoke(SWEEP, event or {})
        return meter.taken()

    return run


@pytest.mark.parametrize(("length", "units"), [(200, 1), (_KB, 1), (_KB + 1, 2), (3 * _KB, 3), (3 * _KB + 1, 4)])
def test_a_write_is_a_unit_for_each_kilobyte_begun(counted: Any, length: int, units: int) -> None:
    counts = counted(lambda: table().put(row("P#1", length)))
    assert (counts.write_units, counts.rows_written, counts.requests.total()) == (units, 1, 1)


@pytest.mark.parametrize(("length", "units"), [(200, 1), (4 * _KB, 1), (4 * _KB + 1, 2)])
def test_a_strong_read_is_a_unit_for_each_four_kilobytes_begun_and_a_weak_one_half(
    counted: Any, length: int, units: int
) -> None:
    counted(lambda: table().put(row("P#1", length)))
    key = keys.Key("P#1", "A")
    assert counted(lambda: table().get(key) and None).read_units == units
    assert counted(lambda: table().get(key, consistent=False) and None).read_units == units / 2
    assert counted(lambda: table().get(keys.Key("P#2", "A"))).read_units == 1  # nothing there is charged too


def test_what_a_count_goes_over_is_charged_though_nothing_is_sent(counted: Any) -> None:
    counted(lambda: [table().put(row("P#1", 3 * _KB) | {"sk": f"S#{n}"}) for n in range(3)] and None)
    counts = counted(lambda: table().count("P#1"))
    assert (counts.read_units, counts.rows_read) == (3, 3)


def test_an_entry_that_moves_in_an_index_is_two_writes_and_one_that_stays_is_none(counted: Any) -> None:
    at = {"att_pk": "ATT#main#0", "att_sk": "2026-01-01"}
    assert counted(lambda: table().put(row("P#1", 300, **at))).write_units == 2
    assert counted(lambda: table().put(row("P#1", 400, **at))).write_units == 1
    assert counted(lambda: table().put(row("P#1", 400, **at | {"att_sk": "2026-01-02"}))).write_units == 3
    assert counted(lambda: table().put(row("P#1", 400))).write_units == 2  # taken out


def test_a_refused_write_is_charged_by_what_is_there(counted: Any) -> None:
    counted(lambda: table().put(row("P#1", 2 * _KB)))
    counts = counted(lambda: table().put_if(row("P#1", 10 * _KB), "attribute_not_exists(#pk)"))
    assert (counts.write_units, counts.refused, counts.rows_written) == (2, 1, 0)


def test_what_the_sdk_repeats_is_counted_each_time(counted: Any, opened: Any) -> None:
    engine, _ = opened
    engine.faults.lose_answer("PutItem")
    counts = counted(lambda: table().put_if(row("P#1", 300), "attribute_not_exists(#pk)", mine=lambda _: True))
    assert (counts.of(SWEEP), counts.write_units) == (2, 2)


def test_what_a_fault_breaks_was_not_asked_for(counted: Any, opened: Any) -> None:
    engine, _ = opened
    engine.faults.fail_at(1, client_error("PutItem", "InternalServerError"))
    with pytest.raises(Exception, match="injected"):
        counted(lambda: table().put(row("P#1", 300)))
    engine.faults.clear()
    assert counted(lambda: table().put(row("P#2", 300))).of(SWEEP) == 1


def test_a_batch_of_a_queue_is_one_invocation_and_one_poll(counted: Any) -> None:
    event = {"Records": [{"eventSource": "aws:sqs"}] * 10}
    share = counted(lambda: None, event).share(SWEEP)
    assert (share.invocations, share.polls) == (1, 1)
    assert counted(lambda: None, {"Records": [{"eventSource": "aws:sqs"}] * 11}).share(SWEEP).polls == 2


def test_counts_are_kept_as_json_and_add_up(counted: Any) -> None:
    first = counted(lambda: table().put(row("P#1", 300)))
    again = Counts.of_data(json.loads(json.dumps(first.as_data())))
    assert again == first
    again.add(first)
    assert (again.write_units, again.share(SWEEP).invocations) == (2, 2)
    assert again.share(SWEEP).memory_mb == first.share(SWEEP).memory_mb


def test_what_is_stored_counts_index_entries_too(counted: Any) -> None:
    plain = counted(lambda: table().put(row("P#1", 300))).stored_bytes
    assert plain == 300 + 100
    at = {"att_pk": "ATT#main#0", "att_sk": "2026-01-01"}
    entry = len("pkP#1skA") + sum(len(name) + len(value) for name, value in at.items())
    assert counted(lambda: table().put(row("P#1", 300, **at))).stored_bytes == plain + entry + 100


def test_an_entry_of_an_index_that_holds_all_is_written_whenever_anything_changes() -> None:
    index = Index(("work_pk", "work_sk"), whole=True)
    before = {"pk": {"S": "P"}, "sk": {"S": "A"}, "work_pk": {"S": "W"}, "work_sk": {"S": "1"}, "n": {"N": "1"}}
    assert write_units(before, before | {"n": {"N": "2"}}, (index,)) == 2
