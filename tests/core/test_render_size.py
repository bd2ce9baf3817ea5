"""A mail stays below the size at which readers' programs cut it off, whatever is in its rows."""

from dataclasses import replace

import pytest

from core.render.formats import LANGUAGES
from core.render.messages import Action, CustomerMail
from core.render.tables import CLIPPED_BYTES, LEAST_ROWS
from tests.core.render_samples import a_charge, a_line, a_mail, a_plan, rendered

LONG_LINK = "https://pay.example/" + "a&" * 240
ACTIONS = tuple(
    Action(what, f"https://pay.northwind.example/c/{what}/{'x' * 180}")
    for what in ("pay", "promise", "plan", "dispute", "paid", "wrong-person")
)


def heavy(language: str, rows: int, **changes: object) -> CustomerMail:
    parts = {"original_minor": 98_000_000, "open_minor": 64_000_000, "withheld_minor": 1, "credit_minor": 2}
    lines = tuple(a_line(f"{n:03d}{'&<' * 28}", 20, 63_999_997, **parts, **changes) for n in range(rows))
    soon = tuple(line._replace(item=f"s{line.item}", days_past_due=-3) for line in lines)
    charges = tuple(a_charge(line.number) for line in lines)
    mail = a_mail(
        a_plan("reminder", lines, soon, charges=charges), language, page_url="https://pay.northwind.example/c"
    )
    return replace(mail, actions=ACTIONS, preferences_url=ACTIONS[0].url)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heaviest_rows_are_cut_before_the_mail_is(language: str) -> None:
    mail = heavy(language, 60, pay_url=LONG_LINK, debtor="Ḁ" * 200)
    assert len(rendered(mail).html.encode()) < CLIPPED_BYTES
    (late,), (soon,) = mail.overdue, mail.coming
    assert len(late.rows) >= LEAST_ROWS
    assert len(soon.rows) >= LEAST_ROWS
    assert late.more == 60 - len(late.rows)  # and counted


def test_plain_rows_are_all_listed() -> None:
    mail = a_mail(a_plan("reminder", tuple(a_line(f"INV-{n:04d}") for n in range(50))))
    assert len(mail.overdue[0].rows) == 50
    linked = tuple(a_line(f"INV-{n:04d}", pay_url="https://pay.example/" + "a" * 150) for n in range(50))
    assert len(a_mail(a_plan("reminder", linked)).overdue[0].rows) == 50
