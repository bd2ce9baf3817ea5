"""A ledger of any size in the stand-in's table on the evening before a night: who is due, and everybody else.

The product's own writers store whoever is due and some thousand others; the rest of the crowd are those others again
under other names. What is due is the same, byte for byte, however large the crowd is.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bench import company
from bench.generate import AS_OF, Ledger
from bench.stand_in import StandIn
from core.decide.account import decide
from core.decide.model import Setting
from core.formats.changes import AccountChanges
from core.ledger import SendHours
from functions.shared import pacing
from functions.shared.store import facts, keys

BEFORE: Final = AS_OF - timedelta(days=1)
STORED_AT: Final = datetime.combine(BEFORE, time(20), UTC)
EVENING: Final = STORED_AT + timedelta(minutes=30)  # still of the night BEFORE
ALWAYS: Final = SendHours(start="00:00", until="23:59")  # nobody waits for a window
_OTHERS: Final = 2_000  # open invoices of those whom the crowd is made of


@dataclass(frozen=True, slots=True)
class Crowd:
    """What lies in the table."""

    open_invoices: int
    accounts: int
    due: int  # accounts of them that the night has to decide


def gather(stack: StandIn, open_invoices: int, due: int) -> Crowd:
    """Store a company's ledger: so many accounts reach a step on the night of AS_OF, of so many open invoices."""
    setting = company.setting()
    entity = setting.entity.model_copy(update={"warm_up": (), "send_hours": ALWAYS})
    stack.configure(entity, company.people(), (setting.policy,))
    pacing.refresh(STORED_AT)
    like: list[tuple[str, int, date]] = []
    stored = accounts = late = 0
    with company.generated(Ledger(min(open_invoices, 5 * due + _OTHERS), due)) as found:
        for changes in found:
            look_on = _store(changes, setting)
            opened = sum(change.item.open_minor > 0 for change in changes.items)
            stored, accounts = stored + opened, accounts + 1
            late += look_on == AS_OF
            if look_on is not None and look_on > AS_OF:
                like.append((changes.customer.id, opened, look_on))
    more, opened = _multiply(stack, like, open_invoices - stored)
    return Crowd(stored + opened, accounts + more, late)


def _store(changes: AccountChanges, setting: Setting) -> date | None:
    account = company.facts_of(changes)
    look_on = decide(account, setting, BEFORE).next_check_on if account.items else None
    for _ in facts.apply_accounts([changes], today={company.ENTITY: look_on or BEFORE}, now=STORED_AT):
        pass
    return look_on


def _multiply(stack: StandIn, like: list[tuple[str, int, date]], open_invoices: int) -> tuple[int, int]:
    """More accounts like these, until there are so many open invoices more. Returns: accounts and invoices."""
    entries: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    accounts = invoices = 0
    while invoices < open_invoices:
        name, opened, look_on = like[accounts % len(like)]
        other = f"D{accounts:08d}"
        for pk_of in (lambda one: keys.account_pk(company.ENTITY, one), keys.customer_pk):
            stack.rows.alike(pk_of(other), pk_of(name), name, other)
        due_pk = keys.due_pk(company.ENTITY, keys.shard_of(other))
        entries[due_pk].append((keys.due_sk(look_on, other), *keys.account(company.ENTITY, other)))
        accounts, invoices = accounts + 1, invoices + opened
    for pk, found in entries.items():
        stack.rows.enter("due", pk, found)
    return accounts, invoices
