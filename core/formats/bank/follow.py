"""Looks whether the statements of a file follow one another: a gap or a repeat is said, and keeps nothing back.

What follows the statements of earlier files is known where those are stored.
"""

from collections.abc import Iterable
from datetime import date

from core.bank import BankStatement
from core.formats.bank.totals import shown
from core.formats.errors import Code, InputError, Severity


def follow(statements: Iterable[BankStatement], file: str) -> list[InputError]:
    """What is to be said of the statements of each account, by their days; nothing where each leads on to the next.

    Reports within the day and notifications are in no row: what they tell is told again.
    """
    found, last = list[InputError](), dict[tuple[str, str], BankStatement]()
    for one in sorted(statements, key=lambda one: one.closing_on or date.min):
        if one.interim or one.notification:
            continue
        previous = last.get((one.account, one.currency))
        said = _compare(previous, one, file) if previous is not None else None
        if said is not None:
            found.append(said)
        last[one.account, one.currency] = one
    return found


def _compare(last: BankStatement, one: BankStatement, file: str) -> InputError | None:
    line = one.entries[0].line if one.entries else 0
    if _is_repeat(last, one):
        problem = f"statement {one.number or 'without a number'} is told twice, with other entries"
        hint = "entries that are known count once"
        return InputError(Code.SEQUENCE_REPEAT, file, line, problem, hint=hint, severity=Severity.WARNING)
    gap = _gap(last, one)
    hint = "ask the bank for what is missing"
    return InputError(Code.SEQUENCE_GAP, file, line, gap, hint=hint, severity=Severity.WARNING) if gap else None


def _is_repeat(last: BankStatement, one: BankStatement) -> bool:
    same = (one.number, one.closing_on, one.opening_minor) == (last.number, last.closing_on, last.opening_minor)
    return same and (one.number is not None or one.opening_minor is not None)


def _gap(last: BankStatement, one: BankStatement) -> str | None:
    """Balances that lead on prove that nothing is missing, whatever the numbers say; without them the numbers count."""
    if one.opening_minor is not None and last.closing_minor is not None:
        if one.opening_minor == last.closing_minor:
            return None
        opened, closed = shown(one.opening_minor, one.currency), shown(last.closing_minor, one.currency)
        numbers = f" (statements {last.number} and {one.number})" if one.number and last.number else ""
        return f"the statement before closed with {closed}, this one opens with {opened}{numbers}"
    if one.sequence is None or last.sequence is None or one.sequence in {last.sequence, last.sequence + 1}:
        return None
    if one.sequence == 1 and one.closing_on and last.closing_on and one.closing_on.year > last.closing_on.year:
        return None  # numbers begin anew with the year
    return f"statement {last.number} is followed by {one.number}"
