"""The statutory rates of one debt: by law, kind of customer and the day from which it is late."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from core.interest import Rate
from core.rates.profiles import PROFILES, Profile
from core.rates.tables import Row, Table, half_year, shipped
from core.refusals import NoRuleError


def statutory_profile(country: str, kind: str) -> Profile:
    """A country's rule for a kind of customer (business, public, consumer). Raises NoRuleError where there is none."""
    profile = PROFILES.get(country, {}).get(kind)
    if profile is None:
        raise NoRuleError(country, kind, "statutory interest")
    return profile


def statutory_rates(
    country: str, kind: str, *, late_on: date, until: date, tables: Mapping[str, Table] | None = None
) -> tuple[Rate, ...]:
    """The rates that one debt bears by law.

    Args: `late_on` its first day of delay, the day after the due date; `until` the last day asked for; `tables` in
    place of the shipped ones.
    Returns: one rate where the law fixes it for the whole delay, else one a half-year.
    Raises: NoRuleError, NoRateError; both name what is missing.
    Source: the profile's own.
    """
    profile = statutory_profile(country, kind)
    return rates_over(
        (tables or shipped())[profile.table],
        profile.points,
        country,
        late_on=late_on,
        until=late_on if profile.fixed_when_late else until,
    )


def rates_over(table: Table, points: str, country: str, *, late_on: date, until: date) -> tuple[Rate, ...]:
    """Points over a published rate, one rate for each half-year from `late_on` to `until`; never below zero.

    Raises: NoRateError, which names `country`, for a half-year without a row.
    """
    rates = list[Rate]()
    day = late_on
    while not rates or day <= until:
        first_on, last_on = half_year(day)
        rates.append(_rate(table.row(day, country), table, points, first_on))
        day = last_on + timedelta(days=1)
    return tuple(rates)


def _rate(row: Row, table: Table, points: str, first_on: date) -> Rate:
    percent = max(Fraction(0), Fraction(row.percent) + Fraction(points))
    return Rate(percent, from_on=first_on, label=f"{table.title} {row.percent} % + {points}")
