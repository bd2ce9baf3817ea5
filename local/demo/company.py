"""The books of the demo company as one ledger file: what each customer bought, and how it paid. The same for each seed.

Everything is dated, future payments too: the story reads the ledger day by day and shows the company no more than a
real ledger would.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from local.demo.customers import CUSTOMERS, DE, DemoCustomer, Habit, mailbox

SEED: Final = 7
START: Final = date(2026, 1, 5)  # a Monday
DAYS: Final = 90
CONFIG: Final = Path(__file__).parent / "config"

Record = dict[str, Any]

_SIZE: Final = {"EUR": 1.0, "USD": 1.1, "GBP": 0.9, "CHF": 1.0, "SEK": 11.0, "CAD": 1.5}
_TERMS: Final = (14, 30, 30, 30, 45)
_LAST_ISSUE: Final = 78  # days after the start
_SATURDAY: Final = 5

# Days past due on which a customer pays, by habit: first and last.
_PAYS: Final = {
    Habit.PUNCTUAL: (-9, 1),
    Habit.FORGETFUL: (8, 11),
    Habit.SLOW: (15, 19),
    Habit.CALLED: (32, 36),
    Habit.STUBBORN: (61, 66),
}
_COUNT: Final = {Habit.PUNCTUAL: 3, Habit.FORGETFUL: 3, Habit.SLOW: 2, Habit.CALLED: 2, Habit.STUBBORN: 2}
# The one invoice that a special habit is about: days from the start to its due date.
_DUE_AFTER: Final = {
    Habit.SILENT: -14,
    Habit.STUBBORN: -3,
    Habit.PROMISES: 12,
    Habit.BREAKS: 2,
    Habit.DISPUTES: 9,
    Habit.HELD: 16,
    Habit.CREDIT: 20,
    Habit.UNAPPLIED: 14,
    Habit.BOUNCES: 5,
    Habit.PART: 8,
}
_REACHED: Final = ((14, 2), (7, 1))  # days past due -> level that the system before us had reached


@dataclass(slots=True)
class _Invoice:
    """One invoice with all that happens to it."""

    customer: DemoCustomer
    issued: date
    due: date
    total: int
    key: str = ""  # id, given when all are in order
    number: str = ""
    after: list[Record] = field(default_factory=list)  # documents that belong to it, without ids

    def on(self, days_past_due: int) -> date:
        """A working day that many days past due, or the next one."""
        day = self.due + timedelta(days=days_past_due)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
        return day

    def paid(self, days_past_due: int, amount: int | None = None) -> None:
        self.add("payment", days_past_due, amount=amount or self.total)

    def add(self, kind: str, days_past_due: int, **fields: Any) -> None:
        self.after.append({"t": kind, "date": self.on(days_past_due), **fields})


def ledger(seed: int = SEED, start: date = START) -> Iterator[Record]:
    """The records of the ledger, in the order of the file."""
    invoices = [invoice for customer in CUSTOMERS for invoice in _invoices(customer, seed, start)]
    _number(invoices)
    yield {"t": "header", "version": 1, "source": "pastdue demo", "seed": seed}
    counts = {"customers": 0, "invoices": 0, "payments": 0, "credit_notes": 0}
    for customer in CUSTOMERS:
        for record in _of_customer(customer, [i for i in invoices if i.customer is customer], start):
            counted = f"{record['t']}s"
            if counted in counts:
                counts[counted] += 1
            yield record
    yield {"t": "end", **counts}


def write_ledger(path: Path, seed: int = SEED, start: date = START) -> None:
    """Write the ledger as JSON lines."""
    with path.open("w", encoding="utf-8") as out:
        for record in ledger(seed, start):
            out.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


# ---------- who ----------
def _of_customer(customer: DemoCustomer, invoices: list[_Invoice], start: date) -> Iterator[Record]:
    yield _profile(customer)
    yield from _contacts(customer)
    for invoice in invoices:
        yield from _documents(invoice, start)
    yield from _unlinked(customer, invoices)


def _profile(customer: DemoCustomer) -> Record:
    profile: Record = {
        "t": "customer", "id": customer.id, "name": customer.name, "lang": customer.language,
        "country": customer.country, "currency": customer.currency,
    }  # fmt: skip
    if customer.zone:
        profile["zone"] = customer.zone
    if customer.parent:
        profile["parent"] = customer.parent
    if customer.public:
        profile["kind"] = "public"
    if customer.rep:
        profile["team"] = {"sales_rep": customer.rep}
    return profile


def _contacts(customer: DemoCustomer) -> Iterator[Record]:
    def contact(key: str, name: str, role: str) -> Record:
        email = f"{mailbox(name)}@{customer.domain}"
        found: Record = {
            "t": "contact", "id": f"{customer.id}-{key}", "customer": customer.id, "name": name, "email": email,
            "roles": [role], "lang": customer.language,
        }  # fmt: skip
        return found | ({"zone": customer.zone} if customer.zone else {})

    yield contact("ap", customer.clerk, "ap_contact")
    yield contact("mgr", customer.manager, "ap_manager")
    if customer.habit is Habit.BOUNCES:
        yield contact("main", customer.manager, "main_contact")


def gone_address() -> str:
    """The address in the books that nobody has any more."""
    customer = next(customer for customer in CUSTOMERS if customer.habit is Habit.BOUNCES)
    return f"{mailbox(customer.clerk)}@{customer.domain}"


# ---------- what ----------
def _invoices(customer: DemoCustomer, seed: int, start: date) -> Iterator[_Invoice]:
    chance = random.Random(f"{seed}:{customer.id}")  # noqa: S311 - a story, no secret
    special = customer.habit in _DUE_AFTER
    if special:
        yield _special(customer, chance, start)
    if customer.habit in _PAYS:
        yield from _usual(customer, customer.habit, chance, start, _COUNT[customer.habit] - special)
    else:
        yield from _usual(customer, chance.choice((Habit.PUNCTUAL, Habit.FORGETFUL)), chance, start, 1)


def _usual(customer: DemoCustomer, habit: Habit, chance: random.Random, start: date, count: int) -> Iterator[_Invoice]:
    """Invoices all over the quarter, paid as the customer is used to."""
    first, last = _PAYS[habit]
    gap = (_LAST_ISSUE + 25) // max(1, count)
    for n in range(count):
        terms = chance.choice(_TERMS)
        issued = start + timedelta(days=-25 + n * gap + chance.randrange(gap))
        invoice = _Invoice(customer, issued, issued + timedelta(days=terms), _amount(customer, chance))
        invoice.paid(chance.randint(first, last))
        yield invoice


def _special(customer: DemoCustomer, chance: random.Random, start: date) -> _Invoice:
    due = start + timedelta(days=_DUE_AFTER[customer.habit] + chance.randrange(3))
    invoice = _Invoice(customer, due - timedelta(days=30), due, 2 * _amount(customer, chance))
    _HAPPENS[customer.habit](invoice)
    return invoice


def _silent(invoice: _Invoice) -> None:
    if invoice.customer.entity != DE:  # one of the two pays in the end
        invoice.paid(98)


def _part(invoice: _Invoice) -> None:
    half = invoice.total // 200 * 100
    invoice.paid(11, half)
    invoice.paid(38, invoice.total - half)


def _promises(invoice: _Invoice) -> None:
    invoice.add("promise", 15, promised=invoice.on(28))
    invoice.paid(27)


def _breaks(invoice: _Invoice) -> None:
    invoice.add("promise", 15, promised=invoice.on(28))
    invoice.paid(63)


def _disputes(invoice: _Invoice) -> None:
    contested = invoice.total // 400 * 100
    invoice.add("dispute", 9, amount=contested, reason="Two gaskets of the delivery were damaged", ended=40)
    invoice.add("credit_note", 40, amount=contested)
    invoice.paid(43, invoice.total - contested)


def _held(invoice: _Invoice) -> None:
    invoice.add("hold", 8, until=invoice.on(35), reason="Commissioning is late; agreed with sales")
    invoice.paid(41)


_HAPPENS: Final[dict[Habit, Callable[[_Invoice], None]]] = {
    Habit.SILENT: _silent,
    Habit.STUBBORN: lambda invoice: invoice.paid(63),
    Habit.PART: _part,
    Habit.PROMISES: _promises,
    Habit.BREAKS: _breaks,
    Habit.DISPUTES: _disputes,
    Habit.HELD: _held,
    Habit.CREDIT: lambda invoice: invoice.paid(23),
    Habit.UNAPPLIED: lambda invoice: invoice.paid(30),
    Habit.BOUNCES: lambda invoice: invoice.paid(24),
}


def _amount(customer: DemoCustomer, chance: random.Random) -> int:
    """A believable sum in minor units: most are parts, some are machines."""
    euros = chance.lognormvariate(8.1, 0.9) * _SIZE[customer.currency]
    return max(120, round(euros)) * 100 + chance.choice((0, 0, 0, 50, 20, 75, 95))


def _unlinked(customer: DemoCustomer, invoices: list[_Invoice]) -> Iterator[Record]:
    """Money and credit notes that no invoice is linked to."""
    if customer.habit not in (Habit.CREDIT, Habit.UNAPPLIED):
        return
    kind = "credit_note" if customer.habit is Habit.CREDIT else "payment"
    special = invoices[0]
    amount = special.total // 4 if kind == "credit_note" else special.total // 300 * 100
    yield {
        "t": kind, "id": f"{kind[0].upper()}-{customer.id}", "customer": customer.id, "entity": customer.entity,
        "invoice": None, "date": special.on(3), "currency": customer.currency, "amount": amount,
    }  # fmt: skip


# ---------- documents ----------
def _number(invoices: list[_Invoice]) -> None:
    """Number each entity's invoices in the order in which they were issued."""
    counts: dict[tuple[str, int], int] = {}
    for invoice in sorted(invoices, key=lambda i: (i.issued, i.customer.id, i.due)):
        entity, year = invoice.customer.entity, invoice.issued.year
        book = (entity, year) if entity == DE else (entity, 0)
        first = {2025: 811, 2026: 0}.get(year, 0) if entity == DE else 10417
        counts[book] = n = counts.get(book, first) + 1
        invoice.number = f"RE-{year}-{n:04d}" if entity == DE else f"INV-{n}"
        invoice.key = invoice.number


def _documents(invoice: _Invoice, start: date) -> Iterator[Record]:
    customer = invoice.customer
    record: Record = {
        "t": "invoice", "id": invoice.key, "customer": customer.id, "entity": customer.entity, "number": invoice.number,
        "issued": invoice.issued, "due": invoice.due, "currency": customer.currency, "total": invoice.total,
    }  # fmt: skip
    days_before = (start - invoice.due).days
    for days, level in _REACHED:
        if days_before >= days:
            record |= {"level": level, "last_notice": invoice.due + timedelta(days=days)}
            break
    yield record
    for n, after in enumerate(invoice.after, start=1):
        yield _document(invoice, {**after}, n)


def _document(invoice: _Invoice, after: Record, n: int) -> Record:
    kind, day = after.pop("t"), after.pop("date")
    about: Record = {
        "t": kind, "id": f"{invoice.key}/{kind[:2].upper()}{n}", "customer": invoice.customer.id,
        "invoice": invoice.key,
    }  # fmt: skip
    if "ended" in after:
        after["ended"] = invoice.on(after["ended"])
    match kind:
        case "payment" | "credit_note":
            return {**about, "entity": invoice.customer.entity, "date": day, "currency": invoice.customer.currency,
                    **after}  # fmt: skip
        case "promise":
            return {**about, "made": day, "amount": None, **after}
        case "dispute":
            return {**about, "opened": day, **after}
        case _:
            return {**about, "placed": day, **after}
