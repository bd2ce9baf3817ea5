"""Files of banks in the inbox: proved whole, booked once, applied before the night decides."""

import io
import zipfile

import pytest

from functions.shared.store import config, inbox, sources
from functions.shared.store.inbox import FileState
from local.engine import Engine
from tests.builders import an_entity
from tests.inbox.dropped import Inbox, a_source, row, table
from tests.scenarios.company import ENTITY, NIGHT, SENDER, at

IBAN = "DE89370400440532013000"
BANK = a_source("bank", kind="bank", snapshot="delta", mapping=None)


def mt940(paid: str = "100,00", number: str = "1001", day: str = "260308", closing: str | None = None) -> bytes:
    """One statement with one payment."""
    return (
        f":20:X\r\n:25:{IBAN}\r\n:28C:42/1\r\n:60F:C260306EUR0,00\r\n"
        f":61:{day}0308C{paid}NTRFNONREF//B1\r\n:86:166?00GUTSCHRIFT?20RE {number}?32FIRM C-{number}\r\n"
        f":62F:C{day}EUR{closing or paid}\r\n-\r\n"
    ).encode()


def an_inbox(engine: Engine) -> Inbox:
    entity = an_entity(sender=SENDER, live=True, bank_accounts=({"holder": "Seller", "iban": IBAN},))
    box = Inbox(engine, a_source(), BANK)
    was = config.read().versions[f"entity#{ENTITY}"]
    assert config.put_entity(type(entity).model_validate(entity.model_dump()), was=was)
    box.drop(table([row("1001"), row("1002")]))
    return box


def test_a_statement_is_booked_and_the_banks_date_follows(engine: Engine) -> None:
    box = an_inbox(engine)
    pumped = box.drop(mt940(), "day.sta", "bank")
    assert not pumped.errors, pumped.errors
    assert (box.file.state, box.file.counts["statements"], box.file.counts["applied"]) == (FileState.TAKEN, 1, 1)
    assert box.open() == {"1002": 10_000}
    mark = sources.watermark("bank")
    assert mark is not None
    assert mark.took == "inbox/E1/bank/day.sta"
    box.drop(mt940(), "again.sta", "bank")
    assert (box.file.state, box.file.counts["seen_before"]) == (FileState.TAKEN, 1)
    assert box.open() == {"1002": 10_000}


def test_a_statement_that_does_not_add_up_is_refused(engine: Engine) -> None:
    box = an_inbox(engine)
    box.drop(mt940(closing="99,00"), "day.sta", "bank")
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "CONTROL_TOTAL")
    assert box.open() == {"1001": 10_000, "1002": 10_000}
    assert "CONTROL_TOTAL" in box.rejects()


def test_the_bank_speaks_before_the_night_decides(engine: Engine) -> None:
    """What lay in the inbox when the night began is applied before anybody is chased."""
    box = an_inbox(engine)
    box.put(mt940(), "day.sta", "bank")
    box.company.until(at(NIGHT, 9))
    assert [to for _, to in box.company.sent()] == ["ap@c-1002.example"]


def test_money_that_came_before_its_invoice_finds_it(engine: Engine) -> None:
    box = an_inbox(engine)
    box.drop(mt940(number="1007"), "day.sta", "bank")
    assert box.open() == {"1001": 10_000, "1002": 10_000}
    box.drop(table([row("1001"), row("1002"), row("1007")]))
    assert box.open() == {"1001": 10_000, "1002": 10_000}


def test_a_banks_archive_is_unpacked_within_limits(engine: Engine) -> None:
    box = an_inbox(engine)

    def packed(**files: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return out.getvalue()

    box.drop(packed(one=mt940()), "day.zip", "bank")
    assert (box.file.state, box.open()) == (FileState.TAKEN, {"1002": 10_000})
    box.drop(packed(inner=packed(one=mt940(number="1002"))), "nested.zip", "bank")
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "ARCHIVE_REFUSED")
    box.drop(packed(bomb=b" " * 5_000_000), "bomb.zip", "bank")
    assert (box.file.code, inbox.held(ENTITY)) == ("ARCHIVE_REFUSED", [])


def test_more_entries_than_a_worker_can_hold_are_refused_by_name(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = an_inbox(engine)
    monkeypatch.setattr("core.formats.bank.keys.MOST_ENTRIES", 0)
    box.drop(mt940(), "day.sta", "bank")
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "FILE_TOO_LARGE")
    monkeypatch.undo()
    monkeypatch.setattr("functions.ingest_files.bank.MOST_ENTRIES", 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("1.sta", mt940())
        archive.writestr("2.sta", mt940(number="1002", day="260309"))
    box.drop(out.getvalue(), "days.zip", "bank")
    assert box.file.said == "2 entries in its files together, at most 1 are taken; drop them one by one"
    assert len(box.open()) == 2


def test_b02_of_several_statements_each_is_told_what_became_of_it(engine: Engine) -> None:
    box = an_inbox(engine)
    foreign = mt940(number="1002").replace(IBAN.encode(), b"DE02120300000000202051")
    box.drop(mt940() + foreign, "two.sta", "bank")
    assert (box.file.state, box.file.code, box.open()) == (FileState.TAKEN, "IN_PART", {"1002": 10_000})
    assert [(one["account"], one["refused"], one["counts"]) for one in box.file.form["statements"]] == [
        ("..3000", None, {"applied": 1}), ("..2051", "UNKNOWN_ACCOUNT", {}),
    ]  # fmt: skip
    mark = sources.watermark("bank")
    assert mark is not None
    assert (str(mark.complete_on), mark.failure) == ("2026-03-08", "UNKNOWN_ACCOUNT")
    box.drop(foreign, "foreign.sta", "bank")
    assert (box.file.state, box.file.code) == (FileState.REFUSED, "UNKNOWN_ACCOUNT")
    assert b"20205" not in repr(box.files).encode()  # no log, no list holds an account
