"""The papers of a mail: described in the archive, made by a function of their own, read back before anything is sent.

The key holds a digest of the description, so papers never carry other facts than the mail that they go with, and a
second attempt finds what the first one made. A queue, a log or an invocation sees ids only.
"""

import json
import re
from hashlib import sha256
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from core.policy.steps import Paper
from core.render.papers import Papers
from functions.shared import archive
from functions.shared.mailer import Attachment
from functions.shared.settings import Settings
from functions.shared.wiring import client

TIMEOUT_SECONDS: Final = 18  # to connect and to be answered, of the function client in functions.shared.wiring
SOURCE: Final = "source.json"
FILES: Final[dict[Paper, tuple[str, str]]] = {
    "letter": ("letter.pdf", "application/pdf"),
    "statement-pdf": ("statement.pdf", "application/pdf"),
    "statement-csv": ("statement.csv", "text/csv"),
}
_NAME: Final = re.compile(r"[^A-Za-z0-9-]+")


class NotMadeError(RuntimeError):
    """The papers could not be made or read; nothing was sent."""


def key(notice_id: str, digest: str, file: str) -> str:
    """Where a file of one notice is kept."""
    return f"documents/{notice_id}/{digest}/{file}"


def make(notice_id: str, papers: Papers, label: str) -> tuple[Attachment, ...]:
    """Have the papers made and kept; returns those that go with the mail.

    Args: `label` ends the names of the attached files.
    Raises: NotMadeError when one of them is not there.
    """
    text = json.dumps({"letters": papers.letters, "csv": papers.csv}, ensure_ascii=False, sort_keys=True).encode()
    digest = sha256(text).hexdigest()[:32]
    try:
        archive.put_once(key(notice_id, digest, SOURCE), text, "application/json")
        _invoke(notice_id, digest)
        return tuple(_attachment(paper, notice_id, digest, label) for paper in papers.attached)
    except ClientError as error:
        raise NotMadeError(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise NotMadeError(type(error).__name__) from error


def _invoke(notice_id: str, digest: str) -> None:
    answer = client("lambda").invoke(
        FunctionName=Settings.from_env().documents_function,
        Payload=json.dumps({"v": 1, "notice_id": notice_id, "digest": digest}).encode(),
    )
    if answer.get("FunctionError"):
        raise NotMadeError(answer["FunctionError"])


def _attachment(paper: Paper, notice_id: str, digest: str, label: str) -> Attachment:
    file, media_type = FILES[paper]
    stem, _, suffix = file.rpartition(".")
    name = "-".join((stem, _NAME.sub("-", label).strip("-")))[:100]
    return Attachment(f"{name}.{suffix}", media_type, archive.get(key(notice_id, digest, file)))
