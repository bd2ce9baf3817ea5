"""The table, the queues and the clients beneath them: types, pages, partial answers, and our own success recognised."""

from enum import StrEnum
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest

from functions.shared import queues
from functions.shared.settings import MissingSettingError, Settings
from functions.shared.store import table as table_module
from functions.shared.store.attributes import write_row
from functions.shared.store.keys import Key
from functions.shared.store.table import Index, table
from functions.shared.wiring import client
from tests.functions.stored import answers_lost, taken


class Colour(StrEnum):
    RED = "red"


ROW = {
    "pk": "p", "sk": "s", "text": "Zoë", "number": 10**30, "below": -1, "yes": True, "no": False, "nothing": None,
    "bytes": b"\x00\xff", "list": [1, "a", [b"x"]], "map": {"a": {"b": 2}}, "empty": {}, "colour": Colour.RED,
}  # fmt: skip


def test_a_row_comes_back_as_it_was_by_every_way_of_reading() -> None:
    table().put(ROW)
    assert table().get(Key("p", "s")) == ROW
    assert list(table().query("p")) == [ROW]
    assert table().batch_get([Key("p", "s"), Key("p", "none"), Key("p", "s")]) == {Key("p", "s"): ROW}
    assert table().get(Key("p", "s"), only=("text",)) == {"text": "Zoë"}


@pytest.mark.parametrize("wrong", [1.0, {"deep": [0.5]}, object(), {1, 2}])
def test_a_float_or_a_stranger_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="not"):
        write_row({"pk": "p", "sk": "s", "amount": wrong})


def test_a_raw_page_equals_what_the_sdk_reads() -> None:
    table().put(ROW)
    stock: Any = client("dynamodb").get_item(TableName="ledger", Key={"pk": {"S": "p"}, "sk": {"S": "s"}})["Item"]
    (page,) = table().pages("p")
    assert page == [table_module.read_row(stock)]


def test_a_long_partition_comes_in_pages_and_in_order() -> None:
    names = [f"s{n:03d}" for n in range(40)]
    table().batch_write(puts=[{"pk": "p", "sk": name, "blob": "x" * 60_000} for name in names])
    assert len(list(table().pages("p"))) > 1
    assert [row["sk"] for row in table().query("p")] == names
    assert [row["sk"] for row in table().query("p", backwards=True, limit=3)] == names[:-4:-1]
    assert [row["sk"] for row in table().query("p", limit=25)] == names[:25]
    assert [row["sk"] for row in table().query("p", between=("s010", "s012"))] == ["s010", "s011", "s012"]
    assert [row["sk"] for row in table().query("p", prefix="s00")] == names[:10]
    assert table().count("p") == 40
    assert table().count("p", prefix="s00") == 10


def test_many_partitions_are_asked_for_at_the_same_time() -> None:
    rows = [{"pk": name, "sk": "s", "ref_pk": f"R{name}", "ref_sk": name} for name in "abc"]
    table().batch_write(puts=rows)
    both = Barrier(2, timeout=5)

    def wait(**_: Any) -> None:
        both.wait()  # the first waits until a second is on its way

    events = client("dynamodb").meta.events
    events.register_first("before-send.dynamodb.Query", wait)
    try:
        found = table().query_each(["Ra", "none", "Rc", "Rb", "Ra"], index=Index("ref", "ref"))
    finally:
        events.unregister("before-send.dynamodb.Query", wait)
    assert list(found) == ["Ra", "none", "Rc", "Rb"]
    assert [[row["pk"] for row in rows] for rows in found.values()] == [["a"], [], ["c"], ["b"]]


def test_an_index_holds_only_rows_that_carry_its_attributes() -> None:
    table().put({"pk": "a", "sk": "1", "work_pk": "W", "work_sk": "2"})
    table().put({"pk": "b", "sk": "1"})
    assert [row["pk"] for row in table().query("W", index=Index("work", "work"))] == ["a"]


def test_batches_of_any_size() -> None:
    rows = [{"pk": "p", "sk": f"{n:03d}"} for n in range(130)]
    assert table().batch_write(puts=rows) == 130
    keys = [Key(row["pk"], row["sk"]) for row in rows]
    assert len(table().batch_get(keys)) == 130
    table().batch_write(deletes=keys[:129])
    assert list(table().query("p")) == [rows[-1]]


def test_f31_what_a_batch_leaves_unprocessed_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "_back_off", lambda attempt: None)
    real = client("dynamodb")

    def half(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        ((name, requests),) = RequestItems.items()
        taken_now, left = requests[: len(requests) // 2 + 1], requests[len(requests) // 2 + 1 :]
        real.batch_write_item(RequestItems={name: taken_now})
        return {"UnprocessedItems": {name: left} if left else {}}

    monkeypatch.setattr(table_module, "_client", lambda: SimpleNamespace(batch_write_item=half))
    table().batch_write(puts=[{"pk": "p", "sk": f"{n:03d}"} for n in range(60)])
    monkeypatch.undo()
    monkeypatch.setenv("TABLE_NAME", "ledger")
    assert table().count("p") == 60


def test_conditions_hold_or_nothing_is_written() -> None:
    key = Key("p", "s")
    row = {"pk": "p", "sk": "s", "n": 1}
    assert table().put_if(row, "attribute_not_exists(#pk)")
    assert not table().put_if({**row, "n": 2}, "attribute_not_exists(#pk)")
    assert table().update_if(key, "SET #n = :n", "#n = :was", {"n": 2, "was": 1})
    assert not table().update_if(key, "SET #n = :n", "#n = :was", {"n": 3, "was": 1})
    assert table().get(key) == {**row, "n": 2}


def test_f28_our_own_success_is_recognised_when_its_answer_was_lost() -> None:
    row = {"pk": "p", "sk": "s", "token": "mine"}
    with answers_lost(1) as lost:
        assert table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: bool(there["token"] == "mine"))
    assert lost == [True]
    with answers_lost(1):
        assert not table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: bool(there["token"] == "other"))


def test_messages_go_in_tens_with_a_delay_that_sqs_takes() -> None:
    url = Settings.from_env().notices_queue_url
    assert queues.send(url, ({"n": n} for n in range(23))) == 23
    assert sorted(body["n"] for body in taken("notices")) == list(range(23))
    queues.send(url, [{"n": 1}], delay_seconds=86_400)
    assert taken("notices") == []
    assert queues.send(url, []) == 0


def test_a_missing_variable_is_named_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")
    settings = Settings.from_env()
    assert settings.due_index == "due"
    assert settings.divert_all_mail_to is None
    with pytest.raises(MissingSettingError, match="TABLE_NAME"):
        _ = settings.table_name


def test_mail_is_sent_by_one_request_only_and_everything_else_is_tried_again() -> None:
    assert client("sesv2").meta.config.retries["total_max_attempts"] == 1
    assert client("sesv2").meta.config.read_timeout == 20
    assert client("dynamodb").meta.config.retries["total_max_attempts"] > 1
    assert client("sqs") is client("sqs")
