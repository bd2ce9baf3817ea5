"""Every conformance case, one test each. CONFORMANCE_DIR names the folder; without one the cases beside the checkout.

A case that is no system's peculiar habit must come out exactly. A peculiar one is run to show where we differ.
"""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import aging, balance, charges, lifecycle, metric, recipient, run, schedule, status, validation
from tests.conformance.case import Case, RefusedError, folder, read_cases
from tests.conformance.language import unread_fields

CHECKERS: dict[str, Callable[[Case], list[str]]] = {
    "aging": aging.check,
    "balance": balance.check,
    "fee": charges.check_fee,
    "interest": charges.check_interest,
    "lifecycle": lifecycle.check,
    "metric": metric.check,
    "recipient": recipient.check,
    "run": run.check,
    "schedule": schedule.check,
    "status": status.check,
    "validation": validation.check,
}

# Every word beside the assertions that some kind reads; what else a case says is named at the end of the run.
COMMON = {
    "id", "title", "topics", "kind", "source", "origin", "peculiar", "peculiar_reason", "sharp", "notes",
    "source_error", "expected", "variants",
}  # fmt: skip
READ = COMMON | {
    "policy", "customer", "customers", "open_items", "events", "history", "run_dates", "run_filters", "unasserted",
    "documents", "item", "sent", "as_of", "until", "rule", "base_minor", "currency", "post_as", "principal_minor",
    "due_date", "to_date", "days", "rates", "rounding", "rate_change_day", "payments", "grace_days",
    "min_interest_minor", "alt_expected", "tolerance_minor", "day_count", "document_fee_minor",
    "additional_fee_minor", "country", "basis", "buckets", "no_due_date_bucket", "days_past_due", "formula", "inputs",
    "values", "decimals", "contacts", "given", "steps", "daily_minor",
}  # fmt: skip

FOLDER = folder()
NO_CASES = f"no conformance cases: {FOLDER} does not exist; CONFORMANCE_DIR names the folder"
CASES = list(read_cases(FOLDER)) if FOLDER.is_dir() else []


def unread(case: Case) -> list[str]:
    """What a case says that nobody reads, its policy included."""
    policy = case.body.get("policy")
    named = case.policies.get(policy, {}) if isinstance(policy, str) else policy or {}
    inside = {"lifecycle": lifecycle.KNOWN, "validation": validation.KNOWN}.get(case.body["kind"])
    parts = [*case.body.get("steps", []), *case.body.get("variants", []), case.body.get("given", {})] if inside else []
    deeper = {word for part in parts for word in part if inside and word not in inside}
    return sorted({*(set(case.body) - READ), *(f"policy.{word}" for word in unread_fields(named)), *deeper})


def outcome(case: Case) -> tuple[str, str]:
    """How a case came out: passed, refused with a reason, or failed with what differs."""
    check = CHECKERS.get(case.body["kind"])
    if check is None:
        return "refused", f"there is no kind {case.body['kind']!r}"
    try:
        differences = check(case)
    except RefusedError as refused:
        return "refused", str(refused)
    except Exception as error:  # noqa: BLE001 - the account of the run names it like any other failure
        at = traceback.extract_tb(error.__traceback__)[-1]
        return "failed", f"{type(error).__name__}: {error} ({Path(at.filename).name}, line {at.lineno})"
    return ("failed", "; ".join(differences)) if differences else ("passed", "")


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.source}-{case.name}") for case in CASES])
def test_case(case: Case, record_property: Callable[[str, object], None]) -> None:
    how, why = outcome(case)
    record_property("conformance", [case.source, case.name, case.peculiar, how, why, unread(case)])
    if not case.peculiar:
        assert how == "passed", f"{how}: {why}"


@pytest.mark.skipif(not FOLDER.is_dir(), reason=NO_CASES)
def test_there_are_cases() -> None:
    assert CASES, f"{FOLDER} holds no case"
