"""Fees: from a rule of the policy and the open amount to minor units. Exact fractions, rounded half up once."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import TypeVar

from core.minor_units import decimals
from core.policy.fee import (
    Bands,
    ByCurrency,
    Convert,
    Fee,
    Flat,
    FlatPlusPercent,
    Percent,
    Sequence,
    Tier,
    Tiered,
)
from core.refusals import NoAmountError

_HALF = Fraction(1, 2)
_V = TypeVar("_V")


def fee_minor(
    fee: Fee, base_minor: int, currency: str, *, number: int = 1, rates: Mapping[str, str] | None = None
) -> int:
    """The fee for one open amount.

    Args: `base_minor` open principal in minor units of `currency`; `number` counts the notices so far, from 1, and
    matters to a sequence; `rates` of the day by pair, `{"EUR/CHF": "0.95"}`: francs for one euro, where the policy
    names none itself.
    Returns: minor units of `currency`, never negative.
    Raises: ValueError for a negative base or a number below 1; NoAmountError when the rule says nothing about this
    currency or a rate is missing.
    Source: semantics of reminder fees as in Microsoft Business Central's additional fee setup (fixed, single and
    accumulated dynamic), restated.
    """
    if base_minor < 0 or number < 1:
        raise ValueError(f"a fee needs an amount >= 0 and a number >= 1, got {base_minor} and {number}")
    if isinstance(fee, Sequence):
        if number > len(fee.fees) and fee.then == "nothing":
            return 0
        fee = fee.fees[min(number, len(fee.fees)) - 1]
    if isinstance(fee, ByCurrency):
        fee = _of(fee.fees, currency)
    if isinstance(fee, Convert):
        return _converted(fee, base_minor, currency, rates or {})
    return _single(fee, base_minor, currency)


def convert_minor(minor: int | Fraction, rate: str | Fraction, of: str, to: str) -> int:
    """An amount in another currency, half up.

    Args: `minor` units of `of`; `rate`: units of `to` for one unit of `of` (whole units, as banks quote them).
    """
    return half_up(Fraction(minor) * Fraction(rate) * Fraction(10) ** (decimals(to) - decimals(of)))


def half_up(amount: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    return floor(amount + _HALF)


def _single(fee: Flat | Percent | FlatPlusPercent | Bands | Tiered, base: int, currency: str) -> int:
    if isinstance(fee, Flat):
        return _of(fee.flat, currency)
    if isinstance(fee, Bands):
        reached = [band for band in _of(fee.bands, currency) if band.from_minor <= base]
        return reached[-1].fee_minor if reached else 0
    if isinstance(fee, Tiered):
        reached_tiers = [tier for tier in _of(fee.tiers, currency) if tier.from_minor <= base]
        if not reached_tiers:
            return 0  # below the first tier not even the minimum
        minor = _tiered(reached_tiers, base, whole=fee.type == "tiered_single")
    else:
        flat = _of(fee.flat, currency) if isinstance(fee, FlatPlusPercent) else 0
        minor = flat + Fraction(base) * Fraction(fee.percent) / 100
    return half_up(_within(minor, fee.min.get(currency), fee.max.get(currency)))


def _tiered(reached: list[Tier], base: int, *, whole: bool) -> Fraction:
    if whole:
        return _tier(reached[-1], base)
    ends = [*(tier.from_minor for tier in reached[1:]), base]
    return sum((_tier(tier, end - tier.from_minor) for tier, end in zip(reached, ends, strict=True)), start=Fraction(0))


def _tier(tier: Tier, base: int) -> Fraction:
    return _within(tier.flat_minor + Fraction(base) * Fraction(tier.percent) / 100, tier.min_minor, tier.max_minor)


def _within(amount: Fraction, low: int | None, high: int | None) -> Fraction:
    if high is not None and amount > high:
        return Fraction(high)
    return Fraction(low) if low is not None and amount < low else amount


def _of(by_currency: Mapping[str, _V], currency: str) -> _V:
    if currency not in by_currency:
        raise NoAmountError(f"the fee names {', '.join(by_currency)}, and nothing", currency)
    return by_currency[currency]


def _converted(fee: Convert, base: int, currency: str, rates: Mapping[str, str]) -> int:
    if currency == fee.currency:
        return _single(fee.fee, base, currency)
    rate = _rate(fee, currency, rates)
    own = _single(fee.fee, convert_minor(base, 1 / rate, currency, fee.currency), fee.currency)
    return convert_minor(own, rate, fee.currency, currency)


def _rate(fee: Convert, currency: str, rates: Mapping[str, str]) -> Fraction:
    """Units of the invoice's currency for one of the fee's own."""
    quoted = fee.rates.get(currency) or rates.get(f"{fee.currency}/{currency}")
    if quoted is None:
        raise NoAmountError(
            f"the fee is in {fee.currency}, there is no rate {fee.currency}/{currency} to have it", currency
        )
    if Fraction(quoted) <= 0:
        raise ValueError(f"{quoted} is no rate for {fee.currency}/{currency}")
    return Fraction(quoted)
