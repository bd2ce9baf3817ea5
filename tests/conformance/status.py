"""Kind status: overdue or not, counters, and the level that days past due have reached."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from core.books.overdue import NoticeRecord, Told, is_overdue, levels_reached, notice_record, overdue
from core.decide.account import survey
from core.decide.model import Facts
from core.ledger import Item
from tests.conformance import books, samples
from tests.conformance.case import Body, Case, RefusedError, day, differ, differ_each, on
from tests.conformance.language import policy_of, stage_name

SOME_DAY = date(2024, 1, 1)  # days late are counted from anywhere


def check(case: Case) -> list[str]:
    """Compare each variant of a table, or each figure on the status page."""
    lines: list[str] = []
    for variant in case.variants():
        if "days_late" in variant:
            policy = policy_of(case.policy(variant.get("policy")))
            item = _item("item", variant.get("amount_minor", 1), "EUR", SOME_DAY)
            as_of = SOME_DAY + timedelta(days=variant["days_late"])
            night = survey(Facts(samples.customer(), items=(item,)), samples.setting(policy), as_of)
            found = levels_reached(night)[item.id]
            steps = {step.level: step.status for step in policy.messages}
            expected = variant.get("stage", variant.get("level", variant.get("expected")))
            lines += differ(
                f"{variant['days_late']} days late", expected, found if isinstance(expected, int) else steps.get(found)
            )
        else:
            named = variant.get("policy")
            lines += _page({**variant, "policy": case.policy(named)} if named else variant)
    return lines


def _item(name: str, minor: int, currency: str, due_on: date, issued_on: date | None = None) -> Item:
    return Item(
        id=name, customer="customer", number=name, issued_on=issued_on or due_on, due_on=due_on, currency=currency,
        original_minor=max(minor, 1), open_minor=minor,
    )  # fmt: skip


def _page(body: Body) -> list[str]:
    expected = body.get("expected")
    if isinstance(expected, (bool, str)) or expected is None:
        expected = {"overdue": body.get("overdue", expected)}
    as_of = on(body["as_of"])
    items = _open_items(body, as_of)
    told = [
        Told(
            row["item"],
            on(row["date"]),
            row.get("level", 0),
            number=row.get("counter", row.get("level", 0)),
            counts=row.get("state", "sent") == "sent" and not row.get("overridden"),
        )
        for row in body.get("history", [])
        if row.get("item")
    ]  # fmt: skip
    records = {item["id"]: notice_record(told, item["id"], as_of) for item in _listed(body)}
    late = overdue(items, as_of)
    page: dict[str, Callable[[Any], list[str]]] = {
        "counter": lambda wanted: _each("counter", wanted, records, lambda record: record.count),
        "level": lambda wanted: _each("level", wanted, records, lambda record: record.level),
        "stage": lambda wanted: _stages(wanted, items, body, as_of),
        "last_level": lambda wanted: _each("last level", wanted, records, lambda record: record.level),
        "last_notice": lambda wanted: _each("last notice", wanted, records, lambda record: _text(record.last_on)),
        "days_since_last": lambda wanted: _each("days since", wanted, records, lambda record: record.days_since),
        "overdue": lambda wanted: _overdue(wanted, items, as_of),
        "overdue_count": lambda wanted: differ("overdue count", wanted, late.count),
        "overdue_items": lambda wanted: differ(
            "overdue items", sorted(wanted), sorted(item.id for item in items if is_overdue(item, as_of))
        ),
        "oldest_due_date": lambda wanted: differ("oldest due date", wanted, _text(late.oldest_due_on)),
    }
    for name in ("overdue_minor", "overdue_total_minor", "overdue_amount_minor"):
        page[name] = lambda wanted: _amount(wanted, late.minor)
    for key in expected:
        if key not in page:
            raise RefusedError(f"no status page of ours shows {key!r}")
    return [line for key, wanted in expected.items() for line in page[key](wanted)]


def _listed(body: Body) -> list[Body]:
    """The items of a page; a variant may be one item without a list around it."""
    if "open_items" in body:
        return list(body["open_items"])
    found = body.get("item", body)
    return [{"id": "item", "currency": "EUR", "amount_minor": 1, **found}]


def _open_items(body: Body, as_of: date) -> list[Item]:
    listed = _listed(body)
    rows, _ = books.open_on({**body, "open_items": listed}, as_of)
    due = {item["id"]: item.get("due_date") for item in listed}
    dated = [(key, currency, minor, day(due.get(key))) for key, currency, minor in rows if minor > 0]
    return [_item(key, minor, currency, due_on) for key, currency, minor, due_on in dated if due_on is not None]


def _each(
    what: str, wanted: Any, records: Mapping[str, NoticeRecord], figure: Callable[[NoticeRecord], Any]
) -> list[str]:
    found = {item: figure(record) for item, record in records.items()}
    if not isinstance(wanted, dict):
        return [line for item in found for line in differ(f"{what} of {item}", wanted, found[item])]
    return differ_each(what, wanted, {item: found.get(item) for item in wanted})


def _overdue(wanted: Any, items: list[Item], as_of: date) -> list[str]:
    late = {item.id for item in items if is_overdue(item, as_of)}
    if isinstance(wanted, dict):
        return differ_each("overdue", wanted, {item: item in late for item in wanted})
    if isinstance(wanted, list):
        return differ("overdue", sorted(wanted), sorted(late))
    yes = {"yes": True, "overdue": True, "no": False, "not_overdue": False}.get(wanted, wanted)
    return differ("overdue", yes, bool(late))


def _stages(wanted: Any, items: list[Item], body: Body, as_of: date) -> list[str]:
    """The level that each item has reached by its days; by its name where the case gives names."""
    if "policy" not in body:
        raise RefusedError("a stage without a policy")
    policy = policy_of(body["policy"], {item.currency for item in items})
    reached = levels_reached(survey(Facts(samples.customer(), items=tuple(items)), samples.setting(policy), as_of))
    names = {number: stage_name(step) for number, step in enumerate(body["policy"].get("steps", []), start=1)}
    by_item = wanted if isinstance(wanted, dict) else dict.fromkeys(reached, wanted)
    found = {item: names.get(level) if isinstance(by_item.get(item), str) else level for item, level in reached.items()}
    return differ_each("stage", by_item, {item: found.get(item, 0) for item in by_item})


def _amount(wanted: Any, found: Mapping[str, int]) -> list[str]:
    if isinstance(wanted, dict):
        return differ_each("overdue amount", wanted, found)
    return differ("overdue amount", wanted, sum(found.values()) if len(found) <= 1 else dict(found))


def _text(when: date | None) -> str | None:
    return None if when is None else when.isoformat()
