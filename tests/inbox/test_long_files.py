"""A file that outlasts an invocation, wherever that ends: reading, judging or writing it goes on in the next one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared.store import inbox, sources
from functions.shared.store.inbox import FileState
from local.engine import Engine
from local.engine.faults import Call, Killed
from local.engine.faults import Moment as At
from tests.inbox.dropped import Inbox, a_source, row, table
from tests.inbox.test_bank_files import IBAN, an_inbox
from tests.scenarios.company import ENTITY

NUMBERS = [str(n) for n in range(1001, 1009)]
CONTENT = table(row(number, left="60.00") for number in NUMBERS)


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.ingest_files.ledger.CHUNK", 4)
    monkeypatch.setattr("core.formats.examination.LOOK_AT_CLOCK", 1)


def ending_after(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    """Each invocation's time is up when it was looked at the clock so often."""
    left: Iterator[int] = iter(())

    def remaining() -> int:
        return next(left, 0)

    def begin(*given: Any) -> Any:
        nonlocal left
        left = iter([900_000] * looks)
        return Whole(given[0], remaining)

    from functions.ingest_files.moment import Moment as Whole

    monkeypatch.setattr("functions.ingest_files.handler.Moment", begin)


def go_on(box: Inbox, times: int = 20) -> None:
    """The sweep finds the file again and again, until it is over."""
    box.engine.pump()
    body = json.dumps({"v": 1, "entity": ENTITY, "file": box.file.id})
    for _ in range(times):
        if not box.file.state.waiting:
            return
        box.engine.move_to(box.engine.now + inbox.LEASE)
        box.engine.client("sqs").send_message(QueueUrl=box.engine.stack.outputs["InboxQueueUrl"], MessageBody=body)
        box.engine.pump()


def test_a_file_is_read_and_written_in_stretches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Inbox(engine, a_source(most_closed_percent=50))
    whole.drop(CONTENT)
    wanted, told = whole.open(), dict(whole.file.counts)
    engine.reset(now=engine.now)

    ending_after(monkeypatch, 5)
    box = Inbox(engine, a_source(most_closed_percent=50))
    box.drop(CONTENT)
    assert box.file.state is FileState.RECEIVED
    assert not box.open()  # nothing of it is stored before all of it is checked
    assert (box.file.form["kept"], box.file.attempts) == (f"checks/{ENTITY}/books/{box.file.id}.1", 0)
    go_on(box)
    assert box.file.state is FileState.TAKEN
    assert (box.open(), dict(box.file.counts)) == (wanted, told)
    paused = [line for line in engine.logs if "PD1805" in line]
    assert len(paused) >= 2

    monkeypatch.undo()
    box.drop(table(row(number) for number in NUMBERS[:5]))  # and what it held is known to the next one
    assert (box.file.counts["closes"], set(box.open())) == (3, set(NUMBERS[:5]))


@pytest.mark.parametrize("at", [2, 5, 12])
def test_a_worker_that_dies_at_any_write_loses_no_more_than_its_stretch(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    ending_after(monkeypatch, 7)
    box = Inbox(engine)
    box.put(CONTENT)
    engine.faults.kill_at(at, writes_only=True)
    with pytest.raises(Killed):
        go_on(box)
    engine.faults.clear()
    go_on(box)
    assert (box.file.state, box.open()) == (FileState.TAKEN, dict.fromkeys(NUMBERS, 6_000))
    assert (box.file.counts["opened"], box.file.counts["invoice"]) == (8, 8)


def test_what_was_read_late_is_judged_by_the_next_invocation(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.ingest_files.moment import RESERVE
    from functions.ingest_files.moment import Moment as Whole

    monkeypatch.setattr(
        "functions.ingest_files.handler.Moment",
        lambda now, _: Whole(now, lambda: RESERVE + 1),  # no time to judge
    )
    box = Inbox(engine)
    box.drop(CONTENT)
    assert (box.file.state, box.file.attempts, box.open()) == (FileState.RECEIVED, 0, {})
    go_on(box, times=1)  # nothing is left to read: it begins with what could not wait
    assert (box.file.state, len(box.open())) == (FileState.TAKEN, 8)


def test_what_was_read_by_another_mapping_is_read_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ending_after(monkeypatch, 7)
    box = Inbox(engine)
    box.drop(CONTENT)
    assert "kept" in box.file.form
    assert sources.put(a_source(snapshot="delta"), was=1)
    monkeypatch.undo()
    reads = list[str]()

    def look(call: Call) -> None:
        if call.operation == "GetObject" and call.moment is At.BEFORE:
            reads.append(call.params["Key"])

    engine.faults.add(look)
    go_on(box)
    assert reads == ["inbox/E1/books/ledger.csv"]
    assert (box.file.state, "closes" in box.file.counts) == (FileState.TAKEN, False)


def test_a_reading_that_is_gone_begins_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ending_after(monkeypatch, 7)
    box = Inbox(engine)
    box.drop(CONTENT)
    kept = {"Bucket": box.bucket, "Key": box.file.form["kept"]}
    version = engine.client("s3").head_object(**kept)["VersionId"]
    engine.client("s3").delete_object(**kept, VersionId=version)
    monkeypatch.undo()
    go_on(box)
    assert (box.file.state, len(box.open())) == (FileState.TAKEN, 8)


def test_a_file_that_no_invocation_gets_on_with_ends_with_a_person(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending_after(monkeypatch, 1)  # enough to begin, never enough to read a row
    box = Inbox(engine)
    box.put(CONTENT)
    engine.pump()
    go_on(box)
    assert (box.file.state, box.file.code) == (FileState.HELD, "FAILED")


def test_a_long_statement_is_booked_in_stretches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    box = an_inbox(engine)
    box.drop(table(row(number) for number in NUMBERS))
    ending_after(monkeypatch, 4)
    box.drop(long_statement(), "day.sta", "bank")
    go_on(box)
    assert (box.file.state, box.open()) == (FileState.TAKEN, {})
    counts = box.file.counts
    assert (counts["statements"], counts["applied"], counts["seen_before"]) == (1, 8, 0)
    assert len([line for line in engine.logs if "PD1805" in line]) > 1


def long_statement() -> bytes:
    """Every invoice is paid."""
    entries = "".join(
        f":61:2603080308C100,00NTRFNONREF//B{n}\r\n:86:166?00GUTSCHRIFT?20RE {n}?32FIRM C-{n}\r\n" for n in NUMBERS
    )
    head = f":20:X\r\n:25:{IBAN}\r\n:28C:42/1\r\n:60F:C260306EUR0,00\r\n"
    return f"{head}{entries}:62F:C260308EUR800,00\r\n-\r\n".encode()
