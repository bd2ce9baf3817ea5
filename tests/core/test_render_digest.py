"""The digest of the night: grouped, counted once, summed per currency, capped."""

from dataclasses import replace

import pytest

from core.ledger import Customer
from core.policy.load import load_policy, shipped
from core.policy.schema import Audience, Effect, Policy, Step
from core.render.digest import DIGEST_ROWS, compose_digest, digest_entry
from core.render.formats import LANGUAGES
from tests.core.render_samples import ANNA, AS_OF, CUSTOMER_KINDS, ENTITY, entry, full_digest, rendered


def digest(*entries, language="en"):  # type: ignore[no-untyped-def]
    return compose_digest(entries, ENTITY.model_copy(update={"country": None}), ANNA, language, AS_OF)


def test_work_comes_first_then_the_latest() -> None:
    mail = digest(
        entry("C-1", "A", 7, kind="message", what="reminder"),
        entry("C-2", "B", 62, kind="message", what="delinquent"),
        entry("C-3", "C", 31),
        entry("C-2", "B", 62, kind="status", what="delinquent"),
    )
    assert [(s.effect, s.what) for s in mail.sections] == [
        ("task", "phone-call"),
        ("message", "delinquent"),
        ("message", "reminder"),
        ("status", "delinquent"),
    ]
    assert mail.tasks == 1


def test_an_invoice_in_two_sections_counts_once() -> None:
    mail = digest(
        entry("C-1", "A", 62, 10000, kind="message", what="delinquent"),
        entry("C-1", "A", 62, 10000, kind="status", what="delinquent"),
        entry("C-1", "B", 9, 500, currency="USD", kind="message", what="reminder"),
    )
    assert (mail.customer_count, mail.count, mail.total) == (1, 2, "€100.00 and US$5.00")


def test_a_row_says_what_is_asked_and_what_is_open_where_that_is_more() -> None:
    mail = digest(entry("C-1", "A", 9, 10000, asked_minor=6000), entry("C-1", "B", 9, 500))
    (section,) = mail.sections
    assert (mail.total, section.total) == ("€105.00", "€65.00")
    assert [(row.to_pay, row.open) for row in section.customers[0].rows] == [("€60.00", "€100.00"), ("€5.00", "")]
    told = rendered(mail)
    assert "- A, 9 days overdue: €60.00 (Open: €100.00)" in told.text
    assert "Open: €100.00" in told.html


def test_one_invoice_told_for_two_roles_is_one_row() -> None:
    mail = digest(entry(), entry(role="sales_rep"))
    assert mail.sections[0].count == 1
    assert mail.roles == ("accounting", "sales_rep")
    assert "Accounting, Sales" in rendered(mail).text


def test_customers_are_grouped_the_latest_first() -> None:
    mail = digest(
        entry("C-1", "A", 31, customer_name="Zed"),
        entry("C-2", "B", 45, customer_name="Ann"),
        entry("C-1", "C", 40, customer_name="Zed"),
    )
    section = mail.sections[0]
    assert [(c.name, [r.number for r in c.rows]) for c in section.customers] == [("Ann", ["B"]), ("Zed", ["C", "A"])]
    assert (section.customer_count, section.count, section.more) == (2, 3, 0)


def test_a_long_digest_is_capped_and_says_what_is_left() -> None:
    entries = [entry(f"C-{n:04d}", f"I{n}", 31, 100) for n in range(DIGEST_ROWS + 30)]
    mail = digest(*entries)
    section = mail.sections[0]
    assert sum(len(c.rows) for c in section.customers) == DIGEST_ROWS
    assert (section.more, section.more_total, section.total) == (30, "€30.00", "€150.00")
    assert "and 30 more invoices, together €30.00" in rendered(mail).text
    assert len(rendered(mail).html.encode()) < 100_000


def test_the_entry_of_a_line_says_what_the_step_does() -> None:
    policy = Policy(
        policy="p",
        version=1,
        steps=(
            Step(
                id="d", offset_days=31, effect=Effect.TASK, task="phone-call", audience=Audience(ours=("accounting",))
            ),
        ),
    )
    line = entry().line
    known = digest_entry(line, Customer(id="C", name="N"), policy)
    assert (known.customer, known.customer_name, known.what) == ("C", "N", "phone-call")
    assert digest_entry(line, Customer(id="C", name="N"), None).what == "d"


def test_what_a_person_decides_comes_first_and_is_work() -> None:
    mail = digest(
        entry("C-1", "A", 7, kind="message", what="final-notice"),
        entry("C-2", "B", 62, kind="credit_hold", what="credit_hold"),
        entry("C-3", "C", 31),
        entry("C-4", "D", 91, kind="proposal", what="break-contract"),
        entry("C-5", "E", 9, kind="fee", what="fee"),
    )
    assert [s.effect for s in mail.sections] == ["proposal", "task", "message", "credit_hold", "fee"]
    assert mail.tasks == 2
    text = rendered(mail).text
    for heading in (
        "TO DECIDE: BREAK-CONTRACT",
        "FINAL NOTICE TO THE CUSTOMER",
        "CREDIT HOLD: NO NEW ORDERS ON CREDIT",
        "LATE FEE",
    ):
        assert heading in text


def test_every_message_has_a_name_in_the_digest() -> None:
    for kind in CUSTOMER_KINDS:
        text = rendered(digest(entry(kind="message", what=kind))).text
        _, heading, _ = (line for line in text.splitlines() if line.isupper())
        assert not heading.startswith("MESSAGE:")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_step_of_a_shipped_policy_has_a_name_in_the_digest(name: str) -> None:
    policy = load_policy(shipped()[name], name, CUSTOMER_KINDS)
    assert isinstance(policy, Policy), policy
    for step in policy.steps:
        kind = step.effect.value
        told = digest_entry(replace(entry().line, step=step.id, kind=kind), Customer(id="C", name="N"), policy)
        headings = rendered(digest(told)).text.splitlines()
        for unnamed in ("MESSAGE", "TASK", "STATUS", "TO DECIDE", "CREDIT HOLD", "LATE FEE"):
            assert f"{unnamed}: {told.what.upper()}" not in headings, f"{step.id}: {told.what}"


def test_an_unknown_step_is_named_by_its_kind() -> None:
    text = rendered(digest(entry(kind="task", what="visit"), entry(number="Z", kind="notify", what="x9"))).text
    assert "TASK: VISIT" in text
    assert "NOTICE: X9" in text


def test_the_digest_speaks_the_readers_language() -> None:
    titles = {rendered(full_digest(language)).text.splitlines()[0] for language in LANGUAGES}
    assert len(titles) == len(LANGUAGES)
