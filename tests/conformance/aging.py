"""Kind aging: open amounts by bucket on a day."""

from typing import Any

from core.books.aging import AgingBucket, Bucket, CalendarBucket, aged_balance, days_past_due
from tests.conformance.books import open_on
from tests.conformance.case import Body, Case, RefusedError, day, differ, differ_each, on

BASIS = {"due_date": "due_date", "document_date": "document_date", "invoice_date": "document_date"}


def check(case: Case) -> list[str]:
    """Compare every bucket, the total, and the days past due where the case gives them."""
    return [line for variant in case.variants() for line in _check(variant, variant["expected"])]


def _check(body: Body, expected: Any) -> list[str]:
    as_of, basis = on(body["as_of"]), BASIS.get(body.get("basis", "due_date"), "")
    if not basis:
        raise RefusedError(f"aging from {body['basis']!r}")
    position, _ = open_on(body, as_of)
    items = {item["id"]: item for item in body.get("open_items", [])}
    amounts = [
        (day(items[key].get(basis)) if key in items else None, currency, minor) for key, currency, minor in position
    ]
    buckets = [_bucket(bucket) for bucket in body["buckets"]]
    aged = aged_balance(amounts, as_of, buckets, undated=body.get("no_due_date_bucket", ""))
    if len(aged) > 1:
        raise RefusedError("amounts of two currencies are never added in one row of buckets")
    found: dict[str, int] = next(iter(aged.values()), {bucket.label: 0 for bucket in buckets})
    found["total_minor"] = sum(found.values())
    lines = differ_each("bucket", {"total_minor": found["total_minor"], **expected}, found)
    for item, days in body.get("days_past_due", {}).items():
        start = day(items[item][basis])
        lines += differ(f"days past due of {item}", days, None if start is None else days_past_due(start, as_of))
    return lines


def _bucket(bucket: Body) -> Bucket:
    if "from_days" in bucket or "to_days" in bucket:
        return AgingBucket(bucket["id"], bucket.get("from_days"), bucket.get("to_days"))
    return CalendarBucket(bucket["id"], day(bucket.get("due_from")), day(bucket.get("due_to")))
