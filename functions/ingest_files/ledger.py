"""A ledger's file: checked as a whole, held against the one before, then written account by account."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from core.calendar import local_date
from core.formats.changes import AccountChanges
from core.formats.errors import InputError
from core.formats.examination import Examination, LedgerFile, Report
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import rejected_lines
from core.formats.own_numbers import apart
from core.ledger import Customer
from core.source import Source
from core.values import replace
from functions.ingest_files import endings, progress, setting, snapshot
from functions.ingest_files.endings import Refused
from functions.ingest_files.manifest import Manifest
from functions.ingest_files.moment import RESERVE, Moment
from functions.ingest_files.snapshot import Gone
from functions.shared import cash, moved, starts
from functions.shared.store import config, customers, facts, inbox, sources
from functions.shared.store.inbox import FileState, InboxFile

CHUNK: Final = 200  # accounts between two notes of how far it came
_JUDGED_IN: Final = 0.4  # milliseconds a line, several times what it takes
_OUTDATED: Final = "OUTDATED"
_MOST_STARTS: Final = starts.MOST + 1  # more are not started, and need not be remembered


def take(file: InboxFile, source: Source, path: Path, moment: Moment) -> InboxFile:
    """Take a ledger's file, or the rest of it.

    Raises: Refused.
    """
    if file.state is FileState.TAKING:  # as it was checked, whatever its source says by now
        source = setting.unpacked(file)
    held = _late(file, source, moment)
    if held is not None:
        return held
    with progress.notebook(file, source) as notebook:
        ledger = _open(file, source, path)
        examination = Examination(ledger, notebook)
        if not examination.read(lambda: moment.is_over) or _has_no_time_to_judge(file, examination, moment):
            return progress.pause(file, source, examination, moment, came_on=examination.is_new)
        if file.state is not FileState.TAKING:
            file = _judge(file, source, ledger, examination, moment)
        return _write(file, source, examination, moment) if file.state is FileState.TAKING else file


# ---------- checking ----------
def _has_no_time_to_judge(file: InboxFile, examination: Examination, moment: Moment) -> bool:
    """Judging cannot stop half way; a file that was just read waits for the next invocation where time is short."""
    needed = RESERVE + examination.line * _JUDGED_IN
    return file.state is not FileState.TAKING and examination.is_new and moment.remaining() < needed


def _late(file: InboxFile, source: Source, moment: Moment) -> InboxFile | None:
    """The file held, where a newer one was taken before it, or before the rest of it. Who let it in for another reason
    did not know that. Raises: Refused where it can only be wrong.
    """  # noqa: D205
    last = snapshot.last_taken(source)
    allowed = file.allowed_by and file.code == _OUTDATED and source.snapshot != "full"
    if last is None or file.modified_at >= last or allowed:
        return None
    said = f"a file of {last:%Y-%m-%d %H:%M:%S} UTC was taken already, this one is older"
    if source.snapshot == "full":
        raise Refused(_OUTDATED, said)
    return endings.hold(file, _OUTDATED, said, moment.now)


def _judge(file: InboxFile, source: Source, ledger: LedgerFile, examination: Examination, moment: Moment) -> InboxFile:
    """Say of the whole file whether it is taken; it may have to wait for a person. Raises: Refused."""
    with Manifest() as manifest:
        full = manifest if source.snapshot == "full" else None
        report = examination.report(watch=full.watch if full else None)
        _refuse(report, source)
        rejects = _rejects(file, ledger, report)
        counts = {**report.counts, "rejected": len(report.errors)}
        form = {**_form(report), "policies": sorted(ledger.policies or ())}
        if full is not None:
            compared = snapshot.compare(file, source, full, whole=not report.errors)
            form |= {"closes": compared.closes, **dict.fromkeys(snapshot.BESIDE, True)}
            counts["closes"] = compared.closes
            lacking = compared.lacks_too_much(source.most_closed_percent)
            if lacking is not None and not file.allowed_by:
                return endings.hold(file, *lacking, moment.now, counts=counts, rejects=rejects)
    return inbox.move(
        file,
        look_at=moment.now + inbox.LEASE,
        state=FileState.TAKING,
        setting=setting.packed(source),
        form={**file.form, **form},
        counts=counts,
        rejects=rejects,
    )


def _open(file: InboxFile, source: Source, path: Path) -> LedgerFile:
    ledger = open_ledger(path, source.mapping, file.entity, name=file.name, only=True)
    if isinstance(ledger, InputError):
        raise Refused(ledger.code, ledger.problem, [ledger])
    if source.own_numbers:
        rows = ledger.rows
        ledger = replace(ledger, rows=lambda: (apart(row, source.id) for row in rows()))
    if file.state is not FileState.TAKING:
        return replace(ledger, policies=frozenset(config.read().policies))
    named = file.form.get("policies")  # as it was checked; by older code that was not
    return ledger if named is None else replace(ledger, policies=frozenset(named))


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
    return endings.write_rejects(file, (*report.errors, *report.remarks), dict(rejected_lines(ledger, report)))


def _form(report: Report) -> dict[str, Any]:
    """What is still to be known of the report when the accounts are written."""
    return {
        "bad": bool(report.errors),
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "bank_as_of": report.bank_as_of.isoformat() if report.bank_as_of else None,
        "base": report.base_currency,
        "rates": dict(report.rates),
    }


# ---------- writing ----------
def _write(file: InboxFile, source: Source, examination: Examination, moment: Moment) -> InboxFile:
    """Write the accounts after those that are written, for as long as there is time."""
    configuration = config.read()
    today = {key: local_date(moment.now, entity.zone) for key, entity in configuration.entities.items()}
    gone = snapshot.gone(file) if "closes" in file.form else {}
    left = _with_closings(file, examination, gone)
    started = dict.fromkeys(file.form.get("started", ()))
    may_have_moved, looked_for = bool(gone) or snapshot.last_taken(source) is not None, _looked_for(source, gone)
    while chunk := list(islice(left, CHUNK)):
        counts = dict(file.counts)
        regrouped = moved.regrouped(chunk) if may_have_moved else {}
        moves = moved.find(chunk, looked_for, regrouped) if may_have_moved else []
        moved.leave_credits(chunk, moves, regrouped, today[file.entity], moment.now)
        moved.bring(chunk, moves, configuration.entity(file.entity), today[file.entity], moment.now)
        moved.leave_parents(chunk, regrouped, today[file.entity], moment.now)
        for applied in facts.apply_accounts(chunk, today=today, now=moment.now):
            for name in ("changed", "opened", "restated", "closed", "reopened"):
                counts[name] = counts.get(name, 0) + getattr(applied, name)
            if (applied.opened or applied.restated or applied.reopened) and len(started) < _MOST_STARTS:
                started[applied.customer] = None
        file = inbox.move(
            file,
            look_at=moment.now + inbox.LEASE,
            done=file.done + len(chunk),
            counts=counts,
            attempts=0,
            form={**file.form, "started": list(started)},
        )
        if moment.is_over:
            return progress.pause(file, source, examination, moment, came_on=True)
    return _finish(file, source, moment)


def _looked_for(source: Source, gone: Mapping[str, Gone]) -> Callable[[str], bool] | None:
    """Which invoices may lie on another account: what a full file does not hold there; None: any of a delta."""
    if source.snapshot != "full":
        return None
    return frozenset(item for each in gone.values() for item in each.items).__contains__


def _with_closings(file: InboxFile, examination: Examination, gone: Mapping[str, Gone]) -> Iterator[AccountChanges]:
    """The accounts of the file that are not written, each with what it does not hold any more; then those that it does
    not name at all.
    """  # noqa: D205
    for change in examination.accounts(after=file.done):  # a file of the inbox is of one entity: an account a customer
        closed = gone.get(change.customer.id)
        yield _less(change, closed) if closed else change
    unnamed = (of_one for of_one in sorted(gone.items(), key=itemgetter(0)) if not examination.names(of_one[0]))
    left = islice(unnamed, max(0, file.done - examination.customers), None)
    while some := dict(islice(left, CHUNK)):
        known = customers.profiles(some)
        for customer_id, closed in some.items():
            customer = known.get(customer_id) or Customer(id=customer_id, name=customer_id)
            yield _less(AccountChanges(file.entity, customer, by_name_only=True), closed)


def _less(change: AccountChanges, closed: Gone) -> AccountChanges:
    """With what the file does not hold any more."""
    items = tuple(
        replace(one, taken_off=frozenset(closed.payments[one.item.id])) if one.item.id in closed.payments else one
        for one in change.items
    )
    return replace(
        change,
        items=items,
        gone=tuple(closed.items),
        credits=(*change.credits, *closed.credits),
        ended_holds=tuple(dict.fromkeys((*change.ended_holds, *closed.holds))),  # a record is written once
        ended_disputes=tuple(dict.fromkeys(closed.disputes)),
        ended_contacts=tuple(closed.contacts),
    )


def _finish(file: InboxFile, source: Source, moment: Moment) -> InboxFile:
    """All accounts are written: what else the file says, and that it is over."""
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
        endings.overtake(file, moment.now)
    cash.rematch(entity, moment.now)  # money that came first finds its invoices
    file = endings.done(file, moment.now, code="", said="")  # why it was held once, and let in
    starts.start(file.entity, file.form.get("started", ()), moment.now, configuration)
    return file


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
