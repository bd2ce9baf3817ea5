"""A calendar of what is to come: months as grids, what each day brings, and below them every entry by name.

One file that needs no server, loads nothing from anywhere, and prints one month after the other.
"""

import calendar
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.rehearsal.coming import Coming, What
from local.cli.amounts import money
from local.rehearsals import WORDS, Tally

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AMOUNTS_SHOWN: Final = 2  # currencies in a cell; the list below has all
_ENTRIES_SHOWN: Final = 200  # of one day
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """What of one kind a day brings."""

    kind: str  # names its colour
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a month."""

    on: date
    inside: bool  # of the span that was rehearsed
    weekend: bool
    marks: tuple[Mark, ...]
    amounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the list below the months."""

    kind: str
    what: str
    customer: str
    numbers: str
    amounts: str


@dataclass(frozen=True, slots=True)
class Month:
    """One grid; a week has seven places, those of other months are empty."""

    title: str
    weeks: tuple[tuple[Cell | None, ...], ...]


def write_calendar(
    path: Path,
    told: Sequence[Coming],
    names: Mapping[tuple[str, str], str],
    span: tuple[date, date],
    assumptions: Sequence[str],
) -> Path:
    """Write the page and return its path; `told` is sorted by night, `names` are those of the customers by account."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / "calendar", TEMPLATES / "gallery"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_day = {on: list(group) for on, group in groupby(told, key=lambda one: one.on)}
    page = environment.get_template("page.html").render(
        first=_long(span[0]),
        last=_long(span[1]),
        assumptions=assumptions,
        tiles=_tiles(Tally.of(told)),
        weekdays=_WEEKDAYS,
        months=list(_months(by_day, span)),
        days=[(on, _long(on, weekday=True), *_rows(entries, names)) for on, entries in by_day.items()],
    )
    path.write_text(page, encoding="utf-8")
    return path


def _months(by_day: Mapping[date, list[Coming]], span: tuple[date, date]) -> Iterator[Month]:
    first, last = span
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, number = divmod(month, 12)
        weeks = calendar.Calendar().monthdatescalendar(year, number + 1)
        yield Month(
            f"{weeks[1][0]:%B %Y}",
            tuple(
                tuple(_cell(on, by_day.get(on, []), span) if on.month == number + 1 else None for on in week)
                for week in weeks
                if week[-1] >= first and week[0] <= last
            ),
        )


def _cell(on: date, entries: list[Coming], span: tuple[date, date]) -> Cell:
    by_tone = sorted((one for one in entries if one.what is What.MESSAGE), key=lambda one: one.level)
    messages = Counter(one.name for one in by_tone)
    marks = [Mark(name, f"{count} {name.replace('-', ' ')}") for name, count in messages.items()]
    rank = list(What)
    others = Counter(sorted((one.what for one in entries if one.what is not What.MESSAGE), key=rank.index))
    marks += [Mark(_colour(what), f"{count} {WORDS[what][count > 1]}") for what, count in others.items()]
    asked = Tally.of(entries).asked
    amounts = [money(minor, currency) for currency, minor in asked.most_common(_AMOUNTS_SHOWN)]
    if len(asked) > _AMOUNTS_SHOWN:
        amounts.append(f"+{len(asked) - _AMOUNTS_SHOWN} more")
    return Cell(on, span[0] <= on <= span[1], on.weekday() >= _SATURDAY, tuple(marks), tuple(amounts))


def _rows(entries: list[Coming], names: Mapping[tuple[str, str], str]) -> tuple[list[Row], int]:
    """The entries of one day, and how many there was no room for."""
    rows = [
        Row(
            kind=one.name if one.what is What.MESSAGE else _colour(one.what),
            what=_what(one),
            customer=names[one.entity, one.customer],
            numbers=", ".join(one.numbers),
            amounts=", ".join(money(minor, currency) for currency, minor in sorted(one.amounts.items())),
        )
        for one in entries[:_ENTRIES_SHOWN]
    ]
    return rows, len(entries) - len(rows)


def _what(one: Coming) -> str:
    name = one.name.replace("-", " ")
    return name if one.what is What.MESSAGE else ": ".join(part for part in (WORDS[one.what][0], name) if part)


def _colour(what: What) -> str:
    return what.value.replace(" ", "-")


def _tiles(tally: Tally) -> list[tuple[str, str]]:
    tiles = [(f"{tally.counts[what]:,}", WORDS[what][tally.counts[what] != 1]) for what in What if tally.counts[what]]
    tiles += [(money(minor, currency), "charged") for currency, minor in sorted(tally.charged.items())]
    tiles.append((f"{len(tally.accounts):,}", "accounts"))
    if tally.busiest:
        tiles.append((f"{tally.busiest[1]:,}", f"messages on the busiest day, {_long(tally.busiest[0])}"))
    return tiles


def _long(on: date, *, weekday: bool = False) -> str:
    day = f"{on.day} {on:%B %Y}"
    return f"{on:%A}, {day}" if weekday else day
