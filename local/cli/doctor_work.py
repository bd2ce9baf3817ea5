"""What `doctor` says of work: whether it is stuck, in doubt, unheard of, or held; and which keys end soon."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from local.cli.finding import Finding, Health
from local.cli.target import Target

if TYPE_CHECKING:
    from core.sending import Sending
    from functions.shared.store.config import Configuration

_LONG: Final = timedelta(hours=1)  # the sweep looks every ten minutes
_UNHEARD: Final = timedelta(hours=6)  # mail was sent since, and no event came


def work(found: Target) -> Iterator[Finding]:
    """What should have been looked at long ago, and what only a person can settle."""
    from functions.shared import doubts
    from functions.shared.store import attention, bundles, config, pace
    from local.cli.task_find import open_tasks

    configuration, sending = config.read(), pace.read()
    late = Counter(
        due.kind
        for entity in configuration.entities
        for due in attention.come_due(entity, found.now - _LONG)
        if due.kind != bundles.KIND and (due.kind != "NOTICE" or not _is_held(entity, configuration, sending))
    )
    late += Counter(
        "NOTICE"
        for entity in configuration.entities
        for due in attention.come_due(entity, found.now - 2 * _LONG)  # the sweep leaves it where it is for an hour
        if due.kind == bundles.KIND
        for _ in bundles.listed(due.what)
    )
    for kind, many in sorted(late.items()):
        what = {"ACCT": "accounts", "NOTICE": "messages", "RUN": "runs"}.get(kind, "files")
        text, why = (
            f"{many} {what} have waited for more than an hour to be looked at",
            "the sweep does not come to them",
        )
        yield Finding("work", Health.WARN, text, found.command("doctor"), why)
    asked = Counter(task.kind for task in open_tasks(configuration))
    if many := asked[doubts.KIND]:
        why = "their customers hear nothing more until somebody says whether the mail went"
        yield Finding("work", Health.WARN, f"{many} messages in doubt", found.command("doubts"), why)
    if not late and not asked[doubts.KIND]:
        yield Finding("work", Health.OK, "nothing is stuck, nothing in doubt")


def _is_held(entity: str, configuration: "Configuration", sending: "Sending") -> bool:
    """Whether its messages may wait for what is said elsewhere: a switch, a restore, or the mail provider."""
    if configuration.stopped(entity) or configuration.paused_policies or configuration.permit.held:
        return True
    return sending.circuit != "closed" or sending.used_up


def provider(_found: Target) -> Iterator[Finding]:
    """Whether mails are handed over at all, and what is left of the day's quota."""
    from functions.shared.store import pace

    sending = pace.read()
    if sending.circuit != "closed":
        since = f" since {sending.since:%Y-%m-%d %H:%M} UTC" if sending.since else ""
        why = "all of it waits, and goes on by itself: one mail tries every ten minutes"
        yield Finding("mail", Health.FAIL, f"nothing is handed to SES{since}: {sending.why}", why=why)
    elif sending.used_up:
        text = f"the quota of {sending.reading.per_day:,} recipients in 24 hours is used up"
        yield Finding("mail", Health.WARN, text, why="the rest waits until SES frees room")


def restore(found: Target) -> Iterator[Finding]:
    """Whether the table was restored, and what is missing before mail may leave again."""
    from local.cli.restore import standing

    said = standing(found)
    if said["held"]:
        text = f"nothing is sent: {said['held']}" + (f"; {said['missing']}" if said["missing"] else "")
        yield Finding("restore", Health.FAIL, text, found.command(said["next"]), "mails could go twice")
    else:
        yield Finding("restore", Health.OK, "the table knows everything that was sent")


def feedback(found: Target) -> Iterator[Finding]:
    """Whether anything is heard of what is sent."""
    from functions.shared.store import feedback as heard
    from functions.shared.store import permits

    sent, known = permits.read().at, heard.heard_until(found.now)
    if sent is not None and found.now - sent > _UNHEARD and (known is None or sent - known > _UNHEARD):
        text = f"mail was sent at {sent:%Y-%m-%d %H:%M} UTC or later, and nothing is heard of it"
        why = "mails go on to addresses that bounce"
        yield Finding("feedback", Health.WARN, text, found.command("restore learn"), why)


def keys(found: Target) -> Iterator[Finding]:
    """Tokens, certificates and keys that end within 30 days, and those that have ended."""
    from functions.shared.store import expiries
    from functions.shared.vitals import SOON

    for what, on in sorted(expiries.read().items(), key=lambda one: one[1]):
        ended = on < found.now.date()
        if ended or on <= (found.now + SOON).date():
            why = "what needs it is refused from then on"
            text = f"{what} {'ended' if ended else 'ends'} on {on}"
            yield Finding("keys", Health.FAIL if ended else Health.WARN, text, why=why)
