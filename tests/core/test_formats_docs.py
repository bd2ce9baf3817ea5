"""The reference pages say what the code does: every record and key has an entry, every example works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from core.formats import mapping, records
from core.formats.ledger_import import examine, jsonl_ledger
from core.formats.mapping import Mapping, load_mapping
from core.formats.schema import ledger_schema, published
from core.ledger import BankAccount, Entity, Person, SendHours
from core.policy import charges, conditions, fee, schema, steps
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy
from tests.core.ledgers import RECORDS, rec

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def examples(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", text, re.DOTALL)


def named(text: str) -> set[str]:
    """Every word in a code span of the page."""
    return {word for span in spans(text) for word in re.findall(r"\w+", span)}


def spans(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("path", published(), ids=lambda path: path.name)
def test_a_published_schema_is_current(path: Path) -> None:
    hint = "run: python -m core.formats.schema"
    assert path.read_text(encoding="utf-8") == published()[path], hint


def test_the_ledger_schema_takes_what_the_reader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(ledger_schema())
    validator = jsonschema.Draft202012Validator(ledger_schema())
    for example in examples(page("ledger.md"), "json"):
        validator.validate(json.loads(example))
    for kind in RECORDS:
        validator.validate(rec(kind))
    for bad in (rec("invoice", total=1.5), rec("invoice", totl=1), rec("customer", id="a#b"), {"t": "nothing"}):
        assert not validator.is_valid(bad)


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_type_of_record_has_a_section_with_an_example() -> None:
    described = sections(page("ledger.md"))
    assert set(described) == set(records.type_of)
    for kind, text in described.items():
        assert {json.loads(example)["t"] for example in examples(text, "json")} == {kind}


@pytest.mark.parametrize("kind", [k for k in records.type_of if k not in {"entity", "person"}])
def test_every_key_of_a_record_is_described(kind: str) -> None:
    text = sections(page("ledger.md"))[kind]
    shown = named(text) | {key for example in examples(text, "json") for key in json.loads(example)}
    alike = {"credit_note": {"entity", "invoice"}}  # said to be as a payment
    assert set(records.type_of[kind].model_fields) - shown - {"t"} - alike.get(kind, set()) == set()


def test_the_examples_are_one_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("\n".join(examples(page("ledger.md"), "json")), encoding="utf-8")
    report = examine(jsonl_ledger(path, "main"))
    assert report.errors == ()
    assert report.remarks == ()
    assert report.open_items == 2


def models(module: Any) -> Iterator[type[BaseModel]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
            yield value


def test_every_key_and_word_of_a_policy_is_described() -> None:
    words = named(page("policy.md"))
    parts = (schema, steps, conditions, charges, fee)
    keys = {key for part in parts for model in models(part) for key in model.model_fields}
    assert keys - words == set()
    options = set(re.findall(r'"(?:const|enum)": (?:\[([^]]*)\]|("[^"]*"))', json.dumps(Policy.model_json_schema())))
    allowed = {word for pair in options for word in re.findall(r'"([^"]+)"', "".join(pair))}
    assert allowed
    assert allowed - words - spans(page("policy.md")) == set()


def test_the_policy_example_loads() -> None:
    (example,) = examples(page("policy.md"), "yaml")
    assert isinstance(load_policy(example), Policy)


def test_the_documented_defaults_are_those_of_the_schema() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", page("policy.md"), re.MULTILINE))
    for key, shown in rows.items():
        for model in (schema.Policy, schema.Step):
            default = model.model_fields[key].default if key in model.model_fields else None
            if isinstance(default, int | str) and default != "" and shown not in {"required", "empty", "none"}:
                assert shown == str(getattr(default, "value", default)), key


def test_every_key_of_a_mapping_is_described() -> None:
    words = named(page("csv-mapping.md"))
    assert {key for model in models(mapping) for key in model.model_fields} - words == set()
    (example,) = examples(page("csv-mapping.md"), "yaml")
    assert isinstance(load_mapping(example), Mapping)


def test_every_key_of_the_configuration_is_described() -> None:
    text = page("configuration.md")
    shown = named(text) | set(re.findall(r"(\w+):", " ".join(examples(text, "yaml"))))
    keys = {key for model in (Entity, Person, BankAccount, SendHours) for key in model.model_fields}
    assert keys - shown == set()


def test_every_shipped_policy_is_valid_and_named_after_its_file() -> None:
    for name, path in shipped().items():
        policy = load_policy(path)
        assert isinstance(policy, Policy), [str(error) for error in policy]
        assert policy.policy == name
