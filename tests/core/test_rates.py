"""The shipped rate tables, the statutory profiles over them, and what is refused by name."""

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest

from core.ledger import CustomerKind
from core.policy.charges import OverReference
from core.rates import tables as tables_module
from core.rates.profiles import BANK_OF_ENGLAND, BUNDESBANK, ECB, OENB, PROFILES, TABLES, known_countries
from core.rates.statutory import rates_over, statutory_profile, statutory_rates
from core.rates.tables import Row, Table, half_year, parse, shipped
from core.refusals import ChargeRefusedError, NoRateError, NoRuleError

DAY = timedelta(days=1)
FIRST = date(2019, 1, 1)


def a_table(*rows: tuple[str, str]) -> Table:
    return Table("a-table", "A rate", {date.fromisoformat(day): Row(percent, "test") for day, percent in rows})


def percents(country: str, late_on: date, until: date, kind: str = "business") -> list[str]:
    return [f"{float(rate.percent):g}" for rate in statutory_rates(country, kind, late_on=late_on, until=until)]


# ---------- half-years ----------
@pytest.mark.parametrize(("day", "first_on", "last_on"), [
    (date(2025, 12, 31), date(2025, 7, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), date(2026, 1, 1), date(2026, 6, 30)),
    (date(2026, 6, 30), date(2026, 1, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 7, 1), date(2026, 12, 31)),
    (date(2024, 2, 29), date(2024, 1, 1), date(2024, 6, 30)),
])  # fmt: skip
def test_a_day_lies_in_one_half_year(day: date, first_on: date, last_on: date) -> None:
    assert half_year(day) == (first_on, last_on)


# ---------- the shipped tables ----------
@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_every_half_year_from_2019_with_its_source(name: str) -> None:
    table = shipped()[name]
    assert table.name == name
    day, starts = FIRST, list(table.rows)
    for start in starts:
        assert start == day, f"{name}: no row for {day}"
        day = half_year(day)[1] + DAY
    assert max(starts) >= date(2026, 1, 1)
    assert all(len(row.source) > 20 for row in table.rows.values())


# country, half-year, rate of the table; each changes from the one before it, so that a shifted row is noticed
PUBLISHED = [
    (ECB, "2022-07-01", "0.00"), (ECB, "2023-01-01", "2.50"), (ECB, "2023-07-01", "4.00"), (ECB, "2024-01-01", "4.50"),
    (ECB, "2024-07-01", "4.25"), (ECB, "2025-01-01", "3.15"), (ECB, "2025-07-01", "2.15"), (ECB, "2026-01-01", "2.15"),
    (ECB, "2026-07-01", "2.40"),
    (BANK_OF_ENGLAND, "2019-01-01", "0.75"), (BANK_OF_ENGLAND, "2020-01-01", "0.75"),
    (BANK_OF_ENGLAND, "2020-07-01", "0.10"), (BANK_OF_ENGLAND, "2021-07-01", "0.10"),
    (BANK_OF_ENGLAND, "2022-01-01", "0.25"), (BANK_OF_ENGLAND, "2022-07-01", "1.25"),
    (BANK_OF_ENGLAND, "2023-01-01", "3.50"), (BANK_OF_ENGLAND, "2023-07-01", "5.00"),
    (BANK_OF_ENGLAND, "2024-01-01", "5.25"), (BANK_OF_ENGLAND, "2024-07-01", "5.25"),
    (BANK_OF_ENGLAND, "2025-01-01", "4.75"), (BANK_OF_ENGLAND, "2025-07-01", "4.25"),
    (BANK_OF_ENGLAND, "2026-01-01", "3.75"), (BANK_OF_ENGLAND, "2026-07-01", "3.75"),
    (BUNDESBANK, "2022-07-01", "-0.88"), (BUNDESBANK, "2023-01-01", "1.62"), (BUNDESBANK, "2023-07-01", "3.12"),
    (BUNDESBANK, "2024-01-01", "3.62"), (BUNDESBANK, "2024-07-01", "3.37"), (BUNDESBANK, "2025-01-01", "2.27"),
    (BUNDESBANK, "2025-07-01", "1.27"), (BUNDESBANK, "2026-01-01", "1.27"),
    (OENB, "2022-07-01", "-0.62"), (OENB, "2023-01-01", "1.88"), (OENB, "2023-07-01", "3.38"),
    (OENB, "2024-01-01", "3.88"), (OENB, "2024-07-01", "3.88"), (OENB, "2025-01-01", "2.53"),
    (OENB, "2025-07-01", "1.53"), (OENB, "2026-01-01", "1.53"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "start", "percent"), PUBLISHED)
def test_the_published_figures(name: str, start: str, percent: str) -> None:
    first_on, last_on = half_year(date.fromisoformat(start))
    for day in (first_on, first_on + DAY, last_on):
        assert shipped()[name].row(day, "X").percent == percent


def test_the_german_rate_follows_the_european_one() -> None:
    """BGB 247: the base rate moves by what the main refinancing rate has moved; a slip in either table shows."""
    ecb, base = shipped()[ECB].rows, shipped()[BUNDESBANK].rows
    gaps = {Fraction(ecb[day].percent) - Fraction(row.percent) for day, row in base.items()}
    assert gaps == {Fraction("0.88")}


@pytest.mark.parametrize(("name", "first_missing"), [
    (ECB, date(2027, 1, 1)),
    (BANK_OF_ENGLAND, date(2027, 1, 1)),
    (BUNDESBANK, date(2026, 7, 1)),  # no published figure at hand
    (OENB, date(2026, 7, 1)),
])  # fmt: skip
def test_a_half_year_without_a_row_is_refused_by_name(name: str, first_missing: date) -> None:
    table = shipped()[name]
    assert table.row(first_missing - DAY, "XX").source
    first_on, last_on = half_year(first_missing)
    with pytest.raises(NoRateError, match=f"no rate for XX: {name} has no row for {first_on} to {last_on}") as refused:
        table.row(first_missing, "XX")
    why = refused.value
    assert (why.country, why.table, why.first_on, why.last_on) == ("XX", name, first_on, last_on)
    assert isinstance(why, ChargeRefusedError)


def test_before_the_first_row_is_refused_too() -> None:
    with pytest.raises(NoRateError, match="2018-07-01 to 2018-12-31"):
        shipped()[ECB].row(FIRST - DAY, "EU")


def test_the_tables_are_read_once_and_need_no_yaml() -> None:
    assert shipped() is shipped()
    folder = Path(tables_module.__file__).parent
    assert {path.stem for path in folder.glob("*.json")} == set(TABLES)


def test_a_policy_may_name_each_table() -> None:
    assert set(get_args(OverReference.model_fields["table"].annotation)) == set(TABLES)


# ---------- the loader ----------
def content(*rows: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps({"title": "T", "rows": rows}))  # type: ignore[no-any-return]


ROW = {"from": "2026-01-01", "percent": "2.15", "source": "somebody"}


@pytest.mark.parametrize("percent", ["2.15", "-0.88", "0", "10"])
def test_a_row_is_read_as_it_stands(percent: str) -> None:
    table = parse("t", content({**ROW, "percent": percent}))
    assert (table.name, table.title) == ("t", "T")
    assert table.rows == {date(2026, 1, 1): Row(percent, "somebody")}


@pytest.mark.parametrize(("rows", "why"), [
    ([{**ROW, "from": "2026-01-02"}], "t: 2026-01-02 is not the first day of a half-year"),
    ([ROW, ROW], "t: rows must rise, 2026-01-01 comes after 2026-01-01"),
    ([ROW, {**ROW, "from": "2025-07-01"}], "t: rows must rise, 2025-07-01 comes after 2026-01-01"),
    ([{**ROW, "source": "  "}], "t: the row of 2026-01-01 has no source"),
    ([{**ROW, "percent": 2.15}], "t: 2.15 is no decimal text"),
    ([{**ROW, "percent": "2,15"}], "t: '2,15' is no decimal text"),
    ([{**ROW, "percent": "1.2.3"}], "t: '1.2.3' is no decimal text"),
    ([{**ROW, "percent": ""}], "t: '' is no decimal text"),
])  # fmt: skip
def test_a_bad_row_is_refused(rows: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse("t", content(*rows))


# ---------- the profiles ----------
@pytest.mark.parametrize(("country", "kind", "late_on", "until", "expected"), [
    ("DE", "business", date(2025, 6, 30), date(2026, 1, 1), ["11.27", "10.27", "10.27"]),
    ("DE", "public", date(2025, 6, 30), date(2025, 6, 30), ["11.27"]),
    ("DE", "consumer", date(2025, 6, 30), date(2025, 7, 1), ["7.27", "6.27"]),
    ("AT", "business", date(2025, 6, 30), date(2025, 7, 1), ["11.73", "10.73"]),
    ("AT", "public", date(2022, 12, 31), date(2023, 1, 1), ["8.58", "11.08"]),
    ("FR", "business", date(2025, 12, 31), date(2026, 7, 1), ["12.15", "12.15", "12.4"]),
    ("FR", "public", date(2025, 6, 30), date(2026, 7, 1), ["11.15"]),  # fixed when interest began to run
    ("EU", "business", date(2025, 6, 30), date(2026, 7, 1), ["11.15", "10.15", "10.15", "10.4"]),
    ("EU", "public", date(2026, 6, 30), date(2026, 6, 30), ["10.15"]),
    ("GB", "business", date(2025, 6, 30), date(2026, 7, 1), ["12.75"]),  # fixed when late
    ("GB", "business", date(2025, 7, 1), date(2026, 7, 1), ["12.25"]),
    ("GB", "public", date(2026, 1, 1), date(2030, 1, 1), ["11.75"]),  # needs no row after its own
])  # fmt: skip
def test_what_the_law_grants(country: str, kind: str, late_on: date, until: date, expected: list[str]) -> None:
    assert percents(country, late_on, until, kind) == expected


def test_each_rate_begins_with_its_half_year_and_says_where_it_comes_from() -> None:
    rates = statutory_rates("EU", "business", late_on=date(2026, 6, 30), until=date(2026, 7, 1))
    assert [(rate.from_on, rate.period_days, rate.label) for rate in rates] == [
        (date(2026, 1, 1), None, "ECB main refinancing rate 2.15 % + 8"),
        (date(2026, 7, 1), None, "ECB main refinancing rate 2.40 % + 8"),
    ]


@pytest.mark.parametrize(("country", "kind"), [
    *((country, "consumer") for country in ("AT", "EU", "FR", "GB")), ("NL", "business"), ("DE", "charity"),
])  # fmt: skip
def test_a_law_that_is_not_written_down_is_refused_by_name(country: str, kind: str) -> None:
    with pytest.raises(NoRuleError, match=f"no statutory interest is known for {kind} .* law of {country}") as refused:
        statutory_rates(country, kind, late_on=date(2026, 1, 1), until=date(2026, 1, 1))
    assert (refused.value.country, refused.value.kind, refused.value.what) == (country, kind, "statutory interest")


def test_every_profile_names_a_shipped_table_a_kind_of_customer_and_its_source() -> None:
    assert known_countries() == PROFILES.keys()
    for country, kinds in PROFILES.items():
        assert kinds.keys() <= set(CustomerKind)
        for kind, profile in kinds.items():
            assert statutory_profile(country, kind) is profile
            assert profile.table in shipped()
            assert Fraction(profile.points) > 0
            assert len(profile.source) > 10


def test_a_gap_in_a_table_is_refused_only_where_it_is_needed() -> None:
    table = a_table(("2025-01-01", "1"), ("2026-01-01", "3"))
    assert len(rates_over(table, "5", "XX", late_on=date(2025, 1, 1), until=date(2025, 6, 30))) == 1
    with pytest.raises(NoRateError, match="XX: a-table has no row for 2025-07-01 to 2025-12-31"):
        rates_over(table, "5", "XX", late_on=date(2025, 1, 1), until=date(2025, 7, 1))
    found = rates_over(table, "5", "XX", late_on=date(2026, 1, 1), until=date(2026, 6, 30))
    assert [rate.percent for rate in found] == [8]


@pytest.mark.parametrize(
    ("base", "points", "percent"), [("-0.88", "0.5", "0"), ("-0.88", "0.88", "0"), ("-0.5", "1", "0.5")]
)
def test_a_rate_never_falls_below_zero(base: str, points: str, percent: str) -> None:
    table = a_table(("2021-01-01", base))
    found = rates_over(table, points, "XX", late_on=date(2021, 1, 1), until=date(2021, 1, 1))
    assert [rate.percent for rate in found] == [Fraction(percent)]


def test_other_tables_can_stand_in() -> None:
    table = a_table(("2030-01-01", "1"))
    found = statutory_rates(
        "DE", "business", late_on=date(2030, 1, 1), until=date(2030, 1, 1), tables={BUNDESBANK: table}
    )
    assert [rate.percent for rate in found] == [10]


# ---------- the page ----------
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rates.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_shows_every_row() -> None:
    (_, *names), _, *rows = rows_under("The rows")
    shown = {
        (name, date.fromisoformat(row[0])): cell for row in rows for name, cell in zip(names, row[1:], strict=True)
    }
    kept = {(name, day): row.percent for name, table in shipped().items() for day, row in table.rows.items()}
    assert {key: cell for key, cell in shown.items() if cell != "none"} == kept


def test_the_page_shows_every_profile() -> None:
    _, _, *rows = rows_under("Which law, which rate")
    shown = {(row[0], kind): (*row[2:4], "fixed" in row[4]) for row in rows for kind in row[1].split(", ")}
    assert shown == {
        (country, kind): (profile.table, profile.points, profile.fixed_when_late)
        for country, kinds in PROFILES.items()
        for kind, profile in kinds.items()
    }
