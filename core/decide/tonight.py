"""One night of many accounts: what a plain item comes to is found out once, and looked up for all items like it.

Where nothing ties the items of an account together, each stands where it would stand alone, and that depends on a few
dates and on how far it has climbed. So one item of a kind is decided by the same rules as everything else, and the
outcome is kept. Where no item has a step due nothing happens, as on most accounts on most nights; else the messages
are planned from where the items stand, as always. Whatever may tie items together is decided in full.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from core.balance import Netted
from core.decide.account import conclude, decide, effects_of, moment_of, reason_of, stand_tonight, survey
from core.decide.groups import GROUP
from core.decide.looks import Reached
from core.decide.model import Decision, Facts, Reason, Setting, Verdict
from core.decide.next_look import AT_LATEST, days_of_items
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.separable import Limits, is_separable, item_fields, looks_for_address, steps_of
from core.decide.tables import Stand
from core.ledger import Item
from core.state import AccountState, ItemState
from core.values import dataclass, replace

# What was said of an account beside its invoices, and what its memory holds about more than one of them.
_SAID: Final = attrgetter("credits", "disputes", "promises", "holds", "plans", "waivers", "approvals", "in_doubt")
_TIES: Final = attrgetter("repeats", "done", "tasks", "waiting", "open_effects", "turns", "baseline", "status")
_CLIMBED: Final = attrgetter(
    "level", "step", "attempts", "effects", "last_on", "pay_by", "climbed_on", "listed", "interest_minor"
)
_UNSAID: Final[tuple[object, ...]] = ((), (), (), (), (), (), (), frozenset())
_UNTIED: Final = _TIES(AccountState())
_ONE_GROUP: Final = frozenset({GROUP})
_MOST_KNOWN: Final = 20_000  # kinds of items; then it begins anew, so that a process that lives long does not grow


@dataclass(frozen=True, slots=True)
class Alone:
    """What a plain item comes to by itself."""

    days_past_due: int
    age: int
    level: int  # it has reached
    counts: int  # the level that it counts for: that one, or that of its step
    asked: bool  # all of it may be asked for; if not, none of it
    disputed: bool
    blocked: Reason | None
    reached: Reached
    due: bool  # it has reached a step with a message
    ahead_on: date | None  # when it reaches the next one
    reason: Reason  # unless its message is held back
    look_on: date  # the first date on which something about it may change
    ahead: tuple[date, ...]  # the dates on which a step without message may be reached
    late: bool  # overdue principal: what was said to the customer so far still counts


_Alike = dict[object, Alone | None]  # None: more than a message, or nothing
_UNMET: Final[Any] = object()  # no item of its kind was met
_NO_DOUBT: Final = False  # nothing that is said of a plain account is in doubt
_MET: Final[Any] = object()  # one was: finding out takes as long as deciding an account, so it waits for a second one
# Made for every item and account: what their classes do beside this, taking defaults and names, is half of the time.
_made: Final = tuple.__new__
_NOTHING_DONE: Final = Decision(date.min, "", 0, AccountState(), (), None)[6:]


class Tonight:
    """One night of one setting. Decides as `core.decide.account.decide` does, in less time."""

    def __init__(self, setting: Setting, as_of: date) -> None:
        policy = setting.policy
        self.in_full = 0  # accounts that had to be decided in full
        self._setting, self._as_of = setting, as_of
        self._separable = setting.entity.live and is_separable(policy)
        self._limits = Limits(policy, setting.entity)
        self._quiet_since = as_of - timedelta(days=policy.hold_after_payment_days)
        self._latest = as_of + AT_LATEST
        self._item = attrgetter(*item_fields(policy))
        self._by_address = looks_for_address(policy)
        # a new payment holds harsh steps of the whole account back; where there are none, those of its item
        self._paid_ties = self._by_address or bool(policy.repeating)
        self._by_last = any(step.requires_step for step in steps_of(policy))
        # by what counts of the customer; inside by what counts of the item and of what is remembered of it
        self._known: defaultdict[object, _Alike] = defaultdict(dict)
        self._kinds = 0  # in it

    def decide(self, facts: Facts, *, at: datetime | None = None) -> Decision:
        """Everything that tonight means for one account. Args: `at` as for `core.decide.account.decide`."""
        decided = None
        alones = self._alones(facts) if self._separable and self._is_plain(facts) else None
        if alones is not None:
            due = True in [alone.due for alone in alones]
            decided = self._with_messages(facts, alones, at) if due else self._calm(facts, alones)
        if decided is None:
            self.in_full += 1
            decided = decide(facts, self._setting, self._as_of, at=at)
        return decided

    def serves(self, setting: Setting, as_of: date) -> bool:
        """True for accounts of the same night under the same configuration."""
        return as_of == self._as_of and setting == self._setting

    def _is_plain(self, facts: Facts) -> bool:
        """True when nothing that is known touches more than one of the items."""
        state = facts.state
        if _SAID(facts) != _UNSAID or _TIES(state) != _UNTIED or facts.customer.insolvent or not facts.items:
            return False
        if (state.tones and state.tones.keys() != _ONE_GROUP) or (state.notices and state.notices.keys() != _ONE_GROUP):
            return False
        closed = state.paid + state.cleared if state.cleared else state.paid
        if closed and max([one.heard_on or one.paid_on for one in closed]) > self._quiet_since:
            return False
        return not self._limits.any or self._limits.below(facts.items)

    def _alones(self, facts: Facts) -> list[Alone] | None:
        """What each item comes to; None where that is more than what it would come to alone."""
        known, key_of, states = self._known_of(facts), self._item, facts.state.items
        found: list[Alone] = []
        settled, unmet = len(states), False
        for item in facts.items:
            kind, state = key_of(item), states.get(item.id)
            if state is not None:
                settled -= 1
                kind = (kind, _memory(state))
            alone = known.get(kind, _UNMET)
            if alone is _UNMET:
                self._kinds += 1
                known[kind], unmet = _MET, True
                continue
            if alone is _MET:
                alone = known[kind] = self._find_out(facts, item.model_copy(update={"part_payments": ()}), state)
            if item.part_payments and alone is not None and self._paid_lately(item):
                alone = self._part_paid(facts, item, alone)
            if alone is None or item.open_minor <= 0:
                return None
            found.append(alone)
        return None if unmet or settled else found

    def _known_of(self, facts: Facts) -> _Alike:
        """What is known of the items of customers like this one."""
        if self._kinds > _MOST_KNOWN:
            self._known.clear()
            self._kinds = 0
        return self._known[self._about(facts)]

    def _paid_lately(self, item: Item) -> bool:
        return max([paid.recorded_on for paid in item.part_payments]) > self._quiet_since

    def _part_paid(self, facts: Facts, item: Item, alone: Alone) -> Alone | None:
        """The same with a payment of the last days: it may hold its step back, or harsh steps of all items."""
        if self._paid_ties:
            return None
        return alone if not alone.due else self._find_out(facts, item, facts.state.items.get(item.id))

    def _calm(self, facts: Facts, alones: list[Alone]) -> Decision | None:
        """The decision of an account on which nothing happens; None where what was said so far is to be forgotten."""
        state, policy = facts.state, self._setting.policy
        spoken = any(state.tones.values()) or any(state.notices.values())
        if spoken and True not in [alone.late for alone in alones]:
            return None
        verdicts = [
            _made(
                Verdict,
                (
                    item.id,
                    item.number,
                    alone.days_past_due,
                    item.open_minor if alone.asked else 0,
                    item.currency,
                    alone.reason,
                    None,
                    (),
                    alone.ahead_on,
                    (),
                ),
            )
            for item, alone in zip(facts.items, alones, strict=True)
        ]
        look_on = min([alone.look_on for alone in alones])
        said = (self._as_of, policy.policy, policy.version, state, tuple(verdicts), look_on)
        return _made(Decision, said + _NOTHING_DONE)

    def _with_messages(self, facts: Facts, alones: list[Alone], at: datetime | None) -> Decision:
        """The decision of an account with a step due."""
        treated = self._setting.policy.treated(facts.customer)
        if treated is not facts.customer:
            facts = replace(facts, customer=treated)
        stands = [_stand(item, alone) for item, alone in zip(facts.items, alones, strict=True)]
        rows = tuple([stand.row for stand in stands])
        night = Night(facts, self._setting, self._as_of, self._setting.holidays, rows)
        effects = Effects(state=facts.state, ahead=[day for alone in alones for day in alone.ahead])
        moment = at or moment_of(self._setting, self._as_of)
        return conclude(night, stands, effects, moment, items_on=min([alone.look_on for alone in alones]))

    def _about(self, facts: Facts) -> Any:
        """What counts of the customer."""
        customer = facts.customer
        last = max(facts.state.last_accepted_on.values(), default=None) if self._by_last else None
        seen = (customer.kind, customer.segments, customer.hardship, last)
        if not self._by_address:
            return seen
        reached = tuple([(contact.roles, bool(contact.email)) for contact in facts.contacts if contact.off is None])
        off = tuple([contact.email for contact in facts.contacts if contact.off is not None])
        return (seen, reached, off, customer.email if off else bool(customer.email))

    def _find_out(self, facts: Facts, item: Item, state: ItemState | None) -> Alone | None:
        """What the item would come to, had the account no other; None where it is more than a message, or nothing."""
        if item.policy is not None:
            return None
        memory = AccountState(
            items={} if state is None else {item.id: state}, last_accepted_on=facts.state.last_accepted_on
        )
        night = survey(replace(facts, items=(item,), state=memory), self._setting, self._as_of)
        (stand,), effects = stand_tonight(night), effects_of(night)
        if night.facts.state != memory or effects != Effects(state=memory, ahead=effects.ahead):
            return None
        row, ahead = stand.row, tuple(effects.ahead)
        look_on = min([day for day in days_of_items(night, [stand]) if day > self._as_of], default=self._latest)
        if stand.reached.step is None:
            decided = conclude(night, [stand], effects, moment_of(self._setting, self._as_of))
            policy, look = self._setting.policy, decided.next_check_on
            nothing = Decision(self._as_of, policy.policy, policy.version, memory, decided.verdicts, look)
            if decided != nothing or look is None or look > self._latest:
                return None
            look_on = look
        if row.due not in (0, item.open_minor) or row.blocks is not None or row.small:
            return None
        late = row.days_past_due > 0 and item.kind.principal
        return Alone(
            row.days_past_due,
            row.age,
            row.level,
            stand.level,
            row.due > 0,
            row.disputed > 0,
            row.blocked,
            stand.reached,
            stand.reached.step is not None,
            stand.reached.ahead,
            reason_of(stand, None),
            look_on,
            ahead,
            late,
        )


def _memory(state: ItemState) -> object:
    """What counts of an item's memory."""
    if state.sent or state.rates:
        return (_CLIMBED(state), *state.sent.items(), *state.rates.items())
    return _CLIMBED(state)


def _stand(item: Item, alone: Alone) -> Stand:
    """Where an item stands, as the others like it do."""
    minor = item.open_minor
    disputed, asked = minor if alone.disputed else 0, minor if alone.asked else 0
    row = Netted(item, alone.days_past_due, alone.level, disputed, 0, 0, 0, asked, alone.blocked, alone.age)
    return Stand(row, alone.reached, _NO_DOUBT, alone.counts, GROUP, alone.reason)
