"""The record of a run (one entity, one local date): who works on it, how far it is, and a mark per finished batch."""

import secrets
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.table import Row, table, up_to

LEASE: Final = timedelta(minutes=6)  # longer than any worker can live, so a lease that ended has nobody behind it
LOOK_AGAIN: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=60)  # batch marks and pages


class Clearance(StrEnum):
    """What lets the notices of a run go that do not go by themselves."""

    LIMITS = "limits"  # nothing unusual about the run
    PERSON = "person"  # somebody has looked at it
    REJECTED = "rejected"  # somebody has looked at it, and they shall not go


class RunState(StrEnum):
    PLANNING = "planning"  # due accounts are being queued
    PLANNED = "planned"  # all are queued; batches may still be worked on
    CLOSING = "closing"  # every batch is done; digests are being put
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the due index was walked: by shard, the last sort key that was queued; empty: nothing was."""

    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retraction:
    """A run was taken back: nothing more of it is decided or sent."""

    at: datetime
    by: str  # Person id
    why: str
    done_at: datetime | None = None  # when the last account had been seen to


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it was read."""

    entity: str
    on: date
    state: RunState
    owner: str
    lease_until: datetime
    started_at: datetime
    cursor: Cursor = Cursor()
    next_batch: int = 0
    page: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # the batches last stored for queueing
    missed: tuple[date, ...] = ()  # nights since the run before this one, whose digest lines are told in this one
    batches: int | None = None  # how many there are; None while planning
    planned_at: datetime | None = None
    completed_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    clearance: Clearance | None = None  # None: its notices wait for a person
    brake: str = ""  # why it stopped for a person
    cleared_at: datetime | None = None
    cleared_by: str = ""  # Person id; empty: within the limits
    retraction: Retraction | None = None

    @property
    def finished(self) -> bool:
        return self.state is RunState.COMPLETE


def read(entity: str, on: date) -> Run | None:
    row = table().get(keys.run(entity, on))
    return _read(entity, row) if row else None


def date_before(entity: str, on: date) -> date | None:
    """The latest date before `on` that had a run; None for the first run."""
    pages = table().query(
        keys.run_pk(entity), between=("0", (on - timedelta(days=1)).isoformat() + keys.LAST), backwards=True, limit=1
    )
    return next((date.fromisoformat(row["sk"][:10]) for row in pages), None)


def start(entity: str, on: date, *, owner: str, missed: tuple[date, ...], now: datetime) -> Run | None:
    """Begin the run and own it; None when somebody else began it."""
    run = Run(entity, on, RunState.PLANNING, owner, now + LEASE, now, missed=missed)
    return run if table().put_if(_row(run), "attribute_not_exists(#pk)", mine=_owned_by(owner)) else None


def take_over(run: Run, *, owner: str, now: datetime) -> Run | None:
    """Own a run that is being planned by nobody any more; None while its lease holds, or when another took it first."""
    if run.lease_until > now:
        return None
    mine = replace(run, owner=owner, lease_until=now + LEASE)
    return _move(run, mine, look_at=mine.lease_until)


def release(run: Run, *, now: datetime) -> None:
    """Let the next worker go on at once."""
    _move(run, replace(run, lease_until=now), look_at=now)


def store_page(run: Run, batches: Mapping[int, tuple[str, ...]], cursor: Cursor) -> Run | None:
    """Write down which batches are queued next, and where the walk goes on after them; None when not ours any more."""
    after = replace(run, page=batches, cursor=cursor, next_batch=run.next_batch + len(batches))
    return _move(run, after, look_at=run.lease_until)


def end_planning(run: Run, *, now: datetime) -> Run | None:
    """Say that every due account is queued, in so many batches; of none there is nothing to wait for."""
    state = RunState.PLANNED if run.next_batch else RunState.CLOSING
    after = replace(run, state=state, page={}, batches=run.next_batch, planned_at=now, lease_until=now)
    return _move(run, after, look_at=now + LOOK_AGAIN)


def plan_again(run: Run, *, owner: str, now: datetime) -> Run | None:
    """Walk the due index once more, for batches that were lost: whoever is still due gets batches with new numbers."""
    after = replace(run, state=RunState.PLANNING, owner=owner, lease_until=now + LEASE, cursor=Cursor(), batches=None)
    return _move(run, after, look_at=after.lease_until)


def look_later(run: Run, *, now: datetime) -> None:
    """Nothing to do yet: the sweep looks again after a while."""
    _move(run, run, look_at=now + LOOK_AGAIN)


def close(run: Run) -> Run | None:
    """From here on no digest line joins this run."""
    return _move(run, replace(run, state=RunState.CLOSING), look_at=None)


def complete(run: Run, counts: Mapping[str, int], *, now: datetime, brake: str = "") -> Run | None:
    """The end of a run; None when somebody else ended it.

    Args: `brake` why a person must clear it first; empty: nobody must.
    """
    after = replace(run, state=RunState.COMPLETE, completed_at=now, counts=dict(counts), brake=brake)
    if not brake and run.retraction is None:
        after = replace(after, clearance=Clearance.LIMITS, cleared_at=now)
    return _move(run, after, look_at=None)


def clear(entity: str, on: date, clearance: Clearance, *, by: str, now: datetime) -> bool:
    """A person has looked at a completed run; False when there is none, or it was taken back. The last word counts."""
    return table().update_if(
        keys.run(entity, on),
        "SET #clearance = :clearance, #cleared_by = :by, #cleared_at = :now",
        "#state = :complete AND attribute_not_exists(#retraction)",
        {"clearance": clearance, "by": by, "now": _at(now), "complete": RunState.COMPLETE},
    )


def retract(entity: str, on: date, *, by: str, why: str, now: datetime) -> Run | None:
    """Take a run back: whoever works on it loses it, no batch of it is decided from now on, and no notice is cleared.

    Said twice the first word stays. Returns: the run as it now is; None when there is none.
    """
    while (run := read(entity, on)) is not None and run.retraction is None:
        after = replace(
            run,
            retraction=Retraction(now, by, why),
            clearance=Clearance.REJECTED,
            owner=f"retracted-{secrets.token_hex(8)}",
        )
        if run.state is RunState.PLANNING:  # what is queued by now is all there will be
            after = replace(after, state=RunState.PLANNED, page={}, batches=run.next_batch, planned_at=now)
        _move(run, after, look_at=None if run.finished else now + LEASE)
    return run


def retracted(run: Run, *, now: datetime) -> None:
    """Every account of a retracted run has been seen to."""
    if run.retraction is not None:
        _move(run, replace(run, retraction=replace(run.retraction, done_at=now)), look_at=None)


def list_page(run: Run, now: datetime) -> None:
    """Keep whom the run queues now, before it does: what it did can only be taken back from accounts that are known."""
    if run.page:
        customers = [customer for batch in run.page.values() for customer in batch]
        key = keys.page(run.entity, run.on, min(run.page))
        table().put({**key._asdict(), "customers": customers, "expires_at": int((now + KEPT).timestamp())})


def listed(entity: str, on: date) -> list[str]:
    """The customers whose accounts a run queued, each once."""
    pages = table().query(keys.run_pk(entity), prefix=keys.pages(on))
    return list(dict.fromkeys(customer for row in pages for customer in row["customers"]))


def recent(entity: str, before: date, nights: int) -> list[Run]:
    """The runs of so many nights before a date, the latest first; a night without a run is left out."""
    found = (read(entity, before - timedelta(days=n)) for n in range(1, nights + 1))
    return [run for run in found if run is not None]


def mark(entity: str, on: date, n: int, counts: Mapping[str, int], now: datetime) -> None:
    """Say that batch `n` is done, and what came of it; when it comes again it finds nothing to do, and says nothing."""
    expires_at = int((now + KEPT).timestamp())
    row = {**keys.batch_mark(entity, on, n)._asdict(), "n": n, "counts": dict(counts), "expires_at": expires_at}
    table().put_if(row, "attribute_not_exists(#pk)")


def marks(entity: str, on: date) -> dict[int, dict[str, int]]:
    """The counts of each finished batch, strongly read."""
    return {row["n"]: row["counts"] for row in table().query(keys.run_pk(entity), prefix=keys.batch_marks(on))}


def _move(was: Run, after: Run, *, look_at: datetime | None) -> Run | None:
    """Write `after` over `was` unless somebody changed it; `look_at` None leaves the sweep's instant as it is."""
    row = _row(after, look_at)
    gone = [name for name in ("att_pk", "att_sk") if after.finished]
    changed = {name: value for name, value in row.items() if name not in ("pk", "sk", *gone)}
    if look_at is None:
        changed.pop("att_sk", None)
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
    if gone:
        update += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    same = {
        "was_state": was.state,
        "was_owner": was.owner,
        "was_next": was.next_batch,
        "was_lease": _at(was.lease_until),
    }
    won = table().update_if(
        keys.run(was.entity, was.on),
        update,
        "#state = :was_state AND #owner = :was_owner AND #next_batch = :was_next AND #lease_until = :was_lease",
        {**changed, **same},
        mine=lambda there: all(there.get(name) == value for name, value in changed.items()),
    )
    return after if won else None


def _owned_by(owner: str) -> Any:
    return lambda row: row["owner"] == owner


def _row(run: Run, look_at: datetime | None = None) -> Row:
    return {
        **keys.run(run.entity, run.on)._asdict(),
        "state": run.state,
        "owner": run.owner,
        "lease_until": _at(run.lease_until),
        "started_at": _at(run.started_at),
        "cursor": list(run.cursor.after),
        "next_batch": run.next_batch,
        "page": {str(n): list(customers) for n, customers in run.page.items()},
        "missed": [on.isoformat() for on in run.missed],
        "batches": run.batches,
        "planned_at": _at(run.planned_at) if run.planned_at else None,
        "completed_at": _at(run.completed_at) if run.completed_at else None,
        "counts": dict(run.counts),
        "clearance": run.clearance,
        "brake": run.brake,
        "cleared_at": _at(run.cleared_at) if run.cleared_at else None,
        "cleared_by": run.cleared_by,
        **({"retraction": _pack_retraction(run.retraction)} if run.retraction else {}),
        "att_pk": keys.attention_pk(run.entity, 0),
        "att_sk": keys.attention_sk(look_at or run.lease_until, "RUN", run.on.isoformat()),
    }


def _cursor(stored: list[Any], on: date) -> Cursor:
    """A run that was begun when shards were walked one after the other goes on in all of them."""
    if stored and isinstance(stored[0], int):
        shard, after = stored
        done, left = (up_to(on.isoformat()),) * shard, ("",) * (keys.SHARDS - shard - 1)
        return Cursor((*done, after, *left)[: keys.SHARDS])
    return Cursor(tuple(stored))


def _read(entity: str, row: Row) -> Run:
    on = date.fromisoformat(row["sk"])
    return Run(
        entity=entity,
        on=on,
        state=RunState(row["state"]),
        owner=row["owner"],
        lease_until=datetime.fromisoformat(row["lease_until"]),
        started_at=datetime.fromisoformat(row["started_at"]),
        cursor=_cursor(row["cursor"], on),
        next_batch=row["next_batch"],
        page={int(n): tuple(customers) for n, customers in row["page"].items()},
        missed=tuple(date.fromisoformat(on) for on in row["missed"]),
        batches=row["batches"],
        planned_at=datetime.fromisoformat(row["planned_at"]) if row["planned_at"] else None,
        completed_at=datetime.fromisoformat(row["completed_at"]) if row["completed_at"] else None,
        counts=row["counts"],
        clearance=Clearance(row["clearance"]) if row.get("clearance") else None,
        brake=row.get("brake", ""),
        cleared_at=datetime.fromisoformat(row["cleared_at"]) if row.get("cleared_at") else None,
        cleared_by=row.get("cleared_by", ""),
        retraction=_retraction(row["retraction"]) if "retraction" in row else None,
    )


def _pack_retraction(said: Retraction) -> Row:
    done = {"done_at": _at(said.done_at)} if said.done_at else {}
    return {"at": _at(said.at), "by": said.by, "why": said.why, **done}


def _retraction(row: Row) -> Retraction:
    done_at = datetime.fromisoformat(row["done_at"]) if "done_at" in row else None
    return Retraction(datetime.fromisoformat(row["at"]), row["by"], row["why"], done_at)


def _at(instant: datetime) -> str:
    """To the microsecond: a lease is compared for being the same one."""
    return instant.isoformat()
