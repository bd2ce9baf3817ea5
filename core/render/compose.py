"""From a decided notice to the message a customer reads: sums spelt out, every value formatted for the reader."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from core.decide.model import Charge, Line, NoticePlan, Occasion, Recipient
from core.ledger import Customer, CustomerKind, Entity, Person
from core.render.clean import brand_color, one_line, web_link
from core.render.formats import (
    direction,
    first_spoken,
    format_and,
    format_day,
    format_money,
    locale_of,
    supported_language,
)
from core.render.messages import OF_POLICIES, Brand, ContactLine, CurrencyTable, CustomerMail, MailKind
from core.render.payment import (
    TransferCode,
    bank_lines,
    pay_actions,
    pay_links,
    pay_ways,
    plain_reference,
    subject_of,
    transfer_code,
)
from core.render.tables import currency_tables

_PRESSING: Final = frozenset(
    {
        MailKind.REMINDER,
        MailKind.SECOND_REMINDER,
        MailKind.THIRD_REMINDER,
        MailKind.WARNING,
        MailKind.DELINQUENT,
        MailKind.DAILY_REMINDER,
        MailKind.FINAL_NOTICE,
        MailKind.DEFAULT_NOTICE,
        MailKind.PROMISE_BROKEN,
        MailKind.INSTALMENT_MISSED,
    }
)
_UNDEMANDING: Final = frozenset({MailKind.STATEMENT, MailKind.DONATION})
_BEFORE_THE_DAY: Final = frozenset({MailKind.WELCOME_TERMS, MailKind.DUE_TODAY})


def compose_customer_mail(
    plan: NoticePlan,
    entity: Entity,
    customer: Customer,
    recipient: Recipient | None,
    people: Iterable[Person],
    language: str,
    *,
    debtors: Mapping[str, str] | None = None,
    whole: bool = False,
) -> CustomerMail:
    """The message of a planned notice, as one reader gets it.

    Args: `recipient` None greets nobody by name (several readers in one mail); `language` may be regional and falls
        to its base; `debtors` names the owing company by item id, where that is not the customer itself; `whole` lists
        every invoice, for paper: a mail's list ends where readers' programs would cut the mail off.
    Raises: ValueError when the plan's template is no customer message, when it lists nothing, or when it would post a
        charge that this reader is not shown.
    """
    if not plan.overdue and not plan.coming_due:
        raise ValueError(f"notice {plan.id} lists no invoice")
    tag = first_spoken(language, customer.language, entity.language)
    spoken, locale = supported_language(tag), locale_of(tag, customer.country or entity.country)
    kind = _kind(plan, customer)
    charges = _charges(plan, kind, customer)
    links = pay_links(plan, entity, customer)
    part = 0.5 if plan.overdue and plan.coming_due else 1
    overdue = currency_tables(plan.overdue, charges, locale, debtors or {}, links, part=part, whole=whole)
    coming = currency_tables(plan.coming_due, (), locale, debtors or {}, links, part=part, whole=whole)
    sums = _asked(plan, kind, charges)
    asked = tuple(format_money(minor, currency, locale) for currency, minor in sums.items())
    quoted = plain_reference(plan, customer)
    deadline = plan.pay_by if plan.overdue and not customer.hardship and kind not in _UNDEMANDING else None
    occasion_on, occasion_amount, occasion_limit = _occasion(plan.occasion, locale)
    page = web_link(entity.page_url)
    return CustomerMail(
        kind=kind,
        language=spoken,
        direction=direction(spoken),
        brand=brand_of(entity),
        reader=one_line(recipient.name) or None if recipient and recipient.name else None,
        customer=one_line(customer.name),
        customer_id=one_line(customer.id),
        as_of=format_day(plan.as_of, locale),
        asked=asked,
        asked_total=format_and(asked, locale),
        pay_by=format_day(deadline, locale) if deadline else "",
        occasion_on=occasion_on,
        occasion_amount=occasion_amount,
        occasion_limit=occasion_limit,
        terms_days=_terms_days(plan.coming_due),
        overdue=overdue,
        overdue_count=len(plan.overdue),
        overdue_total=_in_words(overdue, locale),
        charges_total=_charged(charges, locale),
        charged_now=_charged([charge for charge in charges if charge.new], locale),
        oldest_days=max((line.days_past_due for line in plan.overdue), default=0),
        coming=coming,
        coming_count=len(plan.coming_due),
        coming_total=_in_words(coming, locale),
        coming_on=format_day(min(line.due_on for line in plan.coming_due), locale) if plan.coming_due else "",
        reference=quoted,
        bank=bank_lines(entity.bank_accounts, _currencies(plan), subject_of(plan, customer)),
        contact=contact_of(entity, customer, people, role=plan.sender),
        page_url=page[0] if page else None,
        page_host=page[1] if page else None,
        hardship=customer.hardship,
        consumer=customer.kind is CustomerKind.CONSUMER,
        actions=pay_actions(plan, entity, customer),
        ways=pay_ways(entity, customer, sums, quoted),
    )


def transfer_of(plan: NoticePlan, entity: Entity, customer: Customer) -> TransferCode | None:
    """The euro transfer that a message asks for, to be scanned; None where it demands nothing or cannot be paid so."""
    kind = _kind(plan, customer)
    if kind in _UNDEMANDING:
        return None
    asked = _asked(plan, kind, _charges(plan, kind, customer))
    return transfer_code(entity, asked, subject_of(plan, customer), plain_reference(plan, customer))


def shown_charges(plan: NoticePlan, customer: Customer) -> tuple[Charge, ...]:
    """The charges that this reader is shown."""
    return _charges(plan, _kind(plan, customer), customer)


def contact_of(entity: Entity, customer: Customer, people: Iterable[Person], *, role: str | None = None) -> ContactLine:
    """The named human to ask: who has the role, else the entity's contact person, else its accounting.

    The company itself if nobody is known.
    """
    known = [p for p in people if p.email and (not p.entities or entity.id in p.entities)]
    by_id = {p.id: p for p in known}
    first = [customer.team.get(role, ""), *(p.id for p in known if role in p.roles)] if role else []
    wanted = [*first, entity.contact_person, customer.team.get("accounting", "")]
    found = next((by_id[i] for i in wanted if i in by_id), None)
    found = found or next((p for p in known if "accounting" in p.roles), None)
    if found is None:
        return ContactLine(name=one_line(entity.name), email=entity.sender or None, phone=None, phone_digits=None)
    return contact_line(found)


def contact_line(person: Person) -> ContactLine:
    """One of our people as a reader may reach them."""
    phone = one_line(person.phone, 40) if person.phone else None
    return ContactLine(
        name=one_line(person.name),
        email=one_line(person.email) if person.email else None,
        phone=phone,
        phone_digits=re.sub(r"[^0-9+]", "", phone) or None if phone else None,
    )


def brand_of(entity: Entity) -> Brand:
    """How the legal entity presents itself."""
    return _brand(entity.name, entity.brand_color, entity.logo_url, tuple(entity.address), tuple(entity.legal_lines))


@lru_cache(maxsize=64)
def _brand(
    name: str, color: str, logo_url: str | None, address: tuple[str, ...], legal_lines: tuple[str, ...]
) -> Brand:
    fill, ink = brand_color(color)
    logo = web_link(logo_url)
    heading = one_line(name)
    lines = [one_line(line) for line in address if line.strip()]
    return Brand(
        name=heading,
        color=fill,
        ink=ink,
        logo_url=logo[0] if logo else None,
        address=tuple(lines[1:] if lines[:1] == [heading] else lines),  # an address often begins with the name
        legal_lines=tuple(one_line(line) for line in legal_lines if line.strip()),
    )


def _kind(plan: NoticePlan, customer: Customer) -> MailKind:
    """The words of the template, or the friendly ones where those would press or would not be true."""
    kind = MailKind(plan.template)  # a ValueError names what is unknown
    if kind not in OF_POLICIES:
        raise ValueError(f"{kind} is no message of a policy")
    if kind in _PRESSING and (customer.hardship or not plan.overdue):
        return MailKind.FRIENDLY
    if kind is MailKind.BALANCE_OVER_LIMIT and customer.hardship:
        return MailKind.FRIENDLY
    if kind in _BEFORE_THE_DAY and plan.overdue:
        return MailKind.FRIENDLY
    if kind is MailKind.DUE_TODAY and all(line.days_past_due for line in plan.coming_due):
        return MailKind.FRIENDLY  # it leaves a business day early: "today" would be wrong
    return kind


def _charges(plan: NoticePlan, kind: MailKind, customer: Customer) -> tuple[Charge, ...]:
    """The charges that the message shows: none to people in hardship, to donors, or while nothing is overdue."""
    if plan.overdue and not customer.hardship and kind is not MailKind.DONATION:
        return plan.charges
    if any(charge.new for charge in plan.charges):
        raise ValueError(f"notice {plan.id} would charge what it cannot show")
    return ()


def _asked(plan: NoticePlan, kind: MailKind, charges: Sequence[Charge]) -> dict[str, int]:
    """What the message is about: a statement or a limit the whole balance, else what is overdue, else what comes.

    Returns: minor units by currency.
    """
    seen = plan.occasion
    if kind is MailKind.BALANCE_OVER_LIMIT and seen:
        return {seen.currency: seen.minor}
    whole = kind in (MailKind.STATEMENT, MailKind.BALANCE_OVER_LIMIT)
    lines = (*plan.overdue, *plan.coming_due) if whole else plan.overdue or plan.coming_due
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.due_minor
    for charge in charges:
        sums[charge.currency] = sums.get(charge.currency, 0) + charge.minor
    return sums


def _charged(charges: Iterable[Charge], locale: str) -> str:
    """The charges by currency, in words."""
    sums: dict[str, int] = {}
    for charge in charges:
        sums[charge.currency] = sums.get(charge.currency, 0) + charge.minor
    return format_and(tuple(format_money(minor, currency, locale) for currency, minor in sums.items()), locale)


def _occasion(seen: Occasion | None, locale: str) -> tuple[str, str, str]:
    """Day, amount and limit of what set the message off; each "" where it is not known."""
    if seen is None:
        return "", "", ""
    limit = "" if seen.limit_minor is None else format_money(seen.limit_minor, seen.currency, locale)
    return format_day(seen.on, locale) if seen.on else "", format_money(seen.minor, seen.currency, locale), limit


def _currencies(plan: NoticePlan) -> set[str]:
    listed = {line.currency for line in (*plan.overdue, *plan.coming_due)}
    return listed | {charge.currency for charge in plan.charges}


def _terms_days(lines: Sequence[Line]) -> int:
    terms = {(line.due_on - line.issued_on).days for line in lines}
    return max(0, terms.pop()) if len(terms) == 1 else 0


def _in_words(tables: tuple[CurrencyTable, ...], locale: str) -> str:
    return format_and(tuple(table.total for table in tables), locale)
