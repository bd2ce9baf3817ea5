"""`pastdue why INVOICE`: what the rules say about it, today, in a night that was or in one to come, and the figures."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from local.cli.amounts import money, readable
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.options import EntityId, day
from local.cli.output import hint, show
from local.cli.target import Target
from local.cli.why_facts import Place, facts_of
from local.cli.why_messages import Messages

if TYPE_CHECKING:
    from core.decide.model import Reason, Verdict
    from core.rehearsal.nights import Night
    from functions.shared.store.accounts import AccountRecord
    from functions.shared.store.config import Configuration
    from functions.shared.store.history import VerdictRecord

_FIRST, _LAST = 12, 3  # of what happens until a night far ahead
_QUIET = frozenset({"not_yet", "up_to_date", "lapsed", "most_attempts", "too_close"})  # nothing but time has to pass


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about one invoice."""

    place: Place
    facts: tuple[str, ...]
    on: date
    sentences: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]
    decided: tuple[str, ...] = ()  # what that night's own decision said, where the rest is said from now
    before: tuple[str, ...] = ()  # of a night to come: what happens to the invoice until then
    to_come: bool = False

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self.place), **{key: value for key, value in asdict(self).items() if key != "place"}}

    def text(self) -> Text:
        """As a person reads it."""
        told = Text("\n".join(self.facts), style="dim")
        if self.decided:
            told.append(f"\n\n{self.on}, as it was decided\n", style="bold not dim")
            told.append("\n".join(self.decided), style="not dim")
        if self.before:
            told.append("\n\nuntil then\n", style="bold not dim")
            told.append("\n".join(_shortened(self.before)), style="not dim")
        told.append(f"\n\n{self.on}{self._said_from}\n", style="bold not dim")
        told.append("\n".join(self.sentences) + "\n", style="not dim")
        for check in self.checks:
            mark = "ok  " if check["passed"] else "STOP"
            told.append(
                f"\n  {mark}  {check['rule']}: {check['fact']}", style="not dim" if check["passed"] else "bold not dim"
            )
        return told

    @property
    def _said_from(self) -> str:
        if self.to_come:
            return ", if nothing changes and nobody pays"
        return ", as it stands now" if self.decided else ""


@on_target(looks=True)
def why(
    found: Target,
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="its number, as customers see it")],
    on: Annotated[
        datetime | None,
        typer.Option("--on", parser=day, metavar="DATE", help="In the night of this date, past or to come."),
    ] = None,
    entity: EntityId = None,
) -> None:
    """Say why an invoice got, or did not get, something: each rule that was tried, and the figures used."""
    from functions.shared.store import config

    configuration = config.read()
    places = list(find(configuration, invoice, entity))
    if not places:
        raise CliError(f"no invoice has the number {invoice}", found.command("import FILE"))
    answers = [answer(found, configuration, place, on.date() if on else None) for place in places]
    show("why", {"invoices": [said.data() for said in answers]}, *(said.text() for said in answers))
    hint(found.command("tasks"))


def find(configuration: "Configuration", number: str, entity: str | None) -> Iterator[Place]:
    """Each item of that number; entities number for themselves, so there may be several."""
    from functions.shared.store import keys
    from functions.shared.store.table import ref_index, table

    for entity_id in configuration.entities:
        if entity in (None, entity_id):
            for row in table().query(keys.reference(entity_id, number), index=ref_index()):
                customer, item = keys.item_of_reference(row["ref_sk"])
                yield Place(entity_id, customer, item)


def answer(found: Target, configuration: "Configuration", place: Place, on: date | None) -> Answer:
    """Why, for one item: decided now, as it was recorded, or as it will be."""
    from functions.shared.insolvency import heeded
    from functions.shared.store import accounts, items

    record = accounts.read(place.entity, place.customer)
    if record is None:
        raise CliError(f"account {place.entity}/{place.customer} is gone", found.command("doctor"))
    record = heeded(record)
    item, memory = next((item for item in record.facts.items if item.id == place.item), None), None
    if item is None and (closed := items.closed(place.entity, place.customer, [place.item])):
        item, memory = closed[place.item].item, closed[place.item].memory
    known = tuple(facts_of(configuration, place, record, item, memory or record.facts.state.item(place.item)))
    if on is None:
        return _today(found, configuration, place, known, record)
    number = item.number if item is not None else "NUMBER"
    return _to_come(found, configuration, place, known, on) or _recorded(found, place, known, on, number)


def _to_come(
    found: Target, configuration: "Configuration", place: Place, known: tuple[str, ...], on: date
) -> Answer | None:
    """What that night will say if nothing changes: every night until then is lived through. None: it has begun."""
    from core.decide.explain import explain
    from core.rehearsal.nights import night_of, nights
    from local import rehearsals

    entity = configuration.entities[place.entity]
    first = rehearsals.next_night(entity, found.now)
    account = rehearsals.read(configuration, entity, place.customer, first) if on >= first else None
    if account is None:
        return None
    played = list(nights(account.facts, account.setting, first, on, check_on=account.record.next_check_on))
    night = night_of(account.facts, account.setting, played, on)
    said = explain(night.decision, night.facts, account.setting, on, place.item, money=money)
    before = tuple(_happens(place, (night for night in played if night.decision.as_of < on)))
    return Answer(
        place, known, on, said.sentences, tuple(check._asdict() for check in said.checks), before=before, to_come=True
    )


def _happens(place: Place, played: "Iterable[Night]") -> Iterator[str]:
    """Each thing that happens to the invoice in these nights."""
    from core.rehearsal.coming import coming

    for night in played:
        for one in coming(night, place.entity):
            if place.item in one.items:
                what = one.name if one.what == "message" else f"{one.what.value} {one.name}".strip()
                yield f"{one.on}: {what}" + (f" (step {one.step})" if one.step else "")


def _today(
    found: Target, configuration: "Configuration", place: Place, known: tuple[str, ...], record: "AccountRecord"
) -> Answer:
    from core.calendar import night_to_run
    from core.decide.account import decide
    from core.decide.explain import explain
    from core.delivery import IN_DOUBT
    from functions.shared.store import notices

    setting = configuration.setting_for(place.entity, record.facts.customer)
    states = notices.state_of(waiting.notice_id for waiting in record.facts.state.waiting.values())
    doubtful = frozenset(notice_id for notice_id, state in states.items() if state in IN_DOUBT)
    facts = replace(record.facts, in_doubt=doubtful)
    today = night_to_run(found.now, setting.entity.zone, setting.entity.run_hour)
    decision = decide(facts, setting, today, at=found.now)
    said = explain(decision, facts, setting, today, place.item, money=money)
    off = setting.entity.live and configuration.stopped(place.entity, setting.policy.policy)
    paused = ("The switch is off: what is decided is not sent before it is on.",) if off else ()
    checks = tuple(check._asdict() for check in said.checks)
    night, tonight = _tonight(place, today)
    after = next((verdict.reason for verdict in decision.verdicts if verdict.item == place.item), None)
    if night is None or tonight is None:
        return Answer(place, known, today, (*said.sentences, *paused), checks)
    messages = tuple(Messages.of(night, tonight, record).told())
    if tonight.reason is after:
        return Answer(place, known, today, (*said.sentences[:-1], *messages, *said.sentences[-1:], *paused), checks)
    sentences, decided = _since(tonight, after, said.sentences), _told(tonight)
    return Answer(place, known, today, (*sentences, *paused), checks, (*decided, *messages))


def _tonight(place: Place, today: date) -> "tuple[VerdictRecord | None, Verdict | None]":
    """What the night that was already decided said of it."""
    from functions.shared.store import history

    record = next(history.verdicts(place.entity, place.customer), None)
    verdicts = record.verdicts if record is not None and record.as_of == today else ()
    return record, next((verdict for verdict in verdicts if verdict.item == place.item), None)


def _told(verdict: "Verdict") -> tuple[str, ...]:
    """The sentences of a verdict that was recorded."""
    from core.decide.explain import explain_record

    record = {**verdict._asdict(), "reason": verdict.reason.value, "next_check_on": None}
    return tuple(map(readable, explain_record(record, money=money)))


def _since(tonight: "Verdict", after: "Reason | None", sentences: tuple[str, ...]) -> tuple[str, ...]:
    """What is said from now: where the step went out and nothing else has come up, only what comes next."""
    return sentences[2:] if tonight.reason == "step_due" and after in _QUIET else sentences


def _recorded(found: Target, place: Place, known: tuple[str, ...], on: date, number: str) -> Answer:
    """What the decision of that night kept; the last one before it where that night decided nothing."""
    from core.decide.explain import explain_record
    from functions.shared.store import history

    for record in history.verdicts(place.entity, place.customer):
        if record.as_of > on:
            continue
        verdict = next((verdict for verdict in record.verdicts if verdict.item == place.item), None)
        if verdict is None:
            break
        said = explain_record({**verdict._asdict(), "reason": verdict.reason.value}, money=money)
        policy = f"Decided by {record.policy} version {record.policy_version}."
        skipped = f"The account was not due on {on}; it was last decided on {record.as_of}:"
        before = () if record.as_of == on else (skipped,)
        checks = tuple({**check._asdict(), "fact": readable(check.fact)} for check in verdict.checks)
        sentences = (*before, *map(readable, said), *Messages.of(record, verdict).told(), policy)
        return Answer(place, known, record.as_of, sentences, checks)
    raise CliError(f"nothing was decided about it on {on} or before", found.command(f"why {number}"))


def _shortened(lines: tuple[str, ...]) -> tuple[str, ...]:
    """A long list as people read it: how it begins, and how it ends."""
    left_out = len(lines) - _FIRST - _LAST
    if left_out <= 1:
        return lines
    return (*lines[:_FIRST], f"... {left_out} more ...", *lines[-_LAST:])
