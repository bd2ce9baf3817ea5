"""A folder of configuration as people keep it: entities/, people.yaml, policies/, sources/; own words lie beside.

It is read and checked as a whole; each mistake has its file, line and column; nothing is applied until there is none.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import holidays

from core.formats.errors import Code, InputError, Severity, clip
from core.formats.yaml_text import Document, read_file, validate
from core.frozen import Frozen
from core.ledger import Entity, Person
from core.policy.finding import Known
from core.policy.load import check_policy, load_policy, shipped
from core.policy.renamed import renamed
from core.policy.schema import Policy
from core.render.formats import LANGUAGES
from core.source import Source
from local.config_checks import entity_faults, person_faults, policy_findings, source_faults

_PEOPLE: Final = "people.yaml"
_EXPECTED: Final = "expected entities/*.yaml, people.yaml, policies/*.yaml, sources/*.yaml"
# Filled in once, when the folder is read: for old ledgers that are replayed, and for years to come.
_HOLIDAY_YEARS: Final = range(2010, 2041)
_LONGEST_LIST: Final = 12  # entries that a line of the diff names
_RATES: Final = "rates."
_Made = TypeVar("_Made", Entity, Source)


class PeopleFile(Frozen):
    """people.yaml: our own people, and the roles that they hold."""

    people: tuple[Person, ...] = ()


class Configured(Protocol):
    """Entities, people and policies, by id or name, wherever they come from."""

    @property
    def entities(self) -> Mapping[str, Entity]: ...
    @property
    def people(self) -> Mapping[str, Person]: ...
    @property
    def policies(self) -> Mapping[str, Policy]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a folder asks for; a policy that an entity names and that comes with the program is part of it."""

    entities: Mapping[str, Entity] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FolderRead:
    """A folder as it was read; `wanted` is fit to be applied when there are no errors."""

    wanted: Wanted
    errors: tuple[InputError, ...] = ()
    warnings: tuple[InputError, ...] = ()


def read_folder(folder: Path, templates: tuple[str, ...] = ()) -> FolderRead:
    """Read and check a folder as a whole.

    Args: `templates` that a policy may name; empty: not checked.
    """
    if not folder.is_dir():
        return FolderRead(Wanted(), (InputError(Code.NO_FILE, str(folder), 0, "is not a folder", hint=_EXPECTED),))
    found = list[InputError]()
    policies = _policies(folder, templates, found)
    known_policies = None if _broken(found) else {*policies, *shipped()}
    entities, documents = _entities(folder, found)
    people, people_file = _people(folder, found)
    known_people = people if people_file is not None or not (folder / _PEOPLE).exists() else None
    policies.update(_named_of_shipped(entities.values(), policies))
    for entity in entities.values():
        document = documents[entity.id]
        found += entity_faults(document, entity, known_people, known_policies)
        if entity.policy in policies:
            found += policy_findings(document, entity, policies[entity.policy], people.values())
    for i, person in enumerate(people.values()):
        if people_file is not None:
            found += person_faults(people_file, i, person, entities)
    sources = _sources(folder, entities, found)
    if not (entities or people or policies or sources) and not _broken(found):
        found.append(InputError(Code.EMPTY_FILE, folder.name, 0, "holds no configuration", hint=_EXPECTED))
    found.sort(key=lambda error: (error.file, error.line, error.column or 0))
    return FolderRead(
        Wanted(entities, people, policies, sources),
        tuple(error for error in found if error.severity is Severity.ERROR),
        tuple(error for error in found if error.severity is not Severity.ERROR),
    )


def diff(current: Configured, wanted: Wanted, sources: Mapping[str, Source] | None = None) -> list[str]:
    """What applying `wanted` would change, in lines for people; empty when nothing would. Nothing is ever removed.

    Args: `sources` that are configured.
    """
    return [
        *_changes("entity", current.entities, wanted.entities),
        *_changes("person", current.people, wanted.people),
        *_changes("policy", current.policies, wanted.policies),
        *_renamed(current.policies, wanted.policies),
        *_changes("source", sources or {}, wanted.sources),
    ]


def stale_versions(current: Configured, wanted: Configured) -> list[str]:
    """Names of policies that changed under a version that is in use: such a version is kept as it decided."""
    both = wanted.policies.keys() & current.policies.keys()
    return sorted(
        name
        for name in both
        if wanted.policies[name] != current.policies[name]
        and wanted.policies[name].version <= current.policies[name].version
    )


# ---------- reading ----------


def _broken(found: Collection[InputError]) -> bool:
    return any(error.severity is Severity.ERROR for error in found)


def _yaml_files(folder: Path, kind: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((folder / kind).glob("*.y*ml")):
        yield path, path.relative_to(folder).as_posix()


def _policies(folder: Path, templates: tuple[str, ...], found: list[InputError]) -> dict[str, Policy]:
    policies = dict[str, Policy]()
    known = Known(templates=dict.fromkeys(templates, frozenset(LANGUAGES))) if templates else Known()
    for path, name in _yaml_files(folder, "policies"):
        checked = check_policy(path, name, known)
        found += checked.findings
        policy = checked.policy
        if policy is None:
            continue
        if policy.policy in policies:
            problem = f"policy '{policy.policy}' stands in another file already"
            found.append(InputError(Code.DUPLICATE_KEY, name, 1, problem, field="policy"))
        else:
            policies[policy.policy] = policy
    return policies


def _entities(folder: Path, found: list[InputError]) -> tuple[dict[str, Entity], dict[str, Document]]:
    entities, documents = dict[str, Entity](), dict[str, Document]()
    for document, entity in _each(folder, "entities", Entity, found):
        entities[entity.id], documents[entity.id] = _with_holidays(entity), document
    return entities, documents


def _sources(folder: Path, entities: Mapping[str, Entity], found: list[InputError]) -> dict[str, Source]:
    sources = dict[str, Source]()
    for document, source in _each(folder, "sources", Source, found):
        found += source_faults(document, source, entities)
        sources[source.id] = source
    return sources


def _each(folder: Path, kind: str, model: type[_Made], found: list[InputError]) -> Iterator[tuple[Document, _Made]]:
    """What the files of a kind hold, one each; what cannot be read, or has an id for the second time, is a finding."""
    seen = dict[str, str]()  # id -> its file
    for path, name in _yaml_files(folder, kind):
        document = read_file(path, name)
        if isinstance(document, InputError):
            found.append(document)
            continue
        made = validate(document, model)
        if isinstance(made, list):
            found += made
        elif made.id in seen:
            problem = f"{model.__name__.lower()} '{clip(made.id)}' stands in {seen[made.id]} already"
            found.append(document.error(Code.DUPLICATE_KEY, ("id",), problem))
        else:
            seen[made.id] = document.file
            yield document, made


def _people(folder: Path, found: list[InputError]) -> tuple[dict[str, Person], Document | None]:
    path = folder / _PEOPLE
    if not path.exists():
        problem = "is missing: nobody gets tasks and digests"
        found.append(InputError(Code.NO_FILE, path.name, 0, problem, severity=Severity.WARNING))
        return {}, None
    document = read_file(path)
    if isinstance(document, InputError):
        found.append(document)
        return {}, None
    listed = validate(document, PeopleFile)
    if isinstance(listed, list):
        found += listed
        return {}, None
    people = dict[str, Person]()
    for i, person in enumerate(listed.people):
        if person.id in people:
            problem = f"person '{clip(person.id)}' stands above already"
            found.append(document.error(Code.DUPLICATE_KEY, ("people", i, "id"), problem))
        people.setdefault(person.id, person)
    return people, document


def _named_of_shipped(entities: Collection[Entity], policies: Collection[str]) -> Iterator[tuple[str, Policy]]:
    for name in {entity.policy for entity in entities} & (shipped().keys() - set(policies)):
        policy = load_policy(shipped()[name])
        if isinstance(policy, Policy):
            yield name, policy


def _with_holidays(entity: Entity) -> Entity:
    """The entity with its country's public holidays, unless it lists its own days."""
    if entity.holidays or entity.country not in holidays.list_supported_countries():
        return entity
    days = holidays.country_holidays(entity.country, years=_HOLIDAY_YEARS)
    return entity.model_copy(update={"holidays": tuple(sorted(days))})


# ---------- comparing ----------


def _changes(kind: str, current: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key, new in wanted.items():
        if key not in current:
            yield f"{kind} {key}: new"
            continue
        before, after = dict(_flat(current[key])), dict(_flat(new))
        for name in ("live", "ledger_as_of", "bank_as_of"):  # other commands' business
            before.pop(name, None)
            after.pop(name, None)
        if kind == "entity" and not any(name.startswith(_RATES) for name in after):  # kept, as a ledger quoted them
            before = {name: value for name, value in before.items() if not name.startswith(_RATES)}
        for name in dict.fromkeys([*before, *after]):
            if before.get(name) != after.get(name):
                yield f"{kind} {key}: {name} {_shown(before.get(name))} -> {_shown(after.get(name))}"


def _renamed(current: Mapping[str, Policy], wanted: Mapping[str, Policy]) -> Iterator[str]:
    for key in current.keys() & wanted.keys():
        yield from (f"policy {key}: steps[{one.place}].id: {one}" for one in renamed(current[key], wanted[key]))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of everything that is set; a step or a person is named by its id, not by its place."""
    parts = _parts(value)
    if parts is not None:
        for key, part in parts:
            yield from _flat(part, f"{name}.{key}" if name else key)
    elif value not in (None, ()):
        yield name, value


def _parts(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Frozen):
        return [(key, getattr(value, key)) for key in type(value).model_fields]
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, tuple) and value and isinstance(value[0], Frozen):
        return [(str(getattr(part, "id", i)), part) for i, part in enumerate(value, start=1)]
    return None


def _shown(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) if len(value) <= _LONGEST_LIST else f"{len(value)} entries"
    return str(value)
