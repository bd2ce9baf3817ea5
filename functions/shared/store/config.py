"""The versioned configuration: entities, people, policies and the switch; one partition, read with one Query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from core.decide.model import Setting
from core.frozen import Frozen
from core.ledger import Customer, Entity, Person
from core.own.text import Place
from core.packing import deflate, inflate
from core.policy.schema import Policy
from functions.shared.store import keys, permits
from functions.shared.store.keys import Key
from functions.shared.store.permits import Permit
from functions.shared.store.table import Row, table

_ATTEMPTS: Final = 3
_SWITCH: Final = Key(keys.CONFIG, "switch")


class UnknownConfigurationError(LookupError):
    """An entity or policy is named that nobody configured."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, as of one read."""

    entities: Mapping[str, Entity] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)  # the current version, by name
    kept: Mapping[tuple[str, int], Policy] = field(default_factory=dict)  # every version
    versions: Mapping[str, int] = field(
        default_factory=dict
    )  # of each record, by sort key: what a put is conditional on
    paused: bool = False  # the switch: nothing is sent
    paused_entities: frozenset[str] = frozenset()  # ... or nothing of these
    words: Mapping[Place, int] = field(default_factory=dict)  # the company's own words: which version holds where
    permit: Permit = field(default_factory=Permit)  # to send, until a restore is noticed

    def entity(self, entity_id: str) -> Entity:
        """The entity of that id; raises UnknownConfigurationError."""
        try:
            return self.entities[entity_id]
        except KeyError:
            raise UnknownConfigurationError(f"entity {entity_id!r} is not configured") from None

    def holder(self, role: str, entity_id: str) -> str | None:
        """Id of the first of our people who holds a role at an entity; None when nobody does."""
        people = (p for p in self.people.values() if not p.entities or entity_id in p.entities)
        return next((person.id for person in people if role in person.roles), None)

    def policy(self, name: str, version: int | None = None) -> Policy:
        """A policy, the current version unless one is asked for; raises UnknownConfigurationError."""
        found = self.policies.get(name) if version is None else self.kept.get((name, version))
        if found is None:
            which = name if version is None else f"{name} version {version}"
            raise UnknownConfigurationError(f"policy {which!r} is not configured")
        return found

    def setting(
        self, entity_id: str, policy_name: str, version: int | None = None, *, deployment: str = "local"
    ) -> Setting:
        """What every account under that policy of that entity is decided by."""
        return Setting(
            entity=self.entity(entity_id),
            policy=self.policy(policy_name, version),
            people=tuple(self.people.values()),
            deployment=deployment,
            policies=self.policies,
        )

    def stopped(self, entity_id: str) -> bool:
        """True while a switch keeps this entity's notices from going out."""
        return self.paused or entity_id in self.paused_entities or not self.entity(entity_id).live

    def setting_for(self, entity_id: str, customer: Customer, *, deployment: str = "local") -> Setting:
        """The same for one customer: the nearest policy wins, the customer's over the entity's."""
        name = customer.policy or self.entity(entity_id).policy
        return self.setting(entity_id, name, deployment=deployment)


def read() -> Configuration:
    """All of it, strongly read."""
    entities: dict[str, Entity] = {}
    people: dict[str, Person] = {}
    policies: dict[str, Policy] = {}
    kept: dict[tuple[str, int], Policy] = {}
    off: dict[str, bool] = {}  # by entity; "": everything
    words: dict[Place, int] = {}
    rows = {row["sk"]: row for row in table().query(keys.CONFIG)}
    for sk, row in rows.items():
        kind, _, rest = sk.partition("#")
        match kind:
            case "entity":
                entity = Entity.model_validate(inflate(row["body"]))
                entities[entity.id] = entity
            case "person":
                person = Person.model_validate(inflate(row["body"]))
                people[person.id] = person
            case "policy":
                policy = Policy.model_validate(inflate(row["body"]))
                if "#" in rest:
                    kept[policy.policy, policy.version] = policy
                else:
                    policies[policy.policy] = policy
            case "switch":
                off[rest] = bool(row["paused"])
            case "words" if not row["removed"]:
                entity_id, kind_of_mail, language = map(keys.unpart, rest.split("#"))
                words[entity_id, kind_of_mail, language] = row["version"]
    return Configuration(
        entities,
        people,
        policies,
        kept,
        {sk: row.get("version", 0) for sk, row in rows.items()},
        off.pop("", False),
        frozenset(one for one, is_off in off.items() if is_off),
        words,
        permits.permit_of(rows.get(permits.KEY.sk, {})),
    )


def put_entity(entity: Entity, *, was: int) -> bool:
    """Write an entity over version `was` of it (0: none yet); False when it is another version by now."""
    return _put(keys.configuration("entity", entity.id), entity, was)


def put_person(person: Person, *, was: int) -> bool:
    """Write a person over version `was`; as `put_entity`."""
    return _put(keys.configuration("person", person.id), person, was)


def put_policy(policy: Policy, *, was: int) -> bool:
    """Keep this version of the policy for ever and make it the current one; as `put_entity`.

    Raises: ValueError when this version was kept before with other content: a version that decided is never rewritten.
    """
    body = _body(policy)
    row: Row = {**keys.policy_version(policy.policy, policy.version)._asdict(), "body": body, "version": policy.version}
    if not table().put_if(row, "attribute_not_exists(#pk) OR #body = :body", {"body": body}):
        raise ValueError(
            f"policy {policy.policy} version {policy.version} exists with other content; raise its version"
        )
    return _put(keys.configuration("policy", policy.policy), policy, was)


def set_live(entity_id: str, *, live: bool = True) -> bool:
    """Let an entity's notices go out, or stop them from going; False when somebody else changed the entity meanwhile.

    Raises: UnknownConfigurationError when there is no such entity.
    """
    row = table().get(keys.configuration("entity", entity_id))
    if row is None:
        raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
    entity = Entity.model_validate(inflate(row["body"]))
    return entity.live is live or put_entity(entity.model_copy(update={"live": live}), was=row["version"])


def pause(*, paused: bool) -> None:
    """Turn the switch: while paused, nothing of any entity is sent. Single entities stay as they are."""
    _turn(_SWITCH, paused=paused)


def pause_entity(entity_id: str, *, paused: bool) -> None:
    """Turn the switch of one entity; raises UnknownConfigurationError."""
    if table().get(keys.configuration("entity", entity_id)) is None:
        raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
    _turn(keys.configuration("switch", entity_id), paused=paused)


def _turn(switch: Key, *, paused: bool) -> None:
    """One row a switch, and no reading before: two people who stop two things at once lose neither."""
    table().put({**switch._asdict(), "paused": paused})


def reaches(entity_id: str, *, ledger: date | None, bank: date | None) -> bool:
    """Note how far an entity's ledger and bank data reach, never backwards; False when somebody else wrote meanwhile.

    Raises: UnknownConfigurationError when there is no such entity.
    """
    row = table().get(keys.configuration("entity", entity_id))
    if row is None:
        raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
    entity = Entity.model_validate(inflate(row["body"]))
    after = entity.model_copy(
        update={
            "ledger_as_of": _later(entity.ledger_as_of, ledger),
            "bank_as_of": _later(entity.bank_as_of, bank),
        }
    )
    return after == entity or put_entity(after, was=row["version"])


def quote(entity_id: str, base: str | None, rates: Mapping[str, str]) -> bool:
    """Take over the month's rates that a ledger names in the entity's own currency; True when one is new.

    Raises: UnknownConfigurationError when there is no such entity.
    """
    for _ in range(_ATTEMPTS):
        row = table().get(keys.configuration("entity", entity_id))
        if row is None:
            raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
        entity = Entity.model_validate(inflate(row["body"]))
        after = {**entity.rates, **{currency: rate for currency, rate in rates.items() if currency != base}}
        if base is None or entity.currency != base or after == entity.rates:
            return False
        if put_entity(entity.model_copy(update={"rates": after}), was=row["version"]):
            return True
    return False  # whoever keeps changing it knows better


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


def _put(key: Key, record: Frozen, was: int) -> bool:
    body = _body(record)
    row: Row = {**key._asdict(), "body": body, "version": was + 1}

    def ours(there: Row) -> bool:
        return bool(there["version"] == was + 1 and there["body"] == body)

    condition = "#version = :was" if was else "attribute_not_exists(#pk)"
    return table().put_if(row, condition, {"was": was} if was else None, mine=ours)


def _body(record: Frozen) -> bytes:
    plain: Any = record.model_dump(mode="json", exclude_none=True)
    return deflate(plain)
