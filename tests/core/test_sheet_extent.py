"""A spreadsheet whose last cell lies far outside its table is refused before its reader makes room for all between."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from core.formats.errors import InputError
from core.formats.workbook import Sheet, open_sheet, sheets
from tests.workbooks import workbook

FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
TABLE = workbook({"Open": [["No", "Total"], ["1001", 5]]})


def with_parts(content: bytes, more: str, **parts: str) -> bytes:
    """The workbook with rows at the end of its first sheet, and parts beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as anew:
        for name in packed.namelist():
            text = packed.read(name).decode()
            anew.writestr(name, text.replace("</sheetData>", f"{more}</sheetData>") if "sheet1" in name else text)
        for name, text in parts.items():
            anew.writestr(name, text)
    return out.getvalue()


def read(path: Path, content: bytes) -> Sheet | InputError:
    (path / "l.xlsx").write_bytes(content)
    return open_sheet(path / "l.xlsx", "l.xlsx", None, None, frozenset({"no"}))


def test_a_word_in_the_last_corner(tmp_path: Path) -> None:
    """Two kilobytes; its reader would ask for half a terabyte, and take the whole process down."""
    found = read(tmp_path, with_parts(TABLE, FAR))
    assert isinstance(found, InputError)
    assert found.code == "FILE_TOO_LARGE"
    assert "XFD1048576" in found.problem
    every = sheets(tmp_path / "l.xlsx", "l.xlsx")
    assert isinstance(every, InputError)
    assert every.code == "FILE_TOO_LARGE"


@pytest.mark.parametrize(
    "more",
    [
        '<row r="1048576"><c r="XFD1048576" s="1"/></row>',  # a format without content takes no room
        '<row r="30000"><c r="B30000"><v>1</v></c></row>',
        '<row><c t="str"><v>a</v></c><c/><c><v>2</v></c></row>',  # what has no place comes next
    ],
)
def test_what_is_far_and_small_is_read(tmp_path: Path, more: str) -> None:
    assert isinstance(read(tmp_path, with_parts(TABLE, more)), Sheet)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('<x:row xmlns:x="urn:x" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>', "FILE_TOO_LARGE"),
        ('<row r="1048575"><c r="XFC1048575"/></row><row><c r="XFC1"/><c><v>1</v></c></row>' + FAR, "FILE_TOO_LARGE"),
        ("<row r='1048575'/><row><c r='XFC1048576'/><c><v>1</v></c></row>", "FILE_TOO_LARGE"),
        ('<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>', "FILE_TOO_LARGE"),
        ("<row><c><v>1</row>" + FAR, "NOT_CSV"),
        ('<row r="1"><c r="$A$1"><v>1</v></c></row>', "NOT_CSV"),
    ],
)
def test_however_it_is_written(tmp_path: Path, more: str, code: str) -> None:
    found = read(tmp_path, with_parts(TABLE, more))
    assert isinstance(found, InputError)
    assert found.code == code


@pytest.mark.parametrize("cut", range(1, 9))
def test_the_word_by_which_a_sheet_is_known_may_be_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """It is looked for block by block; and any part may be a sheet, whatever its name."""
    monkeypatch.setattr("core.formats.sheet_extent._BLOCK", len("<worksheet><") + cut)
    found = read(
        tmp_path, with_parts(TABLE, "", **{"xl/any.bin": f"<worksheet><sheetData>{FAR}</sheetData></worksheet>"})
    )
    assert isinstance(found, InputError)
    assert found.code == "FILE_TOO_LARGE"


def test_a_part_that_begins_again_and_again_is_looked_at_once(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(TABLE)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as anew:
        for name in packed.namelist():
            more = b"<!-- " + b"<workbookPr " * 80_000 + b" -->" if name == "xl/workbook.xml" else b""
            anew.writestr(name, packed.read(name) + more)
    began = time.process_time()
    assert isinstance(read(tmp_path, out.getvalue()), Sheet)
    assert time.process_time() - began < 1


def test_a_file_of_two_formats_is_read_as_neither(tmp_path: Path) -> None:
    found = read(tmp_path, with_parts(TABLE, "", **{"content.xml": "<x/>"}))
    assert isinstance(found, InputError)
    assert found.code == "NOT_CSV"
