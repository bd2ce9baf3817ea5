"""How exactly the pace is kept: the product's own turns and its shared row, on a clock that only the senders move."""

import heapq
import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from unittest.mock import patch

from bench.figures import Figure
from bench.stand_in import Rows, standing_in
from functions.shared import clock, pacing

_BEGAN: Final = datetime(2026, 11, 20, 9, tzinfo=UTC)
_BATCH: Final = 50
_ASKING: Final = (0.003, 0.009)  # seconds that the table takes for a request
# Of a sender of 208 MB, by the requests and the processor time that `bench cost` counts; 160 ms for the mean mail.
_WRITING: Final = (0.065, 0.105)  # seconds that a mail takes before it is ready to go
_HANDING: Final = (0.050, 0.100)  # seconds that the provider takes, and to write down what it said
_SAFETY_MS: Final = 30_000
_LIFE_MS: Final = 180_000


@dataclass(frozen=True, slots=True)
class Paced:
    """The instants at which mails went, in seconds from the first."""

    rate: int
    seconds: int  # in which new batches began
    sent: tuple[float, ...]

    @property
    def of_rate(self) -> float:
        """Mails a second, of what the account allows, while everybody sends."""
        steady = [at for at in self.sent if 1 <= at < self.seconds]
        return (len(steady) - 1) / (steady[-1] - steady[0]) / self.rate

    @property
    def worst_second(self) -> float:
        """The most mails of any second, of what the account allows."""
        most, first = 0, 0
        for last, at in enumerate(self.sent):
            while at - self.sent[first] >= 1:
                first += 1
            most = max(most, last - first + 1)
        return most / self.rate

    def figures(self, name: str) -> tuple[Figure, ...]:
        return (
            Figure(f"pace{name}_of_rate", self.of_rate, f"of {self.rate}/s"),
            Figure(f"pace{name}_worst_second", self.worst_second, f"of {self.rate}/s"),
        )


def simulated(rate: int, *, workers: int, seconds: int) -> Paced:
    """Mails of so many processes at once, which read the account's rate and share its slots."""
    senders = Senders()
    with (
        standing_in(table=_Distant(senders)) as stack,
        patch.object(clock, "now", senders.now),
        patch.object(clock, "wait_until", senders.wait_until),
        patch.object(pacing, "_took", _OfEach()),
    ):
        stack.mail.per_second = float(rate)
        pacing.refresh(senders.now())
        sent: list[float] = []
        works = [_sender(senders, random.Random(number), sent, seconds) for number in range(workers)]
        senders.run(works)
    return Paced(rate, seconds, tuple(at - sent[0] for at in sorted(sent)))


def _sender(senders: "Senders", chance: random.Random, sent: list[float], seconds: int) -> Callable[[], None]:
    """One process that sends batch after batch."""

    def work() -> None:
        while senders.at < seconds:
            turns = pacing.Turns(_BATCH, lambda: _LIFE_MS, safety_ms=_SAFETY_MS)
            for _ in range(_BATCH):
                turns.begin()
                senders.pause(chance.uniform(*_WRITING))
                if turns.take(1) is not None:
                    break  # as the product: the rest of the batch waits for its next look
                sent.append(senders.at)
                senders.pause(chance.uniform(*_HANDING))
                turns.went()

    return work


class Senders:
    """Threads of which one works at a time; when all wait, the clock goes on to whoever waits for the least."""

    def __init__(self) -> None:
        self.at = 0.0  # seconds since the clock began
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._turn = count()
        self._failed: list[BaseException] = []
        self._over = threading.Event()

    def now(self) -> datetime:
        return _BEGAN + timedelta(seconds=self.at)

    def wait_until(self, instant: datetime) -> None:
        self.pause((instant - self.now()).total_seconds())

    def pause(self, seconds: float) -> None:
        """Let others work for so long; outside of a thread of ours only the clock moves."""
        if seconds <= 0 or not self._waiting:
            self.at += max(0.0, seconds)
            return
        mine = self._queue(seconds)
        self._next()
        mine.wait()

    def run(self, works: list[Callable[[], None]]) -> None:
        """All of them, until the last has ended. Raises: what went wrong in the first that failed."""
        for work in works:
            threading.Thread(
                target=self._live, args=(work, self._queue(0.001 * len(self._waiting))), daemon=True
            ).start()
        self._next()
        self._over.wait()
        if self._failed:
            raise self._failed[0]

    def _queue(self, seconds: float) -> threading.Event:
        event = threading.Event()
        heapq.heappush(self._waiting, (self.at + seconds, next(self._turn), event))
        return event

    def _next(self) -> None:
        if not self._waiting:
            self._over.set()
            return
        self.at, _, event = heapq.heappop(self._waiting)
        event.set()

    def _live(self, work: Callable[[], None], mine: threading.Event) -> None:
        mine.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # raised again where the run was asked for
            self._failed.append(error)
        self._next()


class _OfEach(dict[str, deque[int]]):
    """What each process has learnt, and no other knows."""

    def setdefault(self, what: str, new: deque[int]) -> deque[int]:
        return super().setdefault(_mine(what), new)

    def get(self, what: str, default: Any = None) -> Any:
        return super().get(_mine(what), default)


def _mine(what: str) -> str:
    return f"{threading.get_ident()} {what}"


class _Distant(Rows):
    """The table, some milliseconds away: others may be first."""

    def __init__(self, senders: Senders) -> None:
        super().__init__()
        self._senders = senders
        self._chance = random.Random(7)

    def _timed(self, method: Any) -> Any:
        timed = super()._timed(method)

        def call(*args: Any, **given: Any) -> Any:
            self._senders.pause(self._chance.uniform(*_ASKING))
            return timed(*args, **given)

        return call
