"""A stand-in for AWS End User Messaging: it takes text messages and keeps them in the outbox. moto has none."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

from local.engine.outbox import NOTICE_TAG, Mail

Response = tuple[int, dict[str, str], str]
KINDS: Final = ("sms", "whatsapp")  # in the header that tells mails of the outbox apart
_JSON: Final = {"Content-Type": "application/json"}
_HOSTS: Final = ("sms-voice.", "social-messaging.")


def answer(host: str, body: bytes, now: datetime, keep: Callable[[Mail], None]) -> Response | None:
    """The answer to a request to send a text; None for what is none. A number that ends in 000 has opted out."""
    if not host.startswith(_HOSTS):
        return None
    request = json.loads(body)
    sms = host.startswith("sms-voice.")
    text = _sms(request, now) if sms else _whatsapp(request, now)
    if text.to[0].endswith("000"):
        code = "ConflictException" if sms else "InvalidParametersException"
        refusal = {
            "__type": code,
            "message": "the number has opted out",
            "Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT",
        }
        return 400, {**_JSON, "x-amzn-ErrorType": code}, json.dumps(refusal)
    keep(text)
    return 200, _JSON, json.dumps({"MessageId" if sms else "messageId": text.message_id})


def _sms(request: Mapping[str, Any], now: datetime) -> Mail:
    tags = dict(request.get("Context", {}))
    return _text(
        "sms", request["OriginationIdentity"], request["DestinationPhoneNumber"], request["MessageBody"], tags, now
    )


def _whatsapp(request: Mapping[str, Any], now: datetime) -> Mail:
    message = json.loads(base64.b64decode(request["message"]))
    template = message["template"]
    values = [parameter["text"] for part in template["components"] for parameter in part["parameters"]]
    said = "\n".join([f"{template['name']} ({template['language']['code']})", *values])
    return _text("whatsapp", request["originationPhoneNumberId"], message["to"], said, {}, now)


def _text(kind: str, sender: str, to: str, body: str, tags: dict[str, str], now: datetime) -> Mail:
    return Mail(
        message_id=token_hex(16),
        sent_at=now,
        sender=sender,
        to=(to,),
        cc=(),
        bcc=(),
        reply_to=(),
        subject=f"{kind} to {to}",
        text=body,
        html="",
        headers=(("X-Pastdue-Kind", kind),),
        tags={NOTICE_TAG: tags.get("notice_id", ""), **tags},
        configuration_set="",
    )
