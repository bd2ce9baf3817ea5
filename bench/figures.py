"""What a section measured: figures with their units, beside a baseline of the same run."""

import os
import platform
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

Number: TypeAlias = int | float
_CPU_INFO: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `beside` is the same of the baseline, None where there is none."""

    name: str
    value: Number
    unit: str
    beside: Number | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One section's figures, what they were measured on, and what stands beside them."""

    what: str
    beside: str  # what the baseline is; "" where there is none
    figures: tuple[Figure, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)  # sizes, how often, by which clock
    missing: str = ""  # why there are no figures


def plain(measured: Measured) -> dict[str, Any]:
    """As JSON; numbers rounded to what the measurement can tell."""
    figures = [
        {"name": f.name, "value": rounded(f.value), "unit": f.unit}
        | ({} if f.beside is None else {"beside": rounded(f.beside)})
        for f in measured.figures
    ]
    found: dict[str, Any] = {"what": measured.what, "beside": measured.beside, "given": measured.given}
    return found | {"figures": figures} | ({"missing": measured.missing} if measured.missing else {})


def rounded(value: Number) -> Number:
    """Counts as they are, measurements to four digits."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def machine() -> dict[str, Any]:
    """What all of it ran on; other work on the machine makes rates lower bounds."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _cpu() -> str:
    lines = _CPU_INFO.read_text().splitlines() if _CPU_INFO.is_file() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def table(name: str, measured: Measured) -> str:
    """A section for readers."""
    lines = [f"{name}: {measured.what}"]
    lines += [f"  {key.replace('_', ' ')}: {value}" for key, value in measured.given.items()]
    if measured.missing:
        return "\n".join([*lines, f"  nothing measured: {measured.missing}"])
    rows = [("", "unit", "here", measured.beside)]
    rows += [
        (f.name.replace("_", " "), f.unit, plain_number(f.value), plain_number(f.beside)) for f in measured.figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for label, unit, here, beside in rows:
        line = f"  {label:<{widths[0]}}  {here:>{widths[2]}}  {beside:>{widths[3]}}  {unit}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def plain_number(value: Number | None) -> str:
    """A number for readers; empty where there is none."""
    if value is None:
        return ""
    known = rounded(value)
    return f"{known:,}" if isinstance(known, int) or abs(known) < 1000 else f"{known:,.0f}"


def say(text: str) -> None:
    """To the reader at the terminal; standard output carries the JSON alone."""
    print(text, file=sys.stderr, flush=True)
