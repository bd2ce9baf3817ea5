"""A small generated ledger in the native record form, and what R0 must send for it.

The ledger is made here and read here; only the record form is shared with the product. Disputes count in both modes.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle import ladder
from tests.oracle.ibm import CALENDAR, Mode
from tests.oracle.ladder import Item, Mail, Payment, Row

Record = dict[str, Any]
START = date(2026, 1, 5)  # a Monday
MEETING = START + timedelta(days=121)  # a Wednesday: the day on which one customer meets steps b, e and f at once
CURRENCIES = {"EUR": 2, "JPY": 0, "KWD": 3}
TERMS = (10, 14, 30, 45)
UNPAID_UNTIL = 121  # days past due


def read(records: Sequence[Record]) -> list[Item]:
    """The invoices of a ledger, each with the payments that name it."""
    payments: dict[str, list[Payment]] = defaultdict(list)
    for record in records:
        if record["t"] == "payment":
            payments[record["invoice"]].append(Payment(date.fromisoformat(record["date"]), record["amount"]))
    return [
        Item(
            id=record["id"],
            customer=record["customer"],
            currency=record["currency"],
            issued=date.fromisoformat(record["issued"]),
            due=date.fromisoformat(record["due"]),
            total=record["total"],
            payments=tuple(sorted(payments[record["id"]], key=lambda paid: paid.day)),
            disputed=record["disputed"],
        )
        for record in records
        if record["t"] == "invoice"
    ]


def span(records: Sequence[Record]) -> tuple[date, date]:
    """First issue date and last payment: the nights of a whole replay."""
    days = [date.fromisoformat(record.get("date") or record["issued"]) for record in _dated(records)]
    return min(days), max(days)


def by_day(records: Sequence[Record]) -> dict[date, list[Record]]:
    """What to import before each night's run: an invoice on its issue date, its customer before its first one."""
    customers = {record["id"]: record for record in records if record["t"] == "customer"}
    days: dict[date, list[Record]] = defaultdict(list)
    for record in sorted(_dated(records), key=lambda record: record.get("date") or record["issued"]):
        day = days[date.fromisoformat(record.get("date") or record["issued"])]
        if record["customer"] in customers:
            day.append(customers.pop(record["customer"]))
        day.append(record)
    return dict(days)


def expected(
    records: Sequence[Record], mode: Mode, first: date | None = None, last: date | None = None
) -> Counter[Row]:
    """Every row of the whole ledger, or of the nights `first` to `last` started with an empty history."""
    start, end = span(records)
    return ladder.expected(read(records), first or start, last or end, CALENDAR[mode])


def expected_mails(
    records: Sequence[Record], mode: Mode, first: date | None = None, last: date | None = None
) -> dict[tuple[date, str], Mail]:
    """The messages behind these rows, by (night, customer)."""
    start, end = span(records)
    return ladder.expected_mails(read(records), first or start, last or end, CALENDAR[mode])


def make_case(seed: int, customers: int = 6) -> list[Record]:
    """A deterministic ledger: one customer for the meeting of b, e and f, one that never pays, and `customers` others.

    Two kinds of payment are kept away, because the policy's text does not settle them: a part payment of a tenth or
    more just before steps d, e and f. Every invoice has at most two.
    """
    random = Random(f"{seed}")
    ledger = _Ledger()
    meeting = ledger.customer("EUR")
    for step, paid_after in (("b", 20), ("e", 75), ("f", UNPAID_UNTIL)):
        due = MEETING - timedelta(days=ladder.OFFSET[step])
        ledger.invoice(meeting, "EUR", due - timedelta(days=30), due, 10_000 + random.randrange(90_000), paid_after)
    never = ledger.customer("JPY")  # two reminders of many nights with a pause between them
    for issued in (START, START + timedelta(days=4), START + timedelta(days=70)):
        ledger.invoice(never, "JPY", issued, issued + timedelta(days=14), 1_000 + random.randrange(9_000), UNPAID_UNTIL)
    for _ in range(customers):
        currency = random.choice(list(CURRENCIES))
        customer = ledger.customer(currency)
        for _ in range(random.randint(1, 5)):
            issued = START + timedelta(days=random.randrange(40))
            ledger.invoice(
                customer,
                currency if random.random() < 0.8 else "EUR",
                issued,
                issued + timedelta(days=random.choice(TERMS)),
                1_000 + random.randrange(900_000),
                random.choice((-9, -3, 6, 8, 13, 15, 20, 33, 62, 97, UNPAID_UNTIL)),
                part_payments=random.choice(
                    ((), (), ((6, 30),), ((12, 50),), ((5, 10), (13, 25)), ((57, 5),), ((95, 40),))
                ),
                disputed=random.random() < 0.1,
            )
    return ledger.finished(seed)


class _Ledger:
    """Records in file order: a customer is followed by its documents."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._counts = dict.fromkeys(("customer", "invoice", "payment", "credit_note"), 0)

    def _add(self, kind: str, prefix: str, width: int, **fields: Any) -> str:
        self._counts[kind] += 1
        record_id = f"{prefix}{self._counts[kind]:0{width}d}"
        self._records.append({"t": kind, "id": record_id, **fields})
        return record_id

    def customer(self, currency: str) -> str:
        n = self._counts["customer"] + 1
        return self._add(
            "customer", "C", 8, name=f"Case {n}", email=f"ap@c{n}.example", lang="en", country="DE", currency=currency,
            hold=False,
        )  # fmt: skip

    def invoice(
        self, customer: str, currency: str, issued: date, due: date, total: int, paid_after: int,
        part_payments: tuple[tuple[int, int], ...] = (), disputed: bool = False,
    ) -> None:  # fmt: skip
        """Days are days past due; a part payment is (day, percent) and falls away from the day of full payment on."""
        number = f"INV-{self._counts['invoice'] + 1:09d}"
        invoice = self._add(
            "invoice", "I", 9, customer=customer, number=number, issued=issued.isoformat(), due=due.isoformat(),
            currency=currency, total=total, disputed=disputed, level=0, last_notice=None,
        )  # fmt: skip
        parts = [(day, total * percent // 100) for day, percent in part_payments if day < paid_after]
        for day, amount in (*parts, (paid_after, total - sum(amount for _, amount in parts))):
            paid_on = max(issued, due + timedelta(days=day))
            self._add(
                "payment", "P", 9, customer=customer, invoice=invoice, date=paid_on.isoformat(), currency=currency,
                amount=amount,
            )  # fmt: skip

    def finished(self, seed: int) -> list[Record]:
        header = {
            "t": "header", "version": 1, "seed": seed, "mode": "fresh", "as_of": span(self._records)[1].isoformat(),
            "base_currency": "EUR", "invoices": self._counts["invoice"], "levels": [7, 14, 60, 91],
            "rates": {"EUR": "1", "JPY": "0.0061", "KWD": "3.0"}, "exponents": CURRENCIES,
        }  # fmt: skip
        counts = {f"{kind}s": n for kind, n in self._counts.items()}
        return [header, *self._records, {"t": "end", **counts, "open_invoices": 0, "actionable": 0}]


def _dated(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["t"] in ("invoice", "payment")]
