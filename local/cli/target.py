"""Where a command works: on the local engine of a state folder, or on a deployed stack. Chosen here and nowhere else.

Inside the block, `functions.shared` finds the environment that the stack's own functions have, read from the stack.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE

if TYPE_CHECKING:
    from local.engine import Engine

# What functions are told through their environment; which index is which is asked of the table.
_VARIABLES: Final = (
    "TABLE_NAME", "ACCOUNTS_QUEUE_URL", "NOTICES_QUEUE_URL", "CONFIGURATION_SET", "DEPLOYMENT",
    "DIVERT_ALL_MAIL_TO", "ARCHIVE_BUCKET", "WEBHOOK_SECRET_ARN",
)  # fmt: skip
_INDEXES: Final = {
    "due_pk": "DUE_INDEX", "att_pk": "ATTENTION_INDEX", "work_pk": "WORK_INDEX", "ref_pk": "REF_INDEX",
}  # fmt: skip
_FUNCTION: Final = "FunctionName"  # how the outputs that name functions end
_OTHER_PLACES: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")  # and every AWS_ENDPOINT_URL: the engine is in this process


@dataclass(frozen=True, slots=True)
class Target:
    """One stack, local or deployed."""

    stack: str
    outputs: Mapping[str, str]
    options: str  # of a command line that leads here again, with a blank before them
    engine: "Engine | None"  # None: deployed

    @property
    def now(self) -> datetime:
        """The present instant: virtual on the local engine."""
        from functions.shared import clock

        return clock.now()

    @property
    def sender_domain(self) -> str:
        return self.outputs.get("SenderDomain", "")

    def command(self, text: str) -> str:
        """A command line to try next, on this target."""
        return f"pastdue {text}{self.options}"

    def client(self, service: str) -> Any:
        """A client for what only the command line asks."""
        if self.engine is not None:
            return self.engine.client(service)
        return _client(service)


@contextmanager
def target(
    state: Path = DEFAULT_STATE,
    stack: str | None = None,
    *,
    create: bool = False,
    looks: bool = False,
    start: datetime | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[Target]:
    """Open the target.

    Args: `create` makes a state folder that is not there; `looks` writes nothing back to it; `start` is where its clock
    begins; `parameters` of the template, over those that the folder remembers.
    Raises: CliError when there is no such state or stack.
    """
    opened = (
        _deployed(stack) if stack else _local(state, create=create, looks=looks, start=start, parameters=parameters)
    )
    with opened as found:
        yield found


# ---------- on this machine ----------
@contextmanager
def _local(
    state: Path, *, create: bool, looks: bool, start: datetime | None, parameters: Mapping[str, str] | None
) -> Iterator[Target]:
    from local.engine.aws import CREDENTIALS
    from local.engine.state import FILE_NAME

    options = "" if state == DEFAULT_STATE else f" --state {state}"
    if not create and not (state / FILE_NAME).exists():
        raise CliError(f"there is no local state in {state}", f"pastdue config apply FOLDER{options}")
    with ExitStack() as undo:
        undo.enter_context(_environment({}, without=_elsewhere()))
        engine = _opened(undo, state, start, dict(parameters or {}))
        engine.saves = not looks
        environments = [function.environment for function in engine.stack.functions.values()]
        variables = CREDENTIALS | _variables(engine.client("dynamodb"), engine.stack.outputs, environments)
        undo.enter_context(_environment(variables))
        undo.enter_context(_tired_writers(f"pastdue doctor{options}"))
        yield Target(engine.stack.name, engine.stack.outputs, options, engine)


def _opened(undo: ExitStack, state: Path, start: datetime | None, parameters: dict[str, str]) -> "Engine":
    from local import state_parameters
    from local.engine import Engine, StateFolderBusyError

    try:
        remembered = state_parameters.read(state) | parameters
        return undo.enter_context(Engine(start=start, parameters=remembered, state_dir=state))
    except StateFolderBusyError as busy:
        problem = f"{busy}, such as `pastdue api` or a run: try again when that has ended"
        raise CliError(problem, f"lsof {state / 'lock'}") from None
    except (OSError, ValueError, LookupError) as broken:  # not a folder, not ours, cut off, of another version
        raise CliError(f"the state in {state} cannot be read: {broken}", "pastdue demo --out ANOTHER") from None


@contextmanager
def _tired_writers(try_next: str) -> Iterator[None]:
    """Writes that gave up are told, not raised: what was written by then stays, and may be written again."""
    from functions.shared.settings import MissingSettingError
    from functions.shared.store.accounts import LostRaceError
    from functions.shared.store.table import UnprocessedError

    try:
        yield
    except (LostRaceError, MissingSettingError, UnprocessedError) as gave_up:
        raise CliError(f"{gave_up}; the same command may be run again", try_next) from None


def _elsewhere() -> list[str]:
    return [name for name in os.environ if name in _OTHER_PLACES or name.startswith("AWS_ENDPOINT_URL")]


# ---------- deployed ----------
@contextmanager
def _deployed(stack: str) -> Iterator[Target]:
    outputs = _asked(stack, lambda: _outputs(stack))
    names = [value for key, value in outputs.items() if key.endswith(_FUNCTION)]
    if "TableName" not in outputs or not names:
        raise CliError(f"stack {stack} is not one of ours: it has no table and no functions", "sam deploy --guided")
    variables = _asked(stack, lambda: _variables(_client("dynamodb"), outputs, _environments(names)))
    with _environment(variables), _readable_failures(stack), _tired_writers(f"pastdue doctor --stack {stack}"):
        yield Target(stack, outputs, f" --stack {stack}", None)


def _outputs(stack: str) -> dict[str, str]:
    found = _client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _environments(functions: list[str]) -> list[Mapping[str, str]]:
    asked = _client("lambda")
    found = (asked.get_function_configuration(FunctionName=name) for name in functions)
    return [configuration.get("Environment", {}).get("Variables", {}) for configuration in found]


def _asked(stack: str, ask: Any) -> Any:
    with _readable_failures(stack):
        return ask()


@contextmanager
def _readable_failures(stack: str) -> Iterator[None]:
    """Say what AWS refused, and what helps."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    try:
        yield
    except NoRegionError:
        raise CliError("no AWS region is set", f"AWS_REGION=eu-west-1 pastdue doctor --stack {stack}") from None
    except NoCredentialsError:
        raise CliError("no AWS credentials were found", "aws configure") from None
    except ClientError as refused:
        said = refused.response["Error"]
        problem = f"AWS refused {refused.operation_name}: {said.get('Code')}: {said.get('Message')}"
        raise CliError(problem, "aws cloudformation describe-stacks --stack-name " + stack) from None
    except BotoCoreError as failed:
        raise CliError(f"AWS could not be reached: {failed}", f"pastdue doctor --stack {stack}") from None


def _client(service: str) -> Any:
    import boto3

    return boto3.client(service)  # type: ignore[call-overload]  # any service, by name


# ---------- both ----------
def _variables(dynamodb: Any, outputs: Mapping[str, str], environments: list[Mapping[str, str]]) -> dict[str, str]:
    """What the functions' own environments and the table say."""
    found: dict[str, str] = {}
    for variables in environments:
        found |= {key: variables[key] for key in _VARIABLES if key in variables}
    described = dynamodb.describe_table(TableName=outputs["TableName"])["Table"]
    for index in described.get("GlobalSecondaryIndexes", []):
        hashed = next(key["AttributeName"] for key in index["KeySchema"] if key["KeyType"] == "HASH")
        if hashed in _INDEXES:
            found[_INDEXES[hashed]] = index["IndexName"]
    return found


@contextmanager
def _environment(variables: Mapping[str, str], *, without: list[str] | None = None) -> Iterator[None]:
    before = dict(os.environ)
    for name in without or ():
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
