"""Agreed plans: instalments stand in for the due dates of their items, until one is missed."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import accumulate
from typing import Final

from core.calendar import add_business_days
from core.ledger import Item, ItemKind, Plan
from core.on_account import Purse
from core.values import dataclass

NO_LINK: Final = ""  # for `pay_url`: the seller's page knows the invoice alone, and would take all of it
_BROKEN: Final = "plan-broken#"
_OUTSIDE: Final = "plan-outside#"


@dataclass(frozen=True, slots=True)
class Running:
    """One plan tonight."""

    plan: Plan
    instalments: tuple[Item, ...]  # those with something open, as items of their own
    missed_on: date | None  # the first day after the grace of an instalment that was not paid
    late: Item | None = None  # the first instalment whose days are over and for which no money is there
    outside: int = 0  # what was open of its items when it was agreed, and is in no instalment

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
    prefix = f"{_OUTSIDE}{plan.id}#"
    known = next((key for key in done if key.startswith(prefix)), None)
    if known is not None:
        return int(known.removeprefix(prefix))
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
    prefix = f"{_BROKEN}{plan}#"
    days = [int(key.removeprefix(prefix)) for key in done if key.startswith(prefix)]
    return date.fromordinal(min(days)) if days else None


def running_plans(
    plans: Iterable[Plan],
    items: Iterable[Item],
    done: Collection[str],
    grace_days: int,
    holidays: frozenset[date],
    as_of: date,
    purse: Purse,
) -> list[Running]:
    """The plans that nobody ended, with what is left of each instalment.

    Payments go to the earliest instalment first. A missed instalment past its grace (business days) revives the
    original ageing of all items of the plan; one is not missed while the money for it lies on account. Args: `done` the
    account's memory, a plan that was broken stays so; `purse` the money on account.
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
        late = [part for part in parts if _grace_end(part.due_on, grace_days, holidays) <= as_of]
        taken = purse.take(owed[0].currency, plan.agreed_on, sum(part.open_minor for part in late))
        there, so_far = sum(minor for _, minor in taken), accumulate(part.open_minor for part in late)
        missed = next((part for part, minor in zip(late, so_far, strict=True) if minor > there), None)
        over = broken_on(plan.id, done)
        if over is None and missed is not None:
            if _items_since(plan, agreed).intersection(plan.items):
                continue  # another one, ended by now, was paid by in its place: nobody missed an instalment of this
            over = _grace_end(missed.due_on, grace_days, holidays)
        found.append(Running(plan, parts, over, missed, outside_of(plan, owed, done)))
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


def next_miss(running: Running, grace_days: int, holidays: frozenset[date], as_of: date) -> date | None:
    """The next day on which the plan breaks unless what is due by then is paid."""
    if not running.active:
        return None
    ends = (_grace_end(part.due_on, grace_days, holidays) for part in running.instalments)
    return min((day for day in ends if day > as_of), default=None)


def _grace_end(due_on: date, grace_days: int, holidays: frozenset[date]) -> date:
    """The first day after the grace."""
    return date.fromordinal(add_business_days(due_on, grace_days, holidays).toordinal() + 1)


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
