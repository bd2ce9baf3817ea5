"""Documents of a source whose numbers are its own: what another source numbers alike is another payment, or dispute."""

from typing import Final

from core.formats.changes import STATED
from core.formats.errors import InputError
from core.formats.jsonl import Row
from core.formats.records import (
    ApplicationRecord,
    CreditNoteRecord,
    DisputeRecord,
    HoldRecord,
    PaymentRecord,
    PaymentReversalRecord,
    PlanRecord,
    PromiseRecord,
    WaiverRecord,
    WriteOffRecord,
)

_NUMBERED: Final = (
    PaymentRecord,
    CreditNoteRecord,
    PaymentReversalRecord,
    ApplicationRecord,
    WriteOffRecord,
    WaiverRecord,
    PromiseRecord,
    PlanRecord,
    DisputeRecord,
    HoldRecord,
)
_IDS: Final = ("id", "payment", "credit", "dispute")  # its own, and those of other such documents that it names


def apart(found: Row | InputError, source: str) -> Row | InputError:
    """A row of a file with its ids as they are stored; invoices are the same whoever tells of them."""
    if isinstance(found, InputError) or not isinstance(found.record, _NUMBERED):
        return found
    record = found.record
    if record.id.endswith(STATED):  # what a table says was paid in all has its invoice's id
        return found
    named = {name: getattr(record, name, None) for name in _IDS}
    own = {name: f"{source}.{value}" for name, value in named.items() if value is not None}
    return Row(found.line, record.model_copy(update=own))
