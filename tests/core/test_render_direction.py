"""From right to left: the page is mirrored, and what runs from left to right in any language stays whole."""

import re
from html.parser import HTMLParser

import pytest

from tests.core.render_samples import CUSTOMER_KINDS, DOLLARS, a_line, a_mail, a_plan, full_mail, rendered

LRM = "\u200e"


class Styles(HTMLParser):
    """What each element says about its sides."""

    def __init__(self) -> None:
        super().__init__()
        self.sides: list[tuple[str, str]] = []  # tag, left or right
        self.tables: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "table":
            self.tables.append(values.get("dir"))
        if values.get("align") in ("left", "right"):
            self.sides.append((tag, values["align"] or ""))
        self.sides += ((tag, side) for side in re.findall(r"border-(left|right):4px", values.get("style") or ""))


def sides(html: str) -> Styles:
    page = Styles()
    page.feed(html)
    return page


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_the_page_is_mirrored(kind: str) -> None:
    left, right = (rendered(full_mail(kind, language)) for language in ("en", "ar"))
    english, arabic = sides(left.html), sides(right.html)
    other = {"left": "right", "right": "left"}
    assert [(tag, other[side]) for tag, side in english.sides] == arabic.sides
    assert {None} == set(english.tables)
    assert {"rtl"} == set(arabic.tables)
    assert '<body lang="ar" dir="rtl"' in right.html
    assert "caption { caption-side: top; text-align: right;" in right.html
    assert "padding: 10px 0px 10px 8px" in right.html
    assert "padding: 10px 8px 10px 0px" in left.html


def test_numbers_and_addresses_stay_whole() -> None:
    mail = rendered(full_mail("reminder", "ar"))
    for whole in ("INV-1030", "DE02 1203 0000 0000 2020 51", "RF18 5390 0754 7034", "+49 30 5550 1230", "C-1007"):
        assert f'<span dir="ltr" class="ltr">{whole}</span>' in mail.html
        assert f"{LRM}{whole}{LRM}" in mail.text
    assert '<span dir="ltr" class="ltr">anna.berg@northwind.example</span>' in mail.html
    assert '<span dir="auto">10115 Berlin</span>' in mail.html
    plain = rendered(full_mail("reminder", "en"))
    assert LRM not in plain.text + plain.html
    assert "<span dir" not in plain.html


def test_a_subject_has_neither_marks_nor_gaps_in_their_place() -> None:
    for plan in (a_plan(overdue=(a_line(),)), a_plan(overdue=(a_line(), DOLLARS))):
        subject = rendered(a_mail(plan, "ar")).subject
        assert "span" not in subject
        assert not re.search(r"\s[،,]|\s\s", subject)
