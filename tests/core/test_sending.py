"""What the provider says of an account, and what everybody who sends makes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.sending import OPENS_AT, PROBE_LEASE, Circuit, Reading, Sending, Trouble
from core.warm_up import LIMITS, Stage, limit_of, stage_of

NOW = datetime(2026, 3, 9, 8, tzinfo=UTC)
PAUSE = timedelta(seconds=1)
WELL = Reading(14_000, 1_000, 0)


def told(reading: Reading = WELL) -> Sending:
    return Sending().told(reading, NOW, taken_before=0)


def slots(sending: Sending, count: int, now: datetime = NOW) -> tuple[int, Sending]:
    given, after = sending.slots(count, now, apart_us=0, until=now + timedelta(minutes=5))
    return len(given), after


def refused(sending: Sending, trouble: Trouble, now: datetime = NOW) -> Sending:
    return sending.refused(trouble, "said so", now, pause=PAUSE)


def test_before_anything_was_read_it_is_the_sandbox() -> None:
    assert (Sending().room, Sending().grid.rate_milli) == (200, 1_000)


@pytest.mark.parametrize(("per_day", "sent", "wanted", "given"), [
    (1_000, 0, 10, 10), (1_000, 995, 10, 5), (1_000, 1_000, 10, 0), (1_000, 1_200, 10, 0), (None, 90_000, 10, 10),
])  # fmt: skip
def test_no_more_slots_than_the_day_has_room(per_day: int | None, sent: int, wanted: int, given: int) -> None:
    got, after = slots(told(Reading(14_000, per_day, sent)), wanted)
    assert got == given
    assert per_day is None or after.used_up is (given < wanted or after.room == 0)


def test_what_was_taken_after_the_question_was_asked_is_not_forgotten() -> None:
    """A reading tells what was sent before it; ten slots were taken while it was on its way."""
    _, busy = slots(told(), 10)
    after = busy.told(replace(WELL, sent_last_day=990), NOW, taken_before=0)
    assert after.room == 0
    assert busy.told(replace(WELL, sent_last_day=990), NOW, taken_before=10).room == 10


def test_too_fast_holds_everybody_for_a_moment() -> None:
    after = refused(told(), Trouble.RATE)
    given, _ = after.slots(1, NOW, apart_us=0, until=NOW + timedelta(minutes=1))
    assert given[0] >= after.held_until_us > 0
    assert after.circuit is Circuit.CLOSED


def test_a_full_day_that_only_the_provider_knew_of_ends_with_the_next_reading() -> None:
    after = refused(told(), Trouble.DAY)
    assert (after.used_up, slots(after, 1)[0]) == (True, 0)
    assert after.told(WELL, NOW, taken_before=after.taken).room == 1_000


def test_the_circuit_opens_at_once_for_the_account_and_after_some_for_no_answer() -> None:
    assert refused(told(), Trouble.ACCOUNT).circuit is Circuit.OPEN
    sending = told()
    for n in range(OPENS_AT):
        assert sending.circuit is Circuit.CLOSED, n
        sending = refused(sending, Trouble.UNREACHED)
    assert (sending.circuit, slots(sending, 1)[0]) == (Circuit.OPEN, 0)
    assert refused(told(), Trouble.SENDER).circuit is Circuit.CLOSED


def test_a_mail_that_is_taken_ends_the_count() -> None:
    sending = refused(refused(told(), Trouble.UNREACHED), Trouble.UNREACHED).accepted()
    assert refused(sending, Trouble.UNREACHED).circuit is Circuit.CLOSED


def test_half_open_one_tries_and_the_circuit_goes_by_it() -> None:
    half = refused(told(), Trouble.ACCOUNT).told(WELL, NOW, taken_before=0)
    assert half.circuit is Circuit.HALF
    given, trying = slots(half, 1)
    assert (given, slots(trying, 1)[0]) == (1, 0)  # nobody else
    assert slots(trying, 1, NOW + PROBE_LEASE)[0] == 1  # whoever tried has died
    assert trying.accepted().circuit is Circuit.CLOSED
    assert refused(trying, Trouble.UNREACHED).circuit is Circuit.OPEN


@pytest.mark.parametrize("reading", [replace(WELL, enabled=False), replace(WELL, standing="SHUTDOWN")])
def test_an_account_that_may_not_send_opens_it_whoever_asked(reading: Reading) -> None:
    after = told(reading)
    assert (after.circuit, bool(after.why), after.since) == (Circuit.OPEN, True, NOW)
    assert after.told(reading, NOW + timedelta(hours=1), taken_before=0).since == NOW
    assert told(replace(WELL, standing="PROBATION")).circuit is Circuit.CLOSED


# ---------- the first days of a sender ----------
DAY = date(2026, 3, 9)


def next_days(*sent: int) -> list[int | None]:
    """The limit of each day, when so much was sent on the days before."""
    stage = stage_of(None, 0, "mail.example.com", DAY, LIMITS)
    limits = [limit_of(stage, LIMITS)]
    for n, mails in enumerate(sent, start=1):
        stage = stage_of(stage, mails, "mail.example.com", DAY + timedelta(days=n), LIMITS)
        limits.append(limit_of(stage, LIMITS))
    return limits


def test_a_day_that_used_half_brings_the_next_limit() -> None:
    assert next_days(250, 499, 500, 2_000) == [500, 1_000, 1_000, 2_000, 4_000]


def test_after_the_last_there_is_none() -> None:
    assert next_days(*LIMITS)[-1] is None


def test_who_sends_little_stays_and_another_domain_begins_anew() -> None:
    assert next_days(*[20] * 30)[-1] == 500
    stage = Stage("mail.example.com", DAY, step=5)
    assert stage_of(stage, 9_999, "other.example.com", DAY, LIMITS).step == 0
    assert stage_of(stage, 9_999, "mail.example.com", DAY, LIMITS) == stage  # the day has its limit


def test_an_account_without_a_rate_holds_nobody_up() -> None:
    given, after = told(Reading(1_000_000_000, None, 0)).slots(3, NOW, apart_us=5_000, until=NOW)
    assert (len(given), len(set(given)), after.taken) == (3, 1, 3)
