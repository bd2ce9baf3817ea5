"""The JSON Schemas of what people write: the ledger and the policy. Run as a module it writes them into the docs."""

import json
from pathlib import Path
from typing import Any, Final

from core.formats.bank.layout import BankLayout
from core.formats.mapping import Mapping
from core.formats.records import RECORD
from core.policy.schema import Policy

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"


def ledger_schema() -> dict[str, Any]:
    """What one line of a native ledger may be."""
    return {"$schema": _DIALECT, "title": "One line of a pastdue ledger", **RECORD.json_schema()}


def policy_schema() -> dict[str, Any]:
    """What a policy file may hold; rules between fields are checked when it is loaded."""
    return {"$schema": _DIALECT, **Policy.model_json_schema(), "title": "A pastdue policy"}


def mapping_schema() -> dict[str, Any]:
    """What a CSV column mapping may hold."""
    return {"$schema": _DIALECT, **Mapping.model_json_schema(), "title": "A pastdue CSV mapping"}


def layout_schema() -> dict[str, Any]:
    """What the layout of a bank's CSV may hold."""
    return {"$schema": _DIALECT, **BankLayout.model_json_schema(), "title": "A pastdue layout of a bank's CSV"}


def published() -> dict[Path, str]:
    """The text of each schema by the file that it is committed as."""
    schemas = {"ledger": ledger_schema(), "policy": policy_schema(), "csv-mapping": mapping_schema()}
    schemas["bank-layout"] = layout_schema()
    return {
        _FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


if __name__ == "__main__":
    for path, text in published().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
