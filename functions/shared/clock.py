"""The only clock of the cloud edge; everything inside takes the instant as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
