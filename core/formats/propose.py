"""Proposes a mapping for a table that nobody has described yet, from its headings and from what stands below them.

A proposal is for a person to look at: it says what each column holds, and what could not be found out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from io import StringIO
from itertools import islice
from typing import Final

from core.formats import cells
from core.formats.addresses import InjectionError, addresses
from core.formats.csv_table import Line, Table
from core.formats.currencies import current as currencies
from core.formats.errors import clip
from core.formats.headings import FIELDS, Kind, currency_in, meaning, plain
from core.formats.places import is_country
from core.values import dataclass

_SAMPLE: Final = 2_000  # rows that are looked at
_HEAD: Final = 30  # rows among which the heading is looked for
_SHARE: Final = 0.9  # of a column's cells that must be of a kind ...
_SHARE_OF_NAMED: Final = 0.5  # ... where the heading leaves a doubt; of one that is named so, most of them
_SURE: Final = 900  # of a heading's meaning
_FEW: Final = 12  # values of a column that tells rows apart
_TELLING: Final = frozenset({"type", "status", "state", "deleted", "voided", "typ", "statut", "stato", "estado"})
_SHOWN: Final = 2  # values of a column that a proposal repeats
_WORDS: Final = frozenset(
    {"yes", "no", "y", "n", "true", "false", "t", "f", "0", "1", "ja", "nein", "oui", "non", "si"}
)
_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T].*)?")
_MONEY: Final = r"(?:[A-Z]{3}|[$\u20ac\u00a3\u00a5])?"  # is refused in an amount, with a word why
_NUMBER: Final = re.compile(rf"{_MONEY}\s?[(+-]?\s?\d[\d.,' \u00a0]*[)-]?\s?{_MONEY}")


@dataclass(slots=True)
class Column:
    """One column: what it is called, and what was seen in it."""

    place: int
    name: str
    filled: int = 0
    kinds: dict[Kind, int] = field(default_factory=dict)
    values: dict[str, None] = field(default_factory=dict)  # the first distinct ones
    distinct: set[int] = field(default_factory=set)

    def take(self, cell: str) -> None:
        self.filled += 1
        for kind in kinds_of(cell):
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if len(self.values) < _SHOWN:
            self.values[cell] = None
        self.distinct.add(hash(cell))

    def is_of(self, kind: Kind, share: float = _SHARE) -> bool:
        return kind is Kind.TEXT or (self.filled > 0 and self.kinds.get(kind, 0) >= share * self.filled)

    @property
    def tells_rows_apart(self) -> bool:
        """Whether it may say that some rows are no open invoices: a type, a status, a mark of what was deleted."""
        words = plain(self.name).split()
        return 1 < len(self.distinct) <= _FEW and any(word in _TELLING for word in words)

    def shown(self) -> str:
        """What stands in it, fit for a comment."""
        return ", ".join(clip(" ".join(value.split())) for value in self.values) or "empty"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Columns by field of a mapping, and what the cells tell of dates and amounts."""

    header: Line
    rows: int
    columns: dict[str, Column]
    spare: tuple[Column, ...]
    evidence: cells.Evidence
    missing: tuple[str, ...]  # fields that a mapping needs and no column seems to feed

    def text(self, name: str) -> str:
        """The mapping as YAML, with what it rests on beside it."""
        out = StringIO()
        out.write(
            f"# proposed from {self.rows:,} rows; look at every line before it is used\nmapping: {_quoted(name)}\n"
        )
        if self.header.number > 1:
            out.write(f"header_line: {self.header.number}\n")
        out.writelines(self._settings())
        for section in ("customer", "invoice", "payment"):
            out.writelines(self._section(section))
        out.writelines(self._constants())
        telling = [column for column in self.spare if column.tells_rows_apart]
        for column in telling:
            out.write(f"# only: {{ {_quoted(column.name)}: [...] }}  # rows differ: {column.shown()}\n")
        spare = [clip(column.name) for column in self.spare if column.name]
        if spare:
            out.write(f"# not used: {', '.join(spare)}\n")
        return out.getvalue()

    def _settings(self) -> Iterator[str]:
        told = self.evidence.first
        if "date?" in told and not ("D/M" in told or "M/D" in told):
            yield f"dates: ???  # D/M/Y or M/D/Y? '{clip(told['date?'][1])}' may be both\n"
        if "amount?" in told and not ("." in told or "," in told):
            yield f'decimal: ???  # "." or ","? \'{clip(told["amount?"][1])}\' may be both\n'

    def _section(self, section: str) -> Iterator[str]:
        names = [name for name in FIELDS if name.startswith(f"{section}.")]
        given = [name for name in names if name in self.columns or name in self.missing]
        if not given:
            return
        yield f"{section}:\n"
        for name in given:
            key, column = name.partition(".")[2], self.columns.get(name)
            if column is None:
                yield f"  {key}: ???  # no column looks like it\n"
            else:
                yield f"  {key}: {_quoted(column.name)}  # {column.shown()}\n"

    def _constants(self) -> Iterator[str]:
        if "invoice.currency" in self.columns:
            return
        total = self.columns.get("invoice.total")
        told = currency_in(total.name) if total else None
        said = f"{told}  # as the heading of the total says" if told else "???  # no column says it"
        yield f"constants:\n  currency: {said}\n"


def propose(table: Table) -> Proposal | None:
    """A proposal for a table; None when it holds no heading with rows below it."""
    header = _heading(table)
    if header is None:
        return None
    columns = [Column(i, name.strip()) for i, name in enumerate(header.cells)]
    evidence, rows = cells.Evidence(), 0
    below = (line for line in table.rows() if isinstance(line, Line) and line.number > header.number)
    for line in islice(below, _SAMPLE):
        rows += 1
        for column, cell in zip(columns, line.cells, strict=False):
            if cell.strip():
                column.take(cells.bare(cell))
    chosen = _choose(columns)
    _look(table, header, chosen, evidence)
    used = {column.place for column in chosen.values()}
    spare = tuple(column for column in columns if column.place not in used)
    missing = tuple(name for name, wanted in FIELDS.items() if wanted.needed and name not in chosen)
    return Proposal(header, rows, chosen, spare, evidence, missing)


def _heading(table: Table) -> Line | None:
    """The first of the widest rows that has a name in most of its cells, and no number or day in any."""
    head = [line for line in islice(table.rows(), _HEAD) if isinstance(line, Line)]
    width = max((_names(line) for line in head), default=0)
    return next((line for line in head if width and _names(line) == width), None)


def _names(line: Line) -> int:
    """How many cells may be names of columns; those with a meaning count more."""
    words = [cell.strip() for cell in line.cells if cell.strip()]
    if any({Kind.DATE, Kind.AMOUNT} & kinds_of(word) for word in words):
        return 0
    return len(words) + 10 * sum(any(meaning(name, word) for name in FIELDS) for word in words)


def kinds_of(cell: str) -> set[Kind]:
    """What a cell may be."""
    found = {Kind.TEXT}
    if _DATE.fullmatch(cell) or (isinstance(cell, cells.Typed) and cell.day is not None):
        found.add(Kind.DATE)
    if _NUMBER.fullmatch(cell):
        found.add(Kind.AMOUNT)
    if cell.upper() in currencies():
        found.add(Kind.CURRENCY)
    if "@" in cell and _is_address(cell):
        found.add(Kind.ADDRESS)
    if cell.casefold() in _WORDS:
        found.add(Kind.WORD)
    if is_country(cell):
        found.add(Kind.COUNTRY)
    if cell.startswith("https://"):
        found.add(Kind.LINK)
    return found


def _is_address(cell: str) -> bool:
    try:
        return bool(addresses(cell)[0])
    except InjectionError:
        return False


def _choose(columns: Sequence[Column]) -> dict[str, Column]:
    """The best column for each field, the surest pair first; a column feeds one field."""
    pairs = sorted(
        (
            (-score, order, column.place, name, column)
            for order, (name, wanted) in enumerate(FIELDS.items())
            for column in columns
            if (score := meaning(name, column.name))
            and (column.filled == 0 or column.is_of(wanted.kind, _SHARE_OF_NAMED if score >= _SURE else _SHARE))
        ),
        key=lambda pair: pair[:3],
    )
    chosen, used = dict[str, Column](), set[int]()
    for _, _, place, name, column in pairs:
        if name not in chosen and place not in used and (column.filled or FIELDS[name].needed):
            chosen[name] = column
            used.add(place)
    return {name: chosen[name] for name in FIELDS if name in chosen}


def _look(table: Table, header: Line, chosen: dict[str, Column], evidence: cells.Evidence) -> None:
    """What the chosen columns tell of the order of dates and of the decimal sign."""
    dates = [column.place for name, column in chosen.items() if FIELDS[name].kind is Kind.DATE]
    amounts = [column.place for name, column in chosen.items() if FIELDS[name].kind is Kind.AMOUNT]
    for line in table.rows():
        if isinstance(line, Line) and line.number > header.number and len(line.cells) >= header.width:
            for i in dates:
                evidence.date(line.number, cells.bare(line.cells[i]))
            for i in amounts:
                evidence.amount(line.number, cells.bare(line.cells[i]))


def _quoted(text: str) -> str:
    """A value as YAML takes it; in quotes unless it is plain words."""
    plain = re.fullmatch(r"[^\W\d_][\w ./-]*[\w.]|[^\W\d_]", text) and text.casefold() not in {
        *_WORDS,
        "null",
        "on",
        "off",
    }
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
