"""What a cold start costs: importing each handler and its first event, beside a bare handler with the same clients."""

import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import company, empty_stack
from bench.figures import Figure, Measured
from bench.generate import AS_OF

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / ".aws-sam" / "build"
FUNCTIONS: Final = ("plan_run", "decide_accounts", "send_notices", "record_feedback", "sweep_stuck")
# What the managed runtime brings along.
_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
_START: Final = Path(__file__).parent / "start"
# An event for which there is nothing to do: the account, the notice, the night's work are not there.
_TICK: Final = {"kind": "tick"}
_BODIES: Final[Mapping[str, dict[str, Any]]] = {
    "decide_accounts": {"v": 1, "entity": company.ENTITY, "date": AS_OF.isoformat(), "n": 0, "customers": ["C1"]},
    "send_notices": {"v": 1, "notice_id": "0" * 26},
    "record_feedback": {
        "detail": {
            "eventType": "Delivery",
            "mail": {"messageId": "m", "tags": {"notice_id": ["0" * 26], "deployment": ["bench"]}},
        }
    },
}
_CLIENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "plan_run": ("dynamodb", "sqs", "sesv2", "s3"),
    "decide_accounts": ("dynamodb", "sqs"),
    "send_notices": ("dynamodb", "sesv2"),
    "record_feedback": ("dynamodb", "s3"),
    "sweep_stuck": ("dynamodb", "sqs", "sesv2"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """Where a process finds its modules."""

    what: str
    build: Path | None  # of the functions' own packages; None: the source tree
    shared: tuple[Path, ...]  # layers and runtime

    def paths(self, name: str, *, bare: bool) -> str:
        if bare:
            own = _START
        elif self.build is None:
            own = ROOT
        else:
            own = self.build / ("".join(part.title() for part in name.split("_")) + "Function")
        return os.pathsep.join(map(str, (own, *self.shared)))


def measure(runs: int, build: Path = BUILD, functions: Sequence[str] = FUNCTIONS) -> Measured:
    """Each function and its bare twin in turn, so that a busy moment of the machine meets both; the median of runs."""
    seen: dict[tuple[str, bool], list[dict[str, float]]] = {}
    with code(build) as found, empty_stack.serving() as address:
        for run in range(runs + 1):
            for name in functions:
                for bare in (False, True):
                    measured = started(name, found, address, bare=bare)
                    if run:  # the first one compiles what is not compiled yet
                        seen.setdefault((name, bare), []).append(measured)
    return Measured(
        what=f"fresh processes, {found.what}",
        beside="bare boto3",
        given={"runs": runs, "value": "median", "boto3": "of this machine, with byte code"},
        figures=tuple(figure for name in functions for figure in _figures(seen, name)),
    )


@contextmanager
def code(build: Path) -> Iterator[Code]:
    """The artefacts as they are deployed, if they are those of these sources; else the sources, with byte code."""
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    if not _built_from_here(build):
        yield Code("from the source tree (no build of it was found)", None, (site,))
        return
    layer = build / "DepsLayer" / "python"
    with tempfile.TemporaryDirectory() as folder:
        compiled, runtime = Path(folder) / "compiled", Path(folder) / "runtime"
        for there, names in (
            (compiled, {path.relative_to(layer).parts[0] for path in layer.rglob("*.so")}),  # Lambda's processor
            (runtime, set(_RUNTIME)),
        ):
            there.mkdir()
            for name in names:
                (there / name).symlink_to(site / name)
        yield Code("from the built artefacts", build, (compiled, layer, build / "CoreLayer" / "python", runtime))


def _built_from_here(build: Path) -> bool:
    ours = [folder for folder in build.glob("*") if folder.name == "CoreLayer" or folder.name.endswith("Function")]
    built = [path for folder in ours for path in folder.rglob("*.py")]
    pairs = [
        (path, ROOT / path.relative_to(build).as_posix().partition("/")[2].removeprefix("python/")) for path in built
    ]
    return bool(pairs) and all(there.is_file() and filecmp.cmp(path, there, shallow=False) for path, there in pairs)


def started(name: str, found: Code, address: str, *, bare: bool) -> dict[str, float]:
    """What one process measured of itself."""
    handler = "bare.lambda_handler" if bare else f"functions.{name}.handler.lambda_handler"
    ran = subprocess.run(
        [sys.executable, "-S", str(_START / "process.py"), handler, json.dumps(_event(name))],
        env=_environment(name, address) | {"PYTHONPATH": found.paths(name, bare=bare)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if ran.returncode:
        raise RuntimeError(f"{handler} did not start:\n{ran.stdout}{ran.stderr}")
    measured: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return measured


def _event(name: str) -> dict[str, Any]:
    body = _BODIES.get(name)
    if body is None:
        return _TICK
    return {
        "Records": [
            {
                "messageId": "1",
                "receiptHandle": "r",
                "body": json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
                "awsRegion": "eu-west-1",
            }
        ]
    }


def _environment(name: str, address: str) -> dict[str, str]:
    """What Lambda and the template set, and where AWS is."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_ENDPOINT_URL": address,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "DEPLOYMENT": "bench",
        "TABLE_NAME": "bench",
        "DUE_INDEX": "due",
        "ATTENTION_INDEX": "attention",
        "WORK_INDEX": "work",
        "REF_INDEX": "ref",
        "ACCOUNTS_QUEUE_URL": f"{address}/1/accounts",
        "NOTICES_QUEUE_URL": f"{address}/1/notices",
        "CONFIGURATION_SET": "bench",
        "POWERTOOLS_SERVICE_NAME": "pastdue",
        "POWERTOOLS_METRICS_NAMESPACE": "pastdue",
        "CLIENTS": json.dumps(_CLIENTS[name]),
    }


def _figures(seen: Mapping[tuple[str, bool], list[dict[str, float]]], name: str) -> Iterator[Figure]:
    ours, bare = seen[name, False], seen[name, True]
    for label, key, unit, scale in (
        ("import", "import_cpu", "ms CPU", 1e3),
        ("first_event", "first_cpu", "ms CPU", 1e3),
        ("peak_memory", "peak_kb", "MB", 1 / 1024),
    ):
        here, there = (median(run[key] for run in runs) * scale for runs in (ours, bare))
        yield Figure(f"{name}_{label}", here, unit, there)
    here, there = (median(run["import_wall"] + run["first_wall"] for run in runs) * 1e3 for runs in (ours, bare))
    yield Figure(f"{name}_import_and_first_event", here, "ms", there)
