"""From a bank's entry and the accounts that may have paid to ranked suggestions, and whether the first needs nobody.

Source of the order: the surest evidence first, structured reference, numbers, amount with account, amount with name.
"""

from collections.abc import Sequence
from typing import Final

from core.bank import BankEntry
from core.cash import amounts, naming
from core.cash.evidence import Evidence
from core.cash.model import Candidate, Match, Suggestion, Told
from core.cash.naming import Reading
from core.cash.rules import CashRules
from core.cash.same import is_near, names
from core.ledger import BankAccount, Item

_SHOWN: Final = 8  # suggestions kept


def match(
    entry: BankEntry, candidates: Sequence[Candidate], rules: CashRules, accounts: Sequence[BankAccount] = ()
) -> Match:
    """What a booked entry that came in pays.

    Args: `candidates` whose accounts were found by its numbers, its account and its name; `accounts` of ours, with the
    references that were printed beside them.
    """
    if entry.minor <= 0:
        return Match()
    reading = naming.read(entry, candidates, accounts)
    evidence = Evidence(entry, candidates, rules, reading)
    told, sure = _told(entry, evidence, reading, rules)
    found = [*amounts.by_numbers(evidence), *amounts.by_amount(evidence), *amounts.by_payer(evidence)]
    ranked = _ranked(found)
    ambiguous = _ambiguous(ranked, rules)
    automatic = bool(ranked) and ranked[0].score >= rules.auto_score and not ambiguous and told is None
    return Match(
        suggestions=ranked[:_SHOWN],
        automatic=automatic,
        ambiguous=ambiguous,
        payer=evidence.payer,
        told=told,
        told_for_sure=sure,
    )


def _ranked(found: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """The best first; two ways to the same split are one, by the surer way."""
    best: dict[tuple[object, ...], Suggestion] = {}
    for one in sorted(found, key=lambda one: -one.score):
        parts = sorted((part.customer, part.item, part.minor, part.allowance) for part in one.split.parts)
        best.setdefault((tuple(parts), one.split.rest, one.split.rest_customer), one)
    return tuple(best.values())


def _ambiguous(ranked: Sequence[Suggestion], rules: CashRules) -> bool:
    """Another split is nearly as good. On account of the same customer is no rival: it is what happens else."""
    rivals = [one for one in ranked[1:] if one.split.parts]
    return bool(rivals) and ranked[0].score - rivals[0].score < rules.margin


def _told(entry: BankEntry, evidence: Evidence, reading: Reading, rules: CashRules) -> tuple[Told | None, bool]:
    """A payment of the same amount that the ledger tells of itself, near the same day.

    By its own key, or on a named item, it is for sure the same; unless that may have been cancelled, and not paid.
    """
    named = {(item.customer, item.id) for option in reading.options for item in (*option.items, *option.closed)}
    near = [
        (candidate, told)
        for candidate in evidence.candidates
        for told in candidate.told
        if told.minor == entry.minor and (told.on is None or is_near(told.on, entry.booked_on, rules.same_payment_days))
    ]
    for candidate, told in near:
        family = evidence.family(candidate.customer.id)
        if names(entry, told.reference) and (evidence.payer is None or evidence.payer in family):
            return told, True
    for candidate, told in near:
        if told.item is not None and (candidate.customer.id, told.item) in named:
            return told, not _may_be_reissued(told, candidate, entry)
    for candidate, told in near:
        if told.on is None:
            continue
        if candidate.customer.id == evidence.payer or evidence.agrees(candidate.customer.id):
            return told, False
    return None, False


def _may_be_reissued(told: Told, candidate: Candidate, entry: BankEntry) -> bool:
    """True where an item left the ledger before its money came, or one came since, and another asks for as much.

    It may have been cancelled and issued anew under another number, and the money is for that.
    """
    if told.gone_on is None:
        return False
    was = next((item for item in candidate.closed if item.id == told.item), None)
    alike = [one for one in candidate.items if was and _asks_for(one, was)]
    if entry.booked_on > told.gone_on:
        return bool(alike)
    return any(entry.booked_on <= one.issued_on <= told.gone_on for one in alike)


def _asks_for(one: Item, was: Item) -> bool:
    same = (one.currency, one.original_minor, one.kind) == (was.currency, was.original_minor, was.kind)
    return same and one.issued_on >= was.issued_on
