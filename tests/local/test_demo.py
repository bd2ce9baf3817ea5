"""The demo: a company that could exist, books that an import takes, and a story that leaves something to look at."""

import csv
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.formats.ledger_import import by_date, examine, jsonl_ledger
from local.config_folder import read_folder
from local.demo.company import CONFIG, DAYS, START, gone_address, ledger, write_ledger
from local.demo.customers import CUSTOMERS, DE, Habit
from local.demo.events import Books
from tests.local.cli import pastdue

PLAYED = 10  # days; the whole ninety are `make demo`


def test_forty_customers_of_every_habit_in_five_languages() -> None:
    assert len(CUSTOMERS) == len({customer.id for customer in CUSTOMERS}) == 40
    assert {customer.habit for customer in CUSTOMERS} == set(Habit)
    assert {customer.language for customer in CUSTOMERS} == {"en", "de", "fr", "es", "nl"}
    assert {"EUR", "USD", "GBP", "CHF"} <= {customer.currency for customer in CUSTOMERS}
    assert len({customer.domain for customer in CUSTOMERS}) == 40
    assert Counter(customer.parent for customer in CUSTOMERS)["C1023"] == 2
    by_id = {customer.id: customer for customer in CUSTOMERS}
    assert all(by_id[customer.parent].entity == customer.entity for customer in CUSTOMERS if customer.parent)


def test_the_configuration_has_no_gap() -> None:
    read = read_folder(CONFIG, ("friendly", "reminder", "warning", "delinquent", "daily-reminder"))
    assert (read.errors, read.warnings) == ((), ())
    assert {customer.rep for customer in CUSTOMERS if customer.rep} <= set(read.wanted.people)
    assert {customer.entity for customer in CUSTOMERS} == set(read.wanted.entities)


def test_the_ledger_is_one_that_an_import_takes(tmp_path: Path) -> None:
    write_ledger(tmp_path / "l.jsonl")
    file = jsonl_ledger(tmp_path / "l.jsonl", DE, frozenset(customer.entity for customer in CUSTOMERS))
    report = examine(file)
    assert (report.errors, report.remarks) == ((), ())
    kinds = {"payment", "credit_note", "promise", "dispute", "hold", "invoice", "customer", "contact"}
    assert kinds <= set(report.counts)
    assert report.counts["invoice"] > 90
    days = [day for day, _ in by_date(file, report)]
    assert min(days) < START < START + timedelta(days=DAYS) < max(days)


def test_the_books_are_the_same_for_each_seed_and_others_for_another() -> None:
    assert list(ledger(3)) == list(ledger(3))
    assert list(ledger(3)) != list(ledger(4))


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_makes_books_that_add_up(seed: int, tmp_path: Path) -> None:
    write_ledger(tmp_path / "l.jsonl", seed)
    file = jsonl_ledger(tmp_path / "l.jsonl", DE, frozenset(customer.entity for customer in CUSTOMERS))
    assert examine(file).errors == ()


def test_the_story_books_each_payment_once() -> None:
    books = Books.of(ledger())
    settled = [
        event.invoice
        for n in range(-60, 200)
        for event in books.of_day(START + timedelta(days=n))
        if books.settle(event)
    ]
    assert len(settled) == len(set(settled)) >= len(books.invoices) - 2  # one never pays, one may pay after that


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, str]:
    """A few days: the folder that they leave, what was printed as data, and what was told."""
    out = tmp_path_factory.mktemp("demo") / "company"
    said = pastdue("demo", "--days", str(PLAYED), "--out", out, "--json")
    assert said.code == 0, said.err
    return out, said.data, said.err


def test_some_days_leave_an_outbox_a_gallery_and_a_table(played: tuple[Path, Any, str]) -> None:
    out, data, _ = played
    mails = sum(len(day["sent"]) for day in data["days"])
    assert (len(data["days"]), data["mails"]) == (PLAYED, mails)
    assert mails > PLAYED
    assert len(list((out / "outbox").glob("*.eml"))) == mails
    assert "RE-2025-" in (out / "index.html").read_text(encoding="utf-8")
    with (out / "summary.csv").open(encoding="utf-8", newline="") as rows:
        assert len(list(csv.DictReader(rows))) == mails
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == data["days"]
    assert "x friendly" in (out / "summary.txt").read_text(encoding="utf-8")
    assert not [error for day in data["days"] for error in day["errors"]]


def test_it_tells_what_happens(played: tuple[Path, Any, str]) -> None:
    _, data, told = played
    assert "5 Jan · Fröhlich & Söhne" not in told  # the system before us had reminded it a week ago
    assert "6 Jan · Fröhlich & Söhne Maschinenhandel: warning, RE-2025-" in told
    assert "the mail bounces" in told
    bounced = [mail for day in data["days"] for mail in day["sent"] if gone_address() in mail["to"]]
    assert len(bounced) == 1  # an address that bounced is not written to again
    assert {"friendly", "warning", "digest"} <= {mail["what"] for day in data["days"] for mail in day["sent"]}


def test_its_state_answers_the_other_commands(played: tuple[Path, Any, str]) -> None:
    out, data, told = played
    suggested = next(line.partition("pastdue ")[2].split() for line in told.splitlines() if "pastdue why" in line)
    assert "Next: step d (phone-call)" in pastdue(*suggested).out
    assert pastdue("doctor", "--state", out).code == 0
    tomorrow = START + timedelta(days=PLAYED)
    assert pastdue("run", "--as-of", str(tomorrow), "--state", out).code == 0
    again = pastdue("outbox", "--last", "0", "--json", "--state", out).data
    assert again["total"] >= data["mails"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("mine", encoding="utf-8")
    said = pastdue("demo", "--days", "1", "--out", tmp_path / "letters")
    assert (said.code, (tmp_path / "letters" / "dear.txt").exists()) == (1, True)
