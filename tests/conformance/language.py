"""The policies of the cases in our own policy language. The same table, for people: docs/reference/conformance.md."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from core.policy.schema import Policy
from tests.conformance import samples
from tests.conformance.case import Body, RefusedError
from tests.conformance.terms import fee_fields, interest_fields

ADVANCE: Final = {"sequential": "next", "highest": "state", "repeat": "repeat", "none": "none"}
ANCHOR: Final = {
    "due_date": "due",
    "invoice_date": "issue",
    "document_date": "issue",
    "previous_notice": "previous_notice",
    "previous_notice_due": "previous_notice_deadline",
    "oldest_unpaid_due": "oldest_unpaid_due",
}
UNAPPLIED: Final = {"ignore": "ignore", "net_must_be_positive": "gate", "apply_oldest_first": "oldest_first"}
GROUP: Final = {"customer": "account", "customer_currency": "account_currency"}
CHANNEL: Final = {"email": "email", "mail": "email", "e-mail": "email", "letter": "letter", "post": "letter",
                  "print": "letter"}  # fmt: skip
NO_CHANNEL: Final = {"none", "manual", "phone", "task"}  # nothing is sent: a person does it
SAME: Final = (
    "min_gap_days", "keep_threshold_gap", "wait_for_notice_deadline", "max_attempts", "clear_stage",
)  # fmt: skip
COMPANY_CURRENCY: Final = "XXX"  # of a case that gives rates into it: limits without a currency are in this one
NEVER_OWED: Final = 10**15  # minor units
FOREVER: Final = 99_999  # days: the steps of the cases never lapse

# What a step before or on the due date has to be told here, and never is in the cases: it does not lapse.
LASTING: Final = {"valid_until_dpd": FOREVER, "min_days_after_issue": 0}

READ: Final = {
    "unit", "mode", "steps", "auto_send", "min_amount_minor", "min_amount_op", "thresholds_minor", "min_gap_days",
    "min_gap_op", "min_gap_scope", "keep_threshold_gap", "wait_for_notice_deadline", "max_attempts", "max_notices",
    "unapplied_credits", "after_last_step", "grouping", "same_day_runs_advance", "deescalates", "on_exhausted",
    "clear_stage", "trigger", "channel", "sender", "recipient_role", "day_count", "rounding", "rate_change_day",
    "grace_days", "min_interest_minor", "parent_pays", "conditions", "notice_due_days", "fee", "document_fee",
    "charge_interest",
}  # fmt: skip

# Read as well, but no field of a policy by themselves: names, and words that say what is so anyway.
_BESIDE: Final = {
    "min_amount_unit", "threshold_op", "action", "list", "name", "kind", "repeat", "overflow", "rates", "interest",
    "customers", "by_customer", "entity_default", "customer_override", "default", "annual_percent",
}  # fmt: skip


def unread_fields(theirs: Body) -> list[str]:
    """The fields of a case's policy that have no meaning here."""
    return sorted(set(theirs) - READ - _BESIDE)


def policy_of(
    theirs: Any, currencies: Iterable[str] = ("EUR",), extra: Body | None = None, *, rated: bool = False
) -> Policy:
    """One policy of a case as ours. Raises RefusedError where our language has no word for it.

    Args: `currencies` of the case's items; `extra` fields of ours; `rated`: items have rates into the company's
    currency, in which limits without a currency then are.
    """
    if theirs in (None, "none"):
        theirs = {"mode": "none"}
    listed = sorted(set(currencies))
    fields = {**fields_of(theirs, listed, [COMPANY_CURRENCY] if rated else listed), **(extra or {})}
    roles = {role for step in fields["steps"] for role in step.get("audience", {}).get("customer", ())}
    fields["fallbacks"] = {role: ["account"] for role in sorted(roles)}
    try:
        return samples.policy(fields)
    except ValidationError as invalid:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors())
        raise RefusedError(f"our policy language refuses it: {said}") from None


def fields_of(theirs: Body, currencies: list[str], limited: list[str]) -> dict[str, Any]:
    """The fields of a case's policy as those of ours. Args: `limited` the currencies of limits without a currency."""
    mode = theirs.get("mode", "sequential")
    fields: dict[str, Any] = {
        "advance": _known(ADVANCE, mode, "mode"),
        "group_by": group_by(theirs),
        "unapplied": _known(UNAPPLIED, theirs.get("unapplied_credits", "ignore"), "unapplied_credits"),
        "min_gap_op": theirs.get("min_gap_op", ">=") if theirs.get("min_gap_days") else ">=",
        "min_gap_scope": "account" if theirs.get("min_gap_scope") == "customer" else "group",
        # what a person sends today does not keep the next level from being drafted today
        "same_day_advance": theirs.get("same_day_runs_advance", False) or not theirs.get("auto_send", True),
        "after_last_step": _after_last(theirs),
        # a threshold is for all that is overdue; anything else is about what is due to be reminded
        "minimum": {
            "account": _account_minimum(theirs, currencies, limited),
            "of": "listed" if "thresholds_minor" in theirs or mode == "repeat" else "due",
        },
        **{key: theirs[key] for key in SAME if theirs.get(key) is not None},
        **_most(theirs),
        **interest_fields(theirs),
    }
    if mode == "highest" and theirs.get("deescalates") is False:
        fields["falls"] = False
    fields["steps"] = [
        {**step, "when": {**step["when"], **_item_minimum(theirs, limited)}}
        for step in (_repeating(theirs, currencies) if mode == "repeat" else _ladder(theirs, currencies))
    ]
    return fields


def group_by(theirs: Body) -> str:
    """What shares one message."""
    unit = theirs.get("grouping") or theirs.get("unit", "item")
    return GROUP.get(unit, "item")


def level_id(level: int) -> str:
    """The id of the step of a level."""
    return f"level-{level}"


def task_id(level: int) -> str:
    """The id of the task beside the message of a level."""
    return f"task-{level}"


def _most(theirs: Body) -> dict[str, int]:
    """How often at most: on a ladder an item counts its own notices, without levels the group does."""
    most = theirs.get("max_notices")
    if most is None:
        return {}
    return {"max_attempts": most} if theirs.get("mode", "sequential") == "sequential" else {"max_notices": most}


def _known(words: dict[str, str], word: str, what: str) -> str:
    if word not in words:
        raise RefusedError(f"there is no {what} {word!r}")
    return words[word]


def _after_last(theirs: Body) -> str:
    """An exhausted campaign, or a used-up ladder, is handed to a person: our `final`."""
    return "final" if theirs.get("on_exhausted") else str(theirs.get("after_last_step", "nothing"))


def _account_minimum(theirs: Body, currencies: list[str], limited: list[str]) -> dict[str, int]:
    """The least amount of a message, by currency. Ours is met by an equal amount; strictly more is one unit more."""
    if "thresholds_minor" in theirs:
        more = int(theirs.get("threshold_op", ">=") == ">")
        asked = {currency: minor + more for currency, minor in theirs["thresholds_minor"].items()}
        return {**dict.fromkeys(currencies, NEVER_OWED), **asked}  # a currency without a threshold is not asked for
    if theirs.get("min_amount_minor") is None or theirs.get("min_amount_unit", "item") == "item":
        return {}
    more = int(theirs.get("min_amount_op", ">=") == ">")
    return dict.fromkeys(limited, theirs["min_amount_minor"] + more)


def _ladder(theirs: Body, currencies: list[str]) -> list[dict[str, Any]]:
    steps = sorted(theirs.get("steps", []), key=lambda step: step.get("level", 0))
    numbered = [{"level": number, **step} for number, step in enumerate(steps, start=1)]
    if theirs.get("mode") == "highest" and theirs.get("unit", "item") != "item":
        return [_status(step, theirs, currencies) for step in numbered]
    return [ours for before, step in enumerate(numbered) for ours in _rung(step, before, theirs, currencies)]


def _when(step: Body, theirs: Body, currencies: list[str]) -> dict[str, Any]:
    """The conditions of a step."""
    conditions = step.get("conditions") or {}
    rest = sorted(set(conditions) - {"unpaid_count_at_least", "unpaid_total_minor_at_least"})
    if rest:
        raise RefusedError(f"there is no condition {', '.join(rest)}")
    when: dict[str, Any] = {}
    if "unpaid_count_at_least" in conditions:
        when["unpaid_count"] = {"at_least": conditions["unpaid_count_at_least"]}
    if "unpaid_total_minor_at_least" in conditions:
        least = conditions["unpaid_total_minor_at_least"]
        when["unpaid_total"] = {currency: {"at_least": least} for currency in currencies}
    return when


def _item_minimum(theirs: Body, limited: list[str]) -> dict[str, Any]:
    """The least amount of an item: a condition of each step."""
    if theirs.get("min_amount_minor") is None or theirs.get("min_amount_unit", "item") != "item":
        return {}
    word = "above" if theirs.get("min_amount_op", ">=") == ">" else "at_least"
    return {"item_open": {currency: {word: theirs["min_amount_minor"]} for currency in limited}}


def _reached(trigger: Body | None) -> dict[str, Any]:
    """From which day on a step is reached; without a trigger as soon as anything is due."""
    if not trigger:
        return {"anchor": "oldest_unpaid_due", "offset_days": 0}
    reached = {
        "anchor": _known(ANCHOR, trigger.get("basis", "due_date"), "basis"),
        "offset_days": trigger.get("offset_days", 0),
        "op": trigger.get("op", ">="),
        "end_of_month": bool(trigger.get("end_of_month")),
    }
    early = (reached["anchor"], reached["op"], reached["end_of_month"]) == ("due", ">=", False)
    return {**reached, **(LASTING if early and reached["offset_days"] <= 0 else {})}


def _status(step: Body, theirs: Body, currencies: list[str]) -> dict[str, Any]:
    """A stage of the whole account."""
    return {
        "id": level_id(step["level"]), "effect": "status", "scope": "account",
        "status": stage_name(step), "when": _when(step, theirs, currencies), **_reached(step.get("trigger")),
    }  # fmt: skip


def stage_name(step: Body) -> str:
    """What the state of a step is called."""
    return str(step.get("stage") or step.get("name") or step["level"])


def _rung(step: Body, before: int, theirs: Body, currencies: list[str]) -> list[dict[str, Any]]:
    """A level: its message, and the task beside it or in its place, which waits for the levels before it too."""
    reached = {"when": _when(step, theirs, currencies), **_reached(step.get("trigger"))}
    channel = step.get("channel", theirs.get("channel", "email"))
    rung: list[dict[str, Any]] = []
    if channel is not None and channel not in NO_CHANNEL:
        rung.append({**reached, **_message(step, theirs, channel, currencies)})
    if step.get("task") or not rung:
        task = str(step.get("task") or channel or "task")
        if before and theirs.get("mode", "sequential") == "sequential":
            reached = {**reached, "when": {**reached["when"], "attempts": {"at_least": before}}}
        audience = {"ours": [samples.OWNER]}
        rung.append({**reached, "id": task_id(step["level"]), "effect": "task", "task": task, "audience": audience})
    return rung


def _message(step: Body, theirs: Body, channel: str, currencies: list[str]) -> dict[str, Any]:
    role = step.get("recipient_role", theirs.get("recipient_role", samples.ROLE))
    message = samples.message(
        id=level_id(step["level"]),
        level=step["level"],
        channel=_known(CHANNEL, channel, "channel"),
        audience={"customer": [role] if isinstance(role, str) else list(role)},
        charge_interest=bool(step.get("charge_interest", theirs.get("charge_interest")) and interest_fields(theirs)),
    )
    for key in ("sender", "notice_due_days"):
        if step.get(key, theirs.get(key)) is not None:
            message[key] = step.get(key, theirs.get(key))
    for key in ("fee", "document_fee"):
        rule = step.get(key, theirs.get(key))
        if rule:
            message[key] = fee_fields(rule, currencies)
    return message


def _repeating(theirs: Body, currencies: list[str]) -> list[dict[str, Any]]:
    """No levels: one message as often as anything triggers."""
    first = {**(theirs.get("steps") or [{}])[0]}
    overdue = {"basis": "due_date", "offset_days": 0, "op": ">"}
    step = {"level": 1, "trigger": theirs.get("trigger", overdue), "conditions": theirs.get("conditions"), **first}
    return [
        {
            **_message(step, theirs, str(step.get("channel") or theirs.get("channel", "email")), currencies),
            "when": _when(step, theirs, currencies), **_reached(step["trigger"]),
        }
    ]  # fmt: skip
