"""The preview shows every message there is, opens without a server, and loads nothing from anywhere."""

import json
import re
from pathlib import Path

import pytest

from core.render.formats import LANGUAGES
from core.render.messages import MailKind
from local.cli.errors import Exit
from local.preview.cast import sample_cast
from local.preview.gallery import NAMES, Wanted, standalone, write_preview
from local.preview.samples import samples
from tests.local.cli import LEDGER, pastdue

LOADED = re.compile(r'(?:src|srcset|background)="([^"]*)"|<link|@import|url\(([^)]*)\)|<script')
TARGET = re.compile(r'(?:src|href)="([^"]+)"')
ENTITY = {"t": "entity", "id": "nord", "name": "Nord Maschinen GmbH", "country": "DE", "brand_color": "#123456"}


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    write_preview(Wanted(tuple(MailKind), ("en", "ar")), folder, paper=lambda _: [b"a picture"])
    return folder


def test_every_message_is_shown_in_every_language_that_is_wanted(english: Path) -> None:
    names = {path.name.split(".")[0] + "." + path.name.split(".")[1] for path in (english / "mails").iterdir()}
    assert names == {f"{kind.value}.{language}" for kind in MailKind for language in ("en", "ar")}
    assert {path.name for path in (english / "shown").iterdir()} == {
        path.name for path in (english / "mails").iterdir()
    }
    assert set(NAMES) == set(LANGUAGES)


def test_no_page_leads_nowhere_and_none_loads_anything(english: Path) -> None:
    pages = list(english.rglob("*.html"))
    assert len(pages) > 2 * len(MailKind)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        for loaded, styled in LOADED.findall(text):
            assert not re.match(r"https?:|//", loaded or styled)
            assert loaded or styled, "a script or a sheet of styles"
        if page.parent.name == "mails":
            continue
        for target in TARGET.findall(text):
            assert (page.parent / target.partition("#")[0]).is_file(), target


def test_a_mail_of_the_preview_has_its_pictures_within_and_a_dark_form() -> None:
    sample = next(one for one in samples("reminder", "en") if one.scene == "page")
    page = standalone('<html><head></head><body class="x"><img src="cid:transfer-code"></body></html>', sample.code)
    assert 'src="data:image/png;base64,iVBOR' in page
    assert '<body class="x"><span id="dark"></span>' in page
    whole = standalone("<head></head><body>@media (prefers-color-scheme: dark) { a{} }</body>", None)
    assert ":root:has(#dark:target) { a{} }" in whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customer_of_a_language_writes_in_it(language: str) -> None:
    cast = sample_cast(MailKind.REMINDER, language)
    assert cast.reader
    assert cast.reader.language == language
    others = {sample_cast(MailKind.REMINDER, other).customer.name for other in LANGUAGES if other != language}
    assert cast.customer.name not in others


def test_one_message_is_shown_in_every_scene_with_its_letters(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = pastdue("preview", "--message", "final-notice", "--lang", "de", "--out", out, "--json")
    assert said.code == Exit.DONE
    assert said.data["messages"] == len(samples("final-notice", "de"))
    assert said.data["sheets"] == [str(out / "index.html")]
    letter = out / "letters" / "final-notice.de.typical.1.png"
    assert letter.read_bytes().startswith(b"\x89PNG")
    assert "final-notice.de.typical.1.png" in (out / "shown" / "final-notice.de.typical.html").read_text()
    again = pastdue("preview", "--message", "alert", "--lang", "de", "--out", out, "--json")
    assert again.data["messages"] == 1
    assert not letter.exists()


def test_own_invoices_and_an_entity_of_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("".join(json.dumps(record) + "\n" for record in [LEDGER[0], ENTITY, *LEDGER[1:]]))
    out = tmp_path / "out"
    common = ("preview", "--message", "warning", "--lang", "en", "--data", ledger, "--out", out)
    assert pastdue(*common, "--entity", "nord").code == Exit.DONE
    mail = (out / "mails" / "warning.en.typical.html").read_text(encoding="utf-8")
    for known in ("Cole &amp; Sons", "INV-1", "1.200,00", "Nord Maschinen GmbH", "#123456"):
        assert known in mail
    assert "Lakeside" not in mail


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--message", "remindr"), "there is no message 'remindr'; did you mean 'reminder'?"),
        (("--lang", "xx"), "there is no language 'xx'"),
    ],
)
def test_what_is_not_known_is_named(arguments: tuple[str, ...], problem: str) -> None:
    said = pastdue("preview", *arguments)
    assert said.code == Exit.USAGE
    assert problem in said.err


def test_a_ledger_with_mistakes_or_without_invoices_is_refused(tmp_path: Path) -> None:
    broken, empty = tmp_path / "broken.jsonl", tmp_path / "empty.jsonl"
    broken.write_text('{"t": "customer", "id": 7}\n')
    empty.write_text(json.dumps(LEDGER[0]) + "\n" + json.dumps(LEDGER[1]) + "\n")
    said = pastdue("preview", "--data", broken)
    assert said.code == Exit.FAILED
    assert "broken.jsonl has mistakes" in " ".join(said.err.split())
    assert "holds no invoice to write about" in " ".join(pastdue("preview", "--data", empty).err.split())


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert "is no folder of a preview" in " ".join(pastdue("preview", "--out", tmp_path).err.split())
    assert (tmp_path / "letter.txt").read_text() == "mine"
