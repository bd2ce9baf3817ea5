"""The fixed sum that the law grants for late payment: once an invoice, ever; never from consumers."""

from typing import Final

from core.fees import fee_minor
from core.policy.fee import Band, Bands
from core.refusals import NoAmountError, NoRuleError
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class _Sum:
    bands: Bands
    source: str


def _forty_euros(source: str) -> _Sum:
    return _Sum(Bands(type="bands", bands={"EUR": (Band(fee_minor=40_00),)}), source)


_POUNDS: Final = (
    Band(fee_minor=40_00),
    Band(from_minor=1_000_00, fee_minor=70_00),
    Band(from_minor=10_000_00, fee_minor=100_00),
)

SUMS: Final[dict[str, _Sum]] = {
    "AT": _forty_euros("UGB 458"),
    "DE": _forty_euros("BGB 288(5)"),
    "EU": _forty_euros("Directive 2011/7/EU art. 6(1)"),
    "FR": _forty_euros("Code de commerce D441-5; towards public buyers Code de la commande publique D2192-35"),
    "GB": _Sum(
        Bands(type="bands", bands={"GBP": _POUNDS}),
        "Late Payment of Commercial Debts (Interest) Act 1998 s. 5A; SI 2002/1674, SI 2013/395",
    ),
}


def compensation_minor(country: str, principal_minor: int, currency: str, kind: str, *, charged_before: bool) -> int:
    """The fixed sum for one late invoice.

    Args: `country` whose law; `principal_minor` the debt when it became late, in minor units of `currency`; `kind` of
    the customer (business, public, consumer); `charged_before` on this invoice, whenever that was.
    Returns: minor units of `currency`; 0 for a consumer, for a debt of nothing and the second time.
    Raises: NoRuleError for a country without a row; NoAmountError where its sum is in another currency.
    """
    if kind == "consumer" or charged_before or principal_minor <= 0:
        return 0
    found = SUMS.get(country)
    if found is None:
        raise NoRuleError(country, kind, "fixed compensation")
    if currency not in found.bands.bands:
        raise NoAmountError(f"the fixed compensation of {country} ({found.source}) has no amount", currency)
    return fee_minor(found.bands, principal_minor, currency)
