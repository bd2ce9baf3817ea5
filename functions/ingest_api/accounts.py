"""What a company's own portal shows of an account: what is owed, since when, how far dunning has come, and why."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from core.amounts import to_text
from core.balance import Netted, unapplied
from core.calendar import night_to_run
from core.decide.account import decide, survey
from core.decide.explain import explain
from core.decide.night import Night
from core.ledger import Plan
from core.state import ItemState
from functions.ingest_api import answers, pages
from functions.ingest_api.place import Place
from functions.ingest_api.problems import not_found
from functions.ingest_api.tags import tag_of
from functions.shared.insolvency import heeded
from functions.shared.settings import Settings
from functions.shared.store import accounts, items, keys
from functions.shared.store.accounts import AccountRecord, IncompleteAccountError
from functions.shared.store.items import StoredItem
from functions.shared.store.table import table

MOST_A_PAGE: Final = 200


def account(place: Place, customer_id: str) -> answers.AccountOut:
    """The account as a whole. Raises ProblemError for one that is not this caller's."""
    record = _read(place, customer_id)
    night, state = _night(place, record), record.facts.state
    late = [row for row in night.rows if _late(row)]
    own = _own(record, night)
    holds = [effect for effect in state.open_effects.values() if effect.hold and effect.active]
    levels = [state.item(item.id).level for item in record.facts.items]
    return answers.AccountOut(
        entity=place.entity.id,
        customer=customer_id,
        as_of=night.as_of.isoformat(),
        sums=_sums(night, own),
        open_invoices=len(record.facts.items),
        overdue_invoices=sum(_late(row) > 0 for row in own),
        oldest_due_on=_text(min((row.item.due_on for row in late), default=None)),
        level=max(levels, default=0),
        status=state.status,
        credit_hold=bool(holds),
        hardship=record.facts.customer.hardship,
        insolvent=record.facts.customer.insolvent,
        next_look_on=_text(record.next_check_on),
        **_agreements(record),
    )


def invoices(place: Place, customer_id: str, limit: int, page: str | None) -> answers.InvoicesOut:
    """Open invoices by due date. Raises ProblemError also for a page token that is none of ours."""
    record, where = _read(place, customer_id), f"{place.entity.id}/{customer_id}/invoices"
    rows = sorted(_own(record, _night(place, record)), key=lambda row: (row.item.due_on, row.item.id))
    if page is not None:
        after = pages.read(place.caller.secret, where, page, place.now)
        rows = [row for row in rows if [row.item.due_on.isoformat(), row.item.id] > after]
    shown, more = rows[:limit], len(rows) > limit
    last = [shown[-1].item.due_on.isoformat(), shown[-1].item.id] if more else None
    return answers.InvoicesOut(
        invoices=[_invoice(row, record.facts.state.item(row.item.id)) for row in shown],
        next=pages.sign(place.caller.secret, where, last, place.now) if last else None,
    )


def invoice(place: Place, customer_id: str, item_id: str) -> tuple[answers.InvoiceOut, str]:
    """One invoice, open or settled, with its tag."""
    record, stored = _find(place, customer_id, item_id)
    night = _night(place, record)
    row = next((row for row in night.rows if row.item.id == item_id), None)
    row = row or Netted(stored.item, (night.as_of - stored.item.due_on).days, 0, 0, 0, 0, 0, 0, None)
    memory = stored.memory if not stored.open_minor and stored.memory else record.facts.state.item(item_id)
    return _invoice(row, memory), tag_of(items.row_of(place.entity.id, stored))


def why(place: Place, customer_id: str, item_id: str) -> answers.WhyOut:
    """Why the invoice gets, or does not get, something today."""
    record, _ = _find(place, customer_id, item_id)
    setting = place.configuration.setting_for(
        place.entity.id, record.facts.customer, deployment=Settings.from_env().deployment
    )
    today = night_to_run(place.now, place.entity.zone, place.entity.run_hour)
    decision = decide(record.facts, setting, today, at=place.now)
    said = explain(decision, record.facts, setting, today, item_id, money=_money)
    verdict = next((verdict for verdict in decision.verdicts if verdict.item == item_id), None)
    return answers.WhyOut(
        invoice=item_id,
        as_of=today.isoformat(),
        reason=verdict.reason.value if verdict else "settled",
        step=verdict.step if verdict else None,
        sentences=list(said.sentences),
        checks=[answers.CheckOut(rule=one.rule, passed=one.passed, fact=one.fact) for one in said.checks],
    )


def _read(place: Place, customer_id: str) -> AccountRecord:
    try:
        record = accounts.read(place.entity.id, customer_id)
    except IncompleteAccountError:
        record = None
    if record is None or not record.existing:
        raise not_found()
    return heeded(record)


def _find(place: Place, customer_id: str, item_id: str) -> tuple[AccountRecord, StoredItem]:
    """An invoice and the account on which it lies: its own, or that of the parent who is chased for it."""
    record = _read(place, customer_id)
    found = _stored(place, record, item_id)
    parent = record.facts.customer.parent
    if found is None and parent is not None and place.knows(parent):
        record = _read(place, parent)
        found = _stored(place, record, item_id)
        found = found if found and found.item.owed_by == customer_id else None
    if found is None:
        raise not_found()
    return record, found


def _stored(place: Place, record: AccountRecord, item_id: str) -> StoredItem | None:
    if any(item.id == item_id for item in record.facts.items):
        row = table().get(keys.item(place.entity.id, record.customer_id, item_id))
        if row is not None:
            return items.of_row(row)
    return items.closed(place.entity.id, record.customer_id, [item_id]).get(item_id)


def _night(place: Place, record: AccountRecord) -> Night:
    setting = place.configuration.setting_for(place.entity.id, record.facts.customer)
    return survey(record.facts, setting, place.today)


def _own(record: AccountRecord, night: Night) -> list[Netted]:
    """The ledger's own invoices; instalments of plans stand beside them, in place of due dates and not of amounts."""
    known = {item.id for item in record.facts.items}
    return [row for row in night.rows if row.item.id in known]


def _late(row: Netted) -> int:
    """What of it is overdue: what is in a plan is so by the days of the instalments."""
    return row.item.open_minor - row.planned if row.days_past_due > 0 else 0


def _sums(night: Night, own: Sequence[Netted]) -> list[answers.SumsOut]:
    credit = unapplied(night.facts)
    found = []
    for currency in sorted({row.item.currency for row in night.rows} | credit.keys()):
        rows = [row for row in own if row.item.currency == currency]
        late = sum(_late(row) for row in night.rows if row.item.currency == currency)
        found.append(
            answers.SumsOut(
                currency=currency,
                open=to_text(sum(row.item.open_minor for row in rows), currency),
                overdue=to_text(late, currency),
                disputed=to_text(sum(row.disputed for row in rows), currency),
                promised=to_text(sum(row.promised for row in rows), currency),
                planned=to_text(sum(row.planned for row in rows), currency),
                on_account=to_text(credit.get(currency, 0), currency),
            )
        )
    return found


def _invoice(row: Netted, memory: ItemState) -> answers.InvoiceOut:
    item = row.item
    return answers.InvoiceOut(
        id=item.id,
        number=item.number,
        kind=item.kind.value,
        of=item.of,
        issued_on=item.issued_on.isoformat(),
        due_on=item.due_on.isoformat(),
        currency=item.currency,
        total=to_text(item.original_minor, item.currency),
        open=to_text(item.open_minor, item.currency),
        disputed=to_text(row.disputed, item.currency),
        promised=to_text(row.promised, item.currency),
        planned=to_text(row.planned, item.currency),
        days_past_due=row.days_past_due,
        level=memory.level,
        last_notice_on=_text(memory.last_on),
        department=item.department,
        pay_url=item.pay_url,
    )


def _agreements(record: AccountRecord) -> dict[str, Any]:
    currency = {item.id: item.currency for item in record.facts.items}
    facts = record.facts
    return {
        "promises": [
            answers.PromiseOut(
                id=one.id,
                invoice=one.item,
                amount=_amount(one.amount_minor, currency.get(one.item)),
                made_on=one.made_on.isoformat(),
                promised_on=one.promised_on.isoformat(),
                outcome=one.outcome.value if one.outcome else None,
                ended_on=_text(one.ended_on),
            )
            for one in facts.promises
        ],
        "disputes": [
            answers.DisputeOut(
                id=one.id,
                invoice=one.item,
                amount=_amount(one.amount_minor, currency.get(one.item)),
                opened_on=one.opened_on.isoformat(),
                closed_on=_text(one.closed_on),
                by_customer=one.by_customer,
            )
            for one in facts.disputes
        ],
        "plans": [_plan(one, next(currency[item] for item in one.items if item in currency)) for one in facts.plans],
        "waivers": [
            answers.WaiverOut(
                id=one.id, invoice=one.item, waived_on=one.waived_on.isoformat(), step=one.step, level=one.level
            )
            for one in facts.waivers
        ],
        "holds": [
            answers.HoldOut(id=one.id, invoice=one.item, placed_on=_text(one.placed_on), until=_text(one.until))
            for one in facts.holds
        ],
    }


def _plan(plan: Plan, currency: str) -> answers.PlanOut:
    """One with an open invoice: an account holds no other."""
    return answers.PlanOut(
        id=plan.id,
        invoices=list(plan.items),
        agreed_on=plan.agreed_on.isoformat(),
        instalments=[
            answers.InstalmentOut(due_on=part.due_on.isoformat(), amount=to_text(part.minor, currency))
            for part in plan.instalments
        ],
        ended_on=_text(plan.ended_on),
    )


def _amount(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else to_text(minor, currency)


def _text(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _money(minor: int, currency: str) -> str:
    return f"{to_text(minor, currency)} {currency}"
