"""One thing that `pastdue doctor` looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; where something should be done, why it matters and the command that mends it."""

    area: str
    health: Health
    found: str
    try_next: str = ""
    why: str = ""
