"""Toy handlers and small requests: the engine is tested without the product's functions."""

import json
import os
from functools import cache
from typing import Any

import boto3

from local.engine.invocation import Handler


@cache
def client(service: str) -> Any:
    return boto3.client(service)


def nothing(_event: Any, _context: Any) -> None:
    """Does nothing, successfully."""


QUIET: dict[str, Handler] = dict.fromkeys(
    (
        "PlanRunFunction",
        "DecideAccountsFunction",
        "SendNoticesFunction",
        "RecordFeedbackFunction",
        "SweepStuckFunction",
    ),
    nothing,
)


def queue_notice(notice_id: str, url: str) -> None:
    client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"v": 1, "notice_id": notice_id}))


def notice_ids(event: Any) -> list[str]:
    return [json.loads(record["body"])["notice_id"] for record in event["Records"]]


def mail_to(*addresses: str, notice_id: str = "N1", sender: str = "Acme <ar@mail.example.com>", **changes: Any) -> Any:
    """A request to SES as send_notices makes it."""
    request = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": list(addresses)},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Zahlungserinnerung über 12,50 €"},
                "Body": {"Text": {"Data": "Guten Tag"}, "Html": {"Data": "<p>Guten Tag</p>"}},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
        "EmailTags": [
            {"Name": "notice_id", "Value": notice_id},
            {"Name": "deployment", "Value": os.environ.get("DEPLOYMENT", "pastdue")},
        ],
        "ConfigurationSetName": os.environ.get("CONFIGURATION_SET", "pastdue"),
    }
    return {**request, **changes}


def send_to_recipient_in_id(event: Any, _context: Any) -> None:
    """Sends one mail per message; the notice id is the recipient's local part."""
    for notice_id in notice_ids(event):
        request = mail_to(f"{notice_id}@customer.example", notice_id=notice_id.replace("+", "_"))
        client("sesv2").send_email(**request)
