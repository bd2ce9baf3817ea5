"""A way that is measured in a process of its own: what the others left in memory does not count."""

import json
import subprocess
import sys
from pathlib import Path


def ran(module: str, *arguments: str | Path) -> dict[str, float]:
    """What `python -m module` printed of itself, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
