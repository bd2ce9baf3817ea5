"""One entry of a camt message as bookings: as it is, or for each payment of a batch one."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from core.bank import BankEntry, EntryStatus, Remittance
from core.formats.bank import totals
from core.formats.bank.camt_schema import Amounts, Charges, Entry, Parties, Remitted, Transaction
from core.formats.bank.camt_values import ValueWrongError, day, money, number, sign
from core.formats.bank.findings import Findings
from core.formats.bank.keys import Keys, account_of, part_key, reference_of
from core.formats.bank.references import found_in, unique
from core.formats.bank.swift_details import tidy
from core.formats.errors import Code, clip
from core.values import dataclass

_STATUS: Final = {"BOOK": EntryStatus.BOOKED, "PDNG": EntryStatus.PENDING, "FUTR": EntryStatus.PENDING}
_NO_TRANSACTION: Final = Transaction()


@dataclass(frozen=True, slots=True)
class Of:
    """The statement that an entry belongs to."""

    account: str
    currency: str
    told_on: date | None  # the day of the message, for entries without a day of their own


def entries(entry: Entry, of: Of, keys: Keys, found: Findings, line: int) -> list[BankEntry]:
    """The bookings of an entry. Raises: ValueWrongError."""
    minor = sign(entry.side, "CdtDbtInd") * money(entry.amount, "Amt", of.currency)
    payments = [one for details in entry.details for one in details.transactions]
    if len(payments) < 2:
        return [_whole(entry, payments[0] if payments else _NO_TRANSACTION, minor, of, keys, line)]
    whole = _whole(entry, _gathered(payments), minor, of, keys, line)
    amounts = [_part(one, minor, of.currency) for one in payments]
    split = [amount for amount in amounts if amount is not None]
    if len(split) == len(payments) and sum(split) == minor:
        seen = Counter[str]()
        return [_piece(whole, one, amount, seen, of) for one, amount in zip(payments, split, strict=True)]
    if len(split) == len(payments):
        problem = (
            f"{len(payments)} payments come to {totals.shown(sum(split), of.currency)}, the entry is "
            f"{totals.shown(minor, of.currency)}: it stays whole"
        )
    else:
        problem = f"not each of {len(payments)} payments has an amount in {of.currency}: the entry stays whole"
    found.warning(Code.INCONSISTENT_AMOUNT, line, problem, field="NtryDtls")
    return [whole]


def _whole(entry: Entry, payment: Transaction, minor: int, of: Of, keys: Keys, line: int) -> BankEntry:
    status = _status(entry)
    booked_on = day(entry.booked, "BookgDt") or day(entry.value, "ValDt") or of.told_on
    if booked_on is None:
        raise ValueWrongError(Code.MISSING_FIELD, "BookgDt", "neither a day of booking nor a value date")
    about = _about(payment, minor, of, entry)
    bank_reference = reference_of(entry.bank_reference) or reference_of(payment.refs.bank if payment.refs else None)
    words = (about["remittance"].end_to_end, about["payer_name"], about["remittance"].text)
    if bank_reference is None and sum(len(one.transactions) for one in entry.details) != 1:
        words = (_batch_name(entry), None, None)
    return BankEntry(
        key=keys.key(booked_on, minor, of.currency, bank_reference, *words),
        booked_on=booked_on,
        value_on=day(entry.value, "ValDt"),
        minor=minor,
        currency=of.currency,
        status=status if minor else EntryStatus.INFORMATION,
        bank_reference=bank_reference,
        kind=(entry.kind.text or None) if entry.kind else None,
        charges_minor=_charges([*entry.charges, *payment.charges], of.currency),
        instructed=_instructed(payment.amounts or entry.amounts, minor, of.currency),
        line=line,
        **about,
    )


def _piece(whole: BankEntry, payment: Transaction, minor: int, seen: Counter[str], of: Of) -> BankEntry:
    """One payment of a batch."""
    about = _about(payment, minor, of, None)
    refs, remittance = payment.refs, about["remittance"]
    words = (remittance.end_to_end, refs.transaction if refs else None, about["payer_name"], remittance.text)
    own = {
        "key": part_key(whole.key, seen, minor, whole.currency, *words),
        "minor": minor,
        "status": whole.status if minor else EntryStatus.INFORMATION,
        "reversal": whole.reversal or about["reversal"],
        "bank_reference": reference_of(refs.bank if refs else None) or whole.bank_reference,
        "charges_minor": _charges(payment.charges, whole.currency),
        "instructed": _instructed(payment.amounts, minor, whole.currency),
        "batch": whole.key,
    }
    return whole.model_copy(update=about | own)


def _status(entry: Entry) -> EntryStatus:
    text = entry.status.text if entry.status else ""
    if text == "INFO":
        return EntryStatus.INFORMATION
    if text not in _STATUS:
        raise ValueWrongError(Code.BAD_ENUM, "Sts", f"'{clip(text)}' is no status: BOOK, PDNG, FUTR, INFO")
    return _STATUS[text]


def _batch_name(entry: Entry) -> str | None:
    """What an entry of many payments is called, with its details and without them."""
    for details in entry.details:
        if details.batch and (name := details.batch.payment or details.batch.message):
            return name
    return entry.reference or entry.more


def _gathered(payments: Sequence[Transaction]) -> Transaction:
    """What a batch says as a whole: nothing of one payer, all references."""
    texts = [text for one in payments if one.remitted for text in one.remitted.text]
    structured = [part for one in payments if one.remitted for part in one.remitted.structured]
    return Transaction(remitted=Remitted(text=texts, structured=structured))


def _part(payment: Transaction, whole: int, currency: str) -> int | None:
    """What a payment adds to its entry; None where no amount in the entry's currency says it."""
    candidates = [payment.amount, payment.amounts.transaction if payment.amounts else None]
    for amount in candidates:
        if amount is not None and amount.currency == currency:
            way = sign(payment.side, "TxDtls/CdtDbtInd") if payment.side else (1 if whole >= 0 else -1)
            return way * money(amount, "TxDtls/Amt")
    return None


def _about(payment: Transaction, minor: int, of: Of, entry: Entry | None) -> dict[str, Any]:
    """Who paid, and for what."""
    turned = bool(entry and (entry.reversal or "").strip() in {"true", "1"})
    returned = payment.returned
    name, account, behalf = _other_side(payment.parties, minor, of.account, turned=turned or returned is not None)
    reason = returned.reason.text if returned and returned.reason else None
    return {
        "reversal": turned or returned is not None,
        "return_reason": reason or None,
        "payer_name": name or None,
        "payer_account": account_of(account) or None,
        "on_behalf_of": behalf or None,
        "remittance": _remittance(payment, entry),
    }


def _other_side(parties: Parties | None, minor: int, account: str, *, turned: bool) -> tuple[str, str, str]:
    """Name, account and principal of the side that is not us. What comes back keeps the roles of its first way."""
    if parties is None:
        return "", "", ""
    debtor, creditor = parties.debtor_account, parties.creditor_account
    ours_is_creditor = (minor >= 0) != turned
    if debtor and account_of(debtor.number) == account:
        ours_is_creditor = False
    elif creditor and account_of(creditor.number) == account:
        ours_is_creditor = True
    if ours_is_creditor:
        party, number_, principal = parties.debtor, debtor, parties.for_debtor
    else:
        party, number_, principal = parties.creditor, creditor, parties.for_creditor
    return (
        tidy(party.name if party else ""),
        number_.number if number_ else "",
        tidy(principal.name if principal else ""),
    )


def _remittance(payment: Transaction, entry: Entry | None) -> Remittance:
    remitted = payment.remitted or Remitted()
    structured = remitted.structured
    text = tidy(" ".join([*remitted.text, *(line for one in structured for line in one.more)]))
    if not text:
        text = tidy(payment.more or (entry.more if entry else ""))
    named = [*(one.reference for one in structured), *(doc.number for one in structured for doc in one.documents)]
    end_to_end = reference_of(payment.refs.end_to_end) if payment.refs else None
    return Remittance(text=text, references=unique([*named, *found_in(text)]), end_to_end=end_to_end)


def _charges(charges: Sequence[Charges], currency: str) -> int:
    """What banks kept, in the currency of the account."""
    total = 0
    for one in charges:
        records = [(record.amount, record.side) for record in one.records] or [(one.total or one.amount, one.side)]
        for amount, side in records:
            if amount is not None and amount.currency == currency and (side or "DBIT").strip() == "DBIT":
                total += number(amount.value, "Chrgs", currency)
    return total


def _instructed(amounts: Amounts | None, minor: int, currency: str) -> tuple[int, str] | None:
    amount = amounts.instructed if amounts else None
    if amount is None:
        return None
    ordered = (money(amount, "AmtDtls/InstdAmt/Amt"), amount.currency)
    return None if ordered == (abs(minor), currency) else ordered
