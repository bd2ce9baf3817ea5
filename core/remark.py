"""What one of our own people adds to the messages of one account."""

from datetime import date

from core.frozen import Frozen


class Remark(Frozen):
    """Words of one of our own people for one account, shown in its messages in a block of their own."""

    id: str
    text: str  # plain, several lines
    by: str  # Person id
    written_on: date
    from_on: date | None = None  # None: at once
    until_on: date | None = None  # last day, inclusive; None: until taken back
    messages: tuple[str, ...] = ()  # kinds that carry it; empty: every one that asks for money
    ended_on: date | None = None  # taken back

    def holds_on(self, day: date) -> bool:
        """Whether a message of that day carries it."""
        begun = self.from_on is None or self.from_on <= day
        return begun and self.ended_on is None and (self.until_on is None or day <= self.until_on)
