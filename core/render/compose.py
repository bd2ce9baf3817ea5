"""From a decided notice to the message a customer reads: sums spelt out, every value formatted for the reader."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from core.decide.model import Line, NoticePlan, Recipient
from core.ledger import BankAccount, Customer, CustomerKind, Entity, Person
from core.render.clean import brand_color, one_line, web_link
from core.render.formats import format_and, format_day, format_money, locale_of, supported_language
from core.render.messages import BankLine, Brand, ContactLine, CurrencyTable, CustomerMail, MailKind, Part, Row

TABLE_ROWS: Final = 50  # more would push a mail over the 100 KB at which readers' programs cut it off
REFERENCE_NUMBERS: Final = 6  # beyond these the customer's own number is the better reference


def compose_customer_mail(
    plan: NoticePlan,
    entity: Entity,
    customer: Customer,
    recipient: Recipient | None,
    people: Iterable[Person],
    language: str,
    *,
    debtors: Mapping[str, str] | None = None,
) -> CustomerMail:
    """The message of a planned notice, as one reader gets it.

    Args: `recipient` None greets nobody by name (several readers in one mail); `language` may be regional and falls
        to its base; `debtors` names the owing company by item id, where that is not the customer itself.
    Raises: ValueError when the plan's template is no customer message, or when it lists nothing.
    """
    if not plan.overdue and not plan.coming_due:
        raise ValueError(f"notice {plan.id} lists no invoice")
    spoken = supported_language(language, entity.language)
    regional = language if supported_language(language) == spoken else spoken
    locale = locale_of(regional, customer.country or entity.country)
    named = debtors or {}
    overdue, coming = _tables(plan.overdue, locale, named), _tables(plan.coming_due, locale, named)
    page = web_link(entity.page_url)
    return CustomerMail(
        kind=_tone(plan.template, gentle=customer.hardship or not plan.overdue),
        language=spoken,
        direction="ltr",
        brand=brand_of(entity),
        reader=one_line(recipient.name) or None if recipient and recipient.name else None,
        customer=one_line(customer.name),
        customer_id=one_line(customer.id),
        as_of=format_day(plan.as_of, locale),
        overdue=overdue,
        overdue_count=len(plan.overdue),
        overdue_total=_in_words(overdue, locale),
        oldest_days=max((line.days_past_due for line in plan.overdue), default=0),
        coming=coming,
        coming_count=len(plan.coming_due),
        coming_total=_in_words(coming, locale),
        coming_on=format_day(min(line.due_on for line in plan.coming_due), locale) if plan.coming_due else "",
        reference=_reference(plan, customer),
        bank=_bank(entity.bank_accounts, {line.currency for line in (*plan.overdue, *plan.coming_due)}),
        contact=contact_of(entity, customer, people),
        page_url=page[0] if page else None,
        page_host=page[1] if page else None,
        hardship=customer.hardship,
        consumer=customer.kind is CustomerKind.CONSUMER,
    )


def contact_of(entity: Entity, customer: Customer, people: Iterable[Person]) -> ContactLine:
    """The named human to ask: the entity's contact person, else its accounting; the company if nobody is known."""
    known = [p for p in people if p.email and (not p.entities or entity.id in p.entities)]
    by_id = {p.id: p for p in known}
    wanted = [entity.contact_person, customer.team.get("accounting", "")]
    found = next((by_id[i] for i in wanted if i in by_id), None)
    found = found or next((p for p in known if "accounting" in p.roles), None)
    if found is None:
        return ContactLine(name=one_line(entity.name), email=entity.sender or None, phone=None, phone_digits=None)
    phone = one_line(found.phone, 40) if found.phone else None
    return ContactLine(
        name=one_line(found.name),
        email=one_line(found.email) if found.email else None,
        phone=phone,
        phone_digits=re.sub(r"[^0-9+]", "", phone) or None if phone else None,
    )


def brand_of(entity: Entity) -> Brand:
    """How the legal entity presents itself."""
    color, ink = brand_color(entity.brand_color)
    logo = web_link(entity.logo_url)
    return Brand(
        name=one_line(entity.name),
        color=color,
        ink=ink,
        logo_url=logo[0] if logo else None,
        address=tuple(one_line(line) for line in entity.address if line.strip()),
        legal_lines=tuple(one_line(line) for line in entity.legal_lines if line.strip()),
    )


def _tone(template: str, *, gentle: bool) -> MailKind:
    kind = MailKind(template)  # a ValueError names what is unknown
    if kind is MailKind.DIGEST:
        raise ValueError("digest is no message to a customer")
    return MailKind.FRIENDLY if gentle else kind


def _tables(lines: Sequence[Line], locale: str, debtors: Mapping[str, str]) -> tuple[CurrencyTable, ...]:
    currencies = list(dict.fromkeys(line.currency for line in lines))
    room = max(5, TABLE_ROWS // max(1, len(currencies)))
    return tuple(
        _table(currency, [line for line in lines if line.currency == currency], room, locale, debtors)
        for currency in currencies
    )


def _table(currency: str, lines: Sequence[Line], room: int, locale: str, debtors: Mapping[str, str]) -> CurrencyTable:
    def money(minor: int) -> str:
        return format_money(minor, currency, locale)

    shown = lines if len(lines) <= room else lines[: room - 1]
    rest = lines[len(shown) :]
    return CurrencyTable(
        currency=currency,
        rows=tuple(_row(line, money, locale, debtors.get(line.item)) for line in shown),
        more=len(rest),
        more_due=money(sum(line.due_minor for line in rest)) if rest else "",
        parts=_parts(lines, money),
        total=money(sum(line.due_minor for line in lines)),
    )


def _row(line: Line, money: Callable[[int], str], locale: str, debtor: str | None) -> Row:
    return Row(
        number=one_line(line.number, 60),
        debtor=one_line(debtor) if debtor else None,
        due_on=format_day(line.due_on, locale),
        days=abs(line.days_past_due),
        parts=_parts([line], money, with_paid=True),
        due=money(line.due_minor),
    )


def _parts(lines: Sequence[Line], money: Callable[[int], str], *, with_paid: bool = False) -> tuple[Part, ...]:
    """The sum from what was invoiced, or is open, down to what is asked for; empty when they are the same."""
    original, is_open = sum(line.original_minor for line in lines), sum(line.open_minor for line in lines)
    credit, withheld = sum(line.credit_minor for line in lines), sum(line.withheld_minor for line in lines)
    parts: list[Part] = []
    if with_paid and original > is_open:
        parts += [Part("invoiced", money(original)), Part("paid", money(is_open - original))]
    if credit or withheld:
        parts.append(Part("open", money(is_open)))
    if withheld:
        parts.append(Part("withheld", money(-withheld)))
    if credit:
        parts.append(Part("credit", money(-credit)))
    return tuple(parts)


def _in_words(tables: tuple[CurrencyTable, ...], locale: str) -> str:
    return format_and(tuple(table.total for table in tables), locale)


def _reference(plan: NoticePlan, customer: Customer) -> str:
    numbers = [one_line(line.number, 60) for line in (*plan.overdue, *plan.coming_due)]
    return ", ".join(numbers) if len(numbers) <= REFERENCE_NUMBERS else one_line(customer.id)


def _bank(accounts: Iterable[BankAccount], currencies: set[str]) -> tuple[BankLine, ...]:
    """The accounts that take one of the currencies; all of them when none is named for it."""
    known = list(accounts)
    special = [a for a in known if a.currency in currencies]
    general = [a for a in known if a.currency is None] if currencies - {a.currency for a in special} else []
    fitting = special + general or known
    return tuple(
        BankLine(
            holder=one_line(a.holder),
            bank=one_line(a.bank) if a.bank else None,
            iban=_in_fours(a.iban) if a.iban else None,
            account=one_line(a.account) if a.account else None,
            bic=one_line(a.bic) if a.bic else None,
            currency=one_line(a.currency) if a.currency else None,
        )
        for a in fitting
    )


def _in_fours(iban: str) -> str:
    plain = re.sub(r"[^0-9A-Za-z]", "", iban).upper()
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))
