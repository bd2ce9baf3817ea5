"""The ledger of a case on one day: which items, credits, blocks and contacts the core is told of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core.books.position import EntryKind, Position, position_on
from core.decide.model import Facts
from core.ledger import Contact, Credit, CreditKind, Dispute, Hold, Item, PartPayment, Waiver
from core.state import AccountState
from tests.conformance import samples
from tests.conformance.books import entry, is_credit, owed, receivable, standing_credit
from tests.conformance.case import Body, RefusedError, day, on

ONE_DAY = timedelta(days=1)
TERMS = timedelta(days=3650)  # an item without a document date was issued long ago: no reminder is too early for it
UNDATED = date(2099, 12, 31)  # an item without a due date is never past due
CREDIT_KINDS = {EntryKind.PAYMENT: CreditKind.PAYMENT, EntryKind.CREDIT_NOTE: CreditKind.CREDIT_NOTE}


@dataclass
class Books:
    """What has happened so far to the items of one account."""

    items: Sequence[Body]
    happened: list[tuple[int, Body]] = field(default_factory=list)  # events with their place in the case
    due: dict[str, str] = field(default_factory=dict)  # due dates that were changed

    def take(self, number: int, event: Body) -> None:
        """Remember an event; a changed due date counts from now on."""
        self.happened.append((number, event))
        if event["type"] == "due_date_change":
            words = ("due_date", "new_due_date", "to", "new_date")
            moved = next((event[word] for word in words if event.get(word)), None)
            if moved is None:
                raise RefusedError("a due date is changed, and the new one is not said")
            for item in self._about(event):
                self.due[item] = moved

    def _about(self, event: Body) -> list[str]:
        """The ids of the items that an event is about; all of them where it names none."""
        if event.get("item"):
            return [event["item"]]
        document = event.get("document")
        return [item["id"] for item in self.items if document is None or item.get("document") == document]

    def known(self, as_of: date, run: int) -> list[Body]:
        """The items that stand in the ledger before the given run of a day, with their present due dates."""
        return [
            {**item, "due_date": self.due.get(item["id"], item.get("due_date"))}
            for item in self.items
            if _entered(item, as_of, run)
        ]

    def position(self, known: Sequence[Body]) -> Position:
        """What is open of the known items."""
        debts = [receivable(item) for item in known if owed(item) and not is_credit(item)]
        ids = {item["id"] for item in known}
        booked = [
            made
            for number, event in self.happened
            if (event.get("item") is None or event["item"] in ids) and (made := entry(event, number)) is not None
        ]
        standing = [standing_credit(item) for item in known if owed(item) and is_credit(item)]
        alive = {None, *(part.id for part in debts), *(credit.id for credit in standing)}
        booked = [made for made in booked if made.item in alive]
        return position_on(debts, [*standing, *booked], date.max)[0]  # only what has happened is here

    def holds(self) -> tuple[Hold, ...]:
        """Every dunning block, ended ones with the day before their release."""
        found = dict[str, Hold]()
        for number, event in self.happened:
            name = str(event.get("id") or number)
            target = event.get("item") if event.get("scope", "item") == "item" else None
            if (
                event["type"] == "hold_set"
            ):  # a new one on the same target takes the place of the old, if it has no name
                named = event.get("id") is not None
                found = {key: hold for key, hold in found.items() if named or hold.item != target}
                found[name] = Hold(id=name, item=target, until=day(event.get("until")), placed_on=on(event["date"]))
            elif event["type"] == "hold_release":
                found = dict(_released(found, target, on(event["date"])))
        return tuple(found.values())

    def disputes(self) -> tuple[Dispute, ...]:
        """Every dispute, closed ones too."""
        found = list[Dispute]()
        for number, event in self.happened:
            if event["type"] == "dispute_open":
                found += [
                    Dispute(
                        id=f"{number}-{item}", item=item, amount_minor=event.get("amount_minor"),
                        opened_on=on(event["date"]),
                    )
                    for item in self._about(event)
                ]  # fmt: skip
            elif event["type"] == "dispute_close":
                about, closed = set(self._about(event)), on(event["date"])
                found = [
                    one.model_copy(update={"closed_on": closed}) if one.item in about and one.closed_on is None else one
                    for one in found
                ]
        return tuple(found)

    def waivers(self) -> tuple[Waiver, ...]:
        """Fees that are not asked for."""
        return tuple(
            Waiver(id=f"{number}-{item}", item=item, waived_on=on(event["date"]), level=event.get("level"))
            for number, event in self.happened
            if event["type"] == "fee_waived"
            for item in self._about(event)
        )

    def facts(self, as_of: date, run: int, state: AccountState, who: Body) -> Facts:
        """Everything about the account before the given run of a day."""
        known = self.known(as_of, run)
        position = self.position(known)
        return Facts(
            customer=samples.customer(id=str(who.get("id", "customer")), email=address(who)),
            state=state,
            contacts=contacts(who),
            items=tuple(_item(body, position) for body in known if body["id"] in position.receivables),
            credits=tuple(_credits(position)),
            disputes=self.disputes(),
            holds=self.holds(),
            waivers=self.waivers(),
        )


def _released(holds: Mapping[str, Hold], target: str | None, released_on: date) -> Iterable[tuple[str, Hold]]:
    """The holds after those on a target were released; one that was placed on the same day never was."""
    until = released_on - ONE_DAY
    for name, hold in holds.items():
        if hold.item != target or (hold.until is not None and hold.until < released_on):
            yield name, hold
        elif hold.placed_on is not None and hold.placed_on <= until:
            yield name, hold.model_copy(update={"until": until})


def _entered(item: Body, as_of: date, run: int) -> bool:
    known_from = day(item.get("known_from") or item.get("document_date"))
    if known_from is None or known_from < as_of:
        return True
    return known_from == as_of and run >= item.get("known_from_run", 1)


def _item(body: Body, position: Position) -> Item:
    due_on = day(body.get("due_date")) or UNDATED
    parts = [
        part for part in position.settled.get(body["id"], ()) if part.kind in (EntryKind.PAYMENT, EntryKind.CREDIT_NOTE)
    ]
    return Item(
        id=body["id"],
        customer="customer",
        number=body["id"],
        issued_on=day(body.get("document_date")) or due_on - TERMS,
        due_on=due_on,
        currency=body["currency"],
        original_minor=body["amount_minor"],
        open_minor=position.open(body["id"]),
        part_payments=tuple(PartPayment(id=part.entry, recorded_on=part.on, minor=part.minor) for part in parts),
        policy=item_policy(body),
        rate=body.get("rate_to_company"),
    )


def item_policy(body: Body) -> str | None:
    """The name of the item's own ladder; `none` takes it out of dunning."""
    if body.get("excluded_from_policy"):
        return "none"
    own = body.get("policy")
    if own is None or own == "none":
        return own
    return slug(own if isinstance(own, str) else f"of-{body['id']}")


def slug(name: str) -> str:
    """A name as our policies are named."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "own"


def _credits(position: Position) -> Iterable[Credit]:
    for name, account in position.accounts.items():
        yield Credit(
            id=name, kind=CREDIT_KINDS[account.kind], currency=account.currency, open_minor=account.minor,
            booked_on=account.on,
        )  # fmt: skip


def address(who: Body) -> str | None:
    """The customer's own address: the one called main, else the first there is; None where the case says none."""
    if not {"emails", "contacts", "email"} & set(who):
        return samples.ADDRESS
    emails = _emails(who)
    return emails.get("main") or next((email for email in emails.values() if email), None)


def contacts(who: Body) -> tuple[Contact, ...]:
    """The customer's other addresses, each under the role by which policies call it."""
    return tuple(
        Contact(id=key, customer="customer", email=email, roles=(key, f"{key}_email", f"customer_{key}_email"))
        for key, email in _emails(who).items()
        if email
    )


def _emails(who: Body) -> dict[str, Any]:
    emails = who.get("emails") or who.get("contacts") or {}
    found = {key: (one.get("email") if isinstance(one, dict) else one) for key, one in dict(emails).items()}
    return {**({"main": who["email"]} if who.get("email") else {}), **found}
