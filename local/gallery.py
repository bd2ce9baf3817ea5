"""A page to leaf through the mails of an outbox: a list with filters, each mail beside its text part.

Plain files that need no server and load nothing from anywhere; without scripts the whole list is there, unfiltered.
"""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.render.messages import MailKind
from local.engine.outbox import Mail

TEMPLATES: Final = Path(__file__).parents[1] / "templates" / "gallery"
KIND_HEADER: Final = "x-pastdue-kind"
_OWN: Final = re.compile(r"\d{5,}(\.html|-\d+\.[a-z]{1,8})")  # files that an earlier gallery wrote
_SUFFIXES: Final = {"application/pdf": "pdf", "text/csv": "csv", "image/png": "png"}
_LADDER: Final = tuple(kind.value for kind in MailKind)
_NAMES: Final = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "nl": "Dutch", "it": "Italian",
    "pt": "Portuguese", "pl": "Polish", "ar": "Arabic", "ja": "Japanese", "hi": "Hindi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail as the gallery shows it."""

    mail: Mail
    file: str
    day: str
    time: str
    kind: str
    language: str
    sender: str
    reader: str  # first recipient
    others: int  # further recipients
    words: str  # what the search looks through
    files: tuple[tuple[str, str], ...] = ()  # name of each attached file, and where it is written


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to filter by."""

    value: str
    label: str
    count: int


def write_gallery(mails: Iterable[Mail], folder: Path, preview: str | None = None) -> Path:
    """Write the gallery into `folder` and return its first page; a gallery that is there is replaced.

    Args: `preview` the page with every message there is, as a link from `folder`.
    """
    newest_first = sorted(mails, key=lambda mail: (mail.sent_at, mail.message_id), reverse=True)
    entries = [_entry(mail, number) for number, mail in enumerate(newest_first, start=1)]
    pages = folder / "mails"
    pages.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("mail.html")
    for place, entry in enumerate(entries):
        for (_, file), content in zip(entry.files, _contents(entry.mail), strict=True):
            (pages / file).write_bytes(content)
        older = entries[place + 1].file if place + 1 < len(entries) else None
        newer = entries[place - 1].file if place else None
        (pages / entry.file).write_text(page.render(entry=entry, older=older, newer=newer), encoding="utf-8")
    written = {file for entry in entries for _, file in entry.files} | {entry.file for entry in entries}
    _remove_others(pages, written)
    index = folder / "index.html"
    script = (TEMPLATES / "filter.js").read_text(encoding="utf-8").strip()
    index.write_text(
        environment.get_template("index.html").render(
            days=[(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.day)],
            entries=entries,
            preview=preview,
            kinds=_choices([entry.kind for entry in entries], _LADDER, {}),
            languages=_choices([entry.language for entry in entries], tuple(_NAMES), _NAMES),
            readers=len({entry.reader for entry in entries}),
            senders=", ".join(sorted({entry.sender for entry in entries})),
            first=next((e.file for e in entries if e.kind not in {"", "digest"}), entries[0].file if entries else None),
            script=script,
            script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        ),
        encoding="utf-8",
    )
    return index


def _entry(mail: Mail, number: int) -> Entry:
    headers = {name.lower(): value for name, value in mail.headers}
    kind = headers.get(KIND_HEADER) or mail.tags.get("kind", "")
    language = headers.get("content-language", "")[:2].lower()
    recipients = mail.recipients
    reader = recipients[0] if recipients else ""
    return Entry(
        mail=mail,
        file=f"{number:05d}.html",
        day=f"{mail.sent_at:%A, %d %B %Y}".replace(" 0", " "),
        time=f"{mail.sent_at:%H:%M}",
        kind=kind,
        language=language,
        sender=parseaddr(mail.sender)[0] or mail.sender,
        reader=reader,
        others=len(recipients) - 1,
        words=" ".join((mail.subject, *recipients, kind, language, f"{mail.sent_at:%Y-%m-%d}")).lower(),
        files=tuple(
            (name, f"{number:05d}-{n}.{_SUFFIXES.get(media_type, 'bin')}")
            for n, (name, media_type, _) in enumerate(mail.attachments, start=1)
        ),
    )


def _contents(mail: Mail) -> tuple[bytes, ...]:
    return tuple(content for _, _, content in mail.attachments)


def _choices(values: Sequence[str], order: Sequence[str], names: dict[str, str]) -> list[Choice]:
    counts = Counter(value for value in values if value)
    rank = {value: place for place, value in enumerate(order)}
    known = sorted(counts, key=lambda value: (rank.get(value, len(rank)), value))
    return [Choice(value, names.get(value, value.replace("-", " ")), counts[value]) for value in known]


def _remove_others(pages: Path, written: set[str]) -> None:
    for path in pages.iterdir():
        if path.name not in written and _OWN.fullmatch(path.name):
            path.unlink()
