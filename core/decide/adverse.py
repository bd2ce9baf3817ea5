"""What a harsh step waits for: a delivered step before it, fresh data, an address, quiet after a payment, an amount.

Source: the decision semantics, "Steps, tracks, catch-up" (adverse steps), "What is dunnable" (after a payment) and
"Limits and tone" (materiality).
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from core.balance import Netted
from core.decide.model import Reason
from core.decide.night import Night
from core.decide.readers import customer_readers
from core.decide.tracks import JUDGED, Track, asks_first, harsh
from core.limits import limit_in
from core.policy.schema import Scope, Step
from core.policy.steps import REALLY_DELIVERED
from core.state import Sent

ONE_DAY = timedelta(days=1)


class Wait(NamedTuple):
    """Why a step may not be done tonight, and the date on which that may change by itself."""

    reason: Reason
    again_on: date | None = None


def wait_for_delivery(step: Step, row: Netted, night: Night) -> Wait | None:
    """The required step must have arrived, and the interval since its first delivery must be over."""
    if not step.requires_step:
        return None
    really = step.adverse in REALLY_DELIVERED
    days = [one.arrived_on(really=really) for one in sent_before(step, row, night).values()]
    arrived = min((day for day in days if day is not None), default=None)
    if arrived is None:
        return Wait(Reason.NOT_DELIVERED)
    ready_on = arrived + timedelta(days=step.requires_days)
    return None if ready_on <= night.as_of else Wait(Reason.NOT_DELIVERED, ready_on)


def sent_before(step: Step, row: Netted, night: Night) -> dict[str, Sent]:
    """What went out of the steps that this one requires, by their keys."""
    prefix, sent = night.key(step, row.item).removesuffix(step.id), night.state(row).sent
    found = {prefix + needed: sent[prefix + needed] for needed in step.requires_step if prefix + needed in sent}
    return found or _before_it_was_asked(step, row, night)


def _before_it_was_asked(step: Step, row: Netted, night: Night) -> dict[str, Sent]:
    """The acceptance of a required step that nobody required when it went out: under an older policy, or elsewhere.

    Where the item's last step is another one of this policy, nobody knows whether the required one went out.
    """
    state, policy = night.state(row), night.policy_of(row.item)
    prefix = night.key(step, row.item).removesuffix(step.id)
    last_step = (state.step or "").removeprefix(prefix)
    if policy.step(last_step) is not None and last_step not in step.requires_step:
        return {}
    needed = [one for name in step.requires_step if (one := policy.step(name)) is not None]
    first = min(needed, key=lambda one: one.level, default=None)
    last = state.climbed_on or max(night.facts.state.last_accepted_on.values(), default=None)
    if first is None or last is None or not 0 < first.level <= state.level:
        return {}
    return {prefix + first.id: Sent(last)}


def brake(step: Step, night: Night) -> Wait | None:
    """What holds every harsh step of the account tonight; None when nothing does, or the step is not harsh."""
    if not harsh(step):
        return None
    if stale(night):
        return Wait(Reason.STALE, night.as_of + ONE_DAY)
    quiet = quiet_until(night)
    if quiet is not None:
        return Wait(Reason.PART_PAID, quiet)
    readers, _ = customer_readers(night.facts, night.setting, step.audience.customer or ("ap_contact",))
    return None if readers else Wait(Reason.NO_ADDRESS)


def wait_of_message(step: Step, row: Netted, night: Night) -> Wait | None:
    """What holds a message step back: as any step, and a person's word where it needs one."""
    if not step.requires_step and step.adverse is None and step.needs_approval is None:
        return None  # as most messages are
    held = wait_for_delivery(step, row, night) or brake(step, night)
    if held is None and asks_first(step, night) and not _approved(step, row, night):
        return Wait(Reason.NOT_APPROVED, goes_stale_on(step, night))
    return held


def _approved(step: Step, row: Netted, night: Night) -> bool:
    key, wide = night.key(step, row.item), step.scope is Scope.ACCOUNT
    open_ones = (one for one in night.facts.state.open_effects.values() if one.step == key)
    granted = (one for one in open_ones if one.active and one.since < night.as_of)  # a rerun changes nothing
    return any(wide or row.item.id in one.items for one in granted)


def stale(night: Night) -> bool:
    """True when ledger or bank data are older than the policy trusts for a harsh step."""
    brakes, entity = night.policy.brakes, night.setting.entity
    return _too_old(entity.ledger_as_of, brakes.ledger_days, night.as_of) or _too_old(
        entity.bank_as_of, brakes.bank_days, night.as_of
    )


def _too_old(complete_on: date | None, most_days: int | None, as_of: date) -> bool:
    return complete_on is not None and most_days is not None and (as_of - complete_on).days > most_days


def goes_stale_on(step: Step, night: Night) -> date | None:
    """The day on which ledger or bank data will be too old for a harsh step, unless newer ones come in before."""
    brakes, entity = night.policy.brakes, night.setting.entity
    if not harsh(step) or (brakes.ledger_days, brakes.bank_days) == (None, None):
        return None
    pairs = ((entity.ledger_as_of, brakes.ledger_days), (entity.bank_as_of, brakes.bank_days))
    days = (on + timedelta(days=most + 1) for on, most in pairs if on is not None and most is not None)
    return min((day for day in days if day > night.as_of), default=None)


def quiet_until(night: Night) -> date | None:
    """The first day on which harsh steps may begin again after a payment or credit was recorded; None when they may."""
    days = timedelta(days=night.policy.hold_after_payment_days)
    return max((on + days for on in _recorded(night) if on <= night.as_of < on + days), default=None)


def _recorded(night: Night) -> Iterator[date]:
    for item in night.facts.items:
        yield from (payment.recorded_on for payment in item.part_payments)
    yield from (credit.recorded_on for credit in night.facts.credits)
    yield from (closed.recorded_on for closed in (*night.facts.state.paid, *night.facts.state.cleared))


def material(track: Track, rows: list[Netted], night: Night) -> list[Netted]:
    """The rows whose currency carries the step: what passes it reaches the minimum and a real part of the overdue."""
    if track.step.effect not in JUDGED or night.policy.materiality_of == "wording":
        return rows
    verdicts = {currency: _carries(currency, track.passing, night) for currency in _currencies(rows)}
    return [row for row in rows if verdicts[row.item.currency]]


def _currencies(rows: Iterable[Netted]) -> set[str]:
    return {row.item.currency for row in rows}


def _carries(currency: str, passing: list[Netted], night: Night) -> bool:
    minor = sum(row.due for row in passing if row.item.currency == currency)
    overdue = night.overdue.get(currency, 0)
    overdue += sum(paid.minor for paid in just_paid(night) if paid.currency == currency)
    if minor < limit_in(night.policy.minimum.account, currency, night.setting.entity):
        return False
    return minor * 100 >= night.policy.materiality_percent * overdue


class Paid(NamedTuple):
    """A payment or credit that was recorded only just."""

    item: str | None  # that it left open; None: what it was for is gone, or was never named
    currency: str
    minor: int


def just_paid(night: Night) -> list[Paid]:
    """What came in so recently that the others are judged as if it had not."""
    facts, as_of = night.facts, night.as_of
    part_paid = [item for item in facts.items if item.part_payments and item.due_on < as_of]
    closed_items = (*facts.state.paid, *facts.state.cleared)
    if not part_paid and not facts.credits and not closed_items:
        return []  # as on most nights
    since = as_of - timedelta(days=night.policy.hold_after_payment_days)
    recent = [(item, payment) for item in part_paid for payment in item.part_payments if since < payment.recorded_on]
    late = [closed for closed in closed_items if max(since, closed.due_on) < closed.recorded_on]
    return [
        *[Paid(item.id, item.currency, payment.minor) for item, payment in recent],
        *[Paid(None, credit.currency, credit.open_minor) for credit in facts.credits if since < credit.recorded_on],
        *[Paid(None, closed.currency, closed.minor) for closed in late],
    ]


def payments_fade_on(night: Night) -> list[date]:
    """The dates on which a recent payment or credit is no longer set aside."""
    days = timedelta(days=night.policy.hold_after_payment_days)
    return [on + days for on in _recorded(night) if night.as_of < on + days]
