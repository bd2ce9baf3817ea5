"""A message that is ready leaves: it waits for its turn, and is sent with one call."""

from datetime import date
from functools import partial

from core.keys import address_hash
from core.values import replace
from functions.send_notices.attempt import Attempt, Outcome
from functions.shared import addresses, clock, mailer, settle, texter
from functions.shared.observability import LogEvent, log
from functions.shared.store import notice_looks, notices
from functions.shared.store.accounts import AccountRecord


def enter(attempt: Attempt, message: mailer.Mail | texter.Text) -> Attempt | Outcome:
    """Wait for the turn of a message that is ready; what is looked at afterwards is looked at last."""
    hold = attempt.gate.enter(attempt.notice, message, attempt.configuration, attempt.now)
    return attempt.wait(hold.waits_for, hold.until) if hold else replace(attempt, now=clock.now())


def send(
    attempt: Attempt, mail: mailer.Mail | texter.Text, today: date, record: AccountRecord | None = None
) -> Outcome:
    """Fence, call once, and write down what the answer means. Nothing is rendered after the fence.

    Args: `record` of the account, as it was looked at last.
    """
    notice, now = attempt.notice, attempt.now
    if not notices.fence(notice, now):
        return Outcome.LOST
    answer = texter.send(notice.id, mail) if isinstance(mail, texter.Text) else mailer.send(notice.id, mail)
    heard = partial(attempt.gate.heard, answer, notice, mail, attempt.configuration)
    match answer:
        case mailer.Accepted(message_id):
            accepted = notices.accept(notice, message_id, today, now)
            settle.settle(accepted, attempt.configuration, now, looked_at=record, heard=False)
            heard()
            return Outcome.ACCEPTED
        case mailer.RefusedForNow(reason):
            log(LogEvent.NOTICE_REFUSED, notice_id=notice.id, reason=reason)
            hold = heard()
            attempt.free(notice.slots)
            notices.release(notice, until=hold.until, waits_for=hold.waits_for, now=now)
            return Outcome.WAITS
        case mailer.RefusedForever(reason):
            log(LogEvent.NOTICE_REFUSED, notice_id=notice.id, reason=reason)
            notices.fail(notice, reason, now)
            if isinstance(mail, texter.Text):  # the number takes no texts: from the next night on the reader gets mails
                addresses.leave(notice, address_hash(mail.to), reason, attempt.configuration, now)
            attempt.ended()
            heard()
            return Outcome.FAILED
        case mailer.InDoubt():
            notice_looks.watch(notice.id, now + notice_looks.DOUBT_AFTER)
            heard()
            return Outcome.IN_DOUBT  # stays SENDING; the provider's events or the sweep settle it
