"""When tokens, certificates and keys of other systems end: written down by whoever uses them, read once an hour."""

from datetime import date

from functions.shared.store import keys
from functions.shared.store.table import table

_KIND = "expiry"


def note(what: str, on: date | None) -> None:
    """Write down the last day of something.

    Args: `what` says which, without any secret, such as `token of webshop`; `on` None: it ends no more, or is not used.
    """
    table().put({**keys.configuration(_KIND, what)._asdict(), "on": on.isoformat() if on else None})


def read() -> dict[str, date]:
    """The last day of everything that has one."""
    rows = table().query(keys.CONFIG, prefix=keys.configuration(_KIND, "").sk)
    known = ((keys.unpart(row["sk"].partition("#")[2]), row["on"]) for row in rows)
    return {what: date.fromisoformat(on) for what, on in known if on}
