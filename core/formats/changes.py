"""What a ledger says about one account, ready for storing: amounts settled are keyed by the entry that settled them."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Final

from core.ledger import Contact, Credit, Customer, Dispute, Hold, Item, Plan, Promise, Waiver
from core.values import dataclass

STATED: Final = ":paid"  # ends the id of the entry that stands for all that a table says was paid of an invoice
OF_BANK: Final = "bank:"  # begins the id of every entry and credit that a bank told of
LESS: Final = ":less"  # ends the id of what was given up beside a payment: a discount, a bank's fee


OWN_CONTACT: Final = "ap"  # id of the contact that a customer's own address is; of its second one `ap-2`


def is_ours(key: str) -> bool:
    """Whether an id is of those that we make ourselves: an entry of another under it would be taken for one of them."""
    return key.startswith(OF_BANK) or key.endswith(LESS)


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One invoice as it now stands. Storing it twice is storing it once, since each entry has its own key.

    `item.open_minor` = `item.original_minor` - sum of `settled`; 0 when the item is closed.
    """

    item: Item
    settled: Mapping[str, int] = field(default_factory=dict)  # entry id -> minor units: payment, credit, write-off
    reversed: tuple[str, ...] = ()  # entry ids that once settled something here and no longer do
    level: int = 0  # dunning level that an older system had reached
    last_notice: date | None = None  # and when it last wrote
    paid_on: date | None = None  # of a closed invoice: the last payment, where it was paid; None: credited, given up
    paid_minor: int = 0  # what that payment cleared
    not_money: frozenset[str] = frozenset()  # of `settled`: credit notes, and what was given up
    in_all: int | None = None  # what a table says was paid in all, with what others tell of it one by one
    taken_off: frozenset[str] = (
        frozenset()
    )  # entries that its ledger told and does not know any more; they may come back


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """All that became known about one customer at one legal entity.

    What is not named is unchanged. A credit with `open_minor` 0 is used up. Disputes, promises and plans that are over
    say so themselves.
    """

    entity: str
    customer: Customer
    contacts: tuple[Contact, ...] = ()
    items: tuple[ItemChange, ...] = ()
    credits: tuple[Credit, ...] = ()  # linked to no item
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    holds: tuple[Hold, ...] = ()
    plans: tuple[Plan, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    by_name_only: bool = False  # another customer's items are asked for here: what is stored of this customer stays
    ended_holds: tuple[str, ...] = ()  # ids of those that the ledger does not set any more
    ended_disputes: tuple[str, ...] = ()
    ended_contacts: tuple[str, ...] = ()  # ids of those that the ledger does not list any more
    all_own: bool = False  # the contacts say who is written to: another address of the customer itself is not
    gone: tuple[str, ...] = ()  # ids of invoices that a full ledger does not hold any more: paid, credited, cancelled
