"""Where each source that is asked stands: the pull that is under way, who works at it, when the next one may begin."""

from datetime import UTC, datetime, timedelta
from typing import Final

from core.values import dataclass, replace
from functions.shared.store import keys
from functions.shared.store.table import Row, table

_LEASE: Final = timedelta(minutes=16)  # longer than an invocation can last
_LASTS: Final = timedelta(hours=6)  # a pull that is older begins anew
_FIRST_REST: Final = timedelta(minutes=10)  # after a failure; twice as long after each further one
_LONGEST_REST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull of a source: everything that changed until an instant."""

    source: str
    until: datetime
    owner: str
    failures: int = 0  # in a row

    @property
    def id(self) -> str:
        """Names its pages."""
        return self.until.strftime("%Y%m%dT%H%M%SZ")


def take(source: str, owner: str, now: datetime) -> Pull | None:
    """Own the pull of a source, a new one or the one that was left; None while it rests or another works at it."""
    there = table().get(keys.pull(source))
    if there is not None and (there["next_at"] > keys.instant(now) or there["lease"] > keys.instant(now)):
        return None
    until = now.replace(microsecond=0)
    if there is not None and there["until"] is not None:
        left = datetime.strptime(there["until"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        until = left if now - left < _LASTS else until
    pull = Pull(source, until, owner, there["failures"] if there else 0)
    row = _row(pull, keys.instant(now + _LEASE), "", under_way=True)
    was = there["owner"] if there else None
    condition = "attribute_not_exists(#pk)" if was is None else "#owner = :was"
    taken = table().put_if(
        row, condition, None if was is None else {"was": was}, mine=lambda found: bool(found["owner"] == owner)
    )
    return pull if taken else None


def wake(source: str, now: datetime) -> None:
    """Somebody says that there is news: the source is asked the next time that anybody looks."""
    at = keys.instant(now)
    table().update_if(
        keys.pull(source), "SET #next_at = :now", "attribute_exists(#pk) AND #next_at > :now", {"now": at}
    )


def pause(pull: Pull, now: datetime) -> None:
    """The next invocation goes on with it."""
    _leave(pull, keys.instant(now), under_way=True)


def end(pull: Pull, now: datetime, *, minutes: int) -> None:
    """Its file lies in the inbox; the next pull may begin after so many minutes."""
    _leave(replace(pull, failures=0), keys.instant(now + timedelta(minutes=minutes)), under_way=False)


def fail(pull: Pull, now: datetime, *, anew: bool) -> datetime:
    """It rests, the longer the more often it failed in a row. Args: `anew` with new pages. Returns: until when."""
    rest = min(_LONGEST_REST, _FIRST_REST * (1 << min(pull.failures, 10)))
    _leave(replace(pull, failures=pull.failures + 1), keys.instant(now + rest), under_way=not anew)
    return now + rest


def _leave(pull: Pull, next_at: str, *, under_way: bool) -> None:
    row = _row(pull, "", next_at, under_way=under_way)
    table().put_if(row, "#owner = :owner", {"owner": pull.owner}, mine=lambda found: found == row)


def _row(pull: Pull, lease: str, next_at: str, *, under_way: bool) -> Row:
    return {
        **keys.pull(pull.source)._asdict(),
        "until": keys.instant(pull.until) if under_way else None,
        "owner": pull.owner,
        "lease": lease,
        "next_at": next_at,
        "failures": pull.failures,
    }
