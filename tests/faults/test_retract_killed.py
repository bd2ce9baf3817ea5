"""Whoever takes a run back dies between any two calls, and begins again: all is as if nobody had died."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.engine import Call, Engine, Killed, Moment
from tests.faults.stories import kept
from tests.scenarios.company import NIGHT, Company, at
from tests.scenarios.test_retract import books, chased, take_back, told

DAY = timedelta(days=1)
AS = "SweepStuckFunction"  # calls are seen, and permitted, as those of the function that finishes what was left


def begun(engine: Engine) -> Company:
    """At half past nine: the message of one reader has gone, that of another in doubt waits for its hours."""
    company = chased(engine)
    company.until(at(NIGHT, 9, 30))
    return company


def outcome(company: Company) -> dict[str, Any]:
    """What is there once it is taken back."""
    return {
        **books(company),
        "told": [told(company, kind) for kind in ("announcement", "charge", "charge-taken-back", "retraction")],
        "notices": sorted((n.kind, n.state, n.settled, bool(n.retracted_at)) for n in company.notices()),
        "notes": sorted((note.state, note.steps, note.charges) for note in company.notices("answer")),
        "next": company.account().next_check_on,
        "outbox": company.account().outbox,
    }


def writes_of(company: Company, dies_at: int = 0) -> list[Call]:
    """Take the run back, and die before the write of that number; the writes that were made."""
    engine, made = company.engine, list[Call]()

    def hook(call: Call) -> None:
        if call.moment is Moment.BEFORE and call.is_write:
            made.append(call)
            if len(made) == dies_at:
                raise Killed(f"{dies_at}: {call.operation}")

    engine.faults.add(hook)
    try:
        with engine.calls.by(engine.stack.functions[AS]):
            take_back(company, told=True)
    finally:
        engine.faults.clear()
    return made


def test_a_death_at_any_write_changes_nothing_in_the_end(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)
    story = kept(engine, tmp_path, company)
    untouched = books(company)
    writes = len(writes_of(company))
    expected = outcome(company)
    assert (len(expected["notes"]), expected["outbox"]) == (1, {})
    whole = books(company)
    assert writes > 10
    for number in range(1, writes + 1):
        story()
        with pytest.raises(Killed):
            writes_of(company, number)
        if number % 2:  # the sweep may come first: it finishes an account that was begun, and begins none
            company.until(at(NIGHT, 9, 50))
            assert books(company) in (untouched, whole), number
        take_back(company, told=True)
        assert outcome(company) == expected, number
