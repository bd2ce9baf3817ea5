"""`pastdue pull SOURCE`: a system that feeds us is asked now, on this machine or on a deployed stack."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.output import hint, show
from local.cli.target import Target

if TYPE_CHECKING:
    from core.source import Source


@on_target()
def pull(
    found: Target,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="the id of a source that is asked")],
    secret: Annotated[
        Path | None, typer.Option("--secret", metavar="FILE", help="On this machine: its key, as JSON; kept nowhere.")
    ] = None,
) -> None:
    """Ask NetSuite, Xero, QuickBooks or Stripe what changed, and take what it says."""
    from functions.shared.store import pulls, sources

    asked = _known(found, source)
    if found.engine is not None:
        _keep(found, asked, secret)
    pulls.wake(asked.id, found.now)
    outcomes = _ask(found, asked)
    mark = sources.watermark(asked.id)
    failure = mark.failure if mark is not None and "source_failed" in outcomes else None
    data = {"source": asked.id, "outcomes": outcomes, "failure": failure, "took": mark.took if mark else None}
    show("pull", data, ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in outcomes.items()))
    if failure:
        raise CliError(f"{asked.id}: {failure}", found.command("doctor"))
    hint(found.command("inbox list"))


def _known(found: Target, source_id: str) -> "Source":
    from core.connect import ADAPTERS
    from functions.shared.store import sources

    asked = {key: one for key, one in sources.read().items() if one.kind in ADAPTERS}
    if source_id not in asked:
        there = ", ".join(sorted(asked)) or "none is configured"
        raise CliError(
            f"{source_id!r} is no source that is asked; sources: {there}", found.command("config apply FOLDER")
        )
    return asked[source_id]


def _keep(found: Target, source: "Source", secret: Path | None) -> None:
    """The key for this command alone: the state of this machine holds none."""
    from functions.shared.system_doors import secret_of

    if secret is None:
        raise CliError(
            "its key is nowhere on this machine: name a file", found.command(f"pull {source.id} --secret FILE")
        )
    try:
        text = json.dumps(json.loads(secret.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        again = found.command(f"pull {source.id} --secret FILE")
        raise CliError(f"{secret} is no JSON that can be read: {error}", again) from None
    found.client("secretsmanager").create_secret(Name=secret_of(source), SecretString=text)


def _ask(found: Target, source: "Source") -> dict[str, Any]:
    event = {"kind": "pull", "source": source.id}
    if found.engine is not None:
        outcomes: dict[str, Any] = found.engine.invoke("PullLedgersFunction", event)
        found.engine.pump()
        return outcomes
    name = found.outputs["PullLedgersFunctionName"]
    answer = found.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    said = answer["Payload"].read().decode() or "null"
    if answer.get("FunctionError"):
        raise CliError(f"{name} failed: {said}", f"aws logs tail --since 10m /aws/lambda/{found.stack}/pull_ledgers")
    counted: dict[str, Any] = json.loads(said)
    return counted
