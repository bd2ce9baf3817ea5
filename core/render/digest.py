"""From tonight's digest lines to the one mail that each of our own people gets."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from operator import attrgetter
from typing import Final

from core.decide.our_side import DigestLine
from core.ledger import Customer, Entity, Person
from core.policy.schema import Policy
from core.policy.steps import Effect
from core.render.clean import one_line
from core.render.compose import brand_of
from core.render.formats import (
    direction,
    first_spoken,
    format_and,
    format_day,
    format_money,
    locale_of,
    supported_language,
)
from core.render.messages import DigestCustomer, DigestMail, DigestRow, DigestSection, MailKind
from core.values import dataclass

DIGEST_ROWS: Final = 120  # invoices listed in one digest; the rest is counted and summed
# work first, then what to know
_ORDER: Final = {
    "proposal": 0, "task": 1, "approved": 2, "notify": 3, "message": 4, "status": 5, "credit_hold": 6, "fee": 7,
}  # fmt: skip
_WORK: Final = frozenset({"proposal", "task"})
_TO_PAY: Final = attrgetter("to_pay_minor")


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A digest line with what a reader needs beside it: whose it is, and what the step does."""

    line: DigestLine
    customer: str
    customer_name: str
    what: str  # template, kind of task, status or proposal of the step; the effect itself, or the id where unknown


def digest_entry(line: DigestLine, customer: Customer, policy: Policy | None) -> DigestEntry:
    """The entry of a line; `policy` is the one that decided it."""
    step = policy.step(line.step) if policy else None
    what = (step.template or step.task or step.status or step.proposal or _plain(step.effect)) if step else None
    return DigestEntry(line=line, customer=customer.id, customer_name=customer.name, what=what or line.step)


def compose_digest(
    entries: Iterable[DigestEntry], entity: Entity, person: Person, language: str, as_of: date
) -> DigestMail:
    """The digest of one person: by step, then by customer, the latest first, with counts and totals per currency.

    The total on top is what is open; each step sums what its customers are asked for. An invoice that several steps
    name is listed under each and counted once on top.
    """
    tag = first_spoken(language, entity.language)
    spoken, locale = supported_language(tag), locale_of(tag, entity.country)
    told = list(entries)
    groups: dict[tuple[str, str], list[DigestEntry]] = {}
    for entry in told:
        groups.setdefault((entry.line.kind, entry.what), []).append(entry)
    ordered = sorted(groups.items(), key=lambda g: (_ORDER.get(g[0][0], 9), -_latest(g[1]), g[0][1]))
    sections: list[DigestSection] = []
    room = DIGEST_ROWS
    for (effect, what), members in ordered:
        section, used = _section(effect, what, _once(members), room, locale)
        sections.append(section)
        room = max(0, room - used)
    return DigestMail(
        kind=MailKind.DIGEST,
        language=spoken,
        direction=direction(spoken),
        brand=brand_of(entity),
        reader=one_line(person.name) or None,
        as_of=format_day(as_of, locale),
        roles=tuple(sorted({entry.line.role for entry in told})),
        customer_count=len({entry.customer for entry in told}),
        count=len(_once(told)),
        total=_total(_once(told), locale, attrgetter("open_minor")),
        tasks=len({entry.customer for entry in told if entry.line.kind in _WORK}),
        sections=tuple(sections),
    )


def _plain(effect: Effect) -> str | None:
    """An effect that says everything by its name."""
    return effect.value if effect in (Effect.FEE, Effect.INTEREST, Effect.CREDIT_HOLD) else None


def _section(
    effect: str, what: str, entries: Sequence[DigestEntry], room: int, locale: str
) -> tuple[DigestSection, int]:
    by_customer: dict[str, list[DigestEntry]] = {}
    for entry in entries:
        by_customer.setdefault(entry.customer, []).append(entry)
    customers: list[DigestCustomer] = []
    listed: list[DigestEntry] = []
    for members in sorted(by_customer.values(), key=lambda m: (-_latest(m), m[0].customer_name, m[0].customer)):
        rows = sorted(members, key=lambda e: (-e.line.days_past_due, e.line.number))
        shown = rows[: max(0, room - len(listed))]
        listed += shown
        if shown:
            customers.append(_customer(rows, shown, locale))
    told = {(entry.customer, entry.line.item) for entry in listed}
    rest = [entry for entry in entries if (entry.customer, entry.line.item) not in told]
    section = DigestSection(
        effect=effect,
        what=what,
        customers=tuple(customers),
        customer_count=len(by_customer),
        count=len(entries),
        total=_total(entries, locale),
        more=len(rest),
        more_total=_total(rest, locale),
    )
    return section, len(listed)


def _customer(entries: Sequence[DigestEntry], shown: Sequence[DigestEntry], locale: str) -> DigestCustomer:
    return DigestCustomer(
        name=one_line(entries[0].customer_name),
        id=one_line(entries[0].customer),
        total=_total(entries, locale),
        rows=tuple(_row(entry.line, locale) for entry in shown),
    )


def _row(line: DigestLine, locale: str) -> DigestRow:
    whole = line.to_pay_minor == line.open_minor
    return DigestRow(
        number=one_line(line.number, 60),
        days=line.days_past_due,
        to_pay=format_money(line.to_pay_minor, line.currency, locale),
        open="" if whole else format_money(line.open_minor, line.currency, locale),
    )


def _once(entries: Iterable[DigestEntry]) -> list[DigestEntry]:
    """Each invoice once, whatever number of roles or steps told of it."""
    return list({(e.customer, e.line.item): e for e in entries}.values())


def _latest(entries: Iterable[DigestEntry]) -> int:
    return max(entry.line.days_past_due for entry in entries)


def _total(entries: Iterable[DigestEntry], locale: str, minor: Callable[[DigestLine], int] = _TO_PAY) -> str:
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.line.currency] = sums.get(entry.line.currency, 0) + minor(entry.line)
    return format_and(tuple(format_money(sums[c], c, locale) for c in sorted(sums)), locale)
