"""Whether a run is so unlike the nights before it that a person should look before anything leaves."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.brakes import Stopped
from core.policy.schema import Brakes
from functions.shared.store.runs import Run

NIGHTS: Final = 14  # looked back
FEWEST: Final = 3  # nights that make a pattern
_SMALL: Final = 10  # messages; so few are never far off
ASKED: Final = "asked_"  # counted in a run: minor units asked for, by currency
OF_KIND: Final = "of_"  # counted in a run that may have to wait: messages by level and template, and what they ask for
ACCOUNTS: Final = "of"  # the same: accounts that get one
REVIEWED: Final = "reviewed"  # counted in a run: messages whose policy wants a person to look first

_KEPT: Final = (ASKED, OF_KIND)


def told(counts: Mapping[str, int]) -> dict[str, int]:
    """What logs and metrics say of a run: no amounts, and nothing that is counted for its review alone."""
    return {name: n for name, n in counts.items() if name not in (REVIEWED, ACCOUNTS) and not name.startswith(_KEPT)}


def of_kind(level: int, template: str, currency: str = "") -> str:
    """The counter of the messages of one kind; with a currency, of what they ask for in it."""
    return f"{OF_KIND}{level}_{template}" + (f"_{currency}" if currency else "")


def kinds(counts: Mapping[str, int]) -> dict[tuple[int, str], dict[str, int]]:
    """What `of_kind` counted, by level and template: messages under "", amounts under their currency."""
    found: dict[tuple[int, str], dict[str, int]] = {}
    for name, n in counts.items():
        if name.startswith(OF_KIND):
            level, template, currency = (*name.removeprefix(OF_KIND).split("_"), "")[:3]
            found.setdefault((int(level), template), {})[currency] = n
    return found


def unusual(counts: Mapping[str, int], recent: Sequence[Run], brakes: Brakes) -> Stopped | None:
    """Why the run stops for a person; None when nothing about it is unusual.

    Args: `counts` of the run; `recent` runs before it. Nights on which nothing was decided make no pattern.
    """
    messages = counts.get("notices", 0)
    if brakes.most_messages is not None and messages > brakes.most_messages:
        return Stopped("most-messages", messages, brakes.most_messages)
    if brakes.volume_percent is None or messages <= _SMALL:
        return None
    from statistics import median  # few policies ask

    nights = [run.counts for run in recent if run.counts.get("notices", 0)]
    if len(nights) < FEWEST:
        return None
    for name in ("notices", *sorted(name for name in counts if name.startswith(ASKED))):
        usual = median(night.get(name, 0) for night in nights)
        if usual and counts[name] * 100 > usual * brakes.volume_percent:
            currency = "" if name == "notices" else name.removeprefix(ASKED)
            return Stopped("more-money" if currency else "more-messages", counts[name], round(usual), currency)
    return None
