"""MT940 and MT942: what each field says, and what is refused with its line."""

from datetime import date

import pytest

from core.bank import EntryStatus
from core.formats.bank.swift_line import FieldError, read_amount, read_date, read_line
from tests.core.bank_samples import Booking, as_mt940, entry, errors, others, read, statement, statements, swift

DAY = date(2026, 1, 5)


def test_a_statement() -> None:
    one = statement(as_mt940(Booking(DAY, 12_345, reference="B1", end_to_end="E1"), Booking(DAY, -500), number="7/2"))
    assert (one.account, one.currency, one.number, one.sequence) == ("DE02120300000000202051", "EUR", "7/2", 7)
    assert (one.opening_minor, one.closing_minor, one.closing_on) == (100_000, 111_845, DAY)
    assert (one.format, one.interim, one.identification) == ("mt940", False, "STARTUMSE")
    first, second = one.entries
    assert (first.minor, first.currency, first.booked_on, first.value_on) == (12_345, "EUR", DAY, DAY)
    assert (first.payer_name, first.payer_account) == ("Muster GmbH", "DE89370400440532013000")
    assert (first.remittance.text, first.remittance.end_to_end) == ("RE 1001", "E1")
    assert (first.bank_reference, first.kind, first.line, first.status) == ("B1", "NTRF/166", 5, EntryStatus.BOOKED)
    assert (second.minor, second.bank_reference, second.remittance.end_to_end) == (-500, None, None)


@pytest.mark.parametrize(("text", "minor", "booked_on", "reversal", "bank_reference"), [
    ("2601310131C100,00NTRFNONREF", 10_000, date(2026, 1, 31), False, None),
    ("2601310131D100,NTRFNONREF//B1", -10_000, date(2026, 1, 31), False, "B1"),
    ("2601310131RC1,5NTRFX", -150, date(2026, 1, 31), True, None),  # a credit that is taken back goes out
    ("2601310131RD1,5NTRFX", 150, date(2026, 1, 31), True, None),
    ("2601310131CR1,NTRFX", 100, date(2026, 1, 31), False, None),  # R: the third letter of EUR
    ("2601310131RCR1,NTRFX", -100, date(2026, 1, 31), True, None),
    ("260131C0,01NTRFX", 1, date(2026, 1, 31), False, None),  # without an entry date
    ("260131    C0,01NTRFX", 1, date(2026, 1, 31), False, None),  # blanks for it
    ("2512310102C1,NTRFX", 100, date(2026, 1, 2), False, None),  # booked in the next year
    ("2601021231C1,NTRFX", 100, date(2025, 12, 31), False, None),  # booked in the last
    ("2403010229C1,NTRFX", 100, date(2024, 2, 29), False, None),
    ("260131C500NTRF29-07-2014 10:05//B4", 50_000, date(2026, 1, 31), False, "B4"),  # no decimal comma
    ("2601310131C1,NTRFa-reference-longer-than-16//20220706", 100, date(2026, 1, 31), False, "20220706"),
    ("2601310131C1,NTRFA/B//X/Y", 100, date(2026, 1, 31), False, "X/Y"),
])  # fmt: skip
def test_a_statement_line(text: str, minor: int, booked_on: date, reversal: bool, bank_reference: str | None) -> None:
    line = read_line(text, "EUR")
    assert (line.minor, line.booked_on, line.reversal, line.bank_reference) == (
        minor, booked_on, reversal, bank_reference,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "year"), [("791231", 2079), ("800101", 1980), ("991231", 1999), ("000101", 2000)])
def test_a_year_of_two_digits(text: str, year: int) -> None:
    assert read_date(text).year == year


def test_interest_days_that_february_does_not_have() -> None:
    line = read_line("2602300301D6,00N024NONREF", "EUR")
    assert (line.value_on, line.booked_on, line.moved) == (date(2026, 2, 28), date(2026, 3, 1), True)
    assert others(read(swift(":61:2602300301D6,00N024NONREF", closing="C260301EUR994,00"))) == [("notice", "BAD_DATE")]


@pytest.mark.parametrize(("text", "currency", "minor"), [
    ("1234,56", "EUR", 123_456), ("1234,5", "EUR", 123_450), ("1234,", "EUR", 123_400), ("1234", "EUR", 123_400),
    ("000000000025,00", "EUR", 2_500), ("100,", "JPY", 100), ("1,234", "KWD", 1_234), ("1,200", "EUR", 120),
])  # fmt: skip
def test_amounts(text: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency) == minor


@pytest.mark.parametrize(("text", "currency", "code"), [
    ("1,234", "EUR", "TOO_MANY_DECIMALS"), ("1,5", "JPY", "TOO_MANY_DECIMALS"), ("1.5", "EUR", "BAD_AMOUNT"),
    ("", "EUR", "BAD_AMOUNT"), ("1,2,3", "EUR", "BAD_AMOUNT"), ("-1,", "EUR", "BAD_AMOUNT"),
    ("1" * 16, "EUR", "BAD_AMOUNT"), ("\u0661,00", "EUR", "BAD_AMOUNT"),
])  # fmt: skip
def test_amounts_that_are_none(text: str, currency: str, code: str) -> None:
    with pytest.raises(FieldError) as wrong:
        read_amount(text, currency)
    assert wrong.value.code == code


# ---------- field 86 ----------


@pytest.mark.parametrize(("lines", "name", "account", "text", "references", "end_to_end"), [
    (  # German sub-fields, wrapped within a word
        [":86:166?00GUTSCHRIFT?20EREF+E-77?21SVWZ+Rechnung 10?2201 vom 3.1.?30BANKDEFF?31DE1?32Meier und S?33ohn KG"],
        "Meier und Sohn KG", "DE1", "Rechnung 1001 vom 3.1.", (), "E-77",
    ),
    (  # other separators, free words before the first keyword
        [":86:166>00GUTSCHRIFT>20Zahlung >21SVWZ+RE 5>32Meier"], "Meier", None, "Zahlung RE 5", (), None,
    ),
    (  # no keywords at all
        [":86:051?00UEBERWEISUNG?20RE 1001?21 UND 1002?32MEIER"], "MEIER", None, "RE 1001 UND 1002", (), None,
    ),
    (  # sub-fields 60 to 63 go on with the purpose
        [":86:166?20SVWZ+Rechnung?60 1001"], None, None, "Rechnung 1001", (), None,
    ),
    (  # words between slashes
        [":86:/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J. Jansen/REMI/Factuur", "77/EREF/E-1"],
        "J. Jansen", "NL91ABNA0417164300", "Factuur77", (), "E-1",
    ),
    (  # ING: counterparty in one, unstructured words
        [":86:/EREF/E-2//CNTP/NL32INGB0000012345/INGBNL2A/ING TEST///REMI/USTD//Invoice 12/"],
        "ING TEST", "NL32INGB0000012345", "Invoice 12", (), "E-2",
    ),
    (  # a structured reference
        [":86:/EREF/E-3//CNTP/NL1/B/N///REMI/STRD/CUR/9001123000270892/"],
        "N", "NL1", "9001123000270892", ("9001123000270892",), "E-3",
    ),
    (  # the ordering customer's reference
        [":86:/ROC/OUR-REF-9//REMI/for invoice 4/NAME/Smith Ltd"], "Smith Ltd", None, "for invoice 4", (), "OUR-REF-9",
    ),
    (  # free text: a full line goes on without a blank, a shorter one with
        [":86:" + "x" * 65, "y", "INVOICE 5"], None, None, "x" * 65 + "y INVOICE 5", (), None,
    ),
    (  # references with check digits within free text
        [":86:pay RF18 5390 0754 7034 and +++090/9337/55493+++"],
        None, None, "pay RF18 5390 0754 7034 and +++090/9337/55493+++", ("RF18539007547034", "090933755493"), None,
    ),
])  # fmt: skip
def test_what_a_payment_says(
    lines: list[str],
    name: str | None,
    account: str | None,
    text: str,
    references: tuple[str, ...],
    end_to_end: str | None,
) -> None:
    one = entry(swift(":61:2601310131C1,00NTRFNONREF", *lines, closing="C260131EUR1001,00"))
    assert (one.payer_name, one.payer_account, one.remittance.text) == (name, account, text)
    assert one.remittance.end_to_end == end_to_end
    assert set(references) <= set(one.remittance.references)


def test_a_transfer_that_comes_back() -> None:
    told = ":86:/RTRN/MS03//EREF/E-1//CNTP/NL1//J. Jansen///REMI/USTD//back/"
    one = entry(swift(":61:2601310131C1,00NRTINONREF", told, closing="C260131EUR1001,00"))
    assert (one.reversal, one.return_reason, one.payer_name) == (True, "MS03", "J. Jansen")
    german = entry(swift(":61:2601310131D1,00NRTINONREF", ":86:109?20SVWZ+Retoure", closing="C260131EUR999,00"))
    assert (german.reversal, german.minor) == (True, -100)


def test_what_was_ordered_and_what_banks_kept() -> None:
    told = ":86:166?20EREF+E?21OAMT+USD 120,50?22COAM+EUR 3,00?23SVWZ+RE 1?24ABWA+Mutter AG?32Tochter GmbH"
    one = entry(swift(":61:2601310131C100,00NTRFNONREF", told, closing="C260131EUR1100,00"))
    assert (one.instructed, one.charges_minor, one.on_behalf_of) == ((12_050, "USD"), 300, "Mutter AG")


def test_words_after_the_closing_balance_are_not_the_last_payments() -> None:
    text = swift(":61:2601310131C1,00NTRFNONREF", ":86:RE 1", closing="C260131EUR1001,00").replace(
        "\r\n-\r\n", "\r\n:64:C260131EUR1001,00\r\n:86:Kontostand\r\n-\r\n"
    )
    assert entry(text).remittance.text == "RE 1"


def test_an_envelope_around_it() -> None:
    inner = swift().replace("\r\n-\r\n", "\r\n")
    text = "{1:F01BANKDEFFXXXX0000000000}{2:O9401200260131}{4:\r\n" + inner + "-}{5:{CHK:ABC}}\r\n"
    assert statement(text).closing_minor == 100_000
    assert statement("{4:" + inner + "-}").closing_minor == 100_000  # no break after it


# ---------- the rows of the table of bad input ----------


@pytest.mark.parametrize(("content", "expected"), [
    (swift().replace(":62F:C260131EUR1000,00\r\n", ""), [("NO_END", 1, ":62:")]),
    (swift().replace(":60F:C260101EUR1000,00\r\n", ""), [("MISSING_FIELD", 1, ":60:")]),
    (swift().replace(":25:NL00BANK0123456789\r\n", ""), [("MISSING_FIELD", 1, ":25:")]),
    (swift(":61:2601310131C100,00NTRFX"), [("CONTROL_TOTAL", 6, ":62F:")]),  # the sum is wrong
    (swift(":61:2601310131D100,00NTRFX", closing="C260131EUR1100,00"), [("CONTROL_TOTAL", 6, ":62F:")]),  # D for C
    (swift(":61:2601310131RC100,00NTRFX", closing="C260131EUR1100,00"), [("CONTROL_TOTAL", 6, ":62F:")]),  # RC for C
    (swift(":61:2601310230C100,00NTRFX", closing="C260131EUR1100,00"), [("BAD_DATE", 5, ":61:")]),  # 30 February
    (swift(":61:2613310131C100,00NTRFX"), [("BAD_DATE", 5, ":61:")]),
    (swift(":61:nonsense", ":61:2601310131C1,234NTRFX"), [("BAD_VALUE", 5, ":61:"), ("TOO_MANY_DECIMALS", 6, ":61:")]),
    (swift(closing="C260131USD1000,00"), [("CURRENCY_MISMATCH", 5, ":62F:")]),
    (swift(closing="X260131EUR1000,00"), [("BAD_VALUE", 5, ":62F:")]),
    (swift(closing="C2601315000,00"), [("BAD_CURRENCY", 5, ":62F:")]),
    (swift(":25:OTHER"), [("DUPLICATE_FIELD", 5, ":25:")]),
    (":25:NL00BANK\r\n" + swift(), [("MISPLACED", 1, ":25:")]),
])  # fmt: skip
def test_b01_what_is_wrong_is_said_with_tag_and_line(content: str, expected: list[tuple[str, int, str]]) -> None:
    found = [one for one in read(content) if not hasattr(one, "entries")]
    assert [(e.code, e.line, e.field) for e in found if e.code != "NOT_TAKEN"][: len(expected)] == expected  # type: ignore[union-attr]


def test_b01_a_statement_is_taken_whole_or_not_at_all_and_the_others_are() -> None:
    bad = swift(":61:2601310131C100,00NTRFX", ":61:2601310131C1,00NTRFX")
    good = swift(":61:2601310131C1,00NTRFX", closing="C260131EUR1001,00").replace(":28C:1/1", ":28C:2/1")
    found = read(swift() + bad + good)
    assert [len(one.entries) if hasattr(one, "entries") else one.code for one in found] == [
        0, "CONTROL_TOTAL", "NOT_TAKEN", 1,
    ]  # fmt: skip
    assert "2 entries" in str(found[2])


def test_b01_free_text_no_line_breaks_and_several_statements() -> None:
    text = as_mt940(Booking(DAY, 100)) + as_mt940(Booking(DAY, 200), number="2/1")
    whole = statements(text)
    assert [len(one.entries) for one in whole] == [1, 1]
    assert statements(text.replace("\r\n", "\n")) == whole
    assert statements(text.replace("\r\n", "\r")) == whole
    assert statements(text.removesuffix("\r\n-\r\n")) == whole  # cut off after the last field
    joined = swift(":61:2601310131C1,00NTRFX", ":86:RE 1", closing="C260131EUR1001,00").replace("\r\n", "")
    assert entry(joined).remittance.text == "RE 1"


def test_b01_mt942_tells_what_is_announced() -> None:
    head = ":20:R\n:25:PL00\n:28C:1/1\n:34F:PLN0,\n:13D:2601311815+0100\n"
    report = head + ":61:2601310131CN1,00NTRFNONREF//B1\n:86:RE 1\n:90D:0PLN0,00\n:90C:1PLN1,00\n-\n"
    one = statement(report)
    assert (one.format, one.interim, one.currency, one.closing_on) == ("mt942", True, "PLN", date(2026, 1, 31))
    assert [(e.minor, e.status) for e in one.entries] == [(100, EntryStatus.PENDING)]
    assert errors(report.replace(":90C:1PLN1,00", ":90C:2PLN1,00")) == [("CONTROL_TOTAL", 9, ":90C:")]
    assert errors(report.replace(":90C:1PLN1,00", f":90C:{'9' * 5_000}PLN1,00")) == [("CONTROL_TOTAL", 9, ":90C:")]
    assert errors(report.replace(":90C:1PLN1,00", ":90C:1PLN1,01")) == [("CONTROL_TOTAL", 9, ":90C:")]
    expected = statement(swift(":61:2601310131EC5,00NTRFX"))
    assert [(e.minor, e.status) for e in expected.entries] == [(500, EntryStatus.PENDING)]  # not in the balance


def test_a_statement_told_twice_in_one_file_counts_once() -> None:
    text = as_mt940(Booking(DAY, 100))
    found = read(text + text)
    assert [len(one.entries) for one in found if hasattr(one, "entries")] == [1]
    assert others(found) == [("warning", "SEQUENCE_REPEAT")]


def test_encodings() -> None:
    text = as_mt940(Booking(DAY, 100, name="Müller & Söhne", text="Überweisung für Rechnung Nr. 5 — schöne Grüße"))
    for encoding in ("utf-8", "cp1252", "utf-8-sig", "utf-16"):
        (one,) = [one for one in read(text.replace("—", "-"), encoding=encoding) if hasattr(one, "entries")]
        assert one.entries[0].payer_name == "Müller & Söhne", encoding
