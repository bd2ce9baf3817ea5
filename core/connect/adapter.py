"""What every adapter is: questions to another system, answered one by one, and lines of our own format."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.amounts import AmountError, to_minor
from core.formats.changes import STATED
from core.formats.errors import clip
from core.values import dataclass

Line = dict[str, Any]  # one line of a native ledger, before it is checked
_LONGEST: Final = 30  # digits before or behind the point
OVERLAP: Final = timedelta(hours=1)  # asked again: clocks differ, and what was being written was not seen


class AnswerError(ValueError):
    """An answer that does not say what its interface documents. Only `where` is for logs: the rest may hold a value."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = clip(where)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: a path below the system's address, and what goes with it."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None  # sent as JSON by POST; None: a GET
    headers: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False  # None is the answer where the system does not let us ask this


Told = Callable[[Collection[str]], Mapping[str, Line]]  # of these documents, those that were open: what was told last


def nothing_told(_: Collection[str]) -> Mapping[str, Line]:
    """Nobody remembers."""
    return {}


@dataclass(frozen=True, slots=True)
class Window:
    """Which changes are asked for: from `since` (None: everything that is open) until `until`, aware UTC."""

    since: datetime | None
    until: datetime
    told: Told = nothing_told  # a document that is deleted there is named by its id alone

    @property
    def begin(self) -> datetime | None:
        """The first instant to ask for: somewhat earlier."""
        return None if self.since is None else self.since - OVERLAP


Get = Callable[[Ask], Any]  # the decoded JSON answer, its numbers as Decimal
Adapter = Callable[[Mapping[str, Any], Window, Get], Iterator[Line]]  # settings of the source, window, how to ask


def minor(value: object, currency: str, where: str) -> int:
    """An amount of another system in whole minor units, its sign dropped. Raises AnswerError."""
    try:
        exact = Decimal(str(value)).copy_abs()
        long = exact and abs(exact.adjusted()) > _LONGEST  # 1E+999999999 is nothing to count with, or to write out
        return to_minor("" if long else f"{exact.normalize():f}", currency)
    except (InvalidOperation, AmountError) as error:
        raise AnswerError(where, f"{clip(value)!r} is no amount in {clip(currency)}: {error}") from None


def need(row: Mapping[str, Any], name: str, where: str) -> Any:
    """A field that must be there. Raises AnswerError."""
    value = row.get(name)
    if value is None or value == "":
        raise AnswerError(where, f"the answer has no {name}")
    return value


def invoice_lines(line: Line, open_minor: int, settled_on: str | None, *, void: bool = False) -> Iterator[Line]:
    """An invoice, and all that its own system says was paid or credited of it, as one entry.

    The next pull says it anew: what it does not say any more, because a payment was taken off again, counts no more.
    Args: `settled_on` the day of the last payment; None: the day of the invoice. `void`: nobody paid, and it is not
    owed: so it says nothing of how its customer pays.
    """
    yield {**line, "t": "invoice"}
    settled = line["total"] - (0 if void else open_minor)
    if settled <= 0:
        return
    day = max(settled_on or line["issued"], line["issued"])
    entry = {
        "id": line["id"] + STATED,
        "customer": line["customer"],
        "invoice": line["id"],
        "date": day,
        "amount": settled,
    }
    yield {"t": "write_off", **entry} if void else {"t": "payment", **entry, "currency": line["currency"]}


def deleted(line: Line) -> Iterator[Line]:
    """A document that is not there any more, by what was told of it: nothing of it is owed, or on account."""
    yield from invoice_lines(line, 0, None, void=True) if line["t"] == "invoice" else ({**line, "amount": 0},)


def onward(known: int, found: Mapping[str, Any], where: str) -> None:
    """Raises AnswerError for a page that holds nothing new: whoever answers does not turn pages, and never ends."""
    if len(found) <= known:
        raise AnswerError(where, "a page holds nothing but what was on pages before it")


def chunks(ids: list[str], size: int) -> Iterator[list[str]]:
    """The ids, so many at a time."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def text(value: object) -> str | None:
    """Trimmed text; None for what is empty."""
    found = "" if value is None else " ".join(str(value).split())
    return found or None


def given(**fields: Any) -> Line:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}
