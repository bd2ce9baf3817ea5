"""Reads that need not be strong, answered with records as they were before they were last written."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import DynamoJsonEncoder

from core.delivery import NoticeState
from core.keys import address_hash
from core.policy.schema import Budget
from functions.shared.store import reach
from functions.shared.store.reach import Slot
from functions.shared.store.table import Table
from local.engine import Call, Engine, Killed, Moment
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import Script, delivered, silent
from tests.faults.stories import READERS, begun, decided, once, settled
from tests.scenarios.company import NIGHT, at

_WRITES = ("PutItem", "UpdateItem")


@dataclass
class Lagging:
    """A hook of the engine's faults: whoever reads weakly always gets the record before the last one."""

    engine: Engine
    only: tuple[str, ...] = ("",)  # of these kinds
    before: dict[tuple[str, str], Any] = field(default_factory=dict)
    late: int = 0  # records that were given as they were

    def __call__(self, call: Call) -> None:
        if call.service != "dynamodb":
            return
        if call.moment is Moment.BEFORE and call.operation in _WRITES:
            key = call.params["Item"] if call.operation == "PutItem" else call.params["Key"]
            self.before[_place(key)] = self.stored(key)
        if call.moment is Moment.AFTER and call.response is not None:
            if call.operation == "GetItem" and not call.params["ConsistentRead"]:
                self._set_back(call.response, "Item", call.params["Key"])
            if call.operation == "BatchGetItem":
                self._set_back_all(call.params["RequestItems"], call.response["Responses"])

    def _set_back(self, response: dict[str, Any], name: str, key: dict[str, Any]) -> None:
        if key["pk"]["S"].startswith(self.only) and (was := self.before.get(_place(key))) is not None:
            response[name] = was
            self.late += 1

    def _set_back_all(self, asked: dict[str, Any], answered: dict[str, Any]) -> None:
        for table, request in asked.items():
            if not request["ConsistentRead"]:
                answers = [self.before.get(_place(item), item) for item in answered[table]]
                self.late += sum(one is not item for one, item in zip(answers, answered[table], strict=True))
                answered[table][:] = [one for one in answers if one is not None]

    def stored(self, key: dict[str, Any]) -> Any:
        rows: Any = self.engine.stack.table.items.get(DynamoType(dict(key["pk"])), {})
        item = rows.get(DynamoType(dict(key["sk"])))
        return None if item is None else json.loads(json.dumps(item.attrs, cls=DynamoJsonEncoder))


def _place(key: dict[str, Any]) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def test_a_night_whose_weak_reads_all_lag_ends_like_any_other(engine: Engine) -> None:
    company = begun(engine)
    lagging = Lagging(engine)
    engine.faults.add(lagging)
    company.day()
    assert lagging.late >= 3
    once(company)
    settled(company)


def test_a_notice_in_doubt_that_is_known_as_planned_is_offered_and_not_sent_again(engine: Engine) -> None:
    company = decided(engine)
    engine.ses.behaviour = lambda mail: silent() if mail.to == READERS else delivered()
    lagging = Lagging(engine)
    planned = lagging.stored({"pk": {"S": f"NOTICE#{company.notice().id}"}, "sk": {"S": "N"}})

    def sender_dies(call: Call) -> None:
        if call.operation == "SendEmail" and call.moment is Moment.AFTER:
            raise Killed

    engine.faults.add(sender_dies)
    with pytest.raises(Killed):
        company.until(at(NIGHT, 8, 1))
    engine.faults.clear()
    engine.faults.add(lagging)
    lagging.before[_place(planned)] = planned
    company.until(engine.now + timedelta(minutes=10))
    assert (lagging.late, company.notice().state) == (1, NoticeState.SENDING)  # offered once more, and not claimed
    company.until(engine.now + timedelta(minutes=20))
    assert (len(company.mails), company.notice().state) == (1, NoticeState.UNKNOWN)  # a doubt that somebody sees


def test_a_delivery_whose_notice_is_known_as_before_the_bounce_forgives_the_bounce(engine: Engine) -> None:
    """What may be an automatic answer came first; it is no sign against the mailbox once the mail is in it."""
    company = begun(engine)
    answer = Reaction(Kind.BOUNCE, timedelta(seconds=5), {"bounceType": "Transient", "bounceSubType": "General"})
    arrived = Reaction(Kind.DELIVERY, timedelta(minutes=9))
    bounced = Script(reactions=(Reaction(Kind.SEND), answer, arrived))
    engine.ses.behaviour = lambda mail: bounced if mail.to == READERS else silent()
    engine.faults.add(Lagging(engine, only=("NOTICE#", "REACH#")))
    company.day()
    assert company.notice().state is NoticeState.DELIVERED
    assert reach.read(address_hash(READERS[0])).soft == {}


def test_a_slot_is_taken_of_the_budget_as_it_is_whatever_a_weak_read_shows(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget, strong, shown = Budget(per_day=1, per_seven_days=5), Table.get, list[Any]()

    def lagging(self: Table, key: Any, *, consistent: bool = True, **given: Any) -> Any:
        return strong(self, key, consistent=True, **given) if consistent else shown[-1]

    def take(notice_id: str) -> Slot:
        return reach.take("a", notice_id, NIGHT, budget)

    monkeypatch.setattr(Table, "get", lagging)
    shown += [None]
    assert [take("n1"), take("n1"), take("n2")] == [Slot.TAKEN, Slot.TAKEN, Slot.FULL]
    assert reach.read("a").days == {NIGHT.isoformat(): ("n1",)}
    reach.free("a", "n1")
    shown += [{"version": reach.read("a").version, "days": {}}]
    reach.switch_off("a", "hard bounce")
    assert take("n3") is Slot.OFF
