"""`pastdue outbox`: the mails that went out, newest last; `outbox show N` shows one, `outbox write FOLDER` writes all.

A deployed stack keeps no mail: there it is what each account was last sent, and what waits.
"""

import webbrowser
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import hint, plain, progress, say, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from local.engine import Mail

_LAST: Final = 40  # mails listed unless more are asked for

app = typer.Typer(invoke_without_command=True, help="The mails that went out.")


@app.callback()
def outbox(
    context: typer.Context,
    last: Annotated[int, typer.Option("--last", min=0, metavar="N", help="List so many; 0 lists all.")] = _LAST,
    to: Annotated[str, typer.Option("--to", metavar="TEXT", help="Only to addresses that contain this.")] = "",
    open_: Annotated[bool, typer.Option("--open", help="Write the gallery and open it in a browser.")] = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """List the mails that went out."""
    if context.invoked_subcommand:
        return
    with target(state, stack, looks=True) as found:
        if found.engine is None:
            _list_notices(found)
            return
        numbered = [
            (number, mail)
            for number, mail in enumerate(found.engine.outbox, start=1)
            if any(to in address for address in mail.recipients)
        ]
        listed = numbered[-last:] if last else numbered
        rows = table("no.", "sent (UTC)", "to", "subject", right=["no."])
        for number, mail in listed:
            rows.add_row(
                *plain(str(number), f"{mail.sent_at:%Y-%m-%d %H:%M}", ", ".join(mail.recipients), mail.subject)
            )
        data = {"mails": [mail_data(number, mail) for number, mail in listed], "total": len(numbered)}
        show("outbox", data, rows if listed else "no mail went out")
        if len(listed) < len(numbered):
            say(f"the last {len(listed)} of {len(numbered):,}; --last 0 lists all")
        if open_:
            _open_gallery(found.engine.outbox, state)
        hint(found.command(f"outbox show {listed[-1][0]}" if listed else f"run --as-of {found.now:%Y-%m-%d}"))


@app.command("show")
def show_mail(
    number: Annotated[int, typer.Argument(metavar="N", help="its number in the list")],
    open_: Annotated[bool, typer.Option("--open", help="Open its HTML in a browser.")] = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
) -> None:
    """Show one mail: its headers and its text."""
    with target(state, looks=True) as found:
        assert found.engine is not None
        mails = found.engine.outbox
        if not 1 <= number <= len(mails):
            raise CliError(f"there is no mail {number}; there are {len(mails)}", found.command("outbox"))
        mail = mails[number - 1]
        head = [
            ("From", mail.sender),
            ("To", ", ".join(mail.to)),
            ("Cc", ", ".join(mail.cc)),
            ("Subject", mail.subject),
        ]
        head += [("Reply-To", ", ".join(mail.reply_to)), ("Date", f"{mail.sent_at:%Y-%m-%d %H:%M} UTC"), *mail.headers]
        files = [f"{name} ({media_type}, {len(content):,} bytes)" for name, media_type, content in mail.attachments]
        head.append(("Attached", "; ".join(files)))
        lines = [f"{name}: {value}" for name, value in head if value]
        parts = {"text": mail.text, "html": mail.html, "attachments": files}
        whole = {**mail_data(number, mail), **parts, "headers": dict(mail.headers)}
        show("outbox show", {"mail": whole}, Text("\n".join([*lines, "", mail.text])))
        if open_:
            path = state / "mail.html"
            path.write_text(mail.page, encoding="utf-8")
            _browse(path)


@app.command("write")
def write(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
) -> None:
    """Write every mail as an .eml file, and a gallery page beside them."""
    with target(state, looks=True) as found:
        from local.engine import write_folder
        from local.gallery import write_gallery

        assert found.engine is not None
        paths = write_folder(found.engine.outbox, folder)
        index = write_gallery(found.engine.outbox, folder)
        show("outbox write", {"mails": len(paths), "gallery": str(index)}, f"{len(paths):,} mails in {folder}, {index}")


def mail_data(number: int, mail: "Mail") -> dict[str, Any]:
    """A mail as JSON, without its bodies."""
    return {
        "number": number,
        "sent_at": mail.sent_at,
        "from": mail.sender,
        "to": list(mail.to),
        "cc": list(mail.cc),
        "subject": mail.subject,
        "tags": mail.tags,
        "message_id": mail.message_id,
    }


def _open_gallery(mails: "Sequence[Mail]", state: Path) -> None:
    from local.gallery import write_gallery

    _browse(write_gallery(mails, state / "gallery"))


def _browse(path: Path) -> None:
    say(f"written to {path}")
    webbrowser.open(path.resolve().as_uri())


# ---------- deployed ----------
def _list_notices(found: Target) -> None:
    from functions.shared.store import accounts, config, notices
    from local.cli.review import looks

    listed: list[dict[str, Any]] = []
    for entity in config.read().entities:
        customers = [customer for _, customer in looks(entity)]
        with progress(f"accounts of {entity}", len(customers)) as advance:
            for customer in customers:
                advance()
                record = accounts.read(entity, customer)
                if record is None:
                    continue
                memory = record.facts.state
                sent: date | None = max(memory.last_accepted_on.values(), default=None)
                waiting = [w.notice_id for w in memory.waiting.values()]
                states = notices.state_of(waiting)
                if sent or waiting:
                    shown = ", ".join(f"{n} {states.get(n, 'unknown')}" for n in waiting)
                    listed.append({"entity": entity, "customer": customer, "last_accepted_on": sent, "waiting": shown})
    listed.sort(key=lambda line: str(line["last_accepted_on"] or ""))
    rows = table("entity", "customer", "last sent", "waiting")
    for line in listed:
        rows.add_row(*plain(line["entity"], line["customer"], str(line["last_accepted_on"] or ""), line["waiting"]))
    show("outbox", {"accounts": listed}, rows if listed else "nothing was sent, nothing waits")
    hint(found.command("doctor"))
