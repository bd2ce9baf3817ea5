"""Late interest of an open item by the terms of its policy: which rates, then how much."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction

from core.interest import Interest, Rate, interest, open_on
from core.policy.charges import ENTITY, AgreedRate, InterestTerms
from core.rates.statutory import rates_over, statutory_profile, statutory_rates
from core.rates.tables import Table, shipped
from core.refusals import NoRuleError


def late_interest(
    terms: InterestTerms,
    *,
    principal_minor: int,
    currency: str,
    due_on: date,
    to_on: date,
    kind: str = "business",
    entity_country: str | None = None,
    payments: Iterable[tuple[date, int]] = (),
    tables: Mapping[str, Table] | None = None,
) -> Interest:
    """Interest on one item up to and including `to_on`.

    Args: as for `interest`; `kind` of the customer (business, public, consumer); `entity_country` of our own company,
    for terms that follow its law; `tables` in place of the shipped ones.
    Raises: ChargeRefusedError, by name: no rule for this customer, or no rate for a period in which something is open.
    """
    paid = list(payments)
    until = _last_open(principal_minor, due_on, to_on, paid)
    rates = _rates(terms, due_on, until, kind, entity_country, tables or shipped()) if until > due_on else ()
    return interest(principal_minor, due_on, to_on, rates, terms=terms, currency=currency, payments=paid)


def _last_open(principal_minor: int, due_on: date, to_on: date, payments: list[tuple[date, int]]) -> date:
    """The last day with anything open, so that no rate is asked for after it; the due date where there is none."""
    days = sorted({to_on, *(paid_on for paid_on, _ in payments if paid_on < to_on)}, reverse=True)
    return next((day for day in days if open_on(day, principal_minor, payments)), due_on)


def _rates(
    terms: InterestTerms,
    due_on: date,
    until: date,
    kind: str,
    entity_country: str | None,
    tables: Mapping[str, Table],
) -> tuple[Rate, ...]:
    if terms.rates:
        return tuple(_agreed(rate) for rate in terms.rates)
    late_on = due_on + timedelta(days=1)
    # where the day of change bears the old rate, a debt late on that day needs the half-year before it
    since = due_on if terms.rate_change_day == "old_rate" else late_on
    if terms.over is not None:
        since, until = (late_on, late_on) if terms.over.fixed_when_late else (since, until)
        table = tables[terms.over.table]
        return rates_over(table, terms.over.points, "the contract", late_on=since, until=until)
    country = entity_country if terms.statutory == ENTITY else terms.statutory
    if country is None:
        raise NoRuleError("no country", kind, "statutory interest")
    fixed = statutory_profile(country, kind).fixed_when_late
    return statutory_rates(country, kind, late_on=late_on if fixed else since, until=until, tables=tables)


def _agreed(rate: AgreedRate) -> Rate:
    if rate.annual_percent is not None:
        return Rate(Fraction(rate.annual_percent), rate.from_on, label=f"{rate.annual_percent} % a year")
    label = f"{rate.percent_per_period} % for {rate.period_days} days"
    return Rate(Fraction(rate.percent_per_period or 0), rate.from_on, rate.period_days, label)
