"""The mail of a notice: the core's message model, rendered, with our sender and the named human to answer to."""

from dataclasses import replace
from functools import partial
from typing import Any

from core.decide.model import NoticePlan, Setting
from core.ledger import Customer, Entity, Person
from core.render.clean import one_line
from core.render.compose import compose_customer_mail, contact_of
from core.render.digest import compose_digest, digest_entry
from core.render.messages import CustomerMail
from core.render.papers import Papers, compose_papers, letter_of, may_have_papers, papers_with
from core.render.render import render
from functions.shared.mailer import Mail
from functions.shared.store import customers, digests
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord


def customer_mail(plan: NoticePlan, setting: Setting, customer: Customer) -> Mail:
    """What the readers of a notice get: one mail to all of them, greeting by name only where there is one reader."""
    model = _model(plan, setting, customer)
    rendered = render(replace(model, attached=papers_with(model, plan)))
    return Mail(
        sender=setting.entity.sender,
        sender_name=setting.entity.name,
        to=tuple(recipient.email for recipient in plan.recipients),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=contact_of(setting.entity, customer, setting.people, role=plan.sender).email,
        headers={"Content-Language": rendered.language, "X-Pastdue-Kind": rendered.kind},
        cc=plan.copies,
    )


def customer_papers(plan: NoticePlan, setting: Setting, customer: Customer) -> Papers | None:
    """What goes with that mail, or is kept of it, to be made; None where nothing does."""
    if not may_have_papers(plan):
        return None
    reader, attached = setting.policy.treated(customer), papers_with(_model(plan, setting, customer), plan)
    whole = partial(_model, setting=setting, customer=customer, whole=True)
    papers = compose_papers(plan, setting.entity, reader, attached, whole)
    return papers if papers.wanted else None


def letter_paper(plan: NoticePlan, setting: Setting, customer: Customer) -> dict[str, Any]:
    """The same message to be printed."""
    whole = _model(plan, setting, customer, whole=True)
    return letter_of(plan, setting.entity, setting.policy.treated(customer), whole)


def _model(plan: NoticePlan, setting: Setting, customer: Customer, *, whole: bool = False) -> CustomerMail:
    """Args: `whole` lists every invoice, for paper."""
    first = plan.recipients[0] if plan.recipients else None
    alone = first if len(plan.recipients) == 1 else None
    reader = setting.policy.treated(customer)
    language = first.language if first else customer.language or setting.entity.language
    debtors = {line.item: line.debtor for line in (*plan.overdue, *plan.coming_due) if line.debtor}
    model = compose_customer_mail(
        plan, setting.entity, reader, alone, setting.people, language, debtors=debtors, whole=whole
    )
    return replace(model, copy_of=one_line(plan.copy_of or ""))


def digest_mail(notice: NoticeRecord, entity: Entity, person: Person, configuration: Configuration) -> Mail | None:
    """One person's digest of one night; None when no line is left to tell."""
    told = digests.of_person(entity.id, notice.as_of, person.id)
    if not told:
        return None
    known = customers.profiles(line.customer for line in told)
    entries = []
    for one in told:
        customer = known.get(one.customer) or Customer(id=one.customer, name=one.customer)
        policy = configuration.policies.get(customer.policy or entity.policy)
        entries.append(digest_entry(one.line, customer, policy))
    rendered = render(compose_digest(entries, entity, person, person.language or entity.language, notice.as_of))
    return Mail(
        sender=entity.sender,
        sender_name=entity.name,
        to=(person.email or "",),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers={"Content-Language": rendered.language, "X-Pastdue-Kind": rendered.kind},
    )
