"""How a reader says what is wrong with its input: a value with a code, a place and a next step, never an exception."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_CLIP: Final = 40  # characters of foreign text that are repeated
_SUGGESTED: Final = 12  # names listed as allowed; a longer list is cut
_ADDRESS: Final = re.compile(r"([^\s@<>;,\"']{1,2})[^\s@<>;,\"']*@")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Code(StrEnum):
    """What kind of mistake it is; stable, for programs."""

    # the file as a whole
    NO_FILE = "NO_FILE"
    EMPTY_FILE = "EMPTY_FILE"
    ENCODING = "ENCODING"
    NOT_CSV = "NOT_CSV"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    ARCHIVE_REFUSED = "ARCHIVE_REFUSED"  # packed, and not to be unpacked
    COUNT_MISMATCH = "COUNT_MISMATCH"  # the end record counts other than what was read
    NO_END = "NO_END"
    # the form of a line
    NOT_JSON = "NOT_JSON"
    DUPLICATE_FIELD = "DUPLICATE_FIELD"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    CELL_TOO_LARGE = "CELL_TOO_LARGE"
    RAGGED_ROW = "RAGGED_ROW"
    UNCLOSED_QUOTE = "UNCLOSED_QUOTE"
    DUPLICATE_COLUMN = "DUPLICATE_COLUMN"
    MISSING_COLUMN = "MISSING_COLUMN"
    AMBIGUOUS_SHEET = "AMBIGUOUS_SHEET"  # two sheets of a workbook may be meant
    IGNORED_COLUMN = "IGNORED_COLUMN"
    FOOTER = "FOOTER"
    LEFT_OUT = "LEFT_OUT"  # a row that the mapping does not ask for
    READ_AS = "READ_AS"  # which encoding and delimiter were found
    # a value
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_TYPE = "BAD_TYPE"
    BAD_VALUE = "BAD_VALUE"
    BAD_ENUM = "BAD_ENUM"
    BAD_DATE = "BAD_DATE"
    AMBIGUOUS_DATE = "AMBIGUOUS_DATE"
    BAD_AMOUNT = "BAD_AMOUNT"
    AMBIGUOUS_AMOUNT = "AMBIGUOUS_AMOUNT"
    TOO_MANY_DECIMALS = "TOO_MANY_DECIMALS"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    AMOUNT_RANGE = "AMOUNT_RANGE"
    BAD_CURRENCY = "BAD_CURRENCY"
    SCIENTIFIC_ID = "SCIENTIFIC_ID"
    BAD_EMAIL = "BAD_EMAIL"
    HEADER_INJECTION = "HEADER_INJECTION"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    TOO_LONG = "TOO_LONG"
    BAD_ZONE = "BAD_ZONE"
    # records together
    DUPLICATE_KEY = "DUPLICATE_KEY"
    NEAR_DUPLICATE = "NEAR_DUPLICATE"
    UNKNOWN_REF = "UNKNOWN_REF"
    CONFLICT = "CONFLICT"
    MISPLACED = "MISPLACED"
    TENANT_MISMATCH = "TENANT_MISMATCH"  # a file for one entity speaks of another
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    INCONSISTENT_AMOUNT = "INCONSISTENT_AMOUNT"
    DATE_ORDER = "DATE_ORDER"
    # bank files
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"  # no kind of file that is read here
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    NOT_XML = "NOT_XML"
    XML_FORBIDDEN = "XML_FORBIDDEN"  # a document type, an entity, or more depth than a message has
    CONTROL_TOTAL = "CONTROL_TOTAL"  # balances, sums or counts of the bank are other than what was read
    SEQUENCE_GAP = "SEQUENCE_GAP"  # a statement between two others is missing
    SEQUENCE_REPEAT = "SEQUENCE_REPEAT"  # it was told before
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    NOT_TAKEN = "NOT_TAKEN"  # what became of the rest of a statement with an error in it
    # configuration
    BAD_YAML = "BAD_YAML"
    POLICY_ORDER = "POLICY_ORDER"
    RULE = "RULE"  # fields that do not go together
    # a policy that is well formed, and cannot be meant
    UNREACHABLE = "UNREACHABLE"  # a step that can never happen
    JUMP = "JUMP"  # the first mail about an invoice may be a loud one
    GAP = "GAP"  # mails closer to each other than the policy allows
    WORDS = "WORDS"  # a message without words in a language that customers need
    ROLE = "ROLE"  # a role that nobody has
    ENDLESS = "ENDLESS"  # it never ends, or ends in nothing
    NO_LIMIT = "NO_LIMIT"  # a currency without a limit, or without a fee, while others have one
    NO_RATE = "NO_RATE"  # charged by the law of a country that is not known
    HARSH = "HARSH"  # something harsh without what must come before it
    IDLE = "IDLE"  # a key that changes nothing
    # own words
    TEMPLATE_SYNTAX = "TEMPLATE_SYNTAX"
    TEMPLATE_FORBIDDEN = "TEMPLATE_FORBIDDEN"  # what a template may not say
    TEMPLATE_FAILED = "TEMPLATE_FAILED"  # it does not come to an end with sample values, or comes to too much
    REQUIRED_BLOCK = "REQUIRED_BLOCK"  # what every message must say is not said


class Severity(StrEnum):
    """What a finding means for the import."""

    ERROR = "error"  # the record is not taken
    WARNING = "warning"  # taken, and someone should look
    NOTICE = "notice"  # taken; said for the record


@dataclass(frozen=True, slots=True)
class InputError:
    """One finding. As text it is `file:line:column  field  problem; hint`."""

    code: Code
    file: str
    line: int  # from 1; 0: the file as a whole
    problem: str
    column: int | None = None  # from 1
    field: str | None = None
    found: str | None = None  # clipped, mail addresses masked
    allowed: str | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}"
        if self.line and self.column:
            place += f":{self.column}"
        parts = [place, self.field, self.problem + (f"; {self.hint}" if self.hint else "")]
        return "  ".join(part for part in parts if part)


def clip(found: Any) -> str:
    """Foreign text fit for a message: one line, short, mail addresses masked, no character that moves the cursor."""
    if isinstance(found, str):
        text = found
    elif isinstance(found, int) and not isinstance(found, bool) and found.bit_length() > 256:
        return "a number of more than 70 digits"
    elif found is None or isinstance(found, bool):
        text = {None: "null", True: "true", False: "false"}[found]
    elif isinstance(found, dict | list | tuple):
        text = f"a list of {len(found)}" if not isinstance(found, dict) else "an object"
    else:
        text = str(found)
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _ADDRESS.sub(r"\1***@", text[: 4 * _CLIP]))
    return text if len(text) <= _CLIP else text[: _CLIP - 1] + "\N{HORIZONTAL ELLIPSIS}"


def quote(found: Any) -> str:
    """The value as a message shows it: text in quotes, anything else bare."""
    return f"'{clip(found)}'" if isinstance(found, str) else clip(found)


def did_you_mean(found: str, names: Iterable[str]) -> str | None:
    """The hint with the nearest name, or None when nothing is near."""
    from difflib import get_close_matches  # most input has no slip

    by_fold = {name.casefold(): name for name in names}
    near = get_close_matches(found[:_CLIP].casefold(), by_fold, n=1, cutoff=0.7)
    return f"did you mean '{by_fold[near[0]]}'?" if near else None


def listing(names: Iterable[str]) -> str:
    """Allowed names as a list for people, cut where it gets long."""
    all_names = list(names)
    more = len(all_names) - _SUGGESTED
    return ", ".join(all_names[:_SUGGESTED]) + (f" and {more} more" if more > 0 else "")
