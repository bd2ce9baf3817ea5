"""When clients are built: on Lambda before the first event comes, elsewhere not before they are needed."""

import subprocess
import sys

import pytest
from botocore import __version__ as sdk_version

PROBE = """
import gc, importlib, sys
collected = []
gc.callbacks.append(lambda phase, _: collected.append(phase))
importlib.import_module(f"functions.{sys.argv[1]}.handler")
from functions.shared import wiring
built = wiring._build.cache_info().currsize
print(built, bool(collected), gc.isenabled(), wiring.client("dynamodb").meta.config.user_agent if built else "")
"""


@pytest.mark.parametrize(
    ("function", "starts_on_lambda", "built"),
    [
        ("send_notices", True, 2),  # the table's and the mail's
        ("record_feedback", True, 2),  # the table's, and that of the files of mail events
        ("plan_run", True, 4),  # table, queues, the quota of mails, and where a restore leaves its mark
        ("send_notices", False, 0),
    ],
)
def test_clients_are_built_while_lambda_starts_a_process_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, function: str, starts_on_lambda: bool, built: int
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    if starts_on_lambda:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    command = [sys.executable, "-c", PROBE, function]
    started = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    clients, collected, collects, *agent = started.stdout.split()
    assert int(clients) == built
    assert collected == str(not starts_on_lambda)  # nothing made while a process starts is garbage
    assert collects == "True"
    assert agent == (["pastdue", f"Botocore/{sdk_version}"] if built else [])  # not spelt anew for each request
