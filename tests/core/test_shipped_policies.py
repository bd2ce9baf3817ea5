"""The shipped policies, night after night: the days that their documents promise, and what must not happen."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts, NoticePlan, Setting
from core.ledger import Approval, ClosedItem, Credit, CreditKind, CustomerKind, Item, ItemKind, Person
from core.policy.load import load_policy, shipped
from core.policy.schema import Effect, Policy
from core.state import AccountState
from tests.builders import DUE, a_customer, a_setting, an_item, contacts, facts, on
from tests.core.night import accept


def the_policy(name: str, **changes: Any) -> Policy:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    return policy.model_copy(update=changes)


def every_day(name: str, **changes: Any) -> Setting:
    """The policy where every day is a day for mails, at a company with all roles filled."""
    policy = the_policy(name, send_days="all", due_rolls="off", **changes)
    roles = {role for step in policy.steps for role in step.audience.ours} | {policy.after_last_owner, policy.heard_by}
    people = tuple(Person(id=role, name=role, email=f"{role}@example.test", roles=(role,)) for role in sorted(roles))
    return replace(a_setting(policy), people=people)


@dataclass
class Story:
    """What happened, by days past due of the item due on DUE."""

    mails: dict[int, str] = field(default_factory=dict)  # template
    levels: dict[int, int] = field(default_factory=dict)  # tone
    tasks: dict[int, list[str]] = field(default_factory=dict)  # kinds
    proposals: dict[int, list[str]] = field(default_factory=dict)
    announced: dict[int, list[str]] = field(default_factory=dict)
    told: dict[int, set[str]] = field(default_factory=dict)  # roles of ours with a digest line
    decisions: dict[int, Decision] = field(default_factory=dict)

    def note(self, day: int, decision: Decision) -> None:
        self.decisions[day] = decision
        for notice in decision.notices:
            assert day not in self.mails, "one message to an account a day"
            self.mails[day], self.levels[day] = notice.template, notice.level
        for where, what in (
            (self.tasks, [task.kind for task in decision.tasks]),
            (self.proposals, [one.proposal for one in decision.proposals]),
            (self.announced, [one.what for one in decision.announcements]),
        ):
            if what:
                where[day] = what
        if decision.digest:
            self.told[day] = {line.role for line in decision.digest}


def lived(
    setting: Setting, until: int, ledger: Callable[[date], Facts], *, first: int = -30, approve: bool = False
) -> Story:
    """Every night: what is planned is accepted at once and delivered; with `approve` each proposal the day after."""
    story, state, approvals = Story(), AccountState(), tuple[Approval, ...]()
    for day in range(first, until + 1):
        as_of = on(day)
        decision = decide(replace(ledger(as_of), state=state, approvals=approvals), setting, as_of)
        story.note(day, decision)
        state = accept(decision, setting)
        for notice in decision.notices:
            state = state.deliver(notice.steps, as_of)
        if approve:
            approvals += tuple(
                Approval(proposal=one.id, granted=True, decided_on=as_of, by="ar_manager") for one in decision.proposals
            )
    return story


def unpaid(*items: Item, **more: Any) -> Callable[[date], Facts]:
    """A ledger in which nothing happens: each item is known from its issue date on."""
    return lambda day: facts(*(item for item in items if item.issued_on <= day), **more)


ONE = unpaid(an_item(issued_on=DUE - timedelta(days=30)))

MAILS: list[tuple[str, int, list[int]]] = [
    ("machinery-manufacturer", 95, [-7, 7, 14, 60, 91, 92, 93, 94, 95]),
    ("headline-31-61-91", 200, [31, 61, 91]),
    ("ageing-7-14-30", 130, [-30, 7, 14, 30, 44, 58, 72, 86, 100, 114, 128]),  # the first one thanks for the order
    ("customer-friendly-three-levels", 130, [7, 21, 35]),
    ("segments-30-60-90", 130, [-7, 0, 7, 30, 37, 44, 51, 58, 60, 74, 88, 91]),
    ("software", 130, [-3, 3, 10, 21]),
    ("retail", 130, [5, 19, 33]),
    ("media", 130, [-5, 4, 14, 28]),
    ("manufacturing", 130, [5, 15, 30]),
    ("financial-services", 130, [-5, 3, 14, 30]),
    ("professional-services", 130, [5, 20, 35, 60]),
    ("wholesale", 130, [3, 10, 20]),
    ("healthcare", 130, [7, 35, 63]),
    ("nonprofit", 130, [-7, 7, 42]),
]


@pytest.mark.parametrize(("name", "until", "days"), MAILS, ids=[row[0] for row in MAILS])
def test_one_unpaid_invoice_hears_on_these_days(name: str, until: int, days: list[int]) -> None:
    assert list(lived(every_day(name), until, ONE).mails) == days


def test_no_shipped_policy_is_left_out() -> None:
    assert {row[0] for row in MAILS} == shipped().keys()


# ---------- R1 ----------


def test_ageing_calls_after_four_mails_or_at_45() -> None:
    welcomed = lived(every_day("ageing-7-14-30"), 130, ONE)
    assert [day for day, kinds in welcomed.tasks.items() if "phone-call" in kinds] == [31]  # the fourth went out at 30
    seen_late = lived(every_day("ageing-7-14-30"), 130, ONE, first=1)
    assert [day for day, kinds in seen_late.tasks.items() if "phone-call" in kinds] == [45]
    assert list(seen_late.mails)[:4] == [7, 14, 30, 44]


def test_ageing_asks_a_person_at_60_and_90() -> None:
    story = lived(every_day("ageing-7-14-30"), 100, ONE)
    assert story.proposals == {60: ["credit_hold"], 90: ["legal-or-disconnect"]}
    assert not any("credit_hold_set" in what for what in story.announced.values())


def test_ageing_holds_credit_two_business_days_after_a_person_agreed() -> None:
    story = lived(every_day("ageing-7-14-30"), 100, ONE, approve=True)
    days = [day for day, what in story.announced.items() if "credit_hold_set" in what]
    assert len(days) == 1
    assert 62 <= days[0] <= 66  # +60 is a Friday: agreed to on it, heard of on the next night, two business days
    assert any("proposal_granted" in what for day, what in story.announced.items() if day > 90)


def test_ageing_speaks_up_when_a_balance_is_over_its_limit() -> None:
    large = unpaid(an_item(open_minor=1_000_001, issued_on=DUE - timedelta(days=30)))
    within = unpaid(an_item(open_minor=1_000_000, issued_on=DUE - timedelta(days=30)))
    told = [notice.steps for one in lived(every_day("ageing-7-14-30"), -20, large).decisions.values()
            for notice in one.notices]  # fmt: skip
    assert any(step.step == "over-limit" for steps in told for step in steps)
    assert list(lived(every_day("ageing-7-14-30"), -20, within).mails.values()) == ["welcome-terms"]


# ---------- R4 ----------


def test_segments_ask_our_people_on_these_days() -> None:
    story = lived(every_day("segments-30-60-90"), 130, ONE)
    assert story.proposals == {30: ["hand-to-collections-team"]}
    assert [day for day, kinds in story.tasks.items() if "phone-call" in kinds] == [60, 74, 88]
    assert {day: kinds for day, kinds in story.tasks.items() if "phone-call" not in kinds} == {91: ["escalation"]}
    assert story.told[30] == {"ar_manager"}
    assert story.told[60] == {"ar_team"}
    assert story.told[91] == {"sales_manager"}
    assert set(story.told) == {30, 60, 74, 88, 91}


def test_segments_write_the_final_notice_only_after_a_delivery() -> None:
    """Accepted and silent is not enough for final words."""
    setting, state, mails = every_day("segments-30-60-90"), AccountState(), []
    for day in range(-30, 120):
        decision = decide(replace(ONE(on(day)), state=state), setting, on(day))
        state = accept(decision, setting)
        mails += [notice.template for notice in decision.notices]
    assert mails
    assert "final-notice" not in mails


@pytest.mark.parametrize(("currency", "minor", "days"), [
    ("INR", 100_000_001, [30]),
    ("INR", 100_000_000, []),  # strictly more
    ("EUR", 200_000_000, []),  # and no rate to compare it with
])  # fmt: skip
def test_segments_call_the_finance_director_for_more_than_a_million_rupees(
    currency: str, minor: int, days: list[int]
) -> None:
    ledger = unpaid(an_item(open_minor=minor, currency=currency))
    story = lived(every_day("segments-30-60-90"), 40, ledger)
    assert [day for day, kinds in story.tasks.items() if "intervention" in kinds] == days


# ---------- R3 and its fixtures ----------

R3 = "customer-friendly-three-levels"


def euros(item_id: str, amount: int, dpd: int, **changes: Any) -> Item:
    """An invoice over whole euros that is `dpd` days past due when the one due on DUE is at day 0."""
    due_on = DUE - timedelta(days=dpd)
    return an_item(item_id, due_on=due_on, open_minor=100 * amount, **changes)


def test_three_levels_propose_a_default_notice_and_then_ask() -> None:
    story = lived(every_day(R3), 130, ONE)
    assert list(story.levels.values()) == [1, 2, 3]
    assert story.proposals == {49: ["default-notice"]}


def test_three_levels_can_begin_before_the_due_date() -> None:
    policy = the_policy(R3)
    steps = tuple(step.model_copy(update={"off": False}) for step in policy.steps)
    assert list(lived(every_day(R3, steps=steps), 130, ONE).mails) == [-3, 7, 21, 35]


@pytest.mark.parametrize(("small", "listed"), [(10, ["large"]), (100, ["old", "large"])])
def test_an_old_small_sum_does_not_make_a_letter_loud(small: int, listed: list[str]) -> None:
    """10 at +90 with 5,000 at +30: level 2 for the 5,000, the 10 left out; 100 is listed with its own days."""
    ledger = unpaid(euros("old", small, 60), euros("large", 5_000, 0))
    story = lived(every_day(R3), 30, ledger, first=-100)
    day = max(day for day in story.mails if day <= 30)
    (notice,) = story.decisions[day].notices
    assert (story.levels[day], [line.item for line in notice.overdue]) == (2, listed)
    assert [line.days_past_due for line in notice.overdue] == [day + 60, day][-len(listed) :]
    assert story.decisions[30].state.item("old").level == (3 if small > 10 else 0)


def test_a_fee_never_lifts_a_balance_over_the_limit() -> None:
    fee = euros("fee", 10, 30, kind=ItemKind.FEE, of="I1")
    assert lived(every_day(R3), 60, unpaid(euros("I1", 20, 0), fee)).mails == {}


def test_who_usually_pays_in_time_hears_a_friendly_word_without_a_fee() -> None:
    """Ten paid in time, one skipped, one issued later and paid already."""
    record = tuple(
        ClosedItem(issued_on=day - timedelta(days=30), due_on=day, paid_on=day, currency="EUR", minor=10_000)
        for day in (DUE - timedelta(days=300 - 20 * n) for n in range(10))
    )
    later = ClosedItem(issued_on=DUE - timedelta(days=5), due_on=DUE + timedelta(days=25), paid_on=DUE, currency="EUR",
                       minor=10_000)  # fmt: skip
    setting = every_day(R3)
    decision = decide(facts(an_item(), state=AccountState(paid=(*record[1:], later))), setting, on(7))
    (notice,) = decision.notices
    assert (notice.template, notice.charges) == ("friendly", ())
    late = tuple(one.model_copy(update={"paid_on": one.due_on + timedelta(days=9)}) for one in record[1:])
    (notice,) = decide(facts(an_item(), state=AccountState(paid=(*late, later))), setting, on(7)).notices
    assert notice.template == "reminder"


def test_subsidiaries_that_are_chased_themselves_get_their_own_letters() -> None:
    """Billed centrally, chased apart: three accounts, three letters, each to its own contacts."""
    letters = list[NoticePlan]()
    for name in ("S1", "S2", "S3"):
        own = tuple(
            contact.model_copy(update={"customer": name, "email": f"ap@{name.lower()}.example"})
            for contact in contacts()[:1]
        )
        known = facts(an_item(customer=name), customer=a_customer(id=name, parent="HQ"), contacts=own)
        letters += decide(known, every_day(R3), on(7)).notices
    assert [letter.recipients[0].email for letter in letters] == ["ap@s1.example", "ap@s2.example", "ap@s3.example"]
    assert len({letter.id for letter in letters}) == 3


def test_an_open_credit_note_leaves_too_little_to_write_about() -> None:
    credit = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=10_000, booked_on=DUE)
    assert lived(every_day(R3), 60, unpaid(euros("I1", 120, 0), credits=(credit,))).mails == {}


def test_small_sums_carry_the_tone_only_together() -> None:
    """15 at level 3 and 15 at level 2: level 2 without a limit of the invoice; small, and so level 1, with it."""
    ledger = unpaid(euros("a", 15, 0), euros("b", 15, -14))
    minimum = the_policy(R3).minimum
    free = minimum.model_copy(update={"item": minimum.item.model_copy(update={"amount": {"EUR": 0}})})
    assert lived(every_day(R3, minimum=free), 35, ledger).levels[35] == 2
    assert lived(every_day(R3), 60, ledger).levels == {15: 0, 21: 1}  # at 15 only one of the two has a level


def test_many_small_ones_are_chased_as_a_group() -> None:
    ledger = unpaid(*(euros(f"I{n:02}", 20, 0) for n in range(50)))
    story = lived(every_day(R3), 60, ledger)
    assert set(story.levels.values()) == {1}
    (notice,) = story.decisions[7].notices
    assert len(notice.overdue) == 50


# ---------- what every one of them keeps ----------


@pytest.mark.parametrize("name", shipped())
def test_the_first_word_after_the_due_date_comes_within_a_week(name: str) -> None:
    policy = the_policy(name)
    first = min(step.offset_days for step in policy.messages if step.offset_days > 0)
    assert first <= 7 or name == "headline-31-61-91"  # shipped as its document states it


@pytest.mark.parametrize("name", shipped())
def test_hardship_stops_what_hurts(name: str) -> None:
    ledger = unpaid(an_item(open_minor=500_000, issued_on=DUE - timedelta(days=30)), customer=a_customer(hardship=True))
    policy = the_policy(name)
    story = lived(every_day(name), 130, ledger, approve=True)
    harsh = {step.id for step in policy.steps if step.adverse or step.effect in (Effect.FEE, Effect.CREDIT_HOLD)}
    assert not any("credit_hold_set" in what for what in story.announced.values())
    for decision in story.decisions.values():
        assert decision.charges == ()
        assert not any(one.step in harsh for one in decision.proposals)
        for notice in decision.notices:
            assert not any(charge.new for charge in notice.charges)
            assert not harsh & {step.step for step in notice.steps}


CONSUMERS = ("retail", "media", "healthcare", "financial-services", "nonprofit")


@pytest.mark.parametrize("name", CONSUMERS)
def test_consumers_are_charged_nothing_and_nothing_harsh_goes_without_a_person(name: str) -> None:
    policy = the_policy(name)
    assert (policy.treat_as, policy.interest, policy.compensation) == ("consumer", None, None)
    for step in policy.steps:
        assert (step.fee, step.document_fee, step.charge_interest, step.charge_compensation) == (
            None,
            None,
            False,
            False,
        )
        assert step.effect not in (Effect.FEE, Effect.INTEREST, Effect.CREDIT_HOLD)
        assert step.adverse is None or (step.effect is Effect.PROPOSAL and step.approval)
        assert step.adverse not in ("legal", "agency")
        assert step.template not in ("final-notice", "delinquent", "daily-reminder")


def test_a_gift_is_never_demanded() -> None:
    policy = the_policy("nonprofit")
    assert {step.template for step in policy.steps} == {"donation"}
    assert {step.effect for step in policy.steps} == {Effect.MESSAGE}
    assert (policy.activation.statement, policy.after_last_step) == ("donation", "nothing")


@pytest.mark.parametrize("name", shipped())
def test_nothing_harsh_happens_without_a_mail_before_it(name: str) -> None:
    for step in the_policy(name).steps:
        assert step.adverse is None or step.requires_step
        assert step.effect is not Effect.CREDIT_HOLD or step.approval


def test_the_compensation_of_wholesale_never_meets_a_consumer() -> None:
    told = (("business", None, True), ("consumer", None, False), ("business", CustomerKind.CONSUMER, False))
    for kind, treat_as, charged in told:
        ledger = unpaid(an_item(open_minor=500_000), customer=a_customer(kind=kind, country="DE"))
        setting = every_day("wholesale", treat_as=treat_as)
        setting = replace(setting, entity=setting.entity.model_copy(update={"country": "DE"}))
        (notice,) = lived(setting, 20, ledger).decisions[20].notices
        assert any(charge.kind is ItemKind.COMPENSATION for charge in notice.charges) is charged


def test_a_person_decides_what_follows_only_after_the_policys_own_last_word() -> None:
    story = lived(every_day(R3), 130, ONE)
    days = [day for day, kinds in story.tasks.items() if "decide-next" in kinds]
    assert days == [52, 82, 112]  # the default notice is proposed at 49; with the gap of a mail, then again every 30
    eased = unpaid(an_item(issued_on=DUE - timedelta(days=30)), customer=a_customer(hardship=True))
    assert min(day for day, kinds in lived(every_day(R3), 60, eased).tasks.items() if "decide-next" in kinds) == 38
