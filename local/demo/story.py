"""Ninety days on the local engine: in the morning the ledger's news, then the night, then what to tell of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from core.formats.changes import AccountChanges
from core.formats.ledger_import import by_date, examine, jsonl_ledger
from core.ledger import Entity
from functions.shared.store import config, facts, notices, tasks
from functions.shared.store.notices import NoticeRecord
from local.cli.stored_ledger import local_dates
from local.cli.target import Target
from local.demo.company import gone_address, ledger, write_ledger
from local.demo.customers import DE
from local.demo.events import Books
from local.demo.telling import Telling
from local.engine import Engine, Mail
from local.engine.ses_script import Script, by_local_part, hard_bounce
from local.nights import begins_at, play

LEDGER: Final = "ledger.jsonl"
DOMAIN: Final = "mail.nordlicht.example"
_CALLERS: Final = ("felix.brandt", "marcus.bell")  # who gets the calls
_EXPORT: Final = timedelta(hours=1)  # the ledger is exported that long before the first run


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that went out, and what it was."""

    mail: Mail
    what: str  # template, or digest
    customer: str  # id; "" for a digest
    name: str  # of the customer, or of our own person


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the demo."""

    on: date
    sent: tuple[Sent, ...]
    paid: int  # invoices settled
    errors: tuple[str, ...] = ()

    @property
    def kinds(self) -> Counter[str]:
        return Counter(sent.what for sent in self.sent)


def begin(start: date) -> datetime:
    """The instant at which the clock of the demo begins."""
    return datetime.combine(start, time(), UTC)


def live(
    found: Target, folder: Path, *, start: date, days: int, seed: int, tell: Callable[[str], None],
    advance: Callable[[], None],
) -> list[Day]:  # fmt: skip
    """Live so many days on a configured, live stack. Writes the ledger into `folder`; tells what happens as it does."""
    engine = found.engine
    assert engine is not None
    engine.ses.behaviour = _behaviour
    write_ledger(folder / LEDGER, seed, start)
    configuration = config.read()
    file = jsonl_ledger(folder / LEDGER, DE, frozenset(configuration.entities))
    news = dict(by_date(file, examine(file), first=start))
    entities = tuple(configuration.entities.values())
    people = {person.id: person.name for person in configuration.people.values()}
    story = _Story(engine, entities, Telling(Books.of(ledger(seed, start)), tell), people)
    lived = []
    for n in range(days):
        on = start + timedelta(days=n)
        lived.append(story.day(on, news.get(on, ())))
        advance()
    return lived


def _behaviour(mail: Mail) -> Script:
    addresses = {parseaddr(address)[1] for address in mail.recipients}
    return hard_bounce() if gone_address() in addresses else by_local_part(mail)


@dataclass(slots=True)
class _Story:
    """What one day does."""

    engine: Engine
    entities: Sequence[Entity]
    telling: Telling
    people: Mapping[str, str]  # ours, id -> name

    def day(self, on: date, news: Sequence[AccountChanges]) -> Day:
        morning = begins_at(on, self.entities) - _EXPORT
        if self.engine.now < morning:
            self.engine.move_to(morning)
        self._book(news)
        paid = self.telling.morning(on)
        night = play(self.engine, on, self.entities)
        sent = tuple(self._known(mail) for mail in night.mails)
        for one in sent:
            notice = notices.get(one.mail.tags["notice_id"])
            if notice is not None and notice.kind == "customer":
                self.telling.wrote(on, notice, bounced=gone_address() in one.mail.to)
        for caller in _CALLERS:
            for task in tasks.open_for(caller, ""):
                self.telling.called(on, task)
        errors = tuple(f"{where}: {type(error).__name__}: {error}" for where, error in night.pumped.errors)
        return Day(on, sent, paid, errors)

    def _book(self, news: Sequence[AccountChanges]) -> None:
        now = self.engine.now
        for _ in facts.apply_accounts(news, today=local_dates(config.read(), now), now=now):
            pass

    def _known(self, mail: Mail) -> Sent:
        notice: NoticeRecord | None = notices.get(mail.tags["notice_id"])
        if notice is None or not notice.customer:
            return Sent(mail, "digest", "", self.people[notice.person] if notice else "")
        return Sent(mail, notice.template, notice.customer, self.telling.books.names[notice.customer])
