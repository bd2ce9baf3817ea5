"""Real bank files: each is taken with the figures of an independent reading, or refused with the right error."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from bai2 import bai2

from core.bank import BankStatement
from core.formats.bank import BankLayout, read_statements
from core.formats.errors import InputError, Severity
from tests.core.bank_layouts import LAYOUTS

FILES = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared")) / "data/bank-statements"
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason=f"the sample files are not there: {FILES}")

# how many statements are taken with how many entries, and why others are not
MT940: dict[str, tuple[int, int, set[str]]] = {
    "betterplace/amount_formats.sta": (0, 0, {"MISPLACED", "DUPLICATE_FIELD", "MISSING_FIELD", "NO_END"}),
    "betterplace/currency_in_25.sta": (0, 0, {"MISPLACED", "MISSING_FIELD", "NO_END"}),  # pieces, not statements
    "betterplace/empty_86.sta": (0, 0, {"MISSING_FIELD", "NO_END"}),
    "betterplace/empty_entry_date.sta": (0, 0, {"MISSING_FIELD", "NO_END"}),
    "betterplace/empty_line.sta": (0, 0, {"MISSING_FIELD", "NO_END"}),
    "betterplace/missing_crlf_at_end.sta": (0, 0, {"MISPLACED", "MISSING_FIELD"}),
    "betterplace/sepa_mt9401.sta": (26, 97, set()),
    "betterplace/sepa_snippet.sta": (1, 4, {"CONTROL_TOTAL"}),  # an entry was changed by hand
    "betterplace/sepa_snippet_broken.sta": (0, 0, {"DUPLICATE_FIELD"}),
    "betterplace/with_binary_character.sta": (2, 4, set()),
    "jejik/abnamro.sta": (0, 0, {"CONTROL_TOTAL"}),  # entries were left out of most of these
    "jejik/generic.sta": (2, 2, set()),
    "jejik/ing.sta": (0, 0, {"CONTROL_TOTAL"}),
    "jejik/knab.sta": (1, 1, {"CONTROL_TOTAL"}),
    "jejik/postfinance.sta": (1, 2, {"CONTROL_TOTAL"}),
    "jejik/rabobank-iban.sta": (2, 4, set()),
    "jejik/rabobank.sta": (2, 2, {"CONTROL_TOTAL"}),
    "jejik/sns.sta": (2, 2, set()),
    "jejik/triodos.sta": (0, 0, {"CONTROL_TOTAL"}),
    "mBank/mt940.sta": (1, 3, set()),
    "mBank/mt942.sta": (1, 3, set()),
    "mBank/with_newline_in_tnr.sta": (0, 0, {"CONTROL_TOTAL"}),
    "self-provided/details_60-63.sta": (0, 0, {"CONTROL_TOTAL"}),
    "self-provided/empty_non_swift.sta": (0, 0, {"MISSING_FIELD", "NO_END"}),
    "self-provided/gv_codes.sta": (0, 0, {"NO_END"}),
    "self-provided/malformed_details.sta": (0, 0, {"CONTROL_TOTAL"}),
    "self-provided/mt942.sta": (0, 0, {"CONTROL_TOTAL"}),  # its :90D: sums up another report
    "self-provided/raphaelm.sta": (0, 0, {"BAD_CURRENCY"}),  # Deutsche Mark, and balances without a currency
    "self-provided/transaction_details_wrapped.sta": (1, 1, set()),
}
CAMT: dict[str, set[str]] = {
    "camt052.v1.xml": {"UNKNOWN_VERSION"},
    "camt052.v2.other-account.xml": set(),
    "camt052.v2.with-account-name.xml": set(),
    "camt052.v2.xml": set(),
    "camt052.v4.xml": set(),
    "camt052.v6.xml": set(),
    "camt053.v2.minimal.ultimate.xml": {"CURRENCY_MISMATCH"},  # opens in EUR, closes in SEK
    "camt053.v2.minimal.xml": {"CURRENCY_MISMATCH"},
    "camt053.v2.with-account-name.xml": set(),
    "camt053.v4.xml": {"CURRENCY_MISMATCH"},
    "camt054.v2.with-account-name.xml": set(),
    "camt054.v2.xml": set(),
    "camt054.v4.xml": set(),
}
BAI2 = ("account_trailer_amount_blank_example", "citi_example", "nwb_example", "svb_us_example")


def taken(path: Path, layout: BankLayout | None = None) -> tuple[list[BankStatement], set[str]]:
    """The statements of a file, and the codes of what is wrong with the rest."""
    found = read_statements(path.read_bytes(), path.name, layout)
    codes = {one.code.value for one in found if isinstance(one, InputError) and one.severity is Severity.ERROR}
    return [one for one in found if isinstance(one, BankStatement)], codes - {"NOT_TAKEN"}


def test_every_file_is_named_here() -> None:
    if not FILES.is_dir():
        pytest.skip(f"the sample files are not there: {FILES}")
    here = {f"mt940/{name}" for name in MT940} | {f"camt/genkgo/{name}" for name in CAMT}
    here |= {f"bai2/moj/{name}.bai2" for name in BAI2} | {f"csv/bank2ynab/{name}" for name in LAYOUTS}
    there = {
        str(path.relative_to(FILES))
        for path in FILES.rglob("*")
        if path.is_file() and path.suffix not in {".json", ".md"}
    }
    assert here == there


@needs_files
@pytest.mark.parametrize("name", MT940)
def test_mt940(name: str) -> None:
    count, entries, codes = MT940[name]
    found, wrong = taken(FILES / "mt940" / name)
    assert (len(found), sum(len(one.entries) for one in found), wrong) == (count, entries, codes)
    for one in found:
        assert [entry.minor for entry in one.entries] == by_hand(FILES / "mt940" / name, one)


def by_hand(path: Path, one: BankStatement) -> list[int]:
    """The amounts of the messages with the statement's reference and number, read by nothing but a pattern."""
    text = path.read_bytes().decode("utf-8")
    for message in re.split(r"(?m)^(?=:20:)", text):
        same = f":20:{one.identification}\n" in message.replace("\r", "") and f":{one.number}\n" in message.replace(
            "\r", ""
        )
        if same and re.search(rf":25:{re.escape(one.account)}", message):
            found = re.findall(r"(?m)^:61:\d{6}(?:\d{4})?(R?[CD])[A-Z]?(\d+),?(\d{0,2})", message)
            if one.opening_minor is None or _first(message) == abs(one.opening_minor):
                ways = {"C": 1, "D": -1, "RC": -1, "RD": 1}
                return [ways[way] * int(whole + part.ljust(2, "0")) for way, whole, part in found]
    raise AssertionError(one.identification)


def _first(message: str) -> int:
    found = re.search(r":60[FM]:[CD]\d{6}[A-Z]{3}(\d+),?(\d{0,2})", message)
    assert found is not None
    return int(found[1] + found[2].ljust(2, "0"))


@needs_files
@pytest.mark.parametrize("name", CAMT)
def test_camt(name: str) -> None:
    found, wrong = taken(FILES / "camt/genkgo" / name)
    assert wrong == CAMT[name]
    if not wrong:
        dump = json.loads((FILES / "camt/genkgo/expected" / f"{name.removesuffix('.xml')}.json").read_text())
        assert [(entry.minor, entry.currency) for one in found for entry in one.entries] == amounts_of(dump)


def amounts_of(dump: dict[str, Any]) -> list[tuple[int, str]]:
    """The amounts that the parser which the files come with read."""
    return [
        (int(entry["getAmount"]["getAmount"]), entry["getAmount"]["getCurrency"]["getCode"])
        for entry in dump["getEntries"]
    ]


@needs_files
@pytest.mark.parametrize("name", BAI2)
def test_bai2(name: str) -> None:
    path = FILES / f"bai2/moj/{name}.bai2"
    found, wrong = taken(path)
    assert wrong == set()
    accounts = [account for group in bai2.parse_from_string(path.read_text()).children for account in group.children]
    signs = {"credit": 1, "debit": -1}
    assert [[entry.minor for entry in one.entries] for one in found] == [
        [signs[one.type_code.transaction.value] * (one.amount or 0) for one in account.children] for account in accounts
    ]
    for one, account in zip(found, accounts, strict=True):
        said = {item.type_code.code: item.amount for item in account.header.summary_items}
        assert (one.account, one.opening_minor) == (
            account.header.customer_account_number.replace(" ", ""),
            said.get("010"),
        )
        assert one.closing_minor == said.get("015")
