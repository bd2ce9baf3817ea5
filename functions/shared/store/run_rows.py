"""A run as it is stored, both ways."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.table import Row


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


def row_of(run: Run, look_at: datetime | None = None) -> Row:
    """The row of a run. Args: `look_at` when the sweep looks at it; None: when its lease ends."""
    return {
        **keys.run(run.entity, run.on)._asdict(),
        "state": run.state,
        "owner": run.owner,
        "lease_until": exact(run.lease_until),
        "started_at": exact(run.started_at),
        "cursor": list(run.cursor.after),
        "next_batch": run.next_batch,
        "page": {str(n): list(customers) for n, customers in run.page.items()},
        "missed": [on.isoformat() for on in run.missed],
        "batches": run.batches,
        "planned_at": exact(run.planned_at) if run.planned_at else None,
        "completed_at": exact(run.completed_at) if run.completed_at else None,
        "counts": dict(run.counts),
        "clearance": run.clearance,
        "brake": run.brake,
        "cleared_at": exact(run.cleared_at) if run.cleared_at else None,
        "cleared_by": run.cleared_by,
        **({"retraction": _pack_retraction(run.retraction)} if run.retraction else {}),
        "att_pk": keys.attention_pk(run.entity, 0),
        "att_sk": keys.attention_sk(look_at or run.lease_until, "RUN", run.on.isoformat()),
    }


def exact(instant: datetime) -> str:
    """To the microsecond: a lease is compared for being the same one."""
    return instant.isoformat()


def _cursor(stored: list[Any], on: date) -> Cursor:
    """A run that was begun when shards were walked one after the other goes on in all of them."""
    if stored and isinstance(stored[0], int):
        shard, after = stored
        done, left = (keys.due_up_to(on.isoformat()),) * shard, ("",) * (keys.SHARDS - shard - 1)
        return Cursor((*done, after, *left)[: keys.SHARDS])
    return Cursor(tuple(stored))


def run_of(entity: str, row: Row) -> Run:
    """The run of a row, however far it is."""
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
    done = {"done_at": exact(said.done_at)} if said.done_at else {}
    return {"at": exact(said.at), "by": said.by, "why": said.why, **done}


def _retraction(row: Row) -> Retraction:
    done_at = datetime.fromisoformat(row["done_at"]) if "done_at" in row else None
    return Retraction(datetime.fromisoformat(row["at"]), row["by"], row["why"], done_at)
