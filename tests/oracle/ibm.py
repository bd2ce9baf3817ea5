"""What R0 must send for the IBM sample ledger, from its CSV alone.

Mode A: every day is a send day, no contact budget, disputes ignored. Mode B: Monday to Friday, contact budget on, a
disputed invoice is disputed whole from its issue date. In both the payment of every tenth invoice in file order comes
95 days after the due date, so that steps e and f run.

The budget (one message a day and seven in seven days per person) is not worked out: each customer has people of its
own and at most one message a day, so it cannot bind. A test counts that.

    python -m tests.oracle.ibm CSV
"""

import csv
import os
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from tests.oracle import ladder
from tests.oracle.ladder import Item, Mail, Payment, Row

Mode = Literal["A", "B"]
CALENDAR: dict[Mode, ladder.SendDay] = {"A": ladder.every_day, "B": ladder.monday_to_friday}
WITHHELD_EVERY, WITHHELD_DAYS = 10, 95

LEDGER_DIR = Path(os.environ.get("LEDGER_DIR", Path(__file__).parents[3] / "shared/data/ar-ledger"))
CSV = LEDGER_DIR / "ibm/accounts-receivable.dmy.csv"


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def read(csv_path: Path | str, mode: Mode) -> list[Item]:
    """The invoices in file order, each with its one payment."""
    items = []
    with Path(csv_path).open(newline="", encoding="ascii") as file:
        for number, line in enumerate(csv.DictReader(file), start=1):
            due, minor = _day(line["DueDate"]), int(Decimal(line["InvoiceAmount"]) * 100)
            paid = due + timedelta(days=WITHHELD_DAYS) if number % WITHHELD_EVERY == 0 else _day(line["SettledDate"])
            items.append(
                Item(
                    id=line["invoiceNumber"],
                    customer=line["customerID"],
                    currency="USD",
                    issued=_day(line["InvoiceDate"]),
                    due=due,
                    total=minor,
                    payments=(Payment(paid, minor),),
                    disputed=mode == "B" and line["Disputed"] == "Yes",
                )
            )
    return items


def span(items: list[Item]) -> tuple[date, date]:
    """First issue date and last payment: the nights of a whole replay."""
    return min(i.issued for i in items), max(paid.day for i in items for paid in i.payments)


def expected(csv_path: Path | str, mode: Mode, first: date | None = None, last: date | None = None) -> Counter[Row]:
    """Every row of the whole ledger, or of the nights `first` to `last` started with an empty history."""
    items = read(csv_path, mode)
    start, end = span(items)
    return ladder.expected(items, first or start, last or end, CALENDAR[mode])


def expected_mails(
    csv_path: Path | str, mode: Mode, first: date | None = None, last: date | None = None
) -> dict[tuple[date, str], Mail]:
    """The messages behind these rows, by (night, customer)."""
    items = read(csv_path, mode)
    start, end = span(items)
    return ladder.expected_mails(items, first or start, last or end, CALENDAR[mode])


def busiest_nights(mails: dict[tuple[date, str], Mail], n: int = 120) -> tuple[date, date]:
    """First and last of the n consecutive nights with the most messages; the earliest of equals."""
    per_night = Counter(day for day, _ in mails)

    def load(first: date) -> int:
        return sum(per_night[first + timedelta(days=k)] for k in range(n))

    first = max(ladder.nights(min(per_night), max(per_night)), key=load)
    return first, first + timedelta(days=n - 1)


def main(csv_path: str) -> None:
    """Print the counts per mode and step."""
    for mode in CALENDAR:
        rows, mails = expected(csv_path, mode), expected_mails(csv_path, mode)
        due = Counter(step for mail in mails.values() for _, step in mail.steps)
        effects = Counter(row.audience for row in rows if ":" in row.audience)
        first, last = busiest_nights(mails)
        print(f"mode {mode}: {len(mails)} mails, {rows.total()} rows")
        print("  invoices per step  " + ", ".join(f"{step} {due[step]}" for step in ladder.MESSAGES))
        print("  tasks and status   " + ", ".join(f"{name} {n}" for name, n in sorted(effects.items())))
        print(f"  busiest 120 nights {first} to {last}, {sum(first <= day <= last for day, _ in mails)} mails")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(CSV))
