"""What is to become of an entry that nobody has heard of before. Looks things up, writes nothing."""

from typing import Final

from core.bank import BankEntry
from core.cash import returned
from core.cash.matching import match
from core.cash.model import Candidate, Match, Rule, Suggestion, Told
from core.cash.returned import Earlier, Return
from core.cash.splits import Money, on_account
from core.ledger import Entity
from functions.shared.bank_accounts import is_account
from functions.shared.cash_candidates import Finder
from functions.shared.store import bank, moneys
from functions.shared.store.bank import COUNTS, EntryRecord, EntryState
from functions.shared.store.items import StoredItem
from functions.shared.store.overtaken import LESS, OF_BANK

_SHOWN: Final = 3  # payments that a return may be of
_SAME: Final = 90  # of one amount and near days; never applied alone
_TAKEN: Final = frozenset({EntryState.REVERSED, EntryState.IGNORED})  # states in which nothing can come back


def plan(record: EntryRecord, entity: Entity, finder: Finder) -> EntryRecord:
    """The entry with what is to be done about it, in state PLANNED."""
    entry = record.entry
    if entry.payer_account and any(is_account(entry.payer_account, ours) for ours in entity.bank_accounts):
        return ignored(record, "a transfer between accounts of ours")
    if entry.minor > 0 and not entry.reversal:
        return _came_in(record, entity, finder)
    if returned.is_return(entry):
        return _came_back(record, finder)
    if entry.minor < 0:
        return _went_out(record, finder)
    return ignored(record, "a payment of ours came back" if entry.minor else "no amount")


def again(record: EntryRecord, entity: Entity, finder: Finder) -> EntryRecord:
    """The same of one that waits: what came since may say what it is for, or tell of it too."""
    if record.state is EntryState.UNAPPLIED and finder.credit_of(record) != record.entry.minor:
        return ignored(record, "the ledger has this payment by now").model_copy(update={"split": None})
    planned = plan(record, entity, finder)
    return planned.model_copy(update={"split": None}) if planned.becomes is EntryState.IGNORED else planned


def ignored(record: EntryRecord, reason: str) -> EntryRecord:
    """No money of a customer, or counted elsewhere."""
    return record.model_copy(update={"state": EntryState.PLANNED, "becomes": EntryState.IGNORED, "reasons": (reason,)})


def _came_in(record: EntryRecord, entity: Entity, finder: Finder) -> EntryRecord:
    found, apart = _matched(record, entity, finder)
    told = found.told
    if told is None:
        return _unheard(record, found)
    if not found.told_for_sure:
        return _doubted(record, found, told)
    said = {"told": told.entry, "told_of": told.of}
    if told.unapplied:  # what it is for, the bank alone may say; the payment is the same
        planned = _unheard(record, apart)
        if planned.split is not None and planned.becomes in COUNTS:
            return planned.model_copy(update=said)
    return ignored(record, "the ledger has this payment already").model_copy(update=said)


def _unheard(record: EntryRecord, found: Match) -> EntryRecord:
    """Only the bank tells of it."""
    if found.automatic:
        best = found.suggestions[0]
        changes = {"split": best.split, "rule": best.rule, "score": best.score}
        return _planned(record, EntryState.APPLIED, found, best.reasons, **changes)
    return _waits(record, found, _why(found))


def _doubted(record: EntryRecord, found: Match, told: Told) -> EntryRecord:
    """The ledger may tell of it too. It counts until a person says so: nobody is chased for money that came in."""
    account = found.payer or next((one.split.rest_customer for one in found.suggestions if one.split.rest), None)
    both = found
    if account is not None:
        same = same_as(record, account, told.entry, told.of)
        both = found.model_copy(update={"suggestions": (same, *found.suggestions)})
    return _waits(record, both, ("the ledger has a payment of the same amount and days",))


def same_as(record: EntryRecord, account: str, told: str, told_of: str | None) -> Suggestion:
    """That it is a payment of which the ledger tells."""
    split, reasons = on_account(_money(record.entry), account), ("the same amount, near days",)
    return Suggestion(rule=Rule.SAME, score=_SAME, split=split, reasons=reasons, told=told, told_of=told_of)


def _waits(record: EntryRecord, found: Match, reasons: tuple[str, ...]) -> EntryRecord:
    """For a person; on account of its payer where that is known."""
    if found.payer is not None:
        changes = {"split": on_account(_money(record.entry), found.payer), "rule": Rule.ACCOUNT}
        return _planned(record, EntryState.UNAPPLIED, found, reasons, **changes)
    state = EntryState.SUGGESTED if found.suggestions else EntryState.UNIDENTIFIED
    return _planned(record, state, found, reasons)


def _matched(record: EntryRecord, entity: Entity, finder: Finder) -> tuple[Match, Match]:
    """What the entry pays, and what it would if the ledger did not tell of it.

    A payment of the ledger stands for one entry of the bank and no more.
    """
    entry, rules, ours = record.entry, entity.cash, entity.bank_accounts
    candidates = finder.find(entry)
    if not any(one.told for one in candidates):
        found = match(entry, candidates, rules, ours)
        return found, found
    others = bank.of_amount(record.entity, entry.currency, entry.minor).values()
    used = {told for one in others if one.id != record.id for told in _told(one)}
    used |= {(told_of, told) for told, told_of in record.apart}
    free = [one.model_copy(update={"told": _free(one, entry.minor, used, finder)}) for one in candidates]
    alone = [one.model_copy(update={"told": ()}) for one in candidates]
    return match(entry, free, rules, ours), match(entry, alone, rules, ours)


def _told(record: EntryRecord) -> set[tuple[str | None, str]]:
    """The payments of the ledger that an entry is, or may be."""
    maybe = {(one.told_of, one.told) for one in record.suggestions if one.told is not None}
    return maybe if record.told is None else maybe | {(record.told_of, record.told)}


def _free(one: Candidate, minor: int, used: set[tuple[str | None, str]], finder: Finder) -> tuple[Told, ...]:
    """The payments that the ledger tells of an account, less those of other entries, and parts of greater ones."""
    near = [told for told in one.told if told.minor == minor and (told.of, told.entry) not in used]
    return tuple(told for told in near if told.of is not None or not finder.part_of_more(one.customer.id, told))


def _why(found: Match) -> tuple[str, ...]:
    if found.ambiguous:
        return ("two ways are as likely",)
    return ("not sure enough to apply it alone",) if found.suggestions else ("nothing fits",)


def _planned(
    record: EntryRecord, becomes: EntryState, found: Match, reasons: tuple[str, ...], **changes: object
) -> EntryRecord:
    suggestions = () if becomes is EntryState.APPLIED else found.suggestions
    told = {"state": EntryState.PLANNED, "becomes": becomes, "reasons": reasons, "suggestions": suggestions}
    return record.model_copy(update={**told, **changes})


# ---------- money that goes out ----------
def _came_back(record: EntryRecord, finder: Finder) -> EntryRecord:
    """The payment that it takes back, of the bank's own entries or of the ledger's; else a person says which."""
    entry = record.entry
    found: list[Return] = []
    for minor in dict.fromkeys((-entry.minor, -entry.minor - entry.charges_minor)):  # a bank may take its fee with it
        there = bank.of_amount(record.entity, entry.currency, minor).values()
        earlier = [_earlier(one, finder) for one in there if may_come_back(one)]
        found += returned.returned(entry.model_copy(update={"minor": -minor}), earlier)
    sure = returned.certain(found)
    if sure is not None:
        earlier_one = bank.read([sure.earlier])[sure.earlier]
        return _takes_back(record, sure, told_since(earlier_one, finder))
    if not found:
        undo = _told_by_ledger(entry, finder)
        if undo is not None:
            reasons = ("the invoice that it names was settled by this amount",)
            changes = {"becomes": EntryState.REVERSED, "undo": (undo,), "reasons": reasons, "rule": Rule.RETURNED}
            return record.model_copy(update={"state": EntryState.PLANNED, **changes})
    state = EntryState.SUGGESTED if found else EntryState.UNIDENTIFIED
    why = "a payment came back, and it is not certain which" if found else "a payment came back that nobody knows"
    likely = sorted(found, key=lambda one: -one.score)[:_SHOWN]
    said = (why, *(f"perhaps {one.earlier}" for one in likely))
    return record.model_copy(
        update={"state": EntryState.PLANNED, "becomes": state, "reasons": said, "rule": Rule.RETURNED}
    )


def may_come_back(record: EntryRecord) -> bool:
    """Whether its money is there, or is told to have gone back by a program alone."""
    return record.state not in _TAKEN or (record.told_of is not None and record.back is None)


def told_since(record: EntryRecord, finder: Finder) -> tuple[tuple[str, str, str], ...]:
    """Customer, item and entry of the ledger where that took the place of what the bank had told."""
    found: list[tuple[str, str, str]] = []
    for part in record.split.parts if record.split else ():
        for stored in finder.stored(part.customer, part.item):
            if record.settles_as(record.turn) in stored.reversed:
                whole = (part.minor, part.minor + part.allowance)
                names = [name for name, minor in stored.settled.items() if minor in whole and is_told(stored, name)]
                names = [record.told] if record.told in names else names
                found += [(part.customer, part.item, name) for name in names[:1]]
    return tuple(found)


def is_told(stored: StoredItem, entry: str) -> bool:
    """Whether an entry of an item is money that its ledger told."""
    return not entry.startswith(OF_BANK) and not entry.endswith(LESS) and entry not in stored.not_money


def _takes_back(record: EntryRecord, sure: Return, undo: tuple[tuple[str, str, str], ...]) -> EntryRecord:
    return record.model_copy(
        update={
            "undo": undo,
            "state": EntryState.PLANNED,
            "becomes": EntryState.REVERSED,
            "reverses": sure.earlier,
            "rule": Rule.RETURNED,
            "score": sure.score,
            "reasons": sure.reasons,
        }
    )


def _earlier(record: EntryRecord, finder: Finder) -> Earlier:
    entry = record.entry
    return Earlier(
        id=record.id,
        booked_on=entry.booked_on,
        minor=entry.minor,
        currency=entry.currency,
        end_to_end=entry.remittance.end_to_end,
        bank_reference=entry.bank_reference,
        payer_account=entry.payer_account,
        payer_name=entry.payer_name,
        numbers=_settled_by(record, finder),
    )


def _settled_by(record: EntryRecord, finder: Finder) -> tuple[str, ...]:
    """The numbers of the invoices that its money settled, be it as the payment that a program told."""
    if record.split is not None:
        return tuple(part.number for part in record.split.parts)
    told = record.told is not None and record.told_of is not None
    money = moneys.get(record.entity, record.told_of or "", record.told or "") if told else None
    found = ((money.account, item) for item in money.used) if money else ()
    return tuple(stored.item.number for account, item in found for stored in finder.stored(account, item))


def _told_by_ledger(entry: BankEntry, finder: Finder) -> tuple[str, str, str] | None:
    """Customer, item and entry of a settlement that only the ledger told, on the one item that the return names."""
    closed = {one.item.id: one for one in finder.closed(entry)}
    named = returned.names_item(entry, [one.item for one in closed.values()])
    found = [
        (item.customer, item.id, name)
        for item in named
        for name, minor in closed[item.id].settled.items()
        if minor == -entry.minor and is_told(closed[item.id], name)
    ]
    return found[0] if len(found) == 1 else None


def _went_out(record: EntryRecord, finder: Finder) -> EntryRecord:
    """Money of ours: a refund where the customer has as much on account, and a person agrees."""
    entry = record.entry
    payers = bank.payers(record.entity, entry.payer_account) if entry.payer_account else ()
    for candidate in finder.find(entry) if payers else ():
        credit = next(
            (
                one
                for one in candidate.credits
                if one.id.startswith(OF_BANK) and (one.open_minor, one.currency) == (-entry.minor, entry.currency)
            ),
            None,
        )
        if credit is not None and candidate.customer.id in payers:
            told = credit.id.removeprefix(OF_BANK)
            changes = {"becomes": EntryState.SUGGESTED, "rule": Rule.REFUND, "told": told}
            reasons = ("paid back what this customer had on account",)
            return record.model_copy(update={"state": EntryState.PLANNED, "reasons": reasons, **changes})
    return ignored(record, "money that went out")


def _money(entry: BankEntry) -> Money:
    return Money(entry.minor, entry.currency, entry.booked_on, entry.charges_minor)
