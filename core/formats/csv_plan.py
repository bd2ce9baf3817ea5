"""Finds out, before the first row is taken, how a CSV file is to be read: settles what the mapping leaves open."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from core.formats import cells, csv_table
from core.formats.csv_table import CsvText, EncodingError, Line, Table, normal
from core.formats.currencies import current as currencies
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing
from core.formats.mapping import Mapping

NOT_FOUND_OUT: Final = "???"  # stands in a proposed mapping where a person has to look
_SECTIONS: Final = ("customer", "invoice", "payment")
_DATES: Final = ("invoice.issued", "invoice.due", "payment.settled_on")
_AMOUNTS: Final = ("invoice.total", "invoice.open")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one file."""

    table: Table
    header: Line
    columns: dict[str, int]  # field of the mapping, such as invoice.due -> place in the row
    dates: str | None  # None: ISO order
    decimal: str
    only: dict[int, frozenset[str]] = field(default_factory=dict)  # place in the row -> what it must say, folded
    notices: tuple[InputError, ...] = field(default=())

    @property
    def of_customer(self) -> tuple[int, ...]:
        """The places in a row of what it says of its customer."""
        return tuple(place for name, place in self.columns.items() if name.startswith("customer."))

    def heading(self, name: str) -> str:
        """What the file calls a field of the mapping; the field itself where no column feeds it."""
        return self.header.cells[self.columns[name]].strip() if name in self.columns else name


def make_plan(open_file: Callable[[], BinaryIO], file: str, mapping: Mapping) -> Plan | list[InputError]:
    """How to read the file, or why it cannot be read with this mapping."""
    foreign = csv_table.not_csv(open_file, file)
    if foreign is not None:
        return [foreign]
    try:
        encoding = csv_table.find_encoding(open_file, mapping.encoding)
    except EncodingError as wrong:
        return [InputError(Code.ENCODING, file, 0, wrong.problem, hint=wrong.hint)]
    delimiter = mapping.delimiter or csv_table.find_delimiter(
        open_file, encoding, mapping.header_line, headings(mapping)
    )
    return plan_table(CsvText(open_file, file, encoding, delimiter), file, mapping)


def headings(mapping: Mapping) -> frozenset[str]:
    """Every heading that the mapping tries, normal."""
    return frozenset(normal(name) for tried in _wanted(mapping).values() for name in tried)


def plan_table(table: Table, file: str, mapping: Mapping) -> Plan | list[InputError]:
    """How to read a table with this mapping, or why it cannot be."""
    wanted = _wanted(mapping)
    header = csv_table.heading(table.rows(), mapping.header_line, headings(mapping))
    if not isinstance(header, Line):
        return [header or InputError(Code.EMPTY_FILE, file, 0, "0 rows", hint="nothing was changed")]
    columns, errors = _columns(header, wanted, file)
    asked, wrong = _columns(header, {f"only.{name}": (name,) for name in mapping.only}, file)
    errors += wrong
    errors += _settings(mapping, file)
    if errors:
        return errors
    dates: str | None = mapping.dates
    decimal: str | None = mapping.decimal
    if dates is None or decimal is None:
        evidence = _evidence(table.rows(), header, columns)
        dates = dates or date_order(evidence, file, errors)
        decimal = decimal or decimal_sign(evidence, file, errors)
    if errors:
        return errors
    only = {place: _said(mapping.only[name.partition(".")[2]]) for name, place in asked.items()}
    plan = Plan(table, header, columns, dates, decimal or ".", only)
    return replace(plan, notices=tuple(_notices(plan, file)))


def _said(values: str | tuple[str, ...]) -> frozenset[str]:
    return frozenset(value.strip().casefold() for value in ((values,) if isinstance(values, str) else values))


def _notices(plan: Plan, file: str) -> Iterator[InputError]:
    """How the file is read, and what in it is not."""
    header, dates = plan.header, plan.dates or "Y-M-D"
    found = f"read as {plan.table.shown}, dates {dates}, decimal sign {plan.decimal}"
    yield InputError(Code.READ_AS, file, header.number, found, severity=Severity.NOTICE)
    used = {*plan.columns.values(), *plan.only}
    spare = [name.strip() for i, name in enumerate(header.cells) if i not in used and name.strip()]
    if spare:
        said = f"columns that the mapping does not use: {listing(map(clip, spare))}"
        yield InputError(Code.IGNORED_COLUMN, file, header.number, said, severity=Severity.NOTICE)


def _wanted(mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """The headings that are tried for each field."""
    wanted = dict[str, tuple[str, ...]]()
    for section in _SECTIONS:
        part = getattr(mapping, section)
        for name in type(part).model_fields if part is not None else ():
            column = getattr(part, name)
            if column is not None:
                wanted[f"{section}.{name}"] = (column,) if isinstance(column, str) else column
    return wanted


def _columns(header: Line, wanted: dict[str, tuple[str, ...]], file: str) -> tuple[dict[str, int], list[InputError]]:
    names = [normal(cell) for cell in header.cells]
    count = Counter(names)
    columns, errors = dict[str, int](), list[InputError]()
    there = [cell.strip() for cell in header.cells if cell.strip()]
    taken = {normal(heading) for tried in wanted.values() for heading in tried}
    free = [heading for heading in there if normal(heading) not in taken]  # one with a field of its own is not meant
    for name, tried in wanted.items():
        found = next((heading for heading in tried if normal(heading) in count), None)
        if found is None:
            problem = f"there is no column {listing(repr(heading) for heading in tried)}"
            hint = did_you_mean(tried[0], free) or (None if errors else f"the file has {listing(map(clip, there))}")
            if tried == (NOT_FOUND_OUT,):
                problem, hint = f"the mapping still says {NOT_FOUND_OUT}", "name the column of the file that holds it"
            errors.append(InputError(Code.MISSING_COLUMN, file, header.number, problem, field=name, hint=hint))
        elif count[normal(found)] > 1:
            problem = f"the column {found!r} comes {count[normal(found)]} times"
            errors.append(InputError(Code.DUPLICATE_COLUMN, file, header.number, problem, field=name))
        else:
            columns[name] = names.index(normal(found))
    return columns, errors


def _settings(mapping: Mapping, file: str) -> Iterator[InputError]:
    currency = mapping.constants.currency
    if currency is None and mapping.invoice.currency is None:
        hint = "name a column in invoice.currency, or set constants.currency"
        yield InputError(Code.BAD_CURRENCY, file, 0, "the mapping says nothing of the currency", hint=hint)
    if currency is not None and currency not in currencies():
        problem = f"'{clip(currency)}' is not a currency in use (ISO 4217)"
        yield InputError(Code.BAD_CURRENCY, file, 0, problem, field="constants.currency")
    if mapping.dates is not None and not cells.is_pattern(mapping.dates):
        problem = f"'{clip(mapping.dates)}' does not name day, month and year once each"
        yield InputError(Code.BAD_DATE, file, 0, problem, field="dates", hint="such as D/M/Y or Y-M-D")
    if mapping.decimal is not None and mapping.decimal == mapping.thousands:
        problem = "decimal and thousands are the same sign"
        yield InputError(Code.BAD_AMOUNT, file, 0, problem, field="thousands")


def _evidence(lines: Iterator[Line | InputError], header: Line, columns: dict[str, int]) -> cells.Evidence:
    evidence = cells.Evidence()
    dates = [columns[name] for name in _DATES if name in columns]
    amounts = [columns[name] for name in _AMOUNTS if name in columns]
    for line in lines:
        if isinstance(line, Line) and line.number > header.number and len(line.cells) >= header.width:
            for i in dates:
                evidence.date(line.number, cells.bare(line.cells[i]))
            for i in amounts:
                evidence.amount(line.number, line.cells[i])
    return evidence


def date_order(evidence: cells.Evidence, file: str, errors: list[InputError], settings: str = "mapping") -> str | None:
    """The order of day and month that the dates of a file prove; None where they are in ISO order."""
    day, month, open_ = (evidence.first.get(reading) for reading in ("D/M", "M/D", "date?"))
    if day and month:
        problem = f"'{clip(day[1])}' begins with the day, '{clip(month[1])}' on line {month[0]} with the month"
        errors.append(InputError(Code.AMBIGUOUS_DATE, file, day[0], problem, hint="one file, one order"))
    elif open_ and not (day or month):
        problem = f"'{clip(open_[1])}' may be day/month or month/day, and no date of the file tells"
        hint = f"set `dates` in the {settings}, such as D/M/Y"
        errors.append(InputError(Code.AMBIGUOUS_DATE, file, open_[0], problem, hint=hint))
    known = day or month
    if known is None:
        return None
    separator = next(char for char in known[1] if not char.isdigit())
    return f"D{separator}M{separator}Y" if day else f"M{separator}D{separator}Y"


def decimal_sign(evidence: cells.Evidence, file: str, errors: list[InputError], settings: str = "mapping") -> str:
    """The decimal sign that the amounts of a file prove."""
    point, comma, open_ = (evidence.first.get(reading) for reading in (".", ",", "amount?"))
    if point and comma:
        problem = f"'{clip(point[1])}' has a decimal point, '{clip(comma[1])}' on line {comma[0]} a decimal comma"
        errors.append(InputError(Code.AMBIGUOUS_AMOUNT, file, point[0], problem, hint="one file, one sign"))
    elif open_ and not (point or comma):
        problem = f"'{clip(open_[1])}' may be thousands or decimals, and no amount of the file tells"
        hint = f"set `decimal` in the {settings}"
        errors.append(InputError(Code.AMBIGUOUS_AMOUNT, file, open_[0], problem, hint=hint))
    return "," if comma and not point else "."
