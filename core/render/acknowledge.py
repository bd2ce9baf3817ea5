"""From something that was received, agreed or put right to the answer that a customer reads."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypedDict

from core.decide.answers import TEMPLATES, AnsweredLine, AnswerPlan
from core.decide.model import Recipient
from core.ledger import Customer, CustomerKind, Entity, Instalment, Person
from core.render.answers import (
    AnswerMail,
    AnswerRow,
    CorrectionMail,
    DisputeReceivedMail,
    InstalmentRow,
    PlanAgreedMail,
    PromiseConfirmedMail,
    RetractionMail,
    TakenBackRow,
    ThankYouMail,
)
from core.render.clean import one_line, web_link
from core.render.compose import brand_of, contact_line, contact_of
from core.render.messages import Brand, ContactLine, MailKind
from core.render.voice import Voice, voice_of

ROWS: Final = 40  # invoices, and instalments, that one answer lists; the rest is counted and summed
KINDS: Final = {fact: MailKind(template) for fact, template in TEMPLATES.items()}


class _Shared(TypedDict):
    kind: MailKind
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None
    customer: str
    customer_id: str
    as_of: str
    amounts: tuple[str, ...]
    amount: str
    count: int
    rows: tuple[AnswerRow, ...]
    more: int
    more_amount: str
    contact: ContactLine
    page_url: str | None
    page_host: str | None
    consumer: bool


def compose_answer(
    plan: AnswerPlan,
    entity: Entity,
    customer: Customer,
    recipient: Recipient | None,
    people: Iterable[Person],
    language: str,
) -> AnswerMail:
    """The answer as one reader gets it.

    Args: `recipient` None greets nobody by name; `language` may be regional and falls to its base.
    Raises: ValueError for an answer about no invoice, or a plan without instalments.
    """
    if not plan.lines:
        raise ValueError(f"answer {plan.id} is about no invoice")
    voice = voice_of(language, customer.language, entity.language, country=customer.country or entity.country)
    shared = _shared(plan, entity, customer, recipient, list(people), voice)
    rest = voice.total(_sums((line.currency, line.rest_minor) for line in plan.lines))
    match plan.fact:
        case "payment":
            return ThankYouMail(**shared, received_on=voice.day(plan.on), remains=rest)
        case "promise":
            until = voice.day(plan.until)
            return PromiseConfirmedMail(**shared, promised_on=until, paused_until=voice.day(plan.paused_until) or until)
        case "plan":
            return _plan_agreed(plan, shared, voice)
        case "dispute":
            return DisputeReceivedMail(
                **shared, opened_on=voice.day(plan.on), answer_by=voice.day(plan.until), rest=rest
            )
        case "correction":
            return CorrectionMail(**shared, sent_on=voice.day(plan.on), why=plan.why)
        case "retraction":
            return _retraction(plan, shared, voice)


def _shared(
    plan: AnswerPlan,
    entity: Entity,
    customer: Customer,
    recipient: Recipient | None,
    people: Sequence[Person],
    voice: Voice,
) -> _Shared:
    sums = _sums((line.currency, line.minor) for line in plan.lines)
    shown, hidden = _split(plan.lines)
    owner = next((person for person in people if person.id == plan.owner and person.email), None)
    page = web_link(entity.page_url)
    return _Shared(
        kind=KINDS[plan.fact],
        language=voice.language,
        direction=voice.direction,
        brand=brand_of(entity),
        reader=one_line(recipient.name) or None if recipient and recipient.name else None,
        customer=one_line(customer.name),
        customer_id=one_line(customer.id),
        as_of=voice.day(plan.as_of),
        amounts=voice.sums(sums),
        amount=voice.total(sums),
        count=len(plan.lines),
        rows=tuple(
            AnswerRow(
                number=one_line(line.number, 60),
                amount=voice.money(line.minor, line.currency),
                rest=voice.money(line.rest_minor, line.currency),
            )
            for line in shown
        ),
        more=len(hidden),
        more_amount=voice.total(_sums((line.currency, line.minor) for line in hidden)),
        contact=contact_line(owner) if owner else contact_of(entity, customer, people),
        page_url=page[0] if page else None,
        page_host=page[1] if page else None,
        consumer=customer.kind is CustomerKind.CONSUMER,
    )


def _plan_agreed(plan: AnswerPlan, shared: _Shared, voice: Voice) -> PlanAgreedMail:
    if not plan.instalments:
        raise ValueError(f"answer {plan.id} is about a plan without instalments")
    currency = plan.lines[0].currency  # a plan has one
    parts = sorted(plan.instalments, key=lambda part: part.due_on)
    total = {currency: sum(part.minor for part in parts)}
    shared = {**shared, "amounts": voice.sums(total), "amount": voice.total(total)}
    hidden = parts[ROWS:]
    return PlanAgreedMail(
        **shared,
        agreed_on=voice.day(plan.on),
        instalments=_instalments(parts[:ROWS], currency, voice),
        instalment_count=len(parts),
        more_instalments=len(hidden),
        more_instalments_amount=voice.money(sum(part.minor for part in hidden), currency) if hidden else "",
        first_on=voice.day(parts[0].due_on),
        last_on=voice.day(parts[-1].due_on),
        outside=voice.money(plan.outside_minor, currency) if plan.outside_minor else "",
    )


def _retraction(plan: AnswerPlan, shared: _Shared, voice: Voice) -> RetractionMail:
    sums = _sums((charge.currency, charge.minor) for charge in plan.charges)
    shared = {**shared, "amounts": voice.sums(sums), "amount": voice.total(sums)}
    listed = plan.charges if len(plan.charges) <= ROWS else plan.charges[: ROWS - 1]
    hidden = plan.charges[len(listed) :]
    return RetractionMail(
        **shared,
        sent_on=voice.together(tuple(voice.day(day) for day in sorted(set(plan.days)))),
        messages=len(plan.days),
        charges=tuple(TakenBackRow(one_line(one.number, 60), voice.money(one.minor, one.currency)) for one in listed),
        more_charges=len(hidden),
        more_charges_amount=voice.total(_sums((one.currency, one.minor) for one in hidden)),
    )


def _instalments(parts: Sequence[Instalment], currency: str, voice: Voice) -> tuple[InstalmentRow, ...]:
    return tuple(
        InstalmentRow(place=place, due_on=voice.day(part.due_on), amount=voice.money(part.minor, currency))
        for place, part in enumerate(parts, start=1)
    )


def _split(lines: Sequence[AnsweredLine]) -> tuple[Sequence[AnsweredLine], Sequence[AnsweredLine]]:
    """What is listed and what is only counted; never a last line that counts a single row for nothing."""
    listed = lines if len(lines) <= ROWS else lines[: ROWS - 1]
    return listed, lines[len(listed) :]


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """By currency; those that come to nothing are left out."""
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return {currency: minor for currency, minor in sums.items() if minor}
