"""`pastdue config apply FOLDER`: entities, people, policies and own words from files; changes are shown first."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from local.cli.asking import agreed
from local.cli.errors import CliError, Exit
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State, Yes
from local.cli.output import finding_data, findings_table, hint, say, show
from local.cli.target import Target, target
from local.cli.template import own_drafts, save_drafts

if TYPE_CHECKING:
    from core.ledger import Entity
    from functions.shared.store.config import Configuration
    from local.config_folder import FolderRead, Wanted

app = typer.Typer(no_args_is_help=True, help="Entities, people and roles, policies.")


@app.command("apply")
def apply(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="entities/, people.yaml, policies/, sources/, templates/")
    ],
    yes: Yes = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Show what a folder of configuration would change, then apply it."""
    from local.config_folder import diff

    read = read_checked(folder)
    if read.warnings:
        say(findings_table(read.warnings))
    domain = sender_domain(read.wanted.entities.values(), folder)
    parameters = {"SenderDomain": domain} if domain and not stack else {}
    with target(state, stack, create=True, parameters=parameters) as found:
        from functions.shared.store import config, sources

        current = config.read()
        check_against(found, current, read.wanted, domain, folder)
        if stay := _left_out(current, read.wanted):
            say(f"not in this folder, and kept as they are: {', '.join(stay)}")
        drafts = own_drafts(folder / "templates", current, {*current.entities, *read.wanted.entities})
        lines = [*diff(current, read.wanted, sources.read()), *(f"words {draft.folder}: changed" for draft in drafts)]
        warnings = [finding_data(warning) for warning in read.warnings]
        if lines and not _agreed(lines, found, folder, yes=yes):
            return
        reviewed = write(current, read.wanted, found) if lines else 0
        save_drafts(drafts, current, found.command(f"config apply {folder}"))
        _remember(state, parameters)
        show(
            "config apply",
            {"stack": found.stack, "changes": lines, "warnings": warnings, "accounts_to_review": reviewed},
            _what_changed(lines),
        )
        waiting = [entity for entity in read.wanted.entities if not _is_live(entity)]
        hint(found.command(f"go-live {waiting[0]}" if waiting else "doctor"))


def read_checked(folder: Path) -> "FolderRead":
    """The folder; raises CliError with every mistake when there is one."""
    from core.render.messages import OF_POLICIES
    from local.config_folder import read_folder

    templates = tuple(kind.value for kind in OF_POLICIES)
    read = read_folder(folder, templates)
    if read.errors:
        many = f"{len(read.errors)} mistakes" if len(read.errors) > 1 else "a mistake"
        problem = f"{folder} holds {many}; nothing was changed"
        raise CliError(problem, f"pastdue config apply {folder}", code=Exit.CONFIG_INVALID, findings=read.errors)
    return read


def sender_domain(entities: "Iterable[Entity]", folder: Path) -> str | None:
    """The one domain that all senders share; None when no entity names a sender."""
    domains = {entity.sender.rpartition("@")[2] for entity in entities if entity.sender}
    if len(domains) > 1:
        problem = f"a stack sends from one domain, the entities name {', '.join(sorted(domains))}"
        raise CliError(problem, f"pastdue config apply {folder}", code=Exit.CONFIG_INVALID)
    return next(iter(domains), None)


def check_against(found: Target, current: "Configuration", wanted: "Wanted", domain: str | None, folder: Path) -> None:
    """What a folder alone does not show: versions in use, and the domain that the stack may send from."""
    from local.config_folder import stale_versions

    again = found.command(f"config apply {folder}")
    if stale := stale_versions(current, wanted):
        problem = f"changed without a new version: {', '.join(stale)}; raise `version` in the policy file"
        raise CliError(problem, again, code=Exit.CONFIG_INVALID)
    if domain and domain != found.sender_domain:
        problem = f"the stack may send from {found.sender_domain} only, the entities name {domain}"
        raise CliError(problem, again, code=Exit.CONFIG_INVALID)


def write(current: "Configuration", wanted: "Wanted", found: Target) -> int:
    """Write everything, what others name first; returns how many accounts are looked at again.

    They are called up before the first write: whoever stops half-way finds nothing left to apply, and would never do
    it. Those that were decided meanwhile are called up again.
    Raises: CliError when somebody else changed a record meanwhile; what was written by then stays, and is right.
    """
    from functions.shared.store import config, sources
    from local.cli.review import review

    was, concerned = current.versions, _concerned(current, wanted)
    called = review(concerned, found.now)
    try:
        done = [config.put_policy(policy, was=was.get(f"policy#{name}", 0)) for name, policy in wanted.policies.items()]
    except ValueError as taken:  # somebody else was first with this version of it
        raise CliError(str(taken), found.command("config apply FOLDER"), code=Exit.CONFIG_INVALID) from None
    done += [config.put_person(person, was=was.get(f"person#{key}", 0)) for key, person in wanted.people.items()]
    for key, entity in wanted.entities.items():
        before = current.entities.get(key)
        kept = entity.model_copy(update=_noted(before, entity))
        done.append(config.put_entity(kept, was=was.get(f"entity#{key}", 0)))
    done += [sources.put(source, was=was.get(f"source#{key}", 0)) for key, source in wanted.sources.items()]
    called += review(concerned, found.now)
    if not all(done):
        raise CliError("somebody else changed the configuration meanwhile", found.command("config apply FOLDER"))
    return called


def _left_out(current: "Configuration", wanted: "Wanted") -> list[str]:
    """Entities and people that the folder does not name: leaving one out neither stops its sending nor its mail."""
    people = current.people.keys() - wanted.people.keys() if wanted.people else ()
    entities = current.entities.keys() - wanted.entities.keys()
    return [*(f"entity {key}" for key in sorted(entities)), *(f"person {key}" for key in sorted(people))]


def _concerned(current: "Configuration", wanted: "Wanted") -> "list[Entity]":
    """Whose accounts may be decided otherwise: policies and people may be of an entity of another folder too."""
    shared = bool(wanted.policies or wanted.people)
    return list(({**current.entities, **wanted.entities} if shared else wanted.entities).values())


def _noted(before: "Entity | None", wanted: "Entity") -> dict[str, object]:
    """What other commands noted on an entity, and this folder does not say."""
    if before is None:
        return {"live": False}
    dates = {"ledger_as_of": before.ledger_as_of, "bank_as_of": before.bank_as_of}
    return {"live": before.live, "rates": wanted.rates or before.rates, **dates}


def _agreed(lines: list[str], found: Target, folder: Path, *, yes: bool) -> bool:
    if yes:
        return True
    say(Text("this would change:", style="bold"), _what_changed(lines))
    return agreed("Apply?", found.command(f"config apply {folder} --yes"))


def _what_changed(lines: list[str]) -> Text:
    return Text("\n".join(lines) or "nothing to change")


def _is_live(entity_id: str) -> bool:
    from functions.shared.store import config

    return config.read().entities[entity_id].live


def _remember(state: Path, parameters: dict[str, str]) -> None:
    from local import state_parameters

    if parameters:
        state_parameters.write(state, parameters)
