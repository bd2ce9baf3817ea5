"""The life of a notice: the whole table, and events that come twice, late and in any order."""

from itertools import permutations

import pytest

from core.delivery import ACCEPTED, ENDED_UNSENT, IN_DOUBT, NEXT, UNSENT, DeliveryEvent, NoticeState, apply_event

S, E = NoticeState, DeliveryEvent

SHORT = {
    "PL": S.PLANNED, "CL": S.CLAIMED, "SE": S.SENDING, "AC": S.ACCEPTED, "DE": S.DELIVERED, "DY": S.DELAYED,
    "SB": S.SOFT_BOUNCED, "HB": S.HARD_BOUNCED, "CO": S.COMPLAINED, "RE": S.REJECTED, "CA": S.CANCELLED,
    "UN": S.UNKNOWN, "FA": S.FAILED,
}  # fmt: skip
# Written out by hand from the rules of the send protocol; two dots change nothing.
TABLE = """
claim release fence accept cancel fail doubt delivery delay soft_bounce hard_bounce complaint reject
PL   CL .. .. AC CA .. .. DE DY SB HB CO RE
CL   CL PL SE AC CA FA .. DE DY SB HB CO RE
SE   .. PL .. AC .. FA UN DE DY SB HB CO RE
UN   .. PL .. AC .. .. .. DE DY SB HB CO RE
AC   .. .. .. .. .. .. .. DE DY SB HB CO RE
DY   .. .. .. .. .. .. .. DE .. SB HB CO RE
SB   .. .. .. .. .. .. .. DE .. .. HB CO RE
DE   .. .. .. .. .. .. .. .. .. .. HB CO RE
RE   .. .. .. .. .. .. .. .. .. .. HB CO ..
HB   .. .. .. .. .. .. .. .. .. .. .. CO ..
CO   .. .. .. .. .. .. .. .. .. .. .. .. ..
CA   .. .. .. .. .. .. .. .. .. .. .. .. ..
FA   .. .. .. .. .. .. .. .. .. .. .. .. ..
"""
COLUMNS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
HEARD = [E.ACCEPT, E.DELIVERY, E.DELAY, E.SOFT_BOUNCE, E.HARD_BOUNCE, E.COMPLAINT, E.REJECT]


def test_the_table_here_names_every_state_and_event() -> None:
    assert {SHORT[row[0]] for row in ROWS} == set(S) == set(NEXT)
    assert [E(name) for name in COLUMNS] == list(E)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: SHORT[row[0]])
def test_every_state_hears_every_event(row: list[str]) -> None:
    was, *expected = [SHORT.get(short) for short in row]
    assert was is not None
    assert [apply_event(was, E(event)) for event in COLUMNS] == [to or was for to in expected]


@pytest.mark.parametrize("start", [S.SENDING, S.UNKNOWN, S.ACCEPTED])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_events_end_alike_in_every_order_and_twice(start: NoticeState, count: int) -> None:
    ends: dict[frozenset[DeliveryEvent], set[NoticeState]] = {}
    for events in permutations(HEARD, count):
        for twice in range(count):
            state = start
            for event in (*events, events[twice]):
                state = apply_event(state, event)
            ends.setdefault(frozenset(events), set()).add(state)
    assert {events: states for events, states in ends.items() if len(states) > 1} == {}


def test_all_seven_events_in_every_order_end_as_complained() -> None:
    for events in permutations(HEARD):
        state = S.SENDING
        for event in events:
            state = apply_event(state, event)
        assert state is S.COMPLAINED


def test_what_was_fenced_is_never_claimed_again() -> None:
    for state in set(S) - UNSENT:
        assert apply_event(state, E.CLAIM) is state
        assert apply_event(state, E.CANCEL) is state


def test_every_state_belongs_to_one_kind() -> None:
    kinds = [UNSENT, IN_DOUBT, ENDED_UNSENT, ACCEPTED]
    assert sorted(state for kind in kinds for state in kind) == sorted(S)
