"""One place in the attention index stands for the notices of a batch: nothing that needs a look goes without one.

By the functions' workflows over a table in memory, which `tests/functions/test_stand_in.py` holds against the emulator.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from bench.stand_in.company import standing_in
from bench.stand_in.rows import Rows
from bench.stand_in.services import Queues
from core.delivery import DeliveryEvent, NoticeState
from functions.decide_accounts.workflow import Batch, decide_batch
from functions.shared import pacing, review, settle, tally
from functions.shared.store import bundles, config, feedback, hooks, keys, notice_events, notices, offered, own_words
from functions.shared.store.notice_looks import DOUBT_AFTER
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.table import table
from functions.sweep_stuck import offers
from functions.sweep_stuck.workflow import sweep
from tests.builders import a_policy
from tests.functions.stored import NOW, TODAY, KilledError, account, attention, configured, stored

CUSTOMERS = ("C1", "C2", "C3")
EARLY = NOW.replace(hour=6)
OPENS = NOW.replace(hour=8)  # nobody is written to before
AN_HOUR, TEN_MINUTES, A_DAY = timedelta(hours=1), timedelta(minutes=10), timedelta(days=1)
WRITES = 13  # of a batch: commits, reasons and notices of three; lines, the bundle, a request to the queue, its mark


class Story(Rows):
    """The table of one story, in which the process may die before the n-th request that changes something."""

    queue: Queues
    changes = 0
    dies_at = 0  # 0: it lives

    def change(self) -> None:
        self.changes += 1
        if self.changes == self.dies_at:
            raise KilledError

    def put(self, *args: Any) -> None:
        self.change()
        super().put(*args)

    def put_if(self, *args: Any, **given: Any) -> bool:
        self.change()
        return super().put_if(*args, **given)

    def update_if(self, *args: Any, **given: Any) -> bool:
        self.change()
        return super().update_if(*args, **given)

    def taken(self) -> set[str]:
        """The notices that were queued, taken off the queue."""
        return {json.loads(body)["notice_id"] for body in self.queue.take("notices", 99)}

    @contextmanager
    def dying(self, at: int) -> Iterator[None]:
        """The process dies before so many changes of the block are made; 0: it does not."""
        self.changes, self.dies_at = 0, at
        try:
            yield
            assert not at, f"only {self.changes} changes"
        except KilledError:
            assert at
        self.dies_at = 0


@contextmanager
def begun(now: datetime = EARLY, *, dies_at: int = 0) -> Iterator[Story]:
    """Three accounts, decided in one batch. Args: `dies_at` before which change of the batch the process does."""
    for remembered in (feedback, hooks, own_words, pacing, tally):
        remembered.forget()
    story, send = Story(), Queues.send_message_batch

    def counted(queue: Queues, **given: Any) -> dict[str, Any]:
        story.change()
        return send(queue, **given)

    with standing_in(table=story) as stack, patch.object(Queues, "send_message_batch", counted):
        story.queue = stack.queues
        configured()
        stored(*CUSTOMERS)
        with story.dying(dies_at):
            decide(now)
        yield story


def decide(now: datetime = EARLY, n: int | None = 0) -> None:
    decide_batch(Batch(v=1, entity="E1", date=now.date(), n=n, customers=CUSTOMERS), now=now)


def planned() -> list[str]:
    return [account(customer).facts.state.waiting["account"].notice_id for customer in CUSTOMERS]


def swept(story: Story, at: datetime) -> set[str]:
    """One sweep. Returns: the notices that it queued."""
    sweep(at, lambda: 600_000)
    return story.taken()


def notice(notice_id: str) -> NoticeRecord:
    found = notices.get(notice_id)
    assert found is not None
    return found


def sends(notice_id: str, now: datetime) -> NoticeRecord:
    """A worker takes the notice up to the call of the provider."""
    claimed = notices.claim(notice_id, now)
    assert claimed is not None
    assert notices.fence(claimed, now)
    return claimed


def arrive(notice_ids: Iterable[str], now: datetime) -> None:
    """Their messages go, and are delivered."""
    for one in notice_ids:
        accepted = notices.accept(sends(one, now), "m1", TODAY, now)
        settle.settle(accepted, config.read(), now, heard=False)
        notice_events.hear(notice(one), DeliveryEvent.DELIVERY, "m1", TODAY, now, told=True)


def watched() -> list[str]:
    """Notices with a place of their own."""
    return sorted(keys.attention_of(look)[2] for look in attention() if "#NOTICE#" in look)


def kinds() -> list[str]:
    return [keys.attention_of(look)[1] for look in attention()]


# ---------- a night like most ----------
def test_a_bundle_stands_until_an_hour_after_its_notices_were_offered_and_costs_nothing_later() -> None:
    with begun() as story:
        ids = planned()
        assert story.changes == WRITES - 1  # nothing may go yet
        assert [keys.attention_of(look)[:2] for look in attention()] == [("2026-03-09T08:00:00Z", "BUNDLE")]
        assert all(notice(one).bundled and notice(one).look is None for one in ids)
        assert swept(story, OPENS - TEN_MINUTES) == set()
        assert swept(story, OPENS) == set(ids)
        arrive(ids[1:], OPENS)
        notices.accept(sends(ids[0], OPENS), "m1", TODAY, OPENS)
        assert watched() == []
        notice_events.hear(notice(ids[0]), DeliveryEvent.DELIVERY, "m1", TODAY, OPENS, told=True)
        with story.dying(0):
            assert (swept(story, OPENS + TEN_MINUTES), kinds()) == (set(), ["BUNDLE"])
        assert story.changes == 0
        assert (swept(story, OPENS + AN_HOUR), attention()) == (set(), [])
        asked = story.counted.requests.total()
        swept(story, OPENS + AN_HOUR + TEN_MINUTES)
        assert story.counted.requests.total() - asked <= 20
        assert {notice(one).state for one in ids} == {NoticeState.DELIVERED}


def test_what_may_go_at_once_is_queued_by_its_batch_and_offered_after_an_hour_where_its_message_was_lost() -> None:
    with begun(NOW) as story:
        ids = planned()
        assert (story.taken(), story.changes) == (set(ids), WRITES)
        arrive(ids[:1], NOW)
        assert (swept(story, NOW + AN_HOUR - TEN_MINUTES), kinds()) == (set(), ["BUNDLE"])
        assert swept(story, NOW + AN_HOUR) == set(ids[1:])
        assert watched() == sorted(ids[1:])


def test_few_notices_have_places_of_their_own_and_so_has_what_no_run_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "FEWEST", 4)  # or they were planned by older code
    with begun() as story:
        assert (kinds(), swept(story, OPENS)) == (["NOTICE"] * 3, set(planned()))
    monkeypatch.setattr(bundles, "FEWEST", 3)
    with begun(dies_at=1):
        decide(n=None)
        assert kinds() == ["NOTICE"] * 3
    with begun(OPENS - timedelta(minutes=2)):  # a sweep may come before all are put
        assert kinds() == ["NOTICE"] * 3


def test_more_notices_than_one_request_reads_have_several_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST", 2)
    with begun() as story:
        assert kinds() == ["BUNDLE", "BUNDLE"]
        assert swept(story, OPENS) == set(planned())


# ---------- trouble ----------
def test_a_message_that_was_lost_is_offered_again_after_an_hour() -> None:
    with begun() as story:
        lost, *others = planned()
        swept(story, OPENS)
        arrive(others, OPENS)
        for minutes in (10, 30, 50):
            assert swept(story, OPENS + timedelta(minutes=minutes)) == set()
        assert swept(story, OPENS + AN_HOUR) == {lost}
        assert watched() == [lost]
        arrive([lost], OPENS + AN_HOUR)
        assert attention() == []


@pytest.mark.parametrize(("now", "offered_at", "writes"), [(EARLY, OPENS, WRITES - 1), (NOW, NOW + AN_HOUR, WRITES)])
def test_a_batch_that_dies_at_any_write_and_comes_again_leaves_no_notice_without_a_look(
    now: datetime, offered_at: datetime, writes: int
) -> None:
    for point in range(1, writes + 1):
        with begun(now, dies_at=point) as story:
            decide(now + timedelta(minutes=12))
            story.taken()  # all that was queued by then is lost
            offered = [swept(story, offered_at + n * TEN_MINUTES) for n in range(4)]
            assert set[str]().union(*offered) == set(planned()), point
            assert swept(story, offered_at + 2 * AN_HOUR) == set(planned()), point  # again: nobody took them up


def test_a_batch_that_dies_before_it_queues_and_never_comes_again_is_offered_by_the_sweep() -> None:
    with begun(NOW, dies_at=WRITES - 1) as story:
        assert (story.taken(), kinds()) == (set(), ["BUNDLE"])
        assert swept(story, NOW + AN_HOUR) == set(planned())


def test_a_batch_that_comes_twice_has_one_bundle() -> None:
    with begun() as story:
        decide()
        assert (kinds(), swept(story, OPENS)) == (["BUNDLE"], set(planned()))


@pytest.mark.parametrize("late", [False, True])
def test_a_sweep_that_dies_at_any_write_is_finished_by_the_next(late: bool) -> None:
    changes, point = 1, 0
    while point < changes:
        with begun() as story:
            wanted, at = planned(), OPENS
            if late:
                swept(story, OPENS)
                arrive(wanted[:1], OPENS)
                wanted, at = wanted[1:], OPENS + AN_HOUR
            with story.dying(point):
                sweep(at, lambda: 600_000)
            changes = changes if point else story.changes
            assert story.taken() | swept(story, at + TEN_MINUTES) == set(wanted), point
            arrive(wanted, at + TEN_MINUTES)
            swept(story, at + TEN_MINUTES + AN_HOUR)
            assert attention() == [], point
        point += 1
    assert changes >= 3


def test_what_a_later_night_decided_anew_goes_at_its_own_time_though_the_sweep_stood_still_for_a_day() -> None:
    with begun() as story:
        decide(EARLY + A_DAY)
        story.taken()  # what it put once more of the night before: too early
        assert swept(story, OPENS + A_DAY - TEN_MINUTES) == set()
        assert swept(story, OPENS + A_DAY) == set(planned())


def test_a_message_that_came_before_its_time_is_not_waited_for() -> None:
    with begun() as story:
        offered.note(planned(), OPENS - TEN_MINUTES)  # of the night before, as this one decided it anew
        assert swept(story, OPENS) == set(planned())


# ---------- one of them goes another way ----------
def test_one_that_was_put_off_waits_by_itself() -> None:
    with begun() as story:
        ids, until = planned(), OPENS + 3 * AN_HOUR
        swept(story, OPENS)
        assert notices.put_off(ids[0], until=until, waits_for="quota", now=OPENS)
        arrive(ids[1:], OPENS)
        assert swept(story, OPENS + AN_HOUR) == set()
        assert [keys.attention_of(look) for look in attention()] == [(keys.instant(until), "NOTICE", ids[0])]
        assert swept(story, until) == {ids[0]}


def test_what_the_provider_does_not_take_yet_waits_by_itself_and_what_is_queued_is_not_queued_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offers, "most", lambda *_: 1)
    with begun() as story:
        for one in planned():
            assert notices.put_off(one, until=OPENS + A_DAY, waits_for="quota", now=OPENS)
        assert swept(story, OPENS + AN_HOUR) == set()
        decide(EARLY + A_DAY)  # anew, and into a bundle: it is known for what they wait
        assert (story.taken(), kinds()) == (set(), ["BUNDLE"])
        first = swept(story, OPENS + A_DAY)
        assert watched() == sorted(set(planned()) - first)
        second = swept(story, OPENS + A_DAY + TEN_MINUTES)
        assert (len(first), len(second), first & second) == (1, 1, set())


def test_of_more_than_there_is_time_to_put_off_the_next_sweep_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep ran into its time-out, over a large night and a slow sender."""
    monkeypatch.setattr(offers, "most", lambda *_: 1)
    left = iter([600_000, 600_000, 600_000, 20_000, 9_000])  # a look at each, then one is put off
    with begun() as story:
        sweep(OPENS, lambda: next(left))
        first = story.taken()
        assert (len(first), len(watched())) == (1, 1)
        second = swept(story, OPENS + TEN_MINUTES)
        assert (len(second), first & second) == (1, set())
        third = swept(story, OPENS + 2 * TEN_MINUTES) | swept(story, OPENS + 3 * TEN_MINUTES)
        assert first | second | third == set(planned())


@pytest.mark.parametrize("again", [True, False])
def test_one_whose_worker_died_in_the_send_is_a_doubt_once_its_message_comes_again_or_in_an_hour(again: bool) -> None:
    with begun() as story:
        ids = planned()
        swept(story, OPENS)
        sends(ids[0], OPENS)
        arrive(ids[1:], OPENS)
        if again:  # by the queue's visibility
            assert notices.claim(ids[0], OPENS + timedelta(minutes=12)) is None
        swept(story, OPENS + DOUBT_AFTER + TEN_MINUTES)
        assert notice(ids[0]).state is (NoticeState.UNKNOWN if again else NoticeState.SENDING)
        swept(story, OPENS + AN_HOUR)
        assert (notice(ids[0]).state, watched()) == (NoticeState.UNKNOWN, [ids[0]])


def test_one_that_is_cancelled_leaves_the_others_to_the_bundle() -> None:
    with begun() as story:
        ids = planned()
        assert notices.cancel(ids[0], "settled", EARLY)
        assert swept(story, OPENS) == set(ids[1:])
        assert (kinds(), notice(ids[0]).settled) == (["BUNDLE"], True)
        arrive(ids[1:], OPENS)
        swept(story, OPENS + AN_HOUR)
        assert attention() == []


def test_one_that_cannot_be_read_is_watched_by_itself_and_the_others_go() -> None:
    with begun() as story:
        ids = planned()
        table().update_if(keys.notice(ids[0]), "SET #body = :body", "attribute_exists(#pk)", {"body": b"?"})
        table().update_if(keys.notice(ids[1]), "SET #state = :new", "attribute_exists(#pk)", {"new": "LATER"})
        assert (swept(story, OPENS), watched()) == ({ids[2]}, [ids[0]])
        arrive(ids[2:], OPENS)
        swept(story, OPENS + AN_HOUR)  # of a state that newer code knows: it is looked at until that code is back
        assert (kinds(), watched()) == (["NOTICE"] * 2, sorted(ids[:2]))


def test_those_that_wait_for_a_person_are_listed_and_wait_by_themselves_once_their_time_has_come() -> None:
    with begun(dies_at=1) as story:
        assert config.put_policy(a_policy(version=2, runs="reviewed"), was=1)
        decide()
        for found in (["BUNDLE"], [*["NOTICE"] * 3, "BUNDLE"]):
            assert sorted(kinds()) == sorted(found)
            assert sorted(one.id for one in review.waiting_notices("E1", TODAY)) == sorted(planned())
            assert swept(story, OPENS) == set()
        decide(EARLY + A_DAY)  # while the sweep stood still
        assert sorted(one.id for one in review.waiting_notices("E1", TODAY + A_DAY)) == sorted(planned())


def test_after_going_back_to_code_that_knows_no_bundles_the_next_night_offers_what_was_left() -> None:
    with begun() as story:
        (bundle,) = [keys.attention_of(look)[2] for look in attention()]
        table().delete(keys.bundle(bundle))  # nobody looks at it
        assert swept(story, OPENS) == set()
        decide(EARLY + A_DAY)
        assert story.taken() | swept(story, OPENS + A_DAY) == set(planned())
