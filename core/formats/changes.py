"""What a ledger says about one account, ready for storing: amounts settled are keyed by the entry that settled them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.ledger import Contact, Credit, Customer, Dispute, Hold, Item, Promise


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


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """All that became known about one customer at one legal entity.

    An item, credit, dispute, promise or hold that is not named is unchanged. A credit with `open_minor` 0 is used up.
    """

    entity: str
    customer: Customer
    contacts: tuple[Contact, ...] = ()
    items: tuple[ItemChange, ...] = ()
    credits: tuple[Credit, ...] = ()  # linked to no item
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    holds: tuple[Hold, ...] = ()
    ended_disputes: tuple[str, ...] = ()  # ids of those that are over
    ended_promises: tuple[str, ...] = ()
    ended_holds: tuple[str, ...] = ()
