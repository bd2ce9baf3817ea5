"""Believable messages of every kind: a machine builder writes to its customers and to its own people.

They are made by the composing code that real messages go through, so a sample can show nothing that a mail cannot.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from core.decide.answers import AnsweredLine, AnswerPlan, Fact
from core.decide.model import Charge, Facts, Line, NoticePlan, Occasion, Recipient
from core.decide.our_side import DigestLine
from core.ledger import (
    BankAccount,
    Contact,
    Customer,
    CustomerKind,
    Entity,
    Instalment,
    Item,
    ItemKind,
    Person,
    Promise,
)
from core.render.acknowledge import compose_answer
from core.render.answers import AnswerMail
from core.render.compose import compose_customer_mail
from core.render.digest import DigestEntry, compose_digest
from core.render.internal import (
    CallAsked,
    Commands,
    Stopped,
    WaitingMessage,
    compose_alert,
    compose_call_task,
    compose_run_approval,
)
from core.render.internal_messages import InternalMail
from core.render.messages import ANSWERS, INTERNAL, Action, CustomerMail, DigestMail, MailKind, Note, PayWay
from core.state import DueStep

AnyMail = CustomerMail | AnswerMail | DigestMail | InternalMail

AS_OF: Final = date(2026, 3, 16)
_AT: Final = datetime(2026, 3, 16, 8, tzinfo=UTC)
_PAGE: Final = "https://pay.northwind.example"
_BEFORE_THE_DAY: Final = frozenset({MailKind.WELCOME_TERMS, MailKind.DUE_TODAY})
_FREE: Final = _BEFORE_THE_DAY | {MailKind.DONATION}

CONTACT: Final = Person(
    id="anna",
    name="Anna Berg",
    email="anna.berg@northwind.example",
    phone="+49 30 5550 1230",
    roles=("accounting", "ar_manager"),
)
ENTITY: Final = Entity(
    id="NW",
    name="Northwind Machines GmbH",
    country="DE",
    language="en",
    sender="accounts@mail.northwind.example",
    contact_person="anna",
    brand_color="#0b5d66",
    address=("Werkstraße 12", "10115 Berlin", "Germany"),
    legal_lines=("Registered at Amtsgericht Berlin, HRB 123456", "VAT ID DE123456789"),
    bank_accounts=(
        BankAccount(
            holder="Northwind Machines GmbH",
            iban="DE02120300000000202051",
            bic="BYLADEM1001",
            bank="Musterbank Berlin",
        ),
    ),
)
CUSTOMER: Final = Customer(
    id="C-1007",
    name="Lakeside Bottling Ltd",
    country="GB",
    address=("Lakeside Bottling Ltd", "4 Mill Lane", "Kendal LA9 4QH", "United Kingdom"),
)
READER: Final = Recipient("k1", "ap_contact", "Maria Keller", "ap@lakeside.example", "en", "Europe/London")
_COMMANDS: Final = Commands(
    "pastdue run show NW 2026-03-16", "pastdue run approve NW 2026-03-16", "pastdue run reject NW 2026-03-16"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message, and what is special about it."""

    scene: str  # typical, page, long ...
    mail: AnyMail


@cache
def samples(kind: str, language: str) -> tuple[Sample, ...]:
    """The samples of one kind of message in one language; the first is the typical one.

    Raises: ValueError when there is no such kind.
    """
    chosen = MailKind(kind)
    if chosen in ANSWERS:
        return _answers(chosen, language)
    if chosen in INTERNAL:
        return (Sample("typical", _internal(chosen, language)),)
    return _to_customer(chosen, language)


def models(kind: str, language: str) -> tuple[AnyMail, ...]:
    """The messages of `samples` alone."""
    return tuple(sample.mail for sample in samples(kind, language))


# ---------- about invoices ----------


def _line(number: str, days: int, minor: int, **changes: Any) -> Line:
    due_on = AS_OF - timedelta(days=days)
    values: dict[str, Any] = {
        "item": f"id-{number}",
        "number": number,
        "issued_on": due_on - timedelta(days=30),
        "due_on": due_on,
        "days_past_due": days,
        "currency": "EUR",
        "original_minor": minor,
        "open_minor": minor,
        "withheld_minor": 0,
        "credit_minor": 0,
        "due_minor": minor,
    }
    return Line(**(values | changes))


_PART_PAID: Final = _line("INV-1030", 45, 980_000, open_minor=640_000, withheld_minor=120_000, due_minor=520_000)
_PLAIN: Final = _line("INV-1042", 17, 125_000)
_COMING: Final = _line("INV-1077", -7, 88_000)
_TODAY: Final = _line("INV-1070", 0, 64_000)


def _charges(*numbers: str, currency: str = "EUR") -> tuple[Charge, ...]:
    charged = (
        (ItemKind.FEE, 500, True),
        (ItemKind.INTEREST, 1_234, False),
        (ItemKind.COMPENSATION, 4_000, True),
    )
    return tuple(
        Charge(f"{kind}-{number}", f"id-{number}", number, kind, currency, minor, new=new)
        for number in numbers
        for kind, minor, new in charged
    )


def _plan(kind: MailKind, overdue: tuple[Line, ...], coming: tuple[Line, ...], **changes: Any) -> NoticePlan:
    values: dict[str, Any] = {
        "id": "sample",
        "group": "account",
        "level": 1,
        "template": kind.value,
        "step": "b",
        "steps": tuple(DueStep(line.item, "b") for line in (*overdue, *coming)),
        "overdue": () if kind in _BEFORE_THE_DAY else overdue,
        "coming_due": (_TODAY,) if kind is MailKind.DUE_TODAY else coming,
        "credits": {},
        "recipients": (READER,),
        "not_before": _AT,
        "as_of": AS_OF,
        "pay_by": None if kind in _FREE else AS_OF + timedelta(days=14),
        "occasion": Occasion("EUR", 520_000, AS_OF - timedelta(days=3), 400_000),
    }
    if kind in _FREE:
        changes.pop("charges", None)
    return NoticePlan(**(values | changes))


def _to_customer(kind: MailKind, language: str) -> tuple[Sample, ...]:
    usual, usual_coming = (_PART_PAID, _PLAIN), (_COMING,)
    long = tuple(_line(f"INV-{n}", 20 + n % 70, 5_000 + 17 * n) for n in range(2_000, 2_180))
    dollars = tuple(_line(f"US-{n}", 9, 231_050, currency="USD") for n in range(12))
    paper = tuple(line.number for line in usual)

    def mail(
        plan: NoticePlan, customer: Customer = CUSTOMER, reader: Recipient | None = READER, **entity: Any
    ) -> CustomerMail:
        company = ENTITY.model_copy(update=entity)
        return compose_customer_mail(plan, company, customer, reader, [CONTACT], language)

    plan = _plan(kind, usual, usual_coming)
    everything = _plan(kind, (*long, *dollars), (*usual_coming, *long[:0]), charges=_charges(*paper))
    scenes: Mapping[str, Callable[[], CustomerMail]] = {
        "typical": lambda: mail(plan),
        "page": lambda: _with_page(mail(_plan(kind, usual, usual_coming, charges=_charges(*paper)))),
        "long": lambda: _with_page(mail(everything), attached=True),
        "consumer": lambda: mail(plan, CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER})),
        "hardship": lambda: mail(plan, CUSTOMER.model_copy(update={"hardship": True})),
        "one": lambda: mail(_plan(kind, (_PLAIN,), () if kind not in _BEFORE_THE_DAY else (_COMING,)), reader=None),
        "coming": lambda: mail(_plan(kind, (), (_COMING, _line("INV-1078", -9, 12_000)), occasion=None)),
        "bare": lambda: mail(plan, address=(), legal_lines=(), bank_accounts=(), contact_person=""),
    }
    return tuple(Sample(scene, make()) for scene, make in scenes.items())


def _with_page(mail: CustomerMail, *, attached: bool = False) -> CustomerMail:
    """The mail of an entity whose customers have a page, with words of the sales owner."""
    actions = (
        Action("pay", f"{_PAGE}/pay/Jw3kq9"),
        Action("promise", f"{_PAGE}/promise/Jw3kq9"),
        Action("plan", f"{_PAGE}/plan/Jw3kq9"),
        Action("dispute", f"{_PAGE}/dispute/Jw3kq9"),
        Action("paid", f"{_PAGE}/paid/Jw3kq9"),
        Action("wrong-person", f"{_PAGE}/wrong-person/Jw3kq9"),
    )
    return replace(
        mail,
        page_url=f"{_PAGE}/c/Jw3kq9",
        page_host="pay.northwind.example",
        actions=actions,
        preferences_url=f"{_PAGE}/preferences/Jw3kq9",
        ways=(PayWay("UPI", "northwind@examplebank", "upi://pay?pa=northwind@examplebank&cu=INR"),),
        note=Note(("Thank you for the order in February.", "With the next one you get 2 % for the wait."), "Bea Sales"),
        attached=("statement-pdf", "statement-csv") if attached else (),
    )


# ---------- answers ----------


def _answers(kind: MailKind, language: str) -> tuple[Sample, ...]:
    fact: Fact = _FACTS[kind]
    line = AnsweredLine("id-INV-1030", "INV-1030", "EUR", 520_000, 120_000)
    more = tuple(AnsweredLine(f"id-{n}", f"INV-{n}", "EUR", 4_000 + n) for n in range(2_000, 2_060))
    values: dict[str, Any] = {
        "id": "sample", "fact": fact, "on": AS_OF - timedelta(days=1), "recipients": (READER,), "not_before": _AT,
        "as_of": AS_OF,
    }  # fmt: skip
    if fact == "promise":
        values |= {"until": AS_OF + timedelta(days=10), "paused_until": AS_OF + timedelta(days=12)}
    if fact == "plan":
        parts = (Instalment(due_on=AS_OF + timedelta(days=30 * n), minor=130_000) for n in range(1, 5))
        values |= {"instalments": tuple(parts)}
    if fact == "dispute":
        values |= {"until": AS_OF + timedelta(days=14), "owner": "anna"}

    def mail(lines: tuple[AnsweredLine, ...], **changes: Any) -> AnswerMail:
        plan = AnswerPlan(**(values | {"lines": lines} | changes))
        return compose_answer(plan, ENTITY, CUSTOMER, READER, [CONTACT], language)

    found = [Sample("typical", mail((line,))), Sample("long", mail((line, *more)))]
    if fact == "correction":
        found.append(Sample("overtaken", mail((line,), why="overtaken")))
    return tuple(found)


_FACTS: Final[Mapping[MailKind, Fact]] = {
    MailKind.THANK_YOU: "payment",
    MailKind.PROMISE_CONFIRMED: "promise",
    MailKind.PLAN_AGREED: "plan",
    MailKind.DISPUTE_RECEIVED: "dispute",
    MailKind.CORRECTION: "correction",
}


# ---------- to our own people ----------


def _internal(kind: MailKind, language: str) -> DigestMail | InternalMail:
    entity, person = ENTITY, CONTACT.model_copy(update={"language": language})
    waiting = [
        WaitingMessage("C-1007", 3, "delinquent", {"EUR": 520_000}),
        *(WaitingMessage(f"C-{n}", 1, "reminder", {"EUR": 12_300 + n, "USD": 40_000}) for n in range(2_000, 2_041)),
    ]
    match kind:
        case MailKind.DIGEST:
            return _digest(language)
        case MailKind.CALL_TASK:
            sent = ((AS_OF - timedelta(days=14), "reminder"), (AS_OF - timedelta(days=7), "warning"))
            asked = CallAsked("phone-call", AS_OF, AS_OF, "pastdue tasks done 7f3c", sent=sent)
            return compose_call_task(asked, _facts(), entity, person)
        case MailKind.ALERT:
            stopped = Stopped("more-messages", 42, 12)
            return compose_alert(stopped, waiting, entity, person, AS_OF, _COMMANDS)
        case _:
            return compose_run_approval(waiting, entity, person, AS_OF, _COMMANDS)


def _facts() -> Facts:
    from core.state import AccountState

    def item(number: str, days: int, minor: int) -> Item:
        due_on = AS_OF - timedelta(days=days)
        return Item(
            id=f"id-{number}", customer=CUSTOMER.id, number=number, issued_on=due_on - timedelta(days=30),
            due_on=due_on, currency="EUR", original_minor=minor, open_minor=minor,
        )  # fmt: skip

    maria = Contact(
        id="k1", customer=CUSTOMER.id, name="Maria Keller", email="ap@lakeside.example", phone="+44 1539 555 0104"
    )
    promise = Promise(
        id="p1", item="id-INV-1030", promised_on=AS_OF - timedelta(days=5), made_on=AS_OF - timedelta(days=12)
    )
    items = (item("INV-1030", 45, 640_000), item("INV-1042", 17, 125_000), item("INV-1077", -7, 88_000))
    return Facts(CUSTOMER, AccountState(), (maria,), items, promises=(promise,))


def _digest(language: str) -> DigestMail:
    told = (
        ("C-1007", "Lakeside Bottling Ltd", "INV-1030", 45, "task", "phone-call", 640_000),
        ("C-1007", "Lakeside Bottling Ltd", "INV-1042", 17, "message", "warning", 125_000),
        ("C-1033", "Zephyr Foods S.A.", "INV-0988", 62, "proposal", "credit-hold", 4_410_000),
        ("C-1101", "Brick & Sons", "INV-1061", 5, "message", "reminder", 70_000),
    )
    entries = [
        DigestEntry(
            line=DigestLine(
                key=f"{number}#{what}", person="anna", role="accounting", step="b", item=f"id-{number}", number=number,
                days_past_due=days, currency="EUR", open_minor=minor, kind=effect,
            ),
            customer=customer, customer_name=name, what=what,
        )
        for customer, name, number, days, effect, what, minor in told
    ]  # fmt: skip
    return compose_digest(entries, ENTITY, CONTACT, language, AS_OF)
