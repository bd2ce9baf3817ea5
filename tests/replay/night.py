"""A whole ledger lived night by night on the real stack, and what went out as rows to hold against an oracle."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.decide.our_side import DigestLine
from core.formats.changes import AccountChanges
from core.ledger import Contact, Entity, Person
from core.packing import unpack
from core.policy.schema import Policy
from functions.shared.store import config, digests, facts, notices
from functions.shared.store.attributes import read_row
from local.engine import Engine
from local.engine.aws import CREDENTIALS
from tests.builders import ROLES

ENTITY = "US"
RUN_HOUR = 6
Row = tuple[date, str, str, str]  # night, invoice, step, audience


def staff() -> tuple[Person, ...]:
    """One person a role, so that a line's reader names its role."""
    return tuple(Person(id=role, name=role, email=f"{role}@company.example", roles=(role,)) for role in ROLES)


def with_contacts(changes: AccountChanges) -> AccountChanges:
    """The account with an AP contact and an AP manager of its own."""
    who = changes.customer.id
    readers = tuple(
        Contact(id=f"{who}-{role}", customer=who, email=f"{role}+{who}@customer.example".lower(), roles=(role,))
        for role in ("ap_contact", "ap_manager")
    )
    return replace(changes, contacts=readers, entity=ENTITY)


class Replay:
    """One company on the local engine. `night` plays one local date; the rows add up."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self.engine = engine
        self.rows: Counter[Row] = Counter()
        self.mails: dict[tuple[date, str], tuple[frozenset[tuple[str, str]], frozenset[str], dict[str, int]]] = {}
        self.texts: dict[tuple[date, str], str] = {}
        self.numbers: dict[str, str] = {}
        self._seen = 0
        self._marked: set[tuple[str, str]] = set()
        entity = Entity(
            id=ENTITY, name="Example Corp", policy=policy.policy, run_hour=RUN_HOUR, live=True,
            sender="ar@mail.example.com", contact_person="accounting",
        )  # fmt: skip
        assert config.put_entity(entity, was=0)
        assert config.put_policy(policy, was=0)
        assert all(config.put_person(person, was=0) for person in staff())

    def know(self, day: date, changes: Iterable[AccountChanges]) -> None:
        """What became known before that night's run."""
        now = datetime.combine(day, time(RUN_HOUR - 1), UTC)
        self.engine.move_to(max(now, self.engine.now))
        for change in changes:
            self.numbers |= {known.item.id: known.item.number for known in change.items}
            facts.apply_account(with_contacts(change), today=day, now=now)

    def night(self, day: date) -> None:
        """Let the day pass, from its run to midnight."""
        runs = [datetime.combine(day + timedelta(days=n), time(RUN_HOUR), UTC) for n in (0, 1)]
        pumped = self.engine.run_until(datetime.combine(day, time(23, 50), UTC), quiet=lambda: runs)
        assert not pumped.errors, pumped.errors
        self._collect_mails(day)
        self._collect_marks(day)

    def collect_tasks(self) -> None:
        """The work that was created, by the night of its creation; tasks of the system itself are no step's."""
        for row in self._table("TASK#"):
            day = date.fromisoformat(row["created_on"])
            if row["step"] == "f-review":
                self.rows[day, f"account:{row['customer']}", "f", "task:accounting"] += 1
            elif row["step"] == "d":
                for item in row["items"]:
                    self.rows[day, item, "d", f"task:{row['owner']}"] += 1

    def _collect_mails(self, day: date) -> None:
        fresh = self.engine.outbox[self._seen :]
        self._seen += len(fresh)
        for mail in fresh:
            notice = notices.get(mail.tags["notice_id"])
            assert notice is not None
            assert mail.sent_at.date() == day
            if notice.kind == "digest":
                for told in digests.of_person(ENTITY, day, notice.person):
                    self._digest(day, told.line)
                continue
            roles = frozenset(address.partition("+")[0] for address in mail.to)
            for due in notice.steps:
                for role in roles:
                    self.rows[day, due.item, due.step, role] += 1
            key = (day, notice.customer)
            assert key not in self.mails, f"a second message to {notice.customer} on {day}"
            self.mails[key] = (frozenset((due.item, due.step) for due in notice.steps), roles, dict(notice.totals))
            self.texts[key] = mail.text

    def _digest(self, day: date, line: DigestLine) -> None:
        if line.kind in ("message", "task") and line.step != "f-review":
            self.rows[day, line.item, line.step, line.role] += 1

    def _collect_marks(self, day: date) -> None:
        """Items that got the mark of step e tonight, as the accounts remember it."""
        for row in self._table("ACCT#"):
            if row["sk"] != "A":
                continue
            for item, state in unpack(row["state"]).items.items():
                if "e-status" in state.effects and (row["pk"], item) not in self._marked:
                    self._marked.add((row["pk"], item))
                    self.rows[day, item, "e", "status:delinquent"] += 1

    def _table(self, prefix: str) -> Iterator[dict[str, Any]]:
        for pk, rows in self.engine.stack.table.items.items():
            if pk.value.startswith(prefix):
                for item in rows.values():
                    yield read_row(item.to_json()["Attributes"])


@contextmanager
def as_operator(engine: Engine) -> Iterator[None]:
    """The environment that all functions of the stack have together, for calls of the store from a test."""
    variables = {k: v for function in engine.stack.functions.values() for k, v in function.environment.items()}
    before = dict(os.environ)
    os.environ.update({**variables, **CREDENTIALS})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
