"""A bank's file: every statement of it is read and proved before the first entry is booked."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from core.bank import BankStatement
from core.formats import archive
from core.formats.bank import BankLayout, read_statements
from core.formats.bank.keys import MOST_ENTRIES
from core.formats.errors import Code, InputError, Severity
from core.source import Source
from functions.ingest_files import endings, setting
from functions.ingest_files.endings import Refused
from functions.ingest_files.moment import Moment
from functions.shared.cash import Booked, book_statement
from functions.shared.observability import LogEvent, log
from functions.shared.store import config, inbox, sources
from functions.shared.store.inbox import FileState, InboxFile

IN_PART: Final = "IN_PART"
_SHOWN: Final = 100  # statements of which is kept what became of each
_SUMMED = ("applied", "on_account", "suggested", "unidentified", "reversed", "ignored", "seen_before", "pending")


def take(file: InboxFile, source: Source, path: Path, moment: Moment) -> InboxFile:
    """Take a bank's file, or the rest of it.

    Raises: Refused.
    """
    if file.state is FileState.TAKING:  # as it was checked, or the rest would not be the rest
        source = setting.unpacked(file) if file.setting else source
    statements, findings = _read(file, source, path)
    if file.state is not FileState.TAKING:
        counts = {"statements": len(statements), "rejected": sum(_is_error(found) for found in findings)}
        rejects = endings.write_rejects(file, findings) if findings else ""
        file = inbox.move(
            file,
            moment.now + inbox.LEASE,
            state=FileState.TAKING,
            setting=setting.packed(source),
            counts=counts,
            rejects=rejects,
            code="",
            said="",
        )
    return _book(file, source, statements, moment)


def _read(file: InboxFile, source: Source, path: Path) -> tuple[list[BankStatement], list[InputError]]:
    """Every statement of the file, and what is to be said of it."""
    layout = BankLayout.model_validate(source.layout) if source.layout else None
    statements, findings = list[BankStatement](), list[InputError]()
    for name, content in _documents(file, path):
        found = read_statements(content, name, layout)
        statements += [each for each in found if isinstance(each, BankStatement)]
        findings += [each for each in found if isinstance(each, InputError)]
        entries = sum(len(statement.entries) for statement in statements)
        if entries > MOST_ENTRIES:
            said = (
                f"{entries:,} entries in its files together, at most {MOST_ENTRIES:,} are taken; drop them one by one"
            )
            raise Refused(Code.FILE_TOO_LARGE, said)
    errors = [each for each in findings if _is_error(each)]
    if errors and not (source.skip_bad and statements):
        at = f"line {errors[0].line}: " if errors[0].line else ""
        raise Refused(errors[0].code, f"{len(errors):,} mistakes, the first at {at}{errors[0].code}", findings)
    return statements, findings


def _documents(file: InboxFile, path: Path) -> Iterator[tuple[str, bytes]]:
    """The file, or the files that an archive of a bank holds."""
    with path.open("rb") as stream:
        first = stream.read(8)
    if not first.startswith(archive.ZIP):
        yield file.name, path.read_bytes()
        return
    wrong = archive.check(path, file.name)
    if wrong is not None:
        raise Refused(wrong.code, wrong.problem, [wrong])
    yield from ((f"{file.name}/{name}", content) for name, content in archive.unpack(path))


def _is_error(found: InputError) -> bool:
    return found.severity is Severity.ERROR


def _book(file: InboxFile, source: Source, statements: list[BankStatement], moment: Moment) -> InboxFile:
    """Book the statements after those that are booked, for as long as there is time."""
    entity = config.read().entity(file.entity)
    refused, booked = list(file.form.get("refused", ())), Booked()
    complete_on, became = booked.complete_on, list(file.form.get("statements", ()))
    for statement in statements[file.done :]:
        if moment.is_over:
            return _pause(file, moment)
        begin_at = file.form.get("begin_at")
        booked = book_statement(
            statement, entity, source.id, moment.now, begin_at=begin_at, is_over=lambda: moment.is_over
        )
        refused += [booked.refused] if booked.refused else []
        complete_on = booked.complete_on or complete_on
        told = asdict(booked)
        if len(became) < _SHOWN or begin_at is not None:
            became[file.done :] = [_became(statement, told, became[file.done :])]
        counts = {**file.counts, **{name: file.counts.get(name, 0) + told[name] for name in _SUMMED}}
        file = inbox.move(
            file,
            moment.now + inbox.LEASE,
            done=file.done + (booked.left_at is None),
            attempts=0,
            counts={**counts, "refused": len(refused)},
            form={"refused": refused, "begin_at": booked.left_at, "statements": became},
        )
        if booked.left_at is not None:
            return _pause(file, moment)
    if refused and len(refused) == len(statements):
        raise Refused(refused[0], f"none of {len(refused):,} statements belongs here, the first: {refused[0]}")
    sources.succeeded(source, at=moment.now, complete_on=complete_on, took=file.key)
    if not refused:
        return endings.done(file, moment.now)
    sources.failed(source, at=moment.now, failure=refused[0], what=file.key)
    said = f"{len(refused):,} of {len(statements):,} statements are not taken, the first: {refused[0]}"
    return endings.done(file, moment.now, code=IN_PART, said=said)


def _became(statement: BankStatement, told: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """What became of a statement, of which a part may have been booked before. The end of an account's number says
    which it is.
    """  # noqa: D205
    counted = before[0]["counts"] if before else {}
    return {
        "account": f"..{statement.account[-4:]}",
        "number": statement.number,
        "closing_on": statement.closing_on.isoformat() if statement.closing_on else None,
        "refused": told["refused"],
        "counts": {name: told[name] + counted.get(name, 0) for name in _SUMMED if told[name] or counted.get(name)},
    }


def _pause(file: InboxFile, moment: Moment) -> InboxFile:
    """The next invocation goes on: after the statements that are booked, within one at the entry that was next."""
    log(LogEvent.FILE_PAUSED, entity=file.entity, source=file.source, file=file.id, done=file.done)
    return inbox.move(file, moment.now)
