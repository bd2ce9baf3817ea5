"""What is wrong with configuration that is well formed: values that do not exist, names that nobody bears."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from pydantic import ValidationError

from core.formats import places
from core.formats.addresses import InjectionError, addresses
from core.formats.bank import BankLayout
from core.formats.currencies import current as currencies
from core.formats.diagnose import Path as KeyPath
from core.formats.diagnose import dotted
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing
from core.formats.yaml_text import Document
from core.ledger import BankAccount, Entity, Person
from core.policy.finding import Finding
from core.policy.lint import lint
from core.policy.schema import Policy
from core.source import Source, SourceKind
from local.payment_checks import payment_faults
from local.policy_facts import of_entity

CUSTOMER_ROLES: Final = ("ap_contact", "ap_manager", "main_contact")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # part of stored keys
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_LETTER_A: Final = 10  # value of the letter A in an IBAN's checksum


def entity_faults(
    document: Document, entity: Entity, people: Collection[str] | None, policies: Collection[str] | None
) -> Iterator[InputError]:
    """Values of an entity that do not exist, and names in it that lead nowhere.

    Args: `people`, `policies` that are known; None where their files are wrong themselves, so that nothing is known.
    """
    if not _KEY.fullmatch(entity.id):
        yield _not(document, ("id",), entity.id, "an id: letters, digits, - _ . only")
    yield from _home(document, entity)
    if not _COLOR.fullmatch(entity.brand_color):
        yield _not(document, ("brand_color",), entity.brand_color, "a colour such as #1f4e79")
    if entity.live:
        hint = "leave the key out; sending starts with `pastdue go-live`"
        yield document.error(Code.RULE, ("live",), "a folder does not start the sending", hint=hint)
    yield from address_faults(document, ("sender",), entity.sender)
    yield from _hours(document, entity)
    for i, bank in enumerate(entity.bank_accounts):
        yield from _bank(document, ("bank_accounts", i), bank)
    yield from payment_faults(document, entity)
    if policies is not None and entity.policy not in policies:
        yield _unknown(document, ("policy",), "policy", entity.policy, policies)
    if people is not None and entity.contact_person and entity.contact_person not in people:
        yield _unknown(document, ("contact_person",), "person", entity.contact_person, people)


def _home(document: Document, entity: Entity) -> Iterator[InputError]:
    if entity.zone not in places.zones():
        problem = f"'{clip(entity.zone)}' is not a time zone"
        hint = _near_zone(entity.zone) or "write it as Europe/Berlin"
        yield document.error(Code.BAD_ZONE, ("zone",), problem, found=clip(entity.zone), hint=hint)
    if entity.country is not None and not places.is_country(entity.country):
        yield _not(document, ("country",), entity.country, "a country (ISO 3166, two letters)")
    if not places.is_language(entity.language):
        yield _not(document, ("language",), entity.language, "a language (BCP 47, such as de or pt-BR)")


def _near_zone(name: str) -> str | None:
    """A zone spelled alike, or one of that city: people write Berlin, Berlin/Europe, Europe/Belrin."""
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(places.zones())}
    by_city = next((cities[part] for part in name.casefold().split("/") if part in cities), None)
    return f"did you mean '{by_city}'?" if by_city else did_you_mean(name, places.zones())


def person_faults(document: Document, i: int, person: Person, entities: Collection[str]) -> Iterator[InputError]:
    """The same for one of our people, the i-th of people.yaml."""
    if not _KEY.fullmatch(person.id):
        yield _not(document, ("people", i, "id"), person.id, "an id: letters, digits, - _ . only")
    yield from address_faults(document, ("people", i, "email"), person.email or "")
    if person.language is not None and not places.is_language(person.language):
        yield _not(document, ("people", i, "language"), person.language, "a language (BCP 47, such as de or pt-BR)")
    for j, entity in enumerate(person.entities):
        if entity not in entities:
            yield _unknown(document, ("people", i, "entities", j), "entity", entity, entities)


def policy_findings(
    document: Document, entity: Entity, policy: Policy, people: Collection[Person]
) -> Iterator[InputError]:
    """What the entity's policy meets here and cannot deal with: a role that nobody has, a currency without a limit."""
    for found in slips_here(entity, policy, people):
        problem = f"policy '{policy.policy}', {dotted(found.path)}: {found.problem}"
        yield document.error(found.code, ("policy",), problem, hint=found.hint, severity=found.severity)
    for role in dict.fromkeys(role for step in policy.steps for role in step.audience.customer):
        hint = did_you_mean(role, CUSTOMER_ROLES)
        if role not in CUSTOMER_ROLES and hint:
            problem = f"policy '{policy.policy}' writes to the {clip(role)} of customers"
            yield document.error(Code.ROLE, ("policy",), problem, hint=hint, severity=Severity.WARNING)


def slips_here(entity: Entity, policy: Policy, people: Collection[Person]) -> list[Finding]:
    """What cannot be meant at this entity, and may be at another."""
    anywhere = set(lint(policy))
    return [found for found in lint(policy, of_entity(entity, people)) if found not in anywhere]


def source_faults(document: Document, source: Source, entities: Collection[str]) -> Iterator[InputError]:
    """A source feeds an entity that there is, and says nothing that another kind of source would go by."""
    if source.entity not in entities:
        yield _unknown(document, ("entity",), "entity", source.entity, entities)
    if source.kind is SourceKind.BANK and source.mapping is not None:
        hint = "a bank's own CSV is described by `layout`"
        yield document.error(Code.RULE, ("mapping",), "a bank's files are not read by a ledger's mapping", hint=hint)
    if source.layout is not None:
        yield from _layout(document, source.layout)
    if source.kind is not SourceKind.LEDGER and source.snapshot == "full":
        yield document.error(Code.RULE, ("snapshot",), "only files of a ledger are full snapshots")


def _layout(document: Document, layout: dict[str, Any]) -> Iterator[InputError]:
    """What is wrong with how a bank's CSV is described."""
    try:
        BankLayout.model_validate(layout)
    except ValidationError as wrong:
        for each in wrong.errors():
            path = ("layout", *each["loc"])
            yield document.error(Code.BAD_VALUE, path, each["msg"].removeprefix("Value error, "))


def address_faults(document: Document, path: KeyPath, text: str) -> Iterator[InputError]:
    """An address of ours is exactly one address."""
    try:
        good, bad = addresses(text)
    except InjectionError:
        yield document.error(Code.HEADER_INJECTION, path, "a line break in an address", found=clip(text))
        return
    if bad or len(good) > 1:
        yield document.error(Code.BAD_EMAIL, path, f"'{clip(text)}' is not one mail address", found=clip(text))


def _hours(document: Document, entity: Entity) -> Iterator[InputError]:
    hours = entity.send_hours
    wrong = [(name, text) for name, text in hours if not _HOUR.fullmatch(text)]
    for name, text in wrong:
        yield _not(document, ("send_hours", name), text, 'a time such as "08:00"')
    if not wrong and hours.start >= hours.until:
        problem = f"no hour lies from {clip(hours.start)} until {clip(hours.until)}"
        yield document.error(Code.RULE, ("send_hours",), problem)


def _bank(document: Document, path: KeyPath, bank: BankAccount) -> Iterator[InputError]:
    if bank.iban is not None and not iban_adds_up(bank.iban):
        yield _not(document, (*path, "iban"), bank.iban, "an IBAN: its check digits do not add up")
    if bank.iban is None and bank.account is None:
        yield document.error(Code.MISSING_FIELD, path, "needs an iban, or an account outside IBAN countries")
    if bank.currency is not None and bank.currency not in currencies():
        problem = f"'{clip(bank.currency)}' is not a currency in use (ISO 4217)"
        yield document.error(Code.BAD_CURRENCY, (*path, "currency"), problem, found=clip(bank.currency))


def iban_adds_up(text: str) -> bool:
    """True when the form and the check digits of an IBAN are right (ISO 13616, remainder 1 of 97)."""
    iban = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(iban):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(ord(c) - ord("A") + _LETTER_A) if c.isalpha() else c for c in turned)) % 97 == 1


def _unknown(document: Document, path: KeyPath, kind: str, name: str, known: Collection[str]) -> InputError:
    names = sorted(known)
    hint = did_you_mean(name, names) or (f"known: {listing(names)}" if names else f"no {kind} is known")
    problem = f"there is no {kind} '{clip(name)}'"
    return document.error(Code.UNKNOWN_REF, path, problem, found=clip(name), allowed=listing(names), hint=hint)


def _not(document: Document, path: KeyPath, found: str, what: str) -> InputError:
    return document.error(Code.BAD_VALUE, path, f"'{clip(found)}' is not {what}", found=clip(found))
