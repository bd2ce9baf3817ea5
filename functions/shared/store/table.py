"""The one DynamoDB table: typed rows in and out, every write conditional where it has to be.

An expression names attributes as `#name` and values as `:name`; the names are collected here, so a caller only gives
values, and `names` where an attribute's name is not a word.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from botocore.exceptions import ClientError

from core.values import dataclass
from functions.shared.settings import Settings
from functions.shared.store.attributes import read_row, write_row, write_value
from functions.shared.store.keys import Key
from functions.shared.wiring import client

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

Row: TypeAlias = dict[str, Any]  # str, int, bool, bytes, None, and lists and maps of them
Mine: TypeAlias = Callable[[Row], bool]

_NAME: Final = re.compile(r"#(\w+)")
_FAILED: Final = "ConditionalCheckFailedException"
_PUT_BATCH: Final = 25
_GET_BATCH: Final = 100
_ATTEMPTS: Final = 8
_AT_ONCE: Final = 8  # requests on their way; the SDK keeps ten connections


@dataclass(frozen=True, slots=True)
class Index:
    """A sparse index: its name, and what its two key attributes are called."""

    name: str
    attributes: str  # their common beginning: due, att, work, ref

    @property
    def pk(self) -> str:
        return f"{self.attributes}_pk"

    @property
    def sk(self) -> str:
        return f"{self.attributes}_sk"


def due_index() -> Index:
    return Index(Settings.from_env().due_index, "due")


def attention_index() -> Index:
    return Index(Settings.from_env().attention_index, "att")


def work_index() -> Index:
    return Index(Settings.from_env().work_index, "work")


def ref_index() -> Index:
    return Index(Settings.from_env().ref_index, "ref")


def table() -> "Table":
    """The table of the function that runs now."""
    return Table(Settings.from_env().table_name)


@dataclass(frozen=True, slots=True)
class Table:
    """The wrapper is as thin as its name: what DynamoDB does, with our rows."""

    name: str

    def get(self, key: Key, *, consistent: bool = True, only: Sequence[str] = ()) -> Row | None:
        """One record, or None; `only` these of its attributes are sent over."""
        request: dict[str, Any] = {"TableName": self.name, "Key": _key(key), "ConsistentRead": consistent}
        if only:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
        answer = _client().get_item(**request)
        found = answer.get("Item")
        return read_row(found) if found is not None else None

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        index: Index | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Iterator[Row]:
        """The records of one partition in the order of their sort key, page after page.

        Args: `prefix` or `between` (both ends included) narrow the sort key; the base table is read consistently,
        an index cannot be; `limit` stops after so many records.
        """
        left = limit
        for page in self.pages(pk, prefix=prefix, between=between, index=index, backwards=backwards, limit=limit):
            yield from page if left is None else page[:left]
            if left is not None:
                left -= len(page)
                if left <= 0:
                    return

    def pages(
        self,
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        index: Index | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Iterator[list[Row]]:
        """As `query`, a page at a time; `limit` bounds one page."""
        request = self._request(pk, prefix, between, index)
        request["ScanIndexForward"] = not backwards
        if limit is not None:
            request["Limit"] = limit
        return ([read_row(found) for found in answer["Items"]] for answer in _answers(request))

    def query_each(self, pks: Iterable[str], *, index: Index) -> dict[str, list[Row]]:
        """As `query` of many partitions: one request asks for one, so some are on their way at the same time."""
        wanted = list(dict.fromkeys(pks))
        if len(wanted) < 2:
            return {pk: list(self.query(pk, index=index)) for pk in wanted}
        from concurrent.futures import ThreadPoolExecutor  # no other function waits for it while it starts

        with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
            found = pool.map(lambda pk: list(self.query(pk, index=index)), wanted)
            return dict(zip(wanted, found, strict=True))

    def count(self, pk: str, *, prefix: str = "") -> int:
        """How many records `query` would return; read as strongly, and nothing is sent over."""
        request = {**self._request(pk, prefix, None, None), "Select": "COUNT"}
        return sum(answer["Count"] for answer in _answers(request))

    def put(self, row: Row) -> None:
        """Write a record whole, whatever was there: for records whose content follows from their key."""
        _client().put_item(TableName=self.name, Item=write_row(row))

    def put_if(
        self, row: Row, condition: str, values: Mapping[str, Any] | None = None, *, mine: Mine | None = None
    ) -> bool:
        """Write a record whole when the condition holds.

        Args: `mine` recognises, in the record that is there, our own write: a repeated request fails on its own
        success.
        Returns: whether our record is there now.
        """
        request = {"Item": write_row(row), **_expressions({"ConditionExpression": condition}, values, None)}
        return self._conditional(_client().put_item, request, mine)

    def update_if(
        self,
        key: Key,
        update: str,
        condition: str,
        values: Mapping[str, Any] | None = None,
        *,
        names: Mapping[str, str] | None = None,
        mine: Mine | None = None,
    ) -> bool:
        """Change a record when the condition holds; as `put_if`. Unless told, it creates a record that is not there."""
        expressions = {"UpdateExpression": update, "ConditionExpression": condition}
        request = {"Key": _key(key), **_expressions(expressions, values, names)}
        return self._conditional(_client().update_item, request, mine)

    def update_seen(self, key: Key, update: str, condition: str, values: Mapping[str, Any] | None = None) -> Row | None:
        """As `update_if`, and gives the record as it is after it; None where the condition did not hold.

        A request that the SDK repeats after its own success gives None too: the caller has to look.
        """
        expressions = {"UpdateExpression": update, "ConditionExpression": condition}
        request = {"Key": _key(key), "ReturnValues": "ALL_NEW", **_expressions(expressions, values, None)}
        try:
            answer = _client().update_item(TableName=self.name, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != _FAILED:
                raise
            return None
        return read_row(answer["Attributes"])

    def delete(self, key: Key) -> None:
        """Remove a record; nothing to remove is fine. Only the doors of a ledger and the command line do."""
        _client().delete_item(TableName=self.name, Key=_key(key))

    def batch_get(self, keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Row]:
        """The records that exist among these."""
        found: dict[Key, Row] = {}
        wanted = list(dict.fromkeys(keys))
        for chunk in _chunks(wanted, _GET_BATCH):
            left: Any = {self.name: {"Keys": [_key(key) for key in chunk], "ConsistentRead": consistent}}
            for attempt in range(_ATTEMPTS):
                answer = _client().batch_get_item(RequestItems=left)
                for item in answer["Responses"].get(self.name, []):
                    row = read_row(item)
                    found[Key(row["pk"], row["sk"])] = row
                left = answer.get("UnprocessedKeys")
                if not left:
                    break
                _back_off(attempt)
            else:
                raise UnprocessedError("records were not read on any attempt")
        return found

    def batch_write(self, puts: Iterable[Row] = (), deletes: Iterable[Key] = ()) -> int:
        """Write many records whole and remove others, unconditionally; what the table refuses for now is repeated.

        Returns: how many records were written or removed.
        """
        requests: list[Any] = [{"PutRequest": {"Item": write_row(row)}} for row in puts]
        requests += [{"DeleteRequest": {"Key": _key(key)}} for key in deletes]
        for chunk in _chunks(requests, _PUT_BATCH):
            left: Any = {self.name: chunk}
            for attempt in range(_ATTEMPTS):
                left = _client().batch_write_item(RequestItems=left).get("UnprocessedItems")
                if not left:
                    break
                _back_off(attempt)
            else:
                raise UnprocessedError("records were not written on any attempt")
        return len(requests)

    def _request(self, pk: str, prefix: str, between: tuple[str, str] | None, index: Index | None) -> dict[str, Any]:
        pk_name, sk_name = (index.pk, index.sk) if index else ("pk", "sk")
        condition, values, names = "#pk = :pk", {"pk": pk}, {"#pk": pk_name}
        if between is not None:
            condition += " AND #sk BETWEEN :low AND :high"
            values |= {"low": between[0], "high": between[1]}
        elif prefix:
            condition += " AND begins_with(#sk, :prefix)"
            values["prefix"] = prefix
        if len(values) > 1:
            names["#sk"] = sk_name
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
            "ConsistentRead": index is None,
        }
        if index:
            request["IndexName"] = index.name
        return request

    def _conditional(self, call: Callable[..., Any], request: dict[str, Any], mine: Mine | None) -> bool:
        try:
            call(TableName=self.name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != _FAILED:
                raise
            there: Any = error.response.get("Item")
            return mine is not None and bool(there) and mine(read_row(there))
        return True


class UnprocessedError(RuntimeError):
    """The table kept refusing part of a batch; the batch may be repeated whole."""


def _expressions(
    expressions: dict[str, str], values: Mapping[str, Any] | None, names: Mapping[str, str] | None
) -> dict[str, Any]:
    given = {f"#{alias}": name for alias, name in (names or {}).items()}
    used = {f"#{name}": name for text in expressions.values() for name in _NAME.findall(text)}
    request: dict[str, Any] = {**expressions}
    if used:
        request["ExpressionAttributeNames"] = used | given
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": write_value(value) for name, value in values.items()}
    return request


def _answers(query: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is answered to a query, page after page."""
    request = dict(query)
    while True:
        answer = _client().query(**request)
        yield answer
        start = answer.get("LastEvaluatedKey")
        if not start:
            return
        request["ExclusiveStartKey"] = start


def _client() -> "DynamoDBClient":
    return client("dynamodb")


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    return (list(values[start : start + size]) for start in range(0, len(values), size))


def _back_off(attempt: int) -> None:
    time.sleep(min(2.0, 0.05 * 2**attempt))
