"""One attempt to send one notice, and the ways it may end."""

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.decide.model import Reason
from core.values import dataclass
from functions.send_notices.gate import Gate
from functions.shared import settle
from functions.shared.store import notices, reach
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord, WaitsFor

PAUSE: Final = timedelta(minutes=10)  # before a paused or refused notice is offered again


class Outcome(StrEnum):
    """How one attempt ended; also the name of its counter."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # somebody else has it, it has ended, or its time has not come
    CANCELLED = "cancelled"
    WAITS = "waits"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    LOST = "lost"  # this attempt no longer owns the notice


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claimed notice and what it is judged by."""

    notice: NoticeRecord
    configuration: Configuration
    now: datetime
    remaining_ms: int = 0  # of the function's time, when the attempt began
    gate: Gate = field(default_factory=Gate)  # of its batch

    def wait(self, waits_for: WaitsFor, until: datetime) -> Outcome:
        """It is offered again at that time; until then it holds no slot."""
        self.free(self.notice.slots)
        released = notices.release(self.notice, until=until, waits_for=waits_for, now=self.now)
        return Outcome.WAITS if released else Outcome.LOST

    def cancel(self, reason: Reason) -> Outcome:
        """Not wanted any more."""
        return self.end(reason.value)

    def end(self, reason: str) -> Outcome:
        """It ends unsent; `reason` may be one that no decision knows."""
        notices.cancel(self.notice.id, reason, self.now)
        self.ended()
        return Outcome.CANCELLED

    def ended(self) -> None:
        """Give the slots back and tell the account that its notice ended unsent."""
        self.free(self.notice.slots)
        there = notices.get(self.notice.id)
        if there is not None and there.state in settle.ENDED:
            settle.settle(there, self.configuration, self.now)

    def free(self, slots: tuple[tuple[str, str], ...]) -> None:
        """Give slots of the contact budget back: address hash, local day."""
        for address, _ in slots:
            reach.free(address, self.notice.id)
