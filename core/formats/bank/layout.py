"""How one bank writes its CSV: a small YAML file, written once for each bank and account."""

from pathlib import Path
from typing import Annotated, Literal

from core.formats.errors import InputError
from core.frozen import Frozen, Limit, rule

Place = str | Annotated[int, Limit(ge=1)]  # a heading, or which column it is, from 1, in a file without headings
Column = Place | Annotated[tuple[str, ...], Limit(min_length=1)]  # or headings to be tried in order
Columns = Place | Annotated[tuple[Place, ...], Limit(min_length=1)]  # columns that are read one after the other


class BankColumns(Frozen):
    """Which column says what. The amount is one column with a sign, one beside a word for the way, or two columns."""

    booked: Column
    value: Column | None = None
    amount: Column | None = None
    credit: Column | None = None  # what came in, without a sign
    debit: Column | None = None  # what went out, without a sign
    way: Column | None = None  # a word that says whether the amount came in or went out
    balance: Column | None = None  # after the entry; proves that none is missing
    currency: Column | None = None
    account: Column | None = None
    payer: Column | None = None
    payer_account: Column | None = None
    text: Columns | None = None
    reference: Columns | None = None  # creditor reference, document number
    end_to_end: Column | None = None
    bank_reference: Column | None = None
    kind: Column | None = None

    @rule
    def _one_way_to_say_the_amount(self) -> None:
        if (self.amount is None) == (self.credit is None and self.debit is None):
            raise ValueError("name either `amount`, or `credit` and `debit`")
        if self.amount is None and (self.credit is None or self.debit is None):
            raise ValueError("`credit` and `debit` go together")
        if self.amount is None and self.way is not None:
            raise ValueError("`way` goes with `amount`")


class BankLayout(Frozen):
    """How to read one bank's CSV; what is not said is found out from the file where that is safe."""

    layout: Annotated[str, Limit(min_length=1)]  # a name for it
    version: Literal[1] = 1
    encoding: str | None = None
    delimiter: Annotated[str, Limit(min_length=1, max_length=1)] | None = None
    headings: bool = True  # False: the file has none, columns are numbers
    header_line: Annotated[int, Limit(ge=1)] | None = None  # None: the first line with the headings of the layout
    dates: Annotated[str, Limit(pattern=r"^[DMYy]{1,4}[^A-Za-z0-9]?[DMYy]{1,4}[^A-Za-z0-9]?[DMYy]{1,4}\.?$")] | None = (
        None
    )
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", ".", " ", "'"] | None = None
    account: str | None = None  # for a file that names none
    currency: str | None = None
    inverted: bool = False  # what came in is negative, as on a card's statement
    came_in: tuple[str, ...] = ("C", "CR", "CRDT", "CREDIT", "H", "HABEN", "I", "IN", "INFLOW", "BIJ")  # case ignored
    went_out: tuple[str, ...] = ("D", "DR", "DBIT", "DEBIT", "S", "SOLL", "O", "OUT", "OUTFLOW", "AF")
    pending: tuple[str, ...] = ("PENDING",)  # stands where the day of booking would, while there is none
    signs: tuple[str, ...] = ()  # written beside amounts, such as £
    goes_on: bool = False  # a row without a day and an amount goes on with the text of the row above it
    columns: BankColumns

    @rule
    def _account_and_currency_are_known(self) -> None:
        if self.account is None and self.columns.account is None:
            raise ValueError("say `account`, or name its column")
        if self.currency is None and self.columns.currency is None:
            raise ValueError("say `currency`, or name its column")


def load_layout(source: Path | str) -> BankLayout | list[InputError]:
    """A layout from a YAML (or JSON) file or text, or all that is wrong with it."""
    from core.formats.yaml_text import read_file, read_yaml, validate  # functions carry no reader of YAML

    document = read_file(source) if isinstance(source, Path) else read_yaml(source, "layout.yaml")
    return [document] if isinstance(document, InputError) else validate(document, BankLayout)
