"""The rules that were tried on an item, in the order of the decision semantics, each with the facts that it looked at.

The verdict says which rule stopped an item; the facts come from the survey that deciding itself makes.
"""

from collections.abc import Callable, Mapping
from typing import Final

from core.balance import Netted, unapplied
from core.blocks import first_free_day, promise_ends_on
from core.decide.account import survey
from core.decide.groups import group_of
from core.decide.ladder import Climb
from core.decide.looks import Look, Seen
from core.decide.model import Check, Decision, Facts, Held, NoticePlan, Reason, Setting, Verdict
from core.decide.night import Night
from core.limits import limit_in
from core.values import dataclass

MoneyText = Callable[[int, str], str]  # minor units and a currency code as a reader sees them
EFFECT: Final = "step "  # begins the name of a rule that held back a step without message
LADDER: Final = "ladder"  # the rule whose facts are the whole ladder


@dataclass(frozen=True, slots=True)
class _Case:
    """One item and all that its checks quote."""

    night: Night
    money: MoneyText
    row: Netted
    verdict: Verdict
    plan: NoticePlan | None
    held: tuple[Held, ...] = ()  # steps without message that were reached and not done

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


def in_minor_units(minor: int, currency: str) -> str:
    """An amount where nobody says how to write it."""
    return f"{currency} {minor} (minor units)"


def with_checks(decision: Decision, facts: Facts, setting: Setting, *, money: MoneyText) -> Decision:
    """The same decision, its verdicts completed by the rules that were tried, as an account's history keeps them.

    Args: `facts` are those that were decided, their state the memory *before* it; `money` writes amounts.
    """
    night = survey(facts, setting, decision.as_of)
    by_item = {row.item.id: row for row in night.rows}
    plans = {due.item: plan for plan in decision.notices for due in plan.steps}
    verdicts = [
        verdict._replace(checks=(*_tried(case), *_effects_held(case)))
        for verdict in decision.verdicts
        for case in [_Case(night, money, by_item[verdict.item], verdict, plans.get(verdict.item), decision.held)]
    ]
    return decision._replace(verdicts=tuple(verdicts))


def _tried(case: _Case) -> tuple[Check, ...]:
    """Every rule up to the one that stopped the item; those behind it were not tried."""
    tried = []
    for rule in _RULES:
        if rule.of_message and case.verdict.step is None:
            break
        stopped = case.verdict.reason in rule.stops and rule.of_message == (case.verdict.step is not None)
        if stopped or not rule.rare:
            tried.append(Check(rule.name, passed=not stopped, fact=rule.fact(case)))
        if stopped:
            break
    return tuple(tried)


def _effects_held(case: _Case) -> tuple[Check, ...]:
    """The steps without message that the item has reached and that were held back."""
    own = [held for held in case.held if held.item == case.row.item.id]
    return tuple(
        Check(EFFECT + held.step, passed=False, fact=f"{held.reason.value}, again {held.again_on or 'on an event'}")
        for held in own
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: the reasons with which it stops an item, and the facts that it looks at."""

    name: str
    stops: frozenset[Reason]
    fact: Callable[[_Case], str]
    of_message: bool = False  # tried only when a message step is due
    rare: bool = False  # said only when it stops the item: it concerns few


def _open(case: _Case) -> str:
    return f"open {_amount(case, case.row.item.open_minor)}"


def _insolvency(case: _Case) -> str:
    return "insolvent" if case.facts.customer.insolvent else "not insolvent"


def _exclusion(case: _Case) -> str:
    return f"policy of the item: {case.row.item.policy or 'that of the account'}"


def _holds(case: _Case) -> str:
    said = []
    for hold in case.facts.holds:
        if hold.item in {None, case.row.item.id}:
            free = first_free_day(hold, case.setting.policy)
            until = "without end" if free is None else f"until {hold.until}, free from {free}"
            said.append(f"hold {hold.id} {until}")
    return "; ".join(said) or "no hold"


def _disputes(case: _Case) -> str:
    of_item = [dispute for dispute in case.facts.disputes if dispute.item == case.row.item.id]
    since = f" since {min(dispute.opened_on for dispute in of_item)}" if of_item else ""
    return f"disputed {_amount(case, case.row.disputed)}{since}"


def _promises(case: _Case) -> str:
    policy, holidays = case.setting.policy, case.night.holidays
    of_item = [promise for promise in case.facts.promises if promise.item == case.row.item.id]
    said = "".join(f", for {p.promised_on}, left alone until {promise_ends_on(p, policy, holidays)}" for p in of_item)
    return f"promised {_amount(case, case.row.promised)}{said}"


def _plan(case: _Case) -> str:
    of_item = [run for run in case.night.plans if case.row.item.id in run.plan.items]
    said = "".join(f", {run.plan.id} missed on {run.missed_on}" for run in of_item if run.missed_on is not None)
    return f"in a plan {_amount(case, case.row.planned)}{said}"


def _resuming(case: _Case) -> str:
    free = case.row.blocks.free_on if case.row.blocks is not None else None
    return f"free again from {free}" if free else "nothing has ended"


def _charge(case: _Case) -> str:
    return f"{case.row.item.kind.value} on {case.row.item.of}"


def _small(case: _Case) -> str:
    own, currency = case.night.policy_of(case.row.item).minimum.item, case.row.item.currency
    least = limit_in(own.amount, currency, case.setting.entity)
    together = limit_in(case.setting.policy.minimum.account, currency, case.setting.entity)
    return f"small: {_amount(case, case.row.due)}, minimum {_amount(case, least)}, together {_amount(case, together)}"


def _activation(case: _Case) -> str:
    baseline = case.facts.state.baseline
    return "no old ledger" if baseline is None else f"taken up on {baseline.on}, released on {baseline.release_on}"


def _credit(case: _Case) -> str:
    unlinked = unapplied(case.facts, case.setting.policy).get(case.row.item.currency, 0)
    return f"{_amount(case, case.row.credit)} of {_amount(case, unlinked)} unlinked credit used on it"


def _doubt(case: _Case) -> str:
    doubtful = [w.notice_id for w in case.facts.state.waiting.values() if w.notice_id in case.facts.in_doubt]
    return f"notice {', '.join(doubtful)} is in doubt" if doubtful else "no notice in doubt"


def _ladder(case: _Case) -> str:
    state = case.facts.state.item(case.row.item.id)
    behind = f"level {state.level} after step {state.step}" if state.step else f"level {state.level}, no step yet"
    climb = Climb(case.night, case.night.policy_of(case.row.item))
    seen = [_of_step(one) for one in climb.seen(case.row)]
    return "; ".join([f"{case.row.days_past_due:+d} days", behind, *seen])


_LOOKS: Final[Mapping[Look, str]] = {
    Look.AHEAD: "{step} from {again}",
    Look.OUT_OF_RANGE: "{step} out of range",
    Look.UNMET: "{step} whose conditions do not hold",
    Look.LAPSED: "{step} lapsed",
    Look.FRESH: "{step} too soon after the invoice until {again}",
    Look.RESTS: "{step} rests until {again}",
    Look.TOO_FAR: "{step} too many levels up",
    Look.PART_PAID: "{step} held after a part payment until {again}",
    Look.WAITS: "{step} waits for its distance to the last message until {again}",
    Look.SAME_DAY: "{step} not twice a day",
    Look.NOT_DELIVERED: "{step} waits for the delivery of an earlier step until {again}",
    Look.NOT_APPROVED: "{step} waits for a person",
    Look.STALE: "{step} waits for newer ledger or bank data",
    Look.SPENT: "{step} is one message too many",
    Look.CAPPED: "{step} above the highest level for this item",
    Look.MAY_GO: "{step} reached",
}


def _of_step(seen: Seen) -> str:
    return _LOOKS[seen.look].format(step=seen.step.id, again=seen.again or "further notice")


def _live(case: _Case) -> str:
    return f"{case.setting.entity.id} is {'live' if case.setting.entity.live else 'not live'}"


def _gap(case: _Case) -> str:
    last, days = max(case.facts.state.last_accepted_on.values(), default=None), case.setting.policy.min_gap_days
    return f"last message {last or 'never'}, at least {days} day{'' if days == 1 else 's'} apart"


def _minimum(case: _Case) -> str:
    limits = case.setting.policy.minimum.account
    said = [_amount(case, minor, currency) for currency, minor in sorted(limits.items())]
    return f"minimum of the account {', '.join(said) or 'none'}"


def _most(case: _Case) -> str:
    sent = case.facts.state.notices.get(case.group, 0)
    most = case.setting.policy.max_notices or case.setting.policy.max_attempts  # of a campaign that repeats
    return f"{sent} message{'' if sent == 1 else 's'}, at most {most}"


def _readers(case: _Case) -> str:
    if case.plan is None:
        return "by role, on the customer's side"
    if case.plan.by_post:
        return "the company itself, by letter"
    return ", ".join(f"{reader.role} {reader.contact or 'at the account'}" for reader in case.plan.recipients)


def _window(case: _Case) -> str:
    if case.plan is not None:
        at = case.plan.not_before.isoformat(timespec="minutes")
        return f"{case.plan.template}, tone {case.plan.level}, to {_readers(case)}, not before {at}"
    return f"send days: {case.setting.policy.send_days.replace('_', ' ')}, next {case.verdict.next_check_on}"


def _amount(case: _Case, minor: int, currency: str | None = None) -> str:
    return case.money(minor, currency or case.row.item.currency)


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
_RULES: Final = (
    _Rule("open", frozenset({Reason.SETTLED}), _open),
    _Rule("principal", frozenset({Reason.CHARGE}), _charge, rare=True),
    _Rule("insolvency", frozenset({Reason.INSOLVENT}), _insolvency),
    _Rule("exclusion", frozenset({Reason.EXCLUDED}), _exclusion),
    _Rule("hold", frozenset({Reason.ON_HOLD}), _holds),
    _Rule("dispute", frozenset({Reason.DISPUTED}), _disputes),
    _Rule("plan", frozenset({Reason.PLANNED}), _plan, rare=True),
    _Rule("promise", frozenset({Reason.PROMISED}), _promises),
    _Rule("resume", frozenset({Reason.RESUMING}), _resuming, rare=True),
    _Rule("credit", frozenset({Reason.PAID_BY_CREDIT, Reason.COVERED}), _credit),
    _Rule("small items", frozenset({Reason.SMALL}), _small, rare=True),
    _Rule("old ledger", frozenset({Reason.TOO_OLD, Reason.NOT_RELEASED}), _activation, rare=True),
    _Rule("doubt about the item", frozenset({Reason.IN_DOUBT}), _doubt),
    _Rule(LADDER, _AHEAD, _ladder),
    _Rule("live", frozenset({Reason.NOT_LIVE}), _live, of_message=True),
    _Rule("doubt about the account", frozenset({Reason.IN_DOUBT}), _doubt, of_message=True),
    _Rule("most messages", frozenset({Reason.MOST_ATTEMPTS}), _most, of_message=True, rare=True),
    _Rule("minimum", frozenset({Reason.BELOW_MINIMUM}), _minimum, of_message=True),
    _Rule("readers", frozenset({Reason.NO_ADDRESS}), _readers, of_message=True),
    _Rule("gap", frozenset({Reason.TOO_SOON}), _gap, of_message=True),
    _Rule("window", frozenset({Reason.NO_SEND_DAY}), _window, of_message=True),
)
