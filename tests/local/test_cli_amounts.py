"""Amounts in stored text."""

import pytest

from local.cli.amounts import money, readable


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("open EUR 429590 (minor units)", "open €4,295.90"),
        ("JPY 3000 (minor units) of KWD 1500 (minor units)", "¥3,000 of KWD 1.500"),  # no decimals, and three
        ("unapplied, minor units: EUR 187600, USD 5", "unapplied, €1,876.00, $0.05"),
        ("INV 12 (minor)", "INV 12 (minor)"),
    ],
)
def test_amounts_are_written_for_people(stored: str, shown: str) -> None:
    assert readable(stored) == shown


def test_money_keeps_every_minor_unit() -> None:
    assert money(100_000_001, "EUR") == "€1,000,000.01"
