"""What senders share, on the real store: slots once, counts within their limit, switches with who and why."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from core.sending import Circuit, Reading, Sending, Trouble
from core.warm_up import Stage
from functions.shared import clock, pacing, tally
from functions.shared.pacing import Turns
from functions.shared.store import config, pace, sent, switches
from functions.shared.store.switches import Switch
from functions.shared.tally import Tally
from local.engine.clock import Clock
from tests.builders import a_policy, an_entity

NOW = datetime(2026, 3, 9, 8, tzinfo=UTC)
DAY = date(2026, 3, 9)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def as_a_new_process() -> None:
    pacing.forget()
    tally.forget()


# ---------- the shared row ----------
def test_what_is_written_is_read_again() -> None:
    reading = Reading(14_000, None, 17, production=False, enabled=False, standing="PROBATION")
    _, taken = Sending().told(reading, NOW, taken_before=0).slots(3, NOW, apart_us=0, until=NOW + MINUTE)
    whole = replace(taken, unclear=2, probe_until=NOW + MINUTE, held_until_us=5, taken=7, taken_before=4)
    assert pace.write(whole, was=Sending())
    assert pace.read() == replace(whole, version=1)
    assert pace.read().circuit is Circuit.OPEN


def test_two_who_take_slots_from_the_same_state_do_not_get_the_same() -> None:
    both = pace.read()
    mine, after_mine = both.slots(2, NOW, apart_us=0, until=NOW + MINUTE)
    _, after_yours = both.slots(2, NOW, apart_us=0, until=NOW + MINUTE)
    assert [pace.write(after_mine, was=both), pace.write(after_yours, was=both)] == [True, False]
    given: list[int] = []

    def take(there: Sending) -> Sending:
        slots, after = there.slots(2, NOW, apart_us=0, until=NOW + MINUTE)
        given.extend(slots)
        return after

    pace.change(take, known=both)  # its first try comes too late
    assert not set(given[-2:]) & set(mine)
    assert pace.read().taken == 4


def test_what_changes_nothing_is_not_written() -> None:
    assert pace.change(lambda there: there.accepted()) == pace.read()
    assert pace.read().version == 0


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock that stands still until somebody waits."""
    with ExitStack() as undo:
        held = Clock(NOW)
        held.hold(undo)
        monkeypatch.setattr(clock, "wait_until", held.wait_until)
        yield held


def test_who_is_always_late_gives_up(virtual: Clock) -> None:
    def beaten(there: Sending) -> Sending:
        pace.write(replace(there, taken=there.taken + 1), was=there)
        return replace(there, taken=there.taken + 10)

    with pytest.raises(pace.PaceBusyError):
        pace.change(beaten)
    assert virtual.now > NOW  # it paused between its attempts


def test_a_batch_writes_once_and_says_why_none_of_it_may_go(virtual: Clock) -> None:
    pacing.forget()
    pace.change(lambda there: there.told(Reading(1_000_000, 1_000, 0), NOW, taken_before=0))
    before = pace.read().version
    turns = Turns(5, lambda: 60_000, safety_ms=30_000)
    for _ in range(5):
        turns.begin()
        assert turns.take(1) is None
    assert virtual.now - NOW == timedelta(microseconds=4 * 1030)
    assert pace.read().version == before + 3  # a new process first learns how long its mails take
    later = turns.refused(Trouble.ACCOUNT, "AccountSuspendedException")
    assert later is not None
    assert later.waits_for == "provider"
    fresh = Turns(5, lambda: 60_000, safety_ms=30_000).closed(NOW)
    assert fresh is not None
    assert fresh.waits_for == "provider"


def test_one_mail_that_took_long_moves_no_slot_of_the_next_batch(virtual: Clock) -> None:
    pace.change(lambda there: there.told(Reading(10_000, 1_000, 0), NOW, taken_before=0))
    went = list[datetime]()
    for takes in ((150, 150, 900, 150, 150), (150,) * 5):
        turns = Turns(5, lambda: 60_000, safety_ms=30_000)
        for milliseconds in takes:
            turns.begin()
            assert turns.take(1) is None
            went.append(virtual.now)
            virtual.move_to(virtual.now + timedelta(milliseconds=milliseconds))
    apart = [later - sooner for sooner, later in pairwise(went)]
    assert apart[2] >= timedelta(milliseconds=900)
    assert max(apart[-4:]) == 2 * timedelta(milliseconds=103)  # at ten a second every other slot, as soon as it can


def test_the_first_mail_of_a_process_does_not_hold_up_its_batch(virtual: Clock) -> None:
    pace.change(lambda there: there.told(Reading(10_000, 1_000, 0), NOW, taken_before=0))
    turns, went = Turns(9, lambda: 60_000, safety_ms=30_000), list[datetime]()
    for milliseconds in (900, *(150,) * 8):
        turns.begin()
        assert turns.take(1) is None
        went.append(virtual.now)
        virtual.move_to(virtual.now + timedelta(milliseconds=milliseconds))
    apart = [later - sooner for sooner, later in pairwise(went)]
    assert max(apart[3:]) == 2 * timedelta(milliseconds=103)


def test_a_table_that_becomes_slow_costs_a_slot_and_puts_nothing_off(
    virtual: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the median of better times each try asked too early: a mail was put off for ten minutes."""
    write, takes = pace.write, iter([8] * 9 + [90] * 12)

    def slow(after: Sending, *, was: Sending) -> bool:
        written = write(after, was=was)
        virtual.move_to(virtual.now + timedelta(milliseconds=next(takes)))
        return written

    pace.change(lambda there: there.told(Reading(50_000, 1_000, 0), NOW, taken_before=0))
    monkeypatch.setattr(pace, "write", slow)
    assert [Turns(0, lambda: 60_000, safety_ms=30_000).take(1) for _ in range(12)] == [None] * 12


# ---------- counts ----------
def test_a_day_takes_what_its_limit_leaves() -> None:
    assert [sent.add("E1", DAY, n, 10, NOW) for n in (7, 4, 3, 1)] == [True, False, True, False]
    sent.give_back("E1", DAY, 2)
    assert (sent.read("E1", DAY).sent, sent.read("E2", DAY).sent) == (8, 0)
    assert sent.add("E1", DAY, 1_000, None, NOW)
    assert not sent.add("E1", DAY + timedelta(days=1), 11, 10, NOW)


def test_an_event_is_counted_once_and_by_its_kind_and_day() -> None:
    for notice in ("n1", "n1", "n2"):
        sent.mark("E1", DAY, "bounce", "0", notice, NOW)
    sent.mark("E1", DAY, "complaint", "0", "n1", NOW)
    sent.mark("E1", DAY + timedelta(days=1), "bounce", "0", "n3", NOW)
    assert (sent.marked("E1", DAY, "bounce"), sent.marked("E1", DAY, "complaint")) == (2, 1)


def test_a_day_has_a_new_turn_after_each_stop() -> None:
    assert sent.add("E1", DAY, 60, None, NOW)
    sent.mark("E1", DAY, "bounce", sent.read("E1", DAY).since, "n1", NOW)
    sent.stopped("E1", DAY, 60, NOW)
    sent.stopped("E1", DAY, 60, NOW + MINUTE)  # heard twice
    day = sent.read("E1", DAY)
    assert (day.stopped_at_sent, day.stopped_at) == (60, NOW)
    sent.mark("E1", DAY, "bounce", day.since, "n2", NOW)
    assert (sent.marked("E1", DAY, "bounce", day.since), sent.marked("E1", DAY, "bounce")) == (1, 2)


def test_one_of_two_new_days_is_written() -> None:
    first = Stage("mail.example.com", DAY)
    assert [sent.put_stage("E1", first, None), sent.put_stage("E1", replace(first, step=3), None)] == [True, False]
    assert sent.stage("E1") == first


def test_a_batch_counts_ahead_and_gives_back_what_did_not_go() -> None:
    entity = an_entity(warm_up=(4,))
    batch = Tally()
    assert [batch.take(entity, NOW, left) for left in (3, 2)] == [True, True]
    assert sent.read("E1", DAY).sent == 4
    other = Tally()
    assert not other.take(entity, NOW, 3)
    batch.close()
    assert sent.read("E1", DAY).sent == 2
    assert Tally().take(entity, NOW, 5)  # more to come than there is room for: this one alone
    assert sent.read("E1", DAY).sent == 3


# ---------- switches ----------
def test_a_switch_says_who_when_and_why_and_every_turn_is_kept() -> None:
    assert config.put_entity(an_entity(), was=0)
    assert config.put_policy(a_policy(), was=0)
    name = a_policy().policy
    config.pause_entity("E1", paused=True, by="anna", reason="wrong bank", at=NOW)
    config.pause_policy(name, paused=True, by="ben", at=NOW + MINUTE)
    config.pause_entity("E1", paused=False, by="anna", at=NOW + 2 * MINUTE)
    now = config.read()
    assert (now.stopped("E1"), now.stopped("E1", name), now.stopped("E1", "other")) == (False, True, False)
    assert (switches.is_off("E1"), switches.is_off("E1", name)) == (False, True)
    turns = [(one.reach, one.of, one.paused, one.by, one.reason) for one in switches.turns(10)]
    assert turns == [
        ("entity", "E1", False, "anna", ""),
        ("policy", name, True, "ben", ""),
        ("entity", "E1", True, "anna", "wrong bank"),
    ]
    config.pause(paused=True, by="ceo", at=NOW)
    assert switches.is_off("E9", "other")
    with pytest.raises(config.UnknownConfigurationError):
        config.pause_policy("no-such", paused=True)


def test_what_is_stopped_is_not_stopped_again_by_another_cause() -> None:
    config.put_entity(an_entity(), was=0)
    config.pause_entity("E1", paused=True, by="anna", reason="mine", at=NOW)
    brake = Switch("entity", "E1", paused=True, by="pastdue", cause="bounce", reason="3 of 60", at=NOW)
    assert not switches.turn_off_once(brake)
    config.pause_entity("E1", paused=False, by="anna", at=NOW)
    assert [switches.turn_off_once(brake), switches.turn_off_once(brake)] == [True, False]
    (there,) = switches.standing()
    assert (there.cause, there.reason) == ("bounce", "3 of 60")


def test_an_id_with_a_separator_is_stopped_too() -> None:
    config.put_entity(an_entity(id="A#1"), was=0)
    config.pause_entity("A#1", paused=True)
    assert config.read().stopped("A#1")
