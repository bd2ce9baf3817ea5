"""Who writes to whom about what in a preview: a machine builder and a customer of each language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from core.decide.model import Line, Recipient
from core.ledger import BankAccount, Customer, Entity, Person
from core.render.messages import MailKind

AS_OF: Final = date(2026, 3, 16)
PAGE: Final = "https://pay.northwind.example"

CONTACT: Final = Person(
    id="anna",
    name="Anna Berg",
    email="anna.berg@northwind.example",
    phone="+49 30 5550 1230",
    roles=("accounting", "ar_manager"),
)
ENTITY: Final = Entity(
    id="NW",
    name="Northwind Machines GmbH",
    country="DE",
    language="en",
    sender="accounts@mail.northwind.example",
    contact_person="anna",
    brand_color="#0b5d66",
    address=("Werkstraße 12", "10115 Berlin", "Germany"),
    legal_lines=("Registered at Amtsgericht Berlin, HRB 123456", "VAT ID DE123456789"),
    bank_accounts=(
        BankAccount(
            holder="Northwind Machines GmbH",
            iban="DE02120300000000202051",
            bic="BYLADEM1001",
            bank="Musterbank Berlin",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything that a message of a preview is about."""

    entity: Entity
    people: tuple[Person, ...]
    customer: Customer
    reader: Recipient | None
    overdue: tuple[Line, ...]
    coming: tuple[Line, ...]
    as_of: date
    note: tuple[str, ...]  # of the sales owner


Casting = Callable[[MailKind, str], Cast]  # for a kind of message in a language

# language: company, country, postal address, who reads, two sentences of the sales owner
_CUSTOMERS: Final[Mapping[str, tuple[str, str, tuple[str, ...], str, tuple[str, str]]]] = {
    "en": (
        "Lakeside Bottling Ltd", "GB", ("4 Mill Lane", "Kendal LA9 4QH", "United Kingdom"), "Maria Keller",
        ("Thank you for the order in February.", "With the next one you get 2 % for the wait."),
    ),
    "de": (
        "Seeblick Getränkeabfüllung GmbH & Co. KG", "DE", ("Uferweg 4", "78462 Konstanz"), "Jonas Vogt",
        ("Danke für den Auftrag im Februar.", "Beim nächsten bekommen Sie 2 % für das Warten."),
    ),
    "fr": (
        "Brasserie du Lac SARL", "FR", ("4 rue du Moulin", "74000 Annecy", "France"), "Camille Laurent",
        ("Merci pour la commande de février.", "Sur la prochaine, 2 % vous sont offerts pour l'attente."),
    ),
    "es": (
        "Conservas del Norte S.L.", "ES", ("Calle del Molino 4", "39001 Santander", "España"), "Lucía Ortega",
        ("Gracias por el pedido de febrero.", "En el próximo tendrá un 2 % por la espera."),
    ),
    "nl": (
        "Van der Meer Zuivel B.V.", "NL", ("Molenweg 4", "8601 AB Sneek", "Nederland"), "Sanne de Wit",
        ("Dank voor de bestelling in februari.", "Bij de volgende krijgt u 2 % voor het wachten."),
    ),
    "it": (
        "Oleificio Monteverde S.r.l.", "IT", ("Via del Mulino 4", "06049 Spoleto PG", "Italia"), "Giulia Ferri",
        ("Grazie per l'ordine di febbraio.", "Sul prossimo avrete il 2 % per l'attesa."),
    ),
    "pt": (
        "Conservas Atlântico Lda.", "PT", ("Rua do Moinho 4", "4450-208 Matosinhos", "Portugal"), "Rui Almeida",
        ("Obrigado pela encomenda de fevereiro.", "Na próxima tem 2 % pela espera."),
    ),
    "pl": (
        "Mleczarnia Zielona Dolina Sp. z o.o.", "PL", ("ul. Młyńska 4", "31-001 Kraków", "Polska"), "Katarzyna Nowak",
        ("Dziękujemy za lutowe zamówienie.", "Przy następnym otrzymają Państwo 2 % za oczekiwanie."),
    ),
    "ar": (
        "شركة الواحة للمشروبات", "AE", ("شارع المطاحن 4", "دبي", "الإمارات العربية المتحدة"), "ليلى منصور",
        ("شكرًا على طلبية فبراير.", "ستحصلون مع الطلبية القادمة على خصم 2 % مقابل الانتظار."),
    ),
    "ja": (
        "湖畔飲料株式会社", "JP", ("〒520-0801 滋賀県大津市におの浜4-1", "日本"), "佐藤 美咲",
        ("2月のご注文をありがとうございました。", "次回のご注文は、お待たせしたお詫びとして2%お値引きいたします。"),
    ),
    "hi": (
        "झील पेय प्राइवेट लिमिटेड", "IN", ("4 मिल रोड", "उदयपुर 313001", "भारत"), "अनीता शर्मा",
        ("फ़रवरी के ऑर्डर के लिए धन्यवाद।", "अगले ऑर्डर पर प्रतीक्षा के लिए 2 % की छूट मिलेगी।"),
    ),
}  # fmt: skip

# how late the youngest invoice is when a message of the kind goes out
_DAYS_LATE: Final[Mapping[MailKind, int]] = {
    MailKind.REMINDER: 8,
    MailKind.SECOND_REMINDER: 21,
    MailKind.THIRD_REMINDER: 35,
    MailKind.WARNING: 45,
    MailKind.DELINQUENT: 61,
    MailKind.DAILY_REMINDER: 64,
    MailKind.FINAL_NOTICE: 75,
    MailKind.DEFAULT_NOTICE: 90,
}
_USUALLY_LATE: Final = 17


def sample_cast(kind: MailKind, language: str) -> Cast:
    """The machine builder and its customer who reads the language."""
    name, country, address, reader, note = _CUSTOMERS.get(language, _CUSTOMERS["en"])
    late = _DAYS_LATE.get(kind, _USUALLY_LATE)
    part_paid = line("INV-1030", late + 28, 980_000, open_minor=640_000, withheld_minor=120_000, due_minor=520_000)
    return Cast(
        entity=ENTITY,
        people=(CONTACT,),
        customer=Customer(id="C-1007", name=name, country=country, address=address),
        reader=Recipient("k1", "ap_contact", reader, "ap@lakeside.example", language, "Europe/Berlin"),
        overdue=() if kind is MailKind.FRIENDLY else (part_paid, line("INV-1042", late, 125_000)),
        coming=(line("INV-1077", -7, 88_000), *([line("INV-1081", -9, 31_000)] if kind is MailKind.FRIENDLY else [])),
        as_of=AS_OF,
        note=note,
    )


def cast_as(entity: Entity, people: Iterable[Person]) -> Casting:
    """A legal entity of the reader's own, with its people, writing to the invented customers."""
    own = tuple(people)

    def casting(kind: MailKind, language: str) -> Cast:
        return replace(sample_cast(kind, language), entity=entity, people=own)

    return casting


def line(number: str, days: int, minor: int, as_of: date = AS_OF, **changes: Any) -> Line:
    """An open invoice that is so many days late; coming due where that is negative."""
    due_on = as_of - timedelta(days=days)
    plain = Line(
        item=f"id-{number}",
        number=number,
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        days_past_due=days,
        currency="EUR",
        original_minor=minor,
        open_minor=minor,
        withheld_minor=0,
        credit_minor=0,
        due_minor=minor,
    )
    return plain._replace(**changes)
