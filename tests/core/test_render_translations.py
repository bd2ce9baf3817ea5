"""Every sentence of the templates exists in every language, whole and with its values."""

from pathlib import Path
from shutil import copytree

import pytest

from local.compile_templates import compile_templates
from local.translations import faults, sentences
from tests.core.render_samples import compiled


def test_every_sentence_is_whole_in_every_language() -> None:
    assert [str(fault) for fault in faults()] == []


def test_the_templates_say_something() -> None:
    said = sentences()
    assert len(said) > 200
    assert said["%(days)s day overdue"].plural == "%(days)s days overdue"


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
