"""`pastdue doctor`: what is missing, stuck or not ready, each with the command that mends it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from local.cli import doctor_mail, doctor_parts, doctor_sources, doctor_table, doctor_work
from local.cli.errors import Exit
from local.cli.finding import Finding, Health
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import hint, plain, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration

_STUCK_SECONDS: Final = 3600
_MOST_SKEW: Final = 300  # seconds


def doctor(
    no_dns: Annotated[bool, typer.Option("--no-dns", help="Do not ask for the records of the sender domain.")] = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Check the stack, its queues, its mail and its configuration."""
    with target(state, stack, looks=True) as found:
        looks = (*_LOOKS, *([] if no_dns else [doctor_mail.records]))
        findings = [finding for look in looks for finding in _careful(look, found)]
    rows = table("", "area", "found", "try")
    for finding in findings:
        told = f"{finding.found}\n  {finding.why}" if finding.why else finding.found
        rows.add_row(*plain(finding.health.value, finding.area, told, finding.try_next))
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
    """A request that is signed at another time than AWS's is refused, and instants that are stored would be wrong."""
    from email.utils import parsedate_to_datetime

    if found.engine is not None:
        yield Finding("clock", Health.OK, f"{found.now:%Y-%m-%d %H:%M} UTC, virtual")
        return
    now = found.now
    said = found.client("sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    text = f"{now:%Y-%m-%d %H:%M} UTC, of this machine"
    if not said:
        yield Finding("clock", Health.OK, f"{text}; not compared with that of AWS")
        return
    seconds = round((now - parsedate_to_datetime(said)).total_seconds())
    if abs(seconds) <= _MOST_SKEW:
        yield Finding("clock", Health.OK, text)
        return
    wrong = f"{text}: {abs(seconds)} seconds {'ahead of' if seconds > 0 else 'behind'} AWS"
    yield Finding("clock", Health.FAIL, wrong, "timedatectl set-ntp true", "what this machine writes is dated wrongly")


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


def _queues(found: Target) -> Iterator[Finding]:
    from local.cli.redrive import QUEUES

    sqs, names = found.client("sqs"), {dead: name for name, (dead, _) in QUEUES.items()}
    for logical_id, url in queue_urls(found):
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
        waiting, taken = (int(counts.get(name, 0)) for name in wanted)
        if logical_id.endswith("DeadLetters"):
            health = Health.FAIL if waiting else Health.OK
            move = found.command(f"redrive {names[logical_id]}") if waiting else ""
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
    from local.cli.go_live import never_here, not_ready, unfilled_roles

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
    for slip in never_here(configuration, entity):
        yield Finding("configuration", Health.WARN, f"{entity_id}: {slip.problem}", apply, f"mend it: {slip.hint}")
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
    from local.cli.task_find import open_tasks

    kinds = Counter(task.kind for task in open_tasks(config.read()))
    for kind in (FIND_ADDRESS, ASSIGN_ROLE, "decision-failed"):
        if kinds[kind]:
            yield Finding("data", Health.WARN, f"{kinds[kind]} x {kind}", found.command("tasks"))


_LOOKS: Final = (
    _clock, _stack, doctor_parts.version, doctor_table.table, _queues, doctor_parts.parts, doctor_mail.mail,
    doctor_work.restore, doctor_work.feedback, doctor_work.keys, _configuration, doctor_sources.sources, _runs,
    doctor_work.provider, doctor_work.work, _data,
)  # fmt: skip
