"""The forty customers of the demo: who they are, and how they pay."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DE: Final = "nordlicht-de"
US: Final = "nordlicht-us"


class Habit(StrEnum):
    """When a customer pays, or what comes between."""

    PUNCTUAL = "punctual"  # days before the due date, or on it
    FORGETFUL = "forgetful"  # pays on the first reminder
    SLOW = "slow"  # pays on the warning
    CALLED = "called"  # pays once somebody has phoned
    STUBBORN = "stubborn"  # pays once the account is delinquent
    SILENT = "silent"  # does not pay before the daily reminders, if then
    PART = "part"  # pays in two halves
    PROMISES = "promises"  # asks for two weeks more, and keeps the word
    BREAKS = "breaks"  # promises, and pays long after
    DISPUTES = "disputes"  # contests a part of one invoice, gets a credit note, pays the rest
    HELD = "held"  # is left in peace for a while, by agreement
    CREDIT = "credit"  # has a credit note that no invoice is linked to
    UNAPPLIED = "unapplied"  # pays a round sum without saying for what
    BOUNCES = "bounces"  # the address in the books is gone


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """One customer with its two people on the paying side."""

    id: str
    name: str
    entity: str
    country: str
    language: str
    currency: str
    clerk: str
    manager: str
    habit: Habit
    zone: str | None = None  # None: that of the country
    parent: str | None = None
    rep: str | None = None  # our sales rep; None: whoever has the role
    public: bool = False

    @property
    def domain(self) -> str:
        """Where its people have their mail."""
        words = [word for word in _ascii(self.name).split() if word not in _FORMS]
        return "".join(letter for word in words for letter in word if letter.isalnum()) + ".example"


_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_FORMS: Final = frozenset(
    [
        "gmbh",
        "ag",
        "sa",
        "sarl",
        "sas",
        "s.l.",
        "s.a.",
        "bv",
        "nv",
        "ltd",
        "ltd.",
        "dac",
        "ab",
        "co.",
        "llc",
        "inc.",
        "inc",
        "de",
        "c.v.",
        "du",
        "&",
    ]
)
_H: Final = Habit


def _ascii(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text.translate(_GERMAN))
    return "".join(letter for letter in spelt if not unicodedata.combining(letter)).lower()


def mailbox(person: str) -> str:
    """A local part made of a name."""
    return ".".join(re.findall(r"[a-z]+", _ascii(person)))


def _de(id_: str, name: str, habit: Habit, clerk: str, manager: str, country: str = "DE") -> DemoCustomer:
    return DemoCustomer(id_, name, DE, country, "de", "EUR", clerk, manager, habit)


def _fr(id_: str, name: str, habit: Habit, clerk: str, manager: str) -> DemoCustomer:
    return DemoCustomer(id_, name, DE, "FR", "fr", "EUR", clerk, manager, habit, rep="claire.fontaine")


def _es(id_: str, name: str, habit: Habit, clerk: str, manager: str) -> DemoCustomer:
    return DemoCustomer(id_, name, DE, "ES", "es", "EUR", clerk, manager, habit, rep="lucia.navarro")


def _nl(id_: str, name: str, habit: Habit, clerk: str, manager: str) -> DemoCustomer:
    return DemoCustomer(id_, name, DE, "NL", "nl", "EUR", clerk, manager, habit, rep="pieter.vos")


def _us(id_: str, name: str, habit: Habit, clerk: str, manager: str, zone: str) -> DemoCustomer:
    return DemoCustomer(id_, name, US, "US", "en", "USD", clerk, manager, habit, zone=zone)


_GROUP: Final = "C1023"
CUSTOMERS: Final = (
    _de("C1001", "Nordwind Logistik GmbH", _H.FORGETFUL, "Petra Albers", "Jens Möller"),
    _de("C1002", "Hollmann Backwaren GmbH", _H.PUNCTUAL, "Sabine Hollmann", "Uwe Hollmann"),
    DemoCustomer("C1003", "Stadtwerke Lindenau", DE, "DE", "de", "EUR", "Martin Scholz", "Beate Kern", _H.PUNCTUAL,
                 public=True),
    _de("C1004", "Krause Metallbau GmbH", _H.SLOW, "Anja Krause", "Rolf Krause"),
    _de("C1005", "Ostufer Werft AG", _H.PART, "Stefan Jürgens", "Marlies Hoppe"),
    _de("C1006", "Fröhlich & Söhne Maschinenhandel", _H.SILENT, "Dieter Fröhlich", "Karl Fröhlich"),
    _de("C1007", "Alpenglas GmbH", _H.FORGETFUL, "Eva Steiner", "Georg Pichler", "AT"),
    _de("C1008", "Donau Papier AG", _H.PUNCTUAL, "Thomas Wieser", "Monika Aigner", "AT"),
    DemoCustomer("C1009", "Säntis Präzision AG", DE, "CH", "de", "CHF", "Urs Zollinger", "Regula Frei", _H.CALLED),
    DemoCustomer("C1010", "Léman Horlogerie SA", DE, "CH", "fr", "CHF", "Céline Favre", "Marc Rochat", _H.PROMISES,
                 rep="claire.fontaine"),
    _fr("C1011", "Fromagerie du Haut-Jura SARL", _H.FORGETFUL, "Amélie Perrin", "Luc Perrin"),
    _fr("C1012", "Ateliers Beaumont SAS", _H.DISPUTES, "Julien Garnier", "Sophie Beaumont"),
    _fr("C1013", "Transports Roussel", _H.PUNCTUAL, "Nadia Roussel", "Alain Roussel"),
    _fr("C1014", "Verrerie de Cornouaille", _H.BREAKS, "Yann Le Goff", "Maryse Le Goff"),
    _fr("C1015", "Cartonnages Lefort", _H.SLOW, "Isabelle Lefort", "Didier Lefort"),
    _es("C1016", "Talleres Ibáñez S.L.", _H.SLOW, "Carmen Ibáñez", "Javier Ibáñez"),
    _es("C1017", "Conservas del Cantábrico S.A.", _H.CREDIT, "Marta Solana", "Íñigo Arce"),
    _es("C1018", "Azulejos Levante S.A.", _H.STUBBORN, "Vicente Ferrer", "Amparo Gil"),
    _es("C1019", "Bodegas Valdearcos S.L.", _H.PUNCTUAL, "Elena Pascual", "Ramón Pascual"),
    _nl("C1020", "Zuiderzee Kaas BV", _H.FORGETFUL, "Marieke de Wit", "Joost Bakker"),
    _nl("C1021", "Molenaar Diervoeders BV", _H.HELD, "Sanne Molenaar", "Henk Molenaar"),
    _nl("C1022", "De Groot Kassenbouw BV", _H.UNAPPLIED, "Ruben de Groot", "Anneke Smit"),
    DemoCustomer(_GROUP, "Vandenberghe Groep NV", DE, "BE", "nl", "EUR", "Katrien Maes", "Bart Vandenberghe",
                 _H.PUNCTUAL, rep="pieter.vos"),
    DemoCustomer("C1024", "Vandenberghe Transport BV", DE, "NL", "nl", "EUR", "Lotte Visser", "Dirk Vandenberghe",
                 _H.FORGETFUL, parent=_GROUP, rep="pieter.vos"),
    DemoCustomer("C1025", "Vandenberghe Logistique SA", DE, "BE", "fr", "EUR", "Aurélie Dubois", "Benoît Lambert",
                 _H.CALLED, parent=_GROUP, rep="claire.fontaine"),
    DemoCustomer("C1026", "Thames Vale Packaging Ltd", DE, "GB", "en", "GBP", "Holly Barker", "Simon Ward",
                 _H.FORGETFUL),
    DemoCustomer("C1027", "Pennine Castings Ltd", DE, "GB", "en", "GBP", "Gareth Hughes", "Alison Booth", _H.BOUNCES),
    DemoCustomer("C1028", "Glenmarra Distillers Ltd", DE, "GB", "en", "GBP", "Fiona Munro", "Ewan Munro", _H.PUNCTUAL),
    DemoCustomer("C1029", "Liffeyside Foods DAC", DE, "IE", "en", "EUR", "Aoife Brennan", "Conor Daly", _H.SLOW),
    DemoCustomer("C1030", "Norrskog Timmer AB", DE, "SE", "en", "SEK", "Linnea Ström", "Anders Hedlund", _H.PUNCTUAL),
    _us("C2001", "Lakeshore Brewing Co.", _H.FORGETFUL, "Amy Kowalski", "Brian Tate", "America/Chicago"),
    _us("C2002", "Great Plains Grain LLC", _H.PUNCTUAL, "Joan Miller", "Ted Hansen", "America/Chicago"),
    _us("C2003", "Cascade Timber Inc.", _H.SILENT, "Kyle Jensen", "Laura Boyd", "America/Los_Angeles"),
    _us("C2004", "Hudson Vale Dairy Inc.", _H.PART, "Nicole Romano", "Peter Lang", "America/New_York"),
    _us("C2005", "Bayou Ice & Seafood Co.", _H.CALLED, "Denise Guidry", "Ray Fontenot", "America/Chicago"),
    DemoCustomer("C2006", "Alimentos Sonora S.A. de C.V.", US, "MX", "es", "USD", "Gabriela Ruiz", "Óscar Treviño",
                 _H.PROMISES, zone="America/Mexico_City", rep="lucia.navarro"),
    DemoCustomer("C2007", "Boulangerie Trois-Rives inc.", US, "CA", "fr", "CAD", "Mélanie Gagnon", "Yves Tremblay",
                 _H.SLOW, zone="America/Toronto"),
    DemoCustomer("C2008", "Prairie Wind Components Ltd.", US, "CA", "en", "CAD", "Erin Wallace", "Doug Friesen",
                 _H.PUNCTUAL, zone="America/Winnipeg"),
    _us("C2009", "Maple Ridge Plastics Inc.", _H.DISPUTES, "Carl Novak", "Susan Price", "America/New_York"),
    DemoCustomer("C2010", "Cementos Río Hondo S.A.", US, "MX", "es", "USD", "Laura Cárdenas", "Hugo Salinas",
                 _H.STUBBORN, zone="America/Mexico_City", rep="lucia.navarro"),
)  # fmt: skip
