"""`pastdue match`: what waits is listed with the likeliest invoices, and a person's word moves it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.bank import BankEntry, BankStatement, Remittance
from functions.shared.cash import book_statement
from functions.shared.store import config
from local.cli.errors import CliError, Exit
from local.cli.match_by_hand import _part
from local.cli.target import target
from tests.local.cli import pastdue

DAY = date(2026, 3, 2)


def paid(key: str, minor: int, text: str, **more: Any) -> BankEntry:
    fields = {"payer_name": "Cole & Sons", "payer_account": "GB1", "booked_on": DAY, "currency": "EUR", **more}
    return BankEntry(key=key, minor=minor, remittance=Remittance(text=text), **fields)


def booked(state: Path) -> None:
    """One payment is applied alone, one is on account of its payer, one is an amount that fits, one of a stranger."""
    with target(state) as found:
        entity = config.read().entity("acme")
        entries = (
            paid("K1", 5_000, "INV-2"),
            paid("K2", 100_000, "INV-9"),
            paid("K3", 120_000, "C4711/88-1"),
            paid("K4", 900, "hello", payer_name="Zebra", payer_account=None),
        )
        statement = BankStatement(account="DE89370400440532013000", currency="EUR", closing_on=DAY, entries=entries)
        done = book_statement(statement, entity, "bank", found.now)
        assert (done.applied, done.on_account, done.unidentified) == (1, 2, 1)


def test_what_waits_is_listed_and_moved_by_a_person(state: Path) -> None:
    booked(state)
    here = ("--state", state)
    listed = {one["text"]: one for one in pastdue("match", "--json", *here).data["payments"]}
    assert {text: one["state"] for text, one in listed.items()} == {
        "INV-9": "unapplied", "C4711/88-1": "unapplied", "hello": "unidentified",
    }  # fmt: skip
    every = pastdue("match", "accept-all", "--min-score", "85", "--by", "ann", "--json", *here)
    assert every.data == {"format_version": "1.0", "command": "match accept-all", "applied": 1, "left": 0}

    first, stranger = listed["INV-9"]["id"], listed["hello"]["id"]
    refused = pastdue("match", "apply", first[:10], "--item", "INV-1=999.50", "--by", "ann", *here)
    assert (refused.code, "invoice INV-1 is not open" in refused.err) == (Exit.FAILED, True)
    ignored = pastdue("match", "ignore", stranger, "--by", "ann", "--why", "interest", "--json", *here).data["payment"]
    assert (ignored["state"], ignored["reasons"], ignored["by"]) == ("ignored", ["interest"], "ann")
    table = pastdue("match", *here)
    assert ("Cole & Sons" in table.out, "€1,000.00" in table.out, "Zebra" in table.out) == (True, True, False)
    assert "on account of C1" in pastdue("match", "show", first[:10], *here).out


MT940 = """:20:STARTUMS
:25:DE89370400440532013000
:28C:1/1
:60F:C260301EUR0,00
:61:2603020302C1200,00NTRFNONREF//B1
:86:166?00GUTSCHRIFT?20SVWZ+Rg. INV-1 Danke?32COLE AND SONS?31GB29NWBK60161331926819
:62F:C260302EUR1200,00
-
"""


def test_a_banks_file_is_booked_by_hand(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "march.sta"
    file.write_text(MT940.replace("EUR1200,00", "EUR1300,00"), encoding="utf-8")
    assert pastdue("match", "book", file, "--state", state).code == Exit.FAILED  # its sums do not prove it
    file.write_text(MT940, encoding="utf-8")
    said = pastdue("match", "book", file, "--json", "--state", state).data
    assert (said["statements"], said["applied"], said["missing"]) == (1, 1, False)


def test_an_invoice_and_its_part_as_a_person_types_them() -> None:
    assert _part("INV-1=40.00", "EUR") == ("INV-1", 4_000)
    assert _part("A=B=7", "JPY") == ("A=B", 7)
    for wrong in ("INV-1", "INV-1=x", "=4", "INV-1=0.001", "INV-1=1.5e400000"):
        with pytest.raises(CliError):
            _part(wrong, "EUR")
