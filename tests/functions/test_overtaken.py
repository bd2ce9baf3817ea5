"""The bank is heard first, then the ledger: the same money counts once, other money counts too."""

import pytest

from core.formats.changes import ItemChange
from core.ledger import Credit, CreditKind
from functions.shared.store import overtaken
from functions.shared.store.items import StoredItem
from tests.builders import DUE, an_item

BANK = "bank:x"


def gone(settled: dict[str, int], told: dict[str, int], original: int = 10_000) -> set[str]:
    """The bank's entries that a ledger's settlements take the place of."""
    item = an_item("I1", open_minor=original)
    return set(overtaken.entries(StoredItem(item, settled), ItemChange(item, told)))


@pytest.mark.parametrize(
    ("settled", "told", "expected"),
    [
        ({BANK: 4_000}, {"P1": 4_000}, {BANK}),  # the same payment
        ({BANK: 4_000}, {"P1": 3_000}, set()),  # another
        ({BANK: 4_000}, {}, set()),  # not told yet
        ({BANK: 4_000, "P1": 4_000}, {"P1": 4_000}, set()),  # told before the bank was heard: not news
        ({BANK: 9_000, "N1": 1_000}, {"N1": 1_000, "P1": 9_000}, {BANK}),  # beside a credit note
        ({BANK: 9_000}, {"N1": 1_000}, set()),
        ({BANK: 9_800, "bank:x:less": 200}, {"P1": 9_800, "D1": 200}, {BANK, "bank:x:less"}),  # with its discount
        ({BANK: 9_800, "bank:x:less": 200}, {"P1": 9_800}, {BANK, "bank:x:less"}),  # the ledger gives no discount
        ({BANK: 3_000, "bank:y": 2_000}, {"P1": 5_000}, {BANK, "bank:y"}),  # two of the bank in one
        ({BANK: 3_000, "bank:y": 2_000}, {"P1": 2_000}, {"bank:y"}),
        ({BANK: 4_000, "I1:paid": 1_000}, {"I1:paid": 5_000}, {BANK}),  # a table tells sums
        ({BANK: 4_000}, {"I1:paid": 7_000}, {BANK}),
        ({BANK: 4_000}, {"P1": 10_000}, {BANK}),  # the ledger alone closes it
    ],
)
def test_what_the_ledger_tells_again(settled: dict[str, int], told: dict[str, int], expected: set[str]) -> None:
    assert gone(settled, told) == expected


def row(credit: str, minor: int) -> dict[str, object]:
    return {"sk": f"C#{credit}", "id": credit, "open_minor": minor}


@pytest.mark.parametrize(
    ("more", "told", "left"),
    [
        ([5_000], [], {BANK: 0, "bank:y": 5_000}),  # one payment of the ledger is one of the bank
        ([5_000, 5_000], [], {BANK: 0, "bank:y": 0}),
        ([2_000, 3_000], [], {BANK: 0, "bank:y": 5_000}),  # one payment on two invoices
        ([], [5_000], {BANK: 0, "bank:y": 5_000}),
        ([3_000], [2_000], {BANK: 0, "bank:y": 5_000}),  # applied in part, the rest on account
        ([4_999], [], {BANK: 5_000, "bank:y": 5_000}),
    ],
)
def test_money_on_account_that_the_ledger_tells_again(more: list[int], told: list[int], left: dict[str, int]) -> None:
    known = [row(BANK, 5_000), row("bank:y", 5_000), row("P0", 5_000)]
    news = [
        Credit(id=f"P{n}", kind=CreditKind.PAYMENT, currency="EUR", open_minor=minor, booked_on=DUE)
        for n, minor in enumerate(told, start=1)
    ]
    after = {one["id"]: one["open_minor"] for one in overtaken.credits_told(known, more, news)}
    assert {BANK: 5_000, "bank:y": 5_000} | after == left
