"""The template's parameters that a state folder was made with: its stack is created anew by each process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE_NAME: Final = "parameters.json"
# One machine is no test stage: its mail reaches nobody, and the outbox shows whom it was for.
DEFAULTS: Final = {"Stage": "prod", "SenderDomain": "mail.example.com"}


def read(folder: Path) -> dict[str, str]:
    """What the folder remembers, over the defaults."""
    path = folder / FILE_NAME
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return DEFAULTS | kept


def write(folder: Path, parameters: Mapping[str, str]) -> None:
    """Remember parameters, over those that are remembered already."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(read(folder) | dict(parameters), indent=2) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
