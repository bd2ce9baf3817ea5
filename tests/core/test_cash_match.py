"""From entries to what they pay: hand cases, a year whose truth is known, and that no split loses a cent."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bank import BankEntry, Remittance
from core.cash import folding, numbers, references
from core.cash.matching import match
from core.cash.model import Candidate, Match, Rule, Split, Told, Why
from core.cash.numbers import Shape, Strength, mentions, shape_of, spellings, strength
from core.cash.returned import Earlier, certain, returned
from core.cash.rules import CashRules, Discount
from core.cash.splits import Fit, Money, split
from core.ledger import BankAccount, Item
from core.references import printed
from tests.builders import a_customer, an_item
from tests.core.cash_year import right, year

DAY = date(2026, 3, 9)
RULES = CashRules(discounts=(Discount(percent=Decimal(2), days=14),), bank_fee={"EUR": 1_500})
RF = BankAccount(holder="E1", iban="DE89370400440532013000", reference="rf")


def entry(minor: int = 10_000, text: str = "", **others: Any) -> BankEntry:
    fields: dict[str, Any] = {"booked_on": DAY, "currency": "EUR", "remittance": Remittance(text=text)}
    return BankEntry(key="K", minor=minor, **{**fields, **others})


def candidate(customer: str = "C1", *items: Item, name: str = "Alpha Works", **others: Any) -> Candidate:
    own = tuple(item.model_copy(update={"customer": customer}) for item in items)
    return Candidate(customer=a_customer(id=customer, name=name), items=own, **others)


def matched(paid: BankEntry, *candidates: Candidate, rules: CashRules = RULES) -> Match:
    return match(paid, candidates, rules, (RF,))


def item(number: str, minor: int = 10_000, **others: Any) -> Item:
    return an_item(number, number=number, open_minor=minor, **others)


# ---------- numbers ----------
@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Rg. 1001-1003", {"1001", "1002", "1003"}),
        ("Rechnung 1001 bis 1003", {"1001", "1002", "1003"}),
        ("factures 1001 à 1003", {"1001", "1002", "1003"}),
        ("INV-1001 to INV-1003", {"INV-1001", "INV-1002", "INV-1003"}),
        ("Rg.Nr 1001/1002", {"1001", "1002"}),
        ("RE 2026-0041/0042", {"2026-0041", "2026-0042"}),
        ("1001/02/03", {"1001", "1002", "1003"}),
        ("INV 1001, 1002", {"1001", "1002"}),
        ("INV 10 01", {"1001"}),
        ("Zahlung vom 03.04.2026 EUR 1.234,56 Kd.-Nr. 4711 F7001", {"F7001"}),
    ],
)
def test_b06_what_a_text_may_name(text: str, typed: set[str]) -> None:
    readings = {one for mention in mentions(text) for reading in mention.readings for one in reading}
    assert typed <= readings
    assert not {"4711", "03042026", "1234", "56"} & readings


@pytest.mark.parametrize(
    ("typed", "number", "expected"),
    [
        ("INV1001", "INV-1001", Strength.FULL),
        ("1001", "INV-1001", Strength.DIGITS),
        ("RE1001", "INV-1001", Strength.DIGITS),
        ("611365", "0000611365", Strength.DIGITS),
        ("20260042", "INV-2026-0042", Strength.FULL),
        ("0042", "INV-2026-0042", Strength.TAIL),
        ("42", "INV-2026-0042", None),
        ("INV-1002", "INV-1001", None),
        ("1001", "1002", None),
    ],
)
def test_b06_how_surely_a_number_is_meant(typed: str, number: str, expected: Strength | None) -> None:
    assert strength(typed, number) is expected
    if expected is not None:
        assert numbers.keys_of(typed) & numbers.keys_of(number)  # else it would never be looked up


def test_b06_a_number_is_looked_up_in_every_spelling_that_the_ledgers_numbers_have() -> None:
    shapes = [shape_of("INV-2026-0041"), shape_of("0000611364")]
    assert shapes == [Shape("INV-2026-", 4), Shape("", 10)]
    known = [shape for shape in shapes if shape]
    for typed in ("INV-2026-0042", "INV20260042", "20260042", "2026-0042", "0042", "42"):
        assert "INV-2026-0042" in spellings(typed, known), typed
    assert "0000611365" in spellings("611365", known)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for mention in mentions(text):
        assert all(1 <= len(reading) <= max(numbers.MOST_OF_RANGE, len(text)) for reading in mention.readings)
    references.references_of(entry(text=text))


@pytest.mark.parametrize("piece", ["1", "1-", "A1 ", "1 ", "INV1001/", "RF18 ", "1.1", "A-", "1 - ", "EUR 1.2"])
def test_a_text_of_any_length_is_read_at_once(piece: str) -> None:
    begun = process_time()
    matched(entry(text=piece * 20_000, payer_name=piece * 2_000), candidate("C1", item("INV-1001")))
    assert process_time() - begun < 2


# ---------- names ----------
@pytest.mark.parametrize(
    ("payer", "name", "least"),
    [
        ("MUELLER UND SOEHNE GMBH", "Müller & Söhne", 100),
        ("Muller Sohne", "Müller & Söhne GmbH", 100),
        ("WEISS GETRAENKE", "Weiß Getränke AG", 100),
        ("SOCIETE LEFEVRE", "Société Lefèvre SARL", 100),
        ("HUBER MASCHINENBAU", "Maschinenbau Huber GmbH", 100),
        ("MASCHINENFABRIK HUBER OBERB", "Maschinenfabrik Huber Oberbayern GmbH", 95),
        ("Yandeks", "Яндекс", 95),
    ],
)
def test_a_name_is_the_same_however_a_bank_writes_it(payer: str, name: str, least: int) -> None:
    assert folding.similarity(payer, name) >= least
    if name.isascii() or name[0] in "MWS":
        assert folding.index_key(name) in folding.index_keys(payer)


# ---------- what is sure, and what is not ----------
def test_a_structured_reference_is_the_surest() -> None:
    reference = references.reference_for(RF, "invoice", "INV-77") or ""
    found = matched(entry(text=f"Danke {printed(reference)}"), candidate("C1", item("INV-77"), item("INV-78")))
    assert (found.automatic, found.suggestions[0].rule, found.suggestions[0].score) == (True, Rule.REFERENCE, 100)


def test_b06_two_customers_with_the_same_amount_are_ambiguous() -> None:
    found = matched(
        entry(payer_name="Alpha Works"), candidate("C1", item("A-1")), candidate("C2", item("B-1"), name="Alpha Works")
    )
    assert (found.automatic, found.ambiguous, found.payer) == (False, True, None)


def test_an_amount_from_a_known_account_is_sure_only_where_one_invoice_has_it() -> None:
    one = matched(entry(), candidate("C1", item("A-1"), item("A-2", 999), known_account=True))
    two = matched(entry(), candidate("C1", item("A-1"), item("A-2"), known_account=True))
    assert (one.automatic, one.suggestions[0].rule) == (True, Rule.AMOUNT_ACCOUNT)
    assert (two.automatic, two.ambiguous, two.payer) == (False, True, "C1")


@pytest.mark.parametrize("text", ["INV-9999", "invoice 4711-88"])
def test_an_unknown_number_makes_an_amount_a_persons(text: str) -> None:
    found = matched(entry(text=text), candidate("C1", item("A-1"), known_account=True))
    assert (found.automatic, found.payer) == (False, "C1")


def test_b07_each_difference_has_its_name() -> None:
    young = DAY - timedelta(days=10)
    for minor, fit, why in [
        (60_000, Fit.EXACT, None), (58_800, Fit.DISCOUNT, Why.DISCOUNT), (58_500, Fit.BANK_FEE, Why.BANK_FEE),
        (58_499, Fit.PARTIAL, Why.PARTIAL), (58_200, Fit.PARTIAL, Why.DISCOUNT), (60_001, Fit.OVER, None),
    ]:  # fmt: skip
        made, fits = split(Money(minor, "EUR", DAY), [item("A", 60_000, issued_on=young)], RULES, "C1")
        assert (fits, made.parts[0].why) == (fit, why), minor
        assert made.parts[0].left == (60_000 - minor if fit is Fit.PARTIAL else 0)


def test_b07_nothing_is_given_up_unless_the_company_says_so() -> None:
    made, fit = split(Money(9_999, "EUR", DAY), [item("A")], CashRules())
    assert (fit, made.parts[0].left) == (Fit.PARTIAL, 1)


def test_amounts_of_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="two currencies"):
        split(Money(1, "EUR", DAY), [item("A", currency="USD")], RULES)


def test_a_payment_that_the_ledger_told_is_recognised() -> None:
    told = Told(entry="P1", minor=10_000, on=DAY - timedelta(days=3), item="A-1")
    near = matched(entry(text="A-1"), candidate("C1", closed=(item("A-1"),), told=(told,)))
    assert (near.told, near.told_for_sure, near.automatic) == (told, True, False)
    far = told.model_copy(update={"on": DAY - timedelta(days=8)})
    assert matched(entry(text="A-1"), candidate("C1", closed=(item("A-1"),), told=(far,))).told is None


@pytest.mark.parametrize(
    ("gone", "new", "sure"),
    [
        (-1, {"issued_on": DAY - timedelta(days=5)}, False),  # cancelled, issued anew, and paid under its old number
        (1, {"issued_on": DAY}, False),  # paid, and cancelled before anybody had heard of it
        (0, {"issued_on": DAY - timedelta(days=5)}, True),  # paid, as the ledger had heard; next month's is open
        (-1, {"issued_on": DAY - timedelta(days=90)}, True),  # older: it is nobody's successor
        (-1, {"minor": 10_001}, True),
        (-1, {"currency": "USD"}, True),
        (None, {}, True),  # written by an older version
    ],
)
def test_an_invoice_that_left_the_ledger_may_have_been_issued_anew(
    gone: int | None, new: dict[str, Any], sure: bool
) -> None:
    """Its payment was taken as known to the ledger, and the new invoice asked for."""
    gone_on = None if gone is None else DAY + timedelta(days=gone)
    told = Told(entry="A-1 not-in-ledger", minor=10_000, on=None, item="A-1", closes=True, gone_on=gone_on)
    old = item("A-1", issued_on=DAY - timedelta(days=30)).model_copy(update={"customer": "C1"})
    later = item(
        "A-2", new.get("minor", 10_000), **{"issued_on": DAY, **{k: v for k, v in new.items() if k != "minor"}}
    )
    found = matched(entry(text="A-1"), candidate("C1", later, closed=(old,), told=(told,)))
    assert (found.told, found.told_for_sure, found.automatic) == (told, sure, False)


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("GUTSCHRIFT ALPHA WORKS GMBH RG 1001", 95),  # field 86 without sub-fields: the name is somewhere in it
        ("Rechnung von Alpha-Works", 95),
        ("works for alpha", 0),  # its words, not its name
        ("alpha", 0),
        ("the alphabet works", 0),
    ],
)
def test_a_payer_whom_the_bank_does_not_name_is_named_in_the_text(text: str, alike: int) -> None:
    assert folding.named_in(text, "Alpha Works GmbH") == alike
    found = matched(entry(text=text), candidate("C1", item("A-77")), candidate("C2", item("B-1"), name="Beta Tools"))
    assert (found.payer, found.automatic) == ("C1" if alike else None, False)  # whose it is, not what for
    assert matched(entry(text=text, payer_name="Zebra"), candidate("C1", item("A-77"))).payer is None


def test_names_that_are_words_of_any_text_name_nobody() -> None:
    assert [folding.named_in(f"payment by {name} 12", name) for name in ("Rent", "Müller", "Kühltechnik")] == [0, 0, 90]
    both = matched(entry(text="Alpha Works for Beta Tools"), candidate("C1"), candidate("C2", name="Beta Tools"))
    assert both.payer is None


def test_f27_only_a_key_account_and_invoice_say_which_payment_came_back() -> None:
    def earlier(key: str, **others: Any) -> Earlier:
        return Earlier(id=key, booked_on=DAY, minor=10_000, currency="EUR", **others)

    back = entry(-10_000, reversal=True, payer_account="X1", remittance=Remittance(end_to_end="E1"))
    sure = returned(back, [earlier("a", end_to_end="E1"), earlier("b", payer_account="X1")])
    assert (certain(sure) or sure[0]).earlier == "a"
    assert certain(returned(back, [earlier("a", payer_account="X1"), earlier("b", payer_account="X1")])) is None
    assert returned(back, [earlier("late", end_to_end="E1").model_copy(update={"booked_on": DAY + timedelta(1)})]) == ()


# ---------- laws ----------
AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=6)


@given(AMOUNTS, st.integers(1, 6 * 10**9), st.integers(0, 30), st.integers(0, 5_000))
def test_no_cent_is_lost_in_any_split(opens: list[int], minor: int, age: int, fee: int) -> None:
    items = [item(f"A{n}", one, issued_on=DAY - timedelta(days=age)) for n, one in enumerate(opens)]
    rules = RULES.model_copy(update={"bank_fee": {"EUR": fee}, "small_difference": {"EUR": fee // 10}})
    made, fit = split(Money(minor, "EUR", DAY), items, rules, "C1")
    assert sum(part.minor for part in made.parts) + made.rest == minor
    for part in made.parts:
        assert part.minor + part.allowance + part.left == next(i.open_minor for i in items if i.id == part.item)
    given_up = sum(part.allowance for part in made.parts)
    most = max(fee, sum(RULES.discounts[0].of(one) for one in opens) + len(opens))
    assert 0 <= given_up <= most
    assert fit.closes == (
        made.rest == 0 and all(not part.left for part in made.parts) and len(made.parts) == len(items)
    )


@given(
    AMOUNTS, st.integers(1, 2 * 10**9), st.sampled_from(["", "A0", "A0, A1", "A0-2", "nothing 12345"]), st.booleans()
)
def test_nothing_is_applied_alone_beyond_what_is_open(opens: list[int], minor: int, text: str, known: bool) -> None:
    owes = candidate("C1", *(item(f"A{n}", one) for n, one in enumerate(opens)), known_account=known)
    found = matched(entry(minor, text, payer_name="Alpha Works"), owes)
    for one in found.suggestions:
        assert isinstance(one.split, Split)
        for part in one.split.parts:
            assert part.minor + part.allowance <= next(i.open_minor for i in owes.items if i.id == part.item)
    if found.automatic:
        assert found.suggestions[0].score >= RULES.auto_score


def test_a_year_of_payments_none_is_applied_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    kinds, applied, first, wrong, strangers = Counter[str](), Counter[str](), Counter[str](), [], []
    for paid, found, books in year(1, RULES):
        kinds[paid.kind] += 1
        if found.automatic:
            applied[paid.kind] += 1
            if not right(paid, found):
                wrong.append((paid, found.suggestions[0]))
            continue
        first[paid.kind] += bool(found.suggestions) and right(paid, found)
        there = {**books.open, **books.closed}
        if found.payer and found.payer not in {*(there[one].customer for one in paid.parts), paid.rest}:
            strangers.append((paid, found.payer))
    with capsys.disabled():
        total = sum(kinds.values())
        print(
            f"\ncash application: {total} payments, {sum(applied.values()) * 100 // total} % applied alone, none wrong"
        )
        for kind, count in kinds.most_common():
            print(f"  {kind:15} {count:4}  alone {applied[kind]:4}  suggested first {first[kind]:4}")
    assert (wrong, strangers) == ([], [])
    assert sum(applied.values()) / sum(kinds.values()) > 0.75
