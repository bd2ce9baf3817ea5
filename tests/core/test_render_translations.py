"""Every sentence of the templates exists in every language, whole and with its values."""

import re
from pathlib import Path
from shutil import copytree

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from core.render.formats import LANGUAGES
from local.compile_templates import TEMPLATES, compile_templates, msgids
from tests.core.render_samples import compiled

TRANSLATED = sorted(set(LANGUAGES) - {"en"})  # English is the language of the templates
VALUE = re.compile(r"%\(\w+\)s")


def catalog(language: str) -> Catalog:
    with (TEMPLATES / "locales" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string)  # type: ignore[call-overload]


def test_there_is_a_catalogue_for_each_language() -> None:
    assert sorted(path.name for path in (TEMPLATES / "locales").iterdir()) == TRANSLATED


def test_the_templates_say_something() -> None:
    assert len(msgids()) > 80
    assert msgids()["%(days)s day overdue"] == "%(days)s days overdue"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    known = catalog(language)
    for singular, plural in msgids().items():
        message = known.get(singular)
        assert message is not None, f"{language}: {singular!r} is missing"
        assert not message.fuzzy, f"{language}: {singular!r} is fuzzy"
        words = texts(message.string)
        assert all(words), f"{language}: {singular!r} is empty"
        assert len(words) == (known.num_plurals if plural else 1), f"{language}: {singular!r} lacks a plural form"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_their_values(language: str) -> None:
    for message in catalog(language):
        if not message.id:
            continue
        ids, words = texts(message.id), texts(message.string)
        for wanted, said in zip(ids, words, strict=True):
            assert set(VALUE.findall(wanted)) == set(VALUE.findall(said)), f"{language}: {said!r}"
            assert said == said.strip()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_catalogue_keeps_what_nobody_says(language: str) -> None:
    known = catalog(language)
    said = {texts(message.id)[0] for message in known if message.id}
    assert said == set(msgids())
    assert not known.obsolete


def test_compiling_twice_changes_nothing_and_ships_nothing_that_is_no_more(tmp_path: Path) -> None:
    folder = copytree(compiled(), tmp_path / "compiled")
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {path.relative_to(folder).parts[0] for path in first} == {"mail", "locales"}
    orphans = folder / "mail" / "text" / "tmpl_old.py", folder / "locales" / "xx" / "LC_MESSAGES" / "messages.mo"
    for orphan in orphans:
        orphan.parent.mkdir(parents=True, exist_ok=True)
        orphan.write_bytes(b"")
    assert {path: path.read_bytes() for path in compile_templates(target=folder)} == first
    assert not any(orphan.exists() for orphan in orphans)


def test_a_template_that_is_no_mjml_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "mail" / "broken"
    folder.mkdir(parents=True)
    for name, text in {"words.jinja": "", "subject.txt": "", "body.txt": "", "body.mjml": "<mjml><mj-body>"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken/body\.mjml"):
        compile_templates(tmp_path, tmp_path / "out")
