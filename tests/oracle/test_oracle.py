"""The oracle, checked by hand-worked days, by counts taken straight from the CSV, and by a second way of working."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.oracle import generated, ibm, ladder
from tests.oracle.ibm import Mode
from tests.oracle.ladder import OFFSET, OUR_SIDE, Item, Payment, Row, every_day, monday_to_friday

needs_ibm = pytest.mark.skipif(not ibm.CSV.exists(), reason=f"no sample ledger at {ibm.CSV}; set LEDGER_DIR")

WEDNESDAY = date(2026, 4, 1)


def an_item(**changes: object) -> Item:
    """100.00 EUR due on a Wednesday, issued 30 days before, never paid."""
    item = Item("I1", "C1", "EUR", WEDNESDAY - timedelta(days=30), WEDNESDAY, 10_000)
    return replace(item, **changes)  # type: ignore[arg-type]


def due_on(day: date, item_id: str = "I1") -> Item:
    return an_item(id=item_id, due=day, issued=day - timedelta(days=30))


def after(days: int) -> date:
    return WEDNESDAY + timedelta(days=days)


def mailed(item: Item, *, weekdays_only: bool = False, first: int = -30, last: int = 95) -> list[tuple[str, int]]:
    """(step, days past due) of each message."""
    calendar = monday_to_friday if weekdays_only else every_day
    return [
        (step, (day - item.due).days)
        for day, step in ladder.messages(item, after(first), after(last), calendar)
    ]  # fmt: skip


def audiences(rows: Counter[Row], step: str) -> dict[int, set[str]]:
    """Days past due of the item due on WEDNESDAY -> who hears of this step."""
    found = defaultdict(set)
    for row in rows:
        if row.step == step:
            found[(row.day - WEDNESDAY).days].add(row.audience)
    return dict(found)


def test_customer_hears_on_the_days_the_policy_names() -> None:
    f = [("f", 91 + n) for n in range(5)]
    assert mailed(an_item()) == [("a", -7), ("b", 7), ("c", 14), ("e", 60), *f]


def test_a_paid_item_is_silent_from_the_day_of_payment() -> None:
    assert mailed(an_item(payments=(Payment(after(14), 10_000),))) == [("a", -7), ("b", 7)]
    assert mailed(an_item(payments=(Payment(after(15), 10_000),))) == [("a", -7), ("b", 7), ("c", 14)]


def test_a_disputed_item_brings_nothing() -> None:
    assert not ladder.expected([an_item(disputed=True)], after(-30), after(120), every_day)


def test_our_side_hears_with_the_message_and_the_call_is_on_day_31() -> None:
    rows = ladder.expected([an_item()], after(-30), after(92), every_day)
    assert audiences(rows, "a") == {-7: {"ap_contact"}}
    assert audiences(rows, "b") == {7: {"ap_contact", "accounting"}}
    assert audiences(rows, "c") == {14: {"ap_contact", "customer_service_manager", "sales_rep", "accounting"}}
    assert audiences(rows, "d") == {31: {"task:customer_service_rep", "customer_service_rep", "accounting"}}
    four = {"customer_service_manager", "sales_manager", "sales_rep", "accounting"}
    assert audiences(rows, "e") == {60: {"ap_contact", "status:delinquent", *four}}
    reminder = {"ap_contact", "ap_manager", "sales_rep_supervisor", "customer_service_manager", "ceo", "accounting"}
    assert audiences(rows, "f") == {91: reminder, 92: reminder}


def test_first_seen_at_95_is_the_reminder_the_call_and_the_status() -> None:
    rows = ladder.expected([an_item()], after(95), after(95), every_day)
    assert audiences(rows, "f")[95] == {"ap_contact", "ap_manager", *OUR_SIDE["f"]}
    assert audiences(rows, "d")[95] == {"task:customer_service_rep", *OUR_SIDE["d"]}
    assert audiences(rows, "e")[95] == {"status:delinquent"}
    assert {row.step for row in rows} == {"d", "e", "f"}


@pytest.mark.parametrize(
    ("first", "steps"),
    [(-1, [("a", -1)]), (0, [("a", 0)]), (1, []), (6, []), (10, [("b", 10)]), (14, [("c", 14)]), (59, [("c", 59)])],
)
def test_first_seen_late_gets_the_latest_step_only(first: int, steps: list[tuple[str, int]]) -> None:
    assert mailed(an_item(), first=first, last=first) == steps


@pytest.mark.parametrize(("terms", "day"), [(12, -7), (11, -6), (10, -5), (5, 0)])
def test_no_reminder_within_five_days_of_the_invoice(terms: int, day: int) -> None:
    assert mailed(an_item(issued=after(-terms)), last=6) == [("a", day)]


def test_no_early_reminder_at_all_on_four_days_terms() -> None:
    assert mailed(an_item(issued=after(-4)), last=6) == []


@pytest.mark.parametrize(
    ("weekday", "steps"),
    [
        # a on the send day before, b on the send day after; 7 and 14 days keep the weekday, 60 and 91 do not
        (0, [("a", -7), ("b", 7), ("c", 14), ("e", 60), ("f", 91), ("f", 92)]),
        (2, [("a", -7), ("b", 7), ("c", 14), ("e", 61), ("f", 91), ("f", 92)]),  # 60 is a Sunday
        (5, [("a", -8), ("b", 9), ("c", 16), ("e", 60), ("f", 93), ("f", 94)]),  # 91 a Saturday: one on Monday
        (6, [("a", -9), ("b", 8), ("c", 15), ("e", 60), ("f", 92), ("f", 93)]),
    ],
)
def test_monday_to_friday(weekday: int, steps: list[tuple[str, int]]) -> None:
    item = due_on(WEDNESDAY + timedelta(days=weekday - 2))
    assert mailed(item, weekdays_only=True, last=120)[:6] == steps


def test_a_weekend_of_reminders_lapses() -> None:
    days = [day for step, day in mailed(an_item(), weekdays_only=True, last=100) if step == "f"]
    assert days == [91, 92, 93, 96, 97, 98, 99, 100]  # 91 is a Wednesday


def test_call_and_status_do_not_wait_for_monday() -> None:
    rows = ladder.expected([an_item()], after(-30), after(70), monday_to_friday)
    assert (after(31).weekday(), after(60).weekday()) == (5, 6)
    assert audiences(rows, "d") == {31: {"task:customer_service_rep", *OUR_SIDE["d"]}}
    assert audiences(rows, "e") == {60: {"status:delinquent"}, 61: {"ap_contact", *OUR_SIDE["e"]}}


@pytest.mark.parametrize(
    ("payments", "days"),
    [
        (((6, 999),), [7, 14]),  # less than a tenth holds nothing
        (((6, 1000),), [9, 14]),  # a tenth: nights 6, 7 and 8 are held
        (((4, 1000),), [7, 14]),
        (((6, 1000), (9, 900)), [12, 14]),  # 900 of 9,000 left is a tenth again: 9, 10 and 11 as well
        (((6, 1000), (9, 899)), [9, 14]),
        (((6, 1000), (9, 1000), (12, 1000)), [12, 14]),  # twice at most
    ],
)
def test_a_part_payment_holds_the_next_level(payments: tuple[tuple[int, int], ...], days: list[int]) -> None:
    item = an_item(payments=tuple(Payment(after(day), minor) for day, minor in payments))
    assert [day for step, day in mailed(item, last=20) if step in "bc"] == days


def test_a_part_payment_in_the_daily_reminders_only_lowers_the_amount() -> None:
    item = an_item(payments=(Payment(after(93), 4_000),))
    mails = ladder.expected_mails([item], after(91), after(94), every_day)
    assert [mails[after(day), "C1"].totals for day in (91, 92, 93, 94)] == [
        (("EUR", 10_000),), (("EUR", 10_000),), (("EUR", 6_000),), (("EUR", 6_000),)
    ]  # fmt: skip


def test_steps_b_e_and_f_on_one_day_make_one_mail() -> None:
    items = [due_on(WEDNESDAY - timedelta(days=OFFSET[step]), step.upper()) for step in "bef"]
    listed = due_on(WEDNESDAY - timedelta(days=1), "LISTED")
    due_today = due_on(WEDNESDAY, "TODAY")
    coming = replace(due_on(WEDNESDAY + timedelta(days=7), "COMING"), currency="JPY")
    first = WEDNESDAY - timedelta(days=130)
    account = [*items, listed, due_today, coming]
    mail = ladder.expected_mails(account, first, WEDNESDAY, every_day)[WEDNESDAY, "C1"]
    assert mail.steps == {("B", "b"), ("E", "e"), ("F", "f"), ("COMING", "a")}
    assert mail.to == ("ap_contact", "ap_manager")
    assert mail.overdue == {"B", "E", "F", "LISTED"}
    assert mail.totals == (("EUR", 40_000),)
    assert mail.coming_due == {"COMING"}
    tonight = {row[1:] for row in ladder.expected(account, first, WEDNESDAY, every_day) if row.day == WEDNESDAY}
    both = {"ap_contact", "ap_manager"}
    assert {audience for invoice, _, audience in tonight if invoice == "B"} == {*both, "accounting"}
    assert {audience for invoice, _, audience in tonight if invoice == "COMING"} == both


def test_review_after_ten_reminders() -> None:
    def review_days(items: list[Item], calendar: ladder.SendDay) -> list[int]:
        rows = ladder.expected(items, after(-30), after(140), calendar)
        return [(row.day - WEDNESDAY).days for row in rows if row.audience == "task:accounting"]

    one = an_item(payments=(Payment(after(120), 10_000),))
    assert review_days([one], every_day) == [101]
    assert review_days([one], monday_to_friday) == [105]  # from a Wednesday: 3 + 5 + 2 send days, then the night after
    paid_at_95 = an_item(payments=(Payment(after(95), 10_000),))
    assert review_days([paid_at_95, due_on(after(4), "NEXT")], every_day) == [101]  # in the range from 95: no pause
    assert review_days([paid_at_95, due_on(after(5), "NEXT")], every_day) == [106]  # one day without: anew


# --- the same in another way: each step from its own window of nights, then per night over the whole ledger ---


def window(item: Item, step: str, first: date, last: date, mode: Mode) -> list[date]:
    """The first night on which this message is reached, not overtaken, open and not held; f: all nights after it."""
    overtaken = {"a": 1, "b": 14, "c": 60, "e": 91, "f": 10_000}[step]
    start, end = item.due + timedelta(days=OFFSET[step]), item.due + timedelta(days=overtaken - 1)
    if step == "a":
        if mode == "B":
            start -= timedelta(days={5: 1, 6: 2}.get(start.weekday(), 0))  # Saturday and Sunday -> Friday
        start = max(start, item.issued + timedelta(days=5))
    start, end = max(start, first, item.issued), min(end, last)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    free = (5, 6) if mode == "B" else ()
    days = [day for day in days if day.weekday() not in free and item.open_on(day)]
    raising = [day for day in days if step == "a" or not item.held_on(day)]
    return [day for day in days if raising and day >= raising[0]] if step == "f" else raising[:1]


def brute_force(items: list[Item], first: date, last: date, mode: Mode) -> Counter[Row]:
    """Night after night over the whole ledger; what goes out when is looked up in the windows, nothing remembered."""
    due: dict[tuple[date, str], list[tuple[str, str]]] = defaultdict(list)
    for item in items:
        for step in "abcef":
            for day in window(item, step, first, last, mode):
                due[day, item.customer].append((item.id, step))
    rows, streaks, told = [], Counter[str](), set[str]()
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        alive = [item for item in items if item.issued <= day <= item.payments[-1].day and item.open_on(day)]
        in_range = {item.customer for item in alive if item.due + timedelta(days=91) <= day}
        streaks, told = Counter({who: n for who, n in streaks.items() if who in in_range}), told & in_range
        for customer in {item.customer for item in items}:
            if streaks[customer] >= 10 and customer not in told:
                told.add(customer)
                rows.append(Row(day, f"account:{customer}", "f", "task:accounting"))
            tonight = due[day, customer]
            reminder = any(step == "f" for _, step in tonight)
            people = ("ap_contact", "ap_manager") if reminder else ("ap_contact",)
            rows += [Row(day, invoice, step, who) for invoice, step in tonight for who in people + OUR_SIDE[step]]
            streaks[customer] += reminder
        rows += [row for item in alive for row in by_age(item, day, first)]
    return Counter(rows)


def by_age(item: Item, day: date, first: date) -> list[Row]:
    """Call and status on this night: at their age exactly, or later when first seen tonight."""
    age, new = (day - item.due).days, day == max(first, item.issued)
    call = ("task:customer_service_rep", "customer_service_rep", "accounting")
    steps: list[tuple[str, tuple[str, ...]]] = [("d", call)] if age == 31 or (new and age > 31) else []
    steps += [("e", ("status:delinquent",))] if age == 60 or (new and age > 60) else []
    return [Row(day, item.id, step, who) for step, audience in steps for who in audience]


@pytest.mark.parametrize("mode", ["A", "B"])
@pytest.mark.parametrize("seed", range(12))
def test_generated_ledger_worked_out_twice(seed: int, mode: Mode) -> None:
    records = generated.make_case(seed)
    first, last = generated.span(records)
    again = brute_force(generated.read(records), first, last, mode)
    assert generated.expected(records, mode) == again
    middle = first + timedelta(days=100)
    again = brute_force(generated.read(records), middle, last, mode)
    assert generated.expected(records, mode, middle) == again


def test_generated_ledger_holds_the_hard_cases() -> None:
    cases = [generated.make_case(seed) for seed in range(12)]
    assert cases == [generated.make_case(seed) for seed in range(12)]
    for records in cases:
        for mode in ("A", "B"):
            mails = generated.expected_mails(records, mode)
            meeting = mails[generated.MEETING, "C00000001"]
            assert {step for _, step in meeting.steps} == {"b", "e", "f"}
            reviews = [row for row in generated.expected(records, mode) if row.audience == "task:accounting"]
            assert Counter(row.invoice for row in reviews)["account:C00000002"] == 2
        assert sum(map(len, generated.by_day(records).values())) == len(records) - 2  # all but header and end
    items = [item for records in cases for item in generated.read(records)]
    assert {item.due.weekday() for item in items} == set(range(7))
    assert any(item.held_on(item.due + timedelta(days=7)) for item in items)
    assert any(item.disputed for item in items)
    assert any(len(mail.totals) > 1 for records in cases for mail in generated.expected_mails(records, "A").values())


@needs_ibm
@pytest.mark.parametrize("mode", ["A", "B"])
@pytest.mark.parametrize("first", [None, date(2012, 4, 28)], ids=["whole", "from a Saturday"])
def test_ibm_ledger_worked_out_twice(mode: Mode, first: date | None) -> None:
    items = ibm.read(ibm.CSV, mode)
    start, last = ibm.span(items)
    assert ibm.expected(ibm.CSV, mode, first) == brute_force(items, first or start, last, mode)


@needs_ibm
def test_ibm_counts_taken_straight_from_the_file() -> None:
    rows = ibm.expected(ibm.CSV, "A")
    sent = Counter(row.step for row in rows if row.audience == "ap_contact")
    lines = ibm.CSV.read_text("ascii").splitlines()[1:]
    days_to_settle = [int(line.split(",")[10]) for line in lines]  # every invoice has 30 days
    late = [95 if n % 10 == 9 else days - 30 for n, days in enumerate(days_to_settle)]
    assert (len(late), late.count(95)) == (1500, 150)
    for step in "abce":
        assert sent[step] == sum(days > OFFSET[step] for days in late), step
    assert sent["f"] == 150 * 4  # 91 to 94; paid on 95
    tasks = Counter(row.audience for row in rows if ":" in row.audience)
    assert tasks == {"task:customer_service_rep": sum(days > 31 for days in late), "status:delinquent": 150}
    assert set(rows.values()) == {1}
    assert {row.audience for row in rows if row.step == "e"} >= {"status:delinquent", "sales_manager"}


@needs_ibm
@pytest.mark.parametrize("mode", ["A", "B"])
def test_ibm_contact_budget_cannot_bind(mode: Mode) -> None:
    """One person per role and customer: at most seven mails in seven days, and one a day by construction."""
    days = defaultdict(set)
    for day, customer in ibm.expected_mails(ibm.CSV, mode):
        days[customer].add(day)
    for sent in days.values():
        assert max(sum(0 <= (day - other).days < 7 for other in sent) for day in sent) <= 7


@needs_ibm
def test_ibm_busiest_nights() -> None:
    mails = ibm.expected_mails(ibm.CSV, "A")
    first, last = ibm.busiest_nights(mails)
    assert (last - first).days == 119
    best = sum(first <= day <= last for day, _ in mails)
    for shift in range(-40, 41):
        moved = timedelta(days=shift)
        assert sum(first + moved <= day <= last + moved for day, _ in mails) <= best
