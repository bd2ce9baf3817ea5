"""The accounts of a stack as rehearsals and plans read them: nothing here writes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from core.calendar import local_date
from core.decide.model import Facts, Setting
from core.delivery import IN_DOUBT
from core.ledger import Entity
from core.rehearsal.coming import Coming, What, coming
from core.rehearsal.nights import Assumed, nights
from core.rehearsal.payments import lateness, payments
from core.state import Baseline
from functions.shared.insolvency import heeded
from functions.shared.settings import Settings
from functions.shared.store import accounts, keys, notices, runs
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.table import due_index, table

ONE_DAY: Final = timedelta(days=1)
WORDS: Final[Mapping[What, tuple[str, str]]] = {  # one of it, and more
    What.MESSAGE: ("message", "messages"),
    What.TASK: ("task", "tasks"),
    What.CHARGE: ("charge", "charges"),
    What.HOLD: ("credit hold", "credit holds"),
    What.LIFT: ("hold lifted", "holds lifted"),
    What.STATUS: ("status", "statuses"),
    What.PROPOSAL: ("proposal", "proposals"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """One account with something open: as it was read, what it is decided by, and its next night."""

    record: AccountRecord
    setting: Setting
    first: date

    @property
    def entity(self) -> str:
        return self.record.entity

    @property
    def customer(self) -> str:
        return self.record.customer_id

    @property
    def facts(self) -> Facts:
        return self.record.facts

    @property
    def name(self) -> str:
        return self.record.facts.customer.name


def next_night(entity: Entity, now: datetime) -> date:
    """The next night to be decided: that of today, unless its run has begun."""
    today = local_date(now, entity.zone)
    return today if runs.read(entity.id, today) is None else today + ONE_DAY


def switched_off(configuration: Configuration, entity_id: str | None = None) -> list[str]:
    """Entities that are live, and whose messages a switch keeps from going out."""
    mine = [one for one in configuration.entities.values() if entity_id in (None, one.id) and one.live]
    return [one.id for one in mine if configuration.stopped(one.id)]


def read(configuration: Configuration, entity: Entity, customer: str, first: date) -> Account | None:
    """One account; None when it is gone. Which of its notices may have gone is looked up."""
    record = accounts.read(entity.id, customer)
    if record is None:
        return None
    record = heeded(record)
    setting = configuration.setting_for(entity.id, record.facts.customer, deployment=Settings.from_env().deployment)
    states = notices.state_of(waiting.notice_id for waiting in record.facts.state.waiting.values())
    doubtful = frozenset(notice_id for notice_id, state in states.items() if state in IN_DOUBT)
    return Account(replace(record, facts=replace(record.facts, in_doubt=doubtful)), setting, first)


def every(configuration: Configuration, now: datetime, entity_id: str | None = None) -> Iterator[Account]:
    """Every account that has something open, entity by entity, in the order of the customers' ids."""
    for entity in configuration.entities.values():
        if entity_id in (None, entity.id):
            first = next_night(entity, now)
            for customer in customers(entity.id):
                account = read(configuration, entity, customer, first)
                if account is not None:
                    yield account


def customers(entity_id: str, until: date | None = None) -> list[str]:
    """The customers whose account is to be looked at, up to a date where one is given."""
    found = [
        keys.customer_of_due(row["due_sk"])
        for shard in range(keys.SHARDS)
        for row in table().query(keys.due_pk(entity_id, shard), index=due_index())
        if until is None or date.fromisoformat(row["due_sk"].partition("#")[0]) <= until
    ]
    return sorted(found)


# ---------- rehearsing ----------
@dataclass(frozen=True, slots=True)
class Terms:
    """What a rehearsal takes for granted."""

    last: date
    since: date | None = None  # earlier nights are played, but not told
    habits: Mapping[str, tuple[int, ...]] | None = None  # by entity: days of lateness; None: nobody pays
    approve: bool = False


def habits(known: Iterable[Account]) -> dict[str, tuple[int, ...]]:
    """How late the customers of each entity paid so far."""
    paid: dict[str, list[int]] = {}
    for account in known:
        paid.setdefault(account.entity, []).extend(lateness(account.facts.state.paid))
    return {entity: tuple(sorted(days)) for entity, days in paid.items()}


def rehearse(account: Account, terms: Terms) -> Iterator[Coming]:
    """All that would happen to one account; an entity that is not live is rehearsed as if it were."""
    paid = {} if terms.habits is None else payments(account.facts, terms.habits.get(account.entity, ()), account.first)
    assumed = Assumed(paid, approve=terms.approve)
    check_on = account.record.next_check_on if account.setting.entity.live else None
    setting = as_if_live(account.setting)
    for night in nights(account.facts, setting, account.first, terms.last, check_on=check_on, assumed=assumed):
        if terms.since is None or night.decision.as_of >= terms.since:
            yield from coming(night, account.entity)


def with_baseline(account: Account, ramp: Mapping[str, date], today: date) -> Account:
    """The account as go-live leaves it where the ledger is an old one; `ramp` says on which day each is taken up."""
    on = ramp.get(account.customer)
    if on is None:
        return account
    state = replace(account.facts.state, baseline=Baseline(today, on))
    return replace(account, record=replace(account.record, facts=replace(account.facts, state=state)))


def as_if_live(setting: Setting) -> Setting:
    """The setting of a live entity."""
    return replace(setting, entity=setting.entity.model_copy(update={"live": True}))


@dataclass(slots=True)
class Tally:
    """Counts and sums over what is coming."""

    counts: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)  # by messages, minor units by currency
    charged: Counter[str] = field(default_factory=Counter)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    messages_by_day: Counter[date] = field(default_factory=Counter)

    @classmethod
    def of(cls, told: Iterable[Coming]) -> "Tally":
        """The tally of a list."""
        tally = cls()
        for one in told:
            tally.counts[one.what] += 1
            tally.accounts.add((one.entity, one.customer))
            if one.what is What.MESSAGE:
                tally.asked.update(one.amounts)
                tally.messages_by_day[one.on] += 1
            if one.what is What.CHARGE:
                tally.charged.update(one.amounts)
        return tally

    @property
    def counted(self) -> str:
        """The counts in words."""
        said = [f"{self.counts[what]:,} {WORDS[what][self.counts[what] != 1]}" for what in What if self.counts[what]]
        return ", ".join(said) or "nothing"

    @property
    def busiest(self) -> tuple[date, int] | None:
        """The day with most messages, the first of several, and how many."""
        return min(self.messages_by_day.items(), key=lambda day: (-day[1], day[0]), default=None)
