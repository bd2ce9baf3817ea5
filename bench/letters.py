"""Letters per second: composed with every invoice listed, and set as accessible PDF."""

import time
from datetime import timedelta
from typing import Any

from bench import company
from bench.figures import Figure, Measured
from bench.generate import AS_OF
from core.decide.account import decide
from core.decide.model import Facts
from core.ledger import Contact, Customer, Item
from core.render.compose import compose_customer_mail
from core.render.paper import letter_pdf
from core.render.papers import letter_of

INVOICES = (1, 20, 200)


def measure(mails: int, runs: int) -> Measured:
    """Every letter is another one; the fonts are loaded before."""
    letter_pdf(_letter(-1, 1))
    figures: list[Figure] = []
    for invoices in INVOICES:
        count = max(1, mails // (10 if invoices < 100 else 50))
        # the typesetter remembers what it has set: no letter comes twice
        letters = [[_letter(run * count + number, invoices) for number in range(count)] for run in range(runs)]
        seconds = min(map(_seconds, letters))
        figures += [
            Figure(f"letters_of_{invoices}", count / seconds, "letters/s"),
            Figure(f"per_letter_of_{invoices}", seconds / count * 1e3, "ms CPU"),
            Figure(f"pdf_of_{invoices}", len(letter_pdf(letters[0][0])), "bytes"),
        ]
    return Measured(
        what="a letter as PDF/UA-1, English, by the number of its invoices",
        beside="",
        figures=tuple(figures),
        given={"runs": runs, "clock": "process CPU time, best run", "fonts": "loaded before"},
    )


def _seconds(letters: list[dict[str, Any]]) -> float:
    began = time.process_time()
    for letter in letters:
        letter_pdf(letter)
    return time.process_time() - began


def _letter(number: int, invoices: int) -> dict[str, Any]:
    setting = company.setting()
    customer = Customer(
        id=f"C{number}", name=f"Customer {number}", country="DE", address=("Werkstr. 1", "10115 Berlin"), language="en"
    )
    contact = Contact(id="ap", customer=customer.id, name="Pat Payable", email="ap@customer.example", language="en")
    items = tuple(
        Item(
            id=f"I{number}-{n}",
            customer=customer.id,
            number=f"INV-{number:04d}-{n:04d}",
            issued_on=AS_OF - timedelta(days=51),
            due_on=AS_OF - timedelta(days=21),
            currency="EUR",
            original_minor=100_000 + 977 * number + n,
            open_minor=100_000 + 977 * number + n,
        )
        for n in range(invoices)
    )
    (plan,) = decide(Facts(customer=customer, contacts=(contact,), items=items), setting, AS_OF).notices
    mail = compose_customer_mail(plan, setting.entity, customer, plan.recipients[0], setting.people, "en", whole=True)
    return letter_of(plan, setting.entity, customer, mail)
