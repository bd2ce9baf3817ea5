"""`tasks letter`: the words of a letter, and the PDF that a person prints."""

from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

from functions.send_notices.attempt import Outcome
from functions.send_notices.posted import post_letter
from local.cli.target import target
from local.cli.task_ways import WAYS
from tests.local.cli import ENTITY, pastdue, write_config

POLICY = """\
policy: by-post
version: 1
send_days: all
steps:
  - { id: b, offset_days: 7, level: 1, template: reminder, channel: letter, audience: { customer: [ap_contact] } }
"""


def test_a_letter_is_written_as_pdf_to_be_printed(live: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: by-post\n")
    (folder / "policies").mkdir()
    (folder / "policies" / "by-post.yaml").write_text(POLICY)
    assert pastdue("config", "apply", folder, "--yes", "--state", live).code == 0
    assert pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live).code == 0
    tasks = pastdue("tasks", "--json", "--state", live).data["tasks"]
    task = next(task["id"] for task in tasks if task["kind"] == "post-letter")
    out = tmp_path / "letter.pdf"
    said = pastdue("tasks", "letter", task, "--out", out, "--state", live)
    assert said.out == f"written: {out}\n"
    read = PdfReader(BytesIO(out.read_bytes())).pages[0].extract_text()
    assert "INV-1" in read
    assert "Cole & Sons" in read
    words = pastdue("tasks", "letter", task, "--state", live)
    assert ("INV-1" in words.out, "no postal address of Cole & Sons" in words.err) == (True, True)


def test_a_letter_to_post_is_no_call(live: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: by-post\n")
    (folder / "policies").mkdir()
    (folder / "policies" / "by-post.yaml").write_text(POLICY)
    pastdue("config", "apply", folder, "--yes", "--state", live)
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    tasks = pastdue("tasks", "--json", "--state", live).data["tasks"]
    task = next(task for task in tasks if task["kind"] == "post-letter")
    assert "a letter that somebody is to post: pastdue tasks" in pastdue("why", "INV-1", "--state", live).out
    assert task["note"] not in pastdue("tasks", "--state", live).out  # a notice's id tells a person nothing
    said = pastdue("tasks", "show", task["id"], "--state", live)
    assert "call" not in said.out
    for fact in ("what to do: print the letter, post it", "customer: Cole & Sons (C1)", "invoices: I1"):
        assert fact in said.out
    assert f"next: pastdue tasks letter {task['id']} --out letter.pdf" in said.err
    with target(live, None) as found:
        assert post_letter(task["note"], found.now) is Outcome.ACCEPTED  # whoever said so stopped before the task
    assert [pastdue("tasks", "done", task["id"], "--state", live).code for _ in range(2)] == [0, 1]


def test_what_to_do_about_a_task_is_said_of_kinds_that_the_docs_know() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert [kind for kind in WAYS if f"| `{kind}` |" not in page] == []
