"""What a mail costs on AWS, by counted requests and list prices: whole path, at three sizes of ledger.

`python -m bench.cost` writes the profile that `pastdue simulate` and `pastdue cost --mails` forecast by.
"""

from datetime import UTC, date, datetime, time
from typing import Final

from bench import company
from bench.figures import Figure, Measured
from bench.generate import AS_OF, Ledger
from bench.one_night import live
from local.counting import Counts, Plant
from local.counting.kept import idle
from local.engine import Engine
from local.pricing import PriceList, bill_of, fixed, load, of_counts, profile, shipped
from local.pricing.bill import slope
from local.pricing.profile import Profile
from local.pricing.quantities import Quantities

REGION: Final = "us-east-1"
_LEDGERS: Final = (10_000, 1_000_000, 100_000_000)  # open items, of which one in a hundred is due
_DUE: Final = 100
_START: Final = datetime.combine(AS_OF, time(), UTC)
_MILLION: Final = 1_000_000
_WARM: Final = 10  # accounts of a night before: what the first mail of a process asks for is priced as its start


def measure(due: int = _DUE) -> Measured:
    """Two nights, one with twice the accounts due: what each mail more asks for, and what a night asks anyway."""
    prices = price_list()
    lived = Lived(due, prices)
    figures = [
        Figure("write_units_per_mail", lived.mail["dynamodb_write_units"], "write units"),
        Figure("read_units_per_mail", lived.mail["dynamodb_read_units"], "read units"),
        Figure("requests_per_mail", lived.requests, "requests"),
        Figure("usd_per_million_mails", bill_of(lived.mail, prices, times=_MILLION).usd, "USD", _ses(prices)),
    ]
    figures += [
        Figure(f"price_against_ses_{open_items}", lived.against_ses(open_items // 100), "x", 1.0)
        for open_items in _LEDGERS
    ]
    figures.append(Figure("fixed_usd_a_month", bill_of(lived.month, prices).usd, "USD"))
    return Measured(
        what=f"a mail with everything about it, list prices of {prices.region} of {prices.as_of}, free tiers left out",
        beside="SES alone",
        figures=tuple(figures),
        given={"accounts_due": [due, 2 * due], "due": "one mail for each hundred open items"},
    )


def price_list() -> PriceList:
    found = load(shipped()[REGION])
    assert isinstance(found, PriceList), found
    return found


class Lived:
    """Two nights on the local engine, as quantities that are billed."""

    def __init__(self, due: int, prices: PriceList) -> None:
        self._prices = prices
        few = 10 * due
        with Engine(start=_START, parameters={"SenderDomain": company.DOMAIN}) as engine:
            _, once, twice = (live(engine, Ledger(few, accounts)) for accounts in (_WARM, due, 2 * due))
            plant = Plant.of(engine.stack.template)
            tick, sweep = (idle(engine, kind) for kind in ("tick", "sweep"))
        less, more = (of_counts(night.counts, prices.estimates, plant) for night in (once, twice))
        mails = twice.counts.mails - once.counts.mails
        self.mail: Quantities = slope(more, less, mails)
        # Ticks and sweeps that find nothing are in what the stack costs by the month: here is what goes beyond.
        anyway = of_counts(_fired(once.counts, tick, sweep), prices.estimates, plant)
        self.night: Quantities = {
            what: less[what] - anyway.get(what, 0.0) - self.mail[what] * once.counts.mails for what in less
        }
        self.month: Quantities = fixed(plant, _one_night(once.counts), tick, sweep, prices.estimates)
        self.requests = (twice.counts.requests.total() - once.counts.requests.total()) / mails

    def against_ses(self, mails: float) -> float:
        """A night of so many mails against the bare price of SES."""
        whole = {what: self.mail[what] * mails + max(0.0, self.night.get(what, 0.0)) for what in self.mail}
        bill = bill_of(whole, self._prices)
        return bill.against_ses or 0.0


def _fired(counts: Counts, *idle_ones: Counts) -> Counts:
    """Idle firings, as many of each schedule as the counts have of its function."""
    found = Counts()
    for one in idle_ones:
        for name, share in one.functions.items():
            for _ in range(counts.share(name).invocations if share.invocations else 0):
                found.share(name).add(share)
    return found


def _one_night(counts: Counts) -> Counts:
    counts.nights = 1
    return counts


def _ses(prices: PriceList) -> float:
    return prices.prices.ses_recipients.each * _MILLION


def main() -> None:
    """Count, and write the profile."""
    lived = Lived(_DUE, price_list())
    profile.write(Profile(date.today().isoformat(), lived.mail, lived.month))


if __name__ == "__main__":
    main()
