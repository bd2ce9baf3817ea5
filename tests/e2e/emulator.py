"""Starts MiniStack with what it lacks of our template; run by MiniStack's own interpreter, which knows nothing of ours.

Each addition is for a gap of MiniStack 1.5, and does what AWS does:
- CloudFormation knows no AWS::Events::Archive and refuses the whole template, though the service has archives.
- An SES identity made by CloudFormation has no DKIM records to read; the template gives them out as outputs.
- A batch on a queue asks for sqs:SendMessageBatch; IAM has no such action, the one for a single message covers it.
- An alarm on a figure of several metrics refuses the whole template; nothing rings here, so it is kept as one on the
  first of them.
- The wire is plain HTTP on loopback: it counts as TLS, without which the policy of the archive refuses everything.
- CloudFormation hands a number that comes from a parameter over as text, with which no poller can count.
- PutEvents refuses every source aws.*, as AWS does to a customer. Here SES's stand-in calls it, and SES may.

It ends with whoever started it, and after LIFETIME_SECONDS in any case.
"""

import json
import os
import signal
import threading
import time
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

LIFETIME_SECONDS = 900

_stock_put_events = eventbridge._put_events
_stock_iam_action = iam_actions.extract_iam_action
_stock_condition_key = iam_evaluator._resolve_condition_key
_stock_alarm = provisioners._cw_metric_alarm_record
_stock_create_identity = provisioners._ses_email_identity_create
_stock_create_mapping = provisioners._lambda_esm_create


def _create_archive(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    name = properties.get("ArchiveName") or f"{stack_name}-{logical_id}"[:48]
    request = {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "EventPattern": json.dumps(properties.get("EventPattern", {})),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "Description": properties.get("Description", ""),
    }
    status, _, body = eventbridge._create_archive(request)
    if status >= 400:
        raise ValueError(f"AWS::Events::Archive: {body!r}")
    return name, {"ArchiveName": name, "Arn": json.loads(body)["ArchiveArn"]}


def _delete_archive(physical_id: str, _properties: dict[str, Any]) -> None:
    eventbridge._delete_archive({"ArchiveName": physical_id})


def _alarm(name: str, properties: dict[str, Any]) -> Any:
    parts = [part["MetricStat"]["Metric"] for part in properties.get("Metrics") or () if "MetricStat" in part]
    if parts:
        kept = {key: value for key, value in properties.items() if key != "Metrics"}
        properties = {**kept, "Namespace": parts[0]["Namespace"], "MetricName": parts[0]["MetricName"]}
    return _stock_alarm(name, properties)


def _create_identity(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    identity, attributes = _stock_create_identity(logical_id, properties, stack_name)
    for n in (1, 2, 3):
        attributes[f"DkimDNSTokenName{n}"] = f"token{n}._domainkey.{identity}"
        attributes[f"DkimDNSTokenValue{n}"] = f"token{n}.dkim.amazonses.com"
    return identity, attributes


def _put_events(data: dict[str, Any], allow_aws_source: bool = True) -> Any:
    return _stock_put_events(data, allow_aws_source=allow_aws_source)


def _iam_action(*arguments: Any) -> str | None:
    action: str | None = _stock_iam_action(*arguments)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def _condition_key(key: str, context: Any) -> Any:
    return "true" if key.lower() == "aws:securetransport" else _stock_condition_key(key, context)


def _end_with(parent: int) -> None:
    """Wait until the parent is gone or the time is up, then end the whole process group, functions included."""
    ends_at = time.monotonic() + LIFETIME_SECONDS
    while os.getppid() == parent and time.monotonic() < ends_at:
        time.sleep(0.5)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _create_mapping(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
    scaling = properties.get("ScalingConfig")
    if scaling:
        properties = {**properties, "ScalingConfig": {name: int(value) for name, value in scaling.items()}}
    return _stock_create_mapping(logical_id, properties, stack_name)


if __name__ == "__main__":
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::Events::Archive"] = {"create": _create_archive, "delete": _delete_archive}
    handlers["AWS::SES::EmailIdentity"]["create"] = _create_identity
    handlers["AWS::Lambda::EventSourceMapping"]["create"] = _create_mapping
    provisioners._cw_metric_alarm_record = _alarm
    eventbridge._put_events = _put_events
    iam_actions.extract_iam_action = _iam_action
    iam_evaluator._resolve_condition_key = _condition_key
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    main()
