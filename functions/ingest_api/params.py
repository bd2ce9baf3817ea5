"""What stands in a path, a query or a header, and what may be said there."""

from typing import Annotated, Final
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BeforeValidator

from functions.ingest_api.accounts import MOST_A_PAGE

_ID: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"


def _segment(text: str) -> str:
    """A part of the path as it was meant; what is no UTF-8 is unknown as any other."""
    return unquote(text, errors="strict")


def _id(what: str) -> object:
    return Path(max_length=128, pattern=_ID, description=what)


Entity = Annotated[str, BeforeValidator(_segment), _id("legal entity")]
CustomerId = Annotated[str, BeforeValidator(_segment), _id("the customer's id in the ledger")]
ContactId = Annotated[str, BeforeValidator(_segment), _id("the contact's id")]
InvoiceId = Annotated[str, BeforeValidator(_segment), _id("the invoice's id, which may differ from its number")]
RecordId = Annotated[str, BeforeValidator(_segment), _id("its id in the ledger")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="the same for each attempt of one request, another one for every other; kept for 24 hours",
    ),
]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="the tag of the state that is to be replaced")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="*: only where there is none yet")]
Limit = Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="how many a page")]
Page = Annotated[
    str | None, Query(max_length=1000, pattern=r"^[A-Za-z0-9_-]+$", description="`next` of the page before")
]
