"""Files that are dropped in the inbox of the local stack, and what became of them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from core.ledger import CreditKind
from core.source import Source
from functions.shared import money_told
from functions.shared.store import inbox, moneys, sources
from functions.shared.store.inbox import InboxFile
from functions.shared.store.moneys import Money
from local.engine import Engine, Pumped
from tests.scenarios.company import ENTITY, NIGHT, Company

MAPPING: Mapping[str, Any] = {
    "mapping": "books",
    "customer": {"id": "Customer", "name": "Name", "email": "E-mail"},
    "invoice": {"number": "No", "issued": "Date", "due": "Due", "total": "Total", "open": "Open", "currency": "Cur"},
}
HEADER = "Customer,Name,E-mail,No,Date,Due,Total,Open,Cur"


def a_source(key: str = "books", **changes: Any) -> Source:
    about = {"id": key, "entity": ENTITY, "kind": "ledger", "mapping": MAPPING, "snapshot": "full", **changes}
    return Source.model_validate(about)


def row(
    number: str,
    customer: str = "",
    *,
    total: str = "100.00",
    left: str | None = None,
    due: str = "2026-03-02",
    issued: str = "2026-02-01",
) -> str:
    """One invoice; of a customer of its own unless told otherwise, all of it open."""
    who = customer or f"C-{number}"
    return f"{who},Firm {who},ap@{who.lower()}.example,{number},{issued},{due},{total},{left or total},EUR"


def table(rows: Iterable[str]) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


class Inbox:
    """One company with one source, and its inbox."""

    def __init__(self, engine: Engine, *given: Source, **company: Any) -> None:
        self.engine, self.company = engine, Company(engine, **company)
        for source in given or (a_source(),):
            assert sources.put(source, was=0)

    @property
    def bucket(self) -> str:
        return self.engine.stack.outputs["InboxBucketName"]

    def put(self, content: bytes, name: str = "ledger.csv", source: str = "books", entity: str = ENTITY) -> None:
        """An object lies in the inbox; nobody has looked yet."""
        key = f"inbox/{entity}/{source}/{name}"
        self.engine.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def drop(self, content: bytes, name: str = "ledger.csv", source: str = "books") -> Pumped:
        """A file is dropped, a second later than the one before, and seen to."""
        self.engine.move_to(self.engine.now + timedelta(seconds=1))
        self.put(content, name, source)
        return self.engine.pump()

    @property
    def file(self) -> InboxFile:
        """The newest file."""
        return self.files[0]

    @property
    def files(self) -> list[InboxFile]:
        return inbox.files(ENTITY)

    def open(self) -> dict[str, int]:
        """Number and open amount of every open invoice."""
        rows = (each for each in self.company.rows("ACCT#") if each["sk"].startswith("I#"))
        return {each["number"]: each["open_minor"] for each in rows if each["open_minor"]}

    def rejects(self) -> str:
        """What the newest file's reject file says."""
        found = self.engine.client("s3").get_object(Bucket=self.bucket, Key=self.file.rejects)
        return str(found["Body"].read().decode())


def a_program_tells(box: Inbox, minor: int, item: str, customer: str = "A") -> None:
    """A payment P1 that a program of the company told, all of it for one invoice."""
    money = Money(
        id="P1",
        kind=CreditKind.PAYMENT,
        currency="EUR",
        minor=minor,
        booked_on=NIGHT,
        used={item: minor},
        account=customer,
    )
    assert moneys.put(ENTITY, customer, money) is not None
    money_told.follow(ENTITY, money, today=NIGHT, now=box.engine.now)
