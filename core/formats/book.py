"""All that a file says of one customer, turned into changes of its accounts: as a whole, or day by day."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from core.formats.account import Account
from core.formats.addresses import addresses
from core.formats.agreements import CAN_END
from core.formats.changes import OWN_CONTACT, AccountChanges
from core.formats.documents import Placed
from core.formats.errors import Code, InputError, Severity
from core.formats.places import zone_of_country
from core.formats.records import ContactRecord, CustomerRecord
from core.formats.references import RefusedError
from core.ledger import Contact, Credit, Customer, Hold

LEDGER_HOLD: Final = "ledger"  # id of the hold that `hold: true` on a customer line means
_AP: Final = "ap_contact"


class Book:
    """One customer's records; `accounts` by entity."""

    def __init__(self, record: CustomerRecord, file: str) -> None:
        self.documents = list[Placed]()
        self._record, self._file = record, file
        self._contacts = list[ContactRecord]()
        self._accounts = dict[str, Account]()
        self._customer_holds = list[Placed]()

    @property
    def customer_id(self) -> str:
        return self._record.id

    def add(self, placed: Placed) -> None:
        """Take up a contact or document of this customer."""
        if isinstance(placed.record, ContactRecord):
            self._contacts.append(placed.record)
        else:
            self.documents.append(placed)

    def changes(self, fallback_entity: str, until: date) -> Iterator[AccountChanges | InputError]:
        """What was known by the end of `until`, an account each; `fallback_entity` for a customer without documents."""
        yield from self.settle(fallback_entity, until)
        for entity in self._accounts:
            yield self.show(entity, until)

    def settle(self, fallback_entity: str, until: date) -> Iterator[InputError]:
        """Book what was known by the end of `until`; yields what is to be said about it."""
        for entity in dict.fromkeys(p.entity for p in self.documents if p.entity) or (fallback_entity,):
            self._account(entity)
        for placed in sorted(self.documents, key=lambda placed: placed.known_on):
            if placed.known_on <= until:
                yield from self.book(placed)

    def invoices(self) -> Iterator[tuple[str, int]]:
        """Each invoice that was booked, and what is open of it."""
        for account in self._accounts.values():
            yield from account.invoices()

    def credits(self) -> Iterator[Credit]:
        """What was booked and linked to nothing, with what is left of it."""
        for account in self._accounts.values():
            yield from account.credits()

    def payments(self) -> Iterator[tuple[str, str]]:
        """Each payment of an invoice that is told by itself: invoice, entry."""
        for account in self._accounts.values():
            yield from account.payments()

    def standing(self) -> Iterator[tuple[str, str]]:
        """The disputes and holds, kind and id."""
        for account in self._accounts.values():
            yield from account.agreements.standing()

    def told_contacts(self) -> Iterator[tuple[str, str]]:
        """What says whom to write to, kind and id: contact lines, and addresses of the customer itself."""
        yield from (("line", contact.id) for record in self._contacts for contact in _contacts_of(record))
        own = addresses(self._record.email)[0]
        yield from (("own", _numbered(OWN_CONTACT, n)) for n, _ in enumerate(own))

    def events(self) -> Iterator[tuple[date, Placed, bool]]:
        """Every document with the day on which it became known, and once more (True) on the day on which it ended."""
        for placed in self.documents:
            yield placed.known_on, placed, False
            ended = placed.record.ended if isinstance(placed.record, CAN_END) else None
            if ended is not None:
                yield max(ended, placed.known_on), placed, True

    def book(self, placed: Placed, *, end: bool = False) -> Iterator[InputError]:
        """Book one document on its account, or on every account; yields what is to be said about it."""
        if placed.entity is None:
            self._customer_holds.append(placed)
            for account in self._accounts.values():
                account.take(placed)
            return
        account = self._account(placed.entity)
        if end:
            account.agreements.end(placed.record.t, placed.record.id)
            return
        try:
            remark = account.take(placed)
        except RefusedError as refused:
            yield InputError(
                refused.code, self._file, placed.line, refused.problem, field=refused.field, **refused.more
            )
            return
        if remark:
            yield InputError(
                Code.INCONSISTENT_AMOUNT, self._file, placed.line, remark, field="amount", severity=Severity.NOTICE
            )

    def touched(self) -> list[str]:
        """Entities at which something changed since it was last shown."""
        return [entity for entity, account in self._accounts.items() if account.touched or account.agreements.touched]

    def show(self, entity: str, until: date) -> AccountChanges:
        """What changed at one entity since it was last shown."""
        account = self._account(entity)
        agreements = account.agreements
        contacts = self.contacts()
        shown = AccountChanges(
            entity=entity,
            customer=self.customer(),
            contacts=contacts,
            items=account.items(until),
            credits=account.credits(),
            disputes=agreements.disputes(until),
            promises=agreements.promises(until),
            holds=(*self._ledger_hold(), *agreements.holds()),
            plans=agreements.plans(until),
            waivers=agreements.waivers(),
            ended_holds=() if self._record.hold else (LEDGER_HOLD,),
            all_own=any(_is_reached(contact) for contact in contacts),
        )
        account.touched.clear()
        agreements.touched.clear()
        return shown

    def customer(self) -> Customer:
        """The customer as it is stored."""
        r = self._record
        own = addresses(r.email)[0]
        return Customer(
            id=r.id,
            name=r.name,
            email=own[0] if own else None,
            language=r.lang,
            country=r.country,
            currency=r.currency,
            zone=r.zone or zone_of_country(r.country),
            parent=r.parent,
            kind=r.kind,
            policy=r.policy,
            hardship=r.hardship,
            insolvent=r.insolvent,
            segments=r.segments,
            address=r.address,
            chase_at=r.chase_at,
            team=r.team,
        )

    def contacts(self) -> tuple[Contact, ...]:
        """The contacts of the file; the customer's own address is its AP contact when none of them is."""
        listed = [contact for record in self._contacts for contact in _contacts_of(record)]
        if any(map(_is_reached, listed)):
            return tuple(listed)
        own = [
            Contact(id=_numbered(OWN_CONTACT, n), customer=self._record.id, email=address, language=self._record.lang)
            for n, address in enumerate(addresses(self._record.email)[0])
        ]
        return (*own, *listed)

    def _ledger_hold(self) -> tuple[Hold, ...]:
        return (Hold(id=LEDGER_HOLD, reason="blocked in the ledger"),) if self._record.hold else ()

    def _account(self, entity: str) -> Account:
        if entity not in self._accounts:
            self._accounts[entity] = Account()
            for placed in self._customer_holds:
                self._accounts[entity].take(placed)
        return self._accounts[entity]


def _is_reached(contact: Contact) -> bool:
    return _AP in contact.roles and contact.email is not None


def _contacts_of(record: ContactRecord) -> Iterator[Contact]:
    """One contact for each address of the line; one without address when there is none."""
    for n, address in enumerate(addresses(record.email)[0] or (None,)):
        yield Contact(
            id=_numbered(record.id, n),
            customer=record.customer,
            name=record.name,
            email=address,
            phone=record.phone,
            texts=record.texts if n == 0 else (),  # one telephone, however many addresses
            roles=record.roles,
            language=record.lang,
            zone=record.zone,
        )


def _numbered(key: str, n: int) -> str:
    return f"{key}-{n + 1}" if n else key
