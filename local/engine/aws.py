"""Clients of the engine itself: fixed false credentials, one session, each client built once."""

from functools import lru_cache
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


@lru_cache(maxsize=1)
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )


@lru_cache(maxsize=32)
def client(service: str) -> Any:
    """A client that answers from moto while an engine is open, and is of no use otherwise."""
    return _session().client(service, config=_ONCE)  # type: ignore[call-overload]  # any service, by name
