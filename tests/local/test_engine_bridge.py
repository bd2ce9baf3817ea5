"""The bridged moto answers a query as stock moto does, only faster."""

from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import BaseJSONSerializer, XFormedAttributePicker
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

from local.engine.bridge import bridged
from local.engine.bridge.items import Parser
from local.engine.bridge.patching import replace
from local.engine.bridge.updates import Node, Visitor

STOCK_QUERY = Table.query
STOCK_STRUCTURE = BaseJSONSerializer._serialize_type_structure
STOCK_PROCESS = botocore_stubber.process_request
STOCK_UPDATES = [
    (Visitor, "traverse", Visitor.traverse),
    (validators.OverlappingPathsValidator, "traverse", Visitor.traverse),
    (validators.ActionCountValidator, "traverse", Visitor.traverse),
    (validators, "deepcopy", validators.deepcopy),
    (Node, "find_clauses", Node.find_clauses),
    (UpdateExpressionParser, "make", vars(UpdateExpressionParser).get("make", UpdateExpressionParser.make)),
]

STOCK_ITEMS: list[tuple[Any, str, Any]] = [
    (owner, name, getattr(owner, name))
    for owner, name in [
        (DynamoType, "size"),
        (LimitedSizeDict, "__setitem__"),
        (Item, "__deepcopy__"),
        (Parser, "_parse_structure"),
        (XFormedAttributePicker, "get_possible_keys"),
    ]
]

HASHES = ("a", "b", "c")
RANGES = ("1", "2", "3", "4", "5")
NAME = "t"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws(), bridged():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def table(dynamodb: Any) -> Iterator[Any]:
    create_table(dynamodb)
    yield dynamodb
    dynamodb.delete_table(TableName=NAME)


def create_table(dynamodb: Any) -> None:
    def keys(hash_key: str, range_key: str) -> list[dict[str, str]]:
        return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]

    dynamodb.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "g", "h", "l")],
        GlobalSecondaryIndexes=[
            {"IndexName": "due", "KeySchema": keys("g", "h"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
            {"IndexName": "work", "KeySchema": keys("h", "g"), "Projection": {"ProjectionType": "ALL"}},
        ],
        LocalSecondaryIndexes=[
            {"IndexName": "local", "KeySchema": keys("pk", "l"), "Projection": {"ProjectionType": "ALL"}}
        ],
    )


optional = st.one_of(st.none(), st.sampled_from(HASHES))
item_keys = st.tuples(st.sampled_from(HASHES[:2]), st.sampled_from(RANGES[:3]))  # few, so that writes meet
writes = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "update", "update", "remove", "delete", "fail", "transact", "transact_fail"]),
        item_keys,
        st.fixed_dictionaries({"g": optional, "h": optional, "l": optional}),
    ),
    min_size=4,
    max_size=20,
)
queries = st.fixed_dictionaries({
    "index": st.sampled_from([None, "due", "work", "local"]),
    "hash": st.sampled_from([*HASHES, "absent"]),
    "range": st.sampled_from([None, "=", "<", ">=", "begins_with", "BETWEEN"]),
    "bound": st.sampled_from([*HASHES, *RANGES]),
    "forward": st.booleans(),
    "limit": st.one_of(st.none(), st.integers(1, 4)),
    "filter": st.sampled_from([None, "attribute_exists(l)"]),
})  # fmt: skip


WHOLE = [
    {"index": index, "hash": value, "range": None, "bound": "", "forward": True, "limit": None, "filter": None}
    for index in ("due", "work") for value in HASHES
]  # fmt: skip


@settings(max_examples=60)
@given(written=writes, asked=st.lists(queries, max_size=5))
def test_query_by_look_up_answers_as_stock_moto_does(dynamodb: Any, written: Any, asked: Any) -> None:
    create_table(dynamodb)
    try:
        for number, (kind, key, attributes) in enumerate(written):
            if number in (len(written) // 3, len(written) // 2):
                pages(dynamodb, WHOLE[0])  # from here on the index has to follow the writes
            write(dynamodb, kind, key, attributes, number)
        for query in [*WHOLE, *asked]:
            found = pages(dynamodb, query)
            with ExitStack() as undo:
                replace(undo, Table, "query", STOCK_QUERY)
                assert found == pages(dynamodb, query)
    finally:
        dynamodb.delete_table(TableName=NAME)


def write(dynamodb: Any, kind: str, key: tuple[str, str], attributes: dict[str, str | None], number: int) -> None:
    at = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    given = {name: {"S": value} for name, value in attributes.items() if value is not None}
    body = {**at, **given, "n": {"N": str(number)}}
    put = {"TableName": NAME, "Item": body}
    match kind:
        case "put":
            dynamodb.put_item(**put)
        case "update":
            change(dynamodb, at, {**given, "n": {"N": str(number)}})
        case "remove":
            dynamodb.update_item(TableName=NAME, Key=at, UpdateExpression="REMOVE g, h, l")
        case "delete":
            dynamodb.delete_item(TableName=NAME, Key=at)
        case "fail":
            with pytest.raises(ClientError):
                dynamodb.put_item(**put, ConditionExpression="attribute_exists(absent)")
        case "transact":
            dynamodb.transact_write_items(TransactItems=[{"Put": put}])
        case _:
            failing = {"TableName": NAME, "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}}
            check = {"ConditionCheck": {**failing, "ConditionExpression": "attribute_exists(pk)"}}
            with pytest.raises(ClientError):
                dynamodb.transact_write_items(TransactItems=[{"Put": put}, check])


def change(dynamodb: Any, key: Any, values: dict[str, Any]) -> None:
    dynamodb.update_item(
        TableName=NAME,
        Key=key,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


KEYS_OF = {None: ("pk", "sk"), "due": ("g", "h"), "work": ("h", "g"), "local": ("pk", "l")}
RANGE_CONDITIONS = {
    "begins_with": " AND begins_with(#r, :r)", "BETWEEN": " AND #r BETWEEN :r AND :s",
    "=": " AND #r = :r", "<": " AND #r < :r", ">=": " AND #r >= :r",
}  # fmt: skip


def pages(dynamodb: Any, query: dict[str, Any]) -> list[Any]:
    """Every page of a query: items, counts and where the next one starts."""
    request, found = request_of(query), []
    while len(found) < 40:
        page = dynamodb.query(**request)
        found.append((page["Items"], page["Count"], page["ScannedCount"], page.get("LastEvaluatedKey")))
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return found


def request_of(query: dict[str, Any]) -> dict[str, Any]:
    hash_key, range_key = KEYS_OF[query["index"]]
    names, values = {"#h": hash_key}, {":h": {"S": query["hash"]}}
    if query["range"]:
        names["#r"], values[":r"] = range_key, {"S": query["bound"]}
    if query["range"] == "BETWEEN":
        values[":s"] = {"S": "c"}
    extra = {"IndexName": query["index"], "Limit": query["limit"], "FilterExpression": query["filter"]}
    return {
        "TableName": NAME,
        "KeyConditionExpression": "#h = :h" + RANGE_CONDITIONS.get(query["range"], ""),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": query["forward"],
        **{name: value for name, value in extra.items() if value},
    }


attribute_values = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text(max_size=5)),
        st.builds(lambda number: {"N": str(number)}, st.integers(-(10**9), 10**9)),
        st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
        st.just({"NULL": True}),
        st.builds(lambda raw: {"B": raw}, st.binary(min_size=1, max_size=5)),
        st.builds(
            lambda texts: {"SS": sorted(texts)}, st.sets(st.text(min_size=1, max_size=3), min_size=1, max_size=3)
        ),
        st.builds(
            lambda numbers: {"NS": [str(n) for n in numbers]}, st.lists(st.integers(0, 9), min_size=1, unique=True)
        ),
        st.builds(
            lambda raws: {"BS": sorted(raws)}, st.sets(st.binary(min_size=1, max_size=3), min_size=1, max_size=2)
        ),
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"M": items}, st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3)),
    ),
    max_leaves=6,
)


@given(value=attribute_values)
def test_lean_answers_are_stock_answers(dynamodb: Any, value: Any) -> None:
    create_table(dynamodb)
    try:
        key = {"pk": {"S": "a"}, "sk": {"S": "1"}}
        dynamodb.put_item(TableName=NAME, Item={**key, "v": value})
        lean = dynamodb.get_item(TableName=NAME, Key=key)["Item"]
        with ExitStack() as undo:
            replace(undo, BaseJSONSerializer, "_serialize_type_structure", STOCK_STRUCTURE)
            for owner, name, stock in STOCK_ITEMS:
                replace(undo, owner, name, stock)
            assert lean == dynamodb.get_item(TableName=NAME, Key=key)["Item"]
            dynamodb.put_item(TableName=NAME, Item={**key, "v": value})
            assert lean == dynamodb.get_item(TableName=NAME, Key=key)["Item"]
    finally:
        dynamodb.delete_table(TableName=NAME)


@given(value=attribute_values)
def test_a_request_is_read_as_stock_moto_reads_it(dynamodb: Any, value: Any) -> None:
    model = dynamodb.meta.service_model.operation_model("PutItem")
    sent = create_serializer("json").serialize_to_request({"TableName": NAME, "Item": {"v": value}}, model)
    reader = PROTOCOL_PARSERS["json"](model)
    lean = reader.parse(sent)
    with ExitStack() as undo:
        for owner, name, stock in STOCK_ITEMS:
            replace(undo, owner, name, stock)
        assert lean == reader.parse(sent)
    assert lean["Item"] == {"v": value}


@given(value=attribute_values)
def test_a_lean_item_has_the_size_and_the_copy_of_a_stock_item(dynamodb: Any, value: Any) -> None:
    held = Item(DynamoType({"S": "ä"}), None, {"pk": {"S": "ä"}, "v": value})
    lean = held.size(), deepcopy(held).to_json(), held.attrs["v"].size()
    assert lean[1] == held.to_json()
    with ExitStack() as undo:
        for owner, name, stock in STOCK_ITEMS:
            replace(undo, owner, name, stock)
        assert lean == (held.size(), deepcopy(held).to_json(), held.attrs["v"].size())
        assert Item(DynamoType({"S": "ä"}), None, {"pk": {"S": "ä"}, "v": value}) == held


def test_a_copy_is_an_item_of_its_own(dynamodb: Any) -> None:
    held = Item(DynamoType({"S": "a"}), None, {"m": {"M": {"x": {"L": [{"SS": ["p"]}]}}}})
    twin = deepcopy(held)
    twin.attrs["m"].value["x"].value[0].value.append("q")
    twin.attrs["m"].value["y"] = DynamoType({"S": "y"})
    twin.attrs["n"] = DynamoType({"N": "1"})
    assert held.to_json() == {"Attributes": {"m": {"M": {"x": {"L": [{"SS": ["p"]}]}}}}}


@pytest.mark.parametrize("letters", [404_993, 404_994])
def test_an_item_is_refused_from_the_same_byte_on(table: Any, letters: int) -> None:
    def said() -> Any:
        try:
            return table.put_item(TableName=NAME, Item={**KEY, "v": {"S": "ä" + "x" * (letters - 2)}}) and "taken"
        except ClientError as refused:
            return str(refused)

    lean = said()
    assert (lean == "taken") == (letters == 404_993)
    with ExitStack() as undo:
        for owner, name, stock in STOCK_ITEMS:
            replace(undo, owner, name, stock)
        assert lean == said()


UPDATES = {
    "SET": ["a = :n", "#b = :s", "a = a + :n", "m.x = :s", "m.y.z = :n", "l[0] = :s", "n = if_not_exists(n, :n)",
            "l = list_append(l, :l)", "#b = #b", "absent.x = :s", "pk = :s", "g = :e", "a = :t"],
    "REMOVE": ["a", "#b", "m.x", "l[1]", "l[0]", "absent"],
    "ADD": ["a :n", "t :t", "absent :n", "m :n"],
    "DELETE": ["t :t", "absent :t"],
}  # fmt: skip
UPDATE_NAMES = {"#b": "b"}
UPDATE_VALUES: dict[str, Any] = {
    ":n": {"N": "2"}, ":s": {"S": "x"}, ":l": {"L": [{"S": "y"}]}, ":t": {"SS": ["p"]}, ":e": {"S": ""},
}  # fmt: skip
BEFORE: dict[str, Any] = {
    "pk": {"S": "a"}, "sk": {"S": "1"}, "a": {"N": "1"}, "b": {"S": "b"}, "t": {"SS": ["p", "q"]},
    "l": {"L": [{"S": "0"}, {"S": "1"}]}, "m": {"M": {"x": {"S": "x"}, "y": {"M": {"z": {"N": "0"}}}}},
}  # fmt: skip
clauses = st.lists(
    st.sampled_from(sorted(UPDATES)).flatmap(
        lambda verb: st.tuples(st.just(verb), st.lists(st.sampled_from(UPDATES[verb]), min_size=1, max_size=5))
    ),
    min_size=1,
    max_size=3,
)


@given(clauses=clauses)
def test_lean_updates_are_stock_updates(dynamodb: Any, clauses: list[tuple[str, list[str]]]) -> None:
    expression = " ".join(f"{verb} {', '.join(actions)}" for verb, actions in clauses)
    create_table(dynamodb)
    try:
        lean = updated(dynamodb, expression)
        with ExitStack() as undo:
            for owner, name, value in STOCK_UPDATES:
                replace(undo, owner, name, value)
            assert lean == updated(dynamodb, expression)
    finally:
        dynamodb.delete_table(TableName=NAME)


def updated(dynamodb: Any, expression: str) -> Any:
    """The item after an update, or what was said against it."""
    dynamodb.put_item(TableName=NAME, Item=BEFORE)
    try:
        return dynamodb.update_item(
            TableName=NAME,
            Key={"pk": {"S": "a"}, "sk": {"S": "1"}},
            UpdateExpression=expression,
            ReturnValues="ALL_NEW",
            **used(expression),
        )["Attributes"]
    except ClientError as refused:
        return str(refused)


def used(expression: str) -> dict[str, Any]:
    names = {name: value for name, value in UPDATE_NAMES.items() if name in expression}
    values = {name: value for name, value in UPDATE_VALUES.items() if name in expression}
    filled = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {key: value for key, value in filled.items() if value}


KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("put_item", {"Item": {**KEY, "raw": {"B": b"\x00\xff"}, "n": {"N": "1"}}}),
    ("put_item", {"Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}),
    ("put_item", {"Item": KEY, "ConditionExpression": "attribute_not_exists(pk)",
                  "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("put_item", {"Item": {"pk": {"S": "a"}}}),  # without its sort key
    ("get_item", {"Key": KEY, "ConsistentRead": True}),
    ("get_item", {"Key": {"pk": {"S": "absent"}, "sk": {"S": "1"}}}),
    ("update_item", {"Key": KEY, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}},
                     "ReturnValues": "ALL_NEW"}),
    ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}),
    ("query", {"KeyConditionExpression": "pk = :p AND", "ExpressionAttributeValues": {":p": {"S": "a"}}}),
    ("delete_item", {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("describe_table", {}),
]  # fmt: skip


def test_the_short_way_answers_as_the_long_way(dynamodb: Any) -> None:
    assert answers(dynamodb) == answers(dynamodb, STOCK_PROCESS)


def answers(dynamodb: Any, process: Any = None) -> list[Any]:
    create_table(dynamodb)
    with ExitStack() as undo:
        if process is not None:
            replace(undo, botocore_stubber, "process_request", process)
        found = [answer(dynamodb, name, request) for name, request in CALLS]
        dynamodb.delete_table(TableName=NAME)
        found.append(answer(dynamodb, "describe_table", {}))
    return found


def answer(dynamodb: Any, name: str, request: dict[str, Any]) -> Any:
    try:
        found = getattr(dynamodb, name)(TableName=NAME, **request)
    except ClientError as refused:
        found = {**refused.response, "status": refused.response["ResponseMetadata"]["HTTPStatusCode"]}
    changing = ("ResponseMetadata", "CreationDateTime")
    table = {key: value for key, value in found.pop("Table", {}).items() if key not in changing}
    return {key: value for key, value in found.items() if key not in changing}, table


def test_query_of_an_unknown_index_is_refused(table: Any) -> None:
    with pytest.raises(ClientError, match="Invalid index"):
        table.query(
            TableName=NAME,
            IndexName="absent",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "a"}},
        )


def test_a_query_does_not_grow_with_the_table(table: Any) -> None:
    for number in range(300):
        table.put_item(TableName=NAME, Item={"pk": {"S": f"p{number}"}, "sk": {"S": "1"}})
    walked: list[int] = []
    stock = Table.sorted_items
    with ExitStack() as undo:
        replace(undo, Table, "sorted_items", lambda self, *args: walked.append(len(args[-1])) or stock(self, *args))
        replace(undo, Table, "all_items", lambda _self: pytest.fail("walked the whole table"))
        table.query(TableName=NAME, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "p7"}})
        table.query(
            TableName=NAME,
            IndexName="due",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "a"}},
        )
    assert walked == [0]


def test_bridges_do_not_nest(dynamodb: Any) -> None:
    with pytest.raises(RuntimeError, match="bridged already"), bridged():
        pass
