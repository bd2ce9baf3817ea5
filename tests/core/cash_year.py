"""A year of invoices and payments whose truth is known: what each payer meant, and what the bank then told of it.

Payers write as payers do: in six languages, without prefixes, with ranges, wrong numbers, discounts, fees of banks, one
sum for several invoices, and often nothing at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from core.bank import BankEntry, Remittance
from core.cash import folding, naming, numbers, references
from core.cash.matching import match
from core.cash.model import Candidate, Match
from core.cash.numbers import Shape, shape_of
from core.cash.rules import CashRules
from core.ledger import BankAccount, Customer, Item
from core.references import printed

START = date(2025, 1, 2)
OURS = BankAccount(holder="Nord", iban="DE89370400440532013000", reference="rf")
WORDS = {
    "de": ("Rg. {}", "Rechnung {}", "RG-Nr. {}", "Re {} vielen Dank"),
    "en": ("INV {}", "Invoice {}", "inv no {}", "Payment of invoice {}"),
    "fr": ("facture {}", "FACT. {}", "Fact n° {}", "Règlement facture {}"),
    "es": ("Factura {}", "Fra. {}", "pago factura {}"),
    "it": ("Fattura {}", "saldo fatt. {}", "FT {}"),
    "nl": ("Factuur {}", "factuurnr {}", "betaling {}"),
}
RANGE = {"de": " bis ", "en": " to ", "fr": " à ", "es": " a ", "it": " al ", "nl": " t/m "}
FIRST = (
    "Müller & Söhne", "Maschinenbau Huber", "Société Lefèvre", "Ibérica Construcción", "Fratelli Bianchi", "De Vries",
    "Acme Tools", "Northern Steel", "Blue Sky Logistics", "Weiß Getränke", "Grünwald Möbel", "Łódź Meble", "Ærø Rederi",
    "Atlas Print", "Delta Foods", "Orion Glass", "Vega Motors", "Helios Solar", "Nova Pharma", "Titan Works",
)  # fmt: skip
FORMS = ("GmbH", "AG", "Ltd", "SARL", "SL", "SRL", "BV", "Inc")


@dataclass
class Payment:
    """One entry, and what its payer meant by it."""

    entry: BankEntry
    kind: str
    parts: dict[str, int]  # item -> what it gets of the money
    closes: frozenset[str] = frozenset()  # items that are settled by it, with what was given up
    rest: str | None = None  # whose the rest is


@dataclass
class Year:
    """The books as they stand, and what was learned of payers."""

    seed: int
    customers: dict[str, Customer] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # customer -> the account it pays from
    open: dict[str, Item] = field(default_factory=dict)
    closed: dict[str, Item] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)  # account -> customers that paid from it
    shapes: set[Shape] = field(default_factory=set)
    by_number: dict[str, list[str]] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    keys: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        for n in range(120):
            name = f"{FIRST[n % len(FIRST)]} {self.random.choice(FORMS)}"
            if n >= len(FIRST):
                first, form = FIRST[n % len(FIRST)], name.rsplit(maxsplit=1)[-1]
                name = f"{first} {self.random.choice(('Nord', 'Süd', 'West', 'Est', 'Group'))} {form}"
            parent = f"C{n % 7}" if n >= 100 else None  # some belong to a group
            self.customers[f"C{n}"] = Customer(id=f"C{n}", name=name, parent=parent)
            self.accounts[f"C{n}"] = f"DE{10 + n % 80}5001051754{n:08d}"
            self.by_name.setdefault(folding.index_key(name), []).append(f"C{n}")

    # ---------- what is sold ----------
    def invoice(self, customer: str, on: date) -> Item:
        random, number = self.random, len(self.open) + len(self.closed) + 1
        minor = random.choice((random.randint(2_000, 900_000), 50_000, 119_000, random.randint(20, 300) * 1_000))
        item = Item(
            id=f"I{number}", customer=customer, number=f"RE-{on.year}-{number:05d}", issued_on=on,
            due_on=on + timedelta(days=30), currency="EUR", original_minor=minor, open_minor=minor,
        )  # fmt: skip
        self.open[item.id] = item
        self.shapes.add(shape_of(item.number) or Shape("", 0))
        self.by_number.setdefault(item.number, []).append(item.id)
        return item

    # ---------- what the payer does ----------
    def pays(self, customer: str, on: date) -> Payment | None:
        own = sorted((i for i in self.open.values() if i.customer == customer), key=lambda i: i.due_on)
        if not own:
            return None
        kinds = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]
        return getattr(self, "_" + self.random.choice(kinds))(customer, own, on)  # type: ignore[no-any-return]

    def _entry(self, customer: str, minor: int, on: date, text: str = "", **changes: Any) -> BankEntry:
        self.keys += 1
        payer = changes.pop("payer", customer)
        name = self.customers[payer].name
        style = self.random.random()
        shown = name.upper() if style < 0.4 else folding.folded(name)[:27] if style < 0.6 else name
        fields: dict[str, Any] = {
            "key": f"K{self.keys}", "booked_on": on, "minor": minor, "currency": "EUR", "payer_name": shown,
            "payer_account": self.accounts[payer], "remittance": Remittance(text=text),
        }  # fmt: skip
        return BankEntry(**{**fields, **changes})

    def _typed(self, number: str) -> str:
        """A number as it is typed off."""
        year, tail = number.split("-")[1:]
        return self.random.choice(
            (number, number, number.replace("-", " "), number.replace("-", ""), f"{year}{tail}", f"{year}-{tail}", tail)
        )

    def _says(self, what: str) -> str:
        return self.random.choice(WORDS[self.random.choice(list(WORDS))]).format(what)

    def _one(self, customer: str, own: list[Item], on: date) -> Payment:
        item = own[0]
        return Payment(
            self._entry(customer, item.open_minor, on, self._says(self._typed(item.number))),
            "one",
            {item.id: item.open_minor},
            frozenset({item.id}),
        )

    def _structured(self, customer: str, own: list[Item], on: date) -> Payment:
        item = own[0]
        reference = references.reference_for(OURS, "invoice", item.number) or ""
        said = (
            Remittance(references=(reference,)) if self.random.random() < 0.5 else Remittance(text=printed(reference))
        )
        entry = self._entry(customer, item.open_minor, on, remittance=said)
        return Payment(entry, "structured", {item.id: item.open_minor}, frozenset({item.id}))

    def _several(self, customer: str, own: list[Item], on: date) -> Payment:
        items = own[: self.random.randint(2, 4)]
        named = self.random.choice((", ", " / ", "+", " und ", " and ", ";")).join(self._typed(i.number) for i in items)
        if self.random.random() < 0.4:
            first, *others = (item.number for item in items)
            named = "/".join([first, *(number.split("-")[2] for number in others)])
        return self._all(
            self._entry(customer, sum(i.open_minor for i in items), on, self._says(named)), "several", items
        )

    def _range(self, customer: str, own: list[Item], on: date) -> Payment:
        tails = [int(i.number.split("-")[2]) for i in own]
        run = [own[0]]
        for before, tail, item in zip(tails, tails[1:], own[1:], strict=False):
            if tail != before + 1:
                break
            run.append(item)
        if len(run) < 2:
            return self._one(customer, own, on)
        language = self.random.choice(list(RANGE))
        to = self.random.choice(("-", RANGE[language]))
        first = run[0].number if self.random.random() < 0.5 else run[0].number.split("-")[2]
        text = WORDS[language][0].format(f"{first}{to}{run[-1].number.split('-')[2]}")
        return self._all(self._entry(customer, sum(i.open_minor for i in run), on, text), "range", run)

    def _all(self, entry: BankEntry, kind: str, items: list[Item]) -> Payment:
        return Payment(entry, kind, {i.id: i.open_minor for i in items}, frozenset(i.id for i in items))

    def _silent(self, customer: str, own: list[Item], on: date) -> Payment:
        text = self.random.choice(("", "", "Zahlung", "payment", "merci", "NOTPROVIDED", f"Kd.-Nr. {customer[1:]}4711"))
        return self._all(self._entry(customer, own[0].open_minor, on, text), "silent", own[:1])

    def _everything(self, customer: str, own: list[Item], on: date) -> Payment:
        return self._all(
            self._entry(customer, sum(i.open_minor for i in own), on, "account balance"), "everything", own
        )

    def _discounted(self, customer: str, own: list[Item], on: date) -> Payment:
        item = own[-1]
        in_time = on <= item.issued_on + timedelta(days=14) and item.open_minor == item.original_minor
        minor = item.open_minor - round(item.open_minor * 0.02 + 1e-9)
        entry = self._entry(customer, minor, on, self._says(self._typed(item.number)) + " abzgl. 2% Skonto")
        return Payment(
            entry, "discount" if in_time else "late discount", {item.id: minor}, frozenset({item.id} if in_time else ())
        )

    def _fee(self, customer: str, own: list[Item], on: date) -> Payment:
        item, fee = own[0], self.random.choice((1_500, 1_000, 2_500))
        minor = item.open_minor - fee
        if item.open_minor < 30_000:
            return self._one(customer, own, on)
        entry = self._entry(customer, minor, on, self._says(item.number), charges_minor=self.random.choice((0, fee)))
        return Payment(entry, "bank fee", {item.id: minor}, frozenset({item.id} if fee <= 1_500 else ()))

    def _part(self, customer: str, own: list[Item], on: date) -> Payment:
        item = own[0]
        minor = item.open_minor * self.random.randint(20, 80) // 100 or 1
        return Payment(
            self._entry(customer, minor, on, self._says(self._typed(item.number))), "partial", {item.id: minor}
        )

    def _over(self, customer: str, own: list[Item], on: date) -> Payment:
        item = own[0]
        entry = self._entry(
            customer, item.open_minor + self.random.choice((1, 500, 10_000)), on, self._says(self._typed(item.number))
        )
        return Payment(entry, "over", {item.id: item.open_minor}, frozenset({item.id}), customer)

    def _mistyped(self, customer: str, own: list[Item], on: date) -> Payment:
        """A number that is somebody else's, of nobody, or of another invoice of the payer."""
        item = own[0]
        wrong = (
            self.random.choice([*self.open.values()]).number
            if self.random.random() < 0.6
            else "RE-2025-99" + str(self.random.randint(100, 999))
        )
        return self._all(
            self._entry(customer, item.open_minor, on, self._says(self._typed(wrong))), "wrong number", own[:1]
        )

    def _not_here_yet(self, customer: str, own: list[Item], on: date) -> Payment:
        """Paid before the books know it, and as much as another that is open."""
        number = f"RE-{on.year}-{len(self.open) + len(self.closed) + self.random.randint(300, 900):05d}"
        return Payment(
            self._entry(customer, own[0].open_minor, on, self._says(number)), "not here yet", {}, rest=customer
        )

    def _again(self, customer: str, own: list[Item], on: date) -> Payment:
        """Paid a second time."""
        done = [item for item in self.closed.values() if item.customer == customer]
        if not done:
            return self._one(customer, own, on)
        item = done[-1]
        return Payment(
            self._entry(customer, item.original_minor, on, self._says(item.number)), "paid again", {}, rest=customer
        )

    def _group(self, customer: str, own: list[Item], on: date) -> Payment:
        """The parent, or the company's payer, pays for several."""
        others = [i for i in self.open.values() if i.customer != customer]
        if len(others) < 2:
            return self._one(customer, own, on)
        items = [own[0], *self.random.sample(others, 2)]
        entry = self._entry(
            customer, sum(i.open_minor for i in items), on, self._says(", ".join(i.number for i in items))
        )
        return self._all(entry, "collective", items)

    def _stranger(self, customer: str, own: list[Item], on: date) -> Payment:
        """Somebody who does not owe it pays it, with the number alone."""
        item = own[0]
        entry = self._entry(
            customer,
            item.open_minor,
            on,
            self._says(self._typed(item.number)),
            payer_name="Payroll Services",
            payer_account="GB33BUKB20201555555555",
        )
        return self._all(entry, "stranger", [item])

    # ---------- what we find ----------
    def found(self, payment: Payment, rules: CashRules) -> Match:
        """As the store finds candidates: by number, by account, by name."""
        entry = payment.entry
        items = {**self.open, **self.closed}
        typed = {
            one for text in naming.texts_of(entry) for m in numbers.mentions(text) for r in m.readings for one in r
        }
        typed |= {spelt[1] for one in references.references_of(entry) if (spelt := references.spelled(one))}
        named = {
            i for one in typed for spelt in numbers.spellings(one, self.shapes) for i in self.by_number.get(spelt, ())
        }
        known = self.known.get(entry.payer_account or "", set())
        called = {c for key in folding.index_keys(entry.payer_name or "") for c in self.by_name.get(key, ())}
        who = {items[i].customer for i in named} | known | called
        owed: dict[str, list[Item]] = {one: [] for one in who}
        for item in self.open.values():
            if item.customer in owed:
                owed[item.customer].append(item)
        candidates = [
            Candidate(
                customer=self.customers[one],
                items=tuple(owed[one]),
                closed=tuple(items[i] for i in sorted(named) if i in self.closed and items[i].customer == one),
                known_account=one in known,
            )
            for one in sorted(who)
        ]
        return match(entry, candidates, rules, (OURS,))

    def book(self, payment: Payment) -> None:
        """As a person would, who knows what was meant."""
        for item_id, minor in payment.parts.items():
            item = self.open.pop(item_id)
            left = 0 if item_id in payment.closes else item.open_minor - minor
            (self.open if left else self.closed)[item_id] = item.model_copy(update={"open_minor": left})
        if payment.kind not in ("stranger", "not here yet") and payment.parts:
            owners = {(self.open.get(i) or self.closed[i]).customer for i in payment.parts}
            self.known.setdefault(payment.entry.payer_account or "", set()).update(owners)


WEIGHTS = {
    "one": 24, "structured": 8, "several": 10, "range": 5, "silent": 12, "everything": 3, "discounted": 8, "fee": 3,
    "part": 5, "over": 4, "mistyped": 4, "not_here_yet": 3, "again": 3, "group": 3, "stranger": 3,
}  # fmt: skip


def year(seed: int, rules: CashRules) -> Iterator[tuple[Payment, Match, Year]]:
    """Day by day: invoices are written, then payments come."""
    books = Year(seed)
    for day in range(250):
        on = START + timedelta(days=day + day // 5 * 2)
        for customer in books.random.sample(list(books.customers), 6):
            for _ in range(books.random.choice((1, 1, 2, 3))):
                books.invoice(customer, on)
        for customer in books.random.sample(list(books.customers), 6):
            payment = books.pays(customer, on)
            if payment is not None:
                yield payment, books.found(payment, rules), books
                books.book(payment)


def right(payment: Payment, found: Match) -> bool:
    """Whether the first suggestion does exactly what the payer meant."""
    best = found.suggestions[0].split
    closes = {part.item for part in best.parts if not part.left}
    return (
        {part.item: part.minor for part in best.parts} == payment.parts
        and closes == set(payment.closes)
        and (not best.rest or best.rest_customer == payment.rest)
    )


Check = Callable[[Payment, Match], bool]
