"""What the HTML of a company's own template may hold: no scripts, no foreign addresses, no tag left open."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Final

from core.formats.errors import Code, InputError, clip
from core.own.flow import is_own, own_names

# Tags that run, load or send something, or change how every address is read.
_FORBIDDEN_TAGS: Final = frozenset(
    {
        "applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link", "math",
        "object", "script", "select", "source", "svg", "template", "textarea", "video",
    }
)  # fmt: skip
_VOID: Final = frozenset({"base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_META: Final = frozenset(
    {"viewport", "color-scheme", "supported-color-schemes", "format-detection", "x-apple-disable-message-reformatting"}
)
_HTTP_EQUIV: Final = frozenset({"content-type", "x-ua-compatible"})
_LINKS: Final = re.compile(r"(?:https://|mailto:|tel:|#|cid:)", re.IGNORECASE)
_LOADS: Final = re.compile(r"url\s*\(|@import|expression\s*\(|behavior\s*:|-moz-binding", re.IGNORECASE)

_TAG: Final = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_MARK: Final = re.compile("\ue000(\\d+)\ue001")
_URL_VALUE: Final = re.compile(r"(?:\w+\.)*(?:url|\w+_url)")  # fields that hold an address are called so
_NOT_QUOTED: Final = re.compile(r"=\s*[^\s\"'>]*\ue000")
_AS_TAG: Final = re.compile(r"</?\ue000")
_CONDITION: Final = re.compile(r"\[if [^\]]*\]>(?:<!--)?|<!\[endif\]|(?:<!)?--")


def markup_faults(source: str, file: str) -> list[InputError]:
    """What is wrong with the HTML of a template, its own tags left out of account; each fault with its line."""
    reader = _Reader(file)
    bare = reader.bare(source)
    for found in _AS_TAG.finditer(bare):
        problem = "a value as the name of a tag is not allowed in a mail"
        reader.found.append(InputError(Code.TEMPLATE_FORBIDDEN, file, bare.count("\n", 0, found.start()) + 1, problem))
    reader.feed(bare)
    reader.close()
    reader.leave_open()
    return sorted(dict.fromkeys(reader.found), key=lambda error: error.line)


class _Reader(HTMLParser):
    """Walks the tags; template values stand in them as numbered marks, so that a place is known to be theirs."""

    def __init__(self, file: str, values: Sequence[str] = (), above: int = 0) -> None:
        super().__init__(convert_charrefs=True)
        self.file, self.above = file, above  # lines before the first one that is fed
        self.found: list[InputError] = []
        self.values = list(values)
        self.open: list[tuple[str, int]] = []

    def bare(self, source: str) -> str:
        """The source without template tags, and values marked that a message fills in; every line stays where it is."""
        names = own_names(source)

        def mark(match: re.Match[str]) -> str:
            expression = match[1].strip(" \t\n-")
            if is_own(expression, names):
                return "\n" * match[0].count("\n")
            self.values.append(expression)
            return f"\ue000{len(self.values) - 1}\ue001" + "\n" * match[0].count("\n")

        without = _TAG.sub(
            lambda match: "\n" * match[0].count("\n"), source.replace("\ue000", "").replace("\ue001", "")
        )
        return _VALUE.sub(mark, without)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN_TAGS or "\ue000" in tag:
            self._refuse(f"<{_MARK.sub('{{ }}', tag)}>")
        elif tag == "meta":
            self._meta(dict(attrs))
        if _NOT_QUOTED.search(self.get_starttag_text() or ""):
            self._refuse(f"a value without quotes in <{tag}>", 'write it as name="{{ value }}"')
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in _VOID:
            self.open.append((tag, self.above + self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and self.open:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open[-1][0] != tag:
            was = f"<{self.open[-1][0]}> of line {self.open[-1][1]} is still open" if self.open else "nothing is open"
            self._add(Code.TEMPLATE_SYNTAX, f"</{tag}> closes nothing: {was}")
            if any(one == tag for one, _ in self.open):
                while self.open.pop()[0] != tag:
                    pass
            return
        self.open.pop()

    def handle_comment(self, data: str) -> None:
        """A comment for one mail program is read by that program: what stands in it is held to the same rules."""
        if data.startswith("[if "):
            inner = _Reader(self.file, self.values, self.above + self.getpos()[0] - 1)
            inner.feed(_CONDITION.sub("", data))
            inner.close()
            self.found += [fault for fault in inner.found if fault.code is Code.TEMPLATE_FORBIDDEN]
        elif "\ue000" in data:
            self._refuse("a value in a comment")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "style":
            for expression in self._values_in(data):
                self._refuse(f"{{{{ {expression} }}}} in <style>")
            if _LOADS.search(data):
                self._refuse("an address in <style>", "a mail loads nothing from anywhere")

    def leave_open(self) -> None:
        """What is open at the end."""
        for tag, line in self.open:
            self.found.append(InputError(Code.TEMPLATE_SYNTAX, self.file, line, f"<{tag}> is never closed"))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or "\ue000" in name:
            self._refuse(_MARK.sub("{{ }}", name))
        elif name in ("href", "src", "background", "action", "formaction", "srcset", "poster", "cite", "data"):
            self._address(tag, name, value)
        elif name == "style" and (_LOADS.search(value) or "\ue000" in value):
            self._refuse(f"style={clip(self._shown(value))}", "colours may be values: brand.color, brand.ink")

    def _address(self, tag: str, name: str, value: str) -> None:
        text = value.strip()
        values = list(self._values_in(text))
        of_ours = bool(values) and text.startswith("\ue000") and len(values) == 1 and _URL_VALUE.fullmatch(values[0])
        loads = name != "href" or tag not in ("a", "area", "v:roundrect")
        if loads and not (of_ours or text.lower().startswith("cid:")):
            self._refuse(f"{name}={clip(self._shown(text))}", "a mail loads nothing but brand.logo_url")
        elif not loads and not (of_ours or _LINKS.match(text)):
            self._refuse(f"{name}={clip(self._shown(text))}", "links begin with https://, mailto: or tel:")

    def _meta(self, attributes: dict[str, str | None]) -> None:
        name, equiv = (attributes.get("name") or "").lower(), (attributes.get("http-equiv") or "").lower()
        if (name and name not in _META) or (equiv and equiv not in _HTTP_EQUIV):
            self._refuse(f"<meta {name or equiv}>")

    def _values_in(self, text: str) -> Iterator[str]:
        return (self.values[int(found[1])] for found in _MARK.finditer(text))

    def _shown(self, text: str) -> str:
        return _MARK.sub(lambda found: "{{ " + self.values[int(found[1])] + " }}", text)

    def _refuse(self, what: str, hint: str | None = None) -> None:
        self._add(Code.TEMPLATE_FORBIDDEN, f"{what} is not allowed in a mail", hint)

    def _add(self, code: Code, problem: str, hint: str | None = None) -> None:
        self.found.append(InputError(code, self.file, self.above + self.getpos()[0], problem, hint=hint))
