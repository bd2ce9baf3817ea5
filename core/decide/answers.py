"""What may be answered: something the customer did, or a message of ours that was not right."""

from datetime import date, datetime
from typing import Final, Literal

from core.decide.model import Charge, Recipient
from core.ledger import Instalment
from core.values import dataclass

Wrong = Literal["wrong", "overtaken"]  # what is said of a message that is put right
Fact = Literal["payment", "promise", "plan", "dispute", "correction", "retraction"]
TEMPLATES: Final[dict[Fact, str]] = {
    "payment": "thank-you",
    "promise": "promise-confirmed",
    "plan": "plan-agreed",
    "dispute": "dispute-received",
    "correction": "correction",
    "retraction": "retraction",
}


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """One invoice that an answer is about."""

    item: str
    number: str
    currency: str
    minor: int  # received, promised, in the plan, disputed; of a correction: open now; of a retraction: all of it
    rest_minor: int = 0  # what else is open of it


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """One answer to one account, nothing in it formatted yet."""

    id: str
    fact: Fact
    on: date  # received, said, agreed, opened; of a correction: when the message that was not right had left
    lines: tuple[AnsweredLine, ...]
    recipients: tuple[Recipient, ...]
    not_before: datetime  # UTC; inside the reader's hours
    as_of: date
    facts: tuple[str, ...] = ()  # the keys of what is answered: each is answered once
    until: date | None = None  # promised for, or to be answered by
    paused_until: date | None = None  # the last day without reminders about a promise
    instalments: tuple[Instalment, ...] = ()
    outside_minor: int = 0  # of the invoices in a plan: in no instalment, and due with the last one
    owner: str | None = None  # Person id: who looks at a dispute
    why: Wrong = "wrong"  # of a correction
    days: tuple[date, ...] = ()  # of a retraction: when each message had left
    charges: tuple[Charge, ...] = ()  # of a retraction: taken back
