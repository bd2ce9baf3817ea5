"""Reads camt.052, camt.053 and camt.054 an entry at a time: only one entry is ever held as XML."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from core.bank import BankStatement
from core.formats.bank.camt_statement import Statement
from core.formats.bank.keys import Keys
from core.formats.errors import Code, InputError, clip

_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[234])\.(001\.(?:0[2-9]|1[0-2]))")
_VERSIONS: Final = "camt.052, camt.053 and camt.054 in versions 001.02 to 001.12"
_STATEMENTS: Final = frozenset({"Stmt", "Rpt", "Ntfctn"})
_DEEPEST: Final = 40  # a message nests its elements some 15 deep
_MOST: Final = 1_000_000  # elements held at once: those of one entry, or all that stand around entries


class _Lined(Element):
    """An element that knows its line."""

    sourceline: int = 0
    space: str = ""  # its namespace


class _TooMuchError(ValueError):
    """More elements, or deeper ones, than a message has."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def read_camt(content: bytes, file: str) -> Iterator[BankStatement | InputError]:
    """The statements, reports or notifications of a message, each with what is to be said of it."""
    message = _Message(file)
    try:
        yield from message.read(content)
    except DefusedXmlException as refused:
        what = type(refused).__name__.removesuffix("Forbidden").lower()
        problem = f"it declares what no bank message needs ({what}); nothing more of it is read"
        yield InputError(Code.XML_FORBIDDEN, file, message.line, problem)
    except _TooMuchError as much:
        yield InputError(Code.XML_FORBIDDEN, file, much.line, str(much))
    except ParseError as wrong:
        line, column = wrong.position
        problem = f"not XML: {clip(str(wrong).partition(':')[0])}; {message.untold}"
        yield InputError(Code.NOT_XML, file, line, problem, column=column + 1, hint="was the file cut off?")
    except (ValueError, LookupError) as wrong:  # an encoding that there is not, a character that it has not
        yield InputError(Code.NOT_XML, file, message.line, f"not XML: {clip(str(wrong))}; {message.untold}")


class _Message:
    """A message on its way to statements."""

    def __init__(self, file: str) -> None:
        self._file, self._keys = file, Keys()
        self._kind: str | None = None
        self._version = ""
        self._statements = 0
        self._held = self._around = 0  # elements; those around entries
        self._one: Statement | None = None
        self._parser: Any = None

    @property
    def line(self) -> int:
        """How far reading has come."""
        return self._parser.parser.CurrentLineNumber if self._parser is not None else 0

    @property
    def untold(self) -> str:
        """What an end too early leaves untaken."""
        return (
            f"a statement with {self._one.count} entries so far is not taken" if self._one else "no statement is open"
        )

    def read(self, content: bytes) -> Iterator[BankStatement | InputError]:
        self._parser = DefusedXMLParser(target=TreeBuilder(element_factory=self._element), forbid_dtd=True)
        path = list[Any]()
        for event, found in iterparse(BytesIO(content), events=("start", "end"), parser=self._parser):
            if event == "start":
                path.append(found)
                self._weigh(len(path), found.sourceline)
                wrong = self._begin(found)
                if wrong is not None:
                    yield wrong
                    return
            else:
                path.pop()
                yield from self._end(found, path[-1] if path else None)
        if self._kind is not None and not self._statements:
            yield InputError(
                Code.EMPTY_FILE, self._file, 0, "a message without a statement", hint="nothing was changed"
            )
        if self._kind is None:
            yield InputError(Code.UNKNOWN_FORMAT, self._file, 1, "no camt message", allowed=_VERSIONS, hint=_VERSIONS)

    def _weigh(self, depth: int, line: int) -> None:
        """Before memory grows: how deep it goes, and how many elements are held."""
        self._held += 1
        if depth > _DEEPEST:
            raise _TooMuchError(line, f"elements nested more than {_DEEPEST} deep")
        if self._held > _MOST:
            raise _TooMuchError(line, f"more than {_MOST:,} elements around or within one entry")

    def _element(self, tag: str, attributes: dict[str, str]) -> _Lined:
        """An element without the namespace of its message: versions differ in nothing else that is read."""
        space, _, name = tag.rpartition("}")
        made = _Lined(name if _NAMESPACE.fullmatch(space[1:]) else tag, attributes)
        made.sourceline, made.space = self.line, space[1:]
        return made

    def _begin(self, found: Any) -> InputError | None:
        if self._kind is None:
            return self._document(found) if found.tag.rpartition("}")[2] == "Document" else None
        if found.tag in _STATEMENTS and self._one is None:
            self._statements += 1
            self._one = Statement(found, self._file, self._keys, self._kind, self._version)
        elif found.tag == "Ntry" and self._one is not None:
            self._around = self._held - 1
            self._one.begin_entry()
        return None

    def _document(self, found: Any) -> InputError | None:
        known = _NAMESPACE.fullmatch(found.space)
        if known is None:
            problem = f"'{clip(found.space.rpartition(':')[2] or 'no namespace')}' is not read here"
            return InputError(
                Code.UNKNOWN_VERSION, self._file, found.sourceline, problem, allowed=_VERSIONS, hint=_VERSIONS
            )
        self._kind, self._version = known[1], known[2]
        return None

    def _end(self, found: Any, parent: Any) -> Iterator[BankStatement | InputError]:
        one = self._one
        if one is None:
            return
        if found.tag == "Ntry" and parent is one.element:
            one.entry(found)
            parent.remove(found)  # not held any longer; what follows may stand beside it already
            self._held = self._around
        elif found is one.element:
            self._one = None
            yield from one.finish()
            found.clear()
