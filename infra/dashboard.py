"""The dashboard of a stack: one page for whoever asks whether last night went well.

`python -m infra.dashboard` writes it into template.yaml, between the two markers.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

TEMPLATE: Final = Path(__file__).parents[1] / "template.yaml"
BEGIN: Final = "      # dashboard: written by python -m infra.dashboard\n"
END: Final = "      # dashboard: end\n"
_ALARM: Final = re.compile(r"^  (\w+Alarm):", re.MULTILINE)
_QUEUE: Final = re.compile(r"^  (\w+(?:Queue|DeadLetters)):", re.MULTILINE)
_FUNCTION: Final = re.compile(r"^  (\w+Function):", re.MULTILINE)
_DAY: Final = 86_400
_HOUR: Final = 3_600

Widget = dict[str, Any]
Line = list[Any]

# What our own code counts. A row each: title, statistic, period in seconds, metrics.
OWN: Final[tuple[tuple[str, str, int, str], ...]] = (
    ("Nights", "Sum", _DAY, "runs_completed accounts_decided accounts_errors notices tasks charges"),
    ("Messages", "Sum", _HOUR, "notice_accepted notice_waits notice_cancelled notice_failed notice_in_doubt"),
    ("Heard", "Sum", _HOUR, "mail_event_applied mail_events_late mail_event_foreign mail_event_learnt notices_unheard"),
    ("Waits for a person", "Maximum", _HOUR, "doubts_open runs_waiting sending_held keys_expiring unmatched_cash_days"),
    ("Goes wrong", "Sum", _HOUR, "record_failed swept_failed effects_unreadable runs_missed runs_late batches_lost"),
)


def body(template: str) -> Widget:
    """The whole dashboard; queues, functions and alarms are those of the template."""
    found = [_alarms(_ALARM.findall(template)), *(_own(*row) for row in OWN)]
    queues, functions = _QUEUE.findall(template), _FUNCTION.findall(template)
    found += [
        _graph("Oldest message, seconds", "Maximum", 300, _age(q for q in queues if q.endswith("Queue"))),
        _graph("Given up", "Maximum", 300, _waiting(q for q in queues if q.endswith("DeadLetters"))),
        _graph("Failed invocations", "Sum", _HOUR, _lambda("Errors", functions)),
        _graph("Run time, milliseconds", "p95", _HOUR, _lambda("Duration", functions)),
        _graph("Reputation at SES", "Average", _HOUR, _reputation()),
        _graph("Table", "Sum", _HOUR, _table()),
    ]
    return {"widgets": [{**widget, **_place(n)} for n, widget in enumerate(found)]}


def drawn(template: str) -> str:
    """The template with the dashboard as it is now. Raises ValueError for one without its markers."""
    before, begin, rest = template.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the template needs the lines {BEGIN} and {END}")
    widgets = ",\n".join(f"          {json.dumps(widget)}" for widget in body(template)["widgets"])
    text = f'      DashboardBody: !Sub |\n        {{"widgets": [\n{widgets}\n        ]}}\n'
    return before + begin + text + end + after


def _place(n: int) -> Widget:
    """The alarms over the whole width, then three a row."""
    if n == 0:
        return {"x": 0, "y": 0, "width": 24, "height": 5}
    row, column = divmod(n - 1, 3)
    return {"x": 8 * column, "y": 5 + 6 * row, "width": 8, "height": 6}


def _alarms(names: Iterable[str]) -> Widget:
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in names]}}


def _own(title: str, statistic: str, period: int, names: str) -> Widget:
    lines = [["${AWS::StackName}", name, "service", "pastdue"] for name in names.split()]
    return _graph(title, statistic, period, lines)


def _graph(title: str, statistic: str, period: int, metrics: Iterable[Line]) -> Widget:
    properties = {"title": title, "region": "${AWS::Region}", "stat": statistic, "period": period}
    return {"type": "metric", "properties": {**properties, "metrics": list(metrics)}}


def _age(queues: Iterable[str]) -> list[Line]:
    name = "ApproximateAgeOfOldestMessage"
    return [["AWS/SQS", name, "QueueName", f"${{{queue}.QueueName}}", {"label": queue}] for queue in queues]


def _waiting(queues: Iterable[str]) -> list[Line]:
    name = "ApproximateNumberOfMessagesVisible"
    return [["AWS/SQS", name, "QueueName", f"${{{queue}.QueueName}}", {"label": queue}] for queue in queues]


def _lambda(metric: str, functions: Iterable[str]) -> list[Line]:
    return [["AWS/Lambda", metric, "FunctionName", f"${{{name}}}", {"label": name}] for name in functions]


def _reputation() -> list[Line]:
    of = ["ses:configuration-set", "${MailConfigurationSet}"]
    return [["AWS/SES", f"Reputation.{kind}Rate", *of] for kind in ("Bounce", "Complaint")]


def _table() -> list[Line]:
    names = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents")
    return [["AWS/DynamoDB", name, "TableName", "${Table}"] for name in names]


if __name__ == "__main__":
    TEMPLATE.write_text(drawn(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
