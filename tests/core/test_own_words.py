"""What is refused of a company's own words, each with its line; and that ours would pass the same checks."""

from dataclasses import fields, is_dataclass
from functools import cache

import pytest

from core.formats.errors import Code
from core.own.dialect import MAX_SOURCE, template_faults
from core.own.markup import markup_faults
from core.own.required import MAX_HTML, missing_facts, printed_faults
from core.own.sentences import sentence_faults
from core.own.text import EVERY, OwnText, nearest
from core.render import answers, internal_messages, messages
from core.render.render import render, render_parts
from local.compile_templates import TEMPLATES, message_sources
from tests.core.render_samples import compiled, full_mail

TOP = frozenset(field.name for field in fields(messages.CustomerMail))
BY_INVOICE = {kind.value for kind in messages.MailKind} - {
    "thank-you", "promise-confirmed", "plan-agreed", "dispute-received", "correction", "retraction",
    "digest", "call-task", "alert", "approval",
}  # fmt: skip


@cache
def all_fields() -> frozenset[str]:
    modules = (messages, answers, internal_messages)
    kinds = [kind for module in modules for kind in vars(module).values() if is_dataclass(kind)]
    return frozenset(field.name for kind in kinds for field in fields(kind))


def codes(source: str, *, html: bool = True) -> list[tuple[Code, int]]:
    found = template_faults(source, "body.html", html=html, top=TOP, fields=all_fields())
    return [(fault.code, fault.line) for fault in found]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ customer|attr('format') }}",
        "{{ '%s'|format(customer) }}",
        "{{ customer.format(1) }}",
        "{{ customer['__class__'] }}",
        "{{ gettext.__globals__ }}",
        "{% import 'os' as os %}",
        "{% from 'os' import system %}",
        "{% include 'shared/foot.txt' %}",
        "{% extends 'shared/customer.txt' %}",
        "{% block x %}{% endblock %}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 7 // 2 }}",
        "{{ customer|safe }}",
        "{{ bank|selectattr('__class__') }}",
        "{{ bank|selectattr('iban', 'equalto', 'x') }}",
        "{{ overdue|map(attribute='__class__') }}",
        "{{ overdue|map('attr', 'rows') }}",
        "{{ overdue|map('safe') }}",
        "{{ customer|default('there') }}",
        "{% if customer is defined %}x{% endif %}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ self }}",
        "{% set brand = 1 %}",
        "{% macro _(x) %}{% endmacro %}",
        "{{ _(*overdue) }}",
        "{% for a in overdue recursive %}{{ loop(a) }}{% endfor %}",
        "{% call _('x') %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
    ],
)
def test_what_leads_out_of_a_template_is_refused_with_its_line(source: str) -> None:
    found = codes("<p>\n" + source + "</p>")
    assert found, source
    assert {line for _, line in found} == {2}


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("{{ custmer }}", "customer"),
        ("{{ brand.nam }}", "name"),
        ("{% for t in overdue %}{% for r in t.rowss %}{{ r.number }}{% endfor %}{% endfor %}", "rows"),
    ],
)
def test_a_name_that_no_message_has_is_named_with_what_was_meant(source: str, meant: str) -> None:
    found = template_faults("\n\n" + source, "body.txt", html=False, top=TOP, fields=all_fields())
    assert [(fault.code, fault.line) for fault in found] == [(Code.UNKNOWN_REF, 3)]
    assert meant in (found[0].hint or "")


def test_a_template_that_cannot_be_read_or_is_too_long() -> None:
    assert codes("a\n{% if %}") == [(Code.TEMPLATE_SYNTAX, 2)]
    assert codes("x" * (MAX_SOURCE + 1)) == [(Code.TOO_LONG, 0)]
    assert codes("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}")[0][0] in (Code.TEMPLATE_FORBIDDEN, Code.TEMPLATE_SYNTAX)
    deep = "{% for a in overdue %}" * 5 + "{% endfor %}" * 5
    assert codes(deep) == [(Code.TEMPLATE_FORBIDDEN, 1)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>\n<script>x</script></p>", 2),
        ("<a href='javascript:alert(1)'>x</a>", 1),
        ("<a href='&#106;avascript:alert(1)'>x</a>", 1),
        ("<a href=' javascript:x'>x</a>", 1),
        ("<a href='data:text/html,x'>x</a>", 1),
        ("<a href='{{ customer }}'>x</a>", 1),
        ("<p>\n\n<img src='https://pixel.example/x.png' alt=''></p>", 3),
        ("<img src='{{ customer }}' alt=''>", 1),
        ("<a title={{ customer }}>x</a>", 1),
        ("<p onclick='x'>x</p>", 1),
        ("<p style='background:url(x)'>x</p>", 1),
        ("<p style='{{ customer }}'>x</p>", 1),
        ("<style>p { color: {{ customer }} }</style>", 1),
        ("<style>@import 'x'</style>", 1),
        ("<!-- {{ customer }} -->", 1),
        ("<!--[if mso]>\n<script>x</script><![endif]-->", 2),
        ("<p>\n<{{ customer }}></p>", 2),
        ("<p {{ customer }}='x'></p>", 1),
        ("<meta http-equiv='refresh' content='0;url=x'>", 1),
        ("<iframe></iframe>", 1),
        ("<form></form>", 1),
        ("<base href='https://evil.example'>", 1),
    ],
)
def test_what_runs_or_loads_something_in_a_mail_is_refused_with_its_line(source: str, line: int) -> None:
    found = markup_faults(source, "body.html")
    assert found, source
    assert {fault.line for fault in found} == {line}
    assert {fault.code for fault in found} == {Code.TEMPLATE_FORBIDDEN}


@pytest.mark.parametrize(
    ("source", "line"), [("<div><p>x</div>", 1), ("<p>\n<b>x</p>", 2), ("<p>a", 1), ("a</p>", 1), ("<td>\n\n</th>", 3)]
)
def test_a_tag_left_open_is_refused_with_its_line(source: str, line: int) -> None:
    found = markup_faults(source, "body.html")
    assert Code.TEMPLATE_SYNTAX in {fault.code for fault in found}
    assert line in {fault.line for fault in found}


@pytest.mark.parametrize(
    "source",
    [
        "<a href='https://pay.example/{{ reference }}'>x</a>",
        "<a href='{{ page_url }}'>x</a>",
        "<a href='mailto:{{ contact.email }}'>x</a>",
        "<img src='{{ brand.logo_url }}' alt='{{ brand.name }}'>",
        "<p style='color: {{ brand.color }}'>x</p>",
        "{% if hardship %}<p>x</p>{% endif %}",
    ],
)
def test_what_a_mail_needs_is_allowed(source: str) -> None:
    assert markup_faults(source, "body.html") == []


def test_our_own_templates_would_pass() -> None:
    seen = 0
    for name, source in message_sources(TEMPLATES / "mail"):
        if name.split("/")[0] not in BY_INVOICE:
            continue
        html = name.endswith(".html")
        faults = template_faults(source, name, html=html, top=TOP, fields=all_fields())
        assert [str(fault) for fault in faults] == []
        if html:
            assert [str(fault) for fault in markup_faults(source, name)] == []
        seen += 1
    assert seen >= 40


KNOWN = {"Hello %(name)s,": None, "%(count)s invoice": "%(count)s invoices", "Kind regards": None}


@pytest.mark.parametrize(
    ("ours", "theirs", "code"),
    [
        ("Kind regard", ("x",), Code.UNKNOWN_REF),
        ("Kind regards", ("  ",), Code.BAD_VALUE),
        ("Kind regards", ("a", "b"), Code.BAD_VALUE),
        ("Kind regards", ("50 % off",), Code.BAD_VALUE),
        ("Kind regards", ("a\r\nBcc: x",), Code.CONTROL_CHARACTER),
        ("Kind regards", ("x" * 2001,), Code.TOO_LONG),
        ("Kind regards", ("%(name)s",), Code.UNKNOWN_REF),
        ("Hello %(name)s,", ("Hello,",), Code.REQUIRED_BLOCK),
        ("%(count)s invoice", ("%(count)s faktura",), Code.BAD_VALUE),
    ],
)
def test_a_sentence_that_cannot_be_said_is_refused(ours: str, theirs: tuple[str, ...], code: Code) -> None:
    assert code in {fault.code for fault in sentence_faults({ours: theirs}, KNOWN, 3, "sentences.yaml")}


def test_sentences_that_can_be_said_are_taken() -> None:
    said = {
        "Hello %(name)s,": ("Moin %(name)s, 100 %% pünktlich?",),
        "%(count)s invoice": ("jedna faktura", "%(count)s faktury", "%(count)s faktur"),
    }
    assert sentence_faults(said, KNOWN, 3, "sentences.yaml") == []


def test_own_sentences_replace_ours_and_are_text_in_html() -> None:
    mail = full_mail("warning", "de")
    theirs = OwnText(sentences={"Kind regards": ("Beste Grüße & <b>Dank</b>",), "How to pay": ("So zahlen Sie",)})
    ours, own = render(mail, compiled()), render(mail, compiled(), theirs)
    assert "Beste Grüße & <b>Dank</b>" in own.text
    assert "Beste Grüße &amp; &lt;b&gt;Dank&lt;/b&gt;" in own.html
    assert "So zahlen Sie" in own.html
    assert "SO ZAHLEN SIE" in own.text
    assert own.subject == ours.subject
    assert "Beste" not in ours.text


def test_own_plurals_are_chosen_by_the_language() -> None:
    source = "{% trans count=overdue_count %}{{ count }} invoice{% pluralize %}{{ count }} invoices{% endtrans %}"
    for count, said in ((1, "one"), (2, "2 of them")):
        own = OwnText(subject=source, sentences={"%(count)s invoice": ("one", "%(count)s of them")})
        values = {**_values(), "overdue_count": count}
        assert render_parts("warning", "en", values, compiled(), own)[0] == said


def _values() -> dict[str, object]:
    mail = full_mail("warning", "en")
    return {field.name: getattr(mail, field.name) for field in fields(mail)}


def test_an_own_template_escapes_values_in_html_and_has_no_functions() -> None:
    own = OwnText(html="<p>{{ customer }}</p>", text="{{ customer }}", subject="{{ customer }}")
    values = {**_values(), "customer": "<b>Lake</b>"}
    assert render_parts("warning", "en", values, compiled(), own) == (
        "<b>Lake</b>",
        "<b>Lake</b>\n",
        "<p>&lt;b&gt;Lake&lt;/b&gt;</p>\n",
    )
    for name in ("range", "dict", "lipsum", "cycler", "joiner", "namespace"):
        with pytest.raises(Exception, match="undefined"):
            render_parts("warning", "en", _values(), compiled(), OwnText(text=f"{{{{ {name}() }}}}"))


def test_our_messages_say_what_every_message_has_to() -> None:
    for language in ("en", "de", "fr"):
        mail = full_mail("warning", language)
        printed = render(mail, compiled())
        assert missing_facts("html", printed.html, mail, "body.html") == []
        assert missing_facts("text", printed.text, mail, "body.txt") == []


@pytest.mark.parametrize(
    "left_out", ["brand.name", "contact.name", "reference", "row.number", "row.due", "asked_total", "iban", "legal"]
)
def test_what_a_message_leaves_out_is_named(left_out: str) -> None:
    mail = full_mail("warning", "en")
    row = mail.overdue[0].rows[0]
    value = {
        "brand.name": mail.brand.name,
        "contact.name": mail.contact.name,
        "reference": mail.reference,
        "row.number": row.number,
        "row.due": row.due,
        "asked_total": mail.asked[0],
        "iban": mail.bank[0].iban or "",
        "legal": mail.brand.legal_lines[0],
    }[left_out]
    printed = render(mail, compiled()).text.replace("\n", " ").replace(value, "")
    assert missing_facts("text", printed, mail, "body.txt")


def test_a_value_that_only_a_style_or_a_title_holds_is_not_said() -> None:
    mail = full_mail("warning", "en")
    printed = f"<title>{mail.contact.name}</title><style>{mail.contact.name}</style><p>x</p>"
    assert any("whom to ask" in str(fault) for fault in missing_facts("html", printed, mail, "body.html"))


@pytest.mark.parametrize(
    ("part", "printed"), [("subject", " "), ("subject", "a\nb"), ("subject", "x" * 181), ("html", "x" * (MAX_HTML + 1))]
)
def test_a_part_that_came_out_wrong_is_refused(part: str, printed: str) -> None:
    assert [fault.code for fault in printed_faults(part, printed, "f")] == [Code.TEMPLATE_FAILED]  # type: ignore[arg-type]


def test_nearer_words_win() -> None:
    everywhere = OwnText(language="de", sentences={"a": ("1",), "b": ("1",)})
    here = OwnText(language="de", entity="NW", kind=EVERY, sentences={"b": ("2",)}, subject="s")
    found = nearest([here, everywhere], "NW", "warning", "de")
    assert found is not None
    assert (found.sentences, found.subject) == ({"a": ("1",), "b": ("2",)}, "s")
    assert nearest([here], "OTHER", "warning", "de") is None
