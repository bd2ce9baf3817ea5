"""One text message to the provider, once; and what its answer says about whether it went."""

import json
from typing import Any, Final, Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from core.values import dataclass
from functions.shared.mailer import Accepted, Answer, InDoubt, RefusedForever, RefusedForNow
from functions.shared.settings import Settings
from functions.shared.wiring import client

_META_API: Final = "v20.0"  # of WhatsApp, which AWS hands the message to

# Answers after which it has surely not gone and may go later. Sources: AWS End User Messaging SMS v2, SendTextMessage;
# AWS End User Messaging Social, SendWhatsAppMessage.
_LATER: Final = frozenset(
    {
        "ThrottlingException",
        "ThrottledRequestException",
        "ServiceQuotaExceededException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    }
)
# Answers after which this one will never be taken: a number that has opted out is a conflict.
_NEVER: Final = frozenset(
    {"ConflictException", "InvalidParametersException", "ResourceNotFoundException", "ValidationException"}
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text message in full."""

    channel: Literal["sms", "whatsapp"]
    sender: str
    to: str  # one telephone, as E.164
    language: str
    body: str
    template: str  # registered with WhatsApp ...
    values: tuple[str, ...]  # ... and what fills it


def send(notice_id: str, text: Text) -> Answer:
    """Hand one text over: one request, no retry."""
    try:
        message_id = _sms(notice_id, text) if text.channel == "sms" else _whatsapp(text)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return RefusedForever(code) if code in _NEVER else RefusedForNow(code) if code in _LATER else InDoubt(code)
    except ParamValidationError as error:
        return RefusedForever(type(error).__name__)  # it never left us
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        return RefusedForNow(type(error).__name__)  # no connection, so nothing was handed over
    except BotoCoreError as error:
        return InDoubt(type(error).__name__)
    return Accepted(message_id)


def _sms(notice_id: str, text: Text) -> str:
    answer = client("pinpoint-sms-voice-v2").send_text_message(
        DestinationPhoneNumber=text.to,
        OriginationIdentity=text.sender,
        MessageBody=text.body,
        MessageType="TRANSACTIONAL",
        Context={"notice_id": notice_id, "deployment": Settings.from_env().deployment},
    )
    return answer["MessageId"]


def _whatsapp(text: Text) -> str:
    parameters = [{"type": "text", "text": value} for value in text.values]
    message: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "to": text.to,
        "type": "template",
        "template": {
            "name": text.template,
            "language": {"code": text.language},
            "components": [{"type": "body", "parameters": parameters}],
        },
    }
    answer = client("socialmessaging").send_whatsapp_message(
        originationPhoneNumberId=text.sender, message=json.dumps(message).encode(), metaApiVersion=_META_API
    )
    return answer["messageId"]
