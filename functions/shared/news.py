"""Events as effects of a commit: what a writer of facts or a decision wants others to hear lies in the outbox first."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.amounts import to_text
from core.decide.model import Charge, Setting
from core.delivery import DeliveryEvent
from core.happenings import (
    Happening,
    Kind,
    of_announcement,
    of_charge,
    of_disputes,
    of_notice,
    of_payments,
    of_promises,
    of_time,
)
from core.ledger import Dispute, Promise
from functions.shared import webhooks
from functions.shared.store import keys
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.history import Activity
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.rows import fact_of
from functions.shared.store.table import table
from functions.shared.store.writes import Writes

EVENT: Final = "event"  # kind of effect
_TOLD_FOR: Final = timedelta(days=30)  # after its days were over a broken promise is told, however late the night came
_MOST_INVOICES: Final = 100
_OF_MAIL: Final = {
    DeliveryEvent.DELIVERY: (Kind.NOTICE_DELIVERED, ""),
    DeliveryEvent.HARD_BOUNCE: (Kind.NOTICE_BOUNCED, "hard"),
    DeliveryEvent.SOFT_BOUNCE: (Kind.NOTICE_BOUNCED, "soft"),
    DeliveryEvent.COMPLAINT: (Kind.NOTICE_BOUNCED, "complaint"),
    DeliveryEvent.REJECT: (Kind.NOTICE_BOUNCED, "rejected"),
}


def of_facts(record: AccountRecord, plan: Writes, today: date, now: datetime) -> dict[str, Any]:
    """What became known about an account that others want to hear."""
    if not record.existing or not webhooks.wanted(record.entity):  # a first load is history
        return {}
    facts, rows = record.facts, [*plan.puts, *plan.retold]
    untold = {row["id"] for row in plan.retold}  # a writer died before the account knew of them
    before = {was.id: was for was, _ in plan.items if was is not None}
    after = {item.id: item for _, item in plan.items}
    items = {item.id: item for item in facts.items} | after
    promises = {one.id: one for one in facts.promises if one.id not in untold}
    disputes = {one.id: one for one in facts.disputes if one.id not in untold}
    happenings = [
        *of_promises(promises, (fact_of(Promise, row) for row in rows if row["sk"].startswith("P#")), items),
        *of_disputes(disputes, (fact_of(Dispute, row) for row in rows if row["sk"].startswith("H#dispute#")), items),
        *of_payments(_all_promises(record) if plan.died else facts.promises, before, after, today),
    ]
    return _effects(happenings, now)


def _all_promises(record: AccountRecord) -> list[Promise]:
    """Those about items that are not open any more too."""
    rows = table().query(keys.account_pk(record.entity, record.customer_id), prefix="P#")
    return [fact_of(Promise, row) for row in rows]


def of_night(record: AccountRecord, setting: Setting, as_of: date, now: datetime) -> dict[str, Any]:
    """What a night finds that no writer could have told: promises whose days are over."""
    if not record.facts.promises or not webhooks.wanted(record.entity):
        return {}
    recent = {one.id for one in record.facts.promises if as_of - one.promised_on <= _TOLD_FOR}
    return _effects((one for one in of_time(record.facts, setting, as_of) if one.about[0] in recent), now)


def put(effect: Mapping[str, Any], entity: str, customer: str, now: datetime) -> None:
    """Carry an effect of this kind out."""
    happening = Happening(Kind(effect["type"]), tuple(effect["about"]), effect["data"])
    webhooks.tell(entity, customer, [happening], datetime.fromisoformat(effect["at"]), now)


def tell_sent(notice: NoticeRecord, now: datetime) -> None:
    """A message to a customer has left."""
    if notice.kind != "customer" or not webhooks.wanted(notice.entity):
        return
    happening = of_notice(Kind.NOTICE_SENT, notice.id, "", _about(notice))
    webhooks.tell(notice.entity, notice.customer, [happening], notice.fenced_at or now, now)


def tell_heard(notice: NoticeRecord, event: DeliveryEvent, now: datetime) -> None:
    """The mail provider said what became of a message to a customer."""
    if notice.kind != "customer" or event not in _OF_MAIL or not webhooks.wanted(notice.entity):
        return
    kind, how = _OF_MAIL[event]
    happening = of_notice(kind, notice.id, how, {"step": notice.step, **({"bounce": how} if how else {})})
    webhooks.tell(notice.entity, notice.customer, [happening], now, now)


def tell_charge(
    entity: str, customer: str, charge: Charge, source: str, at: datetime, now: datetime, *, taken_back: bool = False
) -> None:
    """A charge was posted, or taken back. One without a message may come again: then the instant tells them apart."""
    happening = of_charge(charge, source or keys.instant(at), taken_back=taken_back)
    webhooks.tell(entity, customer, [happening], at, now)


def tell_announcement(entity: str, customer: str, said: Activity, effect: str, now: datetime) -> None:
    """A decision changed what order and billing systems may do. Args: `effect` its key in the outbox."""
    happening = of_announcement(said.what, said.body["step"], said.body["value"], effect)
    if happening is not None:
        webhooks.tell(entity, customer, [happening], said.at, now)


def _about(notice: NoticeRecord) -> dict[str, Any]:
    invoices = list(dict.fromkeys(due.item for due in notice.steps))
    return {
        "step": notice.step,
        "level": notice.level,
        "channel": notice.channel,
        "totals": {currency: to_text(minor, currency) for currency, minor in sorted(notice.totals.items())},
        "invoices": invoices[:_MOST_INVOICES],
        "invoice_count": len(invoices),
    }


def _effects(happenings: Iterable[Happening], now: datetime) -> dict[str, Any]:
    return {
        f"{EVENT}.{one.kind}.{'.'.join(one.about)}": {
            "kind": EVENT,
            "type": one.kind.value,
            "about": list(one.about),
            "data": dict(one.data),
            "at": keys.instant(now),
        }
        for one in happenings
    }
