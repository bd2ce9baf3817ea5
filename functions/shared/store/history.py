"""What happened on an account: verdicts by the time they were made. Kept a while, then forgotten by the table."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.decide.model import Check, Reason, Verdict
from core.packing import deflate, inflate
from core.trace import NOTHING, Trace, pack_trace, unpack_trace
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.table import table

KEPT: Final = timedelta(days=400)  # verdicts and activity
CLOSED_ITEMS_KEPT: Final = timedelta(days=3 * 365)  # a payment may be taken back long after
_NEVER_TOO_LARGE: Final = 20  # verdicts: each has about a kilobyte before it is deflated
_LARGEST: Final = 100_000  # bytes of one packed record; above it the checks are left out, then what had nothing due


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """What one decision said about each item of an account."""

    at: datetime
    as_of: date
    policy: str
    policy_version: int
    verdicts: tuple[Verdict, ...]
    left_out: int = 0  # verdicts of items with nothing due that a very large account had no room for
    run_on: date | None = None  # of the run that decided; None: no run did
    trace: Trace = NOTHING  # what the decision left behind, where a run decided


def pack_verdicts(record: VerdictRecord) -> dict[str, Any]:
    """The record as JSON, cut to what a row can hold."""
    packed = _pack(record, record.verdicts, checks=True)
    if _is_too_large(packed):
        packed = _pack(record, record.verdicts, checks=False)
    if _is_too_large(packed):
        packed = _pack(record, tuple(v for v in record.verdicts if v.step is not None), checks=False)
    if record.run_on is not None:
        packed["run_on"] = record.run_on.isoformat()
    if record.trace:
        packed["trace"] = pack_trace(record.trace)
    return packed


def _is_too_large(packed: Mapping[str, Any]) -> bool:
    return len(packed["verdicts"]) > _NEVER_TOO_LARGE and len(deflate(packed)) > _LARGEST


def unpack_verdicts(packed: Mapping[str, Any]) -> VerdictRecord:
    """The record that `pack_verdicts` wrote."""
    return VerdictRecord(
        at=datetime.fromisoformat(packed["at"]),
        as_of=date.fromisoformat(packed["as_of"]),
        policy=packed["policy"],
        policy_version=packed["policy_version"],
        verdicts=tuple(_unpack_verdict(values) for values in packed["verdicts"]),
        left_out=packed.get("left_out", 0),
        run_on=date.fromisoformat(packed["run_on"]) if "run_on" in packed else None,
        trace=unpack_trace(packed.get("trace", {})),
    )


def put_verdicts(entity: str, customer_id: str, packed: Mapping[str, Any]) -> None:
    """Keep what a decision said; the same decision twice is one record."""
    at = datetime.fromisoformat(packed["at"])
    key = keys.history(entity, customer_id, at, "verdict", packed["as_of"])
    expires_at = int((at + KEPT).timestamp())
    table().put({**key._asdict(), "body": deflate(packed), "expires_at": expires_at})


def verdicts(entity: str, customer_id: str) -> Iterator[VerdictRecord]:
    """The kept verdict records of an account, newest first."""
    for row in table().query(keys.history_pk(entity, customer_id), between=("0", ":"), backwards=True):
        if row["sk"].split("#")[1] == "verdict":
            yield unpack_verdicts(inflate(row["body"]))


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened to an account, for people and for the systems around."""

    at: datetime
    kind: str  # charge, charge-taken-back, announcement, approval, plan, retraction
    what: str  # the id it is about
    body: Mapping[str, Any]


def note(entity: str, customer_id: str, activity: Activity) -> None:
    """Keep it; told twice with the same instant it is one record."""
    key = keys.history(entity, customer_id, activity.at, activity.kind, activity.what)
    expires_at = int((activity.at + KEPT).timestamp())
    table().put({**key._asdict(), "body": deflate(dict(activity.body)), "expires_at": expires_at})


def activities(entity: str, customer_id: str) -> Iterator[Activity]:
    """What happened to an account, newest first."""
    for row in table().query(keys.history_pk(entity, customer_id), between=("0", ":"), backwards=True):
        at, kind, what = row["sk"].split("#", 2)
        if kind != "verdict":
            yield Activity(datetime.fromisoformat(at), kind, keys.unpart(what), inflate(row["body"]))


def _pack(record: VerdictRecord, said: tuple[Verdict, ...], *, checks: bool) -> dict[str, Any]:
    packed: dict[str, Any] = {
        "at": keys.instant(record.at),
        "as_of": record.as_of.isoformat(),
        "policy": record.policy,
        "policy_version": record.policy_version,
        "verdicts": [_pack_verdict(verdict, checks=checks) for verdict in said],
    }
    if len(said) < len(record.verdicts):
        packed["left_out"] = len(record.verdicts) - len(said)
    return packed


def _pack_verdict(verdict: Verdict, *, checks: bool) -> list[Any]:
    return [
        verdict.item,
        verdict.number,
        verdict.days_past_due,
        verdict.dunnable_minor,
        verdict.currency,
        verdict.reason,
        verdict.step,
        list(verdict.superseded),
        verdict.next_check_on.isoformat() if verdict.next_check_on else None,
        [[check.rule, check.passed, check.fact] for check in verdict.checks] if checks else [],
    ]


def _unpack_verdict(values: list[Any]) -> Verdict:
    item, number, days_past_due, dunnable_minor, currency, reason, step, superseded, next_check_on, checks = values
    return Verdict(
        item=item,
        number=number,
        days_past_due=days_past_due,
        dunnable_minor=dunnable_minor,
        currency=currency,
        reason=Reason(reason),
        step=step,
        superseded=tuple(superseded),
        next_check_on=date.fromisoformat(next_check_on) if next_check_on else None,
        checks=tuple(Check(*check) for check in checks),
    )
