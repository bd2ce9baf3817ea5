"""Answers to what a customer did in the last days: a promise, a payment plan, a dispute. Never a demand.

They stand outside the ladder: no level, no tone, no contact budget (that counts dunning messages, not answers to the
customer's own act; source: the decision semantics, "May it go out now"), but the reader's hours and send days. Each
fact is answered once: the id of an answer depends on nothing but what it answers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from core.blocks import outstanding, promise_ends_on
from core.calendar import next_send_instant
from core.decide.answers import AnsweredLine, AnswerPlan, Fact
from core.decide.model import Facts, Recipient, Setting
from core.decide.readers import customer_readers
from core.keys import stable_id
from core.ledger import Dispute, Item, Plan, Promise

ANSWERED_DAYS: Final = 5  # what is older is not answered any more
READERS: Final = ("ap_contact",)

_Told = TypeVar("_Told", Promise, Dispute)


def answers(facts: Facts, setting: Setting, as_of: date, moment: datetime) -> tuple[AnswerPlan, ...]:
    """What is to be answered as of a date; empty where the policy answers nothing, or nobody can be written to.

    Args: `moment` the aware instant from which the answers may leave.
    """
    wanted = setting.policy.acknowledge
    if not wanted or not setting.entity.live or facts.customer.insolvent:
        return ()
    readers, _ = customer_readers(facts, setting, READERS)
    if not readers:
        return ()
    found = [plan for fact in dict.fromkeys(wanted) for plan in _ANSWERS[fact](facts, setting, as_of)]
    return tuple(replace(plan, recipients=readers, not_before=_opens(readers, setting, moment)) for plan in found)


def correction(
    facts: Facts, setting: Setting, lines: tuple[AnsweredLine, ...], step: str, moment: datetime
) -> AnswerPlan | None:
    """A message of ours is put right, for those who read it. Args: `step` of that message; `lines` as they stand now.

    Returns: None where nobody can be written to, or nothing is known of the invoices any more.
    """
    wrong = setting.policy.step(step)
    readers, _ = customer_readers(facts, setting, (wrong.audience.customer if wrong else ()) or READERS)
    if not readers or not lines or facts.customer.insolvent:
        return None
    opens = _opens(readers, setting, moment)
    day = moment.date()
    return AnswerPlan("", "correction", on=day, lines=lines, recipients=readers, not_before=opens, as_of=day)


def _promises(facts: Facts, setting: Setting, as_of: date) -> Iterator[AnswerPlan]:
    """One answer for what was promised on one day for another."""
    items = {item.id: item for item in facts.items}
    standing = [
        promise
        for promise in facts.promises
        if promise.item in items and promise.outcome is None and promise.promised_on >= as_of
    ]
    for group in _grouped(standing, lambda p: (p.made_on, p.promised_on), lambda p: _recent(p.made_on, as_of)):
        first = group[0]
        lines = [_line(items[p.item], outstanding(p, items[p.item])) for p in group]
        yield replace(
            _plan("promise", first.made_on, lines, [p.id for p in group], setting, facts, as_of),
            until=first.promised_on,
            paused_until=promise_ends_on(first, setting.policy, setting.holidays),
        )


def _plans(facts: Facts, setting: Setting, as_of: date) -> Iterator[AnswerPlan]:
    items = {item.id: item for item in facts.items}
    for plan in facts.plans:
        lines = [_line(items[item], items[item].open_minor) for item in plan.items if item in items]
        if _agreed(plan, as_of) and lines:
            answer = _plan("plan", plan.agreed_on, lines, [plan.id], setting, facts, as_of)
            yield replace(answer, instalments=plan.instalments)


def _disputes(facts: Facts, setting: Setting, as_of: date) -> Iterator[AnswerPlan]:
    """One answer for what was contested on one day and is looked at by one person until another."""
    items = {item.id: item for item in facts.items}
    standing = [d for d in facts.disputes if d.by_customer and d.closed_on is None and d.item in items]
    for group in _grouped(
        standing, lambda d: (d.opened_on, d.owner or "", d.answer_by), lambda d: _recent(d.opened_on, as_of)
    ):
        first = group[0]
        lines = [_line(items[d.item], _contested(d, items[d.item])) for d in group]
        answer = _plan("dispute", first.opened_on, lines, [d.id for d in group], setting, facts, as_of)
        yield replace(answer, until=first.answer_by, owner=first.owner)


_ANSWERS: Final[dict[Fact, Callable[[Facts, Setting, date], Iterator[AnswerPlan]]]] = {
    "promise": _promises,
    "plan": _plans,
    "dispute": _disputes,
}


def _plan(
    fact: Fact, on: date, lines: list[AnsweredLine], ids: list[str], setting: Setting, facts: Facts, as_of: date
) -> AnswerPlan:
    keys = tuple(f"{fact}#{one}" for one in sorted(ids))
    return AnswerPlan(
        id=stable_id("answer", setting.deployment, setting.entity.id, facts.customer.id, *keys),
        fact=fact,
        on=on,
        lines=tuple(line for line in lines if line.minor > 0) or tuple(lines),
        recipients=(),
        not_before=datetime.max.replace(tzinfo=UTC),
        as_of=as_of,
        facts=keys,
    )


def _line(item: Item, minor: int) -> AnsweredLine:
    return AnsweredLine(item.id, item.number, item.currency, minor, item.open_minor - minor)


def _contested(dispute: Dispute, item: Item) -> int:
    if dispute.amount_minor is None:
        return item.open_minor
    return min(item.open_minor, max(0, dispute.amount_minor - dispute.credited_minor))


def _agreed(plan: Plan, as_of: date) -> bool:
    return plan.ended_on is None and bool(plan.instalments) and _recent(plan.agreed_on, as_of)


def _recent(on: date, as_of: date) -> bool:
    return timedelta(0) <= as_of - on <= timedelta(days=ANSWERED_DAYS)


def _grouped(
    told: Iterable[_Told], key: Callable[[_Told], object], recent: Callable[[_Told], bool]
) -> list[list[_Told]]:
    groups: dict[object, list[_Told]] = {}
    for one in sorted(filter(recent, told), key=lambda one: one.id):
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _opens(readers: Iterable[Recipient], setting: Setting, moment: datetime) -> datetime:
    """The first instant at which every reader's window has opened."""
    entity, days = setting.entity, setting.policy.send_days
    zones = {reader.zone for reader in readers}
    opens = (next_send_instant(moment, zone, entity.send_hours, days, entity.holidays) for zone in zones)
    return max(opens).astimezone(UTC)
