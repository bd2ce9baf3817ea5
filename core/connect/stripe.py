"""Stripe Invoicing: invoices and their customers, what is left on a customer's balance, and card disputes left alone.

Source: Stripe's API reference. Amounts are whole in Stripe's own smallest unit, which is not everywhere that of ISO
4217 (its page on currencies: zero-decimal ones; ISK and UGX are written with two). Invoices cannot be asked for by the
time of their change, so what changed is asked of the events of the window, which Stripe keeps for 30 days.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.connect.adapter import AnswerError, Ask, Get, Line, Window, given, invoice_lines, need, onward, text
from core.formats.errors import clip
from core.minor_units import decimals

PAGE: Final = 100
_KEPT: Final = timedelta(days=29)  # for so long events can be asked for
_WHOLE: Final = frozenset(  # without decimals at Stripe
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_CENTS: Final = frozenset({"ISK", "UGX"})  # with two at Stripe, none in ISO 4217
_GIVEN_UP: Final = frozenset({"uncollectible", "void"})
_SENT: Final = frozenset({"open", "paid", "uncollectible", "void"})


def lines(settings: Mapping[str, Any], window: Window, get: Get) -> Iterator[Line]:
    """Invoices that are open, and those to which something happened in the window, with their customers."""
    del settings
    found = {str(one["id"]): one for one in _open(get)}
    if window.begin is not None:
        for key in _changed(max(window.begin, window.until - _KEPT), window.until, get):
            if key not in found:
                found[key] = get(Ask(f"/v1/invoices/{key}", (("expand[]", "customer"),)))
    told = [one for one in found.values() if one.get("status") in _SENT and isinstance(one.get("customer"), dict)]
    known = {str(one["customer"]["id"]): one["customer"] for one in told}
    for key, customer in known.items():
        yield _customer(key, customer, told)
        yield from _balance(key, customer)
    for one in told:
        yield from _invoice(one)


def minor(amount: object, currency: str, where: str) -> int:
    """An amount in ISO 4217's minor units. Raises AnswerError."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise AnswerError(where, f"{clip(amount)!r} is no whole amount")
    theirs = 0 if currency in _WHOLE else 2 if currency in _CENTS else decimals(currency)
    ours = decimals(currency)
    if ours >= theirs:
        return int(amount * 10 ** (ours - theirs))
    whole, rest = divmod(amount, 10 ** (theirs - ours))
    if rest:
        raise AnswerError(where, f"{amount} is no whole amount of {currency}")
    return int(whole)


def _open(get: Get) -> Iterator[Mapping[str, Any]]:
    return _list(get, "/v1/invoices", (("status", "open"), ("expand[]", "data.customer")))


def _changed(begin: datetime, until: datetime, get: Get) -> Iterator[str]:
    """The ids of invoices that events of the window are about."""
    spans = (("created[gte]", str(int(begin.timestamp()))), ("created[lt]", str(int(until.timestamp()))))
    for event in _list(get, "/v1/events", (*spans, ("type", "invoice.*"))):
        about = event.get("data", {}).get("object", {})
        if about.get("object") == "invoice" and about.get("id"):
            yield str(about["id"])


def _list(get: Get, path: str, query: tuple[tuple[str, str], ...]) -> Iterator[Mapping[str, Any]]:
    after: tuple[tuple[str, str], ...] = ()
    last = dict[str, None]()  # of each page its last id
    while True:
        answer = get(Ask(path, (*query, ("limit", str(PAGE)), *after)))
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise AnswerError(path, "the answer has no data")
        yield from answer["data"]
        if not answer.get("has_more") or not answer["data"]:
            return
        known, here = len(last), str(need(answer["data"][-1], "id", path))
        last[here] = None
        onward(known, last, path)
        after = (("starting_after", here),)


def _customer(key: str, customer: Mapping[str, Any], invoices: list[Mapping[str, Any]]) -> Line:
    """Who owes; where Stripe has no name, the one on an invoice."""
    named = (one.get("customer_name") for one in invoices if one["customer"]["id"] == key)
    address = customer.get("address") or {}
    place = text(f"{address.get('postal_code') or ''} {address.get('city') or ''}")
    locales = customer.get("preferred_locales") or []
    return given(
        t="customer",
        id=key,
        name=text(customer.get("name")) or next((text(name) for name in named if text(name)), None) or key,
        email=text(customer.get("email")),
        lang=locales[0] if locales else None,
        country=text(address.get("country")),
        currency=(text(customer.get("currency")) or "").upper(),
        address=[line for line in (text(address.get("line1")), text(address.get("line2")), place) if line],
    )


def _balance(key: str, customer: Mapping[str, Any]) -> Iterator[Line]:
    """A balance below zero is credit that Stripe takes off the next invoice."""
    currency = (text(customer.get("currency")) or "").upper()
    if currency and not customer.get("deleted"):
        left = minor(max(0, -int(customer.get("balance") or 0)), currency, f"customer {key}")
        since = datetime.fromtimestamp(int(need(customer, "created", f"customer {key}")), UTC).date().isoformat()
        about = {"id": f"{key}:balance", "customer": key, "date": since}
        yield {"t": "credit_note", **about, "currency": currency, "amount": left}


def _invoice(one: Mapping[str, Any]) -> Iterator[Line]:
    key = str(one["id"])
    where, currency = f"invoice {key}", str(need(one, "currency", f"invoice {key}")).upper()
    issued = _day(one.get("effective_at") or need(one, "created", where))
    total = minor(need(one, "amount_due", where), currency, where)
    owed = minor(need(one, "amount_remaining", where), currency, where) if one["status"] == "open" else 0
    void = one["status"] in _GIVEN_UP
    paid_at = (one.get("status_transitions") or {}).get("paid_at")
    line = given(
        id=key,
        customer=str(one["customer"]["id"]),
        number=text(one.get("number")) or key,
        issued=issued,
        due=max(_day(one["due_date"]), issued) if one.get("due_date") else issued,
        currency=currency,
        pay_url=text(one.get("hosted_invoice_url")),
    )
    yield from invoice_lines({**line, "total": total}, owed, _day(paid_at) if paid_at else None, void=void)


def _day(seconds: Any) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
