"""A notice as it is stored, both ways."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Literal

from core.decide.model import Charge
from core.delivery import NoticeState
from core.packing import deflate, inflate, pack_steps, unpack, unpack_steps
from core.state import AccountState, DueStep
from core.values import dataclass
from functions.shared.store import charges, keys
from functions.shared.store.keys import Key
from functions.shared.store.table import Row

# run: one of our people is told that one waits; lost: mail events tell of it, and the table knows nothing else
Kind = Literal["customer", "digest", "copy", "run", "answer", "lost"]
WaitsFor = Literal[
    "window", "budget", "switch", "provider", "person", "documents", "words", "restore", "quota", "files"
]
Clearance = Literal["limits", "person"]


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One message as it is stored: ids and figures, no name, no address, no text."""

    id: str
    kind: Kind
    entity: str
    as_of: date
    not_before: datetime
    customer: str = ""  # of a customer notice
    person: str = ""  # whom a mail to our own people goes to
    group: str = ""
    policy: str = ""
    policy_version: int = 0
    step: str = ""
    level: int = 0
    template: str = ""
    steps: tuple[DueStep, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)  # asked for, minor units by currency
    readers: int = 0
    channel: str = "email"
    charges: tuple[Charge, ...] = ()  # that its acceptance posts
    subsidiaries: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # listed items that others owe, by customer
    copy_of: str = ""  # of a subsidiary's copy: the parent whose message it repeats
    required: bool = False  # one of its steps is waited for by another: its delivery is written to the account
    clearance: Clearance | None = None  # what its run must have before it may go: checked by limits, or by a person
    run_on: date | None = None  # of that run
    planned_at: datetime | None = None  # when it was decided; a person has seen what was decided before
    state: NoticeState = NoticeState.PLANNED
    attempt: int = 0
    owner: str = ""
    waits_for: WaitsFor | None = None
    waits_since: datetime | None = None
    reason: str | None = None
    message_id: str | None = None
    accepted_on: date | None = None  # entity-local
    delivered_on: date | None = None  # entity-local, by the first Delivery event
    fenced_at: datetime | None = None
    slots: tuple[tuple[str, str], ...] = ()  # (address hash, reader's local date) held in the contact budget
    was: AccountState | None = None  # of a fenced customer notice: what its acceptance changes, as it stood
    settled: bool = False  # the account knows how it ended
    lease_until: datetime | None = None  # of a claim
    look: datetime | None = None  # when the sweep looks at it; None: nothing more is waited for, or it is bundled
    bundled: bool = False  # it has no such instant of its own, for its bundle has
    retracted_at: datetime | None = None  # its run was taken back: it counts as not sent
    put_to: int = 0  # whatever its account wanted up to this version of it was put before

    @property
    def shard(self) -> int:
        """The attention partition it is watched in: that of its account, or of its person."""
        return keys.shard_of(self.customer or self.person)

    @property
    def listed(self) -> tuple[str, ...]:
        """The items that it named: those with a step of it, then those that it listed beside them."""
        waited = self.was.waiting.get(self.group) if self.was is not None else None
        beside = waited.listed if waited is not None else ()
        return tuple(dict.fromkeys((*(due.item for due in self.steps), *beside)))


def look_at(notice_id: str, at: datetime) -> str:
    """The instant at which somebody looks at a notice, as its place in the attention index."""
    return keys.attention_sk(at, "NOTICE", notice_id)


def body_of(notice: NoticeRecord) -> bytes:
    """What the message says and does, as one attribute."""
    return deflate(
        {
            "steps": pack_steps(notice.steps),
            "totals": dict(notice.totals),
            "level": notice.level,
            "template": notice.template,
            "step": notice.step,
            "readers": notice.readers,
            **({"charges": [charges.pack(charge) for charge in notice.charges]} if notice.charges else {}),
            **({"required": True} if notice.required else {}),
            **(
                {"subsidiaries": {id_: list(owed) for id_, owed in notice.subsidiaries.items()}}
                if notice.subsidiaries
                else {}
            ),
            **({"copy_of": notice.copy_of} if notice.copy_of else {}),
            **({"channel": notice.channel} if notice.channel != "email" else {}),
        }
    )


def row_of(notice: NoticeRecord, look: str) -> tuple[Key, Row]:
    """The row of a decided notice. Args: `look` as `look_at` gave it; empty: its bundle stands for it.

    Source: DynamoDB, sparse indexes: a record without the sort key of an index is not in it.
    """
    return keys.notice(notice.id), {
        "kind": notice.kind,
        "entity": notice.entity,
        "customer": notice.customer,
        "person": notice.person,
        "group": notice.group,
        "as_of": notice.as_of.isoformat(),
        "policy": notice.policy,
        "policy_version": notice.policy_version,
        "not_before": keys.instant(notice.not_before),
        "state": notice.state,
        "body": body_of(notice),
        "clearance": notice.clearance,
        "run_on": notice.run_on.isoformat() if notice.run_on else None,
        "planned_at": keys.instant(notice.planned_at) if notice.planned_at else None,
        "put_to": notice.put_to,
        "att_pk": keys.attention_pk(notice.entity, notice.shard),
        **({"att_sk": look} if look else {}),
    }


def is_bundled(row: Row) -> bool:
    """Whether it has no place in the attention index by itself, and somebody must look at it nevertheless."""
    return "att_pk" in row and "att_sk" not in row


def record_of(row: Row) -> NoticeRecord:
    """The notice of a row, whatever became of it."""
    body = inflate(row["body"])
    accepted_on, since, fenced = row.get("accepted_on"), row.get("waits_since"), row.get("fenced_at")
    run_on, planned_at, delivered_on = row.get("run_on"), row.get("planned_at"), row.get("delivered_on")
    retracted, lease, look = row.get("retracted_at"), row.get("lease_until"), row.get("att_sk")
    return NoticeRecord(
        id=row["pk"].partition("#")[2],
        kind=row["kind"],
        entity=row["entity"],
        customer=row["customer"],
        person=row["person"],
        group=row["group"],
        as_of=date.fromisoformat(row["as_of"]),
        policy=row["policy"],
        policy_version=row["policy_version"],
        not_before=datetime.fromisoformat(row["not_before"]),
        step=body["step"],
        level=body["level"],
        template=body["template"],
        steps=unpack_steps(body["steps"]),
        totals=body["totals"],
        readers=body["readers"],
        charges=tuple(charges.unpack(values) for values in body.get("charges", ())),
        subsidiaries={id_: tuple(owed) for id_, owed in body.get("subsidiaries", {}).items()},
        copy_of=body.get("copy_of", ""),
        required=body.get("required", False),
        channel=body.get("channel", "email"),
        clearance=row.get("clearance"),
        run_on=date.fromisoformat(run_on) if run_on else None,
        planned_at=datetime.fromisoformat(planned_at) if planned_at else None,
        state=NoticeState(row["state"]),
        attempt=row["attempt"],
        owner=row.get("owner", ""),
        waits_for=row.get("waits_for"),
        waits_since=datetime.fromisoformat(since) if since else None,
        reason=row.get("reason"),
        message_id=row.get("message_id"),
        accepted_on=date.fromisoformat(accepted_on) if accepted_on else None,
        delivered_on=date.fromisoformat(delivered_on) if delivered_on else None,
        fenced_at=datetime.fromisoformat(fenced) if fenced else None,
        slots=tuple((slot[0], slot[1]) for slot in row.get("slots", ())),
        was=unpack(row["before"]) if "before" in row else None,
        settled=row.get("settled", False),
        lease_until=datetime.fromisoformat(lease) if lease else None,
        look=datetime.fromisoformat(keys.attention_of(look)[0]) if look else None,
        bundled=is_bundled(row),
        retracted_at=datetime.fromisoformat(retracted) if retracted else None,
        put_to=row.get("put_to", 0),
    )
