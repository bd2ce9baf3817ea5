"""The questions of one pull. Each answer is kept, so that a pull that stopped half-way is not asked from the start."""

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from core.connect import Ask
from core.source import Source
from functions.shared import kept_answers
from functions.shared import system_web as web
from functions.shared.system_doors import Door

_NOT_FOR_US: Final = frozenset({"NOT_ALLOWED", "REFUSED"})
_RESERVE: Final = 90_000  # milliseconds: one more question with its repeats, and the end


class OutOfTimeError(RuntimeError):
    """The next invocation goes on."""


class Questions:
    """Asks one system within one pull."""

    def __init__(self, source: Source, pull: str, door: Door, remaining: Callable[[], int]) -> None:
        self._folder = f"pulls/{source.entity}/{source.id}/{pull}"
        self._door, self._remaining = door, remaining

    def get(self, question: Ask) -> Any:
        """The answer, that of an earlier attempt where there is one. Raises: WebError, OutOfTimeError."""
        asked = json.dumps([question.path, question.query, question.body], sort_keys=True)
        key = f"{self._folder}/{sha256(asked.encode()).hexdigest()[:40]}.json.gz"
        kept = kept_answers.get(key)
        if kept is not None:
            return json.loads(gzip.decompress(kept), parse_float=Decimal)
        if self._remaining() < _RESERVE:
            raise OutOfTimeError
        try:
            answer = self._ask(question)
        except web.WebError as error:
            if not (question.optional and error.code in _NOT_FOR_US):
                raise
            answer = None
        kept_answers.put(key, gzip.compress(json.dumps(answer, default=_exact).encode(), mtime=0))
        return answer

    def _ask(self, question: Ask) -> Any:
        url = f"{self._door.url}{question.path}"
        if question.query:
            url += f"?{urlencode(question.query)}"
        headers = {"Accept": "application/json", **question.headers, **self._door.headers()}
        if question.body is None:
            return web.ask("GET", url, headers=headers)
        body = json.dumps(question.body).encode()
        return web.ask("POST", url, headers={**headers, "Content-Type": "application/json"}, body=body)


def _exact(value: object) -> object:
    """A number as it came: JSON has no other exact form than its text, which every reader of amounts takes."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
