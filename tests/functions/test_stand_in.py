"""The table in memory that night benchmarks use answers as moto does."""

from random import Random
from typing import Any

import pytest

from bench.stand_in import Rows
from functions.shared.store.keys import Key
from functions.shared.store.table import Index, Table, table

KEYS = [Key(f"P{n}", f"{kind}#{n}") for n in range(3) for kind in "AB"]
UPDATES: list[tuple[str, str, dict[str, Any]]] = [
    ("SET #n = #n + :one", "attribute_exists(#n) AND #n < :most", {"one": 1, "most": 4}),
    ("SET #box.#k = :v", "attribute_exists(#box) AND attribute_not_exists(#box.#k)", {"v": b"x"}),
    ("REMOVE #box.#k, #due_pk, #due_sk", "attribute_exists(#box) AND size(#box) = :n", {"n": 1}),
    ("SET #state = :s REMOVE #gone", "#state IN (:a, :b) OR attribute_not_exists(#pk)", {"s": "b", "a": "a", "b": "b"}),
    ("SET #due_pk = :pk, #due_sk = :sk", "attribute_exists(#pk) AND NOT #n = :n", {"pk": "DUE", "sk": "9", "n": 2}),
    (
        "SET #n = if_not_exists(#n, :n)",
        "(#n = :n OR #state <> :s) AND begins_with(#state, :a)",
        {"n": 3, "s": "q", "a": "a"},
    ),
    ("ADD #n :one", "attribute_exists(#pk)", {"one": 2}),
]


def test_the_stand_in_stands_for_everything_that_the_table_does() -> None:
    """A method that it does not know would ask for the real service in the middle of a night."""
    built_on_others = {"query", "query_each"}
    methods = {name for name, held in vars(Table).items() if callable(held) and not name.startswith("_")}
    assert {name for name in methods - built_on_others if not hasattr(Rows, name)} == set()
    with Rows():
        still = {name for name, held in vars(Table).items() if name in methods and held.__module__ == Table.__module__}
    assert still == built_on_others


def asked(table: Any, seed: int) -> list[Any]:
    """The answers to many random requests."""
    chance, said = Random(seed), list[Any]()
    due = Index("due", "due")
    for _ in range(150):
        key = chance.choice(KEYS)
        match chance.randrange(5):
            case 0:
                row = {**key._asdict(), "n": chance.randrange(5), "state": chance.choice("ab"), "box": {}, "none": None}
                if chance.random() < 0.5:
                    row |= {"due_pk": "DUE", "due_sk": str(chance.randrange(3))}
                condition = chance.choice(["attribute_not_exists(#pk)", "attribute_not_exists(#n) OR #n >= :n"])
                said.append(table.put_if(row, condition, {"n": 2} if ":n" in condition else None))
            case 1 | 2:
                update, condition, values = chance.choice(UPDATES)
                names = {"k": "a b"} if "#k" in update else None
                mine = (lambda there: there.get("n") == 3) if chance.random() < 0.3 else None
                said.append(table.update_if(key, update, condition, values, names=names, mine=mine))
                if names is None:
                    said.append(table.update_seen(key, update, condition, values))
            case 3:
                said += [table.get(key), table.get(key, only=("n", "box")), table.count(key.pk)]
                said.append(sorted(table.batch_get(KEYS).items()))
            case _:
                said += [list(table.query(key.pk)), list(table.query(key.pk, prefix="A", backwards=True, limit=1))]
                said.append([row["due_sk"] for row in table.query("DUE", between=("0", "1"), index=due)])
        if chance.random() < 0.05:
            table.batch_write([{**key._asdict(), "n": 1, "state": "a", "box": {"a b": b"1"}}], [KEYS[0]])
    return said


@pytest.mark.parametrize("seed", range(3))
def test_the_stand_in_answers_as_the_table_does(seed: int) -> None:
    there = asked(table(), seed)
    with Rows() as rows:
        assert asked(Table("anything"), seed) == there
    assert rows.counted.requests.keys() >= {
        "GetItem",
        "PutItem",
        "UpdateItem",
        "Query",
        "BatchGetItem",
        "BatchWriteItem",
    }
    assert rows.counted.refused > 10
