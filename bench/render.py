"""Mails per second, composed, rendered and put into their wire form, beside the same sentences written by hand."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bench import company
from bench.figures import Figure, Measured
from bench.generate import AS_OF
from core.decide.account import decide
from core.decide.model import Facts, NoticePlan, Setting
from core.ledger import Contact, Customer, Item
from core.render import compose, render
from functions.shared.wire_form import Attachment, Mail, mime, request_of

INVOICES: Final = 3
OTHERS: Final = (1, 20, 200)  # invoices of the other mails that are measured
_LANGUAGES: Final = (("de", "DE"), ("en", "GB"), ("fr", "FR"), ("es", "ES"), ("nl", "NL"))
_DAYS: Final = (9, 21, 75)  # past due
_PICTURE: Final = Attachment("code.png", "image/png", bytes(range(256)) * 4, content_id="code@mail.example")


def measure(mails: int, runs: int) -> Measured:
    """Every mail is another one: other amounts, other numbers, five languages in turn."""
    setting = company.setting()
    planned = [_planned(number, setting, INVOICES) for number in range(mails)]
    seconds = _fastest(runs, lambda: [_ours(customer, plan, setting) for customer, plan in planned])
    by_hand = _fastest(runs, lambda: [_by_hand(customer, plan, setting) for customer, plan in planned])
    _, text, html = _ours(*planned[0], setting)
    return Measured(
        what=f"subject, text and HTML of a mail with {INVOICES} invoices, five languages in turn",
        beside="two f-strings, English",
        given={
            "mails": mails,
            "runs": runs,
            "clock": "process CPU time, best run",
            "wire": "SES takes the parts; a mail with a picture or a file goes as MIME",
        },
        figures=(
            Figure("mails", mails / seconds, "mails/s", mails / by_hand),
            Figure("per_mail", seconds / mails * 1e3, "ms CPU", by_hand / mails * 1e3),
            Figure("text", len(text.encode()), "bytes"),
            Figure("html", len(html.encode()), "bytes"),
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
        sender="ar@mail.example",
        sender_name=setting.entity.name,
        to=("ap@customer.example",),
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


def _by_hand(customer: Customer, plan: NoticePlan, setting: Setting) -> tuple[str, str, str]:
    def money(minor: int) -> str:
        return f"{minor // 100:,}.{minor % 100:02d} EUR"

    total = money(sum(line.due_minor for line in plan.overdue))
    lines = [f"{line.number}, due {line.due_on:%d %B %Y}: {money(line.due_minor)}" for line in plan.overdue]
    account = setting.entity.bank_accounts[0]
    text = (
        f"Dear {plan.recipients[0].name},\n\nour records show {total} open past its due date:\n\n"
        + "\n".join(lines)
        + f"\n\nPlease pay to {account.holder}, {account.iban}.\n\n{setting.entity.name}\n"
    )
    rows = "".join(f"<tr><td>{line}</td></tr>" for line in lines)
    page = (
        f"<html><body><h1>{setting.entity.name}</h1><p>{customer.name}: {total}</p><table>{rows}</table></body></html>"
    )
    return f"Reminder: {total} past due", text, page


def _fastest(runs: int, work: Callable[[], object]) -> float:
    """CPU seconds of the best run, after one that loads templates and locales.

    Amounts and paragraphs are forgotten between the runs, since no night writes those of the night before; dates are
    few.
    """
    work()
    best = float("inf")
    for _ in range(runs):
        render.wrapped.cache_clear()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best
