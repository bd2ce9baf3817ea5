"""What the functions of the night load while they start: each package more is paid for at every start."""

import json
import os
import subprocess
import sys

import pytest

from tests.infra.conftest import ROOT

PROBE = """
import json, sys
for name in json.loads(sys.argv[1]):
    __import__(f"functions.{name}.handler")
ours = [module for name, module in sys.modules.items() if name.split(".")[0] in ("core", "functions")]
classes = {value for module in ours for value in vars(module).values() if isinstance(value, type)}
slow = {f"{one.__module__}.{one.__name__}" for one in classes if "__dataclass_params__" in vars(one)}
others = {name.split(".")[0] for name, module in sys.modules.items() if "site-packages" in (getattr(module, "__file__", "") or "")}
print(json.dumps({"others": sorted(others), "modules": sorted(sys.modules), "slow": sorted(slow)}))
"""  # noqa: E501
# of Lambda's own, with all clients
RUNTIME = {"botocore", "certifi", "dateutil", "jmespath", "six", "urllib3"}
POWERTOOLS = {"aws_lambda_powertools", "typing_extensions"}
# of the standard library and of ours: what few events need is loaded by those
LATER = {
    "core.door", "core.formats.records", "difflib", "email.headerregistry", "email.policy", "multiprocessing",
    "sqlite3", "statistics",
}  # fmt: skip
STANDARD = {  # these need more than ours can; each costs half a millisecond
    "core.decide.night.Night",
    "core.decide.night.Totals",
    "core.formats.errors.InputError",
    "functions.sweep_stuck.workflow._Sweep",
}


@pytest.mark.parametrize(
    ("functions", "others"),
    [
        (("plan_run", "decide_accounts", "record_feedback", "sweep_stuck"), RUNTIME | POWERTOOLS),
        (("send_notices",), RUNTIME | POWERTOOLS | {"babel", "jinja2", "markupsafe"}),
    ],
)
def test_a_function_of_the_night_loads_no_more_than_it_needs(functions: tuple[str, ...], others: set[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "AWS_DEFAULT_REGION": "eu-west-1"}
    command = [sys.executable, "-c", PROBE, json.dumps(functions)]
    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert started.returncode == 0, started.stderr
    loaded = json.loads(started.stdout)
    assert set(loaded["others"]) - others == set()
    assert LATER.intersection(loaded["modules"]) == set()
    assert set(loaded["slow"]) - STANDARD == set(), "core.values makes such classes without compiling their methods"
