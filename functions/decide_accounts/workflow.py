"""One batch of due accounts: load, decide, commit, put the effects; then say that the batch is done."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from datetime import date, datetime
from typing import Final, Literal

from core.calendar import night_to_run
from core.decide.acknowledge import remembered
from core.decide.checks import in_minor_units, with_checks
from core.decide.model import NoticePlan, Setting
from core.decide.tasks import QUALITY_OWNER
from core.decide.tonight import Tonight
from core.frozen import Frozen
from core.keys import task_id
from core.values import dataclass
from functions.shared import answers, news, review, settle
from functions.shared.brakes import ACCOUNTS, ASKED, REVIEWED, of_kind
from functions.shared.completion import complete_if_done
from functions.shared.effects import NONE_APPROVED, clearance_of, effects_of
from functions.shared.insolvency import heeded
from functions.shared.observability import LogEvent, count, log
from functions.shared.outages import is_outage
from functions.shared.putting import digest_night, known_as_put, put_effects, put_together
from functions.shared.settings import Settings
from functions.shared.settle import AccountBusyError
from functions.shared.store import accounts, config, runs, tasks
from functions.shared.store.accounts import AccountRecord, LostRaceError
from functions.shared.store.config import Configuration
from functions.shared.store.runs import RunState
from functions.shared.store.tasks import RETRACTED, Task

GIVE_UP_AT: Final = 3  # the receive at which an account that keeps failing is parked
_ATTEMPTS: Final = 3  # at a commit that somebody else was faster with
_TOGETHER: Final = 5_000  # open items of the accounts whose effects are put together: their worker holds them all
_TONIGHTS: Final[dict[tuple[str, str], Tonight]] = {}  # by entity and policy
_LAST_BATCHES: Final = 10  # only their workers look whether the run is complete; the sweep looks at any


class Batch(Frozen):
    """The body of a message on the accounts queue."""

    v: Literal[1]
    entity: str
    date: date
    n: int | None = None  # None: belongs to no run
    customers: tuple[str, ...]


class AccountsFailedError(RuntimeError):
    """Some accounts of the batch failed; it comes again, and those that are decided are not decided twice."""


@dataclass(frozen=True, slots=True)
class _Night:
    """What all accounts of a batch share."""

    entity: str
    as_of: date
    run_on: date | None  # None: no run decides
    digest_on: date
    now: datetime
    configuration: Configuration
    deployment: str


def decide_batch(batch: Batch, *, now: datetime, receives: int = 1) -> Counter[str]:
    """Decide every account of a batch that is still due.

    Args: `receives` how often the message was received, this time included: from GIVE_UP_AT on an account that fails is
    parked as a task, so that it does not hold up the run.
    Returns: counts of what was decided.
    Raises: AccountsFailedError when accounts failed and the message should come again.
    """
    if batch.n is not None and _is_retracted(batch):
        runs.mark(batch.entity, batch.date, batch.n, {RETRACTED: len(batch.customers)}, now)
        return Counter({RETRACTED: len(batch.customers)})
    night = _night(batch, now)
    counts, failures = _decide_all(batch.customers, night)
    for customer_id, error in failures.items():
        log(LogEvent.ACCOUNT_FAILED, entity=batch.entity, customer=customer_id, error=type(error).__name__)
        if receives >= GIVE_UP_AT:
            _park(customer_id, night, error)
            counts["errors"] += 1
    if failures and receives < GIVE_UP_AT:
        first = next(iter(failures.values()))
        raise AccountsFailedError(f"{len(failures)} of {len(batch.customers)} accounts failed") from first
    if batch.n is not None:
        runs.mark(batch.entity, batch.date, batch.n, counts, now)
        _complete(batch, batch.n, night)
    return counts


def _decide_all(customers: Iterable[str], night: _Night) -> tuple[Counter[str], dict[str, Exception]]:
    """Decide and commit each account, then put the effects of all, whatever it is that stops them.

    Returns: counts, and what went wrong by customer.
    """
    counts, work = Counter[str](), _Work(night)
    stopped: Exception | None = None
    for customer_id in customers:
        try:
            counts.update(_decide_account(customer_id, night, work.committed))
        except Exception as error:  # noqa: BLE001 - of this account alone, or of all
            if _stops(error):
                stopped = error
                break
            work.failures[customer_id] = error
        if sum(len(record.facts.items) for record in work.committed) > _TOGETHER:
            work.put()
    work.put()
    if stopped is not None:
        raise stopped
    return counts, work.failures


@dataclass(slots=True)
class _Work:
    """The accounts of a batch that are committed, and those that went wrong."""

    night: _Night
    committed: list[AccountRecord] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)

    def put(self) -> None:
        """Put the effects of those that are committed."""
        may_stand, on = self.night.run_on is not None, self.night.digest_on
        put_together(self.committed, self.night.now, digest_on=on, may_stand=may_stand, failed=self.failed)
        self.committed.clear()

    def failed(self, record: AccountRecord, error: Exception) -> None:
        if _stops(error):
            raise error
        self.failures[record.customer_id] = error


def _stops(error: Exception) -> bool:
    """Whether it is no fault of one account: the whole batch comes again."""
    return is_outage(error) or isinstance(error, (LostRaceError, AccountBusyError))


def _decide_account(customer_id: str, night: _Night, committed: list[AccountRecord]) -> Counter[str]:
    """Decide one account: finish what an earlier decision or notice left, then decide and commit.

    Args: `committed` takes the account with the effects that are now to be put.
    Raises: LostRaceError when other writers were first on every attempt.
    """
    for _ in range(_ATTEMPTS):
        record = accounts.read(night.entity, customer_id)
        if record is None:
            return Counter(gone=1)
        if record.outbox:
            record = _finished(record, night)
        if record.existing and (record.next_check_on is None or record.next_check_on > night.as_of):
            return Counter(not_due=1)  # decided tonight already, or by another event
        record = heeded(settle.finish_ended(record, night.configuration, night.now).record)
        setting = night.configuration.setting_for(night.entity, record.facts.customer, deployment=night.deployment)
        told = answers.plan(record, setting, night.as_of, night.now)
        decision = tonight_of(setting, night.as_of).decide(record.facts, at=night.now)
        answered = review.approved(decision.notices, record.facts.state) if clearance_of(setting) else NONE_APPROVED
        after = accounts.commit(
            record,
            state=remembered(decision.state, told, record.facts, night.as_of),
            next_check_on=decision.next_check_on,
            now=night.now,
            add=effects_of(
                with_checks(decision, record.facts, setting, money=in_minor_units),
                setting,
                customer_id,
                night.now,
                run_on=night.run_on,
                before=record.facts.state,
                approved=answered,
            )
            | news.of_night(record, setting, night.as_of, night.now),
            moves_soon=bool(decision.notices),  # once they went
            found_again=night.run_on is not None and record.put.issuperset(record.outbox),
        )
        if after is not None:
            committed.append(after)
            return Counter(
                decided=1,
                notices=len(decision.notices) - len(answered),
                cancels=len(decision.cancels),
                tasks=len(decision.tasks),
                digest_lines=len(decision.digest),
                charges=len(decision.charges),
                proposals=len(decision.proposals),
            ) + _asked(tuple(plan for plan in decision.notices if plan.id not in answered), setting)
        log(LogEvent.RACE_LOST, entity=night.entity, customer=customer_id)
        count("race_lost")
    raise LostRaceError(f"account {night.entity}/{customer_id} changed on each of {_ATTEMPTS} attempts")


def _finished(record: AccountRecord, night: _Night) -> AccountRecord:
    """The account after what an earlier decision of it left in the outbox."""
    known = known_as_put(record, night.now)
    if known.put.issuperset(record.outbox):  # it only waits for the account to be told of its message
        return known
    log(LogEvent.EFFECTS_PUT, entity=night.entity, customer=record.customer_id, effects=len(record.outbox))
    return put_effects(known, night.now, digest_on=night.digest_on)


def tonight_of(setting: Setting, as_of: date) -> Tonight:
    """The night of these accounts, kept from batch to batch while their configuration stays the same."""
    place = (setting.entity.id, setting.policy.policy)
    known = _TONIGHTS.get(place)
    if known is None or not known.serves(setting, as_of):
        known = _TONIGHTS[place] = Tonight(setting, as_of)
    return known


def _is_retracted(batch: Batch) -> bool:
    """Whether the run was taken back; strongly read: whoever takes it back waits for batches that were begun before."""
    run = runs.read(batch.entity, batch.date)
    return run is not None and run.retraction is not None


def _asked(planned: tuple[NoticePlan, ...], setting: Setting) -> Counter[str]:
    """What the messages ask for, and how many want a person first: kept with the run, for its review."""
    clearance = clearance_of(setting)
    sums: Counter[str] = Counter({REVIEWED: len(planned) if clearance == "person" else 0})
    for plan in planned:
        sums.update({f"{ASKED}{currency}": minor for currency, minor in plan.totals.items()})
        if clearance is not None:  # whoever decides about the run is told what would leave
            sums[of_kind(plan.level, plan.template)] += 1
            sums.update({of_kind(plan.level, plan.template, each): n for each, n in plan.totals.items()})
    if clearance is not None and planned:
        sums[ACCOUNTS] = 1
    return sums


def _night(batch: Batch, now: datetime) -> _Night:
    configuration = config.read()
    entity = configuration.entity(batch.entity)
    # A message that waited for days is decided by today, not by its own date.
    as_of = max(batch.date, night_to_run(now, entity.zone, entity.run_hour))
    return _Night(
        entity=batch.entity,
        as_of=as_of,
        run_on=None if batch.n is None else batch.date,
        digest_on=digest_night(batch.entity, as_of),
        now=now,
        configuration=configuration,
        deployment=Settings.from_env().deployment,
    )


def _park(customer_id: str, night: _Night, error: Exception) -> None:
    """A task in place of a decision: the account stays due, and a person finds out why."""
    tasks.put(
        Task(
            id=task_id(night.deployment, night.entity, customer_id, "decision-failed", "account"),
            entity=night.entity,
            customer=customer_id,
            kind="decision-failed",
            owner=night.configuration.holder(QUALITY_OWNER, night.entity),
            owner_role=QUALITY_OWNER,
            due_on=night.as_of,
            note=type(error).__name__,
            created_on=night.as_of,
        ),
        reopen=True,
    )
    accounts.watch_outbox(night.entity, customer_id, night.now)
    log(LogEvent.ACCOUNT_PARKED, entity=night.entity, customer=customer_id)


def _complete(batch: Batch, n: int, night: _Night) -> None:
    run = runs.read(batch.entity, batch.date)
    if run is None or run.state is not RunState.PLANNED or run.batches is None:
        return
    if n >= run.batches - _LAST_BATCHES:
        complete_if_done(run, night.configuration, night.now)
