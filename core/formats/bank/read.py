"""Recognises a bank file by its content and reads its statements."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final

from core.bank import BankStatement
from core.formats import csv_table
from core.formats.bank import swift
from core.formats.bank.bai import is_bai, read_bai
from core.formats.bank.layout import BankLayout
from core.formats.bank.mt940 import read_swift
from core.formats.errors import Code, InputError

_START: Final = 8192  # characters by which a text is recognised

_BLANK: Final = b"\xef\xbb\xbf \t\r\n"  # before the declaration, where XML has nothing

Read = Iterator[BankStatement | InputError]


def read_statements(
    content: bytes,
    name: str,
    layout: BankLayout | None = None,  # noqa: ARG001
) -> list[BankStatement | InputError]:
    """The statements of a bank file and all that is to be said of them, in the order of the file.

    A statement with an error in it is not given; one that is given is proved by whatever sums the bank wrote into it.
    Args: `name` names the file in errors; `layout` tells how a bank writes its CSV.
    """
    if not content.strip():
        return [InputError(Code.EMPTY_FILE, name, 0, "the file is empty", hint="nothing was changed")]
    if len(content) > csv_table.LARGEST_FILE:
        problem = f"more than {csv_table.LARGEST_FILE:,} bytes"
        return [InputError(Code.FILE_TOO_LARGE, name, 0, problem, hint="split the file")]
    return list(_xml(content, name) if content[:_START].lstrip(_BLANK).startswith(b"<") else _text(content, name))


def _xml(content: bytes, name: str) -> Read:
    from core.formats.bank.camt import read_camt

    return read_camt(content.lstrip(_BLANK), name)


def _text(content: bytes, name: str) -> Read:
    try:
        encoding = csv_table.find_encoding(lambda: BytesIO(content), None)
    except csv_table.EncodingError as wrong:
        yield InputError(Code.ENCODING, name, 0, wrong.problem, hint=wrong.hint)
        return
    text = content.decode(encoding)
    yield from (reader(text, name) if (reader := _by_content(text)) else _unknown(name))


def _by_content(text: str) -> Callable[[str, str], Read] | None:
    start = text[:_START]
    if swift.is_swift(start):
        return read_swift
    if is_bai(start):
        return read_bai
    return None


def _unknown(name: str) -> Read:
    allowed = "MT940, MT942, camt.052, camt.053, camt.054, BAI2, or CSV with a layout"
    yield InputError(Code.UNKNOWN_FORMAT, name, 0, "no bank file that is known here", allowed=allowed, hint=allowed)
