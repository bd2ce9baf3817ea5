"""Customers and contacts: they belong to the company, and are seen by an entity once they have an account there."""

from collections.abc import Sequence

from core.formats.changes import AccountChanges
from core.formats.errors import Code, quote
from core.ledger import Contact, Customer
from functions.ingest_api import convert
from functions.ingest_api.answers import ContactOut, CustomerOut
from functions.ingest_api.convert import RefusedError
from functions.ingest_api.models import ContactRecord, CustomerRecord
from functions.ingest_api.place import Outcome, Place, outcome
from functions.ingest_api.problems import not_found
from functions.ingest_api.tags import Condition, tag_of
from functions.shared.store import facts, keys
from functions.shared.store.ledger_rows import customer_rows
from functions.shared.store.rows import fact_of
from functions.shared.store.table import table

Said = list[Outcome | RefusedError]


def store(
    place: Place, customer_id: str, records: Sequence[CustomerRecord | ContactRecord], condition: Condition
) -> Said:
    """Store what is said about one customer. Raises ProblemError for one that is not this caller's."""
    about = {row["sk"]: row for row in table().query(keys.customer_pk(customer_id))}
    known = about.get("P")
    customer = fact_of(Customer, known) if known else None
    creates = any(isinstance(record, CustomerRecord) for record in records)
    if (not creates or known) and not place.knows(customer_id, anywhere=creates):
        raise not_found()
    contacts = dict[str, Contact]()
    said: list[RefusedError | str] = []  # the sort key of the row that the record becomes
    for record in records:
        key = "P" if isinstance(record, CustomerRecord) else keys.contact(customer_id, record.id).sk
        condition.check(about.get(key))
        try:
            if isinstance(record, CustomerRecord):
                customer = _customer(place, record)
            else:
                contacts[record.id] = convert.contact(record)
            said.append(key)
        except RefusedError as refused:
            said.append(refused)
    if customer is None:  # its own record was refused
        return [one if isinstance(one, RefusedError) else _without_customer() for one in said]
    changes = AccountChanges(place.entity.id, customer, tuple(contacts.values()))
    rows = {row["sk"]: row for row in customer_rows(changes, list(about.values()))}
    facts.apply_account(changes, today=place.today, now=place.now, entities=place.configuration.entities.keys())
    return [one if isinstance(one, RefusedError) else outcome(about.get(one), rows[one]) for one in said]


def read(place: Place, customer_id: str) -> tuple[CustomerOut, str]:
    """A customer with its contacts, and its tag. Raises ProblemError for one that is not this caller's."""
    rows = {row["sk"]: row for row in table().query(keys.customer_pk(customer_id))}
    if "P" not in rows or not place.knows(customer_id):
        raise not_found()
    contacts = [fact_of(Contact, row) for sk, row in rows.items() if sk.startswith("K#")]
    customer = fact_of(Customer, rows["P"]).model_dump(mode="json")
    said = CustomerOut(
        **{name: customer[name] for name in CustomerOut.model_fields if name != "contacts"},
        contacts=[_contact(contact) for contact in contacts],
    )
    return said, tag_of(rows["P"])


def _contact(contact: Contact) -> ContactOut:
    fields = contact.model_dump(mode="json")
    return ContactOut(**{name: fields[name] for name in ContactOut.model_fields})


def _customer(place: Place, record: CustomerRecord) -> Customer:
    configuration = place.configuration
    customer = convert.customer(record, configuration.policies.keys(), configuration.people.keys())
    if customer.parent is not None and (customer.parent == customer.id or not place.knows(customer.parent)):
        raise RefusedError("parent", Code.UNKNOWN_REF, f"there is no customer {quote(customer.parent)} here")
    return customer


def _without_customer() -> RefusedError:
    return RefusedError("customer", Code.UNKNOWN_REF, "its customer was refused")
