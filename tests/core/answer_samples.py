"""Answers and mails to our own people as they are composed: rich ones in which no field is empty."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.brakes import Stopped
from core.decide.answers import AnsweredLine, AnswerPlan, Fact
from core.decide.model import Charge, Facts
from core.ledger import Contact, Customer, CustomerKind, Dispute, Instalment, Item, ItemKind, Promise, PromiseOutcome
from core.render.acknowledge import KINDS, compose_answer
from core.render.answers import AnswerMail
from core.render.internal import (
    CallAsked,
    Commands,
    Waiting,
    WaitingRun,
    compose_alert,
    compose_call_task,
    compose_proposal,
    compose_run_approval,
)
from core.render.internal_messages import InternalMail
from core.render.messages import ANSWERS, INTERNAL, MailKind
from tests.core.render_samples import ANNA, AS_OF, CUSTOMER, ENTITY, READER

ANSWER_KINDS = tuple(kind.value for kind in ANSWERS)
INTERNAL_KINDS = tuple(kind.value for kind in INTERNAL if kind is not MailKind.DIGEST)
FACTS: dict[str, Fact] = {kind.value: fact for fact, kind in KINDS.items()}
COMMANDS = Commands(
    show="pastdue run show NW 2026-03-16",
    approve="pastdue run approve NW 2026-03-16 --by PERSON",
    reject="pastdue run reject NW 2026-03-16 --by PERSON",
)


def answered(number: str = "INV-1042", minor: int = 50_000, rest: int = 75_000, currency: str = "EUR") -> AnsweredLine:
    return AnsweredLine(f"id-{number}", number, currency, minor, rest)


def an_answer(kind: str, lines: tuple[AnsweredLine, ...] = (answered(),), **changes: Any) -> AnswerPlan:
    values: dict[str, Any] = {
        "id": "a1",
        "fact": FACTS[kind],
        "on": AS_OF - timedelta(days=1),
        "lines": lines,
        "recipients": (READER,),
        "not_before": datetime(2026, 3, 16, 8, tzinfo=UTC),
        "as_of": AS_OF,
        "until": date(2026, 4, 1),
        "paused_until": date(2026, 4, 3),
        "instalments": instalments(2) if kind == "plan-agreed" else (),
        "owner": "anna",
        "days": (AS_OF - timedelta(days=1),) if kind == "retraction" else (),
    }
    return AnswerPlan(**(values | changes))


def taken_back(number: str = "INV-1042", minor: int = 4_000) -> Charge:
    return Charge(f"fee-{number}", f"id-{number}", number, ItemKind.FEE, "EUR", minor)


def instalments(count: int) -> tuple[Instalment, ...]:
    return tuple(Instalment(due_on=date(2026, 4, 1) + timedelta(days=30 * n), minor=5000 + n) for n in range(count))


def answer(plan: AnswerPlan, language: str = "en", customer: Customer = CUSTOMER, **entity: Any) -> AnswerMail:
    return compose_answer(plan, ENTITY.model_copy(update=entity), customer, READER, [ANNA], language)


def full_answer(kind: str, language: str = "en") -> AnswerMail:
    """An answer in which no field is empty: two currencies, more rows than it lists, a logo, a page, a consumer."""
    many = tuple(answered(f"INV-{n}", 1000 + n, 500) for n in range(50))
    lines = (answered(), *many) if kind == "plan-agreed" else (answered(), answered("INV-7", 910, 20, "USD"), *many)
    plan = an_answer(kind, lines)
    if kind == "plan-agreed":
        plan = replace(plan, instalments=instalments(50), outside_minor=910)
    if kind == "retraction":
        days = (AS_OF - timedelta(days=2), AS_OF - timedelta(days=1))
        plan = replace(plan, days=days, charges=tuple(taken_back(f"INV-{n}", 700 + n) for n in range(50)))
    consumer = CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER})
    page = {"page_url": "https://pay.northwind.example/c", "logo_url": "https://cdn.example/l.png"}
    return replace(answer(plan, language, consumer, **page), preferences_url="https://pay.northwind.example/p")


def an_item(number: str = "INV-1042", days: int = 17, minor: int = 125_000, **changes: Any) -> Item:
    values: dict[str, Any] = {
        "id": f"id-{number}",
        "customer": CUSTOMER.id,
        "number": number,
        "issued_on": AS_OF - timedelta(days=days + 30),
        "due_on": AS_OF - timedelta(days=days),
        "currency": "EUR",
        "original_minor": minor,
        "open_minor": minor,
    }
    return Item(**(values | changes))


def call_facts(**changes: Any) -> Facts:
    items = (
        an_item(),
        an_item("USD-1", 9, 231_050, currency="USD"),
        *(an_item(f"INV-{n}", 5 - n, 700 + n) for n in range(30)),
    )
    values: dict[str, Any] = {
        "customer": CUSTOMER.model_copy(update={"hardship": True}),
        "items": items,
        "contacts": (
            Contact(id="k1", customer="C", name="Maria Keller", email="ap@lakeside.example"),
            Contact(id="k2", customer="C", name="Tom Hill", email="tom@lakeside.example", phone="+44 20 7946 0000"),
        ),
        "promises": (
            Promise(
                id="p1",
                item="id-INV-1042",
                promised_on=AS_OF - timedelta(days=4),
                made_on=AS_OF - timedelta(days=20),
                amount_minor=4321,
            ),
            Promise(id="p2", item="id-INV-3", promised_on=AS_OF + timedelta(days=4), made_on=AS_OF),
            Promise(
                id="p3",
                item="id-INV-4",
                promised_on=AS_OF - timedelta(days=9),
                made_on=AS_OF - timedelta(days=30),
                outcome=PromiseOutcome.BROKEN,
            ),
        ),
        "disputes": (Dispute(id="d1", item="id-INV-2", opened_on=AS_OF, amount_minor=555),),
    }
    return Facts(**(values | changes))


CALL = CallAsked(
    kind="offer-plan",
    due_on=AS_OF + timedelta(days=2),
    as_of=AS_OF,
    done_command="pastdue tasks done 4f1",
    note="Ask for Tom",
    sent=((AS_OF - timedelta(days=8), "reminder"), (AS_OF - timedelta(days=1), "warning")),
)
WAITING = WaitingRun(
    AS_OF,
    customers=5,
    kinds=(
        Waiting(1, "reminder", 4, {"EUR": 13_000, "USD": 4_500}),
        Waiting(3, "delinquent", 2, {"EUR": 990_000}),
    ),
)
STOPPED = Stopped("more-money", 1_003_000, 310_000, "EUR")


def full_internal(kind: str, language: str = "en") -> InternalMail:
    """A mail to one of our people in which no field is empty that it can fill."""
    entity = ENTITY.model_copy(update={"logo_url": "https://cdn.example/l.png"})
    person = ANNA.model_copy(update={"language": language})
    match kind:
        case "call-task":
            return compose_call_task(CALL, call_facts(), entity, person)
        case "alert":
            return compose_alert(WAITING, STOPPED, entity, person, COMMANDS)
        case _:
            return compose_run_approval(WAITING, entity, person, COMMANDS)


def full_proposal(language: str = "en") -> InternalMail:
    facts = replace(call_facts(), items=(an_item(),))
    person = ANNA.model_copy(update={"language": language})
    return compose_proposal("default-notice", facts, ENTITY, person, AS_OF, COMMANDS)
