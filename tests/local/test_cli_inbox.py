"""`pastdue inbox`: a file is dropped, looked at, let in or not; `doctor` tells how old each source's data are."""

from pathlib import Path
from typing import Any

from tests.local.cli import pastdue, write_config

SOURCE = """\
id: books
entity: acme
kind: ledger
snapshot: full
mapping:
  mapping: books
  customer: { id: Customer }
  invoice: { number: Number, issued: Issued, due: Due, total: Amount, currency: Currency }
"""
HEAD = "Customer,Number,Issued,Due,Amount,Currency\n"


def a_table(path: Path, *numbers: int) -> Path:
    path.write_text(HEAD + "".join(f"C{n},F-{n},2026-01-24,2026-02-23,1200.50,EUR\n" for n in numbers))
    return path


def a_state(tmp_path: Path) -> Path:
    folder = write_config(tmp_path / "config")
    (folder / "sources").mkdir()
    (folder / "sources" / "books.yaml").write_text(SOURCE)
    assert pastdue("config", "apply", folder, "--yes", "--state", tmp_path / "state").code == 0
    return tmp_path / "state"


def put(where: Path, path: Path) -> Any:
    """The file as it is after it was dropped."""
    said = pastdue("inbox", "put", path, "--source", "books", "--json", "--state", where)
    (file,) = said.data["files"]
    assert said.code == (file["state"] == "refused"), said.err
    return file


def test_files_are_dropped_looked_at_and_decided_about(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    (new,) = [one for one in pastdue("doctor", "--json", "--state", where).data["findings"] if one["area"] == "sources"]
    assert "no file of it was taken yet" in new["found"]
    assert new["try_next"].startswith("pastdue inbox put FILE --source books")
    taken = put(where, a_table(tmp_path / "a.csv", 1, 2, 3))
    assert (taken["state"], taken["counts"]["opened"], taken["key"]) == ("taken", 3, "inbox/acme/books/a.csv")
    one, other = put(where, a_table(tmp_path / "b.csv", 1)), put(where, a_table(tmp_path / "c.csv", 2))
    assert {one["said"], other["said"]} == {"would close 2 of 3 invoices (> 20 %)"}
    told = pastdue("doctor", "--state", where).out
    assert "books of acme: data are 0 hours old, at most 36 hours are fresh" in told
    assert "b.csv of books waits for a person" in told
    said = pastdue("inbox", "refuse", one["id"], "--by", "ann", "--json", "--state", where)
    assert [(file["state"], file["by"]) for file in said.data["files"]] == [("refused", "ann")]
    said = pastdue("inbox", "confirm", other["id"][:8], "--by", "ann", "--json", "--state", where)
    assert [(file["state"], file["counts"]["closed"]) for file in said.data["files"]] == [("taken", 2)]
    assert pastdue("inbox", "list", "--waiting", "--state", where).out.strip() == "no files"


def test_what_is_wrong_with_a_file_or_a_command_is_said(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text(HEAD + "C1,F-1,2026-01-24,2026-02-30,1200.50,EUR\n")
    file = put(where, bad)
    assert (file["state"], file["code"]) == ("refused", "BAD_DATE")
    shown = pastdue("inbox", "show", file["id"], "--json", "--state", where).data
    errors = [(each["line"], each["problem"]) for each in shown["findings"] if each["severity"] == "error"]
    assert errors == [(2, "'2026-02-30': there is no such day")]
    in_words = pastdue("inbox", "show", file["id"], "--state", where).out
    assert "line 2  BAD_DATE  Due: '2026-02-30': there is no such day" in in_words
    again = pastdue("inbox", "confirm", file["id"], "--by", "ann", "--state", where)
    assert (again.code, "does not wait for anybody" in again.err) == (1, True)
    for arguments, said in (
        (("put", a_table(tmp_path / "a.csv", 1), "--source", "bank"), "there is no source 'bank'; sources: books"),
        (("confirm", "abc", "--by", "zoe"), "there is no person 'zoe'"),
    ):
        answer = pastdue("inbox", *arguments, "--state", where)
        assert (answer.code, said in answer.err) == (1, True), answer.err
