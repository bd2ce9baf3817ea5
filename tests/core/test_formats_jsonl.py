"""The native ledger, line by line: what is taken, and how each mistake is said."""

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.formats.errors import InputError, clip
from core.formats.jsonl import LONGEST_LINE, Row, read_jsonl
from core.formats.records import type_of
from tests.core.ledgers import RECORDS, rec, text


def read(*records: dict[str, Any] | str) -> list[Row | InputError]:
    return list(read_jsonl(io.BytesIO(text(records).encode()), "ledger.jsonl"))


def only(*records: dict[str, Any] | str) -> InputError:
    (found,) = read(*records)
    assert isinstance(found, InputError), found
    return found


@pytest.mark.parametrize("kind", RECORDS)
def test_a_valid_record_is_taken(kind: str) -> None:
    (row,) = read(rec(kind))
    assert isinstance(row, Row)
    assert (row.line, type(row.record)) == (1, type_of[kind])


INVOICE = rec("invoice")


@pytest.mark.parametrize(("line", "code", "field", "column"), [
    ("{", "NOT_JSON", None, 1),
    ("[1]", "NOT_JSON", None, 1),
    ('"text"', "NOT_JSON", None, 1),
    ("NaN", "NOT_JSON", None, 1),
    ('{"t":"invoice" x}', "NOT_JSON", None, 16),
    ('{"t":"invoice"} {}', "NOT_JSON", None, 17),
    ("[" * 100_000, "NOT_JSON", None, 1),
    ('{"t":"customer","id":"C1","name":"a","name":"b"}', "DUPLICATE_FIELD", "name", 38),
    ('{"t":"customer","id":"C1","name":"\\ud800"}', "NOT_JSON", None, 1),
    ('{"t":"customer","id":"C1","name":NaN}', "NOT_JSON", None, 34),
    ("{}", "MISSING_FIELD", "t", 1),
    ('{"t":"invoce"}', "UNKNOWN_TYPE", "t", 6),
    ('{"t":5}', "UNKNOWN_TYPE", "t", 6),
    ('{"t":"customer","id":"C1"}', "MISSING_FIELD", "name", 1),
    ('{"t":"customer","id":"C1","name":"A","emial":"x"}', "UNKNOWN_FIELD", "emial", 38),
    ('{"t":"customer","id":"C#1","name":"A"}', "BAD_VALUE", "id", 22),
    ('{"t":"customer","id":" C1","name":"A"}', "BAD_VALUE", "id", 22),
    ('{"t":"customer","id":1,"name":"A"}', "BAD_TYPE", "id", 22),
    ('{"t":"customer","id":"C1","name":"A\\u0000"}', "CONTROL_CHARACTER", "name", 34),
    (rec("customer", name="x" * 301), "TOO_LONG", "name", 39),
    (rec("customer", lang="deutsch"), "BAD_VALUE", "lang", None),
    (rec("customer", country="UK"), "BAD_VALUE", "country", None),
    (rec("customer", zone="CET+1"), "BAD_ZONE", "zone", None),
    (rec("customer", kind="bussiness"), "BAD_ENUM", "kind", None),
    (rec("customer", hold="yes"), "BAD_TYPE", "hold", None),
    ({**INVOICE, "total": 99.5}, "BAD_AMOUNT", "total", None),
    ({**INVOICE, "total": 100.0}, "BAD_AMOUNT", "total", None),  # a float is a float even when it looks whole
    ({**INVOICE, "total": "100"}, "BAD_AMOUNT", "total", None),
    ({**INVOICE, "total": True}, "BAD_AMOUNT", "total", None),
    ({**INVOICE, "total": None}, "BAD_AMOUNT", "total", None),
    ({**INVOICE, "total": -1}, "NEGATIVE_AMOUNT", "total", None),
    ({**INVOICE, "total": 10**15}, "AMOUNT_RANGE", "total", None),
    ({**INVOICE, "total": 10**400}, "AMOUNT_RANGE", "total", None),
    ({**INVOICE, "currency": "Euro"}, "BAD_CURRENCY", "currency", None),
    ({**INVOICE, "currency": "XXX"}, "BAD_CURRENCY", "currency", None),
    ({**INVOICE, "currency": "XTS"}, "BAD_CURRENCY", "currency", None),
    ({**INVOICE, "currency": "DEM"}, "BAD_CURRENCY", "currency", None),
    ({**INVOICE, "currency": "eur"}, "BAD_CURRENCY", "currency", None),
    ({**INVOICE, "due": "2026-02-30"}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": "31/01/2026"}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": "20260131"}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": "1767225600"}, "BAD_DATE", "due", None),  # seconds since 1970 are no date
    ({**INVOICE, "due": 1767225600}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": "2026-01-31T00:00:00"}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": "0026-01-31"}, "BAD_DATE", "due", None),
    ({**INVOICE, "due": ...}, "MISSING_FIELD", "due", 1),
    ({**INVOICE, "customer": ...}, "MISSING_FIELD", "customer", 1),  # an item without a customer
    (rec("payment", amount=0), "NEGATIVE_AMOUNT", "amount", None),
    (rec("waiver", customer=...), "MISSING_FIELD", "customer", 1),
    (rec("plan", agreed=...), "MISSING_FIELD", "agreed", 1),
    (rec("invoice", kind="feee"), "BAD_ENUM", "kind", None),
    (rec("invoice", rate="1,5"), "BAD_VALUE", "rate", None),
    (rec("header", version=2), "BAD_ENUM", "version", None),
])  # fmt: skip
def test_a_bad_line_is_said_with_its_place(line: Any, code: str, field: str | None, column: int | None) -> None:
    if isinstance(line, dict):
        line = {key: value for key, value in line.items() if value is not ...}
    error = only(line)
    assert (error.code, error.field, error.line, error.file) == (code, field, 1, "ledger.jsonl")
    if column is not None:
        assert error.column == column
    assert str(error).startswith("ledger.jsonl:1")


def test_a_slip_gets_a_suggestion() -> None:
    assert str(only({**INVOICE, "totl": 5})).endswith("totl  unknown key; did you mean 'total'?")
    assert only('{"t":"invoce"}').hint == "did you mean 'invoice'?"


def test_a_float_is_shown_how_it_is_written() -> None:
    error = only({**INVOICE, "total": 12.5})
    column = json.dumps({**INVOICE, "total": 12.5}).index("12.5") + 1
    said = f"ledger.jsonl:1:{column}  total  expected whole minor units, got 12.5; 12.50 EUR is written 1250"
    assert str(error) == said


def test_what_was_found_is_clipped_and_masked() -> None:
    assert clip("jane.doe@example.com and more") == "ja***@example.com and more"
    assert len(clip("x" * 1000)) == 40
    assert clip("a\u202eb\x1b[31m\n") == "a\ufffdb\ufffd[31m\ufffd"
    assert "jane" not in str(only(rec("customer", country="jane.doe@example.com")))


def test_lines_keep_their_numbers() -> None:
    found = read(rec("customer"), "", "{", "   ", rec("customer", id="C2"))
    assert [f.line for f in found] == [1, 3, 5]


@pytest.mark.parametrize(("raw", "code"), [
    (b"\xff\xfe{\x00}\x00", "ENCODING"),
    (b"PK\x03\x04....", "NOT_JSON"),
    (b"\x1f\x8b\x08", "NOT_JSON"),
    (b"%PDF-1.7", "NOT_JSON"),
    (b"<!doctype html>\n<html>", "NOT_JSON"),
])  # fmt: skip
def test_another_kind_of_file_is_one_error(raw: bytes, code: str) -> None:
    (error,) = read_jsonl(io.BytesIO(raw + b"\n{}\n{}\n"), "x")
    assert isinstance(error, InputError)
    assert error.code == code


RECORD_JSON = rec("customer")


@pytest.mark.parametrize(("raw", "line", "found"), [
    (json.dumps(RECORD_JSON, indent=2), 1, "an object that goes on over several lines"),
    ("\n\r\n" + json.dumps(RECORD_JSON, indent=2) * 2, 3, "an object that goes on over several lines"),
    ('{"t": "customer", "id": "C1",\n "name": "Acme"}', 1, "an object that goes on over several lines"),
    (json.dumps([RECORD_JSON] * 3, indent=2), 1, "one JSON array"),
    ("\ufeff" + json.dumps([RECORD_JSON]), 1, "one JSON array"),
])  # fmt: skip
def test_json_that_is_no_record_a_line_is_said_once(raw: str, line: int, found: str) -> None:
    (error,) = read_jsonl(io.BytesIO(raw.encode()), "x")
    assert isinstance(error, InputError)
    assert (error.code, error.line, error.found) == ("NOT_JSON", line, found)
    assert error.allowed == "one JSON object a line"
    assert "jq -c" in str(error)


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    found = list(read_jsonl(io.BytesIO(b"\xef\xbb\xbf" + text([rec("customer")]).encode()), "x"))
    assert isinstance(found[0], Row)


def test_bytes_that_are_not_utf8_have_an_offset() -> None:
    (error,) = read_jsonl(io.BytesIO(b'{"t":"customer","id":"C1","name":"M\xfcller"}'), "x")
    assert isinstance(error, InputError)
    assert (error.code, error.column) == ("ENCODING", 36)


def test_a_line_without_end_is_not_held_in_memory() -> None:
    found = list(read_jsonl(io.BytesIO(b"x" * (3 * LONGEST_LINE) + b"\n" + text([rec("customer")]).encode()), "x"))
    assert [type(f) for f in found] == [InputError, Row]
    assert found[1].line == 2


lines = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
    st.builds(
        lambda kind, key, value: json.dumps({**rec(kind), key: value}),
        st.sampled_from(sorted(RECORDS)),
        st.sampled_from(["id", "customer", "total", "amount", "due", "date", "currency", "email", "roles", "zz", "t"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.text(max_size=3)),
    ),
)


@given(st.lists(lines, max_size=8))
@example(['{"t":"customer","id":"C1","name":"\\ud83d"}'])
def test_every_line_is_a_record_or_an_error(written: list[str]) -> None:
    raw = "\n".join(written).encode("utf-8", "surrogatepass")
    found = list(read_jsonl(io.BytesIO(raw), "x"))
    wanted = [n for n, line in enumerate(raw.split(b"\n"), start=1) if line.strip(b" \t\r\n")]
    whole_file = len(found) == 1 and isinstance(found[0], InputError) and found[0].line in wanted[:1]
    assert [f.line for f in found] == wanted or whole_file
    for error in found:
        assert isinstance(error, Row) or str(error)
