"""A mail provider with moods: what it answers, and what is heard of a mail, when, how often and in which order."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Final

from local.engine import Mail
from local.engine import ses_script as script
from local.engine.ses_events import Kind, Reaction
from local.engine.ses_script import Script

LATEST: Final = timedelta(hours=4)  # an event of a mail; silence is judged after six


class Fate(StrEnum):
    """What can become of a mail beside being delivered."""

    THROTTLED = "throttled"
    QUOTA = "quota exceeded"
    PAUSED = "paused"
    REJECTED = "rejected"
    NO_ANSWER_TAKEN = "no answer, and taken"
    NO_ANSWER_NOT_TAKEN = "no answer, and not taken"
    ERROR_TAKEN = "an error, and taken"
    ERROR_NOT_TAKEN = "an error, and not taken"
    BOUNCED = "bounced"
    BOUNCED_LATE = "delivered, then bounced"
    FULL = "mailbox full"
    OUT_OF_OFFICE = "delivered, and an automatic reply"
    COMPLAINT = "complained about"
    DELAYED = "delayed"
    VIRUS = "taken, then refused"


def out_of_office(after: timedelta = timedelta(seconds=20)) -> Script:
    """Delivered, and the reader's own automatic answer comes back as a soft bounce."""
    reply = Reaction(Kind.BOUNCE, after, {"bounceType": "Transient", "bounceSubType": "General"})
    return Script(reactions=(*script.delivered().reactions, reply))


SCRIPTS: Final[dict[Fate, Callable[[], Script]]] = {
    Fate.THROTTLED: script.throttled,
    Fate.QUOTA: script.quota_exceeded,
    Fate.PAUSED: script.paused,
    Fate.REJECTED: script.rejected,
    Fate.NO_ANSWER_TAKEN: lambda: script.timeout(accepted=True),
    Fate.NO_ANSWER_NOT_TAKEN: lambda: script.timeout(accepted=False),
    Fate.ERROR_TAKEN: lambda: script.server_error(accepted=True),
    Fate.ERROR_NOT_TAKEN: lambda: script.server_error(accepted=False),
    Fate.BOUNCED: script.hard_bounce,
    Fate.BOUNCED_LATE: script.late_bounce,
    Fate.FULL: lambda: script.soft_bounce(timedelta(hours=3)),
    Fate.OUT_OF_OFFICE: out_of_office,
    Fate.COMPLAINT: script.complaint,
    Fate.DELAYED: script.delayed,
    Fate.VIRUS: script.virus,
}


@dataclass
class Provider:
    """A behaviour of the engine's SES. `odds` is the chance of each fate; `coming` are the fates of the next mails."""

    random: Random
    odds: float = 0.0
    coming: list[Fate] = field(default_factory=list)
    happened: Counter[Fate] = field(default_factory=Counter)
    closed: bool = False  # the company has turned its switch: no mail may come
    unwanted: int = 0  # mails that came all the same

    def __call__(self, _mail: Mail) -> Script:
        self.unwanted += self.closed
        fate = self.coming.pop(0) if self.coming else self._by_chance()
        if fate is not None:
            self.happened[fate] += 1
        said = SCRIPTS[fate]() if fate else script.delivered()
        return replace(said, reactions=self._in_disorder(said.reactions)) if self.odds else said

    def _by_chance(self) -> Fate | None:
        fates = tuple(Fate)
        return self.random.choice(fates) if self.random.random() < self.odds * len(fates) else None

    def _in_disorder(self, reactions: tuple[Reaction, ...]) -> tuple[Reaction, ...]:
        """Each event may be late, come twice, and overtake the others."""
        heard = []
        for reaction in reactions:
            for _ in range(1 + (self.random.random() < 0.05)):
                late = timedelta(seconds=self.random.randint(0, int(LATEST.total_seconds())))
                heard.append(replace(reaction, after=late) if self.random.random() < 0.05 else reaction)
        return tuple(heard)
