"""Playing the archived mail events of a stack again: what came of mails that its table has forgotten."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.cli.target import Target


@dataclass(frozen=True, slots=True)
class Archive:
    """Where the mail events of a stack are kept, and where they go when they are played again."""

    name: str
    arn: str
    bus_arn: str
    rule_arn: str
    events: int


def archive_of(found: Target) -> Archive:
    """The archive of the stack. Raises: LookupError when the stack has none."""
    events, ids = found.client("events"), physical_ids(found)
    if not {"MailEventsArchive", "MailEventsRule"} <= set(ids):
        raise LookupError("the stack has no archive of mail events")
    archive = events.describe_archive(ArchiveName=ids["MailEventsArchive"])
    rule = events.describe_rule(Name=ids["MailEventsRule"].rpartition("|")[2])
    return Archive(
        archive["ArchiveName"], archive["ArchiveArn"], archive["EventSourceArn"], rule["Arn"], archive["EventCount"]
    )


def physical_ids(found: Target) -> dict[str, str]:
    """What each resource of the stack is called, by logical id."""
    pages = found.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=found.stack)
    listed = (resource for page in pages for resource in page["StackResourceSummaries"])
    return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in listed}


def start(found: Target, archive: Archive, name: str, since: datetime, until: datetime) -> None:
    """Play the events of a time again, to our own rule alone."""
    found.client("events").start_replay(
        ReplayName=name,
        EventSourceArn=archive.arn,
        EventStartTime=since,
        EventEndTime=until,
        Destination={"Arn": archive.bus_arn, "FilterArns": [archive.rule_arn]},
    )
    if found.engine is not None:
        found.engine.pump()


def state(found: Target, name: str) -> str:
    """How far a replay is: STARTING, RUNNING, COMPLETED, CANCELLED, FAILED; empty when it is not known any more."""
    from botocore.exceptions import ClientError

    if found.engine is not None:
        return "COMPLETED"  # it ends before it is answered, and the next process does not know of it
    try:
        said: Any = found.client("events").describe_replay(ReplayName=name)
    except ClientError:
        return ""
    return str(said["State"])
