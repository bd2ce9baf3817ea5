"""What the tracks beside the messages bring in one night, gathered while they run."""

from dataclasses import field
from datetime import date

from core.balance import Netted
from core.decide.model import Charge, Held
from core.decide.our_side import Announcement, ProposalPlan, TaskPlan
from core.policy.schema import Step
from core.state import AccountState
from core.values import dataclass, replace


@dataclass(slots=True)
class Effects:
    """What tonight's steps without a message amount to."""

    state: AccountState
    tasks: list[TaskPlan] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    told: list[tuple[Step, Netted]] = field(default_factory=list)  # done tonight; digest lines to write, one an item
    also_told: list[tuple[Step, Netted, int]] = field(default_factory=list)  # occurrences, and what was carried out
    approved: list[tuple[Step, Netted]] = field(default_factory=list)  # the sales owner hears of it
    ahead: list[date] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    proposals: list[ProposalPlan] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def mark(self, key: str, rows: list[Netted]) -> None:
        """Remember on each item that the step was done."""
        items = dict(self.state.items)
        for row in rows:
            was = self.state.item(row.item.id)
            items[row.item.id] = replace(was, effects=(*was.effects, key))
        self.state = replace(self.state, items=items)

    def mark_account(self, key: str) -> None:
        """Remember on the account that the step was done."""
        self.state = replace(self.state, done=(*self.state.done, key))
