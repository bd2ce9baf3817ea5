"""The batches of one invocation are put together, and each comes again, or is done, by itself."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from functions.decide_accounts.workflow import AccountsFailedError, Batch, Received, decide_batches
from functions.shared.store import accounts, bundles, digests, history, notices, runs
from tests.faults.test_bundles import AN_HOUR, CUSTOMERS, EARLY, OPENS, TEN_MINUTES, Story, begun, kinds, planned, swept
from tests.functions.stored import NOW, TODAY, account

WRITES = 15  # of three batches in one invocation, of an account each: what `WRITES` of the bundles has, and two marks
Numbers = Iterable[int]


@contextmanager
def three(now: Any = EARLY, *, dies_at: int = 0) -> Iterator[Story]:
    """Three accounts in as many batches of one invocation. Args: `dies_at` before which change the process does."""
    with begun(dies_at=1) as story:
        with story.dying(dies_at):
            decide(now)
        yield story


def decide(now: Any = EARLY, numbers: Numbers = range(3), receives: int = 1) -> list[Received]:
    received = [
        Received(Batch(v=1, entity="E1", date=TODAY, n=n, customers=CUSTOMERS[n : n + 1]), receives) for n in numbers
    ]
    return list(decide_batches(received, now=now))


def done() -> set[int]:
    """The batches that have their marks."""
    return set(runs.marks("E1", TODAY))


def told() -> list[str]:
    return [line.customer for line in digests.of_person("E1", TODAY, "accounting")]


def stand() -> bool:
    """Whether every account has its notice, its reasons and its lines, each once."""
    all_there = all(notices.get(one) is not None for one in planned())
    reasons = all(len(list(history.verdicts("E1", customer))) == 1 for customer in CUSTOMERS)
    return all_there and reasons and sorted(set(told())) == sorted(CUSTOMERS)


def test_the_batches_of_an_invocation_have_one_bundle_one_record_of_lines_and_a_mark_each() -> None:
    with three() as story:
        assert (story.changes, kinds(), done()) == (WRITES - 1, ["BUNDLE"], {0, 1, 2})
        assert stand()
        assert swept(story, OPENS) == set(planned())


@pytest.mark.parametrize(("now", "offered_at", "writes"), [(EARLY, OPENS, WRITES - 1), (NOW, NOW + AN_HOUR, WRITES)])
@pytest.mark.parametrize("again", [lambda: [(0, 1, 2)], lambda: [(2,), (0, 1)]])
def test_whoever_dies_at_any_write_leaves_what_the_messages_complete_together_or_apart(
    now: Any, offered_at: Any, writes: int, again: Callable[[], Iterable[Numbers]]
) -> None:
    for point in range(1, writes + 1):
        with three(now, dies_at=point) as story:
            assert all(notices.get(planned()[n]) is not None for n in done()), point
            for some in again():
                decide(now + timedelta(minutes=12), some)
            assert (stand(), done()) == (True, {0, 1, 2}), point
            story.taken()  # all that was queued by then is lost
            offered = [swept(story, offered_at + n * TEN_MINUTES) for n in range(4)]
            assert set[str]().union(*offered) == set(planned()), point


def test_a_batch_with_an_account_that_fails_comes_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    real = accounts.read

    def read(entity: str, customer: str) -> Any:
        if customer == "C2":
            raise ValueError(customer)
        return real(entity, customer)

    with begun(dies_at=1):
        with monkeypatch.context() as broken:
            broken.setattr(accounts, "read", read)
            first, second, third = decide()
        assert (first.outcome()["decided"], third.outcome()["decided"], done()) == (1, 1, {0, 2})
        with pytest.raises(AccountsFailedError):
            second.outcome()
        (again,) = decide(numbers=[1])
        assert (again.outcome()["decided"], done(), stand()) == (1, {0, 1, 2}, True)


def test_an_account_that_keeps_failing_is_parked_and_its_batch_is_done() -> None:
    with begun(dies_at=1), patch.object(history, "put_verdicts", side_effect=KeyError):
        assert [one.outcome()["errors"] for one in decide(receives=3)] == [1, 1, 1]
        assert done() == {0, 1, 2}


@pytest.mark.parametrize("fails", ["bundles.put", "digests.put", "queues.send"])
def test_what_keeps_all_from_being_put_marks_none(fails: str) -> None:
    outage = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItem")
    with begun(dies_at=1) as story:
        with patch(f"functions.shared.putting.{fails}", side_effect=outage):
            came_of = decide(NOW)
        assert ([one.stopped for one in came_of], done()) == ([outage] * 3, set())
        decide(NOW)
        assert (stand(), done(), story.taken()) == (True, {0, 1, 2}, set(planned()))


def test_a_mark_that_fails_is_missing_alone() -> None:
    real = runs.mark

    def mark(entity: str, on: Any, n: int, *rest: Any) -> None:
        if n == 1:
            raise ConnectionError
        real(entity, on, n, *rest)

    with begun(dies_at=1):
        with patch.object(runs, "mark", mark):
            came_of = decide()
        assert ([one.stopped is None for one in came_of], done()) == ([True, False, True], {0, 2})
        (again,) = decide(numbers=[1])
        assert (again.outcome(), done()) == ({"not_due": 1}, {0, 1, 2})


def test_a_message_twice_in_one_invocation_is_decided_once() -> None:
    with begun(dies_at=1) as story:
        came_of = decide(NOW, [0, 0, 1, 2])
        assert [one.outcome()["decided"] for one in came_of] == [1, 0, 1, 1]
        assert (stand(), done(), story.taken()) == (True, {0, 1, 2}, set(planned()))


def test_batches_of_other_nights_and_entities_in_the_invocation_go_their_own_way() -> None:
    with begun(dies_at=1):
        strange = Received(Batch(v=1, entity="E9", date=TODAY, n=0, customers=("C1",)))
        alone = Received(Batch(v=1, entity="E1", date=TODAY, customers=("C2",)))
        run = Received(Batch(v=1, entity="E1", date=TODAY, n=0, customers=("C1", "C3")))
        decide_batches([strange, alone, run], now=EARLY)
        assert (strange.stopped is not None, alone.outcome()["decided"], run.outcome()["decided"]) == (True, 1, 2)
        assert (done(), stand(), kinds()) == ({0}, True, ["NOTICE"] * 3)
        assert bundles.FEWEST > 2
        assert account("C2").outbox == {}
