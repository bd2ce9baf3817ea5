"""Why, in plain words: what came of one item, because of which rule, and what comes next and when.

No rule is tried here a second time: the outcome is that of the verdict, and the next step is found by deciding the
coming nights.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from core.decide.account import decide
from core.decide.checks import EFFECT, LADDER, MoneyText, in_minor_units, with_checks
from core.decide.model import Check, Decision, Facts, Held, Reason, Setting, Verdict
from core.policy.schema import Step
from core.rehearsal.nights import after
from core.values import dataclass

SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.STEP_DUE: "Step {step} goes out",
    Reason.NOT_YET: "Nothing to send: the next step lies ahead",
    Reason.SETTLED: "Nothing to send: nothing is open on it any more",
    Reason.UP_TO_DATE: "Nothing to send: every step that it has reached is done, and none lies ahead",
    Reason.LAPSED: "Nothing to send: the days of its early step are over, and no step lies ahead",
    Reason.TOO_SOON_AFTER_ISSUE: "Nothing to send: the invoice is too new for an early step",
    Reason.PAID_BY_CREDIT: "Nothing to send: credit that is linked to no invoice covers it",
    Reason.DISPUTED: "Nothing to send: what is open is disputed",
    Reason.PROMISED: "Nothing to send: what is open is promised",
    Reason.ON_HOLD: "Nothing to send: it is on hold",
    Reason.INSOLVENT: "Nothing to send: the customer is insolvent",
    Reason.EXCLUDED: "Nothing to send: it is excluded from dunning",
    Reason.IN_DOUBT: "Nothing to send: an earlier message may or may not have gone",
    Reason.PART_PAID: "Nothing to send: a part payment came in a few days ago, so the level does not rise yet",
    Reason.TOO_SOON: "Step {step} is due and held back: the last message is too recent",
    Reason.NO_SEND_DAY: "Step {step} is due and held back: the readers may not be written to on this day",
    Reason.NO_ADDRESS: "Step {step} is due and held back: nobody to write to has an address",
    Reason.BELOW_MINIMUM: "Step {step} is due and held back: the amount is below the minimum",
    Reason.NOT_LIVE: "Step {step} is due and held back: nothing is sent before go-live",
    Reason.PLANNED: "Nothing to send: an agreed plan of instalments covers it",
    Reason.SMALL: "Nothing to send: it is small, and the small ones together are below the minimum",
    Reason.RESUMING: "Nothing to send: a hold, dispute or promise has ended, and its days of rest are not over",
    Reason.CHARGE: "Nothing to send: a fee or interest is never the reason to write",
    Reason.NO_LADDER: "Nothing to send: its policy has no ladder of messages",
    Reason.COVERED: "Nothing to send: credit that is linked to no invoice outweighs what is due",
    Reason.NOT_DELIVERED: "Nothing to send: a message that must come first has not arrived, or too recently",
    Reason.NOT_APPROVED: "Nothing to send: the next step waits for a person's approval",
    Reason.STALE: "Nothing to send: the ledger or the bank data are too old for the next step",
    Reason.MOST_ATTEMPTS: "Nothing to send: it has had as many messages as its policy allows",
    Reason.NOT_RELEASED: "Nothing to send yet: its day in the ramp of the old ledger has not come",
    Reason.IMMATERIAL: "Nothing done: it is too small a part of what is overdue",
    Reason.HARDSHIP: "Nothing done: the customer is in hardship",
    Reason.RETRACTED: "Nothing to send: its run was taken back",
    Reason.TOO_CLOSE: "Nothing to send: the next step keeps its distance to the last message",
    Reason.TOO_OLD: "Nothing to send: it was so old at go-live that a person decides",
}
_MOST_LOOKS: Final = 40  # coming nights that are decided to find the next step
_FARTHEST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item got, or did not get, something: sentences for people, and the rules in the order they were tried."""

    sentences: tuple[str, ...]
    checks: tuple[Check, ...]


def explain(
    outcome: Decision | Verdict, facts: Facts, setting: Setting, as_of: date, item: str, *, money: MoneyText
) -> Explanation:
    """Why the night of `as_of` went as it did for one item, and what comes next if nothing changes.

    Args: `outcome` is what was decided from exactly these `facts` (their state is the memory *before* it); a verdict
    alone is completed by deciding again. `money` writes amounts.
    """
    decision = decide(facts, setting, as_of) if isinstance(outcome, Verdict) else outcome
    verdicts = (outcome,) if isinstance(outcome, Verdict) else decision.verdicts
    verdict = next((verdict for verdict in verdicts if verdict.item == item), None)
    if verdict is None:
        return Explanation((SENTENCES[Reason.SETTLED] + ".",), (Check("open", passed=False, fact="no open item"),))
    (verdict,) = with_checks(decision._replace(verdicts=(verdict,)), facts, setting, money=money).verdicts
    after = (*_besides(decision, setting, verdict), _next(decision, facts, setting, item))
    return Explanation((*_sentences(verdict, money), *after), verdict.checks)


def explain_record(record: Mapping[str, Any], *, money: MoneyText = in_minor_units) -> tuple[str, ...]:
    """The sentences of a verdict that was stored earlier, from its JSON form: the fields of Verdict by name.

    Dates are ISO texts; a check is an object or a list of its three fields. A reason of another version is named.
    """
    known = {reason.value: reason for reason in Reason}
    verdict = Verdict(
        item=record["item"],
        number=record["number"],
        days_past_due=record["days_past_due"],
        dunnable_minor=record["dunnable_minor"],
        currency=record["currency"],
        reason=known.get(record["reason"], Reason.UP_TO_DATE),
        step=record.get("step"),
        superseded=tuple(record.get("superseded") or ()),
        checks=tuple(_check(values) for values in record.get("checks") or ()),
    )
    said = list(_sentences(verdict, money))
    if record["reason"] not in known:
        said[1] = f"The reason was {record['reason']!r}, which this version does not know."
    again = record.get("next_check_on")
    return (*said, f"It was to be looked at again on {again}.") if again else tuple(said)


def _check(values: Mapping[str, Any] | Sequence[Any]) -> Check:
    return Check(**values) if isinstance(values, Mapping) else Check(*values)


# ---------- the outcome ----------


def _sentences(verdict: Verdict, money: MoneyText) -> tuple[str, ...]:
    asked = money(verdict.dunnable_minor, verdict.currency)
    said = [f"{verdict.number} {_age(verdict.days_past_due)}; {asked} of it may be asked for."]
    own = [check for check in verdict.checks if not check.rule.startswith(EFFECT)]
    last = own[-1] if own else None  # the rule that stopped it, or the last one it passed
    because = "" if last is None or last.rule == LADDER else f" ({last.fact})"
    said.append(SENTENCES[verdict.reason].format(step=verdict.step) + because + ".")
    if verdict.superseded:
        said.append(f"It takes the place of {', '.join(verdict.superseded)}, which will not go out any more.")
    return tuple(said)


def _age(days: int) -> str:
    if days == 0:
        return "is due today"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"is {count} past due" if days > 0 else f"is due in {count}"


def _besides(decision: Decision, setting: Setting, verdict: Verdict) -> list[str]:
    said = []
    listed = {line.item for plan in decision.notices for line in plan.overdue}
    if verdict.item in listed and verdict.step is None:
        said.append("It is listed in tonight's message, which goes out because of other items.")
    if any(plan.by_post and any(due.item == verdict.item for due in plan.steps) for plan in decision.notices):
        said.append("It goes by letter, which a person posts: nobody to write to has an address for mail.")
    done = [_done(due.step, decision, setting) for due in decision.done if due.item == verdict.item]
    if done:
        said.append(f"Done besides: {', '.join(done)}.")
    return said + [_held(held, setting) for held in decision.held if held.item == verdict.item]


def _done(step_id: str, decision: Decision, setting: Setting) -> str:
    """A step that was done; one that waits for a person was only put to that person."""
    asked = any(proposal.step == step_id for proposal in decision.proposals)
    return _named(setting.policy.step(step_id), step_id) + (" put to a person for approval" if asked else "")


def _held(held: Held, setting: Setting) -> str:
    """A reached step without message that was not done, and when that may change by itself."""
    because = SENTENCES[held.reason].partition(": ")[2].replace("the next step", "it")
    again = f"; looked at again on {held.again_on}" if held.again_on else ""
    return f"Held back: {_named(setting.policy.step(held.step), held.step)}, because {because}{again}."


def _named(step: Step | None, step_id: str) -> str:
    kind = None
    if step is not None:
        kind = step.task or step.status or step.proposal or step.template or step.effect.value.replace("_", " ")
    return f"step {step_id}" + (f" ({kind})" if kind else "")


# ---------- what comes next ----------


def _next(decision: Decision, facts: Facts, setting: Setting, item: str) -> str:
    """The first coming night on which the item gets something, found by deciding them while nothing else changes."""
    if not setting.entity.live:
        return "Next: nothing before go-live."
    until, known = decision.as_of + _FARTHEST, facts
    for _ in range(_MOST_LOOKS):
        if decision.next_check_on is None or decision.next_check_on > until:
            return "Next: nothing, as long as nothing changes."
        known = after(known, decision, setting)
        decision = decide(known, setting, decision.next_check_on)
        due = [due.step for plan in decision.notices for due in plan.steps if due.item == item]
        due += [due.step for due in decision.done if due.item == item]
        if due:
            steps = ", ".join(_done(step_id, decision, setting) for step_id in due)
            return f"Next: {steps} on {decision.as_of} unless paid."
    return f"Next: nothing before {decision.next_check_on}."  # a large account has more looks than are worth trying
