"""The mail that answers what a customer did."""

from core.decide.answers import AnswerPlan
from core.decide.model import Setting
from core.ledger import Customer
from core.render.acknowledge import compose_answer
from core.render.compose import contact_of
from core.values import replace
from functions.send_notices.additions import around
from functions.send_notices.compose import Words, rendered_in
from functions.shared.mailer import Mail


def answer_mail(answer: AnswerPlan, setting: Setting, customer: Customer, words: Words) -> Mail:
    """One mail to all its readers, greeting by name only where there is one. Raises: OwnWordsError."""
    entity, first = setting.entity, answer.recipients[0]
    alone = first if len(answer.recipients) == 1 else None
    treated = setting.policy.treated(customer)
    added = around(answer.id, [line.item for line in answer.lines], setting, customer)
    model = compose_answer(answer, entity, treated, alone, setting.people, first.language)
    host = model.page_host if added.page_url else None  # without a signature the page would open nobody's account
    model = replace(model, preferences_url=added.preferences_url, page_url=added.page_url, page_host=host)
    rendered = rendered_in(model, words(model.kind.value, model.language))
    return Mail(
        sender=entity.sender,
        sender_name=entity.name,
        to=tuple(recipient.email for recipient in answer.recipients),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=added.reply_to or model.contact.email or contact_of(entity, customer, setting.people).email,
        headers={"Content-Language": rendered.language, "X-Pastdue-Kind": rendered.kind, **added.headers},
    )
