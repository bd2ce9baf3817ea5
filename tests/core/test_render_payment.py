"""How a message lets itself be paid: references, links, local ways, the code to scan."""

from io import BytesIO
from typing import Any

import pytest
import segno

from core.decide.account import survey
from core.ledger import BankAccount, Customer, Instalment, ItemKind, Plan
from core.render.compose import compose_customer_mail, transfer_of
from core.render.messages import CustomerMail, PayWay
from core.render.payment import TransferCode, is_pay_address, known_ways, pay_ways
from tests.builders import a_setting, an_item, facts, on
from tests.core.render_samples import ANNA, CUSTOMER, ENTITY, READER, a_charge, a_line, a_plan

EURO = ENTITY.bank_accounts[0]
PAYEE = "BCD\n002\n1\nSCT\nBYLADEM1001\nNorthwind Machines GmbH\nDE02120300000000202051\n"
INDIAN = Customer(id="C-9", name="Chennai Mills", country="IN")


def mail(*lines: Any, coming: tuple[Any, ...] = (), charges: tuple[Any, ...] = (), **entity: Any) -> CustomerMail:
    plan = a_plan("reminder", lines or (a_line(),), coming, charges=charges)
    return compose_customer_mail(plan, ENTITY.model_copy(update=entity), CUSTOMER, READER, [ANNA], "en")


def with_reference(kind: str) -> tuple[BankAccount, ...]:
    return (EURO.model_copy(update={"reference": kind}),)


# ---------- references ----------
def test_one_invoice_is_quoted_itself_several_by_their_customer() -> None:
    accounts = with_reference("rf")
    assert [line.reference for line in mail(bank_accounts=accounts).bank] == ["RF98 1INV 1042"]
    both = mail(a_line(), coming=(a_line("INV-2", -7),), bank_accounts=accounts)
    assert [line.reference for line in both.bank] == ["RF63 2C10 07"]
    assert both.reference == "INV-1042, INV-2"  # in words as well


def test_without_the_setting_there_is_no_structured_reference() -> None:
    assert [line.reference for line in mail().bank] == [None]


# ---------- links ----------
def test_an_invoice_is_paid_where_the_ledger_says_else_by_the_pattern() -> None:
    own = a_line("INV/7", pay_url="https://erp.example/p/7")
    (table,) = mail(own, a_line("INV/8"), pay_invoice_url="https://pay.example/{customer}/{number}").overdue
    assert [row.pay_url for row in table.rows] == ["https://erp.example/p/7", "https://pay.example/C-1007/INV%2F8"]


@pytest.mark.parametrize(
    "url", ["http://erp.example/7", "javascript:alert(1)", "https://erp.example/a b", "https://", "https://x/{y}"]
)
def test_what_is_no_https_address_is_no_link(url: str) -> None:
    (table,) = mail(a_line(pay_url=url)).overdue
    assert table.rows[0].pay_url is None


def test_everything_is_paid_at_one_address() -> None:
    (action,) = mail(a_line(), a_line("INV-2"), pay_account_url="https://pay.example/c/{customer}").actions
    assert (action.what, action.url) == ("pay", "https://pay.example/c/C-1007")


def test_the_link_of_the_only_invoice_pays_everything() -> None:
    linked = a_line(pay_url="https://erp.example/p/7")
    (action,) = mail(linked).actions
    assert action.url == "https://erp.example/p/7"
    assert mail(linked, charges=(a_charge(),)).actions == ()  # it does not pay the fee
    assert mail(a_line(pay_url="https://erp.example/p/7", due_minor=100, credit_minor=124900)).actions == ()  # too much


def test_an_instalment_of_a_plan_is_not_paid_where_its_invoice_is() -> None:
    """That page takes the whole invoice, and nobody looks for a payment by "INV-1 (1/2)"."""
    invoice = an_item(pay_url="https://erp.example/p/7")
    agreed = Plan(id="P", items=("I1",), agreed_on=on(1), instalments=(Instalment(due_on=on(4), minor=2_000),) * 2)
    (_, first, *_) = (row.item for row in survey(facts(invoice, plans=(agreed,)), a_setting(), on(2)).rows)
    line = a_line(first.number, pay_url=first.pay_url)
    shown = mail(line, bank_accounts=with_reference("rf"), pay_invoice_url="https://pay.example/{number}")
    assert (shown.actions, shown.overdue[0].rows[0].pay_url) == ((), None)
    assert [bank.reference for bank in shown.bank] == ["RF63 2C10 07"]  # the customer's
    assert shown.reference == "INV-I1 (1/2)"


def test_without_addresses_there_is_no_link() -> None:
    shown = mail()
    assert (shown.actions, shown.ways, shown.overdue[0].rows[0].pay_url) == ((), (), None)


# ---------- local ways ----------
def ways(minor: int, customer: Customer = INDIAN, currency: str = "INR", **addresses: str) -> tuple[PayWay, ...]:
    entity = ENTITY.model_copy(update={"pay_addresses": addresses, "name": "Nord & Süd"})
    return pay_ways(entity, customer, {currency: minor}, "INV-1 & more")


def test_upi_opens_with_everything_filled_in() -> None:
    assert ways(123450, upi="nord@okbank") == (
        PayWay("UPI", "nord@okbank", "upi://pay?pa=nord@okbank&pn=Nord%20%26%20S%C3%BCd&am=1234.50&cu=INR&tn=INV-1%20%26%20more"),
    )  # fmt: skip


def test_a_sum_that_upi_does_not_carry_gets_no_link() -> None:
    assert [
        way.url is None for way in (*ways(10_000_000, upi="nord@okbank"), *ways(10_000_001, upi="nord@okbank"))
    ] == [
        False,
        True,
    ]


def test_a_way_is_shown_only_where_it_is_known_and_takes_the_money() -> None:
    assert ways(100, CUSTOMER, upi="nord@okbank") == ()  # a reader in Great Britain
    assert ways(100, currency="EUR", upi="nord@okbank") == ()
    assert ways(0, upi="nord@okbank") == ()
    assert ways(100, upi="no address") == ()


@pytest.mark.parametrize(("way", "address"), [
    ("upi", "nord.gmbh-1@okbank"), ("pix", "12345678000195"), ("pix", "a@b.example"), ("paynow", "201912345K"),
    ("paynow", "T08LL0001A"), ("swish", "123 123 45 67"), ("interac", "ar@nord.example"), ("payid", "51824753556"),
])  # fmt: skip
def test_addresses_of_each_way(way: str, address: str) -> None:
    assert is_pay_address(way, address)
    assert way in known_ways()
    assert not is_pay_address(way, address + "\nBcc: x")
    assert not is_pay_address(way, "<script>alert(1)</script> ")


# ---------- the code ----------
def same_picture(code: TransferCode | None, payload: str) -> bool:
    """Whether the code says exactly the payload: two pictures of one text are the same."""
    assert code is not None
    out = BytesIO()
    segno.make_qr(payload.encode(), error="m", boost_error=False).save(out, kind="png", scale=4, border=4)
    return code.png() == out.getvalue()


def transfer(
    *lines: Any, template: str = "reminder", charges: tuple[Any, ...] = (), **entity: Any
) -> TransferCode | None:
    plan = a_plan(template, lines or (a_line(),), charges=charges)
    return transfer_of(plan, ENTITY.model_copy(update=entity), CUSTOMER)


def test_the_code_is_the_transfer_that_the_message_asks_for() -> None:
    code = transfer(a_line(), charges=(a_charge(),), bank_accounts=with_reference("rf"))
    assert same_picture(
        code,
        f"{PAYEE}EUR1290\n\nRF981INV1042",
    )
    assert code is not None
    assert code.svg().lstrip().startswith(b"<?xml")


def test_without_a_creditor_reference_the_code_says_it_in_words() -> None:
    assert same_picture(
        transfer(a_line(), a_line("INV-2", minor=5)),
        f"{PAYEE}EUR1250.05\n\n\nINV-1042, INV-2",
    )
    belgian = transfer(a_line("1042"), bank_accounts=with_reference("belgian"))
    assert belgian is not None
    assert (belgian.reference, belgian.text) == (None, "+++100/0001/04209+++")


@pytest.mark.parametrize(("minor", "there"), [(1, True), (99_999_999_999, True), (100_000_000_000, False)])
def test_amounts_that_a_code_can_carry(minor: int, there: bool) -> None:
    code = transfer(a_line(minor=minor))
    assert (code is not None) is there
    assert code is None or code.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(("changes", "there"), [
    ({"currency": None}, True),
    ({"currency": "USD"}, False),
    ({"iban": None, "account": "123"}, False),
    ({"iban": "CH9300762011623852957", "bic": None}, False),  # outside the EEA a BIC is needed
    ({"iban": "CH9300762011623852957"}, True),
    ({"iban": "CH4431999123000889012", "reference": "swiss"}, False),  # takes no SEPA transfer
    ({"iban": "US00123456789"}, False),
])  # fmt: skip
def test_accounts_that_a_code_can_name(changes: dict[str, Any], there: bool) -> None:
    account = EURO.model_copy(update=changes)
    assert (transfer(bank_accounts=(account,)) is not None) is there


def test_what_demands_nothing_shows_no_code() -> None:
    assert transfer(template="statement") is None
    assert transfer(a_line(currency="USD")) is None


def test_a_long_holder_fits_and_a_charge_kind_does_not_matter() -> None:
    account = EURO.model_copy(update={"holder": "Ä" * 300})
    code = transfer(charges=(a_charge(kind=ItemKind.INTEREST),), bank_accounts=(account,))
    assert code is not None
    assert len(code.holder) == 70
    assert code.png()
