"""How the facts of an account look as rows of the table, both ways."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from core.decide.model import Facts
from core.frozen import Frozen
from core.ledger import Approval, Contact, Credit, Customer, Dispute, Hold, Item, Plan, Promise, Waiver
from core.remark import Remark
from core.state import AccountState
from core.stored import stored
from functions.shared.store.table import Row

_Fact = TypeVar("_Fact", bound=Frozen)


def fields_of(fact: Frozen) -> Row:
    """A fact's fields as plain values; what is None is left out."""
    return fact.model_dump(mode="json", exclude_none=True)


def fact_of(kind: type[_Fact], row: Mapping[str, Any]) -> _Fact:
    """The fact that a row holds; the row's own attributes are not the fact's business."""
    return stored(kind, {name: row[name] for name in kind.model_fields if name in row})


def read_facts(account_rows: Iterable[Row], customer_rows: Iterable[Row], state: AccountState) -> Facts | None:
    """All facts of one account from the rows of its two partitions; None without a customer."""
    found: dict[str, list[Row]] = {}
    for row in account_rows:
        found.setdefault(_kind(row), []).append(row)
    for row in customer_rows:
        found.setdefault(_kind(row), []).append(row)
    if "P" not in found:
        return None
    items = tuple(fact_of(Item, row) for row in found.get("I", ()) if row["open_minor"] > 0)  # else: taken back
    is_open = {item.id for item in items}

    def about_open(kind: type[_Fact], name: str) -> tuple[_Fact, ...]:
        return tuple(fact_of(kind, row) for row in found.get(name, ()) if row["item"] in is_open)

    return Facts(
        customer=fact_of(Customer, found["P"][0]),
        state=state,
        contacts=tuple(fact_of(Contact, row) for row in found.get("K", ())),
        items=items,
        credits=tuple(fact_of(Credit, row) for row in found.get("C", ()) if row["open_minor"] > 0),
        disputes=about_open(Dispute, "dispute"),
        promises=about_open(Promise, "promise"),
        holds=tuple(fact_of(Hold, row) for row in found.get("hold", ())),
        plans=tuple(fact_of(Plan, row) for row in found.get("plan", ()) if is_open.intersection(row["items"])),
        waivers=tuple(fact_of(Waiver, row) for row in found.get("waiver", ())),
        approvals=tuple(fact_of(Approval, row) for row in found.get("approval", ())),
        remarks=tuple(fact_of(Remark, row) for row in found.get("remark", ())),
    )


def _kind(row: Row) -> str:
    pk, sk = row["pk"], row["sk"]
    if pk.startswith("CUST#"):
        return str(sk[:1])
    if sk.startswith("H#"):
        return str(sk.split("#")[1])
    return "promise" if sk.startswith("P#") else str(sk[:1])
