"""The program `pastdue`: one small module per command, loaded when it runs."""

from importlib.metadata import version
from typing import Annotated

import typer

from local.cli import (
    api,
    bank,
    config,
    correct,
    cost,
    demo,
    doctor,
    doubts,
    go_live,
    import_ledger,
    inbox,
    match,
    outbox,
    plan,
    policy,
    policy_diff,
    preview,
    pull,
    redrive,
    remark,
    restore,
    run,
    simulate,
    switch,
    tasks,
    template,
    token,
    webhook,
    why,
)
from local.cli.commands import Commands

app = typer.Typer(
    name="pastdue",
    cls=Commands,
    help="Collections that run themselves: invoices past due are reminded, escalated and explained.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # Typer hands it over by position
    if asked:
        print(f"pastdue {version('pastdue')}")
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Collections that run themselves: invoices past due are reminded, escalated and explained."""


app.command("demo")(demo.demo)
app.command("import")(import_ledger.import_ledger)
app.command("bank")(bank.bank)
app.command("pull")(pull.pull)
app.add_typer(inbox.app, name="inbox")
app.add_typer(run.app, name="run")
app.add_typer(outbox.app, name="outbox")
app.add_typer(tasks.app, name="tasks")
app.command("why")(why.why)
app.command("simulate")(simulate.simulate)
app.add_typer(plan.app, name="plan")
app.command("cost")(cost.cost)
app.command("doctor")(doctor.doctor)
app.add_typer(config.app, name="config")
app.command("go-live")(go_live.go_live)
policy.app.command("diff")(policy_diff.diff)
app.command("preview")(preview.preview)
app.add_typer(doubts.app, name="doubts")
app.command("redrive")(redrive.redrive)
app.add_typer(restore.app, name="restore")
app.command("correct")(correct.correct)
app.add_typer(switch.app, name="switch")
app.add_typer(policy.app, name="policy")
app.add_typer(template.app, name="template")
app.add_typer(remark.app, name="remark")
app.add_typer(match.app, name="match")
app.add_typer(token.app, name="token")
app.add_typer(webhook.app, name="webhook")
app.command("api")(api.api)


if __name__ == "__main__":
    app()
