"""The tool that keeps the catalogues: what is new, what is gone, what does not fit, by file and line."""

import re
from pathlib import Path

import pytest

from local.policy_facts import templates
from local.translations import catalog_path, faults, incomplete, languages, main, read_catalog, sentences, update

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {}\\n"\n'
TWO, SIX = (
    "nplurals=2; plural=(n != 1);",
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
)
HELLO = '\nmsgid "Hello %(name)s,"\nmsgstr "Guten Tag %(name)s,"\n'
DAYS = '\nmsgid "%(days)s day"\nmsgid_plural "%(days)s days"\nmsgstr[0] "%(days)s Tag"\nmsgstr[1] "%(days)s Tage"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two messages with a shared part; German, whole."""
    said = {
        "shared/words.jinja": "\n{% set hello %}{% trans %}Hello {{ name }},{% endtrans %}{% endset %}",
        "late/body.txt": "{% trans days=days %}{{ days }} day{% pluralize %}{{ days }} days{% endtrans %}",
        "soon/body.txt": "[% include 'x' %]{{ [= what =] }}",
    }
    for name, text in said.items():
        path = tmp_path / "mail" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write(tmp_path, HELLO + DAYS)
    return tmp_path


def write(folder: Path, entries: str, language: str = "de", plural: str = TWO) -> None:
    path = catalog_path(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER.format(plural) + entries, encoding="utf-8")


def told(folder: Path, *wanted: str) -> list[str]:
    return [str(fault).removeprefix(f"{folder}/") for fault in faults(folder, wanted or ("en", "de"))]


def test_sentences_are_found_with_their_place(folder: Path) -> None:
    found = sentences(folder)
    assert list(found) == ["%(days)s day", "Hello %(name)s,"]
    assert found["%(days)s day"].plural == "%(days)s days"
    assert (found["Hello %(name)s,"].path.name, found["Hello %(name)s,"].line) == ("words.jinja", 2)


def test_a_whole_catalogue_has_no_fault(folder: Path) -> None:
    assert told(folder) == []
    assert incomplete(folder, ("en", "de")) == {}


def test_what_is_missing_is_named_where_the_template_says_it(folder: Path) -> None:
    write(folder, DAYS)
    assert told(folder) == ["mail/shared/words.jinja:2  de: 'Hello %(name)s,' is missing in the catalogue"]


def test_update_adds_drops_and_keeps(folder: Path) -> None:
    write(folder, '# said with a smile\nmsgid "Gone"\nmsgstr "Weg"\n' + HELLO)
    assert update(folder) == {"de": (1, 1)}
    catalog = read_catalog("de", folder)
    assert [message.id for message in catalog if message.id] == [("%(days)s day", "%(days)s days"), "Hello %(name)s,"]
    assert catalog.get("Hello %(name)s,").string == "Guten Tag %(name)s,"
    (one,) = told(folder)
    assert re.fullmatch(r"locales/de/LC_MESSAGES/messages\.po:\d+  de: '%\(days\)s day' is not translated", one)
    before = catalog_path("de", folder).read_bytes()
    assert update(folder) == {"de": (0, 0)}
    assert catalog_path("de", folder).read_bytes() == before


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (HELLO.replace("Guten Tag %(name)s,", "Guten Tag,"), "leaves out name"),
        (HELLO.replace("Tag %(name)s,", "Tag %(name)s %(other)s,"), "has a value that the sentence has not: other"),
        (HELLO.replace("Tag %(name)s,", "Tag %(name)s, 5 %"), "has a % that is no value"),
        (HELLO.replace("Guten Tag %(name)s,", "Guten Tag %(name)s, "), "begins or ends with a space"),
        (HELLO.replace("\nmsgid", "\n#, fuzzy\nmsgid"), "is fuzzy"),
        (HELLO.replace("Guten Tag %(name)s,", ""), "is not translated"),
        (HELLO + '\nmsgid "Gone"\nmsgstr "Weg"\n', "'Gone' is said by no template"),
        (HELLO + '\n#~ msgid "Gone"\n#~ msgstr "Weg"\n', "1 obsolete entries"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(folder: Path, entry: str, words: str) -> None:
    write(folder, entry + DAYS)
    (one,) = told(folder)
    assert one.startswith("locales/de/LC_MESSAGES/messages.po:")
    assert words in one


def test_a_plural_form_too_few(folder: Path) -> None:
    write(folder, HELLO + DAYS.replace('msgstr[1] "%(days)s Tage"\n', ""))
    assert "'%(days)s day'" in told(folder)[0]


def test_a_form_for_one_number_may_say_it_in_a_word(folder: Path) -> None:
    forms = ("%(days)s يوم", "يوم واحد", "يومان", "%(days)s أيام", "%(days)s يومًا", "%(days)s يوم")
    head = HELLO.replace("Guten Tag %(name)s,", "تحية طيبة، %(name)s،") + DAYS.split("msgstr", 1)[0]
    write(folder, head + "".join(f'msgstr[{n}] "{form}"\n' for n, form in enumerate(forms)), "ar", SIX)
    assert told(folder, "en", "de", "ar") == []
    broken = (*forms[:3], "بضعة أيام", *forms[4:])
    write(folder, head + "".join(f'msgstr[{n}] "{form}"\n' for n, form in enumerate(broken)), "ar", SIX)
    assert "leaves out days" in told(folder, "en", "de", "ar")[0]


def test_a_language_without_catalogue_and_a_catalogue_without_language(folder: Path) -> None:
    assert told(folder, "en", "fr") == [
        "locales/de/LC_MESSAGES/messages.po:1  de: core.render.formats.LANGUAGES does not name it: no customer gets it",
        "locales/fr/LC_MESSAGES/messages.po:1  fr: there is no catalogue",
    ]


def test_a_hole_in_one_message_leaves_the_others_whole(folder: Path) -> None:
    write(folder, HELLO)
    assert incomplete(folder, ("en", "de"))["de"] == {"late"}
    write(folder, DAYS)
    assert incomplete(folder, ("en", "de"))["de"] == {"late", "soon"}  # in a part that both share


def test_a_template_that_cannot_be_read_is_named(folder: Path) -> None:
    path = folder / "mail" / "late" / "body.txt"
    path.write_text("{% trans %}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"late/body\.txt:1"):
        sentences(folder)


def test_one_sentence_has_one_plural(folder: Path) -> None:
    path = folder / "mail" / "soon" / "body.txt"
    path.write_text("{% trans days=days %}{{ days }} day{% pluralize %}{{ days }} dayz{% endtrans %}", encoding="utf-8")
    with pytest.raises(ValueError, match="has another plural in"):
        sentences(folder)


def test_every_shipped_message_is_whole_in_every_language() -> None:
    assert {frozenset(spoken) for spoken in templates().values()} == {frozenset({"en", *languages()})}


def test_a_wrong_command_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 2
    assert "update" in capsys.readouterr().err
