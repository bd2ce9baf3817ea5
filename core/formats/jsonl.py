"""Reads the native ledger, one JSON object a line, without ever holding more than a line of it."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from core.formats import diagnose, strict_json
from core.formats.errors import Code, InputError, clip, did_you_mean, listing, quote
from core.formats.records import RECORD, AnyRecord, type_of
from core.values import dataclass

LONGEST_LINE: Final = 1_000_000  # bytes
_BOM: Final = b"\xef\xbb\xbf"
_SIGNATURES: Final = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet (XLSX)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"<": "HTML or XML",
}
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Row:
    """One record, and where it stood."""

    line: int
    record: AnyRecord


def read_jsonl(stream: BinaryIO, file: str) -> Iterator[Row | InputError]:
    """The records of a ledger: for each line that is not blank exactly one row or one error.

    Args: `file` names the stream in errors. A file that is no text at all, or one document instead of a record a line,
    gives one error and ends.
    """
    number, begun = 0, False
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            foreign = foreign_file(raw, file)
            if foreign is not None:
                yield foreign
                return
            raw = raw.removeprefix(_BOM)
        if len(raw) > LONGEST_LINE:
            _skip_line(stream, raw)
            yield InputError(Code.LINE_TOO_LONG, file, number, f"longer than {LONGEST_LINE:,} bytes")
            continue
        line = raw.strip(b" \t\r\n")
        if not line:
            continue
        spread = None if begun else one_document(raw, file, number)
        begun = True
        if spread is not None:
            yield spread
            return
        yield parse_line(line, file, number)


def foreign_file(first: bytes, file: str) -> InputError | None:
    """The error for a file that is something else altogether, told by its first bytes; None when it may be text."""
    if first.startswith(_WIDE):
        return InputError(Code.ENCODING, file, 1, "the file is UTF-16", hint="save it as UTF-8")
    for signature, what in _SIGNATURES.items():
        if first.lstrip().startswith(signature):
            return InputError(
                Code.NOT_JSON, file, 1, f"the file looks like {what}", hint="give the JSON lines themselves"
            )
    return None


def one_document(first: bytes, file: str, number: int = 1) -> InputError | None:
    """The error for JSON that is written over several lines, told by how it begins; None when it may be JSON lines.

    Args: `first` bytes, one line or more.
    """
    text = first.removeprefix(_BOM).lstrip()
    line, ended, _ = text.partition(b"\n")
    if text.startswith(b"[") and text[1:].lstrip()[:1] in (b"", b"{", b"["):
        found, way = "one JSON array", "jq -c '.[]'"
    elif text.startswith(b"{") and ended and _is_cut(line.strip().decode("utf-8", "replace")):
        found, way = "an object that goes on over several lines", "jq -c ."
    else:
        return None
    problem, hint = f"the file is JSON, and not a record a line: {found}", f"write it as JSON lines, such as with {way}"
    line_no = number + first[: len(first) - len(text)].count(b"\n")
    return InputError(
        Code.NOT_JSON, file, line_no, problem, column=1, found=found, allowed="one JSON object a line", hint=hint
    )


def _is_cut(line: str) -> bool:
    """True for the beginning of an object whose end is somewhere below."""
    try:
        json.loads(line)
    except json.JSONDecodeError as wrong:
        return wrong.pos >= len(line)
    except (RecursionError, ValueError):
        pass
    return False


def _skip_line(stream: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(LONGEST_LINE)


def parse_line(line: bytes, file: str, number: int) -> Row | InputError:
    """One record, or the first thing that is wrong with the line."""
    try:
        record = RECORD.validate_json(line)
    except ValidationError as failure:
        return _explain(line, file, number, failure)
    # Every pair has a colon. When there are as many colons as keys, no key came twice and nothing need be read again.
    if line.count(b":") != len(record.model_fields_set):
        twice = _load(line.decode(), file, number)
        if isinstance(twice, InputError):
            return twice
    return Row(number, record)


def _explain(line: bytes, file: str, number: int, failure: ValidationError) -> InputError:
    try:
        text = line.decode()
    except UnicodeDecodeError as wrong:
        return InputError(
            Code.ENCODING, file, number, f"byte {wrong.start + 1} of the line is not UTF-8",
            column=wrong.start + 1, hint="save the file as UTF-8",
        )  # fmt: skip
    raw = _load(text, file, number)
    if isinstance(raw, InputError):
        return raw
    if not isinstance(raw, dict):
        return InputError(
            Code.NOT_JSON, file, number, f"expected an object, got {quote(raw)}", column=1, found=clip(raw)
        )
    kind = raw.get("t")
    if not isinstance(kind, str) or kind not in type_of:
        return _unknown_type(kind, file, number, text)
    if failure.errors()[0]["type"] == "json_invalid":  # one reader of JSON is stricter than the other: a lone surrogate
        return InputError(Code.NOT_JSON, file, number, failure.errors()[0]["msg"], column=1)
    first = next(diagnose.findings(failure, raw, type_of[kind]))
    return InputError(
        first.code, file, number, first.problem, column=_column(text, first), field=first.field, found=first.found,
        allowed=first.allowed, hint=first.hint,
    )  # fmt: skip


def _unknown_type(kind: Any, file: str, number: int, text: str) -> InputError:
    if kind is None:
        return InputError(Code.MISSING_FIELD, file, number, "required, and missing", column=1, field="t")
    hint = did_you_mean(kind, type_of) if isinstance(kind, str) else None
    place = re.search(r'"t"\s*:\s*', text)
    return InputError(
        Code.UNKNOWN_TYPE, file, number, f"{quote(kind)} is not a type of record", field="t", found=clip(kind),
        column=place.end() + 1 if place else 1, allowed=listing(type_of), hint=hint,
    )  # fmt: skip


def _load(text: str, file: str, number: int) -> Any | InputError:
    """The line as plain values, or why it is no JSON that we take."""
    try:
        return strict_json.loads(text)
    except strict_json.TwiceError as twice:
        column = [
            found.start() + 1 for found in re.finditer(re.escape(json.dumps(twice.key, ensure_ascii=False)), text)
        ]
        return InputError(
            Code.DUPLICATE_FIELD, file, number, f"the key '{clip(twice.key)}' comes twice", field=clip(twice.key),
            column=column[-1] if column else None,
        )  # fmt: skip
    except strict_json.NoNumberError as wrong:
        return InputError(
            Code.NOT_JSON,
            file,
            number,
            f"{wrong} is not a JSON number",
            found=str(wrong),
            column=text.find(str(wrong)) + 1,
        )
    except json.JSONDecodeError as wrong:
        return InputError(
            Code.NOT_JSON, file, number, f"not JSON: {wrong.msg}", column=wrong.pos + 1, found=clip(text[wrong.pos :])
        )
    except (RecursionError, ValueError):
        return InputError(Code.NOT_JSON, file, number, "nested too deeply, or a number too long", column=1)


def _column(text: str, finding: diagnose.Finding) -> int | None:
    """Where the value of the field begins; the key itself where that is what is wrong."""
    names = [part for part in finding.path if isinstance(part, str)]
    if not names or finding.code is Code.MISSING_FIELD:
        return 1
    place = re.search(re.escape(json.dumps(names[-1], ensure_ascii=False)) + r"\s*:\s*", text)
    if place is None:
        return None
    return 1 + (place.start() if finding.code is Code.UNKNOWN_FIELD else place.end())
