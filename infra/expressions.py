"""What is wrong with a schedule expression; neither cfn-lint nor `sam validate` looks inside one.

Source: EventBridge Scheduler user guide, "Schedule types": cron(minutes hours day-of-month month day-of-week year),
rate(value unit), at(yyyy-mm-ddThh:mm:ss).
"""

import re
from datetime import datetime
from typing import Final

MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6,
    "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
# name, least, greatest, names, special forms beside numbers, ranges, lists and steps
FIELDS: Final[tuple[tuple[str, int, int, dict[str, int], str], ...]] = (
    ("minutes", 0, 59, {}, r"(?!)"),
    ("hours", 0, 23, {}, r"(?!)"),
    ("day of month", 1, 31, {}, r"\?|L|LW|(3[01]|[12]?\d)W"),
    ("month", 1, 12, MONTHS, r"(?!)"),
    ("day of week", 1, 7, WEEKDAYS, r"\?|L|[1-7]L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5]"),
    ("year", 1970, 2199, {}, r"(?!)"),
)


def problems(expression: str) -> list[str]:
    """Every fault found, in words; empty when EventBridge Scheduler would take the expression."""
    if not (shape := re.fullmatch(r"(cron|rate|at)\(([^()]*)\)", expression)):
        return [f"{expression!r} is neither cron(...), rate(...) nor at(...)"]
    return {"cron": _cron, "rate": _rate, "at": _at}[shape[1]](shape[2])


def _rate(body: str) -> list[str]:
    if not (parts := re.fullmatch(r"([1-9]\d*) (minute|hour|day)(s?)", body)):
        return [f"rate({body}): expected a count from 1 and minute(s), hour(s) or day(s)"]
    if (parts[1] == "1") == bool(parts[3]):
        return [f"rate({body}): 1 takes {parts[2]}, more take {parts[2]}s"]
    return []


def _at(body: str) -> list[str]:
    try:
        datetime.strptime(body, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007  the zone is a property beside the expression
    except ValueError as error:
        return [f"at({body}): {error}"]
    return []


def _cron(body: str) -> list[str]:
    fields = body.split()
    if len(fields) != len(FIELDS):
        return [f"cron({body}): {len(fields)} fields, expected minutes hours day-of-month month day-of-week year"]
    found = [problem for text, field in zip(fields, FIELDS, strict=True) for problem in _field(text, *field)]
    if (fields[2] == "?") == (fields[4] == "?"):
        found.append(f"cron({body}): exactly one of day of month and day of week must be ?")
    return found


def _field(text: str, name: str, least: int, greatest: int, names: dict[str, int], special: str) -> list[str]:
    return [
        f"{name} {part!r}: expected {least} to {greatest}"
        for part in text.upper().split(",")
        if not re.fullmatch(special, part) and not _in_range(part, least, greatest, names)
    ]


def _in_range(part: str, least: int, greatest: int, names: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [names[end] if end in names else int(end) if end.isdecimal() else -1 for end in span.split("-")]
    return len(ends) <= 2 and all(least <= end <= greatest for end in ends) and ends == sorted(ends)
