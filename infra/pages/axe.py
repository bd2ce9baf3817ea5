"""Messages in a browser: what axe-core finds in light and in dark, and what does not fit a narrow phone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

from core.render.messages import MailKind
from core.render.render import render
from infra.pages.browser import browser
from local.preview.samples import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

WIDTHS: Final = (320, 600)  # the narrowest phone, a desktop
# a mail is shown inside a page of the mail program, whose landmarks they are
_NOT_OURS: Final = ("landmark-one-main", "region")
_BY_COLOUR: Final = ("color-contrast", "link-in-text-block")  # most of the time; differ in the dark
_WORDS: Final = re.compile(r">[^<]+<|(?:href|aria-label|alt|lang)=\"[^\"]*\"")
_RUN: Final = """
async (asked) => {
  const found = await axe.run(document, {preload: false, resultTypes: ["violations"], ...asked});
  return found.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 160) + " " + n.failureSummary)]);
}"""
_STYLE: Final = re.compile(r"<style.*?</style>", re.DOTALL)
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_COLOURS: Final = {"runOnly": {"type": "rule", "values": _BY_COLOUR}}
_ALL_ELSE: Final = {"rules": {rule: {"enabled": False} for rule in (*_NOT_OURS, *_BY_COLOUR)}}


@dataclass(frozen=True, slots=True)
class Page:
    """One message as a page."""

    name: str
    html: str


def pages(languages: Iterable[str], kinds: Iterable[MailKind] = tuple(MailKind)) -> Iterator[Page]:
    """Every message in the languages: the scene with links, a code to scan and a note, where it has one."""
    for language in languages:
        for kind in kinds:
            known = samples(kind.value, language)
            sample = next((one for one in known if one.scene == "page"), known[0])
            yield Page(f"{kind.value}.{language}", render(sample.mail).html)


def violations(looked_at: Iterable[Page]) -> list[str]:
    """What is wrong, one line each: every page wide and narrow, every form of page in light and in dark.

    Raises: LookupError where no Chromium is installed.
    """
    found: list[str] = []
    with browser() as opened:
        tab = opened.new_context(offline=True).new_page()
        tab.set_content("<title>empty</title>")
        tab.add_script_tag(content=files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        seen: set[str] = set()
        for page in looked_at:
            tab.set_content(page.html)  # keeps the window, and axe in it
            form = _form(page.html)
            found += (f"{page.name} {fault}" for fault in _faults(tab, colours=form not in seen))
            seen.add(form)
    return found


def _form(html: str) -> str:
    """The page without its words: no style of ours depends on them, so pages of one form have the same colours."""
    return "".join(_STYLE.findall(html)) + _WORDS.sub("><", _STYLE.sub("", html))


def _faults(tab: "Tab", *, colours: bool) -> Iterator[str]:
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        wide = tab.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"is {wide} px wide on a screen of {width} px"
    yield from (f"has {fault}" for fault in _violated(tab, _ALL_ELSE))
    if colours:
        for scheme in _SCHEMES:
            tab.emulate_media(color_scheme=scheme)
            yield from (f"in {scheme} has {fault}" for fault in _violated(tab, _COLOURS))


def _violated(tab: "Tab", asked: dict[str, Any]) -> Iterator[str]:
    for rule, nodes in tab.evaluate(_RUN, asked):
        yield from (f"{rule}: {' '.join(node.split())}" for node in nodes)
