"""Words of our own people for one account: written and taken back, never changed."""

from datetime import date

from core.remark import Remark
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import table


def write(entity: str, customer_id: str, remark: Remark) -> bool:
    """Keep a remark; False when another one has its id."""
    row = {**keys.remark(entity, customer_id, remark.id)._asdict(), **fields_of(remark)}
    return table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: fact_of(Remark, there) == remark)


def take_back(entity: str, customer_id: str, remark_id: str, on: date) -> bool:
    """No message from now on carries it; False when there is none, or it was taken back before."""
    return table().update_if(
        keys.remark(entity, customer_id, remark_id),
        "SET #ended_on = :on",
        "attribute_exists(#pk) AND attribute_not_exists(#ended_on)",
        {"on": on.isoformat()},
        mine=lambda there: there.get("ended_on") == on.isoformat(),
    )


def of_account(entity: str, customer_id: str) -> list[Remark]:
    """Every remark, those that are taken back too."""
    rows = table().query(keys.account_pk(entity, customer_id), prefix="H#remark#")
    return [fact_of(Remark, row) for row in rows]
