"""What a good engineer writes in a day: one loop over the invoices, a few rules, one message an account.

It knows neither promises nor part payments nor tasks nor tone by materiality, says no reasons, raises every due item at
once, and has to look at every account every night. It is here for scale: what the rest costs beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from core.decide.model import Facts
from core.policy.schema import Policy

Ladder = tuple[tuple[int, int, str], ...]  # days past due, level, template
STEPS: Final[Ladder] = ((7, 1, "reminder"), (14, 2, "warning"), (60, 3, "delinquent"), (91, 4, "daily-reminder"))


@dataclass
class Invoice:
    number: str
    due_on: date
    currency: str
    open_minor: int
    level: int = 0
    disputed: bool = False


@dataclass
class Account:
    customer: str
    email: str | None
    on_hold: bool
    credit: dict[str, int] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)


@dataclass
class Message:
    customer: str
    email: str
    template: str
    numbers: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


def ladder(policy: Policy) -> Ladder:
    """What such a program would take over of a policy: the reminders after the due date."""
    return tuple((s.offset_days, s.level, s.template or "") for s in policy.messages if s.level)


def inputs(facts: Iterable[Facts]) -> list[Account]:
    """The same ledger, as such a program would keep it."""
    return [
        Account(
            customer=account.customer.id,
            email=account.contacts[0].email if account.contacts else account.customer.email,
            on_hold=bool(account.holds),
            credit={credit.currency: credit.open_minor for credit in account.credits},
            invoices=[
                Invoice(i.number, i.due_on, i.currency, i.open_minor, account.state.item(i.id).level, i.disputed_all)
                for i in sorted(account.items, key=lambda item: item.due_on)
            ],
        )
        for account in facts
    ]


def remind(account: Account, today: date, steps: Ladder = STEPS) -> Message | None:
    """The message of one account tonight; None when there is nothing to say."""
    if account.on_hold or not account.email:
        return None
    message, credit, highest, step_due = Message(account.customer, account.email, ""), dict(account.credit), 0, False
    for invoice in account.invoices:
        days = (today - invoice.due_on).days
        left = _less_credit(invoice, credit)
        if days < 1 or invoice.disputed or not left:
            continue
        message.numbers.append(invoice.number)
        message.totals[invoice.currency] = message.totals.get(invoice.currency, 0) + left
        level, template = _reached(days, steps)
        step_due = step_due or level > invoice.level
        if level > highest:
            highest, message.template = level, template
    return message if step_due else None


def _less_credit(invoice: Invoice, credit: dict[str, int]) -> int:
    used = min(invoice.open_minor, credit.get(invoice.currency, 0))
    if used:
        credit[invoice.currency] -= used
    return invoice.open_minor - used


def _reached(days: int, steps: Ladder) -> tuple[int, str]:
    """The latest step; the one of every day is not due twice here, since a level is reached once."""
    for offset, level, template in reversed(steps):
        if days >= offset:
            return level, template
    return 0, ""
