"""Decisions per second of the pure core on one core, under three policies, beside the naive loop."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeVar

from bench import company, memory, naive
from bench.accounts import chunks
from bench.figures import Figure, Measured
from bench.generate import AS_OF, Ledger
from core.decide.account import decide
from core.decide.model import Decision, Facts, Setting
from core.policy.step_facts import step_facts

POLICIES: Final = ("machinery-manufacturer", "ageing-7-14-30", "customer-friendly-three-levels")
CHUNK: Final = 50_000  # open invoices in memory at a time
_KEPT: Final = 100  # accounts whose decisions are kept at a time, as by a worker
ONE_DAY: Final = timedelta(days=1)
_NIGHTS: Final = (("first_night", AS_OF), ("next_night", AS_OF + ONE_DAY))
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Clock:
    """What deciding took so far, and how many messages it led to."""

    seconds: float = 0.0  # process CPU time
    messages: int = 0

    def timed(self, work: Callable[[T], R], inputs: Sequence[T]) -> list[R]:
        """What comes of each input; only the work is timed.

        The garbage collector leaves alone what was there before: on Lambda there are few accounts at a time.
        """
        gc.freeze()
        began = time.process_time()
        found = [work(one) for one in inputs]
        self.seconds += time.process_time() - began
        return found


@dataclass(slots=True)
class Pair:
    """The core and the naive loop on the same night of the same accounts under the same policy."""

    core: Clock
    loop: Clock
    items: int = 0
    accounts: int = 0


def measure(open_invoices: int, most: int = CHUNK) -> Measured:
    """Two nights of one ledger: the first, on which everybody hears from us, and the one after it.

    Each policy has every third account, as three entities of one company would.
    """
    settings = {name: company.setting(name) for name in POLICIES}
    pairs = {(name, night): Pair(Clock(), Clock()) for name in POLICIES for night, _ in _NIGHTS}
    before, peak = memory.now_kb(), 0
    for chunk in chunks(Ledger(open_invoices), most):
        for number, (name, setting) in enumerate(settings.items()):
            _decide(chunk[number :: len(settings)], setting, {night: pairs[name, night] for night, _ in _NIGHTS})
        peak = max(peak, memory.now_kb())
        gc.unfreeze()
    rates = [figure for key, pair in pairs.items() for figure in _figures("_".join(key), pair)]
    return Measured(
        what="the pure core decides every account, due or not, in one process",
        beside="naive loop",
        given={
            "open_invoices": sum(pairs[name, "first_night"].items for name in POLICIES),
            "accounts": sum(pairs[name, "first_night"].accounts for name in POLICIES),
            "policies": f"{', '.join(POLICIES)}: a third of the accounts each",
            "clock": "process CPU time of deciding alone, one run",
            "in_memory": f"{most} open invoices at a time",
        },
        figures=(
            *rates,
            _overall(list(pairs.values())),
            Figure("memory", (peak - before) / 1024, "MB above the start"),
        ),
    )


def _decide(chunk: list[Facts], setting: Setting, pairs: dict[str, Pair]) -> None:
    """Both nights of some accounts, by the core and by the loop."""
    facts, steps = chunk, naive.ladder(setting.policy)
    for night, on in _NIGHTS:
        pair, simple = pairs[night], naive.inputs(facts)
        pair.items += sum(len(one.items) for one in facts)
        pair.accounts += len(facts)
        told = pair.loop.timed(partial(naive.remind, today=on, steps=steps), simple)
        pair.loop.messages += sum(message is not None for message in told)
        parts = (facts[first : first + _KEPT] for first in range(0, len(facts), _KEPT))
        facts = [after for part in parts for after in _night(part, setting, on, pair.core)]


def _night(some: Sequence[Facts], setting: Setting, on: date, clock: Clock) -> list[Facts]:
    """The accounts after a night, on which the provider took every message."""
    decisions = clock.timed(partial(decide, setting=setting, as_of=on), some)
    clock.messages += sum(len(decision.notices) for decision in decisions)
    return [reminded(facts, decision, setting) for facts, decision in zip(some, decisions, strict=True)]


def reminded(facts: Facts, decision: Decision, setting: Setting) -> Facts:
    """An account after its night, on which the provider took every message."""
    state, levels = decision.state, step_facts(setting.policy)
    for notice in decision.notices:
        state = state.accept(notice.group, notice.steps, levels, decision.as_of)
    return replace(facts, state=state)


def _figures(name: str, pair: Pair) -> list[Figure]:
    ours, theirs, items, accounts = pair.core, pair.loop, pair.items, pair.accounts
    return [
        Figure(f"{name}_items", items / ours.seconds, "open invoices/s", items / theirs.seconds),
        Figure(f"{name}_per_account", ours.seconds / accounts * 1e6, "us CPU", theirs.seconds / accounts * 1e6),
        Figure(f"{name}_messages", ours.messages, "messages", theirs.messages),
    ]


def _overall(pairs: list[Pair]) -> Figure:
    ours, theirs = sum(pair.core.seconds for pair in pairs), sum(pair.loop.seconds for pair in pairs)
    decided = sum(pair.items for pair in pairs)
    return Figure("all_items", decided / ours, "open invoices/s", decided / theirs)
