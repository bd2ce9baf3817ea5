"""The adapter itself, on cases made up here: every word of the format is read, and a wrong figure is noticed."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import language
from tests.conformance.case import ROOT, Case
from tests.conformance.made_up import CASES, LADDER, OTHERS, event, ladder, notice, run, step
from tests.conformance.test_conformance import outcome

PAGE = ROOT / "docs" / "reference" / "conformance.md"


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_a_word_of_the_format(case: Case) -> None:
    assert outcome(case) == ("passed", "")


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in OTHERS.items()])
def test_another_kind(body: dict[str, Any]) -> None:
    assert outcome(Case("made up", {"id": "made-up", **body}, {"ladder": LADDER})) == ("passed", "")


def wrong_level(body: dict[str, Any]) -> None:
    body["expected"][0]["level"] = 2


def wrong_amount(body: dict[str, Any]) -> None:
    body["expected"][0]["balance_minor"] = 9_999


def missing(body: dict[str, Any]) -> None:
    body["expected"].clear()


def too_much(body: dict[str, Any]) -> None:
    body["expected"].append(notice("30"))


def no_such_run(body: dict[str, Any]) -> None:
    body["expected"].append(notice("29"))


@pytest.mark.parametrize("spoil", [wrong_level, wrong_amount, missing, too_much, no_such_run])
def test_a_wrong_expectation_is_noticed(spoil: Callable[[dict[str, Any]], None]) -> None:
    case = run("ladder", ["06", "12", "30"], [notice("06"), notice("12", level=2), notice("30", level=3)])
    assert outcome(case)[0] == "passed"
    body = deepcopy(dict(case.body))
    spoil(body)
    assert outcome(Case("made up", body, case.policies))[0] == "failed"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "astrology"},
        {"policy": ladder(step(1, 5, "full_moon"))},
        {"events": [event("05", "sacrifice")]},
        {"policy": "no such name"},
        {"expected": [notice("06", mood="sombre")]},
    ],
)
def test_what_is_not_understood_is_refused_with_its_reason(changes: dict[str, Any]) -> None:
    case = run("ladder", ["06"], [notice("06")])
    how, why = outcome(Case("made up", {**case.body, **changes}, case.policies))
    assert how == "refused"
    assert why


def test_every_policy_field_that_is_read_stands_on_the_page() -> None:
    page = Path(PAGE).read_text(encoding="utf-8")
    assert [word for word in sorted(language.READ) if word not in page] == []
