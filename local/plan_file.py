"""A plan on file: what a night would do, account by account, exactly; who left what out, who approved it, what went.

The hash is over everything that is to happen: the stack, the night, each account's entry and what is left out. An
approval names the hash that was approved, so a plan that changed afterwards is not approved any more.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

FORMAT: Final = "1.0"  # a minor version only adds
KIND: Final = "pastdue plan"


class NotAPlanError(ValueError):
    """The file is none of ours, of another major version, or was changed by other means."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Something that a person left out: a whole account, or one item of it."""

    entity: str
    customer: str
    item: str | None = None
    number: str | None = None

    @property
    def account(self) -> str:
        return f"{self.entity}/{self.customer}"


@dataclass(frozen=True, slots=True)
class Approved:
    """Who approved which content, and when (UTC)."""

    by: str  # Person id
    at: str
    hash: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The proposal of one night."""

    stack: str
    as_of: date
    made_at: str  # UTC
    accounts: tuple[dict[str, Any], ...]  # entries as local.proposals makes them
    excluded: tuple[Excluded, ...] = ()
    approved: Approved | None = None
    sent: dict[str, str] = field(default_factory=dict)  # account -> when its part was handed over (UTC)

    @property
    def hash(self) -> str:
        """SHA-256 over what is to happen."""
        content = {
            "stack": self.stack,
            "as_of": self.as_of.isoformat(),
            "accounts": self.accounts,
            "excluded": [asdict(one) for one in self.excluded],
        }
        return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def is_approved(self) -> bool:
        """True when a person approved exactly this."""
        return self.approved is not None and self.approved.hash == self.hash

    def leaves_out(self, entry: dict[str, Any]) -> bool:
        """True when the whole account is left out."""
        return any(one.account == name_of(entry) and one.item is None for one in self.excluded)

    def items_left_out(self, entry: dict[str, Any]) -> tuple[str, ...]:
        """Ids of the items of the account that are left out one by one."""
        return tuple(one.item for one in self.excluded if one.account == name_of(entry) and one.item is not None)

    def with_entry(self, entry: dict[str, Any]) -> "Plan":
        """The plan with this account's entry in place of the one it had."""
        kept = tuple(entry if name_of(one) == name_of(entry) else one for one in self.accounts)
        return replace(self, accounts=kept)

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "format_version": FORMAT,
            "kind": KIND,
            "stack": self.stack,
            "as_of": self.as_of.isoformat(),
            "made_at": self.made_at,
            "hash": self.hash,
            "approved": asdict(self.approved) if self.approved else None,
            "excluded": [asdict(one) for one in self.excluded],
            "accounts": list(self.accounts),
            "sent": self.sent,
        }


def name_of(entry: dict[str, Any]) -> str:
    """The account of an entry: entity/customer."""
    return f"{entry['entity']}/{entry['customer']}"


def write(path: Path, plan: Plan) -> None:
    """Write the plan beside the file and put it in its place, so that no reader sees half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(plan.data(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def read(path: Path) -> Plan:
    """The plan of a file. Raises NotAPlanError; OSError when it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise NotAPlanError(f"{path} is no JSON") from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise NotAPlanError(f"{path} is no plan")
    if str(data.get("format_version", "")).partition(".")[0] != FORMAT.partition(".")[0]:
        raise NotAPlanError(f"{path} has format {data.get('format_version')}, this program reads {FORMAT}")
    try:
        plan = _plan(data)
    except (KeyError, TypeError, ValueError) as wrong:
        raise NotAPlanError(f"{path} is no whole plan: {wrong}") from None
    if plan.hash != data.get("hash"):
        raise NotAPlanError(f"{path} was changed by other means than this program: its hash is another one")
    return plan


def _plan(data: dict[str, Any]) -> Plan:
    return Plan(
        stack=data["stack"],
        as_of=date.fromisoformat(data["as_of"]),
        made_at=data["made_at"],
        accounts=tuple(data["accounts"]),
        excluded=tuple(Excluded(**one) for one in data["excluded"]),
        approved=Approved(**data["approved"]) if data["approved"] else None,
        sent=dict(data["sent"]),
    )
