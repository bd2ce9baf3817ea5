"""Xero's accounting API 2.0: sales invoices, credit notes, overpayments and prepayments, and their contacts.

Source: the published description of the API (XeroAPI/Xero-OpenAPI): dates come as /Date(milliseconds+0000)/, lists in
pages, changes by If-Modified-Since; ACCREC is what customers owe. What was voided or deleted is not owed any more.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.connect.adapter import (
    AnswerError,
    Ask,
    Get,
    Line,
    Window,
    chunks,
    given,
    invoice_lines,
    minor,
    need,
    onward,
    text,
)
from core.formats.errors import clip

PAGE: Final = 100
_CONTACTS_AT_ONCE: Final = 40  # ids in one address
_DATE: Final = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_NOT_SENT: Final = frozenset({"DRAFT", "SUBMITTED"})
_NOT_OWED: Final = frozenset({"VOIDED", "DELETED"})
_CREDITS: Final = (
    ("CreditNotes", "CreditNoteID", "ACCRECCREDIT", "credit_note"),
    ("Overpayments", "OverpaymentID", "RECEIVE-OVERPAYMENT", "payment"),
    ("Prepayments", "PrepaymentID", "RECEIVE-PREPAYMENT", "payment"),
)


def lines(settings: Mapping[str, Any], window: Window, get: Get) -> Iterator[Line]:
    """What changed in the window; without one, everything that is not paid."""
    invoices = list(_pages("Invoices", 'Type=="ACCREC"', window, get, settings))
    told = [one for one in invoices if one.get("Type") == "ACCREC" and one.get("Status") not in _NOT_SENT]
    left = [credit for table in _CREDITS for credit in _credits(*table, window, get, settings)]
    yield from _customers(sorted({_owner(one) for one in (*told, *(one for _, _, one in left))}), get, settings)
    for one in told:
        yield from _invoice(one)
    for kind, key, one in left:
        yield _credit(kind, key, one)


def _credits(
    table: str, key: str, of_type: str, kind: str, window: Window, get: Get, settings: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for one in _pages(table, f'Type=="{of_type}"', window, get, settings):
        if one.get("Type") == of_type and one.get("Status") not in _NOT_SENT:
            yield kind, key, one


def day(value: object, where: str) -> str:
    """The day of one of Xero's dates, which are midnight UTC. Raises AnswerError."""
    found = _DATE.fullmatch(str(value))
    if found is None:
        raise AnswerError(where, f"{clip(value)!r} is no date as /Date(1552326816230+0000)/")
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))).date().isoformat()


def _pages(
    table: str, where: str, window: Window, get: Get, settings: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Every object of a list, once; in the order of their ids, which what changes meanwhile does not disturb.

    What is paid meanwhile leaves the first list, of all that is open, and moves all behind it one place ahead: so that
    one is read from its other end too.
    """
    headers = _headers(settings)
    begin = window.begin
    if begin is not None:
        headers["If-Modified-Since"] = begin.strftime("%a, %d %b %Y %H:%M:%S GMT")
    elif table == "Invoices":
        where += ' AND Status=="AUTHORISED"'
    key, found = f"{table[:-1]}ID", dict[str, Mapping[str, Any]]()
    for order in (key, f"{key} DESC") if begin is None else (key,):
        page, turned = 1, dict[str, Any]()
        while len(rows := _page(table, where, order, page, get, headers)) == PAGE:
            known = len(turned)
            turned |= {str(one.get(key)): one for one in rows}
            onward(known, turned, table)
            page += 1
        found |= turned
        found |= {str(one.get(key)): one for one in rows}
        if page == 1:
            break
    yield from found.values()


def _page(
    table: str, where: str, order: str, page: int, get: Get, headers: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    asked = (("where", where), ("order", order), ("page", str(page)), ("pageSize", str(PAGE)))
    return _list(get(Ask(f"/api.xro/2.0/{table}", asked, None, headers)), table)


def _headers(settings: Mapping[str, Any]) -> dict[str, str]:
    tenant = {"xero-tenant-id": str(settings["tenant"])} if "tenant" in settings else {}
    return {"Accept": "application/json", **tenant}


def _list(answer: object, table: str) -> list[Mapping[str, Any]]:
    if not isinstance(answer, dict) or not isinstance(answer.get(table), list):
        raise AnswerError(table, "the answer has no such list")
    found: list[Mapping[str, Any]] = answer[table]
    return found


def _owner(one: Mapping[str, Any]) -> str:
    return str(need(need(one, "Contact", "a document"), "ContactID", "a document's contact"))


def _customers(owners: list[str], get: Get, settings: Mapping[str, Any]) -> Iterator[Line]:
    for some in chunks(owners, _CONTACTS_AT_ONCE):
        query = (("IDs", ",".join(some)), ("includeArchived", "true"))
        for one in _list(get(Ask("/api.xro/2.0/Contacts", query, None, _headers(settings))), "Contacts"):
            yield customer(one)


def customer(one: Mapping[str, Any]) -> Line:
    """A contact of Xero as our customer."""
    address: Mapping[str, Any] = next((a for a in one.get("Addresses", ()) if a.get("AddressType") == "POBOX"), {})
    place = text(f"{address.get('PostalCode') or ''} {address.get('City') or ''}")
    street = [text(address.get(f"AddressLine{n}")) for n in range(1, 5)]
    return given(
        t="customer",
        id=str(need(one, "ContactID", "a contact")),
        name=text(one.get("Name")) or str(one["ContactID"]),
        email=text(one.get("EmailAddress")),
        currency=text(one.get("DefaultCurrency")),
        address=[line for line in (*street, place, text(address.get("Country"))) if line],
    )


def _invoice(one: Mapping[str, Any]) -> Iterator[Line]:
    key = str(need(one, "InvoiceID", "an invoice"))
    where = f"invoice {key}"
    currency = str(need(one, "CurrencyCode", where))
    issued = day(need(one, "Date", where), where)
    paid = [one[name] for name in ("FullyPaidOnDate",) if one.get(name)]
    paid += [
        settled["Date"]
        for table in ("Payments", "CreditNotes")
        for settled in one.get(table, ())
        if settled.get("Date")
    ]
    total = minor(need(one, "Total", where), currency, where)
    owed, void = minor(need(one, "AmountDue", where), currency, where), one.get("Status") in _NOT_OWED
    line = given(
        id=key,
        customer=_owner(one),
        number=text(one.get("InvoiceNumber")) or key,
        issued=issued,
        due=day(one["DueDate"], where) if one.get("DueDate") else issued,
        currency=currency,
    )
    last = max((day(on, where) for on in paid), default=None)
    yield from invoice_lines({**line, "total": total}, owed, last, void=void)


def _credit(kind: str, key: str, one: Mapping[str, Any]) -> Line:
    where = f"{kind} {need(one, key, kind)}"
    currency = str(need(one, "CurrencyCode", where))
    left = 0 if one.get("Status") in _NOT_OWED else minor(one.get("RemainingCredit") or 0, currency, where)
    about = {"id": str(one[key]), "customer": _owner(one), "date": day(need(one, "Date", where), where)}
    return {"t": kind, **about, "currency": currency, "amount": left}
