"""Quantities times prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from local.pricing.prices import PriceList
from local.pricing.quantities import Quantities

SES: Final = "ses"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing, and what it comes to."""

    what: str  # the name of its price
    quantity: float
    usd: float

    @property
    def service(self) -> str:
        return self.what.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything that was priced, the dearest first."""

    lines: tuple[Line, ...]

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def ses_usd(self) -> float:
        """What SES takes for the mails themselves, recipients and attachments."""
        return sum(line.usd for line in self.lines if line.service == SES)

    @property
    def against_ses(self) -> float | None:
        """How many times the bare price of SES; None where nothing was sent."""
        return self.usd / self.ses_usd if self.ses_usd else None


def bill_of(quantities: Quantities, prices: PriceList, *, times: float = 1) -> Bill:
    """The bill of so many times these quantities. Raises: AttributeError for one that has no price."""
    lines = (
        Line(what, quantity * times, quantity * times * prices.prices.of(what).each)
        for what, quantity in quantities.items()
        if quantity
    )
    return Bill(tuple(sorted(lines, key=lambda line: (-line.usd, line.what))))


def per(quantities: Mapping[str, float], number: float) -> Quantities:
    """An equal part of them."""
    return {what: quantity / number for what, quantity in quantities.items()} if number else {}


def slope(more: Mapping[str, float], less: Mapping[str, float], steps: float) -> Quantities:
    """What one step more brings along."""
    return {what: (more.get(what, 0) - less.get(what, 0)) / steps for what in {**more, **less}}
