"""How many mails an entity sent to customers on one of its days, and which of them bounced or brought a complaint."""

from datetime import date, datetime, timedelta
from typing import Final, Literal

from core.values import dataclass
from core.warm_up import Stage
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import table

Kind = Literal["bounce", "complaint"]
_KEPT: Final = timedelta(days=60)
_NO_END: Final = 10**12


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted of a day, and when and at which count a brake stopped the entity the last time."""

    sent: int = 0
    stopped_at_sent: int = 0
    stopped_at: datetime | None = None

    @property
    def since(self) -> str:
        """The turn that mails of now belong to: events about earlier ones say nothing about it."""
        return keys.instant(self.stopped_at) if self.stopped_at else "0"


def add(entity: str, on: date, mails: int, limit: int | None, now: datetime) -> bool:
    """Count mails that are about to go; False where the day's limit leaves no room for so many.

    A request that the SDK repeats after its own success counts twice: then a few mails too many are on the count.
    """
    values = {"n": mails, "none": 0, "most": (limit or _NO_END) - mails, "end": int((now + _KEPT).timestamp())}
    update = "SET #sent = if_not_exists(#sent, :none) + :n, #expires_at = :end"
    if limit is not None and mails > limit:
        return False
    return table().update_if(_day(entity, on), update, "attribute_not_exists(#sent) OR #sent <= :most", values)


def give_back(entity: str, on: date, mails: int) -> None:
    """Mails that were counted and did not go."""
    table().update_if(_day(entity, on), "SET #sent = #sent - :n", "#sent >= :n", {"n": mails})


def read(entity: str, on: date) -> Day:
    row = table().get(_day(entity, on)) or {}
    at = row.get("stopped_at")
    return Day(row.get("sent", 0), row.get("stopped_at_sent", 0), datetime.fromisoformat(at) if at else None)


def mark(entity: str, on: date, kind: Kind, since: str, notice_id: str, now: datetime) -> None:
    """A mail of that day bounced, or brought a complaint: a record of its own, so that hearing it twice counts once.

    Args: `since` the turn of the day that the mail belongs to.
    """
    sk = f"{_marks(on, kind)}{since}#{notice_id}"
    table().put({"pk": _pk(entity), "sk": sk, "expires_at": int((now + _KEPT).timestamp())})


def marked(entity: str, on: date, kind: Kind, since: str = "") -> int:
    """How many of that day's mails did; of one turn of it only."""
    return table().count(_pk(entity), prefix=_marks(on, kind) + (f"{since}#" if since else ""))


def stopped(entity: str, on: date, at_sent: int, now: datetime) -> None:
    """A new turn of the day begins: what stopped the entity has been told, and the mails to come are judged alone."""
    values = {"s": at_sent, "at": keys.instant(now)}
    update = "SET #stopped_at_sent = :s, #stopped_at = :at"
    condition = "attribute_not_exists(#stopped_at_sent) OR #stopped_at_sent < :s"
    table().update_if(_day(entity, on), update, condition, values)


def stage(entity: str) -> Stage | None:
    """Where the entity stands in its first days; None: it has never sent."""
    row = table().get(_stage(entity))
    return None if row is None else Stage(row["domain"], date.fromisoformat(row["on"]), row["step"])


def put_stage(entity: str, after: Stage, was: Stage | None) -> bool:
    """Write the stage down; False when somebody else was first."""
    row = {**_stage(entity)._asdict(), "domain": after.domain, "on": after.on.isoformat(), "step": after.step}
    if was is None:
        return table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: there == row)
    condition, values = "#on = :on AND #domain = :domain", {"on": was.on.isoformat(), "domain": was.domain}
    return table().put_if(row, condition, values, mine=lambda there: there == row)


def _pk(entity: str) -> str:
    return f"SENT#{keys.part(entity)}"


def _day(entity: str, on: date) -> Key:
    return Key(_pk(entity), on.isoformat())


def _marks(on: date, kind: Kind) -> str:
    return f"{on.isoformat()}#{kind}#"


def _stage(entity: str) -> Key:
    return Key(_pk(entity), "stage")
