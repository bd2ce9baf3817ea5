"""The page about languages says what the code knows."""

import re
from datetime import date

import pytest
from babel.messages.pofile import read_po

from core.render.formats import LANGUAGES, direction, format_day, format_money, locale_of
from local.translations import catalog_path
from tests.docs.pages import DOCS

PAGE = (DOCS / "reference" / "languages.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]
SPOKEN = {row[0].strip("`"): row for row in ROWS if len(row) == 5}
COUNTRIES = {
    "US": "the US", "DE": "Germany", "CH": "Switzerland", "BR": "Brazil", "PT": "Portugal", "EG": "Egypt",
    "MA": "Morocco",
}  # fmt: skip
WRITTEN = [row for row in ROWS if len(row) == 4]


def test_it_names_each_language_and_its_direction() -> None:
    assert tuple(SPOKEN) == LANGUAGES
    for code, row in SPOKEN.items():
        assert row[4] == ("right to left" if direction(code) == "rtl" else "left to right")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_it_counts_the_plural_forms(code: str) -> None:
    with catalog_path(code).open("rb") as file:
        assert SPOKEN[code][3].split(",")[0] == str(read_po(file, locale=code).num_plurals)


@pytest.mark.parametrize("row", WRITTEN, ids=[row[0] for row in WRITTEN])
def test_money_and_dates_are_written_as_it_says(row: list[str]) -> None:
    code = row[0].split("`")[1]
    country = next((key for key, name in COUNTRIES.items() if row[0].endswith(name)), None)
    locale = locale_of(code, country)
    money = re.sub(r"\u200f|\u200e", "", format_money(123456, "EUR", locale)).replace("\u00a0", " ")
    assert f"`{money}`" in row[1]
    assert format_day(date(2026, 3, 4), locale) in row[2]


def test_every_language_has_a_row_of_figures() -> None:
    assert {row[0].split("`")[1] for row in WRITTEN} == set(LANGUAGES)
