"""What a company says in its own words: for one message or all, in one language or all, of one entity or all."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal

from core.frozen import Frozen, Limit, field

EVERY: Final = "*"
PARTS: Final = ("subject", "text", "html")
Part = Literal["subject", "text", "html"]
Place = tuple[str, str, str]  # entity, kind of message, language; each may be EVERY


class OwnText(Frozen):
    """One record: whole templates for the parts of a message, and sentences that replace ours wherever we say them."""

    kind: str = EVERY  # of message; EVERY holds sentences only
    language: str = EVERY  # EVERY holds whole templates only, which say their sentences in every language
    entity: str = EVERY
    version: Annotated[int, Limit(ge=1)] = 1
    subject: str | None = None  # template source
    text: str | None = None
    html: str | None = None
    sentences: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # our English sentence -> theirs, by plural form

    @property
    def place(self) -> Place:
        """Where it holds."""
        return self.entity, self.kind, self.language

    def part(self, name: Part) -> str | None:
        """The source of one part; None: ours stays."""
        return {"subject": self.subject, "text": self.text, "html": self.html}[name]


def places(entity: str, kind: str, language: str) -> Iterator[Place]:
    """Where words for one message may stand, the farthest first: what is nearer wins."""
    for owner in (EVERY, entity):
        for message in (EVERY, kind):
            for spoken in (EVERY, language):
                yield owner, message, spoken


def nearest(texts: Iterable[OwnText], entity: str, kind: str, language: str) -> OwnText | None:
    """The words for one message put together from those that hold for it, part by part and sentence by sentence."""
    known = {text.place: text for text in texts}
    found = [known[place] for place in places(entity, kind, language) if place in known]
    if not found:
        return None
    sentences: dict[str, tuple[str, ...]] = {}
    for text in found:
        sentences |= text.sentences
    return OwnText(
        entity=entity,
        kind=kind,
        language=language,
        sentences=sentences,
        subject=_last(text.subject for text in found),
        text=_last(text.text for text in found),
        html=_last(text.html for text in found),
    )


def _last(sources: Iterable[str | None]) -> str | None:
    """The nearest that says anything."""
    return next((source for source in reversed(list(sources)) if source), None)
