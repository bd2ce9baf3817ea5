"""A real part payment of the last days: the item does not rise meanwhile."""

from datetime import date, timedelta
from typing import Final

from core.balance import Netted
from core.decide.night import Night
from core.ledger import CreditKind, PartPayment
from core.limits import limit_in
from core.on_account import covering
from core.policy.schema import Policy

_REAL_SHARE: Final = 10  # percent of what was open: smaller payments restate the amount and hold nothing
_MOST_HOLDS: Final = 2  # per item and cycle


def quiet_after_payment(row: Netted, policy: Policy, night: Night) -> date | None:
    """The first day on which the item may rise again after a real part payment; None when it may now.

    At least 10 % of what could be asked for then (or minimum.account), at most twice per item and cycle. Source: the
    decision semantics, part payments.
    """
    item = row.item
    if not item.part_payments and not row.credit:
        return None
    asked, holds_so_far = item.open_minor - row.withheld + sum(payment.minor for payment in item.part_payments), 0
    real = limit_in(policy.minimum.account, item.currency, night.setting.entity)
    for payment in sorted((*item.part_payments, *_on_account(row, night)), key=lambda p: (p.recorded_on, p.id)):
        if payment.minor * 100 >= asked * _REAL_SHARE or 0 < real <= payment.minor:
            holds_so_far += 1
            until = payment.recorded_on + timedelta(days=policy.hold_after_payment_days)
            if night.as_of < until and holds_so_far <= _MOST_HOLDS:
                return until
        asked -= payment.minor
    return None


def _on_account(row: Netted, night: Night) -> list[PartPayment]:
    """What money on account pays of the item: nobody has said yet that it is meant for it.

    A credit note is taken off as well, but pays nothing.
    """
    if not row.credit:
        return []
    lies_on = covering(night.facts.credits, night.policy, row.item.currency, row.credit)
    return [
        PartPayment(id=one.id, recorded_on=one.recorded_on, minor=minor)
        for one, minor in lies_on
        if one.kind is CreditKind.PAYMENT
    ]
