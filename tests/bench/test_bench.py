"""The measurements run and say what they are; a night asks as little of a large ledger as of a small one."""

import json
from dataclasses import replace
from io import StringIO
from itertools import takewhile
from pathlib import Path
from runpy import run_module
from typing import Any
from warnings import catch_warnings

import pytest

from bench import cold, company, empty_stack, goals, naive
from bench.__main__ import SECTIONS, WHOLE, main
from bench.accounts import accounts, chunks
from bench.generate import AS_OF, Ledger, Record, records, write
from core.decide.account import decide
from core.formats.ledger_import import examine
from local.counting.units import Index, read_units, size, write_units

QUICK = [
    f"--{name}={value}"
    for name, value in {
        "decided": 400, "open": 300, "due": 3, "first": 10, "warm": 8, "mails": 5, "entries": 20,
        "rows": 300, "runs": 1,
    }.items()
]  # fmt: skip


def _ran_here(module: str, *arguments: str | Path) -> dict[str, float]:
    """What `bench.apart.ran` answers, without the start of a process: most of what a small measurement costs."""
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch, catch_warnings(action="ignore"):  # it is imported already
        patch.setattr("sys.argv", [module, *map(str, arguments)])
        patch.setattr("sys.stdout", out)
        run_module(module, run_name="__main__")
    found: dict[str, float] = json.loads(out.getvalue())
    return found


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Everything but cold starts, in small."""
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        patch.setattr("bench.scale.SOME", 5)
        for name in ("bank", "ingest"):  # `reading` is measured in a process of its own, as all of them are
            patch.setattr(f"bench.{name}.ran", _ran_here)
        patch.setattr("bench.__main__.WHOLE", replace(WHOLE, sizes=(50, 500)))
        assert main([*QUICK, *(name for name in SECTIONS if name != "cold")]) == 0
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def figures(report: dict[str, Any], section: str) -> dict[str, dict[str, Any]]:
    return {figure["name"]: figure for figure in report["sections"][section]["figures"]}


def test_a_report_says_on_what_machine_it_was_made(report: dict[str, Any]) -> None:
    assert report["format_version"] == 1
    assert {"cores", "python", "system", "load_before"} <= report["machine"].keys()


def test_every_figure_has_a_unit_and_every_section_says_what_it_measured(report: dict[str, Any]) -> None:
    assert report["sections"].keys() == SECTIONS.keys() - {"cold"}
    for name, section in report["sections"].items():
        assert section["what"]
        assert section["figures"] or section["missing"], name
        for figure in section["figures"]:
            assert figure["unit"]
            assert isinstance(figure["value"], int | float)


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("decide", "machinery-manufacturer_first_night_items"),
        ("decide", "ageing-7-14-30_next_night_items"),
        ("decide", "customer-friendly-three-levels_next_night_per_account"),
        ("decide", "four-levels_steady_items"),
        ("decide", "all_items"),
        ("import", "examine"),
        ("import", "peak_memory"),
        ("render", "mails"),
    ],
)
def test_a_rate_stands_beside_its_baseline(report: dict[str, Any], section: str, name: str) -> None:
    figure = figures(report, section)[name]
    assert figure["value"] > 0
    assert figure["beside"] > 0


def test_a_night_costs_the_same_with_ten_times_the_open_invoices(report: dict[str, Any]) -> None:
    given = report["sections"]["night"]["given"]
    assert given["open_invoices"] == [30, 300]
    assert given["accounts_due"] == 3
    assert given["flat"] is True
    for name, figure in figures(report, "night").items():
        assert figure["value"] == figure.get("beside", figure["value"]), name


def test_a_night_costs_more_with_more_accounts_due(report: dict[str, Any]) -> None:
    night = figures(report, "night")
    assert night["mails"]["value"] == 3 + 1  # a reminder each, and one digest: step b tells accounting
    assert night["requests_per_further_account_due"]["value"] > 5
    assert night["rows_written_per_further_account_due"]["value"] > 1


def test_a_night_on_which_nothing_is_due_reads_no_account_however_large_the_ledger(report: dict[str, Any]) -> None:
    scale = figures(report, "scale")
    for open_invoices in (50, 500):
        assert scale[f"account_rows_read_nothing_due_at_{open_invoices}"]["value"] == 0
        assert scale[f"account_rows_read_nothing_due_at_{open_invoices}"]["beside"] >= open_invoices
        assert scale[f"plan_run_requests_nothing_due_at_{open_invoices}"]["value"] <= 20
    assert scale["same_night_growth_requests"]["value"] == 1.0
    assert scale["worker_growth_at_500"]["value"] < 128


def test_each_write_unit_of_a_mail_is_listed_with_what_it_guards_against(report: dict[str, Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "costs.md").read_text(encoding="utf-8")
    listed = page.partition("## What each write guards against")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in listed.splitlines() if line.startswith("| ")]
    each = [int(units) for what, units, *_ in rows[1:] if not what.startswith("*")]
    whole = figures(report, "cost")["write_units_per_mail"]["value"]  # with a mail's part of what its batches write
    assert sum(each) == 11 < whole < 13  # in a night as small as this some notices have places of their own


def test_no_key_of_a_night_gets_more_than_a_key_takes(report: dict[str, Any]) -> None:
    assert 0 < figures(report, "heat")["busiest_key_share"]["value"] < 100


def test_every_goal_is_told_with_what_was_measured(report: dict[str, Any]) -> None:
    told = {goal["goal"]: goal for goal in report["goals"]}
    assert told["nothing due: requests of plan_run"]["met"] is True
    assert told["start of a function, of a bare handler"]["met"] is None  # its section did not run
    asked = {(goal.section, goal.figure) for goal in goals.GOALS if goal.section in report["sections"]}
    assert asked
    for goal in report["goals"]:
        section = goal["from"].partition(".")[0]
        assert (goal["measured"] is None) == (section not in report["sections"]), goal


# ---------- cold starts ----------
@pytest.mark.parametrize("name", cold.FUNCTIONS)
def test_a_function_starts_and_takes_its_first_event(name: str) -> None:
    with cold.code(Path("nothing-is-built-here")) as code, empty_stack.serving() as address:
        started = cold.started(name, code, address, bare=False)
    assert started.keys() == {"import_wall", "import_cpu", "first_wall", "first_cpu", "peak_kb"}
    assert min(started.values()) > 0


def test_the_bare_handler_starts_with_the_same_clients() -> None:
    with cold.code(Path("nothing-is-built-here")) as code, empty_stack.serving() as address:
        assert cold.started("send_notices", code, address, bare=True)["import_cpu"] > 0


# ---------- the ledger ----------
@pytest.mark.parametrize("due", [None, 5])
def test_the_generated_ledger_is_right_by_the_products_own_reader(due: int | None, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with path.open("w", encoding="utf-8") as out:
        end = write(Ledger(200, due), out)
    report = examine(company.ledger_file(path))
    assert (report.errors, report.remarks) == ((), ())
    assert report.open_items == end["open_invoices"] == 200


def test_the_same_arguments_give_the_same_ledger() -> None:
    assert list(records(Ledger(50, seed=3))) == list(records(Ledger(50, seed=3)))
    assert list(records(Ledger(50, seed=3))) != list(records(Ledger(50, seed=4)))


def test_a_larger_ledger_begins_with_the_same_customers() -> None:
    def first(ledger: Ledger) -> list[Record]:
        def early(record: Record) -> bool:
            return record["t"] != "end" and record.get("id") != "C00000008"

        return list(takewhile(early, records(ledger)))

    assert first(Ledger(100, due=5)) == first(Ledger(1_000, due=5))


def test_accounts_made_at_once_are_those_that_the_products_reader_finds_in_the_file() -> None:
    ledger = Ledger(2_000)
    with company.generated(ledger) as found:
        read = [company.facts_of(changes) for changes in found]
    assert list(accounts(ledger)) == [facts for facts in read if facts.items]


def test_chunks_are_the_whole_ledger_a_part_at_a_time() -> None:
    ledger = Ledger(500)
    parts = list(chunks(ledger, 100))
    assert [facts for part in parts for facts in part] == list(accounts(ledger))
    assert len(parts) > 2
    assert all(sum(len(facts.items) for facts in part[:-1]) < 100 for part in parts)


def test_the_naive_loop_reminds_whom_the_product_reminds_where_nothing_is_special() -> None:
    plain = [
        account
        for account in accounts(Ledger(300, due=20))
        if not (account.holds or account.credits or any(i.part_payments or i.disputed_all for i in account.items))
    ]
    setting = company.setting()
    ours = {a.customer.id for a in plain if decide(a, setting, AS_OF).notices}
    theirs = {a.customer for a in naive.inputs(plain) if naive.remind(a, AS_OF)}
    assert ours == theirs
    assert ours


# ---------- units ----------
def test_a_records_size_is_that_of_its_names_and_values() -> None:
    row = {"pk": {"S": "ä"}, "n": {"N": "-1200"}, "b": {"B": b"123"}, "m": {"M": {"x": {"BOOL": True}}}}
    assert size(row) == (2 + 2) + (1 + 2) + (1 + 3) + (1 + 3 + 1 + 1 + 1)


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [([], True, 1), ([], False, 0.5), ([4096], True, 1), ([4000, 97], True, 2), ([4000, 97], False, 1)],
)
def test_a_query_is_charged_by_all_that_it_reads_together(sizes: list[int], consistent: bool, units: float) -> None:
    assert read_units(sizes, consistent=consistent) == units


DUE = Index(("due_pk", "due_sk"), whole=False)
OUT = {"pk": {"S": "p"}, "sk": {"S": "A"}, "state": {"S": "x" * 1500}}
IN = {**OUT, "due_pk": {"S": "d"}, "due_sk": {"S": "2026-03-01"}}
MOVED = {**IN, "due_sk": {"S": "2026-03-02"}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, OUT, 2),
        (OUT, IN, 2 + 1),  # it enters the index
        (IN, MOVED, 2 + 2),  # its entry is taken out and put anew
        (IN, {**IN, "state": {"S": "y"}}, 2),  # the larger of the two counts; the entry says the same
        (IN, OUT, 2 + 1),
    ],
)
def test_a_write_is_charged_by_the_larger_record_and_by_every_entry_that_changes(
    before: dict[str, Any] | None, after: dict[str, Any], units: int
) -> None:
    assert write_units(before, after, [DUE]) == units
