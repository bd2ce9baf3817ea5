"""Files of the inbox: one record each, taken in the order of their arrival, a source at a time.

While a file waits or is being taken a second row stands in the order of its source; it is removed before the file's own
record says that it is done, so that nobody waits for what is over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.values import dataclass, replace
from functions.shared.store import keys
from functions.shared.store.table import Row, table

LEASE: Final = timedelta(minutes=16)  # longer than the function's time-out
WAITED_FOR: Final = timedelta(hours=2)  # a file that lies unread may say what was paid: nights and mails wait for it
KEPT: Final = timedelta(days=400)  # the record of a file that is over
_INSTANTS: Final = ("modified_at", "received_at", "finished_at")


class FileState(StrEnum):
    """How far a file has come."""

    RECEIVED = "received"  # nobody has read it yet
    TAKING = "taking"  # checked as a whole; its accounts are being written
    HELD = "held"  # waits for a person
    TAKEN = "taken"
    REFUSED = "refused"  # nothing of it was stored

    @property
    def over(self) -> bool:
        return self in (FileState.TAKEN, FileState.REFUSED)

    @property
    def waiting(self) -> bool:
        """Whether a worker still has to do something about it."""
        return self in (FileState.RECEIVED, FileState.TAKING)


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One version of one object."""

    id: str
    entity: str
    source: str
    key: str
    version: str  # of the object; empty: the bucket keeps none
    etag: str
    size: int
    modified_at: datetime
    received_at: datetime
    state: FileState = FileState.RECEIVED
    attempts: int = 0  # at taking it, since anything of it was last done
    done: int = 0  # accounts that are written
    setting: bytes = b""  # the source as it was when the file was checked
    form: Mapping[str, Any] = field(default_factory=dict)  # what the check found out about the file
    code: str = ""  # why it is held or was refused
    said: str = ""  # the same in words, without anything of the file's content
    allowed_by: str = ""  # the person who let it in although it was held
    counts: Mapping[str, int] = field(default_factory=dict)
    rejects: str = ""  # key of the reject file
    finished_at: datetime | None = None
    rev: int = 0

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.key.rpartition("/")[2]


def register(file: InboxFile) -> bool:
    """Write a file down and put it in the order of its source; False when it is known already."""
    new = table().put_if(_row(file, look_at=file.received_at + LEASE), "attribute_not_exists(#pk)")
    there = file if new else get(file.entity, file.id)
    if there is not None and there.state.waiting:
        table().put(_turn(there))
    return new


def get(entity: str, file_id: str) -> InboxFile | None:
    """The file of an id; None when there is none."""
    row = table().get(keys.inbox_file(entity, file_id))
    return _file(row) if row else None


def files(entity: str) -> list[InboxFile]:
    """Every file of an entity that is remembered, the latest first."""
    rows = table().query(keys.inbox_pk(entity), prefix="F#")
    return sorted(map(_file, rows), key=lambda file: (file.modified_at, file.id), reverse=True)


def held(entity: str) -> list[InboxFile]:
    """The files of an entity that wait for a person."""
    wanted = [keys.inbox_file(entity, row["file"]) for row in table().query(keys.inbox_pk(entity), prefix="H#")]
    found = map(_file, table().batch_get(wanted).values()) if wanted else ()
    return [file for file in found if file.state is FileState.HELD]


def waiting(entity: str, source: str = "") -> Iterator[InboxFile]:
    """The files that are not taken yet, in their order; of one source, or of all that the entity has."""
    prefix = f"O#{keys.part(source)}#" if source else "O#"
    for row in list(table().query(keys.inbox_pk(entity), prefix=prefix)):
        file = get(entity, row["file"])
        if file is not None and file.state.waiting:
            yield file
        else:  # its worker stopped between two writes
            table().delete(keys.Key(row["pk"], row["sk"]))


def is_waiting(entity: str, since: datetime | None = None) -> bool:
    """Whether a file of the entity is not taken yet; reads only.

    Args: `since` leaves out those that came before, and those behind them: their source is stuck.
    """
    stuck = set[str]()
    for row in table().query(keys.inbox_pk(entity), prefix="O#"):  # of each source in the order in which it is taken
        file = get(entity, row["file"])
        if file is None or not file.state.waiting or file.source in stuck:
            continue
        if since is None or file.received_at >= since:
            return True
        stuck.add(file.source)
    return False


def move(was: InboxFile, look_at: datetime | None = None, **changes: Any) -> InboxFile:
    """Write what became of a file. Args: `look_at` the next instant at which the sweep should see to it.

    Raises: FileBusyError when somebody else wrote it meanwhile.
    """
    after = replace(was, **changes, rev=was.rev + 1)
    if not after.state.waiting:
        table().delete(keys.inbox_turn(was.entity, was.source, keys.instant(was.modified_at), was.id))
    if was.state is FileState.HELD and after.state is not FileState.HELD:
        table().delete(keys.inbox_held(was.entity, was.id))
    elif after.state is FileState.HELD:
        table().put({**keys.inbox_held(was.entity, was.id)._asdict(), "file": was.id})
    row = _row(after, look_at)
    if not table().put_if(row, "#rev = :was", {"was": was.rev}, mine=lambda there: there == row):
        raise FileBusyError(f"file {was.id} of {was.entity} is another by now")
    if after.state.waiting and not was.state.waiting:
        table().put(_turn(after))
    return after


def let_in(file: InboxFile, by: str, now: datetime) -> InboxFile:
    """A person lets a held file in: it goes on where it stood. Raises: FileBusyError."""
    state = FileState.TAKING if file.done else FileState.RECEIVED
    return move(file, now, state=state, allowed_by=by, attempts=0)


def look_later(file: InboxFile, now: datetime) -> None:
    """The sweep has had the file taken; it looks again when that should be over."""
    table().update_if(
        keys.inbox_file(file.entity, file.id),
        "SET #att_sk = :look",
        "#rev = :rev AND attribute_exists(#att_sk)",
        {"look": keys.attention_sk(now + LEASE, "FILE", file.id), "rev": file.rev},
    )


class FileBusyError(RuntimeError):
    """Somebody else takes this file."""


# ---------- one worker a source ----------
def take_source(source: str, owner: str, now: datetime) -> bool:
    """Own a source for as long as one invocation can last; False while somebody else does."""
    row: Row = {**keys.source_lease(source)._asdict(), "owner": owner, "until": keys.instant(now + LEASE)}
    return table().put_if(
        row,
        "attribute_not_exists(#pk) OR #until <= :now OR #owner = :owner",
        {"now": keys.instant(now), "owner": owner},
        mine=lambda there: bool(there["owner"] == owner),
    )


def leave_source(source: str, owner: str, now: datetime) -> None:
    """Let the next worker go on at once."""
    table().update_if(
        keys.source_lease(source), "SET #until = :now", "#owner = :owner", {"now": keys.instant(now), "owner": owner}
    )


# ---------- rows ----------
def _turn(file: InboxFile) -> Row:
    return {
        **keys.inbox_turn(file.entity, file.source, keys.instant(file.modified_at), file.id)._asdict(),
        "file": file.id,
    }


def _row(file: InboxFile, look_at: datetime | None = None) -> Row:
    row: Row = {**keys.inbox_file(file.entity, file.id)._asdict()}
    for name in (each.name for each in fields(file)):
        value = getattr(file, name)
        row[name] = value.isoformat() if isinstance(value, datetime) else value
    row["form"], row["counts"] = dict(file.form), dict(file.counts)
    if file.state.waiting:
        row["att_pk"] = keys.attention_pk(file.entity, 0)
        row["att_sk"] = keys.attention_sk(look_at or file.received_at + LEASE, "FILE", file.id)
    if file.state.over:
        row["expires_at"] = int(((file.finished_at or file.received_at) + KEPT).timestamp())
    return row


def _file(row: Row) -> InboxFile:
    values = {each.name: row[each.name] for each in fields(InboxFile)}
    for name in _INSTANTS:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return InboxFile(**{**values, "state": FileState(values["state"])})
