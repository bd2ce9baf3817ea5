"""The published reference rates by half-year, each row with its source. A half-year without a row is refused."""

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.rates.profiles import TABLES
from core.refusals import NoRateError
from core.values import dataclass

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """The reference rate of one half-year, as decimal text; below zero is possible."""

    percent: str
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """One published rate. `rows` by first day of the half-year for which they count."""

    name: str
    title: str
    rows: Mapping[date, Row] = field(default_factory=dict)

    def row(self, day: date, country: str) -> Row:
        """The row of the half-year in which a day lies. Raises NoRateError, naming `country`, where there is none."""
        first_on, last_on = half_year(day)
        found = self.rows.get(first_on)
        if found is None:
            raise NoRateError(country, self.name, first_on, last_on)
        return found


def half_year(day: date) -> tuple[date, date]:
    """First and last day of the calendar half-year of a day."""
    if day.month <= 6:
        return date(day.year, 1, 1), date(day.year, 6, 30)
    return date(day.year, 7, 1), date(day.year, 12, 31)


def parse(name: str, content: Mapping[str, Any]) -> Table:
    """A table from its file. Raises ValueError for a row out of order, off a half-year, without number or source."""
    rows = dict[date, Row]()
    for entry in content["rows"]:
        first_on = date.fromisoformat(entry["from"])
        if half_year(first_on)[0] != first_on:
            raise ValueError(f"{name}: {first_on} is not the first day of a half-year")
        if rows and first_on <= max(rows):
            raise ValueError(f"{name}: rows must rise, {first_on} comes after {max(rows)}")
        if not entry["source"].strip():
            raise ValueError(f"{name}: the row of {first_on} has no source")
        rows[first_on] = Row(_decimal(name, entry["percent"]), entry["source"])
    return Table(name, content["title"], rows)


def _decimal(name: str, percent: Any) -> str:
    if not isinstance(percent, str) or not percent.removeprefix("-").replace(".", "", 1).isdigit():
        raise ValueError(f'{name}: {percent!r} is no decimal text such as "2.15"')
    return percent


@cache
def shipped() -> Mapping[str, Table]:
    """The tables that come with the program, by name; read once."""
    return {name: parse(name, json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))) for name in TABLES}
