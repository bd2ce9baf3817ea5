"""What a run did, in the words of the cases: notices, requests, tasks, states, and documents."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from core.decide.model import Decision, NoticePlan
from core.decide.tracks import HAND_OVER
from core.ledger import ItemKind
from core.policy.schema import Effect
from tests.conformance.accounts import chased_at
from tests.conformance.case import Case
from tests.conformance.replay import Account

OPTIONAL: Final = "still_open"  # an action that a case may pass over


def notice_actions(account: Account, notice: NoticePlan) -> Iterator[dict[str, Any]]:
    if account.policy.advance == "repeat":
        drafted = [account.shows(due) for due in notice.steps]
        yield {**_request(account, notice), OPTIONAL: all(drafted)}
        return
    lines = {line.item: line for line in (*notice.overdue, *notice.coming_due)}
    for due in notice.steps:
        line, step = lines[due.item], account.step(due)
        yield {
            **account.name,
            "action": "notice",
            "item": due.item,
            "currency": line.currency,
            "level": step.level,
            "balance_minor": line.open_minor - line.credit_minor,
            "original_minor": line.original_minor,
            "fee_minor": _charged(notice, ItemKind.FEE, item=due.item),
            "interest_minor": _charged(notice, ItemKind.INTEREST, item=due.item),
            "channel": step.channel,
            "sender": step.sender,
            "recipient_role": ", ".join(step.audience.customer),
            "recipients": [reader.email for reader in notice.recipients],
            "due_date": None if notice.pay_by is None else notice.pay_by.isoformat(),
            OPTIONAL: account.shows(due),
        }


def _request(account: Account, notice: NoticePlan) -> dict[str, Any]:
    """One message that lists everything overdue."""
    total = sum(line.due_minor for line in notice.overdue)
    return {
        **account.name,
        "action": account.action,
        "items": sorted(line.item for line in notice.overdue),
        "item": notice.overdue[0].item if len(notice.overdue) == 1 else None,
        "balance_minor": total,
        "currency": ", ".join(sorted({line.currency for line in notice.overdue})),
        "total_minor": total,
        "amount_minor": total,
        "attempt": account.attempts(notice),
        "channel": notice.channel,
        "sender": notice.sender,
        "recipients": [reader.email for reader in notice.recipients],
    }


def _charged(notice: NoticePlan, kind: ItemKind, item: str | None = None) -> int:
    """New charges of a kind; with an item its own ones, which are not the fee of the document."""
    new = [charge for charge in notice.charges if charge.new and charge.kind is kind]
    if item is not None:
        new = [charge for charge in new if charge.item == item and not charge.of_message]
    return sum(charge.minor for charge in new)


def shown(account: Account, notice: NoticePlan) -> dict[str, Any]:
    """A message as the cases see a document: items chased, items only listed, fees."""
    chased = sorted({due.item for due in notice.steps})
    lines = {line.item: line for line in (*notice.overdue, *notice.coming_due)}
    balance = sum(lines[item].open_minor - lines[item].credit_minor for item in chased)
    fees = {item: _charged(notice, ItemKind.FEE, item=item) for item in chased}
    document_fee = _charged(notice, ItemKind.FEE) - sum(fees.values())
    interest = _charged(notice, ItemKind.INTEREST)
    levels = [account.step(due).level for due in notice.steps]
    return {
        **account.name,
        "items": chased,
        "level": max(levels, default=0),
        "currency": ", ".join(sorted({lines[item].currency for item in chased})),
        "fee_minor": document_fee,
        "item_fees_minor": fees,
        "total_fee_minor": document_fee + sum(fees.values()),
        "interest_minor": interest,
        "total_balance_minor": balance,
        "total_minor": balance + document_fee + sum(fees.values()) + interest,
        "due_date": None if notice.pay_by is None else notice.pay_by.isoformat(),
        "not_due_items": sorted(set(lines) - set(chased)),
        "channel": notice.channel,
    }


def task_actions(account: Account, decision: Decision) -> Iterator[dict[str, Any]]:
    """Work for a person. A task beside a message of the same level is part of that message unless it is asserted."""
    noticed = {due.item for notice in decision.notices for due in notice.steps}
    for task in decision.tasks:
        if task.step == HAND_OVER and account.policy.advance != "repeat":
            word = account.on_exhausted or "final"
            yield from ({**account.name, "action": word, "item": item} for item in task.items)
        step = account.policy.step(task.step)
        if step is None or step.effect is not Effect.TASK:
            continue
        for item in task.items:
            yield {**account.name, "action": "task", "item": item, "task": task.kind, OPTIONAL: item in noticed}


def item_stages(account: Account, as_of: date, run: int) -> Iterator[dict[str, Any]]:
    """The state of each item, where states belong to items; said only when asked for."""
    for item, level in account.item_levels(as_of, run).items():
        yield {**account.name, "action": "stage", "item": item, "level": level, "stage": account.stage_of(level),
               OPTIONAL: True}  # fmt: skip


def stage_actions(accounts: Sequence[Account], stages: dict[str, str | None], case: Case) -> Iterator[dict[str, Any]]:
    """The state of every customer: that of the account on which it is chased. The first one's is always said."""
    customers = {customer: stages[account] for customer, account in chased_at(case, stages).items()}
    for number, account in enumerate(account for account in accounts if account.staged):
        stage = stages[str(account.who["id"])]
        yield {
            **account.name,
            "action": "stage",
            "stage": stage,
            "customers": customers,
            "effects": account.effects_of(stage),
            OPTIONAL: number > 0,
        }
