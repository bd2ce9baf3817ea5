"""`pastdue simulate`: every message, task, charge and hold to come if nothing changes, as a table and as a calendar."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.amounts import money
from local.cli.cost import REGION, Prices, Region, forecast, forecast_text, price_list
from local.cli.errors import CliError, Exit
from local.cli.known import find_entity
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State, day
from local.cli.output import hint, plain, progress, say, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.rehearsal.coming import Coming
    from functions.shared.store.config import Configuration
    from local.rehearsals import Account, Tally

_MOST_DAYS: Final = 730
_NUMBERS_SHOWN: Final = 3  # invoices in a row for people; JSON names all


def simulate(
    days: Annotated[int, typer.Option("--days", min=1, max=_MOST_DAYS, metavar="N", help="How many nights.")] = 90,
    from_: Annotated[
        datetime | None, typer.Option("--from", parser=day, metavar="DATE", help="List from this night.")
    ] = None,
    like_history: Annotated[
        bool, typer.Option("--pay-like-history", help="Each customer pays as late as it usually did.")
    ] = False,
    no_payments: Annotated[bool, typer.Option("--no-payments", help="Nobody pays (the default).")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="As if every proposal were approved.")] = False,
    old_ledger: Annotated[
        bool | None,
        typer.Option(
            "--old-ledger/--at-once",
            help="How an entity that is not live yet goes live, as in `pastdue go-live`.",
            show_default="by the ledger",
        ),
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", metavar="FILE.html", help="Write a calendar to look at and print.")
    ] = None,
    prices: Prices = None,
    region: Region = REGION,
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """List what the coming nights bring if nothing changes. Nothing is written, and nothing is sent."""
    if like_history and no_payments:
        problem = "--pay-like-history and --no-payments exclude each other"
        raise CliError(problem, "pastdue simulate --pay-like-history", code=Exit.USAGE)
    if calendar and calendar.suffix != ".html":
        problem = f"{calendar} is no .html file"
        raise CliError(problem, f"pastdue simulate --calendar {calendar.stem}.html", code=Exit.USAGE)
    if calendar and not (calendar.parent.is_dir() and os.access(calendar.parent, os.W_OK)):
        problem = f"there is no folder {calendar.parent} to write to"
        raise CliError(problem, f"pastdue simulate --calendar {calendar.name}", code=Exit.USAGE)
    listed = price_list(prices, region)
    with target(state, stack, looks=True) as found:
        from core.rehearsal.coming import What
        from functions.shared.store import config
        from local import rehearsals

        configuration = config.read()
        first = _first(found, configuration, entity, from_.date() if from_ else None)
        last = first + timedelta(days=days - 1)
        with progress("reading accounts", None) as advance:
            known = _read(found, configuration, entity, advance)
        known, taken_up = _going_live(found, configuration, known, old_ledger)
        habits = rehearsals.habits(known) if like_history else None
        if habits is not None and not any(habits.values()):
            say("nobody has a record of payments: nobody pays in this rehearsal")
        terms = rehearsals.Terms(last=last, since=first, habits=habits, approve=approve)
        told: list[Coming] = []
        with progress("rehearsing", len(known)) as advance:
            for account in known:
                told += rehearsals.rehearse(account, terms)
                advance()
        told.sort(key=lambda one: (one.on, one.entity, one.customer))
        names = {(account.entity, account.customer): account.name for account in known}
        assumptions = _assumptions(configuration, entity, like_history=like_history, approve=approve) + taken_up
        messages = sum(one.what is What.MESSAGE for one in told)
        _show(told, names, (first, last), assumptions, forecast(listed, messages, days))
        if calendar:
            from local.calendar_page import write_calendar

            say(f"calendar: {write_calendar(calendar, told, names, (first, last), assumptions)}")
        hint(found.command("simulate --calendar calendar.html" if calendar is None else "plan --out plan.json"))


def _first(found: Target, configuration: "Configuration", entity: str | None, wanted: date | None) -> date:
    """The first night that is listed."""
    from local.rehearsals import next_night

    if entity:
        find_entity(configuration, entity, found)
    coming = [next_night(one, found.now) for one in configuration.entities.values() if entity in (None, one.id)]
    if not coming:
        raise CliError("no entity is configured", found.command("config apply FOLDER"))
    if wanted and wanted < min(coming):
        problem = f"the night of {wanted} is over; the next one is that of {min(coming)}"
        raise CliError(problem, found.command(f"simulate --from {min(coming)}"), code=Exit.USAGE)
    return wanted or min(coming)


def _read(found: Target, configuration: "Configuration", entity: str | None, advance: Any) -> "list[Account]":
    from local.rehearsals import every

    known = []
    for account in every(configuration, found.now, entity):
        known.append(account)
        advance()
    return known


def _going_live(
    found: Target, configuration: "Configuration", known: "list[Account]", old_ledger: bool | None
) -> "tuple[list[Account], list[str]]":
    """The accounts as go-live would leave them, where it is still to come; and what is said of it."""
    from core.calendar import local_date
    from local.cli.go_live import ramp_of
    from local.rehearsals import with_baseline

    waiting = {account.entity for account in known if not account.setting.entity.live}
    said = []
    for entity_id in sorted(waiting):
        entity = configuration.entities[entity_id]
        ramp = ramp_of(configuration, entity, found, old=old_ledger)
        today = local_date(found.now, entity.zone)
        if ramp:
            said.append(f"the old ledger of {entity_id} is taken up from {today} to {max(ramp.values())}")
            known = [with_baseline(one, ramp, today) if one.entity == entity_id else one for one in known]
    return known, said


def _assumptions(configuration: "Configuration", entity: str | None, *, like_history: bool, approve: bool) -> list[str]:
    from local.rehearsals import switched_off

    pay = "each customer pays as late as it usually did" if like_history else "nobody pays"
    said = [
        pay,
        "every message arrives on its day",
        "proposals are approved" if approve else "nobody approves anything",
    ]
    waits = [one.id for one in configuration.entities.values() if entity in (None, one.id) and not one.live]
    if waits:
        live = "is live, which it is not" if len(waits) == 1 else "are live, which they are not"
        said.append(f"{', '.join(waits)} {live}")
    if off := switched_off(configuration, entity):
        said.append(f"the switch of {', '.join(off)} is on, which is off")
    return said


# ---------- telling ----------
def coming_data(one: "Coming") -> dict[str, Any]:
    """One entry as JSON."""
    return {**asdict(one), "what": one.what.value, "items": list(one.items), "numbers": list(one.numbers),
            "readers": list(one.readers)}  # fmt: skip


def amounts_text(amounts: Mapping[str, int]) -> str:
    """Amounts of several currencies beside each other."""
    return ", ".join(money(minor, currency) for currency, minor in sorted(amounts.items()))


def coming_row(one: "Coming", name: str) -> tuple[str, ...]:
    """One entry as a person reads it: night, customer, what, invoices, amount."""
    what = one.name if one.what.value == "message" else f"{one.what.value}: {one.name}".removesuffix(": ")
    by_step = f" (step {one.step})" if one.step else ""
    shown = ", ".join(one.numbers[:_NUMBERS_SHOWN])
    more = f" +{len(one.numbers) - _NUMBERS_SHOWN}" if len(one.numbers) > _NUMBERS_SHOWN else ""
    return str(one.on), name, what + by_step, shown + more, amounts_text(one.amounts)


def _show(
    told: "Sequence[Coming]",
    names: Mapping[tuple[str, str], str],
    span: tuple[date, date],
    assumptions: list[str],
    bill: dict[str, Any],
) -> None:
    from local.rehearsals import Tally

    tally = Tally.of(told)
    rows = table("night", "customer", "what", "invoices", "amount", right=["amount"])
    for one in told:
        rows.add_row(*plain(*coming_row(one, names[one.entity, one.customer])))
    data = {
        "from": span[0],
        "to": span[1],
        "assumed": assumptions,
        "counts": dict(tally.counts),
        "accounts": len(tally.accounts),
        "asked": dict(tally.asked),
        "charged": dict(tally.charged),
        "busiest": {"date": tally.busiest[0], "messages": tally.busiest[1]} if tally.busiest else None,
        "cost": bill,
        "coming": [{**coming_data(one), "name_of_customer": names[one.entity, one.customer]} for one in told],
    }
    show("simulate", data, rows if told else "nothing is to come", *_summary(tally, span, assumptions),
         forecast_text(bill))  # fmt: skip


def _summary(tally: "Tally", span: tuple[date, date], assumptions: list[str]) -> list[str]:
    said = [f"\n{span[0]} to {span[1]}, if {'; '.join(assumptions)}:", f"  {tally.counted}"]
    if tally.charged:
        said.append(f"  charged: {amounts_text(tally.charged)}")
    if tally.busiest:
        said.append(f"  most messages in one night: {tally.busiest[1]:,} on {tally.busiest[0]}")
    return said
