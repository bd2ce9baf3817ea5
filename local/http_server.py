"""HTTP on this machine -> events of an HTTP API -> the real handler in the engine -> HTTP. One request at a time."""

import base64
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from local.engine import Engine
from local.http_event import http_event

FUNCTION: Final = "IngestApiFunction"
_PREFIX: Final = "HTTP_"
Start = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]


def wsgi(invoke: Callable[[dict[str, Any]], dict[str, Any]]) -> Wsgi:
    """A WSGI application that asks a handler."""

    def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        answer = invoke(_event(environ))
        status = HTTPStatus(answer["statusCode"])
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        headers = {str(name): str(value) for name, value in answer.get("headers", {}).items()}
        if status is not HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(content))
        start(f"{int(status)} {status.phrase}", list(headers.items()))
        return [content]

    return application


@contextmanager
def serving(engine: Engine, port: int) -> Iterator[WSGIServer]:
    """A server of the engine's API, which answers when it is told to."""

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = engine.invoke(FUNCTION, event)
        return answer

    server = make_server("127.0.0.1", port, wsgi(invoke), handler_class=_Quiet)
    try:
        yield server
    finally:
        server.server_close()


class _Quiet(WSGIRequestHandler):
    """Says nothing: paths hold ids."""

    def log_message(self, *_: object) -> None:
        return


def _event(environ: dict[str, Any]) -> dict[str, Any]:
    headers = {
        name.removeprefix(_PREFIX).replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else None
    path = str(environ.get("PATH_INFO", "/")).encode("latin-1")
    return http_event(environ["REQUEST_METHOD"], _raw(path), environ.get("QUERY_STRING", ""), headers, _text(body))


def _raw(path: bytes) -> str:
    """The path as it came over the wire: a WSGI server has taken the percent signs out."""
    from urllib.parse import quote

    return quote(path, safe="/~!$&'()*+,;=:@-._")


def _text(body: bytes | None) -> str | bytes | None:
    """As API Gateway hands it over: text where it is text, else base64."""
    if body is None:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body
