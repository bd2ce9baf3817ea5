"""The files of mail events read again after a restore: what came of mails that the table has forgotten.

The stream puts a file each minute, or for each megabyte, below a prefix of the hour in which its oldest event came.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from functions.record_feedback.files import PREFIX
from local.cli.errors import CliError
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.permits import Learning

QUEUE: Final = "FeedbackFilesQueue"
STREAM: Final = "MailEventsStream"
RULE: Final = "MailEventsStreamRule"
_HOUR: Final = "%Y/%m/%d/%H"
_SECOND: Final = "%Y-%m-%d-%H-%M-%S"
# Source: Data Firehose, Amazon S3 object name format: prefix, hour, then name of the stream, version, second, chance.
_FILE: Final = re.compile(PREFIX + r"(\d{4}(?:/\d\d){3})/(?:.*-(\d{4}(?:-\d\d){5})-)?[^/]+")
_ON_ITS_WAY: Final = timedelta(minutes=2)  # a file that was begun so long ago has been put, or is late
_STUCK: Final = timedelta(minutes=10)
_LATELY: Final = timedelta(minutes=30)  # the bus tries again every few minutes, for a day
_COUNTED_AFTER: Final = timedelta(minutes=5)  # until then SQS may not count each message
# What may still wait, as it is worked off: the queue, what its messages are, where they are given up, what helps then.
_QUEUES: Final = (
    (QUEUE, "files of mail events", "FeedbackFilesDeadLetters", "redrive files"),
    ("FeedbackQueue", "mail events", "FeedbackDeadLetters", "redrive feedback"),
)
_WAITING: Final = (
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """Why what was sent is not all known again, and the command that goes on."""

    what: str
    command: str


def files(found: Target, since: datetime) -> Iterator[str]:
    """The keys of all files begun since an instant, and in its hour before it; the oldest first."""
    pages = (
        found.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(
            Bucket=found.outputs["ArchiveBucketName"],
            Prefix=PREFIX,
            StartAfter=f"{PREFIX}{since.astimezone(UTC):{_HOUR}}",  # keys sort as their hours do
        )
    )
    keys = (each["Key"] for each in chain.from_iterable(page.get("Contents", ()) for page in pages))
    return (key for key in keys if _FILE.fullmatch(key))


def begun_at(key: str) -> datetime:
    """When the oldest event of a file came: to the second where its name says it, else to the hour of its prefix."""
    named = _FILE.fullmatch(key)
    assert named is not None, key
    hour, second = named.groups()
    return datetime.strptime(second or hour, _SECOND if second else _HOUR).replace(tzinfo=UTC)


def put_by(keys: Iterable[str], listed_at: datetime) -> int:
    """How many were begun so long before they were listed that no more of them should come."""
    return sum(begun_at(key) < listed_at - _ON_ITS_WAY for key in keys)


def read_again(found: Target, keys: Sequence[str]) -> None:
    """Have files read once more, all of their events. Twice is the same as once.

    Raises: QueueRefusedError when the queue did not take all of them.
    """
    from functions.shared import queues

    queues.send(_queue_urls(found)[QUEUE], ({"v": 1, "file": key, "replayed": True} for key in keys))
    if found.engine is not None:
        found.engine.pump()


def missing(found: Target, learning: "Learning | None", *, needed: bool) -> Missing | None:
    """What must still happen before all is known again; None: nothing.

    Args: `needed` the table is known to lack some.
    """
    if learning is None:
        return Missing("what was sent is not learnt again", "restore learn") if needed else None
    late = put_by(files(found, learning.since), learning.listed_at) - learning.files
    if late > 0:  # events that were heard of before the restore, and filed after it
        return Missing(f"{late} files of mail events came late", "restore learn")
    if waits := _waits(found) or _in_no_file(found):
        return waits
    counted_at = learning.queued_at + _COUNTED_AFTER
    if found.engine is None and found.now < counted_at:
        return Missing(f"not before {counted_at:%H:%M:%S} UTC is it sure that all files are read", "restore check")
    return None


def _in_no_file(found: Target) -> Missing | None:
    """Whether the stream holds events that it cannot put, or does not take them from the bus, by what these say."""
    pages = found.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=found.stack)
    there = chain.from_iterable(page["StackResourceSummaries"] for page in pages)
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"].rpartition("|")[2] for each in there}
    # Of the oldest event that is in no file; none: all are.
    said = _metric(found, "AWS/Firehose", "DeliveryToS3.DataFreshness", ("DeliveryStreamName", names[STREAM]))
    age = max(said, key=lambda point: point["Timestamp"])["Maximum"] if said else 0
    if age > _STUCK.total_seconds():
        return Missing(f"the stream has held mail events for {age / 60:.0f} minutes", "restore check")
    if _metric(found, "AWS/Events", "RetryInvocationAttempts", ("RuleName", names[RULE])):
        return Missing("mail events wait on the bus: the stream did not take them at once", "restore check")
    return None


def _metric(found: Target, namespace: str, name: str, about: tuple[str, str]) -> list[Any]:
    """What was said of late, by the minute."""
    said: dict[str, list[Any]] = found.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": about[0], "Value": about[1]}],
        StartTime=found.now - _LATELY,
        EndTime=found.now,
        Period=60,
        Statistics=["Maximum"],
    )
    return said["Datapoints"]


def _queue_urls(found: Target) -> dict[str, str]:
    from local.cli.doctor import queue_urls

    urls = dict(queue_urls(found))
    if QUEUE not in urls:
        raise CliError(f"stack {found.stack} is of an older version: it keeps no files of mail events", "sam deploy")
    return urls


def _waits(found: Target) -> Missing | None:
    urls, sqs = _queue_urls(found), found.client("sqs")

    def waiting(queue: str) -> int:
        counts = sqs.get_queue_attributes(QueueUrl=urls[queue], AttributeNames=list(_WAITING))["Attributes"]
        return sum(int(counts.get(name, 0)) for name in _WAITING)

    for queue, what, given_up, redrive in _QUEUES:
        if many := waiting(queue):
            return Missing(f"{many} {what} wait to be read", "restore check")
        if many := waiting(given_up):
            return Missing(f"{many} {what} were given up", redrive)
    return None
