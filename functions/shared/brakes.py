"""Whether a run is so unlike the nights before it that a person should look before anything leaves."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from core.policy.schema import Brakes
from functions.shared.store.runs import Run

NIGHTS: Final = 14  # looked back
FEWEST: Final = 3  # nights that make a pattern
_SMALL: Final = 10  # messages; so few are never far off
ASKED: Final = "asked_"  # counted in a run: minor units asked for, by currency
REVIEWED: Final = "reviewed"  # counted in a run: messages whose policy wants a person to look first


def told(counts: Mapping[str, int]) -> dict[str, int]:
    """What logs and metrics say of a run: no amounts, and nothing that is counted for its review alone."""
    return {name: n for name, n in counts.items() if name != REVIEWED and not name.startswith(ASKED)}


def brake(counts: Mapping[str, int], recent: Sequence[Run], brakes: Brakes) -> str:
    """Why the run stops for a person; empty when nothing about it is unusual.

    Args: `counts` of the run; `recent` runs before it. Nights on which nothing was decided make no pattern.
    """
    messages = counts.get("notices", 0)
    if brakes.most_messages is not None and messages > brakes.most_messages:
        return f"{messages} messages, at most {brakes.most_messages} are allowed"
    if brakes.volume_percent is None or messages <= _SMALL:
        return ""
    nights = [run.counts for run in recent if run.counts.get("notices", 0)]
    if len(nights) < FEWEST:
        return ""
    for name in ("notices", *sorted(name for name in counts if name.startswith(ASKED))):
        usual = median(night.get(name, 0) for night in nights)
        if usual and counts[name] * 100 > usual * brakes.volume_percent:
            what = "messages" if name == "notices" else f"minor units of {name.removeprefix(ASKED)}"
            return f"{counts[name]} {what}, usual are {usual:.0f}"
    return ""
