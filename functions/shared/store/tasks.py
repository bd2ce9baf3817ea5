"""Work for our own people: put once under its own id, open until it is done or its cause ends."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from core.frozen import Frozen, Limit
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table, work_index

RETRACTED: Final = "retracted"  # why a task was closed, or a notice cancelled: its run was taken back
CAUSE_ENDED: Final = "cause_ended"  # why a task was closed: paid, disputed, held ... before anybody did it


class TaskState(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"  # a person did it
    CLOSED = "CLOSED"  # its cause ended first


class Task(Frozen):
    """One piece of work, in the queue of a person or of a role that nobody holds."""

    id: str
    entity: str
    customer: str
    kind: str  # what to do: phone, review, decision-failed, ...
    step: str = ""
    items: Annotated[tuple[str, ...], Limit(max_length=200)] = ()  # the first of them
    item_count: int = 0  # all of them
    owner: str | None = None  # Person id; None: whoever has the role
    owner_role: str
    due_on: date
    note: str = ""
    created_on: date
    state: TaskState = TaskState.OPEN
    reason: str | None = None  # why it was closed, or what the person said


def put(task: Task, *, reopen: bool = False) -> bool:
    """Write an open task down once; False when it is there already.

    Args: `reopen` writes it again where it was ended: for work whose cause comes back under the same id.
    """
    row: Row = {
        **keys.task(task.id)._asdict(),
        **fields_of(task),
        "work_pk": keys.work_pk(task.owner, task.owner_role),
        "work_sk": keys.work_sk(task.due_on, task.id),
    }
    if reopen:
        return table().put_if(row, "attribute_not_exists(#pk) OR #state <> :open", {"open": TaskState.OPEN})
    # What nobody did may be asked for again on a later night, under the same id: its run was taken back, or what had
    # closed it is over, such as a hold. What a person did stays done.
    again = "(#state = :closed AND (#reason = :retracted OR #reason = :ended) AND #created_on < :on)"
    values = {"closed": TaskState.CLOSED, "retracted": RETRACTED, "ended": CAUSE_ENDED, "on": row["created_on"]}
    return table().put_if(row, f"attribute_not_exists(#pk) OR {again}", values)


def read(task_id: str) -> Task | None:
    row = table().get(keys.task(task_id))
    return fact_of(Task, row) if row else None


def close(task_id: str, reason: str, now: datetime) -> bool:
    """End an open task because its cause ended; False when it is not open any more, or never was."""
    return _end(task_id, TaskState.CLOSED, reason, now)


def finish(task_id: str, note: str, now: datetime) -> bool:
    """End an open task because a person did it; as `close`."""
    return _end(task_id, TaskState.DONE, note, now)


def open_for(owner: str | None, role: str) -> Iterator[Task]:
    """Open tasks of one person, or with None of a role that nobody holds; the earliest due first."""
    for row in table().query(keys.work_pk(owner, role), index=work_index()):
        yield fact_of(Task, row)


def _end(task_id: str, state: TaskState, reason: str, now: datetime) -> bool:
    return table().update_if(
        keys.task(task_id),
        "SET #state = :state, #reason = :reason, #ended_at = :now REMOVE #work_pk, #work_sk",
        "#state = :open",
        {"state": state, "reason": reason, "now": keys.instant(now), "open": TaskState.OPEN},
    )
