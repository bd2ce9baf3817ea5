"""`run`, `outbox`, `tasks`: a night on the local engine, once."""

from pathlib import Path
from typing import Any

import pytest

from local import state_parameters
from local.engine import Engine
from local.engine.state import StateFolder
from tests.local.cli import LEDGER, pastdue, write_ledger


def nights(state: Path, *arguments: str) -> Any:
    said = pastdue("run", *arguments, "--json", "--state", state)
    assert said.code == 0, said.err
    return said.data["nights"]


def readers(night: Any) -> list[str]:
    return sorted(address for mail in night["sent"] for address in mail["to"])


def test_a_night_sends_once(live: Path) -> None:
    (first,) = nights(live, "--as-of", "2026-03-02")
    assert readers(first) == ["ann@acme.example", "ap@cole.example"]  # the reminder at +7, and who is told of it
    (again,) = nights(live, "--as-of", "2026-03-02")
    assert readers(again) == []


def test_after_skipped_nights_an_account_gets_one_message(live: Path) -> None:
    (night,) = nights(live, "--as-of", "2026-03-10")  # I1 is at +15: the warning; the reminder will never go out
    assert readers(night).count("ap@cole.example") == 1
    assert "INV-1" in next(mail["subject"] for mail in night["sent"] if mail["to"] == ["ap@cole.example"])


def test_many_nights_are_as_one_after_the_other(live: Path) -> None:
    played = nights(live, "--from", "2026-03-02", "--to", "2026-03-10")
    assert [night["date"] for night in played if "ap@cole.example" in readers(night)] == ["2026-03-02", "2026-03-09"]
    last = pastdue("run", "--from", "2026-03-09", "--to", "2026-03-10", "--json", "--state", live)
    assert [night["sent"] for night in last.data["nights"]] == [[], []]
    assert "was played before" in last.err


def test_a_payment_in_time_keeps_the_message_back(live: Path, tmp_path: Path) -> None:
    paid = {"t": "payment", "id": "P9", "customer": "C1", "invoice": "I1", "date": "2026-03-01", "currency": "EUR",
            "amount": 120_000}  # fmt: skip
    news = write_ledger(tmp_path / "news.jsonl", [*LEDGER[1:4], paid])
    assert pastdue("import", news, "--json", "--state", live).data["stored"]["closed"] == 1
    (night,) = nights(live, "--as-of", "2026-03-02")
    assert "ap@cole.example" not in readers(night)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--as-of", "2026-03-02", "--to", "2026-03-03"),
        ("--from", "2026-03-03", "--to", "2026-03-02"),
        ("--as-of", "soon"),
    ],
)
def test_a_wrong_call_is_a_usage_error(state: Path, arguments: tuple[str, ...]) -> None:
    said = pastdue("run", *arguments, "--state", state)
    assert said.code == 2
    assert ("no day; write it as YYYY-MM-DD" in " ".join(said.err.split())) == ("soon" in arguments)


def test_the_clock_does_not_go_back(live: Path) -> None:
    nights(live, "--as-of", "2026-03-02")
    said = pastdue("run", "--as-of", "2026-02-01", "--state", live)
    assert said.code == 1
    assert "does not go back" in said.err
    assert "next: pastdue import FILE --as-of 2026-02-01" in said.err


def test_no_state_is_no_traceback(tmp_path: Path) -> None:
    for command in (("run", "--as-of", "2026-03-02"), ("tasks",), ("outbox",), ("why", "INV-1"), ("doctor",)):
        said = pastdue(*command, "--json", "--state", tmp_path / "none")
        assert said.code == 1
        assert said.data["error"]["next"].startswith("pastdue config apply")
    assert not (tmp_path / "none").exists()


def test_the_outbox_shows_and_writes_mails(live: Path, tmp_path: Path) -> None:
    nights(live, "--as-of", "2026-03-02")
    listed = pastdue("outbox", "--json", "--to", "cole", "--state", live).data["mails"]
    assert [mail["to"] for mail in listed] == [["ap@cole.example"]]
    shown = pastdue("outbox", "show", str(listed[0]["number"]), "--state", live)
    assert "To: ap@cole.example" in shown.out
    assert "INV-1" in shown.out
    assert pastdue("outbox", "show", "99", "--state", live).code == 1
    assert pastdue("outbox", "write", tmp_path / "mails", "--state", live).code == 0
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 2
    assert (tmp_path / "mails" / "index.html").exists()


def test_tasks_are_listed_and_done(live: Path) -> None:
    nights(live, "--as-of", "2026-03-02")  # INV-3 is at +32: somebody has to phone
    (task,) = pastdue("tasks", "--json", "--owner", "ann", "--state", live).data["tasks"]
    assert (task["kind"], task["customer"], task["items"]) == ("phone-call", "C2", ["I3"])
    assert "Dunn Ltd" in pastdue("tasks", "--state", live).out
    assert pastdue("tasks", "done", task["id"][:3], "--state", live).code == 1  # too few to name a task
    said = pastdue("tasks", "approve", task["id"][:6], "--by", "ann", "--state", live)
    assert f"task {task['id']} (phone-call) asks for no decision" in said.err
    assert pastdue("tasks", "done", task["id"][:6], "--note", "promised", "--state", live).code == 0
    assert pastdue("tasks", "--json", "--state", live).data["tasks"] == []
    assert pastdue("tasks", "done", task["id"], "--state", live).code == 1
    assert pastdue("tasks", "done", "T-none", "--state", live).code == 1
    assert pastdue("tasks", "--owner", "bob", "--state", live).code == 1


def test_a_task_shows_whom_to_call_and_why(live: Path) -> None:
    nights(live, "--as-of", "2026-03-02")
    (task,) = pastdue("tasks", "--json", "--owner", "ann", "--state", live).data["tasks"]
    said = pastdue("tasks", "show", task["id"], "--state", live)
    for fact in ("Please call Dunn Ltd, customer number C2", "INV-3", "32 days overdue", f"tasks done {task['id']}"):
        assert fact in " ".join(said.out.split())
    assert pastdue("tasks", "show", task["id"], "--json", "--state", live).data["task"]["kind"] == "phone-call"
    assert "there is no task T-none" in pastdue("tasks", "show", "T-none", "--state", live).err


def test_a_message_is_corrected(live: Path) -> None:
    nights(live, "--as-of", "2026-03-02")
    (mail,) = pastdue("outbox", "--json", "--to", "cole", "--state", live).data["mails"]
    shown = pastdue("outbox", "show", str(mail["number"]), "--state", live).out
    notice = next(line.split()[-1] for line in shown.splitlines() if "X-Pastdue-Notice" in line)
    assert pastdue("correct", notice, "--why", "overtaken", "--state", live).code == 0
    assert "there is no message N0" in pastdue("correct", "N0", "--state", live).err
    assert pastdue("correct", notice, "--why", "bad", "--state", live).code == 2


def test_output_without_a_terminal_has_no_colour(live: Path) -> None:
    said = pastdue("doctor", "--state", live)
    assert "queue" in said.out
    assert "\x1b[" not in said.out + said.err


def test_what_fails_is_told_and_the_rest_is_sent(live: Path) -> None:
    with Engine(state_dir=live, parameters=state_parameters.read(live)) as engine:
        url = engine.stack.queues["NoticesQueue"].physical_resource_id
        engine.client("sqs").send_message(QueueUrl=url, MessageBody="not ours")
    said = pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live)
    assert said.code == 5
    assert len(said.data["nights"][0]["sent"]) == 2
    assert {"where": "NoticesQueue", "what": "given back to the queue", "count": 5} in said.data["failures"]
    assert "NoticesDeadLetters: 1 given up" in pastdue("doctor", "--state", live).out


def test_an_interruption_keeps_the_state_as_it_was(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    before = (live / "engine.jsonl").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "run_until", interrupted)
        assert pastdue("run", "--as-of", "2026-03-02", "--state", live).code == 130
    assert (live / "engine.jsonl").read_bytes() == before


def test_a_state_that_cannot_be_read(live: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for where in (live, tmp_path / "file"):
        if where is live:
            (live / "engine.jsonl").write_text('{"t": "engine", "format": 1, "now', encoding="utf-8")
        said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--state", where)
        assert said.code == 1
        assert "cannot be read" in said.err


def test_looking_writes_nothing(live: Path) -> None:
    before = (live / "engine.jsonl").stat().st_mtime_ns
    for command in (("tasks",), ("outbox",), ("why", "INV-1"), ("doctor",)):
        assert pastdue(*command, "--state", live).code == 0
    assert (live / "engine.jsonl").stat().st_mtime_ns == before


def test_two_at_a_time_are_one_too_many(live: Path) -> None:
    with StateFolder(live).locked():
        said = pastdue("tasks", "--state", live)
    assert (said.code, "in use by another process" in said.err) == (1, True)
