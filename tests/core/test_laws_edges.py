"""Edges of the two clocks as tables: the day before, on it, and after it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.decide.account import GROUP, decide, next_check_on
from core.decide.model import Decision, Reason
from core.ledger import Contact, Credit, CreditKind, Hold, PartPayment, Promise
from core.policy.schema import Policy
from core.policy.step_facts import step_facts
from core.state import AccountState, DueStep, ItemState, RepeatClock, Waiting
from tests.builders import DUE, a_policy, a_setting, an_item, facts, on
from tests.core.night import accept, nights

R0, HEADLINE = a_policy(), a_policy("headline-31-61-91")
BUSINESS_DAYS = R0.model_copy(update={"send_days": "business_days"})
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 3, day) for day in (6, 7, 8, 9))


def verdict(decision: Decision) -> tuple[Reason, str | None]:
    return decision.verdicts[0].reason, decision.verdicts[0].step


def touched(level: int, step: str, item: str = "I1", **memory: Any) -> AccountState:
    return AccountState(items={item: ItemState(level, step, 1)}, **memory)


# ---------- early steps ----------


@pytest.mark.parametrize(
    ("terms", "dpd", "outcome"),
    [
        (30, -8, (Reason.NOT_YET, None)),
        (30, -7, (Reason.STEP_DUE, "a")),
        (11, -7, (Reason.TOO_SOON_AFTER_ISSUE, None)),  # the invoice is four days old
        (12, -7, (Reason.STEP_DUE, "a")),
        (9, -5, (Reason.TOO_SOON_AFTER_ISSUE, None)),
        (9, -4, (Reason.STEP_DUE, "a")),  # put off until issue + 5
        (5, -1, (Reason.TOO_SOON_AFTER_ISSUE, None)),
        (5, 0, (Reason.STEP_DUE, "a")),  # the last day that is both
        (4, 0, (Reason.TOO_SOON_AFTER_ISSUE, None)),
        (4, 1, (Reason.NOT_YET, None)),  # lapsed; b comes next
        (0, 0, (Reason.TOO_SOON_AFTER_ISSUE, None)),
    ],
)
def test_an_early_step_is_put_off_while_the_invoice_is_new(
    terms: int, dpd: int, outcome: tuple[Reason, str | None]
) -> None:
    item = an_item(issued_on=on(-terms))
    assert verdict(decide(facts(item), a_setting(R0), on(dpd))) == outcome


@pytest.mark.parametrize(
    ("due_on", "holidays", "first"),
    [
        (FRIDAY + timedelta(days=7), (), FRIDAY),
        (SATURDAY + timedelta(days=7), (), FRIDAY),  # -7 falls on a Saturday
        (SUNDAY + timedelta(days=7), (), FRIDAY),
        (MONDAY + timedelta(days=7), (), MONDAY),
        (MONDAY + timedelta(days=7), (MONDAY,), FRIDAY),
        (SUNDAY + timedelta(days=7), (FRIDAY,), date(2026, 3, 5)),
    ],
)
def test_an_early_step_goes_out_on_the_business_day_before(
    due_on: date, holidays: tuple[date, ...], first: date
) -> None:
    setting, item = a_setting(BUSINESS_DAYS, holidays=holidays), an_item(due_on=due_on)
    before, day = (decide(facts(item), setting, first - timedelta(days=back)) for back in (1, 0))
    assert (verdict(before)[0], before.next_check_on) == (Reason.NOT_YET, first)
    assert (verdict(day), len(day.notices)) == ((Reason.STEP_DUE, "a"), 1)


def test_an_early_step_that_no_send_day_was_left_for_lapses() -> None:
    item = an_item(due_on=SUNDAY, issued_on=SUNDAY - timedelta(days=6))  # allowed from Saturday on
    setting = a_setting(BUSINESS_DAYS)
    found = [verdict(decide(facts(item), setting, day))[0] for day in (FRIDAY, SATURDAY, SUNDAY, MONDAY)]
    assert found == [Reason.TOO_SOON_AFTER_ISSUE, Reason.NO_SEND_DAY, Reason.NO_SEND_DAY, Reason.NOT_YET]


def test_a_policy_that_ends_with_an_early_step_says_lapsed() -> None:
    only_a = R0.model_copy(update={"steps": R0.steps[:1]})
    assert verdict(decide(facts(an_item()), a_setting(only_a), on(1)))[0] is Reason.LAPSED


# ---------- late steps, due dates that roll ----------


@pytest.mark.parametrize(
    ("rolls", "due_on", "reached"),
    [
        ("off", SATURDAY, date(2026, 3, 14)),
        ("next_business_day", SATURDAY, date(2026, 3, 16)),  # due on Monday, so to speak
        ("next_business_day", FRIDAY, date(2026, 3, 13)),
        ("next_business_day", MONDAY, date(2026, 3, 16)),
    ],
)
def test_a_due_date_on_a_weekend_rolls_where_the_policy_says_so(rolls: Any, due_on: date, reached: date) -> None:
    setting, item = a_setting(R0.model_copy(update={"due_rolls": rolls})), an_item(due_on=due_on)
    before, day = (decide(facts(item), setting, reached - timedelta(days=back)) for back in (1, 0))
    assert (verdict(before), verdict(day)) == ((Reason.NOT_YET, None), (Reason.STEP_DUE, "b"))
    assert day.verdicts[0].days_past_due == (reached - due_on).days  # what is shown does not roll


@pytest.mark.parametrize(
    ("day", "holidays", "send_days", "outcome", "again"),
    [
        (FRIDAY, (), "business_days", Reason.STEP_DUE, None),
        (SATURDAY, (), "business_days", Reason.NO_SEND_DAY, MONDAY),
        (SUNDAY, (), "business_days", Reason.NO_SEND_DAY, MONDAY),
        (SATURDAY, (MONDAY,), "business_days", Reason.NO_SEND_DAY, date(2026, 3, 10)),
        (MONDAY, (MONDAY,), "business_days", Reason.NO_SEND_DAY, date(2026, 3, 10)),
        (MONDAY, (), "business_days", Reason.STEP_DUE, None),
        (SATURDAY, (SATURDAY,), "all", Reason.STEP_DUE, None),
    ],
)
def test_a_late_step_waits_for_a_send_day(
    day: date, holidays: tuple[date, ...], send_days: Any, outcome: Reason, again: date | None
) -> None:
    setting = a_setting(R0.model_copy(update={"send_days": send_days}), holidays=holidays)
    decision = decide(facts(an_item(due_on=FRIDAY - timedelta(days=8))), setting, day)
    assert (verdict(decision)[0], bool(decision.notices)) == (outcome, again is None)
    assert again is None or decision.next_check_on == again


# ---------- hours and zones ----------


def sent_at(
    *, entity: str, reader: str, run_hour: int, day: date, at: datetime | None = None, policy: Policy = R0
) -> datetime | Reason:
    contact = Contact(id="k1", customer="C1", email="ap@customer.example", roles=("ap_contact",), zone=reader)
    about = facts(an_item(due_on=day - timedelta(days=7)), contacts=(contact,))
    decision = decide(about, a_setting(policy, zone=entity, run_hour=run_hour), day, at=at)
    return decision.notices[0].not_before if decision.notices else verdict(decision)[0]


@pytest.mark.parametrize(
    ("entity", "reader", "run_hour", "day", "expected"),
    [
        ("UTC", "UTC", 6, MONDAY, "2026-03-09T08:00"),
        ("UTC", "UTC", 8, MONDAY, "2026-03-09T08:00"),
        ("UTC", "UTC", 17, MONDAY, "2026-03-09T17:00"),
        ("Europe/Berlin", "America/Los_Angeles", 6, MONDAY, "2026-03-09T15:00"),  # 08:00 there, 16:00 here
        ("Europe/Berlin", "Pacific/Auckland", 6, MONDAY, "2026-03-09T19:00"),  # their Tuesday morning, our Monday
        ("America/New_York", "Asia/Tokyo", 6, MONDAY, "2026-03-09T23:00"),  # 19:00 here is still Monday
        ("Pacific/Auckland", "America/Los_Angeles", 6, MONDAY, "2026-03-08T17:00"),  # their Sunday, 10:00: open
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", 6, MONDAY, "2026-03-08T19:00"),  # 25 hours apart
        ("Europe/Berlin", "Europe/Berlin", 6, date(2026, 3, 29), "2026-03-29T06:00"),  # summer time began
        ("Europe/Berlin", "Europe/Berlin", 6, date(2026, 10, 25), "2026-10-25T07:00"),
    ],
)
def test_a_message_waits_for_its_readers_hours(
    entity: str, reader: str, run_hour: int, day: date, expected: str
) -> None:
    found = sent_at(entity=entity, reader=reader, run_hour=run_hour, day=day)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_readers_weekend_counts_and_not_the_entitys() -> None:
    found = [
        sent_at(entity="Pacific/Auckland", reader="America/Los_Angeles", run_hour=6, day=day, policy=BUSINESS_DAYS)
        for day in (SATURDAY, SUNDAY, MONDAY)
    ]
    assert found == [
        datetime(2026, 3, 6, 17, tzinfo=UTC),  # Friday morning there
        Reason.NO_SEND_DAY,
        datetime(2026, 3, 9, 15, tzinfo=UTC),  # Monday 08:00 there, before the next night runs here
    ]


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        ("07:59", "2026-03-09T08:00"),
        ("08:00", "2026-03-09T08:00"),
        ("17:59", "2026-03-09T17:59"),
        ("18:00", Reason.NO_SEND_DAY),  # the night of Tuesday decides anew before anything could go
    ],
)
def test_opening_and_closing_minute(minute: str, expected: str | Reason) -> None:
    at = datetime.fromisoformat(f"2026-03-09T{minute}").replace(tzinfo=UTC)
    found = sent_at(entity="UTC", reader="UTC", run_hour=6, day=MONDAY, at=at)
    assert found == (expected if isinstance(expected, Reason) else datetime.fromisoformat(expected).replace(tzinfo=UTC))


@pytest.mark.parametrize("run_hour", range(24))
def test_every_run_hour_sends(run_hour: int) -> None:
    """A night that runs after closing time plans for the next morning, which comes before the next night."""
    found = sent_at(entity="Europe/Berlin", reader="Europe/Berlin", run_hour=run_hour, day=MONDAY)
    assert isinstance(found, datetime)
    assert found - datetime(2026, 3, 8, 23, tzinfo=UTC) <= timedelta(hours=32)


# ---------- holds, promises, payments ----------


def resumed(first: int, last: int, **about: Any) -> list[int]:
    """Days past due on which a message went out, with what is known never changing."""
    setting = a_setting(R0)
    found = nights(setting, on(first), on(last), lambda _: facts(an_item(), **about), skip_idle=True)
    return [(decision.as_of - DUE).days for decision in found if decision.notices]


@pytest.mark.parametrize(
    ("until", "days"),
    [
        (3, [7, 14]),  # 3 + 3: free before the first step
        (4, [7, 14]),
        (5, [8, 14]),
        (11, [14, 15]),  # c is reached on the first day, and a resume jumps one level: b, then c
        (12, [15, 16]),
        (None, []),
    ],
)
def test_after_a_hold_dunning_goes_on_where_the_ladder_is(until: int | None, days: list[int]) -> None:
    hold = Hold(id="h", until=None if until is None else on(until))
    assert resumed(1, 20, holds=(hold,)) == days


@pytest.mark.parametrize(
    ("promised", "days"),
    [
        (1, [7, 14]),  # a Tuesday, left alone until Thursday +3, free from +6: before the first step
        (4, [11, 14]),  # a Friday, left alone until Tuesday +8
        (6, [11, 14]),  # a Sunday, the same
        (9, [14, 15]),  # a Wednesday, until Friday +11: c is reached, and a resume jumps one level
        (11, [18, 19]),  # a Friday, until Tuesday +15
    ],
)
def test_after_a_promise_and_its_grace_the_ladder_goes_on(promised: int, days: list[int]) -> None:
    promise = Promise(id="p", item="I1", promised_on=on(promised), made_on=on(1))
    assert resumed(1, 20, promises=(promise,)) == days


def part_paid(*payments: tuple[int, int], original: int = 10_000) -> Any:
    """An item with payments (recorded on that day past due, minor units) already off."""
    return an_item(
        original_minor=original,
        open_minor=original - sum(minor for _, minor in payments),
        part_payments=tuple(PartPayment(id=f"p{n}", recorded_on=on(d), minor=m) for n, (d, m) in enumerate(payments)),
    )


@pytest.mark.parametrize(
    ("payments", "dpd", "outcome"),
    [
        ([(14, 999)], 14, Reason.STEP_DUE),  # below 10 %: restates the amount, holds nothing
        ([(14, 1_000)], 14, Reason.PART_PAID),  # exactly 10 %
        ([(14, 1_000)], 16, Reason.PART_PAID),
        ([(14, 1_000)], 17, Reason.STEP_DUE),  # after hold_after_payment_days
        ([(11, 1_000)], 14, Reason.STEP_DUE),
        ([(12, 1_000)], 14, Reason.PART_PAID),
        ([(1, 5_000), (14, 500)], 14, Reason.PART_PAID),  # 10 % of what was open then
        ([(1, 5_000), (14, 499)], 14, Reason.STEP_DUE),
        ([(1, 1_000), (14, 900)], 14, Reason.PART_PAID),  # the second one holds
        ([(1, 1_000), (2, 900), (14, 4_000)], 14, Reason.STEP_DUE),  # the third does not
        ([(1, 10), (2, 10), (14, 5_000)], 14, Reason.PART_PAID),  # small ones are not counted
        ([(15, 1_000)], 14, Reason.PART_PAID),  # recorded after this night's midnight
    ],
)
def test_a_real_part_payment_holds_the_next_level(payments: list[tuple[int, int]], dpd: int, outcome: Reason) -> None:
    decision = decide(facts(part_paid(*payments), state=touched(1, "b")), a_setting(R0), on(dpd))
    assert verdict(decision)[0] is outcome
    assert outcome is Reason.STEP_DUE or decision.next_check_on == on(payments[-1][0] + 3)


def test_a_part_payment_does_not_hold_what_stays_at_its_level() -> None:
    memory = touched(4, "f", repeats={"f": RepeatClock(on(91), last=3, count=4)})
    decision = decide(facts(part_paid((95, 5_000)), state=memory), a_setting(R0), on(95))
    assert verdict(decision) == (Reason.STEP_DUE, "f")
    assert decision.notices[0].totals == {"EUR": 5_000}


# ---------- gap, minimum, currencies ----------


@pytest.mark.parametrize(
    ("gap", "days_since", "sent"), [(3, 2, False), (3, 3, True), (1, 0, False), (1, 1, True), (0, 0, True)]
)
def test_the_gap_counts_from_acceptance(gap: int, days_since: int, sent: bool) -> None:
    policy = R0.model_copy(update={"min_gap_days": gap})
    memory = touched(1, "b", last_accepted_on={GROUP: on(14 - days_since)})
    decision = decide(facts(an_item(), state=memory), a_setting(policy), on(14))
    assert bool(decision.notices) == sent
    assert sent or (verdict(decision)[0], decision.next_check_on) == (Reason.TOO_SOON, on(14 - days_since + gap))


@pytest.mark.parametrize(("sent_on", "step"), [(94, "f"), (95, "f"), (96, None)])
def test_the_gap_of_an_evening_run_ends_at_the_morning_it_sends_in(sent_on: int, step: str | None) -> None:
    """The night of +95 runs at 19:00 and sends at +96 08:00: what was accepted at +95 08:00 is a day ago by then."""
    memory = touched(4, "f", repeats={"f": RepeatClock(on(91), last=3, count=4)}, last_accepted_on={GROUP: on(sent_on)})
    decision = decide(facts(an_item(), state=memory), a_setting(R0, run_hour=19), on(95))
    assert [due.step for plan in decision.notices for due in plan.steps] == ([step] if step else [])


@pytest.mark.parametrize(
    ("minor", "currency", "outcome"),
    [
        (2_499, "EUR", Reason.BELOW_MINIMUM),
        (2_500, "EUR", Reason.STEP_DUE),  # equal is enough
        (1, "USD", Reason.STEP_DUE),  # another currency's limit does not bind
    ],
)
def test_the_minimum_of_the_account(minor: int, currency: str, outcome: Reason) -> None:
    policy = a_policy(minimum={"account": {"EUR": 2_500}})
    decision = decide(facts(an_item(open_minor=minor, currency=currency)), a_setting(policy), on(7))
    assert verdict(decision)[0] is outcome


def test_the_minimum_is_tested_after_netting() -> None:
    policy = a_policy(minimum={"account": {"EUR": 2_500}})
    note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=7_501, booked_on=DUE)
    assert verdict(decide(facts(an_item(), credits=(note,)), a_setting(policy), on(7)))[0] is Reason.BELOW_MINIMUM


def test_currencies_are_listed_apart_and_never_added() -> None:
    items = (an_item("A"), an_item("B", currency="USD", open_minor=700), an_item("C", currency="USD", due_on=on(-1)))
    plan = decide(facts(*items), a_setting(R0), on(7)).notices[0]
    assert plan.totals == {"EUR": 10_000, "USD": 10_700}


@pytest.mark.parametrize(("old", "template"), [(1_110, "friendly"), (1_111, "friendly"), (1_112, "delinquent")])
def test_old_and_small_is_listed_and_loud_only_from_ten_percent(old: int, template: str) -> None:
    items = (an_item("old", due_on=on(-60), open_minor=old), an_item("new", due_on=on(-7), open_minor=10_000))
    plan = decide(facts(*items), a_setting(R0), DUE).notices[0]
    assert (plan.template, plan.step) == (template, "e")  # 1,111 of 11,111 is 9.999 %
    assert {due.item: due.step for due in plan.steps} == {"old": "e", "new": "b"}


# ---------- repeats ----------


def weekly(**changes: Any) -> Policy:
    """R0 whose last step comes every seven days."""
    last = R0.step("f")
    assert last is not None
    assert last.repeat is not None
    f = last.model_copy(update={"repeat": last.repeat.model_copy(update={"every_days": 7, **changes})})
    return R0.model_copy(update={"steps": tuple(f if step.id == "f" else step for step in R0.steps)})


def occurrences(policy: Policy, ledger: dict[int, Any], last: int, state: AccountState | None = None) -> dict[int, Any]:
    """Day past due -> (item, occurrence) pairs sent, with items known from a day on."""

    def known(day: date) -> Any:
        latest = max(since for since in ledger if on(since) <= day)
        return ledger[latest]

    found = {}
    for decision in nights(a_setting(policy), on(min(ledger)), on(last), known, skip_idle=True, state=state):
        for plan in decision.notices:
            found[(decision.as_of - DUE).days] = [(due.item, due.occurrence) for due in plan.steps if due.step == "f"]
    return found


def test_occurrences_lie_on_the_grid_whatever_day_they_went_out() -> None:
    assert list(occurrences(weekly(), {91: facts(an_item())}, 120)) == [91, 98, 105, 112, 119]
    assert list(occurrences(weekly(), {93: facts(an_item())}, 120)) == [93, 98, 105, 112, 119]  # first seen late


def test_an_occurrence_not_sent_before_the_next_lapses() -> None:
    held = facts(an_item(), holds=(Hold(id="h"),))
    found = occurrences(weekly(), {91: held, 106: facts(an_item())}, 112)
    assert found == {106: [("I1", 3)], 112: [("I1", 4)]}


def test_an_item_that_enters_later_joins_at_the_next_occurrence() -> None:
    second = an_item("I2", due_on=on(2))  # enters the range at 93
    found = occurrences(weekly(), {91: facts(an_item(), second)}, 105)
    assert found == {91: [("I1", 1)], 98: [("I1", 2), ("I2", 2)], 105: [("I1", 3), ("I2", 3)]}


def test_a_step_that_comes_less_often_than_it_did_goes_on_at_its_new_pace() -> None:
    """Not when as many occurrences as there were daily have passed on the weekly grid, a year later."""
    daily = list(nights(a_setting(R0), on(91), on(150), lambda _: facts(an_item())))
    found = occurrences(weekly(), {151: facts(an_item())}, 168, accept(daily[-1], a_setting(R0)))
    assert found == {154: [("I1", 61)], 161: [("I1", 62)], 168: [("I1", 63)]}


def test_a_step_that_raises_the_tone_comes_between_occurrences() -> None:
    second = an_item("I2", due_on=on(33))  # +60 at 93
    decisions = nights(a_setting(weekly()), on(91), on(98), lambda _: facts(an_item(), second))
    found = {(d.as_of - DUE).days: [(s.item, s.step) for p in d.notices for s in p.steps] for d in decisions}
    assert (found[91], found[92]) == ([("I1", "f"), ("I2", "c")], [])
    assert (found[93], found[98]) == ([("I2", "e")], [("I1", "f")])


def test_the_clock_ends_with_its_range_and_the_number_goes_on() -> None:
    paid = facts(an_item("I2", due_on=on(10)))  # alone; enters at 101
    found = occurrences(weekly(), {91: facts(an_item()), 99: paid}, 110)
    assert found == {91: [("I1", 1)], 98: [("I1", 2)], 99: [], 101: [("I2", 3)], 108: [("I2", 4)]}  # 99: e of I2


def test_a_range_that_closes_ends_the_clock_on_that_day() -> None:
    second = an_item("I2", due_on=on(7))  # enters at 98, the day after the first leaves
    found = occurrences(weekly(until_dpd=97), {91: facts(an_item(), second)}, 106)
    assert {day: sent for day, sent in found.items() if sent} == {91: [("I1", 1)], 98: [("I2", 2)]}
    gap = occurrences(weekly(until_dpd=94), {91: facts(an_item(), an_item("I2", due_on=on(6)))}, 106)
    assert {day: sent for day, sent in gap.items() if sent} == {91: [("I1", 1)], 97: [("I2", 2)]}


def test_at_most_so_many_occurrences_of_one_clock() -> None:
    assert list(occurrences(weekly(max=2), {91: facts(an_item())}, 130)) == [91, 98]


def test_a_number_accepted_after_the_clock_ended_is_not_given_again() -> None:
    setting, item = a_setting(R0), an_item()
    state = touched(4, "f", repeats={"f": RepeatClock(on(91), last=1, count=2)})
    sending = decide(facts(item, state=state), setting, on(93))
    assert sending.notices[0].steps == (DueStep("I1", "f", 3),)
    doubt = frozenset({sending.notices[0].id})
    blocked = decide(facts(an_item(disputed_all=True), state=sending.state, in_doubt=doubt), setting, on(94))
    assert blocked.state.repeats["f"] == RepeatClock(None, base=2)
    accepted = blocked.state.accept(GROUP, sending.notices[0].steps, step_facts(setting.policy), on(94))
    other = an_item("I2", due_on=on(4))  # starts the next clock
    again = decide(facts(an_item(disputed_all=True), other, state=accepted), setting, on(95))
    assert again.notices[0].steps == (DueStep("I2", "f", 4),)


# ---------- tracks, doubt, next look ----------


def test_max_jump_climbs_one_level_a_message() -> None:
    policy = R0.model_copy(update={"max_jump": 1})
    found = nights(a_setting(policy), on(95), on(99), lambda _: facts(an_item()))
    assert [[due.step for due in plan.steps] for d in found for plan in d.notices] == [
        ["b"],
        ["c"],
        ["e"],
        ["f"],
        ["f"],
    ]


def test_an_item_in_doubt_is_not_written_about_and_nor_is_its_account() -> None:
    waiting = {GROUP: Waiting("n1", (DueStep("I1", "b"),))}
    about = facts(an_item(), an_item("I2"), state=AccountState(waiting=waiting), in_doubt=frozenset({"n1"}))
    decision = decide(about, a_setting(R0), on(7))
    assert (decision.notices, decision.cancels) == ((), ())
    assert {v.item: v.reason for v in decision.verdicts} == {"I1": Reason.IN_DOUBT, "I2": Reason.IN_DOUBT}
    assert decision.next_check_on == on(8)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"items": ()}, Reason.SETTLED),
        ({"holds": (Hold(id="h"),)}, Reason.ON_HOLD),
        ({"items": (an_item(disputed_all=True),)}, Reason.DISPUTED),
        ({"contacts": (), "items": (an_item(due_on=on(14)),)}, Reason.NO_ADDRESS),  # only coming due: no letter
    ],
)
def test_an_unsent_notice_is_cancelled_with_its_reason(about: dict[str, Any], reason: Reason) -> None:
    state = AccountState(waiting={GROUP: Waiting("n1", (DueStep("I1", "b"),))})
    known = {"items": (an_item(),), "state": state, **about}
    decision = decide(facts(*known.pop("items"), **known), a_setting(R0), on(7))
    assert [(cancel.id, cancel.reason) for cancel in decision.cancels] == [("n1", reason)]


def test_the_next_look_after_an_end_is_the_next_night_when_there_is_something_to_do() -> None:
    state = touched(1, "b", last_accepted_on={GROUP: on(7)})
    assert next_check_on(facts(an_item(), state=state), a_setting(R0), on(7)) == on(14)
    assert next_check_on(facts(an_item(), state=state), a_setting(R0), on(31)) == on(32)  # the call was not decided
    assert next_check_on(facts(state=state), a_setting(R0), on(31)) == on(32)  # the settled item is still remembered
    assert next_check_on(facts(), a_setting(R0), on(31)) is None


def test_nothing_ahead_is_still_looked_at_within_a_year() -> None:
    done = decide(facts(an_item(), state=touched(3, "delinquent")), a_setting(HEADLINE), on(100))
    assert (verdict(done)[0], done.next_check_on) == (Reason.UP_TO_DATE, on(465))


# ---------- found by the laws ----------


def messages(*steps: dict[str, Any], **changes: Any) -> Policy:
    """A policy of messages only: each with its id, offset and level, and what else is given."""
    common = {"template": "reminder", "audience": {"customer": ["ap_contact"]}}
    plain = {"send_days": "all", "due_rolls": "off", "min_gap_days": 1, "max_jump": "any", "after_last_step": "nothing"}
    return Policy.model_validate(
        {"policy": "edges", "version": 1, "steps": [{**common, **step} for step in steps], **plain, **changes}
    )


def days_sent(policy: Policy, *items: Any, first: int, last: int) -> list[tuple[int, tuple[str, ...]]]:
    found = nights(a_setting(policy), on(first), on(last), lambda _: facts(*items))
    return [((d.as_of - DUE).days, tuple(due.step for due in plan.steps)) for d in found for plan in d.notices]


def test_a_step_told_and_still_holding_is_not_followed_by_a_milder_one() -> None:
    policy = messages(
        {"id": "a", "offset_days": 2, "level": 1}, {"id": "b", "offset_days": 60, "level": 3}, advance="state"
    )
    assert days_sent(policy, an_item(), first=58, last=90) == [(58, ("a",)), (60, ("b",))]


def test_a_repeat_that_counts_from_the_invoice_begins_with_it() -> None:
    policy = messages(
        {"id": "a", "anchor": "issue", "offset_days": 3, "level": 1, "repeat": {"every_days": 2, "until_dpd": 4}}
    )
    item = an_item(issued_on=on(-1))
    assert days_sent(policy, item, first=-1, last=9) == [(2, ("a",)), (4, ("a",))]


def test_what_is_spent_is_looked_at_when_its_range_closes() -> None:
    policy = messages({"id": "a", "offset_days": 2, "level": 1, "valid_until_dpd": 9}, max_attempts=1)
    state = AccountState(items={"I1": ItemState(0, None, 1, last_on=on(1))}, last_accepted_on={GROUP: on(1)})
    decision = decide(facts(an_item(), state=state), a_setting(policy), on(3))
    assert (verdict(decision)[0], decision.next_check_on) == (Reason.MOST_ATTEMPTS, on(10))


def test_one_level_a_day_counts_the_day_on_which_an_evenings_message_is_taken() -> None:
    steps = ({"id": "a", "offset_days": 2, "level": 1}, {"id": "b", "offset_days": 3, "level": 2})
    policy = messages(*steps, advance="next", min_gap_days=0)
    state = AccountState(items={"I1": ItemState(1, "a", 1, last_on=on(3))}, last_accepted_on={GROUP: on(3)})
    found = [decide(facts(an_item(), state=state), a_setting(policy, run_hour=19), day) for day in (on(3), on(4))]
    assert [verdict(one) for one in found] == [(Reason.TOO_CLOSE, None), (Reason.STEP_DUE, "b")]
    assert found[0].next_check_on == on(4)
