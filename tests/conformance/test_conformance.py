"""Every conformance case, one test each. CONFORMANCE_DIR names the folder; without one the cases beside the checkout.

A case that is no system's peculiar habit must come out exactly. A peculiar one is run to show where we differ.
"""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import aging, balance, charges, lifecycle, metric, recipient, run, schedule, status, validation
from tests.conformance.case import Case, RefusedError, folder, read_cases

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

FOLDER = folder()
CASES = list(read_cases(FOLDER)) if FOLDER.is_dir() else []


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


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no conformance cases: CONFORMANCE_DIR is not set and {FOLDER} is missing"
)
@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.source}-{case.name}") for case in CASES])
def test_case(case: Case, record_property: Callable[[str, object], None]) -> None:
    how, why = outcome(case)
    record_property("conformance", [case.source, case.name, case.peculiar, how, why])
    if not case.peculiar:
        assert how == "passed", f"{how}: {why}"
