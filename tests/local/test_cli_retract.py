"""`run retract`: what it would do, what it asks, what it did, and where that is said afterwards."""

from pathlib import Path

from tests.local.cli import pastdue

NIGHT = "2026-03-02"
SAID = ("--by", "ann", "--reason", "the bank file was missing")


def test_a_night_is_looked_at_taken_back_and_told_of(live: Path) -> None:
    (played,) = pastdue("run", "--as-of", NIGHT, "--json", "--state", live).data["nights"]
    readers = sorted(mail["to"][0] for mail in played["sent"] if mail["to"] != ["ann@acme.example"])
    retract = ("run", "retract", "acme", NIGHT, *SAID, "--state", live)
    by_nobody = pastdue("run", "retract", "acme", NIGHT, "--by", "bob", "--reason", "x", "--state", live)
    assert (by_nobody.code, "no person 'bob'" in by_nobody.err) == (1, True)
    assert "no run of acme" in pastdue("run", "retract", "acme", "2026-02-01", *SAID, "--state", live).err
    looked = pastdue(*retract, "--look", "--json").data
    assert (looked["done"], looked["retracted"], looked["totals"]["sent"]) == (False, None, len(readers))
    anybody = pastdue("run", "retract", "acme", NIGHT, "--look", "--json", "--state", live)
    assert (anybody.code, anybody.data["totals"]) == (0, looked["totals"])  # to look needs no name and no reason
    unsaid = pastdue("run", "retract", "acme", NIGHT, "--yes", "--state", live)
    assert (unsaid.code, "by somebody, for a reason" in unsaid.err) == (2, True)
    nobody = pastdue(*retract)
    assert (nobody.code, "nobody to ask" in nobody.err, f"{len(readers)} message" in nobody.err) == (1, True, True)

    one = pastdue(*retract, "--customer", "C1", "--yes", "--json").data
    assert ([each["customer"] for each in one["accounts"]], one["retracted"]) == (["C1"], None)
    done = pastdue(*retract, "--notify", "--yes", "--json").data
    assert (done["done"], done["retracted"]["by"], done["retracted"]["done_at"] is not None) == (True, "ann", True)
    assert {each["customer"] for each in done["accounts"]} == {each["customer"] for each in looked["accounts"]}
    assert [each["customer"] for each in done["accounts"] if each["before"]] == ["C1"]
    assert done["totals"]["notes"] == len(readers)
    assert "by ann: the bank file was missing" in pastdue("run", "show", "acme", NIGHT, "--state", live).out
    assert f"the run of {NIGHT} was taken back" in pastdue("why", "INV-1", "--state", live).out

    (day,) = pastdue("run", "--as-of", "2026-03-03", "--json", "--state", live).data["nights"]
    notes = sorted(mail["to"][0] for mail in day["sent"] if "disregard" in mail["subject"])
    assert notes == readers
    assert len(day["sent"]) > len(notes)  # the night after the one that was taken back decides it all again
