"""Where facts come from: a ledger, bank or system that feeds one entity, and how far its data are known to reach."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from core.formats.mapping import Mapping
from core.frozen import Frozen, Limit, field

ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"  # part of stored keys and of a path in the inbox
_ONE_DAY: Final = timedelta(days=1)


class SourceKind(StrEnum):
    """What a source is, and so who reads it."""

    LEDGER = "ledger"  # files of invoices: native JSON lines, CSV, XLSX
    BANK = "bank"  # files of bank statements
    API = "api"  # another program writes through the HTTP API
    NETSUITE = "netsuite"
    STRIPE = "stripe"
    QUICKBOOKS = "quickbooks"
    XERO = "xero"


class Source(Frozen):
    """One source of one entity. Files of it are dropped under inbox/<entity>/<id>/."""

    id: Annotated[str, Limit(pattern=ID)]
    entity: Annotated[str, Limit(min_length=1)]
    kind: SourceKind
    mapping: Mapping | None = None  # which column of its tables is what; None: native files only
    layout: dict[str, Any] | None = None  # the same of a bank's own CSV, as core.formats.bank reads it
    snapshot: Literal["full", "delta"] = "delta"  # full: an invoice that a file does not name is closed
    most_closed_percent: Annotated[int, Limit(ge=0, le=100)] = 20  # of its open invoices; a file that closes more waits
    own_numbers: bool | None = None  # what another source numbers like its payments and disputes is another; None: no
    skip_bad: bool = False  # take a file's good lines although others are bad
    fresh_hours: Annotated[int, Limit(ge=1, le=24 * 366)] = 36  # older data are stale
    settings: dict[str, Any] = field(default_factory=dict)  # of a connector: account, secret, tables

    @property
    def tells(self) -> Literal["ledger", "bank"] | None:
        """Which of an entity's two dates this source moves; None: it only adds to what others tell."""
        if self.kind is SourceKind.API:
            return None
        return "bank" if self.kind is SourceKind.BANK else "ledger"


class Watermark(Frozen):
    """How far one source has come."""

    source: str
    complete_on: date | None = None  # everything up to this local day of the entity is in; None: not known yet
    succeeded_at: datetime | None = None  # when data were last taken, whether they said anything new or not
    took: str | None = None  # what was taken then: the key of a file, the name of a page
    failed_at: datetime | None = None
    failure: str | None = None  # a code; cleared by a success that makes it good
    failed: str | None = None  # what failed: the key of a file, the name of a page

    def known_to(self, zone: str) -> datetime | None:
        """The instant up to which the data are complete: the last success, or earlier where it told of earlier days."""
        if self.succeeded_at is None or self.complete_on is None:
            return self.succeeded_at
        end = datetime.combine(self.complete_on + _ONE_DAY, time(), ZoneInfo(zone))
        return min(self.succeeded_at, end)


def age(watermark: Watermark | None, now: datetime, zone: str) -> timedelta | None:
    """How old the newest data of a source are; None when it never delivered any."""
    known_to = watermark.known_to(zone) if watermark is not None else None
    return None if known_to is None else max(timedelta(), now - known_to)


def is_stale(source: Source, watermark: Watermark | None, now: datetime, zone: str) -> bool:
    """True when a source has not delivered for longer than it may; one that never did is stale."""
    old = age(watermark, now, zone)
    return old is None or old > timedelta(hours=source.fresh_hours)
