"""Writers of facts: the same ledger twice is one ledger, a correction wins, a crash is finished by the next import."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.formats.changes import AccountChanges, ItemChange
from core.formats.ledger_import import changes as changes_of
from core.formats.ledger_import import examine, jsonl_ledger
from core.keys import address_hash
from core.ledger import (
    ChaseAt,
    ClosedItem,
    Contact,
    Credit,
    CreditKind,
    Dispute,
    Hold,
    Instalment,
    ItemKind,
    PartPayment,
    Plan,
    Promise,
    Waiver,
)
from core.state import AccountState, ItemState
from functions.shared.store import accounts, customers, facts, items, keys, payments
from functions.shared.store.facts import Applied
from functions.shared.store.settlements import Settlement
from functions.shared.store.table import ref_index, table
from tests.builders import DUE, a_customer, an_item
from tests.functions.stored import NOW, TODAY, KilledError, account, changes, everything, watched
from tests.settling import settle_items

LATER = TODAY + timedelta(days=1)


def apply(ledger: AccountChanges, on: date = TODAY) -> Applied:
    return facts.apply_account(ledger, today=on, now=NOW)


def climbed(customer: str = "C1", item: str = "I1", level: int = 2) -> None:
    """The account's memory after some nights."""
    record = account(customer)
    state = AccountState(
        items={item: ItemState(level=level, step="c", attempts=3)}, last_accepted_on={"account": TODAY}
    )
    assert accounts.commit(record, state=state, next_check_on=LATER, now=NOW)


def test_what_is_stored_is_what_a_decision_reads() -> None:
    credit = Credit(id="cr", kind=CreditKind.PAYMENT, currency="EUR", open_minor=500, booked_on=DUE)
    dispute = Dispute(id="d", item="I1", amount_minor=100, opened_on=DUE)
    promise = Promise(id="p", item="I1", promised_on=LATER, made_on=DUE)
    hold = Hold(id="h", until=LATER, reason="asked for")
    item = an_item(part_payments=(PartPayment(id="pay", recorded_on=DUE, minor=1_000),), open_minor=10_000)
    ledger = changes(
        "C1",
        ItemChange(item, {"pay": 1_000}),
        credits=(credit,),
        disputes=(dispute,),
        promises=(promise,),
        holds=(hold,),
    )
    applied = apply(ledger)
    assert (applied.changed, applied.opened, bool(applied.shared)) == (True, 1, True)
    record = account()
    assert record.facts.items == (item.model_copy(update={"open_minor": 9_000}),)
    assert (record.facts.customer, record.facts.contacts) == (ledger.customer, ledger.contacts)
    assert record.facts.credits == (credit,)
    assert (record.facts.disputes, record.facts.promises, record.facts.holds) == ((dispute,), (promise,), (hold,))
    assert (record.version, record.facts_version, record.next_check_on) == (1, 1, TODAY)


@pytest.mark.parametrize("bulk", [False, True])
def test_the_same_ledger_twice_changes_nothing(bulk: bool) -> None:
    ledger = [
        changes(
            customer,
            ItemChange(an_item(f"{customer}-1", customer=customer), {"p1": 4_000}),
            ItemChange(an_item(f"{customer}-2", customer=customer), {"p2": 10_000}),  # closed
            credits=(Credit(id="cr", kind=CreditKind.PAYMENT, currency="EUR", open_minor=5, booked_on=DUE),),
            holds=(Hold(id="h"),),
        )
        for customer in ("C1", "C2", "C3")
    ]
    list(facts.apply_accounts(ledger, today={"E1": TODAY}, now=NOW))
    climbed("C1", "C1-1")
    before = everything()
    if bulk:
        again = list(facts.apply_accounts(ledger, today={"E1": LATER}, now=NOW + timedelta(days=1)))
    else:
        again = [facts.apply_account(one, today=LATER, now=NOW + timedelta(days=1)) for one in ledger]
    assert not any(applied.changed for applied in again)
    assert everything() == before


def test_a_payment_twice_is_one_payment_and_a_corrected_value_wins() -> None:
    apply(changes("C1", ItemChange(an_item(), {"p1": 4_000})))
    apply(changes("C1", ItemChange(an_item(), {"p1": 4_000, "p2": 1_000})))
    assert account().facts.items[0].open_minor == 5_000
    apply(changes("C1", ItemChange(an_item(), {"p1": 4_500})))
    assert account().facts.items[0].open_minor == 4_500
    applied = apply(changes("C1", an_item(due_on=DUE + timedelta(days=5), original_minor=20_000)))
    assert (applied.restated, applied.opened) == (1, 0)
    item = account().facts.items[0]
    assert (item.due_on, item.open_minor) == (DUE + timedelta(days=5), 14_500)


def test_a_settled_item_goes_to_history_with_its_memory_and_a_reversal_brings_both_back() -> None:
    apply(changes("C1", an_item()))
    climbed()
    closed = apply(changes("C1", ItemChange(an_item(), {"p1": 10_000})))
    assert closed.closed == 1
    record = account()
    assert (record.facts.items, record.facts.state.items, record.next_check_on) == ((), {}, TODAY)
    kept = table().get(keys.closed_item("E1", "C1", "I1"))
    assert kept is not None
    assert kept["expires_at"] > NOW.timestamp()
    assert not apply(changes("C1", ItemChange(an_item(), {"p1": 10_000}))).changed
    assert not apply(changes("C1", an_item())).changed  # an older ledger, from before the payment

    back = apply(changes("C1", ItemChange(an_item(), {}, reversed=("p1",))))
    assert back.reopened == 1
    record = account()
    assert (record.facts.items[0].open_minor, record.facts.items[0].due_on) == (10_000, DUE)
    assert record.facts.state.item("I1") == ItemState(level=2, step="c", attempts=3)
    assert not apply(changes("C1", ItemChange(an_item(), {"p1": 10_000}))).changed  # the payment stays reversed


def test_payments_alone_settle_what_is_stored() -> None:
    apply(changes("C1", an_item(), an_item("I2")))
    news = [
        Settlement("I1", {"p1": 10_000}),
        Settlement("I2", {"p2": 2_000}, part_payments=(PartPayment(id="p2", recorded_on=TODAY, minor=2_000),)),
    ]
    for expected in (True, False):
        assert settle_items("E1", "C1", news, today=TODAY, now=NOW).changed is expected
    (left,) = account().facts.items
    assert (left.id, left.open_minor, left.part_payments[0].minor) == ("I2", 8_000, 2_000)
    settle_items("E1", "C1", [Settlement("I1", reversed=("p1",))], today=TODAY, now=NOW)
    assert {item.id: item.open_minor for item in account().facts.items} == {"I1": 10_000, "I2": 8_000}
    money = payments.Use("p3", "EUR", 1, TODAY, parts={"I9": 1})
    with pytest.raises(LookupError, match="item I9 of E1/C1 is not stored"):
        payments.book("E1", "C1", money, today=TODAY, now=NOW)


def test_an_open_and_a_closed_item_are_found_by_number() -> None:
    apply(changes("C1", an_item(), ItemChange(an_item("I2"), {"p": 10_000})))
    for item_id in ("I1", "I2"):
        (row,) = table().query(keys.reference("E1", f"INV-{item_id}"), index=ref_index())
        assert keys.item_of_reference(row["ref_sk"]) == ("C1", item_id)
    assert items.closed("E1", "C1", ["I1", "I2"]).keys() == {"I2"}


def test_what_ended_stays_ended_but_a_hold_can_be_set_again() -> None:
    dispute = Dispute(id="d", item="I1", opened_on=DUE)
    hold = Hold(id="h")
    apply(changes("C1", an_item(), disputes=(dispute,), holds=(hold,)))
    over = dispute.model_copy(update={"closed_on": TODAY})
    apply(changes("C1", an_item(), disputes=(over,), ended_holds=("h",)))
    released = hold.model_copy(update={"until": TODAY - timedelta(days=1)})
    assert (account().facts.disputes, account().facts.holds) == ((over,), (released,))
    apply(changes("C1", an_item(), disputes=(dispute,), holds=(hold,)))
    assert (account().facts.disputes, account().facts.holds) == ((over,), (hold,))


def test_a_plan_and_a_waiver_are_read_while_their_items_are_open() -> None:
    plan = Plan(id="pl", items=("I1",), agreed_on=DUE, instalments=(Instalment(due_on=LATER, minor=10_000),))
    waiver = Waiver(id="w", item="I1", waived_on=DUE)
    apply(changes("C1", an_item(), an_item("I2"), plans=(plan,), waivers=(waiver,)))
    assert (account().facts.plans, account().facts.waivers) == ((plan,), (waiver,))
    over = plan.model_copy(update={"ended_on": TODAY})
    apply(changes("C1", an_item(), plans=(over,)))
    assert not apply(changes("C1", an_item(), plans=(plan,))).changed  # an older file does not bring it back
    assert account().facts.plans == (over,)
    apply(changes("C1", ItemChange(an_item(), {"p": 10_000})))
    assert account().facts.plans == ()


def test_what_was_over_before_its_item_was_known_open_is_not_kept() -> None:
    promise = Promise(id="p", item="I1", promised_on=DUE, made_on=DUE, ended_on=DUE)
    apply(changes("C1", ItemChange(an_item(), {"p": 10_000}), an_item("I2"), promises=(promise,)))
    assert [row["sk"] for row in everything() if row["sk"].startswith("P#")] == []


def paid(item_id: str, on: date, kind: ItemKind = ItemKind.INVOICE) -> ItemChange:
    return ItemChange(an_item(item_id, kind=kind), {f"p-{item_id}": 10_000}, paid_on=on)


def test_the_last_ten_paid_items_are_the_payers_record() -> None:
    days = [DUE + timedelta(days=n) for n in range(12)]
    ledger = changes("C1", *(paid(f"I{n:02}", day) for n, day in enumerate(reversed(days))), an_item("open"))
    apply(ledger)
    assert [item.paid_on for item in account().facts.state.paid] == days[2:]
    assert not apply(ledger).changed
    apply(changes("C1", paid("fee", LATER, ItemKind.FEE), ItemChange(an_item("open"), {"w": 10_000})))
    assert len(account().facts.state.paid) == 10
    assert account().facts.state.paid[-1].paid_on == days[-1]  # neither a fee nor what was given up


def test_a_payment_that_came_back_was_none() -> None:
    apply(changes("C1", an_item("I9"), paid("I1", TODAY)))
    assert account().facts.state.paid == (ClosedItem(issued_on=an_item().issued_on, due_on=DUE, paid_on=TODAY),)
    apply(changes("C1", ItemChange(an_item(), {}, reversed=("p-I1",))))
    assert account().facts.state.paid == ()


def subsidiary(chase_at: ChaseAt, *items: ItemChange, **others: Any) -> AccountChanges:
    owner = a_customer(id="S1", name="Subsidiary", parent="C1", chase_at=chase_at)
    listed = items or (ItemChange(an_item("S1-I1", customer="S1")),)
    return AccountChanges(entity="E1", customer=owner, items=listed, **others)


def test_a_subsidiarys_items_are_asked_for_at_the_parent_with_its_name() -> None:
    hold = Hold(id="h")
    ledger = subsidiary(ChaseAt.PARENT, holds=(hold,))
    first, *_ = facts.apply_accounts([ledger, changes("C1")], today={"E1": TODAY}, now=NOW)
    assert first.opened == 1
    parent, own = account("C1").facts, account("S1").facts
    assert [(item.id, item.customer, item.debtor) for item in parent.items] == [
        ("C1-I1", "C1", None), ("S1-I1", "C1", "Subsidiary"),
    ]  # fmt: skip
    assert [(held.id, held.item) for held in parent.holds] == [("h@S1-I1", "S1-I1")]  # the parent's own go on
    assert (parent.customer.name, own.items, own.holds) == ("Customer One", (), (hold,))
    paid_there = ItemChange(an_item("S1-I1", customer="S1"), {"p": 10_000}, paid_on=TODAY)
    apply(subsidiary(ChaseAt.SELF, paid_there))  # where it is asked for was settled when it was stored
    assert [item.id for item in account("C1").facts.items] == ["C1-I1"]
    assert account("S1").facts.items == ()


def test_an_item_that_is_stored_stays_where_it_is() -> None:
    apply(changes("C1"))
    apply(subsidiary(ChaseAt.SELF))
    apply(subsidiary(ChaseAt.PARENT, ItemChange(an_item("S1-I1", customer="S1")), ItemChange(an_item("S1-I2"))))
    assert [item.id for item in account("S1").facts.items] == ["S1-I1"]
    assert [item.id for item in account("C1").facts.items] == ["C1-I1", "S1-I2"]


def test_a_foreign_item_keeps_the_first_rate_that_a_ledger_names() -> None:
    for rate in (None, "0.8", "0.9", None):
        apply(changes("C1", an_item(currency="USD", rate=rate), an_item("I2", currency="USD")))
    assert [item.rate for item in account().facts.items] == ["0.8", None]


def test_an_address_that_bounced_stays_off_until_it_changes() -> None:
    ledger = changes("C1", an_item(), contacts=(Contact(id="k", customer="C1", email="a@b.example"),))
    apply(ledger)
    row = table().get(keys.contact("C1", "k"))
    assert row is not None
    table().put({**row, "off": "hard bounce"})
    assert not apply(ledger).changed
    assert account().facts.contacts[0].off == "hard bounce"
    apply(changes("C1", an_item(), contacts=(Contact(id="k", customer="C1", email="new@b.example"),)))
    assert account().facts.contacts[0].off is None


def test_a_customers_own_address_bounces_each_time_it_is_another() -> None:
    for email in ("a@b.example", "new@b.example"):
        ledger = changes("C1", an_item(), contacts=())
        apply(replace(ledger, customer=ledger.customer.model_copy(update={"email": email})))
        assert [customers.switch_off("C1", address_hash(email), "hard bounce") for _ in range(2)] == [True, False]
        assert [(contact.email, contact.off) for contact in account().facts.contacts] == [(email, "hard bounce")]


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        (("a@b.example;old@b.example", ()), ("a@b.example", ()), ["a@b.example"]),
        (("a@b.example", ()), ("", ("eva@b.example",)), ["eva@b.example"]),  # a person in its place
        (("a@b.example", ("eva@b.example",)), ("a@b.example", ()), ["a@b.example", "eva@b.example"]),
        (("a@b.example", ()), ("", ()), ["a@b.example"]),  # a table that has no addresses says nothing of them
    ],
)
def test_an_address_that_the_ledger_took_away_is_not_written_to(
    first: tuple[str, tuple[str, ...]], then: tuple[str, tuple[str, ...]], left: list[str], tmp_path: Path
) -> None:
    for email, people in (first, then):
        lines = [{"t": "customer", "id": "C1", "name": "One", **({"email": email} if email else {})}]
        lines += [{"t": "contact", "id": "k", "customer": "C1", "name": "Eva", "email": each} for each in people]
        path = tmp_path / "l.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        ledger = jsonl_ledger(path, "E1")
        for told in changes_of(ledger, examine(ledger)):
            apply(told)
    apply(changes("C1", an_item(), contacts=()))
    assert sorted(filter(None, (contact.email for contact in account().facts.contacts))) == left


def test_a_change_of_the_customer_wakes_its_accounts_at_other_entities() -> None:
    for entity in ("E1", "E2"):
        facts.apply_account(changes("C1", an_item(), entity=entity), today=TODAY, now=NOW)
    other = accounts.commit(account(entity="E2"), state=AccountState(), next_check_on=None, now=NOW)
    assert other is not None
    moved = changes("C1", an_item(), contacts=(Contact(id="k1", customer="C1", email="new@b.example"),))
    assert facts.apply_account(moved, today=TODAY, now=NOW, entities=("E1", "E2")).shared
    woken = account(entity="E2")
    assert (woken.version, woken.next_check_on) == (other.version + 1, TODAY - timedelta(days=2))  # today, anywhere


@pytest.mark.parametrize("point", range(1, 8))
def test_a_writer_that_dies_leaves_nobody_asleep_who_reads_the_same_customer(point: int) -> None:
    """It had written the customer's rows, and the same words again were no news: its parent was not decided again."""
    entities = ("E1", "E2")
    others = [("S1", "E2"), ("C1", "E1"), ("C1", "E2")]
    for entity in entities:
        apply(changes("C1", an_item(), entity=entity))
        apply(replace(subsidiary(ChaseAt.PARENT), entity=entity))
    told = subsidiary(ChaseAt.PARENT)
    told = replace(told, customer=told.customer.model_copy(update={"insolvent": True}))
    was = {}
    for customer, entity in (("S1", "E1"), *others):
        record = account(customer, entity)
        asleep = accounts.commit(record, state=record.facts.state, next_check_on=LATER, now=NOW)
        was[customer, entity] = asleep and asleep.version
    with suppress(KilledError), watched(die_after=point):
        facts.apply_account(told, today=TODAY, now=NOW, entities=entities)
    facts.apply_account(told, today=TODAY, now=NOW, entities=entities)
    assert all(account(*place).version > (was[place] or 0) for place in was)
    assert not any("untold" in row for row in everything())
    with watched() as seen:
        facts.apply_account(told, today=TODAY, now=NOW, entities=entities)
    assert seen.changes == 0


def test_the_level_of_an_older_system_is_taken_over_once() -> None:
    apply(changes("C1", ItemChange(an_item(), level=2, last_notice=DUE)))
    state = account().facts.state
    assert (state.item("I1").level, state.last_accepted_on) == (2, {"account": DUE})
    climbed(level=3)
    assert not apply(changes("C1", ItemChange(an_item(), level=2, last_notice=DUE))).changed
    assert account().facts.state.item("I1").level == 3


def test_a_decision_between_reading_and_writing_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    apply(changes("C1", an_item(), an_item("I2")))
    real, raced = accounts.commit, list[bool]()

    def commit(record: Any, **fields: Any) -> Any:
        if not raced:  # a worker is faster, once
            raced.append(True)
            state = AccountState(items={"I1": ItemState(level=1), "I2": ItemState(level=1)})
            assert real(account(), state=state, next_check_on=LATER, now=NOW)
        return real(record, **fields)

    monkeypatch.setattr(accounts, "commit", commit)
    apply(changes("C1", ItemChange(an_item(), {"p": 10_000})))
    record = account()
    assert ([item.id for item in record.facts.items], record.next_check_on) == (["I2"], TODAY)
    assert dict(record.facts.state.items) == {"I2": ItemState(level=1)}
    assert items.closed("E1", "C1", ["I1"])["I1"].memory == ItemState(level=1)


def _first() -> None:
    apply(
        changes(
            "C1",
            ItemChange(an_item(), level=2),
            ItemChange(an_item("I2"), {"p": 10_000}, paid_on=DUE),
            holds=(Hold(id="h"),),
        )
    )


def _pay() -> None:
    back = ItemChange(an_item("I2"), {}, reversed=("p",))
    apply(changes("C1", ItemChange(an_item(), {"p1": 10_000}, paid_on=TODAY), back))


def _restate() -> None:
    apply(changes("C1", ItemChange(an_item(), {"p1": 1_000}), an_item("I3"), ended_holds=("h",)))


def _gone() -> None:
    apply(replace(changes("C1", an_item("I2")), gone=("I1",)))


@pytest.mark.parametrize("write", [_first, _pay, _restate, _gone])
@pytest.mark.parametrize("when", ["die_before", "die_after"])
def test_an_import_that_died_is_finished_by_the_next(write: Callable[[], None], when: str) -> None:
    if write is not _first:
        _first()
        climbed()
    before = everything()
    with watched() as seen:
        write()
    wanted = everything()
    assert seen.changes >= 2
    for point in range(1, seen.changes + 1):
        _restore(before)
        with watched(**{when: point}), pytest.raises(KilledError):
            write()
        write()
        assert _without_versions(everything()) == _without_versions(wanted), point


def _restore(rows: list[dict[str, Any]]) -> None:
    table().batch_write(deletes=[keys.Key(row["pk"], row["sk"]) for row in everything()])
    table().batch_write(puts=rows)


def _without_versions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in ("version", "facts_version", "at_version", "rev")}
        for row in rows
    ]
