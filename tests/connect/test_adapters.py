"""Xero, Stripe and QuickBooks: answers as they publish or really gave them, read as lines of our own format."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.connect import Ask, Window, quickbooks, stripe, xero
from core.connect.adapter import AnswerError, Line
from core.formats.ledger_import import changes, examine, jsonl_ledger
from core.ledger import Item

DATA = Path(__file__).parents[3] / "shared" / "data"
shared = pytest.mark.skipif(not DATA.is_dir(), reason="the shared real answers are not beside this checkout")
UNTIL = datetime(2026, 3, 9, 6, tzinfo=UTC)
FIRST, LATER = Window(None, UNTIL), Window(datetime(2026, 3, 8, 6, tzinfo=UTC), UNTIL)


def answer_of(path: str) -> Any:
    return json.loads((DATA / "erp-samples" / path).read_text(), parse_float=Decimal)


def opened(lines: Iterator[Line], folder: Path) -> dict[str, tuple[str, int]]:
    """What the import makes of the lines: by invoice number the customer and what is open."""
    return {item.number: (item.customer, item.open_minor) for item in imported(lines, folder)}


def imported(lines: Iterator[Line], folder: Path) -> list[Item]:
    path = folder / "pull.jsonl"
    by_owner = sorted(lines, key=lambda line: (str(line.get("customer", line["id"])), line["t"] != "customer"))
    path.write_text("".join(json.dumps(line) + "\n" for line in by_owner))
    ledger = jsonl_ledger(path, "E1", frozenset({"E1"}))
    report = examine(ledger)
    assert not report.errors, report.errors
    return [change.item for account in changes(ledger, report) for change in account.items]


# ---------- Xero ----------
def in_xero(question: Ask) -> Any:
    table = question.path.rsplit("/", 1)[-1]
    if table in ("Overpayments", "Prepayments"):
        return {table: []}
    found = answer_of(f"xero/{table}.json")
    if table == "Contacts":  # the published example is of other contacts
        (ids,) = (value for name, value in question.query if name == "IDs")
        found["Contacts"] = [{**found["Contacts"][0], "ContactID": one} for one in ids.split(",")]
    return found


@shared
def test_a02_xeros_published_answers(tmp_path: Path) -> None:
    """Two invoices are paid or voided, one is owed; figures read off the answers."""
    found = opened(xero.lines({}, LATER, in_xero), tmp_path)
    owed = {one["InvoiceNumber"]: one["AmountDue"] for one in answer_of("xero/Invoices.json")["Invoices"]
            if one["Type"] == "ACCREC" and one["Status"] not in ("DRAFT", "SUBMITTED")}  # fmt: skip
    assert {number: left for number, (_, left) in found.items()} == {
        number: int(Decimal(str(due)) * 100) for number, due in owed.items()
    }
    lines = list(xero.lines({}, LATER, in_xero))
    unused = [line for line in lines if line["t"] == "credit_note"]
    assert [(line["amount"], line["currency"], line["date"]) for line in unused] == [(3_250, "NZD", "2019-03-05")]
    paid = next(line for line in lines if line["t"] == "payment")
    assert (paid["amount"], paid["date"]) == (4_600, "2018-11-29")
    (about,) = {json.dumps(line["address"]) for line in lines if line["t"] == "customer" and "address" in line}
    assert json.loads(about) == ["94020 Palo Alto", "United States"]


def test_xero_is_asked_only_for_what_changed_and_page_after_page() -> None:
    asked = list[Ask]()

    def answer(question: Ask) -> Any:
        asked.append(question)
        table = question.path.rsplit("/", 1)[-1]
        page = dict(question.query).get("page")
        draft = {"Type": "ACCREC", "Status": "DRAFT", "Contact": {"ContactID": "x"}}
        return {table: [draft] * (xero.PAGE if table == "Invoices" and page == "1" else 0)}

    assert list(xero.lines({"tenant": "T"}, LATER, answer)) == []
    pages = [dict(one.query)["page"] for one in asked if one.path.endswith("Invoices")]
    assert pages == ["1", "2"]
    assert asked[0].headers["If-Modified-Since"] == "Sun, 08 Mar 2026 05:00:00 GMT"  # with an hour of overlap
    assert asked[0].headers["xero-tenant-id"] == "T"


@pytest.mark.parametrize(
    ("text", "on"), [("/Date(1552326816230+0000)/", "2019-03-11"), ("/Date(-86400000)/", "1969-12-31")]
)
def test_a02_xeros_dates(text: str, on: str) -> None:
    assert xero.day(text, "here") == on


@pytest.mark.parametrize("text", ["2019-03-11", "/Date()/", None, ""])
def test_another_date_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(AnswerError, match="invoice 7"):
        xero.day(text, "invoice 7")


# ---------- Stripe ----------
CUSTOMER = {"id": "cus_1", "object": "customer", "name": "Acme", "email": "ap@acme.example", "created": 1_700_000_000,
            "currency": "eur", "balance": -250, "preferred_locales": ["fr"], "address": None}  # fmt: skip


def in_stripe(number: str = "A-1", **changes: Any) -> dict[str, Any]:
    invoice = {"id": f"in_{number}", "object": "invoice", "number": number, "status": "open", "created": 1_770_000_000,
               "effective_at": None, "due_date": 1_772_600_000, "currency": "eur", "amount_due": 10_000,
               "amount_remaining": 10_000, "customer": CUSTOMER, "status_transitions": {"paid_at": None},
               "hosted_invoice_url": "https://invoice.stripe.com/i/1"}  # fmt: skip
    return {**invoice, **changes}


def asking(*invoices: dict[str, Any], events: tuple[str, ...] = ()) -> Any:
    def answer(question: Ask) -> Any:
        if question.path == "/v1/events":
            return {"data": [{"id": f"evt_{n}", "data": {"object": {"object": "invoice", "id": key}}}
                             for n, key in enumerate(events)], "has_more": False}  # fmt: skip
        if question.path == "/v1/invoices":
            query = dict(question.query)
            found = [one for one in invoices if one["status"] == query["status"]]
            start = next((n + 1 for n, one in enumerate(found) if one["id"] == query.get("starting_after")), 0)
            return {"data": found[start : start + 1], "has_more": start + 1 < len(found)}
        return next(one for one in invoices if question.path == f"/v1/invoices/{one['id']}")

    return answer


def test_stripes_open_invoices_page_after_page_and_then_what_happened(tmp_path: Path) -> None:
    paid = in_stripe("A-3", status="paid", amount_remaining=0, status_transitions={"paid_at": 1_772_500_000})
    get = asking(in_stripe("A-1"), in_stripe("A-2", amount_remaining=4_000), paid, events=("in_A-3", "in_A-1"))
    assert opened(stripe.lines({}, FIRST, get), tmp_path) == {"A-1": ("cus_1", 10_000), "A-2": ("cus_1", 4_000)}
    lines = list(stripe.lines({}, LATER, get))
    assert opened(iter(lines), tmp_path)["A-3"] == ("cus_1", 0)
    customer = next(line for line in lines if line["t"] == "customer")
    assert (customer["lang"], customer["currency"]) == ("fr", "EUR")
    assert [line["amount"] for line in lines if line["t"] == "credit_note"] == [250]
    invoice = next(line for line in lines if line["t"] == "invoice")
    assert (invoice["issued"], invoice["due"], invoice["pay_url"]) == (
        "2026-02-02", "2026-03-04", "https://invoice.stripe.com/i/1",
    )  # fmt: skip


@pytest.mark.parametrize("status", ["void", "uncollectible", "paid"])
def test_what_is_not_owed_at_stripe_any_more_is_closed(status: str, tmp_path: Path) -> None:
    found = opened(stripe.lines({}, LATER, asking(in_stripe(status=status), events=("in_A-1",))), tmp_path)
    assert found == {"A-1": ("cus_1", 0)}


def test_a_draft_is_no_invoice_yet() -> None:
    assert list(stripe.lines({}, LATER, asking(in_stripe(status="draft"), events=("in_A-1",)))) == []


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [(500, "JPY", 500), (500, "EUR", 500), (5_000, "KWD", 5_000), (500, "ISK", 5), (700, "UGX", 7), (5, "MGA", 500)],
)
def test_a02_stripes_units_are_not_everywhere_those_of_iso_4217(amount: int, currency: str, minor: int) -> None:
    assert stripe.minor(amount, currency, "here") == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [(501, "ISK"), ("12", "EUR"), (1.5, "EUR"), (True, "EUR"), (None, "EUR")]
)
def test_no_whole_amount_of_stripe_is_refused(amount: object, currency: str) -> None:
    with pytest.raises(AnswerError, match="invoice 7"):
        stripe.minor(amount, currency, "invoice 7")


@shared
def test_stripes_published_invoice(tmp_path: Path) -> None:
    fixtures = answer_of("stripe/fixtures3.json")["resources"]
    invoice = {**fixtures["invoice"], "status": "open", "customer": fixtures["customer"]}
    ((number, (customer, left)),) = opened(stripe.lines({}, FIRST, asking(invoice)), tmp_path).items()
    assert (number, customer, left) == (fixtures["invoice"]["id"], fixtures["customer"]["id"], 1_000)


# ---------- QuickBooks ----------
def rows(name: str) -> list[dict[str, str]]:
    with (DATA / "ar-ledger" / "quickbooks" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def in_quickbooks(question: Ask) -> Any:
    """The tables of a real company, as the API would answer with them."""
    if question.path.endswith("/cdc"):
        return {"CDCResponse": [{"QueryResponse": [{}]}]}
    query = dict(question.query)["query"]
    table = query.split()[3]
    if table == "Customer" and "IN (" not in query:
        return {"QueryResponse": {}}
    if table == "Customer":
        wanted = {each.strip(" '") for each in query.split("IN (")[1].split(")")[0].split(",")}
        known = {row["id"]: row for row in rows("customer_data")}
        found: list[Mapping[str, Any]] = [
            {"Id": key, "DisplayName": known[key]["display_name"] if key in known else f"Customer {key}"}
            for key in sorted(wanted)
        ]
    elif table == "Invoice":
        amounts = {"Balance": "balance", "TotalAmt": "total_amount"}
        found = [
            _document(row, DocNumber=row["doc_number"], DueDate=row["due_date"])
            | {name: Decimal(row[column] or 0) for name, column in amounts.items()}
            for row in rows("invoice_data")
            if row["customer_id"]
        ]
    elif table == "Payment":
        found = [_document(row, UnappliedAmt=Decimal(row["unapplied_amount"] or 0)) for row in rows("payment_data")]
    else:
        found = [_document(row, Balance=Decimal(row["balance"] or 0)) for row in rows("credit_memo_data")]
    return {"QueryResponse": {table: found} if found else {}, "time": "2026-03-09T06:00:00Z"}


def _document(row: Mapping[str, str], **more: Any) -> dict[str, Any]:
    about = {"Id": row["id"], "TxnDate": row["transaction_date"], "MetaData": {"LastUpdatedTime": row["updated_at"]}}
    refers = {"CustomerRef": {"value": row["customer_id"]}, "CurrencyRef": {"value": row["currency_id"]}}
    return {**about, **refers, **more}


@shared
def test_a02_a_real_company_of_quickbooks(tmp_path: Path) -> None:
    """Every invoice with what is open of it, held against the sums of the tables; a voided one is not owed."""
    told = {row["id"]: row for row in rows("invoice_data") if row["customer_id"]}
    found = imported(quickbooks.lines({"company": "9"}, LATER, in_quickbooks), tmp_path)
    assert {item.id for item in found} == {f"I{key}" for key in told}
    sums: dict[str, int] = defaultdict(int)
    for row in told.values():
        sums[row["customer_id"]] += int(Decimal(row["balance"] or 0) * 100)
    mine: dict[str, int] = defaultdict(int)
    for item in found:
        mine[item.customer] += item.open_minor
    assert mine == sums
    assert sum(sums.values()) > 0


def test_quickbooks_is_asked_in_pages_and_for_customers_by_their_ids() -> None:
    asked = list[str]()
    full = [{"Id": str(n), "CustomerRef": {"value": "7"}, "CurrencyRef": {"value": "EUR"}, "TxnDate": "2026-02-01",
             "TotalAmt": Decimal("1.50"), "Balance": Decimal(0)} for n in range(quickbooks.PAGE)]  # fmt: skip

    def answer(question: Ask) -> Any:
        if question.path.endswith("/cdc"):
            return {"CDCResponse": [{"QueryResponse": [{}]}]}
        asked.append(dict(question.query)["query"])
        table, first = asked[-1].split()[3], "STARTPOSITION 1 " in asked[-1]
        if table == "Customer":
            billed = {"BillWithParent": True, "ParentRef": {"value": "8"}}
            return {"QueryResponse": {"Customer": [{"Id": "7", "DisplayName": "Sub", **billed}]}}
        return {"QueryResponse": {"Invoice": full if first else []} if table == "Invoice" else {}}

    lines = list(quickbooks.lines({"company": "9"}, LATER, answer))
    assert [query for query in asked if "FROM Invoice" in query][1].endswith("STARTPOSITION 1001 MAXRESULTS 1000")
    assert "MetaData.LastUpdatedTime >= '2026-03-08T05:00:00+00:00'" in asked[0]
    assert "FROM Customer WHERE Id IN ('7', '8')" in " ".join(asked)
    assert lines[0] == {"t": "customer", "id": "7", "name": "Sub"}  # a parent that was not told is left out
    assert sum(line["t"] == "invoice" for line in lines) == quickbooks.PAGE


@pytest.mark.parametrize("window", [FIRST, LATER])
def test_quickbooks_is_asked_for_the_parent_who_is_billed(window: Window, tmp_path: Path) -> None:
    """It did not change, and has no document of its own: without it the sub-customer would be written to."""
    invoice = {"Id": "1", "CustomerRef": {"value": "7"}, "CurrencyRef": {"value": "EUR"}, "TxnDate": "2026-02-01",
               "TotalAmt": Decimal("1.50"), "Balance": Decimal("1.50")}  # fmt: skip
    people: dict[str, Line] = {
        "7": {"BillWithParent": True, "ParentRef": {"value": "8"}},
        "8": {"ParentRef": {"value": "9"}},
        "9": {},
    }

    def answer(question: Ask) -> Any:
        if question.path.endswith("/cdc"):
            return {"CDCResponse": [{"QueryResponse": [{}]}]}
        query = dict(question.query)["query"]
        found = [
            {"Id": key, "DisplayName": f"Firm {key}", **about} for key, about in people.items() if f"'{key}'" in query
        ]
        return {"QueryResponse": {"Invoice": [invoice]} if "FROM Invoice" in query else {"Customer": found}}

    lines = list(quickbooks.lines({"company": "5"}, window, answer))
    told = {line["id"]: (line.get("parent"), line.get("chase_at")) for line in lines if line["t"] == "customer"}
    assert told == {"7": ("8", "parent"), "8": ("9", None), "9": (None, None)}
    assert opened(iter(lines), tmp_path) == {"1": ("7", 150)}


def deleting(*told: int, changes: int = 0) -> Any:
    """A company in which invoices were deleted at these hours of the window, after so many changes an hour."""

    def answer(question: Ask) -> Any:
        query = dict(question.query)
        if "query" in query:
            found = [{"Id": "7", "DisplayName": "Firm"}] if "FROM Customer WHERE Id IN ('7')" in query["query"] else []
            return {"QueryResponse": {"Customer": found} if found else {}}
        since = datetime.fromisoformat(query["changedSince"])
        hours = [hour for hour in range(24) if LATER.until.timestamp() - hour * 3600 >= since.timestamp()]
        live = [{"Id": f"x{n}"} for n in range(changes * len(hours))]
        gone = [
            {"Id": str(hour), "status": "Deleted", "domain": "QBO", "MetaData": {}} for hour in told if hour in hours
        ]
        part = {query["entities"]: [*live, *gone][: quickbooks.PAGE], "maxResults": 1} if gone or live else {}
        return {"CDCResponse": [{"QueryResponse": [part]}], "time": "2026-03-09T06:00:00Z"}

    return answer


def remembering(*ids: str) -> Window:
    def told(wanted: Any) -> dict[str, Line]:
        about = {"customer": "7", "issued": "2026-02-01", "due": "2026-03-02", "currency": "EUR", "total": 150}
        credit = {"t": "payment", "customer": "7", "date": "2026-02-01", "currency": "EUR", "amount": 150}
        known = {key: {"t": "invoice", **about, "id": key, "number": key} if key[0] == "I" else {**credit, "id": key}
                 for key in ids}  # fmt: skip
        return {key: line for key, line in known.items() if key in wanted}

    return replace(LATER, told=told)


def test_what_is_deleted_in_quickbooks_is_not_owed_any_more(tmp_path: Path) -> None:
    lines = list(quickbooks.lines({"company": "9"}, remembering("I1", "P1", "I2"), deleting(1)))
    assert [(line["t"], line["id"]) for line in lines] == [
        ("customer", "7"), ("invoice", "I1"), ("write_off", "I1:paid"), ("payment", "P1"),
    ]  # fmt: skip
    assert lines[-1]["amount"] == 0
    assert opened(iter(lines), tmp_path) == {"I1": ("7", 0)}
    assert list(quickbooks.lines({"company": "9"}, remembering("I2"), deleting(1))) == []  # nobody knows of it
    assert list(quickbooks.lines({"company": "9"}, replace(remembering("I1"), since=None), deleting(1))) == []


def test_of_very_many_changes_the_latest_deletions_are_seen() -> None:
    lines = quickbooks.lines({"company": "9"}, remembering("I1", "I23"), deleting(1, 23, changes=150))
    assert [line["id"] for line in lines if line["t"] == "invoice"] == ["I1"]


@pytest.mark.parametrize("wrong", [None, [], {}, {"CDCResponse": None}, {"CDCResponse": [{"QueryResponse": [5]}]}])
def test_changes_that_are_none_are_refused(wrong: Any) -> None:
    def answer(question: Ask) -> Any:
        return wrong if question.path.endswith("/cdc") else {"QueryResponse": {}}

    with pytest.raises(AnswerError, match="CDCResponse"):
        list(quickbooks.lines({"company": "9"}, LATER, answer))


def paying_meanwhile(table: str, rows: list[Any]) -> Any:
    """A list in pages of two, of which the first is paid as soon as its page was read."""

    def page(order: str, first: int) -> list[Any]:
        found = sorted(rows, key=lambda row: str(row.get("Id", row.get("InvoiceID"))), reverse=order.endswith("DESC"))
        found = found[first : first + 2]
        if len(rows) == 5:
            rows.pop(0)
        return found

    def answer(question: Ask) -> Any:
        query = dict(question.query)
        if table == "QueryResponse":
            if "FROM Invoice" not in query["query"]:
                return {table: {"Customer": [{"Id": "7"}]} if "FROM Customer" in query["query"] else {}}
            order, _, rest = query["query"].partition("ORDERBY ")[2].partition(" STARTPOSITION ")
            return {table: {"Invoice": page(order, int(rest.split()[0]) - 1)}}
        asked = question.path.rsplit("/", 1)[-1]
        if asked == "Contacts":
            return {asked: [{"ContactID": "7"}]}
        return {asked: page(query["order"], int(query["page"]) * 2 - 2) if asked == table else []}

    return answer


@pytest.mark.parametrize("adapter", [xero, quickbooks])
def test_what_is_paid_while_paging_hides_no_other_invoice(adapter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever be reminded of one that the first pull missed."""
    monkeypatch.setattr(adapter, "PAGE", 2)
    amounts = {"Total": 1, "AmountDue": 1, "TotalAmt": 1, "Balance": 1, "CurrencyCode": "EUR"}
    of = {"Contact": {"ContactID": "7"}, "CustomerRef": {"value": "7"}, "CurrencyRef": {"value": "EUR"}}
    about = {"Type": "ACCREC", "Date": "/Date(0)/", "TxnDate": "2026-02-01", **amounts, **of}
    rows = [{**about, "Id": str(n), "InvoiceID": str(n)} for n in range(5)]
    table = "Invoices" if adapter is xero else "QueryResponse"
    lines = list(adapter.lines({"company": "9"}, FIRST, paying_meanwhile(table, rows)))
    assert sorted(line["id"][-1] for line in lines if line["t"] == "invoice") == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("adapter", [xero, stripe, quickbooks])
@pytest.mark.parametrize("wrong", [None, [], {}, {"Invoices": None}, {"data": 5}, {"QueryResponse": []}])
def test_an_answer_that_is_none_is_refused(adapter: Any, wrong: Any) -> None:
    with pytest.raises(AnswerError):
        list(adapter.lines({"company": "9"}, FIRST, lambda _: wrong))
