"""The keys that sign links and reply addresses: kept by Secrets Manager, read by those functions alone that sign.

The secret is JSON: {"current": "...", "previous": "..."}. To change keys, put a new current one beside the old one as
previous, and drop that when the last link signed with it has expired.
"""

import json
from functools import lru_cache
from typing import Final

from functions.shared import clock
from functions.shared.settings import Settings
from functions.shared.wiring import client

_KEPT_SECONDS: Final = 600  # a process that lives long hears of a new key


def signing_keys() -> tuple[str, ...]:
    """Oldest first: the last one signs, each of them is taken.

    Raises: MissingSettingError where this function is not meant to sign.
    """
    return _read(Settings.from_env().link_secret_arn, int(clock.now().timestamp()) // _KEPT_SECONDS)


def webhook_keys() -> tuple[str, ...]:
    """The same of what is sent to other systems: from them the secret of each endpoint follows."""
    return _read(Settings.from_env().webhook_secret_arn, int(clock.now().timestamp()) // _KEPT_SECONDS)


@lru_cache(maxsize=4)
def _read(arn: str, _period: int) -> tuple[str, ...]:
    said: dict[str, str] = json.loads(client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    return tuple(said[name] for name in ("previous", "current") if said.get(name))
