"""The stack's table and queues in moto, from the template itself, and the environment that a function would find."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto import mock_aws

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
    os.environ.setdefault(name, "testing")
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from functions.shared import pacing, tally  # noqa: E402
from functions.shared.store import feedback, hooks, own_words  # noqa: E402
from functions.shared.wiring import client  # noqa: E402 - the clients read the region above
from local.engine.bridge import bridged  # noqa: E402

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms are not needed here; each reads as its bare value."""


def _bare(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node)  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _bare)


@cache
def _table_definition() -> dict[str, Any]:
    properties = yaml.load(TEMPLATE.read_text(), Loader=_Loader)["Resources"]["Table"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in wanted}


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty stack for each test, in the local engine's moto: it answers as the stock one, and sooner."""
    with mock_aws(), bridged():
        client("dynamodb").create_table(TableName="ledger", **_table_definition())
        queues = {name: client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("accounts", "notices")}
        for name, value in {
            "TABLE_NAME": "ledger",
            "DUE_INDEX": "due",
            "ATTENTION_INDEX": "attention",
            "WORK_INDEX": "work",
            "REF_INDEX": "ref",
            "ACCOUNTS_QUEUE_URL": queues["accounts"],
            "NOTICES_QUEUE_URL": queues["notices"],
            "DEPLOYMENT": "test",
        }.items():
            monkeypatch.setenv(name, value)
        for remembered in (feedback, hooks, own_words, pacing, tally):
            remembered.forget()
        yield
