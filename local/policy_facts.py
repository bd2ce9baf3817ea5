"""What is known of the world that a policy will meet: our people, the words that exist, the customers of a ledger."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.formats.jsonl import Row, read_jsonl
from core.formats.records import ContactRecord, CustomerRecord, InvoiceRecord
from core.ledger import Entity, Person
from core.policy.finding import Known
from core.render.formats import LANGUAGES
from core.render.messages import OF_POLICIES
from local.translations import incomplete

_ANY = Known()


@cache
def templates() -> Mapping[str, frozenset[str]]:
    """The messages that a policy may name, and the languages in which each is whole: no sentence is missing."""
    holes = incomplete()
    return {
        kind.value: frozenset(language for language in LANGUAGES if kind.value not in holes.get(language, ()))
        for kind in OF_POLICIES
    }


def with_templates() -> Known:
    """Nothing but the messages."""
    return Known(templates=templates())


def of_entity(entity: Entity, people: Collection[Person]) -> Known:
    """What the configuration of one legal entity says: who holds which role there, its language and currency."""
    at_home = (person for person in people if not person.entities or entity.id in person.entities)
    return Known(
        templates=templates(),
        languages=frozenset({entity.language}),
        home_languages=frozenset({entity.language}),
        roles=frozenset(role for person in at_home for role in person.roles),
        currencies=frozenset({entity.currency} if entity.currency else ()),
        countries=frozenset({entity.country or ""}),
        evenings=frozenset({entity.id} if entity.runs_after_hours else ()),
    )


def of_ledger(path: Path) -> Known:
    """What the customers of a native ledger read, are invoiced in, and whom they name; lines in error say nothing."""
    languages, currencies, roles = set[str | None](), set[str](), set[str]()
    with path.open("rb") as stream:
        for row in read_jsonl(stream, path.name):
            match row.record if isinstance(row, Row) else None:
                case CustomerRecord() as customer:
                    languages.add(customer.lang)
                    roles.update(["ap_contact"] if customer.email else [])
                case ContactRecord() as contact:
                    languages.add(contact.lang)
                    roles.update(contact.roles)
                case InvoiceRecord() as invoice:
                    currencies.add(invoice.currency)
    return Known(
        languages=frozenset(language for language in languages if language),
        currencies=frozenset(currencies),
        customer_roles=frozenset(roles) or None,
    )


def holds_records(path: Path) -> bool:
    """Whether a file is a native ledger: a line of it can be read."""
    with path.open("rb") as stream:
        return any(isinstance(row, Row) for row in read_jsonl(stream, path.name))


def together(parts: Iterable[Known]) -> Known:
    """All that the parts know."""
    known = _ANY
    for part in parts:
        known = Known(
            templates=part.templates if known.templates is None else known.templates,
            languages=_both(known.languages, part.languages),
            home_languages=_both(known.home_languages, part.home_languages),
            roles=_both(known.roles, part.roles),
            customer_roles=_both(known.customer_roles, part.customer_roles),
            currencies=_both(known.currencies, part.currencies),
            countries=_both(known.countries, part.countries),
            evenings=_both(known.evenings, part.evenings),
        )
    return known


def held_everywhere(entities: Iterable[Known]) -> Known:
    """The same for several entities: a role counts only where each of them has it."""
    parts = list(entities)
    roles = [part.roles for part in parts if part.roles is not None]
    return replace(together(parts), roles=frozenset.intersection(*roles) if roles else None)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return other if one is None else one if other is None else one | other
