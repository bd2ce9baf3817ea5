"""The gallery of a preview: a sheet per language, and each message in light and dark, on a phone and a desktop.

Plain files that need no server and no script, and load nothing from anywhere: they open from a folder as they are.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.own.text import EVERY, OwnText, nearest
from core.render.messages import ANSWERS, INTERNAL, OF_POLICIES, MailKind
from core.render.render import Rendered, render
from local.preview.cast import Casting
from local.preview.samples import QR, Sample, samples

TEMPLATES: Final = Path(__file__).parents[2] / "templates" / "gallery"
NAMES: Final[Mapping[str, str]] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "nl": "Nederlands",
    "it": "Italiano",
    "pt": "Português",
    "pl": "Polski",
    "ar": "العربية",
    "ja": "日本語",
    "hi": "हिन्दी",
}
_GROUPS: Final = (("As a policy says", OF_POLICIES), ("Answers", ANSWERS), ("To our own people", INTERNAL))
# shown on paper among all messages; each is, where one is looked at
_ON_PAPER: Final = frozenset({MailKind.STATEMENT, MailKind.FINAL_NOTICE, MailKind.DEFAULT_NOTICE})
_DARK: Final = "@media (prefers-color-scheme: dark)"
# a frame asks for the dark form by its address, as no browser lets a page choose the colours of a frame within it
_ASKED_FOR: Final = ":root:has(#dark:target)"
_HEAD: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    'img-src data:"><base target="_blank">'
    f"<style>:root{{color-scheme:light}}{_ASKED_FOR}{{color-scheme:dark}}</style>"
)
_SCHEMES: Final = '<meta name="color-scheme" content="light dark">'

Paper = Callable[[Mapping[str, Any]], Sequence[bytes]]  # the pages of a letter as PNG


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a preview shows."""

    kinds: tuple[MailKind, ...]
    languages: tuple[str, ...]
    scenes: bool = False  # every scene of a message, else the one that shows most
    words: tuple[OwnText, ...] = ()  # the company's own, in the place of ours
    entity: str = EVERY  # whose words those are

    def own(self, kind: str, language: str) -> OwnText | None:
        """The words that one message would have."""
        return nearest(self.words, self.entity, kind, language)


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the gallery."""

    kind: MailKind
    language: str
    scene: str
    mail: Rendered
    letters: tuple[str, ...] = ()  # file names of the pages of a letter

    @property
    def name(self) -> str:
        return f"{self.kind.value}.{self.language}.{self.scene}"

    @property
    def title(self) -> str:
        return self.kind.value.replace("-", " ")


def write_preview(
    wanted: Wanted, folder: Path, *, casting: Casting | None = None, paper: Paper | None = None
) -> list[Path]:
    """Write the gallery into `folder`; returns its sheets, the first language's first.

    Args: `casting` says whose messages they are; `paper` makes the letters.
    """
    for place in ("mails", "shown", "letters"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for old in (folder / place).iterdir():
            old.unlink()
    pages = _pages()
    shown = {language: list(_shown(wanted, language, casting, paper, folder)) for language in wanted.languages}
    by_name = {one.name: one for found in shown.values() for one in found}
    for one in by_name.values():
        others = [by_name[name] for name in _same(one, by_name, wanted.languages)]
        scenes = [other for other in shown[one.language] if other.kind is one.kind]
        page = pages.get_template("sample.html").render(one=one, others=others, scenes=scenes, names=NAMES)
        (folder / "shown" / f"{one.name}.html").write_text(page, encoding="utf-8")
    sheets = []
    for language, found in shown.items():
        sheet = folder / ("index.html" if language == wanted.languages[0] else f"{language}.html")
        files = {each: "index.html" if each == wanted.languages[0] else f"{each}.html" for each in wanted.languages}
        text = pages.get_template("sheet.html").render(
            language=language, groups=_grouped(found), files=files, names=NAMES, count=len(by_name)
        )
        sheet.write_text(text, encoding="utf-8")
        sheets.append(sheet)
    return sheets


def standalone(html: str, code: bytes | None) -> str:
    """The mail as a page of its own: what comes with it is within, nothing is loaded, `#dark` shows its dark form."""
    picture = b64encode(code).decode() if code else ""
    page = html.replace(f"cid:{QR}", f"data:image/png;base64,{picture}").replace(_SCHEMES, "")
    page = page.replace(_DARK, _ASKED_FOR).replace("</head>", f"{_HEAD}</head>", 1)
    start = page.index(">", page.index("<body")) + 1
    return f'{page[:start]}<span id="dark"></span>{page[start:]}'


def _shown(
    wanted: Wanted, language: str, casting: Casting | None, paper: Paper | None, folder: Path
) -> Iterator[Shown]:
    for kind in wanted.kinds:
        for sample in _chosen(samples(kind.value, language, casting), every=wanted.scenes):
            mail = render(sample.mail, own=wanted.own(sample.mail.kind.value, language))
            page = standalone(mail.html, sample.code)
            name = f"{kind.value}.{language}.{sample.scene}"
            (folder / "mails" / f"{name}.html").write_text(page, encoding="utf-8")
            on_paper = wanted.scenes or kind in _ON_PAPER
            letters = paper(sample.letter()) if paper and sample.letter and on_paper else ()
            files = [f"{name}.{number}.png" for number in range(1, len(letters) + 1)]
            for file, picture in zip(files, letters, strict=True):
                (folder / "letters" / file).write_bytes(picture)
            yield Shown(kind, language, sample.scene, mail, tuple(files))


def _chosen(found: Sequence[Sample], *, every: bool) -> Sequence[Sample]:
    """All of them, or the one with links and everything, else the typical one."""
    if every:
        return found
    return [next((sample for sample in found if sample.scene == "page"), found[0])] if found else []


def _same(one: Shown, known: Mapping[str, Shown], languages: Sequence[str]) -> list[str]:
    """The same message in each language that has it."""
    names = (f"{one.kind.value}.{language}.{one.scene}" for language in languages)
    return [name for name in names if name in known]


def _grouped(found: Sequence[Shown]) -> list[tuple[str, list[Shown]]]:
    groups = [(title, [one for one in found if one.kind in kinds]) for title, kinds in _GROUPS]
    return [(title, members) for title, members in groups if members]


def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
