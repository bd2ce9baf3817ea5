"""`pastdue match`: a bank's file is booked, what waits is listed, and a person's word moves it."""

from pathlib import Path

import pytest

from local.cli.errors import CliError, Exit
from local.cli.match_by_hand import _part
from tests.local.cli import pastdue

MT940 = """:20:STARTUMS
:25:DE89370400440532013000
:28C:1/1
:60F:C260301EUR0,00
:61:2603020302C50,00NTRFNONREF//B1
:86:166?00GUTSCHRIFT?20SVWZ+Rg. INV-2 Danke?32COLE AND SONS?31GB29NWBK60161331926819
:61:2603020302C1000,00NTRFNONREF//B2
:86:166?00GUTSCHRIFT?20SVWZ+INV-99?32COLE AND SONS?31GB29NWBK60161331926819
:61:2603020302C1200,00NTRFNONREF//B3
:86:166?00GUTSCHRIFT?20SVWZ+C4711/88-1?32COLE AND SONS?31GB29NWBK60161331926819
:61:2603020302C9,00NTRFNONREF//B4
:86:166?00GUTSCHRIFT?20SVWZ+hello?32ZEBRA?31FR7630006000011234567890189
:62F:C260302EUR2259,00
-
"""


def test_a_file_is_booked_and_what_waits_is_moved_by_a_person(state: Path, tmp_path: Path) -> None:
    here, file = ("--state", state), tmp_path / "march.sta"
    file.write_text(MT940.replace("2259,00", "2258,00"), encoding="utf-8")
    refused = pastdue("match", "book", file, *here)
    assert (refused.code, f"next: pastdue bank {file}" in refused.err) == (
        Exit.FAILED,
        True,
    )  # its sums do not prove it
    (tmp_path / "march.csv").write_text("Day;Amount\n02.03.2026;9,00\n", encoding="utf-8")
    refused = pastdue("match", "book", tmp_path / "march.csv", *here)
    assert (refused.code, "march.csv --layout FILE" in refused.err) == (Exit.FAILED, True)
    file.write_text(MT940, encoding="utf-8")
    told = pastdue("match", "book", file, "--json", *here).data
    assert (told["statements"], told["applied"], told["on_account"], told["unidentified"]) == (1, 1, 2, 1)

    listed = {one["minor"]: one for one in pastdue("match", "--json", *here).data["payments"]}
    assert {minor: one["state"] for minor, one in listed.items()} == {
        100_000: "unapplied", 120_000: "unapplied", 900: "unidentified",
    }  # fmt: skip
    refused = pastdue("match", "apply", listed[900]["id"][:10], "--item", "INV-1=12.00", "--by", "ann", *here)
    assert "the parts are €3.00 more than came in" in refused.err
    every = pastdue("match", "accept-all", "--min-score", "85", "--by", "ann", "--json", *here)
    assert every.data == {"format_version": "1.0", "command": "match accept-all", "applied": 1, "left": 0}

    first, stranger = listed[100_000]["id"], listed[900]["id"]
    shown = pastdue("match", "show", stranger, *here)
    assert f"next: pastdue match apply {stranger[:10]} --item INVOICE=AMOUNT --by PERSON" in shown.err
    refused = pastdue("match", "apply", first[:10], "--item", "INV-1=999.50", "--by", "ann", *here)
    assert (refused.code, "invoice INV-1 is not open" in refused.err) == (Exit.FAILED, True)
    ignored = pastdue("match", "ignore", stranger, "--by", "ann", "--why", "interest", "--json", *here).data["payment"]
    assert (ignored["state"], ignored["reasons"], ignored["by"]) == ("ignored", ["interest"], "ann")
    table = pastdue("match", *here)
    assert ("COLE AND SONS" in table.out, "€1,000.00" in table.out, "ZEBRA" in table.out) == (True, True, False)


def test_an_invoice_and_its_part_as_a_person_types_them() -> None:
    assert _part("INV-1=40.00", "EUR") == ("INV-1", 4_000)
    assert _part("A=B=7", "JPY") == ("A=B", 7)
    for wrong in ("INV-1", "INV-1=x", "=4", "INV-1=0.001", "INV-1=1.5e400000"):
        with pytest.raises(CliError):
            _part(wrong, "EUR")
