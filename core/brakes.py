"""Why a run stops for a person, as figures."""

from typing import Literal

from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was unusual about a run: the figure that was found, and the one that is allowed or usual."""

    reason: Literal["most-messages", "more-messages", "more-money"]
    found: int
    limit: int
    currency: str = ""  # of an amount in minor units; "" for a number of messages

    def __str__(self) -> str:
        if self.reason == "most-messages":
            return f"{self.found} messages, at most {self.limit} are allowed"
        what = f"minor units of {self.currency}" if self.currency else "messages"
        return f"{self.found} {what}, usual are {self.limit}"
