"""Steps that a newer version of a policy calls otherwise: what was done under the old id is not known under the new."""

from collections.abc import Iterator

from core.policy.schema import Effect, Policy, Step
from core.policy.steps import Anchor
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Renamed:
    """One step under its old and its new id, and what that means for whoever had it."""

    old: str
    new: str
    place: int  # among the steps of the newer policy
    means: str

    def __str__(self) -> str:
        return f"step '{self.old}' is called '{self.new}' now: {self.means}; keep its id where that is not meant"


def renamed(old: Policy, new: Policy) -> Iterator[Renamed]:
    """Each step that does the same at the same time, and bears an id that the older policy does not know."""
    before, after = {step.id for step in old.steps}, {step.id for step in new.steps}
    gone = [step for step in old.steps if step.id not in after and not step.off]
    for place, step in enumerate(new.steps):
        was = next((one for one in gone if _alike(one, step)), None) if step.id not in before and not step.off else None
        if was is not None:
            gone.remove(was)
            yield Renamed(was.id, step.id, place, _means(step))


def _alike(was: Step, now: Step) -> bool:
    days = (was.anchor, was.event, was.offset_days) == (now.anchor, now.event, now.offset_days)
    return days and (was.effect, was.level) == (now.effect, now.level)


def _means(step: Step) -> str:
    if step.effect is Effect.FEE:
        return "who was charged is charged again"
    if step.effect is not Effect.MESSAGE:
        return "it is done again for every invoice that has reached it"
    if step.repeat is not None:
        return "its repeats begin anew"
    if step.level == 0 or step.anchor is Anchor.EVENT:
        return "who got it may get it again"
    return "who got it stands at its level, and does not get it again"
