"""Reads customer statements (MT940) and interim reports (MT942): the fields of each message, proved by its balances."""

from collections.abc import Iterator
from dataclasses import field
from datetime import date
from typing import Final

from core.bank import BankEntry, BankStatement, EntryStatus, Remittance
from core.formats.bank import totals
from core.formats.bank.findings import Findings
from core.formats.bank.keys import Keys, account_of, reference_of
from core.formats.bank.swift import Block, Field, blocks
from core.formats.bank.swift_details import Details, joined, read_details, tidy
from core.formats.bank.swift_line import FieldError, StatementLine, read_amount, read_date, read_line
from core.formats.currencies import current
from core.formats.errors import Code, InputError, clip
from core.values import dataclass

_OPENING: Final = frozenset({"60", "60F", "60M"})
_CLOSING: Final = frozenset({"62", "62F", "62M"})
_INTERIM: Final = frozenset({"34F", "13", "13D", "90C", "90D"})
_ONCE: Final = frozenset({"20", "25", "28"}) | _OPENING | _CLOSING
_SIGNS: Final = {"C": 1, "D": -1}


def read_swift(text: str, file: str) -> Iterator[BankStatement | InputError]:
    """The statements of a text, each with what is to be said of it."""
    keys = Keys()
    for block in blocks(text):
        yield from _Message(block, file, keys).read()


@dataclass(slots=True)
class _Booking:
    """A field 61 with what belongs to it."""

    line: Field
    details: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Balance:
    line: int
    name: str
    on: date
    currency: str
    minor: int


class _Message:
    """One message on its way to a statement."""

    def __init__(self, block: Block, file: str, keys: Keys) -> None:
        self._block, self._keys = block, keys
        self._found = Findings(file)
        self._one = dict[str, Field]()  # fields that come once, by the tag without its letter
        self._sums = list[Field]()
        self._bookings = list[_Booking]()
        self._open = False  # what follows belongs to the last booking

    def read(self) -> list[BankStatement | InputError]:
        for one in self._block.fields:
            self._sort(one)
        self._required()
        opening, closing = self._balance("60"), self._balance("62")
        currency = opening.currency if opening else closing.currency if closing else self._floor_currency()
        if opening and closing and opening.currency != closing.currency:
            problem = f"opened in {opening.currency}, closed in {closing.currency}"
            self._found.error(Code.CURRENCY_MISMATCH, closing.line, problem, field=closing.name)
        statement = None
        if currency and "25" in self._one:
            statement = self._statement(currency, opening, closing)
        return self._found.settle(statement, self._block.line, len(self._bookings))

    # ---------- fields ----------

    def _sort(self, one: Field) -> None:
        tag = one.tag[:2]
        if tag == "61":
            self._bookings.append(_Booking(one))
            self._open = True
        elif tag in {"86", "NS"}:
            if self._open:  # else it is about the statement, or about the account's owner
                booking = self._bookings[-1]
                (booking.details if tag == "86" else booking.extra).extend(one.lines)
        elif tag in {"90", "34"}:
            self._sums.append(one)
            self._open = self._open and tag != "90"
        else:
            self._open = False
            self._keep(tag, one)

    def _keep(self, tag: str, one: Field) -> None:
        if tag in self._one and (tag in _ONCE or one.tag in _ONCE):
            problem = f"comes a second time, first on line {self._one[tag].line}"
            self._found.error(Code.DUPLICATE_FIELD, one.line, problem, field=one.name)
        elif tag != "20" and "20" not in self._one:
            hint = "a message begins with :20:"
            self._found.error(
                Code.MISPLACED, one.line, "stands before the beginning of a message", field=one.name, hint=hint
            )
        self._one.setdefault(tag, one)

    @property
    def _interim(self) -> bool:
        balanced = "60" in self._one or "62" in self._one
        return not balanced and ("13" in self._one or bool(self._sums))

    def _required(self) -> None:
        wanted = {"20": "its reference", "25": "the account", "28": "the statement's number"}
        if not self._interim:
            wanted |= {"60": "the opening balance", "62": "the closing balance"}
        for tag, what in wanted.items():
            if tag not in self._one:
                code = Code.NO_END if tag == "62" else Code.MISSING_FIELD
                hint = "was the file cut off?" if tag == "62" else None
                self._found.error(code, self._block.line, f"missing: {what}", field=f":{tag}:", hint=hint)

    def _balance(self, tag: str) -> _Balance | None:
        one = self._one.get(tag)
        if one is None:
            return None
        try:
            return _read_balance(one)
        except FieldError as wrong:
            self._wrong(one, wrong)
            return None

    def _floor_currency(self) -> str | None:
        """Of a report without balances: that of its floor limit, or of its sums."""
        for one in self._sums:
            text = one.text if one.tag == "34F" else one.text.lstrip("0123456789")
            if text[:3] in current():
                return text[:3]
        if self._interim:
            hint = "a report names it in :34F:, :90D: or :90C:"
            self._found.error(Code.BAD_CURRENCY, self._block.line, "no field names the currency", hint=hint)
        return None

    def _wrong(self, one: Field, wrong: FieldError) -> None:
        self._found.error(wrong.code, one.line, wrong.problem, field=one.name, hint=wrong.hint)

    # ---------- the statement ----------

    def _statement(self, currency: str, opening: _Balance | None, closing: _Balance | None) -> BankStatement:
        account = _account(self._one["25"].text, currency)
        self._keys.begin(account, interim=self._interim)
        entries = tuple(entry for booking in self._bookings if (entry := self._entry(booking, currency)))
        if opening and closing and not self._found.refused:
            totals.prove_balances(
                self._found, closing.line, closing.name, opening.minor, entries, closing.minor, currency
            )
        self._prove_sums(entries, currency)
        number = self._one["28"].text.strip() if "28" in self._one else None
        return BankStatement(
            account=account,
            currency=currency,
            number=number,
            sequence=sequence_of(number),
            identification=self._one["20"].text.strip() if "20" in self._one else None,
            opening_minor=opening.minor if opening else None,
            closing_on=closing.on if closing else self._told_on(),
            closing_minor=closing.minor if closing else None,
            interim=self._interim,
            entries=entries,
            format="mt942" if self._interim else "mt940",
        )

    def _told_on(self) -> date | None:
        one = self._one.get("13")
        if one is None:
            return None
        try:
            return read_date(one.text[:6])
        except FieldError as wrong:
            self._wrong(one, wrong)
            return None

    def _entry(self, booking: _Booking, currency: str) -> BankEntry | None:
        one = booking.line
        try:
            line = read_line(one.text, currency)
        except FieldError as wrong:
            self._wrong(one, wrong)
            return None
        if line.moved:
            problem = f"a value date that February does not have is read as {line.value_on}"
            self._found.notice(Code.BAD_DATE, one.line, problem, field=one.name)
        return _entry(self._keys, booking, line, read_details(booking.details), currency, interim=self._interim)

    def _prove_sums(self, entries: tuple[BankEntry, ...], currency: str) -> None:
        """Number and sum of debits and credits, which a report gives instead of balances."""
        for one in self._sums:
            if one.tag not in {"90C", "90D"} or self._found.refused:
                continue
            text = one.lines[0].strip()
            count = text[: len(text) - len(text.lstrip("0123456789"))]
            try:
                said = read_amount(text[len(count) + 3 :], currency)
            except FieldError as wrong:
                self._wrong(one, wrong)
                continue
            sides = [entry.minor for entry in entries if (entry.minor < 0) == (one.tag == "90D") and entry.minor]
            read = totals.shown(abs(sum(sides)), currency)
            totals.prove(
                self._found, one.line, one.name, "sum", totals.shown(said, text[len(count) : len(count) + 3]), read
            )
            if count:
                totals.prove(
                    self._found,
                    one.line,
                    one.name,
                    "number of entries",
                    clip(count.lstrip("0")) or "0",
                    str(len(sides)),
                )


def _entry(
    keys: Keys, booking: _Booking, line: StatementLine, details: Details, currency: str, *, interim: bool
) -> BankEntry:
    customer = reference_of(line.customer_reference)
    bank_reference = reference_of(line.bank_reference)
    if customer in {"KREF", "EREF", "MREF", "PREF", "KREF+", "EREF+", "MREF+"}:
        customer = None  # it says that the reference stands in field 86
    extra = [text[2:] if text[:2].isdigit() else text for text in booking.extra if not _is_name(text)]
    text = tidy(" ".join([details.text, *extra]))
    if not booking.details and not booking.extra:
        text = joined([line.more])
    name = details.name or tidy(" ".join(part[2:] for part in booking.extra if _is_name(part))) or None
    end_to_end = details.end_to_end or customer
    status = EntryStatus.PENDING if interim or line.expected else EntryStatus.BOOKED
    return BankEntry(
        key=keys.key(line.booked_on, line.minor, currency, bank_reference, end_to_end, name, text),
        booked_on=line.booked_on,
        value_on=line.value_on,
        minor=line.minor,
        currency=currency,
        status=status if line.minor else EntryStatus.INFORMATION,
        reversal=line.reversal or details.reversal,
        return_reason=details.reason,
        payer_name=name,
        payer_account=details.account,
        on_behalf_of=details.on_behalf_of,
        remittance=Remittance(text=text, references=details.all_references(), end_to_end=end_to_end),
        bank_reference=bank_reference,
        kind="/".join(part for part in (line.kind, details.code) if part) or None,
        charges_minor=_same_currency(details.charges, currency),
        instructed=_instructed(details.instructed, currency, line.minor),
        line=booking.line.line,
    )


def _read_balance(one: Field) -> _Balance:
    """The balance of a field 60 or 62. Raises: FieldError."""
    text = one.lines[0].strip()
    if text[:1] not in _SIGNS or len(one.lines) > 1:
        raise FieldError(Code.BAD_VALUE, f"'{clip(one.text)}' is not a balance", "such as C260131EUR1234,56")
    on, currency = read_date(text[1:7]), text[7:10]
    _known(currency)
    return _Balance(one.line, one.name, on, currency, _SIGNS[text[0]] * read_amount(text[10:], currency))


def _is_name(text: str) -> bool:
    """Sub-fields 15 and 16 of field NS name the other side."""
    return text[:2] in {"15", "16"}


def _same_currency(money: tuple[str, str] | None, currency: str) -> int:
    try:
        return read_amount(money[1], currency) if money and money[0] == currency else 0
    except FieldError:
        return 0


def _instructed(money: tuple[str, str] | None, currency: str, minor: int) -> tuple[int, str] | None:
    try:
        ordered = (read_amount(money[1], money[0]), money[0]) if money else None
    except FieldError:
        return None
    return None if ordered in {None, (abs(minor), currency)} else ordered


def _account(text: str, currency: str) -> str:
    """Without the currency that some banks write after it."""
    account = account_of(text)
    return account.removesuffix(currency) if account[-4:-3].isdigit() else account


def _known(currency: str) -> None:
    if currency not in current():
        raise FieldError(Code.BAD_CURRENCY, f"'{clip(currency)}' is not a currency in use (ISO 4217)")


def sequence_of(number: str | None) -> int | None:
    """The statement's number as a count: the part before the page; None where the bank counts nothing."""
    digits = (number or "").partition("/")[0].strip()
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None
