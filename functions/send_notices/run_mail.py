"""The mail that a run waits for a person: stopped by a brake, or looked at because its policy says so."""

from collections import Counter
from collections.abc import Mapping

from core.ledger import Entity, Person
from core.render.internal import Commands, Waiting, WaitingRun, compose_alert, compose_run_approval
from core.render.render import render
from functions.send_notices.compose import mail_to_person
from functions.shared import brakes, review
from functions.shared.mailer import Mail
from functions.shared.settings import Settings
from functions.shared.store import runs
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.runs import Run


def run_mail(notice: NoticeRecord, entity: Entity, person: Person, configuration: Configuration) -> Mail | None:
    """What the one who decides reads; None when the run was answered already."""
    run = review.run_of(notice)
    if run is None or run.clearance is not None:
        return None
    counts = _counts(run)
    kinds = brakes.kinds(counts)
    if not kinds:
        return None
    waiting = WaitingRun(
        on=run.on,
        customers=counts.get(brakes.ACCOUNTS, 0),
        kinds=tuple(_waiting(level, template, found) for (level, template), found in kinds.items()),
    )
    commands = _commands(run, person)
    if counts.get(brakes.REVIEWED, 0):
        rendered = render(compose_run_approval(waiting, entity, person, commands))
    else:
        stopped = review.unusual(run, counts, configuration)
        rendered = render(compose_alert(waiting, stopped, entity, person, commands))
    return mail_to_person(entity, person, rendered)


def _waiting(level: int, template: str, found: Mapping[str, int]) -> Waiting:
    totals = {currency: minor for currency, minor in found.items() if currency}
    return Waiting(level=level, template=template, messages=found.get("", 0), totals=totals)


def _counts(run: Run) -> Mapping[str, int]:
    """What the run counted; a run that is just being closed has it in the marks of its batches only."""
    if run.finished:
        return run.counts
    counts: Counter[str] = Counter()
    for marked in runs.marks(run.entity, run.on).values():
        counts.update(marked)
    return counts


def _commands(run: Run, person: Person) -> Commands:
    here = f"--stack {Settings.from_env().deployment}"
    return Commands(
        show=f"pastdue run show {run.entity} {run.on} {here}",
        approve=f"pastdue run approve {run.entity} {run.on} --by {person.id} {here}",
        reject=f"pastdue run reject {run.entity} {run.on} --by {person.id} {here}",
    )
