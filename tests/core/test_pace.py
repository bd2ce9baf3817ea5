"""The grid of send slots: never more than the rate in any second, within five per cent of it, and everything goes."""

from bisect import bisect_left
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import ceil
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pace import GRACE_US, Grid

SECOND = 1_000_000


@dataclass
class Workers:
    """Senders that share a grid: each takes slots for its batch, and is busy for a while with each mail."""

    random: Random
    grid: Grid
    busy_us: int  # with one mail, about
    left: int  # mails that nobody has taken up
    sent: list[int] = field(default_factory=list)

    def run(self, count: int, *, idle_us: int = 0) -> None:
        clocks = [(self.random.randrange(SECOND), n) for n in range(count)]
        heapify(clocks)
        while self.left:
            now, worker = heappop(clocks)
            heappush(clocks, (self._batch(now) + self.random.randint(0, idle_us), worker))

    def _batch(self, now: int) -> int:
        mails = min(self.left, self.random.choice((1, 3, 10, 10, 10)))
        apart = round(self.busy_us * 1.25)
        slots, self.grid = self.grid.take(mails, now_us=now, apart_us=apart, until_us=now + 90 * SECOND)
        if not slots:  # too far away: the function ends, and its mails come again
            return now + SECOND
        for slot in slots:
            if now > slot + GRACE_US:  # too late for it: the mail takes the next one
                continue
            now = max(now, slot)
            self.sent.append(now + self.random.randint(0, max(0, slot + GRACE_US - now)))
            self.left -= 1
            now = self.sent[-1] + round(self.busy_us * self.random.uniform(0.5, 1.1))
        return now


def worst_second(sent: list[int]) -> int:
    """The most that went within one second, wherever it begins."""
    sent = sorted(sent)
    return max(bisect_left(sent, at + SECOND) - n for n, at in enumerate(sent))


@given(
    seed=st.integers(0, 10_000),
    rate_milli=st.sampled_from((500, 1_000, 1_700, 14_000, 37_500, 200_000)),
    workers=st.integers(1, 12),
    busy_us=st.sampled_from((0, 20_000, 130_000, 900_000)),
    idle_us=st.sampled_from((0, 50_000, 3_000_000)),
)
@settings(max_examples=60, deadline=None)
def test_no_second_sees_more_than_the_rate_and_one_and_all_go(
    seed: int, rate_milli: int, workers: int, busy_us: int, idle_us: int
) -> None:
    crowd = Workers(Random(seed), Grid(rate_milli, 0), busy_us, left=120)
    crowd.run(workers, idle_us=idle_us)
    assert len(crowd.sent) == 120
    assert worst_second(crowd.sent) <= rate_milli / 1000 + 1


@pytest.mark.parametrize(("rate", "busy_ms"), [(1, 100), (14, 0), (14, 100), (50, 200), (200, 100)])
def test_with_work_at_hand_the_rate_is_reached_within_five_per_cent(rate: int, busy_ms: int) -> None:
    """With as many senders as the page of the pace says."""
    mails = rate * 40
    crowd = Workers(Random(7), Grid(rate * 1000, 0), busy_ms * 1000, left=mails)
    crowd.run(max(2, ceil(rate * 0.25)))
    middle = [
        at for at in crowd.sent if 5 * SECOND <= at < 30 * SECOND
    ]  # the last batches have fewer mails than senders
    assert 0.95 * rate <= len(middle) / 25
    assert worst_second(crowd.sent) <= rate + 1


@given(rates=st.lists(st.sampled_from((1_000, 14_000, 50_000)), min_size=2, max_size=6), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_no_slot_of_a_new_rate_begins_before_the_last_of_the_old_ends(rates: list[int], seed: int) -> None:
    random, now, grid, begins = Random(seed), 5 * SECOND, Grid(rates[0], 0), list[int]()
    for rate in rates:
        grid = grid.at_rate(rate, now)
        slots, grid = grid.take(random.randint(1, 8), now_us=now, apart_us=0, until_us=now + 60 * SECOND)
        begins += slots
        now += random.randint(0, 2 * SECOND)
    assert begins == sorted(begins)
    shortest = SECOND * 1000 // max(rates)
    assert all(later - one >= shortest for one, later in pairwise(begins))


def test_nobody_gets_a_slot_twice_and_what_lies_between_stays_for_others() -> None:
    grid = Grid(10_000, 0)
    mine, grid = grid.take(3, now_us=SECOND, apart_us=250_000, until_us=9 * SECOND)
    yours, grid = grid.take(6, now_us=SECOND, apart_us=0, until_us=9 * SECOND)
    assert not set(mine) & set(yours)
    assert sorted((*mine, *yours)) == [SECOND + n * 103_000 for n in range(9)]
    assert [slot - SECOND for slot in mine] == [0, 309_000, 618_000]


def test_slots_that_are_too_far_away_are_not_given() -> None:
    slots, grid = Grid(1_000, 0).take(10, now_us=SECOND, apart_us=0, until_us=4 * SECOND)
    assert len(slots) == 3
    again, _ = grid.take(1, now_us=SECOND, apart_us=0, until_us=4 * SECOND)
    assert again == ()


def test_after_a_pause_the_first_slot_begins_at_once() -> None:
    slots, grid = Grid(1_000, 0).take(2, now_us=SECOND, apart_us=0, until_us=9 * SECOND)
    assert slots == (SECOND, SECOND + 1_030_000)
    later = SECOND + 5_000_123
    assert grid.take(1, now_us=later, apart_us=0, until_us=later)[0] == (later,)
