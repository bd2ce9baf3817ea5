"""Which column of a CSV file feeds which field of the ledger: a small YAML file, written once for each source."""

from pathlib import Path
from typing import Annotated, Literal

from core.formats.errors import InputError
from core.frozen import Frozen, Limit, field

Column = str | Annotated[tuple[str, ...], Limit(min_length=1)]  # a heading, or headings to be tried in order


class CustomerColumns(Frozen):
    """The customer of a row; all rows of one id must agree."""

    id: Column
    name: Column | None = None  # None: the id stands for it
    email: Column | None = None
    lang: Column | None = None
    country: Column | None = None
    currency: Column | None = None


class InvoiceColumns(Frozen):
    """The invoice of a row."""

    number: Column
    id: Column | None = None  # None: the number, which then must be unique in the file
    issued: Column
    due: Column
    total: Column
    open: Column | None = None  # what is left of it; the rest was paid
    currency: Column | None = None  # None: the constant
    disputed: Column | None = None
    department: Column | None = None
    pay_url: Column | None = None  # https address where the invoice can be paid
    entity: Column | None = None


class PaymentColumns(Frozen):
    """How a row says that it was paid."""

    settled_on: Column  # the date of full payment; empty: not settled


class Constants(Frozen):
    """Values for what has no column."""

    currency: str | None = None
    country: str | None = None
    lang: str | None = None


class Mapping(Frozen):
    """How to read one kind of CSV file; what is not said is found out from the file where that is safe."""

    mapping: Annotated[str, Limit(min_length=1)]  # a name for it
    version: Literal[1] = 1
    encoding: str | None = None
    delimiter: Annotated[str, Limit(min_length=1, max_length=1)] | None = None
    sheet: str | None = None  # of a spreadsheet; None: the one that has the headings
    header_line: Annotated[int, Limit(ge=1)] | None = None  # None: the line among the first 30 that has the headings
    dates: Annotated[str, Limit(pattern=r"^[DMYy]{1,4}[^A-Za-z0-9]?[DMYy]{1,4}[^A-Za-z0-9]?[DMYy]{1,4}$")] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", ".", " ", "'"] | None = None
    minor_units: bool = False  # amounts are whole numbers of cents, as Stripe writes them
    only: dict[str, str | tuple[str, ...]] = field(default_factory=dict)  # heading -> what a row must say to be taken
    negative: Literal["refuse", "credit_note"] = "refuse"  # what a negative total means
    yes: tuple[str, ...] = ("yes", "y", "true", "t", "1", "x")  # of `disputed`, case ignored
    no: tuple[str, ...] = ("no", "n", "false", "f", "0", "")
    customer: CustomerColumns
    invoice: InvoiceColumns
    payment: PaymentColumns | None = None
    constants: Constants = Constants()


def load_mapping(source: Path | str) -> Mapping | list[InputError]:
    """A mapping from a YAML (or JSON) file or text, or all that is wrong with it."""
    from core.formats.yaml_text import read_file, read_yaml, validate  # functions carry no reader of YAML

    document = read_file(source) if isinstance(source, Path) else read_yaml(source, "mapping.yaml")
    return [document] if isinstance(document, InputError) else validate(document, Mapping)
