"""What a person says about a proposal of ours: kept as a fact of the account, which is then decided again."""

from datetime import date, datetime

from core.ledger import Approval
from functions.shared.effects import APPROVE
from functions.shared.store import accounts, history, keys, tasks
from functions.shared.store.history import KEPT, Activity
from functions.shared.store.rows import fields_of
from functions.shared.store.table import table
from functions.shared.store.tasks import Task, TaskState


class NoProposalError(LookupError):
    """The task asks for no decision, or for none any more."""


def answer(task_id: str, *, granted: bool, by: str, note: str, today: date, now: datetime) -> Task:
    """Grant or refuse what a task proposes; the next night carries it out, or lets it be.

    A hold that was granted may be refused later: the next night lifts it. The answer is written first and the account
    woken last, so that one that stopped half-way is given again and finished.
    Args: `by` a person's id; `today` the entity's.
    Raises: NoProposalError.
    """
    task = tasks.read(task_id)
    if task is None:
        raise NoProposalError(f"there is no task {task_id}")
    if task.kind != APPROVE:
        raise NoProposalError(f"task {task_id} ({task.kind}) asks for no decision")
    if task.state is TaskState.CLOSED:
        raise NoProposalError(f"task {task_id} asks for no decision any more")
    said = Approval(proposal=task_id, granted=granted, decided_on=today, by=by)
    key = keys.approval(task.entity, task.customer, task_id)
    table().put({**key._asdict(), **fields_of(said), "expires_at": int((now + KEPT).timestamp())})
    told = {**fields_of(said), "note": note}
    history.note(task.entity, task.customer, Activity(now, "approval", task_id, told))
    tasks.finish(task_id, f"{'granted' if granted else 'refused'} by {by}" + (f": {note}" if note else ""), now)
    accounts.wake(task.entity, task.customer, today)
    return task
