"""`why`: today it decides, of a night that was it tells what was recorded."""

from pathlib import Path
from typing import Any

from tests.local.cli import LEDGER, pastdue, write_ledger


def asked(state: Path, *arguments: str) -> Any:
    said = pastdue("why", *arguments, "--json", "--state", state)
    assert said.code == 0, said.err
    (invoice,) = said.data["invoices"]
    return invoice


def test_what_is_due_and_what_comes_next(live: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    today = asked(live, "INV-1")
    assert (today["entity"], today["customer"], today["on"]) == ("acme", "C1", "2026-03-02")
    assert "INV-1: issued 2026-01-24, due 2026-02-23, €1,200.00, open €1,200.00" in today["facts"]
    assert "last step b, level 1, 1 message so far" in today["facts"]
    assert any(sentence.startswith("Next: step c") for sentence in today["sentences"])
    assert [check["rule"] for check in today["checks"] if not check["passed"]] == ["ladder"]


def test_what_went_out_tonight_is_one_answer(live: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    today = asked(live, "INV-1")
    assert today["decided"][1].startswith("Step b goes out (friendly, tone 1")
    assert [sentence.partition(":")[0] for sentence in today["sentences"]] == ["Next"]
    said = pastdue("why", "INV-1", "--state", live)
    assert "2026-03-02, as it was decided\nINV-1 is 7 days past due" in said.out
    assert "2026-03-02, as it stands now\nNext: step c" in said.out


def test_a_night_far_ahead_is_told_in_short(live: Path) -> None:
    said = pastdue("why", "INV-1", "--on", "2026-08-30", "--state", live)
    lines = said.out.partition("until then\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) == 16
    assert lines[12].startswith("... ")
    assert lines[-1] == "2026-08-29: daily-reminder (step f)"
    assert len(asked(live, "INV-1", "--on", "2026-08-30")["before"]) > 90  # all of it


def test_a_night_that_was(live: Path) -> None:
    pastdue("run", "--from", "2026-03-02", "--to", "2026-03-05", "--state", live)
    then = asked(live, "INV-1", "--on", "2026-03-02")
    assert "Step b goes out" in " ".join(then["sentences"])
    between = asked(live, "INV-1", "--on", "2026-03-04")
    assert (between["on"], "was not due on 2026-03-04" in between["sentences"][0]) == ("2026-03-02", True)
    said = pastdue("why", "INV-1", "--on", "2026-02-01", "--state", live)
    assert (said.code, "nothing was decided" in said.err, "next: pastdue why INV-1 " in said.err) == (1, True, True)


def test_an_invoice_in_a_message_that_another_one_caused(live: Path, tmp_path: Path) -> None:
    """INV-1 has its friendly word; INV-5 comes due a few days later, and the message about it lists INV-1 too."""
    late = {**LEDGER[2], "id": "I5", "number": "INV-5", "issued": "2026-02-10", "due": "2026-03-12"}
    pastdue("import", write_ledger(tmp_path / "l.jsonl", [*LEDGER[:4], late, *LEDGER[4:]]), "--state", live)
    pastdue("run", "--from", "2026-03-02", "--to", "2026-03-05", "--state", live)
    then = asked(live, "INV-1", "--on", "2026-03-02")["sentences"]
    assert "Its message: friendly, level 1; sent on 2026-03-02, delivered on 2026-03-02." in then
    told = "The account got a message because of INV-5, with everything that is overdue: friendly, level 1; "
    told += "sent on 2026-03-05, delivered on 2026-03-05."
    assert told in asked(live, "INV-1", "--on", "2026-03-05")["sentences"]
    assert told in asked(live, "INV-1")["sentences"]  # and on the same day, without a date
    assert "Its message: friendly, level 1;" in "".join(asked(live, "INV-5")["decided"])


def test_a_night_to_come_is_told_as_it_then_goes(live: Path) -> None:
    told = asked(live, "INV-1", "--on", "2026-03-09")
    assert (told["on"], told["to_come"]) == ("2026-03-09", True)
    assert told["before"] == ["2026-03-02: friendly (step b)"]
    assert told["sentences"][1].startswith("Step c goes out (warning, tone 2")
    assert any(sentence.startswith("Next: step d (phone-call) on 2026-03-26") for sentence in told["sentences"])
    assert all(check["passed"] for check in told["checks"])
    between = asked(live, "INV-1", "--on", "2026-03-08")  # the account is not looked at in that night
    assert [check["rule"] for check in between["checks"] if not check["passed"]] == ["ladder"]
    assert "Nothing to send: the next step lies ahead." in between["sentences"]
    pastdue("run", "--from", "2026-03-02", "--to", "2026-03-09", "--state", live)
    then = asked(live, "INV-1", "--on", "2026-03-09")
    assert then["to_come"] is False
    assert then["sentences"][:2] == told["sentences"][:2]
    assert [check["rule"] for check in then["checks"]] == [check["rule"] for check in told["checks"]]


def test_a_night_to_come_as_people_read_it(live: Path) -> None:
    said = pastdue("why", "INV-1", "--on", "2026-03-30", "--state", live)
    assert "until then\n2026-03-02: friendly (step b)\n2026-03-09: warning (step c)\n" in said.out
    assert "2026-03-26: task phone-call (step d)" in said.out
    assert "2026-03-30, if nothing changes and nobody pays" in said.out


def test_a_settled_invoice_and_an_unknown_number(live: Path) -> None:
    assert "nothing is open" in " ".join(asked(live, "INV-4")["sentences"])
    said = pastdue("why", "INV-99", "--state", live)
    assert (said.code, said.out) == (1, "")
    assert "no invoice has the number INV-99" in said.err


def test_before_go_live_it_says_so(state: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", state)
    assert any("before go-live" in sentence for sentence in asked(state, "INV-1")["sentences"])


def test_a_plan_is_told_and_when_it_was_broken(live: Path, tmp_path: Path) -> None:
    parts = [{"due": "2026-03-03", "amount": 20_000}, {"due": "2026-04-03", "amount": 100_000}]
    plan = {"t": "plan", "id": "PL", "customer": "C1", "invoices": ["I1"], "agreed": "2026-03-01", "instalments": parts}
    pastdue("import", write_ledger(tmp_path / "l.jsonl", [*LEDGER, plan]), "--state", live)
    agreed = "instalments agreed on 2026-03-01: €200.00 on 2026-03-03, €1,000.00 on 2026-04-03"
    assert agreed in asked(live, "INV-1")["facts"]
    pastdue("run", "--from", "2026-03-02", "--to", "2026-03-09", "--state", live)
    assert (
        f"{agreed}; broken on 2026-03-06: the invoices count by their own dates again" in asked(live, "INV-1")["facts"]
    )
