"""The parsers that are fuzzed, one line each: what is read, what a valid file is, how its entries are counted.

Whatever the bytes are, a parser answers with values or with errors, in time, and every entry of the file is taken,
refused or left out with a reason.
"""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from bench.bank_files import Booking, camt, mt940
from core.bank import BankStatement
from core.formats.any_table import propose_for
from core.formats.bank import BankLayout, read_statements
from core.formats.csv_ledger import read_csv
from core.formats.errors import Code, InputError, Severity
from core.formats.jsonl import read_jsonl
from core.formats.ledger_files import open_ledger
from core.formats.mapping import Mapping, load_mapping
from tests.workbooks import workbook


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: its answer is what it takes and what it says, in one list."""

    read: Callable[[bytes], Iterable[Any]]
    seeds: Callable[[], Sequence[bytes]]  # valid files, from which others are made
    there: Callable[[bytes, list[Any]], int | None] | None = (
        None  # entries of a file, counted bluntly; None: not counted
    )
    told: Callable[[list[Any]], int] = len  # entries of which the answer speaks

    def check(self, content: bytes) -> None:
        """Read, and hold the answer to what is promised of every parser."""
        answer = list(self.read(content))
        assert answer or not content.strip(b"\xef\xbb\xbf \t\r\n\x0b\x0c"), "nothing was said of a file"
        for one in answer:
            if isinstance(one, InputError):
                str(one)  # no message may fail
                assert len(str(one)) < 1_000
        if self.there is None or any(_whole_file(one) for one in answer):
            return
        there = self.there(content, answer)
        assert there is None or self.told(answer) == there, "entries were lost, or made up"


# after these nothing more of a file is read
_FATAL = frozenset(
    {
        *(Code.ENCODING, Code.UNKNOWN_FORMAT, Code.EMPTY_FILE, Code.NOT_XML, Code.XML_FORBIDDEN, Code.UNKNOWN_VERSION),
        *(Code.UNCLOSED_QUOTE, Code.CELL_TOO_LARGE, Code.NOT_CSV, Code.UNKNOWN_TYPE, Code.MISPLACED),
    }
)


def _whole_file(one: Any) -> bool:
    return isinstance(one, InputError) and one.severity is Severity.ERROR and (one.code in _FATAL or one.line == 0)


# ---------- bank files ----------

_DAY = date(2026, 1, 5)
_TOLD = (
    Booking(_DAY, 12_345, name="Müller & Söhne", text="RE 1001 RF18539007547034", reference="B1", end_to_end="E1"),
    Booking(_DAY, -500, name="Bank", text="Gebühr"),
    Booking(date(2026, 1, 6), 7, reference="B2"),
)
LAYOUT = BankLayout.model_validate(
    {
        "layout": "fuzz",
        "account": "A1",
        "currency": "EUR",
        "columns": {"booked": "Date", "amount": "Amount", "payer": "Name", "text": "Text"},
    }
)


def _bank(content: bytes) -> list[Any]:
    return list(read_statements(content, "f"))


def _bank_csv(content: bytes) -> list[Any]:
    return list(read_statements(content, "f", LAYOUT))


def _entries(answer: list[Any]) -> int:
    """Entries that were taken, were refused with their statement, or stood in a statement that came twice."""
    taken = sum(len({one.batch or one.key for one in s.entries}) for s in answer if isinstance(s, BankStatement))
    counted = (Code.NOT_TAKEN, Code.SEQUENCE_REPEAT, Code.FOOTER)
    return taken + sum(int(one.found or 0) for one in answer if isinstance(one, InputError) and one.code in counted)


def _mt940_seeds() -> list[bytes]:
    out, second = io.StringIO(newline=""), io.StringIO(newline="")
    mt940(out, _TOLD)
    mt940(second, _TOLD[:1], opening=111_852, number="2/1")
    report = ":20:R\n:25:PL1\n:28C:1/1\n:34F:PLN0,\n:13D:2601311815+0100\n:61:2601310131CN1,00NTRF\n:90C:1PLN1,00\n-\n"
    return [out.getvalue().encode(), (out.getvalue() + second.getvalue()).encode("cp1252"), report.encode()]


def _camt_seeds() -> list[bytes]:
    seeds = list[bytes]()
    for kind, version in (("053", "001.08"), ("052", "001.02"), ("054", "001.12")):
        out = io.StringIO()
        camt(out, _TOLD, kind=kind, version=version)
        seeds.append(out.getvalue().encode())
    return seeds


def _61_fields(content: bytes, _: list[Any]) -> int | None:
    if content.lstrip().startswith((b"<", b"01,")) or content.count(b"\n") + content.count(b"\r") < 2:
        return None  # read as something else, or as a text that lost its line breaks
    text = content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    return len(re.findall(r"(?m)^(?:\{4:\s*)?:61:", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)))


def _ntry_elements(content: bytes, _: list[Any]) -> int | None:
    bare = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not bare.startswith(b"<"):
        return None  # whatever it was read as
    root = ET.fromstring(bare)  # after a parser that forbids what is dangerous
    heads = [e for e in root.iter() if e.tag.rpartition("}")[2] in {"Stmt", "Rpt", "Ntfctn"}]
    return sum(1 for head in heads for child in head if child.tag.rpartition("}")[2] == "Ntry")


_BAI = b"""01,S,R,260106,0700,1,,,2/
02,R,S,1,260105,2400,USD,2/
03,123456,USD,010,10000,,,015,10500,,/
16,142,500,V,260106,,BK1,C1,ACME INVOICE 7/
88,AND 8
49,21000,4/
98,21000,1,6/
99,21000,1,8/
"""


def _records_16(content: bytes, _: list[Any]) -> int | None:
    if not content.lstrip().startswith(b"01,"):
        return None
    return sum(1 for line in content.replace(b"\r", b"\n").split(b"\n") if line.strip().startswith(b"16"))


_GERMAN_CSV = """Konto;DE02

Date;Amount;Name;Text
31.01.2026;1.234,50;Meier;RE 1
01.02.2026;-5,00;"Bank; AG";Gebühr
Summe;;;
"""
_PLAIN_CSV = "Date,Amount,Name,Text\r\n2026-01-31,1.50,a,b\r\n"


# ---------- ledgers ----------

_MAPPING = Mapping.model_validate(
    {
        "mapping": "fuzz",
        "customer": {"id": "Customer", "name": "Name", "email": "Mail"},
        "invoice": {"number": "No", "issued": "Issued", "due": "Due", "total": "Total", "open": "Open"},
        "constants": {"currency": "EUR"},
    }
)
_LEDGER_CSV = (
    b"Customer,Name,Mail,No,Issued,Due,Total,Open\nC1,Acme,ap@acme.example,N1,2026-01-01,2026-01-31,100.00,50.00\n"
    b'C2,"B, C",,N2,2026-01-01,2026-01-31,1.50,\nTotal,,,,,,101.50,\n'
)
_LEDGER_JSONL = (
    b'{"t":"customer","id":"C1","name":"Acme"}\n'
    b'{"t":"invoice","id":"I1","customer":"C1","number":"N1","issued":"2026-01-01","due":"2026-01-31",'
    b'"currency":"EUR","total":10000}\n'
)

_SHEET = [
    ["Customer", "Name", "Mail", "No", "Issued", "Due", "Total", "Open"],
    ["C1", "Acme", "ap@acme.example", 1001, date(2026, 1, 1), date(2026, 1, 31), 100.5, 50],
]


def _rows_below_heading(content: bytes, answer: list[Any]) -> int | None:
    """Rows of a table that say something, as the standard library counts them."""
    how = next((one for one in answer if isinstance(one, InputError) and one.code is Code.READ_AS), None)
    if how is None:
        return None
    encoding, _, delimiter = (
        how.problem.removeprefix("read as ").partition(", dates")[0].partition(", table")[0].partition(", delimiter ")
    )
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_SIGNS.get(delimiter, delimiter))
    rows, line = 0, 1
    for cells in reader:
        rows += line > how.line and any(cell.strip() for cell in cells)
        line = reader.line_num + 1
    return rows


_SIGNS = {"TAB": "\t"}


def _rows_told(answer: list[Any]) -> int:
    """Rows of which there is a record, an error, or why they are left out."""
    heading = next(one.line for one in answer if isinstance(one, InputError) and one.code is Code.READ_AS)
    return len({one.line for one in answer if one.line > heading})


def _lines_that_say_something(content: bytes, answer: list[Any]) -> int | None:
    lines = [line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip(b" \t\r\n")]
    whole_file = len(answer) == 1 and isinstance(answer[0], InputError) and answer[0].code in _NO_LINES
    return None if whole_file else len(lines)


_NO_LINES = (Code.NOT_JSON, Code.ENCODING)  # one answer for a file that is something else


def _any_ledger(content: bytes) -> list[Any]:
    """A file of no known kind: recognised, read to its end, and a mapping proposed for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.xlsx"
        path.write_bytes(content)
        proposal = propose_for(path)
        if not isinstance(proposal, InputError):
            load_mapping(proposal.text("f"))
        ledger = open_ledger(path, _MAPPING, "main")
        return [ledger] if isinstance(ledger, InputError) else list(ledger.rows())


def _ledger_csv(content: bytes) -> Iterable[Any]:
    return read_csv(lambda: io.BytesIO(content), "f", _MAPPING)


def _ledger_jsonl(content: bytes) -> Iterable[Any]:
    return read_jsonl(io.BytesIO(content), "f")


TARGETS: dict[str, Target] = {
    "mt940": Target(_bank, _mt940_seeds, _61_fields, _entries),
    "camt": Target(_bank, _camt_seeds, _ntry_elements, _entries),
    "bai2": Target(_bank, lambda: [_BAI], _records_16, _entries),
    "bank-csv": Target(_bank_csv, lambda: [_GERMAN_CSV.encode(), _PLAIN_CSV.encode()], _rows_below_heading, _entries),
    "ledger-csv": Target(_ledger_csv, lambda: [_LEDGER_CSV], _rows_below_heading, _rows_told),
    "ledger-any": Target(_any_ledger, lambda: [workbook({"A": _SHEET}), _LEDGER_CSV, _LEDGER_JSONL]),
    "ledger-jsonl": Target(_ledger_jsonl, lambda: [_LEDGER_JSONL], _lines_that_say_something),
}
