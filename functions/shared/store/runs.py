"""The record of a run (one entity, one local date): who works on it, how far it is, and a mark per finished batch."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.values import replace
from functions.shared.store import keys
from functions.shared.store.run_rows import Clearance, Cursor, Retraction, Run, RunState, exact, row_of, run_of
from functions.shared.store.table import table

__all__ = ["Clearance", "Cursor", "Retraction", "Run", "RunState"]

LEASE: Final = timedelta(minutes=6)  # longer than any worker can live, so a lease that ended has nobody behind it
LOOK_AGAIN: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=60)  # batch marks and pages


def read(entity: str, on: date) -> Run | None:
    row = table().get(keys.run(entity, on))
    return run_of(entity, row) if row else None


def date_before(entity: str, on: date) -> date | None:
    """The latest date before `on` that had a run; None for the first run."""
    pages = table().query(
        keys.run_pk(entity), between=("0", (on - timedelta(days=1)).isoformat() + keys.LAST), backwards=True, limit=1
    )
    return next((date.fromisoformat(row["sk"][:10]) for row in pages), None)


def start(entity: str, on: date, *, owner: str, missed: tuple[date, ...], now: datetime) -> Run | None:
    """Begin the run and own it; None when somebody else began it."""
    run = Run(entity, on, RunState.PLANNING, owner, now + LEASE, now, missed=missed)
    return run if table().put_if(row_of(run), "attribute_not_exists(#pk)", mine=_owned_by(owner)) else None


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
    """Say that every due account is queued, in so many batches; of none there is nothing to wait for.

    The sweep looks when it would have looked at the planning: most runs have ended by then, and to move that instant
    costs two writes of the index.
    """
    state = RunState.PLANNED if run.next_batch else RunState.CLOSING
    after = replace(run, state=state, page={}, batches=run.next_batch, planned_at=now, lease_until=now)
    return _move(run, after, look_at=None)


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


def complete(
    run: Run, counts: Mapping[str, int], *, now: datetime, brake: str = "", watched: bool = False
) -> Run | None:
    """The end of a run; None when somebody else ended it.

    Args: `brake` why a person must clear it first; empty: nobody must; `watched` the sweep looks at it once more.
    """
    after = replace(run, state=RunState.COMPLETE, completed_at=now, counts=dict(counts), brake=brake)
    if not brake and run.retraction is None:
        after = replace(after, clearance=Clearance.LIMITS, cleared_at=now)
    return _move(run, after, look_at=now if watched else None)


def clear(entity: str, on: date, clearance: Clearance, *, by: str, now: datetime) -> bool:
    """A person has looked at a completed run; False when there is none, or it was taken back. The last word counts.

    In the same write the sweep is called to the notices that waited for this.
    """
    values = {
        "clearance": clearance,
        "by": by,
        "now": exact(now),
        "complete": RunState.COMPLETE,
        "watch": keys.attention_pk(entity, 0),
        "look": keys.attention_sk(now, "RUN", on.isoformat()),
    }
    return table().update_if(
        keys.run(entity, on),
        "SET #clearance = :clearance, #cleared_by = :by, #cleared_at = :now, #att_pk = :watch, #att_sk = :look",
        "#state = :complete AND attribute_not_exists(#retraction)",
        values,
    )


def seen_to(run: Run) -> None:
    """The sweep has nothing left to do about a completed run; what a person says later calls it again."""
    said = {"complete": RunState.COMPLETE, "cleared": exact(run.cleared_at) if run.cleared_at else None}
    alone = "#state = :complete AND #cleared_at = :cleared"
    table().update_if(keys.run(run.entity, run.on), "REMOVE #att_pk, #att_sk", alone, said)


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
    """Write `after` over `was` unless somebody changed it.

    Args: `look_at` None leaves the sweep's instant as it is; of a completed run nobody looks then.
    """
    row = row_of(after, look_at)
    gone = [name for name in ("att_pk", "att_sk") if after.finished and look_at is None]
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
        "was_lease": exact(was.lease_until),
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
