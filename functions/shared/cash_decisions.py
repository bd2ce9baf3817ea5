"""What a person says about a payment: this is it, it is none of these, it is for that, take it back."""

from collections.abc import Mapping
from datetime import datetime

from core.cash.model import Part, Rule, Split, Suggestion, Why
from core.cash.splits import Money, on_account
from core.ledger import Entity
from functions.shared import cash_plan, cash_work, same_money, starts
from functions.shared.cash_candidates import Finder
from functions.shared.observability import LogEvent, log
from functions.shared.store import accounts, bank, customers, keys
from functions.shared.store.bank import WAITING, EntryRecord, EntryState
from functions.shared.store.table import ref_index, table


class NotPossibleError(ValueError):
    """What was asked for does not fit how the payment, or an invoice, stands."""


def read(entry_id: str) -> EntryRecord:
    """The entry; raises NotPossibleError when there is none."""
    found = bank.read([entry_id]).get(entry_id)
    if found is None:
        raise NotPossibleError(f"there is no payment {entry_id}")
    return found


def accept(entry_id: str, choice: int, *, by: str, entity: Entity, now: datetime) -> EntryRecord:
    """Apply one of the suggestions, counted from 1. Raises: NotPossibleError."""
    record = _waiting(entry_id)
    if record.rule is Rule.REFUND and record.told:
        return returns(entry_id, record.told, by=by, entity=entity, now=now)
    if not 1 <= choice <= len(record.suggestions):
        raise NotPossibleError(f"payment {entry_id} has {len(record.suggestions)} suggestions")
    chosen = record.suggestions[choice - 1]
    if chosen.rule is Rule.SAME:
        return _same(record, chosen, by, entity, now)
    return _apply(record, chosen.split, chosen.rule, chosen.score, by, entity, now)


def leads(record: EntryRecord, min_score: int, entity: Entity) -> bool:
    """Whether the best suggestion has the score, settles something, and leads every other that does."""
    suggestions = record.suggestions
    if record.entry.minor <= 0 or not suggestions or suggestions[0].score < min_score or not suggestions[0].split.parts:
        return False
    rivals = [one.score for one in suggestions[1:] if one.split.parts]
    return not rivals or suggestions[0].score - rivals[0] >= entity.cash.margin


def apply(
    entry_id: str, parts: Mapping[str, int], *, rest_of: str | None, by: str, entity: Entity, now: datetime
) -> EntryRecord:
    """Apply it by hand. Args: `parts` minor units by invoice number; `rest_of` the customer who keeps what is left.

    Raises: NotPossibleError where an invoice is not known, or has less open.
    """
    record = _waiting(entry_id)
    made = tuple(_part(record, entity.id, number, minor) for number, minor in parts.items())
    rest = record.entry.minor - sum(part.minor for part in made)
    if rest < 0:
        raise NotPossibleError(f"the parts are {record.entry.currency} {-rest} (minor units) more than came in")
    keeper = rest_of or (made[0].customer if made else None)
    if rest and (keeper is None or customers.read(keeper) is None):
        raise NotPossibleError("whose is the rest? name a customer that is known")
    split = Split(
        minor=record.entry.minor, currency=record.entry.currency, parts=made, rest=rest,
        rest_customer=keeper if rest else None,
    )  # fmt: skip
    return _apply(record, split, Rule.BY_HAND, 100, by, entity, now)


def reject(entry_id: str, *, by: str, why: str, entity: Entity, now: datetime) -> EntryRecord:
    """None of the suggestions, and not the payer's that it was put down for: it waits, and nothing applies it alone.

    Where the only question was whether the ledger tells of it too, it stays as it was applied.
    """
    record = _waiting(entry_id)
    if record.state is EntryState.DOUBTED:
        reasons = (why or "a person said that it is other money",)
        moved = bank.move(
            record, state=EntryState.PLANNED, becomes=EntryState.APPLIED, reasons=reasons, **_said(record, by)
        )
        return _done(moved, entity, now)
    reasons = (why or "a person said that none of them is right",)
    planned = cash_work.replan(record, None, EntryState.UNIDENTIFIED, reasons=reasons, **_said(record, by))
    return _done(planned, entity, now)


def ignore(entry_id: str, *, by: str, why: str, entity: Entity, now: datetime) -> EntryRecord:
    """It is no money of a customer."""
    record = _waiting(entry_id)
    planned = cash_work.replan(record, None, EntryState.IGNORED, reasons=(why,), **_said(record, by))
    return _done(planned, entity, now)


def returns(entry_id: str, earlier_id: str, *, by: str, entity: Entity, now: datetime) -> EntryRecord:
    """Money that went out takes back an earlier payment: what that settled is open again."""
    record, earlier = _waiting(entry_id), read(earlier_id)
    if earlier.entity != record.entity:
        raise NotPossibleError(f"there is no payment {earlier_id}")
    if earlier.entry.minor <= 0 or not cash_plan.may_come_back(earlier):
        raise NotPossibleError(f"payment {earlier_id} is {earlier.state}: nothing of it can come back")
    if earlier.entry.minor != -record.entry.minor or earlier.entry.currency != record.entry.currency:
        raise NotPossibleError("a return and its payment have the same amount and currency")
    undo = cash_plan.told_since(earlier, Finder(entity.id))
    changes = {"becomes": EntryState.REVERSED, "reverses": earlier_id, "undo": undo, "by": by, "suggestions": ()}
    planned = bank.move(record, state=EntryState.PLANNED, **changes)
    return _done(planned, entity, now)


def unapply(entry_id: str, *, by: str, entity: Entity, now: datetime) -> EntryRecord:
    """Take an application back: the invoices are open again, and the money lies on account of the first customer."""
    record = read(entry_id)
    if record.state is not EntryState.APPLIED or record.split is None:
        raise NotPossibleError(f"payment {entry_id} is {record.state}")
    if cash_plan.told_since(record, Finder(entity.id)):
        raise NotPossibleError(f"the ledger tells payment {entry_id} itself by now; take it off there")
    entry = record.entry
    money = Money(entry.minor, entry.currency, entry.booked_on)
    split = on_account(money, record.split.customers[0])
    planned = cash_work.replan(record, split, EntryState.UNAPPLIED, by=by, reasons=("taken off by a person",))
    return _done(planned, entity, now)


def _same(record: EntryRecord, chosen: Suggestion, by: str, entity: Entity, now: datetime) -> EntryRecord:
    """The ledger tells of the same money: it counts once."""
    others = bank.of_amount(record.entity, record.entry.currency, record.entry.minor).values()
    if any((one.told, one.told_of) == (chosen.told, chosen.told_of) and one.id != record.id for one in others):
        raise NotPossibleError(f"payment {chosen.told} of the ledger is another one of the bank")
    said = {"told": chosen.told, "told_of": chosen.told_of, "by": by, "reasons": ("a person said that it is the same",)}
    return _done(same_money.pair(record, **said), entity, now)


def _apply(
    record: EntryRecord, split: Split, rule: Rule, score: int, by: str, entity: Entity, now: datetime
) -> EntryRecord:
    _still_fits(entity.id, split)
    becomes = EntryState.APPLIED if split.parts else EntryState.UNAPPLIED
    changes = {"rule": rule, "score": score, "reasons": ("a person chose it",), **_said(record, by)}
    return _done(cash_work.replan(record, split, becomes, **changes), entity, now)


def _said(record: EntryRecord, by: str) -> dict[str, object]:
    """Nothing is asked any more; the payments of the ledger that it might have been are others."""
    others = tuple((one.told, one.told_of) for one in record.suggestions if one.told is not None)
    return {"by": by, "suggestions": (), "apart": (*record.apart, *others)}


def _still_fits(entity: str, split: Split) -> None:
    """Each item has as much open as it is to get."""
    for customer in split.customers:
        record = accounts.read(entity, customer)
        there = {item.id: item for item in record.facts.items} if record else {}
        for part in split.parts:
            wanted = (part.minor if part.settles is None else part.settles) + part.allowance
            item = there.get(part.item)
            if part.customer == customer and (item is None or wanted > item.open_minor):
                left = f"{item.currency} {item.open_minor} (minor units)" if item else "nothing"
                raise NotPossibleError(f"invoice {part.number} has {left} open now")


def _part(record: EntryRecord, entity: str, number: str, minor: int) -> Part:
    """One invoice by its number, which must be of one account."""
    rows = table().query(keys.reference(entity, number), index=ref_index())
    found = [keys.item_of_reference(row["ref_sk"]) for row in rows]
    if len(found) > 1:
        raise NotPossibleError(f"invoice {number} is not of one customer alone")
    for customer, item_id in found:
        account = accounts.read(entity, customer)
        for item in account.facts.items if account else ():
            if item.id == item_id:
                part = Part(customer=customer, item=item_id, number=number, minor=minor)
                return _taking(record, item.currency, item.open_minor, part)
    raise NotPossibleError(f"invoice {number} is not open")


def _taking(record: EntryRecord, currency: str, open_minor: int, part: Part) -> Part:
    if currency != record.entry.currency:
        raise NotPossibleError(f"invoice {part.number} is in {currency}, the payment is not")
    left = open_minor - part.minor
    if part.minor <= 0 or left < 0:
        raise NotPossibleError(f"invoice {part.number} has {currency} {open_minor} (minor units) open")
    return part.model_copy(update={"left": left, "why": Why.PARTIAL if left else None})


def _waiting(entry_id: str) -> EntryRecord:
    record = read(entry_id)
    if record.state not in WAITING:
        raise NotPossibleError(f"payment {entry_id} is {record.state}")
    return record


def _done(planned: EntryRecord | None, entity: Entity, now: datetime) -> EntryRecord:
    if planned is None:
        raise NotPossibleError("somebody else decided at the same moment; look again")
    touched = set[str]()
    done = cash_work.perform(planned, entity, now, touched)
    starts.start(entity.id, sorted(touched), now)
    log(LogEvent.CASH_DECIDED, entity=entity.id, entry=done.id, state=done.state.value)
    cash_work.matching_done(entity, now)
    return done
