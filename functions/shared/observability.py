"""Logs and metrics, set up once. Every log line is a numbered event with ids and counts; never a name or an address."""

import logging
import os
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any, Final, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

_Handler = TypeVar("_Handler", bound=Callable[..., Any])
_NAME: Final = "pastdue"
# What the name of the log group and the configuration of the function say already, in each line anew.
_KNOWN: Final = frozenset({"service", "function_name", "function_arn", "function_memory_size"})
# Where the code and the invocation matter: the stream has the lines of an invocation between its start and its report.
_OF_TROUBLE: Final = frozenset({"location", "cold_start", "function_request_id", "xray_trace_id"})


class _Lines(LambdaPowertoolsFormatter):
    """Lines that hold what a reader looks for: of a thousand mails there are two thousand, each billed by its bytes."""

    def serialize(self, log: Any) -> str:
        """A line of the log; of what went as it should, without place and invocation."""
        left_out = _KNOWN | _OF_TROUBLE if log.get("level") == "INFO" else _KNOWN
        return super().serialize({name: value for name, value in log.items() if name not in left_out})


logger: Final = Logger(
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", _NAME),
    logger_formatter=_Lines(utc=True, use_rfc3339=True),
)
# It warns with whole addresses, the keys in their queries too, and with what the other side wrote.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)
metrics: Final = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", _NAME),
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", _NAME),
)


class LogEvent(Enum):
    """What can be said in a log: number, level, text. A number is never used again for something else."""

    RUN_STARTED = ("PD1001", logging.INFO, "run started")
    RUN_RESUMED = ("PD1002", logging.WARNING, "run resumed after its worker stopped")
    RUN_PLANNED = ("PD1003", logging.INFO, "every due account of the run is queued")
    RUN_COMPLETED = ("PD1004", logging.INFO, "run completed")
    RUN_PAUSED = ("PD1005", logging.INFO, "run goes on in the next invocation")
    RUN_BUSY = ("PD1006", logging.INFO, "run has another worker")
    RUN_REPLANNED = ("PD1007", logging.ERROR, "batches were lost; what is still due is queued again")
    ENTITY_FAILED = ("PD1008", logging.ERROR, "run of this entity failed; other entities go on")
    RUN_HELD = ("PD1009", logging.WARNING, "run waits for a person; its notices do not go")
    RUN_ANSWERED = ("PD1010", logging.INFO, "a person has looked at the run")
    RUN_MISSED = ("PD1011", logging.ERROR, "no run tonight, long after its hour")
    RUN_LATE = ("PD1012", logging.ERROR, "run has no end, long after its hour")
    VITAL_FAILED = ("PD1020", logging.ERROR, "one figure for the alarms could not be worked out; the run goes on")
    BATCH_DECIDED = ("PD1101", logging.INFO, "batch decided")
    ACCOUNT_FAILED = ("PD1102", logging.ERROR, "account could not be decided")
    ACCOUNT_PARKED = ("PD1103", logging.ERROR, "account keeps failing; a task was made and the run goes on")
    RACE_LOST = ("PD1104", logging.INFO, "another writer was first; decided again")
    EFFECTS_PUT = ("PD1105", logging.INFO, "effects of an earlier decision put")
    EFFECTS_UNREADABLE = ("PD1106", logging.ERROR, "an effect has a kind that this code does not know; it stays")
    NOTICE_HANDLED = ("PD1301", logging.INFO, "notice handled")
    NOTICE_REFUSED = ("PD1302", logging.WARNING, "the mail provider refused a notice")
    NOTICE_IN_DOUBT = ("PD1303", logging.ERROR, "nobody knows whether a notice went; a task was made")
    PAPERS_MADE = ("PD1304", logging.INFO, "letters and statements of a notice made")
    PAPERS_MISSING = ("PD1305", logging.ERROR, "papers of a notice could not be made; it waits")
    WORDS_FAILED = ("PD1306", logging.ERROR, "a company's own template failed on a message; it waits")
    NOTICE_SENT_AGAIN = ("PD1307", logging.WARNING, "a notice in doubt did not go; it goes once more")
    NOTICE_UNHEARD = ("PD1308", logging.WARNING, "accepted three days ago, and no word whether it arrived")
    SENDING_HELD = ("PD1320", logging.ERROR, "nothing is sent until what was sent before is known again")
    SENDING_LIFTED = ("PD1321", logging.WARNING, "what was sent is known again; sending goes on")
    SENDING_CLOSED = ("PD1330", logging.ERROR, "the mail provider takes nothing of this account; all mail waits")
    SENDING_RESUMED = ("PD1331", logging.WARNING, "the mail provider takes mail again")
    QUOTA_USED_UP = ("PD1332", logging.ERROR, "today's quota of the mail provider is used up; mail waits for room")
    ACCOUNT_UNREAD = ("PD1333", logging.WARNING, "the account's quota could not be read; the last one holds")
    SENDING_STOPPED = ("PD1334", logging.ERROR, "sending stopped by itself until a person starts it again")
    WARM_UP_FULL = ("PD1335", logging.WARNING, "a new sender has sent what it may today; the rest waits")
    MAIL_EVENT = ("PD1401", logging.INFO, "mail event applied")
    MAIL_EVENT_FOREIGN = ("PD1402", logging.WARNING, "mail event names no notice of this stack; left alone")
    ADDRESS_OFF = ("PD1403", logging.WARNING, "an address is not written to any more")
    MAIL_EVENT_APART = ("PD1404", logging.WARNING, "an event of a file failed; it goes on by itself")
    MAIL_EVENT_LEARNT = ("PD1410", logging.WARNING, "a mail went that the table has forgotten; its id is kept as sent")
    SWEPT = ("PD1501", logging.INFO, "what had come due was looked at")
    SWEEP_FAILED = ("PD1502", logging.ERROR, "one thing that had come due could not be looked at; the others were")
    FILE_RECEIVED = ("PD1801", logging.INFO, "a file of the inbox was written down")
    FILE_TAKEN = ("PD1802", logging.INFO, "a file was taken as a whole")
    FILE_REFUSED = ("PD1803", logging.ERROR, "a file was refused; nothing of it was stored")
    FILE_HELD = ("PD1804", logging.ERROR, "a file waits for a person")
    FILE_PAUSED = ("PD1805", logging.INFO, "a file goes on in the next invocation")
    FILE_FOREIGN = ("PD1806", logging.WARNING, "an object of the inbox belongs to no source; left alone")
    FILE_OTHER_ENTITY = ("PD1807", logging.ERROR, "a file of one entity speaks of another; nothing of it was stored")
    STARTS_LEFT = ("PD1808", logging.INFO, "too many accounts changed to decide them at once; the night does")
    RUN_WAITS_FOR_FILES = ("PD1809", logging.INFO, "the run waits for files that lie unread")
    RUN_WITHOUT_FILES = ("PD1810", logging.ERROR, "the run goes on although files lie unread")
    SOURCE_STALE = ("PD1811", logging.WARNING, "a source has not delivered for longer than it may")
    PULL_DONE = ("PD1860", logging.INFO, "what changed in another system lies in the inbox")
    PULL_FAILED = ("PD1861", logging.WARNING, "another system gave no usable answer; it is asked again later")
    WORD_NOT_SIGNED = ("PD1862", logging.WARNING, "somebody speaks for another system without its signature")
    STATEMENT_BOOKED = ("PD1880", logging.INFO, "bank statement booked")
    STATEMENT_REFUSED = ("PD1881", logging.ERROR, "a bank statement is of no account of ours; nothing of it was taken")
    STATEMENTS_MISSING = ("PD1882", logging.ERROR, "bank statements are missing before one that came")
    CASH_DECIDED = ("PD1883", logging.INFO, "a person decided about a payment")
    API_FAULT = ("PD1601", logging.ERROR, "a request met a fault of ours")
    API_OUTAGE = ("PD1602", logging.WARNING, "a request could not be carried out for now")
    WEBHOOK_SENT = ("PD1701", logging.INFO, "event delivered to an endpoint")
    WEBHOOK_FAILED = ("PD1702", logging.WARNING, "event not delivered; it is sent again later")
    WEBHOOK_GIVEN_UP = ("PD1703", logging.ERROR, "event not delivered on any attempt; it is kept as a dead letter")
    WEBHOOK_OFF = ("PD1704", logging.ERROR, "endpoint failed for days and is off; a task was made")
    RECORD_FAILED = ("PD1901", logging.ERROR, "a queued record failed; it returns to its queue")
    INVOCATION_FAILED = ("PD1902", logging.ERROR, "an invocation failed; it is tried again, or given up")
    QUEUE_REFUSED = ("PD1201", logging.WARNING, "queue refused messages; sent again")

    @property
    def code(self) -> str:
        return str(self.value[0])

    @property
    def level(self) -> int:
        return int(self.value[1])

    @property
    def text(self) -> str:
        return str(self.value[2])


_alike: Final[dict[tuple[LogEvent, tuple[tuple[str, str], ...]], list[str]]] = {}  # of this invocation: notice ids


def log(event: LogEvent, **fields: str | int | None) -> None:
    """One numbered event. Fields are ids and counts."""
    say = {logging.INFO: logger.info, logging.WARNING: logger.warning}.get(event.level, logger.error)
    say(event.text, extra={"event": event.code, **fields})


def together(event: LogEvent, notice_id: str, **fields: str) -> None:
    """One notice of many of which the same is to be said: one line for all of an invocation, when it ends.

    For what went as it should, and stands in the notice's own record: nothing is lost with a line that never came.
    """
    _alike.setdefault((event, tuple(fields.items())), []).append(notice_id)


def told_together(handler: _Handler) -> _Handler:
    """A handler at whose end the lines of `together` are written."""

    @wraps(handler)
    def run(*given: Any) -> Any:
        _alike.clear()
        try:
            return handler(*given)
        finally:
            for (event, fields), notice_ids in _alike.items():
                log(event, notice_ids=" ".join(notice_ids), **dict(fields))
            _alike.clear()

    return cast("_Handler", run)


def gauge(name: str, value: int) -> None:
    """How much of something there is now; zero is said too."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count(name: str, value: int = 1) -> None:
    """Add to a counter of this invocation; zero is not worth a data point."""
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
