"""Many customers, many nights, and faults of every kind by chance; counts as JSON on stdout.

`python -m tests.faults.soak --customers 10000 --nights 30 --odds 0.01`, or `make soak`. The customers are played in
shards, each a company of its own in a process of its own; every shard has its seed, and is the same story each time.
"""

import argparse
import json
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import botocore.endpoint

from local.engine import Engine
from tests.builders import a_policy
from tests.faults.promise import broken
from tests.faults.simulator import Simulation
from tests.replay.night import as_operator
from tests.scenarios.company import NIGHT, at

Counts = dict[str, Any]


def facts_of_a_day(sim: Simulation) -> None:
    """In a day two customers of a hundred do something."""
    acts: tuple[Callable[[], None], ...] = (
        sim.pays, sim.pays, lambda: sim.pays(50), sim.takes_back, sim.disputes, sim.promises, sim.holds,
    )  # fmt: skip
    for _ in range(max(1, sim.customers // 50)):
        sim.random.choice(acts)()


FED_BY_QUEUES = ("RecordFeedbackFunction", "SendNoticesFunction", "DecideAccountsFunction")


def mishap(sim: Simulation) -> None:
    """Something that concerns everybody at once."""
    sim.random.choice((
        lambda: sim.sleeps(1),
        lambda: sim.stops(sim.random.choice(FED_BY_QUEUES)),
        lambda: sim.switch(paused=True),
        lambda: sim.invoke("PlanRunFunction", "tick"),
        lambda: sim.invoke("SweepStuckFunction", "sweep"),
        lambda: sim.poisons(sim.random.choice(("AccountsQueue", "NoticesQueue", "FeedbackQueue"))),
    ))()  # fmt: skip


def story(engine: Engine, seed: int, customers: int, nights: int, odds: float) -> Counts:
    """One shard, from its import to its rest. Returns: its figures, and what broke the promise."""
    sim = Simulation(engine, Random(seed), customers=customers, policy=a_policy())
    sim.troubles.odds = sim.provider.odds = odds
    mishaps = 0
    for night in range(nights):
        sim.live(hours=3, minutes=sim.random.randint(0, 59))
        if sim.random.random() < 10 * odds:
            mishaps += 1
            mishap(sim)
        sim.live(hours=10)
        facts_of_a_day(sim)
        sim.live(hours=11)
        if sim.random.random() < 0.5:
            sim.starts()
            sim.switch(paused=False)
        if night % 10 == 9:
            sim.settle_doubts()
        sim.redrive()
        sim.listen()
    sim.comes_to_rest()
    return {**sim.counts(), "mishaps": mishaps, "wrong": broken(sim), "seed": seed}


def shard(arguments: tuple[int, int, int, float]) -> Counts:
    seed, customers, nights, odds = arguments
    began = time.monotonic()
    logging.disable(logging.NOTSET)
    botocore.endpoint.time.sleep = lambda _seconds: None  # the SDK's pauses between its own attempts
    with Engine(start=at(NIGHT, 5, 30)) as engine, as_operator(engine):
        found = story(engine, seed, customers, nights, odds)
    return {**found, "seconds": round(time.monotonic() - began, 1)}


def summed(found: list[Counts]) -> Counts:
    """One figure of each kind over all shards."""
    total: Counts = {"shards": len(found)}
    for one in found:
        for name, value in one.items():
            match value:
                case dict():
                    total[name] = dict(sorted((Counter(total.get(name, {})) + Counter(value)).items()))
                case list():
                    total[name] = total.get(name, []) + value
                case int() | float() if name != "seed":
                    total[name] = round(total.get(name, 0) + value, 1)
    said, states = Counter(total.get("said", {})), Counter(total.get("states", {}))
    total["doubts"] = {
        "opened": said["PD1303"],
        "sent_again_after_silence": said["PD1307"] - total["settled_by_a_person_as_not_gone"],
        "listed_at_the_end": states["UNKNOWN"],
    }
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--odds", type=float, default=0.01, help="of each call, and of each fate of a mail")
    parser.add_argument("--shard", type=int, default=250, help="customers of one company")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=Path, help="a file that gets each shard's figures when it is done")
    args = parser.parse_args()
    stories = [(args.seed + n, min(args.shard, args.customers - start), args.nights, args.odds)
               for n, start in enumerate(range(0, args.customers, args.shard))]  # fmt: skip
    found: list[Counts] = []
    with multiprocessing.get_context("spawn").Pool(args.jobs, maxtasksperchild=1) as pool:
        for counts in pool.imap_unordered(shard, stories):
            found.append(counts)
            print(
                f"seed {counts['seed']}: {counts['mails']} mails, wrong: {counts['wrong'] or 'nothing'}",
                file=sys.stderr,
            )
            if args.lines:
                with args.lines.open("a") as lines:
                    lines.write(json.dumps(counts) + "\n")
    print(json.dumps(summed(found), indent=1))
    return int(any(counts["wrong"] for counts in found))


if __name__ == "__main__":
    sys.exit(main())
