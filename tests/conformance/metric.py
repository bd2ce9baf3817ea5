"""Kind metric: how collecting goes, to the last printed place."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from core.books import metrics
from core.books.metrics import Rounding
from tests.conformance.case import Body, Case, RefusedError, differ

_ROUNDINGS = {
    "half_away_from_zero": "half_away_from_zero",
    "half_up": "half_away_from_zero",  # the two differ below zero only; see _rounded
    "half_even": "half_even",
}


def check(case: Case) -> list[str]:
    """Compare every figure at the number of places in which the case gives it."""
    return [line for variant in case.variants() for line in _check(variant)]


def _check(body: Body) -> list[str]:
    formula = body["formula"]
    if formula not in FORMULAS:
        raise RefusedError(f"there is no formula {formula!r}")
    value = FORMULAS[formula](body)
    lines: list[str] = []
    for unit, expected in body["expected"].items():
        places = body.get("decimals", _places(expected))
        found = None if value is None else _rounded(value, places, body.get("rounding", "half_away_from_zero"))
        lines += differ(unit, None if expected is None else Decimal(str(expected)), found)
    return lines


def _places(expected: Any) -> int:
    exponent = 0 if expected is None else Decimal(str(expected)).as_tuple().exponent
    return -min(int(exponent), 0)


def _rounded(value: Fraction, places: int, rounding: str) -> Decimal:
    if rounding not in _ROUNDINGS:
        raise RefusedError(f"rounding {rounding!r}")
    return metrics.rounded(value, places, cast("Rounding", _ROUNDINGS[rounding]))


def _input(body: Body, *names: str) -> int:
    inputs = body.get("inputs", body)
    for name in names:
        if name in inputs:
            return int(inputs[name])
    raise RefusedError(f"the formula needs {' or '.join(names)}")


def _cei(body: Body) -> Fraction | None:
    return metrics.collection_effectiveness_index(
        opening_minor=_input(body, "beginning_minor", "begin_minor", "beginning_total_minor"),
        sales_minor=_input(body, "sales_minor"),
        closing_minor=_input(body, "ending_total_minor", "end_total_minor", "ending_minor"),
        closing_current_minor=_input(body, "ending_current_minor", "end_current_minor", "current_minor"),
    )


def _receivables(body: Body) -> int:
    return _input(body, "receivables_minor", "total_minor")


def _current(body: Body) -> int:
    return _input(
        body, "current_receivables_minor", "current_minor", "receivables_current_minor", "ending_current_minor",
        "receivables_minor",
    )  # fmt: skip


def _days(body: Body) -> int:
    return _input(body, "period_days", "days")


def _sales(body: Body) -> int:
    return _input(body, "sales_minor", "credit_sales_minor")


def _dso(body: Body) -> Fraction | None:
    return metrics.dso_days(receivables_minor=_receivables(body), sales_minor=_sales(body), period_days=_days(body))


def _bpdso(body: Body) -> Fraction | None:
    return metrics.best_possible_dso_days(
        current_minor=_current(body), sales_minor=_sales(body), period_days=_days(body)
    )


def _add(body: Body) -> Fraction | None:
    return metrics.average_days_delinquent(
        receivables_minor=_receivables(body),
        current_minor=_current(body),
        sales_minor=_sales(body),
        period_days=_days(body),
    )


def _ratio(body: Body) -> Fraction | None:
    """The two inputs, in their order, are the part and the whole."""
    inputs = [int(value) for value in body.get("inputs", {}).values()]
    if len(inputs) != len(("part", "whole")):
        raise RefusedError("a ratio has two inputs, the part and the whole")
    return metrics.ratio_percent(*inputs)


def _mean(body: Body) -> Fraction | None:
    values = body.get("values", body.get("inputs", {}).get("values"))
    if values is None:
        raise RefusedError("the mean needs values")
    return metrics.mean_days_late(values)


FORMULAS: dict[str, Callable[[Body], Fraction | None]] = {
    "cei": _cei,
    "dso": _dso,
    "bpdso": _bpdso,
    "add": _add,
    "ratio_percent": _ratio,
    "mean_days_late": _mean,
}
