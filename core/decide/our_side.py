"""What a decision asks of our own side: tasks, digest lines, proposals, and news for other systems."""

from datetime import date

from core.values import dataclass


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """Work for one of our own people, one per account and step, with the items that caused it."""

    id: str
    kind: str
    step: str
    items: tuple[str, ...]
    owner_role: str
    owner: str | None  # Person id; None: nobody has the role
    due_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of tonight's digest for one of our own people."""

    key: str  # item + step + occurrence + role: the same line is never told twice
    person: str
    role: str
    step: str
    item: str
    number: str
    days_past_due: int
    currency: str
    open_minor: int
    kind: str  # the effect of the step: message, task, status ...
    asked_minor: int | None = None  # without what is disputed, promised or covered by credit; None: all of it

    @property
    def to_pay_minor(self) -> int:
        """What the customer is asked for."""
        return self.open_minor if self.asked_minor is None else self.asked_minor


@dataclass(frozen=True, slots=True)
class ProposalPlan:
    """Something harsh that a person is asked to decide; the answer comes back as an Approval."""

    id: str
    step: str
    proposal: str  # what is proposed
    items: tuple[str, ...]
    owner_role: str
    owner: str | None  # Person id


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change that order and billing systems may want to hear of."""

    what: str  # credit_hold_set, credit_hold_lifted, status, proposal_granted
    step: str
    value: str = ""
