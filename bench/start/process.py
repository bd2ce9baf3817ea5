"""One function as Lambda starts it: a fresh process imports the handler, then takes its first event.

Run by bench.cold as a script, with nothing on its path but what the function has. What Lambda's own runtime client
costs before that is no part of it; a bare handler in the same harness is what to compare with.
"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path
from types import SimpleNamespace


def main() -> None:
    handler, event, now = sys.argv[1], json.loads(sys.argv[2]), time.perf_counter
    began, began_cpu = now(), time.process_time()
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    ready, ready_cpu = now(), time.process_time()
    answer = function(event, _context())
    done, done_cpu = now(), time.process_time()
    if isinstance(answer, dict) and answer.get("batchItemFailures"):
        raise RuntimeError(f"the first event failed: {answer}")
    measured = {
        "import_wall": ready - began,
        "import_cpu": ready_cpu - began_cpu,
        "first_wall": done - ready,
        "first_cpu": done_cpu - ready_cpu,
        "peak_kb": _peak_kb(),
    }
    print("\n" + json.dumps(measured))


def _context() -> SimpleNamespace:
    return SimpleNamespace(
        function_name="bench",
        function_version="$LATEST",
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:bench",
        memory_limit_in_mb=256,
        aws_request_id="00000000-0000-4000-8000-000000000000",
        get_remaining_time_in_millis=lambda: 300_000,
    )


def _peak_kb() -> int:
    """The most memory that this process had. Linux's getrusage would count the process that it was forked from."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # macOS counts bytes
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))


main()
