"""The closing table: each goal beside what was measured, and what the naive way took in the same run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bench.figures import Number, plain_number

_Sections = Mapping[str, Any]  # as the report holds them
_BESIDE: Final = "beside"


@dataclass(frozen=True, slots=True)
class Goal:
    """What one figure should be.

    A name that ends in `*` means the last figure whose name begins so: the largest. One that begins with it means the
    worst of those whose names end so, beside the naive way.
    """

    what: str
    section: str
    figure: str
    op: Literal["<=", ">="]
    limit: Number
    of: Literal["value", "beside"] = "value"  # beside: the figure as a share of the naive one


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    goal: Goal
    measured: Number | None
    naive: Number | None
    unit: str

    @property
    def met(self) -> bool | None:
        """None: it was not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.goal.limit if self.goal.op == "<=" else self.measured >= self.goal.limit


GOALS: Final = (
    Goal("open invoices decided a second, reminded until now", "decide", "four-levels_steady_items", ">=", 300_000),
    Goal("... beside the naive loop", "decide", "four-levels_steady_items", ">=", 0.3, of="beside"),
    Goal("open invoices decided a second, never reminded", "decide", "four-levels_fresh_items", ">=", 300_000),
    Goal("... beside the naive loop", "decide", "four-levels_fresh_items", ">=", 0.3, of="beside"),
    Goal("nothing due: requests of plan_run", "scale", "plan_run_requests_nothing_due_*", "<=", 20),
    Goal("nothing due: rows of accounts read", "scale", "account_rows_read_nothing_due_*", "<=", 0),
    Goal("same actions, ten times the ledger: requests", "scale", "same_night_growth_requests", "<=", 1.1),
    Goal("same actions, ten times the ledger: CPU", "scale", "same_night_growth_cpu_s", "<=", 1.1),
    Goal("first night, ten times the ledger: requests", "first", "first_night_growth_requests", "<=", 11),
    Goal("first night, ten times the ledger: CPU", "first", "first_night_growth_cpu", "<=", 11),
    Goal("messages, of one a customer and currency", "sending", "messages_per_customer_and_currency", "<=", 1.0),
    Goal("mails rendered a second, ready for SES", "render", "mails", ">=", 2_000),
    Goal("mails sent a second, to a sink", "sending", "mails_to_sink", ">=", 300),
    Goal("CPU of one mail sent", "sending", "cpu_ms_per_mail", "<=", 3),
    Goal("list price of a mail, of SES's own", "cost", "price_against_ses*", "<=", 1.10),
    Goal("start of a function, of a bare handler", "cold", "*_import", "<=", 1.35, of="beside"),
    Goal("memory of a decide worker above its start", "scale", "worker_growth_at_*", "<=", 128),
    Goal("pace, of SES's rate", "sending", "pace_of_rate", ">=", 0.95),
    Goal("pace, busiest second of SES's rate", "sending", "pace_worst_second", "<=", 1.0),
    Goal("one in a hundred due: plan, decide, two cores", "scale", "one_in_a_hundred_busier_core_*", "<=", 60),
    Goal("busiest key, of what one key takes", "heat", "busiest_key_share", "<=", 100),
)


def rows(sections: _Sections) -> Iterator[Row]:
    """Each goal with what the sections say of it."""
    for goal in GOALS:
        found = _figure(sections, goal)
        if found is None:
            yield Row(goal, None, None, "")
            continue
        measured, naive = found["value"], found.get(_BESIDE)
        if goal.of == _BESIDE:
            yield Row(goal, measured / naive if naive else None, 1.0, "of it")
        else:
            yield Row(goal, measured, naive, found["unit"])


def plain(found: list[Row]) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {
            "goal": row.goal.what,
            "limit": f"{row.goal.op} {row.goal.limit:,}",
            "measured": row.measured,
            "naive": row.naive,
            "unit": row.unit,
            "met": row.met,
            "from": f"{row.goal.section}.{row.goal.figure}",
        }
        for row in found
    ]


def table(found: list[Row]) -> str:
    """For readers."""
    said = {True: "yes", False: "NO", None: "not measured"}
    lines = [("goal", "limit", "naive", "measured", "met", "unit")]
    lines += [
        (row.goal.what, f"{row.goal.op} {row.goal.limit:,}", plain_number(row.naive), plain_number(row.measured),
         said[row.met], row.unit)
        for row in found
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    shown = [
        f"  {a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}  {e:<{widths[4]}}  {f}".rstrip()
        for a, b, c, d, e, f in lines
    ]
    return "\n".join(["goals: what was to be reached", *shown])


def _figure(sections: _Sections, goal: Goal) -> dict[str, Any] | None:
    section = sections.get(goal.section)
    figures: list[dict[str, Any]] = section["figures"] if section else []
    if goal.figure.startswith("*"):
        ends = goal.figure.removeprefix("*")
        return max((one for one in figures if one["name"].endswith(ends)), key=_share, default=None)
    if goal.figure.endswith("*"):
        start = goal.figure.removesuffix("*")
        return next((figure for figure in reversed(figures) if figure["name"].startswith(start)), None)
    return next((figure for figure in figures if figure["name"] == goal.figure), None)


def _share(figure: dict[str, Any]) -> float:
    return float(figure["value"] / figure[_BESIDE])
