"""Limits and tone over whole accounts: what an old small item may do to a letter about a large young one."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import GROUP, decide
from core.decide.model import NoticePlan, Reason
from core.ledger import ClosedItem, Credit, CreditKind, Hold, PartPayment
from core.policy.schema import Anchor, Policy
from core.policy.step_facts import step_facts
from core.state import AccountState, ItemState
from tests.builders import DUE, a_ladder, a_policy, a_setting, an_item, facts, on

R3 = a_policy("customer-friendly-three-levels", send_days="all", due_rolls="off", minimum={})
WORDS = {level: step.template for level in (1, 2, 3) for step in R3.messages if step.level == level}


def at_level(level: int, days_ago: int = 30) -> ItemState:
    """An item that was told so far, long ago."""
    step = next(step.id for step in R3.messages if step.level == level)
    return ItemState(level, step, level, last_on=DUE - timedelta(days=days_ago))


def old(item: str, minor: int, dpd: int = 90, **changes: Any) -> Any:
    return an_item(item, due_on=on(-dpd), open_minor=minor, **changes)


def letter(*items: Any, levels: dict[str, int] | None = None, policy: Policy = R3, **about: Any) -> NoticePlan | None:
    """The message of the night of DUE, with the level that each item has had."""
    memory = {item: at_level(level) for item, level in (levels or {}).items()}
    state = AccountState(items=memory, **about.pop("memory", {}))
    notices = decide(facts(*items, state=state, **about), a_setting(policy), DUE).notices
    return notices[0] if notices else None


def tone(*items: Any, **about: Any) -> int | None:
    plan = letter(*items, **about)
    return None if plan is None else plan.level


# ---------- what is listed, what is loud, what is raised ----------


def test_all_overdue_items_are_listed_the_loud_one_sets_the_words_and_only_what_is_due_is_raised() -> None:
    items = old("A", 100_000), old("B", 5_000, dpd=7), old("C", 30_000, dpd=3)
    memory = {"last_accepted_on": {GROUP: on(-10)}, "tones": {GROUP: 3}}
    plan = letter(*items, levels={"A": 3}, memory=memory)
    assert plan is not None
    listed, raised = [line.item for line in plan.overdue], [due.item for due in plan.steps]
    assert (listed, plan.level, plan.template, raised) == (["A", "B", "C"], 3, WORDS[3], ["B"])


@pytest.mark.parametrize(("dpd", "listed"), [(0, ["B"]), (1, ["B", "C"])])  # overdue from the day after
def test_what_is_not_overdue_is_not_listed(dpd: int, listed: list[str]) -> None:
    plan = letter(old("B", 5_000, dpd=7), old("C", 30_000, dpd=dpd))
    assert plan is not None
    assert [line.item for line in plan.overdue] == listed


EARLY = R3.model_copy(
    update={"steps": tuple(step.model_copy(update={"off": False}) for step in R3.steps)}
)  # the gentle reminder switched on


def test_what_comes_due_has_its_own_table_and_does_not_weigh() -> None:
    plan = letter(old("B", 5_000, dpd=35), old("soon", 900_000, dpd=-3), levels={"B": 2}, policy=EARLY)
    assert plan is not None
    tables = [line.item for line in plan.overdue], [line.item for line in plan.coming_due]
    assert (tables, plan.level, plan.totals) == ((["B"], ["soon"]), 3, {"EUR": 5_000})


@pytest.mark.parametrize(
    ("overdue", "coming", "listed"),
    [
        (2_499, 9_000, ([], ["soon"])),  # what is coming due lifts nothing overdue over the limit
        (2_500, 9_000, (["B"], ["soon"])),
        (2_500, 1, (["B"], ["soon"])),
        (1_000, 1_500, ([], ["soon"])),
        (1_000, 1_499, ([], [])),
    ],
)
def test_each_table_reaches_the_minimum_or_is_left_out(
    overdue: int, coming: int, listed: tuple[list[str], list[str]]
) -> None:
    policy = EARLY.model_copy(update={"minimum": R3.minimum.model_copy(update={"account": {"EUR": 2_500}})})
    plan = letter(old("B", overdue, dpd=7), old("soon", coming, dpd=-3), policy=policy)
    tables = () if plan is None else (plan.overdue, plan.coming_due)
    assert tuple([line.item for line in table] for table in tables) == (listed if any(listed) else ())


@pytest.mark.parametrize(("minor", "loud"), [(9_999, 1), (10_000, 3)])  # one tenth of what is listed
def test_the_louder_table_of_two_currencies_wins(minor: int, loud: int) -> None:
    dollars = old("D", minor, currency="USD"), old("E", 100_000 - minor, dpd=7, currency="USD")
    assert tone(*dollars, old("B", 5_000, dpd=7), levels={"D": 3}) == loud


def test_a_table_below_its_minimum_is_left_out_and_not_loud() -> None:
    policy = R3.model_copy(update={"minimum": R3.minimum.model_copy(update={"account": {"EUR": 100, "USD": 2_500}})})
    plan = letter(old("D", 2_499, currency="USD"), old("B", 5_000, dpd=7), levels={"D": 3}, policy=policy)
    assert plan is not None
    assert ([line.item for line in plan.overdue], plan.level) == (["B"], 1)


# ---------- the minimum is one of the account ----------


@pytest.mark.parametrize(("other", "messages"), [(999, 0), (1_000, 2), (1_001, 2)])
@pytest.mark.parametrize("group_by", ["department", "item"])
def test_the_minimum_is_tested_on_the_account_whatever_its_messages(group_by: str, other: int, messages: int) -> None:
    policy = R3.model_copy(
        update={"group_by": group_by, "minimum": R3.minimum.model_copy(update={"account": {"EUR": 2_500}})}
    )
    items = old("A", 1_500, dpd=7, department="north"), old("B", other, dpd=7, department="south")
    assert len(decide(facts(*items), a_setting(policy), DUE).notices) == messages


def test_credit_that_gates_counts_once_over_all_departments() -> None:
    policy = R3.model_copy(update={"group_by": "department", "unapplied": "gate"})
    cash = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=5_000, booked_on=on(-30))
    items = old("A", 4_000, dpd=7, department="north"), old("B", 4_000, dpd=7, department="south")
    assert len(decide(facts(*items, credits=(cash,)), a_setting(policy), DUE).notices) == 2  # 3,000 more than it


# ---------- held back by materiality, released one a message ----------


@pytest.mark.parametrize("max_jump", [1, 2, "any"])
@pytest.mark.parametrize(
    ("last", "loud"),
    [
        (None, 3),  # nothing was said yet: nothing was held back
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 3),
    ],
)
def test_a_level_held_back_by_materiality_is_released_one_a_message(max_jump: Any, last: int | None, loud: int) -> None:
    """A stands at level 3 and was too small beside an item that is paid by now."""
    memory = {} if last is None else {"tones": {GROUP: last}}
    policy = R3.model_copy(update={"max_jump": max_jump})
    assert tone(old("A", 8_000), old("B", 1_000, dpd=7), levels={"A": 3}, memory=memory, policy=policy) == loud


def test_what_rises_tonight_was_not_held_back() -> None:
    policy = R3.model_copy(update={"max_jump": "any"})
    assert tone(old("A", 8_000, dpd=35), memory={"tones": {GROUP: 1}}, policy=policy) == 3


def after_a_message(*items: Any, levels: dict[str, int], **about: Any) -> AccountState:
    """The memory once the message of the night before DUE was accepted."""
    state = AccountState(items={item: at_level(level) for item, level in levels.items()})
    decision = decide(facts(*items, state=state, **about), a_setting(R3), on(-1))
    (plan,) = decision.notices
    return decision.state.accept(plan.group, plan.steps, step_facts(R3), on(-4))


def next_letter(state: AccountState, *items: Any) -> int:
    return decide(facts(*items, state=state), a_setting(R3), DUE).notices[0].level


def test_what_was_listed_and_not_loud_is_held_back() -> None:
    first = old("A", 500), old("B", 90_000, dpd=8)
    state = after_a_message(*first, levels={"A": 3})
    assert next_letter(state, old("A", 500), old("C", 100, dpd=7)) == 2


def test_what_was_not_listed_was_not_held_back() -> None:
    held = Hold(id="h", item="A")
    state = after_a_message(old("A", 500), old("B", 90_000, dpd=8), levels={"A": 3}, holds=(held,))
    assert next_letter(state, old("A", 500), old("C", 100, dpd=7)) == 3


# ---------- just paid ----------


def paid_lately(how: str, recorded_on: date, minor: int = 90_000) -> dict[str, Any]:
    """100,000 of a young item, most of it paid on that day."""
    young = an_item("B", due_on=on(-7), original_minor=100_000, open_minor=100_000 - minor)
    if how == "part":
        part = PartPayment(id="p", recorded_on=recorded_on, minor=minor)
        return {"items": (young.model_copy(update={"part_payments": (part,)}),)}
    closed = ClosedItem(issued_on=on(-40), due_on=on(-10), paid_on=recorded_on, currency="EUR", minor=minor)
    return {"items": (young,), "memory": {"paid": (closed,)}}


@pytest.mark.parametrize("how", ["part", "closed"])
@pytest.mark.parametrize(("days", "loud"), [(0, 1), (2, 1), (3, 3)])  # after hold_after_payment_days it may be loud
def test_a_payment_makes_no_other_item_louder_at_once(how: str, days: int, loud: int) -> None:
    """5,000 at level 3 was 5 % of the letter, and is a third of what is left."""
    known = paid_lately(how, on(-days))
    third = old("C", 100, dpd=7)  # a step is due, whatever B's payment holds back
    assert tone(old("A", 5_000), *known.pop("items"), third, levels={"A": 3, "B": 1}, **known) == loud


def test_what_a_loud_item_paid_itself_leaves_it_loud() -> None:
    part = PartPayment(id="p", recorded_on=DUE, minor=6_000)
    loud = old("A", 4_000, original_minor=10_000, part_payments=(part,))
    assert tone(loud, old("B", 35_000, dpd=7), levels={"A": 3}) == 3  # 4,000 of 39,000: the payment was its own


def test_the_mildest_level_listed_needs_no_share() -> None:
    known = paid_lately("closed", DUE)
    assert tone(old("C", 100, dpd=7), memory=known["memory"]) == 1


# ---------- small items ----------

SMALL = R3.model_copy(
    update={"minimum": R3.minimum.model_validate({"account": {"EUR": 2_500}, "item": {"amount": {"EUR": 2_500}}})}
)


@pytest.mark.parametrize(("count", "steps"), [(1, 0), (2, 0), (3, 3)])  # of 1,000 each
def test_small_items_are_chased_as_a_group_at_level_one(count: int, steps: int) -> None:
    plan = letter(*(old(f"S{n}", 1_000) for n in range(count)), policy=SMALL)
    assert (0 if plan is None else len(plan.steps)) == steps
    assert plan is None or plan.level == 1


def test_small_items_stay_at_level_one_and_what_they_had_stays_theirs() -> None:
    items = [old(f"S{n}", 1_000) for n in range(3)]
    state = AccountState(items={item.id: at_level(1) for item in items} | {"S0": at_level(3)})
    decision = decide(facts(*items, state=state), a_setting(SMALL), DUE)
    assert (decision.notices, decision.state.items["S0"].level) == ((), 3)


def test_small_items_beside_a_large_one_are_left_out_of_its_letter() -> None:
    plan = letter(old("S", 1_000), old("B", 50_000, dpd=7), policy=SMALL)
    assert plan is not None
    assert [line.item for line in plan.overdue] == ["B"]


@pytest.mark.parametrize(("minor", "reason"), [(2_499, Reason.SMALL), (2_500, Reason.STEP_DUE)])  # equal passes
def test_small_is_what_is_left_after_netting(minor: int, reason: Reason) -> None:
    note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=10_000 - minor, booked_on=on(-30))
    decision = decide(facts(old("B", 10_000, dpd=7), credits=(note,)), a_setting(SMALL), DUE)
    assert decision.verdicts[0].reason is reason


@pytest.mark.parametrize(("minor", "reason"), [(999, Reason.SMALL), (1_000, Reason.STEP_DUE)])
def test_small_by_a_share_of_the_items_own_amount(minor: int, reason: Reason) -> None:
    limits = {"account": {"EUR": 2_500}, "item": {"percent": 10}}
    policy = R3.model_copy(update={"minimum": R3.minimum.model_validate(limits)})
    rest, large = old("B", minor, dpd=7, original_minor=10_000), old("L", 50_000, dpd=7)
    assert decide(facts(rest, large), a_setting(policy), DUE).verdicts[0].reason is reason


GENTLE = SMALL.model_copy(update={"steps": EARLY.steps, "max_jump": "any"})
NONE = SMALL.model_copy(update={"minimum": SMALL.minimum.model_copy(update={"account": {}})})


@pytest.mark.parametrize("smalls", [2, 3, 9])  # 9 of 20.00 are as loud as small ones can be
def test_small_and_old_beside_what_comes_due_leaves_the_gentle_words(smalls: int) -> None:
    """Listed, and raised, in the words that the large one has without them."""
    items = [old(f"S{n}", 2_000) for n in range(smalls)]
    plan = letter(old("soon", 5_000, dpd=-3), *items, policy=GENTLE)
    assert plan is not None
    assert (plan.level, plan.template, len(plan.steps)) == (0, EARLY.messages[0].template, 1 + smalls * (smalls > 1))


def test_a_large_one_below_the_minimum_has_no_letter_of_its_own_to_keep() -> None:
    """Without the small ones nothing would go out; together they are 47.00 at level 1."""
    policy = SMALL.model_copy(update={"minimum": SMALL.minimum.model_validate(
        {"account": {"EUR": 2_500}, "item": {"amount": {"EUR": 1_000}}})})  # fmt: skip
    smalls = [old(f"S{n}", 900, dpd=7) for n in range(3)]
    assert tone(old("B", 2_000, dpd=7), *smalls, policy=policy) == 1
    assert tone(old("B", 2_000, dpd=7), policy=policy) is None


def test_the_oldest_unpaid_is_a_small_one_only_where_nothing_else_is() -> None:
    """An old rest does not make a young invoice as old as itself."""
    steps = tuple(step.model_copy(update={"anchor": Anchor.OLDEST_UNPAID_DUE}) for step in R3.messages)
    policy = NONE.model_copy(update={"steps": steps, "max_jump": "any"})
    assert tone(old("B", 50_000, dpd=7), old("S", 1_000, dpd=90), policy=policy) == 1
    assert tone(old("B", 50_000, dpd=7), old("S", 50_000, dpd=90), policy=policy) == 3
    assert tone(old("S", 1_000, dpd=90), policy=policy) == 1


@pytest.mark.parametrize("how", ["part", "credit"])
@pytest.mark.parametrize(("days", "steps"), [(0, []), (2, []), (3, ["A", "S"])])
def test_what_a_payment_made_small_counts_for_the_others_some_days_later(how: str, days: int, steps: list[str]) -> None:
    """15.00 and a rest of 15.00: together 25.00 and more."""
    rest = old("A", 50_000, dpd=8)
    about: dict[str, Any] = {}
    if how == "part":
        payment = PartPayment(id="p", recorded_on=on(-days), minor=48_500)
        rest = rest.model_copy(update={"open_minor": 1_500, "part_payments": (payment,)})
    else:
        note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=48_500, booked_on=on(-days))
        about["credits"] = (note,)
    decision = decide(facts(rest, old("S", 1_500, dpd=7), **about), a_setting(SMALL), DUE)
    assert [due.item for plan in decision.notices for due in plan.steps] == steps
    assert steps or decision.next_check_on == on(3 - days)


# ---------- a currency without a limit of its own ----------


@pytest.mark.parametrize(("minor", "sent"), [(49_999, 0), (50_000, 1)])  # 25.00 EUR
def test_a_currency_without_a_limit_has_the_entitys_at_the_pinned_rate(minor: int, sent: int) -> None:
    policy = R3.model_copy(update={"minimum": R3.minimum.model_copy(update={"account": {"EUR": 2_500}})})
    setting = a_setting(policy, currency="EUR", rates={"CZK": "0.05"})  # 500.00 koruna
    item = old("K", minor, dpd=7, currency="CZK")
    assert len(decide(facts(item), setting, DUE).notices) == sent


@pytest.mark.parametrize(("limits", "listed"), [
    ({}, {"EUR", "USD"}), ({"EUR": 1}, {"EUR", "USD"}), ({"USD": 1}, {"EUR"}),
])  # fmt: skip
def test_a_minimum_of_what_is_due_leaves_out_a_currency_only_where_there_is_one(
    limits: dict[str, int], listed: set[str]
) -> None:
    minimum = {"of": "due", "account": limits}
    due, waits = an_item("due"), an_item("waits", currency="USD", due_on=on(1))  # six days past due: no step
    (plan,) = decide(facts(due, waits), a_setting(a_ladder(minimum=minimum)), on(7)).notices
    assert set(plan.totals) == listed
