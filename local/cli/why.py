"""`pastdue why INVOICE`: what the rules say about one invoice, today or in a night that was, and the figures they used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State
from local.cli.output import hint, show
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.decide.model import Verdict
    from core.ledger import Item
    from functions.shared.store.config import Configuration


@dataclass(frozen=True, slots=True)
class Place:
    """Where an invoice number leads."""

    entity: str
    customer: str
    item: str


def why(
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="its number, as customers see it")],
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="In the night of this date.")
    ] = None,
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Say why an invoice got, or did not get, something: each rule that was tried, and the figures used."""
    with target(state, stack) as found:
        from functions.shared.store import config

        configuration = config.read()
        places = list(find(configuration, invoice, entity))
        if not places:
            raise CliError(f"no invoice has the number {invoice}", found.command("import FILE"))
        answers = [_answer(found, configuration, place, on.date() if on else None) for place in places]
        show("why", {"invoices": [data for data, _ in answers]}, Text("\n\n".join(text for _, text in answers)))
        hint(found.command("tasks"))


def find(configuration: "Configuration", number: str, entity: str | None) -> Iterator[Place]:
    """Each item of that number; entities number for themselves, so there may be several."""
    from functions.shared.store import keys
    from functions.shared.store.table import ref_index, table

    for entity_id in configuration.entities:
        if entity in (None, entity_id):
            for row in table().query(keys.reference(entity_id, number), index=ref_index()):
                customer, item = keys.item_of_reference(row["ref_sk"])
                yield Place(entity_id, customer, item)


def _answer(
    found: Target, configuration: "Configuration", place: Place, on: date | None
) -> tuple[dict[str, Any], str]:
    raise NotImplementedError
