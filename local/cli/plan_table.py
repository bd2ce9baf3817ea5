"""A plan as a person and as a program reads it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from local.cli.amounts import money
from local.cli.output import counted, plain, show, table
from local.cli.simulate import amounts_text

if TYPE_CHECKING:
    from local.plan_file import Plan
    from local.plan_send import Sent

_NUMBERS_SHOWN: Final = 3
_HASH_SHOWN: Final = 12


def show_plan(command: str, read: "Plan") -> None:
    """All that a plan holds."""
    rows = table("customer", "what", "to", "invoices", "amount", right=["amount"])
    for entry in read.accounts:
        for row in _rows(entry, left_out=read.leaves_out(entry)):
            rows.add_row(*plain(*row))
    show(command, read.data(), *([rows] if read.accounts else ["nothing is to be done"]), *_summary(read))


def _rows(entry: dict[str, Any], *, left_out: bool) -> Iterator[tuple[str, ...]]:
    """One account as a person reads it: a row for each thing, the name once."""
    name = entry["name"] + (" (left out)" if left_out else "")
    for what in (*_messages(entry), *_others(entry)):
        yield (name, *what)
        name = ""


def _messages(entry: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for message in entry["messages"]:
        readers = ", ".join(one["email"] or "by letter" for one in message["recipients"])
        what = f"{message['template']}, level {message['level']}" if message["level"] else message["template"]
        lines = (*message["overdue"], *message["coming_due"])
        totals = dict(message["totals"])
        for line in message["coming_due"]:
            totals[line["currency"]] = totals.get(line["currency"], 0) + line["due_minor"]
        yield what, readers, _some([line["number"] for line in lines]), amounts_text(totals)
        for charge in message["charges"]:
            if charge["new"]:
                yield f"  {charge['kind']}", "", charge["number"], money(charge["minor"], charge["currency"])


def _others(entry: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for charge in entry["charges"]:
        yield charge["kind"], "", charge["number"], money(charge["minor"], charge["currency"])
    for task in entry["tasks"]:
        yield f"task: {task['kind']}", task["owner"] or task["owner_role"], _some(task["numbers"]), ""
    for one in entry["proposals"]:
        yield f"proposal: {one['proposal']}", one["owner"] or one["owner_role"], _some(one["numbers"]), ""
    for said in entry["announcements"]:
        yield f"{said['what'].replace('_', ' ')}: {said['value']}".removesuffix(": "), "", "", ""
    for cancel in entry["cancelled"]:
        yield f"cancelled: {cancel['reason'].replace('_', ' ')}", "", "", ""
    for key, what in (("closed_tasks", "tasks closed"), ("withdrawn", "proposals withdrawn")):
        if entry[key]:
            yield f"{len(entry[key])} {what}", "", "", ""


def _some(numbers: Sequence[str]) -> str:
    more = f" +{len(numbers) - _NUMBERS_SHOWN}" if len(numbers) > _NUMBERS_SHOWN else ""
    return ", ".join(numbers[:_NUMBERS_SHOWN]) + more


def _summary(read: "Plan") -> list[str]:
    from local.plan_file import name_of

    going = [entry for entry in read.accounts if not read.leaves_out(entry)]
    counts: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    by_level: Counter[int] = Counter()
    for entry in going:
        counts.update({key: len(entry[key]) for key in ("messages", "tasks", "proposals")})
        for message in entry["messages"]:
            asked.update(message["totals"])
            by_level[message["level"]] += 1
    levels = ", ".join(f"level {level}: {count:,}" for level, count in sorted(by_level.items()))
    said = [
        f"\nnight of {read.as_of}, {counted(len(going), 'account')}: {counted(counts['messages'], 'message')}"
        + (f" ({levels}; {amounts_text(asked)})" if levels else "")
        + f", {counted(counts['tasks'], 'task')}, {counted(counts['proposals'], 'proposal')}"
    ]
    left_out = [one.number or one.customer for one in read.excluded]
    said += [f"left out: {', '.join(left_out)}"] if left_out else []
    if read.approved:
        word = "approved" if read.is_approved else "no longer approved: it was changed after its approval"
        said.append(f"{word} by {read.approved.by} at {read.approved.at}")
    gone = sum(len(entry["messages"]) for entry in going if name_of(entry) in read.sent)
    sent = f", {counted(gone, 'message')} sent" if read.sent else ""
    said.append(f"plan {read.hash[:_HASH_SHOWN]}, made at {read.made_at}{sent}")
    return said


def show_sent(read: "Plan", told: "Sequence[Sent]") -> None:
    """What became of each account; those that were refused are named."""
    counts = Counter(one.outcome.value for one in told)
    rows = table("customer", "account", "not sent, because")
    refused = [one for one in told if one.reason]
    for one in refused:
        rows.add_row(*plain(one.entry["name"], f"{one.entry['entity']}/{one.entry['customer']}", one.reason))
    data = {
        "as_of": read.as_of,
        "hash": read.hash,
        "counts": dict(counts),
        "accounts": [
            {
                "entity": one.entry["entity"],
                "customer": one.entry["customer"],
                "outcome": one.outcome.value,
                "reason": one.reason,
            }
            for one in told
        ],
    }
    messages = sum(len(one.entry["messages"]) for one in told if one.outcome.value == "sent")
    parts = [f"{counted(messages, 'message')} sent, {counted(counts['sent'], 'account')}"] if counts["sent"] else []
    words = {"sent_before": "sent before", "excluded": "left out", "refused": "not sent"}
    parts += [f"{counted(counts[key], 'account')} {word}" for key, word in words.items() if counts[key]]
    parts += ["they leave within their readers' hours"] if messages else []
    said = "; ".join(parts) or "nothing to send"
    show("plan send", data, *([rows] if refused else []), said)
