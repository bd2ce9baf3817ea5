"""Acts that are refused, each with its reason: what a person or an edge may not do to runs, notices and charges."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from core.values import dataclass

MOST_TRIES: Final = 3  # of sending one notice; then a person looks


class Refusal(StrEnum):
    """Why an act is refused. Names, not sentences: whoever shows one says it in the reader's words."""

    LATER_RUN = "later_run"  # a run of a later day exists
    HIGHER_NOTICE = "higher_notice"  # a higher level about the item stands
    NOT_ISSUED = "not_issued"
    CANCELLED_BEFORE = "cancelled_before"
    FEE_PAID = "fee_paid"  # the charge of the notice was paid: give it back first
    NO_AMOUNT = "no_amount"  # zero or negative
    CHARGED_BEFORE = "charged_before"  # once per item, level and cycle
    CHARGED_TWICE = "charged_twice"  # two fees for one item on one notice
    NOT_OVERDUE = "not_overdue"
    OTHER_CUSTOMER = "other_customer"
    OTHER_CURRENCY = "other_currency"
    NOTHING_OPEN = "nothing_open"


def refuse_run(on: date, past: Collection[date]) -> Refusal | None:
    """A run that is dated before an existing one would rewrite what was already decided."""
    return Refusal.LATER_RUN if any(done > on for done in past) else None


@dataclass(frozen=True, slots=True)
class Issued:
    """One notice about an item, as far as taking it back is concerned."""

    level: int
    cancelled: bool = False
    fee_paid_minor: int = 0


def refuse_retraction(level: int, notices: Iterable[Issued]) -> Refusal | None:
    """Only the last standing notice about an item can be taken back, once, and only while its fee is unpaid."""
    found = list(notices)
    standing = [notice for notice in found if not notice.cancelled]
    mine = [notice for notice in standing if notice.level == level]
    if not mine:
        known = any(notice.level == level for notice in found)
        return Refusal.CANCELLED_BEFORE if known else Refusal.NOT_ISSUED
    if any(notice.level > level for notice in standing):
        return Refusal.HIGHER_NOTICE
    return Refusal.FEE_PAID if any(notice.fee_paid_minor for notice in mine) else None


def level_without(level: int, notices: Iterable[Issued]) -> int:
    """The level of an item once the notice of `level` is taken back; never below 0."""
    return max((notice.level for notice in notices if not notice.cancelled and notice.level != level), default=0)


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee that somebody wants to put on a notice."""

    minor: int
    level: int
    charged_levels: frozenset[int] = frozenset()  # of the item, in this cycle
    overdue: bool = True
    same_customer: bool = True
    lines_for_item: int = 1  # fee lines of the item on this notice, this one included


def refuse_fee(fee: FeeLine) -> Refusal | None:
    """A fee is positive, for an overdue item of the customer, once per level, and once on a notice."""
    if fee.minor <= 0:
        return Refusal.NO_AMOUNT
    if fee.level in fee.charged_levels:
        return Refusal.CHARGED_BEFORE
    if not fee.overdue:
        return Refusal.NOT_OVERDUE
    if not fee.same_customer:
        return Refusal.OTHER_CUSTOMER
    return Refusal.CHARGED_TWICE if fee.lines_for_item > 1 else None


def refuse_line(item_currency: str, notice_currency: str, open_minor: int = 1) -> Refusal | None:
    """A notice's table lists open items of its own currency only."""
    if item_currency != notice_currency:
        return Refusal.OTHER_CURRENCY
    return None if open_minor > 0 else Refusal.NOTHING_OPEN


def tries_again(failed: int) -> bool:
    """True while a notice that surely did not go out may be tried once more."""
    return failed < MOST_TRIES
