"""Each gate of `make check` is shown a broken example: a gate that cannot fail guards nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def _run(cwd: Path, tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / tool, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


# ---------- import contracts ----------
SOUND = {
    "core/money.py": "",
    "core/__init__.py": "",
    "local/engine.py": "import boto3\nfrom functions.plan_run import handler\n",
    "functions/shared/wiring.py": "from botocore.session import Session\n",
    "functions/shared/store/notices.py": "from botocore.exceptions import ClientError\nimport core.money\n",
    "functions/plan_run/handler.py": "import core.money\nfrom functions.shared import wiring\n",
    "functions/send_notices/handler.py": "from functions.shared.store import notices\n",
}


def _lint_imports(root: Path, folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    shutil.copy(root / "pyproject.toml", folder)
    # functions is a namespace package: on the path, the repository's own folder would be merged with this one
    alone = f"import sys; sys.path[:] = [{str(folder)!r}, *(p for p in sys.path if p != {str(root)!r})]"
    linted = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    return _run(folder, "python", "-P", "-c", f"{alone}; {linted}")


def test_the_contracts_let_sound_imports_pass(root: Path, tmp_path: Path) -> None:
    result = _lint_imports(root, tmp_path, SOUND)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("core/money.py", "import boto3", "core is not allowed to import boto3"),
        ("core/money.py", "from functions.shared import wiring", "core is not allowed to import functions"),
        ("functions/plan_run/handler.py", "from functions.send_notices import handler", "functions.send_notices"),
        (
            "functions/shared/clock.py",
            "from functions.plan_run import handler",
            "functions.shared is not allowed to import",
        ),
        ("functions/shared/store/notices.py", "import boto3", "functions.shared.store.notices -> boto3"),
        ("functions/plan_run/handler.py", "from local import engine", "functions is not allowed to import local"),
        ("functions/plan_run/handler.py", "import botocore", "functions is not allowed to import botocore"),
    ],
)
def test_the_contracts_catch(root: Path, tmp_path: Path, file: str, line: str, broken: str) -> None:
    result = _lint_imports(root, tmp_path, {**SOUND, file: f"{line}\n"})
    assert result.returncode == 1
    assert broken in result.stdout


# ---------- ruff ----------
def _ruff(root: Path, file: str, source: str) -> str:
    command = [BIN / "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", file, "-"]
    result = subprocess.run(command, cwd=root, input=source, capture_output=True, text=True, check=False, timeout=60)
    return result.stdout


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\n\nNOW = datetime.now()\n",
        "import datetime\n\nTODAY = datetime.date.today()\n",
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
        "import time\n\nNOW = time.time()\n",
    ],
)
def test_the_clock_is_read_in_one_place(root: Path, source: str) -> None:
    assert "TID251" in _ruff(root, "core/aging.py", source)
    assert "TID251" in _ruff(root, "functions/shared/store/notices.py", source)
    assert "TID251" not in _ruff(root, "functions/shared/clock.py", source)


def test_clients_are_built_in_one_place(root: Path) -> None:
    source = "from botocore.session import Session\n\nSESSION = Session()\n"
    assert "TID251" in _ruff(root, "functions/shared/store/table.py", source)
    assert "TID251" not in _ruff(root, "functions/shared/wiring.py", source)


# ---------- types ----------
UNTYPED = {
    "no-untyped-def": "def open_days(due):\n    return due\n",
    "return-value": "def open_days(due: int) -> str:\n    return due\n",
    "type-arg": "def first(of: dict) -> int:\n    return 1\n",
}


def test_types_are_strict(root: Path, tmp_path: Path) -> None:
    """Each in a file of its own, all in one run: the start of the checker is what it costs."""
    broken = {said: tmp_path / f"{said.replace('-', '_')}.py" for said in UNTYPED}
    for said, path in broken.items():
        path.write_text(UNTYPED[said], encoding="utf-8")
    config = ["--config-file", root / "pyproject.toml", "--cache-dir", tmp_path / "cache"]
    result = _run(tmp_path, "mypy", *config, *broken.values())
    assert result.returncode == 1
    for said, path in broken.items():
        assert any(path.name in line and said in line for line in result.stdout.splitlines()), said


# ---------- template ----------
def _lint_template(root: Path, *templates: Path) -> str:
    rules = ["--region", "eu-west-1", "--append-rules", root / "infra" / "rules"]
    result = _run(root, "cfn-lint", *rules, "--template", *templates)
    assert "E0002" not in result.stdout, result.stdout  # a rule of ours fell over
    return result.stdout


FAULTS = [
    ("cron(0 * * * ? *)", "cron(0 * * * *)", "E9101"),
    ("deliveryDelay]", "delayed]", "E9102"),
    ("maxReceiveCount: 5}", "maxReceiveCount: 5000}", "E9103"),
    ("VisibilityTimeout: 1820", "VisibilityTimeout: 60", "E9104"),
    ("MaximumRetryAttempts: 3", "MaximumRetryAttempts: 300", "E3034"),
    ("!GetAtt AccountsDeadLetters.Arn", "!GetAtt AccountsDeadLetters.Name", "E1010"),
    ("TlsPolicy: REQUIRE", "TlsPolicy: ALWAYS", "E3031"),
]


def test_the_template_lint_catches_each_fault(root: Path, tmp_path: Path) -> None:
    """Faults are looked for in the SAM file and in its translation, as `make template` does; all at once, for time."""
    source = (root / "template.yaml").read_text(encoding="utf-8")
    for sound, broken, _ in FAULTS:
        assert sound in source
        source = source.replace(sound, broken, 1)
    template, translated = tmp_path / "template.yaml", tmp_path / "translated.json"
    template.write_text(source, encoding="utf-8")
    result = _run(root, "python", "-m", "infra.translate", template)
    assert result.returncode == 0, result.stderr
    translated.write_text(result.stdout, encoding="utf-8")
    found = _lint_template(root, template, translated)
    assert [rule for _, _, rule in FAULTS if rule not in found] == []


@pytest.mark.parametrize(
    ("sound", "broken"),
    [("FlexibleTimeWindow:", "FlexibleWindow:"), ("Type: ScheduleV2", "Type: ScheduleV3")],
)
def test_the_translation_catches(root: Path, tmp_path: Path, sound: str, broken: str) -> None:
    template = tmp_path / "template.yaml"
    source = (root / "template.yaml").read_text(encoding="utf-8")
    template.write_text(source.replace(sound, broken, 1), encoding="utf-8")
    result = _run(root, "python", "-m", "infra.translate", template)
    assert result.returncode == 1
    assert "PlanRunFunction" in result.stderr
