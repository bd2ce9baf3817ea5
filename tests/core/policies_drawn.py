"""Random policies over the whole language: every way to advance, anchor, condition, limit, effect and charge."""

from typing import Any

from hypothesis import strategies as st

from core.policy.schema import Policy

OFFSETS = (-10, -7, -3, 0, 1, 2, 3, 5, 7, 8, 10, 14, 15, 21, 30, 31, 45, 60, 61, 90)
OURS = ("accounting", "sales_rep", "ceo", "nobody_has_it")
HARSH = {"proposal": "legal", "fee": "fee", "message": "final_notice", "task": "agency", "status": "disconnect"}


def chance(draw: st.DrawFn, one_in: int) -> bool:
    """True now and then; shrinks to False."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def bounds(numbers: st.SearchStrategy[int], *, only_from: bool = False) -> st.SearchStrategy[dict[str, int]]:
    """Limits on a number, sometimes on both sides."""
    low = st.builds(lambda n, k: {k: n}, numbers, st.sampled_from(["at_least", "above"]))
    if only_from:
        return low
    high = st.builds(lambda n, k: {k: n}, numbers, st.sampled_from(["at_most", "below"]))
    both = st.builds(lambda n, width: {"at_least": n, "at_most": n + width}, numbers, st.integers(0, 40))
    return st.one_of(low, high, both)


def _amounts(*, only_from: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    minor = st.sampled_from([1, 900, 2_500, 10_000, 50_000])
    return st.dictionaries(st.sampled_from(["EUR", "JPY"]), bounds(minor, only_from=only_from), min_size=1, max_size=2)


def _condition(*, only_from: bool = False, sums: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """One condition.

    Args: `only_from` leaves out upper limits, which a payment or a day could bring about; `sums` False for none that
    looks at amounts, counts or the payer's record.
    """
    days, few = st.integers(-3, 70), st.integers(0, 4)

    def one(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return values.map(lambda value: {name: value})

    lists = [
        one("segment", st.just(["key"])),
        one("currency", st.lists(st.sampled_from(["EUR", "USD", "KWD"]), min_size=1, unique=True)),
        one("department", st.just(["D1"])),
        one("customer_kind", st.sampled_from([["business"], ["consumer"], ["business", "public"]])),
    ]
    numbers = [
        one("item_open", _amounts(only_from=only_from)),
        one("account_balance", _amounts(only_from=only_from)),
        one("overdue_total", _amounts(only_from=only_from)),
        one("unpaid_total", _amounts(only_from=only_from)),
        one("unpaid_count", bounds(few, only_from=only_from)),
        one("percent_open", bounds(st.integers(0, 100), only_from=only_from)),
        one("attempts", bounds(few, only_from=only_from)),
    ]
    payer = [] if only_from else [one("payer", st.sampled_from(["punctual", "late"]))]
    moving = [*numbers, *payer] if sums else []
    return st.one_of(one("dpd", bounds(days, only_from=only_from)), *moving, *lists)


@st.composite
def whens(draw: st.DrawFn, **limits: bool) -> dict[str, Any]:
    """One condition, two, or a choice of them. Args: `limits` as for `_condition`."""
    condition = _condition(**limits)
    found = dict(draw(condition))
    if chance(draw, 4):
        found |= draw(condition)
    if chance(draw, 5):
        found = {"any_of": [found, draw(condition)]}
    return found


FEES = st.sampled_from(
    [
        {"type": "flat", "flat": {"EUR": 500, "JPY": 40, "KWD": 1_500}},
        {"type": "percent", "percent": "5", "min": {"EUR": 100}, "max": {"EUR": 4_000}},
        {"type": "flat_plus_percent", "flat": {"EUR": 100, "USD": 100}, "percent": "1.5"},
        {"type": "convert", "currency": "EUR", "fee": {"type": "flat", "flat": {"EUR": 1_000}}},
        {"type": "sequence", "fees": [{"type": "flat", "flat": {"EUR": n}} for n in (0, 500, 900)], "then": "last"},
    ]
)


@st.composite
def _repeats(draw: st.DrawFn, offset: int) -> dict[str, Any]:
    return {
        "every_days": draw(st.sampled_from([1, 7, 14])),
        "until_dpd": draw(st.sampled_from([None, None, offset + 13, offset + 30])),
        "max": draw(st.sampled_from([None, None, 3])),
        "scope": draw(st.sampled_from(["account", "account", "item"])),
    }


@st.composite
def _ladder(draw: st.DrawFn, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Messages that rise by day and level; now and then one counts from something other than the due date."""
    offsets = sorted(draw(st.sets(st.sampled_from(OFFSETS), min_size=1, max_size=5)))
    level, steps = 0, list[dict[str, Any]]()
    for number, offset in enumerate(offsets):
        level = level if offset <= 0 else min(9, level + draw(st.sampled_from([1, 1, 0, 2])))
        step: dict[str, Any] = {
            "id": f"m{number}",
            "offset_days": offset,
            "level": level,
            "template": "reminder",
            "audience": _audience(draw, customer=True),
        }
        if chance(draw, 4):
            after = ["previous_notice", "previous_notice_deadline"] if any("off" not in one for one in steps) else []
            step["anchor"] = draw(st.sampled_from(["issue", "oldest_unpaid_due", *after]))
        _decorate(draw, step, changes)
        if offset > 0 and chance(draw, 4):
            step["repeat"] = draw(_repeats(offset))
        earlier = [one["id"] for one in steps]
        if earlier and offset > 0 and chance(draw, 6):
            step |= _required(draw, earlier)
            if chance(draw, 2):
                step |= {"adverse": "final_notice", "needs_approval": draw(st.sampled_from([None, False]))}
        _charged(draw, step, changes)
        steps.append(step)
    return steps


def _audience(draw: st.DrawFn, *, customer: bool, ours: bool = False) -> dict[str, list[str]]:
    found = {"ours": [draw(st.sampled_from(OURS))] if ours or chance(draw, 2) else []}
    if customer:
        found["customer"] = draw(st.sampled_from([["ap_contact"], ["ap_contact", "ap_manager"], ["ap_manager"]]))
    return found


def _decorate(draw: st.DrawFn, step: dict[str, Any], changes: dict[str, Any]) -> None:
    """What any step may say about its day and its conditions."""
    if chance(draw, 6):
        step["op"] = ">"
    if chance(draw, 8):
        step["end_of_month"] = True
    if chance(draw, 3):
        step["when"] = draw(whens(only_from=bool(changes.get("only_from")), sums=changes.get("sums", True)))
    if chance(draw, 5):
        step["min_days_after_issue"] = draw(st.sampled_from([0, 14]))
    if chance(draw, 6):
        step["valid_until_dpd"] = max(0, step["offset_days"]) + draw(st.sampled_from([0, 4, 20]))
    if chance(draw, 12):
        step["off"] = True


def _charged(draw: st.DrawFn, step: dict[str, Any], changes: dict[str, Any]) -> None:
    if chance(draw, 3):
        step["notice_due_days"] = draw(st.sampled_from([0, 7, 10]))
    if chance(draw, 4):
        step["fee"] = draw(FEES)
    if chance(draw, 6):
        step["document_fee"] = draw(FEES)
    if chance(draw, 6):
        step["charge_interest"] = True
    if chance(draw, 6):
        step["charge_compensation"] = True


def _required(draw: st.DrawFn, earlier: list[str]) -> dict[str, Any]:
    return {
        "requires_step": sorted(draw(st.sets(st.sampled_from(earlier), min_size=1, max_size=2))),
        "requires_days": draw(st.sampled_from([3, 0, 10])),
    }


KINDS = ("task", "notify", "status", "credit_hold", "proposal", "fee", "interest")


@st.composite
def _beside(draw: st.DrawFn, number: int, ladder: list[dict[str, Any]], changes: dict[str, Any]) -> dict[str, Any]:
    """One step without a message."""
    effect = draw(st.sampled_from(KINDS))
    step: dict[str, Any] = {
        "id": f"x{number}",
        "effect": effect,
        "offset_days": draw(st.sampled_from([n for n in OFFSETS if n != -10])),
        "scope": draw(st.sampled_from(["item", "item", "account"])),
        "audience": _audience(draw, customer=False, ours=effect not in ("notify", "interest")),
    }
    step |= {"task": {"task": "call"}, "status": {"status": f"s{number}"}, "proposal": {"proposal": "decide"}}.get(
        effect, {}
    )
    if chance(draw, 5):
        step["anchor"] = draw(st.sampled_from(["issue", "oldest_unpaid_due", "previous_notice"]))
    _decorate(draw, step, changes)
    earlier = [one["id"] for one in ladder]
    if effect == "credit_hold" or chance(draw, 6):
        step |= _required(draw, earlier)
        step["adverse"] = "credit_hold" if effect == "credit_hold" else HARSH.get(effect, "fee")
        step["audience"] = _audience(draw, customer=False, ours=True)
        step["needs_approval"] = draw(st.sampled_from([None, None, False, True]))
    if effect == "task" and step["offset_days"] > 0 and chance(draw, 3):
        step["repeat"] = draw(_repeats(step["offset_days"]))
    repeating = [one["id"] for one in ladder if "repeat" in one]
    if effect == "task" and repeating and chance(draw, 2):
        step["when"] = {"occurrences_of": draw(st.sampled_from(repeating)), "at_least": draw(st.integers(1, 3))}
    if effect == "fee":
        step["fee"] = draw(FEES)
    return step


@st.composite
def _events(draw: st.DrawFn, number: int, ladder: list[dict[str, Any]]) -> dict[str, Any]:
    """One message that an event starts, now and then a harsh one."""
    event = draw(
        st.sampled_from(
            ["new_invoice", "balance_over_limit", "promise_broken", "instalment_missed", "payment_received"]
        )
    )
    step: dict[str, Any] = {
        "id": f"v{number}",
        "anchor": "event",
        "event": event,
        "offset_days": draw(st.sampled_from([0, 0, 1, 3])),
        "template": "statement",
        "audience": _audience(draw, customer=True),
    }
    if event == "balance_over_limit":
        limit = draw(st.sampled_from([900, 15_000, 90_000]))
        step |= {"when": {"account_balance": {"EUR": {"above": limit}}}, "offset_days": 0}
    if chance(draw, 4):
        step |= {
            **_required(draw, [one["id"] for one in ladder]),
            "audience": _audience(draw, customer=True, ours=True),
        }
        step |= {"adverse": draw(st.sampled_from(["final_notice", "default_notice", "disconnect"]))}
    return step


@st.composite
def policies(draw: st.DrawFn, name: str = "drawn", **changes: Any) -> Policy:
    """Any policy that the language allows. Args: `changes` fields that are not drawn; `only_from`, `sums` as for
    `whens`; `effects`, `events` False for none of these steps."""
    ladder = draw(_ladder(changes))
    beside = [] if changes.get("effects") is False else range(draw(st.integers(0, 4)))
    events = [] if changes.get("events") is False else range(draw(st.sampled_from([0, 0, 0, 1, 2])))
    steps = [*ladder, *(draw(_beside(n, ladder, changes)) for n in beside), *(draw(_events(n, ladder)) for n in events)]
    advance = changes.get("advance") or draw(
        st.sampled_from(["latest", "latest", "latest", "next", "next", "state", "repeat", "none"])
    )
    limits = st.dictionaries(st.sampled_from(["EUR", "JPY", "USD"]), st.sampled_from([500, 2_500, 20_000]), max_size=2)
    drawn: dict[str, Any] = {
        "advance": advance,
        "clear_stage": draw(st.sampled_from([None, "clear"])) if advance == "state" else None,
        "falls": draw(st.sampled_from([True, False])) if advance == "state" else True,
        "group_by": draw(
            st.sampled_from(["account", "account", "account", "account_currency", "department", "level", "item"])
        ),
        "age_basis": draw(st.sampled_from(["due", "due", "due", "issue"])),
        "treat_as": draw(st.sampled_from([None, None, None, "consumer"])),
        "send_days": draw(st.sampled_from(["all", "business_days"])),
        "due_rolls": draw(st.sampled_from(["off", "next_business_day"])),
        "min_gap_days": draw(st.sampled_from([3, 0, 1, 10])),
        "min_gap_op": draw(st.sampled_from([">=", ">=", ">"])),
        "min_gap_scope": draw(st.sampled_from(["account", "group"])),
        "keep_threshold_gap": chance(draw, 6),
        "wait_for_notice_deadline": chance(draw, 6),
        "same_day_advance": chance(draw, 6),
        "max_jump": draw(st.sampled_from([1, "any", 2])),
        "max_attempts": draw(st.sampled_from([None, None, None, 2, 4])),
        "max_notices": draw(st.sampled_from([None, None, None, 3])),
        "highest_level": draw(st.sampled_from([None, None, None, 2])),
        "after_last_step": draw(st.sampled_from(["nothing", "task", "final", "repeat"])),
        "after_last_days": draw(st.sampled_from([30, 5])),
        "minimum": {
            "of": draw(st.sampled_from(["listed", "listed", "due"])),
            "account": draw(st.one_of(st.just({}), limits)),
            "item": {
                "amount": draw(st.one_of(st.just({}), st.just({}), limits)),
                "percent": draw(st.sampled_from([0, 0, 0, 20])),
            },
        },
        "materiality_percent": draw(st.sampled_from([10, 10, 0, 40])),
        "materiality_of": draw(st.sampled_from(["all", "all", "wording"])),
        "audience_of": draw(st.sampled_from(["tone", "highest_step"])),
        "hold_after_payment_days": draw(st.sampled_from([3, 0, 10])),
        "resume": {
            "after_days": draw(st.sampled_from([3, 1, 7])),
            "max_jump": draw(st.sampled_from([1, 2, "any"])),
        },
        "promise_grace_days": draw(st.sampled_from([2, 0, 5])),
        "unapplied": draw(st.sampled_from(["highest_level_first", "oldest_first", "gate", "ignore"])),
        "credit_notes": draw(st.sampled_from(["at_once", "when_approved"])),
        "punctual": draw(st.sampled_from([None, None, {"at_least": 1, "percent": 50}])),
        "brakes": draw(st.sampled_from([{}, {}, {"ledger_days": 30}, {"bank_days": 60, "ledger_days": 90}])),
        "activation": {
            "wait_days": draw(st.sampled_from([14, 3])),
            "older_than_days": draw(st.sampled_from([365, 60])),
        },
    }
    fixed = {key: value for key, value in changes.items() if key not in ("only_from", "sums", "effects", "events")}
    terms = {"interest": {"rates": [{"annual_percent": "36.5"}]}, "compensation": {"statutory": "DE"}}
    return Policy.model_validate({"policy": name, "version": 1, "steps": steps, **terms, **drawn, **fixed})
