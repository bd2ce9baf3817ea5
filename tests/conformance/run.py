"""Kind run: replay a ledger day by day, and compare what each run did with what the case expects of it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from core.decide.model import Decision, NoticePlan, Reason
from core.decide.tracks import HAND_OVER
from core.ledger import ItemKind
from core.policy.schema import Effect
from tests.conformance.accounts import accounts_of, at_policy, chased_at
from tests.conformance.case import Body, Case, RefusedError, differ, differ_each, on, unknown
from tests.conformance.replay import Account

Key = tuple[date, int]  # a run: its day, and which of that day's runs
BOOKED: Final = {
    "payment", "credit_note", "apply_credit", "payment_reversed", "write_off", "write_off_undone", "hold_set",
    "hold_release", "dispute_open", "dispute_close", "fee_waived", "due_date_change",
}  # fmt: skip
ENTRY: Final = {
    "date", "run", "action", "item", "level", "balance_minor", "original_minor", "fee_minor", "channel", "recipients",
    "items", "total_minor", "stage", "customers", "currency", "amount_minor", "attempt", "task", "still_open",
    "customer", "entity", "sender", "recipient_role", "effects", "interest_minor", "due_date",
}  # fmt: skip
DOCUMENT: Final = {
    "date", "run", "items", "level", "fee_minor", "item_fees_minor", "total_balance_minor", "total_minor", "due_date",
    "not_due_items", "customer", "currency", "entity", "total_fee_minor", "interest_minor", "channel", "count",
}  # fmt: skip
OPTIONAL: Final = "still_open"


def check(case: Case) -> list[str]:
    """Replay the case and compare every run with what is expected of it."""
    played = Replay(case)
    lines: list[str] = []
    wanted, free = _by_run(case.body["expected"]), case.body.get("unasserted", [])
    documents = _by_run(case.body.get("documents", []))
    strange = sorted({*wanted, *documents} - set(played.keys))
    lines += [f"{_name(key)}: something is expected, and there is no such run" for key in strange]
    for key in played.keys:
        done = played.runs[key]
        said = _compare(wanted.get(key, []), [row for row in free if _of_run(row, key)], done.actions)
        for document in documents.get(key, []):
            said += _document(document, done.documents)
        lines += [f"{_name(key)}: {line}" for line in said]
    return lines


def _name(key: Key) -> str:
    return f"{key[0]} run {key[1]}"


def _by_run(rows: Sequence[Body]) -> dict[Key, list[Body]]:
    found: dict[Key, list[Body]] = defaultdict(list)
    for row in rows:
        found[(on(row["date"]), row.get("run", 1))].append(row)
    return found


def _of_run(row: Body, key: Key) -> bool:
    """True for a line about that run; one that names no run is about all of its day."""
    return on(row["date"]) == key[0] and row.get("run", key[1]) == key[1]


class Done:
    """What one run of a day did."""

    def __init__(self) -> None:
        self.actions: list[dict[str, Any]] = []
        self.documents: list[dict[str, Any]] = []


class Replay:
    """All runs of a case in their order."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.accounts = accounts_of(case)
        self.runs: dict[Key, Done] = {}
        self.keys = self._keys()
        self._events = sorted(enumerate(case.body.get("events", []), start=1), key=lambda pair: self._place(pair[1]))
        for account in self.accounts:
            account.remember([row for row in case.body.get("history", []) if account.concerns(row)])
        for key in self.keys:
            self._happen(lambda event, key=key: self._place(event) <= (*key, 0))
            self.runs[key] = self._run(*key)

    def _keys(self) -> list[Key]:
        keys: list[Key] = []
        for text in self.case.body["run_dates"]:
            when = on(text)
            keys.append((when, 1 + sum(day_ == when for day_, _ in keys)))
        return sorted(keys)

    def _place(self, event: Body) -> tuple[date, int, int]:
        """Before which run of which day an event happens; `after_run` puts it behind the last one."""
        when = on(event["date"])
        last = max((run for day_, run in self.keys if day_ == when), default=1)
        if event.get("after_run"):
            return when, event.get("run", last), 1
        return when, event.get("run", 1), 0

    def _happen(self, due: Any) -> None:
        while self._events and due(self._events[0][1]):
            number, event = self._events.pop(0)
            self._take(number, event)

    def _take(self, number: int, event: Body) -> None:
        if event["type"] == "policy_changed":
            at_policy(self.accounts, self.case, event)
            return
        concerned = [account for account in self.accounts if account.concerns(event)]
        if not concerned:
            raise RefusedError(f"an event of type {event['type']} is about no account")
        for account in concerned:
            if event["type"] in BOOKED:
                account.books.take(number, event)
            else:
                account.happens(event)

    def _run(self, as_of: date, run: int) -> Done:
        narrowed = self.case.body.get("run_filters", {}).get(as_of.isoformat())
        if narrowed is not None and set(narrowed) != {"last_level_in"}:
            raise RefusedError(f"a run limited by {', '.join(narrowed)}")
        levels = None if narrowed is None else frozenset(narrowed["last_level_in"])
        done, stages = Done(), dict[str, str | None]()
        for account in self.accounts:
            was_finished = account.finished
            decision = account.run(as_of, run, levels)
            for notice in decision.notices:
                done.actions += _notice_actions(account, notice)
                done.documents.append(_shown(account, notice))
            done.actions += _task_actions(account, decision)
            account.send(decision)
            account.finished = account.runs_out and _exhausted(account, as_of, run)
            if account.finished and not was_finished and decision.notices:
                done.actions.append({**account.name, "action": account.on_exhausted})
            if account.staged:
                stages[str(account.who["id"])] = decision.state.status
            done.actions += _item_stages(account, as_of, run)
        done.actions += _stage_actions(self.accounts, stages, self.case)
        return done


def _exhausted(account: Account, as_of: date, run: int) -> bool:
    """True when everything that is overdue, and large enough, was written about as often as the policy allows."""
    reasons = {verdict.reason for verdict in account.ahead(as_of, run).verdicts}
    return Reason.MOST_ATTEMPTS in reasons and reasons <= {Reason.MOST_ATTEMPTS, *_NOT_ASKED}


# An amount that is not asked for at all keeps no campaign open.
_NOT_ASKED: Final = {Reason.BELOW_MINIMUM, Reason.UP_TO_DATE, Reason.SETTLED, Reason.EXCLUDED, Reason.PAID_BY_CREDIT}


# ---------- what a run did, in the words of the cases ----------


def _notice_actions(account: Account, notice: NoticePlan) -> Iterator[dict[str, Any]]:
    if account.policy.advance == "repeat":
        shown = [account.shows(due) for due in notice.steps]
        yield {**_request(account, notice), OPTIONAL: all(shown)}
        return
    lines = {line.item: line for line in (*notice.overdue, *notice.coming_due)}
    for due in notice.steps:
        line, step = lines[due.item], account.step(due)
        yield {
            **account.name,
            "action": "notice",
            "item": due.item,
            "currency": line.currency,
            "level": step.level,
            "balance_minor": line.open_minor - line.credit_minor,
            "original_minor": line.original_minor,
            "fee_minor": _charged(notice, ItemKind.FEE, item=due.item),
            "interest_minor": _charged(notice, ItemKind.INTEREST, item=due.item),
            "channel": step.channel,
            "sender": step.sender,
            "recipient_role": ", ".join(step.audience.customer),
            "recipients": [reader.email for reader in notice.recipients],
            "due_date": None if notice.pay_by is None else notice.pay_by.isoformat(),
            OPTIONAL: account.shows(due),
        }


def _request(account: Account, notice: NoticePlan) -> dict[str, Any]:
    """One message that lists everything overdue."""
    total = sum(line.due_minor for line in notice.overdue)
    return {
        **account.name,
        "action": account.action,
        "items": sorted(line.item for line in notice.overdue),
        "item": notice.overdue[0].item if len(notice.overdue) == 1 else None,
        "balance_minor": total,
        "currency": ", ".join(sorted({line.currency for line in notice.overdue})),
        "total_minor": total,
        "amount_minor": total,
        "attempt": account.attempts(notice),
        "channel": notice.channel,
        "sender": notice.sender,
        "recipients": [reader.email for reader in notice.recipients],
    }


def _charged(notice: NoticePlan, kind: ItemKind, item: str | None = None) -> int:
    """New charges of a kind; with an item its own ones, which are not the fee of the document."""
    new = [charge for charge in notice.charges if charge.new and charge.kind is kind]
    if item is not None:
        new = [charge for charge in new if charge.item == item and not charge.of_message]
    return sum(charge.minor for charge in new)


def _shown(account: Account, notice: NoticePlan) -> dict[str, Any]:
    """A message as the cases see a document: items chased, items only listed, fees."""
    chased = sorted({due.item for due in notice.steps})
    lines = {line.item: line for line in (*notice.overdue, *notice.coming_due)}
    balance = sum(lines[item].open_minor - lines[item].credit_minor for item in chased)
    fees = {item: _charged(notice, ItemKind.FEE, item=item) for item in chased}
    document_fee = _charged(notice, ItemKind.FEE) - sum(fees.values())
    interest = _charged(notice, ItemKind.INTEREST)
    levels = [account.step(due).level for due in notice.steps]
    return {
        **account.name,
        "items": chased,
        "level": max(levels, default=0),
        "currency": ", ".join(sorted({lines[item].currency for item in chased})),
        "fee_minor": document_fee,
        "item_fees_minor": fees,
        "total_fee_minor": document_fee + sum(fees.values()),
        "interest_minor": interest,
        "total_balance_minor": balance,
        "total_minor": balance + document_fee + sum(fees.values()) + interest,
        "due_date": None if notice.pay_by is None else notice.pay_by.isoformat(),
        "not_due_items": sorted(set(lines) - set(chased)),
        "channel": notice.channel,
    }


def _task_actions(account: Account, decision: Decision) -> Iterator[dict[str, Any]]:
    """Work for a person. A task beside a message of the same level is part of that message unless it is asserted."""
    noticed = {due.item for notice in decision.notices for due in notice.steps}
    for task in decision.tasks:
        if task.step == HAND_OVER and account.policy.advance != "repeat":
            word = account.on_exhausted or "final"
            yield from ({**account.name, "action": word, "item": item} for item in task.items)
        step = account.policy.step(task.step)
        if step is None or step.effect is not Effect.TASK:
            continue
        for item in task.items:
            yield {**account.name, "action": "task", "item": item, "task": task.kind, OPTIONAL: item in noticed}


def _item_stages(account: Account, as_of: date, run: int) -> Iterator[dict[str, Any]]:
    """The state of each item, where states belong to items; said only when asked for."""
    for item, level in account.item_levels(as_of, run).items():
        yield {**account.name, "action": "stage", "item": item, "level": level, "stage": account.stage_of(level),
               OPTIONAL: True}  # fmt: skip


def _stage_actions(accounts: Sequence[Account], stages: dict[str, str | None], case: Case) -> Iterator[dict[str, Any]]:
    """The state of every customer: that of the account on which it is chased. The first one's is always said."""
    customers = {customer: stages[account] for customer, account in chased_at(case, stages).items()}
    for number, account in enumerate(account for account in accounts if account.staged):
        stage = stages[str(account.who["id"])]
        yield {
            **account.name,
            "action": "stage",
            "stage": stage,
            "customers": customers,
            "effects": account.effects_of(stage),
            OPTIONAL: number > 0,
        }


# ---------- comparing ----------


def _compare(wanted: Sequence[Body], free: Sequence[Body], actions: list[dict[str, Any]]) -> list[str]:
    """Expected entries and what was done, matched one to one; `free` may happen or not."""
    left, lines = list(actions), list[str]()
    for entry in wanted:
        unknown(entry, ENTRY, "an entry")
        if entry["action"] == "none":
            continue
        found = _best(entry, left)
        if found is None:
            if not (entry.get(OPTIONAL) or _listed(entry, free)):
                lines.append(f"expected {_words(entry)}, and it did not happen")
            continue
        left.remove(found)
        lines += _fields(entry, found)
    for action in left:
        if not (action.get(OPTIONAL) or _listed(action, free)):
            lines.append(f"{_words(action)} happened, and is not expected")
    return lines


_KEYS: Final = ("action", "item", "currency", "customer", "entity", "items", "task")


def _best(entry: Body, actions: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The action that an entry speaks of: the same kind about the same thing, or at least about the same account."""
    for keys in (_KEYS, _KEYS[:-2]):
        for action in actions:
            if all(_same(key, entry[key], action.get(key)) for key in keys if key in entry):
                return action
    return None


def _same(key: str, wanted: Any, found: Any) -> bool:
    if isinstance(wanted, list) and isinstance(found, list) and key in ("items", "not_due_items"):
        return sorted(wanted) == sorted(found)
    return bool(wanted == found)


def _fields(entry: Body, action: Body) -> list[str]:
    lines: list[str] = []
    for key, wanted in entry.items():
        if key in ("date", "run", OPTIONAL) or _same(key, wanted, action.get(key)):
            continue
        if isinstance(wanted, dict) and isinstance(action.get(key), dict):
            lines += differ_each(f"{_words(entry)}: {key}", wanted, action[key])
        else:
            lines += differ(f"{_words(entry)}: {key}", wanted, action.get(key))
    return lines


def _listed(entry: Body, free: Sequence[Body]) -> bool:
    return any(
        all(_same(key, one[key], entry.get(key)) for key in one if key not in ("date", "run", "why")) for one in free
    )


def _words(entry: Body) -> str:
    about = entry.get("item") or entry.get("items") or entry.get("currency") or entry.get("stage") or ""
    level = f" level {entry['level']}" if "level" in entry else ""
    return f"{entry['action']} {about}{level}".replace("  ", " ").strip()


def _document(wanted: Body, shown: Sequence[Body]) -> list[str]:
    unknown(wanted, DOCUMENT, "a document")
    about = ("items", "customer", "currency", "entity")
    found = [one for one in shown if all(_same(key, wanted[key], one.get(key)) for key in about if key in wanted)]
    if not found:
        return [f"expected a document about {wanted.get('items')}, there are {[one['items'] for one in shown]}"]
    lines: list[str] = []
    for key, value in wanted.items():
        if key in ("date", "run", *about) or _same(key, value, found[0].get(key)):
            continue
        lines += differ(f"document {wanted.get('items')}: {key}", value, found[0].get(key))
    return lines
