"""The API and what does not fit: one test for each row of bad requests, named after it."""

from datetime import UTC, timedelta
from typing import Any

import pytest
import time_machine

from functions.ingest_api import pages
from functions.shared import clock
from functions.shared.store import tokens
from functions.shared.store.tokens import Scope
from tests.builders import an_entity
from tests.functions.api import Api, a_payment, a_token, an_invoice
from tests.functions.stored import NOW, configured, everything


@pytest.fixture
def api(stack: None) -> Api:
    """A caller of E1 with a customer, the invoice I1 and nothing else."""
    configured()
    api = Api()
    assert api.put("C1", {"name": "Acme"}).status == 201
    assert api.put("C1/invoices/I1", an_invoice()).status == 201
    return api


def unchanged(before: list[Any]) -> bool:
    """Nothing but the counters of tokens."""
    after = [row for row in everything() if not row["pk"].startswith("TOKEN#")]
    return after == [row for row in before if not row["pk"].startswith("TOKEN#")]


# ---------- J01 ----------
_J01: list[tuple[Any, int, str]] = [
    ("no json", 400, "NOT_JSON"),
    ('{"number": "1", "number": "2"}', 400, "NOT_JSON"),
    ('{"total": NaN}', 400, "NOT_JSON"),
    ("[" * 10_000 + "]" * 10_000, 400, "NOT_JSON"),
    ('{"total": ' + "9" * 10_000 + "}", 400, "NOT_JSON"),
    ('"' + '\\"' * 400_000, 400, "NOT_JSON"),  # a string that never ends is read once, not from each of its quotes
    ('{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[", "b": "\\', 400, "NOT_JSON"),
    (b'{"number": "\xff"}', 400, "NOT_JSON"),
    ('"' + "x" * 1_000_001 + '"', 413, "TOO_LARGE"),
    ("[]", 422, "UNFIT"),
    ("null", 422, "UNFIT"),
    ("", 400, "NOT_JSON"),
]


def test_j01_what_is_no_json_object_is_told_with_its_offset() -> None:
    configured()
    for body, status, code in _J01:
        answer = Api().put("C1/invoices/I1", body)
        assert (answer.status, answer.body["code"]) == (status, code)
        assert answer.headers.get("content-type", answer.headers.get("Content-Type")) == "application/problem+json"
        assert status != 400 or isinstance(answer.body["offset"], int)


# ---------- J02 ----------
_J02: list[tuple[dict[str, Any], str, str]] = [
    ({"totl": "1"}, "/totl", "UNKNOWN_FIELD"),
    ({"total": 0.1 + 0.2}, "/total", "BAD_TYPE"),
    ({"total": 12}, "/total", "BAD_TYPE"),
    ({"total": "12,50"}, "/total", "BAD_AMOUNT"),
    ({"total": "-1.00"}, "/total", "BAD_AMOUNT"),
    ({"total": "1e5"}, "/total", "BAD_AMOUNT"),
    ({"total": "12.345"}, "/total", "BAD_AMOUNT"),
    ({"total": "100.5", "currency": "JPY"}, "/total", "BAD_AMOUNT"),
    ({"total": "99999999999999.99"}, "/total", "BAD_AMOUNT"),
    ({"currency": "Euro"}, "/currency", "BAD_CURRENCY"),
    ({"number": 1001}, "/number", "BAD_TYPE"),
    ({"number": None}, "/number", "BAD_TYPE"),
    ({"disputed": "maybe"}, "/disputed", "BAD_TYPE"),
    ({"kind": "bill"}, "/kind", "BAD_ENUM"),
    ({"number": "a\u0000b"}, "/number", "BAD_VALUE"),
    ({"pay_url": "javascript:alert(1)"}, "/pay_url", "BAD_VALUE"),
    ({"of": "I9", "kind": "fee"}, "/of", "UNKNOWN_REF"),
    ({"of": "I1"}, "/of", "CONFLICT"),
    ({"policy": "nobody-has-it"}, "/policy", "UNKNOWN_REF"),
]


def test_j02_each_mistake_has_its_pointer(api: Api) -> None:
    for changes, pointer, code in _J02:
        answer = api.put("C1/invoices/I2", an_invoice(**changes))
        assert (answer.status, answer.pointers, answer.body["errors"][0]["code"]) == (422, [pointer], code)


def test_j02_a_bulk_is_checked_as_a_whole_before_anything_is_stored(api: Api) -> None:
    good = {"type": "invoice", "customer": "C1", "id": "I2", **an_invoice()}
    bad = {"type": "payment", "customer": "C1", "id": "P1", **a_payment(applied=[{"invoice": "I1", "amount": 1}])}
    before = everything()
    answer = api.send("POST", "/v1/entities/E1/records", {"records": [good, bad, {"type": "odd"}]})
    assert (answer.status, answer.pointers) == (422, ["/records/1/applied/0/amount", "/records/2"])
    assert unchanged(before)


def test_j02_addresses_and_people_are_looked_at(api: Api) -> None:
    for body, pointer, code in (
        ({"name": "A", "email": "a@b"}, "/email", "BAD_EMAIL"),
        ({"name": "A", "email": "a@b.example; c@d.example"}, "/email", "BAD_EMAIL"),
        ({"name": "A", "email": "a@b.example\r\nBcc: x@y.example"}, "/email", "HEADER_INJECTION"),
        ({"name": "A", "team": {"sales_rep": "nobody"}}, "/team/sales_rep", "UNKNOWN_REF"),
        ({"name": "A", "parent": "C9"}, "/parent", "UNKNOWN_REF"),
        ({"name": "A", "parent": "C1"}, "/parent", "UNKNOWN_REF"),
        ({"name": "x" * 301}, "/name", "TOO_LONG"),
        ({}, "/name", "MISSING_FIELD"),
    ):
        answer = api.put("C1", body)
        assert (answer.status, answer.pointers, answer.body["errors"][0]["code"]) == (422, [pointer], code)
    assert "a***@" not in answer.text


# ---------- J03 ----------
def test_j03_a_key_is_needed_and_stands_for_one_request(api: Api) -> None:
    missing = api.put("C1/invoices/I2", an_invoice(), idempotency_key="")
    assert (missing.status, missing.body["code"]) == (400, "MISSING")
    first = api.put("C1/invoices/I2", an_invoice(), idempotency_key="k-1", if_none_match="*")
    before = everything()
    again = api.put("C1/invoices/I2", an_invoice(), idempotency_key="k-1", if_none_match="*")
    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert (again.headers["idempotent-replay"], again.headers["etag"]) == ("true", first.headers["etag"])
    other = api.put("C1/invoices/I2", an_invoice(total="1.00"), idempotency_key="k-1", if_none_match="*")
    assert (other.status, other.body["code"]) == (409, "IDEMPOTENCY_MISMATCH")
    assert unchanged(before)
    assert Api(a_token()).put("C1/invoices/I3", an_invoice(), idempotency_key="k-1").status == 201  # another caller's


def test_j03_a_request_that_is_still_carried_out_is_not_carried_out_twice(api: Api) -> None:
    from functions.shared.store import requests

    first = api.put("C1/invoices/I2", an_invoice(), idempotency_key="k-1")
    assert first.status == 201
    (row,) = [
        row for row in everything() if row["pk"].startswith("REQUEST#") and row["fingerprint"] and "answer" in row
    ][-1:]
    token_id = row["pk"].split("#")[1]
    claimed = requests.claim(token_id, "h", "f", NOW)
    assert isinstance(claimed, requests.Claim)
    assert requests.claim(token_id, "h", "f", NOW) == requests.Before(same=True)
    assert requests.claim(token_id, "h", "g", NOW) == requests.Before(same=False)
    later = NOW + requests.LEASE + timedelta(seconds=1)
    assert isinstance(requests.claim(token_id, "h", "f", later), requests.Claim)  # whoever had it has stopped


def test_j03_what_was_refused_is_tried_anew(api: Api) -> None:
    early = api.put("C2/invoices/I1", an_invoice(), idempotency_key="k-2")
    assert early.status == 404
    assert api.put("C2", {"name": "Bolt"}).status == 201
    assert api.put("C2/invoices/I1", an_invoice(), idempotency_key="k-2").status == 201


# ---------- J04 ----------
_J04: list[str] = [
    "/v1/entities/E1/customers/C2/account",
    "/v1/entities/E2/customers/C2/account",
    "/v1/entities/E9/customers/C1/account",
    "/v1/entities/e1/customers/C1/account",
    "/v1/entities/E1/customers/c1/account",
    "/v1/entities/E1/customers/../C1/account",
    "/v1/entities/E1/customers/%2e%2e%2fC1/account",
    "/v1/entities/E1/customers/C1%00/account",
    "/v1/entities/E1/customers/C1%23A/account",
    "/v1/entities/E1/customers/%ff/account",
    "/v1/entities/E1/customers/C1/invoices/I9",
    "/v1/nothing",
]


def test_j04_what_is_another_s_is_unknown_in_the_same_words() -> None:
    configured(an_entity(), an_entity(id="E2"))
    assert Api().put("C1", {"name": "Acme"}).status == 201
    other = Api(a_token("E2"), "E2")
    assert other.put("C2", {"name": "Bolt"}).status == 201
    unknown = Api().get("C9/account")
    for path in _J04:
        answer = Api().send("GET", path)
        assert (answer.status, answer.text) == (unknown.status, unknown.text) == (404, unknown.text)


# ---------- J05 ----------
def test_j05_a_page_token_is_ours_of_this_list_and_not_old(api: Api) -> None:
    for n in range(2, 5):
        assert api.put(f"C1/invoices/I{n}", an_invoice(due_on=f"2026-03-0{n}")).status == 201
    first = api.get("C1/invoices", limit=3).body
    second = api.get("C1/invoices", limit=3, page=first["next"]).body
    assert [one["id"] for page in (first, second) for one in page["invoices"]] == ["I1", "I2", "I3", "I4"]
    assert second["next"] is None
    forged = pages.sign("pdk_other", "E1/C1/invoices", ["2026-03-01", "I0"], clock.now())
    for page in (first["next"][:-2] + "AA", forged, "", "a", "!", "A" * 2_000):
        assert api.get("C1/invoices", limit=3, page=page).status == 400
    for limit in (0, -1, 10**6, "ten", "1.5"):
        assert api.get("C1/invoices", limit=limit).status == 400
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        assert api.get("C1/invoices", limit=3, page=first["next"]).status == 400


# ---------- J06 ----------
def test_j06_a_stale_writer_learns_the_present_state(api: Api) -> None:
    tag = api.get("C1/invoices/I1").headers["etag"]
    changed = api.put("C1/invoices/I1", an_invoice(total="120.00"), if_match=tag)
    assert changed.status == 200
    before = everything()
    stale = api.put("C1/invoices/I1", an_invoice(total="121.00"), if_match=tag)
    assert (stale.status, stale.body["current"], stale.headers["etag"]) == (
        412,
        changed.headers["etag"],
        changed.headers["etag"],
    )
    assert api.put("C1/invoices/I1", an_invoice(), if_none_match="*").status == 412
    assert api.put("C1/invoices/I9", an_invoice(), if_match='"x"').status == 412
    assert api.put("C1", {"name": "Acme"}, if_match='"x"').status == 412
    assert [row for row in everything() if row["pk"].startswith(("ACCT", "CUST"))] == [
        row for row in before if row["pk"].startswith(("ACCT", "CUST"))
    ]


# ---------- J07 ----------
_J07: list[dict[str, str]] = [
    {"content_type": "text/plain"},
    {"content_type": "application/xml"},
    {"content_type": "application/json; charset=latin-1"},
    {"content_type": "application/x-www-form-urlencoded"},
    {"content_type": "multipart/form-data; boundary=x"},
    {"content_type": ""},
    {"content_encoding": "gzip"},
]


def test_j07_only_json_in_utf_8_is_taken() -> None:
    configured()
    for headers in _J07:
        assert Api().put("C1", {"name": "Acme"}, **headers).status == 415


def test_j07_however_it_is_spelt() -> None:
    configured()
    assert Api().put("C1", {"name": "Acme"}, content_type='Application/JSON; charset="UTF-8"').status == 201


# ---------- J08 ----------
_J08: list[str] = [
    "2026-03-02T10:00:00",
    "2026-03-02T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "2026-02-30",
    "0026-01-01",
    "45000",
    "02/03/2026",
    "2026-W10-1",
    "20260302",
    "2026-3-2",
    "",
]


def test_j08_a_date_is_a_day(api: Api) -> None:
    for text in _J08:
        answer = api.put("C1/invoices/I2", an_invoice(due_on=text))
        assert (answer.status, answer.pointers) == (422, ["/due_on"])


def test_j08_days_stand_in_order(api: Api) -> None:
    promise = {"invoice": "I1", "made_on": "2026-03-05", "promised_on": "2026-03-04"}
    for place, body, pointer in (
        ("C1/invoices/I2", an_invoice(due_on="2026-01-01"), "/due_on"),
        ("C1/promises/P", promise, "/promised_on"),
        ("C1/promises/P", {**promise, "promised_on": "2026-03-09", "outcome": "kept"}, "/ended_on"),
        ("C1/disputes/D", {"invoice": "I1", "opened_on": "2026-03-05", "closed_on": "2026-03-04"}, "/closed_on"),
        ("C1/holds/H", {"placed_on": "2026-03-05", "until": "2026-03-04"}, "/until"),
    ):
        answer = api.put(place, body)
        assert (answer.status, answer.pointers) == (422, [pointer])


@pytest.mark.parametrize("key", ["bank:77", "77:less", "I1:paid"])
def test_an_id_as_we_make_them_for_a_banks_payments_is_refused(api: Api, key: str) -> None:
    answer = api.put(f"C1/payments/{key}", a_payment())
    assert (answer.status, answer.pointers) == (422, ["/id"])


# ---------- J09 ----------
def test_j09_a_token_is_needed_that_is_good_here_and_now() -> None:
    configured()
    now = clock.now()
    expired = a_token(ends_at=now - timedelta(seconds=1))
    page = a_token(audience="page")
    revoked = a_token(id="gone")
    assert tokens.revoke("gone", now)
    for token in (None, "", "pdk_" + "x" * 43, "x" * 5_000, expired, page, revoked):
        answer = Api(token).get("C1")
        assert (answer.status, answer.body["code"], answer.headers["www-authenticate"]) == (401, "TOKEN", "Bearer")
    assert Api("x").send("GET", "/v1/nothing").status == 401
    reader = Api(a_token(scopes=(Scope.ACCOUNTS_READ,)))
    refused = reader.put("C1", {"name": "Acme"})
    assert (refused.status, refused.body["code"]) == (403, "SCOPE")
    assert 'scope="customers:write"' in refused.headers["www-authenticate"]
    assert reader.get("C1").status == 403


def test_j09_a_caller_that_asks_too_often_is_told_when_to_come_again() -> None:
    configured()
    start = NOW.astimezone(UTC).replace(second=3)
    with time_machine.travel(start, tick=False):
        api = Api(a_token(rate=2))
        answers = [api.send("GET", "/v1/nothing") for _ in range(22)]
        assert [answer.status for answer in answers] == [404] * 20 + [429] * 2
        assert (answers[-1].headers["retry-after"], answers[-1].body["code"]) == ("7", "TOO_OFTEN")
    with time_machine.travel(start + timedelta(seconds=7), tick=False):
        assert api.send("GET", "/v1/nothing").status == 404
