"""Late interest to the last minor unit: golden sums, every convention at its edge, and the laws of simple interest."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compensation import compensation_minor
from core.fees import half_up
from core.interest import Charge, Interest, Rate, interest, open_on
from core.late_interest import late_interest
from core.policy.charges import AgreedRate, InterestTerms, OverReference
from core.rates.profiles import BUNDESBANK, ECB
from core.rates.tables import Row, Table
from core.refusals import NoRateError, NoRuleError

DAY = timedelta(days=1)
DUE = date(2025, 1, 31)


def terms(**changes: Any) -> InterestTerms:
    """8 % a year, as a contract may say."""
    values: dict[str, Any] = {"rates": [{"annual_percent": "8"}], **changes}
    if {"statutory", "over"} & changes.keys():
        del values["rates"]
    return InterestTerms.model_validate(values)


def rated(*rates: tuple[str | None, str]) -> dict[str, Any]:
    return {"rates": [{"from_on": day, "annual_percent": percent} for day, percent in rates]}


def owed(principal_minor: int = 36500, due_on: date = DUE, days: int = 30, **more: Any) -> Interest:
    """Interest on 365.00: at 8 % a year 0.08 a day."""
    wanted = more.pop("terms", terms())
    more = {"to_on": due_on + timedelta(days=days), "currency": "EUR", **more}
    return late_interest(wanted, principal_minor=principal_minor, due_on=due_on, **more)


# ---------- golden sums ----------
def test_united_kingdom_five_thousand_pounds_46_days() -> None:
    found = owed(500000, date(2026, 5, 15), currency="GBP", to_on=date(2026, 6, 30), terms=terms(statutory="GB"))
    assert (found.minor, found.days) == (7404, 46)
    assert [segment.rate.percent for segment in found.segments] == [Fraction("11.75")]
    assert compensation_minor("GB", 500000, "GBP", "business", charged_before=False) == 7000


EURO = {"principal_minor": 1000000, "due_on": date(2026, 5, 31), "to_on": date(2026, 7, 15)}
REPORTED = Table(ECB, "ECB", {date(2026, 1, 1): Row("2.15", "test"), date(2026, 7, 1): Row("2.40", "as reported")})


def test_euro_minimum_ten_thousand_over_a_change_of_rate() -> None:
    for tables in ({ECB: REPORTED}, None):  # the row as reported, and the shipped one
        found = owed(**EURO, terms=terms(statutory="EU"), tables=tables)
        assert (found.minor, found.days) == (12616, 45)
        stretches = [
            (segment.first_on, segment.last_on, segment.days, segment.rate.percent, segment.minor)
            for segment in found.segments
        ]
        assert stretches == [
            (date(2026, 6, 1), date(2026, 6, 30), 30, Fraction("10.15"), 8342),
            (date(2026, 7, 1), date(2026, 7, 15), 15, Fraction("10.4"), 4274),
        ]
    assert compensation_minor("EU", 1000000, "EUR", "business", charged_before=False) == 4000


def test_a_period_without_a_row_is_refused_by_name_never_guessed() -> None:
    short = Table(ECB, "ECB", {date(2026, 1, 1): Row("2.15", "test")})
    with pytest.raises(NoRateError, match=f"no rate for EU: {ECB} has no row for 2026-07-01 to 2026-12-31"):
        owed(**EURO, terms=terms(statutory="EU"), tables={ECB: short})
    with pytest.raises(NoRateError, match=f"no rate for DE: {BUNDESBANK} has no row for 2026-07-01 to 2026-12-31"):
        owed(**EURO, terms=terms(statutory="DE"))  # the shipped table ends before
    assert owed(**{**EURO, "to_on": date(2026, 6, 30)}, terms=terms(statutory="DE")).charged


def test_the_british_rate_stays_and_the_european_one_changes() -> None:
    late_on, to_on = date(2025, 6, 30), date(2026, 3, 31)
    british = owed(100000, late_on - DAY, to_on=to_on, currency="GBP", terms=terms(statutory="GB"))
    assert [segment.rate.percent for segment in british.segments] == [Fraction("12.75")]
    european = owed(100000, late_on - DAY, to_on=to_on, terms=terms(statutory="EU"))
    assert [(segment.first_on, segment.rate.percent) for segment in european.segments] == [
        (late_on, Fraction("11.15")),
        (date(2025, 7, 1), Fraction("10.15")),  # 2.15 in both half-years: one stretch
    ]
    german = owed(100000, date(2024, 12, 30), to_on=date(2025, 7, 1), terms=terms(statutory="DE"))
    assert [(segment.first_on, segment.days) for segment in german.segments] == [
        (date(2024, 12, 31), 1), (date(2025, 1, 1), 181), (date(2025, 7, 1), 1),
    ]  # fmt: skip


def test_the_names_of_the_outcomes_stay() -> None:
    """They are stored with verdicts and stand in the reference."""
    assert [str(charge) for charge in Charge] == ["charged", "not_late", "in_grace", "below_minimum", "zero"]


# ---------- days ----------
@pytest.mark.parametrize(("days", "minor", "charge"), [
    (-1, 0, Charge.NOT_LATE),
    (0, 0, Charge.NOT_LATE),  # paid on the due date
    (1, 8, Charge.CHARGED),
    (30, 240, Charge.CHARGED),
    (365, 2920, Charge.CHARGED),
    (366, 2928, Charge.CHARGED),
])  # fmt: skip
def test_every_day_after_the_due_date_up_to_and_including_the_last(days: int, minor: int, charge: Charge) -> None:
    found = owed(days=days)
    assert (found.minor, found.days, found.charge, found.charged) == (minor, max(days, 0), charge, minor > 0)
    if found.charged:
        (segment,) = found.segments
        assert (segment.first_on, segment.last_on) == (DUE + DAY, DUE + timedelta(days=days))
        assert (segment.principal_minor, segment.exact) == (36500, minor)


@pytest.mark.parametrize(("day_count", "due_on", "to_on", "days", "minor"), [
    ("act/365", date(2024, 2, 28), date(2024, 3, 1), 2, 2 * 800),
    ("act/360", date(2024, 2, 28), date(2024, 3, 1), 2, 1622),  # 2 * 811.1
    ("act/act", date(2023, 12, 30), date(2024, 1, 2), 3, 2396),  # 800 + 2 * 797.81
    ("act/act", date(2022, 12, 31), date(2023, 12, 31), 365, 292000),
    ("act/act", date(2023, 12, 31), date(2024, 12, 31), 366, 292000),
    ("act/act", date(2023, 6, 30), date(2025, 6, 30), 731, 584000),  # two years, one of 366 days
    ("30/360", date(2025, 1, 31), date(2025, 2, 28), 28, 22711),
    ("30/360", date(2025, 1, 30), date(2025, 1, 31), 0, 0),  # the 31st is no day
    ("30/360", date(2025, 2, 28), date(2025, 3, 1), 3, 2433),
    ("30/360", date(2024, 12, 31), date(2025, 12, 31), 360, 292000),
    ("30/360", date(2023, 5, 15), date(2025, 6, 16), 751, 609144),
])  # fmt: skip
def test_day_counts(day_count: str, due_on: date, to_on: date, days: int, minor: int) -> None:
    """On 36,500.00, which bears 8.00 a day at 8 % of 365 days."""
    found = owed(3650000, due_on, to_on=to_on, terms=terms(day_count=day_count))
    assert (found.days, found.minor) == (days, minor)


@pytest.mark.parametrize(("days", "minor"), [(1, 67), (30, 2000), (181, 12067)])
def test_a_rate_for_a_period_needs_no_year(days: int, minor: int) -> None:
    rate = {"rates": [{"percent_per_period": "2", "period_days": 30}]}
    for day_count in ("act/365", "30/360"):
        found = owed(100000, date(2023, 1, 29), days, terms=terms(**rate, day_count=day_count))
        assert (found.minor, found.days) == (minor, days)


# ---------- a change of rate ----------
CHANGE = rated((None, "10"), ("2025-02-10", "20"))


@pytest.mark.parametrize(("to_on", "new", "old"), [
    ("2025-02-09", [9], [9]),
    ("2025-02-10", [9, 1], [10]),  # the day of the change
    ("2025-02-11", [9, 2], [10, 1]),
])  # fmt: skip
def test_which_rate_the_day_of_a_change_bears(to_on: str, new: list[int], old: list[int]) -> None:
    for convention, days in (("new_rate", new), ("old_rate", old)):
        found = owed(to_on=date.fromisoformat(to_on), terms=terms(**CHANGE, rate_change_day=convention))
        assert [segment.days for segment in found.segments] == days
        assert found.minor == 10 * days[0] + 20 * sum(days[1:])


def test_a_change_on_the_due_date_or_before_is_no_cut() -> None:
    for day in ("2025-01-30", "2025-01-31"):
        found = owed(days=2, terms=terms(**rated((None, "10"), (day, "20"))))
        assert [(segment.days, segment.minor) for segment in found.segments] == [(2, 40)]


def test_a_change_on_the_first_day_of_delay() -> None:
    late = rated((None, "10"), ("2025-02-01", "20"))
    assert [segment.minor for segment in owed(days=2, terms=terms(**late)).segments] == [40]
    old = owed(days=2, terms=terms(**late, rate_change_day="old_rate"))
    assert [segment.minor for segment in old.segments] == [10, 20]


def test_where_the_day_of_change_bears_the_old_rate_the_law_is_asked_a_day_earlier() -> None:
    """Late on 1 January: that day bears the rate of the second half of the year before."""
    old = owed(100000, date(2024, 12, 31), 2, terms=terms(statutory="DE", rate_change_day="old_rate"))
    assert [(segment.days, segment.rate.percent) for segment in old.segments] == [
        (1, Fraction("12.37")), (1, Fraction("11.27")),
    ]  # fmt: skip
    new = owed(100000, date(2024, 12, 31), 2, terms=terms(statutory="DE"))
    assert [(segment.days, segment.rate.percent) for segment in new.segments] == [(2, Fraction("11.27"))]
    fixed = owed(100000, date(2024, 12, 31), 2, terms=terms(statutory="GB", rate_change_day="old_rate"))
    assert [segment.rate.percent for segment in fixed.segments] == [Fraction("12.75")]


def test_the_first_rate_begins_on_its_own_day_under_either_convention() -> None:
    for convention in ("new_rate", "old_rate"):
        found = owed(days=3, terms=terms(**rated(("2025-02-01", "10")), rate_change_day=convention))
        assert (found.minor, found.days) == (30, 3)


def test_a_day_before_the_first_agreed_rate_is_refused() -> None:
    with pytest.raises(
        NoRateError, match="no rate for the contract: its list of rates has no row for 2025-02-01 to 2025-02-01"
    ):
        owed(days=3, terms=terms(**rated(("2025-02-02", "10"))))


def test_an_equal_rate_is_one_stretch_whatever_rows_it_comes_from() -> None:
    same = rated((None, "7"), ("2025-02-03", "7"), ("2025-02-05", "9"))
    found = owed(3650, days=6, terms=terms(**same, rounding="half_up_per_segment"))
    assert [(segment.days, segment.minor) for segment in found.segments] == [(4, 3), (2, 2)]  # 2.8 and 1.8


# ---------- rounding ----------
def test_a_half_goes_up_and_less_does_not() -> None:
    assert owed(3650, days=5, terms=terms(**rated((None, "5")))).minor == 3  # 2.5
    assert owed(3649, days=5, terms=terms(**rated((None, "5")))).minor == 2  # 2.4993


@pytest.mark.parametrize(("principal_minor", "days", "percent", "once", "daily"), [
    (500000, 101, "12.25", 16949, 16968),  # 167.81 a day becomes 168
    (500000, 1, "12.25", 168, 168),
    (9125, 4, "1", 1, 0),  # 0.25 a day, rounded down each day
    (18250, 3, "1", 2, 3),  # 0.5 a day, rounded up each day
])  # fmt: skip
def test_rounding_each_day_first_adds_or_takes(
    principal_minor: int, days: int, percent: str, once: int, daily: int
) -> None:
    agreed = rated((None, percent))
    assert owed(principal_minor, days=days, terms=terms(**agreed)).minor == once
    assert owed(principal_minor, days=days, terms=terms(**agreed, rounding="daily_half_up")).minor == daily


def test_rounding_each_stretch_differs_from_rounding_once() -> None:
    rates = rated((None, "5"), ("2025-02-02", "15"), ("2025-02-03", "25"))  # 0.5, 1.5, 2.5
    each = owed(3650, days=3, terms=terms(**rates, rounding="half_up_per_segment"))
    assert ([segment.minor for segment in each.segments], each.minor) == ([1, 2, 3], 6)
    once = owed(3650, days=3, terms=terms(**rates))
    assert ([segment.minor for segment in once.segments], once.minor) == ([1, 1, 3], 5)  # 4.5; sums 0.5, 2.0, 4.5
    assert [segment.exact for segment in once.segments] == [Fraction(1, 2), Fraction(3, 2), Fraction(5, 2)]


# ---------- grace and minimum ----------
@pytest.mark.parametrize(("days", "charge", "minor"), [
    (4, Charge.IN_GRACE, 0),
    (5, Charge.IN_GRACE, 0),
    (6, Charge.CHARGED, 48),  # later than the grace: from the due date
])  # fmt: skip
def test_grace(days: int, charge: Charge, minor: int) -> None:
    found = owed(days=days, terms=terms(grace_days=5))
    assert (found.charge, found.minor, found.days) == (charge, minor, days)
    assert bool(found.segments) is found.charged


def test_a_debt_paid_within_the_grace_is_never_charged() -> None:
    paid = {"payments": [(DUE + timedelta(days=5), 36500)], "terms": terms(grace_days=5)}
    assert owed(days=300, **paid).charge is Charge.IN_GRACE
    assert owed(days=300, **{**paid, "payments": [(DUE + timedelta(days=6), 36500)]}).minor == 48


@pytest.mark.parametrize(
    ("minimum", "charge"), [(239, Charge.CHARGED), (240, Charge.CHARGED), (241, Charge.BELOW_MINIMUM)]
)
def test_the_minimum_itself_is_enough(minimum: int, charge: Charge) -> None:
    found = owed(terms=terms(min_interest={"EUR": minimum}))
    assert (found.charge, found.minor) == (charge, 240 if found.charged else 0)
    assert (found.days, found.exact) == (30, 240)
    assert owed(currency="USD", terms=terms(min_interest={"EUR": minimum})).minor == 240


@pytest.mark.parametrize(("principal_minor", "percent"), [(36500, "0"), (1, "8"), (0, "8")])
def test_nothing_is_no_charge(principal_minor: int, percent: str) -> None:
    found = owed(principal_minor, days=1, terms=terms(**rated((None, percent))))
    assert (found.charge, found.minor) == (Charge.ZERO if principal_minor else Charge.NOT_LATE, 0)
    assert found.days == (1 if principal_minor else 0)


# ---------- payments ----------
def on_day(*paid: tuple[int, int]) -> list[tuple[date, int]]:
    return [(DUE + timedelta(days=days), minor) for days, minor in paid]


@pytest.mark.parametrize(("payments", "stretches", "minor"), [
    ([(10, 18250)], [(10, 36500), (20, 18250)], 160),  # the day of payment still bears the whole
    ([(0, 18250)], [(30, 18250)], 120),  # on the due date
    ([(-1, 18250)], [(30, 18250)], 120),
    ([(-5, 18250)], [(30, 18250)], 120),
    ([(29, 18250)], [(29, 36500), (1, 18250)], 236),
    ([(30, 18250)], [(30, 36500)], 240),  # the last day
    ([(31, 18250)], [(30, 36500)], 240),
    ([(10, 36500)], [(10, 36500)], 80),
    ([(10, 99999)], [(10, 36500)], 80),  # more than was owed
    ([(10, 18250), (20, 18250)], [(10, 36500), (10, 18250)], 120),
    ([(10, 9125), (10, 9125)], [(10, 36500), (20, 18250)], 160),
    ([(10, 36500), (20, -36500)], [(10, 36500), (10, 36500)], 160),  # taken back: bears interest from the next day
    ([(10, 0)], [(30, 36500)], 240),
])  # fmt: skip
def test_a_payment_lowers_the_principal_from_the_next_day(
    payments: list[tuple[int, int]], stretches: list[tuple[int, int]], minor: int
) -> None:
    found = owed(payments=on_day(*payments))
    assert [(segment.days, segment.principal_minor) for segment in found.segments] == stretches
    assert (found.minor, found.days) == (minor, sum(days for days, _ in stretches))


def test_open_on_a_day() -> None:
    payments = on_day((0, 100), (3, 50))
    assert [open_on(DUE + timedelta(days=days), 120, payments) for days in (0, 1, 3, 4)] == [120, 20, 20, 0]


def test_no_rate_is_asked_for_after_the_debt_was_paid() -> None:
    paid = {**EURO, "terms": terms(statutory="DE"), "to_on": date(2027, 5, 1)}
    found = owed(**paid, payments=[(date(2026, 6, 30), 1000000)])
    assert (found.days, found.charged) == (30, True)
    with pytest.raises(NoRateError, match="2026-07-01"):
        owed(**paid, payments=[(date(2026, 7, 1), 1000000)])
    with pytest.raises(NoRateError, match="2026-07-01"):
        owed(**paid, payments=[(date(2026, 6, 30), 999999)])
    assert owed(**paid, payments=[(date(2026, 5, 31), 1000000)]).charge is Charge.NOT_LATE
    assert owed(**{**paid, "due_on": date(2030, 1, 1), "to_on": date(2030, 1, 1)}).charge is Charge.NOT_LATE


def test_a_negative_principal_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^interest needs a principal >= 0, got -1"):
        owed(-1)


# ---------- whose law, which contract ----------
def test_terms_may_follow_the_law_of_our_own_country() -> None:
    own = terms(statutory="entity")
    german = owed(terms=own, entity_country="DE")
    assert german == owed(terms=terms(statutory="DE"))
    assert german != owed(terms=own, entity_country="FR")
    with pytest.raises(
        NoRuleError, match=r"^no statutory interest is known for business customers under the law of no country"
    ):
        owed(terms=own)
    with pytest.raises(NoRuleError, match="business customers under the law of NL"):
        owed(terms=own, entity_country="NL")


def test_the_kind_of_customer_decides_by_law_and_not_by_contract() -> None:
    german = terms(statutory="DE")
    assert (
        owed(terms=german, kind="consumer").minor < owed(terms=german).minor == owed(terms=german, kind="public").minor
    )
    with pytest.raises(NoRuleError, match="consumer customers under the law of FR"):
        owed(terms=terms(statutory="FR"), kind="consumer")
    assert owed(kind="consumer").minor == 240


def test_points_over_a_published_rate_by_contract() -> None:
    over = {"table": BUNDESBANK, "points": "5"}
    moving = owed(100000, date(2025, 6, 30), 2, terms=terms(over=over))
    assert [segment.rate.percent for segment in moving.segments] == [Fraction("6.27")]
    crossing = owed(100000, date(2025, 6, 29), 2, terms=terms(over=over))
    assert [segment.rate.percent for segment in crossing.segments] == [Fraction("7.27"), Fraction("6.27")]
    fixed = owed(100000, date(2025, 6, 29), 2, terms=terms(over={**over, "fixed_when_late": True}))
    assert [segment.rate.percent for segment in fixed.segments] == [Fraction("7.27")]
    old = owed(100000, date(2025, 6, 30), 2, terms=terms(over=over, rate_change_day="old_rate"))
    assert [segment.rate.percent for segment in old.segments] == [Fraction("7.27"), Fraction("6.27")]
    with pytest.raises(NoRateError, match="no rate for the contract: bundesbank-base-rate"):
        owed(100000, date(2026, 6, 29), 2, terms=terms(over=over))


def test_a_stretch_says_where_its_rate_comes_from() -> None:
    def labels(**changes: Any) -> list[str]:
        return [segment.rate.label for segment in owed(terms=terms(**changes)).segments]

    assert labels() == ["8 % a year"]
    assert labels(rates=[{"percent_per_period": "1.5", "period_days": 30}]) == ["1.5 % for 30 days"]
    assert labels(statutory="GB") == ["Bank of England rate 4.75 % + 8"]


# ---------- laws ----------
DAYS = st.integers(1, 800)
MINOR = st.integers(0, 10**11)
RATES = st.lists(
    st.tuples(st.integers(0, 800), st.decimals(0, 40, places=2, allow_nan=False).map(Fraction)),
    max_size=5, unique_by=lambda rate: rate[0],
)  # fmt: skip
PAYMENTS = st.lists(st.tuples(st.integers(-10, 800), st.integers(0, 10**10)), max_size=5)


def rates_of(later: list[tuple[int, Fraction]]) -> list[Rate]:
    return [Rate(Fraction(9)), *(Rate(percent, DUE + timedelta(days=days)) for days, percent in sorted(later))]


def simple(
    principal: int, start: int, end: int, later: list[tuple[int, Fraction]], paid: list[tuple[int, int]], **how: Any
) -> Interest:
    return interest(
        principal, DUE + timedelta(days=start), DUE + timedelta(days=end), rates_of(later),
        terms=terms(**how), currency="EUR", payments=on_day(*paid),
    )  # fmt: skip


@pytest.mark.parametrize("day_count", ["act/365", "act/360", "act/act", "30/360"])
@given(principal=MINOR, days=DAYS, cut=st.integers(0, 800), later=RATES, paid=PAYMENTS)
def test_splitting_a_period_at_any_day_changes_nothing(
    day_count: str, principal: int, days: int, cut: int, later: list[tuple[int, Fraction]], paid: list[tuple[int, int]]
) -> None:
    cut = min(cut, days)
    whole = simple(principal, 0, days, later, paid, day_count=day_count)
    parts = [simple(principal, start, end, later, paid, day_count=day_count) for start, end in ((0, cut), (cut, days))]
    assert sum(part.exact for part in parts) == whole.exact
    assert sum(part.days for part in parts) == whole.days


@given(principal=MINOR, days=DAYS, more=DAYS, later=RATES, paid=PAYMENTS)
def test_it_is_never_negative_and_never_falls_with_time_or_principal(
    principal: int, days: int, more: int, later: list[tuple[int, Fraction]], paid: list[tuple[int, int]]
) -> None:
    now = simple(principal, 0, days, later, paid)
    assert 0 <= now.minor <= simple(principal, 0, days + more, later, paid).minor
    assert now.minor <= simple(principal + more, 0, days, later, paid).minor
    assert now.minor == half_up(now.exact)


@pytest.mark.parametrize("rounding", ["half_up", "half_up_per_segment", "daily_half_up"])
@given(principal=MINOR, days=DAYS, later=RATES, paid=PAYMENTS, data=st.data())
def test_the_order_and_the_pieces_of_payments_change_nothing(
    rounding: str,
    principal: int,
    days: int,
    later: list[tuple[int, Fraction]],
    paid: list[tuple[int, int]],
    data: st.DataObject,
) -> None:
    found = simple(principal, 0, days, later, paid, rounding=rounding)
    pieces = [(day, part) for day, minor in paid for part in (minor // 3, minor - minor // 3)]
    assert simple(principal, 0, days, later, data.draw(st.permutations(pieces)), rounding=rounding) == found


@pytest.mark.parametrize("rounding", ["half_up", "half_up_per_segment", "daily_half_up"])
@given(principal=MINOR, days=DAYS, later=RATES, paid=PAYMENTS)
def test_what_is_shown_adds_up_to_what_is_charged(
    rounding: str, principal: int, days: int, later: list[tuple[int, Fraction]], paid: list[tuple[int, int]]
) -> None:
    found = simple(principal, 0, days, later, paid, rounding=rounding)
    assert sum(segment.minor for segment in found.segments) == found.minor
    assert all(segment.minor >= 0 and segment.principal_minor > 0 for segment in found.segments)
    if found.charged:
        assert sum(segment.exact for segment in found.segments) == found.exact
        assert sum(segment.days for segment in found.segments) == found.days
    for before, after in zip(found.segments, found.segments[1:], strict=False):
        assert before.last_on < after.first_on
        if before.last_on + DAY == after.first_on:  # a cut is there for a reason
            assert (before.principal_minor, before.rate.percent) != (after.principal_minor, after.rate.percent)


@given(principal=MINOR, days=DAYS, later=RATES, paid=PAYMENTS)
def test_day_by_day_it_is_the_sum_of_its_days(
    principal: int, days: int, later: list[tuple[int, Fraction]], paid: list[tuple[int, int]]
) -> None:
    """The plain reading, a loop over days, as the reference."""
    rates, exact = rates_of(later), Fraction(0)
    for n in range(1, days + 1):
        day = DUE + timedelta(days=n)
        rate = [rate for rate in rates if rate.from_on is None or rate.from_on <= day][-1]
        principal_then = max(0, principal - sum(minor for paid_on, minor in paid if paid_on < n))
        exact += principal_then * rate.percent / 100 / 365
    assert simple(principal, 0, days, later, paid).exact == exact


# ---------- what a policy may say ----------
@pytest.mark.parametrize(("value", "why"), [
    ({}, "takes one of statutory, rates, over; got none"),
    ({"statutory": "DE", "rates": [{"annual_percent": "1"}]}, "got statutory, rates"),
    ({"statutory": "DE", "over": {"table": ECB, "points": "1"}}, "got statutory, over"),
    ({"statutory": "XX"}, "no statutory interest is known for 'XX'; known: AT, DE, EU, FR, GB"),
    ({"over": {"table": "libor", "points": "1"}}, "ecb-main-refinancing"),
    ({"over": {"table": ECB, "points": "101"}}, "points: 101 % is more than 100 %"),
    ({"rates": [{}]}, "either annual_percent or percent_per_period"),
    ({"rates": [{"annual_percent": "1", "percent_per_period": "1", "period_days": 1}]}, "either annual_percent or"),
    ({"rates": [{"percent_per_period": "1"}]}, "percent_per_period and period_days go together"),
    ({"rates": [{"annual_percent": "1", "period_days": 1}]}, "percent_per_period and period_days go together"),
    ({"rates": [{"percent_per_period": "1", "period_days": 0}]}, "greater than or equal to 1"),
    ({"rates": [{"annual_percent": "101"}]}, "rate: 101 % is more than 100 %"),
    ({"rates": [{"percent_per_period": "101", "period_days": 1}]}, "rate: 101 % is more than 100 %"),
    ({"rates": [{"annual_percent": 1.5}]}, "in quotes"),
    ({"rates": [{"annual_percent": "1"}, {"annual_percent": "2"}]}, "only the first may do without from_on"),
    (rated(("2025-01-01", "1"), ("2025-01-01", "2")), "from_on must rise, 2025-01-01 comes after 2025-01-01"),
    ({"statutory": "DE", "grace_days": -1}, "greater than or equal to 0"),
    ({"statutory": "DE", "min_interest": {"EUR": -1}}, "greater than or equal to 0"),
    ({"statutory": "DE", "rounding": "down"}, "half_up"),
    ({"statutory": "DE", "day_count": "act/364"}, "act/365"),
])  # fmt: skip
def test_nonsense_is_refused_when_a_policy_is_loaded(value: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        InterestTerms.model_validate(value)


def test_what_is_just_allowed_survives_its_compiled_form() -> None:
    for value in (
        {"statutory": "entity"},
        {"over": OverReference(table=ECB, points="100", fixed_when_late=True)},
        {"rates": (AgreedRate(annual_percent="100"), AgreedRate(from_on=DUE, percent_per_period="1", period_days=1))},
    ):
        found = InterestTerms.model_validate(value)
        assert InterestTerms.model_validate(found.model_dump(mode="json")) == found
