"""Play a ledger and hold what went out against what an oracle says had to."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from core.policy.schema import Policy
from local.engine import Engine
from tests.builders import a_policy
from tests.oracle.ibm import Mode
from tests.oracle.ladder import Mail
from tests.oracle.ladder import Row as ExpectedRow
from tests.replay.ledgers import Days
from tests.replay.night import Replay, as_operator

POLICY: dict[Mode, Policy] = {
    "A": a_policy(budget={"per_day": 1000, "per_seven_days": 7000}),
    "B": a_policy(send_days="business_days"),
}


def play(days: Days, mode: Mode, first: date, last: date) -> Replay:
    """Every night from first to last on a stack of its own."""
    with Engine(start=datetime.combine(first, time(), UTC)) as engine, as_operator(engine):
        company = Replay(engine, POLICY[mode])
        for n in range((last - first).days + 1):
            night = first + timedelta(days=n)
            company.know(night, days.get(night, ()))
            company.night(night)
        company.collect_tasks()
        return company


def hold_against(company: Replay, rows: Counter[ExpectedRow], mails: dict[tuple[date, str], Mail]) -> None:
    """Not one more, not one less: every row, every message with its readers and amounts, every number in its text."""
    expected = Counter({tuple(row): count for row, count in rows.items()})
    assert sorted((expected - company.rows).items())[:10] == [], "missing"
    assert sorted((company.rows - expected).items())[:10] == [], "too many"
    assert company.rows, "an empty replay proves nothing"
    wanted = {key: (mail.steps, mail.to, mail.totals) for key, mail in mails.items()}
    found = {
        key: (steps, readers, {currency: minor for currency, minor in totals.items() if minor})
        for key, (steps, readers, totals) in company.mails.items()
    }
    assert _as_sets(found) == _as_sets(wanted)
    for key, mail in mails.items():
        assert all(company.numbers[invoice] in company.texts[key] for invoice, _ in mail.steps), key


def _as_sets(mails: dict[tuple[date, str], tuple[object, object, dict[str, int]]]) -> dict[object, object]:
    return {
        key: (frozenset(steps), frozenset(readers), dict(totals))  # type: ignore[call-overload]
        for key, (steps, readers, totals) in mails.items()
    }
