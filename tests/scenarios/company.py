"""A company on the local engine: what became known, how the days pass, and what is there afterwards.

Time passes as on AWS: ticks, sweeps, queues and mail events by the engine's clock; nothing calls a handler by hand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from core.calendar import local_date, run_instant
from core.delivery import NoticeState
from core.formats.changes import AccountChanges, ItemChange
from core.keys import address_hash
from core.ledger import Contact, Entity, Item, PartPayment, Person
from core.policy.schema import Policy
from core.render.messages import INTERNAL
from functions.shared.store import accounts, config, facts, history, notices, reach
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.attributes import read_row
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.settlements import Settlement
from functions.shared.store.tasks import Task
from local.engine import Engine, Mail, Pumped
from tests.builders import a_customer, a_policy, an_entity, an_item, people
from tests.settling import settle_items

SENDER = "ar@mail.example.com"
ENTITY = "E1"
NIGHT = date(2026, 3, 9)  # the builders' items are seven days past due: step b


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A UTC instant."""
    return datetime.combine(day, time(hour, minute), UTC)


def ap(customer: str, email: str | None = None, role: str = "ap_contact", **changes: Any) -> Contact:
    """A contact of a customer, named after its role."""
    address = email or f"{role}.{customer}@customer.example".lower()
    return Contact(**{"id": f"{customer}-{role}", "customer": customer, "email": address, "roles": (role,), **changes})


def invoice(
    customer: str = "C1", *items: Item, contacts: Iterable[Contact] | None = None, entity: str = ENTITY, **others: Any
) -> AccountChanges:
    """What a ledger says of one customer: one invoice over 100.00 EUR unless told otherwise, and an AP contact."""
    about = others.pop("customer_changes", {})
    return AccountChanges(
        entity=entity,
        customer=a_customer(id=customer, **about),
        contacts=(ap(customer),) if contacts is None else tuple(contacts),
        items=tuple(ItemChange(item) for item in items or (an_item(f"{customer}-I1", customer=customer),)),
        **others,
    )


QUEUES: Final = ("AccountsQueue", "NoticesQueue", "FeedbackQueue", "FeedbackFilesQueue")


class Company:
    """One company; its first entity is the one that most calls mean."""

    def __init__(
        self,
        engine: Engine,
        *entities: Entity,
        policy: Policy | None = None,
        staff: Iterable[Person] | None = None,
        live: bool = True,
    ) -> None:
        self.engine = engine
        self.entities = entities or (an_entity(sender=SENDER, live=live),)
        for entity in self.entities:
            assert config.put_entity(entity, was=0)
        for person in people() if staff is None else staff:
            assert config.put_person(person, was=0)
        assert config.put_policy(policy or a_policy(), was=0)

    # ---------- what becomes known ----------
    def knows(self, *ledger: AccountChanges) -> None:
        """The ledger says this now."""
        for changes in ledger:
            facts.apply_account(changes, today=self.today(changes.entity), now=self.engine.now)

    def learns(self, **changes: Any) -> None:
        """Something new about the one account of a test, beside its items."""
        self.knows(replace(invoice(), items=(), **changes))

    def is_paid(self, item: str, minor: int, entry: str = "P1", *, customer: str = "C1", part: bool = False) -> None:
        """A payment or linked credit note on an item."""
        today = self.today(ENTITY)
        paid = (PartPayment(id=entry, minor=minor, recorded_on=today),) if part else ()
        entries = [Settlement(item, {entry: minor}, part_payments=paid)]
        settle_items(ENTITY, customer, entries, today=today, now=self.engine.now)

    def today(self, entity: str) -> date:
        zone = next(one.zone for one in self.entities if one.id == entity)
        return local_date(self.engine.now, zone)

    # ---------- how the days pass ----------
    def until(self, instant: datetime, *, every_tick: bool = False) -> Pumped:
        """Let everything happen that happens by then; an error of a handler fails the test."""
        pumped = self.engine.run_until(instant, quiet=None if every_tick else self.run_instants)
        assert not pumped.errors, pumped.errors
        return pumped

    def night(self, day: date = NIGHT) -> None:
        """Up to just after the run, which is before anybody may be written to."""
        self.until(at(day, 7))

    def day(self, day: date = NIGHT, **how: Any) -> None:
        """Up to midnight."""
        self.until(at(day, 23, 55), **how)

    def run_instants(self) -> list[datetime]:
        """When the entities' nights may run, around now."""
        days = [self.engine.now.date() + timedelta(days=n) for n in (-1, 0, 1, 2)]
        return [run_instant(day, entity.zone, entity.run_hour) for entity in self.entities for day in days]

    # ---------- what is there afterwards ----------
    @property
    def mails(self) -> list[Mail]:
        """What customers were sent."""
        return [mail for mail in self.engine.outbox if kind_of(mail) not in INTERNAL]

    @property
    def run_mails(self) -> list[Mail]:
        """What whoever decides about runs was sent."""
        return [mail for mail in self.engine.outbox if kind_of(mail) in ("alert", "approval")]

    @property
    def digests(self) -> list[Mail]:
        """What our own people were sent."""
        return [mail for mail in self.engine.outbox if kind_of(mail) == "digest"]

    def sent(self) -> list[tuple[date, str]]:
        """Each mail to a customer: its day and its first reader."""
        return [(mail.sent_at.date(), mail.to[0]) for mail in self.mails]

    def account(self, customer: str = "C1", entity: str = ENTITY) -> AccountRecord:
        record = accounts.read(entity, customer)
        assert record is not None
        return record

    def notices(self, kind: str = "customer") -> list[NoticeRecord]:
        found = [notices.get(row["pk"].partition("#")[2]) for row in self.rows("NOTICE#")]
        return [notice for notice in found if notice is not None and notice.kind == kind]

    def notice(self) -> NoticeRecord:
        """The one customer notice that there is."""
        (notice,) = self.notices()
        return notice

    def states(self) -> list[tuple[NoticeState, str | None]]:
        """Of every customer notice: its state, and why it was cancelled or failed."""
        return sorted((notice.state, notice.reason) for notice in self.notices())

    def tasks(self, kind: str | None = None) -> list[Task]:
        found = [Task.model_validate({k: row[k] for k in Task.model_fields if k in row}) for row in self.rows("TASK#")]
        return [task for task in found if kind in (None, task.kind)]

    def reasons(self, customer: str = "C1") -> list[str]:
        """What the newest verdict said of each item."""
        said = next(history.verdicts(ENTITY, customer))
        return [verdict.reason.value for verdict in said.verdicts]

    def slots(self, email: str) -> dict[str, tuple[str, ...]]:
        """The contact budget of one person: local day -> notice ids."""
        return dict(reach.read(address_hash(email)).days)

    def attention(self) -> list[str]:
        """What somebody still has to look at."""
        return sorted(row["att_sk"] for row in self.rows("") if "att_sk" in row)

    def runs(self, entity: str = ENTITY) -> dict[str, str]:
        """State by night."""
        return {row["sk"]: row["state"] for row in self.rows(f"RUN#{entity}") if "#" not in row["sk"]}

    def dead_letters(self) -> dict[str, int]:
        """How many by queue, of those that have any."""
        found = {name: len(self.engine.messages(name)) for name in self.engine.stack.queues if "DeadLetters" in name}
        return {name: held for name, held in found.items() if held}

    def queued(self) -> int:
        """Messages that wait for a function."""
        return sum(len(self.engine.messages(name)) for name in QUEUES)

    def rows(self, prefix: str) -> Iterator[dict[str, Any]]:
        """The table's records, past any index."""
        for pk, items in self.engine.stack.table.items.items():
            if pk.value.startswith(prefix):
                for item in items.values():
                    yield read_row(item.to_json()["Attributes"])


def kind_of(mail: Mail) -> str:
    return dict(mail.headers)["X-Pastdue-Kind"]
