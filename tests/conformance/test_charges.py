"""The shapes of fee and interest cases that the format describes, and that a wrong figure is noticed."""

from typing import Any

import pytest

from tests.conformance.case import Case, RefusedError
from tests.conformance.charges import check_fee, check_interest


def fee_case(rule: dict[str, Any], **body: Any) -> Case:
    return Case("own", {"id": "x", "kind": "fee", "currency": "EUR", "base_minor": 10000, "rule": rule, **body}, {})


def interest_case(**body: Any) -> Case:
    plain = {"principal_minor": 36500, "currency": "EUR", "rates": [{"annual_percent": "8"}], "days": 30}
    return Case("own", {"id": "x", "kind": "interest", **plain, **body}, {})


TIERS = [{"from_minor": 0, "flat_minor": 100, "percent": "1"}, {"from_minor": 5000, "percent": "2"}]


@pytest.mark.parametrize(("rule", "minor"), [
    ({"type": "flat", "flat_minor": 500}, 500),
    ({"type": "percent", "percent": "1.5"}, 150),
    ({"type": "percent", "percent": "1.5", "max_minor": 120}, 120),
    ({"type": "flat_plus_percent", "flat_minor": 500, "percent": "1"}, 600),
    ({"type": "bands", "bands": [{"from_minor": 0, "fee_minor": 1}, {"from_minor": 10000, "fee_minor": 2}]}, 2),
    ({"type": "tiered_single", "tiers": TIERS}, 200),
    ({"type": "tiered_cumulative", "tiers": TIERS}, 250),
    ({"type": "tiered_cumulative", "tiers": TIERS, "min_minor": 300}, 300),
    ({"type": "tiered_single", "tiers": [{"percent": "1", "max_minor": 0}]}, 100),  # 0: no bound
    ({"type": "by_currency", "fees": {"EUR": 500, "USD": 600}}, 500),
    ({"type": "by_currency", "fees": {"EUR": {"type": "percent", "percent": "2"}}}, 200),
    ({"type": "by_currency", "flat_minor": {"EUR": 700}}, 700),
    ({"type": "convert", "rate": "1.5"}, 15000),
    ({"type": "convert", "rate": "0.9", "from_currency": "USD", "flat_minor": 1000}, 900),
    ({"type": "convert", "rate": "2", "fee": {"type": "flat", "flat_minor": 5}}, 10),
    ({"type": "sequence", "fees": [500, {"flat_minor": 100, "percent": "1"}]}, 500),
])  # fmt: skip
def test_every_rule_of_the_format(rule: dict[str, Any], minor: int) -> None:
    assert check_fee(fee_case(rule, expected={"fee_minor": minor, "open_after_minor": 10000 + minor})) == []
    assert len(check_fee(fee_case(rule, expected={"fee_minor": minor + 1}))) == 1


def test_variants_sequences_and_separate_documents() -> None:
    flat = {"type": "flat", "flat_minor": 5}
    variants = [{"base_minor": 1, "expected_fee_minor": 5}, {"base_minor": 2, "expected_fee_minor": 6}]
    assert check_fee(fee_case(flat, variants=variants, expected="see variants")) == [
        "base 2: fee_minor: expected 6, found 5"
    ]
    assert check_fee(fee_case(flat, post_as="separate_document", expected={"open_after_minor": 10000})) == []
    steps = {"type": "sequence", "fees_minor": [1, 2, 3]}
    assert check_fee(fee_case(steps, expected={"fees_minor": [1, 2, 3, 3]})) == []
    assert check_fee(fee_case(steps, number=2, expected={"fee_minor": 2})) == []


@pytest.mark.parametrize(("body", "expected"), [
    ({}, {"charged": True, "days": 30, "interest_minor": 240}),
    ({"due_date": "2025-01-31", "to_date": "2025-02-10"}, {"days": 10, "interest_minor": 80}),
    ({"grace_days": 30}, {"charged": False, "interest_minor": 0, "segments": []}),
    ({"min_interest_minor": 241}, {"charged": False, "interest_minor": 0}),
    ({"min_interest_minor": 240, "additional_fee_minor": 7}, {"interest_minor": 240, "additional_fee_minor": 7}),
    ({"document_fee_minor": 500}, {"charges_minor": 740, "grand_total_minor": 37240}),
    ({"principal_minor": 100000, "currency": "GBP"}, {"compensation_minor": 7000, "grand_total_minor": 107658}),
    ({"day_count": "actual/360"}, {"interest_minor": 243}),
    ({"rates": [{"percent_per_period": "2", "period_days": 30}]}, {"interest_minor": 730}),
])  # fmt: skip
def test_interest_of_the_format(body: dict[str, Any], expected: dict[str, Any]) -> None:
    assert check_interest(interest_case(**body, expected=expected)) == []
    wrong = {**expected, "interest_minor": 1}
    assert any("interest_minor" in line for line in check_interest(interest_case(**body, expected=wrong)))


def test_stretches_payments_and_the_other_convention() -> None:
    body = {
        "due_date": "2025-01-31", "to_date": "2025-02-10", "rounding": "half_up per segment",
        "rates": [{"from": "2025-01-01", "annual_percent": "10"}, {"from": "2025-02-09", "annual_percent": "20"}],
        "payments": [{"date": "2025-02-05", "amount_minor": 18250},
                     {"date": "2025-01-01", "amount_minor": 99, "already_deducted": True}],
        "expected": {"interest_minor": 85, "principals_minor": [36500, 18250, 18250],
                     "segments": [{"days": 5}, {"days": 3},
                                  {"days": 2, "annual_percent": "20.0", "interest_minor": 20}]},
    }  # fmt: skip
    assert check_interest(interest_case(**body)) == []
    other = {"rate_change_day": "old_rate", "interest_minor": 80, "segments": [{"days": 5}, {"days": 4}, {"days": 1}]}
    assert check_interest(interest_case(**body, alt_expected=other)) == []
    assert check_interest(interest_case(**body, alt_expected={**other, "interest_minor": 85})) == [
        "other convention: interest: interest_minor: expected 85, found 80"
    ]
    assert check_interest(interest_case(**{**body, "expected": {"segments": [{"days": 10}]}})) == [
        "number of segments: expected 1, found 3", "segment 1: days: expected 10, found 5",
    ]  # fmt: skip


@pytest.mark.parametrize("case", [
    fee_case({"type": "sliding"}, expected={"fee_minor": 0}),
    fee_case({"type": "sequence"}, expected={"fee_minor": 0}),
    fee_case({"type": "flat", "flat_minor": 1}, expected={"tax_minor": 0}),
])  # fmt: skip
def test_what_is_not_understood_is_refused_and_never_passes(case: Case) -> None:
    with pytest.raises(RefusedError):
        check_fee(case)


@pytest.mark.parametrize("body", [
    {"rounding": "down"}, {"day_count": "act/364"}, {"expected": {"tax_minor": 0}},
])  # fmt: skip
def test_an_unknown_convention_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        check_interest(interest_case(**body))
