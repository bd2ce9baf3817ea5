"""References that a bank carries along with a payment, so that it finds its invoice or its customer by itself.

A reference depends on nothing but the account it is printed beside and what it stands for: whoever applies cash makes
the same one for each open invoice and customer and compares. Check digits come from python-stdnum, which is imported
on first use: deciding needs none of it.
"""

import hashlib
import re
from enum import StrEnum
from typing import Final

from core.ledger import BankAccount
from core.values import dataclass

# First character of a reference, so that an invoice never meets a customer, nor a spelled number a hashed one.
_SPELLED: Final = {"invoice": "1", "customer": "2"}
_HASHED: Final = {"invoice": "3", "customer": "4"}
_RF_ROOM: Final = 20  # of 21 characters after the check digits, the first is ours. Source: ISO 11649
_SWISS_ROOM: Final = 25  # of 26 digits before the check digit. Source: Swiss Implementation Guidelines QR-bill, 3.6
_BELGIAN_ROOM: Final = 9  # of 10 digits before the check digits. Source: Febelfin, structured communication
_RF_HASH: Final = 12  # of 32 letters and digits: 60 bits
_SEPARATORS: Final = re.compile(r"[\s\-_./]+")
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWX"
# Institutions 30000 to 31999 stand for accounts that take nothing but payments with a QR reference.
_QR_IBAN: Final = re.compile(r"(CH|LI)\d{2}3[01]\d{3}.*")


class ReferenceKind(StrEnum):
    """How the reference is built; chosen for each bank account."""

    RF = "rf"  # ISO 11649, taken by every bank in the euro area
    SWISS = "swiss"  # QR reference on a QR-IBAN, else ISO 11649
    BELGIAN = "belgian"  # OGM-VCS


@dataclass(frozen=True, slots=True)
class Subject:
    """What a payment with the reference is for: one invoice, or whatever the customer owes."""

    kind: str  # "invoice" or "customer"
    number: str  # the invoice's number, or the customer's own


def structured_reference(account: BankAccount, subject: Subject) -> str | None:
    """The reference as banks exchange it, without spaces; None where the account asks for none.

    A number that fits is spelled out, so that a person recognises it; any other is hashed. Numbers that differ only in
    case or separators may share a reference: two open invoices under one reference are a person's to tell apart.
    """
    if account.reference is None:
        return None
    match ReferenceKind(account.reference):
        case ReferenceKind.BELGIAN:
            return _belgian(subject)
        case ReferenceKind.SWISS if is_qr_iban(account.iban or ""):
            return _swiss(subject)
        case _:
            return _rf(subject)


def printed(reference: str) -> str:
    """The reference as people read and type it, e.g. RF18 5390 0754 7034, +++090/9337/55493+++."""
    if reference.startswith("RF"):
        return " ".join(reference[i : i + 4] for i in range(0, len(reference), 4))
    if len(reference) == 12:
        return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"
    return " ".join([reference[:2], *(reference[i : i + 5] for i in range(2, len(reference), 5))])


def is_qr_iban(iban: str) -> bool:
    """True for an account in Switzerland or Liechtenstein that takes only payments with a QR reference."""
    return bool(_QR_IBAN.fullmatch(_SEPARATORS.sub("", iban).upper()))


def _rf(subject: Subject) -> str:
    from stdnum.iso7064 import mod_97_10

    number = _SEPARATORS.sub("", subject.number).upper()
    if number.isascii() and number.isalnum() and len(number) <= _RF_ROOM:
        body = _SPELLED[subject.kind] + number
    else:
        digest = _digest(subject)
        body = _HASHED[subject.kind] + "".join(_ALPHABET[digest >> 5 * i & 31] for i in range(_RF_HASH))
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def _swiss(subject: Subject) -> str:
    from stdnum.ch import esr

    body = _digits(subject, _SWISS_ROOM)
    return body + esr.calc_check_digit(body)


def _belgian(subject: Subject) -> str:
    from stdnum.be import ogm_vcs

    body = _digits(subject, _BELGIAN_ROOM)
    return body + ogm_vcs.calc_check_digits(body)


def _digits(subject: Subject, room: int) -> str:
    """A number of so many digits and one in front; leading zeros count, so a number with one is hashed."""
    number = subject.number.strip()
    if number.isascii() and number.isdigit() and len(number) <= room and not number.startswith("0"):
        return _SPELLED[subject.kind] + number.rjust(room, "0")
    return _HASHED[subject.kind] + str(_digest(subject) % 10**room).rjust(room, "0")


def _digest(subject: Subject) -> int:
    return int.from_bytes(hashlib.sha256(subject.number.encode()).digest()[:16], "big")
