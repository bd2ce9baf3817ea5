"""Decisions per second of the pure core on one core, beside the naive loop."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from bench import company, naive
from bench.figures import Figure, Measured
from bench.generate import AS_OF, Ledger
from core.decide.account import decide
from core.decide.model import Facts, Setting
from core.policy.step_facts import step_facts

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timed:
    """One way through all accounts: the fastest of several, and how many messages it led to."""

    seconds: float  # process CPU time
    messages: int


def measure(open_invoices: int, runs: int) -> Measured:
    """Two nights of one ledger: the first, on which everybody hears from us, and the one after it."""
    first, setting = load(Ledger(open_invoices)), company.setting()
    second = [reminded(facts, setting) for facts in first]
    return Measured(
        what="the pure core decides every account, due or not, in one process",
        beside="naive loop",
        given={
            "open_invoices": sum(len(facts.items) for facts in first),
            "accounts": len(first),
            "runs": runs,
            "clock": "process CPU time, best run",
        },
        figures=(*_figures("first_night", first, AS_OF, runs), *_figures("next_night", second, AS_OF + ONE_DAY, runs)),
    )


def load(ledger: Ledger) -> list[Facts]:
    """The accounts of a generated ledger that owe something, by way of a file and the product's reader."""
    with company.generated(ledger) as found:
        accounts = [company.facts_of(changes) for changes in found]
    return [account for account in accounts if account.items]


def reminded(facts: Facts, setting: Setting) -> Facts:
    """The account after its first night, on which the provider took every message."""
    decision = decide(facts, setting, AS_OF)
    state, levels = decision.state, step_facts(setting.policy)
    for notice in decision.notices:
        state = state.accept(notice.group, notice.steps, levels, AS_OF)
    return replace(facts, state=state)


def _figures(night: str, accounts: list[Facts], on: date, runs: int) -> list[Figure]:
    setting, simple = company.setting(), naive.inputs(accounts)
    ours = fastest(runs, accounts, lambda facts: len(decide(facts, setting, on).notices))
    theirs = fastest(runs, simple, lambda account: naive.remind(account, on) is not None)
    items, count = sum(len(facts.items) for facts in accounts), len(accounts)
    return [
        Figure(f"{night}_accounts", count / ours.seconds, "accounts/s", count / theirs.seconds),
        Figure(f"{night}_items", items / ours.seconds, "open invoices/s", items / theirs.seconds),
        Figure(f"{night}_per_account", ours.seconds / count * 1e6, "us CPU", theirs.seconds / count * 1e6),
        Figure(f"{night}_messages", ours.messages, "messages", theirs.messages),
    ]


def fastest(runs: int, inputs: Sequence[Any], decide_one: Callable[[Any], int]) -> Timed:
    """The best of several runs. The garbage collector leaves the inputs alone: on Lambda there are few at a time."""
    gc.collect()
    gc.freeze()
    best, messages = float("inf"), 0
    try:
        for _ in range(runs):
            began = time.process_time()
            messages = sum(decide_one(one) for one in inputs)
            best = min(best, time.process_time() - began)
    finally:
        gc.unfreeze()
    return Timed(best, messages)
