"""Limits per currency, and what holds for a currency that has none of its own. Exact: fractions, never floats."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from core.ledger import Entity, Item
from core.minor_units import decimals


def limit_in(limits: Mapping[str, int], currency: str, entity: Entity) -> int:
    """The limit for a currency in its minor units; 0 where there is none.

    A currency that is not named has the entity's own limit at the month's pinned rate. Source: the decision
    semantics, "Limits and tone".
    """
    own = limits.get(currency)
    if own is not None:
        return own
    rate = entity.rates.get(currency)
    base = limits.get(entity.currency or "")
    if base is None or rate is None or entity.currency is None:
        return 0
    return _at_rate(base, rate, decimals(currency) - decimals(entity.currency))


@lru_cache(maxsize=512)  # the few limits of a policy, at the rates of the month
def _at_rate(base: int, rate: str, places: int) -> int:
    exact = Fraction(base) / Fraction(rate) * _shift(places)
    return -(-exact.numerator // exact.denominator)


@lru_cache(maxsize=512)  # rates of a month, and some that ledgers name
def _factor(rate: str, places: int) -> Fraction:
    return Fraction(rate) * _shift(places)


def in_entity_currency(
    minor: int, currency: str, entity: Entity, item: Item | None = None, pinned: str | None = None
) -> int | None:
    """An amount in the entity's minor units, half up; None without a rate.

    The rate that the ledger names for the item comes first, then the `pinned` one, then the month's.
    """
    if entity.currency is None:
        return None
    if currency == entity.currency:
        return minor
    rate = (item.rate if item is not None else None) or pinned or entity.rates.get(currency)
    if rate is None:
        return None
    times = _factor(rate, decimals(entity.currency) - decimals(currency))
    return (2 * minor * times.numerator + times.denominator) // (2 * times.denominator)


def _shift(places: int) -> Fraction:
    """From minor units of one currency to those of another."""
    return Fraction(10**places) if places >= 0 else Fraction(1, 10**-places)
