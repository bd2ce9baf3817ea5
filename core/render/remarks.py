"""The words of our own people for one account, as the block of a message that is theirs."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from core.ledger import Person
from core.remark import Remark
from core.render.clean import one_line
from core.render.messages import Note

MOST_CHARACTERS: Final = 800
MOST_LINES: Final = 8


def note_of(remarks: Iterable[Remark], kind: str, day: date, people: Iterable[Person]) -> Note | None:
    """What one kind of message carries on a day: the latest remark that holds; None where none does.

    A remark of somebody whom we do not know any more is left out: its reader could ask nobody about it.
    """
    names = {person.id: one_line(person.name) for person in people}
    holding = [
        remark
        for remark in remarks
        if remark.holds_on(day) and remark.by in names and (not remark.messages or kind in remark.messages)
    ]
    if not holding:
        return None
    last = max(holding, key=lambda remark: (remark.written_on, remark.id))
    lines = [one_line(line, MOST_CHARACTERS) for line in last.text.splitlines()]
    shown = tuple(line for line in lines if line)[:MOST_LINES]
    return Note(lines=shown, author=names[last.by]) if shown else None
