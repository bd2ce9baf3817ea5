"""What `why` says of an invoice before it says why: how it stands today, and what is known that bears on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.cli.amounts import money

if TYPE_CHECKING:
    from core.decide.model import Facts
    from core.ledger import Item, Plan
    from core.state import ItemState
    from functions.shared.store.accounts import AccountRecord
    from functions.shared.store.config import Configuration


@dataclass(frozen=True, slots=True)
class Place:
    """Where an invoice number leads."""

    entity: str
    customer: str
    item: str


def facts_of(
    configuration: "Configuration", place: Place, record: "AccountRecord", item: "Item | None", memory: "ItemState"
) -> Iterator[str]:
    """A line a fact: the customer, the invoice, what was paid of it, what blocks it, the last message."""
    facts, entity = record.facts, configuration.entities[place.entity]
    yield f"{facts.customer.name} ({place.customer}) at {entity.name}"
    if item is not None:
        yield (
            f"{item.number}: issued {item.issued_on}, due {item.due_on}, {money(item.original_minor, item.currency)}"
            f", open {money(item.open_minor, item.currency)}"
        )
        yield from _owed_by(item)
        yield from _around(facts, item)
    if memory.step:
        messages = f"{memory.attempts} message{'' if memory.attempts == 1 else 's'}"
        yield f"last step {memory.step}, level {memory.level}, {messages} so far"
    if facts.state.last_accepted_on:
        yield f"last message to the account on {max(facts.state.last_accepted_on.values())}"
    yield from _taken_back(place)
    if record.next_check_on:
        yield f"the account is looked at next on {record.next_check_on}"


def _taken_back(place: Place) -> Iterator[str]:
    """Runs that count for nothing on this account any more."""
    from functions.shared.store import history

    for one in history.activities(place.entity, place.customer):
        if one.kind == "retraction":
            yield f"the run of {one.what} was taken back on {one.at:%Y-%m-%d} by {one.body['by']}: {one.body['why']}"


def _owed_by(item: "Item") -> Iterator[str]:
    """The company that owes it, where its parent is asked; and whether it reads along."""
    from core.ledger import ChaseAt
    from functions.shared.store import customers

    known = customers.read(item.owed_by) if item.owed_by else None
    if known is not None:
        copied = ", which gets a copy of its own part of each message" if known[0].chase_at is ChaseAt.BOTH else ""
        yield f"owed by {known[0].name} ({item.owed_by}){copied}"


def _around(facts: "Facts", item: "Item") -> Iterator[str]:
    """What else is known that bears on the item."""
    for payment in item.part_payments:
        yield f"paid or credited on {payment.recorded_on}: {money(payment.minor, item.currency)}"
    for credit in facts.credits:
        if credit.open_minor:
            left = money(credit.open_minor, credit.currency)
            yield f"unlinked {credit.kind.value.replace('_', ' ')} of {credit.booked_on}: {left} left"
    yield from _blocks(facts, item)


def _blocks(facts: "Facts", item: "Item") -> Iterator[str]:
    """Disputes, promises, plans and holds."""
    for dispute in (dispute for dispute in facts.disputes if dispute.item == item.id):
        amount = "all of it" if dispute.amount_minor is None else money(dispute.amount_minor, item.currency)
        yield f"disputed since {dispute.opened_on}: {amount}{_because(dispute.reason)}"
    for promise in (promise for promise in facts.promises if promise.item == item.id):
        yield f"promised on {promise.made_on} for {promise.promised_on}"
    for plan in (plan for plan in facts.plans if item.id in plan.items):
        yield f"instalments agreed on {plan.agreed_on}: {_instalments(plan, item.currency)}{_outcome(plan, facts)}"
    for hold in (hold for hold in facts.holds if hold.item in (None, item.id)):
        yield f"on hold until {hold.until or 'released'}{_because(hold.reason)}"


def _instalments(plan: "Plan", currency: str) -> str:
    return ", ".join(f"{money(part.minor, currency)} on {part.due_on}" for part in plan.instalments)


def _outcome(plan: "Plan", facts: "Facts") -> str:
    from core.plans import broken_on

    missed = broken_on(plan.id, facts.state.done)
    if missed is not None:
        return f"; broken on {missed}: the invoices count by their own dates again"
    return f"; cancelled on {plan.ended_on}" if plan.ended_on else ""


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
