"""One due account: finish what an earlier decision or notice left, decide, commit."""

from collections import Counter
from datetime import date, datetime
from typing import Final

from core.decide.acknowledge import remembered
from core.decide.checks import in_minor_units, with_checks
from core.decide.model import NoticePlan, Setting
from core.decide.tonight import Tonight
from core.values import dataclass
from functions.shared import answers, news, review, settle
from functions.shared.brakes import ACCOUNTS, ASKED, REVIEWED, of_kind
from functions.shared.effects import NONE_APPROVED, clearance_of, effects_of
from functions.shared.insolvency import heeded
from functions.shared.observability import LogEvent, count, log
from functions.shared.putting import known_as_put, put_effects
from functions.shared.store import accounts
from functions.shared.store.accounts import AccountRecord, LostRaceError
from functions.shared.store.config import Configuration

_ATTEMPTS: Final = 3  # at a commit that somebody else was faster with
_TONIGHTS: Final[dict[tuple[str, str], Tonight]] = {}  # by entity and policy


@dataclass(frozen=True, slots=True)
class Night:
    """What all accounts that are decided together share."""

    entity: str
    as_of: date
    run_on: date | None  # None: no run decides
    digest_on: date
    now: datetime
    configuration: Configuration
    deployment: str


def decide_account(customer_id: str, night: Night) -> tuple[Counter[str], AccountRecord | None]:
    """Returns: counts, and the account with the effects that are now to be put; None where nothing was decided.

    Raises: LostRaceError when other writers were first on every attempt.
    """
    for _ in range(_ATTEMPTS):
        record = accounts.read(night.entity, customer_id)
        if record is None:
            return Counter(gone=1), None
        if record.outbox:
            record = _finished(record, night)
        if record.existing and (record.next_check_on is None or record.next_check_on > night.as_of):
            return Counter(not_due=1), None  # decided tonight already, or by another event
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
            counts = Counter(
                decided=1,
                notices=len(decision.notices) - len(answered),
                cancels=len(decision.cancels),
                tasks=len(decision.tasks),
                digest_lines=len(decision.digest),
                charges=len(decision.charges),
                proposals=len(decision.proposals),
            )
            asked = _asked(tuple(plan for plan in decision.notices if plan.id not in answered), setting)
            return counts + asked, after
        log(LogEvent.RACE_LOST, entity=night.entity, customer=customer_id)
        count("race_lost")
    raise LostRaceError(f"account {night.entity}/{customer_id} changed on each of {_ATTEMPTS} attempts")


def _finished(record: AccountRecord, night: Night) -> AccountRecord:
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
