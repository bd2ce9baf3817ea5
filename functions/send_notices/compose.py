"""The mail of a notice: the core's message model, rendered, with our sender and the named human to answer to."""

from dataclasses import replace

from core.decide.model import NoticePlan, Setting
from core.ledger import Customer, Entity, Person
from core.render.clean import one_line
from core.render.compose import compose_customer_mail, contact_of
from core.render.digest import compose_digest, digest_entry
from core.render.render import render
from functions.shared.mailer import Mail
from functions.shared.store import customers, digests
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord


def customer_mail(plan: NoticePlan, setting: Setting, customer: Customer) -> Mail:
    """What the readers of a notice get: one mail to all of them, greeting by name only where there is one reader."""
    first = plan.recipients[0]
    alone = first if len(plan.recipients) == 1 else None
    reader = setting.policy.treated(customer)
    debtors = {line.item: line.debtor for line in (*plan.overdue, *plan.coming_due) if line.debtor}
    model = compose_customer_mail(plan, setting.entity, reader, alone, setting.people, first.language, debtors=debtors)
    rendered = render(replace(model, copy_of=one_line(plan.copy_of or "")))
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
