"""A company to which everything happens: days pass, facts change, and whatever can go wrong does.

The engine's clock, the real handlers, the real adapters on moto. At the end stands the promise of `promise.py`.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from core.delivery import NoticeState
from core.formats.changes import AccountChanges, ItemChange
from core.ledger import Dispute, Hold, Item, Promise
from functions.shared import doubts
from functions.shared.store import config, facts, notices
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.settlements import Settlement
from local.engine import Engine, Killed, invocation
from local.engine.pump import queue_messages
from local.engine.stack import QueueMapping
from tests.builders import ROLES, a_customer, an_item, people
from tests.faults.promise import broken
from tests.faults.provider import Provider
from tests.faults.troubles import Trouble, Troubles
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at
from tests.settling import settle_items

EVERY: Final = frozenset({"accounts", "notices", "feedback", "schedule"})
QUEUES: Final = {"AccountsDeadLetters": "AccountsQueue", "NoticesDeadLetters": "NoticesQueue",
                 "FeedbackDeadLetters": "FeedbackQueue"}  # fmt: skip
QUIET: Final = frozenset({
    Trouble.ANSWER_LOST, Trouble.FROZEN, Trouble.ANOTHER_WORKER, Trouble.HIDDEN_IN_INDEX, Trouble.STILL_IN_INDEX,
    Trouble.SENT_TWICE, Trouble.SENT_LATE, Trouble.SHUFFLED,
})  # fmt: skip
LOUD: Final = ("WARNING", "ERROR", "CRITICAL")


@dataclass
class Simulation:
    """One story. All chance comes from `random`; the same seed is the same story."""

    engine: Engine
    random: Random
    customers: int = 3
    begins: date = NIGHT
    policy: Any = None
    company: Company = field(init=False)
    troubles: Troubles = field(init=False)
    provider: Provider = field(init=False)
    sums: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))  # item -> entry -> minor
    owner: dict[str, str] = field(default_factory=dict)  # item -> customer
    paid_at: dict[str, datetime] = field(default_factory=dict)  # items of which nothing is open
    said: Counter[str] = field(default_factory=Counter)  # log events that somebody is to notice, and errors
    deaths: int = 0
    down: list[QueueMapping] = field(default_factory=list)
    settled_by_person: Counter[bool] = field(default_factory=Counter)  # by whether it had gone

    def __post_init__(self) -> None:
        self.engine.reset(now=at(self.begins, 5, 30))
        self.engine.stack.__dict__.pop("mappings", None)
        (anybody, *_) = people()
        staff = [anybody.model_copy(update={"roles": ROLES})]
        self.company = Company(self.engine, staff=staff, policy=self.policy)
        self.troubles = Troubles(self.engine, self.random)
        self.provider = Provider(self.random)
        self.engine.ses.behaviour = self.provider
        self.troubles.begin()
        self._import()

    # ---------- facts ----------
    def _import(self) -> None:
        ledger = [self._account(f"C{n}") for n in range(self.customers)]
        list(facts.apply_accounts(ledger, today={ENTITY: self.begins}, now=self.engine.now))

    def _account(self, customer: str) -> AccountChanges:
        shared = f"shared{self.random.randrange(3)}@customer.example" if self.random.random() < 0.1 else None
        contacts = (ap(customer, shared), ap(customer, role="ap_manager"))
        items = tuple(
            an_item(f"{customer}-I{n}", customer=customer, open_minor=10_000 * (n + 1),
                    due_on=self.begins - timedelta(days=self._age()))
            for n in range(self.random.randint(1, 3))
        )  # fmt: skip
        self._remember(items)
        return AccountChanges(ENTITY, a_customer(id=customer), contacts, tuple(ItemChange(item) for item in items))

    def owes(self, changes: AccountChanges) -> None:
        """The ledger knows one more account."""
        self._remember(tuple(change.item for change in changes.items))
        self.company.knows(changes)

    def _remember(self, items: tuple[Item, ...]) -> None:
        for item in items:
            self.sums[item.id], self.owner[item.id] = {"total": item.original_minor}, item.customer

    def _age(self) -> int:
        """Days past due at the beginning: most early, a few so late that they are reminded daily."""
        return (
            self.random.choice((-9, -7, -2, 3, 7, 7, 9, 13, 14, 20, 31, 55, 61)) if self.random.random() < 0.99 else 91
        )

    def _pick(self) -> str:
        return self.random.choice(sorted(self.owner))

    def pays(self, share: int = 100, item: str = "") -> None:
        """A payment of that share, in percent, of what is open of one item; by default of any."""
        item = item or self._pick()
        open_minor = sum(self.sums[item].values())
        minor = open_minor * share // 100
        if minor:
            entry = f"P{len(self.sums[item])}"
            self._settle(item, Settlement(item, {entry: minor}, paid_on=self.company.today(ENTITY)))
            self.sums[item][entry] = -minor
            if share == 100:
                self.paid_at[item] = self.engine.now

    def takes_back(self) -> None:
        """The last payment of one item bounces."""
        item = self._pick()
        entries = [entry for entry in self.sums[item] if entry != "total" and self.sums[item][entry]]
        if entries:
            self._settle(item, Settlement(item, reversed=(entries[-1],)))
            self.sums[item][entries[-1]] = 0
            self.paid_at.pop(item, None)

    def _settle(self, item: str, news: Settlement) -> None:
        today, now = self.company.today(ENTITY), self.engine.now
        settle_items(ENTITY, self.owner[item], [news], today=today, now=now)

    def disputes(self) -> None:
        item, today = self._pick(), self.company.today(ENTITY)
        self._learns(item, disputes=(Dispute(id=f"D-{item}", item=item, opened_on=today),))

    def promises(self) -> None:
        item, today = self._pick(), self.company.today(ENTITY)
        promise = Promise(id=f"M-{item}", item=item, made_on=today, promised_on=today + timedelta(days=5))
        self._learns(item, promises=(promise,))

    def holds(self) -> None:
        item, today = self._pick(), self.company.today(ENTITY)
        self._learns(item, holds=(Hold(id=f"H-{item}", until=today + timedelta(days=3)),))

    def _learns(self, item: str, **news: Any) -> None:
        self.company.knows(AccountChanges(ENTITY, a_customer(id=self.owner[item]), **news))

    # ---------- time ----------
    def live(self, **time: float) -> None:
        """So much time passes; whoever dies on the way is dead, and the others go on."""
        until = self.engine.now + timedelta(**time)
        while True:
            try:
                pumped = self.engine.run_until(max(until, self.engine.now), quiet=self.company.run_instants)
            except Killed:
                self.deaths += 1
            else:
                self.said["error"] += len(pumped.errors)
                return

    def sleeps(self, days: int) -> None:
        """No schedule fires for so long, and no queue is read."""
        self.engine.move_to(self.engine.now + timedelta(days=days, minutes=1))

    def invoke(self, function: str, kind: str) -> None:
        """A schedule fires once more than it should."""
        try:
            self.engine.invoke(function, {"kind": kind})
        except Killed:
            self.deaths += 1
        except Exception:  # noqa: BLE001  as Lambda: it counts as an error
            self.said["error"] += 1

    def switch(self, *, paused: bool) -> None:
        config.pause(paused=paused)
        self.provider.closed = paused

    def stops(self, function: str) -> None:
        """Its queue is not read any more."""
        mappings = self.engine.stack.mappings
        self.down += [one for one in mappings if one.function == function]
        self.engine.stack.__dict__["mappings"] = tuple(one for one in mappings if one.function != function)

    def starts(self) -> None:
        self.engine.stack.__dict__["mappings"] = (*self.engine.stack.mappings, *self.down)
        self.down.clear()

    def poisons(self, queue: str, body: str = "not JSON") -> None:
        url = self.engine.stack.queues[queue].physical_resource_id
        self.engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)

    # ---------- people ----------
    def settle_doubts(self) -> None:
        """A person looks into the provider's log and says what is true."""
        for notice in self.notices():
            if notice.state is NoticeState.UNKNOWN:
                went = bool(self.copies()[notice.id])
                doubts.settle_by_hand(notice.id, went=went, configuration=config.read(), now=self.engine.now)
                self.settled_by_person[went] += 1

    def redrive(self) -> None:
        """What was given up goes back once; what nobody can read is thrown away."""
        for dead, queue in QUEUES.items():
            for body in self._drained(dead):
                if body != "not JSON":
                    self.poisons(queue, body)
        self._drained("ScheduleDeadLetters")

    def _drained(self, queue: str) -> list[str]:
        bodies = self.engine.messages(queue)
        queue_messages(self.engine.stack.queues[queue]).clear()
        return bodies

    def comes_to_rest(self, days: float = 3) -> None:
        """Everything works again, for so long that nothing is left to do."""
        self.troubles.end()
        self.provider.odds, self.provider.coming = 0.0, []
        self.switch(paused=False)
        self.starts()
        self.live(days=days / 3)
        self.redrive()
        self.live(days=days * 2 / 3)
        self.listen()

    # ---------- what is there ----------
    def notices(self) -> list[NoticeRecord]:
        found = (notices.get(row["pk"].partition("#")[2]) for row in self.company.rows("NOTICE#"))
        return [notice for notice in found if notice is not None]

    def copies(self) -> Counter[str]:
        """How often the provider took each notice."""
        return Counter(mail.tags["notice_id"] for mail in self.engine.outbox)

    def listen(self) -> None:
        """Note what the logs said since the last time that somebody is to notice."""
        lines = list(invocation.LOG.lines)
        invocation.LOG.lines.clear()
        for line in lines:
            if any(f'"level":"{level}"' in line for level in LOUD):
                self.said[json.loads(line).get("event", "other")] += 1

    def check(self) -> None:
        found = broken(self)
        assert not found, "\n".join(found[:20])

    def unheard_of(self) -> bool:
        """Whether nothing has to be said of what happened: the SDK, or the next look, makes it good."""
        return set(self.troubles.happened) <= QUIET

    def counts(self) -> dict[str, Any]:
        """The story in figures."""
        of_customers = [notice for notice in self.notices() if notice.kind == "customer"]
        return {
            "customers": self.customers,
            "notices": len(of_customers),
            "states": dict(sorted(Counter(notice.state.value for notice in of_customers).items())),
            "mails": len(self.engine.outbox),
            "faults": {kind.name.lower(): n for kind, n in sorted(self.troubles.happened.items())},
            "provider": {fate.name.lower(): n for fate, n in sorted(self.provider.happened.items())},
            "deaths": self.deaths,
            "settled_by_a_person_as_gone": self.settled_by_person[True],
            "settled_by_a_person_as_not_gone": self.settled_by_person[False],
            "said": dict(sorted(self.said.items())),
        }
