"""The ladder of R0 `machinery-manufacturer`, told a second time as plainly as possible.

It shares no code with the product, so that the two can be compared night by night. A night is one run on one local
date; an item is known from its issue date on, and a payment counts from the run of its own date on.

Where the policy's text leaves a choice open, the reading taken here is marked CHOICE.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

OFFSET = {"a": -7, "b": 7, "c": 14, "d": 31, "e": 60, "f": 91}  # days past due
MESSAGES = "abcef"  # the customer's ladder; d is a task, and e also sets a status
CUSTOMER_SIDE = {"f": ("ap_contact", "ap_manager")}  # every other step: ap_contact alone
OUR_SIDE = {
    "a": (),
    "b": ("accounting",),
    "c": ("customer_service_manager", "sales_rep", "accounting"),
    "d": ("customer_service_rep", "accounting"),
    "e": ("customer_service_manager", "sales_manager", "sales_rep", "accounting"),
    "f": ("sales_rep_supervisor", "customer_service_manager", "ceo", "accounting"),
}
MIN_DAYS_AFTER_ISSUE = 5
HOLD_AFTER_PAYMENT_DAYS = 3
REVIEW_AFTER = 10  # occurrences of f

SendDay = Callable[[date], bool]


def every_day(_: date) -> bool:
    """Calendar of mode A: each day is a send day."""
    return True


def monday_to_friday(day: date) -> bool:
    """Calendar of mode B: no public holidays."""
    return day.weekday() < 5


class Row(NamedTuple):
    """One thing that reaches one audience. An audience is a role, `task:ROLE` or `status:delinquent`.

    A customer's role means a mail, a role of ours means a digest line. A task about a whole account (the review after
    ten f) stands under `account:CUSTOMER` in place of an invoice.
    """

    day: date
    invoice: str
    step: str
    audience: str


class Payment(NamedTuple):
    """Money received for one item."""

    day: date
    minor: int


@dataclass(frozen=True)
class Item:
    """One invoice. Amounts in minor units; `payments` in the order of their days."""

    id: str
    customer: str
    currency: str
    issued: date
    due: date
    total: int
    payments: tuple[Payment, ...] = ()
    disputed: bool = False  # the whole amount, from the issue date on

    def open_on(self, day: date) -> int:
        """What can be dunned on this night; payments of the day itself are already off."""
        if self.disputed or day < self.issued:
            return 0
        return max(0, self.total - sum(paid.minor for paid in self.payments if paid.day <= day))

    def held_on(self, day: date) -> bool:
        """No higher level for three nights after a part payment of a tenth or more.

        CHOICE: the night of the payment is the first of the three. The first two such payments hold, no others. The
        policy's minimum of 0 is no limit, so it does not make every small payment hold.
        """
        left, holding = self.total, []
        for paid in self.payments:
            if 0 < paid.minor < left and paid.minor * 10 >= left:
                holding.append(paid.day)
            left -= paid.minor
        return any(0 <= (day - held).days < HOLD_AFTER_PAYMENT_DAYS for held in holding[:2])


@dataclass(frozen=True)
class Mail:
    """One message to one account on one night."""

    steps: frozenset[tuple[str, str]]  # (invoice, step) due tonight
    to: tuple[str, ...]  # roles of the highest of these steps
    overdue: frozenset[str]  # every open item at least one day late, due tonight or not
    totals: tuple[tuple[str, int], ...]  # (currency, minor units) of the overdue items, sorted
    coming_due: frozenset[str]  # items whose step a is due tonight


def nights(first: date, last: date) -> Iterator[date]:
    """Each date from first to last, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def reach_day(step: str, due: date, is_send_day: SendDay) -> date:
    """The first day on which an item is at this step: before the due date moved back to a send day, later never."""
    day = due + timedelta(days=OFFSET[step])
    while OFFSET[step] <= 0 and not is_send_day(day):
        day -= timedelta(days=1)
    return day


def messages(item: Item, first: date, last: date, is_send_day: SendDay) -> Iterator[tuple[date, str]]:
    """The nights on which a customer message is due because of this item, and the step: the latest it has reached.

    CHOICES:
    - Step a within five days of the issue date is put off, not dropped: it goes out from issue + 5 until the due date.
    - An item held after a part payment stays out of an occurrence of f that other items of its account bring about.
    - A friendly first message to a usually punctual payer is wording; it does not replace a step of R0.
    """
    reached_on = {step: reach_day(step, item.due, is_send_day) for step in MESSAGES}
    done = ""
    for day in nights(max(first, item.issued, reached_on["a"]), last):
        if not item.open_on(day):
            return
        if not is_send_day(day):
            continue
        step = max(step for step in MESSAGES if reached_on[step] <= day)
        if step == done and step != "f":  # once each, but f goes every night; what a weekend swallowed lapses
            continue
        if step == "a" and (day > item.due or (day - item.issued).days < MIN_DAYS_AFTER_ISSUE):
            continue
        if step not in ("a", done) and item.held_on(day):
            continue
        done = step
        yield day, step


def effects(item: Item, first: date, last: date) -> Iterator[Row]:
    """Phone task with its alert, and the status: once, by the item's age alone, on any day of the week.

    CHOICE: a part payment holds messages, not these.
    """
    for step, effect in (("d", "task:customer_service_rep"), ("e", "status:delinquent")):
        day = max(first, item.issued, item.due + timedelta(days=OFFSET[step]))
        if day <= last and item.open_on(day):
            yield Row(day, item.id, step, effect)
            if step == "d":  # no message to ride with
                yield from (Row(day, item.id, step, role) for role in OUR_SIDE[step])


def expected_mails(
    items: Sequence[Item], first: date, last: date, is_send_day: SendDay
) -> dict[tuple[date, str], Mail]:
    """Every message from `first` to `last`, by (night, customer). History before `first` is empty."""
    accounts: dict[str, list[Item]] = defaultdict(list)
    due: dict[tuple[date, str], set[tuple[str, str]]] = defaultdict(set)
    for item in items:
        accounts[item.customer].append(item)
        for day, step in messages(item, first, last, is_send_day):
            due[day, item.customer].add((item.id, step))
    mails = {}
    for (day, customer), steps in due.items():
        overdue = [i for i in accounts[customer] if i.due < day and i.open_on(day)]
        totals = Counter[str]()
        for item in overdue:
            totals[item.currency] += item.open_on(day)
        mails[day, customer] = Mail(
            steps=frozenset(steps),
            to=CUSTOMER_SIDE.get(max(step for _, step in steps), ("ap_contact",)),
            overdue=frozenset(i.id for i in overdue),
            totals=tuple(sorted(totals.items())),
            coming_due=frozenset(invoice for invoice, step in steps if step == "a"),
        )
    return mails


def reviews(account: Sequence[Item], mailed: set[date], first: date, last: date) -> Iterator[Row]:
    """The review task of one account, each time ten occurrences of f went out (on the nights `mailed`) in a row.

    CHOICES: with the first night after the tenth, for an occurrence counts once the mail was accepted; one that lapsed
    does not count; counting starts anew once no item is in the range, and a count makes one task.
    """
    count, told = 0, False
    for day in nights(first, last):
        if not any((day - item.due).days >= OFFSET["f"] and item.open_on(day) for item in account):
            count, told = 0, False
            continue
        if count >= REVIEW_AFTER and not told:
            told = True
            yield Row(day, f"account:{account[0].customer}", "f", "task:accounting")
        count += day in mailed


def expected(items: Sequence[Item], first: date, last: date, is_send_day: SendDay) -> Counter[Row]:
    """Every row from `first` to `last`; a second copy of any would be one too many."""
    rows = Counter[Row]()
    accounts: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        accounts[item.customer].append(item)
        rows.update(effects(item, first, last))
    reminded: dict[str, set[date]] = defaultdict(set)
    for (day, customer), mail in expected_mails(items, first, last, is_send_day).items():
        for invoice, step in mail.steps:
            rows.update(Row(day, invoice, step, role) for role in (*mail.to, *OUR_SIDE[step]))
            if step == "f":
                reminded[customer].add(day)
    for customer, account in accounts.items():
        rows.update(reviews(account, reminded[customer], first, last))
    return rows
