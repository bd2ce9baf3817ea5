"""Make the papers that a description in the archive asks for. Twice is the same as once."""

import json
from typing import Any

from core.policy.steps import Paper
from core.render.paper import letter_pdf
from core.values import dataclass
from functions.shared import archive, documents


@dataclass(frozen=True, slots=True)
class Made:
    """What one description came to."""

    papers: int
    new: int


def make_documents(notice_id: str, digest: str) -> Made:
    """Set every letter of the description, write its CSV, and keep both beside it.

    Raises: typst.TypstError when a letter cannot be set; botocore's errors when the archive does not answer.
    """
    source: dict[str, Any] = json.loads(archive.get(documents.key(notice_id, digest, documents.SOURCE)))
    made: dict[Paper, bytes] = {paper: letter_pdf(letter) for paper, letter in source["letters"].items()}
    if source["csv"] is not None:
        made["statement-csv"] = source["csv"].encode()
    return Made(len(made), sum(_keep(paper, content, notice_id, digest) for paper, content in made.items()))


def _keep(paper: Paper, content: bytes, notice_id: str, digest: str) -> bool:
    file, media_type = documents.FILES[paper]
    return archive.put_once(documents.key(notice_id, digest, file), content, media_type)
