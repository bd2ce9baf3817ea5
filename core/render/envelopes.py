"""Where a window envelope shows the address, by the country that posts it: paper and position in millimetres."""

from typing import Final, Literal

from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sheet and the part of it that the window shows wherever the sheet slides to."""

    paper: Literal["a4", "us-letter"]
    left: float  # of the address, from the left edge
    top: float  # of the address, from the upper edge
    width: float
    height: float
    sender_line: bool  # the sender in one small line above the address, inside the window
    folds: tuple[float, ...]  # from the upper edge


# Source: DIN 5008, form B: field of 85 x 45 mm at 20 mm and 45 mm, the upper 17.7 mm of it for sender and remarks.
_LEFT: Final = Envelope("a4", 25, 50, 75, 40, sender_line=True, folds=(105, 210))
# Source: La Poste's field for window envelopes: 85 x 33 mm at 110 mm and 55 mm.
_FRANCE: Final = Envelope("a4", 110, 55, 85, 33, sender_line=False, folds=(99, 198))
# Source: SN 010130: window of 90 x 40 mm, 15 mm from the right and 30 mm from the lower edge of a C5/6 envelope.
_SWITZERLAND: Final = Envelope("a4", 118, 50, 77, 32, sender_line=True, folds=(99, 198))
# Source: #10 envelope, window of 4 1/2 x 1 1/8 in, 7/8 in from the left, 1/2 in from the lower edge; sheet in thirds.
_NUMBER_TEN: Final = Envelope("us-letter", 25.4, 63.5, 84, 17, sender_line=False, folds=(93.1, 186.3))
_BY_COUNTRY: Final = {
    "CA": _NUMBER_TEN,
    "CH": _SWITZERLAND,
    "FR": _FRANCE,
    "LI": _SWITZERLAND,
    "MX": _NUMBER_TEN,
    "US": _NUMBER_TEN,
}  # fmt: skip


def envelope_of(country: str | None) -> Envelope:
    """The envelope that is usual where the letter is posted: window on the left of an A4 sheet unless known better."""
    return _BY_COUNTRY.get((country or "").upper(), _LEFT)
