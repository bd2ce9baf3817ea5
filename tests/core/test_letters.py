"""A letter says what its mail says, is accessible by two checkers, and takes every name for data."""

import csv
import json
import re
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pdfua
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from core.render.compose import compose_customer_mail
from core.render.envelopes import envelope_of
from core.render.formats import LANGUAGES
from core.render.letter import compose_letter
from core.render.messages import CustomerMail
from core.render.paper import letter_pdf, letter_png
from core.render.statement_csv import COLUMNS, safe_text, statement_csv
from tests.core.render_samples import (
    ANNA,
    AS_OF,
    CUSTOMER,
    CUSTOMER_KINDS,
    ENTITY,
    READER,
    a_charge,
    a_line,
    a_plan,
    compiled,
    full_mail,
    rendered,
)

TO = ("Accounts Payable", "1 Quay Street", "Bristol BS1 4QA")
QR = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M1 1h3v3h-3z"/></svg>'


def a_letter(mail: CustomerMail, country: str = "DE", qr: str = "") -> dict[str, Any]:
    return compose_letter(mail, on=AS_OF, to=TO, country=country, qr=qr, folder=compiled()).as_json()


def words_of(pdf: bytes) -> str:
    """As it reads, without the places where a line or a long word was broken."""
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return " ".join(text.replace("\u200b", "").replace("\u200e", "").split())


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u200e\u200f]", "", text)


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_every_kind_of_letter_is_accessible_and_carries_the_facts_of_its_mail(kind: str, tmp_path: Path) -> None:
    mail = full_mail(kind)
    letter = a_letter(mail, qr=QR)
    pdf = letter_pdf(letter)  # the typesetter itself refuses what is not PDF/UA-1
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    assert [(found.rule_id, found.message) for found in pdfua.validate(str(path)).findings] == []
    assert missing(mail, json.dumps(letter, ensure_ascii=False)) == []


@pytest.mark.parametrize("kind", ["welcome-terms", "reminder", "donation"])
def test_what_a_letter_says_is_what_is_printed(kind: str) -> None:
    mail = full_mail(kind)
    assert missing(mail, words_of(letter_pdf(a_letter(mail, qr=QR)))) == []


def missing(mail: CustomerMail, said: str) -> list[str]:
    """The facts of a mail that a letter leaves out."""
    facts = [mail.customer, mail.customer_id, mail.as_of, *mail.asked, mail.reference, mail.contact.name, *TO]
    for table in (*mail.overdue, *mail.coming):
        facts += [table.total, *(fact for row in table.rows for fact in (row.number, row.due_on, row.due))]
        facts += [charge.amount for charge in table.charges]
    facts += [value for line in mail.bank for value in (line.holder, line.iban, line.account, line.bic) if value]
    facts += re.findall(r"[€$][\d,.]*\d", rendered(mail).text)
    read = squeezed(said)
    return [fact for fact in facts if squeezed(fact) not in read]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_set_in_fonts_of_ours(language: str) -> None:
    mail = full_mail("reminder", language)
    pdf = PdfReader(BytesIO(letter_pdf(a_letter(mail))))
    assert pdf.trailer["/Root"]["/Lang"] == language
    assert pdf.metadata is not None
    assert pdf.metadata.title
    fonts = {font.get_object()["/BaseFont"] for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert all("NotoSans" in font for font in fonts), fonts
    wanted = {"ar": "NotoSansArabic", "ja": "NotoSansCJKjp", "hi": "NotoSansDevanagari"}.get(language, "NotoSans-")
    assert any(wanted in font for font in fonts), fonts


@pytest.mark.parametrize(
    "name",
    [
        "#strong[x] $x^2$ *bold* _it_ <label> @ref `raw` // note /* more */ \\ [ ] { }",
        "= Heading",
        "- item",
        '#image("/etc/passwd")',
        '"; #sys.inputs; "',
        "\ue000 private 𒀀 cuneiform",
        "Łódź 株式会社 شركة कंपनी 한국 😀",
        "W" * 200,
        "<script>alert(1)</script>",
    ],
)
def test_a_name_is_never_markup(name: str) -> None:
    mail = replace(full_mail("friendly"), customer=name, reader=None, customer_id=name[:40])
    read = squeezed(words_of(letter_pdf(a_letter(mail))))
    known = "".join("?" if char in "\ue000𒀀" else char for char in name)
    if name.isascii() or "?" in known:
        assert squeezed(known) in read


def test_two_hundred_invoices_stand_on_several_pages_each_with_its_heading() -> None:
    lines = tuple(a_line(f"INV-{n:04}", 20, 5000 + n) for n in range(200))
    mail = compose_customer_mail(a_plan("reminder", lines), ENTITY, CUSTOMER, READER, [ANNA], "en", whole=True)
    pages = [page.extract_text() for page in PdfReader(BytesIO(letter_pdf(a_letter(mail)))).pages]
    assert len(pages) > 4
    listing = [page for page in pages if "INV-" in page]
    assert all("Due date" in page and "To pay" in page for page in listing)
    assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert [line.number for line in lines if not any(line.number in page for page in pages)] == []
    assert len(letter_png(a_letter(mail), ppi=20)) == len(pages)


def test_the_same_letter_gives_the_same_bytes() -> None:
    letter = a_letter(full_mail("warning"))
    assert letter_pdf(letter) == letter_pdf(letter)


@pytest.mark.parametrize(("country", "paper", "left"), [
    ("DE", (595, 842), (71, 283)), (None, (595, 842), (71, 283)), ("US", (612, 792), (72, 310)),
    ("FR", (595, 842), (311, 553)), ("CH", (595, 842), (334, 553)),
])  # fmt: skip
def test_the_address_stands_where_the_window_of_the_country_is(
    country: str | None, paper: tuple[int, int], left: tuple[int, int]
) -> None:
    """Points from the lower left corner, 72 an inch."""
    pdf = PdfReader(BytesIO(letter_pdf(a_letter(full_mail("friendly"), country or ""))))
    found: list[tuple[float, float]] = []

    def see(text: str, of_page: list[float], of_text: list[float], *_: Any) -> None:
        if "Quay" in text:
            a, b, c, d, x0, y0 = of_page
            x, y = of_text[4:]
            found.append((a * x + c * y + x0, b * x + d * y + y0))

    pdf.pages[0].extract_text(visitor_text=see)
    assert tuple(round(float(side)) for side in pdf.pages[0].mediabox[2:]) == paper
    ((x, y),) = found[:1]
    envelope = envelope_of(country)
    from_top = (paper[1] - y) / 72 * 25.4
    assert left[0] - 1 <= x <= left[1]
    assert envelope.top < from_top < envelope.top + envelope.height


# ---------- the list as CSV ----------
WIDE = "\uff1d\uff0b\uff0d\uff20"  # the same signs, as wide as a Chinese character
HOSTILE = st.text(st.sampled_from("=+-@\t\r\n\"',;|a1 \u200b\u00a0" + WIDE), min_size=1, max_size=12)


def table_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


@settings(max_examples=150)
@given(
    number=HOSTILE, debtor=HOSTILE, minor=st.integers(-(10**9), 10**9), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)
def test_no_cell_is_a_formula_and_every_amount_is_a_number(number: str, debtor: str, minor: int, currency: str) -> None:
    line = a_line(number, 3, minor, currency=currency, debtor=debtor)
    content = statement_csv(a_plan("reminder", [line]), [a_charge(number, 100, currency=currency)])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    invoice, charge = table_of(content)
    for row in (invoice, charge):
        for column in ("type", "number", "debtor", "currency"):
            assert not row[column].lstrip(" \u00a0\u200b").startswith(tuple("=+-@\t\r\n" + WIDE)), row
    digits = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    assert round(float(invoice["to_pay"]) * 10**digits) == minor
    assert re.fullmatch(r"-?\d+(\.\d+)?", invoice["to_pay"])
    assert (invoice["due_on"], invoice["days_past_due"]) == (line.due_on.isoformat(), "3")


def test_the_columns_are_quoted_and_in_one_order() -> None:
    content = statement_csv(a_plan("reminder", [a_line('A "quoted", name')]), []).decode("utf-8-sig")
    head, row, _ = content.split("\r\n")
    assert head == ",".join(f'"{column}"' for column in COLUMNS)
    assert '"A ""quoted"", name"' in row
    assert safe_text("-5") == "'-5"
    assert safe_text("INV-5") == "INV-5"
    assert safe_text("") == ""
