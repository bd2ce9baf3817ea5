"""A message as a short text for a telephone: one sentence about the money, where to go, whom to ask, how to end it.

It is made of the same model as the mail. WhatsApp sends nothing of a company's own accord but a template that was
registered before, so each text also knows its template and what fills the gaps.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.own.text import OwnText
from core.render.messages import CustomerMail, MailKind
from core.render.render import COMPILED, say
from core.render.segments import Segments, plain, segments
from core.values import dataclass

TEMPLATES: Final = "texts"
MAX_CHARACTERS: Final = 1600  # AWS End User Messaging SMS, SendTextMessage: MessageBody
_OF_OCCASION: Final[Mapping[MailKind, str]] = {
    MailKind.PROMISE_BROKEN: "promise_broken",
    MailKind.INSTALMENT_MISSED: "instalment_missed",
}
# What each sentence says, in the order of its gaps.
SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "coming_one": ("entity", "number", "amount", "date"),
    "coming_many": ("entity", "count", "amount", "date"),
    "overdue_one": ("entity", "number", "date", "amount"),
    "overdue_many": ("entity", "count", "amount"),
    "promise_broken": ("entity", "amount", "date"),
    "instalment_missed": ("entity", "amount", "date"),
    "pledge": ("entity", "amount"),
}
_EITHER: Final = (False, True)
_NONE: Final[Mapping[str, str]] = dict.fromkeys(
    ("entity", "number", "amount", "date", "count", "url", "name", "phone"), ""
)


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text message to one telephone."""

    language: str
    body: str
    size: Segments
    template: str  # registered with WhatsApp under this name, in this language
    values: tuple[str, ...]  # that fill its gaps


def compose_text(mail: CustomerMail, folder: Path = COMPILED, own: OwnText | None = None) -> TextMessage:
    """The text that says the heart of a mail.

    Raises: ValueError for a text that no network would take.
    """
    sentence, url = _sentence(mail), _url(mail)
    name, phone = (mail.contact.name, mail.contact.phone) if mail.contact.phone else ("", "")
    shape = _Shape(sentence, link=bool(url), ask=bool(phone))
    told = {**_values(mail, sentence), "url": url, "name": name, "phone": phone}
    body = plain(shape.written(mail.language, told, folder, own))
    if len(body) > MAX_CHARACTERS:
        raise ValueError(f"a text message has at most {MAX_CHARACTERS} characters, this one {len(body)}")
    return TextMessage(
        language=mail.language,
        body=body,
        size=segments(body),
        template=shape.name,
        values=tuple(told[gap] for gap in shape.gaps),
    )


def registered(language: str, folder: Path = COMPILED) -> dict[str, str]:
    """Every template that is to be registered in a language: name -> words with numbered gaps."""
    shapes = [_Shape(sentence, link=link, ask=ask) for sentence in SENTENCES for link in _EITHER for ask in _EITHER]
    found = {}
    for shape in shapes:
        gaps = {gap: f"{{{{{place}}}}}" for place, gap in enumerate(shape.gaps, start=1)}
        found[shape.name] = shape.written(language, gaps, folder)
    return found


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which sentences a text is made of."""

    sentence: str
    link: bool
    ask: bool

    @property
    def name(self) -> str:
        return "_".join(("pastdue", self.sentence, *(("link",) if self.link else ()), *(("ask",) if self.ask else ())))

    @property
    def gaps(self) -> tuple[str, ...]:
        link, ask = ("url",) if self.link else (), ("name", "phone") if self.ask else ()
        return (*SENTENCES[self.sentence], *link, *ask)

    def written(self, language: str, told: Mapping[str, str], folder: Path, own: OwnText | None = None) -> str:
        words: Any = say(TEMPLATES, language, {**_NONE, **told}, folder, own)
        said = (self.sentence, *(("link",) if self.link else ()), *(("ask",) if self.ask else ()), "end")
        return "\n".join(str(getattr(words, name)).strip() for name in said)


def _sentence(mail: CustomerMail) -> str:
    if mail.kind is MailKind.DONATION:
        return "pledge"
    if mail.occasion_on and mail.kind in _OF_OCCASION:
        return _OF_OCCASION[mail.kind]
    if mail.overdue_count:
        return "overdue_one" if mail.overdue_count == 1 else "overdue_many"
    return "coming_one" if mail.coming_count == 1 else "coming_many"


def _values(mail: CustomerMail, sentence: str) -> dict[str, str]:
    row = (mail.overdue or mail.coming)[0].rows[0]
    of_occasion = sentence in _OF_OCCASION.values()
    return {
        "entity": mail.brand.name,
        "number": row.number,
        "count": str(mail.overdue_count or mail.coming_count),
        "amount": mail.occasion_amount if of_occasion else mail.asked_total,
        "date": mail.occasion_on if of_occasion else row.due_on if mail.overdue_count else mail.coming_on,
    }


def _url(mail: CustomerMail) -> str:
    """Where everything can be done; where only a payment can, that."""
    return next((action.url for action in mail.actions if action.what == "pay"), "") or mail.page_url or ""
