"""Every message in a browser: read by anybody, in light and in dark, on a narrow phone."""

from dataclasses import replace

import pytest

from core.render.clean import brand_color
from core.render.messages import CustomerMail
from core.render.render import render
from infra.pages.axe import Page, pages, violations
from infra.pages.browser import chromium
from local.preview.samples import samples

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_in_any_message(language: str) -> None:
    assert violations(pages([language])) == []


def test_any_brand_colour_can_be_read() -> None:
    sample = next(one for one in samples("reminder", "en") if one.scene == "page")
    assert isinstance(sample.mail, CustomerMail)
    looks = []
    for color in ("#ffffff", "#000000", "#777777", "#ffdd00"):
        fill, ink = brand_color(color)
        brand = replace(sample.mail.brand, color=fill, ink=ink)
        looks.append(Page(color, render(replace(sample.mail, brand=brand)).html))
    assert violations(looks) == []


def test_what_is_wrong_is_found() -> None:
    style = "<style>@media (prefers-color-scheme: dark) { p { color: #000; background: #111; } }</style>"
    good = '<html lang="en"><title>x</title><h1>Mail</h1>'
    found = violations(
        [
            Page("dark", f"{good}{style}<p>Pay now</p>"),
            Page("wide", f"{good}<p style='width:400px'>Pay now</p>"),
            Page("alt", f"{good}<img src='cid:x'>"),
            Page("lang", "<html><title>x</title><h1>Mail</h1></html>"),
            Page("again", f"{good}{style.replace('#111', '#fff')}<p>Pay us now</p>"),
            Page("fine", f"{good}<p>Pay now</p>"),
        ]
    )
    assert [(each.split(" ")[0], each) for each in found if each.startswith("fine")] == []
    for wanted in (
        "dark in dark has color-contrast",
        "wide is 4",
        "alt has image-alt",
        "lang has html-has-lang",
    ):
        assert any(each.startswith(wanted) for each in found), wanted
