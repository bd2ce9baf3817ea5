"""How far the statements of each bank account reach without a gap, and those that came beyond one."""

from datetime import UTC, date, datetime, time
from typing import Any, Final

from core.bank import BankStatement
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.bank import KEPT, account_hash
from functions.shared.store.keys import LAST
from functions.shared.store.table import Row, table

_ATTEMPTS: Final = 5
_FIELDS: Final = ("closing_on", "closing_minor", "sequence", "opening_minor")


@dataclass(frozen=True, slots=True)
class Followed:
    """What a statement means for the order of those of its account."""

    complete_on: date | None  # up to which the entity's accounts are all complete; None: nothing is known
    gap: bool = False  # statements before one that came are missing


def note(entity: str, statement: BankStatement) -> Followed:
    """Take note of a statement that was booked; what is told within the day, or as details, completes nothing."""
    account = account_hash(statement.account)
    if not (statement.interim or statement.notification) and statement.closing_on is not None:
        table().put(_row(entity, account, statement))
    return _follow(entity, account)


def bridge(entity: str, account: str) -> Followed:
    """A person says that nothing is missing: the statements go on after the gap."""
    mark = table().get(_mark_key(entity, account_hash(account)))
    beyond = _beyond(entity, account_hash(account), mark)
    if mark is not None and beyond:
        _advance(entity, account_hash(account), mark, beyond[0])
    return _follow(entity, account_hash(account))


def _follow(entity: str, account: str) -> Followed:
    """Go on along the statements that join; the first one ever is the beginning."""
    gap = False
    for _ in range(_ATTEMPTS):
        mark = table().get(_mark_key(entity, account))
        last, gap = mark, False
        for row in _beyond(entity, account, mark):
            if last is not None and not _joins(last, row):
                gap = True
                break
            last = row
        if last is None or last is mark or _advance(entity, account, mark, last):
            break
    days = [date.fromisoformat(row["closing_on"]) for row in table().query(keys.bank_pk(entity), prefix="W#")]
    return Followed(min(days, default=None), gap)


def _beyond(entity: str, account: str, mark: Row | None) -> list[Row]:
    start = f"S#{account}#" + (_place(mark) + "\0" if mark else "")
    return list(table().query(keys.bank_pk(entity), between=(start, f"S#{account}#{LAST}")))


def _joins(before: Row, row: Row) -> bool:
    """By number where both have one of the same year, and by balance where both tell it."""
    opening, closing = row.get("opening_minor"), before.get("closing_minor")
    if opening is not None and closing is not None and opening != closing:
        return False
    one, other = before.get("sequence"), row.get("sequence")
    same_year = before["closing_on"][:4] == row["closing_on"][:4]
    if one is None or other is None or not same_year or other <= one:
        return True
    return bool(other == one + 1)


def _advance(entity: str, account: str, mark: Row | None, to: Row) -> bool:
    rev = mark["rev"] if mark else 0
    told: Row = {name: to[name] for name in _FIELDS if name in to}
    row = {**_mark_key(entity, account)._asdict(), **told, "rev": rev + 1}
    condition = "#rev = :was" if mark else "attribute_not_exists(#pk)"
    return table().put_if(row, condition, {"was": rev} if mark else None, mine=lambda there: there == row)


def _row(entity: str, account: str, statement: BankStatement) -> Row:
    told: dict[str, Any] = statement.model_dump(mode="json", exclude_none=True)
    row: Row = {name: told[name] for name in _FIELDS if name in told}
    midnight = datetime.combine(date.fromisoformat(told["closing_on"]), time(), UTC)
    expires_at = int((midnight + KEPT).timestamp())
    return {"pk": keys.bank_pk(entity), "sk": f"S#{account}#{_place(row)}", **row, "expires_at": expires_at}


def _place(row: Row) -> str:
    """Statements of one account in their order."""
    return f"{row['closing_on']}#{row.get('sequence', 0):010d}#{row.get('opening_minor', 0)}"


def _mark_key(entity: str, account: str) -> keys.Key:
    return keys.Key(keys.bank_pk(entity), f"W#{account}")
