"""What a bank says: statements and their entries, the same from every format. Values only.

Money is whole minor units beside an ISO 4217 code, signed from our side: positive came in, negative went out. Dates are
those that the bank wrote.
"""

from datetime import date
from enum import StrEnum

from core.frozen import Frozen


class EntryStatus(StrEnum):
    """Whether the money is there. Only what is booked is ever counted as paid."""

    BOOKED = "booked"
    PENDING = "pending"  # camt PDNG, MT942: announced, not booked
    INFORMATION = "information"


class Remittance(Frozen):
    """What a payment says that it is for, in the payer's own words and references."""

    text: str = ""  # unstructured lines, joined as the bank wraps them
    references: tuple[
        str, ...
    ] = ()  # structured: creditor reference (RF, Swiss, Belgian), document numbers named as such
    end_to_end: str | None = None  # the payer's own key of the payment


class BankEntry(Frozen):
    """One line of a statement; a batch booking is one entry for each payment in it."""

    key: str  # the same for the same booking in every file that holds it: account, bank's reference or a hash; unique
    booked_on: date
    value_on: date | None = None
    minor: int  # positive: came in
    currency: str
    status: EntryStatus = EntryStatus.BOOKED
    reversal: bool = False  # takes back an earlier booking: a returned debit, a refused transfer
    return_reason: str | None = None  # ISO 20022 reason code, such as AC04
    payer_name: str | None = None  # the other side
    payer_account: str | None = None  # IBAN or local number of the other side
    on_behalf_of: str | None = None  # the ultimate debtor, where the payer pays for someone else
    remittance: Remittance = Remittance()
    bank_reference: str | None = None  # AcctSvcrRef, MT940 field 61 after //, BAI2 bank reference
    kind: str | None = None  # the bank's own code of the transaction, as written
    charges_minor: int = 0  # taken off by banks on the way, where the file says so; not in `minor`
    instructed: tuple[int, str] | None = None  # amount and currency as the payer ordered it, where it differs
    batch: str | None = None  # key of the booking that this payment is a part of: a report without details has that key
    line: int = 0  # where it stands in its file: line, record or element


class BankStatement(Frozen):
    """One statement or report of one account, with the totals that prove it."""

    account: str  # IBAN or local number, without spaces
    currency: str
    number: str | None = None  # of the sequence, as written: MT940 field 28C, camt ElctrncSeqNb or LglSeqNb
    sequence: int | None = None  # the number as a count, where it is one: gaps and repeats show by it
    identification: str | None = None  # the bank's own name of the statement
    opening_minor: int | None = None
    closing_on: date | None = None  # the bank's data are complete up to this day
    closing_minor: int | None = None
    interim: bool = False  # MT942, camt.052: told within the day, told again by the statement
    notification: bool = False  # camt.054: details of entries that a statement holds too
    entries: tuple[BankEntry, ...] = ()
    format: str = ""  # mt940, mt942, camt.052, camt.053, camt.054, bai2, csv
    version: str | None = None  # of the format: 001.08
