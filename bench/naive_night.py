"""A whole night as a good engineer writes it in a day: read every open invoice, loop, write the mail, send, note it.

The table is pages of rows in memory, as boto3's resource hands them out; each request is counted, and none is made.
Whoever was written to is looked at again every night, and everybody else too.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from itertools import islice
from typing import Any, Final

from jinja2 import Environment

from bench import naive
from bench.generate import Record
from bench.naive import Account, Invoice, Ladder, Message

Row = dict[str, Any]
_PAGE: Final = 3_000  # rows of an open invoice in a megabyte, which is what a Scan returns at once
_TEMPLATE: Final = Environment(autoescape=True).from_string(
    "<p>Dear customer,</p><p>these invoices are past due:</p><ul>"
    "{% for number in numbers %}<li>{{ number }}</li>{% endfor %}</ul>"
    "<p>Please pay {% for currency, minor in totals.items() %}{{ '%.2f' % (minor / 100) }} {{ currency }} "
    "{% endfor %}.</p><p>Kind regards</p>"
)


@dataclass
class Naive:
    """What such a night took."""

    requests: int = 0
    rows_read: int = 0
    mails: int = 0
    cpu_s: float = 0.0


def accounts_of(ledger: Iterable[Record]) -> list[Account]:
    """The accounts of a ledger's file, with what is left of each invoice."""
    accounts, invoices = list[Account](), dict[str, Invoice]()
    for record in ledger:
        match record["t"]:
            case "customer":
                accounts.append(Account(record["id"], record["email"], record["hold"]))
            case "invoice":
                due_on, level = date.fromisoformat(record["due"]), record["level"]
                invoice = Invoice(record["number"], due_on, record["currency"], record["total"], level)
                invoice.disputed = record["disputed"]
                invoices[record["id"]] = invoice
                accounts[-1].invoices.append(invoice)
            case "payment" | "credit_note" if record["invoice"]:
                invoices[record["invoice"]].open_minor -= record["amount"]
            case "payment" | "credit_note":
                credit = accounts[-1].credit
                credit[record["currency"]] = credit.get(record["currency"], 0) + record["amount"]
    for account in accounts:
        account.invoices = [invoice for invoice in account.invoices if invoice.open_minor]
    return [account for account in accounts if account.invoices]


def rows_of(accounts: Iterable[Account]) -> Iterator[Row]:
    """The table as such a program keeps it: a row an invoice, with what it must know of the customer in each."""
    for account in accounts:
        for invoice in account.invoices:
            yield {
                "customer": account.customer,
                "email": account.email,
                "on_hold": account.on_hold,
                "credit": account.credit,
                "number": invoice.number,
                "due_on": invoice.due_on.isoformat(),
                "currency": invoice.currency,
                "open_minor": invoice.open_minor,
                "level": invoice.level,
                "disputed": invoice.disputed,
            }


def live(rows: Iterable[Row], today: date, steps: Ladder = naive.STEPS) -> Naive:
    """The night; only its own work is timed, not the making of the rows."""
    night, accounts = Naive(), dict[str, Account]()
    left = iter(rows)
    while page := list(islice(left, _PAGE)):
        began = time.process_time()
        night.requests, night.rows_read = night.requests + 1, night.rows_read + len(page)
        for row in page:
            _take(row, accounts)
        night.cpu_s += time.process_time() - began
    began = time.process_time()
    for account in accounts.values():
        message = naive.remind(account, today, steps)
        if message is not None:
            _send(message, night)
    night.cpu_s += time.process_time() - began
    return night


def _take(row: Row, accounts: dict[str, Account]) -> None:
    account = accounts.get(row["customer"])
    if account is None:
        account = Account(row["customer"], row["email"], row["on_hold"], row["credit"])
        accounts[row["customer"]] = account
    due_on = date.fromisoformat(row["due_on"])
    account.invoices.append(
        Invoice(row["number"], due_on, row["currency"], row["open_minor"], row["level"], row["disputed"])
    )


def _send(message: Message, night: Naive) -> None:
    """One mail a customer and currency, and a write for each invoice that it names."""
    for currency, minor in message.totals.items():
        mail = EmailMessage()
        mail["Subject"] = f"Your open invoices: {minor / 100:.2f} {currency}"
        mail["From"], mail["To"] = "accounts@mail.example.com", message.email
        mail.set_content("Please see the table of your open invoices.")
        html = _TEMPLATE.render(numbers=message.numbers, totals={currency: minor})
        mail.add_alternative(html, subtype="html")
        json.dumps({"Raw": mail.as_bytes().decode("ascii", "replace")})  # what the SDK would put on the wire
        night.mails, night.requests = night.mails + 1, night.requests + 1
    night.requests += len(message.numbers)
