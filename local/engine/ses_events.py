"""SES mail events in the shape in which EventBridge delivers them.

Fields as in the SES developer guide, "Amazon SES event data" (event publishing), and its list of EventBridge
detail types.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import Any, Final, Self

from local.engine.aws import ACCOUNT, REGION
from local.engine.outbox import Mail


class Kind(StrEnum):
    """`eventType` of a mail event."""

    SEND = "Send"
    REJECT = "Reject"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY = "Delivery"
    DELIVERY_DELAY = "DeliveryDelay"

    @property
    def field_name(self) -> str:
        """The member of the detail that belongs to the kind; a configuration set's matching type has the same name."""
        return self[0].lower() + self[1:]

    matching_type = field_name

    @property
    def detail_type(self) -> str:
        return _DETAIL_TYPES[self]


_DETAIL_TYPES: Final = {
    Kind.SEND: "Email Sent",
    Kind.REJECT: "Email Rejected",
    Kind.BOUNCE: "Email Bounced",
    Kind.COMPLAINT: "Email Complaint Received",
    Kind.DELIVERY: "Email Delivered",
    Kind.DELIVERY_DELAY: "Email Delivery Delayed",
}


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happens to an accepted mail, and how long after."""

    kind: Kind
    after: timedelta = timedelta(0)
    detail: dict[str, Any] = field(default_factory=dict)  # over what the kind says by itself
    only: tuple[str, ...] = ()  # the recipients concerned; none named: all


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One event that waits for its instant."""

    at: datetime
    kind: Kind
    configuration_set: str
    detail: dict[str, Any]

    def entry(self) -> dict[str, Any]:
        """As an entry of PutEvents."""
        resources = [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{self.configuration_set}"]
        return {
            "Source": "aws.ses",
            "DetailType": self.kind.detail_type,
            "Detail": json.dumps(self.detail),
            "Time": self.at,
            "Resources": resources,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(), "kind": self.kind.value, "configuration_set": self.configuration_set,
            "detail": self.detail,
        }  # fmt: skip

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        at, kind = datetime.fromisoformat(record["at"]), Kind(record["kind"])
        return cls(at=at, kind=kind, configuration_set=record["configuration_set"], detail=record["detail"])


def event_of(mail: Mail, reaction: Reaction) -> MailEvent:
    """The event of one reaction to a mail."""
    at = mail.sent_at + reaction.after
    concerned = reaction.only or mail.recipients
    own = {**_own_part(reaction.kind, concerned, at, reaction.after), **reaction.detail}
    detail = {"eventType": reaction.kind.value, "mail": _mail_part(mail), reaction.kind.field_name: own}
    return MailEvent(at=at, kind=reaction.kind, configuration_set=mail.configuration_set, detail=detail)


def _mail_part(mail: Mail) -> dict[str, Any]:
    sender = parseaddr(mail.sender)[1]
    headers = [("From", mail.sender), ("To", ", ".join(mail.to)), ("Subject", mail.subject), ("MIME-Version", "1.0")]
    if mail.cc:
        headers.insert(2, ("Cc", ", ".join(mail.cc)))
    common: dict[str, Any] = {"from": [mail.sender], "to": list(mail.to)}
    if mail.cc:
        common["cc"] = list(mail.cc)
    return {
        "timestamp": _timestamp(mail.sent_at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sender.rpartition('@')[2]}",
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": list(mail.recipients),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in (*headers, *mail.headers)],
        "commonHeaders": {**common, "messageId": mail.message_id, "subject": mail.subject},
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [mail.configuration_set],
            "ses:source-ip": ["192.0.2.1"],
            "ses:from-domain": [sender.rpartition("@")[2]],
            "ses:caller-identity": ["local"],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _own_part(kind: Kind, recipients: tuple[str, ...], at: datetime, after: timedelta) -> dict[str, Any]:
    timestamp = _timestamp(at)
    feedback_id = f"0102{secrets.token_hex(6)}-{secrets.token_hex(4)}-000000"
    match kind:
        case Kind.SEND:
            return {}
        case Kind.REJECT:
            return {"reason": "Bad content"}
        case Kind.DELIVERY:
            return {
                "timestamp": timestamp, "processingTimeMillis": int(after.total_seconds() * 1000),
                "recipients": list(recipients), "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "a8-50.smtp-out.amazonses.com",
            }  # fmt: skip
        case Kind.BOUNCE:
            bounced = [
                {"emailAddress": address, "action": "failed", "status": "5.1.1",
                 "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
                for address in recipients
            ]  # fmt: skip
            return {
                "bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": bounced,
                "timestamp": timestamp, "feedbackId": feedback_id, "reportingMTA": "dsn; a8-50.smtp-out.amazonses.com",
            }  # fmt: skip
        case Kind.COMPLAINT:
            return {
                "complainedRecipients": [{"emailAddress": address} for address in recipients],
                "timestamp": timestamp, "feedbackId": feedback_id, "complaintSubType": None,
                "userAgent": "ExampleCorp Feedback Loop (V0.01)", "complaintFeedbackType": "abuse",
                "arrivalDate": timestamp,
            }  # fmt: skip
        case Kind.DELIVERY_DELAY:
            delayed = [
                {"emailAddress": address, "status": "4.4.1",
                 "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}
                for address in recipients
            ]  # fmt: skip
            return {
                "timestamp": timestamp, "delayType": "TransientCommunicationFailure",
                "expirationTime": _timestamp(at + timedelta(hours=12)), "delayedRecipients": delayed,
            }  # fmt: skip


def _timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
