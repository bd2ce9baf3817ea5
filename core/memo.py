"""What was worked out for a night, kept for whoever asks the same again."""

from collections.abc import Hashable
from typing import Any, Final

_NIGHTS: Final = 4  # kept at a time
_MOST: Final = 5_000  # answers of one night; then it begins anew, so that a process that lives long does not grow


class Memo:
    """Answers by night and question."""

    __slots__ = ("_nights",)

    def __init__(self) -> None:
        self._nights: dict[Hashable, dict[Hashable, Any]] = {}

    def of(self, night: Hashable) -> dict[Hashable, Any]:
        """The answers of a night so far, to look up and to add to."""
        known = self._nights.get(night)
        if known is None or len(known) > _MOST:
            if len(self._nights) >= _NIGHTS:
                self._nights.clear()
            known = self._nights[night] = {}
        return known
