"""The API as an OpenAPI document, made from the code: `python -m infra.openapi` writes it where it is committed."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

FILE: Final = Path(__file__).with_name("openapi.json")


def document() -> dict[str, Any]:
    """As it should be committed."""
    from functions.ingest_api import reads, writes  # noqa: F401 - the routes
    from functions.ingest_api.app import app

    made = app.get_openapi_json_schema(
        title="pastdue",
        version="1",
        description="The ledger goes in; what a portal shows comes out. Amounts are decimal text, dates YYYY-MM-DD.",
        security_schemes={"token": HTTPBearer()},
        security=[{"token": []}],
    )
    said: dict[str, Any] = json.loads(made)
    said.pop("servers", None)
    shared: dict[str, Any] = {}
    routes = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001 - it lists them nowhere else
    said_of = {route.operation_id: " ".join((route.func.__doc__ or "").split()) for route in routes}
    for path in said["paths"].values():
        for operation in path.values():
            operation["description"] = said_of[operation["operationId"]]
            _tidy(operation, shared)
    said["components"]["responses"] = dict(sorted(shared.items()))
    schemas = said["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(name, None)
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    return said


def _tidy(operation: dict[str, Any], shared: dict[str, Any]) -> None:
    """Say what is the same for every route once, and leave out what no route of ours answers."""
    operation["summary"] = operation["description"].partition(". ")[0].rstrip(".")
    for status, response in sorted(operation["responses"].items()):
        if response.get("description") in ("Successful Response", "Validation Error"):
            del operation["responses"][status]
        elif status >= "400":
            shared[f"Problem{status}"] = _problem(int(status))
            operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
        elif status == "204":
            response.pop("content", None)
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for parameter in operation["parameters"]:
        parameter["schema"].pop("title", None)
        parameter["schema"].pop("description", None)
        if parameter["in"] == "header":
            parameter["name"] = "-".join(part.capitalize() for part in parameter["name"].split("-"))
        if "anyOf" in parameter["schema"]:  # a header or query is there or not; it is never null
            parameter["schema"] = {**parameter["schema"]["anyOf"][0]}


def _problem(status: int) -> dict[str, Any]:
    from functions.ingest_api.app import WORDS
    from functions.ingest_api.problems import MEDIA_TYPE

    return {
        "description": WORDS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


if __name__ == "__main__":
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    FILE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{FILE}: {len(text):,} bytes\n")
