"""The send protocol drawn from the core's own table, so that the picture cannot say something else than the code.

`python -m infra.draw_states` writes it into docs/architecture.md, between the two markers.
"""

from pathlib import Path
from typing import Final

from core.delivery import ACCEPTED, NEXT, NoticeState

PAGE: Final = Path(__file__).parents[1] / "docs" / "architecture.md"
BEGIN: Final = "<!-- states: drawn by python -m infra.draw_states -->"
END: Final = "<!-- states: end -->"
_FOLDED: Final = "TAKEN"  # stands for every state in which the provider has taken the mail


def diagram() -> str:
    """Our own path as Mermaid; what the provider reports afterwards is folded into one state."""
    lines = ["stateDiagram-v2", f"    [*] --> {NoticeState.PLANNED}"]
    for (state, to), events in _arrows().items():
        lines.append(f"    {state} --> {to}: {', '.join(events)}")
    lines += [f"    {state} --> [*]" for state in NoticeState if not NEXT[state] and state not in ACCEPTED]
    lines.append(f"    {_FOLDED} --> [*]")
    return "\n".join(lines)


def table() -> str:
    """Every state with the events that move it, and where to; any other event changes nothing."""
    rows = ["| in | what moves it |", "| --- | --- |"]
    for state in NoticeState:
        moves = [f"{event.value.replace('_', ' ')} → {to}" for event, to in NEXT[state].items()]
        rows.append(f"| `{state}` | {', '.join(moves) or 'nothing any more'} |")
    return "\n".join(rows)


def drawn(page: str) -> str:
    """The page with diagram and table as they are now. Raises ValueError for a page without its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n```mermaid\n{diagram()}\n```\n\n{table()}\n\n{END}{after}"


def _arrows() -> dict[tuple[str, str], list[str]]:
    """The events on each arrow, by where it leads from and to."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, moves in NEXT.items():
        for event, to in moves.items():
            if state not in ACCEPTED:
                arrows.setdefault((state.value, _FOLDED if to in ACCEPTED else to.value), []).append(event.value)
    return arrows


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
