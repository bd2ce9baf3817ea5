"""The base of every stored value: immutable, and refusing keys that it does not know."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable record; an unknown key is an error, so that a typing slip is never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")
