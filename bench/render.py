"""Mails per second, composed, rendered and put into their wire form, beside a naive baseline."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from bench import company, naive_mail
from bench.figures import Figure, Measured
from bench.generate import AS_OF
from core.decide.account import decide
from core.decide.model import Facts, NoticePlan, Setting
from core.ledger import Contact, Customer, Item
from core.render import compose, formats, render
from functions.shared.wire_form import Attachment, Mail, mime, request_of

INVOICES: Final = 3
OTHERS: Final = (1, 20, 200)  # invoices of the other mails that are measured
_LANGUAGES: Final = (("de", "DE"), ("en", "GB"), ("fr", "FR"), ("es", "ES"), ("nl", "NL"))
_DAYS: Final = (9, 21, 75)  # past due
_SENDER: Final = "ar@mail.example"
_TO: Final = "ap@customer.example"
_PICTURE: Final = Attachment("code.png", "image/png", bytes(range(256)) * 4, content_id="code@mail.example")


def measure(mails: int, runs: int) -> Measured:
    """Every mail is another one: other amounts, other numbers, five languages in turn."""
    setting = company.setting()
    planned = [_planned(number, setting, INVOICES) for number in range(mails)]
    reminders = [_reminder(customer, plan, setting) for customer, plan in planned]
    seconds = _fastest(runs, lambda: [_ours(customer, plan, setting) for customer, plan in planned])
    wired = _fastest(runs, lambda: [request_of(_mail(*_ours(*one, setting), setting)) for one in planned])
    naive = _fastest(runs, lambda: [naive_mail.parts(reminder) for reminder in reminders])
    naive_wired = _fastest(runs, lambda: [naive_mail.message(reminder, _SENDER, _TO) for reminder in reminders])
    _, text, html = _ours(*planned[0], setting)
    _, naive_text, naive_html = naive_mail.parts(reminders[0])
    return Measured(
        what=f"subject, text and HTML of a mail with {INVOICES} invoices, five languages in turn",
        beside="Jinja, Babel, EmailMessage",
        given={
            "mails": mails,
            "runs": runs,
            "clock": "process CPU time, best run",
            "wire": "SES takes the parts; a mail with a picture or a file goes as MIME",
        },
        figures=(
            Figure("mails", mails / wired, "mails/s", mails / naive_wired),
            Figure("per_mail", wired / mails * 1e3, "ms CPU", naive_wired / mails * 1e3),
            Figure("subject_text_html", mails / seconds, "mails/s", mails / naive),
            Figure("subject_text_html_per_mail", seconds / mails * 1e3, "ms CPU", naive / mails * 1e3),
            Figure("text", len(text.encode()), "bytes", len(naive_text.encode())),
            Figure("html", len(html.encode()), "bytes", len(naive_html.encode())),
            *(figure for invoices in OTHERS for figure in _with(invoices, max(20, mails // invoices), runs, setting)),
        ),
    )


def _with(invoices: int, mails: int, runs: int, setting: Setting) -> tuple[Figure, ...]:
    """The same for mails with so many invoices, and with the wire form."""
    planned = [_planned(number, setting, invoices) for number in range(mails)]
    rendered = _fastest(runs, lambda: [_ours(customer, plan, setting) for customer, plan in planned])
    written = [_mail(*_ours(customer, plan, setting), setting) for customer, plan in planned]
    parts = _fastest(runs, lambda: [request_of(mail) for mail in written])
    whole = _fastest(runs, lambda: [mime(replace(mail, attachments=(_PICTURE,))) for mail in written])
    return (
        Figure(f"mails_with_{invoices}", mails / (rendered + parts), "mails/s"),
        Figure(f"mime_with_{invoices}", mails / (rendered + whole), "mails/s"),
        Figure(f"html_with_{invoices}", len(written[0].html.encode()), "bytes"),
    )


def _mail(subject: str, text: str, html: str, setting: Setting) -> Mail:
    return Mail(
        sender=_SENDER,
        sender_name=setting.entity.name,
        to=(_TO,),
        subject=subject,
        text=text,
        html=html,
        reply_to="anna@mail.example",
        headers={"Content-Language": "en", "References": " ".join(f"<{n:026d}@mail.example>" for n in range(3))},
    )


def _planned(number: int, setting: Setting, invoices: int) -> tuple[Customer, NoticePlan]:
    language, country = _LANGUAGES[number % len(_LANGUAGES)]
    customer = Customer(id=f"C{number}", name=f"Customer {number}", language=language, country=country)
    contact = Contact(
        id="ap", customer=customer.id, name="Pat Payable", email=f"ap@c{number}.example", language=language
    )
    items = tuple(
        Item(
            id=f"I{number}-{n}",
            customer=customer.id,
            number=f"INV-{number:06d}-{n}",
            issued_on=AS_OF - timedelta(days=days + 30),
            due_on=AS_OF - timedelta(days=days),
            currency="EUR",
            original_minor=100_000 + 977 * number + days,
            open_minor=100_000 + 977 * number + days,
        )
        for n, days in enumerate(_DAYS if invoices == INVOICES else [_DAYS[0] + day % 50 for day in range(invoices)])
    )
    decision = decide(Facts(customer=customer, contacts=(contact,), items=items), setting, AS_OF)
    (plan,) = decision.notices
    return customer, replace(plan, as_of=AS_OF)


def _ours(customer: Customer, plan: NoticePlan, setting: Setting) -> tuple[str, str, str]:
    reader = plan.recipients[0]
    mail = compose.compose_customer_mail(plan, setting.entity, customer, reader, setting.people, reader.language)
    rendered = render.render(mail)
    return rendered.subject, rendered.text, rendered.html


def _reminder(customer: Customer, plan: NoticePlan, setting: Setting) -> naive_mail.Reminder:
    """The same notice as the naive baseline keeps it; made before its time is taken."""
    reader, entity, person = plan.recipients[0], setting.entity, setting.people[0]
    rows = tuple(
        naive_mail.Row(line.number, line.due_on, line.days_past_due, Decimal(line.due_minor) / 100)
        for line in plan.overdue
    )
    return naive_mail.Reminder(
        language=reader.language,
        locale=formats.locale_of(reader.language, customer.country),
        currency="EUR",
        name=reader.name or customer.name,
        customer=customer.name,
        customer_id=customer.id,
        as_of=plan.as_of,
        rows=rows,
        total=sum((row.amount for row in rows), Decimal()),
        entity=entity.name,
        holder=entity.bank_accounts[0].holder,
        iban=entity.bank_accounts[0].iban or "",
        contact=person.name,
        phone=person.phone or "",
        email=person.email or "",
    )


def _fastest(runs: int, work: Callable[[], object]) -> float:
    """CPU seconds of the best run, after one that loads templates and locales.

    Paragraphs are forgotten between the runs, since no night writes those of the night before; dates are few.
    """
    work()
    best = float("inf")
    for _ in range(runs):
        render.wrapped.cache_clear()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best
