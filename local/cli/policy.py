"""`pastdue policy check`, `explain` and `schema`: a policy is read without touching any stack."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.errors import CliError, Exit
from local.cli.options import AsJson
from local.cli.output import finding_data, findings_table, hint, say, show

if TYPE_CHECKING:
    from core.formats.errors import InputError
    from core.policy.finding import Known
    from core.policy.schema import Policy

app = typer.Typer(no_args_is_help=True, help="Check a policy file, or read it in plain words.")
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a shipped policy, or a YAML file")]


@app.command("check")
def check(
    name: NameOrFile,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FOLDER", help="For the entities and people of this folder.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help="For the customers of this ledger, in JSON lines.")
    ] = None,
    as_json: AsJson = False,  # noqa: ARG001
) -> None:
    """Check a policy: every mistake with its file, line and column, and what it says that cannot be meant."""
    from core.policy.load import check_policy

    path = _path(name, "check")
    checked = check_policy(path, path.name, _known(name, config, ledger))
    policy = checked.policy
    if policy is None:
        raise _refused(path, name, checked.findings)
    if checked.findings:
        say(findings_table(checked.findings, coded=True))
    many = len(checked.findings)
    told = "nothing wrong" if not many else "1 remark" if many == 1 else f"{many} remarks"
    show(
        "policy check",
        {
            "policy": policy.policy,
            "version": policy.version,
            "steps": len(policy.steps),
            "warnings": [finding_data(one) for one in checked.findings],
        },
        f"{policy.policy} version {policy.version}: {len(policy.steps)} steps, {told}",
    )
    hint(f"pastdue policy explain {name}")


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    import json

    from core.formats.schema import policy_schema

    typer.echo(json.dumps(policy_schema(), indent=2, ensure_ascii=False))


@app.command("explain")
def explain(name: NameOrFile, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Say in plain words what a policy does."""
    from core.policy.explain import explain as sentences

    policy = read_policy(name, "explain")
    told = sentences(policy)
    show("policy explain", {"policy": policy.policy, "version": policy.version, "sentences": told}, "\n".join(told))


def read_policy(name: str, command: str) -> "Policy":
    """A shipped policy or a file; raises CliError that names the `command` to try."""
    from core.policy.load import load_policy
    from local.policy_facts import templates

    path = _path(name, command)
    loaded = load_policy(path, path.name, templates())
    if isinstance(loaded, list):
        raise _refused(path, name, loaded)
    return loaded


def _path(name: str, command: str) -> Path:
    from core.formats.errors import did_you_mean
    from core.policy.load import shipped

    known = shipped()
    path = known.get(name, Path(name))
    if not path.is_file():
        meant = did_you_mean(name, known)
        problem = f"{name} is neither a file nor a shipped policy ({', '.join(known)})" + (
            f"; {meant}" if meant else ""
        )
        raise CliError(problem, f"pastdue policy {command} {next(iter(known))}")
    return path


def _refused(path: Path, name: str, findings: "Sequence[InputError]") -> CliError:
    problem = f"{path.name} is no policy that can be used"
    return CliError(problem, f"pastdue policy check {name}", code=Exit.CONFIG_INVALID, findings=findings, coded=True)


def _known(name: str, config: Path | None, ledger: Path | None) -> "Known":
    """What the policy is to be checked against: the messages that exist, and what the options name."""
    from local.config_folder import read_folder
    from local.policy_facts import held_everywhere, holds_records, of_entity, of_ledger, together, with_templates

    parts = [with_templates()]
    if ledger is not None:
        if not ledger.is_file():
            raise CliError(f"there is no file {ledger}", f"pastdue policy check {name} --ledger FILE")
        if not holds_records(ledger):
            problem = f"{ledger} holds no record that can be read: --ledger takes JSON lines"
            raise CliError(problem, f"pastdue policy check {name} --ledger FILE.jsonl", code=Exit.USAGE)
        parts.append(of_ledger(ledger))
    if config is not None:
        wanted = read_folder(config).wanted
        if not wanted.entities:
            problem = f"{config} holds no entity that can be read"
            raise CliError(problem, f"pastdue config apply {config}", code=Exit.CONFIG_INVALID)
        parts.append(held_everywhere(of_entity(one, wanted.people.values()) for one in wanted.entities.values()))
    return together(parts)
