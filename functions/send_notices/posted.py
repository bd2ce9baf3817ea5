"""A letter: its words for the person who prints it, and that person's word that it was posted."""

from datetime import datetime
from typing import Any

from core.calendar import local_date
from core.decide.model import Reason
from core.values import replace
from functions.send_notices import compose, look
from functions.send_notices.attempt import Attempt, Outcome
from functions.send_notices.compose import Writing
from functions.shared import letters, settle
from functions.shared.store import config, notices


def post_letter(notice_id: str, now: datetime) -> Outcome:
    """A person says that a letter was posted: it counts as accepted today, if it is still wanted."""
    notice = notices.claim(notice_id, now, early=True)
    if notice is None:
        return Outcome.DUPLICATE
    attempt = Attempt(replace(notice, channel=letters.CHANNEL), config.read(), now)
    looked = look.look(attempt)
    if looked is None:
        return attempt.cancel(Reason.SETTLED)
    record, setting, plan = looked
    if isinstance(plan, Reason):
        return look.not_wanted(attempt, setting, record, plan)
    attempt = replace(
        attempt, notice=look.as_it_goes(attempt, record, setting, replace(plan, channel=letters.CHANNEL), ())
    )
    if not notices.fence(attempt.notice, now):
        return Outcome.LOST
    today = local_date(now, setting.entity.zone)
    posted = notices.accept(attempt.notice, letters.CHANNEL, today, now, delivered_on=today + letters.ON_ITS_WAY)
    settle.settle(posted, attempt.configuration, now)
    return Outcome.ACCEPTED


def letter_of(notice_id: str, now: datetime) -> str | None:
    """The words of a letter as they are now, below its address; None where it is not wanted any more."""
    writing = _written_now(notice_id, now)
    if writing is None:
        return None
    customer = writing.facts.customer
    return "\n".join((customer.name, *customer.address, "", compose.customer_mail(writing).text))


def letter_paper_of(notice_id: str, now: datetime) -> dict[str, Any] | None:
    """The same letter for core.render.paper to print, with its whole list."""
    writing = _written_now(notice_id, now)
    return None if writing is None else compose.letter_paper(writing)


def _written_now(notice_id: str, now: datetime) -> Writing | None:
    notice = notices.get(notice_id)
    if notice is None:
        return None
    attempt = Attempt(notice, config.read(), now)
    looked = look.look(attempt)
    if looked is None:
        return None
    record, setting, plan = looked
    return None if isinstance(plan, Reason) else compose.writing_of(plan, setting, record, attempt.configuration)
