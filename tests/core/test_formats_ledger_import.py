"""A ledger as a whole: what its records say of each other, and what becomes of each account."""

import io
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats.changes import AccountChanges
from core.formats.errors import Severity
from core.formats.examination import Examination, LedgerFile
from core.formats.jsonl import read_jsonl
from core.formats.ledger_import import by_date, changes, examine, jsonl_ledger, write_rejects
from core.formats.notebook import Notebook
from core.ledger import Credit, CreditKind, ItemKind, PartPayment
from tests.core.ledgers import ledger, rec, said, text

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))


def one(folder: Path, *records: dict[str, Any], until: date | None = None) -> AccountChanges:
    """The only account of a ledger without errors."""
    file = ledger(folder, *records)
    report = examine(file)
    assert report.errors == ()
    (account,) = changes(file, report, **({"until": until} if until else {}))
    return account


def errors(folder: Path, *records: dict[str, Any] | str) -> list[tuple[str, int, str | None]]:
    return said(examine(ledger(folder, *records)).errors)


def remarks(folder: Path, *records: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    report = examine(ledger(folder, *records))
    assert report.errors == ()
    return said(report.remarks)


C, INV, P = rec("customer"), rec("invoice"), rec("payment")

# ---------- what becomes of an account ----------


def test_an_invoice_owes_what_its_payments_left(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, P, rec("credit_note"), rec("write_off"))
    (item,) = account.items
    assert (account.entity, item.item.original_minor, item.item.open_minor) == ("main", 10_000, 5_850)
    assert item.settled == {"P1": 4_000, "N1": 100, "W1": 50}
    assert item.item.part_payments == (  # what was given up is no payment
        PartPayment(id="P1", recorded_on=date(2026, 2, 10), minor=4_000),
        PartPayment(id="N1", recorded_on=date(2026, 2, 11), minor=100),
    )
    assert account.credits == ()


def test_money_on_account_is_a_credit(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, rec("payment", invoice=None), rec("credit_note", invoice=...))
    assert account.items[0].item.open_minor == 10_000
    assert [(c.id, c.kind, c.open_minor) for c in account.credits] == [
        ("P1", CreditKind.PAYMENT, 4_000),
        ("N1", CreditKind.CREDIT_NOTE, 100),
    ]


def test_more_money_than_was_open_stays_as_credit(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, rec("payment", amount=10_500))
    assert account.items[0].item.open_minor == 0
    assert account.items[0].settled == {"P1": 10_000}
    assert account.credits == (
        Credit(id="P1", kind=CreditKind.PAYMENT, currency="EUR", open_minor=500, booked_on=date(2026, 2, 10)),
    )
    assert remarks(tmp_path, C, INV, rec("payment", amount=10_500)) == [("INCONSISTENT_AMOUNT", 3, "amount")]


def test_an_application_moves_money_from_the_credit_to_the_invoice(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, rec("payment", invoice=None), rec("application"))
    assert account.items[0].settled == {"A1": 500}
    assert account.credits[0].open_minor == 3_500


def test_a_reversed_payment_opens_all_it_had_settled(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, P, rec("payment_reversal"))
    (item,) = account.items
    assert (item.item.open_minor, item.settled, item.reversed) == (10_000, {}, ("P1",))
    assert item.item.part_payments == ()
    applied = one(
        tmp_path, C, INV, rec("payment", invoice=None), rec("application"), rec("payment_reversal", date="2026-03-01")
    )
    assert (applied.items[0].settled, applied.items[0].reversed) == ({}, ("A1",))
    assert applied.credits[0].open_minor == 0  # used up: the money is gone


def test_what_holds_an_invoice_is_passed_on(tmp_path: Path) -> None:
    account = one(
        tmp_path, rec("customer", hold=True), rec("invoice", disputed=True, level=2, last_notice="2026-02-20"),
        rec("promise", amount=500), rec("dispute", amount=700, reason="short"), rec("hold", until="2026-03-01"),
        rec("hold", id="H2", invoice="I1"),
    )  # fmt: skip
    assert account.items[0].item.disputed_all
    assert (account.items[0].level, account.items[0].last_notice) == (2, date(2026, 2, 20))
    assert [(p.id, p.item, p.amount_minor, p.promised_on) for p in account.promises] == [
        ("M1", "I1", 500, date(2026, 2, 26))
    ]
    assert [(d.id, d.amount_minor, d.opened_on, d.reason) for d in account.disputes] == [
        ("D1", 700, date(2026, 2, 12), "short")
    ]
    assert [(h.id, h.item, h.until) for h in account.holds] == [
        ("ledger", None, None), ("H1", None, date(2026, 3, 1)), ("H2", "I1", None),
    ]  # fmt: skip


def test_what_is_over_is_said_to_be(tmp_path: Path) -> None:
    records = C, INV, rec("promise", ended="2026-02-26"), rec("dispute", ended="2026-02-20")
    account = one(tmp_path, *records)
    assert [(p.id, p.ended_on) for p in account.promises] == [("M1", date(2026, 2, 26))]
    assert [(d.id, d.closed_on) for d in account.disputes] == [("D1", date(2026, 2, 20))]
    assert account.ended_holds == ("ledger",)
    before = one(tmp_path, *records, until=date(2026, 2, 21))
    assert [p.ended_on for p in before.promises] == [None]
    assert [d.closed_on for d in before.disputes] == [date(2026, 2, 20)]


@pytest.mark.parametrize(("email", "contacts"), [
    ("ap@acme.example", [("ap", "ap@acme.example")]),
    ("a@acme.example; b@acme.example", [("ap", "a@acme.example"), ("ap-2", "b@acme.example")]),
    ("Eva <eva@acme.example>", [("ap", "eva@acme.example")]),
    ("ap@bücher.example", [("ap", "ap@xn--bcher-kva.example")]),
    (None, []),
    ("", []),
])  # fmt: skip
def test_the_customers_address_is_its_ap_contact(tmp_path: Path, email: str | None, contacts: list[Any]) -> None:
    account = one(tmp_path, rec("customer", email=email))
    assert [(c.id, c.email) for c in account.contacts] == contacts
    assert account.customer.email == (contacts[0][1] if contacts else None)


def test_a_contact_line_comes_before_the_customers_own_address(tmp_path: Path) -> None:
    named = one(tmp_path, rec("customer", email="all@acme.example"), rec("contact", email="eva@acme.example"))
    assert [(c.id, c.email, c.roles) for c in named.contacts] == [("K1", "eva@acme.example", ("ap_contact",))]
    manager = one(
        tmp_path,
        rec("customer", email="all@acme.example"),
        rec("contact", email="m@acme.example", roles=["ap_manager"]),
    )
    assert [c.id for c in manager.contacts] == ["ap", "K1"]


@pytest.mark.parametrize(
    "email", ["a@b", "nobody", "no-reply@acme.example", "x" * 65 + "@acme.example", "ü@acme.example"]
)
def test_an_address_that_nobody_reads_is_left_out_with_a_warning(tmp_path: Path, email: str) -> None:
    assert remarks(tmp_path, rec("customer", email=email)) == [("BAD_EMAIL", 1, "email")]
    assert one(tmp_path, rec("customer", email=email)).contacts == ()


@pytest.mark.parametrize(("country", "zone", "expected"), [
    ("FR", None, "Europe/Paris"),
    ("DE", None, "Europe/Berlin"),  # Büsingen keeps the same time
    ("US", None, None),
    ("ES", None, None),  # the Canaries
    ("US", "America/Chicago", "America/Chicago"),
    (None, None, None),
])  # fmt: skip
def test_the_readers_zone_is_that_of_a_country_with_one_time(
    tmp_path: Path, country: str | None, zone: str | None, expected: str | None
) -> None:
    assert one(tmp_path, rec("customer", country=country, zone=zone)).customer.zone == expected


def test_a_postal_address_is_kept_line_by_line(tmp_path: Path) -> None:
    lines = ["Hauptstr. 1", "80331 München"]
    assert one(tmp_path, rec("customer", address=lines)).customer.address == tuple(lines)
    assert one(tmp_path, C).customer.address == ()
    found = errors(tmp_path, rec("customer", address=["Hauptstr. 1\r\nBcc: x"]))
    assert [line for code, line, _ in found if code == "CONTROL_CHARACTER"] == [1]


def test_a_customer_has_an_account_at_each_entity(tmp_path: Path) -> None:
    file = ledger(
        tmp_path, rec("entity", id="de", name="DE"), rec("entity", id="nl", name="NL"), rec("person", id="a", name="A"),
        C, rec("invoice", entity="de"), rec("invoice", id="I2", number="N2", entity="nl"), rec("payment"), rec("hold"),
    )  # fmt: skip
    report = examine(file)
    assert report.errors == ()
    accounts = {a.entity: a for a in changes(file, report)}
    assert {e: [(i.item.id, i.item.open_minor) for i in a.items] for e, a in accounts.items()} == {
        "de": [("I1", 6_000)],
        "nl": [("I2", 10_000)],
    }
    assert all([h.id for h in a.holds] == ["H1"] for a in accounts.values())
    assert [e.id for e in report.entities] == ["de", "nl"]
    assert [p.id for p in report.people] == ["a"]
    assert errors(tmp_path, rec("entity", id="de", name="D"), rec("entity", id="nl", name="N"), C, INV) == [
        ("MISSING_FIELD", 4, "entity")
    ]


# ---------- what records say of each other ----------


@pytest.mark.parametrize(("records", "expected"), [
    ([INV], [("UNKNOWN_REF", 1, "customer")]),
    ([C, rec("invoice", customer="C2")], [("UNKNOWN_REF", 2, "customer")]),
    ([C, P], [("UNKNOWN_REF", 2, "invoice")]),
    ([C, P, INV], [("UNKNOWN_REF", 2, "invoice")]),  # only what stands above can be named
    ([C, rec("payment", invoice=None), rec("application")], [("UNKNOWN_REF", 3, "invoice")]),
    ([C, INV, rec("application")], [("UNKNOWN_REF", 3, "credit")]),
    ([C, INV, rec("payment_reversal")], [("UNKNOWN_REF", 3, "payment")]),
    ([C, INV, rec("credit_note"), rec("payment_reversal", payment="N1")], [("UNKNOWN_REF", 4, "payment")]),
    ([C, INV, rec("customer", id="C2"), rec("payment", customer="C2")], [("CONFLICT", 4, "invoice")]),
    ([C, INV, rec("payment", currency="USD")], [("CURRENCY_MISMATCH", 3, "currency")]),
    ([C, INV, rec("payment", invoice=None, currency="USD"), rec("application")], [("CURRENCY_MISMATCH", 4, "credit")]),
    ([C, INV, rec("payment", invoice=None), rec("application", amount=4_001)], [("INCONSISTENT_AMOUNT", 4, "amount")]),
    ([C, INV, rec("payment", invoice=None, amount=20_000), rec("application", amount=10_001)],
     [("INCONSISTENT_AMOUNT", 4, "amount")]),
    ([C, INV, rec("write_off", amount=10_001)], [("INCONSISTENT_AMOUNT", 3, "amount")]),
    ([C, INV, P, rec("payment_reversal"), rec("payment_reversal", id="R2")], [("CONFLICT", 5, "payment")]),
    ([C, INV, rec("promise", promised="2026-02-11")], [("DATE_ORDER", 3, "promised")]),
    ([C, INV, rec("dispute", ended="2026-02-11")], [("DATE_ORDER", 3, "ended")]),
    ([C, rec("hold", placed="2026-02-01", until="2026-01-01")], [("DATE_ORDER", 2, "until")]),
    ([C, rec("invoice", entity="nowhere")], [("UNKNOWN_REF", 2, "entity")]),
    ([C, rec("entity", id="de", name="D")], [("MISPLACED", 2, "t")]),
    ([C, rec("header", version=1)], [("MISPLACED", 2, "t")]),
    ([rec("end"), C], [("MISPLACED", 2, "t")]),
    ([rec("customer", parent="C1")], [("CONFLICT", 1, "parent")]),
    ([rec("customer", parent="C9")], [("UNKNOWN_REF", 1, "parent")]),
    ([rec("customer", parent="C2"), rec("customer", id="C2")], []),
    ([rec("customer", email="a@b.example\r\nBcc: x@y.example")], [("HEADER_INJECTION", 1, "email")]),
    ([C, rec("customer", name="Other")], [("DUPLICATE_KEY", 2, "id")]),
    ([C, INV, rec("invoice", total=9)], [("DUPLICATE_KEY", 3, "id")]),
    ([C, INV, P, rec("credit_note", id="P1")], [("DUPLICATE_KEY", 4, "id")]),  # settlements share one space of ids
    ([rec("header", version=1, exponents={"JPY": 2})], [("CONFLICT", 1, "exponents")]),
    ([rec("header", version=1, rates={"USD": "0.92", "GBP": "0.00"})], [("BAD_AMOUNT", 1, "rates")]),
    ([C, INV, rec("end", customers=1, invoices=2)], [("COUNT_MISMATCH", 3, "invoices")]),
    ([C, INV, P, rec("end", open_invoices=0)], [("COUNT_MISMATCH", 0, "open_invoices")]),
    ([C, INV, P, rec("end", customers=1, invoices=1, payments=1, credit_notes=0, open_invoices=1)], []),
    (["{", C, rec("end", customers=7)], [("NOT_JSON", 1, None)]),  # with bad lines a count says nothing
    ([], [("EMPTY_FILE", 0, None)]),
])  # fmt: skip
def test_records_are_held_against_those_above(tmp_path: Path, records: list[Any], expected: list[Any]) -> None:
    assert errors(tmp_path, *records) == expected


def test_a_duplicate_names_both_lines(tmp_path: Path) -> None:
    (error,) = examine(ledger(tmp_path, C, INV, rec("invoice", total=9))).errors
    assert str(error) == (
        "ledger.jsonl:3  id  'I1' stands on line 2 already, with other values; keep the line that is right"
    )


@pytest.mark.parametrize(("records", "expected"), [
    ([C, INV, INV, P, P], [("DUPLICATE_KEY", 3, "id"), ("DUPLICATE_KEY", 5, "id")]),
    ([C, rec("invoice", due="2025-12-31")], [("DATE_ORDER", 2, "due")]),
    ([C, rec("invoice", due="2099-12-31")], [("DATE_ORDER", 2, "due")]),
    ([C, INV, rec("payment", date="2025-12-31")], [("DATE_ORDER", 3, "date")]),
    ([C, rec("invoice", number="00061"), rec("invoice", id="I2", number="61")], [("NEAR_DUPLICATE", 3, "number")]),
    ([rec("header", version=1), C], [("NO_END", 0, None)]),
])  # fmt: skip
def test_what_is_odd_is_taken_with_a_word(tmp_path: Path, records: list[Any], expected: list[Any]) -> None:
    assert remarks(tmp_path, *records) == expected


def test_the_same_line_twice_counts_once(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, P, P, INV, C)
    assert [i.settled for i in account.items] == [{"P1": 4_000}]


# ---------- all or nothing, replays, order ----------


def test_nothing_is_given_while_anything_is_wrong(tmp_path: Path) -> None:
    file = ledger(
        tmp_path, C, INV, rec("payment", amount=5.5), rec("customer", id="C2"), rec("invoice", id="I2", customer="C3")
    )
    report = examine(file)
    assert said(report.errors) == [("BAD_AMOUNT", 3, "amount"), ("UNKNOWN_REF", 5, "customer")]
    with pytest.raises(ValueError, match="2 errors"):
        next(changes(file, report))
    assert [(a.customer.id, len(a.items)) for a in changes(file, report, skip_bad=True)] == [("C1", 1), ("C2", 0)]
    out = io.StringIO()
    assert write_rejects(file, report, out) == 2
    rejected = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(r["line"], r["code"], json.loads(r["text"])["id"]) for r in rejected] == [
        (3, "BAD_AMOUNT", "P1"), (5, "UNKNOWN_REF", "I2"),
    ]  # fmt: skip


def test_a_bad_customer_takes_what_is_its_own_along(tmp_path: Path) -> None:
    file = ledger(tmp_path, rec("customer", country="UK"), INV, rec("customer", id="C2"))
    report = examine(file)
    assert said(report.errors) == [("BAD_VALUE", 1, "country"), ("UNKNOWN_REF", 2, "customer")]
    assert [a.customer.id for a in changes(file, report, skip_bad=True)] == ["C2"]


def test_a_replay_knows_nothing_of_the_future(tmp_path: Path) -> None:
    records = (
        C,
        INV,
        P,
        rec("credit_note"),
        rec("payment_reversal"),
        rec("invoice", id="I2", number="N2", issued="2026-02-12"),
    )
    seen = {
        day: [(i.item.id, i.item.open_minor) for i in one(tmp_path, *records, until=day).items]
        for day in (date(2025, 12, 31), date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 14), date(2026, 2, 15))
    }
    assert list(seen.values()) == [
        [], [("I1", 10_000)], [("I1", 6_000)], [("I1", 5_900), ("I2", 10_000)], [("I1", 9_900), ("I2", 10_000)],
    ]  # fmt: skip
    told = one(tmp_path, C, rec("invoice", level=3, last_notice="2026-02-20"), until=date(2026, 2, 19))
    assert (told.items[0].level, told.items[0].last_notice) == (0, None)


def test_plans_waivers_and_charges(tmp_path: Path) -> None:
    account = one(
        tmp_path, C, INV, rec("invoice", id="F1", number="N1-F", kind="fee", of="I1", total=500, rate="1.25"),
        rec("plan", ended="2026-03-05"), rec("waiver", step="e"), rec("waiver", id="WV2", level=2),
    )  # fmt: skip
    assert [(i.item.id, i.item.kind, i.item.of, i.item.rate) for i in account.items] == [
        ("I1", ItemKind.INVOICE, None, None), ("F1", ItemKind.FEE, "I1", "1.25"),
    ]  # fmt: skip
    (plan,) = account.plans
    assert (plan.items, plan.agreed_on, plan.ended_on) == (("I1",), date(2026, 2, 12), date(2026, 3, 5))
    assert [(part.due_on, part.minor) for part in plan.instalments] == [
        (date(2026, 3, 1), 5_000), (date(2026, 4, 1), 5_000),
    ]  # fmt: skip
    assert [(w.item, w.step, w.level) for w in account.waivers] == [("I1", "e", None), ("I1", None, 2)]


@pytest.mark.parametrize(("record", "code", "field"), [
    (rec("invoice", id="F1", number="F", of="I1"), "CONFLICT", "of"),  # an invoice is of nothing
    (rec("invoice", id="F1", number="F", kind="fee", of="I9"), "UNKNOWN_REF", "of"),
    (rec("invoice", id="F1", number="F", kind="fee", of="I1", currency="USD"), "CURRENCY_MISMATCH", "currency"),
    (rec("plan", invoices=["I1", "I9"]), "UNKNOWN_REF", "invoice"),
    (rec("plan", instalments=[{"due": "2026-04-01", "amount": 1}, {"due": "2026-04-01", "amount": 1}]),
     "DATE_ORDER", "instalments"),
    (rec("promise", outcome="kept"), "MISSING_FIELD", "ended"),
    (rec("credit_note", dispute="D9"), "UNKNOWN_REF", "dispute"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, record: dict[str, Any], code: str, field: str) -> None:
    (error,) = examine(ledger(tmp_path, C, INV, record)).errors
    assert (error.code, error.field) == (code, field)


def test_a_credit_note_for_a_dispute_lowers_it(tmp_path: Path) -> None:
    account = one(tmp_path, C, INV, rec("dispute", amount=700, by_customer=True), rec("credit_note", dispute="D1"))
    (dispute,) = account.disputes
    assert (dispute.amount_minor, dispute.credited_minor, dispute.by_customer) == (700, 100, True)
    assert account.items[0].item.open_minor == 9_900


@pytest.mark.parametrize(("records", "paid_on"), [
    ((rec("payment", amount=10_000),), date(2026, 2, 10)),
    ((rec("payment", amount=9_900), rec("credit_note")), date(2026, 2, 10)),
    ((rec("credit_note", amount=10_000),), None),  # credited is not paid
    ((rec("payment", amount=9_950), rec("write_off")), None),  # nor is what was partly given up
    ((rec("payment"),), None),
])  # fmt: skip
def test_a_closed_invoice_says_when_it_was_paid(
    tmp_path: Path, records: tuple[dict[str, Any], ...], paid_on: date | None
) -> None:
    assert one(tmp_path, C, INV, *records).items[0].paid_on == paid_on


def test_each_day_says_what_it_changed(tmp_path: Path) -> None:
    file = ledger(
        tmp_path, C, INV, P, rec("dispute", ended="2026-02-20"), rec("customer", id="C2"),
        rec("invoice", id="I2", customer="C2", issued="2026-02-10"), rec("customer", id="C3"),
    )  # fmt: skip

    def shown(account: AccountChanges) -> tuple[Any, ...]:
        items = [(i.item.id, i.item.open_minor) for i in account.items]
        return account.customer.id, items, [(d.id, d.closed_on) for d in account.disputes]

    days = [(day, [shown(account) for account in accounts]) for day, accounts in by_date(file, examine(file))]
    assert days == [
        (date(2026, 1, 1), [("C3", [], []), ("C1", [("I1", 10_000)], [])]),
        (date(2026, 2, 10), [("C1", [("I1", 6_000)], []), ("C2", [("I2", 10_000)], [])]),
        (date(2026, 2, 12), [("C1", [], [("D1", None)])]),
        (date(2026, 2, 20), [("C1", [], [("D1", date(2026, 2, 20))])]),
    ]


def test_what_is_older_than_a_first_day_is_told_with_it_as_it_stood_then(tmp_path: Path) -> None:
    """What another system had reached by then is known of an invoice only when it is new."""
    reached = rec("invoice", level=1, last_notice="2026-02-08")
    file = ledger(tmp_path, C, reached, P, rec("dispute", ended="2026-02-20"))
    days = dict(by_date(file, examine(file), first=date(2026, 2, 11)))
    assert list(days) == [date(2026, 2, 11), date(2026, 2, 12), date(2026, 2, 20)]
    ((change,),) = (account.items for account in days[date(2026, 2, 11)])
    assert (change.item.open_minor, change.level, change.last_notice) == (6_000, 1, date(2026, 2, 8))


def in_memory(name: str, records: list[dict[str, Any]]) -> LedgerFile:
    raw = text(records).encode()
    return LedgerFile(name, lambda: read_jsonl(io.BytesIO(raw), name), lambda: io.BytesIO(raw), "main")


@st.composite
def ledgers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Random but valid ledgers: what each customer owns stands below it."""
    records, n = list[dict[str, Any]](), 0
    day = st.dates(date(2026, 1, 1), date(2026, 3, 31)).map(date.isoformat)
    for c in range(draw(st.integers(1, 3))):
        who = f"C{c}"
        records.append(rec("customer", id=who, hold=draw(st.booleans())))
        invoices, moneys = list[str](), list[str]()
        for _ in range(draw(st.integers(0, 7))):
            n += 1
            kind = draw(st.sampled_from(["invoice", "payment", "credit_note", "payment_reversal", "promise", "hold"]))
            to = draw(st.sampled_from([None, *invoices]))
            if kind == "invoice":
                invoices.append(f"I{n}")
                records.append(rec(kind, id=f"I{n}", number=f"N-{n}", customer=who, issued=draw(day), due="2026-04-01"))
            elif kind in {"payment", "credit_note"}:
                amount = draw(st.integers(1, 12_000))
                records.append(rec(kind, id=f"M{n}", customer=who, invoice=to, date=draw(day), amount=amount))
                moneys += [f"M{n}"] if kind == "payment" else []
            elif kind == "payment_reversal" and moneys:
                records.append(rec(kind, id=f"R{n}", customer=who, payment=moneys.pop(), date=draw(day)))
            elif kind == "promise" and to:
                records.append(rec(kind, id=f"X{n}", customer=who, invoice=to, made=draw(day), promised="2026-05-01"))
            elif kind == "hold":
                records.append(rec(kind, id=f"H{n}", customer=who, invoice=to, placed=draw(day)))
    return records


def folded(file: LedgerFile) -> dict[str, AccountChanges]:
    """What a replay has told of each account by its last day, put together as a store would."""
    known = dict[str, AccountChanges]()
    for _, accounts in by_date(file, examine(file)):
        for news in accounts:
            was = known.get(news.customer.id, replace(news, items=(), credits=(), promises=(), disputes=(), holds=()))
            merged = {
                name: tuple({_id(x): x for x in (*getattr(was, name), *getattr(news, name))}.values())
                for name in ("items", "credits", "promises", "disputes", "holds")
            }
            known[news.customer.id] = replace(news, **merged)
    return known


def _id(value: Any) -> str:
    return str(value.item.id if hasattr(value, "settled") else value.id)


def _facts(account: AccountChanges) -> dict[str, Any]:
    return {
        name: {_id(x): x for x in getattr(account, name)}
        for name in ("items", "credits", "promises", "disputes", "holds")
    } | {"customer": account.customer, "contacts": account.contacts}


@given(ledgers())
def test_a_replay_ends_where_the_whole_file_does(records: list[dict[str, Any]]) -> None:
    file = in_memory("x", records)
    report = examine(file)
    assert report.errors == ()
    whole = {a.customer.id: a for a in changes(file, report)}
    replayed = folded(file)
    assert {k: _facts(a) for k, a in whole.items() if k in replayed} == {k: _facts(a) for k, a in replayed.items()}
    assert not any(whole[k].items or whole[k].credits for k in whole.keys() - replayed.keys())


@given(ledgers())
def test_money_is_neither_made_nor_lost(records: list[dict[str, Any]]) -> None:
    file = in_memory("x", records)
    reversed_ = {r["payment"] for r in records if r["t"] == "payment_reversal"}
    received = sum(r["amount"] for r in records if r["t"] in {"payment", "credit_note"} and r["id"] not in reversed_)
    accounts = list(changes(file, examine(file)))
    settled = sum(sum(i.settled.values()) for a in accounts for i in a.items)
    assert settled + sum(c.open_minor for a in accounts for c in a.credits) == received
    assert all(
        i.item.open_minor == i.item.original_minor - sum(i.settled.values()) >= 0 for a in accounts for i in a.items
    )


@given(ledgers(), st.randoms())
def test_a_file_that_is_not_grouped_says_the_same(records: list[dict[str, Any]], rng: random.Random) -> None:
    apart = sorted(records, key=lambda r: r["t"] != "customer")  # every customer first, then all documents
    one, other = in_memory("x", records), in_memory("x", apart)
    told = [{(a.entity, a.customer.id): _facts(a) for a in changes(f, examine(f))} for f in (one, other)]
    assert told[0] == told[1]


@given(ledgers(), st.integers(1, 9), st.randoms())
def test_a_reading_that_stops_anywhere_and_goes_on_says_the_same(
    records: list[dict[str, Any]], rows: int, rng: random.Random
) -> None:
    odd = [*records, *rng.sample(records, min(3, len(records))), rec("invoice", id="X", customer="nobody")]
    file = in_memory("x", odd)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "notebook"
        stops = in_stretches(file, path, rows)
        assert stops >= len(odd) // (rows + 1) - 1
        with Notebook(path) as notebook:
            examination = Examination(file, notebook)
            assert examination.report() == examine(file)
            whole = changes(file, examine(file), skip_bad=True)
            assert list(examination.accounts()) == list(whole)


def in_stretches(file: LedgerFile, path: Path, rows: int) -> int:
    """Read a file so many rows at a time, each time by a reading that knows nothing but the notebook."""
    with patch("core.formats.examination.LOOK_AT_CLOCK", 1):
        for stops in count():
            left = iter(range(rows))
            with Notebook(path) as notebook:
                examination = Examination(file, notebook)
                done = examination.read(lambda left=left: next(left, None) is None)
                examination.save()
            if done:
                return stops
    raise AssertionError


def test_what_was_not_saved_never_was(tmp_path: Path) -> None:
    """A worker that dies leaves the notebook as it was when it was last saved: the copy of it is what counts."""
    file = in_memory("x", [rec("customer"), rec("invoice"), rec("invoice", id="I2", number="N2")])
    with patch("core.formats.examination.LOOK_AT_CLOCK", 1), Notebook(tmp_path / "a") as notebook:
        examination = Examination(file, notebook)
        looks = iter([False, True])
        assert not examination.read(lambda: next(looks))
        examination.save()
        copyfile(tmp_path / "a", tmp_path / "b")
        examination.read()  # and dies
    with Notebook(tmp_path / "b") as notebook:
        again = Examination(file, notebook)
        assert again.line == 1
        assert again.report() == examine(file)


def test_customers_that_are_passed_over_are_not_built(tmp_path: Path) -> None:
    file = in_memory("x", [r for n in range(9) for r in (rec("customer", id=f"C{n}"), an_invoice(n))])
    with Notebook(tmp_path / "notebook") as notebook:
        examination = Examination(file, notebook)
        examination.read()
        assert [a.customer.id for a in examination.accounts(after=6)] == ["C6", "C7", "C8"]
        assert (examination.names("C3"), examination.names("C9")) == (True, False)


def an_invoice(n: int) -> dict[str, Any]:
    return rec("invoice", id=f"I{n}", number=f"N{n}", customer=f"C{n}")


def test_a_file_full_of_errors_is_given_up() -> None:
    file = in_memory("x", [rec("invoice", id=f"I{n}") for n in range(10_500)])
    report = examine(file)
    assert (len(report.errors), report.complete) == (10_000, False)
    with pytest.raises(ValueError, match="not read to its end"):
        next(changes(file, report, skip_bad=True))


@pytest.mark.parametrize("mode", ["fresh", "steady"])
def test_a_generated_ledger_is_read_whole(tmp_path: Path, mode: str) -> None:
    generator = SHARED / "bench" / "make_ledger.py"
    if not generator.exists():
        pytest.skip(f"no generator at {generator}")
    path = tmp_path / "ledger.jsonl"
    run = [sys.executable, str(generator), "--invoices", "3000", "--mode", mode, "-o", str(path)]
    said_by_it = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stderr)
    file = jsonl_ledger(path, "main")
    report = examine(file)
    assert report.errors == ()
    assert not [r for r in report.remarks if r.severity is Severity.WARNING]
    assert report.counts["invoice"] == said_by_it["invoices"]
    assert report.open_items == said_by_it["open_invoices"]
    accounts = list(changes(file, report))
    assert len(accounts) == said_by_it["customers"]
    assert {len(str(a.customer.zone or "")) > 0 for a in accounts} == {True, False}
    assert any(i.level for a in accounts for i in a.items) is (mode == "steady")


@pytest.mark.parametrize("record", [
    rec("payment", id="bank:77"), rec("payment", id="77:less"), rec("credit_note", id="bank:77"),
    rec("write_off", id="bank:77"), rec("invoice", id="bank:77", number="N7"),
])  # fmt: skip
def test_an_id_as_we_make_them_for_a_banks_payments_is_refused(tmp_path: Path, record: dict[str, Any]) -> None:
    """What has one is taken for the bank's, and given up once a ledger tells of the same: a paid invoice would open."""
    assert errors(tmp_path, C, INV, record) == [("BAD_VALUE", 3, "id")]
