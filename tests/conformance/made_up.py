"""Cases made up here, one for each word of the format. The days are ours; the rules are those of the format."""

from typing import Any

from tests.conformance.case import Case

A = {"id": "A", "type": "invoice", "currency": "EUR", "amount_minor": 10_000, "due_date": "2030-01-01"}
B = {**A, "id": "B", "amount_minor": 5_000, "due_date": "2030-01-05"}
USD = {**A, "id": "U", "currency": "USD"}


def step(level: int, offset: int, basis: str = "due_date", **changes: Any) -> dict[str, Any]:
    return {"level": level, "trigger": {"basis": basis, "offset_days": offset}, **changes}


LADDER = {"unit": "item", "mode": "sequential", "steps": [step(1, 5), step(2, 10), step(3, 20)]}
REPEAT = {
    "unit": "customer_currency", "mode": "repeat", "action": "payment_request", "list": "all_overdue",
    "trigger": {"basis": "due_date", "offset_days": 0, "op": ">"},
}  # fmt: skip
STAGES = {
    "unit": "customer", "mode": "highest", "deescalates": True, "clear_stage": "clear",
    "unapplied_credits": "apply_oldest_first",
    "steps": [
        {"level": 1, "stage": "S1", "conditions": {"unpaid_total_minor_at_least": 6_000}},
        {"level": 2, "stage": "S2", "trigger": {"basis": "oldest_unpaid_due", "offset_days": 10}},
    ],
}  # fmt: skip


def run(policy: Any, dates: list[str], expected: list[dict[str, Any]], *events: dict[str, Any], **more: Any) -> Case:
    """A case of kind run; days are given without year and month."""
    body = {
        "id": "made-up", "kind": "run", "policy": policy, "open_items": [A], "events": list(events),
        "run_dates": [f"2030-01-{day}" for day in dates], "expected": expected, **more,
    }  # fmt: skip
    return Case("made up", body, {"ladder": LADDER})


def notice(day: str, item: str = "A", level: int = 1, **more: Any) -> dict[str, Any]:
    return {"date": f"2030-01-{day}", "action": "notice", "item": item, "level": level, **more}


def request(day: str, *items: str, **more: Any) -> dict[str, Any]:
    return {"date": f"2030-01-{day}", "action": "payment_request", "items": list(items), **more}


def stage(day: str, name: str, **more: Any) -> dict[str, Any]:
    return {"date": f"2030-01-{day}", "action": "stage", "stage": name, **more}


def event(day: str, kind: str, item: str | None = "A", **more: Any) -> dict[str, Any]:
    return {"date": f"2030-01-{day}", "type": kind, "item": item, **more}


def ladder(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**LADDER, **({"steps": list(steps)} if steps else {}), **changes}


CASES = {
    "a level counted from the invoice": run(
        ladder(step(1, 20, "invoice_date")),
        ["04", "05"],
        [notice("05")],
        open_items=[{**A, "document_date": "2029-12-16"}],
    ),
    "a level counted from the day of the notice before": run(
        ladder(step(1, 5), step(2, 3, "previous_notice")),
        ["07", "09", "10"],
        [notice("07"), notice("10", level=2)],
    ),
    "strictly more days": run(
        ladder({"level": 1, "trigger": {"basis": "due_date", "offset_days": 5, "op": ">"}}),
        ["06", "07"],
        [notice("07")],
    ),
    "one level a day, however late": run("ladder", ["30", "31"], [notice("30"), notice("31", level=2)]),
    "a second run of the day raises nothing": run("ladder", ["30", "30"], [notice("30", run=1)]),
    "a second run of the day raises where the policy says so": run(
        ladder(same_day_runs_advance=True),
        ["30", "30"],
        [notice("30", run=1), notice("30", level=2, run=2)],
    ),
    "a draft waits, and level two follows only its sending": run(
        ladder(auto_send=False),
        ["06", "12", "13"],
        [notice("06"), notice("12", still_open=True), notice("13", level=2)],
        event("12", "notice_sent", level=1, after_run=True),
    ),
    "a draft that is sent today lets the next level be drafted today": run(
        ladder(auto_send=False),
        ["06", "20", "20", "20"],
        [notice("06"), notice("20", level=2, run=3)],
        event("20", "notice_sent", level=1, run=2),
        event("20", "hold_set", scope="item", run=2),
        event("20", "hold_release", scope="item", run=3),
    ),
    "a draft that was there before stays": run(
        ladder(auto_send=False), ["20"], [], history=[{"date": "2030-01-06", "item": "A", "level": 1, "state": "draft"}]
    ),
    "a customer that is left out": run("ladder", ["20"], [], customer={"id": "C", "excluded_from_dunning": True}),
    "a draft need not be shown again": run(ladder(auto_send=False), ["06", "12"], [notice("06")]),
    "a notice that did not go out never was": run(
        "ladder",
        ["06", "12"],
        [notice("06"), notice("12")],
        event("07", "send_failed", level=1),
    ),
    "a cancelled notice never was": run(
        "ladder",
        ["06", "12", "13"],
        [notice("06"), notice("12", level=2), notice("13", level=2)],
        event("12", "notice_cancelled", level=2, after_run=True),
    ),
    "a cancelled draft is made again": run(
        ladder(auto_send=False),
        ["06", "07"],
        [notice("06"), notice("07")],
        event("06", "notice_ignored", after_run=True),
    ),
    "a skipped stage counts as done": run(
        "ladder", ["06", "12"], [notice("12", level=2)], event("05", "stage_skipped", level=1)
    ),
    "a skipped stage named no deadline, and keeps the distance": run(
        ladder(step(1, 5, notice_due_days=20), step(2, 8), keep_threshold_gap=True, wait_for_notice_deadline=True),
        ["12", "13"],
        [notice("13", level=2)],
        event("10", "stage_skipped", level=1),
    ),
    "history, drafts and overridden notices apart": run(
        "ladder",
        ["12"],
        [notice("12", level=2)],
        history=[
            {"date": "2030-01-06", "item": "A", "level": 1},
            {"date": "2030-01-08", "item": "A", "level": 2, "state": "draft"},
            {"date": "2030-01-09", "item": "A", "level": 2, "overridden": True},
        ],
    ),
    "a hold of the customer, its last day included": run(
        "ladder",
        ["06", "20", "21"],
        [notice("21")],
        event("02", "hold_set", None, scope="customer", until="2030-01-20"),
    ),
    "a hold that is released": run(
        "ladder",
        ["06", "09"],
        [notice("09")],
        event("02", "hold_set", scope="item"),
        event("09", "hold_release", scope="item"),
    ),
    "a disputed item is left alone until the dispute is closed": run(
        "ladder",
        ["06", "08"],
        [notice("08")],
        event("02", "dispute_open"),
        event("08", "dispute_close"),
    ),
    "a write-off and its undoing": run(
        "ladder",
        ["06", "08"],
        [notice("08", balance_minor=10_000)],
        event("02", "write_off", amount_minor=10_000),
        event("07", "write_off_undone", amount_minor=10_000),
    ),
    "a reversed payment is back at its full age": run(
        "ladder",
        ["06", "30"],
        [notice("30", balance_minor=4_000, original_minor=10_000)],
        event("02", "payment", amount_minor=10_000),
        event("20", "payment_reversed", amount_minor=4_000),
    ),
    "a credit note to a document lowers the earliest instalment": run(
        "ladder",
        ["20"],
        [notice("20", "B", balance_minor=1_000)],
        event("02", "credit_note", None, document="D", amount_minor=14_000),
        open_items=[{**B, "document": "D"}, {**A, "document": "D"}],
    ),
    "a credit on account is used on an item": run(
        "ladder",
        ["06"],
        [notice("06", balance_minor=7_000)],
        event("02", "credit_note", None, id="N", amount_minor=3_000),
        event("03", "apply_credit", credit="N", amount_minor=3_000),
    ),
    "a credit that covers what would be reminded": run(
        ladder(unapplied_credits="net_must_be_positive"),
        ["06", "08"],
        [notice("08", balance_minor=10_000)],
        event("02", "credit_note", None, amount_minor=10_000),
        event("08", "apply_credit", "B", amount_minor=1),
        open_items=[A, {**B, "due_date": "2030-03-01"}],
    ),
    "credits go to the oldest first": run(
        ladder(unapplied_credits="apply_oldest_first"),
        ["20"],
        [notice("20", "B", balance_minor=3_000)],
        event("02", "payment", None, amount_minor=12_000),
        open_items=[A, B],
    ),
    "a payment after the run of its day": run(
        "ladder",
        ["06", "06", "12"],
        [notice("06", run=1)],
        event("06", "payment", amount_minor=10_000, after_run=True),
    ),
    "an item below the minimum, and one that meets it": run(
        ladder(min_amount_minor=10_000, min_amount_unit="item"),
        ["20"],
        [notice("20")],
        open_items=[A, B],
    ),
    "an item must be above the minimum": run(
        ladder(min_amount_minor=10_000, min_amount_unit="item", min_amount_op=">"),
        ["20"],
        [],
    ),
    "the least amount of customer and currency is met in sum": run(
        ladder(grouping="customer_currency", min_amount_minor=15_000, min_amount_unit="customer_currency"),
        ["20"],
        [notice("20"), notice("20", "B")],
        open_items=[A, B, USD],
        documents=[{"date": "2030-01-20", "items": ["A", "B"], "level": 1, "total_balance_minor": 15_000}],
    ),
    "so many notices of one item": run(ladder(max_attempts=1), ["06", "12"], [notice("06")]),
    "so many notices of a group": run(ladder(max_notices=2), ["06", "12", "25"], [notice("06"), notice("12", level=2)]),
    "days between two notices": run(
        ladder(min_gap_days=8),
        ["06", "12", "13", "14"],
        [notice("06"), notice("14", level=2)],
    ),
    "strictly more days between two notices": run(
        ladder(min_gap_days=8, min_gap_op=">"),
        ["06", "14", "15"],
        [notice("06"), notice("15", level=2)],
    ),
    "the distance of the levels is kept after a late notice": run(
        ladder(keep_threshold_gap=True),
        ["09", "13", "14"],
        [notice("09"), notice("14", level=2)],
    ),
    "not before the deadline of the last notice is over": run(
        ladder(step(1, 5, notice_due_days=10), step(2, 8), wait_for_notice_deadline=True),
        ["06", "16", "17"],
        [notice("06"), notice("17", level=2)],
    ),
    "fees by item and by document": run(
        ladder(
            step(1, 5, fee={"type": "percent", "percent": "1"}, document_fee={"type": "flat", "flat_minor": 700}),
            grouping="customer_currency",
        ),
        ["20"],
        [notice("20", fee_minor=100), notice("20", "B", fee_minor=50)],
        open_items=[A, B],
        documents=[
            {"date": "2030-01-20", "items": ["A", "B"], "fee_minor": 700, "item_fees_minor": {"A": 100, "B": 50}}
        ],
    ),
    "a waived fee, and the next one": run(
        ladder(
            step(1, 5, fee={"type": "flat", "flat_minor": 300}), step(2, 10, fee={"type": "flat", "flat_minor": 400})
        ),
        ["06", "12"],
        [notice("06", fee_minor=0), notice("12", level=2, fee_minor=400)],
        event("06", "fee_waived", level=1),
    ),
    "channel, sender and recipients of a level": run(
        ladder(step(1, 5, channel="letter", sender="dunning_clerk", recipient_role="billing")),
        ["06"],
        [notice("06", channel="letter", sender="dunning_clerk", recipients=["billing@customer.example"])],
        customer={"id": "C", "emails": {"main": "main@customer.example", "billing": "billing@customer.example"}},
    ),
    "each customer under its own policy": run(
        {"by_customer": {"C1": LADDER, "C2": ladder(step(1, 15))}},
        ["06", "20"],
        [notice("06"), notice("20", level=2), notice("20", "B")],
        open_items=[{**A, "customer": "C1"}, {**B, "customer": "C2"}],
    ),
    "the customer's own policy wins": run(
        {"entity_default": LADDER, "customer_override": ladder(step(1, 15))},
        ["06", "16"],
        [notice("16")],
    ),
    "without an own policy the entity's holds": run(
        {"entity_default": LADDER, "customer_override": None},
        ["06"],
        [notice("06")],
    ),
    "an item under its own ladder": run(
        "ladder",
        ["06", "20"],
        [notice("06"), notice("20", level=2), notice("20", "B", fee_minor=500)],
        open_items=[A, {**B, "policy": ladder(step(1, 12, fee={"type": "flat", "flat_minor": 500}))}],
    ),
    "an item under its own ladder climbs it": run(
        "ladder",
        ["10", "20"],
        [notice("10"), notice("20", level=2)],
        open_items=[{**A, "policy": ladder(step(1, 9), step(2, 19))}],
    ),
    "an item outside the policy": run("ladder", ["30"], [], open_items=[{**A, "excluded_from_policy": True}]),
    "drafts, paid items and the like are not chased": run(
        "ladder",
        ["30"],
        [],
        open_items=[{**A, "id": state, "state": state} for state in ("draft", "paid", "not_ready", "dispute_lost")],
    ),
    "no policy at all": run({"mode": "none"}, ["30"], []),
    "a changed due date": run(
        "ladder", ["06", "15"], [notice("15")], event("03", "due_date_change", due_date="2030-01-10")
    ),
    "a changed policy": run(
        ladder(step(1, 9)),
        ["06", "07"],
        [notice("07")],
        {"date": "2030-01-07", "type": "policy_changed", "policy": "ladder"},
    ),
    "two selling companies never share a document": run(
        ladder(grouping="customer_currency"),
        ["20"],
        [notice("20", entity="E1"), notice("20", "B", entity="E2")],
        open_items=[{**A, "entity": "E1"}, {**B, "entity": "E2"}],
        documents=[{"date": "2030-01-20", "items": ["A"]}, {"date": "2030-01-20", "items": ["B"]}],
    ),
    "an item that is entered before the second run of a day": run(
        "ladder",
        ["20", "20"],
        [notice("20", run=1), notice("20", "B", run=2)],
        open_items=[A, {**B, "known_from": "2030-01-20", "known_from_run": 2}],
    ),
    "a run limited to some levels": run(
        "ladder",
        ["20", "21"],
        [notice("20"), notice("20", "B"), notice("21", level=2)],
        open_items=[A, B],
        run_filters={"2030-01-21": {"last_level_in": [1]}},
        unasserted=[{"date": "2030-01-21", "action": "notice", "item": "B", "level": 2, "why": "not looked at"}],
    ),
    "requests until they are used up, each currency for itself": run(
        {
            **REPEAT,
            "thresholds_minor": {"EUR": 10_000},
            "max_attempts": 2,
            "min_gap_days": 2,
            "on_exhausted": "campaign_finished",
        },
        ["01", "02", "03", "04", "10"],
        [
            request("02", "A", amount_minor=10_000, currency="EUR", attempt=1),
            request("04", "A", attempt=2),
            {"date": "2030-01-04", "action": "campaign_finished"},
        ],
        open_items=[A, USD],
    ),
    "one clock for all currencies of a customer": run(
        {**REPEAT, "min_gap_days": 5, "min_gap_scope": "customer"},
        ["10", "13", "14"],
        [request("14", "A", attempt=2), request("14", "U", attempt=1)],
        open_items=[A, USD],
        history=[{"date": "2030-01-09", "currency": "EUR", "attempt": 1}],
    ),
    "a threshold that must be passed": run(
        {**REPEAT, "thresholds_minor": {"EUR": 10_000}, "threshold_op": ">"},
        ["05"],
        [],
    ),
    "everything overdue is listed when anything triggers": run(
        {"unit": "customer", "mode": "repeat", "trigger": {"basis": "due_date", "offset_days": 5}, "min_gap_days": 4},
        ["05", "06", "07", "10"],
        [
            {"date": "2030-01-06", "action": "notice", "items": ["A", "B"], "total_minor": 15_000},
            {"date": "2030-01-10", "action": "notice", "items": ["A", "B"]},
        ],
        open_items=[A, {**B, "due_date": "2030-01-04"}],
    ),
    "stages rise and fall with what is unpaid": run(
        STAGES,
        ["02", "05", "11", "12"],
        [stage("02", "S1"), stage("05", "clear"), stage("11", "S2"), stage("12", "clear")],
        event("04", "payment", amount_minor=5_000),
        event("12", "credit_note", None, amount_minor=5_000),
        customer={"id": "P", "children": [{"id": "K", "parent_pays": True}]},
    ),
    "a stage that does not fall stays until nothing is open": run(
        {**STAGES, "deescalates": False},
        ["02", "05", "11", "12"],
        [stage("02", "S1"), stage("05", "S1"), stage("11", "S2"), stage("12", "clear")],
        event("04", "payment", amount_minor=5_000),
        event("12", "payment", amount_minor=5_000),
    ),
    "stages by the number of unpaid items, credits set off": run(
        {**STAGES, "steps": [{"level": 1, "stage": "S1", "conditions": {"unpaid_count_at_least": 2}}]},
        ["02", "06", "07"],
        [stage("02", "clear"), stage("06", "S1"), stage("07", "clear")],
        event("07", "credit_note", None, amount_minor=10_000),
        open_items=[A, B],
    ),
    "the last level is sent again and again": run(
        ladder(step(1, 5), step(2, 8), after_last_step="repeat"),
        ["06", "09", "12", "15"],
        [notice("06"), notice("09", level=2), notice("12", level=2), notice("15", level=2)],
    ),
    "a used-up ladder goes to a person": run(
        ladder(step(1, 5), after_last_step="final"),
        ["06", "07", "08"],
        [notice("06"), {"date": "2030-01-07", "action": "final", "item": "A"}],
    ),
    "a task comes with its level and not before it": run(
        ladder(step(1, 5), step(2, 10, task="call", channel="letter")),
        ["20", "21", "22"],
        [
            notice("20"),
            notice("21", level=2, channel="letter"),
            {"date": "2030-01-21", "action": "task", "item": "A", "task": "call"},
        ],
    ),
    "a task that nobody asks about": run(ladder(step(1, 5, task="call")), ["06"], [notice("06")]),
    "a level that is a task alone": run(
        ladder(step(1, 5), step(2, 10, channel="none", task="call")),
        ["06", "12", "13"],
        [notice("06"), {"date": "2030-01-12", "action": "task", "item": "A", "task": "call"}],
    ),
    "states of items": run(
        {
            "unit": "item",
            "mode": "highest",
            "clear_stage": "fine",
            "steps": [step(1, 5, stage="late"), step(2, 20, stage="very late")],
        },
        ["03", "06", "30", "31"],
        [
            stage("03", "fine", item="A"),
            stage("06", "late", item="A"),
            stage("30", "very late", item="A"),
        ],
        event("31", "payment", amount_minor=10_000),
        unasserted=[
            {"date": f"2030-01-{day}", "action": "notice", "why": "only states are looked at"} for day in ("06", "30")
        ],
    ),
    "so many notices of an item, however many its document has": run(
        ladder(step(1, 5), step(2, 10), grouping="customer_currency", max_notices=1),
        ["06", "20"],
        [notice("06"), notice("20", "B")],
        open_items=[A, {**B, "known_from": "2030-01-19"}],
    ),
    "a least amount in the company's currency": run(
        ladder(grouping="customer_currency", min_amount_minor=9_000, min_amount_unit="customer_currency"),
        ["20"],
        [notice("20", "U")],
        open_items=[{**A, "rate_to_company": "0.8"}, {**USD, "rate_to_company": "0.9"}],
    ),
    "the policy of one item changes": run(
        "ladder",
        ["03", "04"],
        [notice("04", "B")],
        {"date": "2030-01-04", "type": "policy_changed", "item": "B", "policy": ladder(step(1, -30))},
        open_items=[A, B],
    ),
    "one field of the policy changes": run(
        ladder(max_attempts=1),
        ["06", "12", "13"],
        [notice("06"), notice("13", level=2)],
        {"date": "2030-01-13", "type": "policy_changed", "changes": {"max_attempts": 2}},
    ),
    "a campaign that ended before ends no second time": run(
        {**REPEAT, "max_attempts": 2, "on_exhausted": "campaign_finished"},
        ["10"],
        [],
        history=[{"date": "2030-01-05", "currency": "EUR", "attempt": 2}],
    ),
    "level two waits for level one, whose condition does not hold": run(
        ladder(step(1, 5, conditions={"unpaid_count_at_least": 2}), step(2, 10)), ["20"], []
    ),
    "one deadline for all items of a document": run(
        ladder(
            step(1, 5, notice_due_days=3),
            step(2, 1, "previous_notice_due", notice_due_days=9),
            step(3, 1, "previous_notice_due"),
            grouping="customer_currency",
        ),
        ["06", "12", "16", "21", "22"],
        [
            notice("06"),
            notice("12", level=2),
            notice("12", "B"),
            notice("22", level=3),
            notice("22", "B", level=2),
        ],
        open_items=[A, {**B, "known_from": "2030-01-12"}],
        documents=[
            {"date": "2030-01-12", "items": ["A", "B"], "level": 2, "due_date": "2030-01-21"},
        ],
    ),
    "only what is due to be reminded counts for the least amount": run(
        ladder(step(1, 5), grouping="customer_currency", min_amount_minor=15_000, min_amount_unit="customer_currency"),
        ["06", "10", "11"],
        [notice("11"), notice("11", "B")],
        open_items=[A, {**B, "due_date": "2030-01-06"}],
    ),
    "a run of which nothing is expected": run("ladder", ["02"], [{"date": "2030-01-02", "action": "none"}]),
}

OTHERS: dict[str, dict[str, Any]] = {
    "aging with a credit": {
        "kind": "aging", "as_of": "2030-01-31", "open_items": [A, {**B, "type": "credit_note"}],
        "buckets": [{"id": "now", "from_days": None, "to_days": 0}, {"id": "late", "from_days": 1, "to_days": None}],
        "expected": {"now": 0, "late": 5_000, "total_minor": 5_000},
    },
    "a balance with an amount on account": {
        "kind": "balance", "as_of": "2030-01-31", "open_items": [A],
        "events": [event("05", "payment", None, id="P", amount_minor=70), event("06", "payment", amount_minor=10_000)],
        "expected": {"open": {"P": -70}},
    },
    "best possible dso": {
        "kind": "metric", "formula": "bpdso", "expected": {"days": "12.0"},
        "inputs": {"current_receivables_minor": 400, "sales_minor": 1_000, "period_days": 30},
    },
    "a ratio": {
        "kind": "metric", "formula": "ratio_percent", "inputs": {"collected_minor": 1, "billed_minor": 3},
        "expected": {"percent": "33.3"},
    },
    "a monthly repeat": {
        "kind": "schedule", "as_of": "2030-01-31", "sent": {"r": "2030-01-31"}, "expected": {"next_date": "2030-02-28"},
        "policy": {
            "steps": [{"id": "r", "basis": "due_date", "offset_days": 30}],
            "repeat": {"every_months": 1, "from": "last_sent", "overflow": False},
        },
        "item": {"document_date": "2029-12-01", "due_date": "2030-01-01", "state": "open"},
    },
    "nothing is scheduled for a paid invoice": {
        "kind": "schedule", "as_of": "2029-12-31", "sent": {}, "expected": {"next_date": None},
        "policy": {"steps": [{"id": "r", "basis": "due_date", "offset_days": 30}]},
        "item": {"due_date": "2030-01-01", "state": "paid"},
    },
    "overdue from the day after": {
        "kind": "status", "expected": "see variants",
        "variants": [
            {"as_of": "2030-01-01", "due_date": "2030-01-01", "expected": {"overdue": False}},
            {"as_of": "2030-01-02", "due_date": "2030-01-01", "overdue": True},
        ],
    },
    "the counter of the last message, and the stage by days": {
        "kind": "status",
        "as_of": "2030-01-15",
        "policy": "ladder",
        "open_items": [A, B],
        "history": [
            {"date": "2030-01-06", "item": "A", "level": 1},
            {"date": "2030-01-12", "item": "A", "level": 2, "overridden": True},
        ],
        "expected": {
            "counter": {"A": 1, "B": 0},
            "last_notice": {"A": "2030-01-06", "B": None},
            "stage": {"A": 2, "B": 2},
            "overdue_count": 2,
            "overdue_minor": 15_000,
        },
    },
    "a refund of a credit note": {
        "kind": "balance",
        "as_of": "2030-01-31",
        "open_items": [A, {**B, "type": "credit_note"}, {**A, "id": "D", "state": "draft"}],
        "events": [event("05", "payment", "B", amount_minor=2_000), event("06", "payment", "D", amount_minor=1)],
        "expected": {"open": {"A": 10_000, "B": -3_000}},
    },
    "attempts are forgotten where the policy does not reach any more": {
        "kind": "lifecycle",
        "steps": [
            {"old_attempts": 3, "overdue_minor": 500, "new_thresholds_minor": {"EUR": 500}, "expect_attempts": 3},
            {"old_attempts": 3, "overdue_minor": 500, "new_thresholds_minor": {"EUR": 501}, "expect_attempts": 0},
            {"old_attempts": 3, "overdue_minor": 500, "new_thresholds_minor": {"GBP": 1}, "expect_attempts": 0},
            {"old_attempts": 3, "overdue_minor": 0, "new_threshold_minor": 1, "expect_attempts": 0},
        ],
    },
    "the first contact present wins": {
        "kind": "recipient", "rule": ["billing", "accounting", "company"],
        "contacts": {"accounting": "a@customer.example", "company": "c@customer.example"},
        "expected": ["a@customer.example"],
    },
    "a policy with its levels upside down": {
        "kind": "validation", "given": {"policy": ladder(step(1, 9), step(2, 3))}, "expected": {"outcome": "refused"},
    },
    "a credit note is no reason to remind": {
        "kind": "validation",
        "variants": [
            {"item_type": "credit_note", "expected": "refused"},
            {"item_type": "invoice", "expected": "allowed"},
        ],
    },
    "only what is open is reminded": {
        "kind": "validation",
        "variants": [
            {"item_state": "draft", "expected": "refused"},
            {"open_minor": 0, "expected": "refused"},
            {"open_minor": 1, "expected": "allowed"},
            {"max_attempts": 0, "expected": "refused"},
            {"min_gap_days": -1, "expected": "refused"},
            {"thresholds": [{"currency": "EUR", "amount_minor": 1}, {"currency": "EUR", "amount_minor": 2}],
             "expected": "refused"},
        ],
    },
    "the first level has no notice before it": {
        "kind": "validation",
        "variants": [
            {"level": 1, "basis": "previous_notice", "expected": "refused"},
            {"level": 2, "basis": "previous_notice", "expected": "allowed"},
        ],
    },
    "more written off than is open": {
        "kind": "validation", "given": {"write_off_minor": 10_001}, "expected": {"outcome": "refused"},
    },
}  # fmt: skip
