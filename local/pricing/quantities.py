"""Counts as the quantities that AWS bills: of the nights themselves, and of what costs the same whatever they bring."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Final

from local.counting import Counts, Plant, Share
from local.counting.counts import STREAM_UNIT
from local.pricing.prices import Estimates

Quantities = dict[str, float]  # by the names of prices

GB: Final = 10**9
GIB: Final = 2**30  # of a delivery stream
HOURS: Final = 730  # in a month, as AWS counts
DAYS: Final = HOURS / 24
SWEEPS: Final = 6 * HOURS
SENDER: Final = "SendNoticesFunction"
_GETS: Final = frozenset({"GetObject", "HeadObject"})
_FILE: Final = "s3 GetObject"
_IN_FILES_ALONE: Final = frozenset(
    {"Email Sent", "Email Delivered"}
)  # every other event of a mail comes by its queue too
_SENDS: Final = 1  # requests that bring an event of a mail, or word of a file, to its queue
_POLL: Final = 2  # requests for messages that Lambda takes: receive, delete
_POLLED: Final = 10  # messages that these bring at most


def of_counts(counts: Counts, estimates: Estimates, plant: Plant) -> Quantities:
    """What these counts are billed for."""
    found: Quantities = defaultdict(float)
    files = _files(counts, plant)
    for name, each in counts.functions.items():
        share = _of_full_files(each, files) if name == plant.file_reader else each
        often = _invocations(share, plant.batches.get(name)) + (files if name == plant.file_reader else 0)
        for what, quantity in _of_function(share, estimates, often, traced=name in plant.traced).items():
            found[what] += quantity
        if name == SENDER:  # beyond its own work it waits for its turns, and waiting is billed
            waits = counts.mails * plant.senders / estimates.mails_per_second - seconds_of(share, estimates)
            found["lambda_gb_seconds"] += max(0.0, waits) * share.memory_mb / 1024
        logs = share.log_bytes + often * estimates.log_bytes_per_invocation
        found["logs_ingested_gb"] += logs / GB
        found["logs_stored_gb_months"] += logs / GB * estimates.log_compression * plant.log_days / DAYS
    found["ses_recipients"] += counts.recipients
    found["ses_attachment_gb"] += counts.attachment_bytes / GB
    for what, quantity in _of_events(counts, estimates, plant, files).items():
        found[what] += quantity
    return dict(found)


def fixed(plant: Plant, nights: Counts, tick: Counts, sweep: Counts, estimates: Estimates) -> Quantities:
    """What a month costs however much is due. Args: `tick`, `sweep` one that finds nothing to do.

    A metric costs by the hours in which it has a value, so a mail more costs none.
    """
    stored = nights.stored_bytes / GB
    starts = estimates.starts_per_day * DAYS
    found: Quantities = defaultdict(float)
    for counts, often in ((tick, HOURS), (sweep, SWEEPS)):
        for what, quantity in of_counts(counts, estimates, plant).items():
            found[what] += quantity * often
    always = {*tick.metric_hours, *sweep.metric_hours}  # said in each hour
    hours = sum(number for name, number in nights.metric_hours.items() if name not in always)
    found["metric_months"] = len(always) + hours / max(1, nights.nights) * DAYS / HOURS
    by_the_month: Quantities = {
        "alarm_months": plant.alarms,
        "dashboard_months": plant.dashboards,
        "key_months": plant.keys,
        "key_requests": estimates.key_requests_per_day * DAYS,
        "secret_months": plant.secrets,
        "sqs_requests": plant.polled_queues * estimates.idle_polls_per_queue_hour * HOURS,
        "schedule_invocations": HOURS + SWEEPS,
        "lambda_gb_seconds": starts * estimates.start_seconds * _memory(tick) / 1024,
        "dynamodb_storage_gb_months": stored,
        "dynamodb_recovery_gb_months": stored,
    }
    for what, quantity in by_the_month.items():
        found[what] += quantity
    return dict(found)


def _of_events(counts: Counts, estimates: Estimates, plant: Plant, files: float) -> Quantities:
    """What mail events cost on their way to a function: by a stream into files, the rare ones by a queue too."""
    rare = sum(number for kind, number in counts.events.items() if kind not in _IN_FILES_ALONE)
    return {
        "firehose_gb": counts.event_units * STREAM_UNIT / GIB,
        "s3_puts": files,
        "s3_stored_gb_months": counts.event_bytes / GB * estimates.event_compression * plant.file_days / DAYS,
        "sqs_requests": rare * _SENDS + files * (_SENDS + _POLL),
    }


def _files(counts: Counts, plant: Plant) -> float:
    """Of mail events. All but a night's last are full, for mails follow each other; here time stands still."""
    if not plant.file_bytes or not counts.event_bytes:
        return 0.0
    return counts.event_bytes / plant.file_bytes + max(1, counts.nights)


def _of_full_files(share: Share, files: float) -> Share:
    """What reads them, as if they were full: so many requests, and no message that told of those of this run."""
    read = share.requests[_FILE]
    requests = Counter(share.requests) - Counter({_FILE: read})
    requests[_FILE] = ceil(files)
    return replace(
        share,
        requests=requests,
        records=max(0, share.records - read),
        polls=max(0, share.polls - read),
        invocations=max(0, share.invocations - read),
    )


def seconds_of(share: Share, estimates: Estimates) -> float:
    """How long Lambda bills a function, starts apart: its processor time at its share of one, and what it waits for.

    One request after the other: what a function does at the same time is billed as if it did not.
    """
    cpu = share.cpu_s * estimates.cpu_factor * max(1.0, estimates.full_cpu_mb / (share.memory_mb or 1))
    waits = sum(number * estimates.milliseconds.of(name.split()[0]) for name, number in share.requests.items())
    return cpu + waits / 1000


def _invocations(share: Share, batch: int | None) -> float:
    """How often it runs. Where its queue waits for more, batches fill; here each message came when its time came."""
    return share.invocations if batch is None or not share.records else share.records / batch


def _of_function(share: Share, estimates: Estimates, often: float, *, traced: bool) -> Mapping[str, float]:
    found: Quantities = defaultdict(float)
    for name, number in share.requests.items():
        service, operation = name.split()
        if service == "sqs":
            found["sqs_requests"] += number
        elif service == "s3":
            found["s3_gets" if operation in _GETS else "s3_puts"] += number
    found["sqs_requests"] += min(share.polls, max(often, share.records / _POLLED)) * _POLL
    found["dynamodb_write_units"] += share.write_units
    found["dynamodb_read_units"] += share.read_units
    found["lambda_requests"] += often
    if often:
        found["lambda_gb_seconds"] += seconds_of(share, estimates) * share.memory_mb / 1024
    if traced:
        found["traces"] += often * estimates.traced
    return found


def _all(counts: Counts) -> list[Share]:
    return list(counts.functions.values())


def _memory(counts: Counts) -> float:
    """Of those that are started, in the mean."""
    sizes = [share.memory_mb for share in _all(counts) if share.invocations]
    return sum(sizes) / len(sizes) if sizes else 0.0
