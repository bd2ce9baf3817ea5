"""`pastdue run retract ENTITY DATE`: a night that should not have been is taken back, as far as it can be."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import RenderableType

from local.cli.amounts import money
from local.cli.asking import agreed
from local.cli.errors import CliError, Exit
from local.cli.known import find_person
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State, Yes
from local.cli.output import counted, hint, plain, progress, say, show, table
from local.cli.run_review import EntityName, Night, run_of
from local.cli.target import Target, target

if TYPE_CHECKING:
    from functions.shared.retract import Account
    from functions.shared.retraction import Order
    from functions.shared.store.config import Configuration
    from functions.shared.store.runs import Run

_LOOK_EVERY: Final = 5  # seconds, at a run that was under way
_NAMED: Final = 50  # accounts listed to a person; JSON has them all


def retract(
    entity: EntityName,
    on: Night,
    by: Annotated[
        str | None, typer.Option("--by", metavar="PERSON", help="Who says so: the id of one of our people.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why: kept with the run and its accounts.")
    ] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="On one account only.")] = None,
    notify: Annotated[
        bool, typer.Option("--notify", help="Send one note to each customer who got a message of it.")
    ] = False,
    look: Annotated[bool, typer.Option("--look", help="Only say what would be taken back.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Take a run back: cancel what is unsent, reverse its charges, lift its holds, close its tasks, restore levels."""
    with target(state, stack, looks=look) as found:
        from functions.shared.retraction import Order
        from functions.shared.store import config
        from local.cli.quiet import drop_logs

        configuration = config.read()
        if by is not None:
            find_person(configuration, by, found)
        again = found.command(f"run retract {entity} {on:%Y-%m-%d} --by {by or 'PERSON'} --reason TEXT")
        if not (look or (by and reason)):
            problem = "a run is taken back by somebody, for a reason; --look needs neither"
            raise CliError(problem, again, code=Exit.USAGE)
        drop_logs()
        order = Order(entity, on.date(), by or "", reason or "", told=notify)
        run = run_of(entity, on, found)
        customers = _customers(order, run, customer, found)
        would = _previewed(order, customers)
        if look:
            _show(order, run, would, done=False)
            hint(again if would or not run.finished else found.command("outbox"))
            return
        order = _agreed(order, run, would, found, yes=yes)
        done = _retract(order, customer, customers, configuration, found)
        _show(order, run_of(entity, on, found), done, done=True)
        _hints(done, found)


def _customers(order: "Order", run: "Run", customer: str | None, found: Target) -> list[str]:
    from functions.shared.store import runs

    if customer is not None:
        if not run.finished:
            problem = f"the run of {order.on} is under way: take all of it back, or wait for its end"
            raise CliError(problem, found.command(f"run show {order.entity} {order.on}"))
        return [customer]
    listed = runs.listed(order.entity, order.on)
    if run.next_batch and not listed:
        problem = f"nobody knows whom the run of {order.on} looked at: it is older than 60 days, or than this version"
        raise CliError(problem, found.command(f"run show {order.entity} {order.on}"))
    return listed


def _previewed(order: "Order", customers: Sequence[str]) -> "list[Account]":
    from functions.shared import retract as shared

    return _all(customers, lambda one: next(shared.preview(order, [one]), None))


def _all(customers: Sequence[str], look: "Callable[[str], Account | None]") -> "list[Account]":
    found = []
    with progress("accounts", len(customers)) as advance:
        for customer in customers:
            one = look(customer)
            if one is not None:
                found.append(one)
            advance()
    return found


# ---------- asking ----------
def _agreed(order: "Order", run: "Run", would: "Sequence[Account]", found: Target, *, yes: bool) -> "Order":
    """The order as a person confirmed it: with a note to whoever got a message, or without."""
    from dataclasses import replace

    if yes:
        return order
    say(*_readable(order, run, would, done=False))
    instead = found.command(f"run retract {order.entity} {order.on} --by {order.by} --reason TEXT --yes")
    if not agreed(f"Take the run of {order.on} back?", instead, refused="nothing was taken back"):
        raise typer.Exit
    got = sum(1 for one in would if one.undone.sent)
    if got and not order.told:
        asked = f"Send a note to {counted(got, 'customer')} who got a message, that it is to be disregarded?"
        return replace(order, told=typer.confirm(asked, err=True))
    return order


# ---------- doing ----------
def _retract(
    order: "Order", customer: str | None, customers: Sequence[str], configuration: "Configuration", found: Target
) -> "list[Account]":
    from functions.shared import retract as shared
    from functions.shared.store import runs

    def account(one: str) -> "Account | None":
        return shared.retract_account(order, one, configuration, found.now)

    run = None if customer else shared.stop(order, configuration, found.now)
    if run is None:
        return _all(customers, account)
    quiet = found.engine is not None or shared.is_quiet(run, found.now)  # on this machine nothing else is at work
    done = _all(customers, account)
    if not quiet:
        while not shared.is_quiet(run, found.now):
            say(f"the run was under way: waiting for what had begun ({_marked(run)})")
            time.sleep(_LOOK_EVERY)
        done += [one for one in _all(runs.listed(order.entity, order.on), account) if not one.before]
    runs.retracted(run, now=found.now)
    return done


def _marked(run: "Run") -> str:
    from functions.shared.store import runs

    return f"{len(runs.marks(run.entity, run.on))} of {run.batches} batches"


# ---------- telling ----------
def _show(order: "Order", run: "Run", accounts: "Sequence[Account]", *, done: bool) -> None:
    said = run.retraction
    data = {
        "entity": order.entity,
        "date": order.on,
        "done": done,
        "retracted": {"at": said.at, "by": said.by, "reason": said.why, "done_at": said.done_at} if said else None,
        "totals": dict(_totals(accounts)),
        "accounts": [_data(one) for one in accounts],
    }
    show("run retract", data, *_readable(order, run, accounts, done=done))


def _data(account: "Account") -> dict[str, Any]:
    undone = account.undone
    return {
        "customer": account.customer,
        "before": account.before,
        "cancelled": undone.cancelled,
        "sent": undone.sent,
        "in_doubt": undone.doubtful,
        "charges": [
            {"id": one.charge.id, "invoice": one.charge.number, "kind": one.charge.kind.value,
             "currency": one.charge.currency, "minor": one.charge.minor}
            for one in undone.charges
        ],
        "holds_lifted": undone.lifted,
        "tasks_closed": undone.tasks,
        "tasks_kept": undone.kept_tasks,
        "levels_restored": undone.levels,
        "levels_kept": undone.kept_levels,
        "notes": list(account.notes),
        "letters": list(account.letters),
    }  # fmt: skip


def _totals(accounts: "Iterable[Account]") -> Counter[str]:
    totals: Counter[str] = Counter()
    for one in accounts:
        undone = one.undone
        totals.update(
            accounts=not one.before,
            before=one.before,
            cancelled=len(undone.cancelled),
            sent=len(undone.sent),
            in_doubt=len(undone.doubtful),
            charges=len(undone.charges),
            holds_lifted=len(undone.lifted),
            tasks_closed=len(undone.tasks),
            tasks_kept=len(undone.kept_tasks),
            levels_restored=len(undone.levels),
            levels_kept=len(undone.kept_levels),
            notes=len(one.notes),
        )
    return totals


def _readable(order: "Order", run: "Run", accounts: "Sequence[Account]", *, done: bool) -> Iterator[RenderableType]:
    fresh = [one for one in accounts if not one.before]
    if fresh:
        yield _table(fresh)
    yield "\n".join(_sentences(order, run, accounts, done=done))


def _table(accounts: "Sequence[Account]") -> Any:
    figures = ("unsent", "sent", "in doubt", "charges", "holds", "tasks", "levels")
    rows = table("customer", *figures, right=figures)
    for one in sorted(accounts, key=lambda one: one.customer)[:_NAMED]:
        undone = one.undone
        counts = (undone.cancelled, undone.sent, undone.doubtful)
        others = (undone.lifted, undone.tasks, undone.levels)
        rows.add_row(
            *plain(one.customer, *map(_count, counts), _amounts([one]) or "-", *map(_count, others)),
        )
    if len(accounts) > _NAMED:
        rows.caption = f"and {len(accounts) - _NAMED:,} more; --json lists them all"
    return rows


def _count(found: Sequence[str]) -> str:
    return str(len(found)) if found else "-"


def _amounts(accounts: "Iterable[Account]") -> str:
    sums: Counter[str] = Counter()
    for one in accounts:
        for posted in one.undone.charges:
            sums[posted.charge.currency] += posted.charge.minor
    return ", ".join(money(minor, currency) for currency, minor in sorted(sums.items()))


def _sentences(order: "Order", run: "Run", accounts: "Sequence[Account]", *, done: bool) -> Iterator[str]:
    totals, said = _totals(accounts), run.retraction
    if said is not None and not done:
        yield f"it was taken back on {said.at:%Y-%m-%d %H:%M} UTC by {said.by}: {said.why}"
    if totals["before"]:
        yield f"taken back before on {counted(totals['before'], 'account')}: nothing is done there again"
    if not totals["accounts"]:
        yield f"the run of {order.entity} on {order.on} left nothing {'else ' if totals['before'] else ''}to take back"
        yield "what `pastdue plan send` sent belongs to no run: `pastdue correct NOTICE` tells its readers"
    told = {
        "cancelled": ("unsent message", "cancelled" if done else "to cancel"),
        "sent": ("message", f"had gone: {_told(totals, order, done=done)}"),
        "in_doubt": ("message", "in doubt: counts for nothing, however it is settled"),
        "charges": (
            "charge",
            f"{'reversed' if done else 'to reverse'}: {_amounts(accounts)}; what was paid is a credit",
        ),
        "holds_lifted": ("credit hold", "lifted" if done else "to lift"),
        "tasks_closed": ("task", "closed" if done else "to close"),
    }
    yield from (f"{counted(totals[name], what)} {then}" for name, (what, then) in told.items() if totals[name])
    yield from _kept(accounts)


def _told(totals: Counter[str], order: "Order", *, done: bool) -> str:
    if done and totals["notes"]:
        return f"{counted(totals['notes'], 'note')} will go, within the readers' hours"
    return "a note goes to each customer" if order.told else "--notify sends each customer one note"


def _kept(accounts: "Sequence[Account]") -> Iterator[str]:
    """What stays, by name."""
    for one in accounts:
        if one.letters:
            yield f"{one.customer}: a letter of it was posted ({', '.join(one.letters)}): tell its reader yourself"
        if one.undone.kept_tasks:
            yield f"{one.customer}: a person has ended {', '.join(one.undone.kept_tasks)}: stays"
        if one.undone.kept_levels:
            yield f"{one.customer}: a later message was accepted for {', '.join(one.undone.kept_levels)}: level stays"


def _hints(done: "Sequence[Account]", found: Target) -> None:
    if any(one.undone.doubtful for one in done):
        hint(found.command("doubts"))
    hint(found.command("tasks"))
