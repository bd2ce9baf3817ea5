"""Fees of every shape, at their edges, and what a policy may not say about them."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.fees import convert_minor, fee_minor, half_up
from core.policy.charges import Fee
from core.policy.fee import names
from core.policy.load import load_policy
from core.policy.schema import Policy
from core.refusals import ChargeRefusedError, NoAmountError

FEE: TypeAdapter[Any] = TypeAdapter(Fee)
MINOR = st.integers(0, 10**12)
PERCENT = st.decimals(0, 100, places=4, allow_nan=False).map(str)


def fee(**rule: Any) -> Any:
    return FEE.validate_python(rule)


POUNDS = fee(
    type="bands",
    bands={"GBP": [{"fee_minor": 4000}, {"from_minor": 100000, "fee_minor": 7000}]},
)
TIERS = {
    "EUR": [
        {"from_minor": 1000, "flat_minor": 100, "percent": "10"},
        {"from_minor": 5000, "flat_minor": 50, "percent": "4"},
        {"from_minor": 9000, "percent": "1"},
    ]
}
WHOLE = fee(type="tiered_single", tiers=TIERS)
SLICES = fee(type="tiered_cumulative", tiers=TIERS)


# ---------- the shapes ----------
def test_flat_is_the_same_whatever_is_open() -> None:
    rule = fee(type="flat", flat={"EUR": 500, "JPY": 600})
    assert [fee_minor(rule, base, "EUR") for base in (0, 1, 10**9)] == [500] * 3
    assert fee_minor(rule, 1, "JPY") == 600


@pytest.mark.parametrize(("base", "minor"), [
    (0, 0),
    (33, 0),  # 0.495
    (34, 1),  # 0.51
    (100, 2),  # 1.5: a half goes up
    (10000, 150),
])  # fmt: skip
def test_percent_rounds_half_up(base: int, minor: int) -> None:
    assert fee_minor(fee(type="percent", percent="1.5"), base, "EUR") == minor


@pytest.mark.parametrize(("base", "minor"), [
    (0, 300),  # 2.00 lifted to the minimum
    (9999, 300),  # 200 + 99.99
    (10000, 300),  # exactly the minimum
    (10050, 301),  # 300.5
    (30000, 500),  # exactly the maximum
    (30050, 500),
    (90000, 500),
])  # fmt: skip
def test_flat_plus_percent_stays_within_its_bounds(base: int, minor: int) -> None:
    rule = fee(type="flat_plus_percent", flat={"EUR": 200}, percent="1", min={"EUR": 300}, max={"EUR": 500})
    assert fee_minor(rule, base, "EUR") == minor


def test_a_bound_counts_in_its_currency_only() -> None:
    rule = fee(type="percent", percent="1", min={"EUR": 500}, max={"USD": 5})
    assert [fee_minor(rule, 10000, code) for code in ("EUR", "USD", "GBP")] == [500, 5, 100]


@pytest.mark.parametrize(("base", "minor"), [(0, 4000), (99999, 4000), (100000, 7000), (100001, 7000), (10**9, 7000)])
def test_the_edge_belongs_to_the_higher_band(base: int, minor: int) -> None:
    assert fee_minor(POUNDS, base, "GBP") == minor


def test_below_the_first_band_nothing() -> None:
    rule = fee(type="bands", bands={"EUR": [{"from_minor": 500, "fee_minor": 9}]})
    assert [fee_minor(rule, base, "EUR") for base in (499, 500)] == [0, 9]


@pytest.mark.parametrize(("base", "whole", "slices"), [
    (999, 0, 0),
    (1000, 200, 100),  # the tier's flat counts from its edge on
    (1005, 201, 101),  # 200.5 on all of it, 100.5 on the slice
    (4999, 600, 500),  # 599.9 and 499.9
    (5000, 250, 550),  # whole: 50 + 4 %; slices: 100 + 400 + 50
    (8999, 410, 710),
    (9000, 90, 710),  # whole: 1 %; slices: 100 + 400 + 50 + 160
    (10000, 100, 720),
])  # fmt: skip
def test_tiers(base: int, whole: int, slices: int) -> None:
    assert (fee_minor(WHOLE, base, "EUR"), fee_minor(SLICES, base, "EUR")) == (whole, slices)


def test_slices_are_rounded_once_on_the_sum() -> None:
    rule = fee(type="tiered_cumulative", tiers={"EUR": [{"percent": "0.5"}, {"from_minor": 50, "percent": "0.5"}]})
    assert fee_minor(rule, 100, "EUR") == 1  # 0.25 + 0.25


def test_bounds_of_a_tier_and_of_the_whole() -> None:
    tiers = {"EUR": [{"percent": "1", "min_minor": 50, "max_minor": 80}, {"from_minor": 10000, "percent": "2"}]}
    one = fee(type="tiered_single", tiers=tiers)
    assert [fee_minor(one, base, "EUR") for base in (0, 5000, 5100, 8000, 9999, 10000)] == [50, 50, 51, 80, 80, 200]
    every = fee(type="tiered_cumulative", tiers=tiers, min={"EUR": 60}, max={"EUR": 90})
    assert [fee_minor(every, base, "EUR") for base in (0, 7000, 10000, 10500, 10501)] == [60, 70, 80, 90, 90]


def test_below_the_first_tier_not_even_the_minimum() -> None:
    rule = fee(type="tiered_single", tiers=TIERS, min={"EUR": 300})
    assert [fee_minor(rule, base, "EUR") for base in (999, 1000)] == [0, 300]


def test_each_currency_its_own_rule() -> None:
    rule = fee(
        type="by_currency",
        fees={"EUR": {"type": "flat", "flat": {"EUR": 500}}, "JPY": {"type": "percent", "percent": "2"}},
    )
    assert (fee_minor(rule, 30000, "EUR"), fee_minor(rule, 30000, "JPY")) == (500, 600)


@pytest.mark.parametrize(("number", "last", "nothing"), [(1, 100, 100), (2, 300, 300), (3, 300, 0), (9, 300, 0)])
def test_a_sequence_counts_notices(number: int, last: int, nothing: int) -> None:
    fees = [{"type": "flat", "flat": {"EUR": 100}}, {"type": "percent", "percent": "3"}]
    assert fee_minor(fee(type="sequence", fees=fees), 10000, "EUR", number=number) == last
    assert fee_minor(fee(type="sequence", fees=fees, then="nothing"), 10000, "EUR", number=number) == nothing


def test_a_sequence_may_hold_what_depends_on_the_currency() -> None:
    inner = {"type": "by_currency", "fees": {"EUR": {"type": "flat", "flat": {"EUR": 7}}}}
    assert fee_minor(fee(type="sequence", fees=[inner]), 1, "EUR") == 7


def test_after_its_last_fee_a_sequence_goes_on_with_it_unless_told_otherwise() -> None:
    assert fee(type="sequence", fees=[{"type": "percent", "percent": "1"}]).then == "last"


def test_without_a_number_it_is_the_first_notice() -> None:
    fees = [{"type": "flat", "flat": {"EUR": minor}} for minor in (1, 2)]
    assert fee_minor(fee(type="sequence", fees=fees), 1, "EUR") == 1


# ---------- conversion ----------
def in_euro(**more: Any) -> Any:
    return fee(type="convert", currency="EUR", fee={"type": "flat", "flat": {"EUR": 1000}}, **more)


def test_a_fee_is_converted_at_the_policys_rate_or_at_that_of_the_day() -> None:
    assert fee_minor(in_euro(rates={"CHF": "0.955"}), 1, "CHF") == 955
    assert fee_minor(in_euro(), 1, "CHF", rates={"EUR/CHF": "0.9455"}) == 946  # 945.5
    assert fee_minor(in_euro(rates={"CHF": "2"}), 1, "CHF", rates={"EUR/CHF": "3"}) == 2000
    assert fee_minor(in_euro(), 1, "EUR") == 1000


@pytest.mark.parametrize(("currency", "rate", "minor"), [("JPY", "163.45", 1635), ("KWD", "0.333", 3330)])
def test_a_rate_is_for_whole_units(currency: str, rate: str, minor: int) -> None:
    """10.00 EUR are 1634.5 yen, which have no decimals, and 3.330 dinar, which have three."""
    assert fee_minor(in_euro(rates={currency: rate}), 1, currency) == minor


def test_a_converted_percentage_is_reckoned_on_the_converted_base() -> None:
    rule = fee(
        type="convert", currency="EUR", rates={"JPY": "200"},
        fee={"type": "percent", "percent": "10", "min": {"EUR": 100}},
    )  # fmt: skip
    assert fee_minor(rule, 4000, "JPY") == 400  # 20.00 EUR, of which 2.00 EUR
    assert fee_minor(rule, 1000, "JPY") == 200  # 0.50 EUR lifted to 1.00 EUR


def test_without_a_rate_or_an_amount_the_fee_is_refused_by_name() -> None:
    with pytest.raises(NoAmountError, match=r"^the fee is in EUR, there is no rate EUR/CHF to have it in CHF"):
        fee_minor(in_euro(), 1, "CHF", rates={"CHF/EUR": "1"})
    with pytest.raises(NoAmountError, match=r"^the fee names EUR, JPY, and nothing in USD") as refused:
        fee_minor(fee(type="flat", flat={"EUR": 1, "JPY": 2}), 1, "USD")
    assert (refused.value.currency, isinstance(refused.value, ChargeRefusedError)) == ("USD", True)
    for rule in (POUNDS, WHOLE, fee(type="flat_plus_percent", flat={"EUR": 1}, percent="1")):
        with pytest.raises(NoAmountError):
            fee_minor(rule, 1, "USD")


@pytest.mark.parametrize("quoted", ["0", "-1"])
def test_a_rate_of_nothing_is_none(quoted: str) -> None:
    with pytest.raises(ValueError, match=f"{quoted} is no rate for EUR/CHF"):
        fee_minor(in_euro(), 1, "CHF", rates={"EUR/CHF": quoted})


def test_amounts_are_converted_half_up() -> None:
    assert convert_minor(10000, "1.5", "EUR", "CHF") == 15000
    assert [convert_minor(minor, "0.5", "EUR", "EUR") for minor in (0, 1, 2, 3)] == [0, 1, 1, 2]
    assert convert_minor(150, "1", "EUR", "JPY") == 2  # 1.50


@pytest.mark.parametrize(("base", "number"), [(-1, 1), (0, 0), (0, -1)])
def test_what_cannot_be_is_refused(base: int, number: int) -> None:
    with pytest.raises(ValueError, match=rf"^a fee needs an amount >= 0 and a number >= 1, got {base} and {number}"):
        fee_minor(fee(type="flat", flat={"EUR": 1}), base, "EUR", number=number)


# ---------- laws ----------
@given(numerator=st.integers(0, 10**9), denominator=st.integers(1, 10**6))
def test_half_up_is_the_nearest_and_a_half_goes_up(numerator: int, denominator: int) -> None:
    amount = Fraction(numerator, denominator)
    assert Fraction(-1, 2) < half_up(amount) - amount <= Fraction(1, 2)


@given(base=MINOR, more=MINOR, percent=PERCENT)
def test_a_larger_base_never_lowers_a_percentage_nor_the_slices(base: int, more: int, percent: str) -> None:
    for rule in (fee(type="percent", percent=percent), SLICES, POUNDS):
        currency = "GBP" if rule is POUNDS else "EUR"
        assert 0 <= fee_minor(rule, base, currency) <= fee_minor(rule, base + more, currency)


@given(base=MINOR, percent=PERCENT, cuts=st.lists(st.integers(1, 10**6), unique=True, max_size=4).map(sorted))
def test_slices_of_one_percentage_are_that_percentage(base: int, percent: str, cuts: list[int]) -> None:
    tiers = {"EUR": [{"from_minor": start, "percent": percent} for start in [0, *cuts]]}
    sliced = fee_minor(fee(type="tiered_cumulative", tiers=tiers), base, "EUR")
    assert sliced == fee_minor(fee(type="percent", percent=percent), base, "EUR")


# ---------- what a policy may say ----------
@pytest.mark.parametrize(("rule", "currency", "known"), [
    ({"type": "flat", "flat": {"EUR": 1}}, "EUR", True),
    ({"type": "flat", "flat": {"EUR": 1}}, "USD", False),
    ({"type": "flat_plus_percent", "flat": {"EUR": 1}, "percent": "1"}, "USD", False),
    ({"type": "percent", "percent": "1"}, "USD", True),
    ({"type": "bands", "bands": {"GBP": [{"fee_minor": 1}]}}, "GBP", True),
    ({"type": "bands", "bands": {"GBP": [{"fee_minor": 1}]}}, "USD", False),
    ({"type": "tiered_single", "tiers": {"GBP": [{}]}}, "GBP", True),
    ({"type": "tiered_single", "tiers": {"GBP": [{}]}}, "USD", False),
    ({"type": "by_currency", "fees": {"EUR": {"type": "percent", "percent": "1"}}}, "EUR", True),
    ({"type": "by_currency", "fees": {"EUR": {"type": "percent", "percent": "1"}}}, "USD", False),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "flat", "flat": {"EUR": 1}}}, "EUR", True),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "flat", "flat": {"EUR": 1}}}, "USD", False),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "flat", "flat": {"EUR": 1}}, "rates": {"USD": 1}}, "USD",
     True),
    ({"type": "sequence", "fees": [{"type": "percent", "percent": "1"}, {"type": "flat", "flat": {"EUR": 1}}]}, "EUR",
     True),
    ({"type": "sequence", "fees": [{"type": "percent", "percent": "1"}, {"type": "flat", "flat": {"EUR": 1}}]}, "USD",
     False),
])  # fmt: skip
def test_a_fee_knows_the_currencies_that_it_can_be_reckoned_for(
    rule: dict[str, Any], currency: str, known: bool
) -> None:
    rule_read = fee(**rule)
    assert names(rule_read, currency) is known
    if known:
        assert fee_minor(rule_read, 100, currency) >= 0
    else:
        with pytest.raises(NoAmountError):
            fee_minor(rule_read, 100, currency, number=2)


@pytest.mark.parametrize(("rule", "why"), [
    ({"type": "flat", "flat": {}}, "at least 1"),
    ({"type": "flat", "flat": {"EUR": -1}}, "greater than or equal to 0"),
    ({"type": "flat", "flat": {"eur": 1}}, "'eur' is no currency in use"),
    ({"type": "flat", "flat": {"EUR": 1}, "percent": "1"}, "Extra inputs"),
    ({"type": "percent", "percent": 1.5}, 'a decimal must be in quotes to stay exact: "1.5"'),
    ({"type": "percent", "percent": "1,5"}, "'1,5' is no decimal"),
    ({"type": "percent", "percent": "-1"}, "'-1' is no decimal"),
    ({"type": "percent", "percent": True}, "valid string"),
    ({"type": "percent", "percent": "100.01"}, "100.01 % is more than 100 %"),
    ({"type": "flat_plus_percent", "flat": {"EUR": 1}, "percent": "101"}, "101 % is more than 100 %"),
    ({"type": "percent", "percent": "1", "min": {"EUR": 6}, "max": {"EUR": 5}}, "min 6 EUR is above max 5 EUR"),
    ({"type": "bands", "bands": {"EUR": []}}, "at least 1"),
    ({"type": "bands", "bands": {"EUR": [{"fee_minor": 1}, {"fee_minor": 2}]}}, "bands of EUR: .* 0 comes after 0"),
    ({"type": "tiered_single", "tiers": {"EUR": [{"from_minor": 9}, {"from_minor": 8}]}}, "tiers of EUR: .* 8 comes"),
    ({"type": "tiered_single", "tiers": {"EUR": [{"percent": "200"}]}}, "tier from 0: 200 % is more"),
    ({"type": "tiered_single", "tiers": {"EUR": [{"min_minor": 2, "max_minor": 1}]}}, "min 2 is above max 1"),
    ({"type": "by_currency", "fees": {"EUR": {"type": "flat", "flat": {"GBP": 1}}}}, "no amount in EUR"),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "flat", "flat": {"GBP": 1}}}, "no amount in EUR"),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "percent", "percent": "1"}, "rates": {"EUR": "2"}}, "rate"),
    ({"type": "convert", "currency": "EUR", "fee": {"type": "percent", "percent": "1"}, "rates": {"CHF": "0"}}, "rate"),
    ({"type": "sequence", "fees": []}, "at least 1"),
    ({"type": "sequence", "fees": [{"type": "sequence", "fees": []}]}, "does not match"),
    ({"type": "sliding"}, "does not match"),
])  # fmt: skip
def test_nonsense_is_refused_when_a_policy_is_loaded(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        fee(**rule)


@pytest.mark.parametrize("rule", [
    {"type": "percent", "percent": "100", "min": {"EUR": 5}, "max": {"EUR": 5}},
    {"type": "percent", "percent": 2},
    {"type": "tiered_single", "tiers": {"EUR": [{"min_minor": 2, "max_minor": 2, "percent": "100"}]}},
])  # fmt: skip
def test_what_is_just_allowed_survives_its_compiled_form(rule: dict[str, Any]) -> None:
    assert fee(**FEE.dump_python(fee(**rule), mode="json")) == fee(**rule)


POLICY = """\
policy: test
version: 1
steps:
  - id: first
    offset_days: 7
    template: reminder
    audience: {{ customer: [ap_contact] }}
    fee: {fee}
"""


@pytest.mark.parametrize(("text", "expected"), [
    ("{ type: flatt }", "p.yaml:8:18  steps[0].fee.type  'flatt' is not a value of type (flat, percent"),
    ("{ flat: { EUR: 500 } }", "p.yaml:8:10  steps[0].fee.type  required, and missing"),
    ("{ type: percent, percent: 1.5 }", "p.yaml:8:36  steps[0].fee.percent  a decimal must be in quotes"),
    ('{ type: percent, percent: "1", mim: { EUR: 5 } }', "p.yaml:8:41  steps[0].fee.mim  unknown key"),
    ('{ type: percent, percent: "1", maxx: { EUR: 5 } }', "unknown key; did you mean 'max'?"),
    ("{ type: flat, flat: { EUR: 5.5 } }", "p.yaml:8:37  steps[0].fee.flat.EUR  expected a whole number, got 5.5"),
])  # fmt: skip
def test_a_mistake_is_said_with_its_place(text: str, expected: str) -> None:
    found = load_policy(POLICY.format(fee=text), "p.yaml")
    assert isinstance(found, list)
    assert expected in str(found[0])


def test_a_policy_with_a_fee_loads() -> None:
    policy = load_policy(POLICY.format(fee="{ type: percent, percent: 2, max: { EUR: 900 } }"))
    assert isinstance(policy, Policy)
    assert policy.steps[0].fee == fee(type="percent", percent="2", max={"EUR": 900})
