"""`pastdue policy check FILE` and `pastdue policy explain NAME`: a policy is read without touching any stack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.errors import CliError, Exit
from local.cli.options import AsJson
from local.cli.output import hint, show

if TYPE_CHECKING:
    from core.policy.schema import Policy

app = typer.Typer(no_args_is_help=True, help="Check a policy file, or read it in plain words.")
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a shipped policy, or a YAML file")]


@app.command("check")
def check(name: NameOrFile, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Check a policy: every mistake with its file, line and column."""
    policy = read_policy(name, "check")
    told = f"{policy.policy} version {policy.version}: {len(policy.steps)} steps, nothing wrong"
    show("policy check", {"policy": policy.policy, "version": policy.version, "steps": len(policy.steps)}, told)
    hint(f"pastdue policy explain {name}")


@app.command("explain")
def explain(name: NameOrFile, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Say in plain words what a policy does."""
    from core.policy.explain import explain as sentences

    policy = read_policy(name, "explain")
    told = sentences(policy)
    show("policy explain", {"policy": policy.policy, "version": policy.version, "sentences": told}, "\n".join(told))


def read_policy(name: str, command: str) -> "Policy":
    """A shipped policy or a file; raises CliError that names the `command` to try."""
    from core.policy.load import load_policy, shipped
    from core.render.messages import MailKind

    known = shipped()
    path = known.get(name, Path(name))
    if not path.is_file():
        problem = f"{name} is neither a file nor a shipped policy ({', '.join(known)})"
        raise CliError(problem, f"pastdue policy {command} {next(iter(known))}")
    templates = [kind.value for kind in MailKind if kind is not MailKind.DIGEST]
    loaded = load_policy(path, path.name, templates)
    if isinstance(loaded, list):
        problem = f"{path.name} is no policy that can be used"
        raise CliError(problem, f"pastdue policy check {name}", code=Exit.CONFIG_INVALID, findings=loaded)
    return loaded
