"""Starts MiniStack with what it lacks of our template; run by MiniStack's own interpreter, which knows nothing of ours.

Each addition is for a gap of MiniStack 1.5, and does what AWS does:
- A rule takes a delivery stream as its target, and drops what it should put there; and the stream makes an object of
  each record, as it came. Here the records of some seconds make a compressed file, as Data Firehose makes one a minute.
- An SES identity made by CloudFormation has no DKIM records to read; the template gives them out as outputs.
- A batch on a queue asks for sqs:SendMessageBatch; IAM has no such action, the one for a single message covers it.
- An alarm on a figure of several metrics refuses the whole template; nothing rings here, so it is kept as one on the
  first of them.
- The wire is plain HTTP on loopback: it counts as TLS, without which the policy of the archive refuses everything.
- CloudFormation hands a number that comes from a parameter over as text, with which no poller can count.
- PutEvents refuses every source aws.*, as AWS does to a customer. Here SES's stand-in calls it, and SES may.

It ends with whoever started it, and after LIFETIME_SECONDS in any case.
"""

import contextvars
import gzip
import json
import os
import signal
import threading
import time
from collections import defaultdict
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge, firehose
from ministack.services.cloudformation import provisioners

LIFETIME_SECONDS = 900
GATHER_SECONDS = 3

_gathered: defaultdict[str, list[str]] = defaultdict(list)  # by stream
_gathering = threading.Lock()
_stock_put_events = eventbridge._put_events
_stock_invoke_target = eventbridge._invoke_target
_stock_iam_action = iam_actions.extract_iam_action
_stock_condition_key = iam_evaluator._resolve_condition_key
_stock_alarm = provisioners._cw_metric_alarm_record
_stock_create_identity = provisioners._ses_email_identity_create
_stock_create_mapping = provisioners._lambda_esm_create


def _invoke_target(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
    if ":firehose:" not in target["Arn"]:
        _stock_invoke_target(target, event, rule, view)
        return
    name = target["Arn"].rpartition("/")[2]
    payload = json.dumps((view or eventbridge._pattern_event_view(event)).event_with_detail())
    with _gathering:
        if not _gathered[name]:
            context = contextvars.copy_context()  # whose account and region it is
            threading.Timer(GATHER_SECONDS, context.run, (_put_file, name)).start()
        _gathered[name].append(payload)


def _put_file(name: str) -> None:
    with _gathering:
        records = _gathered.pop(name)
    stream = firehose._streams[name]
    for destination in stream["destinations"]:
        firehose._deliver_to_s3(stream, destination, gzip.compress("".join(records).encode()))


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
    handlers["AWS::SES::EmailIdentity"]["create"] = _create_identity
    handlers["AWS::Lambda::EventSourceMapping"]["create"] = _create_mapping
    provisioners._cw_metric_alarm_record = _alarm
    eventbridge._put_events = _put_events
    eventbridge._invoke_target = _invoke_target
    iam_actions.extract_iam_action = _iam_action
    iam_evaluator._resolve_condition_key = _condition_key
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    main()
