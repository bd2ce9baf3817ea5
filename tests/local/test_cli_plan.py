"""`plan`: the file says what will be sent, exactly that is sent, once, and what changed since is listed instead."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.policy.load import shipped
from local.cli.target import target
from tests.local.cli import ENTITY, LEDGER, PEOPLE, Said, pastdue, write_config, write_ledger

NIGHT = "2026-03-02"


@pytest.fixture(scope="module")
def planned(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live company, and the plan of its first night: a reminder to Cole & Sons, and a call to Dunn Ltd."""
    folder = tmp_path_factory.mktemp("planned")
    live = shutil.copytree(made_state, folder / "state")
    assert pastdue("go-live", "acme", "--at-once", "--yes", "--state", live).code == 0
    said = pastdue("plan", "--as-of", NIGHT, "--out", folder / "plan.json", "--json", "--state", live)
    assert said.code == 0, said.err
    approve(Path(shutil.copy(folder / "plan.json", folder / "approved.json")), live)
    return folder


@pytest.fixture
def live(planned: Path, tmp_path: Path) -> Path:
    """A copy of the company, for one test."""
    return Path(shutil.copytree(planned / "state", tmp_path / "state"))


@pytest.fixture
def file(planned: Path, tmp_path: Path) -> Path:
    """A copy of its plan."""
    return Path(shutil.copy(planned / "plan.json", tmp_path / "plan.json"))


@pytest.fixture
def approved(planned: Path, tmp_path: Path) -> Path:
    """A copy of the plan, approved."""
    return Path(shutil.copy(planned / "approved.json", tmp_path / "plan.json"))


def content(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def approve(file: Path, state: Path) -> Said:
    said = pastdue("plan", "approve", file, "--by", "ann", "--state", state)
    assert said.code == 0, said.err
    return said


def send(file: Path, state: Path, *options: str) -> Said:
    return pastdue("plan", "send", file, "--json", *options, "--state", state)


def mails(state: Path) -> list[str]:
    listed = pastdue("outbox", "--last", "0", "--json", "--state", state).data["mails"]
    return sorted(address for mail in listed for address in mail["to"] if address != "ann@acme.example")


def play(state: Path, night: str = NIGHT) -> None:
    assert pastdue("run", "--as-of", night, "--state", state).code == 0


def pay(state: Path, folder: Path, amount: int) -> None:
    paid = {"t": "payment", "id": "P9", "customer": "C1", "invoice": "I1", "date": "2026-03-01", "currency": "EUR",
            "amount": amount}  # fmt: skip
    assert pastdue("import", write_ledger(folder / "news.jsonl", [*LEDGER[1:4], paid]), "--state", state).code == 0


def test_the_file_holds_the_whole_proposal(file: Path, planned: Path) -> None:
    data = content(file)
    assert (data["format_version"], data["kind"], data["as_of"]) == ("1.0", "pastdue plan", NIGHT)
    cole, dunn = data["accounts"]
    assert (cole["customer"], cole["policy"], cole["policy_version"], cole["version"]) == (
        "C1", "machinery-manufacturer", 1, 1,
    )  # fmt: skip
    (message,) = cole["messages"]
    assert (message["template"], message["level"], message["steps"]) == ("friendly", 1, [["I1", "b"]])
    assert [one["email"] for one in message["recipients"]] == ["ap@cole.example"]
    assert message["totals"] == {"EUR": 120_000}
    assert [(line["number"], line["days_past_due"], line["due_minor"]) for line in message["overdue"]] == [
        ("INV-1", 7, 120_000)
    ]
    assert [(task["kind"], task["numbers"]) for task in dunn["tasks"]] == [("phone-call", ["INV-3"])]
    again = pastdue("plan", "--json", "--state", planned / "state")
    assert again.data["hash"] == data["hash"]


def test_exactly_that_goes_out_once(approved: Path, live: Path) -> None:
    first = send(approved, live)
    assert (first.code, first.data["counts"]) == (0, {"sent": 2})
    assert f"next: pastdue run --as-of {NIGHT}" in first.err  # nothing has left yet: that is the readers' hours
    with target(live, looks=True):
        from functions.shared.store import history

        (noted,) = [one for one in history.activities("acme", "C1") if one.kind == "plan"]
    assert (noted.what, noted.body["by"]) == (content(approved)["hash"], "ann")
    play(live)  # the window opens, and the night finds nothing left to do
    assert mails(live) == ["ap@cole.example"]
    (task,) = pastdue("tasks", "--json", "--state", live).data["tasks"]
    assert task["kind"] == "phone-call"
    again = send(approved, live)
    assert (again.code, again.data["counts"]) == (0, {"sent_before": 2})
    lost = content(approved)
    approved.write_text(json.dumps({**lost, "sent": {}}), encoding="utf-8")  # a program that died before it noted it
    third = send(approved, live)
    assert {one["customer"]: one["outcome"] for one in third.data["accounts"]}["C1"] == "sent_before"
    assert mails(live) == ["ap@cole.example"]


def test_what_was_sent_is_not_planned_once_more(approved: Path, live: Path) -> None:
    night = content(approved)["as_of"]
    assert send(approved, live).code == 0
    again = pastdue("plan", "--as-of", night, "--json", "--state", live)
    assert again.data["accounts"] == []  # decided, though the mail waits for its reader's hours


def test_what_changed_since_is_listed_and_the_rest_goes(approved: Path, live: Path, tmp_path: Path) -> None:
    pay(live, tmp_path, 20_000)
    said = send(approved, live)
    outcomes = {one["customer"]: (one["outcome"], one["reason"]) for one in said.data["accounts"]}
    assert (said.code, outcomes) == (5, {"C1": ("refused", "the account changed since"), "C2": ("sent", "")})
    later = send(approved, live)
    assert (later.code, later.data["counts"]) == (5, {"refused": 1, "sent_before": 1})


def test_when_all_of_it_changed_nothing_goes(approved: Path, live: Path, tmp_path: Path) -> None:
    newer = tmp_path / "config"
    write_config(newer, ENTITY + "policy: headline-31-61-91\n")
    assert pastdue("config", "apply", newer, "--yes", "--state", live).code == 0
    said = send(approved, live)
    assert said.code == 1
    assert {one["outcome"] for one in said.data["accounts"]} == {"refused"}
    assert "the policy changed since" in said.data["accounts"][0]["reason"]
    assert mails(live) == []


def test_deciding_again_must_give_the_same(approved: Path, live: Path, tmp_path: Path) -> None:
    people = PEOPLE.replace("id: ann,", "id: bob, name: Bob, email: bob@acme.example }\n  - { id: ann,")
    bob = people.replace("customer_service_rep, ", "").replace(
        "bob@acme.example", "bob@acme.example, roles: [customer_service_rep]"
    )
    assert pastdue("config", "apply", write_config(tmp_path / "config", people=bob), "--yes", "--state", live).code == 0
    said = send(approved, live)
    outcomes = {one["customer"]: (one["outcome"], one["reason"]) for one in said.data["accounts"]}
    assert outcomes["C2"][0] == "refused"  # the call has another owner now
    assert said.code in (1, 5)


def test_an_excluded_account_is_held_instead(file: Path, live: Path) -> None:
    said = pastdue("plan", "exclude", file, "C1", "--json", "--state", live)
    assert said.data["excluded"] == [{"entity": "acme", "customer": "C1", "item": None, "number": None}]
    approve(file, live)
    assert send(file, live).data["counts"] == {"excluded": 1, "sent": 1}
    assert ", 0 messages sent" in pastdue("plan", "show", file).out  # one account was left out, the other has a task
    play(live)
    assert mails(live) == []
    facts = pastdue("why", "INV-1", "--json", "--state", live).data["invoices"][0]["facts"]
    assert f"on hold until {NIGHT} (left out of the plan of {NIGHT})" in facts


def test_an_excluded_invoice_is_left_out_of_the_message(state: Path, tmp_path: Path) -> None:
    more = {"t": "invoice", "id": "I9", "customer": "C1", "number": "INV-9", "issued": "2026-01-20",
            "due": "2026-02-20", "currency": "EUR", "total": 30_000}  # fmt: skip
    ledger = write_ledger(tmp_path / "more.jsonl", [*LEDGER, more])
    assert pastdue("import", ledger, "--state", state).code == 0
    assert pastdue("go-live", "acme", "--at-once", "--yes", "--state", state).code == 0
    file = tmp_path / "plan.json"
    pastdue("plan", "--out", file, "--state", state)
    before = content(file)["accounts"][0]["messages"][0]
    assert before["totals"] == {"EUR": 150_000}
    after = pastdue("plan", "exclude", file, "INV-9", "--json", "--state", state).data
    (message,) = after["accounts"][0]["messages"]
    assert (message["totals"], [line["number"] for line in message["overdue"]]) == ({"EUR": 120_000}, ["INV-1"])
    approve(file, state)
    assert send(file, state).data["counts"] == {"sent": 2}
    play(state)
    shown = pastdue("outbox", "show", "1", "--json", "--state", state)
    assert mails(state) == ["ap@cole.example"]
    assert "INV-9" not in shown.out


def test_an_approval_is_of_exactly_this_content(approved: Path, live: Path) -> None:
    pastdue("plan", "exclude", approved, "C2", "--state", live)
    said = send(approved, live)
    assert said.code == 1
    assert "changed after it was approved" in said.err
    approve(approved, live)
    assert send(approved, live).data["counts"] == {"sent": 1, "excluded": 1}


def test_a_file_that_was_edited_by_hand_is_refused(file: Path, planned: Path) -> None:
    live = planned / "state"
    data = content(file)
    data["accounts"][0]["messages"][0]["recipients"][0]["email"] = "else@where.example"
    file.write_text(json.dumps(data), encoding="utf-8")
    for command in (("show",), ("approve", "--by", "ann"), ("send", "--yes")):
        said = pastdue("plan", command[0], file, *command[1:], *(() if command[0] == "show" else ("--state", live)))
        assert said.code == 1
        assert "its hash is another one" in said.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("exclude", "INV-99"), "holds no account and no invoice INV-99"),
        (("approve", "--by", "nobody"), "there is no person 'nobody'"),
        (("send",), "nobody approved the plan"),
    ],
)
def test_what_is_refused(file: Path, planned: Path, words: tuple[str, ...], problem: str) -> None:
    said = pastdue("plan", words[0], file, *words[1:], "--state", planned / "state")
    assert (said.code, said.out) == (1, "")
    assert problem in said.err


def test_a_night_that_has_not_come_or_is_over(planned: Path, tmp_path: Path) -> None:
    live = planned / "state"
    file = tmp_path / "plan.json"
    made = pastdue("plan", "--as-of", "2026-03-09", "--out", file, "--exit-code", "--state", live)
    assert made.code == 3
    assert "7 nights before it may change" in made.err
    early = pastdue("plan", "send", file, "--yes", "--state", live)
    assert (early.code, "from the day before on" in early.err) == (1, True)
    over = pastdue("plan", "--as-of", "2026-03-01", "--state", live)
    assert (over.code, "2026-03-01 is over" in over.err) == (2, True)


def test_a_reviewed_run_waits_and_an_approved_plan_lets_it_go(state: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: reviewed\n")
    text = shipped()["machinery-manufacturer"].read_text(encoding="utf-8")
    (folder / "policies").mkdir()
    (folder / "policies" / "reviewed.yaml").write_text(
        text.replace("policy: machinery-manufacturer", "policy: reviewed\nruns: reviewed"), encoding="utf-8"
    )
    assert pastdue("config", "apply", folder, "--yes", "--state", state).code == 0
    assert pastdue("go-live", "acme", "--at-once", "--yes", "--state", state).code == 0
    play(state)
    assert mails(state) == []  # it waits for a person
    file = tmp_path / "plan.json"
    assert pastdue("plan", "--out", file, "--state", state).code == 0  # on the eve, for the next night
    (entry,) = [one for one in content(file)["accounts"] if one["messages"]]
    assert (content(file)["as_of"], entry["messages"][0]["template"]) == ("2026-03-03", "friendly")
    refused = send(file, state, "--yes")
    assert (refused.code, refused.data["accounts"][0]["reason"]) == (1, "nobody approved the plan")
    approve(file, state)
    assert send(file, state).data["counts"] == {"sent": 1}
    play(state, "2026-03-03")
    assert mails(state) == ["ap@cole.example"]


def test_an_empty_night(made_state: Path, tmp_path: Path) -> None:
    said = pastdue("plan", "--exit-code", "--state", made_state)
    assert said.code == 0
    assert "nothing is to be done" in said.out
    assert "acme is not live" in said.err
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    for path, problem in ((other, "is no plan"), (tmp_path / "none.json", "there is no file")):
        shown = pastdue("plan", "show", path)
        assert (shown.code, problem in shown.err) == (1, True)


def test_people_read_who_gets_what(file: Path) -> None:
    said = pastdue("plan", "show", file)
    assert said.code == 0
    assert "Cole & Sons  friendly, level 1  ap@cole.example" in " ".join(said.out.split("\n")[1].split("   "))
    assert "1 message (level 1: 1; €1,200.00), 1 task," in said.out
    assert "next: pastdue plan approve" in said.err
