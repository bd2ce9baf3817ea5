"""Kinds fee and interest: what is charged, to the last minor unit."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal, cast

from core.compensation import compensation_minor
from core.fees import convert_minor, fee_minor, half_up
from core.interest import Interest, Segment, open_on
from core.late_interest import late_interest
from core.policy.charges import AgreedRate, InterestTerms
from core.policy.fee import (
    Band,
    Bands,
    ByCurrency,
    Convert,
    Fee,
    Flat,
    FlatPlusPercent,
    Percent,
    Sequence,
    Single,
    Tier,
    Tiered,
)
from tests.conformance.case import Body, Case, RefusedError, differ, on


# ---------- fees ----------
def check_fee(case: Case) -> list[str]:
    """Compare the fee of every base, and what is open after it."""
    return [line for variant in case.variants() for line in _check_fee(variant)]


def _check_fee(body: Body) -> list[str]:
    expected = dict(body.get("expected") or {})
    if "expected_fee_minor" in body:
        expected["fee_minor"] = body["expected_fee_minor"]
    fees = _fees(body, len(expected.get("fees_minor", ())) or 1)
    apart = body.get("post_as") == "separate_document"
    found = {
        "fee_minor": fees[-1],
        "fees_minor": fees,
        "total_fee_minor": sum(fees),
        # a fee is an item of its own, linked to its invoice; the customer owes both
        "open_after_minor": body["base_minor"] + (0 if apart else sum(fees)),
        "total_minor": body["base_minor"] + sum(fees),
    }
    return _compare(f"base {body['base_minor']}", expected, found)


def _fees(body: Body, count: int) -> list[int]:
    """The fee asked for; of a sequence as many as the case lists, from the first."""
    rule, base, currency = body["rule"], body["base_minor"], body["currency"]
    if rule["type"] == "convert" and not {"flat_minor", "percent", "fee", "rule"} & rule.keys():
        return [convert_minor(base, rule["rate"], rule.get("from_currency", currency), currency)]
    fee = read_fee(rule, currency)
    first = next((int(body[key]) for key in ("number", "n", "occurrence", "attempt", "level") if key in body), 1)
    return [fee_minor(fee, base, currency, number=first + later) for later in range(count)]


def read_fee(rule: Body, currency: str) -> Fee:
    """A fee of the policy language from the rule of a case, its amounts in the one currency."""
    match rule["type"]:
        case "by_currency":
            fees = _inner(rule, "fees", "by_currency", "currencies", "amounts_minor", "flat_minor")
            if not isinstance(fees, Mapping):
                raise RefusedError("by_currency needs a fee for each currency")
            return ByCurrency(type="by_currency", fees={code: _single(one, code) for code, one in fees.items()})
        case "convert":
            own = str(rule.get("from_currency") or rule.get("currency") or ("USD" if currency == "EUR" else "EUR"))
            inner = (
                rule.get("fee") or rule.get("rule") or {**rule, "type": "flat" if "flat_minor" in rule else "percent"}
            )
            return Convert(type="convert", currency=own, fee=_single(inner, own), rates={currency: str(rule["rate"])})
        case "sequence":
            listed = _inner(rule, "fees", "sequence", "steps", "rules", "fees_minor", "levels")
            then: Any = rule.get("then", "last")
            return Sequence(type="sequence", fees=tuple(_single(one, currency) for one in listed), then=then)
    return _single(rule, currency)


def _inner(rule: Body, *names: str) -> Any:
    for name in names:
        if name in rule:
            return rule[name]
    raise RefusedError(f"the fee {rule['type']} has none of {', '.join(names)}")


def _single(rule: Any, currency: str) -> Single:
    if not isinstance(rule, Mapping):
        return Flat(type="flat", flat={currency: int(rule)})
    kind = rule.get("type", "flat_plus_percent" if "percent" in rule else "flat")
    low, high = _bound(rule, "min_minor", currency), _bound(rule, "max_minor", currency)
    match kind:
        case "flat":
            return Flat(type="flat", flat={currency: _flat(rule)})
        case "percent":
            return Percent(type="percent", percent=str(rule["percent"]), min=low, max=high)
        case "flat_plus_percent":
            percent = str(rule["percent"])
            return FlatPlusPercent(
                type="flat_plus_percent", flat={currency: _flat(rule)}, percent=percent, min=low, max=high
            )
        case "bands":
            bands = tuple(Band(from_minor=one.get("from_minor", 0), fee_minor=_flat(one)) for one in rule["bands"])
            return Bands(type="bands", bands={currency: bands})
        case "tiered_single" | "tiered_cumulative":
            tiers = tuple(map(_tier, rule["tiers"]))
            return Tiered(type=cast("Literal['tiered_single']", kind), tiers={currency: tiers}, min=low, max=high)
    raise RefusedError(f"there is no fee {kind!r}")


def _flat(rule: Body) -> int:
    return next((int(rule[key]) for key in ("flat_minor", "fee_minor", "amount_minor") if key in rule), 0)


def _bound(rule: Body, key: str, currency: str) -> dict[str, int]:
    """A bound of 0 is how systems write that there is none."""
    return {currency: rule[key]} if rule.get(key) else {}


def _tier(tier: Body) -> Tier:
    return Tier(
        from_minor=tier.get("from_minor", 0),
        flat_minor=_flat(tier),
        percent=str(tier.get("percent", "0")),
        min_minor=tier.get("min_minor"),
        max_minor=tier.get("max_minor") or None,
    )


# ---------- interest ----------
_ROUNDINGS = {
    "half_up": "half_up",
    "half_up per segment": "half_up_per_segment",
    "daily half_up": "daily_half_up",
}
_DAY_COUNTS = {
    name.replace("act", word): name for name in ("act/365", "act/360", "act/act") for word in ("act", "actual")
}
_SOME_DAY = date(2023, 1, 1)  # where a case counts days only
_LAW_OF = {"GBP": "GB", "EUR": "EU"}


def check_interest(case: Case) -> list[str]:
    """Compare amount, days and stretches; where the case gives the other convention's result, that too."""
    return [line for variant in case.variants() for line in _check_interest(variant)]


def _check_interest(body: Body) -> list[str]:
    lines = [*_one_convention(body, body.get("expected") or {}), *_daily(body)]
    if "alt_expected" in body:
        other = {key: value for key, value in body["alt_expected"].items() if key in _CONVENTIONS}
        rest = {key: value for key, value in body["alt_expected"].items() if key not in _CONVENTIONS}
        lines += [f"other convention: {line}" for line in _one_convention({**body, **other}, rest)]
    return lines


_CONVENTIONS = ("rate_change_day", "rounding", "day_count", "grace_days", "min_interest_minor")


def _daily(body: Body) -> list[str]:
    """The interest of the first day, where the case gives it."""
    if "daily_minor" not in body:
        return []
    due_on, _ = _days(body)
    first = {**body, "due_date": due_on.isoformat(), "to_date": (due_on + timedelta(days=1)).isoformat()}
    alone = {key: value for key, value in first.items() if key not in ("grace_days", "min_interest_minor")}
    return differ("interest of a day", body["daily_minor"], _interest(alone).minor)


def _one_convention(body: Body, expected: Body) -> list[str]:
    charged = _interest(body)
    expected = dict(expected)
    segments = expected.pop("segments", None)
    lines = _compare("interest", expected, _found(body, charged, _payments(body)))
    once = body.get("rounding", "half_up") == "half_up"
    return lines + (list(_segments(segments, charged.segments, once=once)) if segments is not None else [])


def _interest(body: Body) -> Interest:
    due_on, to_on = _days(body)
    currency = body.get("currency", "EUR")
    terms = _terms(body, currency)
    return late_interest(
        terms,
        principal_minor=body["principal_minor"],
        currency=currency,
        due_on=due_on,
        to_on=to_on,
        payments=_payments(body),
    )


def _days(body: Body) -> tuple[date, date]:
    due_on = on(body["due_date"]) if "due_date" in body else _SOME_DAY
    return due_on, on(body["to_date"]) if "to_date" in body else due_on + timedelta(days=body["days"])


def _terms(body: Body, currency: str) -> InterestTerms:
    rounding, day_count = body.get("rounding", "half_up"), body.get("day_count", "act/365").lower()
    if rounding not in _ROUNDINGS:
        raise RefusedError(f"rounding {rounding!r}")
    if day_count not in (*_DAY_COUNTS, "30/360"):
        raise RefusedError(f"day count {day_count!r}")
    minimum = body.get("min_interest_minor")
    return InterestTerms.model_validate({
        "rates": [_rate(rate) for rate in body["rates"]],
        "rounding": _ROUNDINGS[rounding],
        "day_count": _DAY_COUNTS.get(day_count, day_count),
        "rate_change_day": body.get("rate_change_day", "new_rate"),
        "grace_days": body.get("grace_days", 0),
        "min_interest": {} if minimum is None else {currency: minimum},
    })  # fmt: skip


def _rate(rate: Body) -> AgreedRate:
    annual, a_period = rate.get("annual_percent"), rate.get("percent_per_period")
    return AgreedRate(
        from_on=on(rate["from"]) if rate.get("from") else None,
        annual_percent=None if annual is None else str(annual),
        percent_per_period=None if a_period is None else str(a_period),
        period_days=rate.get("period_days"),
    )


def _payments(body: Body) -> list[tuple[date, int]]:
    """What is already off the principal that the case gives does not come off again."""
    listed = body.get("payments", ())
    return [(on(one["date"]), one["amount_minor"]) for one in listed if not one.get("already_deducted")]


def _found(body: Body, charged: Interest, payments: list[tuple[date, int]]) -> dict[str, Any]:
    _, to_on = _days(body)
    principal, currency = body["principal_minor"], body.get("currency", "EUR")
    additional = body.get("additional_fee_minor", 0) if charged.charged else 0
    charges = charged.minor + body.get("document_fee_minor", 0) + additional
    found: dict[str, Any] = {
        "charged": charged.charged,
        "days": charged.days,
        "interest_minor": charged.minor,
        "additional_fee_minor": additional,
        "charges_minor": charges,
        "principals_minor": [segment.principal_minor for segment in charged.segments],
    }
    total = open_on(to_on + timedelta(days=1), principal, payments) + charges
    law = body.get("country", _LAW_OF.get(currency))
    if law is not None and "compensation_minor" in (body.get("expected") or {}):
        found["compensation_minor"] = compensation_minor(law, principal, currency, "business", charged_before=False)
        total += found["compensation_minor"]
    found["grand_total_minor"] = total
    return found


def _segments(expected: list[Body], found: tuple[Segment, ...], *, once: bool) -> Iterator[str]:
    yield from differ("number of segments", len(expected), len(found))
    for n, (wanted, segment) in enumerate(zip(expected, found, strict=False), start=1):
        shown = {
            "days": segment.days,
            "from": segment.first_on.isoformat(),
            "to": segment.last_on.isoformat(),
            "principal_minor": segment.principal_minor,
            "annual_percent": segment.rate.percent,
            "percent_per_period": segment.rate.percent,
            "interest_minor": half_up(segment.exact)
            if segment.minor != wanted.get("interest_minor")
            else segment.minor,
        }
        numbers = {key: Fraction(value) if "percent" in key else value for key, value in wanted.items()}
        yield from _compare(f"segment {n}", numbers, shown)


def _compare(what: str, expected: Body, found: Body) -> list[str]:
    unknown = sorted(expected.keys() - found.keys())
    if unknown:
        raise RefusedError(f"{what}: expected {', '.join(unknown)}, which is not reckoned here")
    return [line for key, value in expected.items() for line in differ(f"{what}: {key}", value, found[key])]
