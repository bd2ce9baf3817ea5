"""The contact clock: may what is due go out now, to whom, in which words. One message a group at most."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from core.balance import Netted
from core.calendar import SendDays, local_date, night_to_run, open_to_all
from core.decide.adverse import just_paid
from core.decide.charges import message_charges
from core.decide.model import NoticePlan, Reason, Recipient
from core.decide.night import Night
from core.decide.occasion import occasion_of
from core.decide.readers import copied_people, customer_readers, reader_by_post, text_reader
from core.decide.tables import Stand, Tables, credits_used, lines_of, of_whole_account, tables_of, voices_of
from core.decide.tone import Recent, step_of_tone, tone_level
from core.keys import notice_id
from core.policy.schema import Step
from core.policy.steps import TEXTS, Channel
from core.state import DueStep
from core.values import dataclass, replace

ONE_DAY: Final = timedelta(days=1)
STATEMENT: Final = "statement"  # the template that says what is open on the account
_OF_ALL: Final = frozenset({STATEMENT, "balance-over-limit"})  # due or not: a text message has no words for that
_NO_DAYS: Final = timedelta(0)
MAIL: Final[Channel] = "email"
LETTER: Final[Channel] = "letter"  # the channel that knows no hours: whoever posts it chooses them


@dataclass(slots=True)  # not frozen, as nobody keeps it: it is gone when its account is decided
class Message:
    """The outcome for one group: a plan, or why there is none although a step is due."""

    group: str
    plan: NoticePlan | None = None
    held: Reason | None = None
    again_on: date | None = None
    missing: tuple[str, ...] = ()  # roles on the customer's side that nobody fills
    heard: int = 0  # the level that the next message counts from: the tone, while it holds something back
    left_out: frozenset[str] = frozenset()  # items with a step due whose table is not in the plan


def plan_message(group: str, stands: list[Stand], night: Night, moment: datetime) -> Message:
    """The message of one group tonight; guards first, one way out each."""
    due = [stand for stand in stands if stand.reached.step is not None]
    if not due:
        return Message(group)
    held = _held(group, night)
    if held is not None:
        return held
    policy = night.policy
    tables = tables_of(stands, due, night)
    if not tables.due:
        return Message(group, held=Reason.BELOW_MINIMUM)
    voices = voices_of(stands, due, tables, night)
    loudest = _loudest(voices.due, night)
    highest = loudest.reached.step
    assert highest is not None  # every stand in `due` has a step
    level = _tone(group, stands, tables.overdue, night)
    if voices is not tables:
        level = min(level, _tone(group, stands, voices.overdue, night))
    tone = step_of_tone(level, highest, policy)
    listener = highest if policy.audience_of == "highest_step" else tone
    recipients, missing, channel = _readers(tone, listener, tables, night)
    if not recipients:
        return Message(group, held=Reason.NO_ADDRESS, missing=missing)
    letter = channel == LETTER
    opens = first_instant(recipients, night, moment, "all")
    any_day = letter or policy.send_days == "all"
    send_at = opens if any_day else first_instant(recipients, night, moment, policy.send_days)
    not_now = _not_now(group, night, opens, moment, None if letter else send_at)
    if not_now is not None:
        return Message(group, held=not_now.held, again_on=not_now.again_on, missing=missing)
    key = night.key(highest, loudest.row.item)
    copies = copied_people(night.facts, night.setting, listener.audience)
    listed = of_whole_account(tables, stands) if tone.template == STATEMENT else tables
    plan = _plan(group, listed, (level, tone, key), recipients, copies, send_at, night)
    if channel != tone.channel or channel in TEXTS:  # nothing but a mail carries copies and papers
        plan = replace(plan, channel=channel, copies=copies if channel == MAIL else (), attach=(), archive=False)
    heard = _spoken(level, tables.overdue, night)
    return Message(group, plan, missing=missing, heard=heard, left_out=_left_out(due, tables))


def _readers(
    tone: Step, listener: Step, tables: Tables, night: Night
) -> tuple[tuple[Recipient, ...], tuple[str, ...], Channel]:
    """Who gets the message, the roles that nobody fills, and how it travels.

    A text that nobody gets becomes a mail, a mail that nobody gets a letter.
    """
    roles, channel = listener.audience.customer, tone.channel
    if channel == "sms" or channel == "whatsapp":
        told = tone.template not in _OF_ALL
        texted = text_reader(night.facts, night.setting, roles, channel) if told else None
        if texted and not _charged(tables, tone, night):  # a charge is told where there is room to explain it
            return (texted,), (), channel
        channel = MAIL
    found, missing = customer_readers(night.facts, night.setting, roles)
    if not found and tables.overdue:  # what is only coming due is not worth a stamp
        return (reader_by_post(night.facts, night.setting, roles),), missing, LETTER
    return found, missing, channel


def _charged(tables: Tables, tone: Step, night: Night) -> bool:
    return bool(message_charges(night, [*tables.overdue, *tables.coming], tables.due, tone))


def _plan(
    group: str,
    tables: Tables,
    tone_of: tuple[int, Step, str],
    recipients: tuple[Recipient, ...],
    copies: tuple[str, ...],
    send_at: datetime,
    night: Night,
) -> NoticePlan:
    """Everything that the message says. Args: `tone_of` the level, the step whose words carry it, the highest step."""
    (level, tone, highest), due = tone_of, tables.due
    overdue = lines_of(tables.overdue)
    return NoticePlan(
        id=_id(group, night),
        group=group,
        level=level,
        template=tone.template or "",
        step=highest,
        steps=_steps(due, night),
        overdue=overdue,
        coming_due=lines_of(tables.coming),
        credits=credits_used(overdue),
        recipients=recipients,
        not_before=send_at,
        as_of=night.as_of,
        charges=message_charges(night, [*tables.overdue, *tables.coming], due, tone),
        pay_by=_pay_by(tone, send_at, night),
        occasion=None if tone.event is None else occasion_of(tone, _rows_of(tone, due), night),
        channel=tone.channel,
        sender=tone.sender,
        copies=copies,
        attach=tone.attach,
        archive=tone.archive,
    )


def _left_out(due: list[Stand], tables: Tables) -> frozenset[str]:
    if len(tables.due) == len(due):
        return frozenset()
    return frozenset({stand.row.item.id for stand in due} - {stand.row.item.id for stand in tables.due})


def _rows_of(step: Step, due: list[Stand]) -> list[Netted]:
    return [stand.row for stand in due if stand.reached.step is step]


def _spoken(level: int, overdue: list[Stand], night: Night) -> int:
    """The level that the next message counts from: the tone while it holds something back, else any level at all."""
    held_back = [stand for stand in overdue if stand.level > level]
    return level if held_back else max((level, *night.policy.ranks))


def _id(group: str, night: Night) -> str:
    seq = night.facts.state.seq.get(group, 0)
    return notice_id(night.setting.deployment, night.setting.entity.id, night.facts.customer.id, group, seq)


def _steps(due: list[Stand], night: Night) -> tuple[DueStep, ...]:
    return tuple(
        [
            DueStep(one.row.item.id, night.key(one.reached.step, one.row.item), one.reached.occurrence)
            for one in due
            if one.reached.step is not None
        ]
    )


def _loudest(due: list[Stand], night: Night) -> Stand:
    """The first of those whose step due stands highest."""
    return due[0] if len(due) == 1 else max(due, key=lambda stand: _loudness(stand, night))


def _loudness(stand: Stand, night: Night) -> tuple[int, int, bool, str, str]:
    """How far up the step due stands: by level, then by day; of two policies the account's own comes first."""
    step, policy = stand.reached.step, night.policy_of(stand.row.item)
    own = policy is night.policy
    return (-1, 0, own, "", "") if step is None else (step.level, step.offset_days, own, policy.policy, step.id)


def _held(group: str, night: Night) -> Message | None:
    """What keeps the whole group from being written to tonight; None when nothing does."""
    state = night.facts.state
    tomorrow = night.as_of + ONE_DAY
    if not night.setting.entity.live:
        return Message(group, held=Reason.NOT_LIVE, again_on=tomorrow)
    pending = state.waiting.get(group)
    if pending is not None and pending.notice_id in night.facts.in_doubt:  # its id is taken until that is settled
        return Message(group, held=Reason.IN_DOUBT, again_on=tomorrow)
    most = night.policy.most_notices
    if most is not None and state.notices.get(group, 0) >= most:
        return Message(group, held=Reason.MOST_ATTEMPTS)
    return None


def _tone(group: str, stands: list[Stand], overdue: list[Stand], night: Night) -> int:
    """The loudest level that the listed amounts carry; one that was held back is released one level a message."""
    last = night.facts.state.tones.get(group)
    listed = [(stand.row.item.currency, _heard(stand, last, night), stand.row.due) for stand in overdue]
    return tone_level(listed, night.policy, night.setting.entity, _recent(stands, last, night))


def _recent(stands: list[Stand], last: int | None, night: Night) -> list[Recent]:
    """The payments of the last days on items of the group, and on what is not open any more."""
    paid = just_paid(night)
    if not paid:
        return []
    levels = {stand.row.item.id: _heard(stand, last, night) for stand in stands}
    found = ((levels.get(one.item) if one.item else -1, one) for one in paid)
    return [Recent(one.currency, level, one.minor) for level, one in found if level is not None]


def _heard(stand: Stand, last: int | None, night: Night) -> int:
    """What an item counts for: a level that it had before, louder than the last message, rises one from there."""
    row, level = stand.row, min(stand.level, 1) if stand.row.small else stand.level
    if last is None or row.level <= last:
        return level
    ranks = night.policy.ranks
    here = max((rank for known, rank in ranks.items() if known <= last), default=0)
    allowed = [known for known, rank in ranks.items() if rank <= here + 1]
    return min(level, max((*allowed, last)))


@dataclass(frozen=True, slots=True)
class _Later:
    held: Reason
    again_on: date


def _not_now(group: str, night: Night, opens: datetime, moment: datetime, send_at: datetime | None) -> _Later | None:
    """What keeps the message from leaving at `send_at` (None: at any time); None when nothing does.

    Args: `opens` as `send_at`, were every day a send day.
    """
    left = _gap_left(group, night, opens)
    if left > _NO_DAYS:
        return _Later(Reason.TOO_SOON, night.as_of + left)
    if send_at is None or send_at <= moment:
        return None
    to_run = night_to_run(send_at, night.setting.entity.zone, night.setting.entity.run_hour)
    if to_run > night.as_of:  # a later night decides before anything could go out
        return _Later(Reason.NO_SEND_DAY, to_run)
    return None


def _gap_left(group: str, night: Night, opens: datetime) -> timedelta:
    """What is left of the distance to the last message.

    It counts entity-local dates from acceptance to the day that the night sends in, were it a send day: a night that
    runs in the evening sends a day later.
    """
    if not night.facts.state.last_accepted_on:
        return _NO_DAYS
    day = local_date(opens, night.setting.entity.zone)
    last = _last_message(group, night, day)
    if last is None:
        return _NO_DAYS
    wait = night.policy.min_gap_days + (1 if night.policy.min_gap_op == ">" else 0)
    return last + timedelta(days=wait) - day


def _last_message(group: str, night: Night, opens: date) -> date | None:
    """When the group, or the account, was last written to; another group's message of the same day does not count."""
    accepted = night.facts.state.last_accepted_on
    own = accepted.get(group)
    if night.policy.min_gap_scope == "group" or len(accepted) < (1 if own is None else 2):
        return own
    others = [on for other, on in accepted.items() if other != group and on < opens]
    return max((on for on in (own, *others) if on is not None), default=None)


def first_instant(recipients: tuple[Recipient, ...], night: Night, moment: datetime, send_days: SendDays) -> datetime:
    """The first instant at which every recipient's window is open."""
    entity, zones = night.setting.entity, [recipient.zone for recipient in recipients]
    return open_to_all(moment, zones, entity.send_hours, send_days, entity.closed_days)


def _pay_by(tone: Step, send_at: datetime, night: Night) -> date | None:
    if tone.notice_due_days is None:
        return None
    return local_date(send_at, night.setting.entity.zone) + timedelta(days=tone.notice_due_days)


def by_group(stands: list[Stand], waiting: Mapping[str, object]) -> dict[str, list[Stand]]:
    """The stands of each group with a step due, and the groups that only wait; in a fixed order."""
    named = set(waiting)
    members: defaultdict[str, list[Stand]] = defaultdict(list)
    for stand in stands:
        members[stand.group].append(stand)
        if stand.reached.step is not None:
            named.add(stand.group)
    return {group: members[group] for group in sorted(named)}
