"""Kind validation: what is refused and what is allowed, recognised by the words that a case uses."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import ValidationError

from core.decide.account import decide
from core.decide.model import Facts
from core.formats.ledger_import import examine, jsonl_ledger
from core.guards import FeeLine, refuse_fee, refuse_line, refuse_run, tries_again
from core.ledger import Item
from core.refusals import ChargeRefusedError
from tests.conformance import samples
from tests.conformance.case import Body, Case, RefusedError, differ, on
from tests.conformance.charges import check_interest
from tests.conformance.language import policy_of

SOME_DAY = date(2024, 1, 1)


def check(case: Case) -> list[str]:
    """Compare the outcome of what is given, or of each variant."""
    if "variants" in case.body:
        return [line for variant in case.body["variants"] for line in _check(variant, variant.get("expected"))]
    return _check(case.body["given"], case.body["expected"])


def _check(given: Body, expected: Any) -> list[str]:
    wanted = expected.get("outcome") if isinstance(expected, dict) else expected
    for words, rule in RULES:
        if words <= set(given):
            if "expected_emails" in given:
                return differ("emails", given["expected_emails"], rule(given))
            shown = {key: value for key, value in given.items() if key != "expected"}
            return differ(json.dumps(shown), wanted, rule(given))
    raise RefusedError(f"no rule of ours speaks of {', '.join(sorted(given))}")


def _said(refusal: object) -> str:
    return "allowed" if refusal is None else "refused"


def _run(given: Body) -> str:
    return _said(refuse_run(on(given["new_run_date"]), [on(past) for past in given["past_runs"]]))


def _currency(given: Body) -> str:
    return _said(refuse_line(given["item_currency"], given["document_currency"]))


def _fee(given: Body) -> str:
    if not given["fee_minor"] and given.get("as") != "fee_line":
        return _said(None)  # a level without a fee is no fee line
    fee = FeeLine(
        minor=given["fee_minor"],
        level=given.get("level", 1),
        charged_levels=frozenset(given.get("already_charged_levels", ())),
        overdue=given.get("item_overdue", True),
        same_customer=given.get("item_customer", "same") in ("same", given.get("customer", "same")),
        lines_for_item=given.get("fees_for_item_on_notice", 1),
    )
    return _said(refuse_fee(fee))


def _mails(given: Body) -> Any:
    """How many messages a customer gets in one night for so many due items."""
    policy = samples.policy({"advance": "next", "steps": [samples.message(id="one", level=1, offset_days=1)]})
    items = tuple(_item(f"item-{number}") for number in range(given["customer_items_due"]))
    decision = decide(Facts(samples.customer(), items=items), samples.setting(policy), SOME_DAY + timedelta(days=30))
    return len(decision.notices)


def _item(name: str) -> Item:
    return Item(
        id=name, customer="customer", number=name, issued_on=SOME_DAY, due_on=SOME_DAY, currency="EUR",
        original_minor=100, open_minor=100,
    )  # fmt: skip


def _tries(given: Body) -> str:
    return "retry" if tries_again(given["failed_attempts"]) else "give_up"


def _policy(given: Body) -> str:
    try:
        policy_of(given.get("policy", given))
    except (ValidationError, RefusedError):
        return "refused"
    return "allowed"


def _line(**fields: Any) -> Callable[[Body], str]:
    """A rule of the ledger format: a line made of what the case gives is read, or refused with its position."""

    def read(given: Body) -> str:
        return _read({key: value(given) if callable(value) else value for key, value in fields.items()})

    return read


def _given(*words: str) -> Callable[[Body], Any]:
    return lambda given: next((given[word] for word in words if word in given), None)


LEDGER: Final[tuple[dict[str, Any], ...]] = (
    {"t": "header", "version": 1},
    {"t": "entity", "id": "E", "name": "Seller"},
    {"t": "customer", "id": "C", "name": "Customer"},
    {
        "t": "invoice", "id": "I", "customer": "C", "number": "I", "issued": "2024-01-01", "due": "2024-01-31",
        "currency": "EUR", "total": 10_000,
    },
)  # fmt: skip


def _read(line: dict[str, Any]) -> str:
    """What the ledger import says to a line that follows one open invoice."""
    text = "".join(json.dumps(row) + "\n" for row in (*LEDGER, line))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        path.write_text(text, encoding="utf-8")
        report = examine(jsonl_ledger(path, "E"))
    return "refused" if report.errors else "allowed"


def _document(given: Body) -> str:
    """A document of some type as an item of a customer: the ledger format knows what a customer may owe."""
    names = {"customer_invoice": "invoice", "invoice": "invoice", "credit_note": "credit_note"}
    kind = names.get(given["item_type"], given["item_type"])
    line: dict[str, Any] = {**LEDGER[3], "t": kind, "id": "J", "number": "J"}
    if kind == "credit_note":
        line = {"t": kind, "id": "J", "customer": "C", "date": "2024-01-02", "currency": "EUR", "amount": 1}
    return _read(line)


def _rates(given: Body) -> str:
    """Interest needs a rate for its first day, the one after the due date."""
    rates = [{"annual_percent": "1", **rate} for rate in given["rates"]]
    body = {"principal_minor": 100_00, "currency": "EUR", **given, "rates": rates, "rounding": "half_up"}
    case = Case("", {"to_date": given["due_date"], **body, "expected": {}}, {})
    try:
        check_interest(case)
    except (ChargeRefusedError, ValidationError):
        return "refused"
    return "allowed"


RULES: Final[tuple[tuple[set[str], Callable[[Body], Any]], ...]] = (
    ({"past_runs", "new_run_date"}, _run),
    ({"document_currency", "item_currency"}, _currency),
    ({"fee_minor"}, _fee),
    ({"customer_items_due"}, _mails),
    ({"failed_attempts"}, _tries),
    ({"rates", "due_date"}, _rates),
    ({"item_type"}, _document),
    (
        {"promise_minor"},
        _line(
            t="promise",
            id="P",
            customer="C",
            invoice="I",
            made="2024-02-01",
            promised="2024-02-10",
            amount=_given("promise_minor"),
        ),
    ),
    (
        {"payment_minor"},
        _line(
            t="payment",
            id="P",
            customer="C",
            invoice="I",
            date="2024-02-01",
            currency="EUR",
            amount=_given("payment_minor"),
        ),
    ),
    (
        {"credit_minor"},
        _line(
            t="credit_note",
            id="P",
            customer="C",
            invoice="I",
            date="2024-02-01",
            currency="EUR",
            amount=_given("credit_minor"),
        ),
    ),
    (
        {"write_off_minor"},
        _line(
            t="write_off",
            id="W",
            customer="C",
            invoice="I",
            date="2024-02-01",
            amount=_given("write_off_minor"),
        ),
    ),
    ({"policy"}, _policy),
    ({"steps"}, _policy),
)
