"""Real and generated ledgers, replayed night by night on the real stack and held against an independent oracle."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.oracle import generated, ibm
from tests.oracle.ibm import CSV, Mode
from tests.replay import ledgers
from tests.replay.compare import hold_against, play

needs_the_ledger = pytest.mark.skipif(not CSV.exists(), reason=f"the shared ledger is not there: {CSV}")


@pytest.mark.replay
@needs_the_ledger
def test_the_busiest_nights_of_a_real_ledger() -> None:
    """120 nights of mode A from an empty history: everything open then is seen late, the rest on its day."""
    first, last = ibm.busiest_nights(ibm.expected_mails(CSV, "A"))
    days = ledgers.from_night(ledgers.ibm(CSV, "A"), first)
    company = play(days, "A", first, last)
    hold_against(company, ibm.expected(CSV, "A", first, last), ibm.expected_mails(CSV, "A", first, last))


@pytest.mark.parametrize("mode", ["A", "B"])
@pytest.mark.parametrize(("before", "after"), [(6, 10), pytest.param(20, 25, marks=pytest.mark.replay)])
def test_the_days_on_which_a_customer_meets_three_steps_at_once(
    before: int, after: int, mode: Mode, tmp_path: Path
) -> None:
    """A generated ledger around the night on which steps b, e and f of one customer are due; with part payments."""
    records = generated.make_case(3)
    first, last = generated.MEETING - timedelta(days=before), generated.MEETING + timedelta(days=after)
    days = ledgers.from_night(ledgers.native(records, tmp_path), first)
    company = play(days, mode, first, last)
    wanted = generated.expected(records, mode, first, last)
    hold_against(company, wanted, generated.expected_mails(records, mode, first, last))


@pytest.mark.replay
@needs_the_ledger
@pytest.mark.parametrize("mode", ["A", "B"])
def test_a_whole_real_ledger(mode: Mode) -> None:
    """From its first invoice to its last payment."""
    first, last = ibm.span(ibm.read(CSV, mode))
    company = play(ledgers.ibm(CSV, mode), mode, first, last)
    hold_against(company, ibm.expected(CSV, mode), ibm.expected_mails(CSV, mode))


@pytest.mark.replay
@pytest.mark.parametrize("mode", ["A", "B"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_generated_ledger(seed: int, mode: Mode, tmp_path: Path) -> None:
    """Items unpaid to 121 days, weekends, part payments, three steps of one customer on one day."""
    records = generated.make_case(seed)
    first, last = generated.span(records)
    company = play(ledgers.native(records, tmp_path), mode, first, last)
    hold_against(company, generated.expected(records, mode), generated.expected_mails(records, mode))
