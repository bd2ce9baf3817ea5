"""Notices as the decision would plan them: rich ones that use every field, and edges."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from core.decide.model import Charge, Line, NoticePlan, Occasion, Recipient
from core.decide.our_side import DigestLine
from core.ledger import BankAccount, Customer, CustomerKind, Entity, ItemKind, Person
from core.render.compose import compose_customer_mail
from core.render.digest import DigestEntry, compose_digest
from core.render.messages import OF_POLICIES, Action, CurrencyTable, CustomerMail, DigestMail, Note, PayWay
from core.render.render import COMPILED, AnyMail, Rendered, render
from core.state import DueStep
from local.compile_templates import TEMPLATES, compile_templates

ROOT = TEMPLATES.parent
AS_OF = date(2026, 3, 16)
ANNA = Person(
    id="anna",
    name="Anna Berg",
    email="anna.berg@northwind.example",
    phone="+49 30 5550 1230",
    roles=("accounting",),
)
ENTITY = Entity(
    id="NW",
    name="Northwind Machines GmbH",
    country="DE",
    language="de",
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
            currency="EUR",
        ),
        BankAccount(holder="Northwind Machines GmbH", account="000123456789", bank="Sample Bank New York"),
    ),
)
CUSTOMER = Customer(id="C-1007", name="Lakeside Bottling Ltd", country="GB")
READER = Recipient(
    contact="k1", role="ap_contact", name="Maria Keller", email="ap@lakeside.example", language="en", zone="UTC"
)


def a_line(number: str = "INV-1042", days: int = 17, minor: int = 125000, **changes: Any) -> Line:
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


def a_charge(
    number: str = "INV-1042",
    minor: int = 4000,
    kind: ItemKind = ItemKind.FEE,
    *,
    currency: str = "EUR",
    new: bool = True,
) -> Charge:
    return Charge(
        id=f"{kind}-{number}", item=f"id-{number}", number=number, kind=kind, currency=currency, minor=minor, new=new
    )


NETTED = a_line("INV-1030", 45, 980000, open_minor=640000, withheld_minor=120000, credit_minor=70000, due_minor=450000)
DOLLARS = a_line("INV-1051", 9, 231050, currency="USD")
COMING = a_line("INV-1077", -7, 88000)
TODAY = a_line("INV-1070", 0, 64000)
CUSTOMER_KINDS = tuple(kind.value for kind in OF_POLICIES)
BEFORE_THE_DAY = ("welcome-terms", "due-today")  # their words say that nothing is late
FREE_OF_CHARGE = (*BEFORE_THE_DAY, "donation")


def _sources() -> Iterator[Path]:
    """What the compiled templates are made of and by; folders too, as one from which a file is taken is newer."""
    for name in (
        "core/render/render.py",
        "core/render/words.py",
        "local/compile_templates.py",
        "local/settle_templates.py",
        "local/template_trees.py",
        "requirements-dev.txt",
    ):
        yield ROOT / name
    for folder in ("mail", "locales", "letters", "texts"):
        yield TEMPLATES / folder
        yield from (TEMPLATES / folder).rglob("*")


@cache
def compiled() -> Path:
    """The templates as they are in the source now: what `make` compiled, or, where that is older, compiled here."""
    made = COMPILED / ".made"
    if made.is_file() and max(path.stat().st_mtime_ns for path in _sources()) <= made.stat().st_mtime_ns:
        return COMPILED
    folder = Path(tempfile.mkdtemp(prefix="templates-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    compile_templates(target=folder)
    return folder


def rendered(mail: AnyMail) -> Rendered:
    return render(mail, compiled())


def a_mail(plan: NoticePlan, language: str = "en", customer: Customer = CUSTOMER, **entity: Any) -> CustomerMail:
    return compose_customer_mail(plan, ENTITY.model_copy(update=entity), customer, READER, [ANNA], language)


def full_mail(kind: str, language: str = "en") -> CustomerMail:
    """A mail in which no field is empty that this kind of message can fill: every branch of its templates is taken."""
    many = tuple(a_line(f"INV-{n}", 20, 5000) for n in range(30))
    soon = (COMING, *(a_line(f"NEW-{n}", -7, 700) for n in range(60)))
    fees = (
        a_charge(NETTED.number, 1234, ItemKind.INTEREST, new=False),
        a_charge(NETTED.number, 4000, ItemKind.COMPENSATION, new=False),
        *(a_charge(line.number, 500) for line in many),
        a_charge(DOLLARS.number, 1500, currency="USD"),
    )
    plan = a_plan(
        kind,
        () if kind in BEFORE_THE_DAY else (NETTED, *many, DOLLARS),
        (NETTED._replace(due_on=AS_OF, days_past_due=0), *soon) if kind == "due-today" else soon,
        charges=() if kind in FREE_OF_CHARGE else fees,
        pay_by=None if kind in FREE_OF_CHARGE else AS_OF + timedelta(days=14),
        occasion=Occasion("EUR", 777700, AS_OF - timedelta(days=3), 600000),
    )
    mail = compose_customer_mail(
        plan,
        ENTITY.model_copy(
            update={"page_url": "https://pay.northwind.example/c", "logo_url": "https://cdn.example/l.png"}
        ),
        CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER}),
        READER,
        [ANNA],
        language,
        debtors={line.item: "Lakeside Bottling Scotland Ltd" for line in (NETTED, COMING)},
    )
    return with_every_way(mail)


def with_every_way(mail: CustomerMail, token: str = "tok-") -> CustomerMail:
    """The mail of a company with a page: a link for everything, ways to pay, a code to scan, a note and attachments."""
    page = "https://pay.northwind.example"

    def payable(table: CurrencyTable) -> CurrencyTable:
        rows = (replace(row, pay_url=row.pay_url or f"{page}/i/{token}{row.number}") for row in table.rows)
        return replace(table, rows=tuple(rows))

    whats = ("pay", "promise", "plan", "dispute", "paid", "wrong-person")
    first, *others = mail.bank
    return replace(
        mail,
        overdue=tuple(map(payable, mail.overdue)),
        coming=tuple(map(payable, mail.coming)),
        actions=tuple(Action(what, f"{page}/{what}/{token}x") for what in whats),
        preferences_url=f"{page}/preferences/{token}x",
        bank=(replace(first, reference="RF18 5390 0754 7034" if others else None), *others),
        ways=(PayWay("UPI", "northwind@examplebank", "upi://pay?pa=northwind@examplebank"), PayWay("Pix", "NW-77")),
        qr="transfer-code",
        note=Note(("We spoke about the delivery on Monday.", "You get 2 % for the wait."), "Bea Sales"),
        attached=("letter", "statement-pdf", "statement-csv"),
    )


def full_digest(language: str = "en") -> DigestMail:
    """A digest with each kind of line, two currencies, one customer in two sections and more rows than it lists."""
    entries = [
        entry(),
        entry(number="INV-9", days=33, currency="USD", minor=9_950_000),
        entry("C-2", "R-77", 31, 4_410_000, customer_name="Zephyr Foods S.A."),
        entry("C-3", "Q-1", 62, 700_000, customer_name="Brick & Sons", kind="message", what="delinquent"),
        entry("C-3", "Q-1", 62, 700_000, customer_name="Brick & Sons", kind="status", what="delinquent"),
        *(entry("C-4", f"F-{n}", -7, 100, customer_name="Oak", kind="message", what="friendly") for n in range(130)),
    ]
    return compose_digest(entries, ENTITY, ANNA, language, AS_OF)


def a_plan(
    template: str = "reminder", overdue: tuple[Line, ...] = (), coming_due: tuple[Line, ...] = (), **changes: Any
) -> NoticePlan:
    values: dict[str, Any] = {
        "id": "n1",
        "group": "account",
        "level": 1,
        "template": template,
        "step": "b",
        "steps": tuple(DueStep(line.item, "b") for line in (*overdue, *coming_due)),
        "overdue": overdue,
        "coming_due": coming_due,
        "credits": {"EUR": 70000},
        "recipients": (READER,),
        "not_before": datetime(2026, 3, 16, 8, tzinfo=UTC),
        "as_of": AS_OF,
    }
    return NoticePlan(**(values | changes))


def rich_plan(template: str = "reminder") -> NoticePlan:
    """Two currencies, a coming item, a part payment, a credit and a promise; nothing late where the words say so."""
    if template in BEFORE_THE_DAY:
        return a_plan(template, (), (TODAY, DOLLARS._replace(due_on=AS_OF, days_past_due=0), COMING))
    return a_plan(template, (NETTED, a_line(), DOLLARS), (COMING,))


def entry(
    customer: str = "C-1007", number: str = "INV-1042", days: int = 31, minor: int = 125000, **changes: Any
) -> DigestEntry:
    kind, what = changes.pop("kind", "task"), changes.pop("what", "phone-call")
    name = changes.pop("customer_name", "Lakeside Bottling Ltd")
    values: dict[str, Any] = {
        "key": f"{number}#d#0#{kind}",
        "person": "anna",
        "role": "accounting",
        "step": "d",
        "item": f"id-{number}",
        "number": number,
        "days_past_due": days,
        "currency": "EUR",
        "open_minor": minor,
        "kind": kind,
    }
    return DigestEntry(line=DigestLine(**(values | changes)), customer=customer, customer_name=name, what=what)
