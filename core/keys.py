"""Deterministic ids: the same cause gives the same id, on every night and every retry."""

import hashlib
from typing import Final

_LENGTH: Final = 26  # 104 bits of SHA-256: no two causes meet, and short enough for a mail tag


def stable_id(*parts: str) -> str:
    """Lower-case hex that depends on nothing but the parts; letters and digits only, as mail tags need it."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_LENGTH]


def notice_id(deployment: str, entity: str, customer: str, group: str, seq: int) -> str:
    """The id of a group's next message: the same until that message has ended."""
    return stable_id("notice", deployment, entity, customer, group, str(seq))


def copy_id(notice: str, customer: str) -> str:
    """The id of one subsidiary's copy of a notice to its parent."""
    return stable_id("copy", notice, customer)


def digest_id(deployment: str, entity: str, run_date: str, person: str) -> str:
    """The id of one person's digest of one run."""
    return stable_id("digest", deployment, entity, run_date, person)


def run_mail_id(deployment: str, entity: str, run_date: str) -> str:
    """The id of the one mail that says that a run waits for a person."""
    return stable_id("run-waits", deployment, entity, run_date)


def task_id(deployment: str, entity: str, customer: str, step: str, cause: str) -> str:
    """The id of a task: `cause` is the first item and its cycle, or the account-scope key."""
    return stable_id("task", deployment, entity, customer, step, cause)


def address_hash(email: str) -> str:
    """The key under which an address is known where the address itself must not stand."""
    return stable_id("address", email.strip().lower())
