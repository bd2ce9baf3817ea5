"""The gallery shows every mail of an outbox, loads nothing, and lets no mail break out of its frame."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

from functions.shared.wire_form import Attachment, mime
from functions.shared.wire_form import Mail as Sent
from local.engine.outbox import Mail
from local.gallery import write_gallery

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def a_mail(number: int = 1, **changes: Any) -> Mail:
    values: dict[str, Any] = {
        "message_id": f"m{number:03d}",
        "sent_at": START + timedelta(hours=number),
        "sender": "Northwind <accounts@northwind.example>",
        "to": ("ap@lakeside.example",),
        "cc": (),
        "bcc": (),
        "reply_to": ("anna@northwind.example",),
        "subject": f"Reminder {number}",
        "text": f"Text {number}",
        "html": f"<p>Page {number}</p>",
        "headers": (("Content-Language", "en"), ("X-Pastdue-Kind", "reminder")),
        "tags": {"notice_id": f"n{number}"},
        "configuration_set": "cs",
    }
    return Mail(**(values | changes))


def test_every_mail_is_listed_newest_first_and_has_a_page(tmp_path: Path) -> None:
    index = write_gallery([a_mail(1), a_mail(3), a_mail(2)], tmp_path).read_text(encoding="utf-8")
    assert re.findall(r'<span class="subject"[^>]*>([^<]+)<', index) == ["Reminder 3", "Reminder 2", "Reminder 1"]
    for link in re.findall(r'href="(mails/[^"]+)"', index):
        assert (tmp_path / link).is_file()
    page = (tmp_path / "mails" / "00001.html").read_text(encoding="utf-8")
    assert "<p>Page 3</p>" in unescape(page)
    assert "Text 3" in page
    assert "anna@northwind.example" in page


def test_a_subject_keeps_its_spaces_in_the_file() -> None:
    subject = "Nordlicht Maschinenbau GmbH : facture RE-2025-0818 de 12 178,40 € à échéance le 15 janvier 2026"
    assert message_from_bytes(a_mail(1, subject=subject).as_bytes(), policy=policy.default)["Subject"] == subject


def test_filters_count_kinds_and_languages(tmp_path: Path) -> None:
    german = (("Content-Language", "de"), ("X-Pastdue-Kind", "friendly"))
    index = write_gallery([a_mail(1), a_mail(2), a_mail(3, headers=german)], tmp_path).read_text(encoding="utf-8")
    chips = re.findall(r'data-by="(\w+)" value="([^"]+)"[^>]*>([^<]+)<', index)
    assert chips == [
        ("kind", "friendly", "friendly 1"),
        ("kind", "reminder", "reminder 2"),
        ("lang", "en", "English 2"),
        ("lang", "de", "German 1"),
    ]


def test_a_mail_stays_in_its_frame_and_nothing_is_loaded(tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script><img src="https://x.example/t.gif">'
    write_gallery([a_mail(1, subject=evil, text=evil, html=evil, sender=evil, to=(evil,))], tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 2
    for path in pages:
        page = path.read_text(encoding="utf-8")
        assert "<script>alert" not in page
        assert "default-src 'none'" in page
        assert "<iframe sandbox" in page or path.name == "index.html"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_mails_without_our_headers_are_shown_too(tmp_path: Path) -> None:
    index = write_gallery([a_mail(1, headers=(), tags={})], tmp_path).read_text(encoding="utf-8")
    assert "Reminder 1" in index
    assert 'class="badge' not in index


def test_an_empty_outbox_has_a_page(tmp_path: Path) -> None:
    assert "No mail has gone out yet" in write_gallery([], tmp_path).read_text(encoding="utf-8")


def test_a_shorter_outbox_leaves_no_pages_behind(tmp_path: Path) -> None:
    write_gallery([a_mail(1), a_mail(2)], tmp_path)
    (tmp_path / "mails" / "notes.html").write_text("somebody's own", encoding="utf-8")
    write_gallery([a_mail(1)], tmp_path)
    assert sorted(path.name for path in (tmp_path / "mails").iterdir()) == ["00001.html", "notes.html"]


def test_pictures_are_seen_and_files_can_be_opened(tmp_path: Path) -> None:
    picture = Attachment("code.png", "image/png", b"\x89PNG", content_id="code.n1@mail.example")
    letter = Attachment("Mahnung ü.pdf", "application/pdf", b"%PDF")
    html = '<img src="cid:code.n1@mail.example">'
    raw = mime(Sent("ar@mail.example", "Nord", ("ap@lakeside.example",), "s", "t", html, attachments=(picture, letter)))
    write_gallery([a_mail(1, html=html, raw=raw), a_mail(2)], tmp_path)
    page = (tmp_path / "mails" / "00002.html").read_text(encoding="utf-8")
    assert "data:image/png;base64,iVBORw==" in unescape(page)
    assert "cid:" not in page
    assert re.findall(r'<a href="([^"]+)">(code.png|Mahnung ü.pdf)</a>', page) == [
        ("00002-1.png", "code.png"),
        ("00002-2.pdf", "Mahnung ü.pdf"),
    ]
    assert (tmp_path / "mails" / "00002-2.pdf").read_bytes() == b"%PDF"
    write_gallery([a_mail(2)], tmp_path)
    assert sorted(path.name for path in (tmp_path / "mails").iterdir()) == ["00001.html"]


def test_the_page_with_every_message_is_linked_where_there_is_one(tmp_path: Path) -> None:
    assert 'href="preview/index.html">Every message there is' in write_gallery(
        [a_mail(1)], tmp_path, "preview/index.html"
    ).read_text(encoding="utf-8")
    assert "Every message there is" not in write_gallery([a_mail(1)], tmp_path).read_text(encoding="utf-8")
