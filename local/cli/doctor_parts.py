"""What `doctor` says of what starts the functions: schedules, queues that feed them, the way of mail events."""

from collections.abc import Iterator
from typing import Any

from local.cli.finding import Finding, Health
from local.cli.target import Target


def parts(found: Target) -> Iterator[Finding]:
    """Nothing that starts a function may be switched off; a deploy that stopped half-way leaves such things."""
    there = list(_resources(found))
    ill = [*_schedules(found, there), *_mappings(found, there), *_mail_events(found, there)]
    yield from ill
    if not ill:
        yield Finding("parts", Health.OK, "schedules, queues and mail events reach their functions")


def version(found: Target) -> Iterator[Finding]:
    """Whether the stack is of the version of this program."""
    from importlib.metadata import version as version_of

    ours, theirs = version_of("pastdue"), found.outputs.get("Version", "")
    if theirs == ours:
        yield Finding("version", Health.OK, f"stack and program are {ours}")
        return
    text = f"the stack is {theirs or 'of an early version'}, this program {ours}"
    yield Finding("version", Health.WARN, text, "sam deploy", "one may write what the other cannot read")


def _resources(found: Target) -> Iterator[tuple[str, str, str]]:
    """Type, logical id and physical id of each resource."""
    pages = found.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=found.stack)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            yield each["ResourceType"], each["LogicalResourceId"], each.get("PhysicalResourceId", "")


def _schedules(found: Target, there: list[tuple[str, str, str]]) -> Iterator[Finding]:
    scheduler = found.client("scheduler")
    for kind, _, name in there:
        if kind != "AWS::Scheduler::Schedule" or scheduler.get_schedule(Name=name)["State"] == "ENABLED":
            continue
        job = name.rpartition("-")[2]
        if job != "pull" or _asks_others():  # off where no other system is asked
            why = {"tick": "nights do not run", "pull": "other systems are not asked what changed"}
            said = why.get(job, "what waits or was left half-done stays so")
            yield Finding("parts", Health.FAIL, f"schedule {name} is off", "sam deploy", said)


def _asks_others() -> bool:
    from core.source import SourceKind
    from functions.shared.store import sources

    dropped = {SourceKind.LEDGER, SourceKind.BANK, SourceKind.API}
    return any(source.kind not in dropped for source in sources.read().values())


def _mappings(found: Target, there: list[tuple[str, str, str]]) -> Iterator[Finding]:
    functions = found.client("lambda")
    for kind, logical_id, uuid in there:
        if kind != "AWS::Lambda::EventSourceMapping":
            continue
        state = functions.get_event_source_mapping(UUID=uuid)["State"]
        if state not in ("Enabled", "Enabling"):
            command = f"aws lambda update-event-source-mapping --uuid {uuid} --enabled"
            why = "messages wait in its queue, and are lost after the queue's retention"
            yield Finding("parts", Health.FAIL, f"{logical_id}: its queue is not read ({state})", command, why)


def _mail_events(found: Target, there: list[tuple[str, str, str]]) -> Iterator[Finding]:
    events, why = found.client("events"), "bounces and complaints go unheard, and doubts are not settled"
    for kind, _, physical_id in there:
        if kind == "AWS::Events::Rule":
            name = physical_id.rpartition("|")[2]
            if events.describe_rule(Name=name)["State"] != "ENABLED":
                yield Finding("parts", Health.FAIL, f"rule {name} is off", f"aws events enable-rule --name {name}", why)
        elif kind == "AWS::KinesisFirehose::DeliveryStream":
            yield from _stream(found, physical_id, why)
    if found.engine is None:
        yield from _destination(found, why)


def _stream(found: Target, name: str, why: str) -> Iterator[Finding]:
    """Whether mail events become files, and somebody hears of each."""
    said = found.client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    if said["DeliveryStreamStatus"] != "ACTIVE":
        text = f"the stream of mail events is {said['DeliveryStreamStatus']}"
        yield Finding(
            "parts", Health.FAIL, text, "sam deploy", f"{why}, and after a restore nobody could tell what went"
        )
    bucket = found.outputs["ArchiveBucketName"]
    told: Any = found.client("s3").get_bucket_notification_configuration(Bucket=bucket).get("QueueConfigurations", [])
    if not any("FeedbackFiles" in each["QueueArn"] for each in told):
        yield Finding("parts", Health.FAIL, f"{bucket} tells nobody of new files of mail events", "sam deploy", why)


def _destination(found: Target, why: str) -> Iterator[Finding]:
    name = found.outputs.get("ConfigurationSetName", "")
    try:
        said: Any = found.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=name)
    except NotImplementedError:  # an emulator
        return
    if not any(each.get("Enabled") for each in said.get("EventDestinations", [])):
        yield Finding("parts", Health.FAIL, f"SES tells nothing of the mails of {name}", "sam deploy", why)
