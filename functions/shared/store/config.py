"""The versioned configuration: entities, people, policies and the switch; one partition, read with one Query."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from core.decide.model import Setting
from core.frozen import Frozen
from core.ledger import Customer, Entity, Person
from core.own.text import Place
from core.packing import deflate, inflate
from core.policy.schema import Policy
from core.stored import stored
from core.values import dataclass
from functions.shared.store import hooks, keys, permits, switches
from functions.shared.store.keys import Key
from functions.shared.store.permits import Permit
from functions.shared.store.switches import Switch
from functions.shared.store.table import Row, table

_ATTEMPTS: Final = 3
_Kind = TypeVar("_Kind", bound=Frozen)


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
    paused_policies: frozenset[str] = frozenset()  # ... or nothing that one of these decided
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

    def stopped(self, entity_id: str, policy: str = "") -> bool:
        """True while a switch keeps this entity's notices, or those of this policy, from going out."""
        off = self.paused or entity_id in self.paused_entities or policy in self.paused_policies
        return off or not self.entity(entity_id).live

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
    off: set[tuple[str, str]] = set()  # what is stopped
    words: dict[Place, int] = {}
    rows = {row["sk"]: row for row in table().query(keys.CONFIG)}
    hooks.remember(row for sk, row in rows.items() if sk.startswith(hooks.PREFIX))
    for sk, row in rows.items():
        kind, _, rest = sk.partition("#")
        match kind:
            case "entity":
                entity = _known(Entity, row["body"])
                entities[entity.id] = entity
            case "person":
                person = _known(Person, row["body"])
                people[person.id] = person
            case "policy":
                policy = _known(Policy, row["body"])
                if "#" in rest:
                    kept[policy.policy, policy.version] = policy
                else:
                    policies[policy.policy] = policy
            case "switch" | "switch-policy" if row["paused"]:
                switch = switches.switch_of(row)
                off.add((switch.reach, switch.of))
            case "words" if not row["removed"]:
                entity_id, kind_of_mail, language = map(keys.unpart, rest.split("#"))
                words[entity_id, kind_of_mail, language] = row["version"]
    return Configuration(
        entities,
        people,
        policies,
        kept,
        {sk: row.get("version", 0) for sk, row in rows.items()},
        ("all", "") in off,
        frozenset(of for reach, of in off if reach == "entity"),
        frozenset(of for reach, of in off if reach == "policy"),
        words,
        permits.permit_of(rows.get(permits.KEY.sk, {})),
    )


@lru_cache(maxsize=256)
def _known(kind: type[_Kind], body: bytes) -> _Kind:
    """The record that these bytes hold; most are the same from one read to the next, and so is what is made of them."""
    return stored(kind, inflate(body))


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

    def same(there: Row) -> bool:  # read, not byte for byte: older code packed the same otherwise, without newer fields
        return bool(_known(Policy, there["body"]) == policy)

    if not table().put_if(row, "attribute_not_exists(#pk)", mine=same):
        raise ValueError(
            f"policy {policy.policy} version {policy.version} exists with other content; raise its version"
        )
    return _put(keys.configuration("policy", policy.policy), policy, was)


def set_live(entity_id: str, *, live: bool = True) -> bool:
    """Let an entity's notices go out, or stop them from going; False when somebody else changed the entity meanwhile.

    Who stops it means it, whatever else of it changed: that is tried again.
    Raises: UnknownConfigurationError when there is no such entity.
    """
    return _change(entity_id, lambda _: {"live": live}, attempts=1 if live else _ATTEMPTS)


def pause(*, paused: bool, by: str = "", reason: str = "", at: datetime | None = None) -> None:
    """Turn the switch: while paused, nothing of any entity is sent. Single entities stay as they are."""
    switches.turn(Switch(paused=paused, by=by, reason=reason, at=at))


def pause_entity(entity_id: str, *, paused: bool, by: str = "", reason: str = "", at: datetime | None = None) -> None:
    """Turn the switch of one entity; raises UnknownConfigurationError."""
    if table().get(keys.configuration("entity", entity_id)) is None:
        raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
    switches.turn(Switch("entity", entity_id, paused, by=by, reason=reason, at=at))


def pause_policy(name: str, *, paused: bool, by: str = "", reason: str = "", at: datetime | None = None) -> None:
    """Turn the switch of what one policy decided, of every entity; raises UnknownConfigurationError."""
    if table().get(keys.configuration("policy", name)) is None:
        raise UnknownConfigurationError(f"policy {name!r} is not configured")
    switches.turn(Switch("policy", name, paused, by=by, reason=reason, at=at))


def reaches(entity_id: str, *, ledger: date | None, bank: date | None) -> bool:
    """Note how far an entity's ledger and bank data reach, never backwards; False when somebody else wrote meanwhile.

    Raises: UnknownConfigurationError when there is no such entity.
    """

    def after(entity: Entity) -> dict[str, Any]:
        return {"ledger_as_of": _later(entity.ledger_as_of, ledger), "bank_as_of": _later(entity.bank_as_of, bank)}

    return _change(entity_id, after)


def quote(entity_id: str, base: str | None, rates: Mapping[str, str]) -> bool:
    """Take over the month's rates that a ledger names in the entity's own currency; True when one is new.

    Raises: UnknownConfigurationError when there is no such entity.
    """
    for _ in range(_ATTEMPTS):
        row = table().get(keys.configuration("entity", entity_id))
        if row is None:
            raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
        entity = _known(Entity, row["body"])
        after = {**entity.rates, **{currency: rate for currency, rate in rates.items() if currency != base}}
        if base is None or entity.currency != base or after == entity.rates:
            return False
        if put_entity(entity.model_copy(update={"rates": after}), was=row["version"]):
            return True
    return False  # whoever keeps changing it knows better


def _change(entity_id: str, after: Callable[[Entity], dict[str, Any]], *, attempts: int = _ATTEMPTS) -> bool:
    """Change some fields of an entity; False when others changed it on each attempt."""
    for _ in range(attempts):
        row = table().get(keys.configuration("entity", entity_id))
        if row is None:
            raise UnknownConfigurationError(f"entity {entity_id!r} is not configured")
        entity = _known(Entity, row["body"])
        changed = entity.model_copy(update=after(entity))
        if changed == entity or put_entity(changed, was=row["version"]):
            return True
    return False


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
