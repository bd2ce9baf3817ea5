"""A ledger that was checked is stored: what nobody configured, its accounts, and how far it reaches."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from local.cli.errors import CliError
from local.cli.output import say
from local.cli.target import Target

if TYPE_CHECKING:
    from core.formats.examination import Report
    from functions.shared.store.config import Configuration
    from functions.shared.store.facts import Applied

DEFAULT_ENTITY: Final = "main"


@dataclass(slots=True)
class Stored:
    """What an import changed."""

    accounts: int = 0  # that the file speaks of
    changed: int = 0
    opened: int = 0
    restated: int = 0
    closed: int = 0
    reopened: int = 0
    entities: set[str] = field(default_factory=set, repr=False)

    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {name: count for name, count in asdict(self).items() if name != "entities"}

    def add(self, applied: "Applied") -> None:
        self.entities.add(applied.entity)
        self.accounts += 1
        self.changed += applied.changed
        self.opened += applied.opened
        self.restated += applied.restated
        self.closed += applied.closed
        self.reopened += applied.reopened


def policies() -> frozenset[str]:
    """Those that a file may name: configured ones; where nothing is, that of the entity which `configure` makes."""
    from core.ledger import Entity
    from functions.shared.store import config

    configuration = config.read()
    own = () if configuration.entities else (Entity(id=DEFAULT_ENTITY, name=DEFAULT_ENTITY).policy,)
    return frozenset((*configuration.policies, *own))


def configure(found: Target, report: "Report") -> None:
    """Put what the file needs and nobody configured: its entities, people, and the shipped policies they name."""
    from core.ledger import Entity
    from core.policy.load import load_policy, shipped
    from core.policy.schema import Policy
    from functions.shared.store import config

    configuration = config.read()
    new = [entity for entity in report.entities if entity.id not in configuration.entities]
    if not (configuration.entities or new):
        new = [Entity(id=DEFAULT_ENTITY, name=DEFAULT_ENTITY, sender=f"accounts@{found.sender_domain}")]
        say(f"no entity is configured: the ledger is stored for a new one, {DEFAULT_ENTITY}")
    unknown = {entity.policy for entity in new} - shipped().keys() - configuration.policies.keys()
    if unknown:
        raise CliError(
            f"an entity of the file names the policy {min(unknown)!r}; there is none", "pastdue policy --help"
        )
    for name in {entity.policy for entity in new} & shipped().keys() - configuration.policies.keys():
        policy = load_policy(shipped()[name])
        if isinstance(policy, Policy):
            config.put_policy(policy, was=0)
    for person in report.people:
        if person.id not in configuration.people:
            config.put_person(person, was=0)
    for entity in new:
        config.put_entity(entity, was=0)


def store(found: Target, ledger: Iterable[Any], advance: Any) -> Stored:
    """Write the changes, account after account."""
    from functions.shared.store import config, facts

    now, stored, configuration = found.now, Stored(), config.read()
    for applied in facts.apply_accounts(ledger, today=local_dates(configuration, now), now=now):
        stored.add(applied)
        advance()
    return stored


def note_dates(found: Target, report: "Report", entities: Iterable[str], until: date | None) -> None:
    """Note on each entity of the file how far its ledger and bank data now reach: brakes go by it."""
    from functions.shared.store import config

    today = local_dates(config.read(), found.now)
    for entity in sorted(entities):
        ledger = min(report.as_of or today[entity], until or today[entity], today[entity])
        bank = min(report.bank_as_of, today[entity]) if report.bank_as_of else None
        if not config.reaches(entity, ledger=ledger, bank=bank):
            say(f"{entity}: somebody else changed the entity meanwhile; import the file again to note its date")


def note_rates(found: Target, report: "Report", entities: Iterable[str]) -> None:
    """Take over the rates of the file's header where they are in an entity's own currency; its accounts look again."""
    from functions.shared.store import config
    from local.cli.review import review

    quoted = [entity for entity in sorted(entities) if config.quote(entity, report.base_currency, report.rates)]
    if quoted:
        configuration = config.read()
        review([configuration.entities[entity] for entity in quoted], found.now)
        say(f"the rates of {', '.join(quoted)} are those of the file")


def local_dates(configuration: "Configuration", now: datetime) -> dict[str, date]:
    """The present date of each entity."""
    from core.calendar import local_date

    return {key: local_date(now, entity.zone) for key, entity in configuration.entities.items()}
