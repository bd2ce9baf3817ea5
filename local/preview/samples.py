"""Believable messages of every kind: a machine builder writes to its customers and to its own people.

They are made by the composing code that real messages go through, so a sample can show nothing that a mail cannot.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, Literal

from core.brakes import Stopped
from core.decide.answers import AnsweredLine, AnswerPlan, Fact
from core.decide.model import Charge, Facts, NoticePlan, Occasion
from core.decide.our_side import DigestLine
from core.ledger import Contact, CustomerKind, Entity, Instalment, Item, ItemKind, Person, Promise
from core.render.acknowledge import compose_answer
from core.render.answers import AnswerMail
from core.render.compose import compose_customer_mail, transfer_of
from core.render.digest import DigestEntry, compose_digest
from core.render.internal import (
    CallAsked,
    Commands,
    Waiting,
    WaitingRun,
    compose_alert,
    compose_call_task,
    compose_run_approval,
)
from core.render.internal_messages import InternalMail
from core.render.messages import ANSWERS, INTERNAL, Action, CustomerMail, DigestMail, MailKind, Note, PayWay
from core.render.papers import letter_of
from core.state import DueStep
from local.preview.cast import AS_OF, CONTACT, PAGE, Cast, Casting, line, sample_cast

AnyMail = CustomerMail | AnswerMail | DigestMail | InternalMail

QR: Final = "transfer-code"
_AT: Final = datetime(2026, 3, 16, 8, tzinfo=UTC)
_BEFORE_THE_DAY: Final = frozenset({MailKind.WELCOME_TERMS, MailKind.DUE_TODAY})
_FREE: Final = _BEFORE_THE_DAY | {MailKind.DONATION}
_COMMANDS: Final = Commands(
    "pastdue run show NW 2026-03-16 --stack pastdue",
    "pastdue run approve NW 2026-03-16 --by anna --stack pastdue",
    "pastdue run reject NW 2026-03-16 --by anna --stack pastdue",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message, and what is special about it."""

    scene: str  # typical, page, long ...
    mail: AnyMail
    code: bytes | None = None  # the transfer as a picture to scan, where the mail shows it
    letter: Callable[[], Mapping[str, Any]] | None = None  # the same for paper, as core.render.letter writes it


def samples(kind: str, language: str, casting: Casting | None = None) -> tuple[Sample, ...]:
    """The samples of one kind of message in one language; the first is the typical one.

    Args: `casting` says who writes to whom about what, where that is not the invented company.
    Raises: ValueError when there is no such kind.
    """
    chosen = MailKind(kind)
    return _played(chosen, language, casting(chosen, language)) if casting else _invented(chosen, language)


@cache
def _invented(kind: MailKind, language: str) -> tuple[Sample, ...]:
    return _played(kind, language, sample_cast(kind, language))


def _played(kind: MailKind, language: str, cast: Cast) -> tuple[Sample, ...]:
    if kind in ANSWERS:
        return _answers(kind, language, cast)
    if kind in INTERNAL:
        return (Sample("typical", _internal(kind, language, cast)),)
    return _to_customer(kind, language, cast)


def models(kind: str, language: str) -> tuple[AnyMail, ...]:
    """The messages of `samples` alone."""
    return tuple(sample.mail for sample in samples(kind, language))


# ---------- about invoices ----------


# their words are firm enough to charge something
_CHARGED: Final = frozenset(
    {
        MailKind.THIRD_REMINDER,
        MailKind.WARNING,
        MailKind.DELINQUENT,
        MailKind.DAILY_REMINDER,
        MailKind.FINAL_NOTICE,
        MailKind.DEFAULT_NOTICE,
    }
)


def _charges(cast: Cast) -> tuple[Charge, ...]:
    charged = (
        (ItemKind.FEE, 500, True),
        (ItemKind.INTEREST, 1_234, False),
        (ItemKind.COMPENSATION, 4_000, True),
    )
    return tuple(
        Charge(f"{kind}-{late.number}", late.item, late.number, kind, late.currency, minor, new=new)
        for late in cast.overdue[:1]
        for kind, minor, new in charged
    )


def _plan(kind: MailKind, cast: Cast, *, charged: bool = False) -> NoticePlan:
    early = kind in _BEFORE_THE_DAY
    today = tuple(one._replace(due_on=cast.as_of, days_past_due=0) for one in cast.coming)
    overdue, coming = () if early else cast.overdue, today if kind is MailKind.DUE_TODAY else cast.coming
    return NoticePlan(
        id="sample",
        group="account",
        level=1,
        template=kind.value,
        step="b",
        steps=tuple(DueStep(one.item, "b") for one in (*overdue, *coming)),
        overdue=overdue,
        coming_due=coming,
        credits={},
        recipients=(cast.reader,) if cast.reader else (),
        not_before=_AT,
        as_of=cast.as_of,
        pay_by=None if kind in _FREE else cast.as_of + timedelta(days=14),
        charges=_charges(cast) if charged and kind in _CHARGED else (),
        occasion=_occasion(kind, cast),
    )


def _occasion(kind: MailKind, cast: Cast) -> Occasion | None:
    known = (*cast.overdue, *cast.coming)
    if not known:
        return None
    minor = sum(one.due_minor for one in known if one.currency == known[0].currency)
    limit = minor * 3 // 4 // 10_000 * 10_000 if kind is MailKind.BALANCE_OVER_LIMIT else None
    promised = known[0].due_minor if kind is not MailKind.BALANCE_OVER_LIMIT else minor
    return Occasion(known[0].currency, promised, cast.as_of - timedelta(days=3), limit)


def _to_customer(kind: MailKind, language: str, cast: Cast) -> tuple[Sample, ...]:
    early = kind in _BEFORE_THE_DAY
    long = tuple(line(f"INV-{n}", 20 + n % 70, 5_000 + 17 * n, cast.as_of) for n in range(2_000, 2_180))
    dollars = tuple(line(f"US-{n}", 9, 231_050, cast.as_of, currency="USD") for n in range(12))
    soon = tuple(line(f"INV-{n}", -n // 100, 12_000, cast.as_of) for n in (790, 910))
    bare = {"address": (), "legal_lines": (), "bank_accounts": (), "contact_person": ""}
    scenes: Mapping[str, tuple[Cast, bool]] = {
        "typical": (cast, False),
        "page": (cast, True),
        "long": (replace(cast, overdue=(*cast.overdue, *long, *dollars)), True),
        "consumer": (_with_customer(cast, kind=CustomerKind.CONSUMER), False),
        "hardship": (_with_customer(cast, hardship=True), False),
        "one": (replace(cast, overdue=cast.overdue[:1], coming=cast.coming[:1] if early else (), reader=None), False),
        "coming": (replace(cast, overdue=(), coming=(*cast.coming, *soon)), False),
        "bare": (replace(cast, entity=cast.entity.model_copy(update=bare), people=()), False),
    }
    fit = {scene: set_ for scene, set_ in scenes.items() if _plan(kind, set_[0]).steps}  # one that lists something
    return tuple(_scene(kind, language, scene, played, linked=linked) for scene, (played, linked) in fit.items())


def _with_customer(cast: Cast, **changes: Any) -> Cast:
    return replace(cast, customer=cast.customer.model_copy(update=changes))


def _scene(kind: MailKind, language: str, scene: str, cast: Cast, *, linked: bool) -> Sample:
    if linked:
        cast = replace(cast, entity=cast.entity.model_copy(update={"pay_invoice_url": PAGE + "/i/{number}"}))
    plan = _plan(kind, cast, charged=linked)
    mail = compose_customer_mail(plan, cast.entity, cast.customer, cast.reader, cast.people, language)
    letter = partial(letter_of, plan, cast.entity, cast.customer, mail)
    if not linked:
        return Sample(scene, mail, letter=letter)
    code = transfer_of(plan, cast.entity, cast.customer)
    mail = _with_page(mail, cast, attached=scene == "long")
    return Sample(scene, replace(mail, qr=QR) if code else mail, code.png() if code else None, letter)


def _with_page(mail: CustomerMail, cast: Cast, *, attached: bool) -> CustomerMail:
    """The mail of an entity whose customers have a page, with words of the sales owner."""
    whats: tuple[Literal["pay", "promise", "plan", "dispute", "paid", "wrong-person"], ...]
    whats = ("pay", "promise", "plan", "dispute", "paid", "wrong-person")
    return replace(
        mail,
        page_url=f"{PAGE}/c/Jw3kq9",
        page_host=PAGE.removeprefix("https://"),
        actions=tuple(Action(what, f"{PAGE}/{what}/Jw3kq9") for what in whats),
        preferences_url=f"{PAGE}/preferences/Jw3kq9",
        ways=mail.ways or (PayWay("PayNow", "UEN 202612345A"),),
        note=Note(cast.note, "Bea Sommer"),
        attached=("statement-pdf", "statement-csv") if attached else (),
    )


# ---------- answers ----------


def _answers(kind: MailKind, language: str, cast: Cast) -> tuple[Sample, ...]:
    fact: Fact = _FACTS[kind]
    first = AnsweredLine("id-INV-1030", "INV-1030", "EUR", 520_000, 120_000)
    more = tuple(AnsweredLine(f"id-{n}", f"INV-{n}", "EUR", 4_000 + n) for n in range(2_000, 2_060))
    values: dict[str, Any] = {
        "id": "sample", "fact": fact, "on": AS_OF - timedelta(days=1), "recipients": (), "not_before": _AT,
        "as_of": AS_OF, "days": (AS_OF - timedelta(days=1),),
    }  # fmt: skip
    if fact == "promise":
        values |= {"until": AS_OF + timedelta(days=10), "paused_until": AS_OF + timedelta(days=12)}
    if fact == "plan":
        parts = (Instalment(due_on=AS_OF + timedelta(days=30 * n), minor=130_000) for n in range(1, 5))
        values |= {"instalments": tuple(parts)}
    if fact == "dispute":
        values |= {"until": AS_OF + timedelta(days=14), "owner": cast.people[0].id if cast.people else None}

    def mail(lines: tuple[AnsweredLine, ...], **changes: Any) -> AnswerMail:
        plan = AnswerPlan(**(values | {"lines": lines} | changes))
        return compose_answer(plan, cast.entity, cast.customer, cast.reader, cast.people, language)

    found = [Sample("typical", mail((first,))), Sample("long", mail((first, *more)))]
    if fact == "correction":
        found.append(Sample("overtaken", mail((first,), why="overtaken")))
    if fact == "retraction":
        fee = Charge("c1", first.item, first.number, ItemKind.FEE, "EUR", 4_000)
        found.append(Sample("with-a-fee", mail((first,), charges=(fee,))))
    return tuple(found)


_FACTS: Final[Mapping[MailKind, Fact]] = {
    MailKind.THANK_YOU: "payment",
    MailKind.PROMISE_CONFIRMED: "promise",
    MailKind.PLAN_AGREED: "plan",
    MailKind.DISPUTE_RECEIVED: "dispute",
    MailKind.CORRECTION: "correction",
    MailKind.RETRACTION: "retraction",
}


# ---------- to our own people ----------


def _internal(kind: MailKind, language: str, cast: Cast) -> DigestMail | InternalMail:
    entity = cast.entity
    person = (*cast.people, CONTACT)[0].model_copy(update={"language": language})
    waiting = WaitingRun(
        AS_OF,
        customers=42,
        kinds=(
            Waiting(3, "delinquent", 1, {"EUR": 520_000}),
            Waiting(1, "reminder", 41, {"EUR": 505_120, "USD": 1_640_000}),
        ),
    )
    match kind:
        case MailKind.DIGEST:
            return _digest(language, cast.entity, person)
        case MailKind.CALL_TASK:
            sent = ((AS_OF - timedelta(days=14), "reminder"), (AS_OF - timedelta(days=7), "warning"))
            asked = CallAsked("phone-call", AS_OF, AS_OF, "pastdue tasks done 7f3c", sent=sent)
            return compose_call_task(asked, _facts(cast), entity, person)
        case MailKind.ALERT:
            stopped = Stopped("more-messages", 42, 12)
            return compose_alert(waiting, stopped, entity, person, _COMMANDS)
        case _:
            return compose_run_approval(waiting, entity, person, _COMMANDS)


def _facts(cast: Cast) -> Facts:
    from core.state import AccountState

    def item(number: str, days: int, minor: int) -> Item:
        due_on = AS_OF - timedelta(days=days)
        return Item(
            id=f"id-{number}", customer=cast.customer.id, number=number, issued_on=due_on - timedelta(days=30),
            due_on=due_on, currency="EUR", original_minor=minor, open_minor=minor,
        )  # fmt: skip

    maria = Contact(
        id="k1",
        customer=cast.customer.id,
        name=cast.reader.name if cast.reader else None,
        email="ap@lakeside.example",
        phone="+44 1539 555 0104",
    )
    promise = Promise(
        id="p1", item="id-INV-1030", promised_on=AS_OF - timedelta(days=5), made_on=AS_OF - timedelta(days=12)
    )
    items = (item("INV-1030", 45, 640_000), item("INV-1042", 17, 125_000), item("INV-1077", -7, 88_000))
    return Facts(cast.customer, AccountState(), (maria,), items, promises=(promise,))


def _digest(language: str, entity: Entity, person: Person) -> DigestMail:
    told = (
        ("C-1007", "Lakeside Bottling Ltd", "INV-1030", 45, "task", "phone-call", 640_000),
        ("C-1007", "Lakeside Bottling Ltd", "INV-1042", 17, "message", "warning", 125_000),
        ("C-1033", "Zephyr Foods S.A.", "INV-0988", 62, "proposal", "credit_hold", 4_410_000),
        ("C-1101", "Brick & Sons", "INV-1061", 5, "message", "reminder", 70_000),
    )
    entries = [
        DigestEntry(
            line=DigestLine(
                key=f"{number}#{what}", person="anna", role="accounting", step="b", item=f"id-{number}", number=number,
                days_past_due=days, currency="EUR", open_minor=minor, kind=effect,
                asked_minor=minor * 4 // 5 if number == "INV-1042" else None,
            ),
            customer=customer, customer_name=name, what=what,
        )
        for customer, name, number, days, effect, what, minor in told
    ]  # fmt: skip
    return compose_digest(entries, entity, person, language, AS_OF)
