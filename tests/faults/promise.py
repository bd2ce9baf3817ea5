"""The one promise, held against what a story leaves behind once nothing is left to do.

Each due notice ends in exactly one of: one accepted send, an end unsent with its reason, a visible doubt. Nobody gets
two copies, or more mails in a day than the policy allows; nothing goes while the switch is off, and nothing asks for
what was paid before; no money is lost; every run has an end; and what went wrong was said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from core.calendar import night_to_run
from core.decide.account import decide
from core.delivery import ACCEPTED, ENDED_UNSENT, IN_DOUBT, NoticeState
from functions.shared import doubts
from functions.shared.putting import known_as_put
from functions.shared.store import accounts, bundles, config, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.notices import NoticeRecord
from tests.scenarios.company import ENTITY, kind_of

if TYPE_CHECKING:
    from tests.faults.simulator import Simulation


LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # by then no notice may have gone: what is put is put


def broken(sim: Simulation) -> list[str]:
    """Every way in which the promise is broken; empty when it holds."""
    return [*_of_notices(sim), *_of_readers(sim), *_of_accounts(sim), *_of_money(sim), *_of_platform(sim)]


def _of_notices(sim: Simulation) -> Iterator[str]:
    copies = sim.copies()
    watched = {look.rsplit("#", 1)[-1] for look in sim.company.attention()}
    watched |= {listed for bundle in watched for listed in bundles.listed(bundle)}
    doubted = {task.note for task in sim.company.tasks(doubts.KIND) if task.state == "OPEN"}
    for notice in sim.notices():
        mails = copies.pop(notice.id, 0)
        seen = notice.id in watched and (notice.state is not NoticeState.UNKNOWN or notice.id in doubted)
        place = f"notice {notice.id} ({notice.kind}, {notice.state})"
        yield from (f"{place}: {what}" for what in _of_one(notice, mails, seen=seen))
        paid = [due.item for due in notice.steps if _paid_before(sim, due.item, notice)]
        if mails and paid:
            yield f"{place}: asks for {paid}, which was paid before"
    yield from (f"a mail of notice {notice_id}, which does not exist" for notice_id in copies)
    if sim.provider.unwanted:
        yield f"{sim.provider.unwanted} mails while the switch was off"


def _of_one(notice: NoticeRecord, mails: int, *, seen: bool) -> Iterator[str]:
    if mails > 1:
        yield f"{mails} copies"
    if notice.state in ACCEPTED and not (mails and notice.settled):
        yield f"{mails} copies, settled {notice.settled}"
    if notice.state in ENDED_UNSENT and (mails or not notice.reason or not notice.settled):
        yield f"{mails} copies, reason {notice.reason}, settled {notice.settled}"
    if notice.state in (NoticeState.UNKNOWN, NoticeState.PLANNED) and not seen:
        yield "nobody sees it"
    if notice.state is NoticeState.PLANNED and mails:
        yield f"{mails} copies"
    if notice.state in (NoticeState.CLAIMED, NoticeState.SENDING):
        yield "stuck"


def _paid_before(sim: Simulation, item: str, notice: NoticeRecord) -> bool:
    """What becomes known after the last look, which the fence ends, counts as after the send."""
    paid_at = sim.paid_at.get(item)
    return paid_at is not None and notice.fenced_at is not None and paid_at < notice.fenced_at


def _of_readers(sim: Simulation) -> Iterator[str]:
    days: Counter[tuple[str, date]] = Counter()
    for mail in sim.company.mails:
        if kind_of(mail) != "copy":
            days.update((reader, mail.sent_at.date()) for reader in mail.recipients)
    most = config.read().policies[sim.company.entities[0].policy].budget.per_day
    yield from (f"{n} mails to one reader on {day}" for (_, day), n in days.items() if n > most)


def _of_accounts(sim: Simulation) -> Iterator[str]:
    told: dict[str, list[NoticeRecord]] = defaultdict(list)
    for notice in sim.notices():
        if notice.kind == "customer":
            told[notice.customer].append(notice)
    for customer in sorted(set(sim.owner.values())):
        record = accounts.read(ENTITY, customer)
        assert record is not None
        known = notices.state_of(waiting.notice_id for waiting in record.facts.state.waiting.values())
        for what in (*_of_state(record, known, told[customer]), *_of_due(sim, record, known)):
            yield f"account {customer}: {what}"


def _of_state(record: AccountRecord, known: dict[str, NoticeState], told: list[NoticeRecord]) -> Iterator[str]:
    state = record.facts.state
    if known_as_put(record, LONG_AGO).put != set(record.outbox):
        yield "effects that were never put"
    if record.outbox and not state.waiting:
        yield "effects that were put, and stay where they are"
    for group, waiting in state.waiting.items():
        if known.get(waiting.notice_id) not in IN_DOUBT | {NoticeState.PLANNED}:
            yield f"waits for {group}, which is {known.get(waiting.notice_id)}"
    ended = [notice for notice in told if notice.id not in known]
    if state.seq.get("account", 0) != len(ended):
        yield f"{dict(state.seq)} notices ended, and {len(ended)} did"


def _of_due(sim: Simulation, record: AccountRecord, known: dict[str, NoticeState]) -> Iterator[str]:
    """Deciding tonight once more wants nothing that is not on its way already."""
    configuration, state = config.read(), record.facts.state
    entity = configuration.entity(ENTITY)
    night = night_to_run(sim.engine.now, entity.zone, entity.run_hour)
    if record.next_check_on is not None and record.next_check_on <= night:
        yield f"due since {record.next_check_on}"
    in_doubt = frozenset(one for one, stands in known.items() if stands in IN_DOUBT)
    setting = configuration.setting_for(ENTITY, record.facts.customer, deployment=sim.engine.stack.name)
    again = decide(replace(record.facts, in_doubt=in_doubt), setting, night)
    missed = [plan.group for plan in again.notices if plan.group not in state.waiting]
    if missed:
        yield f"{missed} is due and nobody sends it"


def _of_money(sim: Simulation) -> Iterator[str]:
    found: Counter[str] = Counter()
    for row in sim.company.rows(f"ACCT#{ENTITY}#"):
        if row["sk"].startswith("I#") and row["id"] in sim.sums:
            found[row["id"]] += row["open_minor"]
    for item, entries in sim.sums.items():
        if found[item] != sum(entries.values()):
            yield f"item {item}: {found[item]} open, {sum(entries.values())} by the ledger"


def _of_platform(sim: Simulation) -> Iterator[str]:
    if sim.company.queued() or sim.company.dead_letters():
        yield f"queues: {sim.company.queued()} waiting, {sim.company.dead_letters()}"
    unfinished = {night: state for night, state in sim.company.runs().items() if state != "complete"}
    if unfinished:
        yield f"runs: {unfinished}"
    if sim.troubles.happened and not (sim.said.total() or sim.deaths or sim.unheard_of()):
        yield f"{dict(sim.troubles.happened)} happened, and nothing said so"
