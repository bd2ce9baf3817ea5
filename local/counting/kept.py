"""Counts beside a state folder, so that what nights cost can be asked later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from local.counting.counts import Counts
from local.counting.plant import Plant
from local.engine import Engine

FILE_NAME: Final = "counts.json"
_VERSION: Final = 2
_COUNTED: Final = ("nights", "tick", "sweep")


class NotCountsError(ValueError):
    """The file was not written here, or by another version."""


@dataclass(slots=True)
class Kept:
    """What nights of a stack asked for, and a tick and a sweep that found nothing to do."""

    plant: Plant
    nights: Counts = field(default_factory=Counts)
    tick: Counts = field(default_factory=Counts)
    sweep: Counts = field(default_factory=Counts)


def read(folder: Path) -> Kept | None:
    """What was counted of a state; None: nothing. Raises: NotCountsError."""
    path = folder / FILE_NAME
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text())
        if data["version"] != _VERSION:
            raise NotCountsError(f"{path} has version {data['version']!r}; this program reads {_VERSION}")
        return Kept(Plant(**data["plant"]), *(Counts.of_data(data[name]) for name in _COUNTED))
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as broken:
        raise NotCountsError(f"{path} holds no counts: {broken}") from None


def write(folder: Path, kept: Kept) -> Path:
    """Write them down; returns where."""
    path = folder / FILE_NAME
    data = {name: getattr(kept, name).as_data() for name in _COUNTED}
    path.write_text(json.dumps({"version": _VERSION, "plant": asdict(kept.plant), **data}, indent=1) + "\n")
    return path


@contextmanager
def counting(engine: Engine, folder: Path, nights: int) -> Iterator[None]:
    """Count what the nights of the block ask for, on top of what the folder holds.

    At the end one tick and one sweep more are fired: with nothing left to do, they change nothing.
    Raises: NotCountsError before anything runs.
    """
    plant = Plant.of(engine.stack.template)
    kept = read(folder) or Kept(plant)
    meter = engine.count()
    meter.taken()
    yield
    lived = meter.taken()
    lived.nights = nights
    kept.plant = plant
    kept.nights.add(lived)
    kept.tick, kept.sweep = (idle(engine, kind) for kind in ("tick", "sweep"))
    write(folder, kept)


def idle(engine: Engine, kind: str) -> Counts:
    """What one more firing of a schedule asks for."""
    meter = engine.count()
    meter.taken()
    for schedule in engine.stack.schedules:
        if schedule.input.get("kind") == kind:
            engine.invoke(schedule.function, schedule.input)
    return meter.taken()
