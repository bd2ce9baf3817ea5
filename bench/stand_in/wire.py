"""The stand-in's table behind botocore: each call is a request that the SDK makes, signs and reads, with no network.

A hook answers in the network's place with what the table in memory said. The time that the hook and that table take is
kept apart, so that what is left is the product's code and the SDK's.
"""

import io
import json
import os
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, Self
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.stand_in.rows import Rows
from functions.shared import wiring
from functions.shared.store.attributes import write_row
from functions.shared.store.table import Row, Table

_CALLS: Final = ("get", "count", "put", "put_if", "update_if", "update_seen", "delete", "batch_get", "batch_write")
_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
_REFUSED: Final = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}
_Answer = tuple[int, dict[str, Any]]


class Wired(Rows):
    """As `Rows`, with the SDK between the product and the table, and between the product and its mail provider."""

    def __init__(self) -> None:
        super().__init__()
        self.between = False  # whether the SDK is; set while what counts is measured
        self.requests = 0  # that botocore made
        self.mails = 0
        self.cpu_s = 0.0  # of this double
        self._answers: deque[_Answer] = deque()

    def __enter__(self) -> Self:
        build = wiring._build  # noqa: SLF001  # the one place that builds clients: here they are built for no network
        inner: dict[str, Any] = {}
        through = {name: getattr(Table, name) for name in (*_CALLS, "pages")}
        super().__enter__()
        with patch.dict(os.environ, _CREDENTIALS):
            for service, answer in (("dynamodb", self._of_the_table), ("sesv2", self._of_the_provider)):
                inner[service] = _BUILT(service)
                inner[service]._request_signer._credentials.get_frozen_credentials()  # noqa: SLF001  # while they are set
                inner[service].meta.events.register(f"before-send.{service}", answer)
        self._patches.enter_context(
            patch.object(wiring, "_build", lambda service: inner.get(service) or build(service))
        )
        for name in _CALLS:
            self._patches.enter_context(patch.object(Table, name, self._through(name, through[name])))
        self._patches.enter_context(patch.object(Table, "pages", self._pages_through(through["pages"])))
        return self

    def _through(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        method = getattr(self, name)

        def call(table: Table, *args: Any, **given: Any) -> Any:
            if not self.between:
                return method(*args, **given)
            began = time.process_time()
            said = method(*args, **given)
            self._answers.append(_answer(table, name, said))
            self.cpu_s += time.process_time() - began
            return real(table, *args, **given)

        return call

    def _pages_through(self, real: Callable[..., Any]) -> Callable[..., Iterator[list[Row]]]:
        def pages(table: Table, *args: Any, **given: Any) -> Iterator[list[Row]]:
            if not self.between:
                yield from self.pages(*args, **given)
                return
            began = time.process_time()
            found = list(self.pages(*args, **given))
            for place, page in enumerate(found, start=1):
                more = {"LastEvaluatedKey": write_row({"pk": "more", "sk": "more"})} if place < len(found) else {}
                items = [write_row(row) for row in page]
                self._answers.append((200, {"Items": items, "Count": len(items), "ScannedCount": len(items), **more}))
            self.cpu_s += time.process_time() - began
            yield from real(table, *args, **given)

        return pages

    def _of_the_table(self, request: Any, **_: Any) -> AWSResponse:
        began = time.process_time()
        self.requests += 1
        status, body = self._answers.popleft()
        return self._said(request, status, json.dumps(body, default=_base64), began)

    def _of_the_provider(self, request: Any, **_: Any) -> AWSResponse:
        began = time.process_time()
        self.requests += 1
        if request.method == "GET":
            quota = {"Max24HourSend": -1.0, "MaxSendRate": 1e6, "SentLast24Hours": 0.0}
            known = {"SendingEnabled": True, "ProductionAccessEnabled": True, "EnforcementStatus": "HEALTHY"}
            return self._said(request, 200, json.dumps({**known, "SendQuota": quota}), began)
        self.mails += 1
        return self._said(request, 200, json.dumps({"MessageId": f"0102{self.mails:020d}-000000"}), began)

    def _said(self, request: Any, status: int, body: str, began: float) -> AWSResponse:
        headers = HTTPHeaders()
        headers["content-type"] = "application/x-amz-json-1.0"
        answer = AWSResponse(request.url, status, headers, _Raw(body.encode()))
        self.cpu_s += time.process_time() - began
        return answer


class _Raw(io.BytesIO):
    """What urllib3 would give."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def _answer(table: Table, name: str, said: Any) -> _Answer:
    """What DynamoDB would have answered."""
    match name:
        case "get":
            return 200, {} if said is None else {"Item": write_row(said)}
        case "count":
            return 200, {"Count": said, "ScannedCount": said}
        case "update_seen" if said is not None:
            return 200, {"Attributes": write_row(said)}
        case "put_if" | "update_if" | "update_seen" if not said:
            return 400, _REFUSED
        case "batch_get":
            return 200, {"Responses": {table.name: [write_row(row) for row in said.values()]}, "UnprocessedKeys": {}}
    return 200, {"UnprocessedItems": {}} if name == "batch_write" else {}


def _base64(value: Any) -> str:
    return b64encode(value).decode()


_BUILT: Final = wiring._build.__wrapped__  # noqa: SLF001
