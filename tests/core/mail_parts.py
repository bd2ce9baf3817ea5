"""The two parts of a mail: the same said in both, HTML that is well built, and no hole where a value is missing."""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any, Final

from jinja2 import UndefinedError

from core.render.render import Rendered, render_parts
from tests.core.render_samples import compiled

_SENTENCE: Final = re.compile(r"(?<=[.?!])\s|(?<=[।。])\s*")
_NUMBER: Final = re.compile(r"\d+(?:[.,\u2019]\d+)*")


def say_the_same(mail: Rendered, page: str, facts: Iterable[str]) -> None:
    """Each fact stands in the text and in what the HTML reads like, and no number stands in one of them alone."""
    text, html = plain(mail.text), plain(page)
    for fact in set(facts):
        assert fact in text, f"{fact!r} is not in the text"
        assert fact in html, f"{fact!r} is not in the HTML"
    assert set(_NUMBER.findall(text)) == set(_NUMBER.findall(html))


def hold_every_sentence(mail: Rendered, page: str) -> None:
    """Each sentence of the text stands in what the HTML reads like."""
    html = plain(page)
    for paragraph in mail.text.split("\n\n"):
        if re.search(r"^\s*- |^--$|: ", paragraph, re.MULTILINE):
            continue  # facts, compared by `say_the_same`
        for sentence in re.split(_SENTENCE, plain(paragraph)):
            assert sentence in html


def well_built(mail: Rendered, page: str) -> "Outline":
    """The outline of the HTML: in its language, each table for reading or for layout, and no trace of a template."""
    outline = Outline()
    outline.feed(mail.html)
    assert outline.of("html")[0]["lang"] == mail.language
    assert outline.of("html")[0]["dir"] == mail.direction == ("rtl" if mail.language == "ar" else "ltr")
    assert len(outline.of("h1")) == 1
    assert outline.words["title"][0].strip()
    assert {"name": "color-scheme", "content": "light dark"} in outline.of("meta")
    assert not outline.of("script")
    for table in outline.tables:
        if table["role"] != "presentation":
            assert table["caption"]
            assert None not in table["th"]
            assert {"col", "row"} <= set(table["th"])
        else:
            assert not table["caption"]
            assert not table["th"]
    assert all(image["alt"] for image in outline.of("img"))
    assert not re.search(r"[a-z-]+:\s*(?:;|\")", re.sub(r"<head>.*</head>", "", mail.html, flags=re.DOTALL))
    for said in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\{\{|\{%|%\(|None\b", said)
    for part in (mail.text, page):
        assert not re.search(r"[a-zà-ÿ][.?!][A-ZÀ-Ý¿]", part), "two sentences without a space between them"
    assert len(mail.html.encode()) < 100_000
    return outline


def plain(text: str) -> str:
    """Without marks that nobody sees, and without the space that reading HTML leaves behind an element."""
    return re.sub(r" (?=[،,.])", "", " ".join(text.replace("\u200e", "").split())).lower()


def fails_without(whole: dict[str, Any], path: tuple[Any, ...]) -> bool:
    try:
        render_parts(whole["kind"], whole["language"], without(whole, path), compiled())
    except UndefinedError:
        return True
    return False


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*prefix, key)
            yield from paths(inner, (*prefix, key))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value[:3]):  # the samples differ in these
            yield from paths(inner, (*prefix, place))


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = deepcopy(value)
    place = copy
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return copy


class Outline(HTMLParser):
    """What the tests look at in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.tables: list[dict[str, Any]] = []
        self._tables: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "table":
            table: dict[str, Any] = {"role": dict(attrs).get("role"), "caption": False, "th": []}
            self.tables.append(table)
            self._tables.append(table)
        elif tag == "caption":
            self._tables[-1]["caption"] = True
        elif tag == "th":
            self._tables[-1]["th"].append(dict(attrs).get("scope"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._tables.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.words.setdefault(self._open[-1], []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]
