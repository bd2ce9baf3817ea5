"""MiniStack as a process of its own on loopback, and a stack deployed to it by an unmodified `sam deploy`."""

import os
import signal
import socket
import subprocess
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from functions.shared import wiring
from local.engine.aws import ACCOUNT, REGION

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "e2e" / "template.yaml"
_TOOLS = ROOT / ".tools"
_INTERPRETER = _TOOLS / "tools" / "ministack" / "bin" / "python"
_SAM = _TOOLS / "bin" / "sam"
_STAGE = "prod"  # the only stage that needs no diversion of its mail
_STARTS = 3  # a port that was free a moment ago may be taken
_START_SECONDS, _DEPLOY_SECONDS = 30, 240

_ONLY_LOOPBACK = {  # nobody answers for other hosts: sam would ask for its newest version
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "localhost,127.0.0.1",
}
_ONLY_LOOPBACK |= {name.lower(): value for name, value in _ONLY_LOOPBACK.items()}  # the small ones win
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",  # MiniStack's own administrator
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def stage() -> dict[str, Any]:
    """What samconfig.toml says about the stage that is deployed."""
    parameters: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text())[_STAGE]["deploy"]["parameters"]
    return parameters


def stage_parameters() -> dict[str, str]:
    """The template's parameters of that stage."""
    return dict(override.split("=", 1) for override in stage()["parameter_overrides"])


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running emulator; `folder` holds its log and everything it writes."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "ministack.log").read_text()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Clients that are built inside the block talk to the emulator."""
        before = dict(os.environ)
        os.environ.update(_CREDENTIALS | _ONLY_LOOPBACK | {"AWS_ENDPOINT_URL": self.url})
        forget_clients()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            forget_clients()

    def deploy(self) -> None:
        """`sam deploy` of the built template, with what samconfig.toml says; nobody is asked."""
        command = [
            str(_SAM), "deploy", "--template-file", str(BUILT), "--config-file", str(ROOT / "samconfig.toml"),
            "--config-env", _STAGE, "--no-confirm-changeset", "--no-progressbar",
        ]  # fmt: skip
        # By name: with an address in place of the host, sam finds no bucket in it.
        address = {"AWS_ENDPOINT_URL": f"http://localhost:{self.port}"}
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(self.folder) | _CREDENTIALS | address, timeout=_DEPLOY_SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (
            f"sam deploy: exit code {done.returncode}\n{done.stdout[-4000:]}\n{self.log[-4000:]}"
        )


def forget_clients() -> None:
    """One process plays on two emulators, and clients and sessions are made for one."""
    boto3.DEFAULT_SESSION = None
    wiring._build.cache_clear()
    wiring._session.cache_clear()


@contextmanager
def running(folder: Path, ses_url: str) -> Iterator[Cloud]:
    """MiniStack, ready for requests; gone with all its processes after the block."""
    cloud, process = _started(folder, ses_url)
    try:
        yield cloud
    finally:
        _stop(process)


def _started(folder: Path, ses_url: str) -> tuple[Cloud, subprocess.Popen[bytes]]:
    said = ""
    for _ in range(_STARTS):
        cloud = Cloud(_free_port(), folder)
        process = _start(cloud, ses_url)
        if _answers(cloud, process):
            return cloud, process
        _stop(process)
        said = cloud.log
    raise AssertionError(f"MiniStack does not start\n{said[-4000:]}")


def _start(cloud: Cloud, ses_url: str) -> subprocess.Popen[bytes]:
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(cloud.port),
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",  # the functions act under the roles that the template gives them
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ENDPOINT_URL_SESV2": ses_url,  # the functions inherit it; all else goes to MiniStack
    }
    with (cloud.folder / "ministack.log").open("wb") as log:
        return subprocess.Popen(
            [str(_INTERPRETER), "-P", str(Path(__file__).with_name("emulator.py"))],
            cwd=cloud.folder, env=_environment(cloud.folder) | _CREDENTIALS | settings,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    """No setting of this machine's reaches the tools, and what they write stays in the folder."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "SAM_CLI_TELEMETRY": "0",
        **_ONLY_LOOPBACK,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(cloud: Cloud, process: subprocess.Popen[bytes]) -> bool:
    def healthy() -> bool:
        if process.poll() is not None:
            return True
        try:
            with urllib.request.urlopen(f"{cloud.url}/_ministack/health", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    return wait_for(healthy, _START_SECONDS) and process.poll() is None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End MiniStack and the functions it started: they are one process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue


def wait_for(ready: Callable[[], bool], seconds: float) -> bool:
    """Whether it became true in time."""
    ends_at = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.5)
    return True


def fire(scheduler: Any, name: str) -> None:
    """Let a deployed schedule fire within seconds: by a twin, alike in all but its name and when it fires."""
    schedule = scheduler.get_schedule(Name=name)
    scheduler.create_schedule(
        Name=f"{name}-now-{time.monotonic_ns()}",
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
        ActionAfterCompletion="DELETE",
        Target=schedule["Target"],
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
    )


def function_logs(logs: Any) -> str:
    """What the functions wrote, for a failure's message."""
    said = []
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        said += [f"{group['logGroupName']}: {event['message'].strip()}" for event in events]
    return "\n".join(said)
