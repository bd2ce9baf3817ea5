"""The tracks beside the messages: which items pass each step tonight, and which of them are new to it.

Source: the decision semantics, "Steps, tracks, catch-up": steps without message are done once, late if need be.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from core.balance import Netted
from core.decide.clocks import in_range
from core.decide.conditions import changes_on, holds
from core.decide.night import Night
from core.decide.reach import reach_on
from core.policy.schema import Adverse, Effect, Policy, Scope, Step
from core.state import AccountState

HAND_OVER: Final = "hand-over"  # the mark of an item about which nothing else happens
# Tested like the tone of a message: small and old alone does none of these.
JUDGED: Final = frozenset({Effect.FEE, Effect.CREDIT_HOLD, Effect.STATUS, Effect.PROPOSAL, Effect.NOTIFY})
_NOT_IN_HARDSHIP: Final = frozenset({Effect.FEE, Effect.CREDIT_HOLD, Effect.PROPOSAL})


class Track(NamedTuple):
    """One step of one policy tonight."""

    key: str
    step: Step
    policy: Policy
    passing: list[Netted]  # reached it, and its conditions hold
    ahead: list[date]  # on which more or fewer may pass although nothing happens
    barred: bool = False  # never for this customer: none passes, whoever reached it

    @property
    def account_wide(self) -> bool:
        """True when it happens once for the account: an account buys on credit, or it does not."""
        return self.step.scope is Scope.ACCOUNT or self.step.effect is Effect.CREDIT_HOLD

    @property
    def items(self) -> frozenset[str]:
        """The ids of the items that are its cause."""
        return frozenset() if self.barred else frozenset([row.item.id for row in self.passing])


def tracks(night: Night) -> list[Track]:
    """Every step without message of the account's policy and of those that its items name, in order."""
    found: list[Track] = []
    for policy, rows in _by_policy(night):
        prefix = "" if policy is night.policy else f"{policy.policy}:"
        everything = judged = _Chased.of(rows)
        large = [row for row in rows if not row.small]
        if len(large) < len(rows):  # small ones are chased with the others at level 1, and nothing more
            judged = _Chased.of(large)
        asked = [one for one in policy.asking if asks_first(one, night)]
        for step in (*policy.effects, *asked):
            chased = judged if step.effect in JUDGED else everything
            passing, ahead = (
                _by_days(step, chased, night) if step.id in policy.by_days else _by_rules(step, chased.rows, night)
            )
            found.append(Track(prefix + step.id, step, policy, passing, ahead, forbidden(step, night)))
    return found


class _Chased(NamedTuple):
    """Rows of one policy, and the one that is due longest."""

    rows: list[Netted]
    oldest: Netted | None

    @classmethod
    def of(cls, rows: list[Netted]) -> "_Chased":
        """Any rows."""
        oldest = None
        for row in rows:
            if oldest is None or row.days_past_due > oldest.days_past_due:
                oldest = row
        return cls(rows, oldest)


def by_person(step: str) -> str:
    """The mark of an item for which a person did the task of a step: it is not asked for again."""
    return f"{step}#done"


def _by_policy(night: Night) -> list[tuple[Policy, list[Netted]]]:
    chased = [row for row in night.rows if row.blocked is None and row.due > 0 and row.item.kind.principal]
    if not night.setting.policies:
        return [(night.policy, chased)]
    found: dict[int, tuple[Policy, list[Netted]]] = {id(night.policy): (night.policy, [])}
    for row in chased:
        policy = night.policy_of(row.item)
        found.setdefault(id(policy), (policy, []))[1].append(row)
    return list(found.values())


def _by_days(step: Step, chased: _Chased, night: Night) -> tuple[list[Netted], list[date]]:
    """The same as by rules, for a step that an item reaches by its days past due alone."""
    if chased.oldest is None:
        return [], []
    if chased.oldest.days_past_due < step.offset_days:  # as mostly: none has reached it
        return [], [chased.oldest.item.due_on + step.offset]
    there = [row for row in chased.rows if row.days_past_due >= step.offset_days]
    coming = [row.item.due_on + step.offset for row in chased.rows if row.days_past_due < step.offset_days]
    if step.asks_nothing:
        return there, coming
    return _holding(step, there, night), coming + _changes(step, there, night)


def _by_rules(step: Step, rows: list[Netted], night: Night) -> tuple[list[Netted], list[date]]:
    there: list[Netted] = []
    coming: list[date] = []
    for row in rows:
        on = reach_on(step, row, night)
        if on is not None:
            if on > night.as_of:
                coming.append(on)
            else:
                there.append(row)
    return _holding(step, there, night), coming + _changes(step, there, night)


def forbidden(step: Step, night: Night) -> bool:
    """Hardship: no fees, no credit hold, no threats."""
    customer = night.facts.customer
    return customer.hardship and (step.effect in _NOT_IN_HARDSHIP or step.adverse is not None)


def _holding(step: Step, there: list[Netted], night: Night) -> list[Netted]:
    """Those that have reached a step and that its conditions and range hold."""
    last = step.valid_until_dpd if step.effect is Effect.STATUS else None
    if step.repeat is not None:
        there = [row for row in there if in_range(step, row.age)]
    elif last is not None:
        there = [row for row in there if row.age <= last]
    return there if step.when.empty else [row for row in there if holds(step, row, night)]


def _changes(step: Step, there: list[Netted], night: Night) -> list[date]:
    """The dates ahead on which a reached step begins or ends to hold an item by itself."""
    if step.asks_nothing and not step.early:
        return []
    until = step.repeat.until_dpd if step.repeat is not None else None
    lasts = [last + 1 for last in (step.valid_until_dpd, until) if last is not None]
    ahead: list[date] = []
    for row in there:
        ahead += changes_on(step.when, row, night)
        ahead += [night.as_of + timedelta(days=edge - row.age) for edge in lasts]
        if step.early:
            ahead.append(row.item.issued_on + timedelta(days=step.min_days_after_issue))
    return [day for day in ahead if day > night.as_of]


def first_of(rows: list[Netted]) -> str:
    """What names a cause that several items share: the first of them by its id, in its cycle."""
    item = min((row.item for row in rows), key=lambda item: item.id)
    return f"{item.id}#{item.cycle}"


def account_key(track: Track, night: Night, state: AccountState) -> str:
    """Under which an account-wide step is done once: until its cause has ended and comes anew."""
    clock = night.clocks.get(clock_of(track, track.step.when.occurrences_of or ""))
    return f"{track.key}#{state.turns.get(track.key, 0) if clock is None else clock.base}"


def clock_of(track: Track, step_id: str) -> str:
    """The key of another step of the same policy."""
    return track.key.removesuffix(track.step.id) + step_id


def fresh(track: Track, night: Night, state: AccountState) -> list[Netted]:
    """The passing items for which the step is not yet done, may still begin, and that were not handed over."""
    if track.account_wide and account_key(track, night, state) in state.done:
        return []
    return [row for row in track.passing if _begins(track, row, night, state)]


def _begins(track: Track, row: Netted, night: Night, state: AccountState) -> bool:
    step, done = track.step, state.item(row.item.id).effects
    once = not track.account_wide or step.effect is Effect.FEE
    if HAND_OVER in done or (once and track.key in done):
        return False
    if step.early and night.as_of < row.item.issued_on + timedelta(days=step.min_days_after_issue):
        return False
    return step.last_valid_dpd is None or row.age <= step.last_valid_dpd


def harsh(step: Step) -> bool:
    """True for what hurts the customer: brakes hold it."""
    return step.adverse is not None or step.effect in (Effect.FEE, Effect.CREDIT_HOLD)


def asks_first(step: Step, night: Night) -> bool:
    """True when a person must agree first; of a consumer nothing goes to an agency or to court without one."""
    if step.effect is Effect.PROPOSAL or step.approval:
        return True
    return night.facts.customer.kind == "consumer" and step.adverse in (Adverse.LEGAL, Adverse.AGENCY)
