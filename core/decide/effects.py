"""The tracks beside the messages: tasks, marks on the account, notes to our people. The item clock alone rules them.

Source: the decision semantics, "Steps, tracks, catch-up": each step once, late if need be, and ended with its cause.
"""

from typing import Final

from core.balance import Netted, unapplied
from core.decide.adverse import brake, material, payments_fade_on, wait_for_delivery
from core.decide.after_last import DECIDE_NEXT, after_last
from core.decide.charges import fees_of, interest_of, no_rate_for
from core.decide.model import Facts, Held, Reason
from core.decide.night import Night
from core.decide.our_side import Announcement
from core.decide.outcome import Effects
from core.decide.proposals import end_effects, granted_tonight, propose
from core.decide.tasks import ASSIGN_ROLE, FIND_ADDRESS, close_ended, keep_task, repeat_task, role_gaps, task_once
from core.decide.tracks import HAND_OVER, Track, account_key, asks_first, first_of, fresh, tracks
from core.ledger import CreditKind
from core.policy.schema import Effect
from core.values import replace

__all__ = [
    "APPLY_CASH",
    "ASSIGN_ROLE",
    "FIND_ADDRESS",
    "INSOLVENCY",
    "Effects",
    "keep_task",
    "role_gaps",
    "run_effects",
]

APPLY_CASH: Final = "apply-cash"
INSOLVENCY: Final = "insolvency"
RATE_MISSING: Final = "rate-missing"
_ASKED: Final = frozenset({Effect.CREDIT_HOLD, Effect.PROPOSAL})  # done by being proposed, or set


def run_effects(night: Night) -> Effects:
    """Do each reached step once, close what has lost its cause, and say when to look again."""
    done = Effects(state=night.facts.state)
    found = tracks(night)
    for track in found:
        done.ahead += track.ahead
        if track.barred:
            done.held += [Held(row.item.id, track.key, Reason.HARDSHIP, None) for row in track.passing]
        elif track.passing or track.step.repeat is not None:  # no item, nothing to do; a clock has its own days
            _run(track, night, done)
    handed = after_last(night, done)
    if night.facts.state.tasks or night.facts.state.open_effects:  # what was begun may have lost its cause
        causes = {track.key: track.items for track in found} | handed
        wide = frozenset([DECIDE_NEXT, *(track.key for track in found if track.account_wide)])
        close_ended(causes, wide, night, done)
        end_effects(causes, wide, night, done)
    if done.state.done:
        _end_turns(found, done)
    _mark_status(found, night, done)
    _keep_tasks(night, done)
    return done


def end_begun(night: Night) -> Effects:
    """What was begun ends with its cause, and nothing else is done: of an entity whose sending is stopped."""
    memory = night.facts.state
    done = Effects(state=memory)
    if not (memory.tasks or memory.open_effects or memory.status):
        return done
    if not night.rows:
        return run_effects(night)  # with nothing open there is nothing to begin
    found = tracks(night)
    done.ahead += [day for track in found for day in track.ahead]
    still = frozenset([row.item.id for row in night.rows])
    causes = {track.key: track.items for track in found} | {HAND_OVER: still, DECIDE_NEXT: still}
    wide = frozenset([DECIDE_NEXT, *(track.key for track in found if track.account_wide)])
    close_ended(causes, wide, night, done)
    end_effects(causes, wide, night, done)
    return done


def _run(track: Track, night: Night, done: Effects) -> None:
    if asks_first(track.step, night) or track.step.effect is Effect.CREDIT_HOLD:
        granted = granted_tonight(track, night, done)
        if granted and track.step.effect not in _ASKED:
            _perform(track, granted, night, done)
        ready = _ready(track, night, done)
        if ready:
            propose(track, ready, night, done)
    elif track.step.repeat is not None:
        repeat_task(track, _ready(track, night, done), night, done)
    else:
        ready = _ready(track, night, done)
        if ready:
            done.told += [(track.step, row) for row in ready]
            _perform(track, ready, night, done)
            _mark(track, ready, night, done)


def _ready(track: Track, night: Night, done: Effects) -> list[Netted]:
    """The items that are new to the step and for which nothing holds it back tonight."""
    ready: list[Netted] = []
    for row in fresh(track, night, done.state):
        wait = wait_for_delivery(track.step, row, night)
        if wait is None:
            ready.append(row)
        else:
            done.ahead += [] if wait.again_on is None else [wait.again_on]
            done.held.append(Held(row.item.id, track.key, wait.reason, wait.again_on))
    if not ready:
        return []
    held = brake(track.step, night)
    if held is not None:
        done.ahead += [] if held.again_on is None else [held.again_on]
        done.held += [Held(row.item.id, track.key, held.reason, held.again_on) for row in ready]
        return []
    carried = material(track, ready, night)
    if len(carried) < len(ready):
        done.ahead += payments_fade_on(night)
        kept = {row.item.id for row in carried}
        light = (row.item.id for row in ready if row.item.id not in kept)
        done.held += [Held(item, track.key, Reason.IMMATERIAL, None) for item in light]
    return carried


def _mark(track: Track, rows: list[Netted], night: Night, done: Effects) -> None:
    if track.account_wide:
        done.mark_account(account_key(track, night, done.state))
    if not track.account_wide or track.step.effect is Effect.FEE:  # once an invoice, though its step may come anew
        done.mark(track.key, rows)


def _perform(track: Track, rows: list[Netted], night: Night, done: Effects) -> None:
    match track.step.effect:
        case Effect.TASK:
            cause = account_key(track, night, done.state) if track.account_wide else first_of(rows)
            task_once(track, rows, cause, night, done)
        case Effect.FEE:
            done.charges += fees_of(track.step, rows, night)
        case Effect.INTEREST:
            so_far = replace(night, facts=replace(night.facts, state=done.state))  # another step may have posted some
            charges = interest_of(track.step, rows, so_far)
            items = dict(done.state.items)
            for charge in charges:
                was = done.state.item(charge.item)
                items[charge.item] = replace(was, interest_minor=was.interest_minor + charge.minor)
            done.state = replace(done.state, items=items)
            done.charges += charges


def _end_turns(found: list[Track], done: Effects) -> None:
    """An account-wide step whose cause has ended may come anew; what counts occurrences has its clock for that."""
    for track in found:
        if not track.account_wide or track.items or track.step.when.occurrences_of:
            continue
        turn = done.state.turns.get(track.key, 0)
        mark = f"{track.key}#{turn}"
        if mark in done.state.done:
            kept = tuple(one for one in done.state.done if one != mark)
            done.state = replace(done.state, done=kept, turns={**done.state.turns, track.key: turn + 1})


def _mark_status(found: list[Track], night: Night, done: Effects) -> None:
    """The last status step that holds wins; where the state is computed anew each night, the most severe one."""
    marks = [track for track in found if track.step.effect is Effect.STATUS]
    if not marks and done.state.status is None and night.policy.advance != "state":
        return  # as for most accounts
    if night.policy.advance == "state":
        holding, status = [track for track in marks if track.items], night.policy.clear_stage
    else:
        holding, status = [track for track in marks if _stands(track, night, done)], None
    step = ""
    if night.policy.advance == "state" and not night.policy.falls and night.totals.open:
        holding = [track for track in marks if track in holding or track.step.status == done.state.status]
    if holding:
        status, step = holding[-1].step.status, holding[-1].key
    if status != done.state.status:
        done.state = replace(done.state, status=status)
        done.announcements.append(Announcement("status", step, status or ""))


def _stands(track: Track, night: Night, done: Effects) -> bool:
    """True while a mark that was begun has a cause."""
    if asks_first(track.step, night):
        return any(effect.step == track.key and effect.active for effect in done.state.open_effects.values())
    if track.account_wide:
        return bool(track.items) and account_key(track, night, done.state) in done.state.done
    return any(track.key in done.state.item(item).effects for item in track.items)


def _unapplied(facts: Facts) -> str:
    amounts = ", ".join(f"{currency} {minor}" for currency, minor in sorted(unapplied(facts).items()))
    return f"unapplied, minor units: {amounts}"


def _keep_tasks(night: Night, done: Effects) -> None:
    facts, missing = night.facts, no_rate_for(night)
    cash = [one for one in facts.credits if one.kind is CreditKind.PAYMENT and one.open_minor > 0]
    if not (cash or facts.customer.insolvent or missing or done.state.tasks):
        return  # as for most accounts
    keep_task(APPLY_CASH, bool(cash and facts.items), night, done, note=_unapplied(facts) if cash else "")
    keep_task(INSOLVENCY, facts.customer.insolvent and bool(facts.items), night, done)
    keep_task(RATE_MISSING, bool(missing), night, done, note="; ".join(missing))
