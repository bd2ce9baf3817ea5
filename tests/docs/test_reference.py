"""The reference leaves nothing out: each command, variable, event, metric, alarm and grant has its entry."""

import ast
import inspect
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from core.decide import after_last, effects, housekeeping, silence, tracks
from core.sending import Trouble
from functions.decide_accounts.workflow import Batch
from functions.ingest_api.place import Status
from functions.ingest_files.workflow import Outcome as IngestOutcome
from functions.record_feedback import files
from functions.record_feedback.events import _IGNORED, _KINDS
from functions.record_feedback.workflow import Heard
from functions.send_notices.attempt import Outcome as SendOutcome
from functions.send_webhooks.workflow import Outcome as WebhookOutcome
from functions.shared.observability import LogEvent
from functions.shared.planning import Outcome as PlanOutcome
from functions.shared.settings import Settings
from functions.shared.store import keys
from infra.translate import translate
from local.cli.main import app
from tests.docs.pages import DOCS, ROOT, first_cells, page
from tests.infra.stack import Stack, as_list, text

FUNCTIONS = ROOT / "functions"
STACK = Stack(translate(ROOT / "template.yaml"))
FUNCTION_NAMES = sorted(STACK.of_type("AWS::Lambda::Function"))
SHARED = ("--json", "--state", "--stack", "--yes", "--entity")  # said once, for all commands


# ---------- the command line ----------
def commands(command: Any = None, path: tuple[str, ...] = ("pastdue",)) -> Iterator[tuple[str, Any]]:
    command = command or get_command(app)
    inner = getattr(command, "commands", {})
    if len(path) > 1 and (not inner or command.invoke_without_command):
        yield " ".join(path), command
    for name, one in inner.items():
        yield from commands(one, (*path, name))


@pytest.mark.parametrize(("path", "command"), [pytest.param(*one, id=one[0]) for one in commands()])
def test_every_command_and_each_of_its_options_is_described(path: str, command: Any) -> None:
    cli = page("docs/reference/cli.md")
    sections = cli.sections()
    found = [text for heading, text in sections.items() if re.match(rf"`{re.escape(path)}(?: [A-Z[-]|`)", heading)]
    assert found, f"docs/reference/cli.md has no heading for {path}"
    for param in command.params:
        if param.param_type_name == "argument":
            assert any(f"`{path} " in heading for heading in sections), f"{path} takes {param.metavar}"
            continue
        option = max(param.opts, key=len)
        if option not in (*SHARED, "--help"):
            assert f"`{option}" in found[0], f"{path}: {option} is not described"
        if option in SHARED:
            assert f"`{option}" in sections["Options of most commands"]


def test_the_exit_codes_are_all_there() -> None:
    from local.cli.errors import Exit

    cells = first_cells(page("docs/reference/cli.md").sections()["Exit codes"])
    assert {str(int(code)) for code in Exit} <= set(cells)


def test_every_kind_of_task_is_explained() -> None:
    kinds = {effects.APPLY_CASH, effects.ASSIGN_ROLE, effects.FIND_ADDRESS, effects.INSOLVENCY, effects.RATE_MISSING}
    kinds |= {after_last.DECIDE_NEXT, tracks.HAND_OVER}
    kinds |= {housekeeping.DISPUTE_LATE, housekeeping.DISPUTE_AGAIN, housekeeping.OLD_DEBT, silence.CONFIRM_DELIVERY}
    for path in FUNCTIONS.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        if "tasks.put(" in code:
            kinds |= set(re.findall(r'^(?:KIND: Final | +kind)= ?"([\w-]+)"', code, re.MULTILINE))
            kinds |= set(re.findall(r'^ +kind="([\w-]+)"', code, re.MULTILINE))
    kinds -= {"customer", "digest", "run"}  # of a notice
    table = page("docs/reference/cli.md").sections()["`pastdue tasks`"]
    assert {f"`{kind}`" for kind in kinds} <= set(first_cells(table))


# ---------- settings ----------
def test_every_environment_variable_has_an_entry() -> None:
    told = set(page("docs/reference/settings.md").spans())
    ours = set(re.findall(r'"([A-Z_]{4,})"', inspect.getsource(Settings)))
    for function in FUNCTION_NAMES:
        ours |= set(STACK.environment(function))
    for _, command in commands():
        for param in command.params:
            ours |= {param.envvar} if isinstance(param.envvar, str) else set(param.envvar or ())
    assert ours <= told, ours - told


def test_the_page_says_which_functions_have_each_variable() -> None:
    section = page("docs/reference/settings.md").sections()["Environment of the functions"]
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in section.splitlines() if row.startswith("| `")]
    told = [(name.strip("`"), {*functions.split(", ")}) for name, functions in rows]
    having: dict[str, set[str]] = {}
    for function in FUNCTION_NAMES:
        folder = re.sub(r"\B([A-Z])", r"_\1", function.removesuffix("Function")).lower()
        for name in STACK.environment(function):
            having.setdefault(name, set()).add(folder)
    everywhere = {name: {"all"} for name, folders in having.items() if len(folders) == len(FUNCTION_NAMES)}
    assert sorted(told) == sorted((having | everywhere).items())


def test_every_parameter_and_output_has_an_entry() -> None:
    told = set(page("docs/reference/settings.md").spans())
    assert {*STACK.template["Parameters"], *STACK.template["Outputs"]} <= told


# ---------- logs and metrics ----------
def test_every_log_event_is_listed_as_it_is() -> None:
    rows = [
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in page("docs/reference/events.md").sections()["Log events"].splitlines()
        if row.startswith("| `PD")
    ]
    listed = [tuple(row[:4]) for row in rows]
    known = [
        (f"`{event.code}`", event.name, logging.getLevelName(event.level).lower(), event.text) for event in LogEvent
    ]
    assert listed == sorted(known)


def test_every_log_event_is_written_by_somebody() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    assert [event.name for event in LogEvent if f"LogEvent.{event.name}" not in code] == []


def metrics() -> set[str]:
    """Every name that is counted: spelt in a call of `count` or `gauge`, or made of a module's outcomes."""
    names = {*PlanOutcome, *IngestOutcome}
    names |= {f"api_{n}xx" for n in (2, 4, 5)} | {f"api_{status}" for status in get_args(Status)} | {*WebhookOutcome}
    names |= {f"notice_{outcome}" for outcome in SendOutcome} | {f"mail_event_{heard}" for heard in Heard}
    names |= {f"refused_{trouble}" for trouble in Trouble}
    for path in FUNCTIONS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _called(node) in ("count", "gauge") and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                names.add(node.args[0].value)  # type: ignore[attr-defined]
    return names | swept() | decided()


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def swept() -> set[str]:
    """What a sweep can come to: the words that its looks return, and those it counts itself."""
    tree = ast.parse((FUNCTIONS / "sweep_stuck" / "workflow.py").read_text(encoding="utf-8"))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    constants += [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    values = [one for node in constants if node for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return {f"swept_{one.value}" for one in values if isinstance(one.value, str) and one.value.isalpha()}


def decided() -> set[str]:
    """What a batch counts; the handler puts `accounts_` before what is about accounts."""
    tree = ast.parse((FUNCTIONS / "decide_accounts" / "account.py").read_text(encoding="utf-8"))
    names = {word.arg for node in ast.walk(tree) if _called(node) == "Counter" for word in node.keywords if word.arg}  # type: ignore[attr-defined]
    handler = (FUNCTIONS / "decide_accounts" / "handler.py").read_text(encoding="utf-8")
    of_accounts = set(re.findall(r'"(\w+)"', handler.partition("if name in (")[2].partition(")")[0]))
    return {f"accounts_{name}" if name in of_accounts else name for name in names | of_accounts}


def test_every_metric_is_listed_and_no_other() -> None:
    section = page("docs/reference/events.md").sections()["Metrics"]
    listed = {name for cell in first_cells(section) for name in re.findall(r"`(\w+)`", cell)}
    assert listed == metrics()


# ---------- alarms ----------
def alarms() -> list[str]:
    return sorted(STACK.of_type("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize("alarm", alarms())
def test_every_alarm_has_a_runbook(alarm: str) -> None:
    kebab = re.sub(r"(?<!^)([A-Z])", r"-\1", alarm.removesuffix("Alarm")).lower()
    runbook = DOCS / "runbooks" / f"{kebab}.md"
    assert runbook.exists()
    text = runbook.read_text(encoding="utf-8")
    assert text.startswith(f"# {alarm}\n")
    for part in ("Means", "Harm", "Look", "Mend"):
        assert f"**{part}.**" in text, f"{runbook.name}: {part}"
    assert f"| {alarm} | [" in page("docs/runbooks/README.md").text


def test_no_runbook_is_about_an_alarm_that_is_no_more() -> None:
    listed = {cell for cell in first_cells(page("docs/runbooks/README.md").text) if cell.endswith("Alarm")}
    assert listed == set(alarms())
    assert len(list((DOCS / "runbooks").glob("*.md"))) == len(listed) + 1


# ---------- grants ----------
def granted(function: str) -> set[tuple[str, str]]:
    """Action and resource of what a function has for itself; what every function has is described once."""
    return {
        (action, text(resource))
        for statement in STACK.statements(function)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if not action.startswith(("kms:", "logs:", "xray:"))
    }


def described(function: str) -> set[tuple[str, str]]:
    """The same, from the page: what is said of the table, of an index and of a queue."""
    rows = page("docs/reference/permissions.md").sections(3)[function].splitlines()
    found = set()
    for row in rows:
        if not row.startswith("| `"):
            continue
        actions, targets = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[1:3])
        if "index" in row.split("|")[2]:
            targets = [f"${{Table.Arn}}/index/{name}" for name in targets]
        found |= {(action, target) for action in actions for target in targets or ["Table"]}
    return found


@pytest.mark.parametrize("function", FUNCTION_NAMES)
def test_the_page_of_permissions_says_what_the_template_grants(function: str) -> None:
    sends = ("ses:", "sms-voice:", "social-messaging:")  # by identity or number: the page says it in words

    def without_messages(grants: set[tuple[str, str]]) -> set[tuple[str, str]]:
        return {grant for grant in grants if not grant[0].startswith(sends)}

    assert without_messages(described(function)) == without_messages(granted(function))
    sent = {action for action, _ in granted(function) if action.startswith(sends)}
    assert {action for action, _ in described(function) if action.startswith(sends)} == sent


def test_what_every_function_may_do_is_described() -> None:
    section = page("docs/reference/permissions.md").sections(3)["Every function"]
    for function in FUNCTION_NAMES:
        for statement in STACK.statements(function):
            for action in as_list(statement["Action"]):
                if action.startswith(("kms:", "logs:", "xray:")):
                    assert f"`{action}`" in section


# ---------- messages and keys ----------
def test_what_starts_each_function_is_told() -> None:
    told = first_cells(page("docs/reference/events.md").sections()["What starts a function"])
    assert set(told) >= {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}


def test_the_batch_of_the_page_is_one_that_is_understood() -> None:
    batch, notice, file = page("docs/reference/events.md").blocks("json")
    assert Batch.model_validate_json(batch).customers == ("C1001", "C1002")
    assert set(json.loads(notice)) == {"v", "notice_id"}
    (asked,) = files.named(json.loads(file))
    assert (asked.key.partition("/")[0], asked.replayed) == ("mail-events", True)


def test_every_mail_event_is_explained() -> None:
    cells = " ".join(first_cells(page("docs/reference/events.md").sections()["Messages"]))
    assert {*_KINDS, *_IGNORED, "Bounce"} <= set(re.findall(r"`([^`]+)`", cells))


def test_every_kind_of_key_is_in_the_page_of_the_table() -> None:
    table = page("docs/reference/tables.md").text
    prefixes = set(re.findall(r'"([A-Z]+)#', Path(inspect.getsourcefile(keys) or "").read_text(encoding="utf-8")))
    assert len(prefixes) > 8
    assert [prefix for prefix in prefixes if f"{prefix}#" not in table and f"`{prefix}" not in table] == []


def test_every_index_is_in_the_page_of_the_table() -> None:
    indexes = STACK.of_type("AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]
    cells = first_cells(page("docs/reference/tables.md").sections()["Indexes"])
    assert {f"`{index['IndexName']}`" for index in indexes} <= set(cells)
