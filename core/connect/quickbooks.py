"""QuickBooks Online's accounting API 3: invoices, unapplied payments, credit memos, customers.

Source: Intuit's API reference: queries in its own small SQL with STARTPOSITION and MAXRESULTS (at most 1,000), a
voided invoice stays with every amount 0, sub-customers name their parent and whether that one is billed, and change
data capture names what was deleted by its id.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.connect.adapter import (
    AnswerError,
    Ask,
    Get,
    Line,
    Window,
    chunks,
    deleted,
    given,
    invoice_lines,
    minor,
    need,
    onward,
    text,
)

PAGE: Final = 1000
_IDS_AT_ONCE: Final = 50
_QUERY: Final = "SELECT * FROM {0} WHERE {1} ORDERBY Id{2} STARTPOSITION {3} MAXRESULTS {4}"
_OPEN: Final = "Balance > '0'"
_CUSTOMERS: Final = "Id IN ({0}) AND Active IN (true, false)"  # one that is made inactive may still owe
_PREFIX: Final = {"Invoice": "I", "Payment": "P", "CreditMemo": "C"}  # of our ids: each kind counts from 1
_LONGEST, _SHORTEST = timedelta(days=29), timedelta(minutes=1)  # changes are told for 30 days
_VERSION: Final = "75"  # of the objects; named, so that a newer default changes nothing


def lines(settings: Mapping[str, Any], window: Window, get: Get) -> Iterator[Line]:
    """What changed in the window; without one, everything with a balance. Settings: `company` (realm id)."""
    begin = window.begin
    changed = None if begin is None else f"MetaData.LastUpdatedTime >= '{begin.isoformat(timespec='seconds')}'"
    company = str(settings["company"])

    def asked(table: str, condition: str) -> Iterator[Mapping[str, Any]]:
        return _rows(get, company, table, condition)

    invoices = list(asked("Invoice", changed or _OPEN))
    payments = list(asked("Payment", changed)) if changed else _unapplied(asked("Payment", "TotalAmt > '0'"))
    memos = list(asked("CreditMemo", changed or _OPEN))
    gone = [] if begin is None else list(window.told(_deleted(get, company, begin, window.until)).values())
    owners = {*(_owner(one) for one in (*invoices, *payments, *memos)), *(line["customer"] for line in gone)}
    known = {str(one["Id"]): one for one in (asked("Customer", changed) if changed else ())}
    known |= _with_parents(known, owners, lambda condition: asked("Customer", condition))
    for key, one in known.items():
        yield _customer(key, one, known)
    for one in invoices:
        yield from _invoice(one)
    for one in payments:
        yield _credit("payment", one, one.get("UnappliedAmt"))
    for one in memos:
        yield _credit("credit_note", one, one.get("RemainingCredit", one.get("Balance")))
    for line in gone:
        yield from deleted(line)


def _with_parents(
    known: Mapping[str, Mapping[str, Any]], owners: set[str], asked: Callable[[str], Iterator[Mapping[str, Any]]]
) -> dict[str, Mapping[str, Any]]:
    """Customers by id, with the parents of all that are known: it may be these who are billed."""
    found, sought = dict(known), set[str]()
    wanted = owners | set(filter(None, map(_parent, known.values()))) - known.keys()
    while wanted:
        for some in chunks(sorted(wanted), _IDS_AT_ONCE):
            found |= {str(one["Id"]): one for one in asked(_CUSTOMERS.format(", ".join(map(repr, some))))}
        sought |= wanted
        wanted = set(filter(None, map(_parent, found.values()))) - found.keys() - sought
    return found


def _deleted(get: Get, company: str, begin: datetime, until: datetime) -> set[str]:
    """Ids of what was deleted since.

    An answer holds 1,000 changes of a kind, what was deleted at its end: a full one is asked for again from later on,
    so of very many changes the latest deletions are seen.
    """
    found = set[str]()
    for table, prefix in _PREFIX.items():
        since = max(begin, until - _LONGEST)
        rows = _changes(get, company, table, since)
        while len(rows) >= PAGE and until - since > _SHORTEST:
            since += (until - since) / 2
            rows = _changes(get, company, table, since)
        found |= {f"{prefix}{need(one, 'Id', table)}" for one in rows if one.get("status") == "Deleted"}
    return found


def _changes(get: Get, company: str, table: str, since: datetime) -> list[Mapping[str, Any]]:
    asked = (("entities", table), ("changedSince", since.isoformat(timespec="seconds")), ("minorversion", _VERSION))
    answer = get(Ask(f"/v3/company/{company}/cdc", asked, None, {"Accept": "application/json"}))
    try:
        parts = [part for each in answer["CDCResponse"] for part in each["QueryResponse"]]
        return [one for part in parts for one in part.get(table, [])]
    except (TypeError, KeyError, AttributeError):
        raise AnswerError(f"changes of {table}", "the answer has no CDCResponse") from None


def _unapplied(payments: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in payments if one.get("UnappliedAmt")]


def _rows(get: Get, company: str, table: str, condition: str) -> Iterator[Mapping[str, Any]]:
    """Every row once. What is paid meanwhile leaves a list of what is open, and moves all behind it one place ahead:
    so that one is read from its other end too.
    """  # noqa: D205
    found = dict[str, Mapping[str, Any]]()
    for order in ("", " DESC") if condition == _OPEN else ("",):
        start, turned = 1, dict[str, Any]()
        while len(rows := _page(get, company, table, _QUERY.format(table, condition, order, start, PAGE))) == PAGE:
            known = len(turned)
            turned |= {str(one.get("Id")): one for one in rows}
            onward(known, turned, table)
            start += PAGE
        found |= turned
        found |= {str(one.get("Id")): one for one in rows}
        if start == 1:
            break
    yield from found.values()


def _page(get: Get, company: str, table: str, query: str) -> list[Mapping[str, Any]]:
    asked = (("query", query), ("minorversion", _VERSION))
    answer = get(Ask(f"/v3/company/{company}/query", asked, None, {"Accept": "application/json"}))
    if not isinstance(answer, dict) or not isinstance(answer.get("QueryResponse"), dict):
        raise AnswerError(table, "the answer has no QueryResponse")
    rows: list[Mapping[str, Any]] = answer["QueryResponse"].get(table, [])
    return rows


def _owner(one: Mapping[str, Any]) -> str:
    return str(need(need(one, "CustomerRef", "a document"), "value", "a document's customer"))


def _currency(one: Mapping[str, Any], where: str) -> str:
    return str(need(need(one, "CurrencyRef", where), "value", where))


def _parent(one: Mapping[str, Any]) -> str | None:
    return text((one.get("ParentRef") or {}).get("value"))


def _customer(key: str, one: Mapping[str, Any], known: Mapping[str, Any]) -> Line:
    parent = _parent(one)
    billed = bool(one.get("BillWithParent")) and parent in known
    address = one.get("BillAddr") or {}
    place = text(f"{address.get('PostalCode') or ''} {address.get('City') or ''}")
    street = [text(address.get(f"Line{n}")) for n in range(1, 6)]
    return given(
        t="customer",
        id=key,
        name=text(one.get("CompanyName")) or text(one.get("DisplayName")) or key,
        email=text((one.get("PrimaryEmailAddr") or {}).get("Address")),
        currency=text((one.get("CurrencyRef") or {}).get("value")),
        parent=parent if parent in known else None,
        chase_at="parent" if billed else None,
        address=[line for line in (*street, place, text(address.get("Country"))) if line][:8],
    )


def _invoice(one: Mapping[str, Any]) -> Iterator[Line]:
    key = str(need(one, "Id", "an invoice"))
    where = f"invoice {key}"
    currency, issued = _currency(one, where), str(need(one, "TxnDate", where))
    line = given(
        id=f"{_PREFIX['Invoice']}{key}",
        customer=_owner(one),
        number=text(one.get("DocNumber")) or key,
        issued=issued,
        due=text(one.get("DueDate")) or issued,
        currency=currency,
        pay_url=text(one.get("InvoiceLink")),
    )
    total = minor(need(one, "TotalAmt", where), currency, where)
    owed = minor(need(one, "Balance", where), currency, where)
    changed = text((one.get("MetaData") or {}).get("LastUpdatedTime"))
    yield from invoice_lines({**line, "total": total}, owed, changed[:10] if changed else None)


def _credit(kind: str, one: Mapping[str, Any], left: object) -> Line:
    where = f"{kind} {need(one, 'Id', kind)}"
    currency = _currency(one, where)
    prefix = _PREFIX["Payment" if kind == "payment" else "CreditMemo"]
    about = {"id": f"{prefix}{one['Id']}", "customer": _owner(one), "date": str(need(one, "TxnDate", where))}
    return {"t": kind, **about, "currency": currency, "amount": minor(left or 0, currency, where)}
