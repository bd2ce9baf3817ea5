"""`pastdue template`: what is refused when own words are checked, and that what is saved holds without a deployment."""

import shutil
from pathlib import Path

import pytest

from core.formats.errors import Code
from core.own.text import OwnText
from local.cli.errors import Exit
from local.own_words.trial import try_out
from tests.local.cli import pastdue

_CONFIG = Path(__file__).parents[2] / "docs" / "examples" / "acme" / "config"


def words(folder: Path, name: str, **files: str) -> Path:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (place / file.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def shipped(message: str, part: str) -> str:
    return pastdue("template", "show", message, "--part", part, "--shipped").out


def test_a_template_begun_from_ours_is_saved_shown_and_removed(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    company = Path(shutil.copytree(_CONFIG, tmp_path / "config"))
    words(company / "templates", "all.fr", sentences_yaml="Kind regards: Bien à vous\n")
    assert "words all.fr: changed" in pastdue("config", "apply", company, "--yes", *state).out
    text = "{# ours, by law #}\n" + shipped("warning", "text")
    folder = words(tmp_path / "words", "warning.en", body_txt=text)
    words(tmp_path / "words", "all.de", sentences_yaml="Kind regards: Beste Grüße\n")
    assert "nothing wrong" in pastdue("template", "check", str(folder)).out
    saved = pastdue("template", "save", str(folder), "--yes", "--json", *state).data
    assert saved["saved"] == ["all.de: version 1", "warning.en: version 1"]
    assert pastdue("template", "save", str(folder), "--yes", "--json", *state).data["saved"] == []
    listed = pastdue("template", "list", "--json", *state).data["words"]
    assert [(one["message"], one["language"], one["what"]) for one in listed] == [
        ("all", "de", ["1 sentences"]),
        ("all", "fr", ["1 sentences"]),
        ("warning", "en", ["text"]),
    ]
    assert pastdue("template", "show", "warning", "--lang", "en", *state).out == text
    assert pastdue("template", "remove", "warning", "--lang", "en", *state).code == Exit.DONE
    assert pastdue("template", "remove", "warning", "--lang", "en", *state).code == Exit.FAILED


def test_what_a_template_leaves_out_or_may_not_say_is_named_and_nothing_is_saved(tmp_path: Path) -> None:
    folder = words(
        tmp_path,
        "reminder.en",
        body_txt="Dear {{ custmer }},\n{{ ''.__class__ }}\n",
        body_html="<p>\n<script>x</script></p>",
        subject_txt="{{ brand.name }}",
    )
    words(tmp_path, "reminder.de", body_txt="Liebe {{ customer }},\n")
    words(tmp_path, "remainder.en", body_txt="x")
    words(tmp_path, "all.fr", sentences_yaml="Kind regard: Cordialement\n")
    asked = pastdue("template", "check", str(folder), "--json")
    assert asked.code == Exit.CONFIG_INVALID
    found = asked.data["error"]["findings"]
    told = {(one["file"], one["line"], one["code"]) for one in found}
    assert {
        ("reminder.en/body.txt", 1, "UNKNOWN_REF"),
        ("reminder.en/body.txt", 2, "TEMPLATE_FORBIDDEN"),
        ("reminder.en/body.html", 2, "TEMPLATE_FORBIDDEN"),
        ("reminder.de/body.txt", 0, "REQUIRED_BLOCK"),
        ("remainder.en", 0, "UNKNOWN_REF"),
        ("all.fr/sentences.yaml", 1, "UNKNOWN_REF"),
    } <= told


@pytest.mark.parametrize("name", ["warning", "warning.xx", "all.all.NOPE"])
def test_a_folder_that_is_misnamed_is_told_how_to_be_named(tmp_path: Path, name: str) -> None:
    assert pastdue("template", "check", str(words(tmp_path, name, body_txt="x"))).code == Exit.CONFIG_INVALID


def test_a_template_that_never_ends_or_fills_the_memory_is_stopped() -> None:
    files = {"text": "warning.en/body.txt"}
    loops = "".join(f"{{% for {a} in overdue[0].rows %}}" for a in "abcd") + "x" * 50 + "{% endfor %}" * 4
    doubled = "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}"
    for source in (loops, doubled):
        own = OwnText(kind="warning", language="en", text=source)
        assert Code.TEMPLATE_FAILED in {fault.code for fault in try_out(own, files, seconds=1)}  # type: ignore[arg-type]


def test_a_template_that_fails_on_a_message_without_a_value_is_named_with_its_line(tmp_path: Path) -> None:
    text = shipped("friendly", "text") + "\n{{ overdue[0].currency }}\n"
    folder = words(tmp_path, "friendly.en", body_txt=text)
    asked = pastdue("template", "check", str(folder), "--json")
    found = asked.data["error"]["findings"]
    assert [(one["code"], one["line"] > 100) for one in found] == [("TEMPLATE_FAILED", True)]


def test_values_and_sentences_are_listed() -> None:
    assert "overdue_total" in pastdue("template", "fields", "warning", "--json").data["fields"]
    said = pastdue("template", "sentences", "warning", "--json").data["sentences"]
    assert "Important: your account is overdue" in said
    assert "Kind regards" in said
    assert pastdue("template", "fields", "wraning").code == Exit.FAILED
