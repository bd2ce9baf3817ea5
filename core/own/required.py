"""What every message to a customer has to say, whoever wrote its words: held against what a template really printed."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from core.formats.errors import Code, InputError
from core.own.text import Part
from core.values import dataclass

MAX_HTML: Final = 100_000  # bytes; mail programs cut a longer one off
MAX_SUBJECT: Final = 180
_SPACES: Final = re.compile(r"\s+")
_HIDDEN: Final = frozenset({"style", "title", "head"})


@dataclass(frozen=True, slots=True)
class _Fact:
    """One thing that the reader must find, and the value of the template that says it."""

    what: str
    value: str
    said_by: str


def missing_facts(part: Part, printed: str, model: Any, file: str) -> list[InputError]:
    """What the printed text or HTML does not say and has to; `model` is the message that was printed.

    Source of the list: who writes, whom to ask, what is owed, where to pay and how to stop the mails stand in each
    message of ours (EU: Directive 2000/31/EC, articles 5 and 6, for who writes).
    """
    seen = _plain(visible_text(printed) if part == "html" else printed)
    return [
        InputError(Code.REQUIRED_BLOCK, file, 0, f"does not say {fact.what}", hint=f"print {{{{ {fact.said_by} }}}}")
        for fact in _facts(model)
        if _plain(fact.value) not in seen
    ]


def printed_faults(part: Part, printed: str, file: str) -> list[InputError]:
    """A part that came out empty, too long, or as several lines where it has to be one."""
    if not printed.strip():
        return [InputError(Code.TEMPLATE_FAILED, file, 0, "comes out empty")]
    if part == "subject" and (len(printed.strip().splitlines()) > 1 or len(printed) > MAX_SUBJECT):
        problem = f"a subject is one line of at most {MAX_SUBJECT} characters"
        return [InputError(Code.TEMPLATE_FAILED, file, 0, problem)]
    size = len(printed.encode())
    if size > MAX_HTML:
        problem = f"comes to {size:,} bytes; mail programs cut off what is over {MAX_HTML:,}"
        return [InputError(Code.TEMPLATE_FAILED, file, 0, problem)]
    return []


def _facts(model: Any) -> Iterator[_Fact]:
    """The facts of a message, by the fields that its model has."""
    yield _Fact("who writes", model.brand.name, "brand.name")
    for name in ("address", "legal_lines"):
        for line in getattr(model.brand, name):
            yield _Fact("who the company is by law", line, f"line }}}} for each line of {{{{ brand.{name}")
    yield from _contact_facts(getattr(model, "contact", None))
    for amount in getattr(model, "asked", ()):
        yield _Fact("the amount that is asked for", amount, "asked_total")
    for table in (*getattr(model, "overdue", ()), *getattr(model, "coming", ())):
        for row in table.rows:
            yield _Fact("each invoice", row.number, "row.number")
            yield _Fact("what is asked for each invoice", row.due, "row.due")
    yield from _payment_facts(model)
    if getattr(model, "preferences_url", None):
        yield _Fact("where to change who is written to", model.preferences_url, "preferences_url")


def _contact_facts(contact: Any) -> Iterator[_Fact]:
    if contact is None:
        return
    yield _Fact("whom to ask", contact.name, "contact.name")
    said_by, way = ("contact.phone", contact.phone) if contact.phone else ("contact.email", contact.email)
    if way:
        yield _Fact("how to reach that person", way, said_by)


def _payment_facts(model: Any) -> Iterator[_Fact]:
    lines = getattr(model, "bank", ())
    if lines:
        yield _Fact("what to quote with a payment", model.reference, "reference")
    for line in lines:
        account, said_by = (line.iban, "line.iban") if line.iban else (line.account, "line.account")
        if account:
            yield _Fact("where to pay", account, said_by)


def visible_text(source: str) -> str:
    """What a reader of the HTML can see, and the addresses of its links."""
    reader = _Visible()
    reader.feed(source)
    reader.close()
    return " ".join(reader.seen)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden += 1
        self.seen += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN and self.hidden:
            self.hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.append(data)


def _plain(text: str) -> str:
    return _SPACES.sub("", html.unescape(text)).casefold()
