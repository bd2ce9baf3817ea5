"""`pastdue redrive`: messages that were given up go back to their queue, to be looked at anew and judged by today."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.asking import agreed
from local.cli.doctor import queue_urls
from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State, Yes
from local.cli.output import hint, say, show
from local.cli.target import Target, target

if TYPE_CHECKING:
    from collections.abc import Mapping

QUEUES: Final = {
    "accounts": ("AccountsDeadLetters", "AccountsQueue"),
    "notices": ("NoticesDeadLetters", "NoticesQueue"),
    "inbox": ("InboxDeadLetters", "InboxQueue"),
    "feedback": ("FeedbackDeadLetters", "FeedbackQueue"),
    "files": ("FeedbackFilesDeadLetters", "FeedbackFilesQueue"),
    "webhooks": ("WebhooksDeadLetters", "WebhooksQueue"),
    # a tick or sweep that failed is made good by the next one: nothing has to go back
    "schedule": ("ScheduleDeadLetters", None),
}
_AT_ONCE: Final = 10  # most that SQS takes in one request
_KEPT_SECONDS: Final = 60  # hidden while they are moved; who stops in between leaves them where they were


def redrive(
    queue: Annotated[
        str, typer.Argument(metavar="[QUEUE]", help="accounts, notices, inbox, feedback, files, webhooks or schedule")
    ] = "all",
    most: Annotated[int, typer.Option("--max", min=1, help="At most so many.")] = 100_000,
    yes: Yes = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Move messages that were given up back to their queue; those of the schedule are dropped: a tick follows."""
    if queue not in ("all", *QUEUES):
        raise CliError(f"there is no queue {queue!r}: {', '.join(QUEUES)}", "pastdue doctor")
    with target(state, stack) as found:
        urls, sqs = dict(queue_urls(found)), found.client("sqs")
        wanted = {name: each for name, each in QUEUES.items() if queue in ("all", name) and each[0] in urls}
        waiting = {name: _waiting(sqs, urls[dead]) for name, (dead, _) in wanted.items()}
        if any(waiting.values()) and not _agreed(waiting, found, queue, yes=yes):
            return
        moved = {
            name: _move(sqs, urls[dead], urls[home] if home else None, most) if waiting[name] else 0
            for name, (dead, home) in wanted.items()
        }
        told = "\n".join(f"{name}: {count} moved" for name, count in moved.items() if count)
        show("redrive", {"moved": moved}, told or "no message was given up")
        hint(found.command("doctor"))


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    counts: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    return int(counts[name])


def _agreed(waiting: dict[str, int], found: Target, queue: str, *, yes: bool) -> bool:
    if yes:
        return True
    say("given up:", *(f"  {name}: {count}" for name, count in waiting.items() if count))
    instead = f"redrive {queue} --yes" if queue != "all" else "redrive --yes"
    return agreed("Look at them anew?", found.command(instead), refused="nothing was moved")


def _move(sqs: Any, dead: str, home: str | None, most: int) -> int:
    """Sent first and deleted after: one that is moved twice is known by its own keys. Returns how many were moved."""
    moved = 0
    for batch in _batches(sqs, dead, most):
        numbered = {str(place): message for place, message in enumerate(batch)}
        gone = set(numbered)
        if home is not None:
            entries = [{"Id": place, "MessageBody": message["Body"]} for place, message in numbered.items()]
            sent = sqs.send_message_batch(QueueUrl=home, Entries=entries)
            gone = {entry["Id"] for entry in sent.get("Successful", [])}
        done = [{"Id": place, "ReceiptHandle": numbered[place]["ReceiptHandle"]} for place in sorted(gone)]
        if done:
            sqs.delete_message_batch(QueueUrl=dead, Entries=done)
        moved += len(done)
    return moved


def _batches(sqs: Any, url: str, most: int) -> Iterator[list[dict[str, Any]]]:
    left = most
    while left > 0:
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=min(_AT_ONCE, left), VisibilityTimeout=_KEPT_SECONDS, WaitTimeSeconds=0
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        if not messages:
            return
        left -= len(messages)
        yield messages
