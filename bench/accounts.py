"""The accounts of a generated ledger as a decision reads them, made at once: a million invoices in seconds.

A test holds them against what the product's own reader makes of the same ledger's file.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from bench.generate import Ledger, Record, records
from core.decide.model import Facts
from core.formats.book import LEDGER_HOLD
from core.formats.places import zone_of_country
from core.ledger import Contact, Credit, CreditKind, Customer, Hold, Item, PartPayment


def accounts(ledger: Ledger) -> Iterator[Facts]:
    """Those that owe something, one by one."""
    documents = list[Record]()
    for record in records(ledger):
        if record["t"] in ("customer", "end") and documents:
            facts = _facts(documents)
            documents = []
            if facts.items:
                yield facts
        if record["t"] not in ("header", "end"):
            documents.append(record)


def chunks(ledger: Ledger, most: int) -> Iterator[list[Facts]]:
    """The same, so many open invoices at a time and no more in memory, the largest customer aside."""
    chunk, items = list[Facts](), 0
    for facts in accounts(ledger):
        chunk.append(facts)
        items += len(facts.items)
        if items >= most:
            yield chunk
            chunk, items = [], 0
    if chunk:
        yield chunk


def _facts(documents: list[Record]) -> Facts:
    customer, *rest = documents
    key, email = customer["id"], customer["email"]
    invoices = {one["id"]: one for one in rest if one["t"] == "invoice"}
    paid: dict[str, list[PartPayment]] = {invoice: [] for invoice in invoices}
    unlinked = list[Credit]()
    for one in rest:
        if one["t"] == "invoice":
            continue
        if one["invoice"] is None:
            unlinked.append(_credit(one))
        else:
            part = PartPayment(id=one["id"], recorded_on=date.fromisoformat(one["date"]), minor=one["amount"])
            paid[one["invoice"]].append(part)
    items = (_item(invoice, paid[invoice["id"]]) for invoice in invoices.values())
    return Facts(
        customer=Customer(
            id=key,
            name=customer["name"],
            email=email,
            language=customer["lang"],
            country=customer["country"],
            currency=customer["currency"],
            zone=zone_of_country(customer["country"]),
        ),
        contacts=(Contact(id="ap", customer=key, email=email, language=customer["lang"]),) if email else (),
        items=tuple(sorted((item for item in items if item.open_minor), key=lambda item: item.issued_on)),
        credits=tuple(unlinked),
        holds=(Hold(id=LEDGER_HOLD, reason="blocked in the ledger"),) if customer["hold"] else (),
    )


def _item(invoice: dict[str, Any], paid: list[PartPayment]) -> Item:
    return Item(
        id=invoice["id"],
        customer=invoice["customer"],
        number=invoice["number"],
        issued_on=date.fromisoformat(invoice["issued"]),
        due_on=date.fromisoformat(invoice["due"]),
        currency=invoice["currency"],
        original_minor=invoice["total"],
        open_minor=invoice["total"] - sum(part.minor for part in paid),
        part_payments=tuple(sorted(paid, key=lambda part: part.recorded_on)),
        disputed_all=invoice["disputed"],
    )


def _credit(money: dict[str, Any]) -> Credit:
    return Credit(
        id=money["id"],
        kind=CreditKind(money["t"]),
        currency=money["currency"],
        open_minor=money["amount"],
        booked_on=date.fromisoformat(money["date"]),
    )
