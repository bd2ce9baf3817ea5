"""Statements of a bank become settled invoices: each entry once, what is sure applied, all else known and waiting.

An entry's record with the planned split comes first, then the facts, then the record says that it is done. Whoever
finds a planned one does what it says; nothing is planned twice.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from typing import Final

from core.bank import BankEntry, BankStatement, EntryStatus
from core.calendar import local_date
from core.ledger import Entity
from core.values import dataclass
from functions.shared import cash_plan, cash_work, same_money, starts
from functions.shared.bank_accounts import is_account
from functions.shared.cash_candidates import Finder
from functions.shared.observability import LogEvent, count, log
from functions.shared.store import bank, config, sources, statements
from functions.shared.store.bank import EntryRecord, EntryState

UNKNOWN_ACCOUNT: Final = "UNKNOWN_ACCOUNT"
OTHER_CURRENCY: Final = "OTHER_CURRENCY"
IN_PARTS: Final = "its payments came one by one"
AS_A_WHOLE: Final = "the booking came as a whole"
_AT_ONCE: Final = 500  # entries whose records are in memory together
_MOST_AGAIN: Final = 200  # entries, the newest, that are looked at again with each statement


@dataclass(slots=True)
class Booked:
    """What became of a statement's entries."""

    applied: int = 0
    on_account: int = 0  # the payer is known, what it is for is not
    suggested: int = 0
    unidentified: int = 0
    reversed: int = 0
    ignored: int = 0
    seen_before: int = 0
    pending: int = 0  # announced, not booked
    gap: bool = False  # statements before this one are missing
    refused: str | None = None  # a code: nothing of the statement was taken
    complete_on: date | None = None  # up to which the bank's data of the entity are complete now
    left_at: str | None = None  # the time was over before the entry of this key; the rest is not booked


def book_statement(
    statement: BankStatement,
    entity: Entity,
    source_id: str,
    now: datetime,
    *,
    begin_at: str | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Booked:
    """Book the entries of one statement; booking it again, or another that tells of the same, changes nothing.

    Args: `source_id` of the source that brought it; where none of that id is configured, the entity's date of its
    bank's data is moved here; `begin_at` the key of the entry at which an earlier call stopped because `is_over` said
    so. Raises: LostRaceError, UnprocessedError; the same call goes on where it stopped.
    """
    refused = _refused(statement, entity)
    if refused is not None:
        log(LogEvent.STATEMENT_REFUSED, entity=entity.id, source=source_id, reason=refused)
        count("statements_refused")
        return Booked(refused=refused)
    booked = Booked()
    finder, touched = Finder(entity.id), set[str]()
    _finish_half_done(entity, now, touched)
    there = dict[str, EntryRecord]()
    for n, entry in enumerate(entries := _entries(statement, begin_at)):
        if not n % _AT_ONCE:
            there = _known(entries[n : n + _AT_ONCE], entity)
        if n and is_over():
            booked.left_at = entry.key
            _tell_entries(booked, entity, now)
            starts.start(entity.id, sorted(touched), now)
            return booked
        if entry.status is not EntryStatus.BOOKED:
            booked.pending += 1
            continue
        _tally(booked, _book(entry, entity, source_id, there, finder, now, touched))
    _look_again(entity, now, finder, touched)
    followed = statements.note(entity.id, statement)
    booked.gap, booked.complete_on = followed.gap, followed.complete_on
    _tell(booked, statement, entity, source_id, now)
    starts.start(entity.id, sorted(touched), now)
    return booked


def rematch(entity: Entity, now: datetime) -> int:
    """Look again at what waits: an invoice that came since may be what it was for. Returns: how many are applied now.

    What a person has decided stays as it is.
    """
    touched = set[str]()
    with suppress(LookupError):  # what can never be done holds the next statement, which tells of it, and no ledger
        _finish_half_done(entity, now, touched)
    applied = _look_again(entity, now, Finder(entity.id), touched)
    starts.start(entity.id, sorted(touched), now)
    return applied


def _finish_half_done(entity: Entity, now: datetime, touched: set[str]) -> None:
    """What a worker that died had begun; until then it is in nobody's list."""
    for left in list(bank.half_done(entity.id)):
        same_money.look_again(cash_work.perform(left, entity, now, touched), entity, now)


def _look_again(entity: Entity, now: datetime, finder: Finder, touched: set[str]) -> int:
    applied = 0
    newest = list(islice(bank.waiting(entity.id, backwards=True), _MOST_AGAIN))  # an invoice comes soon or not at all
    for record in reversed(newest):
        if record.by or record.entry.minor <= 0 or record.state is EntryState.DOUBTED:
            continue
        again = cash_plan.again(record, entity, finder)
        if again.becomes in (EntryState.APPLIED, EntryState.IGNORED):
            told = {"rule": again.rule, "score": again.score, "reasons": again.reasons, "told": again.told}
            told["told_of"] = again.told_of
            planned = cash_work.replan(record, again.split, again.becomes, suggestions=(), **told)
            if planned is not None:
                here = set[str]()
                applied += cash_work.perform(planned, entity, now, here).state is EntryState.APPLIED
                finder.forget(here)
                touched |= here
        elif again.suggestions != record.suggestions:
            bank.move(record, suggestions=again.suggestions)
    return applied


def bridge(entity: Entity, account: str, now: datetime) -> date | None:
    """A person says that no statement of an account is missing. Returns: up to when the entity's data are complete."""
    followed = statements.bridge(entity.id, account)
    if not followed.gap:
        cash_work.statements_came(entity, account, now)
    if followed.complete_on is not None:
        config.reaches(entity.id, ledger=None, bank=min(followed.complete_on, local_date(now, entity.zone)))
    return followed.complete_on


def _entries(statement: BankStatement, begin_at: str | None) -> list[BankEntry]:
    """In the order in which they are booked; from the one with this key, where there is one."""
    entries = sorted(statement.entries, key=lambda one: (one.booked_on, one.minor < 0))
    first = next((n for n, entry in enumerate(entries) if entry.key == begin_at), 0)
    return entries[first:]


def _known(entries: Sequence[BankEntry], entity: Entity) -> dict[str, EntryRecord]:
    """The records of entries, and of the bookings that they are parts of, that came before."""
    named = {key for entry in entries for key in (entry.key, entry.batch) if key}
    return bank.read(bank.entry_id(entity.id, key) for key in sorted(named))


def _book(
    entry: BankEntry,
    entity: Entity,
    source: str,
    there: dict[str, EntryRecord],
    finder: Finder,
    now: datetime,
    touched: set[str],
) -> EntryRecord | None:
    """One entry; None when it was booked before."""
    own = bank.entry_id(entity.id, entry.key)
    whole = bank.entry_id(entity.id, entry.batch) if entry.batch else None
    if own in there:
        if there[own].state is EntryState.PLANNED:
            same_money.look_again(cash_work.perform(there[own], entity, now, touched), entity, now)
        return None
    base = EntryRecord(id=own, entity=entity.id, source=source, state=EntryState.PLANNED, entry=entry)
    record = _part(base, whole, there) if whole else None
    record = record or cash_plan.plan(base, entity, finder)
    if entry.minor <= 0 and record.becomes is EntryState.IGNORED:  # nothing is to be done
        record = record.model_copy(update={"state": EntryState.IGNORED, "becomes": None})
    put = bank.put(record)
    if put is None:  # another worker has the same file
        return None
    here = set[str]()
    there[own] = done = same_money.look_again(cash_work.perform(put, entity, now, here), entity, now)
    finder.forget(here)
    touched |= here
    return done


def _part(record: EntryRecord, whole: str, there: dict[str, EntryRecord]) -> EntryRecord | None:
    """A payment of a booking that may have come as one entry: it counts once. None: to be planned as any other."""
    known = there.get(whole)
    if known is None:
        told = record.entry.model_copy(update={"key": record.entry.batch, "batch": None, "minor": 0})
        marker = {"id": whole, "entry": told, "state": EntryState.IGNORED, "reasons": (IN_PARTS,)}
        there[whole] = record.model_copy(update=marker)
        bank.put(there[whole])
        return None
    if known.state in (EntryState.SUGGESTED, EntryState.UNIDENTIFIED):
        moved = bank.move(known, state=EntryState.IGNORED, reasons=(IN_PARTS,), suggestions=())
        there[whole] = moved or known
        return None
    return None if known.reasons == (IN_PARTS,) else cash_plan.ignored(record, AS_A_WHOLE)


_COUNTED: Final = {
    EntryState.APPLIED: "applied",
    EntryState.DOUBTED: "applied",
    EntryState.UNAPPLIED: "on_account",
    EntryState.SUGGESTED: "suggested",
    EntryState.UNIDENTIFIED: "unidentified",
    EntryState.REVERSED: "reversed",
    EntryState.IGNORED: "ignored",
}


def _tally(booked: Booked, record: EntryRecord | None) -> None:
    name = "seen_before" if record is None else _COUNTED[record.state]
    setattr(booked, name, getattr(booked, name) + 1)


def _tell_entries(booked: Booked, entity: Entity, now: datetime) -> None:
    """Counters, and the task where a person is needed: of a whole statement, or of as much as there was time for."""
    count("cash_applied", booked.applied)
    count("cash_on_account", booked.on_account)
    count("cash_waiting", booked.suggested + booked.unidentified)
    count("cash_reversed", booked.reversed)
    count("cash_seen_before", booked.seen_before)
    if booked.on_account or booked.suggested or booked.unidentified:
        cash_work.ask_for_matching(entity, local_date(now, entity.zone))


def _tell(booked: Booked, statement: BankStatement, entity: Entity, source_id: str, now: datetime) -> None:
    """Counters, the log, tasks, and how far the bank's data reach."""
    _tell_entries(booked, entity, now)
    log(
        LogEvent.STATEMENT_BOOKED,
        entity=entity.id,
        source=source_id,
        applied=booked.applied,
        on_account=booked.on_account,
        waiting=booked.suggested + booked.unidentified,
        seen_before=booked.seen_before,
    )
    today = local_date(now, entity.zone)
    if booked.gap:
        log(LogEvent.STATEMENTS_MISSING, entity=entity.id, source=source_id)
        count("bank_gaps")
        cash_work.ask_for_statements(entity, statement.account, today)
    elif not (statement.interim or statement.notification):
        cash_work.statements_came(entity, statement.account, now)
    if booked.complete_on is not None and sources.get(source_id) is None:
        config.reaches(entity.id, ledger=None, bank=min(booked.complete_on, today))


def _refused(statement: BankStatement, entity: Entity) -> str | None:
    """Why a statement is not the entity's; None where it is."""
    ours = [account for account in entity.bank_accounts if is_account(statement.account, account)]
    if not ours:
        return UNKNOWN_ACCOUNT
    fits = any(account.currency in (None, statement.currency) for account in ours)
    return None if fits else OTHER_CURRENCY
