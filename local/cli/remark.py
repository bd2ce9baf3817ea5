"""`pastdue remark`: words of the sales owner for one account, shown in its messages in a block of their own."""

from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity, find_person
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State, day
from local.cli.output import hint, plain, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.ledger import Customer, Person
    from functions.shared.store.config import Configuration

_OWNERS = ("sales", "account_manager", "customer_success")  # beginnings of the roles that may write

app = typer.Typer(no_args_is_help=True, help="Your own words or an offer for one account.")

CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER")]


@app.command("write")
def write(
    customer: CustomerId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Plain text; a new line begins with \\n.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who says it: the sales owner of the account.")],
    until: Annotated[datetime | None, typer.Option("--until", parser=day, metavar="DATE", help="Last day.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", parser=day, metavar="DATE", help="First day.")] = None,
    message: Annotated[
        list[str] | None, typer.Option("--message", metavar="MESSAGE", help="Only in this one; may come again.")
    ] = None,
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Write a remark; from the next message on the account's mails carry it, until the day given."""
    words = text.replace("\\n", "\n").strip()
    with target(state, stack) as found:
        from core.calendar import local_date
        from core.remark import Remark
        from functions.shared.store import config, remarks

        configuration = config.read()
        where = _entity(configuration, entity, "write CUSTOMER TEXT --by PERSON", found)
        _author(configuration, where, _customer(where, customer, found), by, found)
        kinds = _messages(message or (), found)
        _fits(words, found)
        today = local_date(found.now, configuration.entities[where].zone)
        remark = Remark(
            id=sha256(f"{today}\n{by}\n{words}".encode()).hexdigest()[:8],
            text=words,
            by=by,
            written_on=today,
            from_on=_day(since),
            until_on=_day(until),
            messages=kinds,
        )
        if not remarks.write(where, customer, remark):
            raise CliError(
                f"the same remark was written today and taken back: {remark.id}", _list(found, where, customer)
            )
        show("remark write", {"entity": where, "customer": customer, "id": remark.id}, f"written: {remark.id}")
        hint(_list(found, where, customer))


@app.command("list")
@on_target(looks=True)
def list_remarks(found: Target, customer: CustomerId, entity: EntityId = None) -> None:
    """List the remarks of an account, those that were taken back too."""
    from functions.shared.store import config, remarks

    where = _entity(config.read(), entity, f"list {customer}", found)
    listed = remarks.of_account(where, customer)
    rows = table("id", "by", "written", "from", "until", "taken back", "text")
    for one in listed:
        days = (str(day) if day else "" for day in (one.written_on, one.from_on, one.until_on, one.ended_on))
        rows.add_row(*plain(one.id, one.by, *days, one.text))
    data = [one.model_dump(mode="json", exclude_none=True) for one in listed]
    show("remark list", {"remarks": data}, rows if listed else "no remarks")
    hint(found.command(f'remark write {customer} "TEXT" --by PERSON --entity {where}'))


@app.command("take-back")
@on_target()
def take_back(
    found: Target, customer: CustomerId, remark: Annotated[str, typer.Argument(metavar="ID")], entity: EntityId = None
) -> None:
    """Take a remark back: no message from now on carries it."""
    from core.calendar import local_date
    from functions.shared.store import config, remarks

    configuration = config.read()
    where = _entity(configuration, entity, f"take-back {customer} {remark}", found)
    today = local_date(found.now, configuration.entities[where].zone)
    if not remarks.take_back(where, customer, remark, today):
        raise CliError(f"there is no remark {remark} that holds", _list(found, where, customer))
    show("remark take-back", {"entity": where, "customer": customer, "id": remark}, "taken back")
    hint(_list(found, where, customer))


def _list(found: Target, entity: str, customer: str) -> str:
    return found.command(f"remark list {customer} --entity {entity}")


def _entity(configuration: "Configuration", entity: str | None, asked: str, found: Target) -> str:
    """The entity that was named, or the only one. Args: `asked` the command, as it is tried again with an entity."""
    if entity is None and len(configuration.entities) == 1:
        return next(iter(configuration.entities))
    if entity is None and configuration.entities:
        known = ", ".join(sorted(configuration.entities))
        raise CliError(f"which entity? There are {known}", found.command(f"remark {asked} --entity ID"))
    return find_entity(configuration, entity or "", found).id


def _customer(entity: str, customer: str, found: Target) -> "Customer":
    from functions.shared.store import accounts

    record = accounts.read(entity, customer)
    if record is None:
        raise CliError(f"{entity} has no account of a customer {customer}", found.command("import FILE"))
    return record.facts.customer


def _author(configuration: "Configuration", entity: str, customer: "Customer", by: str, found: Target) -> None:
    """Only who looks after the account may speak in its messages."""
    person = find_person(configuration, by, found)
    if not _looks_after(person, entity, customer):
        problem = f"{by} does not look after {customer.id}: neither in its team nor in sales at {entity}"
        raise CliError(problem, _list(found, entity, customer.id))


def _looks_after(person: "Person", entity: str, customer: "Customer") -> bool:
    here = not person.entities or entity in person.entities
    return person.id in customer.team.values() or (here and any(role.startswith(_OWNERS) for role in person.roles))


def _messages(wanted: "list[str] | tuple[()]", found: Target) -> tuple[str, ...]:
    from core.formats.errors import did_you_mean
    from core.render.messages import OF_POLICIES

    known = [kind.value for kind in OF_POLICIES]
    for one in wanted:
        if one not in known:
            meant = did_you_mean(one, known) or f"messages: {', '.join(known)}"
            raise CliError(f"there is no message {one!r}; {meant}", found.command("remark write CUSTOMER TEXT"))
    return tuple(wanted)


def _fits(text: str, found: Target) -> None:
    from core.render.remarks import MOST_CHARACTERS, MOST_LINES

    lines = text.splitlines()
    if not text or len(text) > MOST_CHARACTERS or len(lines) > MOST_LINES:
        problem = f"a remark has 1 to {MOST_CHARACTERS} characters in at most {MOST_LINES} lines, this one {len(text)}"
        raise CliError(problem, found.command("remark write CUSTOMER TEXT"))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
