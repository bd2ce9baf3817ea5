"""Which papers go with a mail, and what stands in them: ready to be set, with nothing left to decide."""

from collections.abc import Callable
from typing import Any, Final

from core.decide.model import NoticePlan
from core.ledger import Customer, Entity
from core.own.text import OwnText
from core.policy.steps import Paper
from core.render.compose import shown_charges, transfer_of
from core.render.letter import compose_letter
from core.render.messages import CustomerMail, MailKind
from core.render.statement_csv import statement_csv
from core.render.tables import LEAST_CHARGES, LEAST_ROWS
from core.values import dataclass, replace

_CUT: Final[tuple[Paper, ...]] = ("statement-pdf", "statement-csv")
_OWN_STATEMENT: Final = frozenset({MailKind.STATEMENT, MailKind.DONATION})  # their own words are the statement's
Compose = Callable[[NoticePlan], CustomerMail]
Own = Callable[[CustomerMail], OwnText | None]


@dataclass(frozen=True, slots=True)
class Papers:
    """What is to be made for one mail: letters as core.render.letter writes them, the CSV as text."""

    attached: tuple[Paper, ...]
    letters: dict[str, dict[str, Any]]  # by paper
    csv: str | None

    @property
    def wanted(self) -> bool:
        return bool(self.letters) or self.csv is not None


def may_have_papers(plan: NoticePlan) -> bool:
    """False where a glance shows that nothing goes with the mail: most mails list an invoice or two."""
    lines = len(plan.overdue) + len(plan.coming_due)
    return bool(plan.attach) or plan.archive or lines > LEAST_ROWS or len(plan.charges) > LEAST_CHARGES


def papers_with(mail: CustomerMail, plan: NoticePlan) -> tuple[Paper, ...]:
    """What is attached: what the policy wants, and the whole list where the mail's own was cut short."""
    cut = any(table.more or table.more_charges for table in (*mail.overdue, *mail.coming))
    return tuple(dict.fromkeys((*plan.attach, *(_CUT if cut else ()))))


def compose_papers(
    plan: NoticePlan, entity: Entity, customer: Customer, attached: tuple[Paper, ...], compose: Compose, own: Own
) -> Papers:
    """The papers of a mail.

    Args: `attached` as papers_with says; `compose` makes the mail's model of a plan with every invoice listed;
        `own` tells the company's own words for it.
    """
    letters: dict[str, dict[str, Any]] = {}
    if plan.archive or "letter" in attached:
        mail = compose(plan)
        letters["letter"] = letter_of(plan, entity, customer, mail, own(mail))
    if "statement-pdf" in attached:
        listing = _as_statement(plan)
        mail = compose(listing)
        letters["statement-pdf"] = letter_of(listing, entity, customer, mail, own(mail))
    debtors = {line.item: line.debtor for line in (*plan.overdue, *plan.coming_due) if line.debtor}
    csv = statement_csv(plan, shown_charges(plan, customer), debtors) if "statement-csv" in attached else None
    return Papers(attached=attached, letters=letters, csv=None if csv is None else csv.decode())


def letter_of(
    plan: NoticePlan, entity: Entity, customer: Customer, mail: CustomerMail, own: OwnText | None = None
) -> dict[str, Any]:
    """One mail as a letter. Args: `own` sentences of the company; whole templates of its own are for mail alone."""
    code = transfer_of(plan, entity, customer)
    letter = compose_letter(
        mail,
        on=plan.as_of,
        to=customer.address,
        country=entity.country,
        qr=code.svg().decode() if code else "",
        own=own,
    )
    return letter.as_json()


def _as_statement(plan: NoticePlan) -> NoticePlan:
    if MailKind(plan.template) in _OWN_STATEMENT:
        return plan
    return replace(plan, template=MailKind.STATEMENT.value, pay_by=None)
