"""A company's own words in the table: versions kept, the nearest wins, two writers, a writer that died."""

import pytest

from core.own.text import EVERY, OwnText
from functions.shared.store import config, keys, own_words
from functions.shared.store.table import table

pytestmark = pytest.mark.usefixtures("stack", "new_process")

GERMAN = OwnText(kind="warning", language="de", sentences={"Kind regards": ("Beste Grüße",)})


@pytest.fixture
def new_process() -> None:
    own_words.forget()


def test_the_nearest_words_win_part_by_part_and_sentence_by_sentence() -> None:
    own_words.put(OwnText(language="de", sentences={"Kind regards": ("Grüße",), "Hello,": ("Moin,",)}), was=0)
    own_words.put(GERMAN, was=0)
    own_words.put(OwnText(kind="warning", language="de", entity="NW", subject="{{ brand.name }}"), was=0)
    own_words.put(OwnText(kind=EVERY, language="fr", sentences={"Hello,": ("Salut,",)}), was=0)
    known = config.read()
    found = own_words.for_message(known, "NW", "warning", "de")
    assert found is not None
    assert found.sentences == {"Kind regards": ("Beste Grüße",), "Hello,": ("Moin,",)}
    assert found.subject == "{{ brand.name }}"
    elsewhere = own_words.for_message(known, "OTHER", "warning", "de")
    assert elsewhere is not None
    assert elsewhere.subject is None
    assert own_words.for_message(known, "NW", "warning", "es") is None


def test_a_version_is_kept_and_its_words_hold_until_they_are_removed() -> None:
    first = own_words.put(GERMAN, was=0)
    assert first is not None
    second = own_words.put(GERMAN.model_copy(update={"subject": "{{ customer }}"}), was=first.version)
    assert second is not None
    assert (first.version, second.version) == (1, 2)
    assert own_words.read(GERMAN.place, 1).subject is None
    assert config.read().words == {GERMAN.place: 2}
    assert own_words.remove(GERMAN.place, was=2)
    assert config.read().words == {}
    again = own_words.put(GERMAN, was=config.read().versions[keys.own_words(*GERMAN.place).sk])
    assert again is not None
    assert config.read().words == {GERMAN.place: again.version}


def test_of_two_writers_who_saw_the_same_version_one_is_told() -> None:
    assert own_words.put(GERMAN, was=0)
    assert own_words.put(GERMAN.model_copy(update={"subject": "{{ customer }}"}), was=0) is None
    assert not own_words.remove(GERMAN.place, was=0)
    assert config.read().words == {GERMAN.place: 1}


def test_a_writer_that_died_before_its_words_held_stops_nobody() -> None:
    lost = own_words.put(GERMAN, was=0)
    assert lost is not None
    table().delete(keys.own_words(*GERMAN.place))
    after = own_words.put(GERMAN.model_copy(update={"subject": "{{ customer }}"}), was=0)
    assert after is not None
    assert after.version == 2
    assert config.read().words == {GERMAN.place: 2}


def test_words_that_should_hold_and_are_not_there_are_named() -> None:
    with pytest.raises(own_words.LostWordsError, match=r"\*/warning/de version 7"):
        own_words.read(GERMAN.place, 7)
