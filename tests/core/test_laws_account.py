"""The laws over an account to which anything may happen next, night after night."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.core.laws import LAWS
from tests.core.worlds import MORE, Event, Life, World, any_worlds, worth

KINDS = sorted(MORE)


class Account(RuleBasedStateMachine):
    """One account under any policy: facts change by day, and every night keeps every law."""

    def __init__(self) -> None:
        super().__init__()
        self.life: Life | None = None
        self.number = 0

    @initialize(world=any_worlds(kinds={}))
    def begin(self, world: World) -> None:
        self.life = Life(world)

    @rule(
        kind=st.sampled_from(KINDS),
        item=st.integers(0, 3),
        share=st.sampled_from([1, 9, 10, 50, 100]),
        days=st.integers(0, 25),
    )
    def happens(self, kind: str, item: int, share: int, days: int) -> None:
        """Known from the coming night on."""
        assert self.life is not None
        world = self.life.world
        event = Event(self.number, kind, item % len(world.items), share, days)
        self.life.learn(replace(world, events=(*world.events, event)))

    @rule(nights=st.integers(1, 12))
    def nights_pass(self, nights: int) -> None:
        assert self.life is not None
        for _ in range(nights):
            day = self.life.world.day(self.number)
            night = self.life.night(self.life.morning(day), day)
            self.number += 1
            for law in LAWS:
                law(self.life.world, night)

    @invariant()
    def one_message_a_group_waits(self) -> None:
        if self.life is not None:
            waiting = self.life.memory.waiting.values()
            assert len({one.notice_id for one in waiting}) == len(waiting)


TestAccount = Account.TestCase
TestAccount.settings = settings(worth(8), stateful_step_count=20)
