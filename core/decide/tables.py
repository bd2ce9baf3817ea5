"""The tables of a message: what it lists, each currency and what is only coming due apart, above the minimum."""

from operator import itemgetter
from typing import Final, NamedTuple

from core.balance import Netted, unapplied
from core.decide.looks import Reached
from core.decide.model import Line, Reason
from core.decide.night import Night
from core.limits import limit_in
from core.values import dataclass, replace

_made: Final = tuple.__new__  # a named tuple at once: by its own name it takes twice as long
_BY_AGE: Final = itemgetter(*map(Line._fields.index, ("due_on", "number", "item")))


@dataclass(slots=True)  # made for every item and read often: a named tuple takes twice as long to make, thrice to read
class Stand:
    """One item tonight: what may be asked for it, and where it stands on the message track."""

    row: Netted
    reached: Reached
    in_doubt: bool
    level: int  # done, or of the step due tonight if that is higher: what it counts for the tone
    group: str
    reason: Reason | None = None  # unless its message is held back; where it is known already


class Tables(NamedTuple):
    """What a message is about: the items with a step due, and all that it lists."""

    due: list[Stand]
    overdue: list[Stand]
    coming: list[Stand]


def tables_of(stands: list[Stand], due: list[Stand], night: Night) -> Tables:
    """What is due, overdue and coming in the tables, two a currency, that reach the minimum; the rest is left out."""
    late = [stand for stand in stands if stand.row.days_past_due >= 1 and not stand.in_doubt]
    overdue = [stand for stand in late if stand.row.dunnable]
    coming = [stand for stand in due if stand.row.days_past_due < 1]
    weighed = due if night.policy.minimum.of == "due" else coming
    sums: dict[str, int] = {}
    for stand in weighed:
        currency = stand.row.item.currency
        sums[currency] = sums.get(currency, 0) + stand.row.due
    tables = {(stand.row.item.currency, True) for stand in overdue}
    tables |= {(stand.row.item.currency, False) for stand in coming}
    failing = {table for table in tables if not _passes(table, sums, night)}
    if failing:
        due, overdue, coming = (
            [stand for stand in rows if _table(stand) not in failing] for rows in (due, overdue, coming)
        )
    return Tables(due, overdue, coming)


def voices_of(stands: list[Stand], due: list[Stand], tables: Tables, night: Night) -> Tables:
    """What sets tone and words: the message as it goes out without its small items, or all where it would not.

    Small items are chased at level 1 as a group, and make no letter about a large one louder than it is by itself.
    """
    small = [stand for stand in tables.overdue if stand.row.small]
    if not small:
        return tables
    rows = tuple(row for row in night.rows if not row.small)
    large = replace(night, rows=rows)
    alone = tables_of(_large(stands), _large(due), large)
    return alone if alone.due else tables


def of_whole_account(tables: Tables, stands: list[Stand]) -> Tables:
    """The same with everything else that is not overdue: a statement tells what is open, step due or not."""
    quiet = [stand for stand in stands if stand.reached.step is None and not stand.in_doubt]
    coming = [stand for stand in quiet if stand.row.days_past_due < 1 and stand.row.dunnable]
    return tables._replace(coming=[*tables.coming, *coming])


def _large(stands: list[Stand]) -> list[Stand]:
    return [stand for stand in stands if not stand.row.small]


def _table(stand: Stand) -> tuple[str, bool]:
    """Where an item is listed: its currency, and whether it is overdue."""
    return stand.row.item.currency, stand.row.days_past_due >= 1


def _passes(table: tuple[str, bool], sums: dict[str, int], night: Night) -> bool:
    """Tested on the account, whatever share of it a message lists; what is only coming due lifts nothing overdue."""
    (currency, late), policy = table, night.policy
    minor, overdue = sums.get(currency, 0), night.overdue.get(currency, 0)
    limit = limit_in(policy.minimum.account, currency, night.setting.entity)
    if policy.minimum.of == "listed":
        minor = overdue if late else minor + overdue
    elif late and not limit:
        minor = overdue  # without a minimum it is listed, whether or not a step is due in it
    if policy.unapplied == "gate":
        minor -= unapplied(night.facts, policy).get(currency, 0)
    return minor > 0 and minor >= limit


def lines_of(stands: list[Stand]) -> tuple[Line, ...]:
    """As the message shows them, the oldest first."""
    lines = [_line(stand.row) for stand in stands]
    if len(lines) > 1:
        lines.sort(key=_BY_AGE)
    return tuple(lines)


def _line(row: Netted) -> Line:
    item = row.item
    return _made(
        Line,
        (
            item.id,
            item.number,
            item.issued_on,
            item.due_on,
            row.days_past_due,
            item.currency,
            item.original_minor,
            item.open_minor,
            row.withheld,
            row.credit,
            row.due,
            item.debtor,
            item.pay_url,
            item.owed_by,
        ),
    )


def credits_used(lines: tuple[Line, ...]) -> dict[str, int]:
    """Unlinked credit that was taken off these lines, by currency."""
    used: dict[str, int] = {}
    for line in lines:
        if line.credit_minor:
            used[line.currency] = used.get(line.currency, 0) + line.credit_minor
    return used
