"""A table that was restored to an earlier moment has forgotten mails that went out: none of them goes again."""

import copy
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.delivery import ACCEPTED, NoticeState
from core.keys import address_hash
from functions.shared import restore
from functions.shared.store import lost, permits, reach
from functions.shared.store.permits import Marker
from local import replays
from local.cli.target import Target
from local.engine import Call, Engine, Killed, Moment
from local.engine.bridge.lookup import forget
from local.engine.faults import client_error
from local.engine.ses_script import delivered, hard_bounce
from tests.builders import a_policy, an_item
from tests.faults.provider import out_of_office
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at, invoice
from tests.scenarios.test_silence import STEPS

TOMORROW = NIGHT + timedelta(days=1)


def backed_up(engine: Engine) -> Any:
    """The table as it is now."""
    return copy.deepcopy(engine.stack.table.items)


def restored(engine: Engine, backup: Any) -> None:
    """The table as it was; bucket and queues know nothing of it."""
    engine.stack.table.items.clear()
    engine.stack.table.items.update(copy.deepcopy(backup))
    forget(engine.stack.table)


def learnt(engine: Engine) -> None:
    """Every file of mail events is read once more."""
    found = Target(engine.stack.name, engine.stack.outputs, "", engine)
    replays.read_again(found, list(replays.files(found, engine.now - timedelta(days=2))))


def two_customers(engine: Engine) -> Company:
    """C1's step is due tonight, C2's tomorrow."""
    company = Company(engine)
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    return company


def first_readers(company: Company) -> list[str]:
    return [mail.to[0].partition(".")[2].partition("@")[0] for mail in company.mails]


def outcome(company: Company) -> dict[str, Any]:
    accounts = {customer: company.account(customer) for customer in ("C1", "C2")}
    return {
        "levels": {c: [(s.level, s.attempts) for s in a.facts.state.items.values()] for c, a in accounts.items()},
        "seq": {customer: dict(account.facts.state.seq) for customer, account in accounts.items()},
        "next": {customer: account.next_check_on for customer, account in accounts.items()},
        "went": sorted((n.customer, n.state in ACCEPTED) for n in company.notices()),
        "slots": {c: sorted(company.slots(ap(c).email or "")) for c in ("C1", "C2")},
    }


@pytest.mark.parametrize("before", ["the run", "the sending"])
def test_f60_after_a_restore_nothing_is_sent_before_what_was_sent_is_learnt(engine: Engine, before: str) -> None:
    company = two_customers(engine)
    company.day()
    backup = backed_up(engine)
    company.until(at(TOMORROW, 7))
    if before == "the sending":
        backup = backed_up(engine)  # C2's notice is planned, and C1's long delivered
    company.day(TOMORROW)
    expected, sent, ours = outcome(company), first_readers(company), len(company.digests)
    assert sent == ["c1", "c2"]

    restored(engine, backup)
    company.day(TOMORROW + timedelta(days=1))
    assert first_readers(company) == sent
    assert len(company.digests) == ours  # those to our own people wait too
    assert permits.read().held == restore.RESTORED
    assert {n.waits_for for n in company.notices() if n.state is NoticeState.PLANNED} == {"restore"}
    assert any('"PD1320"' in line for line in engine.logs)
    assert any('"sending_held":[1.0]' in line.replace(" ", "") for line in engine.logs)

    learnt(engine)
    restore.lift(engine.now)
    company.day(TOMORROW + timedelta(days=2))
    assert first_readers(company) == sent
    assert outcome(company) == expected
    assert permits.read().held == ""


def test_f60_a_mail_of_which_the_table_knows_nothing_is_learnt_first_and_decided_later(engine: Engine) -> None:
    company = two_customers(engine)
    backup = backed_up(engine)
    company.day()
    (gone,) = company.notices()
    expected = outcome(company)
    restored(engine, backup)
    restore.hold(engine.now)
    learnt(engine)
    known = company.notices(lost.KIND)
    assert gone.id in [notice.id for notice in known]
    assert company.notices() == []
    restore.lift(engine.now)
    company.until(at(TOMORROW, 5))
    assert first_readers(company) == ["c1"]
    engine.run_until(at(TOMORROW, 7), quiet=company.run_instants)
    assert first_readers(company) == ["c1"]
    after = outcome(company)
    assert after["levels"]["C1"] == expected["levels"]["C1"] == [(1, 1)]
    assert after["slots"]["C1"] == expected["slots"]["C1"]
    company.day(TOMORROW)
    assert first_readers(company) == ["c1", "c2"]


def test_f60_a_hard_bounce_that_was_forgotten_turns_the_address_off_again(engine: Engine) -> None:
    company = two_customers(engine)
    backup = backed_up(engine)
    engine.ses.behaviour = lambda mail: hard_bounce() if "c1@" in mail.to[0] else delivered()
    company.day()
    restored(engine, backup)
    restore.hold(engine.now)
    learnt(engine)
    assert reach.read(address_hash(ap("C1").email or "")).off == "hard bounce"


@pytest.mark.parametrize("waited_for", [True, False], ids=["a later step waits for it", "nothing waits for it"])
def test_f60_that_a_mail_arrived_is_learnt_again_and_an_automatic_reply_is_no_sign_against_the_mailbox(
    engine: Engine, waited_for: bool
) -> None:
    steps = STEPS if waited_for else STEPS[:1]
    company = Company(engine, policy=a_policy(steps=steps))
    company.knows(invoice("C1"))
    company.night()
    backup = backed_up(engine)
    engine.ses.behaviour = lambda _mail: out_of_office(timedelta(seconds=20))
    company.day()
    assert company.notice().state is NoticeState.DELIVERED
    restored(engine, backup)
    restore.hold(engine.now)
    for _ in range(2):  # whoever has all read twice learns nothing else
        learnt(engine)
        assert company.notice().state is NoticeState.DELIVERED
        assert reach.read(address_hash(ap("C1").email or "")).soft == {}


@pytest.mark.parametrize("lost", [False, True])
def test_f60_a_harsh_step_builds_on_a_mail_that_was_forgotten_and_arrived(engine: Engine, lost: bool) -> None:
    company = Company(engine, policy=a_policy(steps=STEPS))
    company.knows(invoice("C1"))
    backup = backed_up(engine)
    company.day()
    if lost:
        restored(engine, backup)
        restore.hold(engine.now)
        learnt(engine)
        restore.lift(engine.now)
    company.day(TOMORROW)
    company.day(NIGHT + timedelta(days=7))
    assert [mail.sent_at.date() for mail in company.mails] == [NIGHT, NIGHT + timedelta(days=7)]
    assert company.tasks("confirm-delivery") == []


def test_f60_a_table_that_lost_nothing_is_never_held(engine: Engine) -> None:
    company = two_customers(engine)
    company.day()
    company.day(TOMORROW)
    assert permits.read().held == ""
    assert permits.marker() == Marker(permits.read().n)
    assert first_readers(company) == ["c1", "c2"]


@pytest.mark.parametrize("call", ["UpdateItem", "PutObject"])
def test_f60_a_death_while_the_count_moves_on_neither_holds_nor_hides(engine: Engine, call: str) -> None:
    """Whoever dies there leaves a table that may send, and a restore that is still noticed."""
    company = two_customers(engine)
    company.night()
    backup = backed_up(engine)
    for number in (1, 2) if call == "UpdateItem" else (1,):  # meant, or reached
        struck = _Death(call, number)
        engine.faults.add(struck)
        with suppress(Killed):
            company.until(engine.now + timedelta(hours=1, minutes=5))
        engine.faults.clear()
        assert struck.struck
    company.until(at(NIGHT, 12))
    assert (first_readers(company), permits.read().held) == (["c1"], "")
    restored(engine, backup)
    company.until(at(NIGHT, 13))
    assert (first_readers(company), permits.read().held) == (["c1"], restore.RESTORED)


class _Death:
    """The sender dies before its n-th such call about the count."""

    def __init__(self, operation: str, number: int) -> None:
        self._operation, self._left, self.struck = operation, number, False

    def __call__(self, call: Call) -> None:
        of_count = call.service == "s3" or call.params.get("Key", {}).get("sk") == {"S": permits.KEY.sk}
        if call.function != "SendNoticesFunction" or call.moment is not Moment.BEFORE or not of_count:
            return
        self._left -= call.operation == self._operation
        if self._left == 0:
            self.struck = True
            raise Killed(call.operation)


def test_f60_a_count_that_may_not_be_read_lets_nothing_leave(engine: Engine) -> None:
    """S3 says of a file that is not there, and of one that may not be read, the same."""
    company = two_customers(engine)
    company.night()

    def deny(call: Call) -> None:
        if (call.operation, call.moment) == ("GetObject", Moment.BEFORE):
            raise client_error("GetObject", "AccessDenied", status=403)

    engine.faults.add(deny)
    company.until(at(NIGHT, 9))
    assert company.mails == []
    engine.faults.clear()
    company.until(at(NIGHT, 10))
    assert first_readers(company) == ["c1"]


def test_f60_a_person_holds_the_sending_before_a_restore_and_it_stays_held_after_it(engine: Engine) -> None:
    company = two_customers(engine)
    company.night()
    backup = backed_up(engine)
    restore.hold(engine.now)
    restored(engine, backup)
    company.day()
    assert (company.mails, permits.read().held) == ([], restore.BY_HAND)
    restore.lift(engine.now)
    company.day(TOMORROW)
    assert first_readers(company) == ["c1", "c2"]
    assert company.runs(ENTITY) == {NIGHT.isoformat(): "complete", TOMORROW.isoformat(): "complete"}


def test_f60_a_table_of_the_minute_before_the_hold_has_to_learn_too(engine: Engine) -> None:
    """The count moves once a minute of sending; between two of its moves a restore would go unnoticed."""
    company = two_customers(engine)
    company.day()
    backup = backed_up(engine)
    for _ in range(2):
        restore.hold(engine.now)
        assert permits.marker() == Marker(permits.read().meant, restore.BY_HAND)  # this one lost nothing
    restored(engine, backup)
    marker = permits.marker()
    assert marker is not None
    assert marker.n > permits.read().meant
    restore.lift(engine.now)
    assert permits.marker() == Marker(permits.read().n)
