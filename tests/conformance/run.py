"""Kind run: replay a ledger day by day, and compare what each run did with what the case expects of it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from core.decide.model import Reason
from tests.conformance.accounts import accounts_of, at_policy
from tests.conformance.actions import item_stages, notice_actions, shown, stage_actions, task_actions
from tests.conformance.case import Body, Case, RefusedError, on
from tests.conformance.matching import compare, document
from tests.conformance.replay import Account

Key = tuple[date, int]  # a run: its day, and which of that day's runs
BOOKED: Final = {
    "payment", "credit_note", "apply_credit", "payment_reversed", "write_off", "write_off_undone", "hold_set",
    "hold_release", "dispute_open", "dispute_close", "fee_waived", "due_date_change",
}  # fmt: skip


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
        said = compare(wanted.get(key, []), [row for row in free if _of_run(row, key)], done.actions)
        for one in documents.get(key, []):
            said += document(one, done.documents)
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
                done.actions += notice_actions(account, notice)
                done.documents.append(shown(account, notice))
            done.actions += task_actions(account, decision)
            account.send(decision)
            account.finished = account.runs_out and _exhausted(account, as_of, run)
            if account.finished and not was_finished and decision.notices:
                done.actions.append({**account.name, "action": account.on_exhausted})
            if account.staged:
                stages[str(account.who["id"])] = decision.state.status
            done.actions += item_stages(account, as_of, run)
        done.actions += stage_actions(self.accounts, stages, self.case)
        return done


def _exhausted(account: Account, as_of: date, run: int) -> bool:
    """True when everything that is overdue, and large enough, was written about as often as the policy allows."""
    reasons = {verdict.reason for verdict in account.ahead(as_of, run).verdicts}
    return Reason.MOST_ATTEMPTS in reasons and reasons <= {Reason.MOST_ATTEMPTS, *_NOT_ASKED}


# An amount that is not asked for at all keeps no campaign open.
_NOT_ASKED: Final = {Reason.BELOW_MINIMUM, Reason.UP_TO_DATE, Reason.SETTLED, Reason.EXCLUDED, Reason.PAID_BY_CREDIT}
