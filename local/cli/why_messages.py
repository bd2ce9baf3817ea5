"""Which message an invoice was in, and what became of it: a decision says only which step was due."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from core.decide.model import Verdict
    from functions.shared.store.accounts import AccountRecord
    from functions.shared.store.history import VerdictRecord
    from functions.shared.store.notices import NoticeRecord

_BECAME: Final = {
    "PLANNED": "waits, not before {not_before}",
    "CLAIMED": "is being prepared",
    "ACCEPTED": "sent on {accepted_on}",
    "DELIVERED": "sent on {accepted_on}, delivered on {delivered_on}",
    "DELAYED": "sent on {accepted_on}, delayed on its way",
    "SOFT_BOUNCED": "sent on {accepted_on}, bounced for now",
    "HARD_BOUNCED": "sent on {accepted_on}, bounced",
    "COMPLAINED": "sent on {accepted_on}, its reader complained",
    "REJECTED": "refused by the mail provider",
    "CANCELLED": "not sent: {reason}",
    "FAILED": "not sent: {reason}",
}
_DOUBT: Final = "nobody knows whether it went: pastdue doubts"
_ASKED: Final = "waits for the task about the one before, which the reader's server did not take: pastdue tasks"
_LETTER: Final = "a letter that somebody is to post: pastdue tasks"


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages to the customer that a decision planned, and those that wait."""

    notices: tuple["NoticeRecord", ...]
    numbers: dict[str, str]  # of the account's invoices, by item
    verdict: "Verdict"

    @classmethod
    def of(cls, record: "VerdictRecord", verdict: "Verdict", waiting: "AccountRecord | None" = None) -> "Messages":
        """Those of the decision. Args: `waiting` also those that the account waits for today, where it says so."""
        from functions.shared.store import notices

        ids = dict.fromkeys(record.trace.notices)
        if waiting is not None:
            ids |= dict.fromkeys(one.notice_id for one in waiting.facts.state.waiting.values())
        found = (notices.get(notice_id) for notice_id in ids)
        to_customer = tuple(one for one in found if one is not None and one.customer and not one.person)
        return cls(to_customer, {each.item: each.number for each in record.verdicts}, verdict)

    def told(self) -> Iterator[str]:
        """A sentence for each one that the invoice was in."""
        for notice in self.notices:
            what = f"{notice.template}, level {notice.level}; {_became(notice)}"
            if any(due.item == self.verdict.item for due in notice.steps):
                yield f"Its message: {what}."
            elif self.verdict.days_past_due > 0 and self.verdict.dunnable_minor > 0:
                others = self._named(due.item for due in notice.steps)
                yield f"The account got a message because of {others}, with everything that is overdue: {what}."

    def _named(self, items: Iterable[str]) -> str:
        named = [self.numbers.get(item, item) for item in dict.fromkeys(items)]
        more = f" and {len(named) - 2} more" if len(named) > 2 else ""
        return ", ".join(named[:2]) + more


def _became(notice: "NoticeRecord") -> str:
    from functions.shared import letters

    if notice.state == "PLANNED" and notice.channel == letters.CHANNEL:
        return _LETTER
    if notice.state == "PLANNED" and notice.waits_for == "person" and notice.clearance is None:
        return _ASKED
    return _BECAME.get(notice.state, _DOUBT).format(
        not_before=f"{notice.not_before:%Y-%m-%d %H:%M} UTC",
        accepted_on=notice.accepted_on,
        delivered_on=notice.delivered_on,
        reason=notice.reason or "not wanted any more",
    )
