"""A policy in plain words, for people who will not read YAML."""

from collections.abc import Iterator
from typing import Final

from core.policy.charges import ENTITY, AgreedRate, InterestTerms
from core.policy.explain_step import explain_step
from core.policy.schema import Anchor, Policy, Step
from core.policy.words import count, listed, role, sums

_ADVANCE: Final = {
    "next": "An invoice climbs one level after the other.",
    "state": "Each day the most severe step that holds is worked out anew, and a level may fall.",
    "repeat": "There are no levels: when anything is due, all that is overdue is listed.",
    "none": "No mail goes out by the days of this policy.",
}
_GROUPS: Final = {
    "account": "one account",
    "account_currency": "one currency of an account",
    "department": "one department of an account",
    "level": "one level of an account",
    "item": "one invoice",
}
_UNAPPLIED: Final = {
    "highest_level_first": "Unlinked credits and payments are counted off the loudest overdue invoices first.",
    "oldest_first": "Unlinked credits and payments are counted off the oldest overdue invoices first.",
    "gate": "No mail leaves while unlinked credits and payments cover what is due; they are not counted off.",
    "ignore": "Unlinked credits and payments are not counted off.",
}
_ROUNDING: Final = {
    "half_up": "rounded once on the total",
    "half_up_per_segment": "rounded for each stretch of one rate",
    "daily_half_up": "rounded each day",
}


def explain(policy: Policy) -> list[str]:
    """The policy as sentences: what happens when, in order, then the rules that hold for all of it."""
    steps = (explain_step(step) for step in _in_time(policy))
    parts = (_climbing(policy), _going_out(policy), _worth(policy), _people(policy), _charged(policy), _safety(policy))
    return [_title(policy), *steps, *(sentence for part in parts for sentence in part)]


def _title(policy: Policy) -> str:
    about = f": {policy.description}" if policy.description else ""
    return f"Policy {policy.policy}, version {policy.version}{about}."


def _in_time(policy: Policy) -> list[Step]:
    """By day; what an event starts comes last, and what is switched off after that."""
    return sorted(policy.steps, key=lambda step: (step.off, step.anchor is Anchor.EVENT, step.offset_days))


def _climbing(policy: Policy) -> Iterator[str]:
    if policy.advance != "latest":
        yield _ADVANCE[policy.advance]
    if policy.advance == "state" and not policy.falls:
        yield "A status once reached stays until everything is paid."
    if policy.clear_stage is not None:
        yield f"An account on which no step holds is marked '{policy.clear_stage}'."
    if policy.max_jump == "any":
        yield "An invoice gets the latest step it has reached; earlier ones that were missed are skipped."
    else:
        jump = count(policy.max_jump, "level")
        said = f"A mail is at most {jump} above the last one that was accepted for the invoice"
        yield f"{said}; levels that it can no longer have do not count."
    if policy.highest_level is not None:
        yield f"No invoice rises above level {policy.highest_level}."
    if policy.same_day_advance:
        yield "A second run of a day may raise the level again."
    yield from _at_most(policy)
    yield _after_last(policy)


def _at_most(policy: Policy) -> Iterator[str]:
    if policy.max_attempts is not None:
        yield f"At most {count(policy.max_attempts, 'mail')} go out about one invoice."
    if policy.max_notices is not None:
        yield f"An account gets at most {count(policy.max_notices, 'mail')} until it owes nothing overdue."


def _after_last(policy: Policy) -> str:
    owner, days = role(policy.after_last_owner), count(policy.after_last_days, "day")
    return {
        "task": f"After the last mail {owner} decides: agency, court, a plan or to write it off; again every {days}.",
        "nothing": "After the last mail nothing follows.",
        "final": f"After the last mail it is handed to {owner}, once.",
        "repeat": f"The last mail comes again every {days}.",
    }[policy.after_last_step]


def _going_out(policy: Policy) -> Iterator[str]:
    yield {
        "all": "Mails leave on every day of the week.",
        "business_days": "Mails leave on the reader's business days only.",
    }[policy.send_days]
    if policy.age_basis == "issue":
        yield "Days past due count from the invoice's date."
    if policy.due_rolls == "next_business_day":
        yield "A due date on a weekend or holiday counts from the next business day."
    else:
        yield "Days count from the due date as printed, weekend or not."
    yield f"One mail covers {_GROUPS[policy.group_by]}."
    yield from _gap(policy)
    day, week = policy.budget.per_day, policy.budget.per_seven_days
    yield (
        "Nobody is ever written to: the contact budget is 0."
        if not (day and week)
        else f"One person gets at most {count(day, 'mail')} a day and {week} in seven days, over all accounts."
    )
    if policy.hold_after_payment_days:
        quiet = count(policy.hold_after_payment_days, "day")
        yield f"After a real part payment an invoice rises no further for {quiet}."
    grace = count(policy.promise_grace_days, "business day")
    yield f"A promise holds the reminders of its amount until its date and {grace} more."
    jump = "at any level" if policy.resume.max_jump == "any" else f"{count(policy.resume.max_jump, 'level')} higher"
    after = count(policy.resume.after_days, "day")
    yield f"After a hold, dunning goes on {after} after its last day, {jump} at most."


def _gap(policy: Policy) -> Iterator[str]:
    days = policy.min_gap_days + (policy.min_gap_op == ">")
    if days > 1:
        to = "of one group" if policy.min_gap_scope == "group" else "to an account"
        yield f"Between two mails {to} lie at least {days} days."
    if policy.keep_threshold_gap:
        yield "After a late mail the next one keeps the distance between their days."
    if policy.wait_for_notice_deadline:
        yield "Nothing goes out before the day after the deadline that the last mail named."


def _worth(policy: Policy) -> Iterator[str]:
    account, item = policy.minimum.account, policy.minimum.item
    if account:
        owes = "owes" if policy.minimum.of == "listed" else "owes, by the invoices with a step due,"
        yield f"Nothing goes out to an account that {owes} less than {sums(account)}."
    small = [sums(item.amount)] * bool(item.amount)
    small += [f"{item.percent} % of what was invoiced"] * bool(item.percent)
    if small:
        yield (
            f"An invoice with less than {' or '.join(small)} open is small; "
            "small ones wait until together they reach the account's minimum."
        )
    if not account and not small:
        yield "There is no minimum amount."
    share = f"{policy.materiality_percent} %"
    yield f"A level sets the tone when the invoices at it make up at least {share} of what is overdue."
    if policy.materiality_of == "wording":
        yield "That share rules the words only: calls, marks and the like follow each invoice."
    yield _UNAPPLIED[policy.unapplied]
    if policy.credit_notes == "when_approved":
        yield "A credit note counts once it is approved."


def _people(policy: Policy) -> Iterator[str]:
    if policy.treat_as is not None:
        yield f"Every customer is treated as a {policy.treat_as.value}, whatever the ledger says."
    yield {
        "tone": "Of a mail about several invoices the readers are those of the step that sets its tone.",
        "highest_step": "Of a mail about several invoices the readers are those of the highest step due.",
    }[policy.audience_of]
    for missing, others in sorted(policy.fallbacks.items()):
        chain = listed(["the account's own address" if one == "account" else role(one) for one in others], "or else")
        yield f"Where a customer has no {role(missing)}, it goes to {chain}."
    kind = policy.punctual
    if kind is not None:
        yield (
            f"Who paid {kind.percent} % of the last {kind.of_last} invoices ({kind.at_least} or more) "
            f"within {count(kind.within_days, 'day')} hears '{kind.template}' first, "
            f"before {count(kind.until_dpd, 'day')} past due."
        )
    if any(step.adverse is not None and step.approval and not step.off for step in policy.steps):
        yield f"Of a harsh step that was agreed to, the {role(policy.heard_by)} hears two business days before."
    if policy.acknowledge:
        names = {"promise": "a promise", "plan": "a payment plan", "dispute": "a dispute"}
        yield f"After {listed([names[one] for one in policy.acknowledge], 'or')} the customer gets a confirmation."


def _charged(policy: Policy) -> Iterator[str]:
    if policy.interest is not None:
        yield _interest(policy.interest)
    if policy.compensation is not None:
        law = _country(policy.compensation.statutory)
        yield f"The fixed sum for late payment is that of {law}; never from consumers."


def _country(code: str) -> str:
    return "our own country's law" if code == ENTITY else f"the law of {code}"


def _interest(terms: InterestTerms) -> str:
    if terms.statutory is not None:
        rate = f"the rate of {_country(terms.statutory)}"
    elif terms.over is not None:
        fixed = ", fixed when the debt became late" if terms.over.fixed_when_late else ""
        rate = f"{terms.over.points} points over {terms.over.table}{fixed}"
    else:
        rate = listed([_agreed(rate) for rate in terms.rates])
    told = [f"Late interest is {rate}, by {terms.day_count}, {_ROUNDING[terms.rounding]}"]
    if terms.rate_change_day == "old_rate":
        told.append("the day of a change bears the old rate")
    if terms.grace_days:
        told.append(f"charged only after {count(terms.grace_days, 'day')}")
    if terms.min_interest:
        told.append(f"nothing below {sums(terms.min_interest)}")
    return f"{'; '.join(told)}."


def _agreed(rate: AgreedRate) -> str:
    since = f" from {rate.from_on}" if rate.from_on else ""
    if rate.annual_percent is not None:
        return f"{rate.annual_percent} % a year{since}"
    return f"{rate.percent_per_period} % for each {count(rate.period_days or 1, 'day')}{since}"


def _safety(policy: Policy) -> Iterator[str]:
    if policy.runs == "reviewed":
        yield "Nothing leaves before a person approved the night's proposal."
    brakes = policy.brakes
    if brakes.ledger_days is not None:
        yield f"Harsh steps wait while the ledger is older than {count(brakes.ledger_days, 'day')}."
    if brakes.bank_days is not None:
        yield f"Harsh steps wait while the bank's data are older than {count(brakes.bank_days, 'day')}."
    if brakes.volume_percent is not None:
        yield f"A night with more than {brakes.volume_percent} % of the usual mails or amount waits for a person."
    if brakes.most_messages is not None:
        yield f"A night with more than {count(brakes.most_messages, 'mail')} waits for a person."
    start = policy.activation
    yield (
        f"On an old ledger '{start.statement}' goes out first, level 1 {count(start.wait_days, 'day')} later; "
        f"invoices older than {count(start.older_than_days, 'day')} go to a person; the first day takes "
        f"{count(start.first_quota, 'account')}, each following one {start.ramp_percent} % more"
        f"{', the oldest debts first' if start.first == 'oldest' else ''}."
    )
