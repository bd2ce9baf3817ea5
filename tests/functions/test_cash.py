"""Statements booked into the real table: what is applied, what waits, and that each entry counts once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.bank import BankStatement, EntryStatus, Remittance
from core.cash.model import Rule
from core.cash.rules import CashRules
from core.decide.account import decide
from core.formats.changes import ItemChange
from core.ledger import Credit, CreditKind, Entity
from functions.shared import cash, cash_decisions
from functions.shared.cash import book_statement
from functions.shared.store import bank, config, facts, keys, tasks
from functions.shared.store.bank import EntryState
from functions.shared.store.table import table
from tests.builders import a_customer, a_policy, a_setting, an_item
from tests.functions.banking import (
    IBAN,
    IN_USD,
    RULES,
    book,
    company,
    entry,
    knows,
    on_account,
    open_items,
    record,
    statement,
)
from tests.functions.stored import NOW, TODAY, KilledError, account, changes, everything, watched


@pytest.fixture
def entity() -> Entity:
    return company()


# ---------- what is sure ----------
def test_a_payment_that_names_its_invoice_closes_it(entity: Entity) -> None:
    knows(changes("C1"))
    assert book(entity, entry()).applied == 1
    assert (open_items(), on_account(), record().state) == ({}, {}, EntryState.APPLIED)
    assert account().facts.state.paid[-1].paid_on == TODAY
    assert account().next_check_on == TODAY  # decided again tonight
    assert config.read().entity("E1").bank_as_of == TODAY


def test_a_part_that_the_bank_booked_days_ago_is_recorded_today_and_came_then(entity: Entity) -> None:
    knows(changes("C1"))
    book(entity, entry(minor=4_000, booked_on=TODAY - timedelta(days=4)))
    (item,) = account().facts.items
    assert [one.recorded_on for one in item.part_payments] == [TODAY]
    assert item.paid_days == {item.part_payments[0].id: TODAY - timedelta(days=4)}


@pytest.mark.parametrize(("text", "days"), [("INV-1001", 0), ("INV-1001", 4), ("", 4), ("gone", 0)])
def test_what_is_paid_makes_small_and_old_no_louder_in_the_night_that_hears_of_it(
    entity: Entity, text: str, days: int
) -> None:
    """60.00 at +90 beside 300.00 at +10: by themselves a third reminder, not while 5,000.00 came in only just."""
    sizes = {"1001": (30, 500_000), "1002": (90, 6_000), "1003": (10, 30_000)}
    owed = [
        an_item(key, number=f"INV-{key}", due_on=TODAY - timedelta(days=late), open_minor=minor)
        for key, (late, minor) in sizes.items()
    ]
    knows(changes("C1", *owed))
    if text == "gone":  # a full file does not hold it any more
        knows(replace(changes("C1", *owed[1:]), gone=("1001",)))
    else:
        book(entity, entry(minor=500_000, text=text, booked_on=TODAY - timedelta(days=days)))
    setting = a_setting(a_policy("customer-friendly-three-levels", max_jump="any", unapplied="oldest_first"))
    known = account().facts
    levels = [
        decide(known, setting, TODAY + timedelta(days=later)).notices[0].level
        for later in (0, setting.policy.hold_after_payment_days)
    ]
    assert levels == ([1, 3] if text else [0, 2]), known  # on account: the large one has no step for three days


def test_a_payment_under_the_number_of_a_cancelled_invoice_counts_for_the_one_issued_in_its_place(
    entity: Entity,
) -> None:
    """The full file names the new invoice and not the old one; the bank's entry was taken as known, the new one asked
    for."""
    old, new = an_item("1", number="INV-1001"), an_item("2", number="INV-1002")
    knows(changes("C1", old))
    knows(replace(changes("C1", new), gone=("1",)))
    paid = entry(text="INV-1001", booked_on=TODAY + timedelta(days=1))
    book(entity, paid)
    assert (open_items(), list(on_account().values()), record().state) == (
        {"2": 10_000}, [10_000], EntryState.UNAPPLIED,
    )  # fmt: skip
    assert [one.rule for one in record().suggestions][:1] == [Rule.SAME]


def test_b06_numbers_as_payers_write_them(entity: Entity) -> None:
    for n, (text, minor, left, rest) in enumerate(
        [
            ("Rg. {0}1-{0}3", 30_000, {}, 0),
            ("Rg.Nr {0}1/{0}2", 20_000, {"3": 10_000}, 0),
            ("facture {0}1, {0}3", 20_000, {"2": 10_000}, 0),
            ("INV {0} 1", 10_000, {"2": 10_000, "3": 10_000}, 0),
            ("INV-{0}2 first part", 4_000, {"1": 10_000, "2": 6_000, "3": 10_000}, 0),
            ("INV-{0}2", 10_500, {"1": 10_000, "3": 10_000}, 500),
        ],
        start=100,
    ):
        customer, name = f"C{n}", f"Customer No{n}"
        told = changes(customer, *(an_item(f"{k}", customer=customer, number=f"INV-{n}{k}") for k in (1, 2, 3)))
        knows(replace(told, customer=a_customer(id=customer, name=name)))
        paid = entry(f"K{n}", minor, text.format(n), payer_name=name, payer_account=f"X{n}")
        assert book(entity, paid).applied == 1, text
        assert (open_items(customer), sum(on_account(customer).values())) == (left, rest), text


def test_b06_a_wrong_number_is_a_persons(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1001")))
    booked = book(entity, entry(text="INV-1009"))
    assert (booked.applied, booked.on_account) == (0, 1)  # the name is the customer's: nobody chases them meanwhile
    assert (open_items(), on_account()) == ({"I1": 10_000}, {record().credit_id: 10_000})
    assert record().suggestions[0].split.parts[0].item == "I1"


def test_b06_two_customers_with_the_same_amount_are_a_persons(entity: Entity) -> None:
    twin = changes("C2", an_item("I2", customer="C2"))
    knows(changes("C1", an_item("I1")), twin)
    facts.apply_account(changes("C2"), today=TODAY, now=NOW)
    booked = book(entity, entry(text="", payer_account=None))  # both are called Customer One
    assert (booked.applied, booked.on_account, booked.suggested) == (0, 0, 1)
    assert {one.split.customers for one in record().suggestions} >= {("C1",), ("C2",)}
    assert (open_items(), on_account(), on_account("C2")) == ({"I1": 10_000}, {}, {})


# ---------- differences ----------
def test_b07_a_discount_within_its_terms_closes_the_invoice(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", issued_on=TODAY - timedelta(days=14), number="INV-1")))
    assert book(entity, entry(minor=9_800, text="INV-1 abzgl. 2% Skonto")).applied == 1
    (part,) = record().split.parts  # type: ignore[union-attr]
    assert (open_items(), part.minor, part.allowance, part.why) == ({}, 9_800, 200, "discount")


def test_b07_a_discount_that_is_late_stays_open(entity: Entity) -> None:
    late = CashRules(discounts=RULES.discounts)
    entity = entity.model_copy(update={"cash": late})
    knows(changes("C1", an_item("I1", issued_on=TODAY - timedelta(days=15), number="INV-1")))
    assert book(entity, entry(minor=9_800, text="INV-1")).applied == 1
    assert (open_items(), record().split.parts[0].why) == ({"I1": 200}, "discount")  # type: ignore[union-attr]


def test_b07_a_fee_of_banks_within_what_is_allowed(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", open_minor=50_100)))
    assert book(entity, entry(minor=48_600, text="INV-1", charges_minor=1_500)).applied == 1
    assert (open_items(), record().split.parts[0].why) == ({}, "bank_fee")  # type: ignore[union-attr]


def test_b07_a_fee_beyond_it_stays_open(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", open_minor=50_100)))
    assert book(entity, entry(minor=48_599, text="INV-1", charges_minor=1_501)).applied == 1
    assert open_items() == {"I1": 1_501}


def test_b07_another_currency_is_never_added(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", currency="USD")))
    booked = book(entity, entry(minor=9_300, text="INV-1", instructed=(10_000, "USD")))
    assert (booked.applied, open_items()) == (0, {"I1": 10_000})
    assert record().suggestions[0].split.parts[0].settles == 10_000
    done = cash_decisions.accept(record().id, 1, by="anna", entity=entity, now=NOW)
    assert (done.state, open_items(), on_account()) == (EntryState.APPLIED, {}, {})


def test_b07_one_sum_for_a_parent_and_its_subsidiary(entity: Entity) -> None:
    child = changes("C2", an_item("I2", customer="C2", number="INV-2002", open_minor=2_500))
    knows(changes("C1", an_item("I1", number="INV-2001")), child)
    assert book(entity, entry(minor=12_500, text="INV-2001, INV-2002")).applied == 1
    assert (open_items(), open_items("C2")) == ({}, {})


def test_b07_a_refund_takes_back_what_was_on_account_once_a_person_agrees(entity: Entity) -> None:
    knows(changes("C1"))
    book(entity, entry("K0"))  # the account is known from here
    book(entity, entry("K1", 700, text="thank you"))
    assert on_account() == {record().credit_id: 700}
    refund = entry("K2", -700, text="refund", booked_on=TODAY + timedelta(days=1))
    assert book(entity, refund).suggested == 1
    cash_decisions.accept(record("K2").id, 1, by="anna", entity=entity, now=NOW)
    assert (on_account(), record().state, record("K2").state) == ({}, EntryState.REVERSED, EntryState.REVERSED)


# ---------- money that is not certain ----------
def test_unapplied_money_of_a_known_payer_is_on_account_at_once_and_applied_when_its_invoice_comes(
    entity: Entity,
) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", open_minor=5_000)))
    book(entity, entry("K0", 5_000, "INV-1"))
    assert book(entity, entry("K1", 7_000, "INV-2")).on_account == 1
    assert on_account() == {record().credit_id: 7_000}
    knows(changes("C1", an_item("I2", number="INV-2", open_minor=7_000)))
    assert cash.rematch(entity, NOW) == 1
    assert (open_items(), on_account(), record().state) == ({}, {}, EntryState.APPLIED)


def test_what_nobody_ever_sees_to_does_not_keep_new_money_from_its_invoice(
    entity: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.shared.cash._MOST_AGAIN", 2)
    old = {"booked_on": TODAY - timedelta(days=9), "payer_account": None}
    book(entity, *(entry(f"U{n}", 700 + n, "who", payer_name=f"Nobody {n}", **old) for n in range(3)))
    book(entity, entry("K9", 5_000, "INV-9", payer_name="Zebra", payer_account=None))
    knows(changes("C1", an_item("I9", number="INV-9", original_minor=5_000, open_minor=5_000)))
    assert (cash.rematch(entity, NOW), open_items()) == (1, {})


def test_a_payer_whom_nobody_knows_is_unidentified_and_somebody_is_asked(entity: Entity) -> None:
    knows(changes("C1"))
    booked = book(entity, entry(text="hello", payer_name="Zebra Holdings", payer_account=None))
    assert (booked.unidentified, bank.oldest_waiting("E1")) == (1, TODAY)
    (task,) = tasks.open_for("accounting", "")
    assert task.kind == "match-payments"
    cash_decisions.ignore(record().id, by="anna", why="interest of the bank", entity=entity, now=NOW)
    assert (list(tasks.open_for("accounting", "")), bank.oldest_waiting("E1")) == ([], None)


def test_a_payer_who_is_named_in_the_text_alone_is_not_chased(entity: Entity) -> None:
    knows(replace(changes("C1"), customer=a_customer(id="C1", name="Kühltechnik Nord GmbH")))
    said = "SEPA CREDIT KUEHLTECHNIK NORD GMBH BERLIN"
    assert book(entity, entry(text=said, payer_name=None, payer_account=None)).on_account == 1
    assert on_account() == {record().credit_id: 10_000}


def test_by_hand_rejected_and_taken_off_again(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2")))
    book(entity, entry(text="hello", payer_name="Zebra", payer_account="XX1"))
    key = record().id
    with pytest.raises(cash_decisions.NotPossibleError, match=r"EUR 10000 \(minor units\) open"):
        cash_decisions.apply(key, {"INV-1": 10_001}, rest_of=None, by="anna", entity=entity, now=NOW)
    hand = cash_decisions.apply(key, {"INV-1": 4_000, "INV-2": 5_000}, rest_of=None, by="anna", entity=entity, now=NOW)
    assert (hand.state, open_items(), on_account()) == (
        EntryState.APPLIED, {"I1": 6_000, "I2": 5_000}, {hand.credit_id: 1_000},
    )  # fmt: skip
    cash_decisions.unapply(key, by="anna", entity=entity, now=NOW)
    assert (open_items(), on_account()) == ({"I1": 10_000, "I2": 10_000}, {hand.credit_id: 10_000})
    again = cash_decisions.apply(key, {"INV-1": 10_000}, rest_of=None, by="anna", entity=entity, now=NOW)
    assert (again.state, open_items(), on_account()) == (EntryState.APPLIED, {"I2": 10_000}, {})
    cash_decisions.unapply(key, by="anna", entity=entity, now=NOW)
    cash_decisions.reject(key, by="anna", why="", entity=entity, now=NOW)
    assert (open_items(), on_account(), record().state) == (
        {"I1": 10_000, "I2": 10_000}, {}, EntryState.UNIDENTIFIED,
    )  # fmt: skip


# ---------- the ledger tells it too ----------
def test_what_the_ledger_has_already_is_not_counted_again(entity: Entity) -> None:
    knows(changes("C1", ItemChange(an_item("I1", number="INV-1"), {"P1": 10_000}, paid_on=TODAY), an_item("I2")))
    assert book(entity, entry(text="INV-1")).ignored == 1
    assert (record().told, on_account()) == ("P1", {})
    second = book(entity, entry("K2", text="INV-1"))  # one payment of the ledger stands for one of the bank
    assert (second.ignored, second.on_account) == (0, 1)


def test_money_on_account_that_the_ledger_tells_later_counts_once(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", open_minor=5_000)))
    book(entity, entry("K0", 5_000, "INV-1"))
    book(entity, entry("K1", 7_000, "thanks"))
    knows(
        changes(
            "C1", credits=(Credit(id="P9", kind=CreditKind.PAYMENT, currency="EUR", open_minor=7_000, booked_on=TODAY),)
        )
    )
    assert on_account() == {"P9": 7_000}
    cash.rematch(entity, NOW)
    assert record().state is EntryState.IGNORED


def test_a_credit_note_of_the_ledger_and_a_payment_of_the_bank_add_up(entity: Entity) -> None:
    noted = ItemChange(an_item("I1", number="INV-1"), {"N1": 1_000})
    knows(changes("C1", noted))
    book(entity, entry(minor=9_000, text="INV-1"))
    assert open_items() == {}
    knows(changes("C1", ItemChange(an_item("I1", number="INV-1"), {"N1": 1_000, "P1": 9_000}, paid_on=TODAY)))
    assert open_items() == {}


# ---------- files ----------
def test_f52_a_statement_twice_overlapping_or_out_of_order_counts_each_entry_once(entity: Entity) -> None:
    knows(changes("C1", *(an_item(f"I{n}", number=f"INV-{n}") for n in range(1, 6))))
    first = statement(entry("K1", text="INV-1"), entry("K2", text="INV-2"), opening_minor=0, closing_minor=20_000)
    assert book_statement(first, entity, "b", NOW).applied == 2
    before = everything()
    again = book_statement(first, entity, "b", NOW)
    assert (again.applied, again.seen_before, everything()) == (0, 2, before)

    day = TODAY + timedelta(days=2)
    late = statement(entry("K4", text="INV-4"), sequence=3, closing_on=day, opening_minor=30_000, closing_minor=40_000)
    booked = book_statement(late, entity, "b", NOW)
    assert (booked.applied, booked.gap, booked.complete_on) == (1, True, TODAY)
    assert [task.kind for task in tasks.open_for("accounting", "")] == ["fetch-statements"]

    missing = statement(
        entry("K2", text="INV-2"), entry("K3", text="INV-3"),
        sequence=2, closing_on=TODAY + timedelta(days=1), opening_minor=20_000, closing_minor=30_000,
    )  # fmt: skip
    booked = book_statement(missing, entity, "b", NOW)
    assert (booked.applied, booked.seen_before, booked.gap, booked.complete_on) == (1, 1, False, day)
    assert list(tasks.open_for("accounting", "")) == []
    assert open_items() == {"I5": 10_000}


def test_f52_what_is_told_within_the_day_and_as_details_is_told_once(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2", open_minor=300)))
    pending = entry(text="INV-1", status=EntryStatus.PENDING)
    assert book(entity, pending, interim=True).pending == 1
    assert book(entity, entry(text="INV-1"), interim=True).applied == 1
    assert book(entity, entry(text="INV-1")).seen_before == 1

    whole = entry("B", 700, "", payer_name=None, payer_account=None)
    parts = [entry("B1", 300, "INV-2", batch="B"), entry("B2", 400, "more", batch="B")]
    assert book(entity, whole).unidentified == 1
    details = book(entity, *parts, notification=True)
    assert (details.applied, details.on_account, record("B").state) == (1, 1, EntryState.IGNORED)
    assert book(entity, whole, *parts).seen_before == 3


def test_f52_a_whole_that_comes_after_its_parts_is_known(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    assert book(entity, entry("B1", text="INV-1", batch="B"), notification=True).applied == 1
    assert book(entity, entry("B", text="")).seen_before == 1


def test_b02_an_account_that_is_not_ours_is_refused_whole(entity: Entity) -> None:
    knows(changes("C1"))
    for told in ("DE89370400440532013000EUR", "37040044/532013000", "0532013000"):
        assert book(entity, account=told).refused is None, told
    before = everything()
    for told in ("DE02120300000000202051", "13000", "12030000/532013000"):
        assert book(entity, entry(), account=told).refused == "UNKNOWN_ACCOUNT", told
    assert book(entity.model_copy(update={"bank_accounts": IN_USD}), entry()).refused == "OTHER_CURRENCY"
    assert everything() == before


# ---------- returns ----------
def test_f27_a_returned_debit_opens_what_it_closed(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    book(entity, entry(text="INV-1 and more", minor=12_000, remittance=Remittance(text="INV-1", end_to_end="E2E-7")))
    assert (open_items(), on_account()) == ({}, {record().credit_id: 2_000})
    back = entry("R1", -12_000, reversal=True, return_reason="AC04", remittance=Remittance(end_to_end="E2E-7"))
    assert book(entity, back).reversed == 1
    assert (open_items(), on_account(), record().state) == ({"I1": 10_000}, {}, EntryState.REVERSED)
    assert book(entity, back).seen_before == 1
    assert account().facts.state.paid == ()


def test_f27_a_return_that_may_be_of_either_of_two_is_a_persons(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2")))
    book(entity, entry("K1", text="INV-1"), entry("K2", text="INV-2"))
    assert book(entity, entry("R1", -10_000, "returned", reversal=True)).suggested == 1
    assert open_items() == {}
    assert {f"perhaps {record(key).id}" for key in ("K1", "K2")} <= set(record("R1").reasons)
    cash_decisions.returns(record("R1").id, record("K2").id, by="anna", entity=entity, now=NOW)
    assert open_items() == {"I2": 10_000}


def test_f27_a_return_of_what_only_the_ledger_told(entity: Entity) -> None:
    long_ago = TODAY - timedelta(days=20)
    knows(changes("C1", ItemChange(an_item("I1", number="INV-1"), {"DD1": 10_000}, paid_on=long_ago), an_item("I2")))
    assert book(entity, entry("R1", -10_000, "RETURN INV-1", reversal=True, return_reason="AM04")).reversed == 1
    assert open_items() == {"I1": 10_000, "I2": 10_000}


def test_f27_a_bank_that_keeps_its_fee_with_the_return(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    said = Remittance(text="INV-1", end_to_end="E2E-7")
    back = entry("R1", -10_300, charges_minor=300, reversal=True, remittance=said)
    assert book(entity, entry(remittance=said), back).reversed == 1
    assert open_items() == {"I1": 10_000}


def test_a_transfer_between_our_accounts_is_nobodys_payment(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    assert book(entity, entry(payer_account=IBAN)).ignored == 1
    assert open_items() == {"I1": 10_000}


# ---------- a worker dies ----------
def story() -> BankStatement:
    return statement(
        entry("K1", text="INV-1", minor=12_000, remittance=Remittance(text="INV-1", end_to_end="E1")),
        entry("K2", text="INV-2", minor=9_900),
        entry("K3", minor=4_000, text="who knows"),
        entry("R1", -12_000, reversal=True, remittance=Remittance(end_to_end="E1")),
        opening_minor=0, closing_minor=13_900,
    )  # fmt: skip


def begun() -> Entity:
    made = company()
    knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2")))
    return made


def money() -> dict[str, Any]:
    """Everything that a statement leaves behind and that must not depend on how often somebody died."""
    mine = ("BANKENTRY#", "PAID#", "PAYER#", "BANK#", "ACCT#", "HIST#")
    dropped = ("token", "version", "rev", "at_version", "facts_version", "state")
    return {
        f"{row['pk']} {row['sk']}": {name: value for name, value in row.items() if name not in dropped}
        for row in everything()
        if row["pk"].startswith(mine)
    }


def test_killed_at_any_write_and_run_again_gives_the_same() -> None:
    """Every eighth write; those between are of the same kinds."""
    entity = begun()
    before = everything()
    with watched() as seen:
        book_statement(story(), entity, "b", NOW)
    expected = money()
    assert seen.changes > 20
    for n in range(1, seen.changes + 1, 8):
        table().batch_write(deletes=[keys.Key(row["pk"], row["sk"]) for row in everything()])
        table().batch_write(puts=before)
        with pytest.raises(KilledError), watched(die_after=n):
            book_statement(story(), entity, "b", NOW)
        book_statement(story(), entity, "b", NOW)
        assert money() == expected, n
        came_in = sum(one.minor for one in story().entries)
        given_up, left_over = 100, sum(on_account().values())  # the fee on INV-2
        assert sum(open_items().values()) + came_in - left_over + given_up == 20_000, n
