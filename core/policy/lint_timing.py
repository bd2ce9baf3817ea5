"""Slips in time: steps that can never happen, mails too close to each other, ladders without an end."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.formats.errors import Code, Severity
from core.policy.finding import Finding, Known
from core.policy.ranges import Days, closes, days_of, last_occurrence, occurrences, opens
from core.policy.schema import Anchor, Effect, Policy, Step
from core.policy.words import count

Row = tuple[int, Step]


def findings(policy: Policy, known: Known) -> Iterator[Finding]:
    """All of them, step by step, then those of the whole ladder."""
    rows = [(i, step) for i, step in enumerate(policy.steps) if not step.off]
    for i, step in rows:
        yield from _by_days(i, step)
        yield from _by_evening(i, step, known)
        yield from _by_caps(i, step, policy)
        yield from _by_kind(i, step, policy)
        yield from _by_others(i, step, policy)
        yield from _by_delivery(i, step, policy)
        yield from _by_hand_over(i, step, policy)
    yield from _first_words(policy, rows)
    yield from _gaps(policy, rows)
    yield from _end(policy, rows)
    yield from _idle(policy, rows)


# ---------- never reached ----------


def _by_days(i: int, step: Step) -> Iterator[Finding]:
    """The days on which the step may happen, against the day on which it is reached."""
    start, until = opens(step), step.last_valid_dpd
    if start is None:
        return
    if until is not None and until < start:
        problem = f"step '{step.id}' is valid until day {until:+d}, and reached on day {start:+d} at the earliest"
        yield _never(i, ("valid_until_dpd",), problem)
    repeat = step.repeat
    if repeat is not None and repeat.until_dpd is not None and repeat.until_dpd < start:
        problem = f"step '{step.id}' repeats until day {repeat.until_dpd:+d}, and starts on day {start:+d}"
        yield _never(i, ("repeat", "until_dpd"), problem)
    if not step.early and not days_of(step.when, Days(start, None)):
        problem = f"step '{step.id}' is reached on day {start:+d}, when its days past due cannot hold any more"
        yield _never(i, ("when",), problem)


def _by_evening(i: int, step: Step, known: Known) -> Iterator[Finding]:
    """A mail of one day only, where what a night decides leaves on the day after."""
    start, end = opens(step), closes(step)
    if not known.evenings or step.effect is not Effect.MESSAGE or start is None or end != start:
        return
    names = ", ".join(sorted(known.evenings))
    problem = f"step '{step.id}' is over after day {start:+d}, and the night of {names} runs after its send_hours"
    hint = "an earlier run_hour, or " + (
        f"valid_until_dpd: {start + 1}" if step.last_valid_dpd == end else "days past due that are two days long"
    )
    yield _remark(Code.UNREACHABLE, i, ("offset_days",), f"{problem}: it would go a day late, and never goes", hint)


def _by_caps(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    message = step.effect is Effect.MESSAGE
    if policy.highest_level is not None and step.level > policy.highest_level:
        problem = f"step '{step.id}' has level {step.level}, above highest_level {policy.highest_level}"
        yield _never(i, ("level",), problem)
    if policy.advance == "none" and message and step.anchor is not Anchor.EVENT:
        yield _never(i, ("id",), f"advance: none sends no mail by days, and step '{step.id}' is one")
    most = policy.max_attempts
    asked = step.when.attempts and (step.when.attempts.at_least or (step.when.attempts.above or -1) + 1)
    if most is not None and asked and asked + message > most:
        problem = f"step '{step.id}' waits for {asked} mails about the invoice, and max_attempts is {most}"
        yield _never(i, ("when", "attempts"), problem)
    needed = _mails_before(step, policy) + 1
    for name, cap in (("max_attempts", most), ("max_notices", policy.max_notices)):
        if message and cap is not None and needed > cap:
            yield _never(i, ("id",), f"step '{step.id}' is mail {needed} at the earliest, and {name} is {cap}")


def _mails_before(step: Step, policy: Policy) -> int:
    """The fewest mails that must go out about an invoice before this one may."""
    if step not in policy.messages:
        return 0
    if policy.advance == "next":
        return policy.messages.index(step)
    if policy.advance != "latest" or policy.max_jump == "any" or step.level == 0:
        return 0
    return -(-policy.ranks[step.level] // policy.max_jump) - 1


def _by_kind(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    """A step for another kind of customer than all of them are treated as."""
    kinds, all_of = step.when.customer_kind, policy.treat_as
    if all_of is not None and kinds and all_of not in kinds:
        problem = f"step '{step.id}' is not for a {all_of.value}, as which every customer is treated"
        yield _never(i, ("when", "customer_kind"), problem)


def _by_others(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    """A step that counts the mails of another one, which is off or never gets so far."""
    of = policy.step(step.when.occurrences_of) if step.when.occurrences_of else None
    wanted = step.when.at_least or 1
    if of is None:
        return
    if of.off:
        yield _never(i, ("when", "occurrences_of"), f"step '{step.id}' counts mails of '{of.id}', which is off")
        return
    most = occurrences(of)
    if most is not None and wanted > most:
        problem = f"step '{step.id}' waits for mail {wanted} of '{of.id}', which goes out {most} times at most"
        yield _never(i, ("when", "at_least"), problem)


def _by_delivery(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    """A step that waits for the delivery of others, of which none can have been delivered in its days."""
    if not step.requires_step:
        return
    required = [one for one in map(policy.step, step.requires_step) if one is not None and not one.off]
    path, names = ("requires_step",), ", ".join(f"'{name}'" for name in step.requires_step)
    if not required:
        yield _never(i, path, f"step '{step.id}' waits for {names}, which {_is(step.requires_step)} off")
        return
    if step in policy.messages and all(one in policy.messages and _later(one, step, policy) for one in required):
        yield _never(i, path, f"step '{step.id}' waits for {names}, which {_comes(step.requires_step)} after it")
        return
    ready = [day + step.requires_days for day in map(opens, required) if day is not None]
    start, end = opens(step), closes(step)
    if len(ready) < len(required) or start is None:  # some may come on any day
        return
    first = min(ready)
    if end is not None and end < first:
        problem = f"step '{step.id}' may happen until day {end:+d}, and {names} cannot be delivered before {first:+d}"
        yield _never(i, path, problem)
    elif start < first - step.requires_days:
        problem = f"step '{step.id}' is reached on day {start:+d}, and waits for {names} until day {first:+d}"
        yield _remark(Code.UNREACHABLE, i, path, problem, f"offset_days: {first}")


def _by_hand_over(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    """A step after the ladder, though `final` hands the invoice over for good."""
    if policy.after_last_step != "final" or not policy.messages or step.effect is Effect.MESSAGE:
        return
    start, last = opens(step), last_occurrence(policy.messages[-1])
    if start is not None and last is not None and start > last + _least(policy):
        problem = f"step '{step.id}' is reached on day {start:+d}, and after_last_step: final hands over before it"
        yield _never(i, ("offset_days",), problem)


def _later(one: Step, step: Step, policy: Policy) -> bool:
    return policy.messages.index(one) > policy.messages.index(step)


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are all"


def _comes(names: Sequence[str]) -> str:
    return "comes" if len(names) == 1 else "all come"


# ---------- louder than meant ----------


def _first_words(policy: Policy, rows: list[Row]) -> Iterator[Finding]:
    """The first step that begins a late invoice's ladder too high: levels that are over are none for max_jump."""
    jump = policy.max_jump
    if policy.advance != "latest" or isinstance(jump, str):
        return
    for i, step in rows:
        if step not in policy.messages or policy.ranks[step.level] <= jump:
            continue
        below, last = [one for one in policy.messages if 0 < one.level < step.level], closes(step)
        ends = {one.id: end for one in below if (end := closes(one)) is not None and (last is None or end < last)}
        if len({one.level for one in below if one.id not in ends}) < jump:
            problem = f"an invoice first seen after day {max(ends.values()):+d} may begin at level {step.level}"
            hint = "a lower level without a last day; or max_jump: any, where that is meant"
            yield _remark(Code.JUMP, i, ("level",), f"{problem}: the levels below '{step.id}' are over by then", hint)
            return


# ---------- too close ----------


def _gaps(policy: Policy, rows: list[Row]) -> Iterator[Finding]:
    if policy.advance in ("state", "repeat", "none"):
        return
    places = {step.id: i for i, step in rows}
    for before, after in pairwise(policy.messages):
        if before.anchor is after.anchor and before.by_date and before.when.empty and after.when.empty:
            yield from _too_close(policy, before, after, places)
    for step in policy.messages:
        yield from _too_often(policy, step, places[step.id])
    if not (policy.budget.per_day and policy.budget.per_seven_days) and policy.messages:
        yield Finding(Code.GAP, ("budget",), "a budget of 0: nobody is ever written to", severity=Severity.WARNING)


def _least(policy: Policy) -> int:
    return policy.min_gap_days + (policy.min_gap_op == ">")


def _too_close(policy: Policy, before: Step, after: Step, places: dict[str, int]) -> Iterator[Finding]:
    last, start = last_occurrence(before), opens(after)
    if last is None or start is None:
        return
    least, why = _least(policy), f"min_gap_days asks for {_least(policy)}"
    if policy.wait_for_notice_deadline and (before.notice_due_days or 0) >= least:
        least, why = (
            (before.notice_due_days or 0) + 1,
            f"the deadline that '{before.id}' names for {before.notice_due_days}",
        )
    if start - last < least:
        problem = f"'{after.id}' comes {count(start - last, 'day')} after '{before.id}', and {why}: it goes out late"
        yield _remark(Code.GAP, places[after.id], ("offset_days",), problem, f"offset_days: {last + least} or later")


def _too_often(policy: Policy, step: Step, i: int) -> Iterator[Finding]:
    if step.repeat is None:
        return
    every, path = step.repeat.every_days, ("repeat", "every_days")
    week = -(-7 // every)
    if every < _least(policy):
        problem = (
            f"'{step.id}' comes every {count(every, 'day')}, and min_gap_days asks for {_least(policy)}: some lapse"
        )
        yield _remark(Code.GAP, i, path, problem, f"every_days: {_least(policy)} or more")
    elif 0 < policy.budget.per_seven_days < week:
        budget = policy.budget.per_seven_days
        problem = f"'{step.id}' comes {week} times in seven days, and the budget is {budget}: some lapse"
        yield _remark(Code.GAP, i, path, problem, "a longer every_days, or a larger budget.per_seven_days")


# ---------- no end ----------


def _end(policy: Policy, rows: list[Row]) -> Iterator[Finding]:
    if not policy.messages or policy.advance in ("state", "none"):
        return
    last = policy.messages[-1]
    for i, step in rows:
        if step in policy.messages[:-1] and _endless(step) and policy.advance == "latest":
            problem = f"'{step.id}' repeats without an end, though '{last.id}' follows and ends it"
            yield _remark(Code.ENDLESS, i, ("repeat",), problem, "say until_dpd")
    if _asks_a_person(policy, last):
        return
    place = next(i for i, step in rows if step is last)
    capped = policy.max_attempts is not None or policy.max_notices is not None
    endless = _endless(last) or policy.advance == "repeat" or policy.after_last_step == "repeat"
    if endless and not capped:
        problem = f"'{last.id}' comes again for ever, and nobody is ever asked what to do"
        yield _remark(Code.ENDLESS, place, ("repeat",), problem, "say max, or add a task or a proposal after it")
    elif policy.after_last_step == "nothing":
        problem = f"after '{last.id}' nobody is asked what to do (after_last_step: nothing)"
        yield _remark(Code.ENDLESS, place, ("id",), problem, "after_last_step: task, or a task or a proposal after it")


def _endless(step: Step) -> bool:
    return step.repeat is not None and step.repeat.max is None and closes(step) is None


def _asks_a_person(policy: Policy, last: Step) -> bool:
    """True when a task or a proposal is reached no sooner than the last mail starts."""
    start = opens(last)
    later = (step for step in policy.effects if step.effect in (Effect.TASK, Effect.PROPOSAL))
    return any(start is None or (day := opens(step)) is None or day >= start for step in later)


# ---------- keys without effect ----------


def _idle(policy: Policy, rows: list[Row]) -> Iterator[Finding]:
    for name, needs in (("clear_stage", "state"), ("same_day_advance", "next")):
        if name in policy.model_fields_set and getattr(policy, name) and policy.advance != needs:
            problem = f"{name} changes nothing without advance: {needs}"
            yield Finding(Code.IDLE, (name,), problem, severity=Severity.WARNING)
    for i, step in rows:
        given = step.model_fields_set
        if "requires_days" in given and not step.requires_step:
            yield _remark(Code.IDLE, i, ("requires_days",), "requires_days changes nothing without requires_step")
        if "min_days_after_issue" in given and not step.early:
            problem = "min_days_after_issue changes nothing for a step after the due date"
            yield _remark(Code.IDLE, i, ("min_days_after_issue",), problem)


def _never(i: int, path: tuple[str, ...], problem: str) -> Finding:
    return Finding(Code.UNREACHABLE, ("steps", i, *path), problem)


def _remark(code: Code, i: int, path: tuple[str, ...], problem: str, hint: str | None = None) -> Finding:
    return Finding(code, ("steps", i, *path), problem, hint, Severity.WARNING)
