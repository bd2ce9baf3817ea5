"""`pastdue token`: keys of the API, for some entities and scopes. A secret is shown once and kept nowhere."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity
from local.cli.output import hint, plain, show, table
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.tokens import Token

app = typer.Typer(no_args_is_help=True, help="Keys of the API.")


@app.command("create")
@on_target()
def create(
    found: Target,
    entity: Annotated[list[str], typer.Option("--entity", metavar="ID", help="For this entity; may be said again.")],
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="What it may be used for; may be said again.")
    ],
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="How long it is good.")] = 90,
    rate: Annotated[int, typer.Option("--rate", min=1, max=1000, help="Requests a second, over ten seconds.")] = 20,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Who uses it.")] = "",
) -> None:
    """Make a token, and show its secret this once."""
    from functions.shared.store import config, expiries, tokens
    from functions.shared.store.tokens import Scope, Token

    configuration = config.read()
    for one in entity:
        find_entity(configuration, one, found)
    scopes = ", ".join(Scope)
    for one in scope:
        if one not in {*Scope}:
            raise CliError(f"there is no scope {one!r}; scopes: {scopes}", found.command("token create --help"))
    token = Token(
        id=secrets.token_hex(4),
        note=note,
        entities=tuple(dict.fromkeys(entity)),
        scopes=tuple(dict.fromkeys(map(Scope, scope))),
        rate=rate,
        created_at=found.now,
        ends_at=found.now + timedelta(days=days),
    )
    secret = tokens.create(token)
    expiries.note(f"token {token.id}", token.ends_at.date())
    show("token create", {"token": _data(token), "secret": secret}, secret)
    hint(found.command("token list"))


@app.command("list")
@on_target(looks=True)
def list_tokens(found: Target) -> None:
    """List the tokens, those that are over too."""
    from functions.shared.store import tokens

    listed = sorted(tokens.listed(), key=lambda token: token.created_at)
    rows = table("id", "for", "scopes", "good until", "note")
    for token in listed:
        until = f"{token.ends_at:%Y-%m-%d}" if token.good(found.now) else "over"
        rows.add_row(*plain(token.id, ", ".join(token.entities), ", ".join(token.scopes), until, token.note))
    show("token list", {"tokens": [_data(token) for token in listed]}, rows if listed else "no token was made")


@app.command("revoke")
@on_target()
def revoke(found: Target, token_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """End a token at once."""
    from functions.shared.store import expiries, tokens

    if not tokens.revoke(token_id, found.now):
        raise CliError(f"there is no token {token_id}", found.command("token list"))
    expiries.note(f"token {token_id}", None)
    show("token revoke", {"token": token_id}, f"token {token_id} opens nothing any more")


def _data(token: "Token") -> dict[str, Any]:
    data: dict[str, Any] = token.model_dump(mode="json")
    return data
