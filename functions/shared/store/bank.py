"""What banks told: each entry once, where it stands, and how far the statements of each account reach.

An entry's record is written before anything is done about it and says what is to be done, so that whoever comes after a
worker that died does the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.bank import BankEntry
from core.cash.model import Rule, Split, Suggestion
from core.frozen import Frozen
from core.keys import stable_id
from core.packing import deflate, inflate
from core.stored import stored
from functions.shared.store import keys
from functions.shared.store.overtaken import OF_BANK
from functions.shared.store.table import Row, ref_index, table

KEPT: Final = timedelta(days=3 * 365)  # as closed items: a payment may be taken back long after


class EntryState(StrEnum):
    """Where the money of an entry stands."""

    PLANNED = "planned"  # what is to be done is written down, and not done to its end
    APPLIED = "applied"  # it settles items; what was over is on account
    UNAPPLIED = "unapplied"  # all of it on account of its payer: a person says what it is for
    SUGGESTED = "suggested"  # whose it is is not certain: a person chooses
    UNIDENTIFIED = "unidentified"
    DOUBTED = "doubted"  # it settles items, and what a program told may be the same money: a person says so or not
    REVERSED = "reversed"  # it went back, or took another back
    IGNORED = "ignored"  # no money of a customer, or told elsewhere


WAITING: Final = frozenset({EntryState.UNAPPLIED, EntryState.SUGGESTED, EntryState.UNIDENTIFIED, EntryState.DOUBTED})
COUNTS: Final = frozenset({EntryState.APPLIED, EntryState.UNAPPLIED, EntryState.DOUBTED})  # for a customer


class EntryRecord(Frozen):
    """One entry with what became of it."""

    id: str
    entity: str
    source: str = ""
    state: EntryState
    rev: int = 1
    entry: BankEntry
    split: Split | None = None  # how its money stands, or is to stand
    turn: int = 1  # of the split: its parts settle under ids of their own
    was: Split | None = None  # what it replaces while it is planned
    was_turn: int = 0
    undo: tuple[tuple[str, str, str], ...] = ()  # customer, item, entry of the ledger that a return takes back
    becomes: EntryState | None = None  # of a planned one
    rule: Rule | None = None
    score: int = 0
    reasons: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    told: str | None = None  # the ledger's own entry of the same money
    told_of: str | None = None  # the customer of whom a program told that entry; None: it came in a file
    apart: tuple[tuple[str, str | None], ...] = ()  # such entries of which a person said that they are other money
    reverses: str | None = None  # id of the entry whose money it takes back
    back: str | None = None  # id of the entry that took this one's money back
    by: str = ""  # the person who decided; "": nobody

    @property
    def credit_id(self) -> str:
        """Of what is on account."""
        return OF_BANK + self.id

    def settles_as(self, turn: int) -> str:
        """The id under which the parts of a split settle items."""
        return self.credit_id if turn == 1 else f"{self.credit_id}.{turn}"


def entry_id(entity: str, key: str) -> str:
    """The id of an entry: the same in every file that holds it."""
    return stable_id("bank-entry", entity, key)


def of_credit(entry: str) -> str:
    """The id of the entry whose money a credit is, or settles an item."""
    return entry.removeprefix(OF_BANK).partition(".")[0]


def account_hash(account: str) -> str:
    """The key under which an account is known where its number must not stand."""
    return stable_id("bank-account", "".join(account.split()).upper())


# ---------- entries ----------
def read(ids: Iterable[str]) -> dict[str, EntryRecord]:
    """The entries that exist among these, strongly read."""
    rows = table().batch_get(keys.bank_entry(one) for one in ids)
    return {record.id: record for record in map(_of_row, rows.values())}


def put(record: EntryRecord) -> EntryRecord | None:
    """Write a new entry; None when somebody else did."""
    row = _row(record)
    return record if table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: there == row) else None


def move(record: EntryRecord, **changes: Any) -> EntryRecord | None:
    """Take an entry from how it was read to how it stands; None when somebody else was first."""
    after = record.model_copy(update={**changes, "rev": record.rev + 1})
    row = _row(after)
    won = table().put_if(row, "#rev = :was", {"was": record.rev}, mine=lambda there: there == row)
    return after if won else None


def waiting(entity: str, *, backwards: bool = False) -> Iterator[EntryRecord]:
    """What waits for a person, the oldest first. Args: `backwards` the newest first."""
    return (record for record in _listed(keys.cash_pk(entity), backwards=backwards) if record.state in WAITING)


def half_done(entity: str) -> Iterator[EntryRecord]:
    """What a worker that died left."""
    found = _listed(keys.cash_pk(entity, half_done=True))
    return (record for record in found if record.state is EntryState.PLANNED)


def _listed(pk: str, *, backwards: bool = False) -> Iterator[EntryRecord]:
    for page in table().pages(pk, index=ref_index(), backwards=backwards, limit=100):
        ids = [keys.bank_entry_of(row["pk"]) for row in page]
        found = read(ids)
        yield from (found[one] for one in ids if one in found)


def oldest_waiting(entity: str) -> date | None:
    """The booking day of the oldest entry that waits; None when none does."""
    for row in table().query(keys.cash_pk(entity), index=ref_index(), limit=1):
        return date.fromisoformat(row["ref_sk"].partition("#")[0])
    return None


def note_paid(record: EntryRecord) -> None:
    """Let an entry be found by its amount; twice is once."""
    entry = record.entry
    pk = keys.paid_pk(record.entity, entry.currency, entry.minor)
    row: Row = {"pk": pk, "sk": keys.cash_sk(entry.booked_on, record.id), "expires_at": _expiry(entry.booked_on)}
    table().put(row)


def of_amount(entity: str, currency: str, minor: int, days: tuple[date, date] | None = None) -> dict[str, EntryRecord]:
    """The entries of one amount, whenever they were booked or from one day to another."""
    between = (days[0].isoformat(), f"{days[1].isoformat()}{keys.LAST}") if days else None
    rows = table().query(keys.paid_pk(entity, currency, minor), between=between)
    return read(row["sk"].partition("#")[2] for row in rows)


# ---------- payers ----------
def note_payer(entity: str, account: str, customer: str, on: date) -> None:
    """Remember that a customer paid from an account."""
    pk = keys.payer_pk(entity, account_hash(account))
    table().put({"pk": pk, "sk": keys.part(customer), "paid_on": on.isoformat(), "expires_at": _expiry(on)})


def payers(entity: str, account: str) -> tuple[str, ...]:
    """The customers that paid from an account."""
    return tuple(keys.unpart(row["sk"]) for row in table().query(keys.payer_pk(entity, account_hash(account))))


def _row(record: EntryRecord) -> Row:
    body: Any = record.model_dump(mode="json", exclude_none=True, exclude={"state", "rev", "id", "entity"})
    row: Row = {
        **keys.bank_entry(record.id)._asdict(),
        "id": record.id,
        "entity": record.entity,
        "state": record.state.value,
        "rev": record.rev,
        "body": deflate(body),
    }
    planned = record.state is EntryState.PLANNED
    if planned or record.state in WAITING:
        row["ref_pk"] = keys.cash_pk(record.entity, half_done=planned)
        row["ref_sk"] = keys.cash_sk(record.entry.booked_on, record.id)
    else:
        row["expires_at"] = _expiry(record.entry.booked_on)
    return row


def _of_row(row: Mapping[str, Any]) -> EntryRecord:
    own = {name: row[name] for name in ("id", "entity", "state", "rev")}
    return stored(EntryRecord, {**inflate(row["body"]), **own})


def _expiry(on: date) -> int:
    """Epoch seconds: counted from the booking, so that the same entry always gives the same record."""
    return int((datetime.fromisoformat(f"{on.isoformat()}T00:00:00+00:00") + KEPT).timestamp())
