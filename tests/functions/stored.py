"""A company in the table: configuration and accounts, written by the real writers; and what table and queues hold."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import BotocoreStubber

from core.formats.changes import AccountChanges, ItemChange
from core.ledger import Item
from functions.shared.settings import Settings
from functions.shared.store import accounts, config, facts, keys
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.attributes import read_row
from functions.shared.store.config import Configuration
from functions.shared.store.table import Row, attention_index, table
from functions.shared.wiring import client
from tests.builders import a_customer, a_policy, an_entity, an_item, contacts, people

TODAY = date(2026, 3, 9)  # seven days past due for the builders' items: step b
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def configured(*entities: Any) -> Configuration:
    """One live entity, or those given, under the shipped policy."""
    for entity in entities or (an_entity(),):
        assert config.put_entity(entity, was=0)
    for person in people():
        assert config.put_person(person, was=0)
    assert config.put_policy(a_policy(), was=0)
    return config.read()


def changes(customer: str = "C1", *items: ItemChange | Item, entity: str = "E1", **others: Any) -> AccountChanges:
    """What a ledger says of one customer: one open invoice unless told otherwise."""
    listed = items or (an_item(f"{customer}-I1", customer=customer),)
    return AccountChanges(
        entity=entity,
        customer=a_customer(id=customer),
        contacts=others.pop(
            "contacts",
            tuple(k.model_copy(update={"customer": customer, "email": f"{customer}-{k.email}"}) for k in contacts()),
        ),
        items=tuple(i if isinstance(i, ItemChange) else ItemChange(i) for i in listed),
        **others,
    )


def stored(*customers: str, entity: str = "E1") -> None:
    """Accounts with one invoice each, due to be decided."""
    ledger = [changes(customer, entity=entity) for customer in customers or ("C1",)]
    assert all(done.changed for done in facts.apply_accounts(ledger, today={entity: TODAY}, now=NOW))


def account(customer: str = "C1", entity: str = "E1") -> AccountRecord:
    record = accounts.read(entity, customer)
    assert record is not None
    return record


def taken(queue: str) -> list[Any]:
    """Every message body on a queue, taken off it."""
    url = getattr(Settings.from_env(), f"{queue}_queue_url")
    bodies: list[Any] = []
    while messages := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(json.loads(message["Body"]))
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def attention(entity: str = "E1") -> list[str]:
    return [
        row["att_sk"]
        for shard in range(keys.SHARDS)
        for row in table().query(keys.attention_pk(entity, shard), index=attention_index())
    ]


def everything() -> list[Row]:
    """The whole table, bookkeeping of single writes aside."""
    found = [read_row(item) for item in client("dynamodb").scan(TableName=Settings.from_env().table_name)["Items"]]
    for row in found:
        row.pop("token", None)
    return sorted(found, key=lambda row: (row["pk"], row["sk"]))


class KilledError(BaseException):
    """Our process died here."""


@dataclass
class Requests:
    """Requests that AWS saw, in order; the process dies before or after the n-th that changes something."""

    made: list[str] = field(default_factory=list)
    changes: int = 0
    die_before: int | None = None
    die_after: int | None = None


_CHANGING = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "SendMessageBatch"}


@contextmanager
def watched(*, die_before: int | None = None, die_after: int | None = None) -> Iterator[Requests]:
    """Count the requests of a block; a crash point is a change that did not happen, or whose answer never came."""
    seen = Requests(die_before=die_before, die_after=die_after)

    def before(model: Any, **_: Any) -> None:
        seen.made.append(model.name)
        if model.name in _CHANGING:
            seen.changes += 1
            if seen.die_before is not None and seen.changes >= seen.die_before:
                raise KilledError

    def after(model: Any, **_: Any) -> None:
        if model.name in _CHANGING and seen.die_after is not None and seen.changes >= seen.die_after:
            raise KilledError

    hooks = [(client("dynamodb"), "dynamodb"), (client("sqs"), "sqs")]
    for aws, service in hooks:
        aws.meta.events.register(f"before-call.{service}", before, unique_id="test-before")
        aws.meta.events.register(f"after-call.{service}", after, unique_id="test-after")
    try:
        yield seen
    finally:
        for aws, service in hooks:
            aws.meta.events.unregister(f"before-call.{service}", unique_id="test-before")
            aws.meta.events.unregister(f"after-call.{service}", unique_id="test-after")


@contextmanager
def answers_lost(times: int) -> Iterator[list[bool]]:
    """DynamoDB does the work, and then the answer is a 500: the SDK repeats the request."""
    lost: list[bool] = []
    real = BotocoreStubber.__call__

    def call(self: Any, event_name: str, request: Any, **rest: Any) -> Any:
        answer = real(self, event_name, request, **rest)
        if answer is not None and len(lost) < times:
            lost.append(True)
            return AWSResponse(request.url, 500, {}, SimpleNamespace(stream=lambda **_: iter([b"{}"])))
        return answer

    BotocoreStubber.__call__ = call  # type: ignore[method-assign]
    try:
        yield lost
    finally:
        BotocoreStubber.__call__ = real  # type: ignore[method-assign]
