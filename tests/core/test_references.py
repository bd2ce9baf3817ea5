"""References of a payment: right by the rules of the banks, the same every night, never the same for two things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger import BankAccount
from core.references import Subject, is_qr_iban, printed, structured_reference

QR_IBAN, IBAN = "CH44 3199 9123 0008 8901 2", "CH93 0076 2011 6238 5295 7"
INVOICE, CUSTOMER = Subject("invoice", "INV-1042"), Subject("customer", "C-1007")
NUMBERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


def reference(kind: str | None, subject: Subject, iban: str = "DE89370400440532013000") -> str | None:
    return structured_reference(BankAccount(holder="Nord", iban=iban, reference=kind), subject)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "iban", "subject", "is_printed"), [
    ("rf", IBAN, INVOICE, "RF98 1INV 1042"),
    ("rf", IBAN, CUSTOMER, "RF63 2C10 07"),
    ("rf", IBAN, Subject("invoice", "inv 1042"), "RF98 1INV 1042"),  # as somebody else may have typed it
    ("belgian", IBAN, Subject("invoice", "1042"), "+++100/0001/04209+++"),
    ("swiss", QR_IBAN, Subject("invoice", "1042"), "10 00000 00000 00000 00000 10428"),
    ("swiss", IBAN, INVOICE, "RF98 1INV 1042"),  # an ordinary account takes the creditor reference
    (None, IBAN, INVOICE, None),
])  # fmt: skip
def test_what_a_payer_is_given_to_quote(kind: str | None, iban: str, subject: Subject, is_printed: str | None) -> None:
    found = reference(kind, subject, iban)
    assert (printed(found) if found else None) == is_printed


@pytest.mark.parametrize(("compact", "on_paper"), [  # published examples of the three schemes
    ("RF18539007547034", "RF18 5390 0754 7034"),
    ("090933755493", "+++090/9337/55493+++"),
    ("210000000003139471430009017", "21 00000 00003 13947 14300 09017"),
])  # fmt: skip
def test_printed_as_the_schemes_show_it(compact: str, on_paper: str) -> None:
    assert printed(compact) == on_paper


def mod_97(reference: str) -> int:
    return int("".join(str(int(c, 36)) for c in reference[4:] + reference[:4])) % 97


def mod_10(reference: str) -> int:
    carry = 0
    for digit in reference:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(digit)) % 10]
    return carry


@given(kind=st.sampled_from(["invoice", "customer"]), number=NUMBERS)
def test_any_number_gets_a_reference_that_banks_take(kind: str, number: str) -> None:
    subject = Subject(kind, number)
    rf, belgian, swiss = reference("rf", subject), reference("belgian", subject), reference("swiss", subject, QR_IBAN)
    assert rf is not None
    assert belgian is not None
    assert swiss is not None
    assert (5 <= len(rf) <= 25, mod_97(rf), rf.isascii()) == (True, 1, True)
    assert len(belgian) == 12
    assert (int(belgian[:10]) % 97 or 97) == int(belgian[10:])
    assert (len(swiss), mod_10(swiss)) == (27, 0)
    assert rf == reference("rf", subject)


@given(one=NUMBERS, other=NUMBERS)
def test_an_invoice_never_meets_a_customer(one: str, other: str) -> None:
    for kind, iban in (("rf", IBAN), ("belgian", IBAN), ("swiss", QR_IBAN)):
        assert reference(kind, Subject("invoice", one), iban) != reference(kind, Subject("customer", other), iban)


@pytest.mark.parametrize(
    "numbers", [("0611365", "611365"), ("INV/2026/000000000000000001", "INV/2026/000000000000000002"), ("Ä1", "A1")]
)
def test_numbers_that_look_alike_stay_apart(numbers: tuple[str, str]) -> None:
    for kind, iban in (("rf", IBAN), ("belgian", IBAN), ("swiss", QR_IBAN)):
        assert len({reference(kind, Subject("invoice", number), iban) for number in numbers}) == 2


@pytest.mark.parametrize(("iban", "only_with_reference"), [
    (QR_IBAN, True), ("LI21 0881 0000 2324 013A A", False), ("CH5630000123456789012", True), (IBAN, False), ("", False),
])  # fmt: skip
def test_which_accounts_take_only_a_qr_reference(iban: str, only_with_reference: bool) -> None:
    assert is_qr_iban(iban) is only_with_reference
