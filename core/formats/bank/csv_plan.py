"""Finds out how a bank's CSV is to be read: where its table begins, and what the layout leaves open."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, Final

from core.formats import cells, csv_table
from core.formats.bank.csv_cells import bare, numbered
from core.formats.bank.layout import BankLayout
from core.formats.csv_plan import date_order, decimal_sign
from core.formats.csv_table import EncodingError, Line, normal
from core.formats.currencies import current
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing
from core.values import dataclass, replace

_DELIMITERS: Final = (";", ",", "\t", "|")
_PREAMBLE: Final = 60  # lines among which the headings are looked for
_DATES: Final = ("booked", "value")
_AMOUNTS: Final = ("amount", "credit", "debit", "balance")

Open = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one file."""

    encoding: str
    delimiter: str
    before: int  # the table's rows stand below this line
    width: int  # columns that a row must have; 0 where no headings count them
    columns: dict[str, tuple[int, ...]]  # field of the layout -> places in the row
    headings: dict[str, str]  # field of the layout -> what the file calls it
    dates: str | None  # None: ISO order
    decimal: str
    notices: tuple[InputError, ...] = ()


def make_plan(open_file: Open, file: str, layout: BankLayout) -> Plan | list[InputError]:
    """How to read the file, or why it cannot be read with this layout."""
    foreign = csv_table.not_csv(open_file, file)
    if foreign is not None:
        return [foreign]
    wrong = list(_settings(layout, file))
    if wrong:
        return wrong
    try:
        encoding = csv_table.find_encoding(open_file, layout.encoding)
    except EncodingError as refused:
        return [InputError(Code.ENCODING, file, 0, refused.problem, hint=refused.hint)]
    found = _table(open_file, file, layout, encoding)
    return found if isinstance(found, list) else _settled(open_file, file, layout, found)


def table_rows(open_file: Open, file: str, plan: Plan) -> Iterator[Line | InputError]:
    """The rows below the headings."""
    for row in csv_table.rows(open_file, file, plan.encoding, plan.delimiter):
        if (row.number if isinstance(row, Line) else row.line) > plan.before:
            yield row


def _settings(layout: BankLayout, file: str) -> Iterator[InputError]:
    if layout.currency is not None and layout.currency not in current():
        problem = f"'{clip(layout.currency)}' is not a currency in use (ISO 4217)"
        yield InputError(Code.BAD_CURRENCY, file, 0, problem, field="currency")
    if layout.dates is not None and not cells.is_pattern(layout.dates):
        problem = f"'{clip(layout.dates)}' does not name day, month and year once each"
        yield InputError(Code.BAD_DATE, file, 0, problem, field="dates", hint="such as D/M/Y or Y-M-D")
    if layout.decimal is not None and layout.decimal == layout.thousands:
        problem = "decimal and thousands are the same sign"
        yield InputError(Code.BAD_AMOUNT, file, 0, problem, field="thousands")


def _wanted(layout: BankLayout) -> dict[str, tuple[str | int, ...]]:
    """What is looked for, for each field: headings, or numbers of columns."""
    wanted = dict[str, tuple[str | int, ...]]()
    for name in type(layout.columns).model_fields:
        column = getattr(layout.columns, name)
        if column is not None:
            wanted[name] = column if isinstance(column, tuple) else (column,)
    return wanted


def _table(open_file: Open, file: str, layout: BankLayout, encoding: str) -> Plan | list[InputError]:
    wanted = _wanted(layout)
    if not layout.headings:
        return _without_headings(open_file, file, layout, encoding, wanted)
    names = {normal(one) for tried in wanted.values() for one in tried if isinstance(one, str)}
    best, delimiter, header = -1, ",", None
    for tried in (layout.delimiter,) if layout.delimiter else _DELIMITERS:
        row, fit = _headings(open_file, file, encoding, tried, layout.header_line, names)
        if fit > best:
            best, delimiter, header = fit, tried, row
    if header is None:
        return [InputError(Code.EMPTY_FILE, file, 0, "0 rows", hint="nothing was changed")]
    columns, errors = _columns(header, wanted, file)
    shown = {name: header.cells[places[0]].strip() for name, places in columns.items() if places[0] < len(header.cells)}
    width = max((place + 1 for places in columns.values() for place in places), default=0)
    return errors or Plan(encoding, delimiter, header.number, width, columns, shown, None, ".")


def _headings(
    open_file: Open, file: str, encoding: str, delimiter: str, line: int | None, names: set[str]
) -> tuple[Line | None, int]:
    """The row with most of the headings, or that on the given line, and how many it has."""
    best, fit = None, -1
    for number, row in enumerate(csv_table.rows(open_file, file, encoding, delimiter)):
        if number >= _PREAMBLE and line is None:
            break
        if not isinstance(row, Line) or (line is not None and row.number < line):
            continue
        there = len({normal(cell) for cell in row.cells} & names)
        if there > fit:
            best, fit = row, there
        if line is not None:
            break
    return best, fit


def _columns(
    header: Line, wanted: dict[str, tuple[str | int, ...]], file: str
) -> tuple[dict[str, tuple[int, ...]], list[InputError]]:
    names = [normal(cell) for cell in header.cells]
    count = Counter(names)
    columns, errors = dict[str, tuple[int, ...]](), list[InputError]()
    for field, tried in wanted.items():
        places = [one - 1 if isinstance(one, int) else names.index(normal(one)) for one in tried if _there(one, count)]
        twice = [one for one in tried if isinstance(one, str) and count[normal(one)] > 1]
        if not places:
            problem = f"there is no column {listing(repr(one) for one in tried)}"
            hint = did_you_mean(str(tried[0]), [cell.strip() for cell in header.cells if cell.strip()])
            errors.append(InputError(Code.MISSING_COLUMN, file, header.number, problem, field=field, hint=hint))
        elif twice:
            problem = f"the column {twice[0]!r} comes {count[normal(str(twice[0]))]} times"
            hint = "say which by its number, from 1"
            errors.append(InputError(Code.DUPLICATE_COLUMN, file, header.number, problem, field=field, hint=hint))
        else:
            columns[field] = tuple(places) if field in {"text", "reference"} else tuple(places[:1])
    return columns, errors


def _there(one: str | int, count: Counter[str]) -> bool:
    return isinstance(one, int) or count[normal(one)] > 0


def _without_headings(
    open_file: Open, file: str, layout: BankLayout, encoding: str, wanted: dict[str, tuple[str | int, ...]]
) -> Plan | list[InputError]:
    columns, errors = dict[str, tuple[int, ...]](), list[InputError]()
    for field, tried in wanted.items():
        places = tuple(one - 1 for one in tried if isinstance(one, int))
        if len(places) < len(tried):
            problem = "a file without headings has its columns by number, from 1"
            errors.append(InputError(Code.MISSING_COLUMN, file, 0, problem, field=field))
        columns[field] = places
    width = max((place + 1 for places in columns.values() for place in places), default=0)
    delimiter = layout.delimiter or _widest(open_file, file, encoding, width)
    return errors or Plan(encoding, delimiter, (layout.header_line or 1) - 1, width, columns, {}, None, ".")


def _widest(open_file: Open, file: str, encoding: str, width: int) -> str:
    """The delimiter under which most of the first rows are wide enough."""

    def fit(delimiter: str) -> int:
        rows = islice(csv_table.rows(open_file, file, encoding, delimiter), _PREAMBLE)
        return sum(1 for row in rows if isinstance(row, Line) and len(row.cells) >= width)

    return max(_DELIMITERS, key=fit)


def _settled(open_file: Open, file: str, layout: BankLayout, plan: Plan) -> Plan | list[InputError]:
    """The plan with the order of dates and the decimal sign, by what the cells themselves prove."""
    errors = list[InputError]()
    dates: str | None = layout.dates
    decimal: str | None = layout.decimal
    if dates is None or decimal is None:
        evidence = _evidence(open_file, file, layout, plan)
        dates = dates or date_order(evidence, file, errors, "layout")
        decimal = decimal or decimal_sign(evidence, file, errors, "layout")
    if errors:
        return errors
    shown = {"\t": "TAB"}.get(plan.delimiter, plan.delimiter)
    problem = (
        f"read as {plan.encoding}, delimiter {shown}, table below line {plan.before}, "
        f"dates {dates or 'Y-M-D'}, decimal sign {decimal or '.'}"
    )
    notice = InputError(Code.READ_AS, file, plan.before, problem, severity=Severity.NOTICE)
    return replace(plan, dates=dates, decimal=decimal or ".", notices=(notice,))


def _evidence(open_file: Open, file: str, layout: BankLayout, plan: Plan) -> cells.Evidence:
    evidence = cells.Evidence()
    dates = [place for name in _DATES for place in plan.columns.get(name, ())]
    amounts = [place for name in _AMOUNTS for place in plan.columns.get(name, ())]
    for row in table_rows(open_file, file, plan):
        if isinstance(row, Line) and len(row.cells) >= plan.width:
            for place in dates:
                evidence.date(row.number, numbered(row.cells[place]))
            for place in amounts:
                evidence.amount(row.number, bare(row.cells[place], layout.signs))
    return evidence
