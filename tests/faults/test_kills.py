"""The process dies between any two API calls; queues redeliver, the sweep sweeps, and all ends as if nobody had died.

Dying after a call is dying before the next one, and what only reads leaves nothing behind: so each write is tried
before it is made, and the last call of an invocation after it. `make faults` dies before every read as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.delivery import NoticeState
from functions.shared.store import digests
from local.engine import Call, Engine, Killed, Moment
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import Answer, Script, delivered, silent, timeout
from tests.faults.stories import READERS, SEARCHED_LONG, Story, begun, kept
from tests.scenarios.company import ENTITY, NIGHT, Company, at

pytestmark = pytest.mark.heavy


@dataclass(frozen=True)
class Point:
    """A call of one function's, counted from the beginning of the story, before or after which the process dies."""

    number: int
    moment: Moment
    what: str


def ticks() -> list[datetime]:
    """A few of the night's hourly ticks, and the next night's."""
    return [at(NIGHT, 6), at(NIGHT, 7), at(NIGHT, 8), at(NIGHT + timedelta(days=1), 6)]


def lived(company: Company, until: datetime | None = None) -> None:
    """To the end of the next night's run, which finds nothing left to do."""
    pumped = company.engine.run_until(until or at(NIGHT + timedelta(days=1), 7), quiet=ticks)
    assert not pumped.errors, pumped.errors


def outcome(company: Company) -> dict[str, Any]:
    """All that a night leaves behind and that must not depend on how often somebody died."""
    account = company.account()
    state = account.facts.state
    told = digests.of_night(ENTITY, NIGHT)
    return {
        "level": {item: (s.level, s.step, s.attempts, s.effects) for item, s in state.items.items()},
        "seq": dict(state.seq),
        "waiting": dict(state.waiting),
        "outbox": account.outbox,
        "next": account.next_check_on,
        "tasks": sorted((task.id, task.kind, task.state) for task in company.tasks()),
        "lines": {person: sorted(line.line.key for line in lines) for person, lines in told.items()},
        "verdicts": sorted(row["sk"].partition("#verdict#")[2] for row in company.rows(f"HIST#{ENTITY}#C1")),
        "notices": sorted((n.kind, n.state, n.settled) for k in ("customer", "digest") for n in company.notices(k)),
        "mails": (len(company.mails), len(company.digests)),
        "slots": {email: sorted(i for ids in company.slots(email).values() for i in ids) for email in READERS},
        "runs": company.runs(),
        "attention": company.attention(),
        "queued": company.queued(),
        "dead": company.dead_letters(),
    }


def points(engine: Engine, function: str, story: Story) -> list[Point]:
    """Every point of the first day at which the function can die in the story and leave something else behind."""
    calls: list[Call] = []

    def note(call: Call) -> None:
        if call.moment is Moment.BEFORE:
            calls.append(call)

    company = story()
    engine.faults.add(note)
    lived(company, at(NIGHT, 23, 55))
    numbered = [(call, after) for call, after in pairwise([*calls, None]) if call and call.function == function]
    found = [
        Point(n, Moment.BEFORE, call.operation)
        for n, (call, _) in enumerate(numbered, 1)
        if call.is_write or SEARCHED_LONG
    ]
    found += [
        Point(n, Moment.AFTER, call.operation)
        for n, (call, after) in enumerate(numbered, 1)
        if after is None or after.function != function
    ]
    return found


def die_at(engine: Engine, function: str, point: Point) -> None:
    seen = 0

    def hook(call: Call) -> None:
        nonlocal seen
        if call.function != function:
            return
        seen += call.moment is Moment.BEFORE
        if seen == point.number and call.moment is point.moment:
            engine.faults.clear()  # once; whoever takes over lives
            raise Killed(str(point))

    engine.faults.add(hook)


def outcomes(engine: Engine, function: str, story: Story) -> Iterator[tuple[Point, dict[str, Any]]]:
    """For each point of a function: the outcome of the story with that death in it."""
    for point in points(engine, function, story):
        company = story()
        die_at(engine, function, point)
        with pytest.raises(Killed):
            lived(company)
        lived(company)
        yield point, outcome(company)


def expected_of(story: Story, *, open_ends: int = 0) -> dict[str, Any]:
    """The outcome when nobody dies. Args: `open_ends` letters and doubts that wait for more."""
    company = story()
    lived(company)
    expected = outcome(company)
    assert (len(expected["attention"]), expected["queued"], expected["dead"]) == (open_ends, 0, {})
    return expected


@pytest.mark.parametrize(
    "function",
    [
        "PlanRunFunction",
        "DecideAccountsFunction",
        "SweepStuckFunction",
        "RecordFeedbackFunction",
    ],
)
def test_f04_f05_a_death_at_any_call_changes_nothing_in_the_end(engine: Engine, tmp_path: Path, function: str) -> None:
    story = kept(engine, tmp_path, begun(engine))
    expected = expected_of(story)
    assert expected["mails"] == (1, 1)
    assert {task[1] for task in expected["tasks"]} == {"phone-call"}
    for point, found in outcomes(engine, function, story):
        assert found == expected, point


def test_f06_a_death_at_any_call_of_a_send_is_one_mail_or_a_visible_doubt(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)
    story = kept(engine, tmp_path, company)
    expected = expected_of(story)
    doubts = []
    for point, found in outcomes(engine, "SendNoticesFunction", story):
        unknown = [kind for kind, state, _ in found["notices"] if state is NoticeState.UNKNOWN]
        settled = [task for task in found["tasks"] if task[1:] == ("delivery-doubt", "CLOSED")]
        if unknown:
            doubts.append((unknown[0], point.moment, point.what))
            assert found == doubted(found, expected, unknown[0], mails=0), point
        else:
            doubts += [("settled", point.moment, point.what) for _ in settled]
            assert found == expected | {"tasks": sorted(expected["tasks"] + settled)}, point
    # dead between the fence and the call; after the call the provider's events settle it. The digest went before the
    # mail to the customer, of which something was heard: silence about it says that it did not go, and it goes again.
    assert doubts == [("settled", "before", "SendEmail"), ("customer", "before", "SendEmail")]


def test_f06_dead_after_the_mail_went_and_no_event_ever_comes_is_a_doubt_and_no_second_mail(engine: Engine) -> None:
    company = begun(engine)
    engine.ses.behaviour = lambda mail: silent() if mail.to == READERS else delivered()

    def hook(call: Call) -> None:
        if call.operation == "SendEmail" and call.moment is Moment.AFTER and engine.now >= at(NIGHT, 8):
            engine.faults.clear()
            raise Killed

    engine.faults.add(hook)
    with pytest.raises(Killed):
        lived(company)
    lived(company)
    (notice,) = company.notices()
    assert (notice.state, len(company.mails)) == (NoticeState.UNKNOWN, 1)
    (doubt,) = company.tasks("delivery-doubt")
    assert (doubt.note, doubt.state, doubt.customer) == (notice.id, "OPEN", "C1")
    assert [look.rsplit("#", 1)[-1] for look in company.attention()] == [notice.id]
    assert company.reasons() == ["in_doubt", "in_doubt"]
    assert all(company.slots(email) for email in READERS)  # the mail may have reached them
    lived(company, at(NIGHT + timedelta(days=9), 12))
    assert len(company.mails) == 1


def test_a_death_while_a_doubt_is_made_visible_hides_nothing(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)
    engine.ses.behaviour = lambda _mail: timeout(accepted=False)
    lived(company, at(NIGHT, 8))
    story = kept(engine, tmp_path, company)
    expected = expected_of(story, open_ends=2)
    assert [state for _, state, _ in expected["notices"]] == [NoticeState.UNKNOWN] * 2
    assert [kind for _, kind, state in expected["tasks"] if state == "OPEN"].count("delivery-doubt") == 2
    for point, found in outcomes(engine, "SweepStuckFunction", story):
        looks = [[look.rsplit("#", 1)[-1] for look in one["attention"]] for one in (found, expected)]
        assert looks[0] == looks[1], point  # ten minutes later is as good
        assert found | {"attention": expected["attention"]} == expected, point


def test_f06_a_death_while_a_late_event_settles_a_doubt_leaves_no_doubt(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)
    late = (Reaction(Kind.SEND, timedelta(hours=1)), Reaction(Kind.DELIVERY, timedelta(hours=2)))
    engine.ses.behaviour = lambda _mail: Script(answer=Answer.TIMEOUT, reactions=late)
    lived(company, at(NIGHT, 8, 40))
    assert [notice.state for notice in company.notices()] == [NoticeState.UNKNOWN]
    story = kept(engine, tmp_path, company)
    expected = expected_of(story)
    assert [state for _, state, _ in expected["notices"]] == [NoticeState.DELIVERED] * 2
    assert {state for _, kind, state in expected["tasks"] if kind == "delivery-doubt"} == {"CLOSED"}
    for point, found in outcomes(engine, "RecordFeedbackFunction", story):
        assert found == expected, point


def test_a_death_while_a_bounce_is_heard_takes_the_step_back_once(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)
    bounce = Reaction(Kind.BOUNCE, timedelta(minutes=30))
    engine.ses.behaviour = lambda mail: (
        Script(reactions=(Reaction(Kind.SEND), bounce)) if mail.to == READERS else delivered()
    )
    lived(company, at(NIGHT, 8, 20))
    assert {state.level for state in company.account().facts.state.items.values()} == {1, 2}
    story = kept(engine, tmp_path, company)
    expected = expected_of(story, open_ends=1)  # no address is left
    assert {(level, step, attempts) for level, step, attempts, _ in expected["level"].values()} == {(0, None, 0)}
    assert [kind for _, kind, _ in expected["tasks"]].count("fix-address") == 2
    for point, found in outcomes(engine, "RecordFeedbackFunction", story):
        assert found == expected, point


def doubted(found: dict[str, Any], expected: dict[str, Any], kind: str, *, mails: int) -> dict[str, Any]:
    """What is expected where nobody can know whether the mail of that kind went: a task, and nothing is repeated."""
    of_customers, of_ours = expected["mails"]
    doubt = [task for task in found["tasks"] if task[1] == "delivery-doubt"]
    assert [task[2] for task in doubt] == ["OPEN"]
    told = [(k, NoticeState.UNKNOWN, False) if k == kind else (k, s, settled) for k, s, settled in expected["notices"]]
    changed = {
        "mails": (mails, of_ours) if kind == "customer" else (of_customers, mails),
        "tasks": sorted(expected["tasks"] + doubt),
        "notices": sorted(told),
        "attention": found["attention"],  # the doubt itself: what comes of later mails may settle it
    }
    assert ["#NOTICE#" in look for look in found["attention"]] == [True]
    if kind == "customer":  # its items stay where they were, and wait for a person
        changed |= {name: found[name] for name in ("level", "seq", "waiting", "next", "verdicts")}
        assert (len(found["waiting"]), found["seq"]) == (1, {})
        assert all(attempts == 0 for _, _, attempts, _ in found["level"].values())
    return expected | changed
