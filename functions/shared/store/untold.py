"""Rows of a customer that others read too: one of them is marked until whoever goes by them is woken.

A writer that dies in between leaves the mark, and the next one who says anything of that customer wakes them. The same
words again change no row, so without it nobody would.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from functions.shared.store.keys import Key
from functions.shared.store.table import Row, table

MARK: Final = "untold"


def unmarked(rows: Iterable[Row]) -> list[Row]:
    """The rows as they were said."""
    return [row if MARK not in row else {n: value for n, value in row.items() if n != MARK} for row in rows]


def left(rows: Iterable[Row]) -> list[Row]:
    """Those that bear the mark of a writer that died."""
    return [row for row in rows if MARK in row]


def marked(rows: Sequence[Row]) -> list[Row]:
    """The rows that are about to be written, the first of them with a mark of our own."""
    return [{**row, MARK: secrets.token_hex(4)} if not n else row for n, row in enumerate(rows)]


def take_off(rows: Iterable[Row]) -> None:
    """Everybody is woken; whoever marked one anew in between does the same by himself."""
    for row in rows:
        if MARK in row:
            table().update_if(Key(row["pk"], row["sk"]), f"REMOVE #{MARK}", f"#{MARK} = :ours", {"ours": row[MARK]})
