"""What was said or agreed about invoices: disputes, promises, plans, holds and waivers, and what changed of them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from core.formats.records import DisputeRecord, HoldRecord, PlanRecord, PromiseRecord, WaiverRecord
from core.ledger import Dispute, Hold, Instalment, Plan, Promise, Waiver

_R = TypeVar("_R", DisputeRecord, PromiseRecord, HoldRecord, PlanRecord, WaiverRecord)
CAN_END: Final = (DisputeRecord, PromiseRecord, PlanRecord)


class Agreements:
    """Those of one account. What has ended is kept and says so: dunning goes on by the day of its end."""

    def __init__(self) -> None:
        self.touched = dict[tuple[str, str], None]()  # kind and id of what changed since it was last shown, in order
        self._records: dict[str, dict[str, Any]] = {}
        self._credited = dict[str, int]()  # by dispute: what credit notes gave for it

    def take(self, record: Any) -> None:
        """Take up one record."""
        self._records.setdefault(record.t, {})[record.id] = record
        self.touched[record.t, record.id] = None

    def standing(self) -> Iterator[tuple[str, str]]:
        """The disputes and holds, kind and id, which last until their ledger says otherwise."""
        for kind in ("dispute", "hold"):
            yield from ((kind, key) for key in self._records.get(kind, ()))

    def end(self, kind: str, key: str) -> None:
        """A dispute, promise or plan ends today, which is news."""
        self.touched[kind, key] = None

    def credit(self, dispute: str, minor: int) -> None:
        """A credit note answers a dispute."""
        self._credited[dispute] = self._credited.get(dispute, 0) + minor
        self.touched["dispute", dispute] = None

    def disputes(self, until: date) -> tuple[Dispute, ...]:
        """The touched disputes; one that ends later does not say so yet."""
        return tuple(
            Dispute(
                id=r.id,
                item=r.invoice,
                amount_minor=r.amount,
                credited_minor=self._credited.get(r.id, 0),
                opened_on=r.opened,
                reason=r.reason,
                owner=r.owner,
                answer_by=r.answer_by,
                by_customer=r.by_customer,
                closed_on=_by(r.ended, until),
            )
            for r in self._said("dispute", DisputeRecord)
        )

    def promises(self, until: date) -> tuple[Promise, ...]:
        """The touched promises, as `disputes`."""
        return tuple(
            Promise(
                id=r.id,
                item=r.invoice,
                amount_minor=r.amount,
                promised_on=r.promised,
                made_on=r.made,
                outcome=r.outcome if _by(r.ended, until) else None,
                ended_on=_by(r.ended, until),
            )
            for r in self._said("promise", PromiseRecord)
        )

    def plans(self, until: date) -> tuple[Plan, ...]:
        """The touched plans, as `disputes`."""
        return tuple(
            Plan(
                id=r.id,
                items=r.invoices,
                agreed_on=r.agreed,
                instalments=tuple(Instalment(due_on=part.due, minor=part.amount) for part in r.instalments),
                ended_on=_by(r.ended, until),
            )
            for r in self._said("plan", PlanRecord)
        )

    def waivers(self) -> tuple[Waiver, ...]:
        """The touched waivers."""
        return tuple(
            Waiver(id=r.id, item=r.invoice, waived_on=r.date, step=r.step, level=r.level)
            for r in self._said("waiver", WaiverRecord)
        )

    def holds(self) -> tuple[Hold, ...]:
        """The touched holds on single items and on the customer."""
        return tuple(
            Hold(id=r.id, item=r.invoice, until=r.until, reason=r.reason, owner=r.owner, placed_on=r.placed)
            for r in self._said("hold", HoldRecord)
        )

    def _said(self, kind: str, _: type[_R]) -> Iterator[_R]:
        records: Mapping[str, _R] = self._records.get(kind, {})
        return (records[key] for touched, key in self.touched if touched == kind and key in records)


def _by(ended: date | None, until: date) -> date | None:
    """The end, where it is known by `until`."""
    return ended if ended is not None and ended <= until else None
