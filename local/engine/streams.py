"""A stand-in for Data Firehose: what a rule puts into a stream is gathered into a file, which S3 then tells of."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from local.engine.aws import client
from local.engine.bridge.streams import records_of
from local.engine.permissions import Need, allowed
from local.engine.pump import NotGrantedError
from local.engine.stack import Stack

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """A delivery stream as it was created."""

    logical_id: str
    arn: str
    role_arn: str
    bucket: str
    prefix: str
    key_arn: str
    most_bytes: int
    longest: timedelta

    @property
    def records(self) -> list[tuple[float, str]]:
        return records_of(self.arn)

    @property
    def put_at(self) -> datetime | None:
        """When its next file is put: as soon as there is enough for one, or some has waited for long enough."""
        records = self.records
        if not records:
            return None
        since = datetime.fromtimestamp(records[0][0], UTC)
        return since if sum(len(said) for _, said in records) >= self.most_bytes else since + self.longest


@dataclass(slots=True)
class Streams:
    """The delivery streams of a stack."""

    stack: Stack
    _known: list[Stream] = field(default_factory=list)

    def next_put_at(self) -> datetime | None:
        """When the next file is put."""
        return min((at for stream in self.each() if (at := stream.put_at) is not None), default=None)

    def put_due(self, now: datetime) -> int:
        """Put what is due by now. Returns: how many files. Raises: NotGrantedError where the stream may not."""
        due = [stream for stream in self.each() if stream.put_at is not None and stream.put_at <= now]
        for stream in due:
            self._put(stream)
        return len(due)

    def clear(self) -> None:
        for stream in self.each():
            stream.records.clear()

    def each(self) -> list[Stream]:
        if not self._known:
            self._known = list(self._read())
        return self._known

    def _put(self, stream: Stream) -> None:
        """One file, with a key as Firehose gives it: its time is that of its oldest record, in UTC.

        Source: Amazon Data Firehose developer guide, "Amazon S3 object name format".
        """
        since = datetime.fromtimestamp(stream.records[0][0], UTC)
        name = f"{stream.arn.rpartition('/')[2]}-1-{since:%Y-%m-%d-%H-%M-%S}-{uuid4()}.gz"
        key = f"{stream.prefix}{since:%Y/%m/%d/%H}/{name}"
        self._check(stream, key)
        body = gzip.compress("".join(said for _, said in stream.records).encode(), mtime=0)
        client("s3").put_object(Bucket=stream.bucket, Key=key, Body=body)
        stream.records.clear()

    def _check(self, stream: Stream, key: str) -> None:
        through = (("kms:viaservice", f"s3.{stream.arn.split(':')[3]}.amazonaws.com"),)
        for need in (
            Need("s3:PutObject", f"arn:aws:s3:::{stream.bucket}/{key}"),
            Need("kms:GenerateDataKey", stream.key_arn, through),
        ):
            if not allowed(self.stack.policies_of(stream.role_arn), need):
                raise NotGrantedError(f"the role of stream {stream.logical_id} may not {need}: its files are never put")

    def _read(self) -> Iterator[Stream]:
        for logical_id in self.stack.logical_ids("AWS::KinesisFirehose::DeliveryStream"):
            name = self.stack.physical_id(logical_id)
            found: Any = client("firehose").describe_delivery_stream(DeliveryStreamName=name)
            said = found["DeliveryStreamDescription"]
            to = said["Destinations"][0]["ExtendedS3DestinationDescription"]
            yield Stream(
                logical_id=logical_id,
                arn=said["DeliveryStreamARN"],
                role_arn=to["RoleARN"],
                bucket=to["BucketARN"].rpartition(":")[2],
                prefix=to["Prefix"],
                key_arn=to["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"],
                most_bytes=int(to["BufferingHints"]["SizeInMBs"]) * _MIB,
                longest=timedelta(seconds=int(to["BufferingHints"]["IntervalInSeconds"])),
            )
