"""How loud a message is: the boundary of materiality, one currency at a time, and whose words carry it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decide.tone import step_of_tone, tone_level
from core.policy.schema import Policy
from tests.builders import RUNGS, a_ladder, a_policy, an_entity, an_event

POLICY = a_policy()


def listed(*amounts: tuple[int, int] | tuple[int, int, str]) -> list[tuple[str, int, int]]:
    """Args: level and minor units, and the currency where it is not EUR."""
    return [(rest[0] if rest else "EUR", level, minor) for level, minor, *rest in amounts]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        (99, 901, 1),  # 9.9 % is not loud
        (100, 900, 3),  # exactly 10 % is
        (101, 899, 3),
        (999, 9_001, 1),
        (1_000, 9_000, 3),
        (1, 0, 3),
    ],
)
def test_ten_percent_of_what_is_listed_is_enough(old: int, new: int, level: int) -> None:
    assert tone_level(listed((3, old), (1, new)), a_policy(), an_entity()) == level


def test_levels_at_or_above_count_together() -> None:
    table = listed((4, 60), (3, 50), (1, 890))
    assert tone_level(table, a_policy(), an_entity()) == 3  # 6 % at 4, 11 % at 3 or above


def test_all_that_is_listed_carries_its_mildest_level_whatever_the_share() -> None:
    assert tone_level(listed((2, 60), (1, 50)), a_policy(materiality_percent=100), an_entity()) == 1


@pytest.mark.parametrize(("minor", "level"), [(2_499, 0), (2_500, 2), (2_501, 2)])
def test_the_minimum_is_a_limit_for_the_tone_too(minor: int, level: int) -> None:
    policy = a_policy(minimum={"account": {"EUR": 2_500}})
    assert tone_level(listed((2, minor)), policy, an_entity()) == level


def test_currencies_are_weighed_apart_and_the_louder_wins() -> None:
    table = listed((4, 1, "USD"), (1, 100_000, "EUR"))
    assert tone_level(table, a_policy(), an_entity()) == 4


def test_a_minimum_of_one_currency_does_not_bind_another() -> None:
    policy = a_policy(minimum={"account": {"EUR": 2_500}})
    assert tone_level(listed((3, 10, "EUR"), (1, 10, "USD")), policy, an_entity()) == 1


def test_nothing_listed_has_no_tone() -> None:
    assert tone_level((), a_policy(), an_entity()) == 0


@given(
    amounts=st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 4)), min_size=1, max_size=8),
    percent=st.integers(0, 100),
)
def test_the_tone_is_a_level_that_its_share_carries(amounts: list[tuple[int, int]], percent: int) -> None:
    policy = POLICY.model_copy(update={"materiality_percent": percent})
    tone = tone_level(listed(*((level, minor) for minor, level in amounts)), policy, an_entity())
    total = sum(minor for minor, _ in amounts)

    def share(level: int) -> int:
        return sum(minor for minor, at in amounts if at >= level) * 100

    assert tone in {level for _, level in amounts}
    assert share(tone) >= percent * total
    assert all(share(level) < percent * total for _, level in amounts if level > tone)


@pytest.mark.parametrize(
    ("policy", "level", "due", "words"),
    [
        ("machinery-manufacturer", 4, "f", "f"),
        ("machinery-manufacturer", 1, "f", "b"),  # the amounts do not carry the step due tonight
        ("machinery-manufacturer", 0, "f", "a"),
        ("machinery-manufacturer", 3, "b", "e"),  # an older item is louder than the one that is due
        ("headline-31-61-91", 0, "warning", "reminder"),  # no friendly step: the mildest there is
        ("headline-31-61-91", 2, "warning", "warning"),
    ],
)
def test_whose_words_carry_the_tone(policy: str, level: int, due: str, words: str) -> None:
    ladder = a_policy(policy)
    step = ladder.step(due)
    assert step is not None
    assert step_of_tone(level, step, ladder).id == words


def test_a_word_beside_a_ladder_that_begins_louder_is_said_in_its_own_words() -> None:
    """The level of the other invoices was reached under another policy."""
    policy = a_ladder(an_event("new_invoice"), rungs=RUNGS[1:])
    (welcome,) = policy.event_messages
    assert step_of_tone(1, welcome, policy) is welcome


def test_a_final_notice_is_not_given_again_with_a_younger_invoice() -> None:
    ladder = [
        {"id": "one", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}},
        {"id": "two", "offset_days": 30, "level": 2, "template": "warning", "audience": {"customer": ["ap_contact"]}},
        {"id": "last", "offset_days": 91, "level": 3, "template": "final-notice", "adverse": "final_notice",
         "requires_step": ["two"], "audience": {"customer": ["ap_contact"]}},
    ]  # fmt: skip
    policy = Policy.model_validate({"policy": "p", "version": 1, "steps": ladder})
    one, _, last = policy.messages
    assert [step_of_tone(3, due, policy).id for due in (one, last)] == ["two", "last"]
