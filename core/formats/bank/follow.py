"""Looks whether statements follow one another: a gap, a repeat, another currency, an account that nobody knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.bank import BankStatement
from core.formats.bank.totals import shown
from core.formats.errors import Code, InputError, Severity


@dataclass(frozen=True, slots=True)
class Last:
    """The latest statement of an account that was taken."""

    currency: str
    number: str | None
    sequence: int | None
    closing_on: date | None
    closing_minor: int | None
    opening_minor: int | None = None


def last_of(statement: BankStatement) -> Last:
    """What the next statement of the account is compared with."""
    return Last(
        statement.currency,
        statement.number,
        statement.sequence,
        statement.closing_on,
        statement.closing_minor,
        statement.opening_minor,
    )


def follow(
    statements: Iterable[BankStatement],
    before: Mapping[str, Last],
    file: str,
    accounts: frozenset[str] | None = None,
) -> list[InputError]:
    """What is to be said of statements in their order; nothing where each follows the one before it.

    Reports within the day and notifications count nothing: what they tell is told again.
    Args: `before` by account, the latest statement taken earlier; `accounts` that are ours, None: any.
    """
    found, last = list[InputError](), dict(before)
    for one in statements:
        if accounts is not None and one.account not in accounts:
            problem = f"an account that ends in {one.account[-4:]} is none of ours"
            found.append(InputError(Code.UNKNOWN_ACCOUNT, file, 0, problem, hint="name it in the configuration"))
            continue
        if one.interim or one.notification:
            continue
        previous = last.get(one.account)
        wrong = _compare(previous, one, file) if previous is not None else None
        if wrong is not None:
            found.append(wrong)
        if previous is None or not _is_older(previous, one):
            last[one.account] = last_of(one)
    return found


def _compare(last: Last, one: BankStatement, file: str) -> InputError | None:
    if one.currency != last.currency:
        problem = f"the account was kept in {last.currency}, this statement is in {one.currency}"
        return InputError(Code.CURRENCY_MISMATCH, file, 0, problem)
    if _is_repeat(last, one):
        problem = f"statement {one.number or 'without a number'} was told before, or one after it"
        hint = "entries that are known count once"
        return InputError(Code.SEQUENCE_REPEAT, file, 0, problem, hint=hint, severity=Severity.NOTICE)
    gap = _gap(last, one)
    hint = "ask the bank for what is missing"
    return InputError(Code.SEQUENCE_GAP, file, 0, gap, hint=hint, severity=Severity.WARNING) if gap else None


def _is_repeat(last: Last, one: BankStatement) -> bool:
    if _is_older(last, one):
        return True
    same = (one.number, one.closing_on, one.closing_minor) == (last.number, last.closing_on, last.closing_minor)
    if one.sequence is None or last.sequence is None:
        return same and one.opening_minor is not None and one.opening_minor == last.opening_minor
    return same


def _is_older(last: Last, one: BankStatement) -> bool:
    return one.closing_on is not None and last.closing_on is not None and one.closing_on < last.closing_on


def _gap(last: Last, one: BankStatement) -> str | None:
    """Balances that lead on prove that nothing is missing, whatever the numbers say; without them the numbers count."""
    if one.opening_minor is not None and last.closing_minor is not None:
        if one.opening_minor == last.closing_minor:
            return None
        opened, closed = shown(one.opening_minor, one.currency), shown(last.closing_minor, one.currency)
        between = f" (statements {last.number} and {one.number})" if one.number and last.number else ""
        return f"the last statement closed with {closed}, this one opens with {opened}{between}"
    if one.sequence is None or last.sequence is None or one.sequence in {last.sequence, last.sequence + 1}:
        return None
    if one.sequence == 1 and one.closing_on and last.closing_on and one.closing_on.year > last.closing_on.year:
        return None  # numbers begin anew with the year
    return f"statement {last.number} is followed by {one.number}"
