"""What is wrong with how an entity is paid and answered: addresses that are none, references that no bank takes."""

import re
from collections.abc import Iterator
from typing import Final

from core.formats.diagnose import Path as KeyPath
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing
from core.formats.yaml_text import Document
from core.ledger import BankAccount, Entity
from core.references import Subject, is_qr_iban
from core.render.clean import web_link
from core.render.payment import is_pay_address, known_ways, transfer_code

_DOMAIN: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")
_FIELD: Final = re.compile(r"\{([^}]*)\}")
_FIELDS: Final = {"pay_invoice_url": ("number", "item", "customer"), "pay_account_url": ("customer",)}


def payment_faults(document: Document, entity: Entity) -> Iterator[InputError]:
    """References, links, local ways and the transfer code of an entity; and where its page and its replies live."""
    for i, account in enumerate(entity.bank_accounts):
        yield from _reference(document, ("bank_accounts", i, "reference"), account)
    for name, known in _FIELDS.items():
        yield from _pattern(document, name, getattr(entity, name), known)
    yield from _ways(document, entity)
    if entity.mail_qr and transfer_code(entity, {"EUR": 1}, Subject("customer", "1"), "1") is None:
        problem = "no mail will show a code: it needs an account with an IBAN that takes euro"
        yield document.error(Code.IDLE, ("mail_qr",), problem, severity=Severity.WARNING)
    if entity.page_url is not None and (web_link(entity.page_url) is None or re.search(r"[?#{]", entity.page_url)):
        hint = "https, without ? and #: what a link is for is added to it"
        yield document.error(Code.BAD_VALUE, ("page_url",), "not the address of a page", hint=hint)
    if entity.reply_domain is not None and not _DOMAIN.fullmatch(entity.reply_domain):
        problem = f"'{clip(entity.reply_domain)}' is not a domain"
        yield document.error(Code.BAD_VALUE, ("reply_domain",), problem, hint="such as reply.example.com")


def _reference(document: Document, path: KeyPath, account: BankAccount) -> Iterator[InputError]:
    iban = (account.iban or "").replace(" ", "").upper()
    if account.reference == "swiss" and iban[:2] not in ("CH", "LI"):
        problem = "a Swiss reference needs an account in Switzerland or Liechtenstein"
        yield document.error(Code.RULE, path, problem, hint="rf is taken by every bank in the euro area")
    if account.reference != "swiss" and is_qr_iban(iban):
        problem = "a QR-IBAN takes no payment without a QR reference"
        yield document.error(Code.RULE, (*path[:-1], "iban"), problem, hint="add `reference: swiss`")


def _pattern(document: Document, name: str, pattern: str | None, known: tuple[str, ...]) -> Iterator[InputError]:
    if pattern is None:
        return
    fields = _FIELD.findall(pattern)
    unknown = [field for field in fields if field not in known]
    if unknown:
        problem = f"there is no field '{clip(unknown[0])}' to fill in"
        hint = did_you_mean(unknown[0], known)
        yield document.error(Code.UNKNOWN_REF, (name,), problem, allowed=listing(known), hint=hint)
    elif web_link(_FIELD.sub("x", pattern)) is None or re.search(r"[{}]", _FIELD.sub("x", pattern)):
        yield document.error(Code.BAD_VALUE, (name,), "not an https address", found=clip(pattern))
    elif not fields:
        problem = "the same address for every customer: it has no field to fill in"
        yield document.error(Code.RULE, (name,), problem, allowed=listing(known), severity=Severity.WARNING)


def _ways(document: Document, entity: Entity) -> Iterator[InputError]:
    known = known_ways()
    for way, address in entity.pay_addresses.items():
        if way not in known:
            problem, hint = f"there is no way to pay '{clip(way)}'", did_you_mean(way, known)
            yield document.error(Code.UNKNOWN_REF, ("pay_addresses", way), problem, allowed=listing(known), hint=hint)
        elif not is_pay_address(way, address):
            problem = f"'{clip(address)}' is not an address of {way}"
            yield document.error(Code.BAD_VALUE, ("pay_addresses", way), problem, found=clip(address))
