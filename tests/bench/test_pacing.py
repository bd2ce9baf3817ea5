"""The pace with several senders at once: what the account allows, nearly all of it, and never more."""

import pytest

from bench.pacing import simulated


@pytest.mark.parametrize(("rate", "workers", "seconds"), [(1, 2, 40), (14, 3, 30), (14, 12, 30), (100, 21, 10)])
def test_several_senders_keep_the_pace_of_the_account(rate: int, workers: int, seconds: int) -> None:
    paced = simulated(rate, workers=workers, seconds=seconds)
    assert len(paced.sent) >= 0.95 * rate * (seconds - 1)
    assert 0.95 <= paced.of_rate <= 1
    assert paced.worst_second <= 1
