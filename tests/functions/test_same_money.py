"""The bank and a program tell of one payment, in any order: it counts once, and other money counts too."""

from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from core.bank import Remittance
from core.formats.changes import AccountChanges, ItemChange
from core.ledger import ChaseAt, Entity
from functions.shared import cash, cash_decisions
from functions.shared.cash_decisions import NotPossibleError
from functions.shared.store import bank, tasks
from functions.shared.store.bank import EntryState
from local.cli.match_shared import suggested
from tests.builders import a_customer, an_item
from tests.functions.api import Api, a_payment
from tests.functions.banking import book, company, entry, knows, on_account, open_items, record
from tests.functions.stored import NOW, TODAY, KilledError, changes, watched
from tests.functions.test_cash_and_ledger import books

KEY = "E2E-2026-77"
BACK: dict[str, Any] = {"reversal": True, "return_reason": "AM04"}


@pytest.fixture
def entity() -> Entity:
    made = company()
    knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2")))
    return made


@pytest.fixture
def api(entity: Entity) -> Api:
    return Api()


def tell(api: Api, payment: str = "P1", *invoices: str, each: str = "100.00", **others: Any) -> Any:
    """A program tells of 100.00, and what it is for."""
    uses = [{"invoice": one, "amount": each} for one in invoices]
    return api.put(f"C1/payments/{payment}", a_payment(booked_on=str(TODAY), applied=uses, **others))


def paid(key: str = "K1", text: str = "INV-1", **others: Any) -> Any:
    return entry(key, remittance=Remittance(text=text, end_to_end=KEY), **others)


# ---------- on the same invoice ----------
def test_a_payment_of_an_invoice_that_the_bank_closed_is_the_same_money(entity: Entity, api: Api) -> None:
    assert book(entity, entry(text="INV-1")).applied == 1
    answer = tell(api, "P1", "I1")
    assert (answer.status, answer.body["bank_entry"], answer.body["on_account"]) == (201, record().id, "0.00")
    assert (open_items(), on_account(), record().state) == ({"I2": 10_000}, {}, EntryState.IGNORED)
    again = tell(api, "P1", "I1")
    assert (again.status, again.body["status"]) == (200, "unchanged")
    assert (open_items(), on_account()) == ({"I2": 10_000}, {})


def test_bank_and_program_tell_of_two_payments_of_one_invoice(entity: Entity, api: Api) -> None:
    book(entity, entry(text="INV-1", booked_on=TODAY))
    early = a_payment(booked_on="2026-01-15", applied=[{"invoice": "I1", "amount": "100.00"}])
    answer = api.put("C1/payments/P1", early)  # of another month: the customer paid twice
    assert (answer.status, answer.body["bank_entry"], answer.body["on_account"]) == (201, None, "100.00")
    assert (open_items(), on_account()) == ({"I2": 10_000}, {"P1": 10_000})


def test_more_than_an_invoice_ever_was_is_refused(entity: Entity, api: Api) -> None:
    book(entity, entry(text="INV-1"))
    answer = tell(api, "P1", "I1", each="100.01", amount="150.00")
    assert (answer.status, answer.pointers) == (409, ["/applied/0/amount"])
    assert (open_items(), on_account()) == ({"I2": 10_000}, {})
    assert tell(api, "P2", "I1").status == 201
    assert tell(api, "P3", "I1").status == 409  # the ledger itself says that it is paid


def test_one_transfer_that_a_program_tells_as_two_payments(entity: Entity, api: Api) -> None:
    knows(changes("C1", an_item("I3", number="INV-3", open_minor=5_000)))
    assert book(entity, entry(minor=15_000, text="INV-1, INV-3")).applied == 1
    for payment, invoice, amount in (("P1", "I1", "100.00"), ("P3", "I3", "50.00")):
        assert tell(api, payment, invoice, each=amount, amount=amount).body["on_account"] == "0.00"
    assert (open_items(), on_account()) == ({"I2": 10_000}, {})


# ---------- on account ----------
def first_told(entity: Entity, api: Api, text: str) -> None:
    assert tell(api, reference=KEY.lower()).status == 201
    book(entity, paid(text=text))


def first_booked(entity: Entity, api: Api, text: str) -> None:
    book(entity, paid(text=text))
    answer = tell(api, reference=KEY.lower())
    assert (answer.status, answer.body["bank_entry"]) == (201, record().id)


@pytest.mark.parametrize("order", [first_told, first_booked])
@pytest.mark.parametrize(("text", "owed", "kept"), [("INV-1", ["I2"], 0), ("thanks", ["I1", "I2"], 10_000)])
def test_money_on_account_that_both_tell_counts_once(
    entity: Entity, api: Api, order: Any, text: str, owed: list[str], kept: int
) -> None:
    order(entity, api, text)
    assert (list(open_items()), sum(on_account().values())) == (owed, kept)
    assert (record().told, api.get("C1/payments/P1").body["bank_entry"]) == ("P1", record().id)
    assert tell(api, reference=KEY.lower()).body["status"] == "unchanged"
    assert (list(open_items()), sum(on_account().values())) == (owed, kept)
    assert tell(api, "P1", "I2", reference=KEY.lower()).status == 200  # the books know better what it is for
    assert (list(open_items()), sum(on_account().values()), record().state) == (["I1"], 0, EntryState.IGNORED)


def test_who_paid_the_books_say_by_the_key_of_the_payment(entity: Entity, api: Api) -> None:
    tell(api, reference=KEY)
    book(entity, paid(text="", payer_name="Zebra", payer_account=None))
    assert (record().state, on_account(), list(bank.waiting("E1"))) == (EntryState.IGNORED, {"P1": 10_000}, [])


def test_a_key_that_says_nothing_says_nothing(entity: Entity, api: Api) -> None:
    for key in ("NOTPROVIDED", "1"):
        tell(api, f"P-{key}", reference=key)
        said = Remittance(text="thanks", end_to_end=key)
        book(entity, entry(f"K-{key}", remittance=said))
        assert record(f"K-{key}").told is None


# ---------- every order, with what comes back ----------
STORIES = {
    "BP": 10_000, "BPU": 10_000, "BPRV": 20_000, "BPUR2": 10_000,
}  # fmt: skip
ORDERS = [
    "".join(one)
    for story in STORIES
    for one in permutations(story)
    if all(
        early not in story or late not in story or one.index(early) < one.index(late)
        for early, late in ("BR", "PU", "PV", "UV", "RV", "U2")
    )
]


FEW = {"BP", "PBU", "PBRV", "PU2BR"}


@pytest.mark.parametrize("order", [one if one in FEW else pytest.param(one, marks=pytest.mark.heavy) for one in ORDERS])
def test_in_every_order_it_counts_once(entity: Entity, api: Api, order: str) -> None:
    """B the bank, P the program, U says what for, R the bank takes it back, V the program does, 2 other money."""
    for event in order:
        if event in "PU":
            tell(api, "P1", *(["I1"] if event == "U" else []), reference=KEY)
        elif event == "V":
            assert api.put("C1/payments/P1/reversal", {"reversed_on": str(TODAY)}).status == 200
        else:
            told = {"B": paid(text="INV-2"), "R": paid("R1", minor=-10_000, **BACK), "2": entry("K2", text="INV-2")}
            book(entity, told[event])
    owed = sum(open_items().values()) - sum(on_account().values())
    story = "".join(sorted(order))
    assert owed == next(minor for known, minor in STORIES.items() if "".join(sorted(known)) == story)


# ---------- where it is not certain ----------
def test_what_may_be_the_same_counts_until_a_person_says_so(entity: Entity, api: Api) -> None:
    tell(api)
    assert book(entity, entry(text="INV-1")).on_account == 1
    assert sum(on_account().values()) == 20_000  # nobody is chased for it meanwhile
    first = record().suggestions[0]
    assert (first.rule, first.told, [one.kind for one in tasks.open_for("accounting", "")]) == (
        "same", "P1", ["match-payments"],
    )  # fmt: skip
    assert cash.rematch(entity, NOW) == 0
    cash_decisions.accept(record().id, 1, by="anna", entity=entity, now=NOW)
    assert (sum(on_account().values()), record().told) == (10_000, "P1")
    tell(api, "P1", "I1")
    assert (open_items(), on_account()) == ({"I2": 10_000}, {})


@pytest.mark.parametrize("same", [True, False])
def test_what_the_bank_applied_stays_applied_while_a_person_is_asked(entity: Entity, api: Api, same: bool) -> None:
    book(entity, entry(text="INV-1"))
    assert tell(api).body["bank_entry"] is None
    assert (record().state, open_items(), on_account()) == (EntryState.DOUBTED, {"I2": 10_000}, {"P1": 10_000})
    tell(api)
    assert [one.told for one in record().suggestions] == ["P1"]  # asked once
    if same:
        cash_decisions.accept(record().id, 1, by="anna", entity=entity, now=NOW)
    else:
        cash_decisions.reject(record().id, by="anna", why="", entity=entity, now=NOW)
    kept = {} if same else {"P1": 10_000}
    for _ in range(2):
        assert (record().state, open_items(), on_account()) == (EntryState.APPLIED, {"I2": 10_000}, kept)
        tell(api)


def test_two_payments_of_one_amount_are_two(entity: Entity, api: Api) -> None:
    book(entity, entry("K1", text="thanks"), entry("K2", text="thanks again"))
    for payment in ("P1", "P2"):
        tell(api, payment)
        (asked,) = [one for one in bank.waiting("E1") for said in one.suggestions if said.told == payment]
        assert cash_decisions.accept(asked.id, 1, by="anna", entity=entity, now=NOW).told == payment
    assert sum(on_account().values()) == 20_000


def test_what_a_person_ignores_at_the_bank_counts_by_the_books(entity: Entity, api: Api) -> None:
    book(entity, paid(text="thanks"))
    tell(api, reference=KEY)
    cash_decisions.ignore(record().id, by="anna", why="ours", entity=entity, now=NOW)
    assert on_account() == {"P1": 10_000}


def test_a_payment_of_another_customer_or_day_or_amount_is_another(entity: Entity, api: Api) -> None:
    knows(changes("C2", an_item("I9", customer="C2", number="INV-9")))
    book(entity, entry(text="INV-1"))
    api.put("C2/payments/P1", a_payment(booked_on=str(TODAY)))
    tell(api, "P2", amount="100.01")
    api.put("C1/payments/P3", a_payment(booked_on=str(TODAY - timedelta(days=8))))
    api.put("C1/credit-notes/N1", a_payment(booked_on=str(TODAY)))
    assert (record().state, record().suggestions) == (EntryState.APPLIED, ())
    assert sum(on_account().values()) == 30_001


def test_a_return_without_a_key_is_known_by_the_invoice_that_the_books_name(entity: Entity, api: Api) -> None:
    book(entity, entry(text="INV-1"))
    tell(api, "P1", "I1")
    assert book(entity, entry("R1", -10_000, "INV-1 returned", **BACK)).reversed == 1
    assert (open_items(), on_account()) == ({"I1": 10_000, "I2": 10_000}, {})
    assert api.get("C1/payments/P1").body["reversed_on"] == str(TODAY)


def test_a_person_says_which_payment_of_the_books_came_back(entity: Entity, api: Api) -> None:
    tell(api, "P1", "I1", reference=KEY)
    book(entity, paid(text="INV-1"))
    unclear = entry("R1", -10_000, "back", reversal=True, payer_account=None, payer_name=None)
    assert (book(entity, unclear).suggested, open_items()) == (1, {"I2": 10_000})
    cash_decisions.returns(record("R1").id, record().id, by="anna", entity=entity, now=NOW)
    assert (open_items(), on_account()) == ({"I1": 10_000, "I2": 10_000}, {})
    assert api.get("C1/payments/P1").body["reversed_on"] == str(TODAY)
    again = entry("R2", -10_000, "back", reversal=True, payer_account=None, payer_name=None)
    book(entity, again)
    with pytest.raises(NotPossibleError, match="nothing of it can come back"):
        cash_decisions.returns(record("R2").id, record().id, by="anna", entity=entity, now=NOW)


# ---------- killed half way ----------
@pytest.mark.heavy
@pytest.mark.parametrize("event", ["bank", "program"])
def test_whoever_dies_half_way_the_money_counts_once_in_the_end(entity: Entity, api: Api, event: str) -> None:
    for death in range(1, 9):
        key, payment = f"{KEY}-{death}", f"P{death}"
        knows(changes("C1", an_item(f"J{death}", number=f"RE-{death}-77")))
        said = Remittance(text=f"RE-{death}-77", end_to_end=key)
        if event == "bank":
            tell(api, payment, reference=key)
            with suppress(KilledError), watched(die_after=death):
                book(entity, entry(key, remittance=said))
            book(entity, entry(key, remittance=said))
        else:
            book(entity, entry(key, remittance=said))
            with suppress(KilledError), watched(die_after=death):
                tell(api, payment, reference=key)
            tell(api, payment, reference=key)
        assert sum(open_items().values()) - sum(on_account().values()) == 20_000, death


def test_what_the_command_line_says_of_it(entity: Entity, api: Api) -> None:
    tell(api)
    book(entity, entry(text="INV-1"))
    first, second, *_ = record().suggestions
    assert (suggested(first), suggested(second)) == (
        "the same money as payment P1 of the ledger", "INV-1 €100.00",
    )  # fmt: skip


# ---------- a table of the same books ----------
def test_what_a_program_told_is_part_of_what_a_table_says_was_paid(entity: Entity, api: Api, tmp_path: Path) -> None:
    knows(changes("C1", an_item("INV-1", number="INV-1")))
    tell(api, "P1", "INV-1", each="60.00", amount="60.00")
    for left, owed in (("40.00", 4_000), ("30.00", 3_000), ("40.00", 4_000)):
        books(tmp_path, left)
        assert open_items()["INV-1"] == owed
    gone = {"reversed_on": str(TODAY)}
    assert api.put("C1/payments/P1/reversal", gone).status == 200
    assert open_items()["INV-1"] == 10_000
    books(tmp_path, "100.00")
    assert open_items()["INV-1"] == 10_000
    books(tmp_path, "0.00")
    assert "INV-1" not in open_items()


def test_what_a_table_says_was_paid_is_the_payment_that_a_program_tells_after_it(
    entity: Entity, api: Api, tmp_path: Path
) -> None:
    books(tmp_path)
    books(tmp_path, "40.00")
    answer = tell(api, "P1", "INV-1", each="60.00", amount="60.00")
    assert (answer.status, answer.body["on_account"], open_items()["INV-1"]) == (201, "0.00", 4_000)
    books(tmp_path, "40.00")
    assert open_items()["INV-1"] == 4_000
    assert tell(api, "P2", "INV-1", each="40.00", amount="40.00").status == 201
    books(tmp_path, "0.00")
    assert "INV-1" not in open_items()
    assert on_account() == {}


@pytest.mark.parametrize(("told", "left"), [("40.00", 0), ("30.00", 1_000)])
def test_a_table_that_did_not_hear_of_a_payment_reopens_nothing(
    entity: Entity, api: Api, tmp_path: Path, told: str, left: int
) -> None:
    """The table is the older news: the same file again, or that of a night which did not know of the payment yet."""
    knows(changes("C1", an_item("INV-1", number="INV-1")))
    books(tmp_path, "40.00")
    tell(api, "P2", "INV-1", each=told, amount=told)
    for stated in ("40.00", "40.00", f"{left / 100:.2f}", f"{left / 100:.2f}"):  # then it has heard
        books(tmp_path, stated)
        assert open_items().get("INV-1", 0) == left
    books(tmp_path, "0.00")
    assert "INV-1" not in open_items()


def test_what_is_agreed_of_a_subsidiary_s_invoice_leaves_what_a_table_said_was_paid(entity: Entity, api: Api) -> None:
    child = a_customer(id="S1", parent="C1", chase_at=ChaseAt.PARENT)
    paid_in_part = ItemChange(an_item("J1", customer="S1", number="J-1"), {"J1:paid": 6_000})
    knows(AccountChanges("E1", child, items=(paid_in_part,)))
    dispute = {"invoice": "J1", "opened_on": "2026-03-05", "amount": "10.00"}
    assert api.put("S1/disputes/D1", dispute).status == 201
    assert open_items()["J1"] == 4_000
    given_up = {"invoice": "J1", "written_off_on": "2026-03-05", "amount": "15.00"}
    assert api.put("S1/write-offs/W1", given_up).status == 200
    assert open_items()["J1"] == 2_500


def test_what_is_agreed_of_an_invoice_that_table_and_program_tell_of_leaves_both(entity: Entity, api: Api) -> None:
    child = a_customer(id="S1", parent="C1", chase_at=ChaseAt.PARENT)
    item = an_item("J1", customer="S1", number="J-1")
    knows(AccountChanges("E1", child, items=(ItemChange(item),)))
    use = [{"invoice": "J1", "amount": "20.00"}]
    told = a_payment(booked_on=str(TODAY), amount="20.00", applied=use)
    assert api.put("S1/payments/P1", told).status == 201
    table = AccountChanges("E1", child, items=(ItemChange(item, {"J1:paid": 6_000}),))  # 20.00 of it are P1
    knows(table)
    assert open_items()["J1"] == 4_000
    agreed = {"invoice": "J1", "opened_on": "2026-03-05", "amount": "10.00"}
    assert api.put("S1/disputes/D1", agreed).status == 201
    assert open_items()["J1"] == 4_000
    given_up = {"invoice": "J1", "written_off_on": "2026-03-05", "amount": "5.00"}
    assert api.put("S1/write-offs/W1", given_up).status == 200
    knows(table)
    assert open_items()["J1"] == 3_500
