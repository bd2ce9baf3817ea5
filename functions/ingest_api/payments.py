"""Payments, credit notes and their reversal: what each is used on is written down first, and the account follows it.

A request that was cut off is told again by its caller, and finishes from what was written down.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from core.amounts import to_text
from core.formats.errors import Code, quote
from core.ledger import ChaseAt, CreditKind, Customer
from core.values import dataclass, replace
from functions.ingest_api import convert
from functions.ingest_api.answers import PaymentOut
from functions.ingest_api.convert import RefusedError, conflict
from functions.ingest_api.entries import lying
from functions.ingest_api.models import CreditNoteRecord, PaymentRecord, ReversalRecord
from functions.ingest_api.place import Outcome, Place, outcome
from functions.ingest_api.problems import ProblemError, not_found
from functions.ingest_api.tags import Condition, tag_of
from functions.shared import money_told, same_money
from functions.shared.store import items, keys, moneys, settlements
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.moneys import Money
from functions.shared.store.overtaken import OF_BANK
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table

_ATTEMPTS: Final = 5
MoneyRecord = PaymentRecord | CreditNoteRecord | ReversalRecord


@dataclass(frozen=True, slots=True)
class _Found:
    """What a record of money meets."""

    customer: Customer
    before: Row | None
    stored: Mapping[str, StoredItem]

    @property
    def money(self) -> Money | None:
        return moneys.of_row(self.before) if self.before else None


def store(place: Place, customer_id: str, record: MoneyRecord, condition: Condition) -> Outcome:
    """Store one. Raises RefusedError; ProblemError for an account that is not this caller's."""
    for _ in range(_ATTEMPTS):
        found = _find(place, customer_id, record)
        condition.check(found.before)
        wanted = _reversed(place, found, record) if isinstance(record, ReversalRecord) else _wanted(found, record)
        if not wanted.rev and wanted.kind is CreditKind.PAYMENT:
            moneys.note(place.entity.id, customer_id, wanted)
        after = wanted if found.money == wanted else moneys.put(place.entity.id, customer_id, wanted)
        if after is None:
            continue  # somebody else was first
        met = same_money.meet(place.entity, customer_id, after, place.now)
        money_told.follow(place.entity.id, met, today=place.today, now=place.now)
        key = keys.money(place.entity.id, customer_id, record.id)
        told = outcome(found.before, {**key._asdict(), **fields_of(met)})
        return replace(told, bank_entry=met.bank, on_account=_left(place, met))
    raise ProblemError(HTTPStatus.CONFLICT, "BUSY", "others kept changing it; send the same request again")


def show(place: Place, customer_id: str, money_id: str) -> tuple[PaymentOut, str]:
    """What is kept of one, and its tag. Raises ProblemError where there is none."""
    row = table().get(keys.money(place.entity.id, customer_id, money_id))
    if row is None:
        raise not_found()
    money = moneys.of_row(row)
    said = PaymentOut(
        id=money.id,
        kind=money.kind.value,
        booked_on=money.booked_on.isoformat(),
        currency=money.currency,
        amount=to_text(money.minor, money.currency),
        applied={} if money.reversed_on else {k: to_text(part, money.currency) for k, part in money.used.items()},
        reversed_on=money.reversed_on.isoformat() if money.reversed_on else None,
        reference=money.reference or None,
        bank_entry=money.bank,
    )
    return said, tag_of(row)


def _left(place: Place, money: Money) -> str:
    row = table().get(keys.credit(place.entity.id, money.account, money.id))
    return to_text(row["open_minor"] if row else 0, money.currency)


def _find(place: Place, customer_id: str, record: MoneyRecord) -> _Found:
    entity, named = (
        place.entity.id,
        [] if isinstance(record, ReversalRecord) else [use.invoice for use in record.applied],
    )
    key, account, profile = keys.money(entity, customer_id, record.id), keys.account(entity, customer_id), None
    at = {
        spot: item
        for item in named
        for spot in (keys.item(entity, customer_id, item), keys.closed_item(entity, customer_id, item))
    }
    rows = table().batch_get([key, account, keys.profile(customer_id), *at])
    profile = rows.get(keys.profile(customer_id))
    if account not in rows or profile is None:
        raise not_found()
    customer = fact_of(Customer, profile)
    if customer.parent is not None:
        return _Found(customer, rows.get(key), lying(place, customer, named)[0])
    stored = {at[spot]: items.of_row(rows[spot]) for spot in sorted(at, reverse=True) if spot in rows}
    return _Found(customer, rows.get(key), stored)


def _wanted(found: _Found, record: PaymentRecord | CreditNoteRecord) -> Money:
    """The money as the record says it, over what is known of it."""
    before, minor = found.money, convert.minor("amount", record.amount, record.currency)
    kind = CreditKind.PAYMENT if isinstance(record, PaymentRecord) else CreditKind.CREDIT_NOTE
    used = _used(found, record)
    if sum(used.values()) > minor:
        raise RefusedError("applied", Code.INCONSISTENT_AMOUNT, "more is applied than the amount")
    if before is None:
        account = _account(found, used)
        return Money(
            id=record.id, kind=kind, currency=record.currency, minor=minor, booked_on=record.booked_on, used=used,
            account=account, reference=_reference(record),
        )  # fmt: skip
    if before.reversed_on is not None:
        raise conflict("id", "REVERSED", "it was reversed; what comes again has an id of its own")
    if (before.kind, before.currency, before.minor, before.booked_on) != (
        kind,
        record.currency,
        minor,
        record.booked_on,
    ):
        raise conflict("id", Code.CONFLICT, "stands with another amount, currency or date; reverse that one first")
    if any(used.get(item) != part for item, part in before.used.items()):
        raise conflict("applied", Code.CONFLICT, "what was applied stays; it may only be applied to further invoices")
    if used != before.used and _account(found, used) != before.account:  # told again: its invoice may have moved since
        raise conflict("applied", Code.CONFLICT, "lies on another account than its invoices")
    said = {"used": used, "reference": _reference(record) or before.reference}
    return before.model_copy(update=said)


def _reference(record: PaymentRecord | CreditNoteRecord) -> str:
    return record.reference or "" if isinstance(record, PaymentRecord) else ""


def _used(found: _Found, record: PaymentRecord | CreditNoteRecord) -> dict[str, int]:
    used = dict[str, int]()
    known = found.money.used if found.money else {}
    for n, use in enumerate(record.applied):
        item = found.stored.get(use.invoice)
        if item is None:
            raise RefusedError(
                f"applied/{n}/invoice", Code.UNKNOWN_REF, f"the customer has no invoice {quote(use.invoice)}"
            )
        if item.item.currency != record.currency:
            detail = f"the invoice is in {item.item.currency}; amounts are never added across currencies"
            raise RefusedError(f"applied/{n}/invoice", Code.CURRENCY_MISMATCH, detail)
        if use.invoice in used:
            raise RefusedError(f"applied/{n}/invoice", Code.DUPLICATE_KEY, "the invoice is named twice")
        used[use.invoice] = convert.minor(f"applied/{n}/amount", use.amount, record.currency)
        if (
            use.invoice not in known
            and used[use.invoice] > _room(item, used[use.invoice])
            and record.id not in item.settled
        ):
            raise conflict(f"applied/{n}/amount", Code.INCONSISTENT_AMOUNT, "more than is open of the invoice")
    return used


def _room(stored: StoredItem, part: int) -> int:
    """What a payment may be used on: what is open, what only the bank told of so far, and what a table told of it."""
    elsewhere = sum(minor for entry, minor in stored.settled.items() if entry.startswith(OF_BANK))
    lately = stored.stated[1] if stored.stated else None
    by_table = sum(minor for minor in settlements.sums(stored).values() if part in (minor, lately))
    return stored.open_minor + elsewhere + by_table


def _account(found: _Found, used: Mapping[str, int]) -> str:
    """The account on which the money lies: where its invoices do."""
    customer = found.customer
    accounts = {found.stored[item].item.customer for item in used}
    if len(accounts) > 1:
        raise RefusedError("applied", Code.CONFLICT, "its invoices lie on two accounts; split the payment")
    at_parent = customer.parent is not None and customer.chase_at is not ChaseAt.SELF
    return accounts.pop() if accounts else (customer.parent or customer.id) if at_parent else customer.id


def _reversed(place: Place, found: _Found, record: ReversalRecord) -> Money:
    money = found.money or _from_elsewhere(place, found.customer, record.id)
    if money is None or money.kind is not CreditKind.PAYMENT:
        raise not_found()
    if money.reversed_on is not None:
        return money
    return money.model_copy(update={"reversed_on": record.reversed_on, "gone": tuple(sorted(money.used))})


def _from_elsewhere(place: Place, customer: Customer, payment: str) -> Money | None:
    """A payment that came by file or bank: found by what it settled, and by what is left of it; what was given up, or
    credited, is none.
    """  # noqa: D205
    entity = place.entity.id
    open_rows = list(table().query(keys.account_pk(entity, customer.id)))
    closed_rows = table().query(keys.history_pk(entity, customer.id), prefix="item#")
    listed = [row for row in open_rows if row["sk"].startswith("I#")] + list(closed_rows)
    paid = [row for row in listed if payment in row["settled"] and payment not in row.get("not_money", ())]
    used = {row["id"]: row["settled"][payment] for row in paid}
    rest = next(
        (row for row in open_rows if Key(row["pk"], row["sk"]) == keys.credit(entity, customer.id, payment)), None
    )
    if not used and rest is None:
        return None
    currency = rest["currency"] if rest else next(row["currency"] for row in listed if row["id"] in used)
    left = rest["open_minor"] if rest else 0
    return Money(
        id=payment, kind=CreditKind(rest["kind"]) if rest else CreditKind.PAYMENT, currency=currency,
        minor=left + sum(used.values()), booked_on=place.today, used=used, account=customer.id,
    )  # fmt: skip
