"""Sources: what they are, how far each has come, and the entity's dates that follow the slowest of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.source import Source, SourceKind, Watermark, age, is_stale
from functions.shared.store import config, sources
from tests.functions.stored import NOW, configured

BERLIN = "Europe/Berlin"


def a_source(key: str = "books", **changes: object) -> Source:
    return Source.model_validate({"id": key, "entity": "E1", "kind": "ledger", **changes})


def test_a_source_is_written_on_the_version_that_was_read() -> None:
    configured()
    assert sources.put(a_source(), was=0)
    assert not sources.put(a_source(fresh_hours=12), was=0)
    assert sources.put(a_source(fresh_hours=12), was=1)
    assert sources.get("books") == a_source(fresh_hours=12)
    assert sources.read() == {"books": a_source(fresh_hours=12)}
    assert config.read().versions["source#books"] == 2
    assert sources.get("other") is None


def test_a_success_moves_the_mark_and_clears_the_failure() -> None:
    configured()
    whole = a_source(snapshot="full")
    sources.put(whole, was=0)
    sources.failed(whole, at=NOW, failure="ENCODING", what="inbox/E1/books/a.csv")
    assert (mark := sources.watermark("books"))
    assert (mark.failure, mark.succeeded_at) == ("ENCODING", None)
    later = NOW + timedelta(hours=1)
    sources.succeeded(whole, at=later, complete_on=date(2026, 3, 1), took="b.csv")
    sources.succeeded(whole, at=NOW, complete_on=date(2026, 2, 1), took="older.csv")
    assert sources.watermark("books") == Watermark(
        source="books", complete_on=date(2026, 3, 1), succeeded_at=later, took="older.csv"
    )


@pytest.mark.parametrize("kind", ["ledger", "bank"])
def test_what_no_later_file_brings_is_told_of_for_a_day(kind: str) -> None:
    """Two files of changes at once, the first one refused: the second one said that all was well."""
    configured()
    source = a_source(kind=kind)
    for hours, took, failure in ((0, "b", "ENCODING"), (23, "c", "ENCODING"), (24, "d", None)):
        sources.failed(source, at=NOW, failure="ENCODING", what="a") if not hours else None
        sources.succeeded(source, at=NOW + timedelta(hours=hours), complete_on=None, took=took)
        assert (mark := sources.watermark("books"))
        assert (mark.failure, mark.took) == (failure, took)
    sources.failed(source, at=NOW, failure="ENCODING", what="a")
    sources.succeeded(source, at=NOW, complete_on=None, took="a")  # it was exported anew
    assert (mark := sources.watermark("books"))
    assert mark.failure is None


def test_the_entity_is_as_complete_as_its_slowest_source() -> None:
    configured()
    one, other, bank = a_source(), a_source("more"), a_source("bank", kind="bank")
    for source in (one, other, bank, a_source("app", kind="api")):
        sources.put(source, was=0)
    sources.succeeded(one, at=NOW, complete_on=date(2026, 3, 4), took="a")
    assert config.read().entity("E1").ledger_as_of is None  # of the other nothing is known
    sources.succeeded(other, at=NOW, complete_on=date(2026, 3, 2), took="b")
    sources.succeeded(bank, at=NOW, complete_on=date(2026, 3, 3), took="c")
    entity = config.read().entity("E1")
    assert (entity.ledger_as_of, entity.bank_as_of) == (date(2026, 3, 2), date(2026, 3, 3))


def test_data_are_as_old_as_the_day_they_tell_of() -> None:
    source = a_source("bank", kind="bank", fresh_hours=30)
    assert source.kind is SourceKind.BANK
    monday = datetime(2026, 3, 2, 7, tzinfo=UTC)
    of_friday = Watermark(source="bank", complete_on=date(2026, 2, 27), succeeded_at=monday)
    assert age(of_friday, monday, BERLIN) == timedelta(days=2, hours=8)  # from Friday midnight in Berlin
    assert is_stale(source, of_friday, monday, BERLIN)
    of_today = Watermark(source="bank", complete_on=date(2026, 3, 2), succeeded_at=monday)
    assert age(of_today, monday + timedelta(hours=3), BERLIN) == timedelta(hours=3)
    assert not is_stale(source, of_today, monday, BERLIN)
    assert is_stale(source, None, monday, BERLIN)  # it never delivered
