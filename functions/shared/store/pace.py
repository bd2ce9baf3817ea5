"""The one row that every sender of an account shares: its quota as last read, its slots, its circuit."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from core.pace import Grid
from core.sending import Circuit, Reading, Sending
from core.values import replace
from functions.shared import clock
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import Row, table

_KEY: Final = Key("MARK", "pace")
_ATTEMPTS: Final = 12
_PAUSE_MS: Final = 10  # at most, after the first race that is lost; twice as long after each more ...
_MOST_MS: Final = 320  # ... up to this


class PaceBusyError(RuntimeError):
    """Others were always first; nothing was taken."""


def read() -> Sending:
    """The state as it is, strongly read; before anything was written, that of an account in the sandbox."""
    row = table().get(_KEY)
    return Sending() if row is None else _of(row)


def write(after: Sending, *, was: Sending) -> bool:
    """Write the whole over the version that it comes from; False when somebody else was first."""
    version, token = was.version + 1, secrets.token_hex(8)
    row = {**_KEY._asdict(), **_row(after), "version": version, "token": token}
    condition = "#version = :was" if was.version else "attribute_not_exists(#pk)"
    values = {"was": was.version} if was.version else None
    return table().put_if(row, condition, values, mine=lambda there: bool(there["token"] == token))


def change(how: Callable[[Sending], Sending], *, known: Sending | None = None) -> Sending:
    """Change the state, whoever else does meanwhile; what changes nothing is not written.

    Args: `known` spares the first reading.
    Returns: the state after it.
    Raises: PaceBusyError when the write lost its race again and again.
    """
    for attempt in range(_ATTEMPTS):
        was, known = known or read(), None
        after = how(was)
        if after == was:
            return was
        if write(after, was=was):
            return replace(after, version=was.version + 1)
        # by chance, and longer each time: many begin a batch together, and would meet again and again
        clock.wait_until(clock.now() + timedelta(milliseconds=secrets.randbelow(min(_PAUSE_MS << attempt, _MOST_MS))))
    raise PaceBusyError("the pace is contended")


def _row(sending: Sending) -> Row:
    grid, reading = sending.grid, sending.reading
    return {
        "rate_milli": grid.rate_milli,
        "begin_us": grid.begin_us,
        "first": grid.first,
        "slots": grid.taken.to_bytes((grid.taken.bit_length() + 7) // 8 or 1, "little"),
        "per_second_milli": reading.per_second_milli,
        "per_day": reading.per_day,
        "sent_last_day": reading.sent_last_day,
        "production": reading.production,
        "enabled": reading.enabled,
        "standing": reading.standing,
        "read_at": _text(sending.read_at),
        "taken": sending.taken,
        "taken_before": sending.taken_before,
        "held_until_us": sending.held_until_us,
        "circuit": sending.circuit,
        "why": sending.why,
        "since": _text(sending.since),
        "probe_until": _text(sending.probe_until),
        "unclear": sending.unclear,
    }


def _of(row: Row) -> Sending:
    reading = Reading(
        row["per_second_milli"],
        row["per_day"],
        row["sent_last_day"],
        row["production"],
        row["enabled"],
        row["standing"],
    )
    taken = int.from_bytes(row["slots"], "little")
    return Sending(
        reading=reading,
        read_at=_instant(row["read_at"]),
        grid=Grid(row["rate_milli"], row["begin_us"], row["first"], taken),
        taken=row["taken"],
        taken_before=row["taken_before"],
        held_until_us=row["held_until_us"],
        circuit=Circuit(row["circuit"]),
        why=row["why"],
        since=_instant(row["since"]),
        probe_until=_instant(row["probe_until"]),
        unclear=row["unclear"],
        version=row["version"],
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else keys.instant(at)


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
