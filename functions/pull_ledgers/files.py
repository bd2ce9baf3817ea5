"""The lines of a pull as one native ledger: each customer with all that belongs to it, in a file of the inbox."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from functions.shared.settings import Settings
from functions.shared.wiring import client


def write(lines: Iterable[dict[str, Any]], *, system: str, entity: str, as_of: date, folder: str) -> tuple[Path, int]:
    """Write the file. Returns: where it is, and how many lines it has."""
    by_customer = dict[str, list[str]]()
    for line in lines:
        kind = line["t"]
        owner = line["id"] if kind == "customer" else line["customer"]
        told = {**line, "entity": entity} if kind in ("invoice", "payment", "credit_note") else line
        by_customer.setdefault(owner, []).append(json.dumps(told, ensure_ascii=False))
    path, count = Path(folder) / "pull.jsonl", 1
    with path.open("w", encoding="utf-8") as out:
        header = {"t": "header", "version": 1, "source": system, "as_of": as_of.isoformat()}
        out.write(json.dumps(header) + "\n")
        for told_of in by_customer.values():
            count += len(told_of)
            out.writelines(f"{text}\n" for text in told_of)
    return path, count


def put(key: str, path: Path) -> None:
    """Drop the file into the inbox. The same pull puts the same file."""
    with path.open("rb") as content:
        client("s3").put_object(
            Bucket=Settings.from_env().inbox_bucket, Key=key, Body=content, ContentType="application/x-ndjson"
        )
