"""After the table was restored to an earlier moment, nothing is sent until what was sent since has been learnt again.

A restored table has forgotten mails that went out, and would send them once more. It is noticed by a count that the
bucket keeps beside the table; see functions.shared.store.permits.
"""

from datetime import datetime, timedelta
from typing import Final

from functions.shared.observability import LogEvent, count, log
from functions.shared.store import permits
from functions.shared.store.permits import Marker, Permit

VALID: Final = timedelta(minutes=1)  # mails within it are sent under one count: this much of a restore goes unnoticed
RESTORED: Final = "the table is older than what was sent"
BY_HAND: Final = "held by a person"
_ATTEMPTS: Final = 3


def may_send(permit: Permit, now: datetime) -> bool:
    """Whether mail may leave now. Asks the bucket once a minute of sending.

    Raises: botocore's ClientError when the bucket cannot be asked: then nothing is sent either.
    """
    for _ in range(_ATTEMPTS):
        if permit.held:
            count("sending_held")
            return False
        if permit.until is not None and now <= permit.until <= now + VALID:
            return True
        outside = permits.marker()  # first: whatever it says, a table that lost nothing has heard of before
        permit = permits.read()
        if why := why_not(permit, outside):
            _hold(why, now)
            return False
        _renew(permit, outside, now)
        permit = permits.read()
    return False


def why_not(permit: Permit, outside: Marker | None) -> str:
    """Why nothing may be sent, by the two sides of the count; empty when it may."""
    if outside is None:
        return ""
    return outside.held or (RESTORED if outside.n > permit.meant else "")


def look(now: datetime) -> str:
    """Notice a restore before anything is to be sent. Returns why nothing is; empty when all is well."""
    outside = permits.marker()
    permit = permits.read()
    why = permit.held or why_not(permit, outside)
    if why and permits.hold(why, now):
        log(LogEvent.SENDING_HELD, reason=why)
    return why


def hold(now: datetime) -> None:
    """A person stops the sending, before restoring the table: kept where a restore does not reach.

    The count moves on, so that a table of any moment before this is behind, and what it lacks has to be learnt.
    """
    there = permits.marker() or Marker()
    n = there.n
    for _ in range(_ATTEMPTS):
        permit = permits.read()
        if permit.held:
            break
        n = max(there.n, permit.n, permit.meant) + 1
        if permits.mean(permit, n):
            break
    permits.put_marker(Marker(n, BY_HAND))
    permits.hold(BY_HAND, now)


def lift(now: datetime) -> None:
    """What was sent is known again: sending goes on."""
    outside, permit = permits.marker() or Marker(), permits.read()
    n = max(outside.n, permit.n, permit.meant) + 1
    permits.put_marker(Marker(n))
    permits.lift(n, now)
    log(LogEvent.SENDING_LIFTED)


def _hold(why: str, now: datetime) -> None:
    count("sending_held")
    if permits.hold(why, now):
        log(LogEvent.SENDING_HELD, reason=why)


def _renew(permit: Permit, outside: Marker | None, now: datetime) -> None:
    n = permit.n + 1
    if permits.mean(permit, n) and permits.put_marker(Marker(n), first=outside is None):
        permits.renew(n, now, now + VALID)
