"""What a message uses of HTML and CSS, held against published data on what mail programs support.

The data are those of caniemail.com (MIT), as the npm package `caniemail` carries them; they are fetched when they are
needed and are no part of this repository.
"""

import json
import re
import subprocess
import tarfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha512
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "caniemail@2.0.2"
SHA512: Final = "lvhn4RrF2Ae3PQA3HMOVGxFPqPAxfv8HWp+xUSqJPumbzFUzQGVgFG0nl8s0sjSoBd2PgmAqB5xRF0wcPbrVcA=="
_MEMBER: Final = "package/data/caniemail.json"
PROGRAMS: Final = ("apple-mail", "gmail", "outlook", "yahoo")

_STYLES: Final = "Gmail on the web of a phone reads none; order, alignment and some space are in attributes"
# what some program does not do, and why a message may use it all the same
WITHOUT: Final[Mapping[str, str]] = {
    "css-at-media": "narrows spaces on a phone; without it the page is only a little tighter",
    "css-at-media-prefers-color-scheme": "our own dark form; a program without it inverts colours or stays light",
    "css-border-radius": "corners are square in Outlook on Windows",
    "css-caption-side": "a caption is above its table anyway",
    "css-height": "of the logo, the code to scan and a thin line; the first two have it as an attribute",
    "css-max-height": "of the hidden line that a list of mails shows; it is hidden in other ways too",
    "css-opacity": "of the hidden line that a list of mails shows; it is hidden in other ways too",
    "css-overflow": "of the hidden line that a list of mails shows; it is hidden in other ways too",
    "css-selector-attribute": "Outlook's own dark colours; other programs need none",
    "css-selector-child": "backgrounds in the dark and spaces on a phone, both gifts to programs that know them",
    "css-selector-class": _STYLES,
    "css-selector-descendant": _STYLES,
    "css-selector-id": _STYLES,
    "css-sytem-ui": "the fonts that follow in the list are on every machine",
    "css-outline": "of the reset that the compiler adds",
    "css-table-layout": "the compiler writes what is the rule anyway",
    "css-white-space": "an amount may wrap at its space in Outlook on Windows",
    "css-word-spacing": "the compiler writes what is the rule anyway",
    "css-word-break": "only longer words than any of ours need it",
    "css-word-wrap": "only longer words than any of ours need it",
    "css-cursor": "of the button; a link shows its own",
    "html-body": "its language, direction and colour are said again on the element within",
    "html-meta-color-scheme": "of our own dark form",
    "html-role": "without it a screen reader may read the frame's tables as tables",
    "html-style": _STYLES,
    "html-target": "a mail program opens links in a browser anyway",
    "html-aria-label": "of the whole page, added by the compiler; the title says the same",
}
# of these there are no data: as old as HTML mail, or for one program alone
_NO_DATA: Final = re.compile(r"color|font-family|(?:mso|-ms|-webkit)-.*|text-size-adjust")
_ELEMENTS: Final = {
    **{f"h{n}": "html-h1-h6" for n in range(1, 7)},
    **dict.fromkeys(("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"), "html-table"),
    "b": "html-strong",
}
_AT: Final = re.compile(r"@media([^{]*)\{")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_DECLARATION: Final = re.compile(r"\s*([a-z-]+)\s*:\s*(.+?)\s*$", re.DOTALL)
_UNIT: Final = re.compile(r"(?<![\w#-])-?[\d.]+(px|em|rem|vh|vw|pt|%)")
_SELECTORS: Final = (
    (re.compile(r"\["), "css-selector-attribute"),
    (re.compile(r">"), "css-selector-child"),
    (re.compile(r"\."), "css-selector-class"),
    (re.compile(r"#\w"), "css-selector-id"),
    (re.compile(r"\+"), "css-selector-adjacent-sibling"),
    (re.compile(r"~"), "css-selector-general-sibling"),
    (re.compile(r"\*"), "css-selector-universal"),
    (re.compile(r"[\w\]]\s+[\w.\[]"), "css-selector-descendant"),
)
_PSEUDO: Final = re.compile(r"(::?)([a-z-]+)")


class FetchError(RuntimeError):
    """The data cannot be had here."""


def fetch(folder: Path) -> Path:
    """The data as a file below `folder`, fetched by npm once and held against the known hash.

    Raises: FetchError where there is no npm or no way to the registry, or the package is not the one that is known.
    """
    target = folder / f"{PACKAGE}.json"
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise FetchError(f"npm cannot fetch {PACKAGE}: {error}") from error
    archive = folder / f"{PACKAGE.replace('@', '-')}.tgz"
    if b64encode(sha512(archive.read_bytes()).digest()).decode() != SHA512:
        archive.unlink()
        raise FetchError(f"{PACKAGE} is not the package that is known: another hash")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(_MEMBER)
        assert member is not None
        target.write_bytes(member.read())
    archive.unlink()
    return target


def unsupported(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each feature that one of the big programs does not support in its latest version -> these programs."""
    found: dict[str, list[str]] = {}
    for feature in data["data"]:
        for program in PROGRAMS:
            for platform, versions in feature["stats"].get(program, {}).items():
                if list(versions.values())[-1].startswith("n"):
                    found.setdefault(feature["slug"], []).append(f"{program} {platform}")
    return found


def faults(used: set[str], data: Mapping[str, Any]) -> list[str]:
    """What is used without support and without a reason, is not known at all, or has a reason that nothing needs."""
    lacking, known = unsupported(data), {feature["slug"] for feature in data["data"]}
    return [
        *(f"{slug}: not supported by {', '.join(lacking[slug])}" for slug in sorted(used & {*lacking} - {*WITHOUT})),
        *(f"{slug}: there are no data on it" for slug in sorted(used - known)),
        *(
            f"{slug}: has a reason, and is not used or is supported"
            for slug in sorted({*WITHOUT} - (used & {*lacking}))
        ),
    ]


def features(html: str, data: Mapping[str, Any]) -> set[str]:
    """Every feature of HTML and CSS that a page uses, by its name in the data; `?name` for one that has none."""
    known = {feature["slug"] for feature in data["data"]}
    page = _Page()
    page.feed(html)
    styles = re.sub(r"/\*.*?\*/", "", page.styles, flags=re.DOTALL)
    found = set(_of_elements(page, known))
    for inline in page.inline:
        found.update(_of_declarations(inline, known))
    for media in _AT.findall(styles):
        found.add("css-at-media")
        found.update({"css-at-media-prefers-color-scheme"} if "prefers-color-scheme" in media else ())
    for selectors, declarations in _RULE.findall(_AT.sub("", styles)):
        found.update(_of_declarations(declarations, known))
        found.update(slug for sign, slug in _SELECTORS if sign.search(selectors.strip()))
        for colons, name in _PSEUDO.findall(selectors):
            found.add(f"css-pseudo-{'element' if len(colons) > 1 else 'class'}-{name}")
    return found


class _Page(HTMLParser):
    """The parts of a page that are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.styles = ""
        self.inline: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        self.inline.append(values.get("style", ""))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles += data


def _of_elements(page: _Page, known: set[str]) -> Iterator[str]:
    for tag, values in page.tags:
        slug = _ELEMENTS.get(tag, f"html-{tag}")
        if slug in known:
            yield slug
        yield from (slug for slug in (f"html-{name}" for name in values if name != "style") if slug in known)
        if values.get("href", "").startswith("mailto:"):
            yield "html-mailto-links"
        if values.get("name") == "color-scheme":
            yield "html-meta-color-scheme"
        for kind in ("svg", "webp", "gif", "jpg", "png"):
            if tag == "img" and values.get("src", "").partition("?")[0].endswith(f".{kind}"):
                yield f"image-{kind}"


def _of_declarations(declarations: str, known: set[str]) -> Iterator[str]:
    for declared in declarations.split(";"):
        parts = _DECLARATION.match(declared)
        if parts is None:
            continue
        name, value = parts[1], parts[2]
        if not _NO_DATA.fullmatch(name):
            yield _slug(name, known)
        if "!important" in value:
            yield "css-important"
        if "-apple-system" in value or "system-ui" in value:
            yield "css-sytem-ui"
        if value.startswith(("flex", "grid")) and name == "display":
            yield f"css-display-{value.split()[0]}"
        if "var(" in value or name.startswith("--"):
            yield "css-variables"
        yield from ("css-unit-" + {"%": "percent"}.get(unit, unit) for unit in _UNIT.findall(value))


def _slug(name: str, known: set[str]) -> str:
    """The property's own name in the data, else that of the one it is a part of: border-top is of border."""
    parts = name.split("-")
    names = ("css-" + "-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((slug for slug in names if slug in known), f"css-{name}")


def read(path: Path) -> dict[str, Any]:
    """The data of a file that was fetched."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data
