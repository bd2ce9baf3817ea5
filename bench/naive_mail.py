"""What a good engineer writes in a day for the mails: Jinja, dataclasses, Babel, gettext and `EmailMessage`.

Localised, escaped, one message an account with its table, the sum, the account to pay into and whom to ask. It knows
one kind of message, one currency, no charges, no links, no letters, and neither right-to-left nor dark pages. It is
here for scale: what the rest costs beside it.
"""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from functools import cache
from gettext import GNUTranslations, NullTranslations
from typing import Final

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, StrictUndefined, Template

from core.render.render import COMPILED


@dataclass(frozen=True)
class Row:
    number: str
    due_on: date
    days: int
    amount: Decimal


@dataclass(frozen=True)
class Reminder:
    language: str
    locale: str
    currency: str
    name: str
    customer: str
    customer_id: str
    as_of: date
    rows: tuple[Row, ...]
    total: Decimal
    entity: str
    holder: str
    iban: str
    contact: str
    phone: str
    email: str


TEXT: Final = """\
{{ _("Payment reminder")|upper }}

{% trans name=name %}Hello {{ name }},{% endtrans %}

{% trans count=rows|length, date=as_of|day, amount=total|money, number=rows[0].number -%}
As of {{ date }}, invoice {{ number }} is past its due date. The amount to pay is {{ amount }}.
{%- pluralize -%}
As of {{ date }}, {{ count }} invoices are past their due dates. The amount to pay is {{ amount }} in total.
{%- endtrans %}

{% trans %}Have you paid in the last few days? Then please ignore this message, and thank you.{% endtrans %}

{% trans customer=customer, id=customer_id %}Account: {{ customer }}, customer number {{ id }}{% endtrans %}

{% for row in rows %}
- {{ row.number }}, {{ row.due_on|day }}: {{ row.amount|money }} \
({% trans days=row.days %}{{ days }} day overdue{% pluralize %}{{ days }} days overdue{% endtrans %})
{% endfor %}
{% trans currency=currency %}Total in {{ currency }}{% endtrans %}: {{ total|money }}

{{ _("How to pay")|upper }}
{{ _("Account holder") }}: {{ holder }}
{{ _("IBAN") }}: {{ iban }}

{{ _("Your contact")|upper }}
{{ contact }}, {{ phone }}, {{ email }}

{{ _("Kind regards") }}
{{ entity }}
"""
HTML: Final = """\
<!doctype html><html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ _("Payment reminder") }}</title>
<style>body{font:16px/24px Arial,sans-serif;color:#1b1f24;background:#eef1f5}td,th{padding:10px 8px;text-align:left}
.num{text-align:right;white-space:nowrap}.card{background:#fff;max-width:600px;margin:auto;padding:28px}</style></head>
<body><div class="card"><h1>{{ _("Payment reminder") }}</h1>
<p>{% trans name=name %}Hello {{ name }},{% endtrans %}</p>
<p>{% trans count=rows|length, date=as_of|day, amount=total|money, number=rows[0].number -%}
As of {{ date }}, invoice {{ number }} is past its due date. The amount to pay is {{ amount }}.
{%- pluralize -%}
As of {{ date }}, {{ count }} invoices are past their due dates. The amount to pay is {{ amount }} in total.
{%- endtrans %}</p>
<p>{% trans %}Have you paid in the last few days? Then please ignore this message, and thank you.{% endtrans %}</p>
<p>{% trans customer=customer, id=customer_id %}Account: {{ customer }}, customer number {{ id }}{% endtrans %}</p>
<table><tr><th>{{ _("Invoice") }}</th><th>{{ _("Due date") }}</th><th class="num">{{ _("To pay") }}</th></tr>
{% for row in rows %}
<tr><td>{{ row.number }}</td><td>{{ row.due_on|day }}<br>
{% trans days=row.days %}{{ days }} day overdue{% pluralize %}{{ days }} days overdue{% endtrans %}</td>
<td class="num"><b>{{ row.amount|money }}</b></td></tr>
{% endfor %}
<tr><th colspan="2">{% trans currency=currency %}Total in {{ currency }}{% endtrans %}</th>
<td class="num"><b>{{ total|money }}</b></td></tr></table>
<h2>{{ _("How to pay") }}</h2><p>{{ _("Account holder") }}: {{ holder }}<br>{{ _("IBAN") }}: {{ iban }}</p>
<h2>{{ _("Your contact") }}</h2><p>{{ contact }}<br>{{ phone }}<br><a href="mailto:{{ email }}">{{ email }}</a></p>
<p>{{ _("Kind regards") }}<br>{{ entity }}</p></div></body></html>
"""
SUBJECT: Final = "{{ entity }}: {{ _('Payment reminder') }}, {{ total|money }}"


def parts(reminder: Reminder) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    subject, text, html = _templates(reminder.language, reminder.locale, reminder.currency)
    values = asdict(reminder)
    return subject.render(values), text.render(values), html.render(values)


def message(reminder: Reminder, sender: str, to: str) -> bytes:
    """The mail as it goes to a server."""
    subject, text, html = parts(reminder)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


@cache
def _templates(language: str, locale: str, currency: str) -> tuple[Template, Template, Template]:
    plain, marked = _environment(language, locale, currency), _environment(language, locale, currency, html=True)
    return plain.from_string(SUBJECT), plain.from_string(TEXT), marked.from_string(HTML)


def _environment(language: str, locale: str, currency: str, *, html: bool = False) -> Environment:
    environment = Environment(
        autoescape=html, extensions=["jinja2.ext.i18n"], undefined=StrictUndefined, trim_blocks=True
    )
    parsed = Locale.parse(locale)
    environment.filters["money"] = lambda amount: format_currency(amount, currency, locale=parsed)
    environment.filters["day"] = lambda day: format_date(day, "long", locale=parsed)
    environment.install_gettext_translations(_catalog(language), newstyle=True)  # type: ignore[attr-defined]  # of i18n
    return environment


def _catalog(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    with (COMPILED / "locales" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        return GNUTranslations(file)
