"""Checks each record of a file against those above it, and the file against what it says about itself."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from core.formats.addresses import InjectionError, addresses
from core.formats.documents import DocumentCheck, Placed
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing, quote
from core.formats.fields import EARLIEST
from core.formats.jsonl import Row
from core.formats.records import (
    AnyRecord,
    ContactRecord,
    CustomerRecord,
    EndRecord,
    EntityRecord,
    HeaderRecord,
    InvoiceRecord,
    PersonRecord,
)
from core.formats.references import References, RefusedError
from core.formats.register import Register
from core.ledger import Entity, Person
from core.minor_units import decimals

_COUNTED: Final = ("customers", "invoices", "payments", "credit_notes")


class Check:
    """One reading of one file, from its first record to its last."""

    def __init__(
        self,
        register: Register,
        file: str,
        default_entity: str,
        entities: Collection[str] = (),
        *,
        policies: Collection[str] | None = None,
        only: bool = False,
    ) -> None:
        """Args: `default_entity` of documents that name none; `entities` configured beside those of the file;
        `policies` that there are beside those of the file's entities, None: any may be named; with `only` a document
        may name no other entity than the default.
        """  # noqa: D205
        self._only, self._policies = only, policies
        self.counts = Counter[str]()  # by type of record
        self.entities = dict[str, Entity]()
        self.people = dict[str, Person]()
        self.header: HeaderRecord | None = None
        self.end: EndRecord | None = None
        self._default_entity, self._configured = default_entity, frozenset({default_entity, *entities})
        self._references = References(register, file)
        self._documents = DocumentCheck(self._references, self._entity_of)
        self._customer: str | None = None
        self._parents = list[tuple[int, str]]()  # a parent may stand below
        self._by_type: dict[type[Any], Callable[[int, Any], Placed | None]] = {
            HeaderRecord: self._header,
            EntityRecord: self._entity,
            PersonRecord: self._person,
            CustomerRecord: self._take_customer,
            ContactRecord: self._contact,
            EndRecord: self._end,
        }

    @property
    def currencies(self) -> frozenset[str]:
        """Every currency that a document was in."""
        return frozenset(self._documents.currencies)

    def take(self, row: Row) -> Iterator[Placed | InputError]:
        """The record in its place, and remarks on it; an error instead where it does not hold."""
        self.counts[row.record.t] += 1
        placed = None
        try:
            placed = self._place(row.line, row.record)
        except RefusedError as refused:
            yield self._references.error(row.line, refused.code, refused.problem, refused.field, **refused.more)
        yield from self._references.drain()
        if placed is not None:
            yield placed

    def saved(self) -> dict[str, Any]:
        """What was learned so far, but for what the register keeps; as JSON has it."""
        return {
            "counts": dict(self.counts),
            "entities": [one.model_dump_json() for one in self.entities.values()],
            "people": [one.model_dump_json() for one in self.people.values()],
            "header": self.header and self.header.model_dump_json(),
            "end": self.end and self.end.model_dump_json(),
            "customer": self._customer,
            "parents": self._parents,
            "documents": self._documents.saved(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where another reading of the same file stopped."""
        self.counts.update(saved["counts"])
        self.entities = {one.id: one for one in map(Entity.model_validate_json, saved["entities"])}
        self.people = {one.id: one for one in map(Person.model_validate_json, saved["people"])}
        self.header = saved["header"] and HeaderRecord.model_validate_json(saved["header"])
        self.end = saved["end"] and EndRecord.model_validate_json(saved["end"])
        self._customer = saved["customer"]
        self._parents = [(line, parent) for line, parent in saved["parents"]]
        self._documents.restore(saved["documents"])

    def finish(self) -> Iterator[InputError]:
        """What can be said only when all is read."""
        for line, parent in self._parents:
            if not self._references.has("customer", parent):
                problem = f"no customer {quote(parent)} in this file"
                yield self._references.error(line, Code.UNKNOWN_REF, problem, "parent", found=clip(parent))
        if not self.counts.total():
            yield self._references.error(0, Code.EMPTY_FILE, "0 records", hint="nothing was changed")
        elif self.counts["header"] and self.end is None:
            problem = "a header line and no end line: the file may be cut off"
            yield self._references.error(0, Code.NO_END, problem, severity=Severity.WARNING)

    def _place(self, line: int, record: AnyRecord) -> Placed | None:
        if self.end is not None:
            raise RefusedError(Code.MISPLACED, f"a {record.t} line after the end line", "t")
        take = self._by_type.get(type(record))
        if take is not None:
            return take(line, record)
        self._owned_by(record.customer)  # type: ignore[union-attr]
        if isinstance(record, InvoiceRecord) and record.policy != "none":
            self._refuse_unknown(record.policy, "none")
        return self._documents.place(line, record)  # type: ignore[arg-type]

    # ---------- what a file says about itself ----------

    def _header(self, _: int, record: HeaderRecord) -> None:
        if self.counts.total() > 1:
            raise RefusedError(Code.MISPLACED, "the header is the first line", "t")
        self.header = record
        for currency, exponent in (record.exponents or {}).items():
            known = decimals(currency)
            if exponent != known:
                problem = f"{clip(currency)} has {known} decimals, the file counts with {clip(exponent)}"
                raise RefusedError(Code.CONFLICT, problem, "exponents", hint="every amount would be wrong")
        nothing = [currency for currency, rate in (record.rates or {}).items() if not rate.strip("0.")]
        if nothing:
            raise RefusedError(Code.BAD_AMOUNT, f"{listing(nothing)}: a rate is more than nothing", "rates")

    def _entity(self, line: int, record: EntityRecord) -> None:
        self._refuse_another(record.id, "id")
        if self.counts["customer"]:
            raise RefusedError(Code.MISPLACED, "entity lines stand above the first customer", "t")
        if self._references.claim("entity", record.id, line, record):
            self.entities[record.id] = Entity.model_validate(record.model_dump(exclude={"t"}))

    def _person(self, line: int, record: PersonRecord) -> None:
        if self._references.claim("person", record.id, line, record):
            self.people[record.id] = Person.model_validate(record.model_dump(exclude={"t"}))

    def _end(self, _: int, record: EndRecord) -> None:
        self.end = record
        for field in _COUNTED:
            said, read = getattr(record, field), self.counts[field[:-1]]
            if said is not None and said != read:
                problem = f"the file says {said}, it holds {read}"
                raise RefusedError(Code.COUNT_MISMATCH, problem, field, found=str(read), allowed=str(said))

    # ---------- customers ----------

    def _take_customer(self, line: int, record: CustomerRecord) -> Placed | None:
        if record.parent == record.id:
            raise RefusedError(Code.CONFLICT, "a customer is not its own parent", "parent")
        self._refuse_unknown(record.policy)
        self._check_addresses(line, record.email)
        body = self._references.claim("customer", record.id, line, record, record.id)
        if body is None:
            return None
        self._enter(record.id)
        if record.parent is not None:
            self._parents.append((line, record.parent))
        return Placed(line, record, record.id, None, EARLIEST, body)

    def _contact(self, line: int, record: ContactRecord) -> Placed | None:
        self._owned_by(record.customer)
        self._check_addresses(line, record.email)
        key = f"{record.customer}#{record.id}"
        body = self._references.claim("contact", key, line, record, record.customer)
        return None if body is None else Placed(line, record, record.customer, None, EARLIEST, body)

    def _check_addresses(self, line: int, text: str | None) -> None:
        try:
            bad = addresses(text)[1]
        except InjectionError:
            raise RefusedError(Code.HEADER_INJECTION, "a line break in an address", "email", found=clip(text)) from None
        for part in bad:
            problem = f"{quote(part)} cannot be written to and is left out"
            self._references.remark(line, Code.BAD_EMAIL, problem, "email", found=clip(part))

    def _owned_by(self, customer: str) -> None:
        """The customer stands above."""
        if customer == self._customer:
            return
        if not self._references.has("customer", customer):
            problem = f"no customer {quote(customer)} above this line"
            raise RefusedError(Code.UNKNOWN_REF, problem, "customer", found=clip(customer))
        self._enter(customer)

    def _enter(self, customer: str) -> None:
        self._customer = customer
        self._documents.next_customer()

    def _entity_of(self, named: str | None) -> str:
        """The entity of a document: the one it names, else the only one of the file, else the default."""
        if named is None:
            if len(self.entities) > 1:
                allowed = listing(self.entities)
                raise RefusedError(Code.MISSING_FIELD, "required where a file has several", "entity", allowed=allowed)
            return next(iter(self.entities), self._default_entity)
        self._refuse_another(named, "entity")
        known = {*self.entities, *self._configured}
        if named not in known:
            raise RefusedError(
                Code.UNKNOWN_REF,
                f"no entity {quote(named)}",
                "entity",
                found=clip(named),
                allowed=listing(sorted(known)),
                hint=did_you_mean(named, known),
            )
        return named

    def _refuse_unknown(self, policy: str | None, *beside: str) -> None:
        """By a policy that does not exist nobody would be reminded, or by another one than was meant."""
        if not policy or self._policies is None:  # an empty one is the entity's
            return
        of_file = () if self._only else (entity.policy for entity in self.entities.values())
        known = {*self._policies, *of_file}
        if policy not in known:
            allowed, hint = listing([*beside, *sorted(known)]), did_you_mean(policy, known)
            problem = f"no policy {quote(policy)}"
            raise RefusedError(Code.UNKNOWN_REF, problem, "policy", found=clip(policy), allowed=allowed, hint=hint)

    def _refuse_another(self, named: str, field: str) -> None:
        """What came in for one company says nothing of another."""
        if self._only and named != self._default_entity:
            problem = f"{quote(named)} is another entity than the one this file is for"
            raise RefusedError(Code.TENANT_MISMATCH, problem, field, found=clip(named), allowed=self._default_entity)
