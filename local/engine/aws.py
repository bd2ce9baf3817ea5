"""Clients of the engine itself: fixed false credentials, one session, each client built once."""

from functools import cache
from typing import Any, Final

import boto3
from botocore.config import Config

REGION: Final = "eu-west-1"
ACCOUNT: Final = "123456789012"  # moto's own
CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
_ONCE: Final = Config(retries={"mode": "standard", "total_max_attempts": 1})

_own: Final[set[int]] = set()


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )


@cache
def client(service: str) -> Any:
    """A client that answers from moto while an engine is open, and is of no use otherwise."""
    built = _session().client(service, config=_ONCE)  # type: ignore[call-overload]  # any service, by name
    _own.add(id(built))
    return built


def is_own(client: Any) -> bool:
    """Whether a client is the engine's: its calls are nobody's function, even while a handler runs."""
    return id(client) in _own
