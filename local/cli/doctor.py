"""`pastdue doctor`: what is missing, stuck or not ready, each with the command that mends it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import typer

from local.cli import doctor_sources
from local.cli.errors import Exit
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import hint, plain, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration

_INDEXES: Final = ("DUE_INDEX", "ATTENTION_INDEX", "WORK_INDEX", "REF_INDEX")
_STUCK_SECONDS: Final = 3600
_NEARLY_ALL: Final = 0.8  # of the daily quota


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    area: str
    health: Health
    found: str
    try_next: str = ""


def doctor(
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Check the stack, its queues, its mail and its configuration."""
    with target(state, stack, looks=True) as found:
        findings = [finding for look in _LOOKS for finding in _careful(look, found)]
    rows = table("", "area", "found", "try")
    for finding in findings:
        rows.add_row(*plain(finding.health.value, finding.area, finding.found, finding.try_next))
    show("doctor", {"stack": found.stack, "findings": [asdict(finding) for finding in findings]}, rows)
    ill = [finding for finding in findings if finding.health is Health.FAIL]
    worth = [finding for finding in (*ill, *findings) if finding.try_next]
    hint(worth[0].try_next if worth else found.command("outbox"))
    if ill:
        only_config = all(finding.area == "configuration" for finding in ill)
        raise typer.Exit(int(Exit.CONFIG_INVALID if only_config else Exit.FAILED))


def _careful(look: Callable[[Target], Iterator[Finding]], found: Target) -> Iterator[Finding]:
    """What may not be looked at is a finding too."""
    from botocore.exceptions import ClientError

    try:
        yield from look(found)
    except ClientError as refused:
        said = refused.response["Error"]
        text = f"could not be looked at: {refused.operation_name}: {said.get('Code')}: {said.get('Message')}"
        yield Finding(look.__name__.strip("_"), Health.WARN, text)


def _clock(found: Target) -> Iterator[Finding]:
    kind = "virtual" if found.engine is not None else "of this machine"
    yield Finding("clock", Health.OK, f"{found.now:%Y-%m-%d %H:%M} UTC, {kind}")


def _stack(found: Target) -> Iterator[Finding]:
    if found.engine is not None:
        missing = found.engine.stack.missing
        made = len(found.engine.stack.template["Resources"]) - len(missing)
        yield Finding("stack", Health.OK, f"{found.stack}: {made} resources from the template")
        for logical_id, kind in missing.items():
            yield Finding("stack", Health.WARN, f"{logical_id} ({kind}) exists in the template only")
        return
    described = found.client("cloudformation").describe_stacks(StackName=found.stack)["Stacks"][0]
    status = described["StackStatus"]
    healthy = status.endswith("_COMPLETE") and "ROLLBACK" not in status
    yield Finding("stack", Health.OK if healthy else Health.FAIL, f"{found.stack}: {status}")


def _table(found: Target) -> Iterator[Finding]:
    from functions.shared.settings import MissingSettingError, Settings

    settings = Settings.from_env()
    described = found.client("dynamodb").describe_table(TableName=settings.table_name)["Table"]
    status = described["TableStatus"]
    yield Finding("table", Health.OK if status == "ACTIVE" else Health.FAIL, f"{settings.table_name}: {status}")
    for name in _INDEXES:
        try:
            getattr(settings, name.lower())
        except MissingSettingError:
            yield Finding("table", Health.FAIL, f"no index for {name}", "sam deploy")


def _queues(found: Target) -> Iterator[Finding]:
    sqs = found.client("sqs")
    for logical_id, url in queue_urls(found):
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        waiting, taken = (int(counts.get(name, 0)) for name in wanted)
        if logical_id.endswith("DeadLetters"):
            health = Health.FAIL if waiting else Health.OK
            move = f"pastdue redrive {logical_id.removesuffix('DeadLetters').lower()}{found.options}" if waiting else ""
            yield Finding("queues", health, f"{logical_id}: {waiting} given up", move)
        else:
            yield Finding("queues", Health.OK, f"{logical_id}: {waiting} waiting, {taken} being worked on")


def queue_urls(found: Target) -> Iterator[tuple[str, str]]:
    """Logical id and address of each queue of the stack."""
    pages = found.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=found.stack)
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::SQS::Queue":
                yield resource["LogicalResourceId"], resource["PhysicalResourceId"]


def _mail(found: Target) -> Iterator[Finding]:
    ses = found.client("sesv2")
    account = ses.get_account()
    quota = account.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    nearly = most > 0 and sent > _NEARLY_ALL * most
    text = f"{sent:,.0f} of {most:,.0f} recipients in 24 hours, {quota.get('MaxSendRate', 0):g} a second"
    yield Finding("mail", Health.WARN if nearly else Health.OK, text)
    if not account.get("ProductionAccessEnabled", False):
        yield Finding("mail", Health.WARN, "the SES account is in the sandbox: only verified addresses get mail",
                      "aws sesv2 put-account-details --production-access-enabled")  # fmt: skip
    if not account.get("SendingEnabled", True):
        yield Finding("mail", Health.FAIL, "SES has paused the sending of this account")
    yield _identity(found, ses)


def _identity(found: Target, ses: Any) -> Finding:
    from botocore.exceptions import ClientError

    domain = found.sender_domain
    try:
        identity = ses.get_email_identity(EmailIdentity=domain)
    except ClientError:
        return Finding("mail", Health.FAIL, f"{domain} is no identity of this account", "sam deploy")
    verified = bool(identity.get("VerifiedForSendingStatus")) or found.engine is not None
    if verified:
        return Finding("mail", Health.OK, f"sender domain {domain} is verified")
    records = [value for key, value in found.outputs.items() if key.startswith("DkimRecord")]
    text = f"sender domain {domain} is not verified; DNS needs {'; '.join(records) or 'its DKIM records'}"
    return Finding("mail", Health.FAIL, text)


def _configuration(found: Target) -> Iterator[Finding]:
    from functions.shared.store import config

    configuration = config.read()
    if configuration.paused:
        turn = found.command("switch on")
        yield Finding("configuration", Health.WARN, "the switch is off: nothing of any entity is sent", turn)
    for stopped in sorted(configuration.paused_entities):
        turn = found.command(f"switch on --entity {stopped}")
        yield Finding("configuration", Health.WARN, f"{stopped}: its switch is off, nothing of it is sent", turn)
    if not configuration.entities:
        next_ = found.command("config apply FOLDER")
        yield Finding("configuration", Health.FAIL, "no entity is configured", next_)
    for entity_id in configuration.entities:
        yield from _entity(found, configuration, entity_id)
    for person in configuration.people.values():
        if not person.email:
            yield Finding("configuration", Health.WARN, f"{person.id} has no e-mail address: no digest")


def _entity(found: Target, configuration: "Configuration", entity_id: str) -> Iterator[Finding]:
    from local.cli.go_live import not_ready, unfilled_roles

    entity, apply = configuration.entities[entity_id], found.command("config apply FOLDER")
    faults = not_ready(configuration, entity, found)
    for fault in faults:
        yield Finding("configuration", Health.FAIL, f"{entity_id}: {fault}", apply)
    if not entity.contact_person:
        yield Finding("configuration", Health.WARN, f"{entity_id}: no contact_person whom customers can ask", apply)
    if not entity.bank_accounts:
        yield Finding("configuration", Health.WARN, f"{entity_id}: no bank account to pay into", apply)
    for role in unfilled_roles(configuration, entity):
        yield Finding("configuration", Health.WARN, f"{entity_id}: nobody is {role}", apply)
    if entity.live:
        yield Finding("configuration", Health.OK, f"{entity_id} is live, policy {entity.policy}")
    else:
        next_ = found.command(f"go-live {entity_id}")
        yield Finding("configuration", Health.WARN, f"{entity_id} is not live: nothing of it is sent", next_)


def _runs(found: Target) -> Iterator[Finding]:
    from datetime import date

    from functions.shared.store import config, runs

    for entity in config.read().entities:
        last = runs.date_before(entity, date.max)
        run = runs.read(entity, last) if last else None
        if run is None:
            yield Finding("runs", Health.OK, f"{entity}: no night yet")
        elif run.finished:
            yield Finding("runs", Health.OK, f"{entity}: {run.on} complete, {run.counts.get('decided', 0)} decided")
        else:
            late = (found.now - run.started_at).total_seconds() > _STUCK_SECONDS
            text = f"{entity}: {run.on} is {run.state.value} since {run.started_at:%H:%M} UTC"
            yield Finding("runs", Health.WARN if late else Health.OK, text)


def _data(found: Target) -> Iterator[Finding]:
    """Gaps in the data that nights turned into tasks."""
    from collections import Counter

    from core.decide.tasks import ASSIGN_ROLE, FIND_ADDRESS
    from functions.shared.store import config
    from local.cli.tasks import open_tasks

    kinds = Counter(task.kind for task in open_tasks(config.read()))
    for kind in (FIND_ADDRESS, ASSIGN_ROLE, "decision-failed"):
        if kinds[kind]:
            yield Finding("data", Health.WARN, f"{kinds[kind]} x {kind}", found.command("tasks"))


_LOOKS: Final = (_clock, _stack, _table, _queues, _mail, _configuration, doctor_sources.sources, _runs, _data)
