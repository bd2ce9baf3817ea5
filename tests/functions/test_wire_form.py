"""Mails as SES takes them: two parsers read back what was meant, and no field can add another."""

import base64
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fast_mail_parser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.render.clean import one_line, subject_line
from functions.shared import mailer
from functions.shared.wire_form import Attachment, HeaderInjectionError, Mail, mime, request_of, wire_address

PDF = Attachment("Kontoauszug Müller & Söhne 例.pdf", "application/pdf", b"%PDF-1.7\r\n\x00\xff" * 50)
CODE = Attachment("code.png", "image/png", b"\x89PNG\r\n\x1a\n", content_id="code.n1@mail.nord.example")
PAGE = "https://pay.nord.example/c/preferences/" + "aZ09-_." * 40
MAIL = Mail(
    sender="ar@mail.nord.example",
    sender_name="Nord Maschinenbau Gesellschaft für Förderanlagen und Hydraulik mbH & Co. KG, München",
    to=("ap@lakeside.example", "cfo@lakeside.example"),
    subject="Nord: Zahlungserinnerung für 3 Rechnungen, 1.234,50 €, bitte prüfen",
    text="Guten Tag Frau Łukasiewicz,\n\nbitte zahlen Sie 1.234,50 €.\n" + "x" * 1200 + "\n.\nFrom here\n",
    html="<p>Guten Tag</p>" + "<td>ü</td>" * 400 + "\n",
    reply_to="r+abc@reply.nord.example",
    cc=("sales@nord.example",),
    headers={
        "List-Unsubscribe": f"<{PAGE}>",
        "References": " ".join(f"<{n:026d}@mail.nord.example>" for n in range(9)),
    },
)
ODD = sorted(Path("../shared/data/inbound-mail/mime").glob("*.eml"))
LINE_BREAKS = ["\r", "\n", "\r\n", "\x00", "\x0b", "\x85", "\u2028", "\x1f"]


def test_without_attachment_ses_gets_the_parts() -> None:
    request = request_of(MAIL)
    simple = request["Content"]["Simple"]
    assert simple["Subject"] == {"Data": MAIL.subject, "Charset": "UTF-8"}
    assert (simple["Body"]["Text"]["Data"], simple["Body"]["Html"]["Data"]) == (MAIL.text, MAIL.html)
    assert {"Name": "List-Unsubscribe", "Value": f"<{PAGE}>"} in simple["Headers"]
    assert request["ReplyToAddresses"] == [MAIL.reply_to]
    name, address = parseaddr(request["FromEmailAddress"])
    assert (str(make_header(decode_header(name))), address) == (MAIL.sender_name, MAIL.sender)
    assert all(len(word) <= 75 for word in request["FromEmailAddress"].split())  # RFC 2047, 2


def test_with_attachment_both_parsers_read_what_was_meant() -> None:
    request = request_of(replace(MAIL, attachments=(CODE, PDF)))
    raw = request["Content"]["Raw"]["Data"]
    assert "ReplyToAddresses" not in request
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78 + len(PAGE)
    assert b"\n" not in raw.replace(b"\r\n", b"")

    ours = message_from_bytes(raw, policy=policy.default)
    assert ours["Subject"] == MAIL.subject
    assert " ".join(ours["From"].addresses[0].display_name.split()) == MAIL.sender_name
    assert [each.addr_spec for each in ours["To"].addresses] == list(MAIL.to)
    assert (ours["Cc"], ours["Reply-To"]) == (MAIL.cc[0], MAIL.reply_to)
    assert ours["List-Unsubscribe"] == f"<{PAGE}>"
    assert ours.get_content_type() == "multipart/mixed"
    assert ours.get_body(("plain",)).get_content().replace("\r\n", "\n") == MAIL.text  # type: ignore[union-attr]
    assert ours.get_body(("html",)).get_content().replace("\r\n", "\n") == MAIL.html  # type: ignore[union-attr]

    theirs = fast_mail_parser.parse_email(raw)
    assert theirs.warnings == []
    assert theirs.subject == MAIL.subject
    assert theirs.from_ is not None
    assert (theirs.from_.display_name, theirs.from_.address) == (MAIL.sender_name, MAIL.sender)
    assert [each.address for each in theirs.to] == list(MAIL.to)
    assert theirs.headers["List-Unsubscribe"] == [f"<{PAGE}>"]
    assert theirs.headers["References"][0].split() == MAIL.headers["References"].split()
    assert [text.replace("\r\n", "\n") for text in theirs.text_plain] == [MAIL.text]
    assert [text.replace("\r\n", "\n") for text in theirs.text_html] == [MAIL.html]
    files = {each.filename: (each.mimetype, each.content_id, each.content) for each in theirs.attachments}
    assert files[PDF.name] == ("application/pdf", None, PDF.content)
    assert files[CODE.name][0] == "image/png"
    assert (files[CODE.name][1] or "").strip("<>") == CODE.content_id
    assert files[CODE.name][2] == CODE.content


def test_a_picture_belongs_to_its_page_and_a_file_stands_beside() -> None:
    tree = fast_mail_parser.parse_email_tree(mime(replace(MAIL, attachments=(CODE, PDF))))
    mixed = [part.content_type for part in tree.children]
    assert (tree.content_type, mixed) == ("multipart/mixed", ["multipart/alternative", "application/pdf"])
    assert [part.content_type for part in tree.children[0].children] == ["text/plain", "multipart/related"]
    related = tree.children[0].children[1]
    assert [part.content_type for part in related.children] == ["text/html", "image/png"]
    only_picture = fast_mail_parser.parse_email_tree(mime(replace(MAIL, attachments=(CODE,))))
    assert only_picture.content_type == "multipart/alternative"


@pytest.mark.parametrize(("address", "wired"), [
    ("a@nord.example", "a@nord.example"),
    ("a@Müller.example", "a@xn--mller-kva.example"),
    ("a@faß.example", "a@xn--fa-hia.example"),  # not fass.example, which is somebody else's
    ("a@例え.example", "a@xn--r8jz45g.example"),
])  # fmt: skip
def test_domains_of_the_world(address: str, wired: str) -> None:
    assert wire_address(address) == wired


@pytest.mark.parametrize("address", [
    "", "a", "a@", "@b.example", "jürgen@b.example", "a b@c.example", "a@b.example, c@d.example", "a@b..例え.example",
    "a@b.example\nBcc: x@y.example", "a@b.example\x00", "<a@b.example>", "a@[127.0.0.1]",
    "a@b.example,c@d.example", "a@b@c.example", '"a b"@c.example', "a@b", "a@..", "a@\u202eb.example",
])  # fmt: skip
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises((HeaderInjectionError, UnicodeError)):
        request_of(replace(MAIL, to=(address,)))


FIELDS: list[tuple[str, Any]] = [
    ("subject", lambda text: {"subject": f"Reminder{text}Bcc: x@y.example"}),
    ("to", lambda text: {"to": (f"a@b.example{text}Bcc: x@y.example",)}),
    ("cc", lambda text: {"cc": (f"a@b.example{text}Bcc: x@y.example",)}),
    ("sender", lambda text: {"sender": f"a@b.example{text}Bcc: x@y.example"}),
    ("reply_to", lambda text: {"reply_to": f"a@b.example{text}Bcc: x@y.example"}),
    ("header value", lambda text: {"headers": {"X-A": f"1{text}Bcc: x@y.example"}}),
    ("header name", lambda text: {"headers": {f"X-A{text}Bcc": "1"}}),
    ("file", lambda text: {"attachments": (replace(PDF, name=f"a{text}Bcc: x@y.example"),)}),
    ("media type", lambda text: {"attachments": (replace(PDF, media_type=f"a/b{text}Bcc: x@y.example"),)}),
    ("content id", lambda text: {"attachments": (replace(CODE, content_id=f"a{text}Bcc: x@y.example"),)}),
]  # fmt: skip


@pytest.mark.parametrize("text", LINE_BREAKS, ids=repr)
@pytest.mark.parametrize(("field", "changes"), FIELDS, ids=[name for name, _ in FIELDS])
def test_a_line_break_in_any_field_is_refused(field: str, changes: Any, text: str) -> None:
    with pytest.raises((HeaderInjectionError, UnicodeError)):
        request_of(replace(MAIL, **changes(text)))


@pytest.mark.parametrize("text", LINE_BREAKS, ids=repr)
def test_a_line_break_in_the_senders_name_becomes_a_space(text: str) -> None:
    named = replace(MAIL, sender_name=f"Nord{text}Bcc: x@y.example", attachments=(PDF,))
    message = message_from_bytes(mime(named), policy=policy.default)
    assert message["From"].addresses[0].display_name == "Nord Bcc: x@y.example"
    assert message["Bcc"] is None
    assert "\n" not in request_of(named)["FromEmailAddress"]


@pytest.mark.parametrize("word", ["=?UTF-8?Q?=0ABcc:_x@y.example?=", "=?utf-8?b?DQpCY2M6IHhAeS5leGFtcGxl?="])
def test_an_encoded_word_from_outside_is_never_unfolded(word: str) -> None:
    """As names arrive: cleaned by the core, then written into subject and sender."""
    mail = replace(MAIL, subject=subject_line(f"Reminder for {word}"), sender_name=word, attachments=(PDF,))
    for raw in (mime(mail),):
        theirs, ours = fast_mail_parser.parse_email(raw), message_from_bytes(raw, policy=policy.default)
        assert ours["Bcc"] is None
        assert theirs.bcc == []
        assert "Bcc:" not in ours["Subject"] + theirs.subject or "=" in theirs.subject
        assert "\n" not in str(ours["Subject"]) + theirs.subject + str(ours["From"])


@pytest.mark.parametrize(("changes", "why"), [
    ({"headers": {f"X-{n}": "1" for n in range(16)}}, "SES takes 15"),
    ({"headers": {"X-A": "a" * 871}}, "SES takes 870 characters"),
    ({"headers": {"X-A": "ü"}}, "SES takes ASCII"),
    ({"headers": {"X-A": ""}}, "SES takes no empty one"),
    ({"subject": ""}, "SES asks for a subject"),
])  # fmt: skip
def test_limits_of_ses_are_known_before_it_is_asked(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(HeaderInjectionError):
        request_of(replace(MAIL, **changes))


def parsed_names() -> list[str]:
    """Subjects, names and file names as other people's programs really wrote them."""
    found = []
    for path in ODD:
        message = message_from_bytes(path.read_bytes(), policy=policy.compat32)
        found += [str(message[name]) for name in ("Subject", "From", "To") if message[name]]
        found += [str(part.get_filename()) for part in message.walk() if part.get_filename()]
    return found


@pytest.mark.skipif(not ODD, reason="the collection of real mails is not here")
def test_real_oddities_as_names_and_subjects_do_no_harm() -> None:
    names = parsed_names()
    assert len(names) > 100
    for name in names:
        _reads_back(name)


@settings(max_examples=150)
@given(st.text(max_size=300))
@example("\u202egnp.exe")
@example("a" * 10_000)
@example("\ud800")
@example("=?utf-8?q?" + "=41" * 400 + "?=")
@example('a, b; <c> "d" (e) @ \\ :')
def test_any_name_reads_back_as_it_was_cleaned(name: str) -> None:
    _reads_back(name)


def _reads_back(name: str) -> None:
    """One name from outside as subject, sender and file name."""
    subject, file_name = subject_line(f"Reminder: {name}"), one_line(f"a {name}", 120)
    mail = replace(MAIL, subject=subject, sender_name=name, attachments=(replace(PDF, name=file_name),))
    raw = mime(mail)
    ours, theirs = message_from_bytes(raw, policy=policy.default), fast_mail_parser.parse_email(raw)
    assert " ".join(str(ours["Subject"]).split()) == " ".join(theirs.subject.split()) == " ".join(subject.split())
    assert [each.addr_spec for each in ours["From"].addresses] == [MAIL.sender]
    assert set(ours.keys()) == {
        "From", "To", "Cc", "Reply-To", "Subject", "List-Unsubscribe", "References", "MIME-Version", "Content-Type",
    }  # fmt: skip
    (file,) = theirs.attachments
    assert file.content == PDF.content
    simple = request_of(replace(mail, attachments=()))
    assert simple["Content"]["Simple"]["Subject"]["Data"] == subject
    assert simple["FromEmailAddress"].isascii()
    assert parseaddr(simple["FromEmailAddress"])[1] == MAIL.sender
    assert base64.b64encode(raw)


@pytest.mark.parametrize("changes", [
    {"subject": "a\r\nBcc: x@y.example"}, {"to": ("a@b.example\nBcc: x@y.example",)}, {"to": ("jürgen@b.example",)},
    {"to": ("a@..",)}, {"headers": {"X-A": "ü"}},
])  # fmt: skip
def test_such_a_mail_is_refused_for_ever_and_ses_is_not_asked(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFIGURATION_SET", "set")
    asked = SimpleNamespace(send_email=lambda **_: pytest.fail("SES was asked"))
    monkeypatch.setattr(mailer, "client", lambda _: asked)
    answer = mailer.send("n1", replace(MAIL, **changes))
    assert isinstance(answer, mailer.RefusedForever)
    assert "Bcc" not in answer.reason  # the reason is stored and logged; what was found is not
