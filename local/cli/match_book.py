"""`pastdue match book FILE`: a bank's file is read and proved whole, then its entries are booked."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State
from local.cli.output import findings_table, hint, say, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.bank import BankStatement
    from core.ledger import Entity
    from functions.shared.store.config import Configuration

_WORDS: Final = {
    "applied": "applied alone",
    "on_account": "on account of their payer",
    "suggested": "wait: somebody's, it is not certain whose",
    "unidentified": "wait: nothing fits",
    "reversed": "came back, or took one back",
    "ignored": "no money of a customer, or told by the ledger",
    "seen_before": "seen before",
    "pending": "announced, not booked",
}
_BY_HAND: Final = "by-hand"  # stands where a source would


def book(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="MT940, MT942, camt.052/053/054, BAI2, or CSV")],
    layout: Annotated[
        Path | None, typer.Option("--layout", metavar="FILE", help="How the columns of a bank's CSV are named (YAML).")
    ] = None,
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Book a bank's file now, without the inbox."""
    if not file.is_file():
        raise CliError(f"there is no file {file}", "pastdue match book --help")
    with target(state, stack) as found:
        from functions.shared.cash import book_statement
        from functions.shared.store import config
        from local.cli.quiet import drop_logs

        drop_logs()
        configuration = config.read()
        statements = _read(found, file, layout)
        counts = dict.fromkeys(_WORDS, 0)
        missing = False
        owners = [_owner(found, configuration, statement, entity) for statement in statements]
        for statement, owner in zip(statements, owners, strict=True):
            booked = book_statement(statement, owner, _BY_HAND, found.now)
            if booked.refused:
                problem = f"{booked.refused}: {owner.id} has no such account"
                raise CliError(problem, found.command("config apply FOLDER"))
            missing |= booked.gap
            told = asdict(booked)
            counts = {name: count + told[name] for name, count in counts.items()}
        rows = table("entries", "number", right=["number"])
        for name, count in counts.items():
            rows.add_row(_WORDS[name], f"{count:,}")
        if missing:
            say("statements are missing before this one; the bank's data count as complete up to the gap only")
        show("match book", {"file": str(file), "statements": len(statements), **counts, "missing": missing}, rows)
        hint(found.command("match"))


def _read(found: Target, file: Path, layout: Path | None) -> "list[BankStatement]":
    """Every statement of the file; with one mistake in it none."""
    from core.bank import BankStatement
    from core.formats.bank import load_layout, read_statements
    from core.formats.errors import Code, InputError, Severity

    known = load_layout(layout) if layout else None
    if isinstance(known, list):
        raise CliError(f"{layout} is no layout", found.command(f"match book {file} --layout FILE"), findings=known)
    read = read_statements(file.read_bytes(), file.name, known)
    findings = [one for one in read if isinstance(one, InputError)]
    wrong: list[InputError] = [one for one in findings if one.severity is Severity.ERROR]
    if wrong:
        unknown = layout is None and any(one.code is Code.UNKNOWN_FORMAT for one in wrong)
        given = f" --layout {layout}" if layout else ""
        again = found.command(f"match book {file} --layout FILE") if unknown else f"pastdue bank {file}{given}"
        raise CliError(f"{file.name} is not taken", again, findings=wrong, coded=True)
    if findings:
        say(findings_table(findings, coded=True))
    return [one for one in read if isinstance(one, BankStatement)]


def _owner(found: Target, configuration: "Configuration", statement: "BankStatement", entity: str | None) -> "Entity":
    """The entity whose account it is; nothing is booked before each statement has one."""
    from functions.shared.bank_accounts import is_account

    entities = [one for key, one in configuration.entities.items() if entity in (None, key)]
    owners = [one for one in entities if any(is_account(statement.account, ours) for ours in one.bank_accounts)]
    if len(owners) != 1:
        which = "of several entities: name one with --entity" if owners else "not among the entity's bank_accounts"
        raise CliError(f"account {statement.account} is {which}", found.command("config apply FOLDER"))
    return owners[0]
