"""`pastdue inbox`: a file is dropped, looked at, let in or not; `doctor` tells how old each source's data are."""

from pathlib import Path

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


def test_a_file_is_dropped_and_taken(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    assert "books of acme: no data yet, at most 36 are fresh" in pastdue("doctor", "--state", where).out
    said = pastdue(
        "inbox", "put", a_table(tmp_path / "a.csv", 1, 2, 3), "--source", "books", "--json", "--state", where
    )
    assert said.code == 0, said.err
    assert [(file["state"], file["counts"]["opened"]) for file in said.data["files"]] == [("taken", 3)]
    assert "books of acme: data are 0 hours old" in pastdue("doctor", "--state", where).out
    listed = pastdue("inbox", "list", "--json", "--state", where).data["files"]
    assert [file["key"] for file in listed] == ["inbox/acme/books/a.csv"]
    assert pastdue("inbox", "list", "--waiting", "--state", where).out.strip() == "no files"


def test_a_held_file_is_let_in_or_not(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    for path in (a_table(tmp_path / "a.csv", 1, 2, 3), a_table(tmp_path / "b.csv", 1), a_table(tmp_path / "c.csv", 2)):
        pastdue("inbox", "put", path, "--source", "books", "--state", where)
    listed = pastdue("inbox", "list", "--waiting", "--json", "--state", where).data["files"]
    ids = {Path(file["key"]).name: file["id"] for file in listed}
    assert {file["said"] for file in listed} == {"would close 2 of 3 invoices (> 20 %)"}
    assert "b.csv of books waits for a person" in pastdue("doctor", "--state", where).out
    said = pastdue("inbox", "refuse", ids["b.csv"], "--by", "ann", "--json", "--state", where)
    assert [(file["state"], file["by"]) for file in said.data["files"]] == [("refused", "ann")]
    said = pastdue("inbox", "confirm", ids["c.csv"][:8], "--by", "ann", "--json", "--state", where)
    assert [(file["state"], file["counts"]["closed"]) for file in said.data["files"]] == [("taken", 2)]
    again = pastdue("inbox", "confirm", ids["c.csv"], "--by", "ann", "--state", where)
    assert (again.code, "does not wait for anybody" in again.err) == (1, True)


def test_what_is_wrong_with_a_file_is_shown(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text(HEAD + "C1,F-1,2026-01-24,2026-02-30,1200.50,EUR\n")
    said = pastdue("inbox", "put", bad, "--source", "books", "--json", "--state", where)
    (file,) = said.data["files"]
    assert (file["state"], file["code"]) == ("refused", "BAD_DATE")
    shown = pastdue("inbox", "show", file["id"], "--json", "--state", where).data
    assert [(each["line"], each["code"]) for each in shown["findings"] if each["severity"] == "error"] == [
        (2, "BAD_DATE")
    ]
    assert "'2026-02-30': there is no such day" in pastdue("inbox", "show", file["id"], "--state", where).out
    assert "bad.csv was not taken, BAD_DATE" in pastdue("doctor", "--state", where).out


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    where = a_state(tmp_path)
    path = a_table(tmp_path / "a.csv", 1)
    for arguments, said in (
        (("put", path, "--source", "bank"), "there is no source 'bank'; sources: books"),
        (("put", tmp_path / "none.csv", "--source", "books"), "there is no file"),
        (("show", "abc"), "there is no file abc"),
        (("confirm", "abc", "--by", "zoe"), "there is no person 'zoe'"),
    ):
        answer = pastdue("inbox", *arguments, "--state", where)
        assert (answer.code, said in answer.err) == (1, True), answer.err
