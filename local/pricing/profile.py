"""What a mail and a month cost by a night that was counted before: for a forecast without counts of one's own.

`python -m bench.cost` counts that night and writes the profile anew.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.pricing.bill import Bill, bill_of
from local.pricing.prices import PriceList
from local.pricing.quantities import DAYS, Quantities

PATH: Final = Path(__file__).with_name("profile.json")


@dataclass(frozen=True, slots=True)
class Profile:
    """Quantities of one mail with everything about it, and of a month that the stack stands."""

    counted_on: str
    mail: Quantities
    month: Quantities

    def mails(self, number: float, prices: PriceList) -> Bill:
        """The bill of so many mails."""
        return bill_of(self.mail, prices, times=number)

    def standing(self, prices: PriceList, days: float = DAYS) -> Bill:
        """The bill of so many days, whatever they bring."""
        return bill_of(self.month, prices, times=days / DAYS)


def read() -> Profile:
    """The profile that ships."""
    return Profile(**json.loads(PATH.read_text()))


def write(profile: Profile) -> None:
    rounded = {
        name: {what: round(quantity, 9) for what, quantity in sorted(part.items()) if quantity}
        for name, part in (("mail", profile.mail), ("month", profile.month))
    }
    PATH.write_text(json.dumps({"counted_on": profile.counted_on, **rounded}, indent=1) + "\n")
