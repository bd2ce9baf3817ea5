"""What a person says of a payment beyond the suggestions: it is for that, none of them, nothing of ours, undo it."""

import re
from decimal import Decimal
from typing import Annotated, Final

import typer

from local.cli.errors import CliError
from local.cli.match_shared import By, EntryId, deciding
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State

_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,4})?")
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")]


def apply(
    payment: EntryId,
    by: By,
    item: Annotated[
        list[str], typer.Option("--item", metavar="NUMBER=AMOUNT", help="An invoice and its part; may come again.")
    ],
    rest: Annotated[
        str | None, typer.Option("--rest", metavar="CUSTOMER", help="On whose account the rest goes.")
    ] = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Apply it by hand; what is left goes on account of the first invoice's customer, or of another."""
    with deciding("apply", payment, by, state, stack) as (made, record, entity, now):
        from functions.shared import cash_decisions

        parts = dict(_part(one, record.entry.currency) for one in item)
        made(cash_decisions.apply(record.id, parts, rest_of=rest, by=by, entity=entity, now=now))


def reject(
    payment: EntryId,
    by: By,
    why: Why = "",
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """None of the suggestions, nor the payer it was put down for; it waits, and nothing applies it alone."""
    with deciding("reject", payment, by, state, stack) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.reject(record.id, by=by, why=why, entity=entity, now=now))


def ignore(
    payment: EntryId,
    by: By,
    why: Why = "no money of a customer",
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """It is no money of a customer, or the books have it."""
    with deciding("ignore", payment, by, state, stack) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.ignore(record.id, by=by, why=why, entity=entity, now=now))


def returns(
    payment: EntryId,
    earlier: Annotated[str, typer.Argument(metavar="EARLIER", help="Id of the payment that came back.")],
    by: By,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """It takes back an earlier payment: what that settled is open again."""
    with deciding("returns", payment, by, state, stack) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.returns(record.id, earlier, by=by, entity=entity, now=now))


def unapply(
    payment: EntryId,
    by: By,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Take an application back: the invoices are open again, the money is on account and waits."""
    with deciding("unapply", payment, by, state, stack) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.unapply(record.id, by=by, entity=entity, now=now))


def _part(text: str, currency: str) -> tuple[str, int]:
    """`INV-1=40.00` as the number and minor units."""
    from core.minor_units import decimals

    number, _, amount = text.rpartition("=")
    if not _AMOUNT.fullmatch(amount):
        raise CliError(f"{text!r} is not NUMBER=AMOUNT, as in INV-1=40.00", "pastdue match apply --help")
    minor = Decimal(amount) * 10 ** decimals(currency)
    if not number or minor != int(minor):
        raise CliError(f"{text!r} is not NUMBER=AMOUNT with the decimals of {currency}", "pastdue match apply --help")
    return number.strip(), int(minor)
