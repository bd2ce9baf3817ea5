"""A company whose night has something of everything: dated from the day on which it is made, noon where it is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from core.calendar import local_date
from tests.builders import people
from tests.local.cli import pastdue, write_ledger

ENTITY = "nord"
_AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Pacific/")
LANGUAGES = ("en", "de", "fr", "es", "nl")
CURRENCIES = ("EUR", "USD", "JPY", "KWD")
STEPS = (-7, 7, 14, 31, 60, 91)  # days past due on which the policy's steps begin
CROWD = 48  # customers beside those with a story: more than one batch of accounts

Record = dict[str, Any]


def zone_where_it_is(hour: int, now: datetime) -> str:
    """A zone whose clocks show that hour now."""
    known = sorted(name for name in available_timezones() if name.startswith(_AREAS))
    return next(name for name in known if now.astimezone(ZoneInfo(name)).hour == hour)


@dataclass(frozen=True, slots=True)
class Company:
    """The company as of one instant; two of the same instant are the same."""

    now: datetime
    sender_domain: str

    @property
    def zone(self) -> str:
        """At home it is noon: no midnight comes during the test, and the hours for sending are open."""
        return zone_where_it_is(12, self.now)

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)

    def settle_in(self, folder: Path, stack: str) -> None:
        """Bring the stack of that name to life by the command line, as a person would."""
        config, ledger = folder / "config", folder / "ledger.jsonl"
        (config / "entities").mkdir(parents=True)
        (config / "entities" / f"{ENTITY}.yaml").write_text(json.dumps(self._entity()))  # JSON is YAML
        (config / "people.yaml").write_text(json.dumps({"people": [person.model_dump() for person in people()]}))
        write_ledger(ledger, self.ledger())
        go_live = ("go-live", ENTITY, "--yes", "--at-once")
        for command in (("config", "apply", config, "--yes"), ("import", ledger), go_live):
            said = pastdue(*command, "--stack", stack)
            assert said.code == 0, f"{command}: {said.out}{said.err}"

    def _entity(self) -> Record:
        return {
            "id": ENTITY, "name": "Nord Machines", "zone": self.zone, "country": "DE", "language": "de",
            "sender": f"accounts@{self.sender_domain}", "contact_person": "accounting", "legal_lines": ["HRB 1234"],
            "bank_accounts": [{"holder": "Nord Machines", "iban": "DE89370400440532013000"}],
        }  # fmt: skip

    def ledger(self) -> Iterator[Record]:
        for n in range(CROWD):
            yield from self._one_of_many(n)
        for story in (
            self._all_steps_at_once, self._part_paid, self._credit_unlinked, self._credit_note, self._disputed,
            self._partly_disputed, self._promised, self._held, self._paid, self._not_due, self._nobody_to_write_to,
            self._address_gone, self._refused_by_ses, self._asleep, self._group, self._excluded,
            self._many_invoices,
        ):  # fmt: skip
            yield from story()

    # ---------- many alike ----------
    def _one_of_many(self, n: int) -> Iterator[Record]:
        who, language = f"B{n:03}", LANGUAGES[n % len(LANGUAGES)]
        yield self._customer(who, lang=language)
        yield self._contact(who, lang=language)
        yield self._contact(who, "ap_manager", lang=language)
        currency = CURRENCIES[n % len(CURRENCIES)]
        yield self._invoice(who, STEPS[n % len(STEPS)], total=100_000 + n, currency=currency)

    # ---------- one of a kind ----------
    def _all_steps_at_once(self) -> Iterator[Record]:
        yield from self._with_contacts("steps")
        for n, late in enumerate((7, 60, 91, 95, 31)):
            yield self._invoice("steps", late, n=n)

    def _part_paid(self) -> Iterator[Record]:
        yield from self._with_contacts("part")
        yield self._invoice("part", 14, total=90_000)
        yield self._document("part", "payment", "p", 3, invoice="part-0", currency="EUR", amount=40_000)

    def _credit_unlinked(self) -> Iterator[Record]:
        yield from self._with_contacts("credit")
        yield self._invoice("credit", 14, total=90_000)
        yield self._invoice("credit", 60, n=1, total=50_000)
        yield self._document("credit", "payment", "p", 2, currency="EUR", amount=60_000)

    def _credit_note(self) -> Iterator[Record]:
        yield from self._with_contacts("note")
        yield self._invoice("note", 7, total=90_000)
        yield self._document("note", "credit_note", "n", 2, invoice="note-0", currency="EUR", amount=30_000)

    def _disputed(self) -> Iterator[Record]:
        yield from self._with_contacts("disputed")
        yield self._invoice("disputed", 31, disputed=True)

    def _partly_disputed(self) -> Iterator[Record]:
        yield from self._with_contacts("contested")
        yield self._invoice("contested", 14, total=80_000)
        yield self._dated("dispute", "contested", "d", opened=5, invoice="contested-0", amount=30_000)

    def _promised(self) -> Iterator[Record]:
        yield from self._with_contacts("promised")
        yield self._invoice("promised", 14)
        yield self._dated("promise", "promised", "m", made=2, promised=-10, invoice="promised-0")

    def _held(self) -> Iterator[Record]:
        yield from self._with_contacts("held")
        yield self._invoice("held", 60)
        yield self._dated("hold", "held", "h", placed=4, until=-4)

    def _paid(self) -> Iterator[Record]:
        yield from self._with_contacts("paid")
        yield self._invoice("paid", 7, total=70_000)
        yield self._document("paid", "payment", "p", 1, invoice="paid-0", currency="EUR", amount=70_000)

    def _not_due(self) -> Iterator[Record]:
        yield from self._with_contacts("early")
        yield self._invoice("early", -20)

    def _nobody_to_write_to(self) -> Iterator[Record]:
        yield self._customer("silent")
        yield self._invoice("silent", 7)

    def _address_gone(self) -> Iterator[Record]:
        yield self._customer("gone")
        yield self._contact("gone", email="bounce@gone.example")
        yield self._invoice("gone", 7)

    def _refused_by_ses(self) -> Iterator[Record]:
        yield self._customer("refused")
        yield self._contact("refused", email="reject@refused.example")
        yield self._invoice("refused", 14)

    def _asleep(self) -> Iterator[Record]:
        midnight = zone_where_it_is(0, self.now)  # nobody there is written to before the morning
        yield self._customer("asleep", zone=midnight)
        yield self._contact("asleep", zone=midnight)
        yield self._invoice("asleep", 14)

    def _group(self) -> Iterator[Record]:
        yield from self._with_contacts("head")
        yield self._invoice("head", 7)
        yield from self._with_contacts("subsidiary", parent="head")
        yield self._invoice("subsidiary", 91)

    def _excluded(self) -> Iterator[Record]:
        yield from self._with_contacts("excluded")
        yield self._invoice("excluded", 14, policy="none")

    def _many_invoices(self) -> Iterator[Record]:
        yield from self._with_contacts("many")  # more than a mail lists: the statement goes with it
        yield from (self._invoice("many", 7, n, total=10_000 + n) for n in range(120))

    # ---------- records ----------
    def _day(self, days_ago: int) -> str:
        return (self.today - timedelta(days=days_ago)).isoformat()

    def _with_contacts(self, who: str, **fields: Any) -> Iterator[Record]:
        yield self._customer(who, **fields)
        yield self._contact(who)
        yield self._contact(who, "ap_manager")

    def _customer(self, who: str, **fields: Any) -> Record:
        return {"t": "customer", "id": who, "name": f"{who.title()} & Söhne", **fields}

    def _contact(self, who: str, role: str = "ap_contact", **fields: Any) -> Record:
        known = {"name": f"Pat {who.title()}", "email": f"{role}@{who}.example".lower()}
        return {"t": "contact", "id": f"{who}-{role}", "customer": who, "roles": [role], **known, **fields}

    def _invoice(self, who: str, days_past_due: int, n: int = 0, **fields: Any) -> Record:
        money = {"currency": "EUR", "total": 120_000}
        dates = {"issued": self._day(days_past_due + 30), "due": self._day(days_past_due)}
        number = f"INV-{who}-{n}".upper()
        return {"t": "invoice", "id": f"{who}-{n}", "customer": who, "number": number, **dates, **money, **fields}

    def _document(self, who: str, kind: str, which: str, days_ago: int, **fields: Any) -> Record:
        return {"t": kind, "id": f"{who}-{which}", "customer": who, "date": self._day(days_ago), **fields}

    def _dated(self, kind: str, who: str, which: str, **fields: Any) -> Record:
        """A document whose whole numbers, amounts apart, are days ago."""
        told = {key: self._day(value) if key in _DATES else value for key, value in fields.items()}
        return {"t": kind, "id": f"{who}-{which}", "customer": who, **told}


_DATES = ("opened", "made", "promised", "placed", "until")
