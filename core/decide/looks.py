"""What one step of the message track can say about one item tonight."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from core.decide.model import Reason
from core.policy.schema import Step
from core.values import dataclass, replace


class Look(StrEnum):
    """One answer; those that hold a step back name the reason of the verdict."""

    AHEAD = "ahead"
    OUT_OF_RANGE = "out of range"
    UNMET = "its conditions do not hold"
    LAPSED = "lapsed"
    FRESH = "too soon after issue"
    RESTS = "rests until its next occurrence"
    TOO_FAR = "more than max_jump above"
    PART_PAID = "held after a part payment"
    WAITS = "waits for the distance to the last message"
    SAME_DAY = "one level a day"
    NOT_DELIVERED = "a required step has not arrived"
    NOT_APPROVED = "waits for a person"
    STALE = "ledger or bank data are too old"
    SPENT = "the most messages have been sent"
    CAPPED = "above the highest level"
    MAY_GO = "may go"


REASONS = {
    Look.LAPSED: Reason.LAPSED,
    Look.FRESH: Reason.TOO_SOON_AFTER_ISSUE,
    Look.PART_PAID: Reason.PART_PAID,
    Look.WAITS: Reason.TOO_CLOSE,
    Look.SAME_DAY: Reason.TOO_CLOSE,
    Look.NOT_DELIVERED: Reason.NOT_DELIVERED,
    Look.NOT_APPROVED: Reason.NOT_APPROVED,
    Look.STALE: Reason.STALE,
    Look.SPENT: Reason.MOST_ATTEMPTS,
}

HELD = {  # by what holds a harsh step back
    Reason.NOT_DELIVERED: Look.NOT_DELIVERED,
    Reason.NOT_APPROVED: Look.NOT_APPROVED,
    Reason.STALE: Look.STALE,
    Reason.PART_PAID: Look.PART_PAID,
    Reason.NO_ADDRESS: Look.NOT_DELIVERED,
}


class Seen(NamedTuple):
    """A step, what it says, and the next date on which it may say something else."""

    step: Step
    look: Look
    again: date | None = None
    occurrence: int = 0


@dataclass(slots=True)  # made for every item and read often: a named tuple takes three times as long to read
class Reached:
    """Where one item stands on the message track tonight."""

    step: Step | None = None  # due tonight, by the item clock alone
    occurrence: int = 0
    superseded: tuple[str, ...] = ()
    held: Reason | None = None  # a step is reached and held back, and none is due
    lapsed: bool = False  # an early step came and went unsent
    too_soon_after_issue: bool = False
    ahead: date | None = None  # the next date on which this track may say something new


def without_step(reached: Reached) -> Reached:
    """The same standing with nothing due: what a step outside of an already decided notice amounts to."""
    return replace(reached, step=None, occurrence=0, superseded=())
