"""Every sentence of the templates exists in every language, whole and with its values."""

from gettext import GNUTranslations
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from local.compile_templates import compile_templates
from local.translations import faults, languages, read_catalog, sentences
from tests.core.render_samples import compiled


def test_every_sentence_is_whole_in_every_language() -> None:
    assert [str(fault) for fault in faults()] == []


def test_the_templates_say_something() -> None:
    said = sentences()
    assert len(said) > 200
    assert said["%(days)s day overdue"].plural == "%(days)s days overdue"


def test_no_two_sums_of_a_table_have_one_name() -> None:
    """6,400 to pay, less 1,200 that are disputed, and 5,200 to pay: nobody would know what to pay."""
    sums = ("Invoiced", "Already paid or credited", "Open", "Disputed or promised", "Your credit", "To pay")
    for language in languages():
        said = {message.id: message.string for message in read_catalog(language)}
        assert len({said[each] for each in sums}) == len(sums), language


INVOICES = ("invoice %(number)s", "%(count)s invoices")
DAYS = ("%(days)s day overdue", "%(days)s days overdue")


@pytest.mark.parametrize(
    ("language", "sentence", "said"),
    [
        ("fr", INVOICES, {1: "facture INV-7", 2: "2 factures"}),
        ("pt", INVOICES, {1: "fatura INV-7", 2: "2 faturas"}),
        ("it", DAYS, {1: "1 giorno di ritardo", 2: "2 giorni di ritardo"}),
        ("pl", INVOICES, {1: "faktura INV-7", 2: "2 faktury", 4: "4 faktury", 5: "5 faktur", 12: "12 faktur",
                          22: "22 faktury", 25: "25 faktur", 112: "112 faktur"}),
        ("pl", DAYS, {1: "1 dzień po terminie", 2: "2 dni po terminie", 31: "31 dni po terminie"}),
        ("ar", INVOICES, {1: "الفاتورة INV-7", 2: "فاتورتان", 3: "3 فواتير", 10: "10 فواتير", 11: "11 فاتورة",
                          99: "99 فاتورة", 100: "100 فاتورة", 103: "103 فواتير"}),
        ("ar", DAYS, {1: "متأخرة يومًا واحدًا", 2: "متأخرة يومين", 7: "متأخرة 7 أيام", 45: "متأخرة 45 يومًا"}),
        ("ja", INVOICES, {1: "請求書 INV-7", 2: "請求書2件"}),
        ("ja", DAYS, {1: "期日を1日経過", 45: "期日を45日経過"}),
        ("hi", INVOICES, {1: "इनवॉइस INV-7", 2: "2 इनवॉइस"}),
    ],
)  # fmt: skip
def test_plural_forms(language: str, sentence: tuple[str, str], said: dict[int, str]) -> None:
    with (compiled() / "locales" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        words = GNUTranslations(file)
    for number, text in said.items():
        assert words.ngettext(*sentence, number) % {"count": number, "days": number, "number": "INV-7"} == text


def test_compiling_twice_changes_nothing_and_ships_nothing_that_is_no_more(tmp_path: Path) -> None:
    folder = copytree(compiled(), tmp_path / "compiled", ignore=ignore_patterns(".made", "__pycache__"))
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
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
