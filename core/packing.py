"""How an account's memory is packed for storage, and how records are deflated."""

import json
import zlib
from datetime import date
from typing import Any, Final

from core.ledger import ClosedItem
from core.packing_words import WORDS_1
from core.state import (
    AccountState,
    Baseline,
    DueStep,
    ItemState,
    OpenEffect,
    OpenTask,
    RepeatClock,
    Sent,
    Waiting,
)

PACK_VERSION: Final = 2
_NEVER: Final = -1
_ZIP_ABOVE: Final = 1024  # bytes; below it zlib saves no write unit and costs time
# window and memory of a stream, as zlib counts them: asking for 268 kB for each record takes longer than to deflate it
_SMALL: Final = (13, 5)
_WHOLE: Final = (15, 8)
_SMALL_BELOW: Final = 8192  # bytes that the small window holds
# one for all, and none looks for a record inside itself: ours are trees
_spelt: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def pack(state: AccountState) -> bytes:
    """The state as bytes: short JSON, deflated where that pays. About 25 bytes a touched item before deflating."""
    record = {
        "v": PACK_VERSION,
        "i": {key: _pack_item(i) for key, i in state.items.items()},
        "r": {key: pack_clock(r) for key, r in state.repeats.items()},
        "d": list(state.done),
        "t": {key: [t.step, *t.items] for key, t in state.tasks.items()},
        "s": state.status,
        "w": {key: [w.notice_id, w.level, *pack_steps(w.steps)] for key, w in state.waiting.items()},
        "wi": {key: dict(w.interest) for key, w in state.waiting.items() if w.interest},
        "wl": {key: list(w.listed) for key, w in state.waiting.items() if w.listed},
        "wp": {key: _day(w.pay_by) for key, w in state.waiting.items() if w.pay_by},
        "wr": {key: w.retracted for key, w in state.waiting.items() if w.retracted},
        "q": dict(state.seq),
        "a": {key: on.isoformat() for key, on in state.last_accepted_on.items()},
        "o": dict(state.tones),
        "n": dict(state.notices),
        "e": {key: pack_effect(e) for key, e in state.open_effects.items()},
        "u": dict(state.turns),
        "p": [_pack_closed(c) for c in state.paid],
        "c": [_pack_closed(c) for c in state.cleared],
        "ph": {str(n): _day(c.heard_on) for n, c in enumerate(state.paid) if c.heard_on},
        "b": state.baseline and [_day(state.baseline.on), _day(state.baseline.release_on)],
    }
    return deflate({key: value for key, value in record.items() if value})


def unpack(packed: bytes) -> AccountState:
    """The state that `pack` wrote. Raises ValueError for a version of the future, which must be parked, not guessed."""
    record = inflate(packed)
    if record.get("v") != PACK_VERSION:
        raise ValueError(f"account state has version {record.get('v')!r}, this code reads {PACK_VERSION}")
    get, heard = record.get, record.get("ph", {})
    return AccountState(
        items={key: _unpack_item(v) for key, v in get("i", {}).items()},
        repeats={key: unpack_clock(v) for key, v in get("r", {}).items()},
        done=tuple(get("d", ())),
        tasks={key: OpenTask(v[0], tuple(v[1:])) for key, v in get("t", {}).items()},
        status=get("s"),
        waiting={
            key: Waiting(
                notice_id=v[0],
                steps=unpack_steps(v[2:]),
                level=v[1],
                interest=get("wi", {}).get(key, {}),
                pay_by=_date(get("wp", {}).get(key)),
                listed=tuple(get("wl", {}).get(key, ())),
                retracted=get("wr", {}).get(key, ""),
            )
            for key, v in get("w", {}).items()
        },
        seq=get("q", {}),
        last_accepted_on={key: date.fromisoformat(v) for key, v in get("a", {}).items()},
        tones=get("o", {}),
        notices=get("n", {}),
        open_effects={key: unpack_effect(v) for key, v in get("e", {}).items()},
        turns=get("u", {}),
        paid=tuple(_unpack_closed(v, heard.get(str(n))) for n, v in enumerate(get("p", ()))),
        cleared=tuple(_unpack_closed(v, None) for v in get("c", ())),
        baseline=Baseline(_on(record["b"][0]), _on(record["b"][1])) if get("b") else None,
    )


def _pack_item(state: ItemState) -> list[Any]:
    """Level, step, attempts, last day; then what few items have, by a letter."""
    rare: dict[str, Any] = {
        "e": list(state.effects),
        "p": _day(state.pay_by),
        "s": {step: [_day(sent.accepted_on), _day(sent.delivered_on)] for step, sent in state.sent.items()},
        "m": state.interest_minor,
        "l": state.listed,
        "r": dict(state.rates),
        "c": None if state.climbed_on == state.last_on else _day(state.climbed_on) or _NEVER,
    }
    rare = {key: value for key, value in rare.items() if value}
    return [state.level, state.step, state.attempts, _day(state.last_on), *([rare] if rare else [])]


def _unpack_item(values: list[Any]) -> ItemState:
    rare = values[4] if len(values) > 4 else {}  # the common four, then the rare ones
    climbed_on = rare.get("c", values[3])  # most often the last message was one of the ladder
    return ItemState(
        level=values[0],
        step=values[1],
        attempts=values[2],
        effects=tuple(rare.get("e", ())),
        last_on=_date(values[3]),
        pay_by=_date(rare.get("p")),
        sent={step: Sent(_on(v[0]), _date(v[1])) for step, v in rare.get("s", {}).items()},
        interest_minor=rare.get("m", 0),
        listed=rare.get("l", 0),
        rates=rare.get("r", {}),
        climbed_on=None if climbed_on == _NEVER else _date(climbed_on),
    )


def pack_clock(clock: RepeatClock) -> list[Any]:
    """A repeating step's clock as a short list for JSON."""
    return [_day(clock.start_on), clock.last, clock.count, clock.base]


def unpack_clock(values: list[Any]) -> RepeatClock:
    """The clock that `pack_clock` wrote."""
    start_on, last, count, base = values
    return RepeatClock(_date(start_on), last, count, base)


def pack_effect(effect: OpenEffect) -> list[Any]:
    """A hold or proposal as a short list for JSON."""
    return [effect.step, _day(effect.since), effect.active, effect.hold, _day(effect.heard_on), *effect.items]


def unpack_effect(values: list[Any]) -> OpenEffect:
    """The hold or proposal that `pack_effect` wrote."""
    step, since, active, hold, heard_on, *items = values
    return OpenEffect(step, tuple(items), _on(since), active, hold, _date(heard_on))


def _pack_closed(closed: ClosedItem) -> list[Any]:
    days = [_day(closed.issued_on), _day(closed.due_on), _day(closed.paid_on)]
    return [*days, closed.currency, closed.minor] if closed.minor else days


def _unpack_closed(values: list[Any], heard_on: int | None) -> ClosedItem:
    issued_on, due_on, paid_on, *amount = values
    currency, minor = amount or ("", 0)
    return ClosedItem(
        issued_on=_on(issued_on),
        due_on=_on(due_on),
        paid_on=_on(paid_on),
        currency=currency,
        minor=minor,
        heard_on=_date(heard_on),
    )


def _day(day: date | None) -> int | None:
    """A date as the number of its day: shorter than its ISO text, and faster to read."""
    return None if day is None else day.toordinal()


def _on(number: int) -> date:
    return date.fromordinal(number)


def _date(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number)


def pack_steps(steps: tuple[DueStep, ...]) -> list[list[Any]]:
    """Steps as short lists for JSON: [item, step] or [item, step, occurrence]."""
    return [[due.item, due.step, due.occurrence] if due.occurrence else [due.item, due.step] for due in steps]


def unpack_steps(lists: list[list[Any]]) -> tuple[DueStep, ...]:
    """The steps that `pack_steps` wrote."""
    return tuple(DueStep(*values) for values in lists)


def deflate(record: Any, *, above: int = _ZIP_ABOVE) -> bytes:
    """JSON as bytes, deflated when it is long enough to pay; `inflate` reads both.

    Args: `above` so many bytes it pays: fewer where several records share one row.
    """
    raw = _spelt(record).encode()
    if len(raw) <= above:
        return raw
    window, memory = _SMALL if len(raw) <= _SMALL_BELOW else _WHOLE
    stream = zlib.compressobj(6, zlib.DEFLATED, window, memory, zdict=WORDS_1)
    return stream.compress(raw) + stream.flush()


def inflate(packed: bytes) -> Any:
    """The record that `deflate` wrote; JSON never begins with the first byte of a zlib stream."""
    if packed[:1] in b"{[":
        return json.loads(packed)
    # a stream that was made without the dictionary does not ask for it
    return json.loads(zlib.decompressobj(zdict=WORDS_1).decompress(packed))
