"""The switches: nothing of anybody, of one entity, or by one policy is sent; and who turned each, when and why."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import Row, table

Reach = Literal["all", "entity", "policy"]
PERSON: Final = "person"  # who turned it, where it was no brake

_PREFIX: Final[dict[Reach, str]] = {"all": "switch", "entity": "switch", "policy": "switch-policy"}
_REACH: Final[dict[str, Reach]] = {"switch": "entity", "switch-policy": "policy"}
_LOG: Final = "SWITCH"  # partition of every turn there ever was


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch as it stands, or as somebody turned it."""

    reach: Reach = "all"
    of: str = ""  # entity id, or name of the policy
    paused: bool = False
    by: str = ""
    cause: str = PERSON  # or which brake
    reason: str = ""
    at: datetime | None = None

    @property
    def key(self) -> Key:
        return Key(keys.CONFIG, _PREFIX[self.reach]) if self.reach == "all" else keys.configuration(self._kind, self.of)

    @property
    def _kind(self) -> str:
        return _PREFIX[self.reach]


def turn(switch: Switch) -> None:
    """Turn it, however it stood. No reading before, and a row for each: who stop two things at once lose neither."""
    table().put({**switch.key._asdict(), **_row(switch)})
    _remember(switch)


def turn_off_once(switch: Switch) -> bool:
    """Stop what is not stopped; False when it is: who stopped it first, and why, stays."""
    row = {**switch.key._asdict(), **_row(switch), "token": secrets.token_hex(8)}
    condition = "attribute_not_exists(#pk) OR #paused = :no"
    if not table().put_if(row, condition, {"no": False}, mine=lambda there: there.get("token") == row["token"]):
        return False
    _remember(switch)
    return True


def is_off(entity: str, policy: str = "") -> bool:
    """Whether any switch keeps this from going, read this moment and nothing beside."""
    wanted = [Switch(), Switch("entity", entity), *([Switch("policy", policy)] if policy else [])]
    return any(row["paused"] for row in table().batch_get(one.key for one in wanted).values())


def standing() -> list[Switch]:
    """Every switch that was ever turned, as it stands."""
    return [switch_of(row) for row in table().query(keys.CONFIG, prefix="switch")]


def turns(limit: int) -> Iterator[Switch]:
    """What was turned, the latest first."""
    for row in table().query(_LOG, backwards=True, limit=limit):
        yield _of(row, row["reach"], row["of"])


def switch_of(row: Row) -> Switch:
    """The switch of a row of the configuration."""
    kind, _, rest = row["sk"].partition("#")
    return _of(row, _REACH[kind] if rest else "all", keys.unpart(rest))


def _remember(switch: Switch) -> None:
    if switch.at is not None:
        sk = f"{keys.instant(switch.at)}#{secrets.token_hex(4)}"
        table().put({"pk": _LOG, "sk": sk, "reach": switch.reach, "of": switch.of, **_row(switch)})


def _row(switch: Switch) -> Row:
    at = keys.instant(switch.at) if switch.at else None
    return {"paused": switch.paused, "by": switch.by, "cause": switch.cause, "reason": switch.reason, "at": at}


def _of(row: Row, reach: Reach, of: str) -> Switch:
    at = row.get("at")
    return Switch(
        reach,
        of,
        row["paused"],
        row.get("by", ""),
        row.get("cause", PERSON),
        row.get("reason", ""),
        datetime.fromisoformat(at) if at else None,
    )
