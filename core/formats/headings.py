"""What columns of receivables are called, in the languages and systems that write them."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Final

from core.formats.currencies import current as currencies
from core.values import dataclass


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    CURRENCY = "currency"
    ADDRESS = "address"
    WORD = "word"  # yes or no
    LINK = "link"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of a mapping: what stands in it, and what it is called, the surest name first."""

    kind: Kind
    names: tuple[str, ...]
    needed: bool = False


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|"))


FIELDS: Final[dict[str, Wanted]] = {
    "customer.id": Wanted(
        Kind.TEXT,
        _names(
            "customer id|customer number|customer no|customer code|account number|account no|debtor number|debtor id|"
            "contact id|client id|client number|bill to number|sold to|cust|customer|debtor|client|account|"
            "kundennummer|kunden nr|kundennr|kd nr|kdnr|kd nummer|debitor|debitorennummer|debitoren nr|kunde|"
            "numero client|code client|client|"
            "numero de cliente|codigo cliente|cliente|codice cliente|numero cliente|klantnummer|debiteurnummer|klant|"
            "numero do cliente|numer klienta|kontrahent|entity id|entity"
        ),
        needed=True,
    ),
    "customer.name": Wanted(
        Kind.TEXT,
        _names(
            "customer name|company name|account name|client name|debtor name|contact name|name|company|bill to|"
            "kundenname|firma|name 1|name1|nom du client|nom client|raison sociale|nom|nombre del cliente|razon social|"
            "nombre|ragione sociale|nome cliente|nome|klantnaam|naam|nome do cliente|nazwa klienta|nazwa|"
            "customer|client|debtor|account|kunde|debitor|cliente|klant"
        ),
    ),
    "customer.email": Wanted(
        Kind.ADDRESS,
        _names(
            "email|e mail|customer email|mail|email address|billing email|courriel|adresse mail|correo electronico|"
            "correo|posta elettronica|e mailadres|mail adresse|e mail adresse"
        ),
    ),
    "customer.country": Wanted(Kind.COUNTRY, _names("country code|country|land|laendercode|pays|pais|paese|kraj")),
    "invoice.number": Wanted(
        Kind.TEXT,
        _names(
            "invoice number|invoice no|invoice num|invoice|document number|document no|doc number|doc no|reference|"
            "transaction number|tran id|tranid|number|num|inv no|bill number|rechnungsnummer|rechnungs nr|rechnung|"
            "belegnummer|beleg nr|belegnr|beleg|re nr|rg nr|"
            "numero de facture|numero facture|n facture|facture|numero de factura|factura|"
            "numero fattura|fattura|factuurnummer|factuur|numero da fatura|fatura|numer faktury|faktura|no|nr"
        ),
        needed=True,
    ),
    "invoice.issued": Wanted(
        Kind.DATE,
        _names(
            "invoice date|issue date|issued on|document date|transaction date|tran date|trandate|posting date|"
            "bill date|issued|date|created|rechnungsdatum|belegdatum|datum|date de facture|date facture|"
            "date d emission|fecha de factura|fecha factura|fecha de emision|fecha|data fattura|"
            "data documento|data|factuurdatum|"
            "data da fatura|data wystawienia"
        ),
        needed=True,
    ),
    "invoice.due": Wanted(
        Kind.DATE,
        _names(
            "due date|due on|due|net due date|payment due date|payment due|maturity date|faelligkeitsdatum|"
            "faellig am|faellig zum|nettofaelligkeit|faelligkeit|faellig|zahlbar bis|"
            "date d echeance|date echeance|echeance|fecha de vencimiento|vencimiento|"
            "data scadenza|scadenza|vervaldatum|data de vencimento|termin platnosci"
        ),
        needed=True,
    ),
    "invoice.total": Wanted(
        Kind.AMOUNT,
        _names(
            "invoice amount|total amount|invoice total|gross amount|original amount|total|amount|gross|document amount|"
            "amount in document currency|foreign total|rechnungsbetrag|bruttobetrag|brutto|betrag|gesamtbetrag|"
            "montant ttc|"
            "montant total|montant|importe total|importe|importo totale|importo|totale|bedrag|totaalbedrag|valor total|"
            "valor|kwota brutto|kwota"
        ),
        needed=True,
    ),
    "invoice.open": Wanted(
        Kind.AMOUNT,
        _names(
            "open amount|amount due|balance due|outstanding amount|outstanding|open balance|balance|amount remaining|"
            "remaining amount|amount open|open|offener betrag|offen|restbetrag|saldo|montant du|reste a payer|solde|"
            "importe pendiente|pendiente|residuo|importo residuo|openstaand bedrag|openstaand|valor em aberto|"
            "kwota do zaplaty|do zaplaty"
        ),
    ),
    "invoice.currency": Wanted(
        Kind.CURRENCY,
        _names(
            "currency|currency code|currency id|curr|cur|document currency|waehrung|wkz|devise|monnaie|moneda|divisa|"
            "valuta|moeda|waluta"
        ),
    ),
    "invoice.disputed": Wanted(Kind.WORD, _names("disputed|in dispute|dispute|strittig|reklamation|litige|en disputa")),
    "invoice.department": Wanted(Kind.TEXT, _names("department|cost centre|cost center|abteilung|departement|reparto")),
    "invoice.pay_url": Wanted(Kind.LINK, _names("payment link|pay url|payment url|hosted invoice url|zahlungslink")),
    "payment.settled_on": Wanted(
        Kind.DATE,
        _names(
            "settled date|paid on|paid date|payment date|fully paid on date|clearing date|closed date|date paid|"
            "bezahlt am|zahlungsdatum|ausgleichsdatum|date de paiement|date paiement|fecha de pago|data pagamento|"
            "betaald op|betaaldatum|data de pagamento|data zaplaty"
        ),
    ),
}

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l"})
_BORDER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # invoiceNumber
_CURRENCY_LAST: Final = re.compile(r"(?<=\W)([A-Z]{3})\W?$")  # a word of its own, and not all there is
_SIGNS: Final = re.compile(r"[^a-z0-9]+")


@cache
def plain(heading: str) -> str:
    """A heading in small letters without accents and signs: InvoiceNumber and INVOICE_NUMBER are one."""
    parted = _BORDER.sub(" ", heading.strip()).casefold().translate(_UMLAUTS)
    bare = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return _SIGNS.sub(" ", bare).strip()


@cache
def meaning(field: str, heading: str) -> int:
    """How sure it is that a heading names a field: 0 for not at all; earlier names count more, whole ones most."""
    wanted = FIELDS[field]
    said, names = _without_currency(heading) if wanted.kind is Kind.AMOUNT else plain(heading), wanted.names
    if not said:
        return 0
    for place, name in enumerate(names):
        if said in (name, name.replace(" ", "")):
            return 1_000 - place
    inside = [place for place, name in enumerate(names) if " " in name and f" {name} " in f" {said} "]
    return 500 - inside[0] if inside else 0


def currency_in(heading: str) -> str | None:
    """The currency that the heading of a column of amounts ends with, such as `Gross EUR` or `Amount (USD)`."""
    told = _CURRENCY_LAST.search(heading.strip())
    return told[1] if told and told[1] in currencies() else None


def _without_currency(heading: str) -> str:
    said = plain(heading)
    return said[:-3].strip().removesuffix(" in") if currency_in(heading) else said
