"""Reads BAI2: accounts in groups in a file, each proved by the control total and the count of records that end it."""

from collections.abc import Iterator
from dataclasses import field
from datetime import date
from functools import cache
from typing import Any, Final

from core.bank import BankEntry, BankStatement
from core.formats.bank import totals
from core.formats.bank.bai_entry import Detail, detail, entry
from core.formats.bank.bai_fields import FieldWrongError, amount, needed_day, summaries
from core.formats.bank.findings import Findings
from core.formats.bank.keys import Keys, account_of
from core.formats.bank.swift import text_lines
from core.formats.currencies import current
from core.formats.errors import Code, InputError, clip
from core.values import dataclass

_CODES: Final = frozenset({"01", "02", "03", "16", "49", "88", "98", "99"})
_OPENING: Final = "010"
_CLOSING: Final = "015"
_SAME_DAY: Final = frozenset({"3", "4"})
_AFTER: Final = {  # which records may follow which: the nesting of the file
    "": {"01"},
    "01": {"02", "99"},
    "02": {"03", "98"},
    "03": {"16", "49"},
    "16": {"16", "49"},
    "49": {"03", "98"},
    "98": {"02", "99"},
    "99": set[str](),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record with the lines that go on with it: its code, its fields, where it begins, and how many lines it has."""

    code: str
    fields: list[str]
    line: int
    lines: int

    def at(self, index: int) -> str:
        """A field, from 1 as the format counts them; empty where it is not written."""
        return self.fields[index - 1].strip() if index <= len(self.fields) else ""


@dataclass(slots=True)
class _Account:
    head: Record
    details: list[Record] = field(default_factory=list)
    trailer: Record | None = None


@dataclass(slots=True)
class _Group:
    head: Record
    accounts: list[_Account] = field(default_factory=list)
    trailer: Record | None = None


def is_bai(start: str) -> bool:
    """True when the text begins with a file header."""
    return start.lstrip("\ufeff \t\r\n").startswith("01,")


def read_bai(text: str, file: str) -> Iterator[BankStatement | InputError]:
    """The accounts of a file as statements, each with what is to be said of it."""
    whole = Findings(file)
    groups, trailer, records = _nested(text, whole)
    _prove_file(whole, groups, trailer, records)
    if whole.refused:
        count = sum(len(account.details) for group in groups for account in group.accounts)
        yield from whole.settle(None, 1, count)
        return
    if not any(group.accounts for group in groups):
        yield InputError(Code.EMPTY_FILE, file, 1, "a file without an account", hint="nothing was changed")
    keys = Keys()
    for group in groups:
        yield from _group(group, file, keys)


# ---------- records ----------


def _records(text: str, found: Findings) -> Iterator[Record]:
    """The records, put together from their lines by the library."""
    lines = [(number, line.strip()) for number, line in enumerate(text_lines(text), start=1) if line.strip()]
    good = list[tuple[int, str]]()
    for number, line in lines:
        code = line.lstrip("\ufeff")[:2]
        if code not in _CODES or line.lstrip("\ufeff")[2:3] not in {",", ""}:
            found.error(
                Code.UNKNOWN_TYPE, number, f"'{clip(line[:10])}' begins no record", allowed=" ".join(sorted(_CODES))
            )
        elif code == "88" and not good:
            found.error(Code.MISPLACED, number, "goes on with a record that is not there", field="88")
        else:
            good.append((number, line.lstrip("\ufeff")))
    if not good or found.refused:
        return
    at = 0
    for record in _library()(line for _, line in good):
        rows = len(record.rows)
        yield Record(record.code.value, record.fields, good[at][0], rows)
        at += rows


@cache
def _library() -> Any:
    from bai2.helpers import record_generator

    return record_generator


def _nested(text: str, found: Findings) -> tuple[list[_Group], Record | None, int]:
    groups, trailer, before, count = list[_Group](), None, "", 0
    for record in _records(text, found):
        count += record.lines
        if record.code not in _AFTER[before]:
            problem = f"a record {record.code} after {'a record ' + before if before else 'nothing'}"
            allowed = " ".join(sorted(_AFTER[before])) or "none"
            found.error(
                Code.MISPLACED, record.line, problem, field=record.code, allowed=allowed, hint=f"allowed: {allowed}"
            )
            break
        before = record.code
        _place(groups, record)
        trailer = record if record.code == "99" else None
    return groups, trailer, count


def _place(groups: list[_Group], record: Record) -> None:
    match record.code:
        case "02":
            groups.append(_Group(record))
        case "03":
            groups[-1].accounts.append(_Account(record))
        case "16":
            groups[-1].accounts[-1].details.append(record)
        case "49":
            groups[-1].accounts[-1].trailer = record
        case "98":
            groups[-1].trailer = record


# ---------- proofs ----------


def _prove_file(found: Findings, groups: list[_Group], trailer: Record | None, records: int) -> None:
    if found.refused:
        return
    if trailer is None:
        found.error(Code.NO_END, 0, "there is no record 99 at the end", hint="was the file cut off?")
        return
    try:
        _prove(found, trailer, 1, "control total", sum(_total(group.trailer) for group in groups))
        _prove(found, trailer, 2, "number of groups", len(groups))
        _prove(found, trailer, 3, "number of records", records)
        for group in groups:
            end = group.trailer
            if end is not None:
                _prove(found, end, 1, "control total", sum(_total(account.trailer) for account in group.accounts))
                _prove(found, end, 2, "number of accounts", len(group.accounts))
                _prove(found, end, 3, "number of records", _lines(group))
    except FieldWrongError as wrong:
        found.error(wrong.code, wrong.line or trailer.line, wrong.problem, field=wrong.field)


def _prove(found: Findings, trailer: Record, index: int, what: str, read: int) -> None:
    totals.prove(found, trailer.line, trailer.code, what, amount(trailer.at(index), what, trailer.line) or 0, read)


def _total(trailer: Record | None) -> int:
    return (amount(trailer.at(1), "control total", trailer.line) or 0) if trailer else 0


def _lines(group: _Group) -> int:
    own = group.head.lines + (group.trailer.lines if group.trailer else 0)
    return own + sum(_account_lines(account) for account in group.accounts)


def _account_lines(account: _Account) -> int:
    own = account.head.lines + (account.trailer.lines if account.trailer else 0)
    return own + sum(record.lines for record in account.details)


# ---------- statements ----------


def _group(group: _Group, file: str, keys: Keys) -> Iterator[BankStatement | InputError]:
    status, told = group.head.at(3), group.head.at(4)
    for account in group.accounts:
        found = Findings(file)
        if status not in {"", "1"}:
            what = {"2": "takes back what was told before", "3": "corrects what was told before", "4": "is a test"}
            problem = f"the group {what.get(status, f'has the status {clip(status)}')}"
            found.error(Code.BAD_ENUM, group.head.line, problem, field="02", hint="only updates (1) are read")
        statement = None
        try:
            on = needed_day(told, "as-of date", group.head.line)
            statement = _statement(account, group, on, found, keys)
        except FieldWrongError as wrong:
            found.error(wrong.code, wrong.line or account.head.line, wrong.problem, field=wrong.field)
        yield from found.settle(statement, account.head.line, len(account.details))


def _statement(account: _Account, group: _Group, on: date, found: Findings, keys: Keys) -> BankStatement:
    head = account.head
    number = account_of(head.at(1))
    if not number:
        raise FieldWrongError(Code.MISSING_FIELD, "account number", "required, and missing", head.line)
    currency = head.at(2) or group.head.at(6) or "USD"  # as the format has it where nothing is said
    if currency not in current():
        problem = f"'{clip(currency)}' is not a currency in use (ISO 4217)"
        raise FieldWrongError(Code.BAD_CURRENCY, "currency", problem, head.line)
    told = summaries(head.fields[2:], head.line)
    details = [detail(record.fields, record.line) for record in account.details]
    _prove_account(account, found, sum(one for _, one in told if one) + sum(one.amount or 0 for one in details))
    interim = group.head.at(7) in _SAME_DAY
    keys.begin(number, interim=interim)
    entries = tuple(_entries(details, currency, on, found, keys))
    balances = dict(told)
    opening, closing = balances.get(_OPENING), balances.get(_CLOSING)
    if opening is not None and closing is not None and opening + totals.booked(entries) != closing:
        problem = (
            f"opening {totals.shown(opening, currency)} and {len(entries)} entries do not come to "
            f"{totals.shown(closing, currency)}: the bank may tell only some of its entries"
        )
        found.warning(Code.CONTROL_TOTAL, head.line, problem, field="015")
    return BankStatement(
        account=number,
        currency=currency,
        opening_minor=opening,
        closing_on=on,
        closing_minor=closing,
        interim=interim,
        entries=entries,
        format="bai2",
        version="2",
    )


def _entries(details: list[Detail], currency: str, on: date, found: Findings, keys: Keys) -> Iterator[BankEntry]:
    for one in details:
        if not one.known:
            problem = f"'{clip(one.code)}' is no type code of the standard; its number makes it {one.side_name}"
            found.warning(Code.BAD_ENUM, one.line, problem, field="16")
        yield entry(one, currency, on, keys)


def _prove_account(account: _Account, found: Findings, read: int) -> None:
    trailer = account.trailer
    if trailer is not None:
        _prove(found, trailer, 1, "control total", read)
        _prove(found, trailer, 2, "number of records", _account_lines(account))
