"""camt.052, camt.053, camt.054: what each element says, and what is refused."""

from datetime import date

import pytest

from core.bank import EntryStatus
from core.formats.bank import camt
from tests.core.bank_samples import Booking, as_camt, entry, errors, others, read, statement

DAY = date(2026, 1, 5)
VERSIONS = [f"001.{number:02}" for number in range(2, 13)]


def changed(old: str, new: str, *told: Booking, **how: str) -> str:
    text = as_camt(*(told or (Booking(DAY, 10_000, reference="B1"),)), **how)
    assert old in text
    return text.replace(old, new)


def details(inner: str, amount: str = "100.00", more: str = "", side: str = "CRDT") -> str:
    """A notification with one entry of which the details are given."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N</Id>'
        "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-01-05</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>{more}<NtryDtls>{inner}</NtryDtls></Ntry>"
        "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )


def payment(amount: str, name: str, more: str = "") -> str:
    return (
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>{more}</TxDtls>"
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["052", "053", "054"])
def test_every_version(kind: str, version: str) -> None:
    booked = Booking(DAY, 12_345, name="Meier", text="RE 7", reference="B1", end_to_end="E1")
    one = statement(as_camt(booked, Booking(DAY, -500), kind=kind, version=version, number="12"))
    assert (one.format, one.version, one.sequence, one.account) == (
        f"camt.{kind}",
        version,
        12,
        "DE02120300000000202051",
    )
    assert (one.interim, one.notification) == (kind == "052", kind == "054")
    assert (one.opening_minor, one.closing_minor) == ((100_000, 111_845) if kind == "053" else (None, None))
    first, second = one.entries
    assert (first.minor, first.status, first.booked_on, first.value_on) == (12_345, EntryStatus.BOOKED, DAY, DAY)
    assert (first.payer_name, first.payer_account) == ("Meier", "DE89370400440532013000")
    assert (first.remittance.text, first.remittance.end_to_end, first.bank_reference) == ("RE 7", "E1", "B1")
    assert (first.kind, first.line) == ("PMNT/RCDT/ESCT", 7 if kind == "053" else 5)
    assert (second.minor, second.payer_name, second.remittance.end_to_end) == (-500, "Muster GmbH", None)


def test_a_prefix_and_an_envelope_change_nothing() -> None:
    text = as_camt(Booking(DAY, 100))
    body = text.partition("\n")[2]
    prefixed = body.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:Document xmlns=", "<x:Document xmlns:x=")
    assert [e.key for e in statement(prefixed).entries] == [e.key for e in statement(text).entries]
    wrapped = f'<Envelope xmlns="urn:any"><Header/>{body}</Envelope>'
    assert [e.key for e in statement(wrapped).entries] == [e.key for e in statement(text).entries]


# ---------- details ----------


def test_b03_a_batch_is_split_into_its_payments() -> None:
    one = statement(details(payment("60.00", "A", remitted("RE 1")) + payment("40.00", "B", remitted("RE 2"))))
    assert [(e.minor, e.payer_name, e.remittance.text) for e in one.entries] == [
        (6_000, "A", "RE 1"),
        (4_000, "B", "RE 2"),
    ]
    whole = statement(details("<Btch><NbOfTxs>2</NbOfTxs></Btch>")).entries[0]
    assert {e.batch for e in one.entries} == {whole.key}
    assert len({e.key for e in one.entries} | {whole.key}) == 3


def remitted(text: str) -> str:
    return f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>"


def test_b03_a_batch_whose_sum_is_wrong_stays_whole() -> None:
    text = details(payment("60.00", "A", remitted("RE 1")) + payment("41.00", "B", remitted("RE 2")))
    found = read(text)
    assert others(found) == [("warning", "INCONSISTENT_AMOUNT")]
    (one,) = statement(text).entries
    assert (one.minor, one.payer_name, one.remittance.text, one.batch) == (10_000, None, "RE 1 RE 2", None)


def test_a_batch_in_another_currency_stays_whole() -> None:
    text = details(payment("60.00", "A") + payment("40.00", "B").replace('Ccy="EUR"', 'Ccy="USD"'))
    assert others(read(text)) == [("warning", "INCONSISTENT_AMOUNT")]
    assert [e.minor for e in statement(text).entries] == [10_000]


def test_references() -> None:
    structured = (
        "<RmtInf><Ustrd>see +++090/9337/55493+++</Ustrd><Strd><RfrdDocInf><Nb>INV-7</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf><AddtlRmtInf>thanks</AddtlRmtInf></Strd></RmtInf>"
    )
    one = entry(details(payment("100.00", "A", structured)))
    assert one.remittance.references == ("RF18539007547034", "INV-7", "090933755493")
    assert one.remittance.text == "see +++090/9337/55493+++ thanks"


def test_who_stands_behind_it_what_was_ordered_and_what_banks_kept() -> None:
    inner = (
        '<TxDtls><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        '<AmtDtls><InstdAmt><Amt Ccy="USD">120.50</Amt></InstdAmt></AmtDtls>'
        '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">3.00</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">3.00</Amt></Rcrd></Chrgs>'
        "<RltdPties><Dbtr><Pty><Nm>Tochter</Nm></Pty></Dbtr><UltmtDbtr><Pty><Nm>Mutter</Nm></Pty></UltmtDbtr></RltdPties>"
        "</TxDtls>"
    )
    one = entry(details(inner))
    assert (one.payer_name, one.on_behalf_of) == ("Tochter", "Mutter")
    assert (one.instructed, one.charges_minor) == ((12_050, "USD"), 300)
    early = entry(
        details(inner).replace(
            '<TtlChrgsAndTaxAmt Ccy="EUR">3.00</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">3.00</Amt></Rcrd>',
            '<Amt Ccy="EUR">2.00</Amt>',
        )
    )
    assert early.charges_minor == 200  # as version 02 writes them


def test_b03_a_reversal_keeps_the_roles_of_its_first_way() -> None:
    inner = (
        "<TxDtls><RltdPties><Dbtr><Pty><Nm>Kunde</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Wir</Nm></Pty></Cdtr>"
        "<CdtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></CdtrAcct></RltdPties>"
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>"
    )
    one = entry(details(inner, more="<RvslInd>true</RvslInd>", side="DBIT"))  # a returned debit
    assert (one.minor, one.reversal, one.return_reason, one.payer_name) == (-10_000, True, "AC04", "Kunde")


def test_b03_pending_is_not_booked() -> None:
    text = changed("<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Cd>PDNG</Cd></Sts>", kind="052")
    assert entry(text).status is EntryStatus.PENDING
    assert (
        entry(text).key == entry(as_camt(Booking(DAY, 10_000, reference="B1"))).key
    )  # booked later under the same key
    text = changed("<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Cd>PDNG</Cd></Sts>")
    assert errors(text) == [("CONTROL_TOTAL", 4, "Bal/CLBD")]  # pending money is not in the balance


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("camt.053.001.08", "camt.053.001.01", ("UNKNOWN_VERSION", 2, None)),
    ("camt.053.001.08", "camt.053.001.13", ("UNKNOWN_VERSION", 2, None)),
    ("camt.053.001.08", "pain.001.001.03", ("UNKNOWN_VERSION", 2, None)),
    (' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', "", ("UNKNOWN_VERSION", 2, None)),
    ("<Document", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document', ("XML_FORBIDDEN", 2, None)),
    ("<Document", "<!DOCTYPE x><Document", ("XML_FORBIDDEN", 2, None)),
    ("</Stmt>", "", ("NOT_XML", 8, None)),
    (">100.00<", ">1.23456<", ("TOO_MANY_DECIMALS", 7, "Ntry/Amt")),
    (">100.00<", ">-1.00<", ("BAD_AMOUNT", 7, "Ntry/Amt")),
    (">100.00<", "><", ("BAD_AMOUNT", 7, "Ntry/Amt")),
    ('<Ntry><Amt Ccy="EUR"', '<Ntry><Amt Ccy="USD"', ("CURRENCY_MISMATCH", 7, "Ntry/Amt/@Ccy")),
    ('<Ntry><Amt Ccy="EUR"', '<Ntry><Amt Ccy="XXX"', ("BAD_CURRENCY", 7, "Ntry/Amt/@Ccy")),
    ('<Ntry><Amt Ccy="EUR"', "<Ntry><Amt", ("BAD_CURRENCY", 7, "Ntry/Amt/@Ccy")),
    ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>C</CdtDbtInd><Sts>", ("BAD_ENUM", 7, "Ntry/CdtDbtInd")),
    ("<Cd>BOOK</Cd>", "<Cd>MAYBE</Cd>", ("BAD_ENUM", 7, "Ntry/Sts")),
    ("<BookgDt><Dt>2026-01-05", "<BookgDt><Dt>2026-02-30", ("BAD_DATE", 7, "Ntry/BookgDt")),
    ("<IBAN>DE02120300000000202051</IBAN>", "", ("MISSING_FIELD", 4, "Acct/Id")),
    ("<Bal>", '<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry><Bal>',
     ("CONTROL_TOTAL", 4, "TxsSummry/TtlNtries")),
    ("<Bal>", '<TxsSummry><TtlCdtNtries><Sum>99.00</Sum></TtlCdtNtries></TxsSummry><Bal>',
     ("CONTROL_TOTAL", 4, "TxsSummry/TtlCdtNtries")),
])  # fmt: skip
def test_b03_what_is_refused(old: str, new: str, expected: tuple[str, int, str | None]) -> None:
    text = as_camt(Booking(DAY, 10_000, reference="B1"))
    assert old in text
    assert errors(text.replace(old, new, 1))[0] == expected


def test_b03_an_entity_bomb_and_a_file_inside_a_zip() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>'
    assert errors(bomb) == [("XML_FORBIDDEN", 1, None)]
    assert errors(b"PK\x03\x04 and so on") == [("UNKNOWN_FORMAT", 0, None)]
    deep = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">' + "<a>" * 50 + "</a>" * 50 + "</Document>"
    )
    assert errors(deep) == [("XML_FORBIDDEN", 1, None)]


def test_a_message_may_be_long_but_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt, "_MOST", 200)
    many = as_camt(*[Booking(DAY, 1, text=str(number)) for number in range(50)])  # some 30 elements each
    assert len(statement(many).entries) == 50
    assert errors(changed("<NtryDtls>", "<NtryDtls>" + "<X/>" * 200)) == [("XML_FORBIDDEN", 7, None)]
    assert errors(changed("<Id>S1</Id>", "<X/>" * 200)) == [("XML_FORBIDDEN", 4, None)]


def test_b03_amount_zero_no_entry_and_times_for_dates() -> None:
    assert entry(changed(">100.00<", ">0<", kind="052")).status is EntryStatus.INFORMATION
    assert statement(as_camt()).entries == ()
    timed = changed("<BookgDt><Dt>2026-01-05</Dt>", "<BookgDt><DtTm>2026-01-05T23:30:00-05:00</DtTm>")
    assert entry(timed).booked_on == DAY  # the day that the bank wrote
    assert entry(changed(">100.00<", ">100.00000<")).minor == 10_000


def test_without_balances_nothing_proves_a_statement() -> None:
    text = changed("<Cd>OPBD</Cd>", "<Cd>XPCD</Cd>")
    assert others(read(text)) == [("warning", "MISSING_FIELD")]
    assert statement(text).opening_minor is None


def test_balances_of_several_days_and_those_that_are_not_booked() -> None:
    extra = (
        '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Dt><Dt>2026-01-01</Dt></Dt></Bal>"
        '<Bal><Tp><CdOrPrtry><Cd>CLAV</Cd></CdOrPrtry></Tp><Amt Ccy="USD">7</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    )
    one = statement(as_camt(Booking(DAY, 10_000)).replace("<Bal>", extra + "<Bal>", 1))
    assert (one.closing_minor, one.closing_on) == (110_000, DAY)


def test_pages() -> None:
    page = "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn><ElctrncSeqNb>"
    one = statement(changed("<ElctrncSeqNb>", page))
    assert (one.number, one.sequence) == ("1/2", 1)


def test_other_currencies_have_other_decimals() -> None:
    text = as_camt(Booking(DAY, 10_000), kind="052").replace("EUR", "JPY")
    assert (entry(text).minor, entry(text).currency) == (100, "JPY")
