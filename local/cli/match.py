"""`pastdue match`: payments that wait for a person, the likeliest invoices for each, and what the person says."""

from typing import Annotated, Final

import typer

from local.cli import match_book, match_by_hand
from local.cli.amounts import money, readable
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.match_shared import SHOWN, EntryId, by_person, data, deciding, record_of, suggested, waiting, words
from local.cli.options import By, EntityId
from local.cli.output import counted, hint, plain, say, show, table
from local.cli.target import Target

_WORDS: Final = 30  # characters of what was written, where no payer is named
app = typer.Typer(invoke_without_command=True, help="Payments that wait for a person.")
app.command("book")(match_book.book)
for _name in ("apply", "reject", "ignore", "returns", "unapply"):
    app.command(_name)(getattr(match_by_hand, _name))


@app.callback()
@on_target(looks=True)
def match(found: Target, entity: EntityId = None) -> None:
    """List what waits, the oldest first, with the best suggestion and why it was not applied alone."""
    listed = list(waiting(found, entity))
    rows = table("payment", "booked", "amount", "payer", "state", "best", "score", "why", right=["amount", "score"])
    for one in listed:
        best = one.suggestions[0] if one.suggestions else None
        rows.add_row(
            *plain(
                one.id[:SHOWN],
                str(one.entry.booked_on),
                money(one.entry.minor, one.entry.currency),
                one.entry.payer_name or (one.entry.remittance.text or "")[:_WORDS],
                one.state.value,
                suggested(best) if best else "",
                str(best.score) if best else "",
                "; ".join(one.reasons),
            )
        )
    show("match", {"payments": [data(one) for one in listed]}, rows if listed else "nothing waits")
    if listed:
        hint(found.command(f"match show {listed[0].id[:SHOWN]}"))


@app.command("show")
@on_target(looks=True)
def show_one(found: Target, payment: EntryId) -> None:
    """Show one payment: what the bank wrote, how it stands, and every suggestion with its reasons."""
    record = record_of(found, payment)
    entry = record.entry
    about = [f"{money(entry.minor, entry.currency)} on {entry.booked_on}, {record.state.value}", *record.reasons]
    about += [f"from {entry.payer_name or 'an unnamed payer'}", *filter(None, [entry.remittance.text])]
    if record.split is not None:
        about.append(words(record.split))
    rows = table("choice", "what", "score", "why", right=["choice", "score"])
    for n, one in enumerate(record.suggestions, start=1):
        rows.add_row(*plain(str(n), suggested(one), str(one.score), "; ".join(one.reasons)))
    show("match show", {"payment": data(record)}, "\n".join(about), *([rows] if record.suggestions else []))
    if record.suggestions:
        hint(found.command(f"match accept {record.id[:SHOWN]} 1 --by PERSON"))
    elif record.state.value in ("suggested", "unidentified"):
        way = "returns {} EARLIER" if entry.minor < 0 else "apply {} --item INVOICE=AMOUNT"
        hint(found.command(f"match {way.format(record.id[:SHOWN])} --by PERSON"))


@app.command("accept")
@on_target()
def accept(
    found: Target,
    payment: EntryId,
    by: By,
    choice: Annotated[int, typer.Argument(metavar="CHOICE", help="Which suggestion.")] = 1,
) -> None:
    """Apply one of the suggestions; without a choice the first."""
    with deciding(found, "accept", payment, by) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.accept(record.id, choice, by=by, entity=entity, now=now))


@app.command("accept-all")
@on_target()
def accept_all(
    found: Target,
    by: By,
    min_score: Annotated[
        int, typer.Option("--min-score", min=50, max=100, metavar="N", help="The least score of a best suggestion.")
    ],
    entity: EntityId = None,
) -> None:
    """Apply the best suggestion of every payment where it has the score and leads the next."""
    from functions.shared import cash_decisions

    configuration = by_person(found, by)
    applied, left = 0, 0
    for record in list(waiting(found, entity)):
        of = configuration.entity(record.entity)
        if not cash_decisions.leads(record, min_score, of):
            continue
        try:
            cash_decisions.accept(record.id, 1, by=by, entity=of, now=found.now)
            applied += 1
        except cash_decisions.NotPossibleError as error:
            say(f"{record.id[:SHOWN]}: {readable(str(error))}")
            left += 1
    show("match accept-all", {"applied": applied, "left": left}, f"{counted(applied, 'payment')} applied")
    hint(found.command("match"))


@app.command("again")
@on_target()
def again(found: Target, entity: EntityId = None) -> None:
    """Look again at what waits: invoices that came since may be what it was for."""
    from functions.shared import cash
    from functions.shared.store import config
    from local.cli.quiet import drop_logs

    drop_logs()
    entities = config.read().entities
    applied = sum(cash.rematch(one, found.now) for key, one in entities.items() if entity in (None, key))
    show("match again", {"applied": applied}, f"{counted(applied, 'payment')} applied")
    hint(found.command("match"))


@app.command("bridge")
@on_target()
def bridge(
    found: Target,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The bank account, as its statements name it.")],
    by: By,
    entity: EntityId = None,
) -> None:
    """Say that no statement of an account is missing although numbers or balances leave a gap."""
    from functions.shared import cash

    configuration = by_person(found, by)
    if entity is None and len(configuration.entities) != 1:
        raise CliError("of which entity?", found.command(f"match bridge {account} --by {by} --entity ID"))
    where = entity or next(iter(configuration.entities))
    complete_on = cash.bridge(configuration.entity(where), account, found.now)
    said = f"complete up to {complete_on}" if complete_on else "no statement of it has come"
    show("match bridge", {"entity": where, "complete_on": complete_on}, said)
    hint(found.command("doctor"))
