"""Sources as they are configured, and how far each has come; the entity's own dates follow the slowest of them."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from core.packing import deflate, inflate
from core.source import Source, SourceKind, Watermark
from core.stored import stored
from functions.shared.store import config, keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table

_ATTEMPTS: Final = 5
_TOLD_FOR: Final = timedelta(days=1)


class SourceBusyError(RuntimeError):
    """Others wrote the same watermark on every attempt."""


def read() -> dict[str, Source]:
    """Every source that is configured, by id."""
    rows = table().query(keys.CONFIG, prefix=keys.configuration("source", "").sk)
    sources = (stored(Source, inflate(row["body"])) for row in rows)
    return {source.id: source for source in sources}


def get(source_id: str) -> Source | None:
    """The source of an id; None when nobody configured it."""
    row = table().get(keys.configuration("source", source_id))
    return stored(Source, inflate(row["body"])) if row else None


def put(source: Source, *, was: int) -> bool:
    """Write a source over version `was` of it (0: none yet); False when it is another version by now."""
    plain: Any = source.model_dump(mode="json", exclude_none=True)
    body = deflate(plain)
    row: Row = {**keys.configuration("source", source.id)._asdict(), "body": body, "version": was + 1}

    def ours(there: Row) -> bool:
        return bool(there["version"] == was + 1 and there["body"] == body)

    condition = "#version = :was" if was else "attribute_not_exists(#pk)"
    return table().put_if(row, condition, {"was": was} if was else None, mine=ours)


def watermark(source_id: str) -> Watermark | None:
    """How far a source has come; None when it never delivered or failed."""
    row = table().get(keys.watermark(source_id))
    return fact_of(Watermark, row) if row else None


def watermarks(source_ids: Iterable[str]) -> dict[str, Watermark]:
    """The watermarks that exist among these, by source."""
    wanted = [keys.watermark(source_id) for source_id in source_ids]
    found = table().batch_get(wanted).values() if wanted else ()
    marks = (fact_of(Watermark, row) for row in found)
    return {mark.source: mark for mark in marks}


def succeeded(source: Source, *, at: datetime, complete_on: date | None, took: str) -> None:
    """Note that data were taken; then the entity's date of its ledger, or of its bank's data, follows.

    Args: `complete_on` the day up to which they were complete, None: not known. It never goes back.
    """

    def after(mark: Watermark) -> Watermark:
        told = dict[str, Any](failed_at=None, failure=None, failed=None) if _made_good(source, mark, at, took) else {}
        return mark.model_copy(
            update={
                "complete_on": max(filter(None, (mark.complete_on, complete_on)), default=None),
                "succeeded_at": max(filter(None, (mark.succeeded_at, at))),
                "took": took,
                **told,
            }
        )

    _change(source.id, after)
    if complete_on is not None and source.tells is not None:
        _reaches(source.entity, source.tells)


def _made_good(source: Source, mark: Watermark, at: datetime, took: str) -> bool:
    """Whether what failed needs no person any more.

    A full ledger says what the one before it did not, and a system is asked again; no later file of changes or of a
    bank brings what a refused one held. It is told of for a day at least, or until it comes under its own name.
    """
    if source.snapshot == "full" or source.kind not in (SourceKind.LEDGER, SourceKind.BANK):
        return True
    return mark.failed_at is None or mark.failed == took or at - mark.failed_at >= _TOLD_FOR


def failed(source: Source, *, at: datetime, failure: str, what: str) -> None:
    """Note that data could not be taken, and why: a code."""
    _change(source.id, lambda mark: mark.model_copy(update={"failed_at": at, "failure": failure, "failed": what}))


def _change(source_id: str, after: Callable[[Watermark], Watermark]) -> None:
    for _ in range(_ATTEMPTS):
        key = keys.watermark(source_id)
        there = table().get(key)
        was = there["version"] if there else 0
        mark = after(fact_of(Watermark, there) if there else Watermark(source=source_id))
        row: Row = {**key._asdict(), **fields_of(mark), "version": was + 1}
        condition = "#version = :was" if was else "attribute_not_exists(#pk)"
        if table().put_if(row, condition, {"was": was} if was else None, mine=lambda found, row=row: found == row):  # type: ignore[misc]
            return
    raise SourceBusyError(f"the watermark of {source_id} changed on each of {_ATTEMPTS} attempts")


def _reaches(entity: str, tells: Literal["ledger", "bank"]) -> None:
    """An entity's ledger is as complete as the slowest of the sources that tell it."""
    telling = [source.id for source in read().values() if source.entity == entity and source.tells == tells]
    marks = watermarks(telling)
    days = [marks[source].complete_on if source in marks else None for source in telling]
    known = [day for day in days if day is not None]
    if not known or len(known) < len(days):
        return
    for _ in range(_ATTEMPTS):
        if config.reaches(
            entity, ledger=min(known) if tells == "ledger" else None, bank=min(known) if tells == "bank" else None
        ):
            return
