"""Tables that say how an invoice stands, full ledgers that do not name it any more, and a bank that tells it too."""

from datetime import date, timedelta

import pytest

from core.formats.changes import AccountChanges, ItemChange
from core.ledger import ChaseAt, PartPayment
from core.state import AccountState, ItemState
from core.values import replace
from functions.shared.store import accounts, facts, payments
from functions.shared.store.settlements import Settlement
from tests.builders import DUE, a_customer, an_item
from tests.functions.stored import NOW, TODAY, account, changes
from tests.settling import settle_items

LATER = TODAY + timedelta(days=1)


def apply(ledger: AccountChanges) -> facts.Applied:
    return facts.apply_account(ledger, today=TODAY, now=NOW)


def open_minor(customer: str = "C1") -> dict[str, int]:
    return {item.id: item.open_minor for item in account(customer).facts.items}


def table_row(paid: int) -> ItemChange:
    """A row of 100.00 as a table gives it."""
    item, entry = an_item("I1"), "I1:paid"
    parts = (PartPayment(id=entry, recorded_on=DUE, minor=paid),) if paid else ()
    return ItemChange(item.model_copy(update={"part_payments": parts}), {entry: paid} if paid else {})


def test_a_corrected_table_takes_back_what_it_said_was_paid() -> None:
    for paid, left in ((6_000, 4_000), (2_500, 7_500), (0, 10_000), (3_000, 7_000)):
        apply(changes("C1", table_row(paid)))
        assert open_minor() == {"I1": left}
    (item,) = account().facts.items
    assert [(payment.id, payment.minor) for payment in item.part_payments] == [("I1:paid", 3_000)]


def heard(*told: tuple[int, int]) -> dict[str, int]:
    """What is recorded of an invoice, by day, when a table says these sums so many days from now."""
    apply(changes("C1", table_row(0)))
    for days, paid in told:
        on = TODAY + timedelta(days=days)
        facts.apply_account(changes("C1", table_row(paid)), today=on, now=NOW)
    (item,) = account().facts.items
    assert sum(payment.minor for payment in item.part_payments) == 10_000 - item.open_minor
    assert item.paid_days is None  # nobody says when it came
    return {payment.recorded_on.isoformat()[-2:]: payment.minor for payment in item.part_payments}


@pytest.mark.parametrize(
    ("told", "recorded"),
    [
        (((0, 2_000),), {"09": 2_000}),
        (((0, 2_000), (1, 2_000), (2, 5_000), (2, 6_000)), {"09": 2_000, "11": 4_000}),
        (((0, 2_000), (1, 5_000), (2, 3_000)), {"09": 2_000, "10": 1_000}),  # corrected: the later one was less
        (((0, 2_000), (1, 0), (2, 3_000)), {"11": 3_000}),
    ],
)
def test_what_a_table_says_was_paid_in_part_is_recorded_when_it_is_heard(
    told: tuple[tuple[int, int], ...], recorded: dict[str, int]
) -> None:
    """Its row has the day of the invoice: by that a part payment would keep no promise, and hold no reminder."""
    assert heard(*told) == recorded


def test_a_payment_of_a_ledger_is_recorded_when_it_is_heard_too() -> None:
    """By its own day, before the promise that it keeps, the promise would be told to be broken."""
    item = an_item("I1")
    apply(changes("C1", item))
    part = PartPayment(id="P1", recorded_on=DUE, minor=4_000)
    paid = ItemChange(item.model_copy(update={"part_payments": (part,)}), {"P1": 4_000})
    for on in (LATER, LATER + timedelta(days=3)):
        facts.apply_account(changes("C1", paid), today=on, now=NOW)
        (there,) = account().facts.items
        assert [(each.recorded_on, each.minor) for each in there.part_payments] == [(LATER, 4_000)]
        assert there.paid_days == {"P1": DUE}  # up to which it bears interest


def test_what_the_bank_told_first_was_heard_then() -> None:
    apply(changes("C1", table_row(0)))
    part = PartPayment(id="bank:x1", recorded_on=TODAY, minor=4_000)
    told = Settlement("I1", {"bank:x1": 4_000}, part_payments=(part,))
    settle_items("E1", "C1", [told], today=TODAY, now=NOW)
    facts.apply_account(changes("C1", table_row(5_000)), today=LATER, now=NOW)
    (item,) = account().facts.items
    assert [(each.recorded_on, each.minor) for each in item.part_payments] == [(TODAY, 4_000), (LATER, 1_000)]


@pytest.mark.parametrize(
    ("before", "told", "parts"),
    [
        ("table", 4_000, [(TODAY, 4_000)]),
        ("table", 3_000, [(TODAY, 4_000), (LATER, 3_000)]),  # other money
        ("table twice", 1_000, [(TODAY, 4_000), (LATER, 1_000)]),
        ("bank", 4_000, [(TODAY, 4_000)]),
    ],
)
def test_what_was_heard_of_before_a_program_told_it_was_heard_then_and_once(
    before: str, told: int, parts: list[tuple[date, int]]
) -> None:
    """Twice it would keep a promise of twice as much, and bear interest as if it had been owed beside the rest."""
    apply(changes("C1", table_row(0)))
    if before == "bank":
        part = PartPayment(id="bank:x1", recorded_on=TODAY, minor=4_000)
        settle_items("E1", "C1", [Settlement("I1", {part.id: 4_000}, part_payments=(part,))], today=TODAY, now=NOW)
    else:
        apply(changes("C1", table_row(4_000)))
    if before == "table twice":
        facts.apply_account(changes("C1", table_row(5_000)), today=LATER, now=NOW)
    gone = {"I1": ("bank:x1",)} if before == "bank" else {}
    use = payments.Use("P1", "EUR", told, booked_on=TODAY, parts={"I1": told}, gone=gone)
    payments.book("E1", "C1", use, today=LATER + timedelta(days=1) if told == 4_000 else LATER, now=NOW)
    (item,) = account().facts.items
    assert [(each.recorded_on, each.minor) for each in item.part_payments] == parts
    assert sum(minor for _, minor in parts) == 10_000 - item.open_minor


def test_what_closed_an_invoice_was_paid_also_when_another_payment_of_it_comes_back() -> None:
    """It keeps the promise that it was made for, and bears no interest, on the invoice that is open again."""
    apply(changes("C1", an_item("I1")))
    for entry, minor in (("P1", 4_000), ("P2", 6_000)):
        use = payments.Use(entry, "EUR", minor, booked_on=TODAY, parts={"I1": minor})
        payments.book("E1", "C1", use, today=TODAY, now=NOW)
    assert open_minor() == {}
    back = payments.Use("P1", "EUR", 0, booked_on=TODAY, gone={"I1": ("P1",)})
    payments.book("E1", "C1", back, today=LATER, now=NOW)
    (item,) = account().facts.items
    assert [(each.id, each.minor) for each in item.part_payments] == [("P2", 6_000)]
    assert item.open_minor == 4_000


def test_what_is_gone_after_a_part_of_it_was_paid_counts_as_all_that_was_open() -> None:
    apply(changes("C1", an_item("I1"), an_item("I2")))
    part = payments.Use("P1", "EUR", 1_000, booked_on=DUE, parts={"I1": 1_000})
    payments.book("E1", "C1", part, today=TODAY, now=NOW)
    apply(replace(changes("C1", an_item("I2")), gone=("I1",)))
    (closed,) = account().facts.state.paid
    assert (closed.minor, closed.recorded_on) == (9_000, TODAY)


@pytest.mark.parametrize(("paid", "left"), [((4_000,), 3_600), ((3_333, 3_333), 2_001), ((3_333, 6_667), 0)])
def test_what_was_paid_of_an_invoice_whose_currency_is_corrected(paid: tuple[int, ...], left: int) -> None:
    """100.00 EUR were 6,000 JPY: what the bank told is the same share of it, and no sum of yen."""
    apply(changes("C1", an_item("I1")))
    entries = {f"bank:x{n}": minor for n, minor in enumerate(paid)}
    parts = tuple(PartPayment(id=entry, recorded_on=TODAY, minor=minor) for entry, minor in entries.items())
    settle_items("E1", "C1", [Settlement("I1", entries, part_payments=parts)], today=TODAY, now=NOW)
    for _ in range(2):
        apply(changes("C1", an_item("I1", open_minor=6_000, currency="JPY")))
        assert open_minor().get("I1", 0) == left
        for item in account().facts.items:
            assert (item.currency, sum(each.minor for each in item.part_payments)) == ("JPY", 6_000 - left)
    apply(changes("C1", an_item("I1")))  # and back
    assert open_minor().get("I1", 0) in range(left * 10_000 // 6_000, left * 10_000 // 6_000 + 2)


def bank(minor: int, *, books: int) -> int:
    """What is open of 100.00 after the bank told of one sum and the books of another."""
    told = Settlement("I1", {"bank:x1": minor})
    apply(changes("C1", table_row(0)))
    settle_items("E1", "C1", [told], today=TODAY, now=NOW)
    apply(changes("C1", table_row(books)))
    return open_minor().get("I1", 0)


@pytest.mark.parametrize(
    ("told", "books", "left"),
    [
        (4_000, 0, 6_000),  # the books have not heard of it yet
        (4_000, 4_000, 6_000),  # the same payment, not two
        (4_000, 7_000, 3_000),  # and another, or a credit note
        (10_000, 10_000, 0),
    ],
)
def test_bank_and_books_tell_of_the_same_money(told: int, books: int, left: int) -> None:
    assert bank(told, books=books) == left


def test_what_a_full_ledger_does_not_hold_is_closed_and_comes_back_where_it_was() -> None:
    apply(changes("C1", an_item("I1"), an_item("I2")))
    climbed = AccountState(items={"I1": ItemState(level=2, step="c", attempts=3)})
    assert accounts.commit(account(), state=climbed, next_check_on=LATER, now=NOW)

    gone = AccountChanges("E1", a_customer(id="C1"), items=(ItemChange(an_item("I2")),), gone=("I1", "I9"))
    applied = apply(gone)
    assert (applied.closed, open_minor(), account().facts.state.items) == (1, {"I2": 10_000}, {})
    assert not apply(gone).changed

    back = apply(changes("C1", an_item("I1"), an_item("I2")))
    assert (back.reopened, open_minor()) == (1, {"I1": 10_000, "I2": 10_000})
    assert account().facts.state.items["I1"].level == 2  # no reminder begins anew


def test_a_part_that_the_bank_told_is_no_more_once_the_invoice_is_gone_and_back() -> None:
    apply(changes("C1", an_item("I1")))
    settle_items("E1", "C1", [Settlement("I1", {"bank:x": 4_000})], today=TODAY, now=NOW)
    apply(AccountChanges("E1", a_customer(id="C1"), gone=("I1",)))
    assert open_minor() == {}
    apply(changes("C1", an_item("I1")))
    assert open_minor() == {"I1": 6_000}


def test_a_subsidiarys_invoice_is_gone_from_its_parents_account() -> None:
    child = a_customer(id="C2", parent="C1", chase_at=ChaseAt.PARENT)
    apply(AccountChanges("E1", child, items=(ItemChange(an_item("I5", customer="C2")),)))
    assert open_minor("C1") == {"I5": 10_000}
    apply(AccountChanges("E1", child, by_name_only=True, gone=("I5",)))
    assert open_minor("C1") == {}
