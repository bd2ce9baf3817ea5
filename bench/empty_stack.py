"""A stand-in for AWS on loopback: a stack with its configuration and nothing else, for a function's first event."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from unittest.mock import patch

from bench import company
from functions.shared.store import config, keys
from functions.shared.store.attributes import write_row
from functions.shared.store.table import Row, Table

Record = dict[str, Any]
_MISSED: Final = {"__type": "ConditionalCheckFailedException"}


@contextmanager
def serving() -> Iterator[str]:
    """Answer while the block runs. Yields: the address for AWS_ENDPOINT_URL."""
    items = _plain([write_row(row) for row in _configuration()])

    class Stack(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every answer is 40 ms late
        wbufsize = -1  # headers and body in one packet

        def do_POST(self) -> None:  # as http.server spells it
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            # A record that is changed and read in one is not there, nor is any other but the configuration.
            missed = operation == "UpdateItem" and asked.get("ReturnValues") == "ALL_NEW"
            answer = json.dumps(_MISSED if missed else _answer(operation, asked, items)).encode()
            self.send_response(400 if missed else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stack)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(operation: str, asked: Record, configuration: list[Record]) -> Record:
    match operation:
        case "Query":
            found = configuration if {"S": keys.CONFIG} in asked["ExpressionAttributeValues"].values() else []
            return {"Items": found, "Count": len(found), "ScannedCount": len(found)}
        case "BatchGetItem":
            return {"Responses": {}, "UnprocessedKeys": {}}
        case "SendMessageBatch":
            return {"Successful": [{"Id": e["Id"], "MessageId": "m", "MD5OfMessageBody": ""} for e in asked["Entries"]]}
        case "GetItem" | "PutItem" | "UpdateItem":
            return {}
    raise NotImplementedError(operation)


def _configuration() -> list[Row]:
    """The rows that the product's own writers make."""
    rows: list[Row] = []

    def put_if(_: Table, row: Row, *__: Any, **___: Any) -> bool:
        rows.append(row)
        return True

    setting = company.setting()
    with patch.object(Table, "put_if", put_if), patch.dict(os.environ, TABLE_NAME="bench"):
        config.put_policy(setting.policy, was=0)
        config.put_entity(setting.entity, was=0)
        for person in setting.people:
            config.put_person(person, was=0)
    return rows


def _plain(items: list[Record]) -> list[Record]:
    """Bytes as the wire has them."""
    from base64 import b64encode

    return [{name: {"B": b64encode(v["B"]).decode()} if "B" in v else v for name, v in item.items()} for item in items]
