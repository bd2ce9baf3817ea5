"""`pastdue inbox`: files of ledgers and banks, what became of them, and those that wait for a person."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError, Exit
from local.cli.known import find_person
from local.cli.options import DEFAULT_STATE, AsJson, By, EntityId, StackName, State
from local.cli.output import hint, plain, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.shared.store.inbox import InboxFile

_SHOWN: Final = 50  # files of a list
_REJECTS_SHOWN: Final = 20

app = typer.Typer(no_args_is_help=True, help="Files of ledgers and banks: dropped, taken, held, refused.")
FileId = Annotated[str, typer.Argument(metavar="ID", help="The file's id, or its first characters.")]


@app.command("list")
@on_target(looks=True)
def list_files(
    found: Target,
    entity: EntityId = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what waits for a person or a worker.")] = False,
) -> None:
    """List the files, the latest first."""
    files = [file for file in _all(entity) if not (waiting and file.state.over)]
    rows = table("dropped", "source", "file", "state", "why", "id")
    for file in files[:_SHOWN]:
        why = f"{file.code}: {file.said}" if file.code else ""
        rows.add_row(*plain(f"{file.modified_at:%Y-%m-%d %H:%M}", file.source, file.name, file.state, why, file.id))
    show("inbox list", {"files": [_data(file) for file in files]}, rows if files else "no files")
    held = [file for file in files if file.state == "held"]
    if held:
        hint(found.command(f"inbox show {held[0].id}"))


@app.command("show")
@on_target(looks=True)
def show_file(found: Target, file_id: FileId) -> None:
    """Say what became of one file, and what is wrong with it."""
    file = _find(found, file_id)
    rejects = _rejects(found, file)
    lines = [f"{file.name} of {file.source}: {file.state}"]
    lines += [f"{file.code}: {file.said}"] if file.code else []
    lines += [f"{name}: {count:,}" for name, count in file.counts.items()]
    lines += [_statement(each) for each in file.form.get("statements", ())]
    lines += [_in_words(each) for each in rejects[:_REJECTS_SHOWN]]
    lines += [f"and {len(rejects) - _REJECTS_SHOWN:,} more"] if len(rejects) > _REJECTS_SHOWN else []
    show("inbox show", {"file": _data(file), "findings": rejects}, "\n".join(lines))
    if file.state == "held":
        hint(found.command(f"inbox confirm {file.id} --by PERSON"))


@app.command("confirm")
@on_target()
def confirm(found: Target, file_id: FileId, by: By) -> None:
    """Let a held file in, whatever it closes."""
    from functions.shared.store import inbox

    file = _held(found, file_id, by)
    inbox.let_in(file, by, found.now)
    body = json.dumps({"v": 1, "entity": file.entity, "file": file.id})
    found.client("sqs").send_message(QueueUrl=found.outputs["InboxQueueUrl"], MessageBody=body)
    _told(found, "inbox confirm", file)


@app.command("refuse")
@on_target()
def refuse(found: Target, file_id: FileId, by: By) -> None:
    """Do not take a held file; nothing of it is stored."""
    from functions.shared.store import inbox

    file = _held(found, file_id, by)
    if file.done:
        problem = f"{file.done:,} accounts of {file.name} are written already: it can only be gone on with"
        raise CliError(problem, found.command(f"inbox confirm {file.id} --by {by}"))
    inbox.move(file, state=inbox.FileState.REFUSED, allowed_by=by, finished_at=found.now)
    _told(found, "inbox refuse", file)


@app.command("put")
def put(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="a ledger or a bank statement")],
    source: Annotated[str, typer.Option("--source", metavar="ID", help="Whose file it is.")],
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Drop a file in the inbox, as any other program would."""
    if not path.is_file():
        raise CliError(f"there is no file {path}", "pastdue inbox put --help")
    with target(state, stack) as found:
        from functions.shared.store import sources

        known = sources.read()
        if source not in known:
            there = ", ".join(sorted(known)) or "none is configured"
            raise CliError(f"there is no source {source!r}; sources: {there}", found.command("config apply FOLDER"))
        key = f"inbox/{known[source].entity}/{source}/{path.name}"
        with path.open("rb") as content:
            made = found.client("s3").put_object(Bucket=found.outputs["InboxBucketName"], Key=key, Body=content)
        if found.engine is None:
            show("inbox put", {"key": key}, f"{key} was dropped")
            hint(found.command("inbox list"))
            return
        found.engine.pump()
        mine = [file for file in _all(known[source].entity) if file.version == made.get("VersionId")]
        told = _told(found, "inbox put", *mine)
    if any(file.state == "refused" for file in told):  # what became of it is stored by now
        raise typer.Exit(Exit.FAILED)


# ---------- finding ----------
def _all(entity: str | None) -> "list[InboxFile]":
    from functions.shared.store import config, inbox

    entities = [key for key in config.read().entities if entity in (None, key)]
    files = [file for key in entities for file in inbox.files(key)]
    return sorted(files, key=lambda file: (file.modified_at, file.id), reverse=True)


def _find(found: Target, file_id: str) -> "InboxFile":
    files = [file for file in _all(None) if file.id.startswith(file_id)]
    if len(files) != 1:
        problem = f"{len(files)} files have ids that begin with {file_id}" if files else f"there is no file {file_id}"
        raise CliError(problem, found.command("inbox list"))
    return files[0]


def _held(found: Target, file_id: str, by: str) -> "InboxFile":
    from functions.shared.store import config

    find_person(config.read(), by, found)
    file = _find(found, file_id)
    if file.state != "held":
        raise CliError(f"{file.name} is {file.state}: it does not wait for anybody", found.command("inbox list"))
    return file


def _in_words(found: dict[str, Any]) -> str:
    """One finding of a reject file: where, what, and what to do about it."""
    field = f"{found['field']}: " if "field" in found else ""
    hint = f"; {found['hint']}" if "hint" in found else ""
    return f"line {found['line']}  {found['code']}  {field}{found['problem']}{hint}"


def _rejects(found: Target, file: "InboxFile") -> list[dict[str, Any]]:
    if not file.rejects:
        return []
    body = found.client("s3").get_object(Bucket=found.outputs["InboxBucketName"], Key=file.rejects)["Body"].read()
    return [json.loads(line) for line in body.decode("utf-8").splitlines()]


# ---------- saying ----------
def _told(found: Target, command: str, *files: "InboxFile") -> "list[InboxFile]":
    """Say what became of files, and return them; on the local engine their messages are seen to first."""
    from functions.shared.store import inbox

    if found.engine is not None:
        found.engine.pump()
    now = [there for file in files if (there := inbox.get(file.entity, file.id)) is not None]
    lines = [f"{file.name}: {file.state}" + (f", {file.code}: {file.said}" if file.code else "") for file in now]
    show(command, {"files": [_data(file) for file in now]}, "\n".join(lines) or "seen before")
    hint(found.command(f"inbox show {now[0].id}" if now else "inbox list"))
    return now


def _statement(told: "Mapping[str, Any]") -> str:
    """What became of one statement of a bank's file."""
    which = " ".join(filter(None, (f"account {told['account']}", told["number"], told["closing_on"])))
    counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in told["counts"].items())
    return f"{which}: not taken, {told['refused']}" if told["refused"] else f"{which}: {counted or 'no entries'}"


def _data(file: "InboxFile") -> dict[str, Any]:
    return {
        "id": file.id,
        "entity": file.entity,
        "source": file.source,
        "key": file.key,
        "bytes": file.size,
        "dropped": file.modified_at.isoformat(),
        "state": file.state.value,
        "code": file.code or None,
        "said": file.said or None,
        "by": file.allowed_by or None,
        "counts": dict(file.counts),
        "statements": list(file.form.get("statements", ())),
        "rejects": file.rejects or None,
    }
