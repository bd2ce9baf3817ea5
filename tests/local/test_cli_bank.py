"""`pastdue bank`: a bank's file is looked at, and a layout tried out."""

from datetime import date
from pathlib import Path

from tests.core.bank_samples import Booking, as_mt940
from tests.local.cli import pastdue

LAYOUT = "layout: b\naccount: A1\ncurrency: EUR\ncolumns: { booked: Day, amount: Amount }\n"


def test_a_statement_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "a.sta"
    told = [Booking(date(2026, 1, 5), 12_345, name="Meier", text="RE 7")] * 11
    file.write_text(as_mt940(*told, Booking(date(2026, 1, 6), -500)), newline="")
    said = pastdue("bank", file)
    assert said.code == 0, said.err
    assert "mt940, account DE02120300000000202051, statement 1/1" in said.out
    assert "12 entries: €1,357.95 in, -€5.00 out; €1,000.00 to €2,352.95" in said.out
    assert "RE 7" in said.out
    assert "and 2 more" in said.out
    data = pastdue("bank", file, "--json").data
    assert (len(data["statements"][0]["entries"]), data["findings"]) == (12, [])


def test_a_layout_is_tried_out(tmp_path: Path) -> None:
    (tmp_path / "l.yaml").write_text(LAYOUT)
    (tmp_path / "a.csv").write_text("Day;Amount\n31.01.2026;1,50\n")
    said = pastdue("bank", tmp_path / "a.csv", "--layout", tmp_path / "l.yaml")
    assert said.code == 0, said.err
    assert "read as utf-8, delimiter ;, table below line 1, dates D.M.Y, decimal sign ," in said.err
    (tmp_path / "l.yaml").write_text(LAYOUT.replace("amount:", "amont:"))
    wrong = pastdue("bank", tmp_path / "a.csv", "--layout", tmp_path / "l.yaml")
    assert wrong.code == 4
    assert "l.yaml is no layout" in wrong.err


def test_what_cannot_be_taken(tmp_path: Path) -> None:
    good, bad = as_mt940(Booking(date(2026, 1, 5), 100)), as_mt940(Booking(date(2026, 1, 6), 100), number="2/1")
    bad = bad.replace(":62F:C", ":62F:D")
    (tmp_path / "a.sta").write_text(good + bad, newline="")
    said = pastdue("bank", tmp_path / "a.sta")
    assert (said.code, "statement 1/1" in said.out) == (1, True)
    assert "CONTROL_TOTAL" in said.err
    (tmp_path / "a.sta").write_text(bad, newline="")
    said = pastdue("bank", tmp_path / "a.sta")
    assert (said.code, "nothing of a.sta can be taken" in said.err) == (1, True)
    assert pastdue("bank", tmp_path / "none").code == 1
