"""Batches of due accounts: decide and commit each, put the effects of all, then say of each batch that it is done.

The batches of one invocation are put together: what is written once for all of them is written once. Each comes again
by itself, and its mark stands only once everything of it is put.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Final, Literal

from core.calendar import night_to_run
from core.decide.tasks import QUALITY_OWNER
from core.frozen import Frozen
from core.keys import task_id
from core.values import dataclass
from functions.decide_accounts.account import Night, decide_account
from functions.shared.completion import complete_if_done
from functions.shared.observability import LogEvent, log
from functions.shared.outages import is_outage
from functions.shared.putting import digest_night, put_together
from functions.shared.settings import Settings
from functions.shared.settle import AccountBusyError
from functions.shared.store import accounts, config, runs, tasks
from functions.shared.store.accounts import AccountRecord, LostRaceError
from functions.shared.store.runs import Run, RunState
from functions.shared.store.tasks import RETRACTED, Task

GIVE_UP_AT: Final = 3  # the receive at which an account that keeps failing is parked
_TOGETHER: Final = 5_000  # open items of the accounts whose effects are put together: their worker holds them all
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


@dataclass(slots=True)
class Received:
    """One message, and what comes of it.

    `receives` is how often it was received, this time included: from GIVE_UP_AT on an account that fails is parked as a
    task, so that it does not hold up the run.
    """

    batch: Batch
    receives: int = 1
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Exception] = field(default_factory=dict)  # by customer
    stopped: Exception | None = None  # the message should come again

    def failed(self, customer_id: str, error: Exception) -> None:
        """An account went wrong; what is no fault of one account stops the batch."""
        if _stops(error):
            self.stopped = error
        else:
            self.failures[customer_id] = error

    def outcome(self) -> Counter[str]:
        """Counts of what was decided. Raises: what stopped it, or AccountsFailedError, and the message comes again."""
        if self.stopped is not None:
            raise self.stopped
        return self.counts


def decide_batch(batch: Batch, *, now: datetime, receives: int = 1) -> Counter[str]:
    """Decide every account of one batch that is still due. Returns and raises: as `Received.outcome`."""
    (received,) = decide_batches([Received(batch, receives)], now=now)
    return received.outcome()


def decide_batches(received: Sequence[Received], *, now: datetime) -> Sequence[Received]:
    """Decide every account of these batches that is still due. Returns: them, each with what came of it."""
    same_night = defaultdict[tuple[str, date, bool], list[Received]](list)
    for one in received:
        same_night[one.batch.entity, one.batch.date, one.batch.n is None].append(one)
    for some in same_night.values():
        try:
            _decide_night(some, now)
        except Exception as error:  # noqa: BLE001 - before any of them was done; other nights go on
            for one in some:
                one.stopped = one.stopped or error
    return received


def _decide_night(received: Sequence[Received], now: datetime) -> None:
    """Batches of one run, or some that belong to none."""
    batch = received[0].batch
    # Strongly read: whoever takes the run back waits for batches that were begun before.
    run = None if batch.n is None else runs.read(batch.entity, batch.date)
    if run is not None and run.retraction is not None:
        for one in received:
            one.counts[RETRACTED] = len(one.batch.customers)
            _mark(one, now)
        return
    night = _night(batch, run, now)
    _decide_all(received, night)
    for one in received:
        _end(one, night)
    done = [one for one in received if one.stopped is None and one.batch.n is not None]
    if done:
        _complete(max(done, key=lambda one: one.batch.n or 0), night)


def _decide_all(received: Iterable[Received], night: Night) -> None:
    """Decide and commit each account, then put the effects of all, whatever it is that stops them."""
    work = _Work(night)
    for one in received:
        for customer_id in one.batch.customers:
            try:
                counts, committed = decide_account(customer_id, night)
            except Exception as error:  # noqa: BLE001 - of this account alone, or of all
                one.failed(customer_id, error)
                if one.stopped is not None:
                    break
                continue
            one.counts.update(counts)
            if committed is not None:
                work.add(committed, one)
    work.put()


@dataclass(slots=True)
class _Work:
    """The accounts that are committed and not put yet, with the batches that they are of."""

    night: Night
    committed: list[AccountRecord] = field(default_factory=list)
    batches: dict[str, Received] = field(default_factory=dict)  # by customer
    items: int = 0

    def add(self, record: AccountRecord, of: Received) -> None:
        self.committed.append(record)
        self.batches[record.customer_id] = of
        self.items += len(record.facts.items)
        if self.items > _TOGETHER:
            self.put()

    def put(self) -> None:
        """Put the effects; what stops that stops every batch that has some among them."""
        may_stand, on = self.night.run_on is not None, self.night.digest_on
        try:
            put_together(self.committed, self.night.now, digest_on=on, may_stand=may_stand, failed=self.failed)
        except Exception as error:  # noqa: BLE001 - of no account alone
            for one in self.batches.values():
                one.stopped = one.stopped or error
        self.committed, self.batches, self.items = [], {}, 0

    def failed(self, record: AccountRecord, error: Exception) -> None:
        if _stops(error):
            raise error
        self.batches[record.customer_id].failed(record.customer_id, error)


def _stops(error: Exception) -> bool:
    """Whether it is no fault of one account: the whole batch comes again."""
    return is_outage(error) or isinstance(error, (LostRaceError, AccountBusyError))


def _end(received: Received, night: Night) -> None:
    """Everything of a batch that can be put is put: say so, unless it is to come again."""
    failures, batch = received.failures, received.batch
    if received.stopped is not None:
        return
    for customer_id, error in failures.items():
        log(LogEvent.ACCOUNT_FAILED, entity=batch.entity, customer=customer_id, error=type(error).__name__)
    if failures and received.receives < GIVE_UP_AT:
        received.stopped = AccountsFailedError(f"{len(failures)} of {len(batch.customers)} accounts failed")
        received.stopped.__cause__ = next(iter(failures.values()))
        return
    try:
        for customer_id, error in failures.items():
            _park(customer_id, night, error)
            received.counts["errors"] += 1
    except Exception as error:  # noqa: BLE001 - the other batches are done all the same
        received.stopped = error
        return
    _mark(received, night.now)


def _mark(received: Received, now: datetime) -> None:
    batch = received.batch
    if batch.n is None:
        return
    try:
        runs.mark(batch.entity, batch.date, batch.n, received.counts, now)
    except Exception as error:  # noqa: BLE001 - the other batches are done all the same
        received.stopped = error


def _night(batch: Batch, run: Run | None, now: datetime) -> Night:
    configuration = config.read()
    entity = configuration.entity(batch.entity)
    # A message that waited for days is decided by today, not by its own date.
    as_of = max(batch.date, night_to_run(now, entity.zone, entity.run_hour))
    return Night(
        entity=batch.entity,
        as_of=as_of,
        run_on=None if batch.n is None else batch.date,
        digest_on=digest_night(batch.entity, as_of, known=run),
        now=now,
        configuration=configuration,
        deployment=Settings.from_env().deployment,
    )


def _park(customer_id: str, night: Night, error: Exception) -> None:
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


def _complete(last: Received, night: Night) -> None:
    """Where these may have been the last batches; one that cannot find out comes again, and looks again."""
    batch = last.batch
    try:
        run = runs.read(batch.entity, batch.date)
        if run is None or run.state is not RunState.PLANNED or run.batches is None:
            return
        if (batch.n or 0) >= run.batches - _LAST_BATCHES:
            complete_if_done(run, night.configuration, night.now)
    except Exception as error:  # noqa: BLE001 - the others have nothing to look for
        last.stopped = error
