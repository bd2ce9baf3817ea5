"""Links, ways to pay, a code to scan, a note, attachments: said in both parts; by reply or phone without links."""

import re
from dataclasses import replace
from html import unescape

import pytest
from inscriptis import get_text

from core.render.messages import Action, CustomerMail, Note
from core.render.render import Rendered
from tests.core.render_samples import CUSTOMER_KINDS, a_line, a_mail, a_plan, full_mail, rendered, with_every_way

LINK = re.compile(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
TEXT_LINK = re.compile(r"^ *(.+): ((?:https|upi)://\S+)$", re.MULTILINE)
SIGNED = "eyJhbGciOiJub25lIn0." * 8  # as long as a signed token grows


def bare(kind: str = "reminder") -> CustomerMail:
    plan = a_plan(kind, (), (a_line("INV-1", 0),)) if kind in ("welcome-terms", "due-today") else late(kind)
    return a_mail(plan, page_url="https://pay.northwind.example/c")


def late(kind: str) -> object:
    return a_plan(kind, (a_line(), a_line("INV-1043", 3)))


def links(mail: Rendered) -> dict[str, str]:
    """Where the web links of the page lead -> what they say."""
    found = {unescape(url): unescape(re.sub("<[^>]+>", "", said)) for url, said in LINK.findall(mail.html)}
    return {url: said for url, said in found.items() if not url.startswith(("mailto:", "tel:"))}


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_every_link_is_in_both_parts_and_says_where_it_goes(kind: str) -> None:
    mail = rendered(full_mail(kind))
    shown = links(mail)
    assert {url: said for said, url in TEXT_LINK.findall(mail.text)} == shown
    assert len(shown) > 10
    assert len(set(shown.values())) == len(shown), "two links with the same words"
    for url, said in shown.items():
        if not url.startswith("upi:"):
            assert "pay.northwind.example" in said
    for part in (mail.text, get_text(mail.html)):
        assert "links in this message lead to pay.northwind.example" in " ".join(part.split())


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_without_a_page_the_same_is_offered_by_reply_or_phone(kind: str) -> None:
    mail = rendered(replace(bare(kind), page_url=None, page_host=None))
    assert links(mail) == {}
    for part in (mail.text, get_text(mail.html)):
        said = " ".join(part.split())
        assert "a reply to this message or a call is enough" in said
        assert "reply with" in said
        assert "Then please tell us who is. A short reply is enough." in said
        assert "http" not in said


def test_a_pay_link_needs_no_page_of_ours() -> None:
    action, row_url = Action("pay", "https://paylink.example/a"), "https://elsewhere.example/i"
    mail = replace(bare(), page_url=None, page_host=None, actions=(action,))
    (table,) = mail.overdue
    first, *others = table.rows
    tables = (replace(table, rows=(replace(first, pay_url=row_url), *others)),)
    shown = links(rendered(replace(mail, overdue=tables)))
    assert shown == {
        "https://paylink.example/a": "Pay €2,500.00 on paylink.example",
        "https://elsewhere.example/i": "Pay invoice INV-1042 on elsewhere.example",
    }


def test_the_page_itself_is_the_button_where_there_is_nothing_to_sign() -> None:
    mail = rendered(bare())
    assert links(mail) == {"https://pay.northwind.example/c": "See your invoices on pay.northwind.example"}


def test_each_account_has_its_own_reference_or_the_common_one() -> None:
    mail = with_every_way(bare())
    assert "Reference: RF18" not in rendered(mail).text  # one account takes everything here
    own = replace(mail, bank=tuple(replace(line, reference="RF18 5390 0754 7034") for line in mail.bank))
    for part in (rendered(own).text, get_text(rendered(own).html)):
        assert "RF18 5390 0754 7034" in part
        assert "INV-1042, INV-1043" not in part


def test_the_code_to_scan_is_an_image_of_the_mail_with_words_for_it() -> None:
    image = re.search(r"<img[^>]*cid:transfer-code[^>]*>", rendered(with_every_way(bare())).html)
    assert image
    assert 'alt="Transfer code with the account and the reference that are written here"' in image[0]
    assert 'width="160" height="160"' in image[0]
    assert "cid:" not in rendered(bare()).html


def test_a_note_names_its_author_and_is_only_text() -> None:
    note = Note(("<b>Dear</b> {{ 7*7 }}", "https://elsewhere.example"), "Bea <i>Sales</i>")
    mail = rendered(replace(bare(), note=note))
    assert "&lt;b&gt;Dear&lt;/b&gt; {{ 7*7 }}" in mail.html
    assert "A word from Bea &lt;i&gt;Sales&lt;/i&gt;" in mail.html
    assert "A WORD FROM BEA <I>SALES</I>\n  <b>Dear</b> {{ 7*7 }}\n" in mail.text
    assert "elsewhere.example" not in "".join(links(mail))


@pytest.mark.parametrize(
    ("attached", "said"),
    [
        (("statement-pdf",), "The complete list is attached as a PDF."),
        (("statement-csv",), "The complete list is attached as a CSV file."),
        (("statement-pdf", "statement-csv"), "as a PDF to read and as a CSV file"),
        (("letter",), "This message is also attached as a letter (PDF)."),
    ],
)
def test_what_is_attached_is_said(attached: tuple[str, ...], said: str) -> None:
    mail = rendered(replace(bare(), attached=attached))  # type: ignore[arg-type]
    for part in (mail.text, get_text(mail.html)):
        assert said in " ".join(part.split())
    assert "attached" not in rendered(bare()).text


@pytest.mark.parametrize("language", ["en", "pl", "ar", "hi"])
def test_any_number_of_invoices_with_everything_stays_below_the_size_at_which_programs_clip(language: str) -> None:
    def size(count: int, **amounts: int) -> tuple[int, int]:
        lines = tuple(a_line(f"INVOICE-2026-{n:06d}", 250 - n, 123456789, **amounts) for n in range(count))
        entity = {
            "page_url": "https://pay.northwind.example/c",
            "pay_invoice_url": "https://pay.northwind.example/{number}",
        }
        mail = with_every_way(a_mail(a_plan("delinquent", lines), language, **entity), SIGNED)
        return sum(len(table.rows) for table in mail.overdue), len(rendered(mail).html.encode())

    listed, plain = size(50)
    assert listed == 50
    assert plain < 95_000
    rows, parted = size(200, open_minor=100000000, withheld_minor=500, credit_minor=700)
    assert rows > 30
    assert parted < 95_000
