"""Delivery streams: moto has them by API only, its rules know no such target, and it makes a file of each record.

Here a stream holds its records, each with the instant at which it came; `local.engine.streams` makes files of them.
"""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.core.utils import unix_time
from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.firehose.models import DeliveryStream, firehose_backends

from local.engine.bridge.patching import replace
from local.engine.bridge.resources import Created, Place, Properties

_SERVICE = ":firehose:"


class DeliveryStreamResource(Created, CloudFormationModel):
    """Data Firehose: moto keeps streams made by API; of CloudFormation it knows none."""

    type_name = "AWS::KinesisFirehose::DeliveryStream"
    name_property = "DeliveryStreamName"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "DeliveryStreamResource":
        backend: Any = firehose_backends[at.account][at.region]  # its types forbid what its code allows: nothing
        unused = ("s3", "redshift", "elasticsearch", "splunk", "http_endpoint", "snowflake", "iceberg")
        arn = backend.create_delivery_stream(
            region=at.region,
            delivery_stream_name=name,
            delivery_stream_type=properties["DeliveryStreamType"],
            kinesis_stream_source_configuration={},
            delivery_stream_encryption_configuration_input=properties["DeliveryStreamEncryptionConfigurationInput"],
            extended_s3_destination_configuration=properties["ExtendedS3DestinationConfiguration"],
            tags=[],
            **{f"{kind}_destination_configuration": {} for kind in unused},
        )
        records_of(arn).clear()
        return cls(name, properties, {"Arn": arn})


def records_of(stream_arn: str) -> list[tuple[float, str]]:
    """What waits in a stream: when it came, in seconds since 1970, and what it says."""
    _, _, _, region, account, named = stream_arn.split(":", 5)
    stream: DeliveryStream = firehose_backends[account][region].delivery_streams[named.partition("/")[2]]
    found: list[tuple[float, str]] = vars(stream).setdefault("records_that_wait", [])
    return found


def stream_targets(undo: ExitStack) -> None:
    """Moto raises on a rule whose target is a stream; such a rule puts each event that it matches into it."""
    stock = Rule.send_to_targets

    def send(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        if not any(_SERVICE in target["Arn"] for target in self.targets):
            stock(self, original_event, transform_input)
        elif self.event_pattern.matches_event(original_event):
            event = EventTemplateParser.parse(None, {}, original_event)  # type: ignore[arg-type]  # bridged: as it is
            at = datetime.fromtimestamp(float(event["time"]), UTC)
            event["time"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
            for target in self.targets:
                records_of(target["Arn"]).append((unix_time(), json.dumps(event)))

    replace(undo, Rule, "send_to_targets", send)
