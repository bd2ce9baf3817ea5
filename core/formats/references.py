"""What one record may say of another: ids that are claimed once, references to what stands above."""

from datetime import date
from typing import Any, Final

from core.formats.errors import Code, InputError, Severity, clip, quote
from core.formats.fields import EARLIEST
from core.formats.records import AnyRecord
from core.formats.register import Known, Register, digest

# Payments, credit notes, applications and write-offs: their ids are the keys of settlements, so they share one space.
MONEY: Final = "money"


class RefusedError(Exception):
    """Ends the check of one record; becomes a value before it leaves the check."""

    def __init__(self, code: Code, problem: str, field: str | None = None, **more: Any) -> None:
        super().__init__(problem)
        self.code, self.problem, self.field, self.more = code, problem, field, more


class References:
    """The ids of one file, as far as it is read, and the remarks on the record that is being read."""

    def __init__(self, register: Register, file: str) -> None:
        self.remarks = list[InputError]()
        self._register, self._file = register, file

    def drain(self) -> list[InputError]:
        """The remarks so far; the next record starts with none."""
        remarks, self.remarks = self.remarks, []
        return remarks

    def remark(self, line: int, code: Code, problem: str, field: str | None = None, **more: Any) -> None:
        """Say something about a record that is taken all the same: a warning, unless `severity` says otherwise."""
        self.remarks.append(self.error(line, code, problem, field, **{"severity": Severity.WARNING, **more}))

    def error(self, line: int, code: Code, problem: str, field: str | None = None, **more: Any) -> InputError:
        """A finding on a line of this file."""
        return InputError(code, self._file, line, problem, field=field, **more)

    def claim(
        self,
        kind: str,
        key: str,
        line: int,
        record: AnyRecord,
        customer: str = "",
        entity: str = "",
        currency: str = "",
        known_on: date = EARLIEST,
    ) -> bytes | None:
        """Take an id for a record. Returns: the record as JSON; None, with a notice, when the very same stood above.

        Raises: RefusedError when another record has the id.
        """
        body = record.__pydantic_serializer__.to_json(record, exclude_none=True)
        known = Known(line, digest(body), customer, entity, currency, known_on)
        before = self._register.add(kind, key, known)
        if before is None:
            return body
        shown = clip(getattr(record, "id", key))
        if before.digest != known.digest:
            problem = f"'{shown}' stands on line {before.line} already, with other values"
            raise RefusedError(Code.DUPLICATE_KEY, problem, "id", found=shown, hint="keep the line that is right")
        problem = f"the same record as line {before.line}; taken once"
        self.remark(line, Code.DUPLICATE_KEY, problem, "id", found=shown, severity=Severity.NOTICE)
        return None

    def has(self, kind: str, key: str) -> bool:
        """True when a record of the kind with this id stood above."""
        return self._register.get(kind, key) is not None

    def invoice(self, key: str, customer: str) -> Known:
        """The invoice that a record of the customer names; raises RefusedError when it is not there, or another's."""
        return self.of("invoice", "invoice", key, customer)

    def of(self, kind: str, field: str, key: str, customer: str) -> Known:
        """What stood above under an id that `field` names; raises RefusedError when nothing did, or another's."""
        known = self._register.get(kind, key)
        if known is None:
            raise RefusedError(Code.UNKNOWN_REF, f"no {field} {quote(key)} above this line", field, found=clip(key))
        if known.customer != customer:
            problem = f"{field} {quote(key)} is one of customer {quote(known.customer)}, line {known.line}"
            raise RefusedError(Code.CONFLICT, problem, field, found=clip(key))
        return known
