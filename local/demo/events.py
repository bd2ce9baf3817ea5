"""What the ledger of the demo says by day, for the story: money that came, and what customers said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Record = dict[str, Any]
_DATED = {"payment": "date", "credit_note": "date", "promise": "made", "dispute": "opened", "hold": "placed"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a customer did."""

    on: date
    kind: str  # of record
    customer: str
    invoice: str | None
    record: Record


@dataclass(slots=True)
class Books:
    """The ledger as the story needs it: invoices by number, events by day."""

    invoices: dict[str, Record] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # customer id -> name
    first: dict[str, str] = field(default_factory=dict)  # customer id -> number of its first invoice in the file
    _events: dict[date, list[Event]] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Books":
        books = cls()
        for record in records:
            kind = record["t"]
            if kind == "customer":
                books.names[record["id"]] = record["name"]
            elif kind == "invoice":
                books.invoices[record["number"]] = record
                books.first.setdefault(record["customer"], record["number"])
                books._open[record["number"]] = record["total"]
            elif kind in _DATED:
                day = record[_DATED[kind]]
                event = Event(day, kind, record["customer"], record["invoice"], record)
                books._events.setdefault(day, []).append(event)
        return books

    def of_day(self, on: date) -> list[Event]:
        """The events of a day, in the order of the file."""
        return self._events.get(on, [])

    def settle(self, event: Event) -> bool:
        """Book a payment or credit note; whether the invoice is settled by it."""
        if event.invoice is None or "amount" not in event.record or event.kind not in ("payment", "credit_note"):
            return False
        self._open[event.invoice] -= event.record["amount"]
        return self._open[event.invoice] <= 0
