"""How an entity is to be paid and answered: each mistake is named at its key."""

from pathlib import Path

import pytest

from local.config_folder import read_folder
from tests.local.test_config_folder import FILES, folder

NORD = FILES["entities/nord.yaml"]
QR = "CH44 3199 9123 0008 8901 2"


def said(tmp_path: Path, *lines: str, iban: str = "DE89 3704 0044 0532 0130 00", bank: str = "") -> list[str]:
    text = NORD.replace("0130 00 }", f"0130 00{bank} }}").replace("DE89 3704 0044 0532 0130 00", iban)
    read = read_folder(folder(tmp_path, entities__nord_yaml=text + "".join(f"{line}\n" for line in lines)))
    return [str(found) for found in (*read.errors, *read.warnings)]


def test_everything_right_says_nothing(tmp_path: Path) -> None:
    assert (
        said(
            tmp_path,
            "pay_invoice_url: https://pay.example/i/{number}?c={customer}",
            "pay_account_url: https://pay.example/c/{customer}",
            "pay_addresses: { upi: nord@okbank, swish: '123 123 45 67' }",
            "mail_qr: true",
            "page_url: https://pay.nord.example/c",
            "reply_domain: reply.nord.example",
            bank=", reference: rf",
        )
        == []
    )


def test_a_swiss_account_with_its_reference_says_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, iban=QR, bank=", reference: swiss") == []


@pytest.mark.parametrize(("line", "key", "problem"), [
    ("pay_invoice_url: http://pay.example/{number}", "pay_invoice_url", "not an https address"),
    ("pay_invoice_url: https://pay.example/{nummer}", "pay_invoice_url", "there is no field 'nummer'"),
    ("pay_account_url: https://pay.example/{number}", "pay_account_url", "there is no field 'number'"),
    ("pay_account_url: https://pay.example/", "pay_account_url", "the same address for every customer"),
    ("pay_account_url: 'https://pay.example/{customer'", "pay_account_url", "not an https address"),
    ("pay_addresses: { upy: nord@okbank }", "pay_addresses.upy", "there is no way to pay 'upy'"),
    ("pay_addresses: { upi: nord }", "pay_addresses.upi", "'nord' is not an address of upi"),
    ("page_url: http://pay.nord.example/c", "page_url", "not the address of a page"),
    ("page_url: https://pay.nord.example/c?x=1", "page_url", "not the address of a page"),
    ("reply_domain: 'reply nord'", "reply_domain", "'reply nord' is not a domain"),
    ("reply_domain: ar@nord.example", "reply_domain", "is not a domain"),
])  # fmt: skip
def test_a_mistake_is_named_at_its_key(tmp_path: Path, line: str, key: str, problem: str) -> None:
    (found,) = said(tmp_path, line)
    assert f"{key}  " in found
    assert problem in found


def test_references_that_the_bank_does_not_take(tmp_path: Path) -> None:
    (found,) = said(tmp_path, bank=", reference: swiss")
    assert "bank_accounts[0].reference" in found
    (found,) = said(tmp_path, iban=QR)
    assert "add `reference: swiss`" in found


def test_a_code_that_no_account_can_carry(tmp_path: Path) -> None:
    (found,) = said(tmp_path, "mail_qr: true", bank=", currency: USD")
    assert "no mail will show a code" in found
