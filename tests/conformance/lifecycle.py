"""Kind lifecycle: acts on notices and what they lead to, recognised by the words that a step uses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from core.books.guards import Issued, level_without, refuse_retraction
from core.decide.account import decide
from core.decide.model import Facts
from core.delivery import DeliveryEvent, NoticeState, apply_event
from core.ledger import Item
from core.state import AccountState
from tests.conformance import samples
from tests.conformance.case import Body, Case, RefusedError, differ
from tests.conformance.language import policy_of

SOME_DAY = date(2024, 1, 1)
SOME_DEBT = 10_000
LATER = SOME_DAY + timedelta(days=30)

# A draft and a notice to be sent are both not sent yet; ignoring is cancelling.
STATES: Final[dict[str, NoticeState]] = {
    "draft": NoticeState.PLANNED,
    "to_be_sent": NoticeState.CLAIMED,
    "sending": NoticeState.SENDING,
    "sent": NoticeState.ACCEPTED,
    "ignored": NoticeState.CANCELLED,
    "cancelled": NoticeState.CANCELLED,
    "failed": NoticeState.FAILED,
    "error": NoticeState.FAILED,
}
ACTS: Final[dict[str, tuple[DeliveryEvent, ...]]] = {
    "draft": (DeliveryEvent.RELEASE,),
    "to_be_sent": (DeliveryEvent.CLAIM,),
    "sent": (DeliveryEvent.CLAIM, DeliveryEvent.FENCE, DeliveryEvent.ACCEPT),
    "ignored": (DeliveryEvent.CANCEL,),
    "cancelled": (DeliveryEvent.CANCEL,),
    "failed": (DeliveryEvent.FAIL,),
    "error": (DeliveryEvent.FAIL,),
}


def check(case: Case) -> list[str]:
    """Compare what each step leads to."""
    steps = case.body.get("steps") or case.body.get("variants") or []
    return [f"step {number}: {line}" for number, step in enumerate(steps, start=1) for line in _check(step)]


def _check(step: Body) -> list[str]:
    for words, compare in READINGS:
        if words <= set(step):
            return compare(step)
    raise RefusedError(f"no act of ours speaks of {', '.join(sorted(step))}")


def _retract(step: Body) -> list[str]:
    cancelled = set(step.get("cancelled", ()))
    paid = step.get("fee_paid_minor", 0)
    notices = [Issued(level, level in cancelled, paid) for level in step["issued"]]
    refusal = refuse_retraction(step["cancel"], notices)
    lines = differ("cancel", step["expect"], "allowed" if refusal is None else "refused")
    after = level_without(0 if refusal else step["cancel"], notices)
    return lines + differ("last level", step.get("last_level_after", after), after)


def _move(step: Body) -> list[str]:
    """Mark a notice as something else."""
    was = STATES[step["from"]]
    now = was
    for event in ACTS[step["to"]]:
        now = apply_event(now, event)
    allowed = now is STATES[step["to"]] and now is not was
    return differ(f"{step['from']} to {step['to']}", step["expect"], "allowed" if allowed else "refused")


def _do(step: Body) -> list[str]:
    """Print or send a notice; only what is marked as sent moves on."""
    now = was = STATES[step["from"]]
    if step.get("mark_as_sent", True):
        for event in ACTS["sent"]:
            now = apply_event(now, event)
    found = step["from"] if now is was else next(name for name, state in STATES.items() if state is now)
    return differ(step["do"], step["expect"], found)


def _attempts(step: Body) -> list[str]:
    """Attempts after a change of the policy's thresholds, for those who follow the policy."""
    currency, owed = step.get("currency", "EUR"), step.get("overdue_minor", SOME_DEBT)
    item = Item(
        id="item", customer="customer", number="item", issued_on=SOME_DAY, due_on=SOME_DAY, currency=currency,
        original_minor=max(owed, 1), open_minor=max(owed, 1),
    )  # fmt: skip
    before = policy_of({**REPEATING, "thresholds_minor": {currency: 0}}, [currency])
    memory = AccountState()
    for attempt in range(step["old_attempts"]):
        today = SOME_DAY + timedelta(days=1 + attempt)
        memory = samples.night(Facts(samples.customer(), memory, items=(item,)), samples.setting(before), today)
    after = policy_of({**REPEATING, "thresholds_minor": _thresholds(step, currency)}, [currency])
    policy = after if step.get("follows_policy", True) else before
    now = item.model_copy(update={"open_minor": owed})
    decided = decide(Facts(samples.customer(), memory, items=(now,)), samples.setting(policy), LATER)
    return differ("attempts", step["expect_attempts"], sum(decided.state.notices.values()))


REPEATING: Final = {
    "unit": "customer_currency", "mode": "repeat", "trigger": {"basis": "due_date", "offset_days": 0, "op": ">"},
}  # fmt: skip


def _thresholds(step: Body, currency: str) -> dict[str, int]:
    for word in ("new_thresholds_minor", "thresholds_minor", "new_thresholds"):
        if word in step:
            return dict(step[word])
    return {step.get("new_threshold_currency", currency): step.get("new_threshold_minor", 0)}


def _level(step: Body) -> list[str]:
    """The level of the next message about an item after so many."""
    memory = AccountState()
    if step["past_notices"]:
        memory = replace(memory, notices={"account": step["past_notices"]})
    return differ("level", step["expect_level"], memory.item("item").level + 1)


def _write_off(step: Body) -> list[str]:
    """A level never writes anything off by itself: a person decides on a proposal."""
    written_off = False
    return differ("written off", step["expect_written_off"], written_off)


# Every word of a step that some reading looks at.
KNOWN: Final = {
    "issued", "cancel", "cancelled", "fee_paid_minor", "expect", "last_level_after", "from", "to", "do",
    "mark_as_sent", "old_attempts", "expect_attempts", "currency", "overdue_minor", "follows_policy",
    "new_threshold_minor", "new_threshold_currency", "new_thresholds_minor", "thresholds_minor", "new_thresholds",
    "past_notices", "expect_level", "level_write_off", "expect_written_off", "item", "notes",
}  # fmt: skip

READINGS: Final[tuple[tuple[set[str], Callable[[Body], list[str]]], ...]] = (
    ({"issued", "cancel"}, _retract),
    ({"from", "to"}, _move),
    ({"from", "do"}, _do),
    ({"old_attempts", "expect_attempts"}, _attempts),
    ({"past_notices", "expect_level"}, _level),
    ({"level_write_off"}, _write_off),
)
