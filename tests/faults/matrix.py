"""Every fault of the matrix: what is expected, and the tests that show it, or why it cannot be shown here.

A test that shows a fault is named after it: `test_f16_...`, or `test_f07_f09_...` for two. The table of
docs/reference/faults.md is written by `python -m tests.faults.matrix`; a test holds the list to the tests there are.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "faults.md"
BEGIN: Final = "<!-- faults: written by python -m tests.faults.matrix -->"
END: Final = "<!-- faults: end -->"
_NAMED: Final = re.compile(r"test_((?:f\d\d_)+)")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    fault: str
    then: str  # what happens
    told: str  # which alarm, counter or log event says so
    instead: str = ""  # where no test shows it: why not, and what stands in for it


_LATER: Final = "Not built yet"
ROWS: Final[dict[str, Row]] = {
    "F01": Row("a tick comes twice within seconds", "one run record wins; one set of notices", "`run_duplicate`"),
    "F02": Row("a tick comes again hours later", "the run is done: nothing is planned", "`run_done_before`"),
    "F03": Row(
        "no tick for days",
        "one run catches up, each account once at its present step",
        "`PlanRunHeartbeatAlarm`, `RunsMissedAlarm`",
    ),
    "F04": Row(
        "the planner dies, or runs out of time, half-way",
        "the sweep or the next tick goes on at the stored cursor",
        "`PD1002`, `PlanRunErrorsAlarm`",
    ),
    "F05": Row(
        "a batch of accounts is lost",
        "after three hours whoever is still due is queued again",
        "`PD1007`, `batches_lost`",
    ),
    "F06": Row(
        "the sender dies after SES took the mail",
        "`SENDING` becomes `UNKNOWN`; the mail's own events settle it; never a second call",
        "`PD1303`, `DoubtsOpenAlarm`",
    ),
    "F07": Row("SES does not answer, and took the mail", "one request; its event settles it", "`notice_in_doubt`"),
    "F08": Row(
        "SES does not answer, and did not take it",
        "a doubt; sent again after six quiet hours and word of later mails, or by a person",
        "`PD1303`, `DoubtsOpenAlarm`, a task",
    ),
    "F09": Row("SES answers 500, 502, 503 or 504", "a doubt, as without an answer", "`PD1303`, `DoubtsOpenAlarm`"),
    "F10": Row("SES: too many requests", "back to `PLANNED`, later, without a slot", "`notice_waits`"),
    "F11": Row("the daily quota is used up", "sending pauses for all; the rest stays `PLANNED`", "`DailyQuotaAlarm`"),
    "F12": Row("SES paused the account", "the circuit is open; nothing becomes `FAILED`", "`SendingClosedAlarm`"),
    "F13": Row(
        "SES does not take this sender (MAIL FROM, sandbox)",
        "the entity is held with the reason; others go on",
        "`EntityStoppedAlarm`",
    ),
    "F14": Row("SES will never take this mail", "`FAILED`, a task, one try a night", "`NoticesFailedAlarm`, a task"),
    "F15": Row(
        "the function's time ends in a batch of ten", "at most one doubt; what went is not repeated", "`PD1303`"
    ),
    "F16": Row("a message is delivered twice at once", "one claim wins", "`notice_duplicate`"),
    "F17": Row("a message comes again while it is being worked on", "the fence keeps it", "`notice_duplicate`"),
    "F18": Row("a worker sleeps past its lease, then goes on", "its fence fails: no send", "`notice_lost`"),
    "F19": Row("one message of ten cannot be read", "nine are done, one is given up", "`NoticesDeadLettersAlarm`"),
    "F20": Row("none of ten can be read", "five tries each, then dead letters", "`RecordsFailedAlarm`"),
    "F21": Row("a handler names the wrong failures", "the suite fails", "the build"),
    "F22": Row(
        "dead letters of ten days ago are moved back",
        "each is judged by today: paid or overtaken ones are cancelled",
        "`notice_cancelled`",
    ),
    "F23": Row("paid between plan and send", "`CANCELLED` (settled)", "`notice_cancelled`"),
    "F24": Row(
        "part-paid or credited between plan and send", "the amount is restated, or the notice cancelled", "the notice"
    ),
    "F25": Row(
        "disputed, promised or held between plan and send", "`CANCELLED` with that reason", "`notice_cancelled`"
    ),
    "F26": Row(
        "paid a minute after the mail", "it stands; no further step; the mail says what to do if paid", "the verdict"
    ),
    "F27": Row("a payment bounces", "the invoice is open again, at the step where it was", "the verdict"),
    "F28": Row("a write succeeds and its answer is lost", "the repeated write knows its own success", "nothing has to"),
    "F29": Row(
        "the due index is throttled for hours", "the run is late, and whole", "`RunsLateAlarm`, `PlanRunErrorsAlarm`"
    ),
    "F30": Row(
        "an account changes at each attempt to decide it",
        "three attempts, then back to the queue. There are no transactions: a version takes their place",
        "`race_lost`, `record_failed`",
    ),
    "F31": Row("a batch write is taken in part", "the rest is repeated until all is written", "nothing has to"),
    "F32": Row(
        "an index lags", "the base table decides; who was hidden is found at the next look", "`accounts_not_due`"
    ),
    "F33": Row("a write is denied in the middle of a run", "nothing is sent", "`RecordsFailedAlarm`, `record_failed`"),
    "F34": Row("an event overtakes our own note", "its state stays, the message id is added", "`mail_event_applied`"),
    "F35": Row("events come twice and in any order", "the same final state", "`mail_event_nothing_new`"),
    "F36": Row(
        "an automatic reply comes back as a soft bounce",
        "`DELIVERED` stays; not counted against the address",
        "nothing",
    ),
    "F37": Row("a reader complains", "the address is off for every account; a task; nothing is taken back", "`PD1403`"),
    "F38": Row(
        "an event of another stack, without tags, or of an unknown kind",
        "left alone; it stays in its file. An unknown kind is given up after five tries",
        "`mail_event_foreign`, `FeedbackDeadLettersAlarm`",
    ),
    "F39": Row(
        "no event is read for two days",
        "doubts stay doubts while a backlog is read; a dead address is left before the next step",
        "`FeedbackQueueAgeAlarm`, `FeedbackFilesQueueAgeAlarm`, `MailEventsLateAlarm`",
    ),
    "F40": Row("three invoices at three steps on one day", "one mail in the tone of the highest", "nothing has to"),
    "F41": Row("the clock changes in the night of the run", "one run each night", "nothing has to"),
    "F42": Row(
        "entity and reader on two sides of the date line",
        "due by the entity's day, sent in the reader's hours",
        "nothing",
    ),
    "F43": Row(
        "a clock five minutes off; a leap day; New Year",
        "no notice is taken from who is at it; one run a night",
        "nothing",
    ),
    "F44": Row("a new policy in the middle of a run", "what was decided keeps its version", "the notice's version"),
    "F45": Row("code that is older than the data", "what it does not know stays, unsent", "`EffectsUnreadableAlarm`"),
    "F46": Row("a function is renamed", "the fence is in the table: no second send", "nothing has to"),
    "F47": Row(
        "a queue is not read during a deploy", "messages wait", "`NoticesQueueAgeAlarm` and those of the other queues"
    ),
    "F48": Row("a file is announced twice, or replaced while it is read", "one import per version", "the inbox"),
    "F49": Row("the same file again, then a corrected one", "nothing new, then only the difference", "the inbox"),
    "F50": Row("an import dies half-way", "it goes on; no account shows half of it", "the inbox"),
    "F51": Row(
        "a full snapshot that lacks 40 % of the invoices", "refused until a person confirms", "`FilesHeldAlarm`"
    ),
    "F52": Row("statements twice, overlapping or out of order", "each entry once; a gap is told", "the inbox"),
    "F53": Row(
        "an ERP's API throttles, fails, or changes while it is read",
        "it goes on at its cursor; absence never means paid",
        "`SourcesStaleAlarm`",
    ),
    "F54": Row("a signing key is changed", "links of the key before it open until they expire", "nothing has to"),
    "F55": Row(
        "a promise and a dispute at the same instant",
        "one is first, the other is decided on what is then there",
        "the page",
        f"{_LATER}: the customer page. What it will write by, a conditional write on the account's version, is shown "
        "by F25 and F30.",
    ),
    "F56": Row(
        "a mail robot answers each of our mails",
        "no mail of ours answers a robot",
        "the reply",
        f"{_LATER}: reading replies. Our mails already say that they are automatic (RFC 3834), which the tests of the "
        "wire form hold.",
    ),
    "F57": Row("a mail to our own people bounces", "a task, and no further mail", "`PD1403`"),
    "F58": Row(
        "SES is down for hours in the send window", "sent when it is back, within the hours", "`SendingClosedAlarm`"
    ),
    "F59": Row("the switch is turned off during a run", "no call to SES after it; back to `PLANNED`", "`notice_waits`"),
    "F60": Row(
        "the table is restored to yesterday", "nothing is sent before what was sent is learnt", "`SendingHeldAlarm`"
    ),
    "F61": Row(
        "a file of mail events cannot be read, or an event in it",
        "the event goes on alone; the file comes again for four days, and silence proves nothing meanwhile",
        "`FeedbackFilesQueueAgeAlarm`, `mail_event_apart`",
    ),
    "F62": Row("a file is told of twice", "the same final state", "`mail_event_nothing_new`"),
    "F63": Row(
        "the stream of mail events is stuck, or S3 tells of a file late",
        "bounces are heard at once; doubts stay doubts until files come, and six hours longer",
        "`MailEventsStreamLateAlarm`, `MailEventsLateAlarm`",
    ),
}


def shown() -> dict[str, list[str]]:
    """The tests that show each fault, as `folder/file.py: name`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = _NAMED.match(node.name) if isinstance(node, ast.FunctionDef) else None
            for number in re.findall(r"f(\d\d)", named[1]) if named else ():
                place = path.relative_to(ROOT / "tests").as_posix()
                found.setdefault(f"F{number}", []).append(f"{place}: {node.name}")
    return found


def table() -> str:
    """The rows as Markdown."""
    lines = ["| | fault | then | said by |", "| --- | --- | --- | --- |"]
    lines += [f"| {number} | {row.fault} | {row.then} | {row.told} |" for number, row in ROWS.items()]
    lines += ["", "Not shown by a test of its own:", ""]
    lines += [f"- **{number}** {row.instead}" for number, row in ROWS.items() if row.instead]
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it is now. Raises: ValueError for a page without its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
