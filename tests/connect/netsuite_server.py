"""A NetSuite on loopback: its token endpoint, and SuiteQL over a small database that answers what is really asked."""

import json
import re
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

CLIENT: Final = "the-client"
CERTIFICATE: Final = "the-certificate"
_TABLES: Final = """
CREATE TABLE currency (id, symbol);
CREATE TABLE department (id, name);
CREATE TABLE entityaddress (nkey, country, addrtext);
CREATE TABLE customer (id, entityid, companyname, altname, isperson, email, parent, salesrep, language, currency,
  defaultbillingaddress, lastmodifieddate);
CREATE TABLE contact (id, company, firstname, lastname, email, phone, contactrole, isinactive, lastmodifieddate);
CREATE TABLE "transaction" (id, tranid, type, status, entity, voided, currency, trandate, duedate, closedate,
  foreigntotal, foreignamountunpaid, foreignpaymentamountunused, lastmodifieddate);
CREATE TABLE transactionline ("transaction", mainline, subsidiary, department);
CREATE TABLE deletedrecord (recordid, type, deleteddate);
CREATE TABLE nexttransactionlinelink (previousdoc, nextdoc, linktype, lastmodifieddate);
"""


@dataclass(slots=True)
class NetSuite:
    """What it holds, and how it behaves: `faults` answers the next requests with these statuses."""

    key: RSAKey
    database: sqlite3.Connection = field(init=False)
    faults: list[int] = field(default_factory=list)
    hidden: str = "nothing"  # a table that the role may not see
    questions: list[str] = field(default_factory=list)
    written: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)  # method, path, body
    before_page: Callable[[int], None] = lambda _: None  # called with the number of each page
    page: int = 1000
    url: str = ""
    _server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.row_factory = sqlite3.Row
        self.database.create_function("TO_CHAR", 2, lambda day, _: None if day is None else str(day)[:10])
        self.database.create_function("TO_TIMESTAMP_TZ", 2, lambda text, _: text)
        self.database.executescript(_TABLES)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"netsuite": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.database.close()

    def add(self, table: str, **row: Any) -> None:
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.database.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', tuple(row.values()))

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """A token for a rightly signed assertion; None for any other."""
        try:
            told = jwt.decode(form["client_assertion"][0], self.key, algorithms=["PS256"])
        except JoseError:
            return None
        right = told.header["kid"] == CERTIFICATE and told.claims["iss"] == CLIENT
        if not right or told.claims["aud"] != f"{self.url}/services/rest/auth/oauth2/v1/token":
            return None
        return {"access_token": "open-sesame", "expires_in": "3600", "token_type": "Bearer"}

    def answer(self, question: str, limit: int) -> dict[str, Any]:
        self.questions.append(question)
        self.before_page(len(self.questions))
        size = min(limit, self.page)
        rows = self.database.execute(re.sub(r"\btransaction\b", '"transaction"', question)).fetchmany(size + 1)
        # every value is text, and what is empty is left out, as SuiteQL's answers are
        items = [{"links": [], **{k: str(row[k]) for k in row.keys() if row[k] is not None}} for row in rows[:size]]  # noqa: SIM118
        return {"links": [], "count": len(items), "hasMore": len(rows) > size, "items": items, "offset": 0}


class Handler(BaseHTTPRequestHandler):
    """One request; `netsuite` is set on a subclass."""

    protocol_version = "HTTP/1.1"
    netsuite: NetSuite

    def do_POST(self) -> None:
        body, where = self.rfile.read(int(self.headers["Content-Length"])), urlsplit(self.path)
        if where.path.endswith("/token"):
            token = self.netsuite.token(parse_qs(body.decode()))
            self._say(200 if token else 401, token or {"error": "invalid_client"})
        elif self._may("suiteql"):
            limit, question = int(parse_qs(where.query)["limit"][0]), json.loads(body)["q"]
            if f"FROM {self.netsuite.hidden} " in question:
                self._say(400, {"o:errorDetails": [{"detail": "Record was not found."}]})
            else:
                self._say(200, self.netsuite.answer(question, limit))

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._may("record"):
            self.netsuite.written.append((self.command, self.path, body))
            self._say(204, None)

    def do_PUT(self) -> None:
        self.do_PATCH()

    def _may(self, service: str) -> bool:
        """False where the request was answered already: by a fault, or because it lacks what it must have."""
        if self.netsuite.faults:
            self._say(self.netsuite.faults.pop(0), {"o:errorDetails": []})
            return False
        transient = service != "suiteql" or self.headers["Prefer"] == "transient"
        if self.headers["Authorization"] != "Bearer open-sesame" or not transient:
            self._say(401, {})
            return False
        return True

    def _say(self, status: int, answer: Any) -> None:
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass
