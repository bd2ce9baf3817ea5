"""The rules that are tried on an item, in the order of the decision semantics, and how each tells what it looked at."""

from collections.abc import Callable, Hashable, Mapping
from typing import Final, NamedTuple

from core.balance import Netted, unapplied
from core.blocks import first_free_day, promise_ends_on
from core.decide.groups import group_of
from core.decide.ladder import Climb
from core.decide.looks import Look, Seen
from core.decide.model import Facts, NoticePlan, Reason, Setting, Verdict
from core.decide.night import Night
from core.limits import limit_in
from core.values import dataclass

MoneyText = Callable[[int, str], str]  # minor units and a currency code as a reader sees them
LADDER: Final = "ladder"  # the rule whose facts are the whole ladder


class Case(NamedTuple):
    """One item and all that its checks quote."""

    night: Night
    money: MoneyText
    climb: Climb  # under the policy of the item
    row: Netted
    verdict: Verdict
    plan: NoticePlan | None

    @property
    def facts(self) -> Facts:
        """What is known of the account."""
        return self.night.facts

    @property
    def setting(self) -> Setting:
        """What it shares with the others."""
        return self.night.setting

    @property
    def group(self) -> str:
        """The group of the item's message."""
        return self.plan.group if self.plan is not None else group_of(self.row, self.row.level, self.night.policy)


Alike = Callable[[Case], Hashable]  # items of an account for which it gives the same are told the same


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the reasons with which it stops an item, and the facts that it looks at."""

    name: str
    stops: frozenset[Reason]
    fact: Callable[[Case], str]
    alike: Alike | None = None  # None: each item has facts of its own
    of_message: bool = False  # tried only when a message step is due
    rare: bool = False  # said only when it stops the item: it concerns few


def _what_was_said(case: Case) -> Hashable:
    """On what the rules depend that look at what was said besides the invoices."""
    facts, row = case.facts, case.row
    if facts.holds or facts.disputes or facts.promises:
        return row.item.id
    return row.item.policy, row.item.currency, row.disputed, row.promised, row.credit


def _message(case: Case) -> Hashable:
    """On what the rules depend that look at the whole message."""
    return case.plan.id if case.plan is not None else (case.group, case.verdict.next_check_on)


def _open(case: Case) -> str:
    return f"open {_amount(case, case.row.item.open_minor)}"


def _insolvency(case: Case) -> str:
    return "insolvent" if case.facts.customer.insolvent else "not insolvent"


def _exclusion(case: Case) -> str:
    return f"policy of the item: {case.row.item.policy or 'that of the account'}"


def _holds(case: Case) -> str:
    said = []
    for hold in case.facts.holds:
        if hold.item in {None, case.row.item.id}:
            free = first_free_day(hold, case.setting.policy)
            until = "without end" if free is None else f"until {hold.until}, free from {free}"
            said.append(f"hold {hold.id} {until}")
    return "; ".join(said) or "no hold"


def _disputes(case: Case) -> str:
    of_item = [dispute for dispute in case.facts.disputes if dispute.item == case.row.item.id]
    since = f" since {min(dispute.opened_on for dispute in of_item)}" if of_item else ""
    return f"disputed {_amount(case, case.row.disputed)}{since}"


def _promises(case: Case) -> str:
    policy, holidays = case.setting.policy, case.night.holidays
    said = f"promised {_amount(case, case.row.promised)}"
    for one in case.facts.promises:
        if one.item == case.row.item.id:
            said += f", for {one.promised_on}, left alone until {promise_ends_on(one, policy, holidays)}"
    return said


def _plan(case: Case) -> str:
    of_item = [run for run in case.night.plans if case.row.item.id in run.plan.items]
    said = "".join(f", {run.plan.id} missed on {run.missed_on}" for run in of_item if run.missed_on is not None)
    for run in of_item:
        if run.active and run.outside:
            said += f", {_amount(case, run.outside)} of {run.plan.id} in no instalment and due with the last"
    return f"in a plan {_amount(case, case.row.planned)}{said}"


def _resuming(case: Case) -> str:
    free = case.row.blocks.free_on if case.row.blocks is not None else None
    return f"free again from {free}" if free else "nothing has ended"


def _charge(case: Case) -> str:
    return f"{case.row.item.kind.value} on {case.row.item.of}"


def _small(case: Case) -> str:
    own, currency = case.night.policy_of(case.row.item).minimum.item, case.row.item.currency
    least = limit_in(own.amount, currency, case.setting.entity)
    together = limit_in(case.setting.policy.minimum.account, currency, case.setting.entity)
    return f"small: {_amount(case, case.row.due)}, minimum {_amount(case, least)}, together {_amount(case, together)}"


def _activation(case: Case) -> str:
    baseline = case.facts.state.baseline
    return "no old ledger" if baseline is None else f"taken up on {baseline.on}, released on {baseline.release_on}"


def _credit(case: Case) -> str:
    unlinked = unapplied(case.facts, case.setting.policy).get(case.row.item.currency, 0)
    return f"{_amount(case, case.row.credit)} of {_amount(case, unlinked)} unlinked credit used on it"


def _doubt(case: Case) -> str:
    doubtful = [w.notice_id for w in case.facts.state.waiting.values() if w.notice_id in case.facts.in_doubt]
    return f"notice {', '.join(doubtful)} is in doubt" if doubtful else "no notice in doubt"


def _ladder(case: Case) -> str:
    climb = case.climb

    def told(row: Netted) -> str:
        return _standing(climb, row)

    return climb.shared("told", case.row, told)


def _standing(climb: Climb, row: Netted) -> str:
    state = climb.night.state(row)
    behind = f"level {state.level} after step {state.step}" if state.step else f"level {state.level}, no step yet"
    seen = [_of_step(one) for one in climb.seen(row)]
    return "; ".join([f"{row.days_past_due:+d} days", behind, *seen])


_LOOKS: Final[Mapping[Look, str]] = {
    Look.AHEAD: " from ",
    Look.OUT_OF_RANGE: " out of range",
    Look.UNMET: " whose conditions do not hold",
    Look.LAPSED: " lapsed",
    Look.FRESH: " too soon after the invoice until ",
    Look.RESTS: " rests until ",
    Look.TOO_FAR: " too many levels up",
    Look.PART_PAID: " held after a part payment until ",
    Look.WAITS: " waits for its distance to the last message until ",
    Look.SAME_DAY: " not twice a day",
    Look.NOT_DELIVERED: " waits for the delivery of an earlier step until ",
    Look.NOT_APPROVED: " waits for a person",
    Look.STALE: " waits for newer ledger or bank data",
    Look.SPENT: " is one message too many",
    Look.CAPPED: " above the highest level for this item",
    Look.MAY_GO: " reached",
}  # one that ends with a space names the next date


def _of_step(seen: Seen) -> str:
    step, look, again, _ = seen
    said = _LOOKS[look]
    return (
        f"{step.id}{said}{'further notice' if again is None else again.isoformat()}"
        if said[-1] == " "
        else step.id + said
    )


def _live(case: Case) -> str:
    return f"{case.setting.entity.id} is {'live' if case.setting.entity.live else 'not live'}"


def _gap(case: Case) -> str:
    last, days = max(case.facts.state.last_accepted_on.values(), default=None), case.setting.policy.min_gap_days
    return f"last message {last or 'never'}, at least {days} day{'' if days == 1 else 's'} apart"


def _minimum(case: Case) -> str:
    limits = case.setting.policy.minimum.account
    said = [case.money(minor, currency) for currency, minor in sorted(limits.items())]
    return f"minimum of the account {', '.join(said) or 'none'}"


def _most(case: Case) -> str:
    sent = case.facts.state.notices.get(case.group, 0)
    most = case.setting.policy.max_notices or case.setting.policy.max_attempts  # of a campaign that repeats
    return f"{sent} message{'' if sent == 1 else 's'}, at most {most}"


def _readers(case: Case) -> str:
    if case.plan is None:
        return "by role, on the customer's side"
    if case.plan.by_post:
        return "the company itself, by letter"
    return ", ".join(f"{reader.role} {reader.contact or 'at the account'}" for reader in case.plan.recipients)


def _window(case: Case) -> str:
    if case.plan is not None:
        at = case.plan.not_before.isoformat(timespec="minutes")
        return f"{case.plan.template}, tone {case.plan.level}, to {_readers(case)}, not before {at}"
    return f"send days: {case.setting.policy.send_days.replace('_', ' ')}, next {case.verdict.next_check_on}"


def _amount(case: Case, minor: int) -> str:
    return case.money(minor, case.row.item.currency)


_AHEAD: Final = frozenset(
    {
        Reason.NOT_YET,
        Reason.UP_TO_DATE,
        Reason.LAPSED,
        Reason.TOO_SOON_AFTER_ISSUE,
        Reason.PART_PAID,
        Reason.NOT_DELIVERED,
        Reason.NOT_APPROVED,
        Reason.STALE,
        Reason.MOST_ATTEMPTS,
        Reason.NO_LADDER,
        Reason.TOO_CLOSE,
    }
)
RULES: Final = (
    Rule("open", frozenset({Reason.SETTLED}), _open),
    Rule("principal", frozenset({Reason.CHARGE}), _charge, rare=True),
    Rule("insolvency", frozenset({Reason.INSOLVENT}), _insolvency, _what_was_said),
    Rule("exclusion", frozenset({Reason.EXCLUDED}), _exclusion, _what_was_said),
    Rule("hold", frozenset({Reason.ON_HOLD}), _holds, _what_was_said),
    Rule("dispute", frozenset({Reason.DISPUTED}), _disputes, _what_was_said),
    Rule("plan", frozenset({Reason.PLANNED}), _plan, rare=True),
    Rule("promise", frozenset({Reason.PROMISED}), _promises, _what_was_said),
    Rule("resume", frozenset({Reason.RESUMING}), _resuming, rare=True),
    Rule("credit", frozenset({Reason.PAID_BY_CREDIT, Reason.COVERED}), _credit, _what_was_said),
    Rule("small items", frozenset({Reason.SMALL}), _small, rare=True),
    Rule("old ledger", frozenset({Reason.TOO_OLD, Reason.NOT_RELEASED}), _activation, rare=True),
    Rule("doubt about the item", frozenset({Reason.IN_DOUBT}), _doubt, _what_was_said),
    Rule(LADDER, _AHEAD, _ladder),
    Rule("live", frozenset({Reason.NOT_LIVE}), _live, _message, of_message=True),
    Rule("doubt about the account", frozenset({Reason.IN_DOUBT}), _doubt, _message, of_message=True),
    Rule("most messages", frozenset({Reason.MOST_ATTEMPTS}), _most, _message, of_message=True, rare=True),
    Rule("minimum", frozenset({Reason.BELOW_MINIMUM}), _minimum, _message, of_message=True),
    Rule("readers", frozenset({Reason.NO_ADDRESS}), _readers, _message, of_message=True),
    Rule("gap", frozenset({Reason.TOO_SOON}), _gap, _message, of_message=True),
    Rule("window", frozenset({Reason.NO_SEND_DAY}), _window, _message, of_message=True),
)
