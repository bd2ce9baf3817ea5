"""What a night brings, as a flat list: one entry a message, task, charge, hold, mark and proposal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Final

from core.decide.model import Charge, Decision, NoticePlan
from core.rehearsal.nights import Night
from core.values import dataclass


class What(StrEnum):
    """Kinds of thing that a night brings."""

    MESSAGE = "message"
    TASK = "task"
    CHARGE = "charge"  # a fee, late interest or compensation
    HOLD = "credit hold"  # no new orders on credit
    LIFT = "hold lifted"  # ... no longer so
    STATUS = "status"
    PROPOSAL = "proposal"


CLEARED: Final = "cleared"  # in place of a mark
_HOLDS: Final = {"credit_hold_set": What.HOLD, "credit_hold_lifted": What.LIFT}


@dataclass(frozen=True, slots=True)
class Coming:
    """One thing that will happen to one account."""

    on: date
    entity: str
    customer: str
    what: What
    name: str  # the template, the kind of task or charge, the mark, what is proposed
    step: str
    level: int = 0  # the tone of a message
    items: tuple[str, ...] = ()  # ids, in the order of the ledger
    numbers: tuple[str, ...] = ()  # of the same items
    amounts: Mapping[str, int] = field(default_factory=dict)  # minor units by currency: asked for, charged, or open
    readers: tuple[str, ...] = ()  # role and contact of each; of a task its owner


def coming(night: Night, entity: str) -> tuple[Coming, ...]:
    """All that one night brings to its account, messages first."""
    return tuple(_told(night, entity))


def _told(night: Night, entity: str) -> Iterator[Coming]:
    decision = night.decision
    told = _Teller(entity, night)
    for plan in decision.notices:
        yield told.message(plan)
        yield from (told.charge(charge) for charge in plan.charges if charge.new)
    yield from (told.charge(charge) for charge in decision.charges)
    for task in decision.tasks:
        owner = (task.owner_role, *((task.owner,) if task.owner else ()))
        yield told.of(What.TASK, task.kind, task.step, task.items, owner)
    for proposal in decision.proposals:
        owner = (proposal.owner_role, *((proposal.owner,) if proposal.owner else ()))
        yield told.of(What.PROPOSAL, proposal.proposal, proposal.step, proposal.items, owner)
    yield from _announced(told, decision)


def _announced(told: "_Teller", decision: Decision) -> Iterator[Coming]:
    """Credit holds and marks, with the items that cause them."""
    for said in decision.announcements:
        caused = [due.item for due in decision.done if due.step == said.step]
        if said.what == "status":
            yield told.of(What.STATUS, said.value or CLEARED, said.step, caused)
        elif said.what in _HOLDS:
            effects = decision.state.open_effects.values()
            items = next((effect.items for effect in effects if effect.step == said.step), tuple(caused))
            yield told.of(_HOLDS[said.what], "", said.step, items)


@dataclass(frozen=True, slots=True)
class _Teller:
    entity: str
    night: Night

    def message(self, plan: NoticePlan) -> Coming:
        lines = (*plan.overdue, *plan.coming_due)
        amounts = _sums([*((line.currency, line.due_minor) for line in plan.coming_due), *plan.totals.items()])
        return Coming(
            on=plan.as_of,
            entity=self.entity,
            customer=self.night.facts.customer.id,
            what=What.MESSAGE,
            name=plan.template,
            step=plan.step,
            level=plan.level,
            items=tuple(line.item for line in lines),
            numbers=tuple(line.number for line in lines),
            amounts=amounts,
            readers=("by letter",)
            if plan.by_post
            else tuple(f"{reader.role} {reader.contact}".strip() for reader in plan.recipients),
        )

    def charge(self, charge: Charge) -> Coming:
        return self._entry(
            What.CHARGE,
            charge.kind.value,
            charge.step,
            (charge.item,),
            (charge.number,),
            {charge.currency: charge.minor},
        )

    def of(self, what: What, name: str, step: str, items: Iterable[str], readers: tuple[str, ...] = ()) -> Coming:
        wanted = set(items)
        found = [item for item in self.night.facts.items if item.id in wanted]
        amounts = _sums((item.currency, item.open_minor) for item in found)
        numbers = tuple(item.number for item in found)
        return self._entry(what, name, step, tuple(item.id for item in found), numbers, amounts, readers)

    def _entry(
        self,
        what: What,
        name: str,
        step: str,
        items: tuple[str, ...],
        numbers: tuple[str, ...],
        amounts: Mapping[str, int],
        readers: tuple[str, ...] = (),
    ) -> Coming:
        customer, on = self.night.facts.customer.id, self.night.decision.as_of
        return Coming(on, self.entity, customer, what, name, step, 0, items, numbers, amounts, readers)


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, minor in amounts:
        sums[currency] = sums.get(currency, 0) + minor
    return sums
