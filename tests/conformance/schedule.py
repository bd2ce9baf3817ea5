"""Kind schedule: the next day, or all days, on which reminders of one invoice go out."""

from core.books.timetable import Again, Mark, Timetable
from tests.conformance.books import owed
from tests.conformance.case import Body, Case, RefusedError, day, differ, on, unknown

_ANCHORS = {"invoice_date": "issue", "document_date": "issue", "due_date": "due"}
REPEAT = "repeat"


def check(case: Case) -> list[str]:
    """Compare the next date, or every date up to `until`."""
    return [
        line
        for variant in case.variants()
        for line in _check({**variant, "policy": case.policy(variant.get("policy"))})
    ]


def _check(body: Body) -> list[str]:
    expected = body["expected"]
    unknown(expected, {"next_date", "dates", "next_step"}, "the schedule")
    sent = {step: on(when) for step, when in (body.get("sent") or {}).items() if when}
    as_of = on(body["as_of"])
    table = _timetable(body["policy"], body["item"]) if owed(body["item"]) else None
    lines: list[str] = []
    if "dates" in expected:
        until = on(body["until"])
        dates = [] if table is None else [found.isoformat() for found in table.days(as_of, until, sent)]
        lines += differ("dates", expected["dates"], dates)
    upcoming = None if table is None else table.next_after(as_of, sent)
    if "next_date" in expected:
        lines += differ("next date", expected["next_date"], None if upcoming is None else upcoming[1].isoformat())
    if "next_step" in expected:
        lines += differ("next step", expected["next_step"], None if upcoming is None else upcoming[0])
    return lines


def _timetable(policy: Body, item: Body) -> Timetable:
    marks = []
    for step in policy.get("steps", []):
        if step["basis"] not in _ANCHORS:
            raise RefusedError(f"a schedule counted from {step['basis']!r}")
        marks.append(
            Mark(str(step["id"]), "issue" if _ANCHORS[step["basis"]] == "issue" else "due", step["offset_days"])
        )
    repeat = policy.get("repeat")
    if repeat and repeat.get("from", "last_sent") != "last_sent":
        raise RefusedError(f"a repeat counted from {repeat['from']!r}")
    again = repeat and Again(
        id=REPEAT,
        every_days=repeat.get("every_days", 0),
        every_months=repeat.get("every_months", 0),
        overflow=repeat.get("overflow", policy.get("overflow", False)),
    )
    return Timetable(marks, day(item.get("document_date")), day(item.get("due_date")), again or None)
