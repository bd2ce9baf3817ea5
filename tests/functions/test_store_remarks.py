"""Remarks of one account: kept beside its facts, carried while they hold, taken back once."""

from datetime import date

import pytest

from core.ledger import Customer, Person
from core.remark import Remark
from core.render.remarks import MOST_LINES, note_of
from functions.shared.store import accounts, keys, remarks
from functions.shared.store.rows import fields_of
from functions.shared.store.table import table

TODAY = date(2026, 3, 16)
BEA = Person(id="bea", name="Bea Sales", roles=("sales_rep",))
OFFER = Remark(id="r1", text="Thank you.\n\n2 % for the wait.", by="bea", written_on=TODAY)


@pytest.mark.usefixtures("stack")
def test_a_remark_is_a_fact_of_its_account_and_is_taken_back_once() -> None:
    table().put({**keys.profile("C1")._asdict(), **fields_of(Customer(id="C1", name="Cole"))})
    assert remarks.write("acme", "C1", OFFER)
    assert remarks.write("acme", "C1", OFFER), "a repeated request is its own success"
    record = accounts.read("acme", "C1")
    assert record is not None
    assert record.facts.remarks == (OFFER,)
    assert remarks.take_back("acme", "C1", "r1", TODAY)
    assert not remarks.take_back("acme", "C1", "nope", TODAY)
    assert [one.ended_on for one in remarks.of_account("acme", "C1")] == [TODAY]
    assert not remarks.write("acme", "C1", OFFER)
    assert remarks.of_account("other", "C1") == []


@pytest.mark.parametrize(
    ("changes", "carried"),
    [
        ({}, True),
        ({"from_on": date(2026, 3, 17)}, False),
        ({"from_on": date(2026, 3, 16)}, True),
        ({"until_on": date(2026, 3, 15)}, False),
        ({"until_on": date(2026, 3, 16)}, True),
        ({"ended_on": date(2026, 3, 20)}, False),
        ({"messages": ("warning",)}, True),
        ({"messages": ("friendly",)}, False),
        ({"by": "gone"}, False),
        ({"text": " \n\x00"}, False),
    ],
)
def test_the_days_and_messages_that_carry_a_remark(changes: dict[str, object], carried: bool) -> None:
    note = note_of([OFFER.model_copy(update=changes)], "warning", TODAY, [BEA])
    assert (note is not None) is carried


def test_the_latest_remark_speaks_and_no_line_of_it_can_leave_its_block() -> None:
    later = OFFER.model_copy(update={"id": "r2", "written_on": date(2026, 3, 17), "text": "a\u202eb\r\n" + "x\n" * 20})
    note = note_of([later, OFFER], "warning", date(2026, 3, 18), [BEA])
    assert note is not None
    assert note.lines == ("a b", *("x",) * (MOST_LINES - 1))
    assert note.author == "Bea Sales"
