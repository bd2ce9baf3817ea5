"""A file that was taken in part, and what happened before the rest of it was: newer files, other settings."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.ingest_files import ledger, snapshot
from functions.shared.store import inbox, sources
from functions.shared.store.inbox import FileState, InboxFile
from local.engine import Engine
from tests.inbox.dropped import Inbox, a_source, row, table
from tests.inbox.test_bank_files import BANK, an_inbox
from tests.inbox.test_long_files import NUMBERS, ending_after, go_on, long_statement
from tests.scenarios.company import ENTITY


def half_taken(engine: Engine, monkeypatch: pytest.MonkeyPatch, holds: str) -> tuple[Inbox, InboxFile]:
    """Four accounts of a file are written; then it brought its workers down, and waits for a person."""
    monkeypatch.setattr("functions.ingest_files.ledger.CHUNK", 4)
    box = Inbox(engine, a_source(snapshot=holds, most_closed_percent=100))
    box.drop(table([row("1001")]), "first.csv")
    ending_after(monkeypatch, 2)
    box.drop(table(row(number) for number in NUMBERS), "old.csv")
    monkeypatch.undo()
    file = box.file
    assert (file.state, file.done) == (FileState.TAKING, 4)
    inbox.move(file, attempts=5)
    go_on(box)
    (file,) = inbox.held(ENTITY)
    return box, file


def let_in(box: Inbox, file: InboxFile) -> InboxFile:
    """A person confirms a held file, and it is seen to. Returns: it as it stands then."""
    inbox.let_in(file, "P1", box.engine.now)
    body = json.dumps({"v": 1, "entity": ENTITY, "file": file.id})
    box.engine.client("sqs").send_message(QueueUrl=box.engine.stack.outputs["InboxQueueUrl"], MessageBody=body)
    assert not box.engine.pump().errors
    after = inbox.get(ENTITY, file.id)
    assert after is not None
    return after


def test_the_rest_of_a_file_never_undoes_a_newer_whole_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    box, old = half_taken(engine, monkeypatch, "full")
    box.drop(table(row(number, left="0.00") for number in NUMBERS), "news.csv")
    assert (box.file.state, box.open()) == (FileState.TAKEN, {})
    after = let_in(box, old)
    assert (after.state, after.code, box.open()) == (FileState.REFUSED, "OUTDATED", {})


def test_a_file_is_written_to_its_end_though_its_source_is_another_entitys_by_now(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was refused, and said that nothing of it was stored."""
    box, old = half_taken(engine, monkeypatch, "delta")
    assert sources.put(a_source(snapshot="delta", entity="E9"), was=1)
    after = let_in(box, old)
    assert (after.state, set(box.open())) == (FileState.TAKEN, {"1001", *NUMBERS})
    box.drop(table([row("1009")]), "news.csv")
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "UNKNOWN_SOURCE")


def test_what_a_file_in_part_told_first_is_closed_by_the_next_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, _ = half_taken(engine, monkeypatch, "full")
    assert set(box.open()) == set(NUMBERS[:4])
    for _ in range(2):
        box.drop(table([row("1001")]), "news.csv")
        assert (box.file.state, set(box.open())) == (FileState.TAKEN, {"1001"})
    assert box.file.counts["closes"] == 0


def test_the_rest_of_a_delta_undoes_a_newer_one_where_a_person_knows(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, old = half_taken(engine, monkeypatch, "delta")
    box.drop(table(row(number, left="0.00") for number in NUMBERS), "news.csv")
    after = let_in(box, old)  # the person only knew that it had failed
    assert (after.state, after.code, box.open()) == (FileState.HELD, "OUTDATED", {})
    after = let_in(box, after)
    assert (after.state, after.code, set(box.open())) == (FileState.TAKEN, "", set(NUMBERS[4:]))
    last = snapshot.last_taken(a_source(snapshot="delta"))
    assert last == box.file.modified_at  # the newest that was taken is still the newest


def test_an_older_delta_that_was_let_in_goes_on_after_a_pause(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.ingest_files.ledger.CHUNK", 4)
    box = Inbox(engine, a_source(snapshot="delta"))
    box.put(table(row(number) for number in NUMBERS), "old.csv")
    (late,) = engine.messages("InboxQueue")
    url = engine.stack.outputs["InboxQueueUrl"]
    engine.client("sqs").purge_queue(QueueUrl=url)
    box.drop(table([row("1001", left="0.00")]), "news.csv")
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=late)
    engine.pump()
    (old,) = inbox.held(ENTITY)
    ending_after(monkeypatch, 2)
    assert let_in(box, old).state is FileState.TAKING
    for _ in range(3):
        box.engine.move_to(box.engine.now + inbox.LEASE)
        body = json.dumps({"v": 1, "entity": ENTITY, "file": old.id})
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        engine.pump()
    assert (inbox.held(ENTITY), set(box.open())) == ([], set(NUMBERS))


def test_a_file_that_older_code_checked_is_not_held_against_policies_half_way(tmp_path: Path) -> None:
    """What named one that does not exist was left out of its second half, and the file was taken."""
    path = tmp_path / "books.jsonl"
    path.write_text('{"t": "header", "version": 1, "source": "books", "as_of": "2026-03-09"}\n')
    when, form = datetime(2026, 3, 9, tzinfo=UTC), {"bad": False}
    file = InboxFile("F1", ENTITY, "books", path.name, "", "", 0, when, when, FileState.TAKING, form=form)
    assert ledger._open(file, a_source(mapping=None), path).policies is None


def test_an_entry_that_waits_is_told_whichever_stretch_had_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    box = an_inbox(engine)
    box.drop(table(row(number) for number in NUMBERS))
    monkeypatch.setattr("core.formats.examination.LOOK_AT_CLOCK", 1)
    ending_after(monkeypatch, 4)
    box.drop(long_statement().replace(b"RE 1001?32FIRM C-1001", b"THANK YOU?32SOMEBODY"), "day.sta", "bank")
    go_on(box)
    assert (box.file.state, box.file.counts["applied"], box.file.counts["unidentified"]) == (FileState.TAKEN, 7, 1)
    assert [task for task in box.company.rows("TASK#") if task["kind"] == "match-payments"]


def test_the_rest_of_a_banks_file_is_read_as_its_beginning_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    skipping = a_source("bank", kind="bank", snapshot="delta", mapping=None, skip_bad=True)
    box = an_inbox(engine)
    assert sources.put(skipping, was=1)
    box.drop(table(row(number) for number in NUMBERS))
    bad = long_statement().replace(b"EUR800,00", b"EUR801,00").replace(b"//B", b"//X").replace(b":20:X", b":20:Y")
    ending_after(monkeypatch, 4)
    box.drop(long_statement() + bad, "day.sta", "bank")
    assert box.file.state is FileState.TAKING
    assert sources.put(BANK, was=2)
    go_on(box)
    assert (box.file.state, box.open()) == (FileState.TAKEN, {})
