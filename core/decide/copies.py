"""The subsidiary's copy of a message to its parent: its own invoices, in the words of that message.

Source: the decision semantics, "Units" (`chase_at: both`): the parent's message counts for levels, the copy has no tone
of its own. It shows nothing of the parent's or of another subsidiary's invoices.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from core.balance import Netted
from core.decide.account import survey
from core.decide.charges import message_charges
from core.decide.groups import group_of
from core.decide.looks import Reached
from core.decide.message import first_instant
from core.decide.model import Facts, NoticePlan, Reason, Recipient, Setting
from core.decide.night import Night
from core.decide.readers import customer_readers
from core.decide.tables import Stand, credits_used, lines_of
from core.ledger import Contact, Customer
from core.policy.schema import Step
from core.values import replace


class Original(NamedTuple):
    """The message that went to the parent, as far as the copy repeats it."""

    id: str  # of the copy
    group: str
    step: str  # its highest step: whose roles receive
    level: int
    template: str


def reader_of(parent: Customer, subsidiary: Customer) -> Customer:
    """The subsidiary as its copy treats it: who spares the parent in hardship does not press its subsidiary."""
    return subsidiary.model_copy(update={"hardship": True}) if parent.hardship else subsidiary


def copy_plan(
    parent: Facts,
    reader: tuple[Customer, Collection[Contact]],
    setting: Setting,
    original: Original,
    items: Collection[str],
    moment: datetime,
    as_of: date,
) -> NoticePlan | Reason:
    """What the subsidiary gets now, or why it gets nothing.

    Args: `parent` the account that was written to; `reader` the subsidiary and its contacts; `items` those of its
    invoices that the message listed: of them what may still be asked for.
    """
    customer, contacts = reader
    if parent.customer.insolvent:
        return Reason.INSOLVENT
    night = survey(replace(parent, customer=customer, contacts=tuple(contacts)), setting, as_of)
    stands = [_stand(row, night) for row in night.rows if row.item.id in items]
    wanted = [stand for stand in stands if stand.row.dunnable]
    if not wanted:
        return next((stand.row.blocked for stand in stands if stand.row.blocked), Reason.SETTLED)
    step = night.step(original.step)
    if step is None:
        return Reason.UP_TO_DATE  # of an item's own policy, which is gone: nobody can say who was to read it
    roles = step.audience.customer
    theirs, _ = customer_readers(parent, setting, roles)
    readers, _ = customer_readers(night.facts, setting, roles)
    known = {one.email.lower() for one in theirs}
    left = tuple(one for one in readers if one.email.lower() not in known)
    if not left:
        return Reason.UP_TO_DATE if readers else Reason.NO_ADDRESS  # whoever reads for both has it already
    return _plan(wanted, left, original, step, parent.customer.name, moment, night)


def _plan(
    wanted: list[Stand],
    readers: tuple[Recipient, ...],
    original: Original,
    step: Step,
    parent: str,
    moment: datetime,
    night: Night,
) -> NoticePlan:
    overdue = lines_of([stand for stand in wanted if stand.row.days_past_due >= 1])
    coming = lines_of([stand for stand in wanted if stand.row.days_past_due < 1])
    asked_by = (night.state(stand.row).pay_by for stand in wanted)
    return NoticePlan(
        id=original.id,
        group=original.group,
        level=original.level,
        template=original.template,
        step=original.step,
        steps=(),  # it raises nothing
        overdue=tuple(line._replace(debtor=None) for line in overdue),
        coming_due=tuple(line._replace(debtor=None) for line in coming),
        credits=credits_used(overdue),
        recipients=readers,
        not_before=first_instant(readers, night, moment, night.policy.send_days),
        as_of=night.as_of,
        charges=message_charges(night, wanted, (), step),
        pay_by=max((day for day in asked_by if day is not None and day >= night.as_of), default=None),
        sender=step.sender,
        copy_of=parent,
    )


def _stand(row: Netted, night: Night) -> Stand:
    return Stand(row, Reached(), in_doubt=False, level=row.level, group=group_of(row, row.level, night.policy))
