"""A message on paper: the words of its mail, the postal address, and the place where a window envelope shows it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from core.own.text import OwnText
from core.render.clean import one_line
from core.render.envelopes import Envelope, envelope_of
from core.render.messages import BankLine, CurrencyTable, CustomerMail, Part, Row
from core.render.render import COMPILED, say
from core.values import dataclass

_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One invoice in a table."""

    number: str
    debtor: str
    date: str
    days: str
    amount: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """One line below the invoices."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The invoices of one currency."""

    caption: str
    rows: tuple[Listed, ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that is printed, word for word; what is labelled is (label, value)."""

    language: str
    direction: str
    envelope: Envelope
    dated: str
    on: str  # the same as an ISO date: the file's own date
    sender: str
    color: str
    sender_address: tuple[str, ...]
    foot: tuple[str, ...]
    customer: str
    customer_id: str
    to: tuple[str, ...]  # the address below the customer's name
    title: str
    facts: tuple[tuple[str, str], ...]
    hello: str
    opening: tuple[str, ...]
    panel: tuple[str, str]
    crossed: str
    heads: tuple[str, str, str]
    tables: tuple[Table, ...]
    next: tuple[str, str]
    pay: tuple[str, str]
    accounts: tuple[tuple[tuple[str, str], ...], ...]
    links: tuple[tuple[str, str], ...]
    plan: tuple[str, str]
    dispute: tuple[str, str]
    contact: tuple[str, str]
    closing: str
    note: tuple[str, ...]  # a heading, then the words of one of our people; empty where nobody wrote any
    automatic: str
    page: str  # with {page} and {pages} in it
    qr: str  # a transfer code as SVG, or ""
    code: str  # what that picture is, for those who do not see it

    def as_json(self) -> dict[str, Any]:
        """What the typesetter reads, and what the archive keeps."""
        return asdict(self)


def compose_letter(
    mail: CustomerMail,
    *,
    on: date,
    to: tuple[str, ...] = (),
    country: str | None = None,
    qr: str = "",
    folder: Path = COMPILED,
    own: OwnText | None = None,
) -> Letter:
    """The letter that says what the mail says.

    Args: `to` is the postal address below the customer's name; `country` posts it and so decides the envelope; `qr` is
        a transfer code as SVG; `own` sentences of the company stand in the place of ours.
    """
    values = {field.name: getattr(mail, field.name) for field in fields(mail)}
    words: Any = say(f"{mail.kind.value}/letter", mail.language, values, folder, own)

    def text(name: str) -> str:
        return _flat(str(getattr(words, name)))

    def section(name: str) -> tuple[str, str]:
        return text(f"{name}_title"), text(f"{name}_text")

    return Letter(
        language=mail.language,
        direction=mail.direction,
        envelope=envelope_of(country),
        dated=mail.as_of,
        on=on.isoformat(),
        sender=mail.brand.name,
        color=mail.brand.color,
        sender_address=mail.brand.address,
        foot=(*mail.brand.address, *mail.brand.legal_lines),
        customer=mail.customer,
        customer_id=mail.customer_id,
        to=tuple(one_line(line) for line in to if line.strip()),
        title=text("title"),
        facts=_facts(mail, text),
        hello=text("hello"),
        opening=tuple(flat for part in _PARAGRAPHS.split(words.opening) if (flat := _flat(part))),
        panel=(text("panel_label"), mail.asked_total),
        crossed=text("crossed"),
        heads=(text("item_label"), text("date_label"), text("amount_label")),
        tables=tuple(_table(table, words, is_overdue=True) for table in mail.overdue)
        + tuple(_table(table, words, is_overdue=False) for table in mail.coming),
        next=section("next"),
        pay=section("pay"),
        accounts=tuple(_account(line, mail.reference, text) for line in mail.bank)
        or (((text("reference_name"), mail.reference),),),
        links=_links(mail, text),
        plan=section("plan"),
        dispute=section("dispute"),
        contact=section("contact"),
        closing=text("closing"),
        note=(_flat(str(words.note_title(mail.note.author))), *mail.note.lines) if mail.note else (),
        automatic=text("automatic"),
        page=text("page_line"),
        qr=qr,
        code=text("qr_alt"),
    )


def _flat(text: str) -> str:
    """Template lines are no lines of the letter."""
    return " ".join(part for part in text.replace("\n", " ").split(" ") if part)


def _facts(mail: CustomerMail, text: Say) -> tuple[tuple[str, str], ...]:
    """Day, numbers and the person to ask, beside the address."""
    known = (
        ("day_name", mail.as_of),
        ("customer_name", mail.customer_id),
        ("contact_title", mail.contact.name),
        ("phone_name", mail.contact.phone),
        ("mail_name", mail.contact.email),
    )
    return tuple((text(name), value) for name, value in known if value)


def _account(line: BankLine, reference: str, text: Say) -> tuple[tuple[str, str], ...]:
    known = (
        ("holder_name", line.holder),
        ("bank_name", line.bank),
        ("iban_name", line.iban),
        ("account_name", line.account),
        ("bic_name", line.bic),
        ("currency_name", line.currency),
        ("reference_name", line.reference or reference),
    )
    return tuple((text(name), value) for name, value in known if value)


def _links(mail: CustomerMail, text: Say) -> tuple[tuple[str, str], ...]:
    """Other ways to pay, and the page, in words: nobody can click on paper."""
    page = ((text("page_text"), mail.page_url),) if mail.page_url else ()
    return (*((way.name, way.value) for way in mail.ways), *page)


def _table(table: CurrencyTable, words: Any, *, is_overdue: bool) -> Table:
    """One table of the mail, with the words of its kind."""
    captions = words.overdue_caption if is_overdue else words.coming_caption
    only_charges = is_overdue and not table.rows
    caption = words.pair(words.charges_label, table.currency) if only_charges else captions(table.currency)
    return Table(
        caption=_flat(str(caption)),
        rows=tuple(_listed(row, words, is_overdue=is_overdue) for row in table.rows),
        sums=tuple(_sums(table, words)),
    )


def _listed(row: Row, words: Any, *, is_overdue: bool) -> Listed:
    days = words.days_overdue if is_overdue else words.days_ahead
    return Listed(
        number=row.number,
        debtor=row.debtor or "",
        date=row.due_on,
        days=_flat(str(days(row.days))) if words.with_days else "",
        amount=row.due,
        parts=_parts(row.parts, words.part_names),
    )


def _parts(parts: tuple[Part, ...], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((names[part.what], part.amount) for part in parts)


def _sums(table: CurrencyTable, words: Any) -> list[Sum]:
    """From what is not listed to the total."""
    sums: list[Sum] = []
    if table.more:
        sums.append(Sum(_flat(str(words.more_line(table.more, table.more_due))), table.more_due))
    sums += [Sum(label, amount) for label, amount in _parts(table.parts, words.part_names)]
    if table.charges:
        sums.append(Sum(_flat(str(words.principal_label(table.currency))), table.principal))
        for charge in table.charges:
            what = f"{words.charge_line(charge)}, {words.charge_note(charge.new)}"
            sums.append(Sum(_flat(what), charge.amount))
        if table.more_charges:
            more = words.more_charges_line(table.more_charges, table.more_charges_due)
            sums.append(Sum(_flat(str(more)), table.more_charges_due))
        sums.append(Sum(words.charges_label, table.charges_total))
    return [*sums, Sum(_flat(str(words.total_label(table.currency))), table.total, strong=True)]
