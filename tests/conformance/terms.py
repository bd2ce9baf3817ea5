"""Fees and interest inside a policy of a case, in the words of our policy language."""

from typing import Any, Final

from tests.conformance.case import Body, RefusedError
from tests.conformance.charges import read_fee

ROUNDING: Final = {
    "half_up": "half_up",
    "half_up per segment": "half_up_per_segment",
    "daily half_up": "daily_half_up",
}


def interest_fields(theirs: Body) -> dict[str, Any]:
    """The interest terms of a policy; a policy without rates has none."""
    terms = {**theirs, **(theirs.get("interest") or {})}
    rates = terms.get("rates")
    if not rates and "annual_percent" in terms:
        rates = [{"annual_percent": terms["annual_percent"]}]
    if not rates:
        return {}
    rounding = terms.get("rounding", "half_up")
    if rounding not in ROUNDING:
        raise RefusedError(f"rounding {rounding!r}")
    return {
        "interest": {
            "rates": [_rate(rate) for rate in rates],
            "day_count": terms.get("day_count", "act/365"),
            "rounding": ROUNDING[rounding],
            "rate_change_day": terms.get("rate_change_day", "new_rate"),
            "grace_days": terms.get("grace_days", 0),
        }
    }


def _rate(rate: Body) -> dict[str, Any]:
    words = {"from": "from_on", "annual_percent": "annual_percent", "percent_per_period": "percent_per_period",
             "period_days": "period_days"}  # fmt: skip
    return {ours: rate[key] for key, ours in words.items() if rate.get(key) is not None}


def fee_fields(rule: Any, currencies: list[str]) -> dict[str, Any]:
    """A fee of a step; the cases give amounts without a currency, which then hold in each."""
    rule = {"type": "flat", "flat_minor": rule} if isinstance(rule, int) else {"type": "flat", **rule}
    fees = {currency: read_fee(rule, currency).model_dump() for currency in currencies}
    if len(fees) == 1 or rule["type"] in ("by_currency", "convert", "sequence"):
        return fees[currencies[0]]
    return {"type": "by_currency", "fees": fees}
