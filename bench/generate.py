"""A ledger of any size in the native format, record by record: the same bytes for the same arguments.

`python -m bench.generate --open 100000 --out ledger.jsonl`; `--due N` for the ledger of a company that was reminded
every night until now, in which N customers reach a step on the last of them.
"""

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TextIO

AS_OF: Final = date(2026, 11, 20)  # a Friday
SEED: Final = 7
LEVELS: Final = (7, 14, 60, 91)  # days past due from which machinery-manufacturer asks at level 1 to 4

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """A currency: how often it is met, its decimals, what one unit is worth in euro, and where it is paid in."""

    code: str
    weight: int
    exponent: int
    rate: str
    countries: tuple[tuple[str, str], ...]  # country, language


MONEYS: Final = (
    Money("EUR", 62, 2, "1", (("DE", "de"), ("FR", "fr"), ("NL", "nl"), ("ES", "es"), ("AT", "de"), ("IE", "en"))),
    Money("USD", 18, 2, "0.92", (("US", "en"),)),
    Money("GBP", 8, 2, "1.17", (("GB", "en"),)),
    Money("CHF", 5, 2, "1.04", (("CH", "de"), ("CH", "fr"))),
    Money("SEK", 4, 2, "0.088", (("SE", "sv"),)),
    Money("JPY", 2, 0, "0.0061", (("JP", "ja"),)),
    Money("KWD", 1, 3, "3.0", (("KW", "ar"),)),
)
_NAMES: Final = (
    "Ahorn",
    "Brückner & Töchter",
    "Çelik",
    "D'Angelo",
    "Elbe",
    "Fjord",
    "González",
    "Hansen",
    "丸山",
    "Zoë",
)
_TRADES: Final = ("Machines", "Werkzeug GmbH", "Outils SARL", "Staal BV", "Talleres SL", "Tools Ltd", "Parts Inc")
_TERMS: Final = (14, 30, 30, 30, 45, 60)
_LARGEST_CUSTOMER: Final = 2_000  # invoices
# Days past due, first and last; the level that an older system had reached by then; weight.
_NEVER_REMINDED: Final = ((-60, 0, 0, 45), (1, 30, 0, 26), (31, 60, 0, 12), (61, 90, 0, 8), (91, 400, 0, 9))
# What lies between these ranges has something new to it tonight, or is past a step that no level can say was taken.
_REMINDED: Final = ((-60, -8, 0, 60), (2, 6, 0, 15), (8, 13, 1, 10), (15, 30, 2, 15))


@dataclass(frozen=True, slots=True)
class Ledger:
    """Which ledger.

    `due` None: nobody was ever reminded. A number: so many customers reach step +7 on `as_of` with one invoice each,
    and everybody was reminded of whatever else is owed until the night before.
    """

    open_invoices: int = 1_000
    due: int | None = None
    seed: int = SEED
    as_of: date = AS_OF
    closed_share: float = 0.15  # of all invoices: paid in full, still in the file


def records(ledger: Ledger) -> Iterator[Record]:
    """The records of the ledger in the order of the file: each customer, then all that belongs to it.

    The customers do not depend on how many invoices are asked for, the last one aside.
    """
    counts: Counter[str] = Counter()
    yield _header(ledger)
    while counts["open_invoices"] < ledger.open_invoices:
        counts["customers"] += 1
        yield from _Customer(ledger, counts).records()
    names = ("customers", "invoices", "payments", "credit_notes", "open_invoices")
    yield {"t": "end", **{name: counts[name] for name in names}}


def write(ledger: Ledger, out: TextIO) -> Record:
    """Write the ledger as JSON lines. Returns: its end record."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    record: Record = {}
    for record in records(ledger):
        out.write(encode(record) + "\n")
    return record


def _header(ledger: Ledger) -> Record:
    return {
        "t": "header",
        "version": 1,
        "source": "bench",
        "seed": ledger.seed,
        "mode": "fresh" if ledger.due is None else "steady",
        "as_of": ledger.as_of.isoformat(),
        "base_currency": "EUR",
        "rates": {money.code: money.rate for money in MONEYS},
        "exponents": {money.code: money.exponent for money in MONEYS},
        "levels": list(LEVELS),
    }


class _Customer:
    """One customer and its documents, drawn from its own number alone."""

    def __init__(self, ledger: Ledger, counts: Counter[str]) -> None:
        self._ledger, self._counts = ledger, counts
        self._number = counts["customers"]
        self._chance = random.Random(f"{ledger.seed}/{self._number}")
        self._due = ledger.due is not None and self._number <= ledger.due
        self._money = self._chance.choices(MONEYS, [money.weight for money in MONEYS])[0]
        self._terms = self._chance.choice(_TERMS)
        self._pays_in_part = 0.05 + 0.25 * self._chance.random()
        self.id = f"C{self._number:08d}"

    def records(self) -> Iterator[Record]:
        chance = self._chance
        country, language = chance.choice(self._money.countries)
        reachable, held = chance.random() >= 0.01, chance.random() < 0.005
        yield {
            "t": "customer",
            "id": self.id,
            "name": f"{chance.choice(_NAMES)} {chance.choice(_TRADES)} {self._number}",
            "email": f"ap{self._number}@c{self._number % 9973}.example" if reachable or self._due else None,
            "lang": language,
            "country": country,
            "currency": self._money.code,
            "hold": held and not self._due,
        }
        many = min(_LARGEST_CUSTOMER, int(chance.paretovariate(1.35)))  # most have one or two, few have very many
        for n in range(many):
            if self._counts["open_invoices"] >= self._ledger.open_invoices:
                return
            yield from self._invoice(reaches_a_step=self._due and n == 0)
        if self._ledger.due is None and chance.random() < 0.02:
            kind = chance.choice(("payment", "credit_note"))  # on account, linked to nothing
            yield self._money_in(kind, None, self._amount(), -chance.randrange(60))

    def _invoice(self, *, reaches_a_step: bool) -> Iterator[Record]:
        self._counts["invoices"] += 1
        key, chance, total = f"I{self._counts['invoices']:09d}", self._chance, self._amount()
        days, level = (LEVELS[0], 0) if reaches_a_step else self._age()
        yield {
            "t": "invoice",
            "id": key,
            "customer": self.id,
            "number": f"INV-{key[1:]}",
            "issued": self._day(-days - self._terms),
            "due": self._day(-days),
            "currency": self._money.code,
            "total": total,
            "disputed": not reaches_a_step and chance.random() < 0.02,
            "level": level,
            "last_notice": self._day(LEVELS[level - 1] - days) if level else None,
        }
        if reaches_a_step:
            self._counts["open_invoices"] += 1
        else:
            yield from self._settled(key, total, days)

    def _settled(self, invoice: str, total: int, days: int) -> Iterator[Record]:
        """What was paid and credited: everything, a part, or nothing."""
        chance, since_due = self._chance, max(0, days)
        if chance.random() < self._ledger.closed_share:
            yield self._money_in("payment", invoice, total, -since_due // 2)
            return
        self._counts["open_invoices"] += 1
        left = total
        if left > 2 and chance.random() < self._pays_in_part:
            part = max(1, int(left * chance.uniform(0.1, 0.9)))
            left -= part
            yield self._money_in("payment", invoice, part, min(0, chance.randrange(20) - since_due))
        if left > 2 and chance.random() < 0.04:
            yield self._money_in("credit_note", invoice, max(1, int(left * chance.uniform(0.05, 0.5))), -since_due)

    def _money_in(self, kind: str, invoice: str | None, amount: int, on: int) -> Record:
        self._counts[f"{kind}s"] += 1
        return {
            "t": kind,
            "id": f"{kind[0].upper()}{self._counts[f'{kind}s']:09d}",
            "customer": self.id,
            "invoice": invoice,
            "date": self._day(on),
            "currency": self._money.code,
            "amount": amount,
        }

    def _age(self) -> tuple[int, int]:
        """Days past due, and the level that an older system had reached by then."""
        ranges = _NEVER_REMINDED if self._ledger.due is None else _REMINDED
        first, last, level, _ = self._chance.choices(ranges, [weight for *_, weight in ranges])[0]
        return max(-self._terms, self._chance.randint(first, last)), level  # nothing is issued after `as_of`

    def _amount(self) -> int:
        """A minor amount: most are a few hundred of the customer's money, a few are very large."""
        typical = 450 / float(self._money.rate) * 10**self._money.exponent
        return max(1, int(typical * math.exp(self._chance.gauss(0, 1.2))))

    def _day(self, offset: int) -> str:
        return (self._ledger.as_of + timedelta(days=offset)).isoformat()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=1_000, help="open invoices; those paid in full come on top")
    parser.add_argument("--due", type=int, help="customers that reach a step on the day of the ledger")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--as-of", type=date.fromisoformat, default=AS_OF)
    parser.add_argument("--out", type=Path, help="a file; without it, to standard output")
    given = parser.parse_args()
    ledger = Ledger(given.open, given.due, given.seed, given.as_of)
    if given.out is None:
        end = write(ledger, sys.stdout)
    else:
        with given.out.open("w", encoding="utf-8") as out:
            end = write(ledger, out)
    print(json.dumps(end), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
