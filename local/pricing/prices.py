"""Price files: YAML, dated, each price with its source; one ships for each region that is known."""

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from core.formats.errors import InputError
from core.formats.yaml_text import read_file, validate

_FOLDER: Final = Path(__file__).parent

_NotNegative = Annotated[float, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Strict):
    """`usd` for so many (`per`)."""

    usd: _NotNegative
    per: Annotated[float, Field(gt=0)] = 1
    source: Annotated[str, Field(min_length=1)]

    @cached_property
    def each(self) -> float:
        return self.usd / self.per


class Prices(_Strict):
    """One for everything that is counted; the key names the unit."""

    ses_recipients: Price
    ses_attachment_gb: Price
    dynamodb_write_units: Price
    dynamodb_read_units: Price
    dynamodb_storage_gb_months: Price
    dynamodb_recovery_gb_months: Price
    sqs_requests: Price
    lambda_requests: Price
    lambda_gb_seconds: Price
    s3_puts: Price
    s3_gets: Price
    s3_stored_gb_months: Price
    firehose_gb: Price
    schedule_invocations: Price
    logs_ingested_gb: Price
    logs_stored_gb_months: Price
    metric_months: Price
    alarm_months: Price
    dashboard_months: Price
    traces: Price
    key_months: Price
    key_requests: Price
    secret_months: Price

    def of(self, name: str) -> Price:
        """Raises: AttributeError for what has no price."""
        found: Price = getattr(self, name)
        return found


class Waits(_Strict):
    """Milliseconds that a function waits for one answer."""

    dynamodb: _NotNegative
    sqs: _NotNegative
    sesv2: _NotNegative
    s3: _NotNegative
    lambda_: Annotated[float, Field(ge=0, alias="lambda")]
    others: _NotNegative

    def of(self, service: str) -> float:
        found: float = getattr(self, "lambda_" if service == "lambda" else service, self.others)
        return found


class Estimates(_Strict):
    """What no local run can count."""

    cpu_factor: _NotNegative
    full_cpu_mb: Annotated[float, Field(gt=0)]
    milliseconds: Waits
    mails_per_second: Annotated[float, Field(gt=0)]
    start_seconds: _NotNegative
    starts_per_day: _NotNegative
    log_bytes_per_invocation: _NotNegative
    log_compression: Annotated[float, Field(ge=0, le=1)]
    idle_polls_per_queue_hour: _NotNegative
    event_compression: Annotated[float, Field(ge=0, le=1)]
    key_requests_per_day: _NotNegative
    traced: Annotated[float, Field(ge=0, le=1)]


class PriceList(_Strict):
    """A whole file."""

    region: Annotated[str, Field(min_length=1)]
    as_of: date
    prices: Prices
    estimates: Estimates


def shipped() -> dict[str, Path]:
    """The files that come with the program, by region."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def load(path: Path) -> PriceList | list[InputError]:
    """The list, or all that is wrong with the file, in its order."""
    document = read_file(path)
    return [document] if isinstance(document, InputError) else validate(document, PriceList)
