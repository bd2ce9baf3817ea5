"""Decisions per second of the pure core on one core, under four policies, beside the naive loop."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeVar

from bench import company, memory, naive
from bench.accounts import chunks
from bench.figures import Figure, Measured
from bench.generate import AS_OF, Ledger
from core.decide.groups import GROUP
from core.decide.model import Decision, Facts, Setting
from core.decide.tonight import Tonight
from core.ledger import Item
from core.policy.schema import Audience, Policy, Step
from core.policy.step_facts import step_facts
from core.state import AccountState, ItemState

POLICIES: Final = ("machinery-manufacturer", "ageing-7-14-30", "customer-friendly-three-levels")
CHUNK: Final = 50_000  # open invoices in memory at a time
_KEPT: Final = 100  # accounts whose decisions are kept at a time, as by a worker
ONE_DAY: Final = timedelta(days=1)
_NIGHTS: Final = (("first_night", AS_OF), ("next_night", AS_OF + ONE_DAY))
_STEADY: Final = "four-levels_steady"  # reminded every night until now: what most nights of a company are
_FRESH: Final = "four-levels_fresh"  # nobody was ever reminded
_LEVELS: Final = {"level-1": 3, "level-2": 14, "level-3": 30, "level-4": 60}  # days past due
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

    core: Clock = field(default_factory=Clock)
    loop: Clock = field(default_factory=Clock)
    items: int = 0
    accounts: int = 0
    in_full: int = 0  # accounts that the core did not decide from what it knew of items like theirs


def measure(open_invoices: int, most: int = CHUNK) -> Measured:
    """Nights of one ledger under three shipped policies, a third of the accounts each, and under four plain levels.

    Those of the shipped policies hear from us for the first time, and live the night after it. All accounts are decided
    by four levels too: never reminded before, and reminded every night until the one that is measured.
    """
    settings = {name: company.setting(name) for name in POLICIES}
    levels = replace(company.setting(), policy=four_levels())
    pairs = {f"{name}_{night}": Pair() for name in POLICIES for night, _ in _NIGHTS} | {_FRESH: Pair(), _STEADY: Pair()}
    tonight = {(name, on): Tonight(setting, on) for name, setting in settings.items() for _, on in _NIGHTS}
    fresh, steady = Tonight(levels, AS_OF), Tonight(levels, AS_OF)
    before, peak = memory.now_kb(), 0
    for chunk in chunks(Ledger(open_invoices), most):
        for number, (name, setting) in enumerate(settings.items()):
            facts = chunk[number :: len(settings)]
            for night, on in _NIGHTS:
                decided = _night(facts, setting.policy, on, tonight[name, on], pairs[f"{name}_{night}"])
                facts = [reminded(one, decision, setting) for one, decision in decided]
        _night(chunk, levels.policy, AS_OF, fresh, pairs[_FRESH])
        _night([reminded_until(one, AS_OF) for one in chunk], levels.policy, AS_OF, steady, pairs[_STEADY])
        peak = max(peak, memory.now_kb())
        gc.unfreeze()
    return Measured(
        what="the pure core decides every account, due or not, in one process",
        beside="naive loop",
        given={
            "open_invoices": pairs[_STEADY].items,
            "accounts": pairs[_STEADY].accounts,
            "policies": f"{', '.join(POLICIES)}: a third of the accounts each; four levels: all",
            "clock": "process CPU time of deciding alone, one run",
            "in_memory": f"{most} open invoices at a time",
        },
        figures=(
            *[figure for name, pair in pairs.items() for figure in _figures(name, pair)],
            _overall(list(pairs.values())),
            Figure("memory", (peak - before) / 1024, "MB above the start"),
        ),
    )


def four_levels() -> Policy:
    """Four reminders, each louder than the one before, and nothing after the last; all else as policies have it."""
    steps = tuple(
        Step(id=name, offset_days=days, level=level, template="reminder", audience=Audience(customer=("ap_contact",)))
        for level, (name, days) in enumerate(_LEVELS.items(), start=1)
    )
    return Policy(policy="four-levels", version=1, max_jump="any", after_last_step="nothing", steps=steps)


def reminded_until(facts: Facts, as_of: date) -> Facts:
    """An account that was reminded on the day of each level until the night before `as_of`."""
    if facts.holds or not facts.contacts:
        return facts
    states = {item.id: state for item in facts.items if (state := _climbed(item, as_of)) is not None}
    if not states:
        return facts
    last = max(state.last_on for state in states.values() if state.last_on is not None)
    tone = max(state.level for state in states.values())
    return replace(
        facts,
        state=AccountState(items=states, last_accepted_on={GROUP: last}, tones={GROUP: tone}, notices={GROUP: tone}),
    )


def _climbed(item: Item, as_of: date) -> ItemState | None:
    steps = [(name, days) for name, days in _LEVELS.items() if item.due_on + timedelta(days=days) < as_of]
    if not steps or item.disputed_all:
        return None
    name, days = steps[-1]
    on = item.due_on + timedelta(days=days)
    return ItemState(level=len(steps), step=name, attempts=len(steps), last_on=on, climbed_on=on)


def _night(
    facts: Sequence[Facts], policy: Policy, on: date, tonight: Tonight, pair: Pair
) -> list[tuple[Facts, Decision]]:
    """One night of some accounts, by the core and by the loop. Returns: each account and its decision."""
    simple, before = naive.inputs(facts), tonight.in_full
    pair.items += sum(len(one.items) for one in facts)
    pair.accounts += len(facts)
    told = pair.loop.timed(partial(naive.remind, today=on, steps=naive.ladder(policy)), simple)
    pair.loop.messages += sum(message is not None for message in told)
    decided = list[tuple[Facts, Decision]]()
    for first in range(0, len(facts), _KEPT):
        part = facts[first : first + _KEPT]
        decided += zip(part, pair.core.timed(tonight.decide, part), strict=True)
    pair.core.messages += sum(len(decision.notices) for _, decision in decided)
    pair.in_full += tonight.in_full - before
    return decided


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
        Figure(f"{name}_in_full", pair.in_full * 100 / accounts, "% of accounts decided by themselves"),
    ]


def _overall(pairs: list[Pair]) -> Figure:
    ours, theirs = sum(pair.core.seconds for pair in pairs), sum(pair.loop.seconds for pair in pairs)
    decided = sum(pair.items for pair in pairs)
    return Figure("all_items", decided / ours, "open invoices/s", decided / theirs)
