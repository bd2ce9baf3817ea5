"""The fees of a policy. Amounts are minor units by currency, percentages and rates are decimal text."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from core.formats.currencies import current
from core.frozen import Checked, Frozen, Limit, TaggedBy, field, rule

_PATTERN: Final = r"^\d{1,6}(\.\d{1,8})?$"


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(  # noqa: TRY004 -- shown as a mistake of this field
            f'a decimal must be in quotes to stay exact: "{value}"'
        )
    if isinstance(value, str) and not re.fullmatch(_PATTERN, value):
        raise ValueError(f'{value!r} is no decimal such as "1.5"')
    return str(value) if type(value) is int else value


def _in_use(code: str) -> str:
    if code not in current():
        raise ValueError(f"{code!r} is no currency in use (ISO 4217, such as EUR)")
    return code


_TEXT: Final = Limit(pattern=_PATTERN)
DecimalText = Annotated[str, Checked(before=_exact, accepts=Annotated[str, _TEXT] | int, limits=_TEXT)]
Currency = Annotated[str, Checked(after=_in_use, shown={"pattern": "^[A-Z]{3}$"})]
Minor = Annotated[int, Limit(ge=0)]  # minor units
Amounts = dict[Currency, Minor]


def _limits(where: str, low: Mapping[str, int], high: Mapping[str, int]) -> None:
    for currency in low.keys() & high.keys():
        if low[currency] > high[currency]:
            raise ValueError(f"{where}: min {low[currency]} {currency} is above max {high[currency]} {currency}")


def at_most_100(where: str, percent: str) -> None:
    """Raises ValueError for more than a hundred percent: a slip of the decimal point."""
    if Fraction(percent) > 100:
        raise ValueError(f"{where}: {percent} % is more than 100 %")


def _rising(what: str, starts: Iterable[int]) -> None:
    for before, after in pairwise(starts):
        if after <= before:
            raise ValueError(f"{what}: from_minor must rise, {after} comes after {before}")


class _Bounded(Frozen):
    """A reckoned fee, never below `min` nor above `max` of its currency."""

    min: Amounts = field(default_factory=dict)
    max: Amounts = field(default_factory=dict)

    @rule
    def _bounds(self) -> None:
        _limits("fee", self.min, self.max)


class Flat(Frozen):
    """The same amount whatever is open."""

    type: Literal["flat"]
    flat: Annotated[Amounts, Limit(min_length=1)]


class Percent(_Bounded):
    """A part of the base, rounded half up."""

    type: Literal["percent"]
    percent: DecimalText

    @rule
    def _part(self) -> None:
        at_most_100("fee", self.percent)


class FlatPlusPercent(_Bounded):
    """An amount and a part of the base."""

    type: Literal["flat_plus_percent"]
    flat: Annotated[Amounts, Limit(min_length=1)]
    percent: DecimalText

    @rule
    def _part(self) -> None:
        at_most_100("fee", self.percent)


class Band(Frozen):
    """From this base on, up to the next band: this fee. The edge belongs to the higher band."""

    from_minor: Minor = 0
    fee_minor: Minor


class Bands(Frozen):
    """An amount by size of the base; below the first band nothing."""

    type: Literal["bands"]
    bands: Annotated[dict[Currency, Annotated[tuple[Band, ...], Limit(min_length=1)]], Limit(min_length=1)]

    @rule
    def _climb(self) -> None:
        for currency, bands in self.bands.items():
            _rising(f"bands of {currency}", (band.from_minor for band in bands))


class Tier(Frozen):
    """From this base on, up to the next tier: an amount and a part, within its own least and most."""

    from_minor: Minor = 0
    flat_minor: Minor = 0
    percent: DecimalText = "0"
    min_minor: Minor | None = None
    max_minor: Minor | None = None

    @rule
    def _sound(self) -> None:
        at_most_100(f"tier from {self.from_minor}", self.percent)
        if self.min_minor is not None and self.max_minor is not None and self.min_minor > self.max_minor:
            raise ValueError(f"tier from {self.from_minor}: min {self.min_minor} is above max {self.max_minor}")


class Tiered(_Bounded):
    """By size: `tiered_single` takes the tier in which the base falls, on all of it; `tiered_cumulative` each slice."""

    type: Literal["tiered_single", "tiered_cumulative"]
    tiers: Annotated[dict[Currency, Annotated[tuple[Tier, ...], Limit(min_length=1)]], Limit(min_length=1)]

    @rule
    def _climb(self) -> None:
        for currency, tiers in self.tiers.items():
            _rising(f"tiers of {currency}", (tier.from_minor for tier in tiers))


Single = Annotated[Flat | Percent | FlatPlusPercent | Bands | Tiered, TaggedBy("type")]


class ByCurrency(Frozen):
    """Another rule for each currency."""

    type: Literal["by_currency"]
    fees: Annotated[dict[Currency, Single], Limit(min_length=1)]

    @rule
    def _named(self) -> None:
        for currency, fee in self.fees.items():
            if not names(fee, currency):
                raise ValueError(f"by_currency: the fee under {currency} has no amount in {currency}")


class Convert(Frozen):
    """Reckoned in one currency and converted into that of the invoice.

    `rates`: units of the invoice's currency for one unit of `currency`.
    A rate that is not here must be given by who asks.
    """

    type: Literal["convert"]
    currency: Currency
    fee: Single
    rates: dict[Currency, DecimalText] = field(default_factory=dict)

    @rule
    def _reckonable(self) -> None:
        if not names(self.fee, self.currency):
            raise ValueError(f"convert: the fee has no amount in {self.currency}")
        for currency, rate in self.rates.items():
            if currency == self.currency or Fraction(rate) == 0:
                raise ValueError(f"convert: {rate} is no rate from {self.currency} to {currency}")


class Sequence(Frozen):
    """The first fee, the second, and so on; after the last one the last again, or `then: nothing`."""

    type: Literal["sequence"]
    fees: Annotated[
        tuple[
            Annotated[Flat | Percent | FlatPlusPercent | Bands | Tiered | ByCurrency | Convert, TaggedBy("type")],
            ...,
        ],
        Limit(min_length=1),
    ]
    then: Literal["last", "nothing"] = "last"


Fee = Annotated[Flat | Percent | FlatPlusPercent | Bands | Tiered | ByCurrency | Convert | Sequence, TaggedBy("type")]


def names(fee: Fee, currency: str) -> bool:
    """True when the fee can be reckoned for an invoice in this currency without a rate from outside."""
    match fee:
        case Flat() | FlatPlusPercent():
            return currency in fee.flat
        case Bands():
            return currency in fee.bands
        case Tiered():
            return currency in fee.tiers
        case ByCurrency():
            return currency in fee.fees
        case Convert():
            return currency == fee.currency or currency in fee.rates
        case Sequence():
            return all(names(one, currency) for one in fee.fees)
    return True
