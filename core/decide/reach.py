"""The first date on which an item has reached a step: never a date that must be met, always one that may be past."""

from calendar import monthrange
from datetime import date, timedelta

from core.balance import Netted
from core.calendar import business_day_on_or_after, business_day_on_or_before
from core.decide.night import Night
from core.policy.schema import Anchor, Effect, Event, Policy, Step


def reach_on(step: Step, row: Netted, night: Night) -> date | None:
    """The first date on which the item has reached the step; None while its anchor is not known.

    A message before or on the due date moves to the business day before, a later one counts from the rolled due date,
    each only where the policy asks for business days. Source: the decision semantics, "Steps, tracks, catch-up".
    """
    policy = night.policy if row.item.policy is None else night.policy_of(row.item)
    due = step.anchor is Anchor.DUE
    anchor = _from_due(step, row, night, policy) if due else _anchor(step, row, night)
    if anchor is None:
        return None
    day = anchor + step.offset
    return _moved(day, step, night, policy) if step.day_moves else day


def _moved(day: date, step: Step, night: Night, policy: Policy) -> date:
    if step.end_of_month:
        day = day.replace(day=monthrange(day.year, day.month)[1])
    if step.op == ">":
        day += timedelta(days=1)
    if step.early and step.effect is Effect.MESSAGE and policy.send_days == "business_days":
        return business_day_on_or_before(day, night.holidays)
    return day


def _anchor(step: Step, row: Netted, night: Night) -> date | None:
    match step.anchor:
        case Anchor.ISSUE:
            return row.item.issued_on
        case Anchor.PREVIOUS_NOTICE:
            return night.state(row).last_on
        case Anchor.PREVIOUS_NOTICE_DEADLINE:
            state = night.state(row)
            return state.pay_by or state.last_on
        case Anchor.OLDEST_UNPAID_DUE:
            return night.totals.oldest_due_on
        case _:
            return event_on(step, row, night)


def _from_due(step: Step, row: Netted, night: Night, policy: Policy) -> date:
    if policy.age_basis == "issue":
        return row.item.issued_on
    rolls = step.offset_days > 0 and step.effect is Effect.MESSAGE and policy.due_rolls == "next_business_day"
    return business_day_on_or_after(row.item.due_on, night.holidays) if rolls else row.item.due_on


def event_on(step: Step, row: Netted, night: Night) -> date | None:
    """The date of the event that starts a step for an item; None when it has not happened."""
    item = row.item
    match step.event:
        case Event.NEW_INVOICE:
            return item.issued_on
        case Event.PROMISE_BROKEN | Event.INSTALMENT_MISSED:
            return _broken_on(step, row, night)
        case Event.PAYMENT_RECEIVED:
            return max((payment.recorded_on for payment in item.part_payments), default=None)
        case _:  # a limit is crossed when its condition holds
            return night.as_of


def _broken_on(step: Step, row: Netted, night: Night) -> date | None:
    over = [run for run in night.plans if run.missed_on is not None and row.item.id in run.plan.items]
    if row.blocks is None or bool(over) is not (step.event is Event.INSTALMENT_MISSED):
        return None
    return row.blocks.broken_on if not over or any(run.missing for run in over) else None
