"""What is wrong with one statement. A statement is taken whole or not at all: its balances prove all of it."""

from typing import Any, Final

from core.bank import BankStatement
from core.formats.errors import Code, InputError, Severity

_MOST: Final = 100  # errors of one statement that are told one by one


class Findings:
    """Gathers the errors and notices of one statement."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors = list[InputError]()
        self.refused = False
        self._untold = 0

    def error(self, code: Code, line: int, problem: str, **more: Any) -> None:
        """Something for which the statement is not taken."""
        self.refused = True
        if len(self.errors) < _MOST:
            self.errors.append(InputError(code, self.file, line, problem, **more))
        else:
            self._untold += 1

    def warning(self, code: Code, line: int, problem: str, **more: Any) -> None:
        """Taken, and someone should look."""
        self._say(Severity.WARNING, code, line, problem, more)

    def notice(self, code: Code, line: int, problem: str, **more: Any) -> None:
        """Taken; said for the record."""
        self._say(Severity.NOTICE, code, line, problem, more)

    def _say(self, severity: Severity, code: Code, line: int, problem: str, more: dict[str, Any]) -> None:
        if len(self.errors) < _MOST:
            self.errors.append(InputError(code, self.file, line, problem, severity=severity, **more))

    def settle(self, statement: BankStatement | None, line: int, entries: int) -> list[BankStatement | InputError]:
        """What comes of it: the findings, then the statement, or how much of it was not taken."""
        if statement is not None and not self.refused:
            return [*self.errors, statement]
        untold = f", and {self._untold} more errors" if self._untold else ""
        problem = f"a statement with {entries} {'entry' if entries == 1 else 'entries'} is not taken{untold}"
        hint = "a statement is taken whole or not at all; ask the bank for it again"
        return [*self.errors, InputError(Code.NOT_TAKEN, self.file, line, problem, found=str(entries), hint=hint)]
