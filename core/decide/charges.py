"""What being late costs, as a night charges it: fees, interest, the fixed sum of the law. Each cause has one id.

Source: the decision semantics, "Fees and interest": a fee once per item, level and cycle; the fixed sum once an
invoice, ever; without a rate row nothing is charged and nothing guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from fractions import Fraction
from typing import Protocol

from core.balance import Netted
from core.compensation import compensation_minor
from core.decide.looks import Reached
from core.decide.model import Charge
from core.decide.night import Night
from core.decide.reach import reach_on
from core.fees import fee_minor
from core.keys import stable_id
from core.late_interest import late_interest
from core.ledger import Entity, Item, ItemKind
from core.on_account import covering
from core.policy.charges import ENTITY
from core.policy.fee import Convert, Fee
from core.policy.schema import Effect, Policy, Step
from core.refusals import ChargeRefusedError
from core.values import replace


class Due(Protocol):
    """An item in a message, with the step that is due for it tonight."""

    @property
    def row(self) -> Netted: ...

    @property
    def reached(self) -> Reached: ...


def message_charges(night: Night, listed: Sequence[Due], due: Sequence[Due], tone: Step) -> tuple[Charge, ...]:
    """The charges that a message shows: those that stand on its invoices, and those that its acceptance will post.

    A step that the amounts do not carry (its level is above the tone) charges nothing.
    """
    charges = list(_standing(listed, night))
    costly = [one for one in due if one.reached.step is not None and one.reached.step.charges]
    if costly:
        charges += _coming(due, tone, night)
    if not charges:
        return ()
    posted = {charge.id for charge in charges if not charge.new}
    return tuple(charge for charge in charges if not charge.new or charge.id not in posted)


def _coming(due: Sequence[Due], tone: Step, night: Night) -> Iterator[Charge]:
    """What the acceptance of the message will post."""
    loud = [one for one in due if one.reached.step is not None and _carried(one.reached.step, tone, night)]
    for one in loud:
        if one.reached.step is not None:
            yield from _of_item(one.reached.step, one.row, night)
    yield from _of_document(loud, night)


def fees_of(step: Step, rows: Sequence[Netted], night: Night) -> list[Charge]:
    """The fees that a step without message posts."""
    return [charge for row in rows for charge in _fee(step, row, night, step.id)]


def interest_of(step: Step, rows: Sequence[Netted], night: Night) -> list[Charge]:
    """The interest that a step without message posts: all up to tonight, less what was posted before."""
    return [charge for row in rows for charge in _interest(step, row, night)]


def interest_in(charges: Sequence[Charge]) -> dict[str, int]:
    """The new interest among charges, by invoice: what an item's memory counts as posted from then on."""
    return {charge.item: charge.minor for charge in charges if charge.new and charge.kind is ItemKind.INTEREST}


def no_rate_for(night: Night) -> list[str]:
    """What keeps interest from being reckoned for items that have reached a step that charges it; said once each."""
    if night.policy.interest is None and not night.setting.policies:
        return []
    found = dict[tuple[str, date], str]()  # by policy and due date: all that a rate depends on
    for row in night.rows:
        policy = night.policy_of(row.item)
        if policy.interest is None or not row.dunnable or row.days_past_due < 1:
            continue
        key = (policy.policy, row.item.due_on)
        if key not in found and _bears_interest(row, policy, night):
            found[key] = _refusal(row, policy, night)
    return list(dict.fromkeys(said for said in found.values() if said))


def _bears_interest(row: Netted, policy: Policy, night: Night) -> bool:
    """True when the item has reached a step that charges interest."""
    steps = (s for s in policy.steps if not s.off and (s.charge_interest or s.effect is Effect.INTEREST))
    days = (reach_on(step, row, night) for step in steps)
    return any(day is not None and day <= night.as_of for day in days)


def _refusal(row: Netted, policy: Policy, night: Night) -> str:
    """Why no interest can be reckoned; empty when it can."""
    try:
        _interest_minor(row, policy, night)
    except ChargeRefusedError as refused:
        return str(refused)
    return ""


def _carried(step: Step, tone: Step, night: Night) -> bool:
    return step.level <= tone.level or night.policy.materiality_of == "wording"


def _standing(listed: Sequence[Due], night: Night) -> Iterator[Charge]:
    charged = [row for row in night.rows if row.item.of is not None]
    if not charged:
        return  # as on most accounts
    invoices = {one.row.item.id for one in listed}
    numbers = {row.item.id: row.item.number for row in night.rows}
    for row in charged:
        item = row.item
        minor = item.open_minor - row.withheld
        if item.kind.principal or item.of not in invoices or minor <= 0 or _taken_back(item, night):
            continue
        yield Charge(item.id, item.of, numbers[item.of], item.kind, item.currency, minor)


def _taken_back(charge: Item, night: Night) -> bool:
    """True when a posted charge was waived since: all of its invoice, or that of its step or level."""
    for waiver in night.facts.waivers:
        if waiver.item != charge.of:
            continue
        invoice = next(row.item for row in night.rows if row.item.id == charge.of)
        named = [f"L{waiver.level}"] if waiver.level is not None else []
        named += [waiver.step] if waiver.step is not None else []
        if not named or any(charge.id == _id(ItemKind.FEE, invoice, night, once) for once in named):
            return True
    return False


def _of_item(step: Step, row: Netted, night: Night) -> Iterator[Charge]:
    """Everything that one step charges on one invoice."""
    if step.fee is not None and not _had_fee(step, row, night):
        yield from _fee(step, row, night, f"L{step.level}" if step.level else step.id)
    if step.charge_interest:
        yield from _interest(step, row, night)
    if step.charge_compensation:
        yield from _compensation(step, row, night)


def _of_document(loud: Sequence[Due], night: Night) -> Iterator[Charge]:
    """Once for the message, by the highest level due; posted on the oldest invoice of that level."""
    found = [(one.row, one.reached) for one in loud]
    top = max((reached.step.level for _, reached in found if reached.step), default=0)
    first = min(
        ((row, reached) for row, reached in found if reached.step and reached.step.level == top),
        key=lambda pair: (pair[0].item.due_on, pair[0].item.id),
        default=None,
    )
    if first is None or first[1].step is None or first[1].step.document_fee is None:
        return
    row, reached = first
    step = first[1].step
    if _free(step, row, night):
        return
    total = sum(one.row.due for one in loud if one.row.item.currency == row.item.currency)
    minor = _fee_minor(first[1].step.document_fee, total, row, night)
    if minor:
        charge = _charge(ItemKind.FEE, row, minor, step, night, "document", step.id, str(reached.occurrence))
        yield replace(charge, of_message=True)


def _fee(step: Step, row: Netted, night: Night, once: str) -> Iterator[Charge]:
    """Args: `once` the level or step that is charged once an item and cycle."""
    if step.fee is None or _free(step, row, night):
        return
    minor = _fee_minor(step.fee, row.due, row, night)
    if minor:
        yield _charge(ItemKind.FEE, row, minor, step, night, once)


def _fee_minor(fee: Fee, base: int, row: Netted, night: Night) -> int:
    number = night.state(row).attempts + 1
    with suppress(ChargeRefusedError):  # a currency that the fee says nothing about: `policy check` names it
        rates = _rates(fee, row.item.currency, night.setting.entity)
        return fee_minor(fee, base, row.item.currency, number=number, rates=rates)
    return 0


def _rates(fee: Fee, currency: str, entity: Entity) -> Mapping[str, str]:
    """The month's pinned rate between the fee's own currency and that of the invoice."""
    if not isinstance(fee, Convert) or entity.currency is None:
        return {}
    quoted = {**entity.rates, entity.currency: "1"}
    if fee.currency not in quoted or currency not in quoted:
        return {}
    return {f"{fee.currency}/{currency}": str(Fraction(quoted[fee.currency]) / Fraction(quoted[currency]))}


def _had_fee(step: Step, row: Netted, night: Night) -> bool:
    """True when an earlier message charged the level, in this cycle."""
    had = (other for other in _climbed(row, night) if other.fee is not None)
    return any(other.level == step.level if step.level else other.id == step.id for other in had)


def _climbed(row: Netted, night: Night) -> Sequence[Step]:
    """The ladder up to the step that was last accepted for the item."""
    ladder, last = night.policy_of(row.item).messages, night.state(row).step
    for index, step in enumerate(ladder):
        if night.key(step, row.item) == last:
            return ladder[: index + 1]
    level = night.state(row).level
    return [step for step in ladder if 0 < step.level <= level]


def _compensation(step: Step, row: Netted, night: Night) -> Iterator[Charge]:
    policy, entity = night.policy_of(row.item), night.setting.entity
    if policy.compensation is None or row.disputed or _free(step, row, night):
        return
    country = entity.country if policy.compensation.statutory == ENTITY else policy.compensation.statutory
    stands = any(i.kind is ItemKind.COMPENSATION and i.of == row.item.id for i in night.facts.items)
    before = stands or any(other.charge_compensation for other in _climbed(row, night))
    kind, minor = night.facts.customer.kind, 0
    with suppress(ChargeRefusedError):  # a law that grants none in this currency
        minor = compensation_minor(
            country or "", _owed_when_late(row.item), row.item.currency, kind, charged_before=before
        )
    if minor:
        yield _charge(ItemKind.COMPENSATION, row, minor, step, night)


def _owed_when_late(item: Item) -> int:
    """What the law's sum goes by: the debt without what came, or was credited, in time."""
    return item.open_minor + sum(minor for on, minor in _paid(item) if on > item.due_on)


def _paid(item: Item) -> list[tuple[date, int]]:
    """What was paid or credited in part, by the day on which it came where that is known."""
    days = item.paid_days or {}
    return [(days.get(payment.id, payment.recorded_on), payment.minor) for payment in item.part_payments]


def _lies_there(row: Netted, night: Night) -> list[tuple[date, int]]:
    """What covers the item and lies on account: it is with us, and bears no interest from its first day on."""
    if not row.credit:
        return []
    lies_on = covering(night.facts.credits, night.policy, row.item.currency, row.credit)
    return [(one.booked_on, minor) for one, minor in lies_on]


def _interest(step: Step, row: Netted, night: Night) -> Iterator[Charge]:
    policy, posted = night.policy_of(row.item), night.state(row).interest_minor
    if policy.interest is None or _free(step, row, night):
        return
    minor = 0
    with suppress(ChargeRefusedError):  # the task says which rate is missing
        minor = _interest_minor(row, policy, night) - posted
    if minor > 0:
        yield _charge(ItemKind.INTEREST, row, minor, step, night, str(posted))


def _interest_minor(row: Netted, policy: Policy, night: Night) -> int:
    """All interest up to tonight on what is neither disputed nor with us already."""
    if policy.interest is None:
        return 0
    paid = _paid(row.item)
    return late_interest(
        policy.interest,
        principal_minor=row.item.open_minor - row.disputed + sum(minor for _, minor in paid),
        currency=row.item.currency,
        due_on=row.item.due_on,
        to_on=night.as_of,
        kind=night.facts.customer.kind,
        entity_country=night.setting.entity.country,
        payments=[*paid, *_lies_there(row, night)],
    ).minor


def _free(step: Step, row: Netted, night: Night) -> bool:
    """True when this customer, or this step of this item, is charged nothing."""
    if night.facts.customer.hardship:
        return True
    return any(
        waiver.item == row.item.id and waiver.step in (None, step.id) and waiver.level in (None, step.level)
        for waiver in night.facts.waivers
    )


def _charge(kind: ItemKind, row: Netted, minor: int, step: Step, night: Night, *cause: str) -> Charge:
    item = row.item
    key = _id(kind, item, night, *cause)
    return Charge(key, item.id, item.number, kind, item.currency, minor, night.key(step, item), new=True)


def _id(kind: ItemKind, invoice: Item, night: Night, *cause: str) -> str:
    """Compensation has no cause but the invoice itself; the others are charged again in a new cycle."""
    account = (night.setting.deployment, night.setting.entity.id, night.facts.customer.id)
    cycle = () if kind is ItemKind.COMPENSATION else (str(invoice.cycle),)
    return stable_id("charge", *account, kind, invoice.id, *cause, *cycle)
