"""What a company lets be applied without a person: how sure one must be, and how much may be missing."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from core.frozen import Frozen, Limit, field


class Discount(Frozen):
    """A discount for paying early (skonto), offered on every invoice of the entity."""

    percent: Annotated[Decimal, Limit(gt=0, le=10)]
    days: Annotated[int, Limit(ge=1, le=90)]  # after the issue date
    grace_days: Annotated[int, Limit(ge=0, le=10)] = 0  # a bank takes its time

    def of(self, minor: int) -> int:
        """What may be kept back of an amount, half up."""
        return int((minor * self.percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


class CashRules(Frozen):
    """Amounts are minor units by currency; a currency that is not named has none."""

    auto_score: Annotated[int, Limit(ge=80, le=101)] = 93  # applied without a person from here on; 101: never
    margin: Annotated[int, Limit(ge=1, le=20)] = 5  # by which the best suggestion must lead the next
    discounts: tuple[Discount, ...] = ()
    bank_fee: dict[str, int] = field(default_factory=dict)  # the most that counts as a fee of banks on the way
    small_difference: dict[str, int] = field(default_factory=dict)  # the most that is given up without a reason
    same_payment_days: Annotated[int, Limit(ge=0, le=30)] = 7  # a payment of the ledger so near is the bank's own
