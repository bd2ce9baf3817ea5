"""A company's own words: every version kept, and one row that says which of them holds."""

from functools import lru_cache
from typing import Final

from core.own.text import OwnText, Place, nearest, places
from core.packing import deflate, inflate
from core.stored import stored
from functions.shared.settings import Settings
from functions.shared.store import keys
from functions.shared.store.config import Configuration
from functions.shared.store.table import Row, Table, table

_TRIES: Final = 5  # versions that were kept and never made to hold: a writer that died between the two


class LostWordsError(LookupError):
    """A version of own words that should hold is not stored."""


def put(text: OwnText, *, was: int) -> OwnText | None:
    """Keep the next version of these words and make it hold.

    Args: `was` the version that the caller saw, 0 for none.
    Returns: the words with their version; None when somebody else was first, and then theirs hold.
    """
    for version in range(was + 1, was + 1 + _TRIES):
        kept = text.model_copy(update={"version": version})
        body = deflate(kept.model_dump(mode="json", exclude_none=True))
        row: Row = {**keys.own_words_version(*kept.place, version)._asdict(), "body": body}
        if table().put_if(row, "attribute_not_exists(#pk) OR #body = :body", {"body": body}):
            return kept if _point(kept.place, version, was=was, removed=False) else None
    return None  # each of them was kept by somebody who has not made it hold


def remove(place: Place, *, was: int) -> bool:
    """Let our words hold again; every version stays readable. False when somebody else was first."""
    return _point(place, was + 1, was=was, removed=True)


def read(place: Place, version: int) -> OwnText:
    """One version; raises LostWordsError."""
    return _read(Settings.from_env().table_name, place, version)


def for_message(configuration: Configuration, entity: str, kind: str, language: str) -> OwnText | None:
    """The words that hold for one message, the nearest first; None where the company has none."""
    if not configuration.words:
        return None
    there = [place for place in places(entity, kind, language) if place in configuration.words]
    return nearest((read(place, configuration.words[place]) for place in there), entity, kind, language)


@lru_cache(maxsize=256)
def _read(table_name: str, place: Place, version: int) -> OwnText:
    """A version never changes, so a process reads it once."""
    row = Table(table_name).get(keys.own_words_version(*place, version))
    if row is None:
        raise LostWordsError(f"own words {'/'.join(place)} version {version} are not stored")
    return stored(OwnText, inflate(row["body"]))


def forget() -> None:
    """As a new process: nothing was read."""
    _read.cache_clear()


def _point(place: Place, version: int, *, was: int, removed: bool) -> bool:
    row: Row = {**keys.own_words(*place)._asdict(), "version": version, "removed": removed}

    def ours(there: Row) -> bool:
        return bool(there["version"] == version and there["removed"] == removed)

    condition = "#version = :was" if was else "attribute_not_exists(#pk)"
    return table().put_if(row, condition, {"was": was} if was else None, mine=ours)
