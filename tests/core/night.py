"""Whole nights on the core alone: decide, then let every planned message be accepted at once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from core.decide.account import GROUP, decide, next_check_on
from core.decide.model import Decision, Facts, Setting
from core.policy.step_facts import step_facts
from core.state import AccountState


def accept(decision: Decision, setting: Setting) -> AccountState:
    """The account's memory after the provider took everything that the decision planned."""
    state = decision.state
    facts = step_facts(setting.policy)
    for notice in decision.notices:
        state = state.accept(notice.group, notice.steps, facts, decision.as_of)
    if not decision.notices and GROUP in state.waiting:
        state = state.end(GROUP)
    return state


def nights(
    setting: Setting,
    first: date,
    last: date,
    ledger: Callable[[date], Facts],
    *,
    skip_idle: bool = False,
    state: AccountState | None = None,
) -> Iterator[Decision]:
    """Every night's decision. `ledger` gives the facts known on a day; with `skip_idle` an account is looked at only
    from its next_check_on, or when its facts have changed."""
    memory, known, check_on = state or AccountState(), None, first
    day = first
    while day <= last:
        now = ledger(day)
        if not skip_idle or now != known or (check_on is not None and check_on <= day):
            decision = decide(replace(now, state=memory), setting, day)
            memory = accept(decision, setting)
            check_on = decision.next_check_on
            if decision.notices:
                check_on = next_check_on(replace(now, state=memory), setting, day)
            known = now
            yield decision
        day += timedelta(days=1)
