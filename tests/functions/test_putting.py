"""The effects of a batch are put together; an outbox that waits for its message stands, and nothing is put twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.our_side import DigestLine
from core.delivery import NoticeState
from core.packing import deflate
from core.state import AccountState, Waiting
from functions.decide_accounts.workflow import AccountsFailedError, Batch, decide_batch
from functions.shared import putting, settle
from functions.shared.store import accounts, config, digests, facts, keys, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.table import Row, table
from tests.builders import an_item
from tests.functions.stored import (
    NOW,
    TODAY,
    KilledError,
    account,
    attention,
    changes,
    configured,
    everything,
    stored,
    taken,
    watched,
)

CUSTOMERS = ("C1", "C2")
TOMORROW = TODAY + timedelta(days=1)


def a_batch(*customers: str, n: int, on: date = TODAY) -> Batch:
    return Batch(v=1, entity="E1", date=on, n=n, customers=customers)


def begun() -> None:
    """Two accounts that are due, and nothing else beside the configuration."""
    there = [keys.Key(row["pk"], row["sk"]) for row in everything()]
    table().batch_write(deletes=[key for key in there if key.pk != keys.CONFIG])
    if there:
        taken("notices")
    else:
        configured()
    stored(*CUSTOMERS)


def left() -> tuple[list[Row], list[str], set[str]]:
    """The table, what the digest tells and what is queued; outboxes aside, whose effects are all there to be seen."""
    rows = [row for row in everything() if not row["pk"].startswith(("DIGEST#", "RUN#"))]
    for row in rows:
        for name in ("outbox", "put_to", "att_pk", "att_sk"):
            row.pop(name, None)
    told = [told for lines in digests.of_night("E1", TODAY).values() for told in lines]
    return rows, sorted(map(str, told)), {said["notice_id"] for said in taken("notices")}


def notice_of(customer: str) -> NoticeRecord:
    notice = notices.get(account(customer).facts.state.waiting["account"].notice_id)
    assert notice is not None
    return notice


def accepted(customer: str) -> None:
    """Its message goes."""
    claimed = notices.claim(notice_of(customer).id, NOW)
    assert claimed is not None
    assert notices.fence(claimed, NOW)
    settle.settle(notices.accept(claimed, "m1", TODAY, NOW), config.read(), NOW, heard=False)


# ---------- a batch ----------
def test_a_batch_puts_one_record_of_lines_and_empties_no_outbox() -> None:
    begun()
    with watched() as seen:
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    lines = [row for row in everything() if row["pk"].startswith("DIGEST#")]
    assert (len(lines), len(digests.of_person("E1", TODAY, "accounting"))) == (1, 2)
    assert seen.changes == 2 * 3 + 1 + 1 + 1  # commit, reasons, notice; lines, a request to the queue, the batch's mark
    assert all(account(one).outbox and not account(one).watched for one in CUSTOMERS)
    assert [look.split("#")[1] for look in attention()] == ["NOTICE", "NOTICE"]


def test_a_batch_that_dies_at_any_write_leaves_in_the_end_what_it_would_have_left() -> None:
    begun()
    with watched() as seen:
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    expected = left()
    for n in range(1, seen.changes + 1):
        begun()
        with watched(die_before=n), pytest.raises(KilledError):
            decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
        assert left() == expected, n


def test_large_accounts_are_not_all_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun()
    decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    expected = left()
    begun()
    monkeypatch.setattr("functions.decide_accounts.workflow._TOGETHER", 0)
    decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    assert left() == expected
    assert sum(row["pk"].startswith("DIGEST#") for row in everything()) == 2


def test_a_batch_that_comes_again_writes_nothing() -> None:
    begun()
    early = NOW.replace(hour=6)  # nobody is written to before eight
    decide_batch(a_batch(*CUSTOMERS, n=0), now=early)
    with watched() as seen:
        assert decide_batch(a_batch(*CUSTOMERS, n=0), now=early) == {"not_due": 2}
    assert seen.changes == 1  # the mark, which is there


def test_an_account_whose_effects_cannot_be_put_keeps_no_other_from_its_own() -> None:
    begun()
    broken = {"x": {"kind": "close_task"}}  # of which task?
    assert accounts.commit(account("C1"), state=AccountState(), next_check_on=TODAY, now=NOW, add=broken)
    with pytest.raises(AccountsFailedError):
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    assert notice_of("C2").put_to == account("C2").version
    assert [told.customer for told in digests.of_person("E1", TODAY, "accounting")] == ["C2"]


# ---------- an outbox that stands ----------
def test_the_write_that_tells_the_account_empties_it() -> None:
    begun()
    decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    accepted("C1")
    assert notices.cancel(notice_of("C2").id, "settled", NOW)
    settle.settle(notice_of("C2"), config.read(), NOW)
    assert [account(one).outbox for one in CUSTOMERS] == [{}, {}]


def test_what_stands_is_not_told_again_by_the_next_decision() -> None:
    """Nor does it leave anything else than where the outbox was emptied at once."""
    ends = []
    for empty in (False, True):
        begun()
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
        for one in CUSTOMERS if empty else ():
            assert putting.put_effects(replace(account(one), put=frozenset(account(one).outbox)), NOW).outbox == {}
        decide_batch(a_batch(*CUSTOMERS, n=1, on=TOMORROW), now=NOW + timedelta(days=1))
        ends.append((everything(), {said["notice_id"] for said in taken("notices")}))
        assert all(accounts.version_in(key) == account("C1").version for key in account("C1").outbox)
    assert ends[0] == ends[1]


def test_whoever_adds_to_what_stands_puts_only_what_is_new() -> None:
    begun()
    early = NOW.replace(hour=6)
    decide_batch(a_batch(*CUSTOMERS, n=0), now=early)
    before = everything()
    note = {
        "n": {"kind": "announcement", "what": "status", "body": {"step": "", "value": "x"}, "at": keys.instant(NOW)}
    }
    after = accounts.commit(account("C1"), state=account("C1").facts.state, next_check_on=TOMORROW, now=early, add=note)
    assert after is not None
    with watched() as seen:
        assert putting.put_effects(after, early).outbox == {}
    assert seen.changes == 2  # the note, and the outbox
    assert len(everything()) == len(before) + 1


def test_a_message_stands_for_itself_and_for_what_was_put_before_it_alone() -> None:
    outbox = {
        "00000004.notice.a": {"kind": "notice", "id": "a"},
        "00000004.notice.b": {"kind": "notice", "id": "b"},
        "00000004.verdict": {"kind": "verdict"},
        "00000005.event.x": {"kind": "event"},
    }
    record, one = account_with(outbox), NoticeRecord("a", "customer", "E1", TODAY, NOW, put_to=4)
    assert putting.put_with(record, one) == {"00000004.notice.a", "00000004.verdict"}
    assert putting.put_with(record, replace(one, put_to=3)) == set()


def account_with(outbox: dict[str, Any]) -> AccountRecord:
    configured()
    stored("C1")
    return replace(account(), outbox=outbox)


def test_a_message_stands_for_nothing_where_something_could_not_be_read() -> None:
    begun()
    decide_batch(a_batch("C1", n=0), now=NOW)
    kept = account("C1")
    fax = {"a": {"kind": "fax"}, **{key.partition(".")[2]: effect for key, effect in kept.outbox.items()}}
    kept = replace(kept, put=frozenset(kept.outbox))
    after = accounts.commit(kept, state=kept.facts.state, next_check_on=TOMORROW, now=NOW, add=fax)
    assert after is not None
    (done,) = putting.put_together([replace(after, watched=False)], NOW, may_stand=True)
    assert [effect["kind"] for effect in account("C1").outbox.values()] == ["fax"]
    assert (done.outbox, notice_of("C1").put_to) == (account("C1").outbox, 0)


# ---------- out of turn ----------
def test_a_notice_that_was_cancelled_before_it_was_put_is_cancelled_when_it_is() -> None:
    begun()
    with watched(die_before=3), pytest.raises(KilledError):  # its commits are made, and nothing of them is put
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    planned = account("C1").facts.state.waiting["account"].notice_id
    off = {f"cancel.{planned}": {"kind": "cancel", "id": planned, "reason": "retracted"}}
    after = accounts.commit(account("C1"), state=account("C1").facts.state, next_check_on=TOMORROW, now=NOW, add=off)
    assert after is not None
    assert putting.put_effects(after, NOW).outbox == {}
    assert (notice_of("C1").state, notice_of("C1").reason) == (NoticeState.CANCELLED, "retracted")
    assert taken("notices") == []


def test_a_worker_that_slept_after_its_commit_takes_nothing_back_of_a_later_decision() -> None:
    begun()
    with watched(die_before=3), pytest.raises(KilledError):
        decide_batch(a_batch(*CUSTOMERS, n=0), now=NOW)
    slept = account("C1")
    assert facts.apply_account(changes("C1", an_item("C1-I2", customer="C1")), today=TODAY, now=NOW).changed
    decide_batch(a_batch("C1", n=1), now=NOW)
    later = notice_of("C1")
    putting.put_together([slept], NOW, may_stand=True)
    assert (notice_of("C1").put_to, notice_of("C1").steps) == (later.put_to, later.steps)
    assert later.put_to == account("C1").version > slept.version
    assert putting.known_as_put(account("C1"), NOW - timedelta(days=1)).put == set(account("C1").outbox)


def test_what_stands_is_not_told_again_though_another_message_ended_meanwhile() -> None:
    begun()
    early = NOW.replace(hour=6)
    record = account("C1")
    other = NoticeRecord(
        "other",
        "customer",
        "E1",
        TODAY,
        early,
        customer="C1",
        group="other",
        policy="machinery-manufacturer",
        policy_version=1,
    )
    state = replace(record.facts.state, waiting={"other": Waiting("other", ())})
    record = accounts.commit(record, state=state, next_check_on=TODAY, now=early)
    assert record is not None
    assert notices.put_planned(replace(other, put_to=record.version), early)
    sending = notices.claim("other", early)
    assert sending is not None
    assert notices.fence(sending, early)
    decide_batch(a_batch("C1", n=0), now=early)
    assert account("C1").outbox
    notices.accept(sending, "m1", TODAY, early)  # and whoever heard of it stopped there
    told = digests.of_person("E1", TODAY, "accounting")
    assert notices.put_off(notice_of("C1").id, until=NOW + timedelta(days=2), waits_for="budget", now=NOW)
    decide_batch(a_batch("C1", n=0, on=TOMORROW), now=NOW + timedelta(days=1))
    again = {one.line.key for one in digests.of_person("E1", TOMORROW, "accounting")}
    assert not again & {one.line.key for one in told}


# ---------- lines ----------
def lines(customer: str, number: int, person: str = "ann") -> Iterator[DigestLine]:
    for n in range(number):
        yield DigestLine(f"{customer}-{n}#ar", person, "ar", "b", f"{customer}-{n}", str(n), 7, "EUR", 100, "step")


def test_a_record_holds_the_lines_of_many_accounts_and_no_more_than_it_can() -> None:
    told = [(f"C{n}", "7.digest", tuple(lines(f"C{n}", 400))) for n in range(4)]
    big = ("C9", "7.digest", (*lines("C9", 3_000), *lines("C9", 1, "bob")))
    for _ in range(2):
        digests.put("E1", TODAY, [*told, big], NOW)
    rows = [row for row in everything() if row["pk"] == keys.digest_pk("E1", TODAY)]
    assert sorted(row["sk"].partition("#")[0] for row in rows) == ["ann", "ann", "ann", "bob"]
    of_ann = digests.of_person("E1", TODAY, "ann")
    assert (len(of_ann), len({(one.customer, one.line.key) for one in of_ann})) == (4_600, 4_600)
    assert {one.customer for one in digests.of_person("E1", TODAY, "bob")} == {"C9"}


def test_what_is_asked_is_kept_where_it_is_not_all_that_is_open() -> None:
    part, whole = lines("C1", 2)
    some = (replace(part, asked_minor=60), whole, replace(part, key="C1-0#cs", role="cs", asked_minor=60))
    kept = digests.pack_lines(some)
    assert set(digests.unpack_lines(kept)) == set(some)
    assert kept["asked"] == {"0": 60}
    assert "asked" not in digests.pack_lines([whole])


def test_a_decision_that_is_put_with_others_the_next_time_is_told_once() -> None:
    one, two = (("C1", "2.digest", tuple(lines("C1", 2))), ("C2", "3.digest", tuple(lines("C2", 1))))
    digests.put("E1", TODAY, [one, two], NOW)
    digests.put("E1", TODAY, [two], NOW)
    assert [told.customer for told in digests.of_person("E1", TODAY, "ann")].count("C2") == 1
    assert len(digests.of_person("E1", TODAY, "ann")) == 3


def test_lines_of_one_account_each_as_they_were_kept_before_are_read() -> None:
    body = deflate(digests.pack_lines(lines("C1", 2)))
    table().put({"pk": keys.digest_pk("E1", TODAY), "sk": "ann#C1#2.digest", "customer": "C1", "body": body})
    assert [told.customer for told in digests.of_person("E1", date(2026, 3, 9), "ann")] == ["C1", "C1"]
