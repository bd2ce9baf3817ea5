"""A notice of which nobody knows whether it went: visible as a task of a person, until something settles it."""

from datetime import datetime, timedelta
from typing import Final

from core.calendar import local_date
from core.delivery import NoticeState
from core.render.messages import MailKind
from core.values import replace
from functions.shared import asking, settle
from functions.shared.observability import LogEvent, log
from functions.shared.store import notice_doubts, notices, reach, tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "delivery-doubt"
LATER: Final = timedelta(minutes=30)  # a mail that was handed over so much later has been heard of
_BY_PERSON: Final = frozenset({MailKind.FINAL_NOTICE.value, MailKind.DEFAULT_NOTICE.value})


class NotInDoubtError(LookupError):
    """The notice is known to have gone, or not to have."""


def open_doubt(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person, and say it in the log at a level that raises an alarm. Twice is the same as once."""
    log(LogEvent.NOTICE_IN_DOUBT, notice_id=notice.id)
    asking.ask(KIND, notice, notice.id, configuration, now, note=notice.id)


def close_doubt(notice: NoticeRecord, now: datetime, how: str = "settled by a mail event") -> None:
    """It is known now."""
    tasks.close(asking.id_of(KIND, notice, notice.id), how, now)


def did_not_go(notice: NoticeRecord, configuration: Configuration, heard_until: datetime | None, now: datetime) -> bool:
    """Whether silence says that a mail was never taken: nothing came of it for long, and of later ones something did.

    Never of what a person must decide: a final demand, anything adverse or charged, and what no events tell of.
    """
    fenced = notice.fenced_at
    if fenced is None or heard_until is None or now - fenced < notice_doubts.QUIET or heard_until < fenced + LATER:
        return False
    return notice.channel == "email" and not _harsh(notice, configuration)


def _harsh(notice: NoticeRecord, configuration: Configuration) -> bool:
    if notice.kind != "customer":
        return False
    policy = configuration.kept.get((notice.policy, notice.policy_version))
    if policy is None or notice.template in _BY_PERSON or notice.charges:
        return True
    harsh = {step.id for step in policy.steps if step.adverse is not None}
    return any(due.step in harsh or ":" in due.step for due in notice.steps)  # a step of an item's own policy


def send_again(notice: NoticeRecord, now: datetime, how: str) -> bool:
    """It did not go: put it back to the start and free its slots. False when something settled it meanwhile.

    One that stops between the two leaves slots behind, which the next attempt frees.
    """
    if not notice_doubts.send_again(notice, now):
        return False
    for address, _ in notice.slots:
        reach.free(address, notice.id)
    log(LogEvent.NOTICE_SENT_AGAIN, notice_id=notice.id, reason=how)
    close_doubt(notice, now, how)
    return True


def settle_by_hand(notice_id: str, *, went: bool, configuration: Configuration, now: datetime) -> NoticeRecord:
    """A person says whether it went: then it counts as accepted on the day it was handed over, or may go once more.

    Raises: NotInDoubtError.
    """
    notice = notices.get(notice_id)
    if notice is None or notice.state is not NoticeState.UNKNOWN:
        raise NotInDoubtError(f"notice {notice_id} is {notice.state if notice else 'not known'}")
    if not went:
        if not send_again(notice, now, "a person says that it did not go"):
            raise NotInDoubtError(f"notice {notice_id} was settled meanwhile")
        return replace(notice, state=NoticeState.PLANNED)
    entity = configuration.entity(notice.entity)
    day = local_date(notice.fenced_at or now, entity.zone)
    accepted = notices.accept(notice, settle.BY_HAND, day, now)
    settle.settle(accepted, configuration, now)
    close_doubt(notice, now, "a person says that it went")
    return accepted
