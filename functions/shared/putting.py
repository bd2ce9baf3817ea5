"""Effects of committed decisions, put under their own keys and then taken out of the outboxes of their accounts.

Putting twice is putting once, so whoever finds an outbox that is not empty may simply put it. The notices of an account
come last, and say up to which version of the account everything else is put: a message, its reasons and its lines of a
digest stay in the outbox where nothing else is in it, and the write that tells the account of its message removes them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.decide.our_side import DigestLine
from core.delivery import NoticeState
from core.packing import unpack_steps
from core.posting import item_of
from core.stored import stored
from core.values import dataclass
from functions.shared import news, queues, retraction
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, bundles, charges, digests, history, notice_looks, notices, runs, tasks
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.history import Activity
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.runs import Run, RunState
from functions.shared.store.tasks import Task

_NIGHTS: Final = 7
_MAY_STAND: Final = frozenset({"notice", "verdict", "digest"})  # nobody acts on them where they stand

Failed = Callable[[AccountRecord, Exception], None]


def _raise(_record: AccountRecord, error: Exception) -> None:
    raise error


def put_effects(record: AccountRecord, now: datetime, *, digest_on: date | None = None) -> AccountRecord:
    """Put every effect in the outbox under its own key, queue the notices that may go now, then empty the outbox.

    Args: `digest_on` the night whose digest still takes lines; None: it is looked up.
    Returns: the account with what is left in its outbox: only what this code does not know.
    """
    (left,) = put_together([known_as_put(record, now)], now, digest_on=digest_on)
    return left


def put_together(
    records: Iterable[AccountRecord],
    now: datetime,
    *,
    digest_on: date | None = None,
    may_stand: bool = False,
    failed: Failed = _raise,
) -> list[AccountRecord]:
    """As `put_effects` for several accounts, whose lines of a digest are one record.

    Args: `may_stand` a batch of a run puts them: an outbox is left as it is where another write of its account is to
    come that empties it, and notices that may go at the same instant share a place in the attention index.
    Returns: those that did not fail.
    """
    outboxes = _each([_Outbox(record, now) for record in records], _Outbox.put_single, failed)
    _put_lines(outboxes, digest_on, now)
    bundled = _put_bundles(outboxes, now) if may_stand else frozenset[str]()
    outboxes = _each(outboxes, lambda outbox: outbox.put_notices(bundled), failed)
    queue_notices([notice_id for outbox in outboxes for notice_id in outbox.due])
    outboxes = _each(outboxes, lambda outbox: outbox.empty(may_stand=may_stand), failed)
    return [outbox.record for outbox in outboxes]


def known_as_put(record: AccountRecord, now: datetime) -> AccountRecord:
    """The account with what its notices say of its outbox. One that may go now is put, and so queued, once more."""
    put: frozenset[str] = record.put
    for key, effect in record.outbox.items():
        notice = notices.get(effect["id"]) if effect["kind"] == "notice" else None
        if notice is not None and notice.put_to >= accounts.version_in(key):
            put |= put_with(record, notice) - ({key} if _may_go(notice, now) else set())
    return replace(record, put=put)


def put_with(record: AccountRecord, notice: NoticeRecord) -> frozenset[str]:
    """What of the account's outbox was put before this notice of it was, and the notice itself."""
    return frozenset(
        key
        for key, effect in record.outbox.items()
        if accounts.version_in(key) <= notice.put_to and (effect["kind"] != "notice" or effect["id"] == notice.id)
    )


@dataclass(slots=True)
class _Outbox:
    """The outbox of one account while it is put."""

    record: AccountRecord
    now: datetime
    put: set[str] = field(default_factory=set)
    due: list[str] = field(default_factory=list)  # notices that may go now
    whole: bool = True  # nothing is left that this code does not know, and every notice waits for its turn

    def of(self, *kinds: str) -> list[tuple[str, Mapping[str, Any]]]:
        """What is to be put of these kinds, in order."""
        effects, put = self.record.outbox.items(), self.put | self.record.put
        return [(key, effect) for key, effect in effects if effect["kind"] in kinds and key not in put]

    def put_single(self) -> None:
        """Everything but notices, and lines that others have too."""
        self._put_cancelled()
        for key, effect in self.record.outbox.items():
            if effect["kind"] in ("notice", "digest") or key in self.record.put:
                continue
            if retraction.put(effect, self.record, self.now) or _put(key, effect, self.record, self.now):
                self.put.add(key)
                continue
            log(LogEvent.EFFECTS_UNREADABLE, entity=self.record.entity, customer=self.record.customer_id, effect=key)
            count("effects_unreadable")
            self.whole = False

    def _put_cancelled(self) -> None:
        """Notices that were not put before a later commit cancels them: they come first, and stand for nothing."""
        cancelled = {effect["id"] for _, effect in self.of("cancel")}
        for key, effect in self.of("notice"):
            if effect["id"] in cancelled:
                notices.put_planned(_notice_of(effect, self.record), self.now)
                self.put.add(key)

    def notices(self) -> list[tuple[str, NoticeRecord]]:
        """Those that are to be put, with their keys."""
        return [(key, _notice_of(effect, self.record)) for key, effect in self.of("notice")]

    def put_notices(self, bundled: frozenset[str]) -> None:
        """After everything else, which they stand for from then on. Args: `bundled` ids for which a bundle stands."""
        put_to = self.record.version if self.whole else 0
        for key, planned_notice in self.notices():
            notice = replace(planned_notice, put_to=put_to)
            planned = notices.put_planned(notice, self.now, bundled=notice.id in bundled)
            if planned and _may_go(notice, self.now):
                self.due.append(notice.id)
            self.whole &= planned
            self.put.add(key)

    def empty(self, *, may_stand: bool) -> None:
        """Take out what is put, unless the account is told of its messages anyway, and nobody looks before that."""
        outbox, put = self.record.outbox, self.put | self.record.put
        kinds = {effect["kind"] for effect in outbox.values()}
        if may_stand and self.whole and not self.record.watched and "notice" in kinds and kinds <= _MAY_STAND:
            self.record = replace(self.record, put=frozenset(put))
            return
        if put or not outbox:
            accounts.remove_outbox(self.record.entity, self.record.customer_id, put)
        left = {key: effect for key, effect in outbox.items() if key not in put}
        self.record = replace(self.record, outbox=left, put=frozenset())


def _each(outboxes: list[_Outbox], do: Callable[[_Outbox], None], failed: Failed) -> list[_Outbox]:
    """Returns: those with which it went well."""
    well = []
    for outbox in outboxes:
        try:
            do(outbox)
        except Exception as error:  # noqa: BLE001 - whoever called says whether the others go on
            failed(outbox.record, error)
        else:
            well.append(outbox)
    return well


def _put_lines(outboxes: Iterable[_Outbox], digest_on: date | None, now: datetime) -> None:
    """All that is told in one night: a record a person."""
    told = defaultdict[tuple[str, date], list[tuple[str, str, tuple[DigestLine, ...]]]](list)
    for outbox in outboxes:
        record = outbox.record
        for key, effect in outbox.of("digest"):
            night = digest_on or digest_night(record.entity, date.fromisoformat(effect["on"]))
            told[record.entity, night].append((record.customer_id, key, digests.unpack_lines(effect)))
            outbox.put.add(key)
    for (entity, night), lines in told.items():
        digests.put(entity, night, lines, now)


def _put_bundles(outboxes: Iterable[_Outbox], now: datetime) -> frozenset[str]:
    """What stands for the notices of these accounts while they wait and go; those for which it does not pay stay out.

    So do those whose time has all but come: by then the sweep might look before they are put.
    """
    together = defaultdict[tuple[str, datetime, bool], list[str]](list)
    for outbox in outboxes:
        for _, notice in outbox.notices():
            together[notice.entity, *notice_looks.first_look(notice, now)].append(notice.id)
    bundled: set[str] = set()
    for (entity, look, queued), notice_ids in together.items():
        if len(notice_ids) >= bundles.FEWEST and look >= now + bundles.DONE_AFTER:
            bundles.put(entity, notice_ids, look, now, queued=queued)
            bundled.update(notice_ids)
    return frozenset(bundled)


def _may_go(notice: NoticeRecord, now: datetime) -> bool:
    return notice.state is NoticeState.PLANNED and notice.not_before <= now and notice.clearance is None


def _put(key: str, effect: Mapping[str, Any], record: AccountRecord, now: datetime) -> bool:
    """Put one effect that stands alone; False for a kind that this code does not know."""
    match effect["kind"]:
        case "task" | "close_task":
            _put_task(effect, now)
        case "cancel":
            notices.cancel(effect["id"], effect["reason"], now)
        case "charge":
            _post(effect, record, now)
        case "announcement":
            said = Activity(datetime.fromisoformat(effect["at"]), "announcement", effect["what"], effect["body"])
            history.note(record.entity, record.customer_id, said)
            news.tell_announcement(record.entity, record.customer_id, said, key, now)
        case news.EVENT:
            news.put(effect, record.entity, record.customer_id, now)
        case "verdict":
            history.put_verdicts(record.entity, record.customer_id, effect)
        case _:
            return False
    return True


def _put_task(effect: Mapping[str, Any], now: datetime) -> None:
    if effect["kind"] == "task":
        tasks.put(stored(Task, effect["task"]))
    else:
        tasks.close(effect["id"], effect["reason"], now)


def _post(effect: Mapping[str, Any], record: AccountRecord, now: datetime) -> None:
    charge = charges.unpack(effect["charge"])
    invoice = next((item for item in record.facts.items if item.id == charge.item), None)
    item = item_of(charge, invoice, record.customer_id, date.fromisoformat(effect["on"]))
    at = datetime.fromisoformat(effect["at"])
    charges.post(record.entity, item, source="", at=at)
    news.tell_charge(record.entity, record.customer_id, charge, "", at, now)


def queue_notices(notice_ids: list[str]) -> None:
    """Offer notices to the sender."""
    if notice_ids:
        bodies = [{"v": 1, "notice_id": notice_id} for notice_id in notice_ids]
        queues.send(Settings.from_env().notices_queue_url, bodies)


def digest_night(entity: str, on: date, *, known: Run | None = None) -> date:
    """The night whose digest still takes a line that was decided for `on`: the first whose run has not ended.

    Args: `known` a run that was read just now.
    """
    for days in range(_NIGHTS):
        night = on + timedelta(days=days)
        run = known if known is not None and known.on == night else runs.read(entity, night)
        if run is None or run.state in (RunState.PLANNING, RunState.PLANNED):
            return night
    return on + timedelta(days=_NIGHTS)


def _notice_of(effect: Mapping[str, Any], record: AccountRecord) -> NoticeRecord:
    return NoticeRecord(
        id=effect["id"],
        kind="customer",
        entity=record.entity,
        customer=record.customer_id,
        group=effect["group"],
        as_of=date.fromisoformat(effect["as_of"]),
        not_before=datetime.fromisoformat(effect["not_before"]),
        policy=effect["policy"],
        policy_version=effect["policy_version"],
        step=effect["step"],
        level=effect["level"],
        template=effect["template"],
        steps=unpack_steps(effect["steps"]),
        totals=effect["totals"],
        readers=effect["readers"],
        charges=tuple(charges.unpack(values) for values in effect["charges"]),
        required=effect["required"],
        channel=effect["channel"],
        clearance=effect.get("clearance"),
        run_on=date.fromisoformat(effect["run_on"]) if "run_on" in effect else None,
        planned_at=datetime.fromisoformat(effect["at"]) if "at" in effect else None,
    )
