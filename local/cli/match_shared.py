"""What the commands about payments share: which one is meant, who decides, and how a split reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.amounts import money, readable
from local.cli.errors import CliError
from local.cli.known import find_entity, find_person
from local.cli.output import hint, show
from local.cli.target import Target

if TYPE_CHECKING:
    from core.cash.model import Split, Suggestion
    from core.ledger import Entity
    from functions.shared.store.bank import EntryRecord
    from functions.shared.store.config import Configuration

SHOWN: Final = 10  # letters of an id that a list shows
_FEWEST: Final = 6  # that one may be called by

EntryId = Annotated[str, typer.Argument(metavar="PAYMENT", help="Its id, or the beginning of it.")]


@contextmanager
def deciding(
    found: Target, word: str, payment: str, by: str
) -> "Iterator[tuple[Callable[[EntryRecord], None], EntryRecord, Entity, Any]]":
    """One decision about one payment; yields what shows its outcome, the payment, its entity and the instant."""
    from functions.shared import cash_decisions

    configuration = by_person(found, by)
    record = record_of(found, payment)

    def made(after: "EntryRecord") -> None:
        said = f"{after.state.value}" + (f": {words(after.split)}" if after.split else "")
        show(f"match {word}", {"payment": data(after)}, said)

    try:
        yield made, record, configuration.entity(record.entity), found.now
    except (cash_decisions.NotPossibleError, LookupError) as error:
        raise CliError(readable(str(error)), found.command(f"match show {record.id[:SHOWN]}")) from error
    hint(found.command("match"))


def by_person(found: Target, by: str) -> "Configuration":
    from functions.shared.store import config
    from local.cli.quiet import drop_logs

    drop_logs()
    configuration = config.read()
    find_person(configuration, by, found)
    return configuration


def waiting(found: Target, entity: str | None) -> "Iterator[EntryRecord]":
    from functions.shared.store import bank, config

    configuration = config.read()
    for one in [find_entity(configuration, entity, found).id] if entity else sorted(configuration.entities):
        yield from bank.waiting(one)


def record_of(found: Target, payment: str) -> "EntryRecord":
    from functions.shared.store import bank

    whole = bank.read([payment]).get(payment)
    if whole is not None:
        return whole
    called = [one for one in waiting(found, None) if one.id.startswith(payment)] if len(payment) >= _FEWEST else []
    if len(called) != 1:
        raise CliError(f"there is no payment {payment}, or more than one", found.command("match"))
    return called[0]


def suggested(one: "Suggestion") -> str:
    """What a suggestion says: how the money is used, or that the ledger tells of the same."""
    return words(one.split) if one.told is None else f"the same money as payment {one.told} of the ledger"


def words(split: "Split") -> str:
    """What a split does, in words."""
    said = []
    for part in split.parts:
        more = ""
        if part.why:
            given, left = (money(minor, split.currency) for minor in (part.allowance, part.left))
            of = "" if part.settles is not None else f" {given}" if part.allowance else f", {left} left"
            more = f" ({part.why.value.replace('_', ' ')}{of})"
        said.append(f"{part.number or part.item} {money(part.minor, split.currency)}{more}")
    if split.rest:
        said.append(f"on account of {split.rest_customer} {money(split.rest, split.currency)}")
    return ", ".join(said)


def data(record: "EntryRecord") -> dict[str, Any]:
    entry = record.entry
    return {
        "id": record.id,
        "entity": record.entity,
        "state": record.state.value,
        "booked_on": entry.booked_on,
        "minor": entry.minor,
        "currency": entry.currency,
        "payer": entry.payer_name,
        "text": entry.remittance.text,
        "references": list(entry.remittance.references),
        "reasons": list(record.reasons),
        "split": record.split.model_dump(mode="json") if record.split else None,
        "suggestions": [_suggestion(one) for one in record.suggestions],
        "by": record.by or None,
    }


def _suggestion(one: "Suggestion") -> dict[str, Any]:
    data: dict[str, Any] = one.model_dump(mode="json")
    return data
