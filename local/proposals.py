"""What a night would do to an account, written out: the entries of a plan. Nothing here writes to the stack."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from core.calendar import run_instant
from core.decide.account import decide
from core.decide.model import Charge, Decision, Facts, Line, NoticePlan, Setting
from core.ledger import Hold
from core.packing import pack_steps
from functions.shared.store.config import Configuration
from local import rehearsals
from local.rehearsals import Account

# What a later look may find otherwise although the proposal is the same.
_OF_THE_HOUR: Final = frozenset({"version", "not_before", "days_past_due"})


def accounts(configuration: Configuration, as_of: date, entity_id: str | None = None) -> Iterator[Account]:
    """Every account that the night of `as_of` decides: not those that were decided for it already."""
    for entity in configuration.entities.values():
        if entity_id not in (None, entity.id):
            continue
        for customer in rehearsals.customers(entity.id, as_of):
            account = rehearsals.read(configuration, entity, customer, as_of)
            if account is not None and _is_due(account, as_of):
                yield account


def _is_due(account: Account, as_of: date) -> bool:
    check_on = account.record.next_check_on
    return check_on is not None and check_on <= as_of


def decided(facts: Facts, setting: Setting, as_of: date, now: datetime) -> Decision:
    """The night's decision: taken now, or at its hour where that lies ahead."""
    return decide(facts, setting, as_of, at=max(now, run_instant(as_of, setting.entity.zone, setting.entity.run_hour)))


def with_holds(facts: Facts, holds: Iterable[Hold]) -> Facts:
    """The facts as they will be once these holds are stored."""
    known = {hold.id: hold for hold in (*facts.holds, *holds)}
    return replace(facts, holds=tuple(known.values()))


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two entries propose the same; hours and ages may differ."""
    return bool(_lasting(one) == _lasting(other))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in _OF_THE_HOUR}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value


def is_empty(entry: dict[str, Any]) -> bool:
    """True when nothing would happen."""
    return not any(value for value in entry.values() if isinstance(value, list))


# ---------- writing it out ----------
def entry_of(account: Account, decision: Decision) -> dict[str, Any]:
    """All that one decision does, as plain JSON values: lists of messages, tasks, charges and so on."""
    numbers = {item.id: item.number for item in account.facts.items}
    return {
        "entity": account.entity,
        "customer": account.customer,
        "name": account.name,
        "version": account.record.version,
        "policy": decision.policy,
        "policy_version": decision.policy_version,
        "messages": [_message(plan) for plan in decision.notices],
        "cancelled": [{"id": cancel.id, "reason": cancel.reason.value} for cancel in decision.cancels],
        "charges": [_charge(charge) for charge in decision.charges],
        "tasks": [
            {
                "id": task.id,
                "kind": task.kind,
                "step": task.step,
                "numbers": [numbers.get(item, item) for item in task.items],
                "owner_role": task.owner_role,
                "owner": task.owner,
            }
            for task in decision.tasks
        ],
        "closed_tasks": list(decision.closed_tasks),
        "proposals": [
            {
                "id": proposal.id,
                "proposal": proposal.proposal,
                "step": proposal.step,
                "numbers": [numbers.get(item, item) for item in proposal.items],
                "owner_role": proposal.owner_role,
                "owner": proposal.owner,
            }
            for proposal in decision.proposals
        ],
        "withdrawn": list(decision.withdrawn),
        "announcements": [
            {"what": said.what, "step": said.step, "value": said.value} for said in decision.announcements
        ],
    }


def _message(plan: NoticePlan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "group": plan.group,
        "channel": plan.channel,
        "template": plan.template,
        "level": plan.level,
        "step": plan.step,
        "steps": pack_steps(plan.steps),
        "not_before": plan.not_before.isoformat(),
        "pay_by": plan.pay_by.isoformat() if plan.pay_by else None,
        "recipients": [
            {"role": one.role, "contact": one.contact, "email": one.email, "language": one.language}
            for one in plan.recipients
        ],
        "totals": plan.totals,
        "credits": dict(plan.credits),
        "overdue": [_line(line) for line in plan.overdue],
        "coming_due": [_line(line) for line in plan.coming_due],
        "charges": [_charge(charge) for charge in plan.charges],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "item": line.item,
        "number": line.number,
        "due_on": line.due_on.isoformat(),
        "days_past_due": line.days_past_due,
        "currency": line.currency,
        "open_minor": line.open_minor,
        "withheld_minor": line.withheld_minor,
        "credit_minor": line.credit_minor,
        "due_minor": line.due_minor,
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {
        "id": charge.id,
        "item": charge.item,
        "number": charge.number,
        "kind": charge.kind.value,
        "currency": charge.currency,
        "minor": charge.minor,
        "step": charge.step,
        "new": charge.new,
    }
