"""The rules that were tried on each item, with the facts that they looked at: the trace of a decision.

The verdict says which rule stopped an item; the facts come from the survey that deciding itself makes.
"""

from collections.abc import Hashable
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from core.decide.account import survey
from core.decide.check_facts import LADDER, RULES, Alike, Case, MoneyText, Rule
from core.decide.ladder import Climb
from core.decide.model import Check, Decision, Facts, Held, Reason, Setting, Verdict
from core.decide.night import Night

__all__ = ["EFFECT", "LADDER", "MoneyText", "in_minor_units", "with_checks"]

EFFECT: Final = "step "  # begins the name of a rule that held back a step without message


def in_minor_units(minor: int, currency: str) -> str:
    """An amount where nobody says how to write it."""
    return f"{currency} {minor} (minor units)"


def with_checks(decision: Decision, facts: Facts, setting: Setting, *, money: MoneyText) -> Decision:
    """The same decision, its verdicts completed by the rules that were tried, as an account's history keeps them.

    Args: `facts` are those that were decided, their state the memory *before* it; `money` writes amounts.
    """
    night = survey(facts, setting, decision.as_of)
    rows = {row.item.id: row for row in night.rows}
    plans = {due.item: plan for plan in decision.notices for due in plan.steps}
    held, said = _by_item(decision.held), _Said(night, money)
    climbs: dict[str | None, Climb] = {}
    verdicts: list[Verdict] = []
    for verdict in decision.verdicts:
        row = rows[verdict.item]
        climb = climbs.get(row.item.policy)
        if climb is None:
            climb = climbs[row.item.policy] = Climb(night, night.policy_of(row.item))
        case = Case(night, money, climb, row, verdict, plans.get(verdict.item))
        checks = (*said.of(case), *held.get(verdict.item, ()))
        verdicts.append(Verdict(*verdict[:-1], checks))
    return decision._replace(verdicts=tuple(verdicts))


class _Run(NamedTuple):
    """Rules that are tried one after another and look at the same part of a case."""

    alike: Alike | None
    rules: tuple[tuple[Rule, bool], ...]  # and whether the item passed each
    of_message: bool
    ends: tuple[str, bool]  # the name of the last one, and whether it was passed: no two runs end alike

    def checks(self, case: Case) -> list[Check]:
        """Each rule with its facts."""
        return [Check(rule.name, passed, rule.fact(case)) for rule, passed in self.rules]


class _Said:
    """What was said of an account's items so far: most of it is the same for many of them.

    Of items of which nobody ever said anything the same is said on all accounts.
    """

    def __init__(self, night: Night, money: MoneyText) -> None:
        self._known: dict[Hashable, list[Check]] = {}
        self._of_all = (
            night.policy.by_night.of((night.as_of, night.holidays)) if _is_quiet(night.facts) else self._known
        )
        self._money = money

    def of(self, case: Case) -> list[Check]:
        """The checks of one item."""
        checks: list[Check] = []
        verdict = case.verdict
        for run in _tried(verdict.reason, verdict.step is not None):
            if run.alike is None:
                checks += run.checks(case)
                continue
            key = (run.ends, self._money, run.alike(case))
            said = self._known if run.of_message else self._of_all
            known = said.get(key)
            if known is None:
                known = said[key] = run.checks(case)
            checks += known
        return checks


@lru_cache(maxsize=128)  # there are not many more outcomes
def _tried(reason: Reason, due: bool) -> tuple[_Run, ...]:
    """Every rule up to the one that stopped an item of this outcome; those behind it were not tried."""
    tried: list[tuple[Rule, bool]] = []
    for rule in RULES:
        if rule.of_message and not due:
            break
        stopped = reason in rule.stops and rule.of_message == due
        if stopped or not rule.rare:
            tried.append((rule, not stopped))
        if stopped:
            break
    runs = [(alike, tuple(rules)) for alike, rules in groupby(tried, key=lambda one: one[0].alike)]
    return tuple(
        _Run(alike, rules, rules[-1][0].of_message, (rules[-1][0].name, rules[-1][1])) for alike, rules in runs
    )


def _is_quiet(facts: Facts) -> bool:
    """True when nothing was ever said of an account beside its invoices."""
    said = facts.holds or facts.disputes or facts.promises or facts.credits or facts.in_doubt
    return not said and not facts.customer.insolvent


def _by_item(held: tuple[Held, ...]) -> dict[str, list[Check]]:
    """The steps without message that items have reached and that were held back."""
    found: dict[str, list[Check]] = {}
    for one in held:
        fact = f"{one.reason.value}, again {one.again_on or 'on an event'}"
        found.setdefault(one.item, []).append(Check(EFFECT + one.step, passed=False, fact=fact))
    return found
