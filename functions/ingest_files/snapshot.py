"""A full ledger against the one before it: which invoices, and what on account, it does not hold any more.

What a full file holds is kept as lists beside it. Before the first one, the invoices that are stored of the entity
stand for it; what is on account was perhaps told by others, and stays.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from datetime import date, datetime
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from core.ledger import Credit, CreditKind, ItemKind
from core.source import Source
from core.values import dataclass
from functions.ingest_files.manifest import Manifest, Named, OnAccount, Told
from functions.shared import inbox_objects as objects
from functions.shared.store import inbox, keys, moneys, sources
from functions.shared.store.inbox import InboxFile
from functions.shared.store.table import Row, due_index, table

_One = TypeVar("_One", Named, OnAccount)
_SOLD: Final = frozenset({ItemKind.INVOICE, ItemKind.INSTALMENT})
# lists beside that of the invoices; an older file has none of them
BESIDE: Final = ("credits", "payments", "standing", "contacts")
_PACKED: Final = "application/gzip"


@dataclass(frozen=True, slots=True)
class Compared:
    """What taking a full file would close."""

    closes: int
    of: int  # invoices that were open, and credits that were on account, by the file before
    invoices: tuple[int, int]  # the same of invoices alone: many credits hide no invoices that are missing
    contacts: tuple[tuple[int, int], ...]  # of each kind: how many fewer, and of how many

    def lacks_too_much(self, most_percent: int) -> tuple[str, str] | None:
        """Why a person is to look at the file first: code and words; None where it lacks no more than that."""
        if any(closes * 100 > of * most_percent for closes, of in ((self.closes, self.of), self.invoices)):
            return "CLOSES_TOO_MANY", f"would close {self.closes} of {self.of} invoices (> {most_percent} %)"
        for fewer, of in self.contacts:
            if fewer * 100 > of * most_percent:
                said = f"would end the mail to {fewer} of {of} contacts with nobody in their place (> {most_percent} %)"
                return "CONTACTS_MISSING", said
        return None


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
    for what in ("payments", "standing", "contacts"):
        before = partial(_told_before, source, what)
        _keep(_key(file, f"gone-{what}"), filter(partial(manifest.took_back, what), before()) if whole else ())
        stays = (one for one in before() if not whole or _is_kept(what, manifest, one))
        _keep(_key(file, what), chain(manifest.told(what), filter(partial(manifest.lacks, what), stays)))
    contacts = _share_of_contacts(manifest, _told_before(source, "contacts")) if whole else ()
    return Compared(closes, of, invoices, contacts)


def _is_kept(what: str, manifest: Manifest, listed: Told) -> bool:
    """Whether it is held against the next file too, though this one does not have it: its customer may come again."""
    return what == "contacts" and not manifest.speaks_of(what, listed)


def _share_of_contacts(manifest: Manifest, before: Iterable[Told]) -> tuple[tuple[int, int], ...]:
    """Of each kind: how many contacts its customers have less, and of how many. Another in the place of one is no loss,
    and some ledgers number them anew in each file.
    """  # noqa: D205
    fewer, of = Counter[str](), Counter[str]()
    for (customer, kind), listed in groupby(before, itemgetter(0, 1)):
        if manifest.speaks_of("contacts", (customer, kind, "")):
            had = sum(1 for _ in listed)
            of[kind] += had
            fewer[kind] += max(0, had - manifest.count("contacts", customer, kind))
    return tuple((fewer[kind], of[kind]) for kind in of)


@dataclass(slots=True)
class Gone:
    """What a full file does not hold any more of one customer."""

    items: list[str] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)  # with nothing left of them
    payments: dict[str, list[str]] = field(default_factory=dict)  # by invoice that it holds
    disputes: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)


def gone(file: InboxFile) -> dict[str, Gone]:
    """What the file would close, by customer, as it was found when the file was checked.

    Less the payments of an invoice that a program told too: they stay until that takes them back. What is not on
    account any more was used, whoever had told of it.
    """
    found = _listed_as_gone(file)
    entries = ((customer, entry) for customer, each in found.items() for of in each.payments.values() for entry in of)
    for customer, entry in moneys.told(file.entity, entries):
        payments = found[customer].payments
        found[customer].payments = {item: [one for one in of if one != entry] for item, of in payments.items()}
    return found


def _listed_as_gone(file: InboxFile) -> dict[str, Gone]:
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
    for customer, _, key in _kept(_key(file, "gone-contacts")) if file.form.get("contacts") else ():
        found.setdefault(customer, Gone()).contacts.append(key)
    return found


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
