"""`tasks letter`: the words of a letter, and the PDF that a person prints."""

from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

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
    assert "INV-1" in pastdue("tasks", "letter", task, "--state", live).out
