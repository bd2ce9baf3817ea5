"""What a policy may charge: fees, interest, fixed compensation."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Final, Literal

from core.frozen import Frozen, Limit, field, rule
from core.policy.fee import Amounts, DecimalText, Fee, at_most_100
from core.rates.profiles import known_countries

__all__ = ["ENTITY", "AgreedRate", "Compensation", "Fee", "InterestTerms", "OverReference"]

ENTITY: Final = "entity"  # in place of a country: the law of our own company's country


class AgreedRate(Frozen):
    """A rate from a day on: percent a year, or percent for each `period_days` days."""

    from_on: date | None = None  # None: from the beginning; only the first rate
    annual_percent: DecimalText | None = None
    percent_per_period: DecimalText | None = None
    period_days: Annotated[int, Limit(ge=1)] | None = None

    @rule
    def _one_way(self) -> None:
        if (self.annual_percent is None) == (self.percent_per_period is None):
            raise ValueError("a rate has either annual_percent or percent_per_period")
        if (self.percent_per_period is None) != (self.period_days is None):
            raise ValueError("percent_per_period and period_days go together")
        at_most_100("rate", self.annual_percent or self.percent_per_period or "0")


class OverReference(Frozen):
    """Agreed as points over a published rate, changing with each half-year unless fixed when the debt became late."""

    table: Literal["bank-of-england-bank-rate", "bundesbank-base-rate", "ecb-main-refinancing", "oenb-base-rate"]
    points: DecimalText
    fixed_when_late: bool = False

    @rule
    def _part(self) -> None:
        at_most_100("points", self.points)


class InterestTerms(Frozen):
    """Simple interest on an overdue item; exactly one of `statutory`, `rates` and `over`."""

    statutory: str | None = None  # AT, DE, FR, GB, EU (the European minimum), or `entity`: our own country's law
    rates: tuple[AgreedRate, ...] = ()  # as agreed in the contract
    over: OverReference | None = None
    day_count: Literal["act/365", "act/360", "act/act", "30/360"] = "act/365"  # of annual rates
    rounding: Literal["half_up", "half_up_per_segment", "daily_half_up"] = "half_up"
    rate_change_day: Literal["new_rate", "old_rate"] = "new_rate"  # which rate the day of a change bears
    grace_days: Annotated[int, Limit(ge=0)] = 0  # charged only when later than this, then from the due date
    min_interest: Amounts = field(default_factory=dict)  # below it nothing is charged; equal is enough

    @rule
    def _one_source(self) -> None:
        given = [
            name for name, value in (("statutory", self.statutory), ("rates", self.rates), ("over", self.over)) if value
        ]
        if len(given) != 1:
            raise ValueError(f"interest takes one of statutory, rates, over; got {', '.join(given) or 'none'}")
        if self.statutory and self.statutory != ENTITY and self.statutory not in known_countries():
            raise ValueError(
                f"no statutory interest is known for {self.statutory!r}; known: {', '.join(sorted(known_countries()))}"
            )

    @rule
    def _dated(self) -> None:
        for before, after in pairwise(self.rates):
            if after.from_on is None:
                raise ValueError("rates: only the first may do without from_on")
            if before.from_on is not None and after.from_on <= before.from_on:
                raise ValueError(f"rates: from_on must rise, {after.from_on} comes after {before.from_on}")


class Compensation(Frozen):
    """The fixed sum that the law grants for late payment: once an invoice, ever; never from consumers."""

    statutory: str = ENTITY  # whose law, as in InterestTerms

    @rule
    def _known(self) -> None:
        if self.statutory != ENTITY and self.statutory not in known_countries():
            raise ValueError(f"no fixed compensation is known for {self.statutory!r}")
