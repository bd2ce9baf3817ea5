"""One account's coming nights: decide on each night it is looked at, and let every message arrive on its day.

Nothing is written and nothing is sent. What a person would have to do (approve, call, answer) is left undone, unless
the rehearsal is told to approve.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Final

from core.calendar import local_date
from core.decide.account import decide, next_check_on
from core.decide.model import Charge, Decision, Facts, Setting
from core.ledger import Approval, ClosedItem, Item, PartPayment
from core.policy.step_facts import step_facts
from core.posting import item_of
from core.rehearsal.payments import Payment
from core.state import AccountState
from core.values import dataclass

ONE_DAY: Final = timedelta(days=1)
_REMEMBERED: Final = 10  # paid items in an account's memory
OURS: Final = "rehearsal"  # who approves and pays in it


@dataclass(frozen=True, slots=True)
class Night:
    """A night on which the account was looked at: its facts, their state the memory before, and what came of it."""

    facts: Facts
    decision: Decision


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for granted besides that nothing changes."""

    payments: Mapping[date, tuple[Payment, ...]] = field(default_factory=dict)  # by day
    approve: bool = False  # every proposal is granted on its day


NOTHING: Final = Assumed()


def nights(
    facts: Facts, setting: Setting, first: date, last: date, *, check_on: date | None = None, assumed: Assumed = NOTHING
) -> Iterator[Night]:
    """Every night from `first` to `last` on which the account is looked at.

    Args: `check_on` the date on which it is due to be looked at; None: at once. A payment is known in the night after
    its day.
    """
    known, paid = facts, sorted(day + ONE_DAY for day in assumed.payments)
    before, look = first, max(first, check_on or first)
    while look <= last:
        known = _settled(known, assumed, before, look)
        decision = decide(known, setting, look)
        yield Night(known, decision)
        known = after(known, decision, setting, approve=assumed.approve)
        again = decision.next_check_on if known.state == decision.state else next_check_on(known, setting, look)
        news = [day for day in paid if day > look][:1]
        news += [look + ONE_DAY] if known.approvals != facts.approvals and decision.proposals else []
        before, look = look, min([day for day in (again, *news) if day is not None], default=date.max)


def night_of(facts: Facts, setting: Setting, played: Sequence[Night], on: date) -> Night:
    """The night of a date after those that were `played`, whether or not the account is looked at in it.

    Skipping it changes nothing, so what it decides is what was decided last.
    """
    if played and played[-1].decision.as_of == on:
        return played[-1]
    known = after(played[-1].facts, played[-1].decision, setting) if played else facts
    return Night(known, decide(known, setting, on))


def after(facts: Facts, decision: Decision, setting: Setting, *, approve: bool = False) -> Facts:
    """The facts once the night's messages have all arrived on their day and its charges are posted."""
    invoices = {item.id: item for item in facts.items}
    posted = [
        item_of(charge, invoices.get(charge.item), facts.customer.id, decision.as_of) for charge in _charges(decision)
    ]
    granted: tuple[Approval, ...] = ()
    if approve:
        granted = tuple(
            Approval(proposal=one.id, granted=True, decided_on=decision.as_of, by=OURS) for one in decision.proposals
        )
    return replace(
        facts,
        state=arrived(decision, setting),
        items=(*facts.items, *posted),
        approvals=(*facts.approvals, *granted),
        in_doubt=frozenset(),
    )


def arrived(decision: Decision, setting: Setting) -> AccountState:
    """The memory once the provider took and delivered what the decision planned."""
    state, facts = decision.state, step_facts(setting.policy, setting.policies)
    for plan in decision.notices:
        on = local_date(plan.not_before, setting.entity.zone)
        state = state.accept(plan.group, plan.steps, facts, on).deliver(plan.steps, on)
    for cancel in decision.cancels:
        state = state.end(cancel.group)
    return state


def _charges(decision: Decision) -> list[Charge]:
    with_messages = [charge for plan in decision.notices for charge in plan.charges if charge.new]
    return [*decision.charges, *with_messages]


def _settled(facts: Facts, assumed: Assumed, since: date, look: date) -> Facts:
    """The facts after the payments of the days from `since` to the one before `look`.

    Charges are paid with the last of their invoice; a paid invoice joins the customer's record.
    """
    days = sorted(day for day in assumed.payments if since <= day < look)
    paid = [(day, payment) for day in days for payment in assumed.payments[day]]
    if not paid:
        return facts
    items, record = {item.id: item for item in facts.items}, list[ClosedItem]()
    for day, payment in paid:
        item = items.get(payment.item)
        if item is None:
            continue
        left = item.open_minor - payment.minor
        if left > 0:
            items[item.id] = _part_paid(item, payment.minor, day)
            continue
        items = {other.id: other for other in items.values() if item.id not in (other.id, other.of)}
        record.append(ClosedItem(issued_on=item.issued_on, due_on=item.due_on, paid_on=day))
    memory = replace(facts.state, paid=(*facts.state.paid, *record)[-_REMEMBERED:])
    return replace(facts, items=tuple(items.values()), state=memory)


def _part_paid(item: Item, minor: int, day: date) -> Item:
    part = PartPayment(id=f"{OURS}-{day}", recorded_on=day, minor=minor)
    changed = {"open_minor": item.open_minor - minor, "part_payments": (*item.part_payments, part)}
    return item.model_copy(update=changed)
