"""The API and the ledger: what is told is stored once, money goes where it is said, and nobody sees another's."""

import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core.happenings import Kind
from functions.shared import clock, putting
from functions.shared.store import accounts, config, deliveries, hooks, items, keys, requests, tokens
from functions.shared.store.hooks import Endpoint
from functions.shared.store.settlements import Settlement
from functions.shared.store.table import table
from functions.shared.store.tokens import Scope
from infra.openapi import document
from tests.builders import a_policy, an_entity
from tests.functions.api import Api, a_payment, a_token, an_invoice
from tests.functions.stored import NOW, TODAY, KilledError, configured, everything, taken, watched
from tests.settling import settle_items


@pytest.fixture
def api(stack: None) -> Api:
    configured()
    api = Api()
    assert api.put("C1", {"name": "Acme", "email": "pay@acme.example", "country": "DE"}).status == 201
    assert api.put("C1/invoices/I1", an_invoice()).status == 201
    return api


def sums(api: Api, customer: str = "C1") -> dict[str, str]:
    (said,) = api.get(f"{customer}/account").body["sums"]
    return {name: said[name] for name in ("open", "on_account")}


def use(invoice: str, amount: str) -> dict[str, str]:
    return {"invoice": invoice, "amount": amount}


# ---------- the ledger ----------
def test_an_invoice_twice_is_one_and_a_correction_keeps_what_was_paid(api: Api) -> None:
    assert api.put("C1/invoices/I1", an_invoice()).body["status"] == "unchanged"
    assert api.put("C1/payments/P1", a_payment(amount="19.00", applied=[use("I1", "19.00")])).status == 201
    corrected = api.put("C1/invoices/I1", an_invoice(total="129.00", due_on="2026-03-12"))
    assert (corrected.status, corrected.body["status"]) == (200, "updated")
    shown = api.get("C1/invoices/I1").body
    assert (shown["total"], shown["open"], shown["due_on"]) == ("129.00", "110.00", "2026-03-12")
    record = accounts.read("E1", "C1")
    assert record is not None
    assert record.next_check_on == clock.now().date()  # decided again tonight


def test_what_a_table_says_was_paid_stays_when_something_else_is_told(api: Api) -> None:
    settle_items("E1", "C1", [Settlement("I1", {"I1:paid": 4_000})], today=TODAY, now=NOW)
    assert api.put("C1/invoices/I1", an_invoice(due_on="2026-03-12")).status == 200
    assert api.get("C1/invoices/I1").body["open"] == "79.00"
    given_up = {"written_off_on": "2026-03-09", "invoice": "I1", "amount": "9.00"}
    assert api.put("C1/write-offs/W1", given_up).status == 200
    assert api.get("C1/invoices/I1").body["open"] == "70.00"


def test_an_invoice_that_is_told_of_another_customer_is_asked_for_there_alone(api: Api) -> None:
    assert api.put("C2", {"name": "Acme Two", "email": "pay@two.example"}).status == 201
    assert api.put("C1/payments/P1", a_payment(amount="19.00", applied=[use("I1", "19.00")])).status == 201
    contested = {"invoice": "I1", "opened_on": "2026-03-03", "amount": "9.00"}
    assert api.put("C1/disputes/D1", contested).status == 201
    for more in ({"if_none_match": "*"}, {}):
        assert api.put("C2/invoices/I1", an_invoice(due_on="2026-03-12"), **more).status == 200
        assert (api.get("C1/account").body["open_invoices"], sums(api, "C2")["open"]) == (0, "100.00")
    shown = api.get("C2/invoices/I1").body
    assert (shown["due_on"], shown["disputed"]) == ("2026-03-12", "9.00")
    assert api.put("C2/payments/P1", a_payment(amount="19.00", applied=[use("I1", "19.00")])).status == 201
    assert sums(api, "C2") == {"open": "100.00", "on_account": "0.00"}


def test_money_that_no_invoice_takes_stays_on_account_and_may_be_applied_later(api: Api) -> None:
    assert api.put("C1/payments/P1", a_payment(applied=[use("I1", "40.00")])).status == 201
    assert sums(api) == {"open": "79.00", "on_account": "60.00"}
    assert api.put("C1/invoices/I2", an_invoice(total="50.00")).status == 201
    more = api.put("C1/payments/P1", a_payment(applied=[use("I1", "40.00"), use("I2", "50.00")]))
    assert more.body["status"] == "updated"
    assert sums(api) == {"open": "79.00", "on_account": "10.00"}
    assert api.get("C1/payments/P1").body["applied"] == {"I1": "40.00", "I2": "50.00"}
    for changed, code in (
        (a_payment(applied=[use("I1", "40.00")]), "CONFLICT"),  # what was applied stays
        (a_payment(amount="90.00", applied=[use("I1", "40.00"), use("I2", "50.00")]), "CONFLICT"),
    ):
        refused = api.put("C1/payments/P1", changed)
        assert (refused.status, refused.body["code"]) == (409, code)
    assert sums(api) == {"open": "79.00", "on_account": "10.00"}


def test_a_payment_that_came_back_opens_everything_again_once(api: Api) -> None:
    assert api.put("C1/payments/P1", a_payment(amount="130.00", applied=[use("I1", "119.00")])).status == 201
    assert api.get("C1/account").body["open_invoices"] == 0
    assert api.get("C1/invoices/I1").body["open"] == "0.00"  # settled, and still shown
    for status in ("updated", "unchanged"):
        back = api.put("C1/payments/P1/reversal", {"reversed_on": "2026-03-09", "reason": "returned"})
        assert back.body["status"] == status
        assert sums(api) == {"open": "119.00", "on_account": "0.00"}
    again = api.put("C1/payments/P1", a_payment(amount="130.00", applied=[use("I1", "119.00")]))
    assert (again.status, again.body["code"]) == (409, "REVERSED")
    assert api.put("C1/payments/P2", a_payment(amount="119.00", applied=[use("I1", "119.00")])).status == 201
    assert api.put("C1/payments/P9/reversal", {"reversed_on": "2026-03-09"}).status == 404


def test_a_payment_that_came_by_file_can_be_taken_back_too(api: Api) -> None:
    from functions.shared.store import payments
    from functions.shared.store.payments import Use

    today = clock.now().date()
    assert api.put("C1/invoices/I2", an_invoice(total="10.00")).status == 201
    use_ = Use("F1", "EUR", 5_000, today, parts={"I1": 2_000, "I2": 1_000})  # closes I2, and 20.00 stay on account
    payments.book("E1", "C1", use_, today=today, now=clock.now())
    assert sums(api) == {"open": "99.00", "on_account": "20.00"}
    assert api.put("C1/payments/F1/reversal", {"reversed_on": "2026-03-09"}).status == 201
    assert sums(api) == {"open": "129.00", "on_account": "0.00"}
    given_up = Settlement("I1", {"W1": 1_000}, not_money=frozenset({"W1"}))
    settle_items("E1", "C1", [given_up], today=TODAY, now=NOW)
    assert api.put("C1/payments/W1/reversal", {"reversed_on": "2026-03-09"}).status == 404


def test_money_is_never_more_than_it_is_nor_of_another_currency(api: Api) -> None:
    assert api.put("C1/invoices/I2", an_invoice(currency="USD")).status == 201
    for body, status, pointer, code in (
        (a_payment(amount="30.00", applied=[use("I1", "40.00")]), 422, "/applied", "INCONSISTENT_AMOUNT"),
        (a_payment(amount="500.00", applied=[use("I1", "119.01")]), 409, "/applied/0/amount", "INCONSISTENT_AMOUNT"),
        (a_payment(applied=[use("I1", "1"), use("I2", "1")]), 422, "/applied/1/invoice", "CURRENCY_MISMATCH"),
        (a_payment(applied=[use("I1", "1"), use("I1", "1")]), 422, "/applied/1/invoice", "DUPLICATE_KEY"),
        (a_payment(amount="0"), 422, "/amount", "AMOUNT_RANGE"),
    ):
        answer = api.put("C1/payments/P1", body)
        assert (answer.status, answer.pointers, answer.body["errors"][0]["code"]) == (status, [pointer], code)
    too_much = {"invoice": "I1", "written_off_on": "2026-03-09", "amount": "119.01"}
    assert api.put("C1/write-offs/W1", too_much).status == 409
    assert api.put("C1/write-offs/W1", {**too_much, "amount": "19.00"}).status == 200
    assert api.put("C1/write-offs/W1", {**too_much, "amount": "18.00"}).status == 409
    assert api.get("C1/invoices/I1").body["open"] == "100.00"


def test_what_is_agreed_is_seen_and_ends(api: Api) -> None:
    promise = {"invoice": "I1", "made_on": "2026-03-05", "promised_on": "2099-01-01", "amount": "19.00"}
    dispute = {"invoice": "I1", "opened_on": "2026-03-05", "amount": "30.00", "reason": "one crate short"}
    assert api.put("C1/promises/R1", promise).status == 201
    assert api.put("C1/disputes/D1", dispute).status == 201
    hold = api.put("C1/holds/H1", {"reason": "asked for"})
    shown = api.get("C1/account").body
    assert [len(shown[name]) for name in ("promises", "disputes", "holds")] == [1, 1, 1]
    assert "crate" not in json.dumps(shown)
    invoice = api.get("C1/invoices/I1").body
    assert (invoice["disputed"], invoice["promised"]) == ("30.00", "19.00")
    assert api.get("C1/invoices/I1/why").body["reason"] == "on_hold"
    assert api.send("DELETE", api.path("C1/holds/H1"), if_match='"x"').status == 412
    assert api.send("DELETE", api.path("C1/holds/H1"), if_match=hold.headers["etag"]).status == 204
    assert api.send("DELETE", api.path("C1/holds/H9")).status == 404
    assert api.put("C1/disputes/D1", {**dispute, "closed_on": "2026-03-06"}).body["status"] == "updated"
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()
    assert api.get("C1/account").body["holds"][0]["until"] == yesterday
    assert api.put("C1/payments/P1", a_payment(amount="119.00", applied=[use("I1", "119.00")])).status == 201
    late = api.put("C1/promises/R2", promise)
    assert (late.status, late.body["code"]) == (409, "SETTLED")


def a_plan(*amounts: str, **changes: Any) -> dict[str, Any]:
    """One instalment a month."""
    parts = [{"due_on": f"2099-{n:02d}-01", "amount": amount} for n, amount in enumerate(amounts, start=4)]
    return {"invoices": ["I1"], "agreed_on": "2026-03-09", "instalments": parts, **changes}


def test_a_plan_of_instalments_takes_the_place_of_due_dates_until_it_is_cancelled(api: Api) -> None:
    before = api.get("C1/invoices/I1/why").body["reason"]
    made = api.put("C1/plans/L1", a_plan("60.00", "59.00"))
    assert (made.status, api.put("C1/plans/L1", a_plan("60.00", "59.00")).body["status"]) == (201, "unchanged")
    (shown,) = api.get("C1/account").body["plans"]
    assert (shown["invoices"], [part["amount"] for part in shown["instalments"]]) == (["I1"], ["60.00", "59.00"])
    assert api.get("C1/invoices/I1/why").body["reason"] == "planned"
    account = api.get("C1/account").body
    said = {name: account["sums"][0][name] for name in ("open", "overdue", "planned")}
    assert said == {"open": "119.00", "overdue": "0.00", "planned": "119.00"}
    assert (account["open_invoices"], account["overdue_invoices"], account["oldest_due_on"]) == (1, 0, None)
    assert [one["id"] for one in api.get("C1/invoices").body["invoices"]] == ["I1"]
    assert api.put("C1/plans/L1", a_plan("119.00"), if_match='"x"').status == 412
    ended = api.put("C1/plans/L1", a_plan("119.00", ended_on="2026-03-09"), if_match=made.headers["etag"])
    assert (ended.status, api.get("C1/invoices/I1/why").body["reason"]) == (200, before)


def test_a_plan_that_does_not_fit_is_refused_with_its_place(api: Api) -> None:
    api.put("C1/invoices/I2", an_invoice(number="2", currency="USD"))
    falling = a_plan("60.00", "59.00")
    falling["instalments"].reverse()
    for body, status, pointer in (
        (falling, 422, "/instalments/1/due_on"),
        (a_plan("60.001"), 422, "/instalments/0/amount"),
        (a_plan("60.00", invoices=["I1", "I9"]), 422, "/invoices/1"),
        (a_plan("60.00", invoices=["I1", "I2"]), 422, "/invoices/1"),
        (a_plan("60.00", ended_on="2026-03-08"), 422, "/ended_on"),
        (a_plan(), 422, "/instalments"),
    ):
        answer = api.put("C1/plans/L1", body)
        assert (answer.status, answer.pointers) == (status, [pointer]), answer.text
    api.put("C1/payments/P1", a_payment(amount="119.00", applied=[use("I1", "119.00")]))
    late = api.put("C1/plans/L1", a_plan("60.00"))
    assert (late.status, late.body["code"]) == (409, "SETTLED")
    assert api.get("C1/account").body["plans"] == []


def test_a_waiver_stands_and_asks_for_its_scope(api: Api) -> None:
    waived = {"invoice": "I1", "waived_on": "2026-03-09", "level": 2, "reason": "goodwill"}
    assert api.put("C1/waivers/W1", waived).status == 201
    said = {"id": "W1", "invoice": "I1", "waived_on": "2026-03-09", "step": None, "level": 2}
    assert api.get("C1/account").body["waivers"] == [said]
    assert api.put("C1/waivers/W2", {**waived, "invoice": "I9"}).pointers == ["/invoice"]
    ledger_only = Api(a_token(scopes=(Scope.LEDGER_WRITE,)))
    assert [ledger_only.put(f"C1/{kind}/X", body).status for kind, body in
            (("waivers", waived), ("plans", a_plan("60.00")))] == [403, 403]  # fmt: skip
    records = [{"type": "plan", "customer": "C1", "id": "L1", **a_plan("60.00")},
               {"type": "waiver", "customer": "C1", "id": "W1", **waived}]  # fmt: skip
    answer = api.send("POST", "/v1/entities/E1/records", {"records": records})
    assert [one["status"] for one in answer.body["records"]] == ["created", "unchanged"]


def test_a_subsidiary_s_invoices_lie_where_they_are_chased(api: Api) -> None:
    assert api.put("S1", {"name": "Sub", "parent": "C1", "chase_at": "parent"}).status == 201
    assert api.put("S1/invoices/J1", an_invoice(total="30.00")).status == 201
    assert api.put("S1/disputes/D1", {"invoice": "J1", "opened_on": "2026-03-05", "amount": "10.00"}).status == 201
    assert api.put("S1/payments/P1", a_payment(amount="10.00", applied=[use("J1", "10.00")])).status == 201
    assert sums(api) == {"open": "139.00", "on_account": "0.00"}
    assert api.get("S1/invoices/J1").body["open"] == "20.00"
    assert api.get("C1/account").body["disputes"][0]["id"] == "D1"
    assert api.put("S1/plans/L1", a_plan("20.00", invoices=["J1"])).status == 201
    assert [one["id"] for one in api.get("C1/account").body["plans"]] == ["L1"]
    assert api.put("S1/payments/P1/reversal", {"reversed_on": "2026-03-09"}).body["status"] == "updated"
    assert api.put("S1/invoices/J1", an_invoice(total="35.00")).body["status"] == "updated"
    assert sums(api) == {"open": "154.00", "on_account": "0.00"}


def test_a_contact_that_bounced_stays_off_until_it_has_another_address(api: Api) -> None:
    from core.keys import address_hash
    from functions.shared.store import customers

    assert api.put("C1/contacts/K1", {"email": "a@acme.example", "roles": ["ap_contact"]}).status == 201
    customers.switch_off("C1", address_hash("a@acme.example"), "hard bounce")
    assert api.put("C1/contacts/K1", {"email": "a@acme.example", "name": "A"}).status == 200
    assert api.get("C1").body["contacts"][0]["off"] == "hard bounce"
    assert api.put("C1/contacts/K1", {"email": "b@acme.example", "name": "A"}).status == 200
    assert api.get("C1").body["contacts"][0]["off"] is None


# ---------- many, and few requests ----------
def test_a_bulk_stores_what_goes_with_the_ledger_and_names_the_rest(api: Api) -> None:
    write_off = {"invoice": "B1", "written_off_on": "2026-03-09", "amount": "9"}
    promise = {"invoice": "no", "made_on": "2026-03-01", "promised_on": "2026-03-02"}
    records = [
        {"type": "payment", "customer": "C2", "id": "P1", **a_payment(applied=[use("B1", "19.00")])},
        {"type": "customer", "id": "C2", "name": "Bolt"},
        {"type": "contact", "customer": "C2", "id": "K1", "email": "x@bolt.example"},
        {"type": "invoice", "customer": "C2", "id": "B1", **an_invoice()},
        {"type": "write_off", "customer": "C2", "id": "W1", **write_off},
        {"type": "invoice", "customer": "C9", "id": "N1", **an_invoice()},
        {"type": "promise", "customer": "C2", "id": "R1", **promise},
    ]  # fmt: skip
    answer = api.send("POST", "/v1/entities/E1/records", {"records": records})
    assert answer.status == 207
    assert [one["status"] for one in answer.body["records"]] == [
        "created", "created", "created", "created", "updated", "refused", "refused",
    ]  # fmt: skip
    errors = [one["error"]["pointer"] for one in answer.body["records"] if one["error"]]
    assert errors == ["/records/5/customer", "/records/6/invoice"]
    assert sums(api, "C2") == {"open": "91.00", "on_account": "81.00"}
    again = api.send("POST", "/v1/entities/E1/records", {"records": records[:5]})
    assert (again.status, {one["status"] for one in again.body["records"]}) == (200, {"unchanged"})
    reader = Api(a_token(scopes=(tokens.Scope.CUSTOMERS_WRITE,)))
    assert reader.send("POST", "/v1/entities/E1/records", {"records": records[:2]}).status == 403


def test_an_invoice_costs_ten_requests_and_a_hundred_cost_few_more(api: Api) -> None:
    """Beside one query for each that is new: it may lie at another customer, who would be asked for it for ever."""
    alone = []
    for n in (2, 3):  # where the token's next seconds begin to be counted one has a request more
        with watched() as one:
            assert api.put(f"C1/invoices/I{n}", an_invoice()).status == 201
        alone.append(len(one.made))
    assert min(alone) <= 10
    records = [{"type": "invoice", "customer": "C1", "id": f"B{n}", **an_invoice()} for n in range(100)]
    with watched() as many:
        assert api.send("POST", "/v1/entities/E1/records", {"records": records}).status == 200
    assert len(many.made) - 99 <= max(alone) + 1 + 100 // 25


def test_an_account_whose_policy_does_not_wait_for_the_night_is_decided_at_once(api: Api) -> None:
    assert taken("accounts") == []
    assert config.put_policy(a_policy("ageing-7-14-30"), was=0)
    assert config.put_entity(an_entity(policy="ageing-7-14-30"), was=1)
    assert api.put("C1/invoices/I2", an_invoice()).status == 201
    assert [body["customers"] for body in taken("accounts")] == [["C1"]]


# ---------- crashes and races ----------
def test_a_request_that_was_cut_off_is_finished_by_the_same_request(api: Api) -> None:
    """After every change that it makes: the same key and body, sent again, end as if nothing had happened."""
    for n in range(1, 9):
        invoice, payment, key = f"X{n}", f"Y{n}", f"cut-{n}"
        assert api.put(f"C1/invoices/{invoice}", an_invoice(total="10.00")).status == 201
        body = a_payment(amount="12.00", applied=[use(invoice, "10.00")])
        try:
            with watched(die_after=n):
                api.put(f"C1/payments/{payment}", body, idempotency_key=key)
        except KilledError:
            pass
        later = clock.now() + requests.LEASE + timedelta(seconds=5)
        with time_machine.travel(later, tick=False):
            answer = api.put(f"C1/payments/{payment}", body, idempotency_key=key)
        assert answer.status in (200, 201), answer.text
        stored = items.closed("E1", "C1", [invoice])[invoice]
        assert (stored.open_minor, dict(stored.settled)) == (0, {payment: 1_000})
        credit = table().get(keys.credit("E1", "C1", payment))
        assert credit is not None
        assert credit["open_minor"] == 200


# ---------- isolation ----------
def test_nothing_of_another_entity_is_seen_or_changed_on_any_route(stack: None) -> None:
    configured(an_entity(), an_entity(id="E2"))
    theirs = Api(a_token("E2"), "E2")
    assert theirs.put("S1", {"name": "Quixotica"}).status == 201
    assert theirs.put("S1/contacts/K1", {"email": "zz@quixotica.example"}).status == 201
    assert theirs.put("S1/invoices/I1", an_invoice()).status == 201
    assert theirs.put("S1/payments/P1", a_payment(applied=[use("I1", "1.00")])).status == 201
    assert theirs.put("S1/holds/H1", {}).status == 201
    before = [row for row in everything() if not row["pk"].startswith(("TOKEN", "REQUEST"))]
    ours, seen = Api(), set()
    bodies = {
        "CustomerIn": {"name": "Mine"}, "ContactIn": {}, "InvoiceIn": an_invoice(), "PaymentIn": a_payment(),
        "CreditNoteIn": a_payment(), "ReversalIn": {"reversed_on": "2026-03-09"}, "HoldIn": {},
        "WriteOffIn": {"invoice": "I1", "written_off_on": "2026-03-09", "amount": "1"},
        "DisputeIn": {"invoice": "I1", "opened_on": "2026-03-09"},
        "PromiseIn": {"invoice": "I1", "made_on": "2026-03-09", "promised_on": "2026-03-10"},
        "PlanIn": a_plan("60.00", "59.00"), "WaiverIn": {"invoice": "I1", "waived_on": "2026-03-09"},
        "RecordsIn": {"records": [{"type": "invoice", "customer": "S1", "id": "I1", **an_invoice()}]},
    }  # fmt: skip
    ids = {"customer": "S1", "invoice": "I1", "payment": "P1", "contact": "K1", "hold": "H1"}
    ids |= dict.fromkeys(("credit_note", "write_off", "dispute", "promise", "plan", "waiver"), "X1")
    for entity in ("E1", "E2"):
        for path, method, body in _operations(bodies):
            concrete = path.format_map(ids | {"entity": entity})
            answer = ours.send(method, concrete, body)
            seen.add((method, path))
            if path.endswith("/records") and entity == "E1":
                assert [one["status"] for one in answer.body["records"]] == ["refused"]
                assert answer.body["records"][0]["error"]["code"] == "NOT_FOUND"
            else:
                assert answer.status == 404, (method, concrete, answer.text)
            assert "uixotica" not in answer.text
    assert len(seen) == sum(len(path) for path in document()["paths"].values())
    assert [row for row in everything() if not row["pk"].startswith(("TOKEN", "REQUEST"))] == before


def _operations(bodies: dict[str, Any]) -> list[tuple[str, str, Any]]:
    found = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            said = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            name = said.get("$ref", "").rpartition("/")[2]
            found.append((path, method.upper(), bodies[name] if name else None))
    return found


def test_a_customer_of_two_entities_is_one_for_who_has_both(stack: None) -> None:
    configured(an_entity(), an_entity(id="E2"))
    assert Api().put("C1", {"name": "Acme"}).status == 201
    assert Api(a_token("E2"), "E2").put("C1", {"name": "Mine"}).status == 404
    both = a_token("E1", "E2")
    assert Api(both, "E2").put("C1", {"name": "Acme AG"}).status == 200
    assert Api(a_token("E2"), "E2").get("C1").body["name"] == "Acme AG"


def test_no_log_holds_a_name_an_address_an_amount_or_a_token(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = io.StringIO()
    for handler in logging.getLogger("pastdue").handlers:
        monkeypatch.setattr(handler, "stream", heard, raising=False)
    assert api.put("C2", {"name": "Zzyzx Debtor", "email": "zzap@debtor.example"}).status == 201
    assert api.put("C2/invoices/I1", an_invoice(total="8765432.19", pay_url="https://zz.example/pay")).status == 201
    assert api.put("C2/invoices/I1", '{"name": "Zzyzx Debtor"').status == 400
    assert api.put("C2", {"name": 1, "email": "zzap@debtor.example"}).status == 422
    table().put({**keys.profile("C2")._asdict(), "id": "C2", "name": "Zzyzx Debtor", "kind": "Zzyzx"})
    broken = api.get("C2")
    assert (broken.status, broken.body["code"]) == (500, "FAULT")
    said = heard.getvalue() + broken.text
    assert "PD1601" in said
    assert api.token is not None
    for canary in ("Zzyzx", "debtor.example", "8765432", "876543219", "zz.example", api.token, api.token[4:]):
        assert canary not in said


# ---------- what decisions announce ----------
def test_what_a_decision_announces_is_told_once_for_each_endpoint(api: Api) -> None:
    assert hooks.add(Endpoint(id="all", entity="E1", url="https://a.example/"))
    assert hooks.add(Endpoint(id="holds", entity="E1", url="https://b.example/", types=("credit_hold.set",)))
    record = accounts.read("E1", "C1")
    assert record is not None
    now = clock.now()
    at, fee = keys.instant(now), ["F", "I1", "2026-1001", "fee", "EUR", 500, "f", True]
    hold = {"kind": "announcement", "what": "credit_hold_set", "body": {"step": "h", "value": ""}, "at": at}
    wanted = {
        "announcement.0": hold,
        "announcement.1": {**hold, "what": "status", "body": {"step": "s", "value": "red"}},
        "charge.F": {"kind": "charge", "charge": fee, "on": "2026-03-09", "at": at},
    }
    after = accounts.commit(record, state=record.facts.state, next_check_on=None, now=now, add=wanted)
    assert after is not None
    for _ in range(2):  # whoever finds the outbox may put it again
        putting.put_effects(after, now)
    told = {
        (one.endpoint, one.type): one.body["data"] for name in ("all", "holds") for one in deliveries.listed("E1", name)
    }
    assert set(told) == {
        ("all", Kind.CREDIT_HOLD_SET), ("all", Kind.STATUS_CHANGED), ("all", Kind.CHARGE_POSTED),
        ("holds", Kind.CREDIT_HOLD_SET),
    }  # fmt: skip
    assert told["all", Kind.CHARGE_POSTED] == {
        "entity": "E1", "customer": "C1", "charge": "F", "invoice": "I1", "kind": "fee", "amount": "5.00",
        "currency": "EUR",
    }  # fmt: skip
    hooks.forget()
