"""One account of a case, run by run: decide, let the provider take what is planned, remember."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from core.books.overdue import levels_reached
from core.decide.account import GROUP, decide, survey
from core.decide.model import Decision, Facts, NoticePlan, Setting
from core.policy.schema import Anchor, Policy, Step
from core.policy.step_facts import step_facts
from core.state import AccountState, DueStep, StepFacts
from tests.conformance import samples
from tests.conformance.case import Body, RefusedError, on
from tests.conformance.facts import ONE_DAY, Books, item_policy
from tests.conformance.language import COMPANY_CURRENCY, level_id, stage_name

DRAFTS = frozenset({"notice_sent", "notice_ignored", "notice_cancelled", "send_failed", "stage_skipped"})


@dataclass(frozen=True)
class Sent:
    """A notice that was accepted, and the memory before it: what taking it back needs."""

    group: str
    steps: tuple[DueStep, ...]
    on: date
    before: AccountState


@dataclass
class Account:
    """A customer at a selling company, with its memory."""

    who: Body
    entity: str
    company: str  # the one selling company of a case that names none
    theirs: Body  # the policy as the case writes it
    policy: Policy
    books: Books
    policies: Mapping[str, Policy] = field(default_factory=dict)
    state: AccountState = field(default_factory=AccountState)
    sent: list[Sent] = field(default_factory=list)
    drafts: set[DueStep] = field(default_factory=set)  # steps that are written down and not sent
    finished: bool = False  # everything overdue was written about as often as the policy allows

    @property
    def auto_send(self) -> bool:
        """False: a produced notice is a draft until somebody sends it."""
        return bool(self.theirs.get("auto_send", True))

    @property
    def action(self) -> str:
        """What the messages of a policy without levels are called."""
        return str(self.theirs.get("action", "notice"))

    @property
    def on_exhausted(self) -> str | None:
        """What a run says when the last attempt was made; None: nothing."""
        said = self.theirs.get("on_exhausted")
        return None if said is None else str(said)

    @property
    def runs_out(self) -> bool:
        """True when a run says that the last attempt was made; of a ladder the core says it by itself."""
        return self.on_exhausted is not None and self.policy.advance == "repeat"

    @property
    def staged(self) -> bool:
        """True when the account as a whole has a state."""
        return self.policy.advance == "state" and self.policy.group_by != "item"

    def item_levels(self, as_of: date, run: int) -> dict[str, int]:
        """The level of each item, where the items have states."""
        if self.policy.advance != "state" or self.staged:
            return {}
        night = survey(self.facts(as_of, run), self.setting, as_of)
        reached = levels_reached(night)
        return {row.item.id: reached[row.item.id] if row.dunnable else 0 for row in night.rows}

    def stage_of(self, level: int) -> str | None:
        """What the state of a level is called."""
        steps = self.theirs.get("steps", [])
        named = {step.get("level", number): stage_name(step) for number, step in enumerate(steps, start=1)}
        return named.get(level, self.policy.clear_stage)

    @property
    def name(self) -> dict[str, str]:
        """Which account it is, where a case has several."""
        return {"customer": str(self.who["id"]), "entity": self.entity}

    def concerns(self, row: Body) -> bool:
        """True for an event or a line of history that is about this account."""
        if row.get("item") is not None:
            return any(item["id"] == row["item"] for item in self.books.items)
        if row.get("document") is not None:
            return any(item.get("document") == row["document"] for item in self.books.items)
        mine = bool(row.get("customer", self.who["id"]) == self.who["id"])
        return mine and bool(row.get("entity", self.entity) == self.entity)

    def policy_for(self, item: str) -> Policy:
        """The item's own ladder, or the account's."""
        own = next((item_policy(body) for body in self.books.items if body["id"] == item), None)
        return self.policies.get(own, self.policy) if own else self.policy

    def shows(self, due: DueStep) -> bool:
        """Remember that a step was drafted. Returns: whether the same draft was there at an earlier run."""
        before = due in self.drafts
        self.drafts.add(due)
        return before

    def attempts(self, notice: NoticePlan) -> int:
        """Which message to its group this one is."""
        return self.state.notices.get(notice.group, 0) + 1

    def effects_of(self, stage: str | None) -> list[str]:
        """What a state does to the customer, as the policy lists it."""
        steps = self.theirs.get("steps", [])
        return next((list(step.get("effects", [])) for step in steps if stage_name(step) == stage), [])

    @property
    def setting(self) -> Setting:
        """The policy at work for the selling company."""
        rates = {
            item["currency"]: str(item["rate_to_company"]) for item in self.books.items if "rate_to_company" in item
        }
        company = {"currency": COMPANY_CURRENCY, "rates": rates} if rates else {}
        return samples.setting(self.policy, self.policies, id=self.entity, **company)

    def facts(self, as_of: date, run: int) -> Facts:
        """What the account knows before the given run of a day."""
        return self.books.facts(as_of, run, self.state, self.who)

    def run(self, as_of: date, run: int, levels: frozenset[int] | None) -> Decision:
        """One run. Args: `levels` limits it to items whose last level is one of them."""
        facts = self.facts(as_of, run)
        decision = decide(facts, self.setting, as_of)
        if levels is not None:
            due = [due for notice in decision.notices for due in notice.steps]
            only = frozenset((one.item, one.step) for one in due if self.state.item(one.item).level in levels)
            decision = decide(facts, self.setting, as_of, only=only)
        self.state = decision.state
        return decision

    def send(self, decision: Decision) -> None:
        """Everything that was planned goes out, unless a person sends it."""
        for notice in decision.notices if self.auto_send else ():
            self.accept(notice.group, notice.steps, decision.as_of)

    def ahead(self, as_of: date, run: int) -> Decision:
        """What will be decided, once nothing more has to be waited for, about the items that are overdue now."""
        now = self.facts(as_of, run)
        overdue = tuple(item for item in now.items if item.due_on < as_of)
        return decide(replace(now, items=overdue), self.setting, as_of + timedelta(days=self.policy.min_gap_days + 1))

    def accept(self, group: str, steps: tuple[DueStep, ...], at: date) -> None:
        """The provider took a notice."""
        self.sent.append(Sent(group, steps, at, self.state.before(group, steps)))
        self.drafts -= set(steps)
        self.state = self.state.accept(group, steps, self.step_facts(), at)

    def step_facts(self) -> dict[str, StepFacts]:
        """What an acceptance must know, of every policy that is at work."""
        return step_facts(self.policy, self.policies)

    # ---------- what happens to notices ----------

    def happens(self, event: Body) -> None:
        """A draft is sent or dropped, a notice taken back, a stage skipped."""
        at = on(event["date"])
        match event["type"]:
            case "notice_sent":
                for group, steps in list(self._waiting(event)):
                    self.accept(group, steps, at)
            case "stage_skipped":
                self._skip(DueStep(event["item"], self.key(event["item"], event["level"])), at)
            case "notice_ignored" | "notice_cancelled" | "send_failed":
                self._drop(event)
            case other:
                raise RefusedError(f"there is no event {other!r}")

    def _skip(self, due: DueStep, at: date) -> None:
        """A stage that a person passed over is done: it named no deadline, and no message holds up the day's run."""
        if self.state.item(due.item).level >= self.step(due).level:
            return
        known = {key: replace(one, notice_due_days=None) for key, one in self.step_facts().items()}
        done_on = at if self._counts_from_notices() else at - ONE_DAY
        after = self.state.accept(self.group_of(due.item), (due,), known, done_on)
        self.state = replace(self.state, items=after.items)  # nobody was written to

    def _counts_from_notices(self) -> bool:
        """True when something is measured from the day on which a stage was done."""
        anchors = {step.anchor for step in self.policy.messages}
        return self.policy.keep_threshold_gap or bool(
            anchors & {Anchor.PREVIOUS_NOTICE, Anchor.PREVIOUS_NOTICE_DEADLINE}
        )

    def key(self, item: str, level: int) -> str:
        """How the memory knows the step of a level: with its policy, where the item has its own."""
        policy = self.policy_for(item)
        return level_id(level) if policy is self.policy else f"{policy.policy}:{level_id(level)}"

    def step(self, due: DueStep) -> Step:
        """The step that a notice did for an item."""
        found = self.policy_for(due.item).step(due.step.rpartition(":")[2])
        if found is None:
            raise RefusedError(f"a notice of the step {due.step!r}, which no policy has")
        return found

    def group_of(self, item: str) -> str:
        """The group of an item's messages, as the core names it."""
        return group_name(self.policy, item, self._currency(item))

    def _currency(self, item: str) -> str:
        return next((str(one["currency"]) for one in self.books.items if one["id"] == item), "")

    def _waiting(self, event: Body) -> Iterator[tuple[str, tuple[DueStep, ...]]]:
        for group, waiting in self.state.waiting.items():
            if any(_about(due, event) for due in waiting.steps):
                yield group, waiting.steps

    def _drop(self, event: Body) -> None:
        """A notice that counts as never sent: the draft that waits, else the last one that went out."""
        waiting = list(self._waiting(event))
        for group, steps in waiting:
            self.state = self.state.end(group)
            self.drafts -= {due for due in steps if _about(due, event)}
        if waiting:
            return
        for sent in reversed(self.sent):
            steps = tuple(due for due in sent.steps if _about(due, event))
            if steps and event.get("notice_date") in (None, sent.on.isoformat()):
                self.state = self.state.take_back(sent.group, steps, sent.before, sent.on)
                rest = tuple(due for due in sent.steps if due not in steps)
                self.sent[self.sent.index(sent)] = replace(sent, steps=rest)
                return

    def remember(self, history: list[Body]) -> None:
        """Notices that were sent before the first run."""
        for row in sorted(history, key=lambda row: str(row["date"])):
            if row.get("overridden"):
                continue
            if row.get("state", "sent") != "sent":
                if not self.auto_send and row.get("item"):
                    self.drafts.add(DueStep(row["item"], self.key(row["item"], row.get("level", 1))))
                continue
            if row.get("item"):
                self._remember_item(row)
            else:
                self._remember_attempt(row)

    def _remember_item(self, row: Body) -> None:
        group, at = self.group_of(row["item"]), on(row["date"])
        step = self.key(row["item"], row.get("level", 1))
        if (
            self.policy_for(row["item"]).step(level_id(row.get("level", 1))) is None
        ):  # a level of a ladder that is no more
            was = self.state.item(row["item"])
            now = replace(was, level=row.get("level", 1), attempts=was.attempts + 1, last_on=at)
            self.state = replace(self.state, items={**self.state.items, row["item"]: now})
            return
        self.accept(group, (DueStep(row["item"], step),), at)

    def _remember_attempt(self, row: Body) -> None:
        group = group_name(self.policy, "", str(row.get("currency", "")))
        self.state = replace(
            self.state,
            notices={**self.state.notices, group: row.get("attempt", self.state.notices.get(group, 0) + 1)},
            last_accepted_on={**self.state.last_accepted_on, group: on(row["date"])},
        )


def _about(due: DueStep, event: Body) -> bool:
    if event.get("item") not in (None, due.item):
        return False
    return event.get("level") is None or level_id(event["level"]) == due.step.rpartition(":")[2]


def group_name(policy: Policy, item: str, currency: str) -> str:
    """How the core calls the group of a message."""
    return {"item": f"item.{item}", "account_currency": f"currency.{currency}"}.get(policy.group_by, GROUP)
