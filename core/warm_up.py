"""How much a new sender may send a day: little at first, and more as it shows that it sends."""

from datetime import date
from typing import Final

from core.values import dataclass

# Mails to customers on the first day of sending, and on the days after; then as many as the provider takes. Receivers
# judge a domain that nobody knows by its first days; a company that sends less than the first number never meets it.
LIMITS: Final = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a sender stands: the index of the limit that holds from a day on."""

    domain: str  # that it is known by: another one begins anew
    on: date
    step: int = 0


def stage_of(was: Stage | None, sent: int, domain: str, today: date, limits: tuple[int, ...]) -> Stage:
    """The stage of today: a step up for a day that used half of its limit; who sends little stays, and needs no more.

    Args: `sent` on the day of the stage that was.
    """
    if was is None or was.domain != domain:
        return Stage(domain, today)
    if today <= was.on:
        return was
    grown = was.step < len(limits) and sent * 2 >= limits[was.step]
    return Stage(domain, today, was.step + grown)


def limit_of(stage: Stage, limits: tuple[int, ...]) -> int | None:
    """Mails that may go on its day; None: as many as the provider takes."""
    return limits[stage.step] if stage.step < len(limits) else None
