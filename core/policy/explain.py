"""A policy in plain words, for people who will not read YAML."""

from collections.abc import Iterator, Mapping
from typing import Final

from babel.numbers import format_currency

from core.formats.currencies import decimals
from core.policy.schema import Effect, Policy, Scope, Step

_GROUPS: Final = {
    "highest_level_first": "the loudest overdue invoices first",
    "oldest_first": "the oldest overdue invoices first",
}


def explain(policy: Policy) -> list[str]:
    """The policy as sentences: what happens when, in order, then the rules that hold for all of it."""
    return [_title(policy), *(_step(step) for step in _in_time(policy)), *_rules(policy)]


def _title(policy: Policy) -> str:
    about = f": {policy.description}" if policy.description else ""
    return f"Policy {policy.policy}, version {policy.version}{about}."


def _in_time(policy: Policy) -> list[Step]:
    return sorted(policy.steps, key=lambda step: step.offset_days)


def _step(step: Step) -> str:
    parts = [f"{_when(step)} (step {step.id}): {_what(step)}"]
    if step.repeat is not None:
        parts.append(_repeat(step))
    if step.early:
        parts.append(_early(step))
    if step.when.occurrences_of is not None:
        parts.append(f"only after {_count(step.when.at_least or 1, 'mail')} of step {step.when.occurrences_of}")
    if step.scope is Scope.ACCOUNT:
        parts.append("once for the whole account")
    told = _people(step.audience.ours)
    if step.effect is Effect.TASK and len(step.audience.ours) > 1:
        parts.append(f"{_people(step.audience.ours[1:])} told in the digest")
    elif told and step.effect is not Effect.TASK:
        parts.append(f"{told} told in the digest")
    return "; ".join(parts) + "."


def _when(step: Step) -> str:
    days = step.offset_days
    if days == 0:
        return "On the due date"
    side = "before" if days < 0 else "past"
    return f"{_count(abs(days), 'day')} {side} due".capitalize()


def _what(step: Step) -> str:
    match step.effect:
        case Effect.MESSAGE:
            readers = _people(step.audience.customer)
            return f"the mail '{step.template}' goes to the customer's {readers}, level {step.level}"
        case Effect.TASK:
            return f"a task '{step.task}' for {_people(step.audience.ours[:1])}"
        case Effect.STATUS:
            return f"the account is marked '{step.status}'"
        case Effect.NOTIFY:
            return "no mail"
        case other:
            return other.replace("_", " ")


def _repeat(step: Step) -> str:
    repeat = step.repeat
    if repeat is None:
        return ""
    every = "every day" if repeat.every_days == 1 else f"every {repeat.every_days} days"
    until = "until it is settled" if repeat.until_dpd is None else f"up to {_count(repeat.until_dpd, 'day')} past due"
    most = "" if repeat.max is None else f", {_count(repeat.max, 'time')} at most"
    return f"again {every} {until}{most}"


def _early(step: Step) -> str:
    last = step.last_valid_dpd or 0
    until = "the due date" if last == 0 else f"{_count(abs(last), 'day')} {'past' if last > 0 else 'before'} due"
    return f"not after {until}, and not within {_count(step.min_days_after_issue, 'day')} of the invoice"


def _rules(policy: Policy) -> Iterator[str]:
    yield {
        "all": "Mails leave on every day of the week.",
        "business_days": "Mails leave on the reader's business days only.",
    }[policy.send_days]
    if policy.due_rolls == "next_business_day":
        yield "A due date on a weekend or holiday counts from the next business day."
    else:
        yield "Days count from the due date as printed, weekend or not."
    if policy.min_gap_days > 1:
        yield f"Between two mails to an account lie at least {policy.min_gap_days} days."
    yield _jump(policy)
    yield _minimum(policy.minimum.account)
    share = f"{policy.materiality_percent} %"
    yield f"A level sets the tone when the invoices at it make up at least {share} of what is overdue."
    yield {
        "tone": "Of a mail about several invoices the readers are those of the step that sets its tone.",
        "highest_step": "Of a mail about several invoices the readers are those of the highest step due.",
    }[policy.audience_of]
    day, week = policy.budget.per_day, policy.budget.per_seven_days
    yield (
        "Nobody is ever written to: the contact budget is 0."
        if not (day and week)
        else f"One person gets at most {_count(day, 'mail')} a day and {week} in seven days, over all accounts."
    )
    if policy.hold_after_payment_days:
        quiet = _count(policy.hold_after_payment_days, "day")
        yield f"After a real part payment an invoice rises no further for {quiet}."
    grace = _count(policy.promise_grace_days, "business day")
    yield f"A promise holds the reminders of its amount until its date and {grace} more."
    yield f"After a hold, dunning goes on {_count(policy.resume.after_days, 'day')} after its last day."
    yield f"Unlinked credits and payments are counted off {_GROUPS[policy.unapplied]}."


def _jump(policy: Policy) -> str:
    if policy.max_jump == "any":
        return "An invoice gets the latest step it has reached; earlier ones that were missed are skipped."
    return f"A mail is at most {_count(policy.max_jump, 'level')} above the last one that was accepted for the invoice."


def _minimum(account: Mapping[str, int]) -> str:
    if not account:
        return "There is no minimum amount."
    sums = ", ".join(
        format_currency(f"{minor}e-{decimals(code)}", code, locale="en") for code, minor in sorted(account.items())
    )
    return f"Nothing goes out to an account that owes less than {sums}."


def _people(roles: tuple[str, ...]) -> str:
    names = [role.replace("_", " ").replace("ap ", "AP ").replace("ar ", "AR ") for role in roles]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
