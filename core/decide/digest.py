"""Tonight's lines for our own people, by each item's own step; and the roles that nobody holds."""

from collections.abc import Iterator, Sequence

from core.balance import Netted
from core.decide.model import NoticePlan
from core.decide.night import Night
from core.decide.our_side import DigestLine
from core.decide.outcome import Effects
from core.decide.readers import our_people
from core.decide.tracks import asks_first
from core.ledger import Person
from core.policy.schema import Step


def digest_lines(
    night: Night, plans: Sequence[NoticePlan], effects: Effects
) -> tuple[tuple[DigestLine, ...], set[str]]:
    """Every line, and the roles of ours that are to hear of something and are held by nobody.

    A line rides with its message: what the same unsent notice already told on an earlier night is not told again.
    """
    if not (night.policy.tells_us or effects.approved or night.setting.policies):
        return (), set()
    lines: list[DigestLine] = []
    gaps: set[str] = set()
    holders: dict[str, tuple[Person, ...]] = {}
    readers: dict[tuple[str, ...], list[tuple[str, Person]]] = {}  # by the roles that a step tells
    for step, row, occurrence, kind in _events(night, plans, effects):
        roles = step.audience.ours
        if roles not in readers:
            holders |= {role: our_people(night.facts, night.setting, role) for role in roles if role not in holders}
            gaps.update([role for role in roles if not holders[role]])
            readers[roles] = [(role, person) for role in roles for person in holders[role]]
        if readers[roles]:
            lines += _lines(night, step, row, (occurrence, kind), readers[roles])
    return tuple(lines), gaps


def _events(night: Night, plans: Sequence[NoticePlan], effects: Effects) -> Iterator[tuple[Step, Netted, int, str]]:
    """Each step and item to tell of, its occurrence, and what it is to the reader: its effect, or a stage before it."""
    for step, row in effects.told:
        yield step, row, 0, "proposal" if asks_first(step, night) else step.effect.value
    for step, row in effects.approved:
        yield step, row, 0, "approved"
    for step, row, occurrence in effects.also_told:
        yield step, row, occurrence, step.effect.value
    if not plans:
        return
    told = {due for waiting in night.facts.state.waiting.values() for due in waiting.steps}
    rows = {row.item.id: row for row in night.rows}
    for plan in plans:
        for due in plan.steps:
            known = night.step(due.step)
            if known is not None and due not in told:
                yield known, rows[due.item], due.occurrence, known.effect.value


def _lines(
    night: Night, step: Step, row: Netted, told: tuple[int, str], readers: list[tuple[str, Person]]
) -> list[DigestLine]:
    """One event for everybody who hears of it."""
    (occurrence, kind), item = told, row.item
    stage = f"{kind}." if kind != step.effect else ""
    key = f"{night.facts.customer.id}#{item.id}#{item.cycle}#{step.id}#{stage}{occurrence}"
    days, amounts = (night.as_of - item.due_on).days, (item.currency, item.open_minor)
    of_item = (step.id, item.id, item.number, days, *amounts, kind, None if row.due == item.open_minor else row.due)
    return [DigestLine(f"{key}#{role}", person.id, role, *of_item) for role, person in readers]
