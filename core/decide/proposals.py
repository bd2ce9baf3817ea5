"""What a person must agree to first, and credit holds: proposed, heard of, carried out, and ended with their cause.

Source: the decision semantics, "Steps, tracks, catch-up": `needs_approval`; the sales owner hears two business days
before; lifting never needs approval, and what ended is not set again without a new one.
"""

from collections.abc import Mapping
from typing import Final

from core.balance import Netted
from core.calendar import add_business_days
from core.decide.adverse import ONE_DAY, brake
from core.decide.model import Held, Reason
from core.decide.night import Night
from core.decide.our_side import Announcement, ProposalPlan
from core.decide.outcome import Effects
from core.decide.readers import our_people
from core.decide.tracks import Track, account_key, asks_first, first_of
from core.keys import stable_id
from core.ledger import Approval
from core.policy.schema import Audience, Effect
from core.state import OpenEffect
from core.values import replace

NOTICE_DAYS: Final = 2  # business days in which the sales owner may still object


def propose(track: Track, rows: list[Netted], night: Night, done: Effects) -> None:
    """Ask a person about these items, or set the hold at once where nobody need be asked."""
    step, state = track.step, done.state
    turn, setting = state.turns.get(track.key, 0), night.setting
    cause = "account" if track.account_wide else first_of(rows)
    parts = (setting.deployment, setting.entity.id, night.facts.customer.id, track.key, cause, str(turn))
    key, items = stable_id("proposal", *parts), tuple(row.item.id for row in rows)
    hold = step.effect is Effect.CREDIT_HOLD
    again = hold and any(track.key in state.item(item).effects for item in items)  # it was set for one of them before
    asked = again or asks_first(step, night)
    if hold and not asked:
        done.mark(track.key, rows)
    if track.account_wide:
        done.mark_account(account_key(track, night, state))
    else:
        done.mark(track.key, rows)
    effect = OpenEffect(track.key, items, night.as_of, active=not asked, hold=hold)
    done.state = replace(done.state, open_effects={**done.state.open_effects, key: effect})
    done.told += [(step, row) for row in rows]
    if not asked:
        done.announcements.append(Announcement("credit_hold_set", track.key))
        return
    role = step.audience.ours[0] if step.audience.ours else track.policy.after_last_owner
    owners = our_people(night.facts, setting, role)
    what = step.proposal or step.task or step.status or step.effect.value
    done.proposals.append(ProposalPlan(key, track.key, what, items, role, owners[0].id if owners else None))


def granted_tonight(track: Track, night: Night, done: Effects) -> list[Netted]:
    """Carry each open proposal of a step one stage further; the rows whose step may be done tonight."""
    rows: list[Netted] = []
    for key, effect in night.facts.state.open_effects.items():
        if effect.step != track.key or key not in done.state.open_effects:
            continue
        mine = track.passing if track.account_wide else [row for row in track.passing if row.item.id in effect.items]
        if mine and _stage(key, effect, track, mine, night, done):
            rows += mine
    return rows


def _stage(key: str, effect: OpenEffect, track: Track, rows: list[Netted], night: Night, done: Effects) -> bool:
    """True on the night on which what was proposed is carried out."""
    answer = _answer(key, night)
    if answer is not None and not answer.granted:
        _refused(key, effect, done)
    elif effect.active:
        return False
    elif answer is None:
        done.held += [Held(row.item.id, track.key, Reason.NOT_APPROVED, None) for row in rows]
    elif effect.heard_on is None:
        _heard(key, effect, track, rows, night, done)
    else:
        return _carry_out(key, effect, track, rows, night, done, answer)
    return False


def _answer(key: str, night: Night) -> Approval | None:
    """The last word about a proposal."""
    found = [approval for approval in night.facts.approvals if approval.proposal == key]
    return max(found, key=lambda approval: approval.decided_on, default=None)


def _refused(key: str, effect: OpenEffect, done: Effects) -> None:
    """Never for this cause; what a person had granted before is taken back."""
    if effect.active:
        _keep(key, replace(effect, active=False), done)
        if effect.hold:
            _lifted(effect, done)


def _heard(key: str, effect: OpenEffect, track: Track, rows: list[Netted], night: Night, done: Effects) -> None:
    _keep(key, replace(effect, heard_on=night.as_of), done)
    told = track.step.model_copy(update={"audience": Audience(ours=(track.policy.heard_by,))})
    done.approved += [(told, row) for row in rows]
    again = add_business_days(night.as_of, NOTICE_DAYS, night.holidays)
    done.ahead.append(again)
    done.held += [Held(row.item.id, track.key, Reason.NOT_APPROVED, again) for row in rows]


def _carry_out(
    key: str, effect: OpenEffect, track: Track, rows: list[Netted], night: Night, done: Effects, answer: Approval
) -> bool:
    days = (day for day in (effect.heard_on, answer.decided_on) if day is not None)
    free_on = max(add_business_days(day, NOTICE_DAYS, night.holidays) for day in days)
    if night.as_of < free_on:
        done.ahead.append(free_on)
        done.held += [Held(row.item.id, track.key, Reason.NOT_APPROVED, free_on) for row in rows]
        return False
    wait = brake(track.step, night)
    if wait is not None:
        done.ahead += [] if wait.again_on is None else [wait.again_on]
        done.held += [Held(row.item.id, track.key, wait.reason, wait.again_on) for row in rows]
        return False
    _keep(key, replace(effect, active=True, since=night.as_of), done)
    if track.step.effect is Effect.MESSAGE:  # the ladder knows of it tomorrow
        done.ahead.append(night.as_of + ONE_DAY)
    if effect.hold:
        done.also_told += [(track.step, row, 1) for row in rows]
    said = "credit_hold_set" if effect.hold else "proposal_granted"
    done.announcements.append(Announcement(said, track.key, track.step.proposal or ""))
    return True


def _keep(key: str, effect: OpenEffect, done: Effects) -> None:
    done.state = replace(done.state, open_effects={**done.state.open_effects, key: effect})


def end_effects(causes: Mapping[str, frozenset[str]], wide: frozenset[str], night: Night, done: Effects) -> None:
    """Lift holds and withdraw proposals that no item is a cause of any more; each may come again, as a new one."""
    for key, effect in night.facts.state.open_effects.items():
        cause = causes.get(effect.step, frozenset())
        if cause if effect.step in wide else cause.intersection(effect.items):
            continue
        _end(key, effect, done)


def _end(key: str, effect: OpenEffect, done: Effects) -> None:
    state, step, held = done.state, effect.step, effect.active and effect.hold
    if not held:
        done.withdrawn.append(key)
    items = dict(state.items)
    for item in effect.items:
        if item in items and not effect.hold:  # a hold leaves its mark: not set again without a person
            left = tuple(mark for mark in items[item].effects if mark != step)
            items[item] = replace(items[item], effects=left)
    done.state = replace(
        state,
        items=items,
        open_effects={k: v for k, v in state.open_effects.items() if k != key},
        done=tuple(mark for mark in state.done if not mark.startswith(f"{step}#")),
        turns={**state.turns, step: state.turns.get(step, 0) + 1},
    )
    if held:
        _lifted(effect, done)


def _lifted(effect: OpenEffect, done: Effects) -> None:
    """Say that a hold has ended, unless another one stands: who hears it would sell on credit again."""
    if not done.state.credit_hold:
        done.announcements.append(Announcement("credit_hold_lifted", effect.step))
