"""QuickBooks Online's accounting API 3: invoices, unapplied payments, credit memos, customers.

Source: Intuit's API reference: queries in its own small SQL with STARTPOSITION and MAXRESULTS (at most 1,000), a
voided invoice stays with every amount 0, and sub-customers name their parent and whether that one is billed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from core.connect.adapter import AnswerError, Ask, Get, Line, Window, chunks, given, invoice_lines, minor, need, text

PAGE: Final = 1000
_IDS_AT_ONCE: Final = 50
_QUERY: Final = "SELECT * FROM {0} WHERE {1} ORDERBY Id STARTPOSITION {2} MAXRESULTS {3}"
_VERSION: Final = "75"  # of the objects; named, so that a newer default changes nothing


def lines(settings: Mapping[str, Any], window: Window, get: Get) -> Iterator[Line]:
    """What changed in the window; without one, everything with a balance. Settings: `company` (realm id)."""
    begin = window.begin
    changed = None if begin is None else f"MetaData.LastUpdatedTime >= '{begin.isoformat(timespec='seconds')}'"
    company = str(settings["company"])

    def asked(table: str, condition: str) -> Iterator[Mapping[str, Any]]:
        return _rows(get, company, table, condition)

    invoices = list(asked("Invoice", changed or "Balance > '0'"))
    payments = list(asked("Payment", changed)) if changed else _unapplied(asked("Payment", "TotalAmt > '0'"))
    memos = list(asked("CreditMemo", changed or "Balance > '0'"))
    known = dict[str, Mapping[str, Any]]()
    wanted = sorted({_owner(one) for one in (*invoices, *payments, *memos)})
    conditions = [f"Id IN ({', '.join(repr(one) for one in some)})" for some in chunks(wanted, _IDS_AT_ONCE)]
    for condition in (*conditions, *([changed] if changed else ())):
        known |= {str(one["Id"]): one for one in asked("Customer", condition)}
    for key, one in known.items():
        yield _customer(key, one, known)
    for one in invoices:
        yield from _invoice(one)
    for one in payments:
        yield _credit("payment", one, one.get("UnappliedAmt"))
    for one in memos:
        yield _credit("credit_note", one, one.get("RemainingCredit", one.get("Balance")))


def _unapplied(payments: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in payments if one.get("UnappliedAmt")]


def _rows(get: Get, company: str, table: str, condition: str) -> Iterator[Mapping[str, Any]]:
    start = 1
    while True:
        query = _QUERY.format(table, condition, start, PAGE)
        asked = (("query", query), ("minorversion", _VERSION))
        answer = get(Ask(f"/v3/company/{company}/query", asked, None, {"Accept": "application/json"}))
        if not isinstance(answer, dict) or not isinstance(answer.get("QueryResponse"), dict):
            raise AnswerError(f"{table}: the answer has no QueryResponse")
        rows: list[Mapping[str, Any]] = answer["QueryResponse"].get(table, [])
        yield from rows
        if len(rows) < PAGE:
            return
        start += PAGE


def _owner(one: Mapping[str, Any]) -> str:
    return str(need(need(one, "CustomerRef", "a document"), "value", "a document's customer"))


def _currency(one: Mapping[str, Any], where: str) -> str:
    return str(need(need(one, "CurrencyRef", where), "value", where))


def _customer(key: str, one: Mapping[str, Any], known: Mapping[str, Any]) -> Line:
    parent = text((one.get("ParentRef") or {}).get("value"))
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
        id=f"I{key}",  # payments and credit memos count from 1 too
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
    prefix = "P" if kind == "payment" else "C"
    about = {"id": f"{prefix}{one['Id']}", "customer": _owner(one), "date": str(need(one, "TxnDate", where))}
    return {"t": kind, **about, "currency": currency, "amount": minor(left or 0, currency, where)}
