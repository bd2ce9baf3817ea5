"""How a command ends: exit codes, and errors that a person can act on."""

from collections.abc import Sequence
from enum import IntEnum

from core.formats.errors import InputError


class Exit(IntEnum):
    """What the shell sees. 2 is the command line's own (usage), 130 an interruption."""

    DONE = 0  # or nothing to do
    FAILED = 1
    USAGE = 2
    NOT_EMPTY = 3  # a plan holds something
    CONFIG_INVALID = 4
    PARTLY_SENT = 5


class CliError(Exception):
    """Something went wrong that is no fault of the program. `next_command` is what to try now."""

    def __init__(
        self,
        problem: str,
        next_command: str,
        *,
        code: Exit = Exit.FAILED,
        findings: Sequence[InputError] = (),
        coded: bool = False,
    ) -> None:
        super().__init__(problem)
        self.problem, self.next_command, self.code, self.findings = problem, next_command, code, tuple(findings)
        self.coded = coded  # the findings are shown with their codes
