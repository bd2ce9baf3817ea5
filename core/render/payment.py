"""How a message lets itself be paid: accounts with their references, other ways, links, and the transfer as a code."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from core.decide.model import NoticePlan
from core.ledger import BankAccount, Customer, Entity
from core.plans import NO_LINK
from core.references import Subject, is_qr_iban, printed, structured_reference
from core.render.clean import one_line, web_link
from core.render.formats import major_units
from core.render.messages import Action, BankLine, PayWay
from core.values import dataclass

REFERENCE_NUMBERS: Final = 6  # beyond these the customer's own number is the better reference
_WAYS: Final = Path(__file__).with_name("ways.json")
_SCALE: Final = 4  # pixels a module of the code
_MOST_MINOR: Final = 99_999_999_999  # EUR 999,999,999.99. Source: EPC069-12, AT-04
_HOLDER: Final = 70  # characters of the payee's name. Source: EPC069-12, AT-21
_TEXT: Final = 140  # characters of unstructured remittance information. Source: EPC069-12, AT-05
# Transfers to accounts elsewhere need a BIC beside the IBAN. Source: EPC069-12, AT-23; EEA Agreement, members.
_EEA: Final = re.compile("AT|BE|BG|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IE|IS|IT|LI|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK")
_SEPA_BEYOND: Final = re.compile("AD|AL|CH|GB|GI|MC|MD|ME|MK|RS|SM|VA")


# ---------- references ----------
def subject_of(plan: NoticePlan, customer: Customer) -> Subject:
    """What a payment for the message is for: its one invoice, or the customer where it lists several.

    An instalment of a plan has no number under which whoever applies cash would look for it.
    """
    lines = (*plan.overdue, *plan.coming_due)
    alone = len(lines) == 1 and lines[0].pay_url != NO_LINK
    return Subject("invoice", lines[0].number) if alone else Subject("customer", customer.id)


def plain_reference(plan: NoticePlan, customer: Customer) -> str:
    """What to quote where no structured reference is asked for: the numbers, or the customer's own for many."""
    numbers = [one_line(line.number, 60) for line in (*plan.overdue, *plan.coming_due)]
    return ", ".join(numbers) if len(numbers) <= REFERENCE_NUMBERS else one_line(customer.id)


# ---------- accounts ----------
def fitting_accounts(accounts: Iterable[BankAccount], currencies: set[str]) -> tuple[BankAccount, ...]:
    """The accounts that take one of the currencies; all of them when none is named for it."""
    known = tuple(accounts)
    special = tuple(a for a in known if a.currency in currencies)
    general = tuple(a for a in known if a.currency is None) if currencies - {a.currency for a in special} else ()
    return special + general or known


def bank_lines(accounts: Iterable[BankAccount], currencies: set[str], subject: Subject) -> tuple[BankLine, ...]:
    """The accounts as the reader sees them, each with its reference."""
    return tuple(_bank_line(account, subject) for account in fitting_accounts(accounts, currencies))


def _bank_line(account: BankAccount, subject: Subject) -> BankLine:
    reference = structured_reference(account, subject)
    return BankLine(
        holder=one_line(account.holder),
        bank=one_line(account.bank) if account.bank else None,
        iban=_in_fours(account.iban) if account.iban else None,
        account=one_line(account.account) if account.account else None,
        bic=one_line(account.bic) if account.bic else None,
        currency=one_line(account.currency) if account.currency else None,
        reference=printed(reference) if reference else None,
    )


def _in_fours(iban: str) -> str:
    plain = _compact(iban)
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def _compact(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text).upper()


# ---------- links ----------
def pay_links(plan: NoticePlan, entity: Entity, customer: Customer) -> dict[str, str]:
    """Where single invoices can be paid, by item id: as the ledger says, else by the entity's pattern."""
    found = {}
    for line in (*plan.overdue, *plan.coming_due):
        url = entity.pay_invoice_url if line.pay_url is None else line.pay_url
        link = _filled(url, number=line.number, item=line.item, customer=customer.id) if url else None
        if link is not None:
            found[line.item] = link
    return found


def pay_actions(plan: NoticePlan, entity: Entity, customer: Customer) -> tuple[Action, ...]:
    """Where all that the message asks for can be paid, while the entity has no page of ours that does it.

    The link of a single invoice does it too, where nothing but that invoice is asked for.
    """
    link = _filled(entity.pay_account_url, customer=customer.id) if entity.pay_account_url else None
    lines = (*plan.overdue, *plan.coming_due)
    if link is None and len(lines) == 1 and not plan.charges and lines[0].due_minor == lines[0].open_minor:
        link = pay_links(plan, entity, customer).get(lines[0].item)
    return (Action("pay", link),) if link else ()


def _filled(pattern: str, **values: str) -> str | None:
    """The address with its fields filled in; None unless it is then a plain https address."""
    for name, value in values.items():
        pattern = pattern.replace("{" + name + "}", quote(value, safe=""))
    link = web_link(pattern) if "{" not in pattern else None
    return link[0] if link else None


# ---------- other ways ----------
def pay_ways(entity: Entity, customer: Customer, asked: Mapping[str, int], note: str) -> tuple[PayWay, ...]:
    """The ways that the entity takes, the reader's country knows and the money asked for can go.

    Args: `asked` minor units by currency; `note` tells us what was paid.
    """
    if not entity.pay_addresses:
        return ()
    countries = {customer.country or entity.country, entity.country}
    found = []
    for row in _ways():
        address = entity.pay_addresses.get(row["way"])
        minor = asked.get(row["currency"], 0)
        if address and minor > 0 and countries & set(row["countries"]) and is_pay_address(row["way"], address):
            found.append(_way(row, address, entity.name, minor, note))
    return tuple(found)


def is_pay_address(way: str, address: str) -> bool:
    """True when an address has the form that the way knows; of an unknown way none has."""
    return any(row["way"] == way and re.fullmatch(row["address"], address, re.ASCII) for row in _ways())


def known_ways() -> tuple[str, ...]:
    return tuple(row["way"] for row in _ways())


def _way(row: Mapping[str, Any], address: str, holder: str, minor: int, note: str) -> PayWay:
    url = None
    if "link" in row and minor <= row.get("most_minor", minor):
        amount = f"{major_units(minor, row['currency']):f}"
        told = {"address": quote(address, safe="@"), "holder": quote(one_line(holder, 50), safe="")}
        url = row["link"].format(**told, amount=amount, note=quote(one_line(note, 50), safe=""))
    return PayWay(name=row["name"], value=one_line(address), url=url)


@cache
def _ways() -> Sequence[Mapping[str, Any]]:
    """The rows of ways.json: a country's way is a row, never a branch."""
    rows: list[Mapping[str, Any]] = json.loads(_WAYS.read_text(encoding="utf-8"))
    return rows


# ---------- the transfer as a code ----------
@dataclass(frozen=True, slots=True)
class TransferCode:
    """A SEPA transfer in euro that a banking app reads from a picture. Source: EPC069-12 version 2.1."""

    holder: str
    iban: str
    bic: str | None
    minor: int  # euro cents
    reference: str | None  # ISO 11649; None: the text says it
    text: str

    def png(self) -> bytes:
        """The picture, black on white with its quiet zone."""
        return self._saved("png")

    def svg(self) -> bytes:
        return self._saved("svg")

    def _saved(self, kind: str) -> bytes:
        from segno.helpers import make_epc_qr

        code = make_epc_qr(
            name=self.holder,
            iban=self.iban,
            amount=major_units(self.minor, "EUR"),
            reference=self.reference,
            text=None if self.reference else self.text,
            bic=self.bic,
            encoding="utf-8",
        )
        out = BytesIO()
        code.save(out, kind=kind, scale=_SCALE, border=4)
        return out.getvalue()


def transfer_code(entity: Entity, asked: Mapping[str, int], subject: Subject, text: str) -> TransferCode | None:
    """The code for the euro that a message asks for; None where it asks for none or no account of ours takes it so."""
    minor = asked.get("EUR", 0)
    if not 0 < minor <= _MOST_MINOR:
        return None
    account = next((a for a in fitting_accounts(entity.bank_accounts, {"EUR"}) if _takes_code(a)), None)
    if account is None:
        return None
    reference = structured_reference(account, subject)
    spelled = printed(reference) if reference and not reference.startswith("RF") else text
    return TransferCode(
        holder=one_line(account.holder, _HOLDER),
        iban=_compact(account.iban or ""),
        bic=_compact(account.bic) if account.bic else None,
        minor=minor,
        reference=reference if reference and reference.startswith("RF") else None,
        text=one_line(spelled, _TEXT),
    )


def _takes_code(account: BankAccount) -> bool:
    iban = _compact(account.iban or "")
    if account.currency not in (None, "EUR") or is_qr_iban(iban):
        return False
    return bool(_EEA.match(iban) or (_SEPA_BEYOND.match(iban) and account.bic))
