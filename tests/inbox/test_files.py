"""A file in the inbox: taken once, whole, in order; gone on with where a worker stopped; held where it is cut off."""

from datetime import timedelta

import pytest

from core.formats.changes import AccountChanges
from core.ledger import Credit, CreditKind
from functions.shared.store import config, inbox, sources
from functions.shared.store.inbox import FileState
from local.cli.doctor_sources import sources as doctor
from local.cli.target import Target
from local.engine import Engine
from local.engine.faults import Call, Killed, Moment
from tests.inbox.dropped import HEADER, MAPPING, Inbox, a_source, row, table
from tests.scenarios.company import ENTITY, NIGHT, at

OTHERS = Credit(id="P1", kind=CreditKind.PAYMENT, currency="EUR", open_minor=500, booked_on=NIGHT)
TEN = [str(n) for n in range(1001, 1011)]


def whole(*numbers: str, **changes: str) -> bytes:
    return table(row(number, **changes) for number in numbers)


def test_a_dropped_file_is_taken(engine: Engine) -> None:
    box = Inbox(engine)
    pumped = box.drop(whole(*TEN))
    assert not pumped.errors
    assert box.open() == dict.fromkeys(TEN, 10_000)
    assert (box.file.state, box.file.counts["opened"], box.file.attempts) == (FileState.TAKEN, 10, 0)
    mark = sources.watermark("books")
    assert mark is not None
    assert (mark.took, mark.complete_on) == ("inbox/E1/books/ledger.csv", NIGHT)
    assert config.read().entity(ENTITY).ledger_as_of == NIGHT
    assert not [each for each in box.company.attention() if "#FILE#" in each]
    assert not any(box.company.dead_letters().values())


def test_f48_a_file_that_is_notified_twice_is_taken_once(engine: Engine) -> None:
    box = Inbox(engine)
    box.put(whole(*TEN))
    (body,) = engine.messages("InboxQueue")
    url = engine.stack.outputs["InboxQueueUrl"]
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    assert not engine.pump().errors
    assert len(box.files) == 1
    assert box.open() == dict.fromkeys(TEN, 10_000)
    version = box.company.account("C-1001").version
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)  # and once more when it is over
    engine.pump()
    assert (len(box.files), box.company.account("C-1001").version) == (1, version)


def test_f48_a_file_that_is_overwritten_while_it_is_read_is_read_as_it_was(engine: Engine) -> None:
    box = Inbox(engine)
    box.put(whole(*TEN))

    reads = 0

    def overwrite(call: Call) -> None:
        nonlocal reads
        reads += call.operation == "GetObject" and call.moment is Moment.BEFORE
        if reads == 1:
            reads = 2
            engine.move_to(engine.now + timedelta(seconds=2))
            box.put(table([row(number, total="70.00") for number in TEN]))

    engine.faults.add(overwrite)
    assert not engine.pump().errors
    newer, older = box.files
    assert (older.state, older.counts["opened"]) == (FileState.TAKEN, 10)
    assert (newer.state, newer.counts["restated"]) == (FileState.TAKEN, 10)
    assert older.version != newer.version
    assert box.open() == dict.fromkeys(TEN, 7_000)


def test_f49_the_same_file_again_changes_nothing_and_a_corrected_one_restarts_nothing(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(whole("1001", "1002"))
    box.company.day()
    assert len(box.company.mails) == 2
    before = box.company.account("C-1001")
    box.drop(whole("1001", "1002"))
    assert (box.file.state, box.file.counts.get("changed")) == (FileState.TAKEN, 0)
    assert box.company.account("C-1001") == before

    box.drop(table([row("1001", total="90.00"), row("1002")]))
    assert (box.file.counts["changed"], box.file.counts["restated"]) == (1, 1)
    after = box.company.account("C-1001")
    assert after.facts.state == before.facts.state  # no step begins anew
    assert after.facts.items[0].open_minor == 9_000
    box.company.until(at(NIGHT + timedelta(days=1), 9))
    assert len(box.company.mails) == 2


@pytest.mark.parametrize("at_write", [3, 25])
def test_f50_a_file_whose_worker_dies_is_gone_on_with(
    engine: Engine, at_write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest_files.ledger.CHUNK", 3)
    box = Inbox(engine)
    box.put(whole(*TEN))
    engine.faults.kill_at(at_write, writes_only=True)
    with pytest.raises(Killed):
        engine.pump()
    engine.faults.clear()
    assert box.file.state.waiting
    engine.run_until(engine.now + timedelta(hours=1), quiet=box.company.run_instants)
    assert box.open() == dict.fromkeys(TEN, 10_000)
    assert box.file.state is FileState.TAKEN
    assert not [each for each in box.company.attention() if "#FILE#" in each]


def test_f50_a_file_that_outlasts_an_invocation_goes_on_in_the_next(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest_files.ledger.CHUNK", 3)
    box = Inbox(engine)
    slow = 0

    def time_passes(call: Call) -> None:
        nonlocal slow
        if call.function == "IngestFilesFunction" and call.operation == "BatchWriteItem":
            slow += 1
            if slow == 3:
                engine.move_to(engine.now + timedelta(seconds=870))

    engine.faults.add(time_passes)
    box.drop(whole(*TEN))
    assert (box.file.state, box.file.done) == (FileState.TAKING, 6)
    assert len(box.open()) == 6  # each account whole
    engine.run_until(engine.now + timedelta(minutes=11))
    assert (box.file.state, box.file.done) == (FileState.TAKEN, 10)
    assert box.open() == dict.fromkeys(TEN, 10_000)


def test_f50_nothing_is_decided_while_a_file_is_half_taken(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night waits for what lies unread; after two hours it goes on, and says so."""
    box = Inbox(engine)
    box.drop(whole("1001"))
    monkeypatch.setattr("functions.ingest_files.workflow.take_all", lambda *_: {})  # nobody takes anything
    box.drop(whole("1001", left="0.00"))
    box.company.until(at(NIGHT, 7, 50))
    assert box.company.runs() == {NIGHT.isoformat(): "planning"}
    assert box.company.queued() == 0
    box.company.until(at(NIGHT, 8, 15))
    assert box.company.runs() == {NIGHT.isoformat(): "complete"}
    assert any("PD1810" in line for line in engine.logs)


def test_f51_a_full_file_that_would_close_too_much_waits_for_a_person(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(whole(*TEN))
    box.drop(whole(*TEN[:6]))
    assert (box.file.state, box.file.said) == (FileState.HELD, "would close 4 of 10 invoices (> 20 %)")
    assert len(box.open()) == 10
    assert inbox.held(ENTITY) == [box.file]

    inbox.let_in(box.file, "anna", engine.now)
    engine.run_until(engine.now + timedelta(minutes=11))
    assert (box.file.state, box.file.counts["closed"], box.file.allowed_by) == (FileState.TAKEN, 4, "anna")
    assert set(box.open()) == set(TEN[:6])
    assert inbox.held(ENTITY) == []


def test_a_held_file_is_overtaken_by_a_newer_full_one(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(whole(*TEN))
    box.drop(whole(*TEN[:6]), "cut-off.csv")
    box.drop(whole(*TEN[:9]), "whole.csv")
    newer, older, _ = box.files
    assert (newer.state, older.state, older.code) == (FileState.TAKEN, FileState.REFUSED, "OUTDATED")
    assert (set(box.open()), inbox.held(ENTITY)) == (set(TEN[:9]), [])


def test_what_a_full_file_lacks_is_closed_and_comes_back(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(whole(*TEN))
    box.drop(whole(*TEN[:8]))  # two of ten: just the share that is allowed
    assert (box.file.state, set(box.open())) == (FileState.TAKEN, set(TEN[:8]))
    box.drop(whole(*TEN))
    assert (box.file.counts["reopened"], set(box.open())) == (2, set(TEN))


def test_a_credit_that_a_full_file_lacks_covers_nothing_any_more(engine: Engine) -> None:
    """It was used there on another invoice; what a bank or a program put on account stays."""
    box = Inbox(engine, a_source(mapping={**MAPPING, "negative": "credit_note"}))
    note = row("CN1", "A", total="-100.00")
    box.drop(table([row("1001", "A"), row("1002", "A"), note, *map(row, TEN[2:])]))
    box.company.knows(AccountChanges(ENTITY, box.company.account("A").facts.customer, credits=(OTHERS,)))
    assert on_account(box) == {"CN1": 10_000, "P1": 500}
    box.drop(table([row("1002", "A"), *map(row, TEN[2:])]))
    assert (box.file.counts["closes"], on_account(box)) == (2, {"P1": 500})
    box.drop(table([row("1002", "A"), note, *map(row, TEN[2:])]))
    assert on_account(box) == {"CN1": 10_000, "P1": 500}
    box.drop(table(map(row, TEN[2:])))  # its customer is not named at all
    assert (set(box.open()), on_account(box)) == (set(TEN[2:]), {"P1": 500})


def on_account(box: Inbox) -> dict[str, int]:
    return {one.id: one.open_minor for one in box.company.account("A").facts.credits if one.open_minor}


def test_the_first_full_file_is_held_against_what_is_stored(engine: Engine) -> None:
    box = Inbox(engine, a_source(snapshot="delta"))
    box.drop(whole(*TEN))
    assert sources.put(a_source(), was=1)
    box.drop(whole(*TEN[:9]))
    assert (box.file.counts["closes"], set(box.open())) == (1, set(TEN[:9]))


def test_a_delta_changes_what_it_names(engine: Engine) -> None:
    box = Inbox(engine, a_source(snapshot="delta"))
    box.drop(whole(*TEN))
    box.drop(table([row("1001", left="0.00"), row("1011", left="25.50")]))
    assert box.open() == dict.fromkeys(TEN[1:], 10_000) | {"1011": 2_550}


def test_an_invoice_that_moves_to_another_customer_is_asked_for_there_alone(engine: Engine) -> None:
    """Booked on the wrong customer, or two customers became one: a delta names it under the new one alone."""
    box = Inbox(engine, a_source(snapshot="delta"))
    box.drop(table([row("1001", "A"), row("1002", "A"), row("1003", "C")]))
    other = row("1003", "B", total="70.00")  # of another book, which counts alike
    for _ in range(2):
        box.drop(table([row("1001", "B"), other]))
        assert owed(box) == {("A", "1002"), ("B", "1001"), ("B", "1003"), ("C", "1003")}
    box.drop(table([row("1001", "A")]))  # and back
    assert owed(box) == {("A", "1001"), ("A", "1002"), ("B", "1003"), ("C", "1003")}
    assert box.company.account("A").facts.state.paid == ()  # nobody paid


def owed(box: Inbox) -> set[tuple[str, str]]:
    rows = (each for each in box.company.rows("ACCT#") if each["sk"].startswith("I#"))
    return {(each["customer"], each["number"]) for each in rows}


def test_a_bad_file_is_refused_with_reasons_and_nothing_is_stored(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(table([row("1001"), row("1002", total="12.345", left="12.34"), row("1003", due="2026-02-30")]))
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "TOO_MANY_DECIMALS")
    assert box.file.said == "2 mistakes, the first at line 3: TOO_MANY_DECIMALS"
    assert box.open() == {}
    assert [line.split('"code": "')[1].split('"')[0] for line in box.rejects().splitlines()][:2] == [
        "TOO_MANY_DECIMALS",
        "BAD_DATE",
    ]
    mark = sources.watermark("books")
    assert mark is not None
    assert (mark.failure, mark.failed) == ("TOO_MANY_DECIMALS", "inbox/E1/books/ledger.csv")


@pytest.mark.parametrize("skip_bad", [False, True])
def test_c23_a_file_that_speaks_of_another_company_leaves_nothing_but_a_log_line(
    engine: Engine, *, skip_bad: bool
) -> None:
    box = Inbox(
        engine, a_source(skip_bad=skip_bad, mapping=MAPPING | {"invoice": {**MAPPING["invoice"], "entity": "Co"}})
    )
    rows = [f"{HEADER},Co", f"{row('1001')},{ENTITY}", f"{row('1002')},E2", ""]
    box.drop("\n".join(rows).encode())
    assert (box.file.state, box.file.code, box.open()) == (FileState.REFUSED, "TENANT_MISMATCH", {})
    assert "Firm C-1002" not in box.file.said
    assert any("PD1807" in line for line in engine.logs)


def test_bad_lines_are_left_out_where_the_source_says_so_and_close_nothing(engine: Engine) -> None:
    box = Inbox(engine, a_source(skip_bad=True))
    box.drop(whole(*TEN))
    box.drop(table([*(row(number) for number in TEN[:9]), row("1010", due="2026-02-30")]))
    assert (box.file.state, box.file.counts["rejected"]) == (FileState.TAKEN, 1)
    assert '"text": "C-1010,Firm C-1010' in box.rejects()
    assert len(box.open()) == 10  # the bad line may well have been about it
    box.drop(whole(*TEN[:9]))
    assert len(box.open()) == 9


def test_an_older_file_never_undoes_a_newer_one(engine: Engine) -> None:
    box = Inbox(engine, a_source(snapshot="delta"))
    box.put(whole("1001"), "late.csv")
    (late,) = engine.messages("InboxQueue")
    url = engine.stack.outputs["InboxQueueUrl"]
    engine.client("sqs").purge_queue(QueueUrl=url)
    box.drop(whole("1001", left="0.00"), "news.csv")
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=late)
    engine.pump()
    (held,) = inbox.held(ENTITY)
    assert (held.name, held.code) == ("late.csv", "OUTDATED")
    assert box.open() == {}


def test_what_belongs_to_nobody_is_left_alone_and_said(engine: Engine) -> None:
    box = Inbox(engine)
    box.put(whole("1001"), entity="E9")
    box.put(whole("1001"), source="other")
    box.put(b"", "folder/")
    assert not engine.pump().errors
    assert [(file.source, file.state, file.code) for file in box.files] == [
        ("other", FileState.REFUSED, "UNKNOWN_SOURCE")
    ]
    assert box.open() == {}
    told = [one.found for one in doctor(Target(engine.stack.name, engine.stack.outputs, "", engine))]
    assert [text for text in told if text.endswith("nobody reads them")] == [
        "files lie under inbox/E1/other/, and E1 has no such source: nobody reads them",
        "files lie under inbox/E9/, and there is no entity E9: nobody reads them",
    ]


def test_what_no_later_file_brings_stays_told(engine: Engine) -> None:
    """Of changes, the first file is refused and the second one taken: nobody would send the first one again."""
    box = Inbox(engine, a_source(snapshot="delta"))
    box.put(whole("1001").replace(b"100.00", b"100.001"), "a.csv")
    box.put(whole("1002"), "b.csv")
    assert not engine.pump().errors
    assert sorted(file.state for file in box.files) == [FileState.REFUSED, FileState.TAKEN]
    told = [one.found for one in doctor(Target(engine.stack.name, engine.stack.outputs, "", engine))]
    assert any("a.csv is not taken, or not whole" in text for text in told)


def test_names_with_blanks_and_signs_are_found(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(whole("1001"), "Offene Posten März + 100 %.csv")
    assert (box.file.state, box.file.name) == (FileState.TAKEN, "Offene Posten März + 100 %.csv")


def test_a_file_that_brings_every_worker_down_ends_with_a_person(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("functions.ingest_files.ledger.take", broken)
    box = Inbox(engine)
    box.put(whole("1001"))
    engine.run_until(engine.now + timedelta(hours=8), quiet=box.company.run_instants)
    assert (box.file.state, box.file.code) == (FileState.HELD, "FAILED")


def test_a_file_that_the_platform_never_gives_ends_with_a_person_after_a_day(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed with a key that is not ours, or larger unpacked than the disk: all behind it would wait for ever."""

    def denied(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("functions.ingest_files.ledger.take", denied)
    box = Inbox(engine)
    box.put(whole("1001"))
    engine.run_until(engine.now + timedelta(hours=2), quiet=box.company.run_instants)
    assert (box.file.state, box.file.attempts) == (FileState.RECEIVED, 0)  # an outage is nobody's fault
    inbox.move(box.file, look_at=engine.now, received_at=engine.now - timedelta(days=1))
    engine.run_until(engine.now + timedelta(hours=8), quiet=box.company.run_instants)
    assert (box.file.state, box.file.code) == (FileState.HELD, "FAILED")
