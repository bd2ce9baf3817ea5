"""Answers to what a customer did in the last days: a promise, a payment plan, a dispute. Never a demand.

They stand outside the ladder: no level, no tone, no contact budget (that counts dunning messages, not answers to the
customer's own act; source: the decision semantics, "May it go out now"), but the reader's hours and send days. Each
fact is answered once: the account remembers it, and the id of an answer depends on nothing but what it answers.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from core.balance import net
from core.blocks import disputed_tonight, outstanding, promise_ends_on
from core.calendar import local_date, open_to_all
from core.decide.answers import AnsweredLine, AnswerPlan, Fact
from core.decide.model import Facts, Reason, Recipient, Setting
from core.decide.readers import customer_readers
from core.keys import stable_id
from core.ledger import Dispute, Item, Plan, Promise
from core.plans import of_their_own, outside_of
from core.state import AccountState
from core.values import dataclass, replace

ANSWERED_DAYS: Final = 5  # what is older is not answered any more
READERS: Final = ("ap_contact",)

_Told = TypeVar("_Told", Promise, Plan, Dispute)
_MARK: Final = "answered:"  # of a fact, in the account's memory


def answers(
    facts: Facts, setting: Setting, as_of: date, moment: datetime, only: frozenset[str] | None = None
) -> tuple[AnswerPlan, ...]:
    """What is to be answered as of a date; empty where the policy answers nothing, or nobody can be written to.

    Args: `moment` the aware instant from which the answers may leave; `only` these facts, answered before or not: what
    is looked at again just before sending may shrink, never grow.
    """
    wanted = setting.policy.acknowledge
    if not wanted or not setting.entity.live or facts.customer.insolvent:
        return ()
    readers, _ = customer_readers(facts, setting, READERS)
    if not readers:
        return ()
    told = {mark.removeprefix(_MARK) for mark in facts.state.done if mark.startswith(_MARK)}
    asked = _Asked(facts, setting, as_of, lambda key: key in only if only is not None else key not in told)
    begins = opens(readers, setting, moment)
    leaves_on = local_date(begins, setting.entity.zone)
    found = [plan for fact in dict.fromkeys(wanted) for plan in _ANSWERS[fact](asked)]
    timely = (plan for plan in found if plan.fact != "promise" or plan.until is None or plan.until >= leaves_on)
    return tuple(
        replace(plan, recipients=readers, not_before=begins, until=_ahead(plan.until, leaves_on)) for plan in timely
    )


def remembered(state: AccountState, planned: Iterable[AnswerPlan], facts: Facts, as_of: date) -> AccountState:
    """The memory with what is answered now, and without what is too old to be answered again."""
    recent = {_key(*one) for one in _recent_facts(facts, as_of)}
    fresh = [key for plan in planned for key in plan.facts]
    kept = [mark for mark in state.done if not mark.startswith(_MARK) or mark.removeprefix(_MARK) in recent]
    marks = (*kept, *(f"{_MARK}{key}" for key in fresh))
    return state if marks == state.done else replace(state, done=marks)


def open_now(facts: Facts, setting: Setting, as_of: date) -> dict[str, int]:
    """What of each item is open and not covered by money that lies on account: what a customer reads as still owed."""
    rows = net(facts, setting, setting.holidays, as_of)
    return {row.item.id: 0 if row.blocked is Reason.COVERED else row.item.open_minor - row.credit for row in rows}


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
    begins, day = opens(readers, setting, moment), moment.date()
    return AnswerPlan("", "correction", on=day, lines=lines, recipients=readers, not_before=begins, as_of=day)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One account on one date, and which of its facts are to be answered."""

    facts: Facts
    setting: Setting
    as_of: date
    wanted: Callable[[str], bool]  # by key of a fact

    @property
    def items(self) -> dict[str, Item]:
        return {item.id: item for item in self.facts.items}

    def pick(self, fact: Fact, told: Iterable[_Told]) -> Iterator[_Told]:
        """Those of a kind of fact that are recent and to be answered, in a fixed order."""
        for one in sorted(told, key=lambda one: one.id):
            if _recent(_made_on(one), self.as_of) and self.wanted(_key(fact, one.id)):
                yield one

    def undisputed(self, item: Item) -> int:
        """What nobody contests of an invoice, by any dispute that stands."""
        disputes = [one for one in self.facts.disputes if one.item == item.id]
        return item.open_minor - disputed_tonight(item, disputes, self.setting.policy, self.as_of)

    def promised(self, promise: Promise, item: Item) -> int:
        """What is left of a promise; without an amount of its own it is about what is not disputed."""
        return (
            self.undisputed(item) if promise.amount_minor is None else outstanding(promise, item, self.facts.promises)
        )

    def paused_until(self, promise: Promise, item: Item) -> date:
        """The last day without reminders about a promise, by the policy under which its invoice is chased."""
        policy = self.setting.policies.get(item.policy or "", self.setting.policy)
        return promise_ends_on(promise, policy, self.setting.holidays)

    def planned(self, plan: Plan, owed: list[Item]) -> Iterator[tuple[Item, int]]:
        """What of each invoice the instalments come to: nothing that is disputed, and no more than was agreed."""
        left = sum(part.minor for part in plan.instalments)
        for item in owed:
            minor = min(left, self.undisputed(item))
            left -= minor
            yield item, minor

    def outside(self, plan: Plan, owed: list[Item]) -> int:
        """What of these invoices the plan leaves out and nobody contests."""
        contested = [item.model_copy(update={"open_minor": self.undisputed(item)}) for item in owed]
        return outside_of(plan, contested, self.facts.state.done)

    def answer(self, fact: Fact, on: date, lines: list[AnsweredLine], ids: Iterable[str]) -> AnswerPlan:
        keys = tuple(_key(fact, one) for one in sorted(ids))
        customer, entity = self.facts.customer.id, self.setting.entity.id
        return AnswerPlan(
            id=stable_id("answer", self.setting.deployment, entity, customer, *keys),
            fact=fact,
            on=on,
            lines=tuple(lines),
            recipients=(),
            not_before=datetime.max.replace(tzinfo=UTC),
            as_of=self.as_of,
            facts=keys,
        )


def _promises(asked: _Asked) -> Iterator[AnswerPlan]:
    """One answer for what was promised on one day for another."""
    items = asked.items
    standing = [p for p in asked.facts.promises if p.item in items and p.outcome is None and p.ended_on is None]
    picked = asked.pick("promise", (p for p in standing if p.promised_on >= asked.as_of))
    for group in _grouped(picked, lambda p: (p.made_on, p.promised_on)):
        first = group[0]
        lines = _lines((items[p.item], asked.promised(p, items[p.item])) for p in group)
        if lines:
            yield replace(
                asked.answer("promise", first.made_on, lines, [p.id for p in group]),
                until=first.promised_on,
                paused_until=min(asked.paused_until(p, items[p.item]) for p in group),
            )


def _plans(asked: _Asked) -> Iterator[AnswerPlan]:
    items = asked.items
    standing = [plan for plan in asked.facts.plans if plan.ended_on is None and plan.instalments]
    for plan in asked.pick("plan", of_their_own(standing)):
        owed = [items[item] for item in plan.items if item in items]
        lines = _lines(asked.planned(plan, owed))
        if lines:
            answer = asked.answer("plan", plan.agreed_on, lines, [plan.id])
            yield replace(answer, instalments=plan.instalments, outside_minor=asked.outside(plan, owed))


def _disputes(asked: _Asked) -> Iterator[AnswerPlan]:
    """One answer for what was contested on one day and is looked at by one person until another."""
    items = asked.items
    standing = [d for d in asked.facts.disputes if d.by_customer and d.closed_on is None and d.item in items]
    for group in _grouped(asked.pick("dispute", standing), lambda d: (d.opened_on, d.owner or "", d.answer_by)):
        first = group[0]
        told = _lines((items[d.item], _contested(d, items[d.item])) for d in group)
        lines = [replace(one, rest_minor=asked.undisputed(items[one.item])) for one in told]
        if lines:
            answer = asked.answer("dispute", first.opened_on, lines, [d.id for d in group])
            yield replace(answer, until=first.answer_by, owner=first.owner)


_ANSWERS: Final[dict[Fact, Callable[[_Asked], Iterator[AnswerPlan]]]] = {
    "promise": _promises,
    "plan": _plans,
    "dispute": _disputes,
}


def _key(fact: str, fact_id: str) -> str:
    return f"{fact}#{fact_id}"


def _made_on(told: Promise | Plan | Dispute) -> date:
    match told:
        case Promise():
            return told.made_on
        case Plan():
            return told.agreed_on
        case Dispute():
            return told.opened_on


def _recent_facts(facts: Facts, as_of: date) -> Iterator[tuple[str, str]]:
    kinds: tuple[tuple[str, Iterable[Promise | Plan | Dispute]], ...] = (
        ("promise", facts.promises),
        ("plan", facts.plans),
        ("dispute", facts.disputes),
    )
    for fact, told in kinds:
        yield from ((fact, one.id) for one in told if _recent(_made_on(one), as_of))


def _ahead(day: date | None, on: date) -> date | None:
    return day if day is not None and day >= on else None


def _lines(told: Iterable[tuple[Item, int]]) -> list[AnsweredLine]:
    """One line an invoice, whatever number of facts is about it; none for what is paid or credited by now."""
    sums: dict[str, int] = {}
    items: dict[str, Item] = {}
    for item, minor in told:
        items[item.id], sums[item.id] = item, sums.get(item.id, 0) + minor
    return [_line(items[key], min(minor, items[key].open_minor)) for key, minor in sums.items() if minor > 0]


def _line(item: Item, minor: int) -> AnsweredLine:
    return AnsweredLine(item.id, item.number, item.currency, minor, item.open_minor - minor)


def _contested(dispute: Dispute, item: Item) -> int:
    if dispute.amount_minor is None:
        return item.open_minor
    return min(item.open_minor, max(0, dispute.amount_minor - dispute.credited_minor))


def _recent(on: date, as_of: date) -> bool:
    return timedelta(0) <= as_of - on <= timedelta(days=ANSWERED_DAYS)


def _grouped(told: Iterable[_Told], key: Callable[[_Told], object]) -> list[list[_Told]]:
    groups: dict[object, list[_Told]] = {}
    for one in told:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def opens(readers: Iterable[Recipient], setting: Setting, moment: datetime) -> datetime:
    """The first instant at which every reader's window is open."""
    entity, zones = setting.entity, [reader.zone for reader in readers]
    return open_to_all(moment, zones, entity.send_hours, setting.policy.send_days, entity.closed_days)
