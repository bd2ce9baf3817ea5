"""Whose account an item belongs to: that of the customer who owes it, or of the parent who is chased for it.

It is settled when the item is first stored, and then stays: an item is never asked for in two places.
"""

from collections.abc import Callable, Iterable, Iterator

from core.formats.changes import AccountChanges
from core.ledger import ChaseAt, Credit, Customer, Hold
from core.values import replace
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import table


def split(changes: AccountChanges) -> tuple[AccountChanges, ...]:
    """What a ledger says of one customer, by the account that it is stored on: its own, then its parent's."""
    parent = changes.customer.parent
    if parent is None:
        return (changes,)
    named = dict.fromkeys((*(change.item.id for change in changes.items), *changes.gone, *_agreed(changes)))
    items = _at_parent(changes, parent, named, keys.item, keys.closed_item)
    credits_ = _at_parent(changes, parent, [credit.id for credit in changes.credits], keys.credit)
    if not (items or credits_):
        return (changes,)
    return (_kept(changes, items, credits_), _moved(changes, parent, items, credits_))


def _agreed(changes: AccountChanges) -> Iterator[str]:
    """The items about which something is agreed: it belongs where they lie, named or not."""
    yield from (dispute.item for dispute in changes.disputes)
    yield from (promise.item for promise in changes.promises)
    yield from (waiver.item for waiver in changes.waivers)
    yield from (hold.item for hold in changes.holds if hold.item is not None)
    yield from (item for plan in changes.plans for item in plan.items)


def _at_parent(
    changes: AccountChanges, parent: str, ids: Iterable[str], *places: Callable[[str, str, str], Key]
) -> frozenset[str]:
    """Those that are stored on the parent's account, and the new ones where the parent is to be chased.

    What is open on the customer's own is not at the parent, though it was once.
    """
    wanted = list(ids)
    here = {place(changes.entity, changes.customer.id, id_): id_ for id_ in wanted for place in places}
    there = {place(changes.entity, parent, id_): id_ for id_ in wanted for place in places}
    found = table().batch_get([*here, *there])
    open_here = {id_ for key, id_ in here.items() if key in found and found[key]["open_minor"] > 0}
    at_parent = {id_ for key, id_ in there.items() if key in found} - open_here
    if changes.customer.chase_at is not ChaseAt.SELF:
        at_parent |= set(wanted) - {id_ for key, id_ in here.items() if key in found}
    return frozenset(at_parent)


def _kept(changes: AccountChanges, items: frozenset[str], credits_: frozenset[str]) -> AccountChanges:
    return replace(
        changes,
        items=tuple(change for change in changes.items if change.item.id not in items),
        credits=tuple(credit for credit in changes.credits if credit.id not in credits_),
        disputes=tuple(dispute for dispute in changes.disputes if dispute.item not in items),
        promises=tuple(promise for promise in changes.promises if promise.item not in items),
        holds=tuple(hold for hold in changes.holds if hold.item not in items),
        plans=tuple(plan for plan in changes.plans if not items.intersection(plan.items)),
        waivers=tuple(waiver for waiver in changes.waivers if waiver.item not in items),
        gone=tuple(item for item in changes.gone if item not in items),
    )


def _moved(changes: AccountChanges, parent: str, items: frozenset[str], credits_: frozenset[str]) -> AccountChanges:
    owner = {"customer": parent, "debtor": changes.customer.name, "owed_by": changes.customer.id}
    of_customer = [hold for hold in changes.holds if hold.item is None]  # of the subsidiary alone: its items, each
    return AccountChanges(
        entity=changes.entity,
        customer=Customer(id=parent, name=parent),
        by_name_only=True,
        items=tuple(
            replace(change, item=change.item.model_copy(update=owner))
            for change in changes.items
            if change.item.id in items
        ),
        credits=tuple(_of(changes.credits, credits_)),
        disputes=tuple(dispute for dispute in changes.disputes if dispute.item in items),
        promises=tuple(promise for promise in changes.promises if promise.item in items),
        holds=(
            *(hold for hold in changes.holds if hold.item in items),
            *(_for_item(hold, item) for hold in of_customer for item in sorted(items)),
        ),
        plans=tuple(plan for plan in changes.plans if items.intersection(plan.items)),
        waivers=tuple(waiver for waiver in changes.waivers if waiver.item in items),
        ended_holds=(
            *_about(items, (keys.hold(changes.entity, parent, hold) for hold in changes.ended_holds)),
            *(f"{hold}@{item}" for hold in changes.ended_holds for item in sorted(items)),
        ),
        ended_disputes=_about(items, (keys.dispute(changes.entity, parent, one) for one in changes.ended_disputes)),
        gone=tuple(item for item in changes.gone if item in items),
    )


def _about(items: frozenset[str], places: Iterable[Key]) -> tuple[str, ...]:
    """Ids of the holds or disputes there that are about these items: what is the parent's own does not end."""
    return tuple(row["id"] for row in table().batch_get(list(places)).values() if row.get("item") in items)


def _of(credits_: Iterable[Credit], ids: frozenset[str]) -> Iterable[Credit]:
    return (credit for credit in credits_ if credit.id in ids)


def _for_item(hold: Hold, item: str) -> Hold:
    return hold.model_copy(update={"id": f"{hold.id}@{item}", "item": item})
