"""`pastdue webhook`: where events are sent, and what became of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity
from local.cli.output import hint, plain, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from pathlib import Path

    from functions.shared.store.hooks import Endpoint

app = typer.Typer(no_args_is_help=True, help="Events for order and billing systems.")

Id = Annotated[str, typer.Argument(metavar="ID", help="of the endpoint")]
Entity = Annotated[str, typer.Option("--entity", metavar="ID", help="Whose events.")]
OfEntity = Annotated[
    str | None,
    typer.Option("--entity", metavar="ID", help="Whose endpoint, where several entities have one of the id."),
]


@contextmanager
def _open(state: "Path", stack: str | None, *, looks: bool = False) -> Iterator[Target]:
    """The target; a receiver on this machine may be reached where the engine runs on it too."""
    with ExitStack() as undo:
        found = undo.enter_context(target(state, stack, looks=looks))
        if found.engine is not None:
            from functions.send_webhooks.wire import loopback_allowed

            undo.enter_context(loopback_allowed())
        yield found


@app.command("add")
@on_target(opened=_open)
def add(
    found: Target,
    endpoint: Id,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="https, a public address; or source:ID, a NetSuite that feeds us")
    ],
    entity: Entity,
    kind: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only these events; may be said again.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Whose it is.")] = "",
) -> None:
    """Send events of an entity there from now on, and show the secret that they are signed with."""
    from core.happenings import Kind
    from functions.send_webhooks.wire import RefusedUrlError, check
    from functions.shared.store import config, hooks
    from functions.shared.store.hooks import Endpoint

    again = found.command("webhook add --help")
    find_entity(config.read(), entity, found)
    if not endpoint.replace("-", "").isalnum() or not endpoint.isascii():
        raise CliError(f"{endpoint!r} is no id: letters, digits and -", again)
    types = sorted({*Kind} - {Kind.PING})
    for one in kind or ():
        if one not in types:
            raise CliError(f"there is no event {one!r}; events: {', '.join(types)}", again)
    try:
        system = hooks.system_of(url)
        if system is None:
            check(url)
        else:
            _can_be_told(system, entity)
    except RefusedUrlError as wrong:
        raise CliError(f"{url}: {wrong}", again) from None
    made = Endpoint(id=endpoint, entity=entity, url=url, types=tuple(kind or ()), note=note)
    if not hooks.add(made):
        raise CliError(f"there is an endpoint {endpoint} already", found.command("webhook list"))
    _show_secret("webhook add", made)
    hint(found.command(f"webhook test {endpoint} --entity {entity}"))


def _can_be_told(system: str, entity: str) -> None:
    """Raises CliError for a source that is not the entity's, or of a kind that nothing is written to."""
    from core.source import SourceKind
    from functions.shared.store import sources

    known = sources.read()
    fitting = sorted(key for key, one in known.items() if one.entity == entity and one.kind is SourceKind.NETSUITE)
    if system not in fitting:
        there = ", ".join(fitting) or "none is configured"
        raise CliError(
            f"{system} is no source of {entity} that can be written to; sources: {there}", "pastdue webhook add --help"
        )


@app.command("list")
@on_target(looks=True, opened=_open)
def list_endpoints(found: Target) -> None:
    """List the endpoints, what waits for each, and what was given up."""
    from functions.shared.store import deliveries, hooks

    rows = table("id", "of", "to", "events", "is", "waiting", "given up", right=["waiting", "given up"])
    data = []
    for one in hooks.all_of():
        states = Counter(delivery.state.value for delivery in deliveries.listed(one.entity, one.id))
        types = ", ".join(one.types) or "all"
        counts = (str(states["PENDING"]), str(states["DEAD"]))
        rows.add_row(*plain(one.id, one.entity, one.url, types, _standing(one), *counts))
        data.append({**one.model_dump(mode="json"), "deliveries": dict(states)})
    show("webhook list", {"endpoints": data}, rows if data else "nothing is sent anywhere")
    dead = next((one for one in data if one["deliveries"].get("DEAD")), None)
    if dead:
        hint(found.command(f"webhook redrive {dead['id']} --entity {dead['entity']}"))


@app.command("remove")
@on_target(opened=_open)
def remove(found: Target, endpoint: Id, entity: OfEntity = None) -> None:
    """Send nothing there any more; what waits is given up."""
    from functions.shared.store import hooks

    hooks.remove(_find(found, entity, endpoint))
    show("webhook remove", {"endpoint": endpoint}, f"{endpoint} gets nothing any more")


@app.command("rotate")
@on_target(opened=_open)
def rotate(found: Target, endpoint: Id, entity: OfEntity = None) -> None:
    """Give it a new secret; for a day events are signed with both."""
    from functions.shared.store import hooks

    was = _find(found, entity, endpoint)
    changed = was.model_copy(
        update={"secret_version": was.secret_version + 1, "previous_until": found.now + hooks.GRACE}
    )
    _change(found, was, changed)
    _show_secret("webhook rotate", changed)


@app.command("test")
@on_target(looks=True, opened=_open)
def send_ping(found: Target, endpoint: Id, entity: OfEntity = None) -> None:
    """Send it a `ping` now, from this machine, and tell what it answers."""
    from core.happenings import Happening, Kind
    from functions.send_webhooks.workflow import attempt
    from functions.shared.store import keys
    from functions.shared.store.deliveries import Delivery
    from functions.shared.webhooks import payload

    there = _find(found, entity, endpoint)
    ping = Happening(Kind.PING, (keys.instant(found.now),))
    event = ping.id(found.stack, there.entity, "")
    reply = attempt(
        there, Delivery(there.entity, endpoint, event, Kind.PING, payload(ping, there.entity, "", found.now)), found.now
    )
    if not reply.taken:
        raise CliError(f"{endpoint} did not take it: {reply.said}", found.command("webhook list"))
    show("webhook test", {"endpoint": endpoint, "event": event, "status": reply.status}, f"taken: {reply.said}")


@app.command("redrive")
@on_target(opened=_open)
def redrive(found: Target, endpoint: Id, entity: OfEntity = None) -> None:
    """Turn it on where it is off, and send again what was given up."""
    from functions.shared.store import deliveries

    was = _find(found, entity, endpoint)
    if was.state == "off" or was.failing_since is not None:
        _change(found, was, was.model_copy(update={"state": "on", "failing_since": None}))
    dead = [one for one in deliveries.listed(was.entity, endpoint) if one.state is deliveries.DeliveryState.DEAD]
    again = sum(deliveries.redrive(one, found.now) for one in dead)
    show("webhook redrive", {"endpoint": endpoint, "events": again}, f"{again} events go out again")


def _find(found: Target, entity: str | None, endpoint: str) -> "Endpoint":
    """The endpoint of that id; which entity has it need not be said where only one does. Raises CliError."""
    from functions.shared.store import hooks

    there = [one for one in hooks.all_of(entity) if one.id == endpoint]
    if len(there) > 1:
        of = ", ".join(one.entity for one in there)
        raise CliError(f"several entities have an endpoint {endpoint}: {of}; name one by --entity", _listing(found))
    if not there:
        raise CliError(f"there is no endpoint {endpoint}" + (f" of {entity}" if entity else ""), _listing(found))
    return there[0]


def _listing(found: Target) -> str:
    return found.command("webhook list")


def _change(found: Target, was: "Endpoint", endpoint: "Endpoint") -> None:
    from functions.shared.store import hooks

    if not hooks.change(was, endpoint):
        raise CliError("somebody else changed it meanwhile", found.command("webhook list"))


def _show_secret(command: str, endpoint: "Endpoint") -> None:
    from functions.shared.webhook_signature import secret

    said = secret(endpoint)
    data: dict[str, Any] = endpoint.model_dump(mode="json")
    show(command, {"endpoint": data, "secret": said}, said)


def _standing(endpoint: "Endpoint") -> str:
    if endpoint.state == "off":
        return "off"
    return f"failing since {endpoint.failing_since:%Y-%m-%d}" if endpoint.failing_since else "on"
