"""Recognises a bank file by its content and reads its statements."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from core.bank import BankStatement
from core.formats import csv_table
from core.formats.bank import swift
from core.formats.bank.bai import is_bai, read_bai
from core.formats.bank.bank_csv import read_csv
from core.formats.bank.follow import follow
from core.formats.bank.keys import MOST_ENTRIES, TooManyError
from core.formats.bank.layout import BankLayout
from core.formats.bank.mt940 import read_swift
from core.formats.errors import Code, InputError, Severity
from core.formats.jsonl import foreign_file

LARGEST_FILE: Final = 100_000_000  # bytes; some 150,000 entries of camt
_START: Final = 8192  # bytes by which a file is recognised
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"  # stands before XML at most
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_KNOWN: Final = "MT940, MT942, camt.052, camt.053, camt.054, BAI2, or CSV with a layout"

Read = Iterator[BankStatement | InputError]


def read_statements(content: bytes, name: str, layout: BankLayout | None = None) -> list[BankStatement | InputError]:
    """The statements of a bank file and all that is to be said of them, in the order of the file.

    A statement with an error in it is not given; one that is given is proved by whatever sums the bank wrote into it.
    Args: `name` names the file in errors; `layout` tells how a bank writes its CSV.
    """
    if not content.strip():
        return [InputError(Code.EMPTY_FILE, name, 0, "the file is empty", hint="nothing was changed")]
    if len(content) > LARGEST_FILE:
        return [_too_large(name, f"more than {LARGEST_FILE:,} bytes")]
    try:
        found = list(_once(_read(content, name, layout), name))
    except TooManyError:
        return [_too_large(name, f"more than {MOST_ENTRIES:,} entries")]
    return [*found, *follow((one for one in found if isinstance(one, BankStatement)), name)]


def _too_large(name: str, problem: str) -> InputError:
    return InputError(Code.FILE_TOO_LARGE, name, 0, problem, hint="ask the bank for a file a day, or split it")


def _read(content: bytes, name: str, layout: BankLayout | None) -> Read:
    first = content[:_START]
    wide = first.startswith(_WIDE)
    start = first.decode("utf-16" if wide else "latin-1", errors="replace")
    if start.lstrip("\xef\xbb\xbf \t\r\n").startswith("<"):
        from core.formats.bank.camt import read_camt  # only here is XML needed

        return read_camt(content if wide else content.lstrip(_BLANK), name)
    foreign = None if wide else foreign_file(first, name)
    if foreign is not None:
        return iter([InputError(Code.UNKNOWN_FORMAT, name, 0, foreign.problem, allowed=_KNOWN, hint=f"give {_KNOWN}")])
    if is_bai(start.lstrip("\xef\xbb\xbf")):
        return _decoded(content, name, swift_text=False)
    if swift.is_swift(start):
        return _decoded(content, name, swift_text=True)
    if layout is not None:
        return read_csv(content, name, layout)
    problem = "no bank file that is known here; a CSV needs its layout"
    return iter([InputError(Code.UNKNOWN_FORMAT, name, 0, problem, allowed=_KNOWN, hint=f"known are {_KNOWN}")])


def _once(read: Read, name: str) -> Read:
    """Without statements that the file holds twice. Numbers of equal bookings run on within a file, so they differ."""
    seen = set[tuple[object, ...]]()
    for one in read:
        if isinstance(one, BankStatement) and one.entries:
            alike = (
                *(one.account, one.currency, one.number, one.identification, one.format, one.opening_minor),
                *(one.closing_minor, one.closing_on, hash(tuple(entry.key.partition("-")[0] for entry in one.entries))),
            )
            if alike in seen:
                line, problem = one.entries[0].line, f"statement {one.number or 'without a number'} comes twice"
                hint = f"its {len(one.entries)} entries are left out here"
                count = str(len(one.entries))
                yield InputError(
                    Code.SEQUENCE_REPEAT, name, line, problem, found=count, hint=hint, severity=Severity.WARNING
                )
                continue
            seen.add(alike)
        yield one


def _decoded(content: bytes, name: str, *, swift_text: bool) -> Read:
    try:
        encoding = csv_table.find_encoding(lambda: BytesIO(content), None)
    except csv_table.EncodingError as wrong:
        yield InputError(Code.ENCODING, name, 0, wrong.problem, hint="ask the bank in which encoding it writes")
        return
    text = content.decode(encoding)
    if not (swift.is_swift(text[:_START]) if swift_text else is_bai(text)):  # a guess that turns letters into others
        yield InputError(Code.ENCODING, name, 0, "no encoding fits", hint="ask the bank in which encoding it writes")
        return
    yield from read_swift(text, name) if swift_text else read_bai(text, name)
