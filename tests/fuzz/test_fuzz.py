"""Whatever the bytes: an answer, in time, that speaks of every entry. FUZZ_TIMES=100 tries so many times more."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import almost_valid
from tests.fuzz.targets import TARGETS, Target

TIMES = float(os.environ.get("FUZZ_TIMES", "1"))


def settled(examples: int) -> settings:
    """The same examples on every run of the suite, others in a long search."""
    return settings(
        max_examples=max(1, int(examples * TIMES)),
        derandomize=TIMES <= 1,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_valid_files(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].check(seed)
        TARGETS[name].check(seed.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_files_that_are_almost_valid(target: Target) -> None:
    settled(40)(given(almost_valid(target.seeds()))(target.check))()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_any_bytes(target: Target) -> None:
    first = st.sampled_from([seed[:60] for seed in target.seeds()] + [b""])
    settled(20)(given(st.builds(bytes.__add__, first, st.binary(max_size=300)))(target.check))()
