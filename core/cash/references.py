"""Structured references in a payment: ours carry the number of an invoice or of a customer, or a hash of it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from core.bank import BankEntry
from core.ledger import BankAccount
from core.references import Subject, structured_reference

_RF: Final = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")
_SWISS: Final = re.compile(r"(?<!\d)\d{27}(?!\d)")
_BELGIAN: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_RF_WRITTEN: Final = re.compile(r"\bRF\d{2}(?: ?[A-Z0-9]{1,4}){1,6}\b")
_DIGITS_WRITTEN: Final = re.compile(r"\d(?:[ /+*.]?\d){11,26}")
_LONGEST: Final = 1_500  # characters read
_CUSTOMER: Final = "2"  # the first sign of what a reference stands for, see core.references


def references_of(entry: BankEntry) -> tuple[str, ...]:
    """The structured references of an entry whose check digits are right, without blanks."""
    said = entry.remittance
    texts = [*said.references, *([said.end_to_end] if said.end_to_end else []), said.text]
    found = [one for text in texts for one in _in_text(text[:_LONGEST].upper())]
    return tuple(dict.fromkeys(one for one in found if is_valid(one)))


def spelled(reference: str) -> tuple[str, str] | None:
    """What one of ours spells out: "invoice" or "customer", and the number without separators; None for a hash."""
    body = reference[4:] if reference.startswith("RF") else reference[: -1 if len(reference) == 27 else -2]
    kind = {"1": "invoice", _CUSTOMER: "customer"}.get(body[:1])
    number = body[1:] if reference.startswith("RF") else body[1:].lstrip("0")
    return (kind, number) if kind and number else None


@lru_cache(maxsize=16_384)
def reference_for(account: BankAccount, kind: str, number: str) -> str | None:
    """What a payer was given to quote beside this account."""
    return structured_reference(account, Subject(kind, number))


def made_for(accounts: Sequence[BankAccount], kind: str, number: str) -> frozenset[str]:
    """Every reference that was printed for an invoice or a customer."""
    made = (reference_for(account, kind, number) for account in accounts if account.reference)
    return frozenset(one for one in made if one)


@lru_cache(maxsize=4096)
def is_valid(reference: str) -> bool:
    """Whether the check digits are right."""
    from stdnum import iso11649
    from stdnum.be import ogm_vcs
    from stdnum.ch import esr

    if reference.startswith("RF"):
        return bool(iso11649.is_valid(reference))
    return bool(esr.is_valid(reference)) if len(reference) == 27 else bool(ogm_vcs.is_valid(reference))


def without(text: str) -> str:
    """A text without its structured references."""

    def blank(hit: re.Match[str]) -> str:
        return " " if any(is_valid(one) for one in _in_text(hit[0].upper())) else hit[0]

    return _DIGITS_WRITTEN.sub(blank, _RF_WRITTEN.sub(blank, text))


def _in_text(text: str) -> list[str]:
    found: list[str] = []
    for hit in _RF_WRITTEN.finditer(text):
        bare = hit[0].replace(" ", "")
        found += [bare[:end] for end in range(len(bare), 4, -1) if _RF.fullmatch(bare[:end])]
    for hit in _DIGITS_WRITTEN.finditer(text):
        digits = "".join(sign for sign in hit[0] if sign.isdigit())
        found += [one for one in (digits,) if _SWISS.fullmatch(one) or _BELGIAN.fullmatch(one)]
    return found
