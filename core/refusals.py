"""Why a charge cannot be reckoned. It is refused by name, never guessed."""

from datetime import date


class ChargeRefusedError(Exception):
    """A charge that nobody may reckon; the message says what is missing."""


class NoRateError(ChargeRefusedError):
    """No rate covers a day on which interest would run."""

    def __init__(self, country: str, table: str, first_on: date, last_on: date) -> None:
        super().__init__(f"no rate for {country}: {table} has no row for {first_on} to {last_on}")
        self.country, self.table, self.first_on, self.last_on = country, table, first_on, last_on


class NoRuleError(ChargeRefusedError):
    """The law of a country, as far as it is written down here, grants this kind of customer's creditor nothing."""

    def __init__(self, country: str, kind: str, what: str) -> None:
        super().__init__(f"no {what} is known for {kind} customers under the law of {country}")
        self.country, self.kind, self.what = country, kind, what


class NoAmountError(ChargeRefusedError):
    """A fee has no amount in the currency of the invoice, and no rate to convert one."""

    def __init__(self, what: str, currency: str) -> None:
        super().__init__(f"{what} in {currency}")
        self.currency = currency
