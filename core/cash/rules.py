"""What a company lets be applied without a person: how sure one must be, and how much may be missing."""

from decimal import ROUND_HALF_UP, Decimal

from pydantic import Field

from core.frozen import Frozen


class Discount(Frozen):
    """A discount for paying early (skonto), offered on every invoice of the entity."""

    percent: Decimal = Field(gt=0, le=10)
    days: int = Field(ge=1, le=90)  # after the issue date
    grace_days: int = Field(default=0, ge=0, le=10)  # a bank takes its time

    def of(self, minor: int) -> int:
        """What may be kept back of an amount, half up."""
        return int((minor * self.percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


class CashRules(Frozen):
    """Amounts are minor units by currency; a currency that is not named has none."""

    auto_score: int = Field(default=93, ge=80, le=101)  # applied without a person from here on; 101: never
    margin: int = Field(default=5, ge=1, le=20)  # by which the best suggestion must lead the next
    discounts: tuple[Discount, ...] = ()
    bank_fee: dict[str, int] = Field(default_factory=dict)  # the most that counts as a fee of banks on the way
    small_difference: dict[str, int] = Field(default_factory=dict)  # the most that is given up without a reason
    same_payment_days: int = Field(default=7, ge=0, le=30)  # a payment of the ledger so near is the bank's own
