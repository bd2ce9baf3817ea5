"""A ledger's file: checked as a whole, held against the one before, then written account by account."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final

from core.calendar import local_date
from core.formats.changes import AccountChanges
from core.formats.errors import InputError
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import LedgerFile, Report, changes, examine, rejected_lines
from core.ledger import Customer
from core.packing import deflate, inflate
from core.source import Source
from functions.ingest_files import snapshot, taking
from functions.ingest_files.moment import Moment
from functions.ingest_files.snapshot import Manifest
from functions.ingest_files.taking import Refused
from functions.shared import cash, starts
from functions.shared.observability import LogEvent, log
from functions.shared.store import config, customers, facts, inbox, sources
from functions.shared.store.inbox import FileState, InboxFile

CHUNK: Final = 200  # accounts between two notes of how far it came
_MOST_STARTS: Final = starts.MOST + 1  # more are not started, and need not be remembered


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file, as it was checked."""

    ledger: LedgerFile
    report: Report
    skip_bad: bool

    def changes(self) -> Iterator[AccountChanges]:
        return changes(self.ledger, self.report, skip_bad=self.skip_bad)


def take(file: InboxFile, source: Source, path: Path, moment: Moment) -> InboxFile:
    """Take a ledger's file, or the rest of it.

    Raises: Refused.
    """
    if file.state is FileState.TAKING:
        reading = _again(file, path)
    else:
        checked = _check(file, source, path, moment)
        if isinstance(checked, InboxFile):
            return checked
        file, reading = checked
    return _write(file, reading, moment)


# ---------- checking ----------
def _check(file: InboxFile, source: Source, path: Path, moment: Moment) -> InboxFile | tuple[InboxFile, _Reading]:
    """Check the whole file; it may have to wait for a person."""
    last = snapshot.last_taken(source)
    if last is not None and file.modified_at < last:
        said = f"a file of {last:%Y-%m-%d %H:%M:%S} UTC was taken already, this one is older"
        if source.snapshot == "full":
            raise Refused("OUTDATED", said)
        if not file.allowed_by:
            return taking.hold(file, "OUTDATED", said, moment.now)
    ledger = _open(file, source, path)
    with Manifest() as manifest:
        full = manifest if source.snapshot == "full" else None
        report = examine(ledger, watch=full)
        _refuse(report, source)
        rejects = _rejects(file, ledger, report)
        counts = {**report.counts, "rejected": len(report.errors)}
        form = _form(report)
        if full is not None:
            compared = snapshot.compare(file, source, full, whole=not report.errors)
            form["closes"] = counts["closes"] = compared.closes
            if compared.is_too_many(source.most_closed_percent) and not file.allowed_by:
                said = f"would close {compared.closes} of {compared.of} invoices (> {source.most_closed_percent} %)"
                return taking.hold(file, "CLOSES_TOO_MANY", said, moment.now, counts=counts, rejects=rejects)
    file = inbox.move(
        file,
        look_at=moment.now + inbox.LEASE,
        state=FileState.TAKING,
        setting=deflate(source.model_dump(mode="json", exclude_none=True)),
        form=form,
        counts=counts,
        rejects=rejects,
        code="",
        said="",
    )
    return file, _Reading(ledger, report, source.skip_bad)


def _open(file: InboxFile, source: Source, path: Path) -> LedgerFile:
    ledger = open_ledger(path, source.mapping, file.entity, name=file.name, only=True)
    if isinstance(ledger, InputError):
        raise Refused(ledger.code, ledger.problem, [ledger])
    return ledger


def _refuse(report: Report, source: Source) -> None:
    if not report.errors or (source.skip_bad and report.complete and not _of_another(report)):
        return
    first = next((error for error in report.errors if error.code == "TENANT_MISMATCH"), report.errors[0])
    many = len(report.errors)
    at = f"line {first.line}: " if first.line else ""
    said = f"{many:,} {'mistakes' if many > 1 else 'mistake'}, the first at {at}{first.code}"
    raise Refused(first.code, said, (*report.errors, *report.remarks))


def _of_another(report: Report) -> bool:
    return any(error.code == "TENANT_MISMATCH" for error in report.errors)


def _rejects(file: InboxFile, ledger: LedgerFile, report: Report) -> str:
    """The reject file of bad lines that are left out, and of what else is to be said."""
    if not (report.errors or report.remarks):
        return ""
    return taking.write_rejects(file, (*report.errors, *report.remarks), dict(rejected_lines(ledger, report)))


def _form(report: Report) -> dict[str, Any]:
    """What later invocations need of the report, without reading the file for it again."""
    return {
        "grouped": report.grouped,
        "bad": bool(report.errors),
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "bank_as_of": report.bank_as_of.isoformat() if report.bank_as_of else None,
        "base": report.base_currency,
        "rates": dict(report.rates),
    }


def _again(file: InboxFile, path: Path) -> _Reading:
    """A file that was checked before, read as it was then, whatever its source says by now."""
    source = Source.model_validate(inflate(file.setting))
    report = Report(file.name, grouped=bool(file.form["grouped"]))
    return _Reading(_open(file, source, path), report, skip_bad=True)


# ---------- writing ----------
def _write(file: InboxFile, reading: _Reading, moment: Moment) -> InboxFile:
    """Write the accounts after those that are written, for as long as there is time."""
    configuration = config.read()
    today = {key: local_date(moment.now, entity.zone) for key, entity in configuration.entities.items()}
    left = islice(_with_closings(file, reading), file.done, None)
    started = dict.fromkeys(file.form.get("started", ()))
    while chunk := list(islice(left, CHUNK)):
        counts = dict(file.counts)
        for applied in facts.apply_accounts(chunk, today=today, now=moment.now):
            for name in ("changed", "opened", "restated", "closed", "reopened"):
                counts[name] = counts.get(name, 0) + getattr(applied, name)
            if (applied.opened or applied.restated or applied.reopened) and len(started) < _MOST_STARTS:
                started[applied.customer] = None
        file = inbox.move(
            file,
            look_at=moment.now if moment.is_over else moment.now + inbox.LEASE,
            done=file.done + len(chunk),
            counts=counts,
            attempts=0,
            form={**file.form, "started": list(started)},
        )
        if moment.is_over:
            log(LogEvent.FILE_PAUSED, entity=file.entity, source=file.source, file=file.id, done=file.done)
            return file
    return _finish(file, moment)


def _with_closings(file: InboxFile, reading: _Reading) -> Iterator[AccountChanges]:
    """The accounts of the file, each with what it does not hold any more; then those that it does not name at all."""
    gone = snapshot.gone(file) if file.form.get("closes") else {}
    for change in reading.changes():
        closed = gone.pop(change.customer.id, None)
        yield replace(change, gone=tuple(closed)) if closed else change
    left = iter(sorted(gone.items()))
    while some := dict(islice(left, CHUNK)):
        known = customers.profiles(some)
        for customer_id, items in some.items():
            customer = known.get(customer_id) or Customer(id=customer_id, name=customer_id)
            yield AccountChanges(file.entity, customer, by_name_only=True, gone=tuple(items))


def _finish(file: InboxFile, moment: Moment) -> InboxFile:
    """All accounts are written: what else the file says, and that it is over."""
    source = Source.model_validate(inflate(file.setting))
    configuration = config.read()
    entity = configuration.entity(file.entity)
    snapshot.note_taken(file, source)
    complete_on = _day(file.form.get("as_of")) or local_date(file.modified_at, entity.zone)
    today = local_date(moment.now, entity.zone)
    sources.succeeded(source, at=moment.now, complete_on=min(complete_on, today), took=file.key)
    bank_on = _day(file.form.get("bank_as_of"))
    if bank_on is not None:
        config.reaches(file.entity, ledger=None, bank=min(bank_on, today))
    config.quote(file.entity, file.form.get("base"), file.form.get("rates") or {})
    if source.snapshot == "full":
        taking.overtake(file, moment.now)
    cash.rematch(entity, moment.now)  # money that came first finds its invoices
    file = taking.done(file, moment.now)
    starts.start(file.entity, file.form.get("started", ()), moment.now, configuration)
    return file


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
