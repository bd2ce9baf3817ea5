"""The note to those who got a message of a run that was taken back: what to disregard, and what is taken back with it.

It names no open amount: what was wrong with the run may be what we believe to be open.
"""

from collections.abc import Iterator
from datetime import date, datetime

from core.decide.acknowledge import opens
from core.decide.answers import AnsweredLine, AnswerPlan
from core.decide.model import Charge, Facts, Recipient, Setting
from core.decide.readers import own_address, recipient
from core.keys import address_hash
from core.values import replace


def retraction(
    facts: Facts,
    setting: Setting,
    lines: tuple[AnsweredLine, ...],
    charges: tuple[Charge, ...],
    days: tuple[date, ...],
    got: frozenset[str],
    moment: datetime,
) -> AnswerPlan | None:
    """One note to an account, for exactly those readers who got what it takes back.

    Args: `lines` the invoices that were written about, with their whole amounts; `charges` that were taken back; `days`
    of each message; `got` what its readers are counted by; `moment` the aware instant from which it may leave.
    Returns: None where none of them can be written to any more.
    """
    readers = tuple({reader.email.lower(): reader for reader in _readers(facts, setting, got)}.values())
    if not readers or not lines or not days or facts.customer.insolvent:
        return None
    found = AnswerPlan("", "retraction", min(days), lines, readers, opens(readers, setting, moment), moment.date())
    return replace(found, charges=charges, days=days)


def _readers(facts: Facts, setting: Setting, got: frozenset[str]) -> Iterator[Recipient]:
    """Whoever got it, whatever role it came to; a text message's reader gets a mail."""
    for contact in facts.contacts:
        reached_at = {address_hash(address) for address in (contact.email, contact.phone) if address}
        if contact.email and contact.off is None and got & reached_at:
            yield recipient(facts, setting, "", contact)
    yield from (reader for reader in own_address(facts, setting, "") if address_hash(reader.email) in got)
