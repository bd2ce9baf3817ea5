"""What a page uses is found, and what a mail program does not support needs a reason."""

from typing import Any

import pytest

from infra.pages import support

OLD, NEW = "2019-01", "2026-01"


def feature(slug: str, **platforms: str) -> dict[str, Any]:
    return {"slug": slug, "stats": {"gmail": {name: {OLD: "y", NEW: answer} for name, answer in platforms.items()}}}


SLUGS = (
    "css-border", "css-padding", "css-display", "css-display-flex", "css-unit-px", "css-unit-rem", "css-unit-percent",
    "css-important", "css-at-media", "css-at-media-prefers-color-scheme", "css-selector-child", "css-selector-class",
    "css-selector-attribute", "css-pseudo-class-hover", "css-width", "html-table", "html-strong", "html-video",
    "html-dir", "html-mailto-links", "html-style", "image-webp", "css-variables",
)  # fmt: skip
DATA = {"data": [feature(slug, ios="y") for slug in SLUGS]}


@pytest.mark.parametrize(
    ("html", "used"),
    [
        ('<td style="border-top:1px solid #123456;color:red">', {"css-border", "css-unit-px", "html-table"}),
        ('<p style="padding-left: 2rem !important">', {"css-padding", "css-unit-rem", "css-important"}),
        ('<p style="display:flex">', {"css-display", "css-display-flex"}),
        ('<p style="width:var(--a)">', {"css-width", "css-variables"}),
        ('<b dir="rtl"><a href="mailto:a@b.example">', {"html-strong", "html-dir", "html-mailto-links"}),
        ("<video>", {"html-video"}),
        ('<img src="https://x.example/a.webp?1">', {"image-webp"}),
        ("<style>.a > p { width: 9% }</style>",
         {"html-style", "css-selector-class", "css-selector-child", "css-width", "css-unit-percent"}),
        ("<style>@media (prefers-color-scheme: dark) { [data-x] a:hover { color: red } }</style>",
         {"html-style", "css-at-media", "css-at-media-prefers-color-scheme", "css-selector-attribute",
          "css-selector-descendant", "css-pseudo-class-hover"}),
        ('<p style="zoom:2">', {"css-zoom"}),
    ],
)  # fmt: skip
def test_features_are_found_by_their_names_in_the_data(html: str, used: set[str]) -> None:
    assert support.features(html, DATA) == used


def test_what_is_not_supported_needs_a_reason_and_a_reason_needs_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "WITHOUT", {"css-border": "square is fine", "css-width": "no reason any more"})
    data = {
        "data": [
            feature("css-border", ios="n"),
            feature("css-width", ios="y"),
            feature("html-video", ios="y", web="n #1"),
        ]
    }
    assert support.faults({"css-border", "css-width", "html-video", "css-zoom"}, data) == [
        "html-video: not supported by gmail web",
        "css-zoom: there are no data on it",
        "css-width: has a reason, and is not used or is supported",
    ]


def test_the_latest_version_of_a_program_counts() -> None:
    data = {
        "data": [{"slug": "css-gap", "stats": {"yahoo": {"ios": {OLD: "n", NEW: "y"}}, "hey": {"web": {OLD: "n"}}}}]
    }
    assert support.unsupported(data) == {}
