"""The kinds of value that ledger records are made of: days, amounts, codes, ids, texts."""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from core.formats import currencies, places
from core.minor_units import LARGEST_MINOR

EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2149, 12, 31)
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"
_NO_CONTROLS: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"  # line feed and tab are text
_KEY: Final = r"^[^\x00-\x20#\x7f-\x9f]([^\x00-\x1f#\x7f-\x9f]*[^\x00-\x20#\x7f-\x9f])?$"
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(found: Any) -> date:
    if type(found) is date:
        return _in_range(found)
    if not isinstance(found, str):
        raise PydanticCustomError("bad_date", "expected a date as text, YYYY-MM-DD")
    return _read_day(found)


@lru_cache(maxsize=4_096)  # a ledger names the same days again and again
def _read_day(found: str) -> date:
    if not _ISO_DATE.fullmatch(found):
        raise PydanticCustomError("bad_date", "expected a date as YYYY-MM-DD")
    try:
        day = date.fromisoformat(found)
    except ValueError:
        raise PydanticCustomError("bad_date", "there is no such day") from None
    return _in_range(day)


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise PydanticCustomError("bad_date", "expected a year from 1990 to 2149")
    return day


def _currency(code: str) -> str:
    if code not in currencies.current():
        raise PydanticCustomError("bad_currency", "is not a currency in use (ISO 4217)")
    return code


def _country(code: str) -> str:
    if not places.is_country(code):
        raise PydanticCustomError("bad_country", "is not a country (ISO 3166, two letters)")
    return code


def _language(tag: str) -> str:
    if not places.is_language(tag):
        raise PydanticCustomError("bad_language", "is not a language (BCP 47, such as de or pt-BR)")
    return tag


def _zone(name: str) -> str:
    if name not in places.zones():
        raise PydanticCustomError("bad_zone", "is not a time zone (IANA, such as Europe/Berlin)")
    return name


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
Minor = Annotated[int, Field(ge=1, le=LARGEST_MINOR)]
MinorOrNone = Annotated[int, Field(ge=0, le=LARGEST_MINOR)]
Currency = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}), AfterValidator(_currency)]
Country = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{2}$"}), AfterValidator(_country)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Rate = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$")]  # decimal text: exact
Key = Annotated[str, Field(max_length=128, pattern=_KEY)]  # part of a stored key, so no #
Id = Annotated[str, Field(max_length=128, pattern=_PRINTABLE)]
Name = Annotated[str, Field(max_length=300, pattern=_PRINTABLE)]
Note = Annotated[str, Field(max_length=2000, pattern=_NO_CONTROLS)]
WebAddress = Annotated[str, Field(max_length=500, pattern=r"^https://[^\x00-\x20\x7f-\x9f<>\"'\\]+$")]
Address = Annotated[str, Field(max_length=1000)]  # taken apart, and checked, when it is folded into contacts
