"""Memory of this process, in kilobytes."""

import resource
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")


def now_kb() -> int:
    """What it holds at this moment; where the system does not say, the most it held so far."""
    return _field("VmRSS") or peak_kb()


def peak_kb() -> int:
    """The most it held. Linux's getrusage would count the process that it was forked from."""
    return _field("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # macOS counts bytes


def _field(name: str) -> int:
    lines = _STATUS.read_text().splitlines() if _STATUS.is_file() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
