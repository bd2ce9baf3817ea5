"""A preview of one's own data: an entity, a customer and its invoices out of a ledger in JSON lines."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from core.decide.model import Line, Recipient
from core.formats.errors import InputError
from core.formats.jsonl import Row, read_jsonl
from core.formats.records import ContactRecord, CustomerRecord, EntityRecord, InvoiceRecord, PersonRecord
from core.ledger import Customer, Entity, ItemKind, Person
from local.preview.cast import CONTACT, ENTITY, Cast, line


@dataclass(slots=True)
class LedgerRead:
    """What a preview takes from a ledger, as it stands there."""

    entities: dict[str, Entity] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    customers: dict[str, CustomerRecord] = field(default_factory=dict)
    contacts: dict[str, ContactRecord] = field(default_factory=dict)  # the first of each customer
    invoices: dict[str, list[InvoiceRecord]] = field(default_factory=lambda: defaultdict(list))
    faults: list[InputError] = field(default_factory=list)


def read_ledger(path: Path) -> LedgerRead:
    """Everything of the file that a preview needs; lines in error are among the faults."""
    read = LedgerRead()
    with path.open("rb") as stream:
        for row in read_jsonl(stream, path.name):
            match row.record if isinstance(row, Row) else row:
                case InputError() as fault:
                    read.faults.append(fault)
                case EntityRecord() as entity:
                    read.entities[entity.id] = entity
                case PersonRecord() as person:
                    read.people.append(person)
                case CustomerRecord() as customer:
                    read.customers[customer.id] = customer
                case ContactRecord() as contact:
                    read.contacts.setdefault(contact.customer, contact)
                case InvoiceRecord(kind=ItemKind.INVOICE) as invoice if invoice.total:
                    read.invoices[invoice.customer].append(invoice)
                case _:
                    pass
    return read


def cast_of(read: LedgerRead, as_of: date, entity: Entity | None = None, people: Iterable[Person] = ()) -> Cast | None:
    """The customer of the ledger with most invoices; None where there is no invoice to write about.

    Every invoice is taken at its full amount: a preview shows words and form, not what is open today.

    Args: `entity` and `people` where the file does not name them.
    """
    ours = entity or next(iter(read.entities.values()), ENTITY)
    listed = {
        customer: [one for one in invoices if one.entity in (None, ours.id)]
        for customer, invoices in read.invoices.items()
    }
    found = max(listed, key=lambda customer: len(listed[customer]), default=None)
    if found is None or not listed[found]:
        return None
    record, contact = read.customers[found], read.contacts.get(found)
    lines = [_line(one, as_of) for one in sorted(listed[found], key=lambda one: (one.due, one.number))]
    email = (contact.email if contact else None) or record.email or ""
    return Cast(
        entity=ours,
        people=(*people, *read.people) or (CONTACT,),
        customer=Customer(
            id=record.id, name=record.name, country=record.country, address=record.address, kind=record.kind
        ),
        reader=Recipient(contact.id, "ap_contact", contact.name, email, "", "UTC") if contact else None,
        overdue=tuple(one for one in lines if one.days_past_due > 0),
        coming=tuple(one for one in lines if one.days_past_due <= 0),
        as_of=as_of,
        note=(),
    )


def _line(invoice: InvoiceRecord, as_of: date) -> Line:
    days = (as_of - invoice.due).days
    return line(invoice.number, days, invoice.total or 0, as_of, issued_on=invoice.issued, currency=invoice.currency)
