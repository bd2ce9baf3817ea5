"""Exact money: whole minor units of one currency, and a split that loses nothing."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from core.frozen import Frozen


class Money(Frozen):
    """An exact amount: a whole count of minor units (cents) of one ISO 4217 currency. Never a float."""

    model_config: ClassVar[Any] = {"frozen": True, "extra": "forbid", "strict": True}

    minor: int
    currency: str

    def __add__(self, other: "Money") -> Self:
        """The sum of two amounts of one currency; raises ValueError for two currencies."""
        self._same_currency(other)
        return self.model_copy(update={"minor": self.minor + other.minor})

    def __sub__(self, other: "Money") -> Self:
        """The difference of two amounts of one currency; raises ValueError for two currencies."""
        self._same_currency(other)
        return self.model_copy(update={"minor": self.minor - other.minor})

    def _same_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")


def allocate(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount by weights so that the parts sum to the whole.

    Args: `minor` units of any one currency, negative allowed; `weights` >= 0, at least one positive.
    Returns: one part a weight, largest remainder first, ties to the earlier part.
    Raises: ValueError when there is no positive weight or a negative one.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be >= 0 with a positive sum, got {list(weights)}")
    sign, whole = (-1, -minor) if minor < 0 else (1, minor)
    parts = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return tuple(sign * part for part in parts)
