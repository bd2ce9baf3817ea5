"""The law's fixed sum: by size of the debt, once an invoice, never from consumers."""

import pytest

from core.compensation import SUMS, compensation_minor
from core.policy.charges import Compensation
from core.rates.profiles import known_countries
from core.refusals import NoAmountError, NoRuleError


@pytest.mark.parametrize(("principal_minor", "expected"), [
    (1, 4000),
    (99999, 4000),  # 999.99
    (100000, 7000),  # 1,000.00
    (999999, 7000),  # 9,999.99
    (1000000, 10000),  # 10,000.00
    (10**9, 10000),
])  # fmt: skip
def test_pounds_by_the_size_of_the_debt(principal_minor: int, expected: int) -> None:
    for kind in ("business", "public"):
        assert compensation_minor("GB", principal_minor, "GBP", kind, charged_before=False) == expected


@pytest.mark.parametrize("country", ["AT", "DE", "EU", "FR"])
def test_forty_euros_whatever_the_debt(country: str) -> None:
    for principal_minor in (1, 10**9):
        for kind in ("business", "public"):
            assert compensation_minor(country, principal_minor, "EUR", kind, charged_before=False) == 4000


@pytest.mark.parametrize("country", sorted(SUMS))
def test_never_twice_never_from_a_consumer_never_for_nothing(country: str) -> None:
    currency = "GBP" if country == "GB" else "EUR"
    assert compensation_minor(country, 5000, currency, "business", charged_before=True) == 0
    assert compensation_minor(country, 5000, currency, "consumer", charged_before=False) == 0
    assert compensation_minor(country, 0, currency, "business", charged_before=False) == 0
    assert compensation_minor(country, -1, currency, "business", charged_before=False) == 0


def test_an_unknown_law_and_another_currency_are_refused_by_name() -> None:
    with pytest.raises(NoRuleError, match="no fixed compensation is known for business customers under the law of US"):
        compensation_minor("US", 1, "USD", "business", charged_before=False)
    with pytest.raises(NoAmountError, match=r"the fixed compensation of DE \(BGB 288\(5\)\) has no amount in USD"):
        compensation_minor("DE", 1, "USD", "business", charged_before=False)


def test_a_policy_names_a_law_that_has_one() -> None:
    assert SUMS.keys() == known_countries()
    assert all(found.source for found in SUMS.values())
    assert Compensation().statutory == "entity"
    assert Compensation(statutory="GB").statutory == "GB"
    with pytest.raises(ValueError, match="no fixed compensation is known for 'NL'"):
        Compensation(statutory="NL")
