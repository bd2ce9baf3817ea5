"""An account of five thousand invoices fits: it decides, sends and is accepted."""

from collections import Counter
from datetime import timedelta
from math import ceil
from typing import Any

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType

from core.formats.changes import AccountChanges, ItemChange
from functions.shared.store import facts
from local.engine import Call, Engine
from tests.builders import a_customer, an_item
from tests.scenarios.company import ENTITY, NIGHT, Company, ap

pytestmark = pytest.mark.heavy

INVOICES = 5_000
LARGEST = 400_000  # bytes of a DynamoDB item


def size_of(value: Any) -> int:
    """Bytes of an attribute value as DynamoDB counts them, or a little more."""
    ((kind, held),) = value.items()
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + size_of(inner) for name, inner in held.items())
    if kind == "L":
        return 3 + sum(1 + size_of(inner) for inner in held)
    if kind == "B":
        return len(held) * 3 // 4 if isinstance(held, str) else len(held)  # a page comes as base64
    return len(str(held).encode())


def item_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def test_it_decides_sends_and_is_accepted(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    company = Company(engine)
    due = [NIGHT - timedelta(days=7 + n % 84) for n in range(INVOICES)]  # every step from b to e, and the calls
    ledger = AccountChanges(
        ENTITY,
        a_customer(),
        contacts=(ap("C1"),),
        items=tuple(ItemChange(an_item(f"{4_000_000 + n}", due_on=day)) for n, day in enumerate(due)),
    )
    (stored,) = facts.apply_accounts([ledger], today={ENTITY: NIGHT}, now=engine.now)
    assert stored.opened == INVOICES
    largest: Counter[str] = Counter()  # bytes by kind of record
    units: Counter[tuple[str, str]] = Counter()  # function, read or write

    def weigh(call: Call) -> None:
        if call.service != "dynamodb" or call.response is None:
            return
        if call.is_write:
            key = call.params.get("Key") or {name: call.params["Item"][name] for name in ("pk", "sk")}
            found = engine.stack.table.items[DynamoType(key["pk"])][DynamoType(key["sk"])].to_json()["Attributes"]
            kind, size = key["pk"]["S"].partition("#")[0], item_size(found)
            largest[kind] = max(largest[kind], size)
            units[call.function, "write"] += ceil(size / 1024)
        else:
            read = sum(item_size(item) for item in call.response.get("Items", ()))
            units[call.function, "read"] += max(1, ceil(read / 4096))  # strongly consistent

    engine.faults.add(weigh)
    company.day()
    calls = Counter(engine.calls.counts)
    assert max(largest.values()) < LARGEST
    (mail,) = company.mails
    (notice,) = company.notices()
    assert (notice.state, len(notice.steps)) == ("DELIVERED", INVOICES)
    assert dict(notice.totals) == {"EUR": INVOICES * 10_000}
    state = company.account().facts.state
    assert all(state.item(str(4_000_000 + n)).attempts == 1 for n in range(INVOICES))
    assert (company.attention(), company.queued(), company.dead_letters()) == ([], 0, {})
    with capsys.disabled():
        print(f"\n{INVOICES} invoices on one account: largest records in bytes {dict(sorted(largest.items()))}")
        print(f"mail {len(mail.text.encode()):,} bytes of text, {len(mail.html.encode()):,} of HTML")
        print(f"units, indexes not counted: { ({' '.join(which): count for which, count in sorted(units.items())}) }")
        print(f"requests: { ({' '.join(which): count for which, count in sorted(calls.items())}) }")
