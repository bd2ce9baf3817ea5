"""When the next mails may go: one grid of send slots, which everybody who sends for an account shares.

Each slot is given away at most once, and whoever has one uses it within GRACE_US after it begins, or never. The slots
lie so far apart that no second then sees more than the rate and one. A slot that nobody uses is lost, and harms nobody.
"""

from typing import Final

from core.values import dataclass, replace

GRACE_US: Final = 30_000  # a slot may be used so much later; by as much less than the rate is sent
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """The slots of one rate, and which of those to come are taken. All instants are microseconds since 1970."""

    rate_milli: int  # slots in a thousand seconds, before the grace
    begin_us: int  # of slot 0
    first: int = 0  # the slot that the lowest bit of `taken` stands for; none before it is free
    taken: int = 0

    def at(self, slot: int) -> int:
        """When a slot begins."""
        return self.begin_us - (-slot * (_SECOND_US + GRACE_US) * 1000 // self.rate_milli)

    def slot_from(self, instant_us: int) -> int:
        """The first slot that begins at the instant or later, taken or not."""
        slot = (instant_us - self.begin_us) * self.rate_milli // ((_SECOND_US + GRACE_US) * 1000)
        while self.at(slot) < instant_us:
            slot += 1
        return max(slot, self.first)

    def at_rate(self, rate_milli: int, now_us: int) -> "Grid":
        """The slots of another rate; they begin where the last one ends that somebody has of the old."""
        if rate_milli == self.rate_milli:
            return self
        ends = self.at(self.first + self.taken.bit_length())
        return Grid(rate_milli, max(now_us, ends) if self.taken else max(now_us, self.at(self.first)))

    def _is_idle(self, now_us: int) -> bool:
        """Nobody has a slot to come, nor had the last one before: a grid that begins now begins a whole slot later."""
        last = self.slot_from(now_us) - 1 - self.first
        return last >= 0 and not self.taken >> last and now_us != self.begin_us

    def take(self, count: int, *, now_us: int, apart_us: int, until_us: int) -> tuple[tuple[int, ...], "Grid"]:
        """Up to so many free slots, each that much after the one before, none later than `until_us`.

        Args: `apart_us` the time that the taker needs for one mail: slots nearer to each other would be lost to others.
        Returns: when they begin, and the grid without them.
        """
        if self._is_idle(now_us):  # whoever comes after a pause need not wait for the next line of the grid
            return Grid(self.rate_milli, now_us).take(count, now_us=now_us, apart_us=apart_us, until_us=until_us)
        start = self.slot_from(now_us)
        first, taken, begins = start, self.taken >> (start - self.first), list[int]()
        slot = start
        while len(begins) < count:
            free = ~(taken >> (slot - first))
            slot += (free & -free).bit_length() - 1  # the lowest bit that is not set
            begin = self.at(slot)
            if begin > until_us:
                break
            taken |= 1 << (slot - first)
            begins.append(begin)
            slot = max(slot + 1, self.slot_from(begin + apart_us))
        return tuple(begins), replace(self, first=first, taken=taken)
