"""`simulate`: what it tells is what then happens, it writes nothing, and its calendar shows every entry."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.local.cli import pastdue


def simulated(state: Path, *arguments: str | Path) -> Any:
    said = pastdue("simulate", *arguments, "--json", "--state", state)
    assert said.code == 0, said.err
    return said.data


@pytest.fixture(scope="module")
def company(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live state that no test changes."""
    folder = Path(shutil.copytree(made_state, tmp_path_factory.mktemp("company") / "state"))
    assert pastdue("go-live", "acme", "--at-once", "--yes", "--state", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page") / "calendar.html"


@pytest.fixture(scope="module")
def told(company: Path, calendar: Path) -> Any:
    """Forty-five nights of the company, and their calendar; nothing of the company is changed by it."""
    before = {path: path.read_bytes() for path in company.rglob("*") if path.is_file() and path.suffix != ".lock"}
    data = simulated(company, "--days", "45", "--calendar", calendar)
    assert {path: path.read_bytes() for path in before} == before
    return data


def messages(data: Any) -> list[tuple[str, str, str]]:
    return [(one["on"], one["customer"], one["name"]) for one in data["coming"] if one["what"] == "message"]


def test_what_is_told_is_what_happens(told: Any, live: Path) -> None:
    assert (told["from"], told["to"]) == ("2026-03-02", "2026-04-15")
    lived = pastdue("run", "--from", "2026-03-02", "--to", "2026-04-15", "--json", "--state", live)
    sent = [
        (night["date"], mail["to"][0])
        for night in lived.data["nights"]
        for mail in night["sent"]
        if mail["to"][0] != "ann@acme.example"
    ]
    address = {"C1": "ap@cole.example", "C2": "ap@dunn.example"}
    assert [(on, address[customer]) for on, customer, _ in messages(told)] == sorted(sent)
    tasks = pastdue("tasks", "--json", "--state", live).data["tasks"]
    calls = [one["on"] for one in told["coming"] if one["what"] == "task"]
    assert calls == sorted(task["created_on"] for task in tasks)


def test_it_goes_on_where_the_ledger_stands(told: Any, live: Path) -> None:
    pastdue("run", "--from", "2026-03-02", "--to", "2026-03-12", "--state", live)
    after = simulated(live, "--days", "34")
    assert after["from"] == "2026-03-13"
    assert messages(after) == [one for one in messages(told) if one[0] >= "2026-03-13"]


def test_from_a_later_night_the_earlier_ones_are_lived_through(told: Any, company: Path) -> None:
    later = simulated(company, "--days", "30", "--from", "2026-03-17")
    assert messages(later) == [one for one in messages(told) if one[0] >= "2026-03-17"]


def test_before_go_live_it_tells_what_would_be(made_state: Path, told: Any) -> None:
    at_once = simulated(made_state, "--days", "10", "--at-once")
    assert "acme is live, which it is not" in at_once["assumed"]
    assert messages(at_once) == [one for one in messages(told) if one[0] <= "2026-03-11"]
    as_it_goes_live = simulated(made_state, "--days", "10")  # INV-3 is late for more than a month
    assert "the old ledger of acme is taken up from 2026-03-02 to 2026-03-02" in as_it_goes_live["assumed"]
    assert {name for _, _, name in messages(as_it_goes_live)} == {"statement"}


def test_counts_and_sums_are_those_of_the_entries(told: Any) -> None:
    entries = told["coming"]
    assert sum(told["counts"].values()) == len(entries)
    asked = [one["amounts"].get("EUR", 0) for one in entries if one["what"] == "message"]
    assert told["asked"]["EUR"] == sum(asked)
    assert told["busiest"]["messages"] >= 1
    first = entries[0]
    assert (first["name_of_customer"], first["numbers"], first["amounts"]) == (
        "Cole & Sons", ["INV-1"], {"EUR": 120_000},
    )  # fmt: skip


def test_customers_pay_as_the_record_says(told: Any, company: Path) -> None:
    """INV-4 was paid sixteen days late, and nobody has another record: INV-1 is paid on 11 March, INV-2 on 7 April."""
    paid = simulated(company, "--days", "45", "--pay-like-history")
    of_cole = [(one["on"], one["numbers"]) for one in paid["coming"] if one["customer"] == "C1"]
    assert [on for on, numbers in of_cole if "INV-1" in numbers] == ["2026-03-02", "2026-03-09"]
    assert max(on for on, _ in of_cole) <= "2026-04-07"
    of_dunn = [[one for one in data["coming"] if one["customer"] == "C2"] for data in (paid, told)]
    assert of_dunn[0] == of_dunn[1]  # INV-3 is later than anybody was
    assert "each customer pays as late as it usually did" in paid["assumed"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--pay-like-history", "--no-payments"), 2, "exclude each other"),
        (("--from", "2026-03-01"), 2, "the night of 2026-03-01 is over"),
        (("--calendar", "page.svg"), 2, "is no .html file"),
        (("--calendar", "none/page.html"), 2, "there is no folder none to write to"),
        (("--entity", "nobody"), 1, "there is no entity 'nobody'"),
        (("--days", "0"), 2, ""),
    ],
)
def test_what_cannot_be_rehearsed(company: Path, arguments: tuple[str, ...], code: int, problem: str) -> None:
    said = pastdue("simulate", *arguments, "--state", company)
    assert (said.code, said.out) == (code, "")
    assert problem in said.err


# ---------- the calendar ----------
class Page(HTMLParser):
    """The cells of the months, the links, and what the page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links, self.loads = set[str](), set[str](), list[str]()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.ids |= {str(values["id"])} if "id" in values else set()
        self.links |= {str(values["href"])} if tag == "a" else set()
        self.loads += [str(values[name]) for name in ("src", "srcset") if name in values]


def test_the_calendar_shows_every_entry_and_loads_nothing(told: Any, calendar: Path) -> None:
    text = calendar.read_text(encoding="utf-8")
    page = Page(text)
    days = {one["on"] for one in told["coming"]}
    assert page.ids == {f"d{on}" for on in days}
    assert page.links == {f"#d{on}" for on in days}
    assert not page.loads
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert page.tags.count("caption") == 2 + len(days)  # March and April, and a list for each day
    assert text.count("Cole &amp; Sons") == sum(one["customer"] == "C1" for one in told["coming"])
    shown = sum(int(count) for count in re.findall(r'<span class="badge [\w-]+" title="(\d+) ', text))
    assert shown == len(told["coming"])
    assert 'lang="en"' in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_an_empty_calendar_says_so(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "calendar.html"
    told = simulated(company, "--days", "1", "--from", "2026-03-04", "--calendar", path)
    assert told["coming"] == []
    assert "Nothing is to come." in path.read_text(encoding="utf-8")
