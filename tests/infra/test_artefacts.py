"""The built artefacts alone, without the repository and the virtual environment, import every handler."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.render import formats
from tests.infra.stack import Stack

FUNCTIONS = (
    "plan_run",
    "decide_accounts",
    "send_notices",
    "render_documents",
    "record_feedback",
    "sweep_stuck",
    "ingest_api",
    "send_webhooks",
    "ingest_files",
)
# what the managed runtime has in itself
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
PROBE = """
import importlib, json, pkgutil, sys
sys.path[:0] = json.loads(sys.argv[1])
handler = importlib.import_module(sys.argv[2])
assert callable(handler.lambda_handler)
package = importlib.import_module(sys.argv[2].rpartition(".")[0])
for module in pkgutil.iter_modules(package.__path__):  # what is loaded at the first use only, too
    importlib.import_module(f"{package.__name__}.{module.name}")
ours = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in ("core", "functions")}
print(json.dumps({name: file for name, file in ours.items() if file}))
"""


def _newest(*paths: Path) -> float:
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return max(file.stat().st_mtime for file in files if "__pycache__" not in file.parts and file.is_file())


@pytest.fixture(scope="session")
def build(root: Path) -> Path:
    build = root / ".aws-sam" / "build"
    if not (build / "template.yaml").is_file():
        pytest.skip("nothing is built: run `make build` first")
    sources = [root / name for name in ("core", "functions", "templates", "requirements.txt", "template.yaml")]
    if _newest(*(path for path in sources if path.exists())) > (build / "template.yaml").stat().st_mtime:
        pytest.skip("the build is older than the sources: run `make build` first")
    return build


@pytest.fixture(scope="session")
def deps(build: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Where Lambda finds dependencies; modules compiled for arm64 give way to this machine's."""
    layers = [build / f"{name}Layer" / "python" for name in ("Deps", "Documents", "Ingest")]
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    here = tmp_path_factory.mktemp("compiled_here")
    for name in {path.relative_to(layer).parts[0] for layer in layers for path in layer.rglob("*.so")}:
        (here / name).symlink_to(site / name)
    runtime = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        (runtime / name).symlink_to(site / name)
    return [str(here), *map(str, layers), str(runtime)]


def _variables(sam: Stack, name: str) -> dict[str, str]:
    """What the template sets, with stand-in values, and what Lambda sets by itself; nothing else."""
    logical = "".join(part.title() for part in name.split("_")) + "Function"
    ours = sam.template["Globals"]["Function"]["Environment"]["Variables"] | (
        sam.resources[logical]["Properties"].get("Environment", {}).get("Variables", {})
    )
    return {key: f"set-{key.lower()}" for key in ours} | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_from_what_is_deployed(
    build: Path, deps: list[str], sam: Stack, tmp_path: Path, name: str
) -> None:
    task = build / ("".join(part.title() for part in name.split("_")) + "Function")
    core = build / "CoreLayer" / "python"
    path = json.dumps([str(task), *deps, str(core)])
    result = subprocess.run(
        [sys.executable, "-B", "-I", "-S", "-c", PROBE, path, f"functions.{name}.handler"],
        cwd=tmp_path,
        env=_variables(sam, name) | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    for module, file in json.loads(result.stdout).items():
        assert Path(file).is_relative_to(task if module.startswith(f"functions.{name}") else core), module


FORMATS = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from core.render import formats
print(json.dumps([formats.format_money(123456, "EUR", formats.locale_of(*pair)) for pair in json.loads(sys.argv[2])]))
"""
COUNTRIES = (None, "CH", "GB", "MX", "BE", "BR", "PT", "AO", "PL", "EG", "AE", "MA", "JP", "IN", "ZA")


def test_every_language_of_the_messages_formats_money_as_here(build: Path, deps: list[str], tmp_path: Path) -> None:
    """The layer is pruned of the languages that nothing is written in; none too many may go, nor a country's form."""
    pairs = [(language, country) for language in formats.LANGUAGES for country in COUNTRIES]
    path = json.dumps([*deps, str(build / "CoreLayer" / "python")])
    command = [sys.executable, "-B", "-I", "-S", "-X", "utf8", "-c", FORMATS, path, json.dumps(pairs)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    here = [formats.format_money(123456, "EUR", formats.locale_of(*pair)) for pair in pairs]
    assert json.loads(result.stdout) == here


MESSAGES = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from core.render import render
read = {}
for kind in ("html", "text"):
    environment = render.template_environment(render.ModuleLoader(render.COMPILED / "mail" / kind), html=kind == "html")
    for name in json.loads(sys.argv[2]):
        try:
            read[f"{kind} {name}"] = sorted(environment.get_template(name).blocks)
        except render.TemplateNotFound:
            pass
print(json.dumps(read))
"""


def test_the_messages_are_read_from_what_is_deployed_as_here(
    build: Path, deps: list[str], root: Path, tmp_path: Path
) -> None:
    """Of code that was made the layer has the byte code alone, where it has any."""
    mail = root / "templates" / "mail"
    names = json.dumps([path.relative_to(mail).as_posix() for path in mail.rglob("*.*") if path.is_file()])
    read = []
    for core in (build / "CoreLayer" / "python", root):
        command = [sys.executable, "-B", "-I", "-S", "-c", MESSAGES, json.dumps([*deps, str(core)]), names]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 0, result.stderr
        read.append(json.loads(result.stdout))
    assert read[0] == read[1]
    assert len(read[0]) > 50


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_carries_only_its_own_package(build: Path, name: str) -> None:
    task = build / ("".join(part.title() for part in name.split("_")) + "Function")
    own = {path for path in task.rglob("*") if path.is_file()}
    assert own
    assert all(path.is_relative_to(task / "functions" / name) for path in own)


def test_layers_carry_no_tests_and_no_functions(build: Path) -> None:
    core = build / "CoreLayer" / "python"
    assert {path.name for path in core.iterdir()} <= {"core", "functions", "templates"}
    assert {path.name for path in (core / "functions").iterdir()} == {"shared"}


def test_byte_code_is_shipped_and_never_checked_against_the_source(build: Path) -> None:
    compiled = list((build / "CoreLayer").rglob("*.pyc"))
    if not compiled:
        pytest.skip("built without python3.13: no byte code in the layers")
    # bytes 4 to 8 are flags: 1 = by hash, 2 would be "check the source"
    assert {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled} == {1}
