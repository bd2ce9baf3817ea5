"""Expected entries and documents of a run against what it did."""

from collections.abc import Sequence
from typing import Any, Final

from tests.conformance.actions import OPTIONAL
from tests.conformance.case import Body, differ, differ_each, unknown

ENTRY: Final = {
    "date", "run", "action", "item", "level", "balance_minor", "original_minor", "fee_minor", "channel", "recipients",
    "items", "total_minor", "stage", "customers", "currency", "amount_minor", "attempt", "task", "still_open",
    "customer", "entity", "sender", "recipient_role", "effects", "interest_minor", "due_date",
}  # fmt: skip
DOCUMENT: Final = {
    "date", "run", "items", "level", "fee_minor", "item_fees_minor", "total_balance_minor", "total_minor", "due_date",
    "not_due_items", "customer", "currency", "entity", "total_fee_minor", "interest_minor", "channel", "count",
}  # fmt: skip


def compare(wanted: Sequence[Body], free: Sequence[Body], actions: list[dict[str, Any]]) -> list[str]:
    """Expected entries and what was done, matched one to one; `free` may happen or not."""
    left, lines = list(actions), list[str]()
    for entry in wanted:
        unknown(entry, ENTRY, "an entry")
        if entry["action"] == "none":
            continue
        found = _best(entry, left)
        if found is None:
            if not (entry.get(OPTIONAL) or _listed(entry, free)):
                lines.append(f"expected {_words(entry)}, and it did not happen")
            continue
        left.remove(found)
        lines += _fields(entry, found)
    for action in left:
        if not (action.get(OPTIONAL) or _listed(action, free)):
            lines.append(f"{_words(action)} happened, and is not expected")
    return lines


_KEYS: Final = ("action", "item", "currency", "customer", "entity", "items", "task")


def _best(entry: Body, actions: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The action that an entry speaks of: the same kind about the same thing, or at least about the same account."""
    for keys in (_KEYS, _KEYS[:-2]):
        for action in actions:
            if all(_same(key, entry[key], action.get(key)) for key in keys if key in entry):
                return action
    return None


def _same(key: str, wanted: Any, found: Any) -> bool:
    if isinstance(wanted, list) and isinstance(found, list) and key in ("items", "not_due_items"):
        return sorted(wanted) == sorted(found)
    return bool(wanted == found)


def _fields(entry: Body, action: Body) -> list[str]:
    lines: list[str] = []
    for key, wanted in entry.items():
        if key in ("date", "run", OPTIONAL) or _same(key, wanted, action.get(key)):
            continue
        if isinstance(wanted, dict) and isinstance(action.get(key), dict):
            lines += differ_each(f"{_words(entry)}: {key}", wanted, action[key])
        else:
            lines += differ(f"{_words(entry)}: {key}", wanted, action.get(key))
    return lines


def _listed(entry: Body, free: Sequence[Body]) -> bool:
    return any(
        all(_same(key, one[key], entry.get(key)) for key in one if key not in ("date", "run", "why")) for one in free
    )


def _words(entry: Body) -> str:
    about = entry.get("item") or entry.get("items") or entry.get("currency") or entry.get("stage") or ""
    level = f" level {entry['level']}" if "level" in entry else ""
    return f"{entry['action']} {about}{level}".replace("  ", " ").strip()


def document(wanted: Body, shown: Sequence[Body]) -> list[str]:
    unknown(wanted, DOCUMENT, "a document")
    about = ("items", "customer", "currency", "entity")
    found = [one for one in shown if all(_same(key, wanted[key], one.get(key)) for key in about if key in wanted)]
    if not found:
        return [f"expected a document about {wanted.get('items')}, there are {[one['items'] for one in shown]}"]
    lines: list[str] = []
    for key, value in wanted.items():
        if key in ("date", "run", *about) or _same(key, value, found[0].get(key)):
            continue
        lines += differ(f"document {wanted.get('items')}: {key}", value, found[0].get(key))
    return lines
