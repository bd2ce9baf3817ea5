"""BAI2: what each record says, and what is refused with its line."""

from datetime import date

import pytest

from core.bank import EntryStatus
from tests.core.bank_samples import entry, errors, others, read, statement, statements

DAY = date(2026, 1, 5)


def bai(
    *details: str, head: str = "03,123456,USD,010,10000,,,015,10500,,/", group: str = "260105,2400,USD,2", sum_: int = 0
) -> str:
    """A file with one account; `sum_` of the account's records, worked out where it is 0."""
    lines = [head, *details]
    total = sum_ or _sum(lines)
    return "\n".join([
        "01,SENDER,RECEIVER,260106,0700,1,,,2/", f"02,RECEIVER,SENDER,1,{group}/", *lines,
        f"49,{total},{len(lines) + 1}/", f"98,{total},1,{len(lines) + 3}/", f"99,{total},1,{len(lines) + 5}/",
    ])  # fmt: skip


def _sum(lines: list[str]) -> int:
    head = sum(int(part) for part in lines[0].rstrip("/").split(",")[4::4] if part)
    return head + sum(int(line.split(",")[2] or 0) for line in lines[1:] if line.startswith("16"))


def test_an_account() -> None:
    one = statement(bai("16,142,500,V,260106,,BK1,CUST1,ACME INC INVOICE 7/"))
    assert (one.account, one.currency, one.format, one.interim) == ("123456", "USD", "bai2", False)
    assert (one.opening_minor, one.closing_minor, one.closing_on) == (10_000, 10_500, DAY)
    (booked,) = one.entries
    assert (booked.minor, booked.booked_on, booked.value_on, booked.line) == (500, DAY, date(2026, 1, 6), 4)
    assert (booked.bank_reference, booked.remittance.end_to_end, booked.kind) == ("BK1", "CUST1", "142")
    assert booked.remittance.text == "ACME INC INVOICE 7"


def test_debits_same_day_and_other_currencies() -> None:
    one = statement(bai("16,475,500,Z,,,check/", head="03,1,,010,11000,,,015,10500,,/", group="260105,,GBP,3"))
    assert (one.currency, one.interim, [e.minor for e in one.entries]) == ("GBP", True, [-500])


@pytest.mark.parametrize(("detail", "text", "value_on"), [
    ("16,142,500,Z,B,C,the text/", "the text", None),
    ("16,142,500,,B,C,the text/", "the text", None),
    ("16,142,500,S,100,200,200,B,C,the text/", "the text", None),
    ("16,142,500,D,2,0,300,1,200,B,C,the text/", "the text", None),
    ("16,142,500,V,,,B,C,the text/", "the text", None),
    ("16,142,500,V,20260107,,B,C,the text/", "the text", date(2026, 1, 7)),  # a year of four digits, as some write it
    ("16,142,500,Z,B,C,the text, with a comma", "the text, with a comma", None),
])  # fmt: skip
def test_availability_comes_before_the_references(detail: str, text: str, value_on: date | None) -> None:
    one = entry(bai(detail))
    assert (one.remittance.text, one.bank_reference, one.value_on) == (text, "B", value_on)


def test_b04_records_go_on() -> None:
    one = entry(bai("16,142,500,Z,B,C,ACME/", "88,INVOICE 7/", "88,AND 8"))
    assert one.remittance.text == "ACME,INVOICE 7,AND 8"
    more = bai("88,100,500,1,/", "16,142,500,Z,B,C,X/", sum_=21_500)
    assert statement(more).closing_minor == 10_500


def test_b04_blank_amounts() -> None:
    one = statement(bai("16,890,,Z,,,a message/", head="03,1,USD,010,,,,015,,,/"))
    assert (one.opening_minor, one.closing_minor) == (None, None)
    assert [(e.minor, e.status) for e in one.entries] == [(0, EntryStatus.INFORMATION)]


def test_b04_an_unknown_type_code_goes_the_way_of_its_range() -> None:
    found = read(
        bai("16,399,500,Z,B,C,x/", "16,930,1,Z,B,C,y/", "16,699,1,Z,B,C,z/", head="03,1,USD,010,10000,,,015,10500,,/")
    )
    assert others(found) == [("warning", "BAD_ENUM")]  # 930; the others are of the standard
    (one,) = [one for one in found if hasattr(one, "entries")]
    assert [e.minor for e in one.entries] == [500, 1, -1]
    assert errors(bai("16,777,500,Z,B,C,x/")) == [("BAD_ENUM", 4, "16")]


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("49,21000,3/", "49,21001,3/", [("CONTROL_TOTAL", 6, "98")]),
    ("49,21000,3/", "49,21000,4/", [("CONTROL_TOTAL", 5, "49")]),
    ("98,21000,1,5/", "98,21000,2,5/", [("CONTROL_TOTAL", 6, "98")]),
    ("98,21000,1,5/", "98,21000,1,6/", [("CONTROL_TOTAL", 6, "98")]),
    ("99,21000,1,7/", "99,20999,1,7/", [("CONTROL_TOTAL", 7, "99")]),
    ("99,21000,1,7/", "99,21000,1,8/", [("CONTROL_TOTAL", 7, "99")]),
    ("99,21000,1,7/", "", [("NO_END", 0, None)]),
    ("16,142,500", "16,142,501", [("CONTROL_TOTAL", 5, "49")]),
    ("16,142,500", "16,142,5.00", [("BAD_AMOUNT", 4, "amount")]),
    ("16,142,500", "17,142,500", [("UNKNOWN_TYPE", 4, None)]),
    ("03,123456", "03,", [("MISSING_FIELD", 3, "account number")]),
    (",USD,010", ",ZZZ,010", [("BAD_CURRENCY", 3, "currency")]),
    ("260105,2400", "261305,2400", [("BAD_DATE", 2, "as-of date")]),
    ("1,260105", "2,260105", [("BAD_ENUM", 2, "02")]),
    ("1,260105", "4,260105", [("BAD_ENUM", 2, "02")]),
    ("49,21000,3/\n", "", [("MISPLACED", 5, "98")]),
    ("01,SENDER", "88,SENDER", [("UNKNOWN_FORMAT", 0, None)]),
])  # fmt: skip
def test_b04_what_is_refused(old: str, new: str, expected: list[tuple[str, int, str | None]]) -> None:
    text = bai("16,142,500,Z,B,C,x/")
    assert text.count(old) == 1
    assert errors(text.replace(old, new)) == expected


def test_b04_an_account_that_is_wrong_leaves_the_others() -> None:
    account = "03,{0},USD,010,100,,,015,100,,/\n49,{1},2/\n"
    text = (
        "01,S,R,260106,0700,1,,,2/\n02,R,S,1,260105,,,2/\n" + account.format(1, 200) + account.format(2, 201)
        + "98,401,2,6/\n99,401,1,8/\n"
    )  # fmt: skip
    found = read(text)
    assert [getattr(one, "account", None) or one.code for one in found] == ["1", "CONTROL_TOTAL", "NOT_TAKEN"]


def test_details_that_are_told_in_part() -> None:
    found = read(bai("16,142,1,Z,B,C,x/"))
    assert others(found) == [("warning", "CONTROL_TOTAL")]  # the format promises sums of records, not of balances
    assert len(statements(bai("16,142,1,Z,B,C,x/"))) == 1
