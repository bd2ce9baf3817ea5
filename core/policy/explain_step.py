"""One row of a policy in plain words: when, what, to whom, and under which conditions."""

from collections.abc import Iterator
from typing import Final

from core.policy.schema import Anchor, Effect, Event, Scope, Step
from core.policy.steps import Paper
from core.policy.words import condition, count, fee, listed, role, roles

_EVENTS: Final = {
    Event.NEW_INVOICE: "a new invoice is entered",
    Event.BALANCE_OVER_LIMIT: "the account's balance is over the limit",
    Event.PROMISE_BROKEN: "a promise is broken",
    Event.INSTALMENT_MISSED: "an instalment is missed",
    Event.PAYMENT_RECEIVED: "a part payment is recorded",
}
_ANCHORS: Final = {
    Anchor.DUE: "due",
    Anchor.ISSUE: "the invoice's date",
    Anchor.PREVIOUS_NOTICE: "the last mail about the invoice",
    Anchor.PREVIOUS_NOTICE_DEADLINE: "the day by which the last mail asked to pay",
    Anchor.OLDEST_UNPAID_DUE: "the oldest unpaid invoice of the account was due",
}

_PAPERS: Final[dict[Paper, str]] = {
    "letter": "itself as a letter (PDF)",
    "statement-pdf": "its whole list as PDF",
    "statement-csv": "its whole list as CSV",
}


def explain_step(step: Step) -> str:
    """One sentence with everything that the step says."""
    return "; ".join([f"{_when(step)} (step {step.id}): {_what(step)}", *_more(step)]) + "."


def _when(step: Step) -> str:
    text = _day(step)
    if step.end_of_month:
        text += ", moved to the end of that month"
    return text[0].upper() + text[1:]


def _day(step: Step) -> str:
    days, strictly = abs(step.offset_days), "more than " if step.op == ">" else ""
    if step.event is not None:
        happens = _EVENTS[step.event]
        return f"{strictly}{count(days, 'day')} after {happens}" if days or strictly else f"when {happens}"
    what = _ANCHORS[step.anchor]
    if not days and not strictly:
        return "on the due date" if step.anchor is Anchor.DUE else f"on the day of {what}"
    side = "before" if step.offset_days < 0 else "past" if step.anchor is Anchor.DUE else "after"
    return f"{strictly}{count(days, 'day')} {side} {what}"


_CHANNELS: Final = {"email": "mail", "letter": "letter", "sms": "text message", "whatsapp": "WhatsApp message"}


def _what(step: Step) -> str:
    first = roles(step.audience.ours[:1])
    if step.effect is Effect.MESSAGE:
        kind, readers = _CHANNELS[step.channel], roles(step.audience.customer)
        return f"the {kind} '{step.template}' goes to the customer's {readers}, level {step.level}"
    return {
        Effect.TASK: f"a task '{step.task}' for {first}",
        Effect.STATUS: f"the account is marked '{step.status}'",
        Effect.NOTIFY: "no mail",
        Effect.PROPOSAL: f"'{step.proposal}' is proposed to {first}",
        Effect.CREDIT_HOLD: "no new orders on credit",
        Effect.FEE: "a fee is posted without a mail",
        Effect.INTEREST: "late interest is posted without a mail",
    }[step.effect]


def _more(step: Step) -> Iterator[str]:
    yield from _days(step)
    asked = condition(step.when)
    if asked:
        yield f"only {asked}" if asked.startswith("after ") else f"only if {asked}"
    if step.scope is Scope.ACCOUNT:
        yield "once for the whole account"
    if step.sender is not None:
        yield f"in the name of the {role(step.sender)}"
    yield from _papers(step)
    if step.notice_due_days is not None:
        yield f"it asks to pay within {count(step.notice_due_days, 'day')}"
    yield from _charges(step)
    yield from _harsh(step)
    yield from _told(step)


def _papers(step: Step) -> Iterator[str]:
    if step.attach:
        yield f"with {listed([_PAPERS[paper] for paper in step.attach], 'and')} attached"
    if step.archive:
        yield "kept as a letter (PDF)"


def _days(step: Step) -> Iterator[str]:
    if step.off:
        yield "switched off"
    if step.repeat is not None:
        yield _repeat(step)
    if step.early:
        yield _early(step)
    elif step.valid_until_dpd is not None:
        yield f"not after {count(step.valid_until_dpd, 'day')} past due"


def _charges(step: Step) -> Iterator[str]:
    if step.fee is not None:
        yield f"charges for each invoice {fee(step.fee)}"
    if step.document_fee is not None:
        yield f"charges once {fee(step.document_fee)}"
    if step.charge_interest:
        yield "charges late interest up to that day"
    if step.charge_compensation:
        yield "charges the law's fixed sum, once an invoice"


def _harsh(step: Step) -> Iterator[str]:
    if step.adverse is not None:
        yield f"a harsh step ({step.adverse.value.replace('_', ' ')})"
    if step.requires_step:
        since = f" {count(step.requires_days, 'day')} ago or more" if step.requires_days else ""
        yield f"only when step {listed(list(step.requires_step), 'or')} was delivered{since}"
    if step.approval:
        yield f"after {roles(step.audience.ours[:1])} agreed"
    elif step.adverse is not None or step.needs_approval is False:
        yield "without asking a person"


def _told(step: Step) -> Iterator[str]:
    decides = step.effect in (Effect.TASK, Effect.PROPOSAL)
    told = step.audience.ours[1:] if decides else step.audience.ours
    if told:
        yield f"{roles(told)} told in the {'digest and in the mail itself' if step.audience.copy_ours else 'digest'}"


def _repeat(step: Step) -> str:
    repeat = step.repeat
    if repeat is None:
        return ""
    every = "every day" if repeat.every_days == 1 else f"every {repeat.every_days} days"
    until = "until it is settled" if repeat.until_dpd is None else f"up to {count(repeat.until_dpd, 'day')} past due"
    most = "" if repeat.max is None else f", {count(repeat.max, 'time')} at most"
    clock = ", each invoice by its own clock" if repeat.scope is Scope.ITEM else ""
    return f"again {every} {until}{most}{clock}"


def _early(step: Step) -> str:
    last = step.last_valid_dpd or 0
    until = "the due date" if last == 0 else f"{count(abs(last), 'day')} {'past' if last > 0 else 'before'} due"
    return f"not after {until}, and not within {count(step.min_days_after_issue, 'day')} of the invoice"
