"""What a message says: sums that add up, nothing added across currencies, the right words for the customer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decide.model import Line, Occasion
from core.ledger import BankAccount, CustomerKind, Person
from core.render.clean import brand_color, one_line, subject_line, web_link
from core.render.compose import brand_of, compose_customer_mail, contact_of
from core.render.messages import MailKind, Part
from tests.core.render_samples import (
    ANNA,
    AS_OF,
    COMING,
    CUSTOMER,
    DOLLARS,
    ENTITY,
    NETTED,
    READER,
    a_charge,
    a_line,
    a_mail,
    a_plan,
    rich_plan,
)


def test_one_table_per_currency_and_coming_items_apart() -> None:
    mail = a_mail(rich_plan())
    assert [(t.currency, t.total) for t in mail.overdue] == [("EUR", "€5,750.00"), ("USD", "US$2,310.50")]
    assert [(t.currency, t.total) for t in mail.coming] == [("EUR", "€880.00")]
    assert mail.overdue_total == "€5,750.00 and US$2,310.50"
    assert (mail.overdue_count, mail.coming_count, mail.oldest_days) == (3, 1, 45)


def test_a_sum_is_shown_line_by_line() -> None:
    row = a_mail(rich_plan()).overdue[0].rows[0]
    assert row.parts == (
        Part("invoiced", "€9,800.00"),
        Part("paid", "-€3,400.00"),
        Part("open", "€6,400.00"),
        Part("withheld", "-€1,200.00"),
        Part("credit", "-€700.00"),
    )
    assert (row.due, row.days, row.due_on) == ("€4,500.00", 45, "30 January 2026")


def test_an_invoice_without_deductions_has_no_sum() -> None:
    table = a_mail(a_plan(overdue=(a_line(),))).overdue[0]
    assert table.parts == ()
    assert table.rows[0].parts == ()


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(["EUR", "USD", "JPY"]), st.integers(1, 10**9), st.integers(0, 100), st.integers(0, 100)
        ),
        min_size=1,
        max_size=120,
    )
)
def test_every_invoice_is_listed_or_counted(lines: list[tuple[str, int, int, int]]) -> None:
    plan = a_plan(
        overdue=tuple(
            a_line(
                f"I{n}",
                n + 1,
                minor + 200,
                currency=currency,
                withheld_minor=withheld,
                credit_minor=credit,
                due_minor=minor + 200 - withheld - credit,
            )
            for n, (currency, minor, withheld, credit) in enumerate(lines)
        )
    )
    mail = a_mail(plan)
    assert sum(len(table.rows) + table.more for table in mail.overdue) == len(lines)
    assert sum(len(table.rows) for table in mail.overdue) <= 51
    assert len(mail.overdue) == len({line[0] for line in lines})
    assert [len(table.parts) == 0 for table in mail.overdue] == [
        all(line[2] == line[3] == 0 for line in lines if line[0] == table.currency) for table in mail.overdue
    ]


@pytest.mark.parametrize(("rows", "shown", "more"), [(49, 49, 0), (50, 50, 0), (51, 49, 2), (200, 49, 151)])
def test_a_long_table_is_capped(rows: int, shown: int, more: int) -> None:
    table = a_mail(a_plan(overdue=tuple(a_line(f"I{n}", 9, 100) for n in range(rows)))).overdue[0]
    assert (len(table.rows), table.more) == (shown, more)
    assert table.more_due == (f"€{more}.00" if more else "")
    assert table.total == f"€{rows}.00"


def test_hardship_reads_the_friendly_words() -> None:
    customer = CUSTOMER.model_copy(update={"hardship": True})
    mail = a_mail(a_plan("delinquent", (a_line(),)), customer=customer)
    assert (mail.kind, mail.hardship) == (MailKind.FRIENDLY, True)


def test_nobody_is_pressed_while_nothing_is_overdue() -> None:
    assert a_mail(a_plan("delinquent", (), (COMING,))).kind is MailKind.FRIENDLY


@pytest.mark.parametrize(
    ("template", "late", "ahead", "in_hardship"),
    [
        ("welcome-terms", "friendly", "welcome-terms", "welcome-terms"),  # no thanks while something is late
        ("statement", "statement", "statement", "statement"),
        ("donation", "donation", "donation", "donation"),
        ("due-today", "friendly", "friendly", "friendly"),  # ahead: it leaves before the day
        ("final-notice", "final-notice", "friendly", "friendly"),
        ("promise-broken", "promise-broken", "friendly", "friendly"),
        ("instalment-missed", "instalment-missed", "friendly", "friendly"),
        ("balance-over-limit", "balance-over-limit", "balance-over-limit", "friendly"),
    ],
)
def test_words_that_would_press_or_be_wrong_give_way(template: str, late: str, ahead: str, in_hardship: str) -> None:
    assert a_mail(a_plan(template, (a_line(),), (COMING,))).kind == late
    assert a_mail(a_plan(template, (), (COMING,))).kind == ahead
    items = ((), (COMING,)) if template == "welcome-terms" else ((a_line(),), ())
    assert a_mail(a_plan(template, *items), customer=CUSTOMER.model_copy(update={"hardship": True})).kind == in_hardship


def test_due_today_is_for_that_day() -> None:
    assert a_mail(a_plan("due-today", (), (a_line("T", 0), COMING))).kind is MailKind.DUE_TODAY


def minor_of(text: str) -> int:
    """Minor units of an amount as English readers write it."""
    return int("".join(c for c in text if c.isdigit()) or 0) * (-1 if text.startswith("-") else 1)


CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])


@given(
    lines=st.lists(st.tuples(CURRENCIES, st.integers(1, 10**9)), min_size=1, max_size=80),
    charges=st.lists(st.tuples(CURRENCIES, st.integers(1, 10**6), st.booleans()), max_size=40),
)
def test_amounts_shown_add_up_with_the_charges(
    lines: list[tuple[str, int]], charges: list[tuple[str, int, bool]]
) -> None:
    plan = a_plan(
        overdue=tuple(a_line(f"I{n}", 9, minor, currency=currency) for n, (currency, minor) in enumerate(lines)),
        charges=tuple(a_charge(f"I{n}", m, currency=c, new=new) for n, (c, m, new) in enumerate(charges)),
    )
    mail = a_mail(plan)
    assert {table.currency: minor_of(table.total) for table in mail.overdue} == plan.totals
    assert mail.asked == tuple(table.total for table in mail.overdue)
    for table in mail.overdue:
        listed = sum(minor_of(row.due) for row in table.rows) + minor_of(table.more_due)
        charged = sum(minor_of(charge.amount) for charge in table.charges) + minor_of(table.more_charges_due)
        assert listed == minor_of(table.principal)
        assert charged == minor_of(table.charges_total)
        assert listed + charged == minor_of(table.total)
        assert [charge.new for charge in table.charges] == sorted((c.new for c in table.charges), reverse=True)
    assert sum(len(t.charges) + t.more_charges for t in mail.overdue) == len(charges)
    assert bool(mail.charged_now) is any(new for _, _, new in charges)


def test_a_charge_alone_in_its_currency_comes_last() -> None:
    mail = a_mail(a_plan(overdue=(DOLLARS,), charges=(a_charge(new=False), a_charge(currency="USD"))))
    assert [(t.currency, len(t.rows), t.total) for t in mail.overdue] == [
        ("USD", 1, "US$2,350.50"),
        ("EUR", 0, "€40.00"),
    ]
    assert [line.currency for line in mail.bank] == ["EUR", None]  # both currencies can be paid


@pytest.mark.parametrize(
    ("template", "overdue", "hardship"),
    [("reminder", True, True), ("donation", True, False), ("reminder", False, False)],
)
def test_who_is_shown_no_charges_is_not_asked_for_them(template: str, overdue: bool, hardship: bool) -> None:
    items = ((a_line(),), ()) if overdue else ((), (COMING,))
    customer = CUSTOMER.model_copy(update={"hardship": hardship})
    old = a_plan(template, *items, charges=(a_charge(new=False),), pay_by=AS_OF)
    mail = a_mail(old, customer=customer)
    assert (mail.charges_total, mail.charged_now, mail.pay_by) == ("", "", "")
    assert all(not table.charges for table in mail.overdue)
    with pytest.raises(ValueError, match="cannot show"):
        a_mail(a_plan(template, *items, charges=(a_charge(),)), customer=customer)


def test_a_statement_is_about_the_whole_balance() -> None:
    plan = a_plan("statement", (NETTED, a_line(), DOLLARS), (COMING,), charges=(a_charge(new=False),))
    assert a_mail(plan).asked == ("€6,670.00", "US$2,310.50")
    assert a_mail(replace(plan, template="reminder")).asked == ("€5,790.00", "US$2,310.50")


def test_a_limit_is_about_the_balance_that_crossed_it() -> None:
    occasion = Occasion("EUR", 1234500, None, 1000000)
    mail = a_mail(a_plan("balance-over-limit", (a_line(),), occasion=occasion))
    assert (mail.asked_total, mail.occasion_limit, mail.occasion_on) == ("€12,345.00", "€10,000.00", "")


@pytest.mark.parametrize(("lines", "days"), [((COMING,), 30), ((COMING, a_line("X", -7, issued_on=AS_OF)), 0), ((), 0)])
def test_the_terms_are_told_where_they_are_the_same(lines: tuple[Line, ...], days: int) -> None:
    assert a_mail(a_plan("statement", (a_line(),), lines)).terms_days == days


@pytest.mark.parametrize("template", ["digest", "no-such-message"])
def test_a_template_that_is_no_customer_message_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=template):
        a_mail(a_plan(template, (a_line(),)))


def test_a_notice_that_lists_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="lists no invoice"):
        a_mail(a_plan())


def test_consumers_are_known_as_such() -> None:
    assert a_mail(rich_plan(), customer=CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER})).consumer


def test_a_regional_language_speaks_its_base_and_writes_its_own_numbers() -> None:
    mail = a_mail(rich_plan(), "de-CH", CUSTOMER.model_copy(update={"country": "DE"}))
    assert (mail.language, mail.overdue[0].total) == ("de", "EUR\u00a05\u2019750.00")


@pytest.mark.parametrize(
    ("contact", "customer", "entity", "spoken"),
    [
        ("ja", "pl", "it", "ja"),
        ("sv", "pl", "it", "pl"),
        ("sv", "fi", "it", "it"),
        ("sv", None, "it", "it"),
        ("sv", "fi", "da", "en"),
        ("", None, "xx-YY", "en"),
        ("pt-BR", "pl", "it", "pt"),
    ],
)
def test_language_falls_from_contact_to_customer_to_entity_to_english(
    contact: str, customer: str | None, entity: str, spoken: str
) -> None:
    reader = CUSTOMER.model_copy(update={"language": customer})
    at_home = ENTITY.model_copy(update={"language": entity})
    assert compose_customer_mail(rich_plan(), at_home, reader, None, (ANNA,), contact).language == spoken


def test_numbers_are_written_in_the_language_that_was_found() -> None:
    reader = CUSTOMER.model_copy(update={"language": "de-CH", "country": "DE"})
    assert a_mail(rich_plan(), "sv-SE", reader).overdue[0].total == "EUR\u00a05\u2019750.00"


def test_arabic_is_written_from_the_right() -> None:
    assert a_mail(rich_plan(), "ar-EG").direction == "rtl"
    assert a_mail(rich_plan(), "he").direction == "ltr"  # in the language of the entity


def test_no_link_points_nowhere() -> None:
    assert a_mail(rich_plan()).page_url is None
    for url in ("http://pay.example", "javascript:alert(1)", "https://", "pay.example", "https://a b", "https://[x"):
        assert web_link(url) is None, url
    assert web_link("https://pay.example/x?y=1") == ("https://pay.example/x?y=1", "pay.example")


BOB = Person(id="bob", name="Bob", email="bob@x.example", entities=("OTHER",), roles=("accounting",))
CARL = Person(id="carl", name="Carl", email="carl@x.example")


@pytest.mark.parametrize(
    ("contact_person", "team", "people", "name"),
    [
        ("anna", {}, [CARL, ANNA], "Anna Berg"),
        ("", {"accounting": "carl"}, [ANNA, CARL], "Carl"),  # who does it for this customer
        ("", {}, [CARL, ANNA], "Anna Berg"),  # who has the role
        ("gone", {}, [CARL], "Northwind Machines GmbH"),
        ("", {}, [BOB], "Northwind Machines GmbH"),  # works for another entity
    ],
)
def test_the_human_to_ask(contact_person: str, team: dict[str, str], people: list[Person], name: str) -> None:
    entity = ENTITY.model_copy(update={"contact_person": contact_person})
    contact = contact_of(entity, CUSTOMER.model_copy(update={"team": team}), people)
    assert contact.name == name
    assert contact.email


def test_bank_accounts_of_the_currencies_asked_for() -> None:
    euro, any_currency = ENTITY.bank_accounts
    pound = BankAccount(holder="N", iban="GB33BUKB20201555555555", currency="GBP")
    both = (euro, pound, any_currency)

    def holders(plan_lines: tuple, accounts: tuple[BankAccount, ...]) -> list[str | None]:  # type: ignore[type-arg]
        return [line.currency for line in a_mail(a_plan(overdue=plan_lines), bank_accounts=accounts).bank]

    assert holders((a_line(),), both) == ["EUR"]
    assert holders((a_line(), DOLLARS), both) == ["EUR", None]
    assert holders((DOLLARS,), both) == [None]
    assert holders((DOLLARS,), (pound,)) == ["GBP"]  # better another account than none
    assert holders((DOLLARS,), ()) == []
    assert a_mail(rich_plan()).bank[0].iban == "DE02 1203 0000 0000 2020 51"


def test_the_reference_is_the_numbers_or_the_customer() -> None:
    assert a_mail(rich_plan()).reference == "INV-1030, INV-1042, INV-1051, INV-1077"
    assert a_mail(a_plan(overdue=tuple(a_line(f"I{n}") for n in range(7)))).reference == "C-1007"


def test_a_reader_without_a_name_is_not_named() -> None:
    mail = compose_customer_mail(rich_plan(), ENTITY, CUSTOMER, None, [ANNA], "en")
    assert mail.reader is None
    blank = READER.__class__(**{name: getattr(READER, name) for name in READER.__slots__} | {"name": "\u200b"})
    assert compose_customer_mail(rich_plan(), ENTITY, CUSTOMER, blank, [ANNA], "en").reader is None


def test_the_owing_company_is_named() -> None:
    mail = compose_customer_mail(
        a_plan(overdue=(NETTED, a_line())), ENTITY, CUSTOMER, READER, [], "en", debtors={NETTED.item: "Daughter Ltd"}
    )
    assert [row.debtor for row in mail.overdue[0].rows] == ["Daughter Ltd", None]
    named = a_mail(a_plan(overdue=(a_line(debtor="Sister Ltd"),)))
    assert named.overdue[0].rows[0].debtor == "Sister Ltd"


def test_a_role_that_signs_is_the_human_to_ask() -> None:
    dora = Person(id="dora", name="Dora", email="dora@x.example", roles=("sales_rep",))
    plan = a_plan(overdue=(a_line(),), sender="sales_rep")
    assert compose_customer_mail(plan, ENTITY, CUSTOMER, READER, [ANNA, dora], "en").contact.name == "Dora"
    own = CUSTOMER.model_copy(update={"team": {"sales_rep": "anna"}})
    assert compose_customer_mail(plan, ENTITY, own, READER, [ANNA, dora], "en").contact.name == "Anna Berg"
    assert compose_customer_mail(plan, ENTITY, CUSTOMER, READER, [ANNA], "en").contact.name == "Anna Berg"


@given(st.text(max_size=300))
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 200
    assert not any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029\u202e\u2066" for c in line)


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@y.example", "a\nb", "a\x00b", "a\u2028b", "=?UTF-8?Q?a=0AX:_y?=", "\u202eevil"]
)
def test_subject_line_takes_no_header_in(bad: str) -> None:
    line = subject_line(bad)
    assert line.isprintable()
    assert "=?" not in line


@pytest.mark.parametrize("first", [(), (ENTITY.name,), (f" {ENTITY.name} ",)])
def test_an_address_that_begins_with_the_name_does_not_say_it_twice(first: tuple[str, ...]) -> None:
    brand = brand_of(ENTITY.model_copy(update={"address": (*first, "Werkstraße 12", "10115 Berlin")}))
    assert (brand.name, brand.address) == (ENTITY.name, ("Werkstraße 12", "10115 Berlin"))


@given(st.integers(0, 0xFFFFFF))
def test_text_on_the_brand_colour_is_readable(value: int) -> None:
    fill, ink = brand_color(f"#{value:06x}")
    assert fill == f"#{value:06x}"
    assert _contrast(fill, ink) >= 4.5


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "#12345g", "url(x)", "#000;background:url(//x)", ""])
def test_a_colour_that_is_none_is_replaced(color: str) -> None:
    assert brand_color(color) == ("#1f4e79", "#ffffff")


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
