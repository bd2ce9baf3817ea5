"""What was counted: requests, sizes and units, function by function."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

STREAM_UNIT: Final = 5 * 1024  # bytes: a record that a delivery stream takes is billed as a multiple of it


@dataclass(slots=True)
class Share:
    """What one function did."""

    requests: Counter[str] = field(default_factory=Counter)  # by service and operation, those that the SDK repeated too
    rows_read: int = 0
    rows_written: int = 0
    refused: int = 0  # writes whose condition did not hold
    read_units: float = 0
    write_units: int = 0
    invocations: int = 0
    polls: int = 0  # batches that Lambda's poller received and deleted for it
    records: int = 0  # messages in them
    memory_mb: int = 0
    cpu_s: float = field(default=0, compare=False)  # of the handler and its SDK; what plays AWS is left out
    log_bytes: int = field(default=0, compare=False)

    def add(self, other: "Share") -> None:
        self.requests.update(other.requests)
        self.memory_mb = other.memory_mb or self.memory_mb
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMS: Final = (
    "rows_read", "rows_written", "refused", "read_units", "write_units", "invocations", "polls", "records", "cpu_s",
    "log_bytes",
)  # fmt: skip


_NUMBERS: Final = (
    "mails", "recipients", "attachment_bytes", "event_bytes", "event_units", "nights", "accounts",
)  # fmt: skip


@dataclass(slots=True)
class Counts:
    """Of one stretch of time."""

    functions: dict[str, Share] = field(default_factory=dict)  # by logical id
    queued: Counter[str] = field(default_factory=Counter)  # messages that functions sent, by queue
    mails: int = 0
    recipients: int = 0  # SES charges each
    attachment_bytes: int = 0
    events: Counter[str] = field(default_factory=Counter)  # of mails, by kind
    event_bytes: int = field(default=0, compare=False)  # of those events
    event_units: int = field(default=0, compare=False)  # of 5 kB, begun: what the stream of mail events bills
    metric_hours: Counter[str] = field(default_factory=Counter)  # hours in which a metric of ours had a value
    nights: int = 0
    accounts: int = 0  # decided
    stored_bytes: int = 0  # in the table and its indexes, at the end

    def share(self, function: str) -> Share:
        return self.functions.setdefault(function, Share())

    def add(self, other: "Counts") -> None:
        """What was counted later, on top; what is stored is what is stored now."""
        for name, share in other.functions.items():
            self.share(name).add(share)
        for name in ("queued", "events", "metric_hours"):
            getattr(self, name).update(getattr(other, name))
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.stored_bytes = other.stored_bytes or self.stored_bytes

    # ---------- over all functions ----------
    @property
    def requests(self) -> Counter[str]:
        """By function, service and operation."""
        return Counter({f"{f} {what}": n for f, share in self.functions.items() for what, n in share.requests.items()})

    def of(self, function: str) -> int:
        """The requests of one function."""
        return self.share(function).requests.total()

    @property
    def rows_read(self) -> int:
        return sum(share.rows_read for share in self.functions.values())

    @property
    def rows_written(self) -> int:
        return sum(share.rows_written for share in self.functions.values())

    @property
    def refused(self) -> int:
        return sum(share.refused for share in self.functions.values())

    @property
    def read_units(self) -> float:
        return sum(share.read_units for share in self.functions.values())

    @property
    def write_units(self) -> int:
        return sum(share.write_units for share in self.functions.values())

    # ---------- kept ----------
    def as_data(self) -> dict[str, Any]:
        """As JSON; `of_data` reads it."""
        data: dict[str, Any] = _plain(self)
        return data

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> "Counts":
        """Raises: TypeError for what `as_data` has not written."""
        functions = {name: Share(**_counters(share, ("requests",))) for name, share in data["functions"].items()}
        return cls(**{**_counters(data, ("queued", "events", "metric_hours")), "functions": functions})


def _plain(value: Any) -> Any:
    if isinstance(value, Share | Counts):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in sorted(value.items())}
    return round(value, 6) if isinstance(value, float) else value


def _counters(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {**data, **{name: Counter(data[name]) for name in names}}
