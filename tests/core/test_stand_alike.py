"""Items of the same dates, memory and clocks stand alike on a ladder: found out once a night, told apart where not."""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decide.account import decide
from core.decide.checks import in_minor_units, with_checks
from core.decide.model import Decision, Facts, Setting
from core.ledger import Credit, CreditKind, Hold, Item, PartPayment
from core.memo import Memo
from core.policy.schema import Policy
from core.state import AccountState, Baseline, ItemState, RepeatClock
from core.stored import stored
from tests.builders import RUNGS, a_ladder, a_setting, an_item, facts, on
from tests.core.test_tonight import fresh, like, plain
from tests.core.worlds import World, any_worlds, lived, worth

EARLY = {**RUNGS[0], "id": "early", "offset_days": -3, "level": 0, "valid_until_dpd": 9}
DAILY = {**RUNGS[2], "repeat": {"every_days": 7}}
RULES = {"minimum": {"item": {"amount": {"EUR": 50}}}, "max_attempts": 3}
LADDERS = {
    "one up": a_ladder(rungs=(EARLY, *RUNGS[:2], DAILY, RUNGS[3]), max_jump=1, wait_for_notice_deadline=True, **RULES),
    "any up": a_ladder(rungs=RUNGS, max_jump="any", keep_threshold_gap=True, **RULES),
    "by one": a_ladder(rungs=RUNGS, advance="next"),
    "all again": a_ladder(rungs=RUNGS, advance="repeat"),
    "by state": a_ladder(rungs=RUNGS, advance="state"),
    "the last one again": a_ladder(rungs=RUNGS, after_last_step="repeat"),
    "by last": a_ladder(rungs=(EARLY, RUNGS[0], *({**rung, "anchor": "previous_notice"} for rung in RUNGS[1:]))),
    "by issue": a_ladder(rungs=RUNGS, age_basis="issue"),
}
CLIMBED = ItemState(1, "l1", 1, (), on(7), None, climbed_on=on(7))


def remembered(state: ItemState, item: Item | None = None, **account: Any) -> Facts:
    return facts(item or an_item(), state=AccountState(items={"I1": state}, **account))


OLD = Baseline(on(3), on(3))
STATED = ItemState(0, None, 1, ("statement",))
CREDIT = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=9, booked_on=on(0))
ALIKE_BUT_FOR_ONE_THING = (
    facts(an_item()),
    facts(an_item(due_on=on(1))),
    facts(an_item(issued_on=on(-2))),
    facts(an_item(), holds=(Hold(id="h", until=on(3)),)),
    facts(an_item(part_payments=(PartPayment(id="p", recorded_on=on(7), minor=5_000),))),
    facts(an_item(), credits=(CREDIT,)),
    remembered(CLIMBED),
    remembered(CLIMBED, an_item(open_minor=1, original_minor=1)),
    remembered(CLIMBED, baseline=OLD),
    remembered(CLIMBED, baseline=Baseline(on(-9), on(3))),
    remembered(replace(STATED, last_on=on(0)), baseline=OLD),
    remembered(replace(STATED, last_on=on(1)), baseline=OLD),
    remembered(replace(CLIMBED, level=2, step=None)),
    remembered(replace(CLIMBED, level=2)),
    remembered(replace(CLIMBED, level=2), an_item(policy="named")),
    remembered(replace(CLIMBED, level=2, step="l2")),
    remembered(replace(CLIMBED, attempts=3)),
    remembered(replace(CLIMBED, level=0, step=None)),
    remembered(replace(CLIMBED, level=0, step=None, effects=("punctual",))),
    remembered(replace(CLIMBED, last_on=on(8))),
    remembered(replace(CLIMBED, last_on=on(14))),
    remembered(replace(CLIMBED, level=4, step="l4", last_on=on(31))),
    remembered(replace(CLIMBED, level=4, step="l4", last_on=on(32))),
    remembered(replace(CLIMBED, pay_by=on(60))),
    remembered(replace(CLIMBED, level=3, step="l3"), repeats={"l3": RepeatClock(on(2), last=0, count=1)}),
    remembered(replace(CLIMBED, level=3, step="l3"), repeats={"l3": RepeatClock(on(5), last=0, count=1)}),
)


def as_stored(setting: Setting) -> Setting:
    """With its policies as a stack keeps them, which spell out what they do not say."""
    own, *others = [
        stored(Policy, policy.model_dump(mode="json", exclude_none=True))
        for policy in (setting.policy, *setting.policies.values())
    ]
    return replace(setting, policy=own, policies=dict(zip(setting.policies, others, strict=True)))


def traced(account: Facts, setting: Setting, day: date) -> Decision:
    return with_checks(decide(account, setting, day), account, setting, money=in_minor_units)


@pytest.mark.parametrize("name", LADDERS)
def test_what_is_known_of_one_item_is_not_said_of_another(name: str) -> None:
    own, named = a_setting(LADDERS[name]), replace(a_setting(a_ladder()), policies={"named": LADDERS[name]})
    for day in (on(-2), on(8), on(14), on(33), on(61)):
        for account in ALIKE_BUT_FOR_ONE_THING:
            for setting in (own, named):
                assert traced(account, setting, day) == traced(account, fresh(setting), day)


@given(world=any_worlds(nights=25), random=st.randoms(use_true_random=False))
@worth(3)
def test_nor_under_any_policy_from_a_file_or_stored(world: World, random: Random) -> None:
    kept = as_stored(world.setting)
    for night in lived(world, skip_idle=True):
        for account in (night.facts, *like(plain(night.facts), random)):
            assert traced(account, world.setting, night.day) == traced(account, fresh(kept), night.day)


def test_nights_and_answers_are_kept_for_a_while_only() -> None:
    memo = Memo()
    first = memo.of(1)
    first["asked"] = "answered"
    assert memo.of(1) is first
    for night in range(2, 6):
        memo.of(night)
    assert memo.of(1) == {}
    full = memo.of(6)
    full.update(dict.fromkeys(range(5_001)))
    assert memo.of(6) == {}
