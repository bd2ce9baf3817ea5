"""What a person says of a payment beyond the suggestions: it is for that, none of them, nothing of ours, undo it."""

import re
from decimal import Decimal
from typing import Annotated, Final

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.match_shared import EntryId, deciding
from local.cli.options import By
from local.cli.target import Target

_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,4})?")
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")]


@on_target()
def apply(
    found: Target,
    payment: EntryId,
    by: By,
    item: Annotated[
        list[str], typer.Option("--item", metavar="NUMBER=AMOUNT", help="An invoice and its part; may come again.")
    ],
    rest: Annotated[
        str | None, typer.Option("--rest", metavar="CUSTOMER", help="On whose account the rest goes.")
    ] = None,
) -> None:
    """Apply it by hand; what is left goes on account of the first invoice's customer, or of another."""
    with deciding(found, "apply", payment, by) as (made, record, entity, now):
        from functions.shared import cash_decisions

        parts = dict(_part(one, record.entry.currency) for one in item)
        made(cash_decisions.apply(record.id, parts, rest_of=rest, by=by, entity=entity, now=now))


@on_target()
def reject(found: Target, payment: EntryId, by: By, why: Why = "") -> None:
    """None of the suggestions, nor the payer it was put down for; it waits, and nothing applies it alone."""
    with deciding(found, "reject", payment, by) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.reject(record.id, by=by, why=why, entity=entity, now=now))


@on_target()
def ignore(found: Target, payment: EntryId, by: By, why: Why = "no money of a customer") -> None:
    """It is no money of a customer, or the books have it."""
    with deciding(found, "ignore", payment, by) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.ignore(record.id, by=by, why=why, entity=entity, now=now))


@on_target()
def returns(
    found: Target,
    payment: EntryId,
    earlier: Annotated[str, typer.Argument(metavar="EARLIER", help="Id of the payment that came back.")],
    by: By,
) -> None:
    """It takes back an earlier payment: what that settled is open again."""
    with deciding(found, "returns", payment, by) as (made, record, entity, now):
        from functions.shared import cash_decisions

        made(cash_decisions.returns(record.id, earlier, by=by, entity=entity, now=now))


@on_target()
def unapply(found: Target, payment: EntryId, by: By) -> None:
    """Take an application back: the invoices are open again, the money is on account and waits."""
    with deciding(found, "unapply", payment, by) as (made, record, entity, now):
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
