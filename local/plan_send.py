"""Sends what a plan says, account by account: by the decision, commit and effects of a night's run, or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from core.calendar import local_date
from core.decide.checks import in_minor_units, with_checks
from core.formats.changes import AccountChanges
from core.ledger import Hold
from core.packing import pack_steps
from functions.shared import settle
from functions.shared.effects import effects_of
from functions.shared.putting import digest_night, put_effects
from functions.shared.store import accounts, facts, history, notices
from functions.shared.store.config import Configuration
from functions.shared.store.history import Activity
from local import rehearsals
from local.plan_file import Plan, name_of
from local.proposals import decided, entry_of, same, with_holds
from local.rehearsals import Account


class Outcome(StrEnum):
    """What became of one account's part of a plan."""

    SENT = "sent"  # committed; its messages go out, now or in their hours
    BEFORE = "sent_before"
    EXCLUDED = "excluded"  # held until the night of the plan instead
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Sent:
    """One account, and why not where it was refused."""

    entry: dict[str, Any]
    outcome: Outcome
    reason: str = ""


def send(plan: Plan, configuration: Configuration, now: datetime) -> Iterator[Sent]:
    """Carry out the plan, one account after the other; each is committed before the next is looked at."""
    for entry in plan.accounts:
        yield _Sending(plan, entry, configuration, now).outcome()


def holds_of(plan: Plan, entry: dict[str, Any]) -> tuple[Hold, ...]:
    """The holds that stand for what a person left out of this account: until the night of the plan, inclusive."""
    left_out: tuple[str | None, ...] = (None,) if plan.leaves_out(entry) else plan.items_left_out(entry)
    return tuple(
        Hold(
            id=f"plan-{plan.as_of}-{item or 'account'}",
            item=item,
            until=plan.as_of,
            placed_on=plan.as_of,
            reason=f"left out of the plan of {plan.as_of}",
        )
        for item in left_out
    )


@dataclass(frozen=True, slots=True)
class _Sending:
    """One account's part of the plan."""

    plan: Plan
    entry: dict[str, Any]
    configuration: Configuration
    now: datetime

    def outcome(self) -> Sent:
        if name_of(self.entry) in self.plan.sent:
            return Sent(self.entry, Outcome.BEFORE)
        account = self._read()
        refused = self._refused(account)
        if account is None or refused:
            return self._not_now(refused)
        left_out = self.plan.leaves_out(self.entry)
        if not left_out and not self._agrees(account, account.setting.entity.zone):
            return Sent(self.entry, Outcome.REFUSED, "deciding again gives something else")
        if holds := holds_of(self.plan, self.entry):
            self._place(account, holds)
        return Sent(self.entry, Outcome.EXCLUDED) if left_out else self._commit()

    def _read(self) -> Account | None:
        entity = self.configuration.entities.get(self.entry["entity"])
        if entity is None:
            return None
        return rehearsals.read(self.configuration, entity, self.entry["customer"], self.plan.as_of)

    def _refused(self, account: Account | None) -> str:
        """Why the account is not what the plan was made from; empty when it is."""
        if account is None:
            return "the account is gone"
        policy, entry = account.setting.policy, self.entry
        if (policy.policy, policy.version) != (entry["policy"], entry["policy_version"]):
            was = f"{entry['policy']} version {entry['policy_version']}"
            return f"the policy changed since: it was {was}, and is {policy.policy} version {policy.version}"
        if account.record.version != entry["version"]:
            return "the account changed since"
        if policy.runs == "reviewed" and not self.plan.is_approved:
            return "nobody approved the plan"
        return ""

    def _not_now(self, reason: str) -> Sent:
        """Refused; unless the same is under way already: sent by this plan, whose note of it was lost, or by a run."""
        planned = {message["id"]: message["steps"] for message in self.entry["messages"]}
        stored = [notice for notice in map(notices.get, planned) if notice is not None and notice.clearance is None]
        before = bool(planned) and {notice.id: pack_steps(notice.steps) for notice in stored} == planned
        return Sent(self.entry, Outcome.BEFORE) if before else Sent(self.entry, Outcome.REFUSED, reason)

    def _agrees(self, account: Account, zone: str) -> bool:
        """Whether the account, with what is left out held, is decided as the plan says."""
        known = replace(
            account,
            record=replace(account.record, facts=with_holds(account.facts, holds_of(self.plan, self.entry))),
        )
        decision = decided(known.facts, known.setting, self._night(zone), self.now)
        return same(entry_of(known, decision), self.entry)

    def _night(self, zone: str) -> date:
        """A plan that is sent late is decided by today; one that is sent on the eve by its own date."""
        return max(self.plan.as_of, local_date(self.now, zone))

    def _place(self, account: Account, holds: tuple[Hold, ...]) -> None:
        changes = AccountChanges(account.entity, account.facts.customer, holds=holds)
        facts.apply_account(changes, today=local_date(self.now, account.setting.entity.zone), now=self.now)

    def _commit(self) -> Sent:
        account = self._read()
        if account is None:
            return Sent(self.entry, Outcome.REFUSED, "the account is gone")
        setting, record = account.setting, account.record
        if record.outbox:
            record = put_effects(record, self.now)
        record = settle.finish_ended(record, self.configuration, self.now).record
        night = self._night(setting.entity.zone)
        decision = decided(record.facts, setting, night, self.now)
        if not same(entry_of(replace(account, record=record), decision), self.entry):
            return Sent(self.entry, Outcome.REFUSED, "deciding again gives something else")
        checked = with_checks(decision, record.facts, setting, money=in_minor_units)
        effects = effects_of(checked, setting, record.customer_id, self.now)
        if self.plan.is_approved:  # a person has looked: no run need be waited for
            for effect in effects.values():
                effect.pop("clearance", None)
        after = accounts.commit(
            record, state=decision.state, next_check_on=decision.next_check_on, now=self.now, add=effects
        )
        if after is None:
            return Sent(self.entry, Outcome.REFUSED, "the account changed meanwhile")
        put_effects(after, self.now, digest_on=digest_night(record.entity, night))
        self._note()
        return Sent(self.entry, Outcome.SENT)

    def _note(self) -> None:
        """Who approved what was sent is part of the account's history."""
        if self.plan.approved is not None:
            said = {"as_of": self.plan.as_of.isoformat(), "by": self.plan.approved.by, "at": self.plan.approved.at}
            activity = Activity(self.now, "plan", self.plan.hash, said)
            history.note(self.entry["entity"], self.entry["customer"], activity)
