"""The mail of a notice: the core's message model, rendered, with our sender and the named human to answer to."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from jinja2 import TemplateError

from core.decide.model import Facts, NoticePlan, Setting
from core.ledger import Customer, Entity, Person
from core.own.text import OwnText
from core.render.answers import AnswerMail
from core.render.clean import one_line
from core.render.compose import compose_customer_mail, contact_of
from core.render.digest import compose_digest, digest_entry
from core.render.messages import CustomerMail
from core.render.papers import Papers, compose_papers, letter_of, may_have_papers, papers_with
from core.render.remarks import note_of
from core.render.render import Rendered, render
from core.render.texts import compose_text
from core.values import dataclass, replace
from functions.send_notices.additions import additions
from functions.shared.mailer import Mail
from functions.shared.settings import Settings
from functions.shared.store import customers, digests, own_words
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.texter import Text

Words = Callable[[str, str], OwnText | None]  # kind of message, language -> the company's own words for it


class OwnWordsError(RuntimeError):
    """The company's own template failed on a message that it was never tried with."""


@dataclass(frozen=True, slots=True)
class Writing:
    """One planned notice, and everything that its words come from."""

    plan: NoticePlan
    setting: Setting
    facts: Facts
    words: Words = lambda _kind, _language: None

    @property
    def reader(self) -> Customer:
        """The customer as the policy treats it."""
        return self.setting.policy.treated(self.facts.customer)

    def model(self, plan: NoticePlan | None = None, *, whole: bool = False) -> CustomerMail:
        """The message. Args: `plan` in the place of this one; `whole` lists every invoice, for paper."""
        plan, setting = plan or self.plan, self.setting
        first = plan.recipients[0] if plan.recipients else None
        alone = first if len(plan.recipients) == 1 else None
        language = first.language if first else self.facts.customer.language or setting.entity.language
        debtors = {line.item: line.debtor for line in (*plan.overdue, *plan.coming_due) if line.debtor}
        mail = compose_customer_mail(
            plan, setting.entity, self.reader, alone, setting.people, language, debtors=debtors, whole=whole
        )
        note = note_of(self.facts.remarks, mail.kind.value, plan.as_of, setting.people)
        return replace(mail, recorded=setting.policy.marks, copy_of=one_line(plan.copy_of or ""), note=note)

    def own(self, mail: CustomerMail) -> OwnText | None:
        """The company's own words for a message."""
        return self.words(mail.kind.value, mail.language)


def writing_of(plan: NoticePlan, setting: Setting, record: AccountRecord, configuration: Configuration) -> Writing:
    """A planned notice in its company's own words, where it has some."""
    return Writing(plan, setting, record.facts, partial(own_words.for_message, configuration, record.entity))


def customer_mail(writing: Writing) -> Mail:
    """What the readers of a notice get: one mail to all of them, greeting by name only where there is one reader.

    Raises: OwnWordsError.
    """
    plan, setting = writing.plan, writing.setting
    added = additions(plan, setting, writing.reader)
    human = contact_of(setting.entity, writing.facts.customer, setting.people, role=plan.sender)
    model = added.put_into(writing.model())
    rendered = rendered_in(replace(model, attached=papers_with(model, plan)), writing.own(model))
    return Mail(
        sender=setting.entity.sender,
        sender_name=setting.entity.name,
        to=tuple(recipient.email for recipient in plan.recipients),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=added.reply_to or human.email,
        headers={"Content-Language": rendered.language, "X-Pastdue-Kind": rendered.kind, **added.headers},
        cc=plan.copies,
        attachments=added.shown_in(rendered.html),
    )


def text_message(writing: Writing) -> Text | Mail:
    """The same as a text message to the one telephone of the plan; as a mail where every message is diverted.

    Raises: OwnWordsError.
    """
    plan, entity = writing.plan, writing.setting.entity
    model = additions(plan, writing.setting, writing.reader).put_into(writing.model())
    own = writing.own(model)
    try:
        text = compose_text(model, own=own)
    except ValueError as error:
        raise OwnWordsError(f"{model.kind} in {model.language} as a text: {error}") from error
    to, whatsapp = plan.recipients[0].phone, plan.channel == "whatsapp"
    if Settings.from_env().divert_all_mail_to:
        return Mail(
            entity.sender, entity.name, (to,), f"{plan.channel}: {to}", text.body, f"<pre>{escape(text.body)}</pre>"
        )
    return Text(
        channel="whatsapp" if whatsapp else "sms",
        sender=(entity.whatsapp_sender if whatsapp else entity.sms_sender) or "",
        to=to,
        language=text.language,
        body=text.body,
        template=text.template,
        values=text.values,
    )


def rendered_in(mail: CustomerMail | AnswerMail, own: OwnText | None) -> Rendered:
    """The message in the company's own words, or in ours. Raises: OwnWordsError."""
    if own is None:
        return render(mail)
    try:
        rendered = render(mail, own=own)
    except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
        raise OwnWordsError(f"{own.kind} in {own.language}: {type(error).__name__}") from error
    if not (rendered.subject.strip() and rendered.text.strip() and rendered.html.strip()):
        raise OwnWordsError(f"{own.kind} in {own.language}: a part came out empty")
    return rendered


def customer_papers(writing: Writing) -> Papers | None:
    """What goes with that mail, or is kept of it, to be made; None where nothing does."""
    plan = writing.plan
    if not may_have_papers(plan):
        return None
    attached, whole = papers_with(writing.model(), plan), partial(writing.model, whole=True)
    papers = compose_papers(plan, writing.setting.entity, writing.reader, attached, whole, writing.own)
    return papers if papers.wanted else None


def letter_paper(writing: Writing) -> dict[str, Any]:
    """The same message to be printed."""
    whole = writing.model(whole=True)
    return letter_of(writing.plan, writing.setting.entity, writing.reader, whole, writing.own(whole))


def digest_mail(notice: NoticeRecord, entity: Entity, person: Person, configuration: Configuration) -> Mail | None:
    """One person's digest of one night; None when no line is left to tell."""
    told = digests.of_person(entity.id, notice.as_of, person.id)
    if not told:
        return None
    known = customers.profiles((line.customer for line in told), consistent=False)  # names, in a list
    entries = []
    for one in told:
        customer = known.get(one.customer) or Customer(id=one.customer, name=one.customer)
        policy = configuration.policies.get(customer.policy or entity.policy)
        entries.append(digest_entry(one.line, customer, policy))
    digest = compose_digest(entries, entity, person, person.language or entity.language, notice.as_of)
    return mail_to_person(entity, person, render(digest))


def mail_to_person(entity: Entity, person: Person, rendered: Rendered) -> Mail:
    """A mail to one of our own people: no copy, nothing to answer to but the sender."""
    return Mail(
        sender=entity.sender,
        sender_name=entity.name,
        to=(person.email or "",),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers={"Content-Language": rendered.language, "X-Pastdue-Kind": rendered.kind},
    )
