"""The mails to our own people beside the digest: whom to call and why, and what waits for a decision."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, Literal, TypedDict

from core.balance import Netted
from core.brakes import Stopped
from core.decide.model import Facts, Reason
from core.ledger import Contact, Dispute, Entity, Item, Person, Promise
from core.render.clean import one_line
from core.render.compose import brand_of
from core.render.internal_messages import (
    AlertMail,
    ApprovalMail,
    CallRow,
    CallTaskMail,
    PromiseRow,
    RunRow,
    SentRow,
)
from core.render.messages import Brand, ContactLine, MailKind
from core.render.voice import Voice, voice_of
from core.values import dataclass

CALL_ROWS: Final = 20  # invoices listed for a call; the rest is counted and summed
LATEST: Final = 5  # messages, promises and people told of for a call
_UNASKED: Final = frozenset({Reason.ON_HOLD, Reason.INSOLVENT, Reason.EXCLUDED, Reason.COVERED})  # by no message either


@dataclass(frozen=True, slots=True)
class CallAsked:
    """A task that asks one of our people to speak with a customer."""

    kind: str
    due_on: date
    as_of: date
    done_command: str
    note: str = ""
    sent: tuple[tuple[date, str], ...] = ()  # messages that went to the customer: day, template
    rows: tuple[Netted, ...] | None = None  # what may be asked for, item by item; None: all that is late


@dataclass(frozen=True, slots=True)
class Waiting:
    """The messages of one kind and level that wait for a person."""

    level: int
    template: str
    messages: int
    totals: Mapping[str, int]  # asked for, minor units by currency


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run of which nothing leaves before a person says so."""

    on: date
    customers: int
    kinds: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """What to type to look, to agree and to refuse."""

    show: str
    approve: str
    reject: str


class _Shared(TypedDict):
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None
    as_of: str


def compose_call_task(asked: CallAsked, facts: Facts, entity: Entity, person: Person | None) -> CallTaskMail:
    """What somebody needs before they call a customer: whom, why, what is open, what was said before."""
    voice = _voice(entity, person)
    customer = facts.customer
    items = sorted(facts.items, key=lambda item: (item.due_on, item.number))
    late = _late(asked, items)
    shown = items if len(items) <= CALL_ROWS else items[: CALL_ROWS - 1]
    hidden = items[len(shown) :]
    return CallTaskMail(
        **_shared(entity, person, voice, asked.as_of),
        kind=MailKind.CALL_TASK,
        task_kind=one_line(asked.kind),
        note=one_line(asked.note),
        due_on=voice.day(asked.due_on),
        customer=one_line(customer.name),
        customer_id=one_line(customer.id),
        callees=_callees(facts.contacts, customer.name, customer.email),
        count=len(items),
        total=voice.total(_open(items)),
        overdue=voice.total(_added((currency, minor) for currency, minor, _ in late)),
        oldest_days=max((days for _, _, days in late), default=0),
        rows=tuple(
            CallRow(
                number=one_line(item.number, 60),
                due_on=voice.day(item.due_on),
                days=(asked.as_of - item.due_on).days,
                open=voice.money(item.open_minor, item.currency),
            )
            for item in shown
        ),
        more=len(hidden),
        more_open=voice.total(_open(hidden)),
        sent=tuple(SentRow(voice.day(on), template) for on, template in sorted(asked.sent, reverse=True)[:LATEST]),
        promises=_promises(facts.promises, items, asked.as_of, voice),
        disputed=voice.total(_disputed(facts.disputes, items, asked.as_of)),
        hardship=customer.hardship,
        done_command=asked.done_command,
    )


def compose_alert(
    run: WaitingRun, stopped: Stopped | None, entity: Entity, person: Person | None, commands: Commands
) -> AlertMail:
    """A run that a brake stopped. Args: `stopped` None: it is not known any more what was unusual."""
    voice = _voice(entity, person)
    return AlertMail(
        **_shared(entity, person, voice, run.on),
        kind=MailKind.ALERT,
        reason=stopped.reason if stopped else "unusual",
        found=_figure(stopped.found, stopped.currency, voice) if stopped else "",
        limit=_figure(stopped.limit, stopped.currency, voice) if stopped else "",
        messages=sum(one.messages for one in run.kinds),
        customers=run.customers,
        total=voice.total(_asked(run.kinds)),
        rows=_run_rows(run.kinds, voice),
        show_command=commands.show,
        approve_command=commands.approve,
        reject_command=commands.reject,
    )


def compose_run_approval(run: WaitingRun, entity: Entity, person: Person | None, commands: Commands) -> ApprovalMail:
    """A run whose policy wants a person to look before anything leaves."""
    voice = _voice(entity, person)
    return ApprovalMail(
        **_shared(entity, person, voice, run.on),
        kind=MailKind.APPROVAL,
        proposal="",
        customer="",
        customer_id="",
        messages=sum(one.messages for one in run.kinds),
        customers=run.customers,
        total=voice.total(_asked(run.kinds)),
        rows=_run_rows(run.kinds, voice),
        show_command=commands.show,
        approve_command=commands.approve,
        reject_command=commands.reject,
    )


def compose_proposal(
    proposal: str, facts: Facts, entity: Entity, person: Person | None, as_of: date, commands: Commands
) -> ApprovalMail:
    """Something harsh for one customer that waits for a person. Args: `facts` with the items that caused it alone."""
    voice = _voice(entity, person)
    return ApprovalMail(
        **_shared(entity, person, voice, as_of),
        kind=MailKind.APPROVAL,
        proposal=one_line(proposal),
        customer=one_line(facts.customer.name),
        customer_id=one_line(facts.customer.id),
        messages=0,
        customers=1,
        total=voice.total(_open(facts.items)),
        rows=(),
        show_command=commands.show,
        approve_command=commands.approve,
        reject_command=commands.reject,
    )


def _voice(entity: Entity, person: Person | None) -> Voice:
    language = person.language if person and person.language else entity.language
    return voice_of(language, entity.language, country=entity.country)


def _shared(entity: Entity, person: Person | None, voice: Voice, as_of: date) -> _Shared:
    return _Shared(
        language=voice.language,
        direction=voice.direction,
        brand=brand_of(entity),
        reader=one_line(person.name) or None if person else None,
        as_of=voice.day(as_of),
    )


def _figure(figure: int, currency: str, voice: Voice) -> str:
    return voice.money(figure, currency) if currency else str(figure)


def _callees(contacts: Iterable[Contact], name: str, email: str | None) -> tuple[ContactLine, ...]:
    """Whom to call, those with a number first; the customer itself where no contact is known."""
    known = sorted((c for c in contacts if c.phone or c.email), key=lambda c: not c.phone)
    found = [_callee(c.name or name, c.phone, c.email) for c in known[:LATEST]]
    return tuple(found) or (_callee(name, None, email),)


def _callee(name: str, phone: str | None, email: str | None) -> ContactLine:
    number = one_line(phone, 40) if phone else None
    digits = "".join(c for c in number if c in "+0123456789") if number else ""
    return ContactLine(
        name=one_line(name), email=one_line(email) if email else None, phone=number, phone_digits=digits or None
    )


def _late(asked: CallAsked, items: Iterable[Item]) -> list[tuple[str, int, int]]:
    """What is late and may be asked for: currency, amount, days."""
    if asked.rows is None:
        owed = ((item.currency, item.open_minor, (asked.as_of - item.due_on).days) for item in items)
    else:
        unasked = {row.item.id for row in asked.rows if row.blocked in _UNASKED}
        wanted = (row for row in asked.rows if unasked.isdisjoint((row.item.id, row.item.of)))  # nor what it costs
        owed = ((row.item.currency, row.due, row.days_past_due) for row in wanted)
    return [(currency, minor, days) for currency, minor, days in owed if minor > 0 and days > 0]


def _open(items: Iterable[Item]) -> dict[str, int]:
    return _added((item.currency, item.open_minor) for item in items)


def _asked(waiting: Iterable[Waiting]) -> dict[str, int]:
    return _added(amount for one in waiting for amount in sorted(one.totals.items()))


def _disputed(disputes: Iterable[Dispute], items: Iterable[Item], as_of: date) -> dict[str, int]:
    by_id = {item.id: item for item in items}
    found: dict[str, int] = {}
    for dispute in disputes:
        item = by_id.get(dispute.item)
        if item is None or (dispute.closed_on is not None and dispute.closed_on <= as_of):
            continue
        minor = item.open_minor if dispute.amount_minor is None else dispute.amount_minor - dispute.credited_minor
        found[item.id] = min(item.open_minor, found.get(item.id, 0) + max(0, minor))
    return _added((by_id[item].currency, minor) for item, minor in found.items())


def _added(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return {currency: minor for currency, minor in sums.items() if minor}


def _promises(promises: Iterable[Promise], items: Iterable[Item], as_of: date, voice: Voice) -> tuple[PromiseRow, ...]:
    """The latest promises about what is still open."""
    by_id = {item.id: item for item in items}
    known = sorted((p for p in promises if p.item in by_id), key=lambda p: (p.promised_on, p.id), reverse=True)
    return tuple(
        PromiseRow(
            number=one_line(by_id[promise.item].number, 60),
            promised_on=voice.day(promise.promised_on),
            amount=voice.money(
                by_id[promise.item].open_minor if promise.amount_minor is None else promise.amount_minor,
                by_id[promise.item].currency,
            ),
            outcome=_outcome(promise, as_of),
        )
        for promise in known[:LATEST]
    )


def _outcome(promise: Promise, as_of: date) -> Literal["open", "passed", "kept", "partly_kept", "broken", "cancelled"]:
    if promise.outcome is not None:
        return promise.outcome.value
    return "open" if promise.promised_on >= as_of else "passed"


def _run_rows(waiting: Iterable[Waiting], voice: Voice) -> tuple[RunRow, ...]:
    """The loudest first."""
    return tuple(
        RunRow(level=one.level, template=one.template, messages=one.messages, total=voice.total(_asked([one])))
        for one in sorted(waiting, key=lambda one: (-one.level, one.template))
    )
