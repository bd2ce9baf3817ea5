"""Kind balance: what is open on a day after events, credits negative, later entries apart."""

from typing import Any

from tests.conformance.books import in_company_currency, open_on
from tests.conformance.case import Body, Case, differ, differ_each, on, unknown

KNOWN = {"open", "future", "in_company_currency_minor", "total_minor"}


def check(case: Case) -> list[str]:
    """Compare open rows, the outlook, and amounts in company currency."""
    return [line for variant in case.variants() for line in _check(variant, variant.get("expected"))]


def _check(body: Body, expected: Any) -> list[str]:
    unknown(expected, KNOWN, "the balance")
    rows, outlook = open_on(body, on(body["as_of"]))
    found = {key: minor for key, _, minor in rows}
    lines: list[str] = []
    if "open" in expected:
        lines += differ_each("open", {key: minor for key, minor in expected["open"].items() if minor}, found)
    if "future" in expected:
        later = {
            key: {"future_minor": after.future_minor, "remaining_minor": after.remaining_minor}
            for key, after in outlook.items()
        }
        lines += differ_each("future", expected["future"], later)
    rates = {item["id"]: item.get("rate_to_company", "1") for item in body.get("open_items", [])}
    own = {key: in_company_currency(minor, rates.get(key, "1")) for key, minor in found.items()}
    lines += differ_each("in company currency", expected.get("in_company_currency_minor", own), own)
    return lines + differ("total", expected.get("total_minor", sum(found.values())), sum(found.values()))
