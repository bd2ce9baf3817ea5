"""Agreed plans: instalments stand in for the due dates of their items, until one is missed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from itertools import accumulate
from typing import Final

from core.blocks import contested_minor, ended_early, outstanding
from core.calendar import add_business_days
from core.ledger import Dispute, Item, ItemKind, Plan, Promise
from core.on_account import Purse
from core.values import dataclass

NO_LINK: Final = ""  # for `pay_url`: the seller's page knows the invoice alone, and would take all of it
_BROKEN: Final = "plan-broken#"
_OUTSIDE: Final = "plan-outside#"


@dataclass(frozen=True, slots=True)
class Terms:
    """What says when an instalment is missed: the grace in business days, and what was contested or promised."""

    grace_days: int
    holidays: frozenset[date]
    disputes: Mapping[str | None, Sequence[Dispute]] = field(default_factory=dict)  # by item
    promises: Mapping[str | None, Sequence[Promise]] = field(default_factory=dict)

    def over_on(self, day: date) -> date:
        """The first day after the grace."""
        return date.fromordinal(add_business_days(day, self.grace_days, self.holidays).toordinal() + 1)


@dataclass(frozen=True, slots=True)
class Running:
    """One plan tonight."""

    plan: Plan
    instalments: tuple[Item, ...]  # those with something open, as items of their own
    missed_on: date | None  # the first day after the grace of an instalment that was not paid
    late: Item | None = None  # the first instalment whose days are over and for which no money is there
    outside: int = 0  # what was open of its items when it was agreed, and is in no instalment
    ends: tuple[date, ...] = ()  # of each instalment: the first day on which it is missed
    put_off: frozenset[str] = frozenset()  # instalments promised for a later day, which is not over
    resting: frozenset[str] = frozenset()  # those that were contested until a few days ago

    @property
    def active(self) -> bool:
        """True while its instalments replace the due dates of its items."""
        return self.missed_on is None

    @property
    def missing(self) -> Item | None:
        """The instalment that broke it, while it is open: what is paid late keeps the plan broken, and is no news."""
        over, late = self.missed_on, self.late
        return late if over is not None and late is not None and late.due_on < over else None


def broken_key(plan: str, on: date) -> str:
    """Under which an account remembers that a plan was broken, and when: paying late does not bring it back."""
    return f"{_BROKEN}{plan}#{on.toordinal()}"


def outside_key(plan: str, minor: int) -> str:
    """Under which an account remembers what a plan left out: a payment lowers the instalments first, and that last."""
    return f"{_OUTSIDE}{plan}#{minor}"


def outside_of(plan: Plan, owed: Collection[Item], done: Collection[str]) -> int:
    """What a plan left out of what was open when it was agreed: remembered, or by what is open and was paid since."""
    known = _remembered(f"{_OUTSIDE}{plan.id}", done)
    if known:
        return known[0]
    return max(0, sum(item.open_minor for item in owed) + _paid_since(plan, owed) - _agreed_minor(plan))


def paid_into(plan: Plan, owed: Collection[Item], done: Collection[str]) -> int:
    """What of the instalments is paid: they come first, and last what the plan left out."""
    agreed, left = _agreed_minor(plan), sum(item.open_minor for item in owed)
    return min(agreed, max(0, agreed + outside_of(plan, owed, done) - left, _paid_since(plan, owed)))


def _paid_since(plan: Plan, owed: Collection[Item]) -> int:
    """What of the payments on open items came after the agreement; on its day only where the plan counts on more."""
    paid = [one for item in owed for one in item.part_payments]
    since = sum(one.minor for one in paid if one.recorded_on > plan.agreed_on)
    if sum(item.open_minor for item in owed) + since >= _agreed_minor(plan):
        return since
    return since + sum(one.minor for one in paid if one.recorded_on == plan.agreed_on)


def _agreed_minor(plan: Plan) -> int:
    return sum(part.minor for part in plan.instalments)


def broken_on(plan: str, done: Collection[str]) -> date | None:
    """The day from which a plan was broken, as the account remembers it."""
    days = _remembered(f"{_BROKEN}{plan}", done)
    return date.fromordinal(min(days)) if days else None


def _remembered(key: str, done: Collection[str]) -> list[int]:
    """The numbers that are remembered under a key; its plan's id may hold the sign that parts them."""
    marks = (mark.rpartition("#") for mark in done if mark.startswith(key))
    return [int(number) for of, _, number in marks if of == key]


def running_plans(
    plans: Iterable[Plan],
    items: Iterable[Item],
    done: Collection[str],
    terms: Terms,
    as_of: date,
    purse: Purse,
) -> list[Running]:
    """The plans that nobody ended, with what is left of each instalment.

    Payments go to the earliest instalment first. A missed instalment past its grace (business days) revives the
    original ageing of all items of the plan; one is not missed while the money for it lies on account, or is promised,
    nor for having been contested. Args: `done` the account's memory, a plan that was broken stays so; `purse` the money
    on account.
    """
    by_id, agreed = {item.id: item for item in items}, tuple(plans)
    standing = [plan for plan in agreed if not _is_over(plan, as_of)]
    found = []
    broken = [plan.id for plan in standing if broken_on(plan.id, done)]  # for these money comes too late
    for plan in sorted(of_their_own(standing), key=lambda one: one.id in broken):
        owed = [by_id[item] for item in plan.items if item in by_id]
        if not owed:
            continue
        parts = _instalments(plan, owed, paid_into(plan, owed, done))
        grace = _graces(parts, owed, terms)
        ends = _promised(parts, grace, _promises(plan, owed, terms), terms)
        late = [part for part, end in zip(parts, ends, strict=True) if end <= as_of]
        taken = purse.take(owed[0].currency, plan.agreed_on, sum(part.open_minor for part in late))
        there, so_far = sum(minor for _, minor in taken), accumulate(part.open_minor for part in late)
        missed = next((part for part, minor in zip(late, so_far, strict=True) if minor > there), None)
        over = broken_on(plan.id, done)
        if over is None and missed is not None:
            if _items_since(plan, agreed).intersection(plan.items):
                continue  # another one, ended by now, was paid by in its place: nobody missed an instalment of this
            over = ends[parts.index(missed)]
        put_off = _until(parts, grace, ends, as_of)
        resting = _until(parts, [terms.over_on(part.due_on) for part in parts], grace, as_of)
        found.append(Running(plan, parts, over, missed, outside_of(plan, owed, done), ends, put_off, resting))
    return found


def _is_over(plan: Plan, as_of: date) -> bool:
    return plan.ended_on is not None and as_of >= plan.ended_on


def _items_since(plan: Plan, plans: Iterable[Plan]) -> set[str]:
    """The items about which another plan was agreed since."""
    return {item for one in plans if _agreed(one) > _agreed(plan) for item in one.items}


def cancelled(plans: Iterable[Plan], done: Collection[str], as_of: date) -> dict[str, date]:
    """When a plan of each item was cancelled, where nothing of it was missed before: its own dates hold from then."""
    over = (one for one in of_their_own(tuple(plans)) if one.ended_on is not None and as_of >= one.ended_on)
    ended = [(one.items, one.ended_on) for one in over if broken_on(one.id, done) is None]
    return {item: on for items, on in ended if on is not None for item in items}


def of_their_own(plans: Collection[Plan]) -> Iterator[Plan]:
    """Each plan without the items of a later one: an item is of one plan, the last one."""
    for plan in plans:
        anew = _items_since(plan, plans)
        kept = tuple(item for item in plan.items if item not in anew)
        yield plan if kept == plan.items else plan.model_copy(update={"items": kept})


def _agreed(plan: Plan) -> tuple[date, str]:
    return plan.agreed_on, plan.id


def invoices_of(items: Iterable[str], plans: Collection[Plan]) -> tuple[str, ...]:
    """The same items, and in place of an instalment the invoices of its plan."""
    by_part = [(f"{plan.id}/", plan.items) for plan in plans]
    found = (next((of for start, of in by_part if item.startswith(start)), (item,)) for item in items)
    return tuple(dict.fromkeys(item for of in found for item in of))


def next_miss(running: Running, as_of: date) -> date | None:
    """The next day on which the plan breaks unless what is due by then is paid."""
    if not running.active:
        return None
    return min((day for day in running.ends if day > as_of), default=None)


def _until(parts: Sequence[Item], before: Sequence[date], after: Sequence[date], as_of: date) -> frozenset[str]:
    """The parts that have longer than before, and for which that is not over."""
    pairs = zip(parts, before, after, strict=True)
    return frozenset(part.id for part, one, other in pairs if one < other and as_of < other)


def _graces(parts: Sequence[Item], owed: Sequence[Item], terms: Terms) -> list[date]:
    """The first day after the grace of each; after a new one where it, and what comes before, was contested then."""
    so_far = accumulate(part.open_minor for part in parts)
    return [_grace_of(part.due_on, minor, owed, terms) for part, minor in zip(parts, so_far, strict=True)]


def _grace_of(due_on: date, minor: int, owed: Sequence[Item], terms: Terms) -> date:
    """What is contested is not asked for, of the earliest instalment first: what is asked again is late from then."""
    end = terms.over_on(due_on)
    last = date.fromordinal(end.toordinal() - 1)
    ended = [[one for one in terms.disputes.get(item.id, ()) if one.closed_on is not None] for item in owed]
    contested = [
        sum(contested_minor(item, said, day) for item, said in zip(owed, ended, strict=True)) for day in (due_on, last)
    ]
    if max(contested) < max(minor, 1):
        return end
    closed = [one.closed_on for said in ended for one in said if one.opened_on <= last]
    return max([end, *(terms.over_on(on) for on in closed if on is not None)])


def _promises(plan: Plan, owed: Sequence[Item], terms: Terms) -> list[tuple[Promise, int]]:
    """What stands promised of the plan's items since it was agreed, the earliest first, with what is left of it."""
    found = [(one, item) for item in owed for one in terms.promises.get(item.id, ())]
    since = [(one, item) for one, item in found if one.made_on >= plan.agreed_on]
    standing = [(one, item) for one, item in since if one.outcome is None and not ended_early(one)]
    standing.sort(key=lambda pair: (pair[0].promised_on, pair[0].id))
    return [(one, outstanding(one, item, terms.promises.get(item.id, ()))) for one, item in standing]


def _promised(
    parts: Sequence[Item], grace: Sequence[date], promises: list[tuple[Promise, int]], terms: Terms
) -> tuple[date, ...]:
    """The first day on which each instalment is missed: not before the promises are over that cover all of it."""
    ends: list[date] = []
    for part, end in zip(parts, grace, strict=True):
        left, until = part.open_minor, end
        for n, (promise, minor) in enumerate(promises):
            used = min(left, minor) if promise.made_on <= end and promise.promised_on >= part.due_on else 0
            if used:
                left, until = left - used, max(until, terms.over_on(promise.promised_on))
                promises[n] = promise, minor - used
        ends.append(until if left == 0 else end)
    return tuple(ends)


def _instalments(plan: Plan, owed: list[Item], paid: int) -> tuple[Item, ...]:
    """What is left of each instalment, the earliest paid first, and what the plan left out, on its last day.

    That stands under its invoice's own number: it was in no instalment, and nobody is told that one is larger.
    """
    planned = sorted(plan.instalments, key=lambda part: part.due_on)
    first, parts = owed[0], []
    for number, (part, until) in enumerate(zip(planned, accumulate(part.minor for part in planned), strict=True), 1):
        open_minor = part.minor - min(part.minor, max(0, paid - until + part.minor))
        if open_minor > 0:
            shown = f"{first.number} ({number}/{len(planned)})"
            parts.append(_part(first, plan, str(number), shown, part.due_on, part.minor, open_minor))
    rest = sum(item.open_minor for item in owed) - sum(part.open_minor for part in parts)
    for item in reversed(owed):
        minor = min(rest, item.open_minor)
        if minor > 0:
            parts.append(_part(item, plan, f"rest/{item.id}", item.number, planned[-1].due_on, minor, minor))
            rest -= minor
    return tuple(parts)


def _part(of: Item, plan: Plan, name: str, number: str, due_on: date, minor: int, open_minor: int) -> Item:
    return of.model_copy(
        update={
            "id": f"{plan.id}/{name}",
            "number": number,
            "kind": ItemKind.INSTALMENT,
            "issued_on": plan.agreed_on,
            "due_on": due_on,
            "original_minor": minor,
            "open_minor": open_minor,
            "part_payments": (),
            "disputed_all": False,
            "of": plan.id,
            "pay_url": NO_LINK,
        }
    )
