"""A full ledger against the one before it: which invoices, and what on account, it does not hold any more.

What a full file holds is kept as lists beside it. Before the first one, the invoices that are stored of the entity
stand for it; what is on account was perhaps told by others, and stays.
"""

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from datetime import date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self, TypeVar

from core.formats.book import Book
from core.ledger import Credit, CreditKind, ItemKind
from core.source import Source
from core.values import dataclass
from functions.shared import inbox_objects as objects
from functions.shared.store import inbox, keys, sources
from functions.shared.store.inbox import InboxFile
from functions.shared.store.table import Row, due_index, table

Named = tuple[str, str]  # customer, invoice
OnAccount = tuple[str, str, str, str, str]  # customer, credit, its kind, currency and day
Told = tuple[str, str, str]  # customer, then invoice and entry of a payment, or "dispute" or "hold" and its id
_One = TypeVar("_One", Named, OnAccount)
_SOLD: Final = frozenset({ItemKind.INVOICE, ItemKind.INSTALMENT})
BESIDE: Final = ("credits", "payments", "standing")  # lists beside that of the invoices; an older file has none of them
_PACKED: Final = "application/gzip"


class Manifest:
    """The invoices and credits that a file names, in a private database: memory does not grow with the file."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; BEGIN;"
            "CREATE TABLE named (customer TEXT, item TEXT, open INT, PRIMARY KEY (customer, item)) WITHOUT ROWID;"
            "CREATE TABLE credit (customer TEXT, id TEXT, kind TEXT, currency TEXT, booked_on TEXT, open INT,"
            " PRIMARY KEY (customer, id)) WITHOUT ROWID;"
            "CREATE TABLE told (what TEXT, customer TEXT, of TEXT, id TEXT,"
            " PRIMARY KEY (what, customer, of, id)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def take(self, customer: str, invoices: Iterable[tuple[str, int]]) -> None:
        """Note what a file says of one customer: invoices, and what is open of each."""
        self._database.executemany(
            "INSERT OR REPLACE INTO named VALUES (?, ?, ?)", [(customer, key, minor > 0) for key, minor in invoices]
        )

    def watch(self, book: Book) -> None:
        """Note all that a file says of one customer."""
        self.take(book.customer_id, book.invoices())
        for credit in book.credits():
            self.take_credits([_listed(book.customer_id, credit)], is_open=credit.open_minor > 0)
        self.note("payments", ((book.customer_id, item, entry) for item, entry in book.payments()))
        self.note("standing", ((book.customer_id, kind, key) for kind, key in book.standing()))

    def note(self, what: str, listed: Iterable[Told]) -> None:
        """Note payments of invoices that are told one by one, or disputes and holds; twice is once."""
        rows = ((what, *one) for one in listed)
        self._database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", rows)

    def told(self, what: str) -> Iterator[Told]:
        """Those of one kind, by customer."""
        asked = "SELECT customer, of, id FROM told WHERE what = ? ORDER BY customer, of, id"
        yield from self._database.execute(asked, (what,))

    def lacks(self, what: str, listed: Told) -> bool:
        """Whether the file does not know one of them."""
        asked = "SELECT 1 FROM told WHERE (what, customer, of, id) = (?, ?, ?, ?)"
        return self._database.execute(asked, (what, *listed)).fetchone() is None

    def took_back(self, what: str, listed: Told) -> bool:
        """As `lacks`; a payment is taken back where the file names its invoice."""
        return self.lacks(what, listed) and (what != "payments" or self.holds(listed[:2]))

    def take_credits(self, listed: Iterable[OnAccount], *, is_open: bool = True) -> None:
        """Note credits."""
        rows = [(*one, is_open) for one in listed]
        self._database.executemany("INSERT OR REPLACE INTO credit VALUES (?, ?, ?, ?, ?, ?)", rows)

    def holds_credit(self, listed: OnAccount) -> bool:
        """Whether the file names a credit, used up or not, or as the payment of an invoice."""
        asked = (
            "SELECT 1 FROM credit WHERE customer = ?1 AND id = ?2 UNION ALL "
            "SELECT 1 FROM told WHERE what = 'payments' AND customer = ?1 AND id = ?2"
        )
        return self._database.execute(asked, listed[:2]).fetchone() is not None

    def credits(self) -> Iterator[OnAccount]:
        """What is on account by the file, by customer."""
        yield from self._database.execute(
            "SELECT customer, id, kind, currency, booked_on FROM credit WHERE open ORDER BY customer, id"
        )

    def holds(self, named: Named) -> bool:
        """Whether the file names an invoice, open or settled."""
        return (
            self._database.execute("SELECT 1 FROM named WHERE customer = ? AND item = ?", named).fetchone() is not None
        )

    def open_items(self) -> Iterator[Named]:
        """What is open by the file, by customer."""
        yield from self._database.execute("SELECT customer, item FROM named WHERE open ORDER BY customer, item")


@dataclass(frozen=True, slots=True)
class Compared:
    """What taking a full file would close."""

    closes: int
    of: int  # invoices that were open, and credits that were on account, by the file before
    invoices: tuple[int, int]  # the same of invoices alone: many credits hide no invoices that are missing

    def is_too_many(self, most_percent: int) -> bool:
        return any(closes * 100 > of * most_percent for closes, of in ((self.closes, self.of), self.invoices))


def compare(file: InboxFile, source: Source, manifest: Manifest, *, whole: bool) -> Compared:
    """Keep what the file holds and what it would close, each as a list beside it.

    Args: `whole` False: lines of it are left out, so nothing is missing from it for certain, and nothing is closed.
    """
    closes, of = 0, 0

    def lost(before: Iterable[_One], holds: Callable[[_One], bool]) -> Iterator[_One]:
        nonlocal closes, of
        for one in before:
            of += 1
            if not holds(one):
                closes += 1
                yield one

    def still_open(now: Iterator[_One], before: Iterable[_One], holds: Callable[[_One], bool]) -> Iterator[_One]:
        yield from now
        if not whole:
            yield from (one for one in before if not holds(one))

    _keep(_key(file, "gone"), lost(_before(source), manifest.holds) if whole else ())
    invoices = closes, of
    _keep(_key(file, "open"), still_open(manifest.open_items(), _before(source), manifest.holds))
    on_account = partial(_credits_before, source)
    _keep(_key(file, "gone-credits"), lost(on_account(), manifest.holds_credit) if whole else ())
    _keep(_key(file, "credits"), still_open(manifest.credits(), on_account(), manifest.holds_credit))
    for what in ("payments", "standing"):
        before = partial(_told_before, source, what)
        _keep(_key(file, f"gone-{what}"), filter(partial(manifest.took_back, what), before()) if whole else ())
        _keep(
            _key(file, what),
            chain(manifest.told(what), filter(partial(manifest.lacks, what), () if whole else before())),
        )
    return Compared(closes, of, invoices)


@dataclass(slots=True)
class Gone:
    """What a full file does not hold any more of one customer."""

    items: list[str] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)  # with nothing left of them
    payments: dict[str, list[str]] = field(default_factory=dict)  # by invoice that it holds
    disputes: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)


def gone(file: InboxFile) -> dict[str, Gone]:
    """What the file would close, by customer, as it was found when the file was checked."""
    found: dict[str, Gone] = {}
    for customer, item in _kept(_key(file, "gone")):
        found.setdefault(customer, Gone()).items.append(item)
    for customer, id_, kind, currency, on in _kept(_key(file, "gone-credits")) if file.form.get("credits") else ():
        used = Credit(id=id_, kind=CreditKind(kind), currency=currency, open_minor=0, booked_on=date.fromisoformat(on))
        found.setdefault(customer, Gone()).credits.append(used)
    for customer, item, entry in _kept(_key(file, "gone-payments")) if file.form.get("payments") else ():
        found.setdefault(customer, Gone()).payments.setdefault(item, []).append(entry)
    for customer, kind, key in _kept(_key(file, "gone-standing")) if file.form.get("standing") else ():
        there = found.setdefault(customer, Gone())
        (there.disputes if kind == "dispute" else there.holds).append(key)
    return found


def _listed(customer: str, credit: Credit) -> OnAccount:
    return customer, credit.id, credit.kind.value, credit.currency, credit.booked_on.isoformat()


# ---------- the last file that was taken ----------
def last_taken(source: Source) -> datetime | None:
    """When the newest file of the source that was taken was written; None before the first."""
    row = table().get(keys.source_last(source.id))
    return datetime.fromisoformat(row["modified_at"]) if row else None


def note_taken(file: InboxFile, source: Source) -> None:
    """From now on the next file is held against this one."""
    last = last_taken(source)
    if last is not None and last > file.modified_at:  # a person let an older one in: the newest stays the newest
        return
    row: Row = {**keys.source_last(source.id)._asdict(), "modified_at": file.modified_at.isoformat(), "file": file.id}
    if source.snapshot == "full":
        row |= {"list": _key(file, "open")} | {name: _key(file, name) for name in BESIDE if file.form.get(name)}
    else:
        before = table().get(keys.source_last(source.id)) or {}
        row |= {name: before[name] for name in ("list", *BESIDE) if name in before}
    table().put(row)


def _before(source: Source) -> Iterator[Named]:
    """What was open by the last file that was taken, and by those since of which only a part was."""
    in_part = _in_part(source)
    if not in_part:
        yield from _by_last(source)
        return
    with Manifest() as known:
        for listed in (_by_last(source), *(_kept(_key(one, "open")) for one in in_part)):
            for customer, item in listed:
                known.take(customer, ((item, 1),))
        yield from known.open_items()


def _credits_before(source: Source) -> Iterator[OnAccount]:
    """The same of what was on account."""
    with Manifest() as known:
        for key in _lists_before(source, "credits"):
            known.take_credits(_kept(key))
        yield from known.credits()


def _told_before(source: Source, what: str) -> Iterator[Told]:
    """The same of payments, or of disputes and holds; each once."""
    with Manifest() as known:
        for key in _lists_before(source, what):
            known.note(what, _kept(key))
        yield from known.told(what)


def _lists_before(source: Source, what: str) -> list[str]:
    row = table().get(keys.source_last(source.id)) or {}
    return ([row[what]] if what in row else []) + [_key(one, what) for one in _in_part(source) if one.form.get(what)]


def _in_part(source: Source) -> list[InboxFile]:
    """Files since the last one that was taken of which only a part was."""
    last = last_taken(source)
    held = (one for one in inbox.held(source.entity) if one.source == source.id and one.done)
    return [one for one in held if "closes" in one.form and (last is None or one.modified_at > last)]


def _by_last(source: Source) -> Iterable[Named]:
    row = table().get(keys.source_last(source.id))
    if row is not None and "list" in row:
        return _kept(row["list"])
    alone = all(
        other.id == source.id or other.entity != source.entity or other.tells != source.tells
        for other in sources.read().values()
    )
    return _stored(source.entity) if alone else ()


def _stored(entity: str) -> Iterator[Named]:
    """The open invoices of an entity, of every account that will be decided again; charges of our own are none."""
    for shard in range(keys.SHARDS):
        for due in list(table().query(keys.due_pk(entity, shard), index=due_index())):
            account = keys.account_pk(entity, keys.customer_of_due(due["due_sk"]))
            for row in table().query(account, prefix="I#"):
                if row["open_minor"] > 0 and row["kind"] in _SOLD and "source" not in row:
                    yield row.get("owed_by") or row["customer"], row["id"]


# ---------- lists ----------
def _key(file: InboxFile, what: str) -> str:
    return f"lists/{file.entity}/{file.source}/{file.id}.{what}.jsonl.gz"


def _keep(key: str, listed: Iterable[Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as out:
            for named in listed:
                out.write(json.dumps(named, ensure_ascii=False) + "\n")
        objects.put(key, path, _PACKED)


def _kept(key: str) -> Iterator[Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        objects.fetch(key, "", path)
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(tuple, map(json.loads, lines))
