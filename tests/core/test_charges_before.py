"""What was charged before: a fee that was paid, a sum that stands, a word given later, and ids that never move."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Setting
from core.ledger import Dispute, Item, ItemKind, Waiver
from core.rehearsal.nights import after
from core.state import AccountState, ItemState
from tests.builders import a_customer, a_setting, an_item, facts, on
from tests.core.harsh import harsh_policy
from tests.core.test_charges import FIVE, TEN, TERMS, TO, ladder, told


def at_offsets(*steps: tuple[str, int, int], **charge: Any) -> Setting:
    """Messages (id, offset, level) that each charge the same."""
    rows = [{"id": name, "offset_days": days, "level": level, **TO, **charge} for name, days, level in steps]
    return a_setting(harsh_policy(steps=rows, compensation={"statutory": "EU"}))


def had(step: str | None, level: int) -> AccountState:
    """The message of that step was accepted, and what it charged was paid since: it stands no longer."""
    return AccountState(items={"I1": ItemState(level, step, 1, last_on=on(3))})


# ---------- a fee once an invoice and level ----------


@pytest.mark.parametrize(
    ("steps", "before", "fees"),
    [
        ((("a", 3, 1), ("b", 7, 1)), had("a", 1), 0),  # another step of the same level
        ((("a", 3, 1), ("b", 7, 2)), had("a", 1), 1),
        ((("a", 3, 0), ("b", 7, 0)), had("a", 0), 1),  # without a level each step has its own
        ((("a", 3, 1), ("b", 7, 2)), had(None, 0), 1),
    ],
)
def test_a_fee_that_was_paid_is_not_charged_again(steps: Any, before: AccountState, fees: int) -> None:
    decision = decide(facts(an_item(), state=before), at_offsets(*steps, fee=FIVE), on(7))
    assert (len(decision.notices), told(decision)) == (1, [("I1", "fee", 500, True)] * fees)


@pytest.mark.parametrize("level", [0, 1])
def test_a_step_that_comes_again_charges_once(level: int) -> None:
    row = {"id": "a", "offset_days": 7, "level": level, "fee": FIVE, "repeat": {"every_days": 7}, **TO}
    setting = a_setting(harsh_policy(steps=[row]))
    first = decide(facts(an_item()), setting, on(7))
    paid = facts(an_item(), state=after(facts(an_item()), first, setting).state)
    second = decide(paid, setting, on(14))
    assert ([len(one.notices) for one in (first, second)], told(second)) == ([1, 1], [])


# ---------- the fixed sum once an invoice ----------

SUM = {"charge_compensation": True}


def stands(kind: ItemKind, of: str) -> Item:
    return an_item("K", kind=kind, of=of, open_minor=3)


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (stands(ItemKind.COMPENSATION, "I1"), [("I1", "compensation", 3, False)]),  # posted under an id of its own
        (stands(ItemKind.FEE, "I1"), [("I1", "fee", 3, False), ("I1", "compensation", 4_000, True)]),
        (stands(ItemKind.COMPENSATION, "I2"), [("I1", "compensation", 4_000, True)]),
    ],
)
def test_the_fixed_sum_that_stands_is_not_charged_beside_itself(other: Item, shown: list[Any]) -> None:
    hidden = an_item("I2", disputed_all=True)
    assert told(decide(facts(an_item(), hidden, other), at_offsets(("a", 7, 1), **SUM), on(7))) == shown


@pytest.mark.parametrize(
    ("steps", "before", "sums"),
    [
        ((("a", 3, 1), ("b", 7, 2)), had("of another policy", 1), 0),  # known by its level alone
        ((("a", 3, 2), ("b", 7, 3)), had("of another policy", 1), 1),
        ((("a", 3, 0), ("b", 7, 1)), had(None, 0), 1),  # a word without a level was not said
    ],
)
def test_the_fixed_sum_of_an_earlier_level_counts_under_any_policy(steps: Any, before: AccountState, sums: int) -> None:
    decision = decide(facts(an_item(), state=before), at_offsets(*steps, **SUM), on(7))
    assert (len(decision.notices), len(told(decision))) == (1, sums)


@pytest.mark.parametrize(
    ("disputed", "shown"),
    [(None, []), (1, [("I1", "fee", 499, False)]), (499, [("I1", "fee", 1, False)]), (500, [])],
)
def test_what_is_disputed_of_a_charge_is_not_asked_for(disputed: int | None, shown: list[Any]) -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1", open_minor=500)
    known = facts(an_item(), fee, disputes=(Dispute(id="d", item="F", amount_minor=disputed, opened_on=on(1)),))
    (plan,) = decide(known, ladder({}), on(7)).notices
    assert [(one.item, one.kind.value, one.minor, one.new) for one in plan.charges] == shown


def test_only_the_new_interest_of_a_message_is_remembered_as_posted() -> None:
    each = {"charge_interest": True, "document_fee": FIVE}
    setting, known = ladder(each, each, **TERMS), facts(an_item())
    first = decide(known, setting, on(7))
    second = decide(after(known, first, setting), setting, on(14))
    posted = [dict(waiting.interest) for night in (first, second) for waiting in night.state.waiting.values()]
    assert posted == [{"I1": 7}, {"I1": 7}]


# ---------- waived since ----------

POSTED, SECOND = ("I1", "fee", 500, False), ("I1", "fee", 1_000, True)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([{"level": 2}], [POSTED]),
        ([{"step": "another"}], [POSTED, SECOND]),
        ([{"level": 1, "step": "l1"}], [SECOND]),
        ([{"item": "I2"}, {"level": 1}], [SECOND]),  # each word counts, in any order
        ([{"item": "I2"}], [POSTED, SECOND]),
    ],
)
def test_a_word_takes_back_what_it_names_and_nothing_else(words: list[dict[str, Any]], shown: list[Any]) -> None:
    setting, known = ladder({"fee": FIVE}, {"fee": TEN}), facts(an_item())
    known = after(known, decide(known, setting, on(7)), setting)
    waivers = tuple(
        Waiver(**{"id": f"w{n}", "item": "I1", "waived_on": on(10), **word}) for n, word in enumerate(words)
    )
    assert told(decide(replace(known, waivers=waivers), setting, on(14))) == shown


# ---------- amounts at their edges ----------


def test_a_currency_without_a_rate_is_charged_no_converted_fee() -> None:
    convert = {"fee": {"type": "convert", "currency": "EUR", "fee": FIVE}}
    setting = ladder(convert, entity={"currency": "EUR", "rates": {"CHF": "1.25"}})
    decision = decide(facts(an_item(currency="SEK")), setting, on(7))
    assert (len(decision.notices), told(decision)) == (1, [])


@pytest.mark.parametrize(("minor", "shown"), [(1_429, [1]), (714, []), (715, [1])])  # 0.07 % of it
def test_a_cent_of_interest_is_charged(minor: int, shown: list[int]) -> None:
    decision = decide(facts(an_item(open_minor=minor)), ladder({"charge_interest": True}, **TERMS), on(7))
    assert [one[2] for one in told(decision)] == shown
    assert decision.tasks == ()  # no rate is missing


def test_what_is_disputed_of_an_invoice_bears_no_interest() -> None:
    part = Dispute(id="d", item="I1", amount_minor=4_000, opened_on=on(1))
    setting = ladder({"charge_interest": True}, **TERMS)
    assert told(decide(facts(an_item(), disputes=(part,)), setting, on(10))) == [("I1", "interest", 6, True)]


def test_interest_by_the_law_of_our_own_country() -> None:
    found = [
        told(decide(facts(an_item(open_minor=1_000_000, currency="GBP")), setting, on(7)))
        for setting in (
            ladder({"charge_interest": True}, interest={"statutory": "GB"}),
            ladder({"charge_interest": True}, interest={"statutory": "entity"}, entity={"country": "GB"}),
        )
    ]
    assert found[0] == found[1] != []


def test_hardship_bears_no_interest_and_no_fixed_sum() -> None:
    setting = ladder({"charge_interest": True, **SUM}, compensation={"statutory": "EU"}, **TERMS)
    decision = decide(facts(an_item(), customer=a_customer(hardship=True)), setting, on(7))
    assert (len(decision.notices), told(decision)) == (1, [])


def test_nobody_looks_for_a_rate_before_a_step_asks_for_it() -> None:
    setting = ladder({}, {"charge_interest": True}, interest={"statutory": "EU"})
    item = an_item(due_on=date(2040, 1, 2), issued_on=date(2039, 12, 1))
    found = [len(decide(facts(item), setting, date(2040, 1, day)).tasks) for day in (9, 16)]
    assert found == [0, 1]


# ---------- ids ----------


def test_the_id_of_a_charge_is_the_same_in_every_release() -> None:
    """It is what keeps a charge from being posted twice: an account's fees outlive the code that reckoned them."""
    setting = ladder({"fee": FIVE, "charge_interest": True, **SUM}, compensation={"statutory": "EU"}, **TERMS)
    (plan,) = decide(facts(an_item()), setting, on(7)).notices
    assert {charge.kind.value: (charge.id, charge.step) for charge in plan.charges} == {
        "fee": ("8a10cf7118afcc05c23d5ae371", "l1"),
        "interest": ("7854cbff810928af7d18f3b163", "l1"),
        "compensation": ("10ded12cdc2bd91cd06fa5396b", "l1"),
    }


def test_accounts_and_kinds_share_no_id() -> None:
    steps = ({"id": "0", "offset_days": 30, "effect": "fee", "fee": FIVE},
             {"id": "i", "offset_days": 30, "effect": "interest"})  # fmt: skip
    setting = a_setting(harsh_policy(*steps, **TERMS))
    found = [
        [charge.id for charge in decide(facts(an_item(), customer=a_customer(id=name)), setting, on(30)).charges]
        for name in ("C1", "C2")
    ]
    assert len({*found[0], *found[1]}) == 4


def test_each_sending_of_a_message_has_a_document_fee_of_its_own() -> None:
    row = {"id": "a", "offset_days": 7, "level": 1, "document_fee": FIVE, "repeat": {"every_days": 7}, **TO}
    setting = a_setting(harsh_policy(steps=[row]))
    first = decide(facts(an_item()), setting, on(7))
    second = decide(facts(an_item(), state=after(facts(an_item()), first, setting).state), setting, on(14))
    ids = [charge.id for night in (first, second) for plan in night.notices for charge in plan.charges]
    assert ids == ["ca50db0b4ac5e2d6bd9c57a72a", "84fa315077056d261c7e471e7d"]


def test_a_word_without_a_level_has_a_fee_by_its_own_name() -> None:
    decision = decide(facts(an_item()), at_offsets(("a", 7, 0), fee=FIVE), on(7))
    assert [charge.id for charge in decision.notices[0].charges] == ["4701aae6afe7f64a5751c3d858"]
