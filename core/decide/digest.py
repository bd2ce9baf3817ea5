"""Tonight's lines for our own people, by each item's own step; and the roles that nobody holds."""

from collections.abc import Iterator, Sequence

from core.decide.model import NoticePlan
from core.decide.night import Night
from core.decide.our_side import DigestLine
from core.decide.outcome import Effects
from core.decide.readers import our_people
from core.decide.tracks import asks_first
from core.ledger import Item, Person
from core.policy.schema import Step


def digest_lines(
    night: Night, plans: Sequence[NoticePlan], effects: Effects
) -> tuple[tuple[DigestLine, ...], set[str]]:
    """Every line, and the roles of ours that are to hear of something and are held by nobody.

    A line rides with its message: what the same unsent notice already told on an earlier night is not told again.
    """
    if not night.policy.tells_us and not night.setting.policies:
        return (), set()
    lines, gaps, holders = list[DigestLine](), set[str](), dict[str, tuple[Person, ...]]()
    for step, item, occurrence, kind in _events(night, plans, effects):
        for role in step.audience.ours:
            people = holders.get(role)
            if people is None:
                people = holders[role] = our_people(night.facts, night.setting, role)
            if not people:
                gaps.add(role)
            lines += [_line(night, step, item, (occurrence, kind), role, person) for person in people]
    return tuple(lines), gaps


def _events(night: Night, plans: Sequence[NoticePlan], effects: Effects) -> Iterator[tuple[Step, Item, int, str]]:
    """Each step and item to tell of, its occurrence, and what it is to the reader: its effect, or a stage before it."""
    for step, row in effects.told:
        yield step, row.item, 0, "proposal" if asks_first(step, night) else step.effect.value
    for step, row in effects.approved:
        yield step, row.item, 0, "approved"
    for step, row, occurrence in effects.also_told:
        yield step, row.item, occurrence, step.effect.value
    if not plans:
        return
    told = {due for waiting in night.facts.state.waiting.values() for due in waiting.steps}
    items = {row.item.id: row.item for row in night.rows}
    for plan in plans:
        for due in plan.steps:
            known = night.step(due.step)
            if known is not None and due not in told:
                yield known, items[due.item], due.occurrence, known.effect.value


def _line(night: Night, step: Step, item: Item, told: tuple[int, str], role: str, person: Person) -> DigestLine:
    occurrence, kind = told
    stage = f"{kind}." if kind != step.effect.value else ""
    return DigestLine(
        key=f"{night.facts.customer.id}#{item.id}#{item.cycle}#{step.id}#{stage}{occurrence}#{role}",
        person=person.id,
        role=role,
        step=step.id,
        item=item.id,
        number=item.number,
        days_past_due=(night.as_of - item.due_on).days,
        currency=item.currency,
        open_minor=item.open_minor,
        kind=kind,
    )
