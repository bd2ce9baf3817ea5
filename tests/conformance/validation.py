"""Kind validation: what is refused and what is allowed, recognised by the words that a case uses."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Any, Final

from pydantic import ValidationError

from core.books.guards import FeeLine, refuse_fee, refuse_line, refuse_run, tries_again
from core.decide.account import decide
from core.decide.model import Facts
from core.ledger import Item, ItemKind
from core.policy.load import load_policy
from core.policy.schema import Policy
from core.refusals import ChargeRefusedError
from tests.conformance import samples
from tests.conformance.books import owed
from tests.conformance.case import Body, Case, RefusedError, differ, on
from tests.conformance.charges import check_interest
from tests.conformance.language import READ, policy_of
from tests.conformance.ledger_lines import line_rules

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
    items = tuple(_item(f"item-{number}") for number in range(given["customer_items_due"]))
    facts = Facts(samples.customer(), items=items)
    return len(decide(facts, samples.setting(_first_day()), SOME_DAY + timedelta(days=30)).notices)


def _item(name: str, open_minor: int = 100) -> Item:
    return Item(
        id=name, customer="customer", number=name, issued_on=SOME_DAY, due_on=SOME_DAY, currency="EUR",
        original_minor=max(open_minor, 1), open_minor=open_minor,
    )  # fmt: skip


def _tries(given: Body) -> str:
    return "retry" if tries_again(given["failed_attempts"]) else "give_up"


def _policy(given: Body) -> str:
    """What reading a policy file says to it."""
    try:
        policy = policy_of(given.get("policy", given))
    except RefusedError:
        return "refused"
    return "allowed" if isinstance(load_policy(policy.model_dump_json(exclude_unset=True)), Policy) else "refused"


def _thresholds(given: Body) -> str:
    """Least amounts as a list; two for one currency contradict each other."""
    listed = given["thresholds"]
    currencies = [one["currency"] for one in listed]
    if len(set(currencies)) < len(currencies):
        return "refused"  # a key that stands twice in a policy file is an error of its own
    limits = {one["currency"]: one.get("amount_minor", one.get("threshold_minor")) for one in listed}
    return _policy({**given, "thresholds_minor": limits})


def _level(given: Body) -> str:
    """One level, on top of as many plain ones as it takes to get there."""
    trigger = given.get("trigger") or {"basis": given["basis"], "offset_days": given.get("offset_days", 10)}
    below = [{"level": n, "trigger": {"basis": "due_date", "offset_days": n}} for n in range(1, given["level"])]
    return _policy({"policy": {"steps": [*below, {"level": given["level"], "trigger": trigger}]}})


def _chased(given: Body) -> str:
    """Whether an item like this one is written about at all."""
    item = _item("item", given.get("open_minor", given.get("outstanding_minor", 100)))
    state = given.get("item_state", "open")
    facts = Facts(samples.customer(), items=(item,) if owed({"state": state}) else ())
    late = given.get("days_late", 1 if given.get("item_overdue", True) else 0)
    decision = decide(facts, samples.setting(_first_day()), SOME_DAY + timedelta(days=late))
    return "allowed" if decision.notices else "refused"


def _first_day() -> Policy:
    """A reminder from the first day past due."""
    return samples.policy({"advance": "next", "steps": [samples.message(id="one", level=1, offset_days=1)]})


REMINDED: Final = {"invoice": ItemKind.INVOICE, "customer_invoice": ItemKind.INVOICE, "out_invoice": ItemKind.INVOICE}


def _kind(given: Body) -> str:
    """What may stand on a reminder: what a customer was sold, in whole or in instalments."""
    named = given["item_type"]
    kind = REMINDED.get(named) or (ItemKind(named) if named in set(ItemKind) else None)
    return "allowed" if kind is not None and kind.principal else "refused"


def _same_customer(given: Body) -> str:
    same = given["item_customer"] in ("same", given.get("customer", "same"))
    return "allowed" if same else "refused"


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


RULES: Final[tuple[tuple[AbstractSet[str], Callable[[Body], Any]], ...]] = (
    ({"past_runs", "new_run_date"}, _run),
    ({"document_currency", "item_currency"}, _currency),
    ({"fee_minor"}, _fee),
    ({"customer_items_due"}, _mails),
    ({"failed_attempts"}, _tries),
    ({"rates", "due_date"}, _rates),
    ({"item_type"}, _kind),
    *line_rules(),
    ({"item_state"}, _chased),
    ({"open_minor"}, _chased),
    ({"outstanding_minor"}, _chased),
    ({"item_overdue"}, _chased),
    ({"days_late"}, _chased),
    ({"item_customer"}, _same_customer),
    ({"thresholds"}, _thresholds),
    ({"level", "trigger"}, _level),
    ({"level", "basis"}, _level),
    *(({word}, _policy) for word in ("policy", "steps", *sorted(READ))),
)

# Every word that some rule looks at.
KNOWN: Final = READ | {word for words, _ in RULES for word in words} | {
    "expected", "expected_emails", "reason", "notes", "level", "as", "already_charged_levels", "item_overdue",
    "item_customer", "customer", "fees_for_item_on_notice", "to_date", "offset_days", "basis", "min_amount_unit",
    "threshold_op", "principal_minor", "currency",
}  # fmt: skip
