"""Which of our bank accounts is meant: banks spell one account in several ways."""

import re
from collections.abc import Iterable
from typing import Final

from core.ledger import BankAccount

_SHORTEST: Final = 6  # digits of a local account number that say which account of ours it is


def is_account(told: str, account: BankAccount) -> bool:
    """Whether a statement's account is this one of ours: the IBAN, or the local number that the IBAN ends in."""
    said = _bare(told)
    for known in filter(None, (account.iban, account.account)):
        ours = _bare(known)
        if said == ours or (account.iban == known and said.startswith(ours)):  # some banks add the currency
            return True
        if account.iban == known and _ends(ours[4:], re.split(r"[/ ]", told.strip().upper())):
            return True
    return False


def _ends(local: str, parts: Iterable[str]) -> bool:
    *branch, number = (_bare(part) for part in parts)
    short = number.lstrip("0")
    if branch:
        return local == branch[-1] + short.zfill(len(local) - len(branch[-1]))
    return len(short) >= _SHORTEST and local.endswith(short) and set(local[: -len(short)][8:]) <= {"0"}


def _bare(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())
