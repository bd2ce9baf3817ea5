"""The story in short lines: one customer of each habit is followed, the others only counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from core.render.formats import format_money
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task
from local.demo.customers import CUSTOMERS, Habit
from local.demo.events import Books, Event

_WORDS: Final = {
    "friendly": "a friendly reminder", "warning": "warning", "delinquent": "told that the account is delinquent",
    "daily-reminder": "the first of the daily reminders",
}  # fmt: skip
_SINCE: Final = {
    "friendly": "friendly reminder",
    "delinquent": "delinquency notice",
    "daily-reminder": "last daily reminder",
}
_ALSO: Final = ("C2001", "C2003")  # across the ocean


def _followed() -> dict[str, str]:
    """The first customer of each habit that makes a story, and some more: id -> name."""
    found: dict[Habit, tuple[str, str]] = {}
    for customer in CUSTOMERS:
        if customer.habit is not Habit.PUNCTUAL:
            found.setdefault(customer.habit, (customer.id, customer.name))
    return dict(found.values()) | {customer.id: customer.name for customer in CUSTOMERS if customer.id in _ALSO}


@dataclass(slots=True)
class Telling:
    """Turns what happens into lines, and hands them to `tell`."""

    books: Books
    tell: Callable[[str], None]
    _wrote: dict[str, tuple[str, date]] = field(default_factory=dict)  # invoice -> last message, when
    _promised: dict[str, date] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _followed: dict[str, str] = field(default_factory=_followed)

    def morning(self, on: date) -> int:
        """Tell what the ledger brought; returns how many invoices were settled."""
        settled = 0
        for event in self.books.of_day(on):
            closed = self.books.settle(event)
            settled += closed
            if self._is_told(event.customer, (event.invoice,)):
                self._event(event, closed=closed)
        return settled

    def wrote(self, on: date, notice: NoticeRecord, *, bounced: bool) -> None:
        """A message went to a customer."""
        late = [due.item for due in notice.steps if self.books.invoices[due.item]["due"] < on]
        for number in late:
            self._wrote[number] = (notice.template, on)
        told = self.books.first.get(notice.customer)
        if notice.customer not in self._followed:
            return
        if bounced:
            self._line(on, notice.customer, "the mail bounces: that address is off, the main contact is next")
        elif told in late and notice.template in _WORDS:
            once = f"{notice.customer} {notice.template}"
            if once not in self._said:
                self._said.add(once)
                days = (on - self.books.invoices[told]["due"]).days
                self._line(on, notice.customer, f"{_WORDS[notice.template]}, {told} is {days} days past due")

    def called(self, on: date, task: Task) -> None:
        """Somebody of ours has to phone."""
        if task.id not in self._said and self._is_told(task.customer, task.items):
            self._said.add(task.id)
            self._line(on, task.customer, f"{task.owner or task.owner_role} is to call about {', '.join(task.items)}")

    def _is_told(self, customer: str, invoices: Iterable[str | None]) -> bool:
        """One invoice of each customer is followed, and what belongs to none."""
        return customer in self._followed and any(i in (None, self.books.first[customer]) for i in invoices)

    def _event(self, event: Event, *, closed: bool) -> None:
        record, amount = event.record, self._money(event)
        match event.kind:
            case "payment" if event.invoice is None:
                text = f"pays {amount} and does not say for what"
            case "payment" if closed and event.invoice is not None:
                text = self._settled(event, event.invoice, amount)
            case "payment":
                text = f"pays {amount}, a part of {event.invoice}"
            case "credit_note":
                what = f"for {event.invoice}" if event.invoice else "that no invoice is linked to"
                text = f"gets a credit note of {amount} {what}"
            case "promise":
                self._promised[event.invoice or ""] = record["promised"]
                text = f"promises to pay {event.invoice} by {day(record['promised'])}"
            case "dispute":
                text = f"disputes {amount} of {event.invoice}: {record['reason']}"
            case _:
                text = f"is left in peace until {day(record['until'])}: {record['reason']}"
        self._line(event.on, event.customer, text)

    def _settled(self, event: Event, invoice: str, amount: str) -> str:
        part = event.record["amount"] < self.books.invoices[invoice]["total"]
        text = f"pays {'the rest of ' if part else ''}{invoice}, {amount}"
        promised = self._promised.get(invoice)
        if promised is not None:
            late = (event.on - promised).days
            return f"{text}, {late} days after the promised day" if late > 0 else f"{text}, as promised"
        if invoice not in self._wrote:
            return text
        template, on = self._wrote[invoice]
        days = (event.on - on).days
        return f"{text}, {days} day{'' if days == 1 else 's'} after the {_SINCE.get(template, template)}"

    def _money(self, event: Event) -> str:
        record = event.record
        if "amount" not in record or record["amount"] is None:
            return ""
        currency = record.get("currency") or self.books.invoices[event.invoice or ""]["currency"]
        return format_money(record["amount"], currency, "en")

    def _line(self, on: date, customer: str, text: str) -> None:
        self.tell(f"{day(on):>6} · {self._followed[customer]}: {text}")


def day(on: date) -> str:
    """A date as the story writes it: 2 Feb."""
    return f"{on.day} {on:%b}"
