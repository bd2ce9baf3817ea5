"""Open items and events of a case as receivables and entries of the core's position."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from core.books.position import Entry, EntryKind, Outlook, Position, Receivable, position_on
from tests.conformance.case import Body, RefusedError, day, on

KINDS = {kind.value: kind for kind in EntryKind}


def receivable(item: Body) -> Receivable:
    """An item of type invoice."""
    return Receivable(
        item["id"], item["currency"], item["amount_minor"], day(item.get("due_date")), item.get("document")
    )


def is_credit(item: Body) -> bool:
    """True for an item that the customer may set off, not owe."""
    return bool(item.get("type", "invoice") == "credit_note" or item["amount_minor"] < 0)


def owed(item: Body) -> bool:
    """True for an item that is open at all: not a draft, not paid or lost to a dispute, and ready to be asked for."""
    return bool(item.get("state", "open") == "open")


def standing_credit(item: Body, first_day: date = date.min) -> Entry:
    """A credit note in the list of open items: an amount on account from the start."""
    return Entry(
        id=item["id"],
        kind=EntryKind.CREDIT_NOTE,
        on=day(item.get("document_date")) or first_day,
        minor=abs(item["amount_minor"]),
        currency=item["currency"],
    )


def entry(event: Body, number: int) -> Entry | None:
    """A booking event; None for an event that books nothing."""
    kind = KINDS.get(event["type"])
    if kind is None:
        return None
    return Entry(
        id=event.get("id") or f"{event['type']}-{number}",
        kind=kind,
        on=on(event["date"]),
        minor=event.get("amount_minor"),
        item=event.get("item"),
        document=event.get("document"),
        credit=_other(event),
        currency=event.get("currency"),
    )


# What an event says about itself; any other word in it names the credit or payment that it uses or takes back.
_ABOUT_ITSELF = {
    "date", "type", "id", "item", "document", "currency", "amount_minor", "run", "after_run", "customer", "entity",
    "reason", "scope", "until", "level", "notes",
}  # fmt: skip


def _other(event: Body) -> str | None:
    return next((str(event[word]) for word in event if word not in _ABOUT_ITSELF and event[word] is not None), None)


def entries(events: Iterable[Body]) -> list[Entry]:
    """Every booking event, in the order of the case."""
    found = (entry(event, number) for number, event in enumerate(events, start=1))
    return [one for one in found if one is not None]


def position(body: Body, as_of: date) -> tuple[Position, dict[str, Outlook]]:
    """What is open of the case's items after its events, and what later ones will change."""
    items = [item for item in body.get("open_items", []) if owed(item)]
    debts = [receivable(item) for item in items if not is_credit(item)]
    notes = [standing_credit(item) for item in items if is_credit(item)]
    drafts = {item["id"] for item in body.get("open_items", []) if not owed(item)}
    booked = [made for made in entries(body.get("events", [])) if made.item not in drafts]
    try:
        return position_on(debts, [*notes, *booked], as_of)
    except KeyError as unknown:
        raise RefusedError(f"an event is about {unknown}, which is no open item") from None


def open_on(body: Body, as_of: date) -> tuple[list[tuple[str, str, int]], dict[str, Outlook]]:
    """Each open row as (id, currency, minor), credits negative; and the outlook of the items."""
    now, outlook = position(body, as_of)
    currencies = {key: part.currency for key, part in now.receivables.items()}
    currencies |= {key: account.currency for key, account in now.accounts.items()}
    return [(key, currencies[key], minor) for key, minor in now.balances().items()], outlook


def in_company_currency(minor: int, rate: str) -> int:
    """An amount at a rate, half up. Both currencies have the same number of decimals in the cases."""
    exact = Fraction(minor) * Fraction(rate)
    return int(exact + Fraction(1, 2)) if exact >= 0 else -int(-exact + Fraction(1, 2))
