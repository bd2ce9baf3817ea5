"""One mail to the provider, once; and what its answer says about whether the mail went."""

from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from core.sending import Trouble
from core.values import dataclass, replace
from functions.shared.settings import Settings
from functions.shared.wire_form import HEADER_VALUE, Attachment, HeaderInjectionError, Mail, request_of, wire_address
from functions.shared.wiring import client

__all__ = ["Attachment", "Mail"]

READ_TIMEOUT_SECONDS: Final = 20  # of the mail client in functions.shared.wiring
# What a mail program may act on by itself, in the reader's name: not for whoever gets a diverted mail.
_OF_THE_READER: Final = ("List-Unsubscribe", "List-Unsubscribe-Post")

# Answers after which the mail has surely not gone and may go later. Source: Amazon SES API v2, SendEmail errors.
_LATER: Final = frozenset(
    {
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "LimitExceededException",
        "SendingPausedException",
        "AccountSuspendedException",
        "MailFromDomainNotVerifiedException",
        "AccessDeniedException",
        "AccessDenied",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    }
)
# Of those, the ones that concern more than this mail.
_TROUBLE: Final = {
    "TooManyRequestsException": Trouble.RATE,
    "Throttling": Trouble.RATE,
    "ThrottlingException": Trouble.RATE,
    "LimitExceededException": Trouble.DAY,
    "SendingPausedException": Trouble.ACCOUNT,
    "AccountSuspendedException": Trouble.ACCOUNT,
    "MailFromDomainNotVerifiedException": Trouble.SENDER,
}
# Both quotas are refused under the same codes, and told apart by their words. Source: Amazon SES developer guide,
# "Errors related to the sending quotas for your Amazon SES account".
_WORDS: Final = {
    "daily message quota": Trouble.DAY,
    "maximum sending rate": Trouble.RATE,
    "email address is not verified": Trouble.SENDER,  # ours; or in the sandbox, the reader's
}
# Answers after which this mail will never be taken.
_NEVER: Final = frozenset({"MessageRejected", "BadRequestException", "NotFoundException", "ValidationException"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    message_id: str


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Surely not sent; worth another try."""

    reason: str
    trouble: Trouble | None = None  # where the answer says something of other mails too


@dataclass(frozen=True, slots=True)
class RefusedForever:
    """Surely not sent, and never will be as it stands."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have gone."""

    reason: str


Answer = Accepted | RefusedForNow | RefusedForever | InDoubt


def send(notice_id: str, mail: Mail) -> Answer:
    """Hand one mail to SES: one request, no retry. The notice's id travels as a tag, so that every event names it."""
    try:
        answer = client("sesv2").send_email(**_request(notice_id, mail, Settings.from_env()))
    except ClientError as error:
        return _refusal(error)
    except (UnicodeError, HeaderInjectionError, ParamValidationError) as error:
        return RefusedForever(type(error).__name__)  # it never left us
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        return RefusedForNow(type(error).__name__, Trouble.UNREACHED)  # no connection, so nothing was handed over
    except BotoCoreError as error:
        return InDoubt(type(error).__name__)
    return Accepted(answer["MessageId"])


def readers_of(mail: Mail) -> int:
    """How many recipients a mail has for the provider, which counts each of them."""
    return 1 if Settings.from_env().divert_all_mail_to else len(mail.to) + len(mail.cc)


def _refusal(error: ClientError) -> Answer:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    trouble = _trouble(code, str(error.response["Error"].get("Message", "")), status)
    if code in _LATER or trouble is not None:
        return RefusedForNow(code, trouble)
    return RefusedForever(code) if code in _NEVER else InDoubt(code)


def _trouble(code: str, message: str, status: int) -> Trouble | None:
    """The message is only looked into: it may hold an address."""
    words = message.lower()
    said = next((trouble for text, trouble in _WORDS.items() if text in words), None)
    return said or _TROUBLE.get(code) or (Trouble.RATE if status == 429 else None)


def _request(notice_id: str, mail: Mail, settings: Settings) -> dict[str, Any]:
    diverted = settings.divert_all_mail_to
    headers = dict(mail.headers)
    if diverted:
        headers["X-Pastdue-Diverted-From"] = ", ".join(wire_address(address) for address in mail.to)[:HEADER_VALUE]
        for name in _OF_THE_READER:
            headers.pop(name, None)
        mail = replace(mail, to=(diverted,), cc=())
    headers |= {
        "X-Pastdue-Notice": notice_id,
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return {
        **request_of(replace(mail, headers=headers)),
        "ConfigurationSetName": settings.configuration_set,
        "EmailTags": [
            {"Name": "notice_id", "Value": notice_id},
            {"Name": "deployment", "Value": settings.deployment},
        ],
    }
