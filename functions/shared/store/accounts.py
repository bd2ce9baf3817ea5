"""The account row `A`: its version, memory and outbox; the one commit point of every decision."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from math import inf
from typing import Any, Final

from core.decide.model import Facts
from core.ledger import Contact, Customer
from core.packing import deflate, inflate, pack, unpack
from core.posting import item_of
from core.state import AccountState
from core.values import dataclass, replace
from functions.shared.store import charges, keys, rows
from functions.shared.store.table import Mine, Row, table

_OUTBOX_ZIPS_ABOVE: Final = 256  # bytes of an effect: a row of less than 1 kB, outbox included, is one write unit
_AT_ONCE: Final = 100  # effects named in one expression, which holds 4 kB. Source: DynamoDB, quotas
LOOK_AFTER: Final = timedelta(minutes=5)  # whoever commits also puts the effects; the sweep steps in after this


class LostRaceError(RuntimeError):
    """Other writers were first on every attempt; come again later."""


class IncompleteAccountError(RuntimeError):
    """The account has facts but no customer; somebody must look."""


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account as it was read: what a decision needs, and what its commit is conditional on."""

    entity: str
    customer_id: str
    version: int  # 0: facts only, no account row yet
    facts: Facts
    outbox: Mapping[str, Any] = field(default_factory=dict)  # key -> effect, committed but not put yet; in order
    next_check_on: date | None = None
    facts_version: int = 0  # the version at which the last writer of facts finished
    due_on: date | None = None  # its place in the due index; no later than `next_check_on`
    put: frozenset[str] = frozenset()  # of the outbox: what is known to be put; the next commit takes it out
    watched: bool = False  # the sweep looks whether the outbox is empty

    def read_by(self, customer: Customer, contacts: tuple[Contact, ...]) -> "AccountRecord":
        """The same account in the eyes of another reader, to whom nothing was remarked."""
        return replace(self, facts=replace(self.facts, customer=customer, contacts=contacts, remarks=()))

    @property
    def existing(self) -> bool:
        """Whether the account row is there."""
        return self.version > 0


def read(entity: str, customer_id: str) -> AccountRecord | None:
    """The account with all its facts, strongly read, the version first; None when there is nothing at all.

    Raises: IncompleteAccountError when there are facts about a customer that nobody knows.
    """
    found = list(table().query(keys.account_pk(entity, customer_id)))
    about = list(table().query(keys.customer_pk(customer_id)))
    return assemble(entity, customer_id, found, about) if found or about else None


def assemble(entity: str, customer_id: str, found: Sequence[Row], about: Sequence[Row]) -> AccountRecord:
    """The account from the rows of its own partition and of its customer's."""
    account = found[0] if found and found[0]["sk"] == keys.ACCOUNT_ROW else None
    facts = rows.read_facts(found, about, unpack(account["state"]) if account else AccountState())
    if facts is None:
        raise IncompleteAccountError(f"account {entity}/{customer_id} has facts but no customer record")
    if account is None:
        return AccountRecord(entity=entity, customer_id=customer_id, version=0, facts=facts)
    next_check_on = account.get("next_check_on")
    outbox = {key: inflate(packed) for key, packed in sorted(account["outbox"].items())}
    return AccountRecord(
        entity=entity,
        customer_id=customer_id,
        version=account["version"],
        facts=_with_charges(facts, outbox),
        outbox=outbox,
        next_check_on=date.fromisoformat(next_check_on) if next_check_on else None,
        facts_version=account.get("facts_version", 0),
        due_on=date.fromisoformat(keys.date_of_due(account["due_sk"])) if "due_sk" in account else None,
        watched="att_sk" in account,
    )


def version_in(key: str) -> float:
    """The version whose commit put this key into the outbox; later than any where the key does not say it."""
    version = key.partition(".")[0]
    return int(version) if version.isdecimal() else inf


def _with_charges(facts: Facts, outbox: Mapping[str, Any]) -> Facts:
    """Charges that are decided and not put yet count: what is committed is true, whoever reads it."""
    known = {item.id: item for item in facts.items}
    added = []
    for effect in outbox.values():
        if effect.get("kind") == "charge":
            charge = charges.unpack(effect["charge"])
            if charge.id not in known:
                on = date.fromisoformat(effect["on"])
                added.append(item_of(charge, known.get(charge.item), facts.customer.id, on))
    return replace(facts, items=(*facts.items, *added)) if added else facts


def commit(
    record: AccountRecord,
    *,
    state: AccountState,
    next_check_on: date | None,
    now: datetime,
    add: Mapping[str, Any] | None = None,
    facts_complete: bool = False,
    moves_soon: bool = False,
    found_again: bool = False,
) -> AccountRecord | None:
    """Advance the account from the version that was read, and put the effects that this wants into its outbox.

    Args: `add` effects by key; in the outbox each key begins with the new version, so the effects of two commits never
    share one and lie in the order in which they were decided; `facts_complete` says that a writer of facts has written
    its rows; `moves_soon` that another commit is to come, so that its place in the due index, where it may stand too
    early but never too late, need not move twice; `found_again` that a batch of a run stands for its effects until they
    are put, and after it that place for the next night, so that no sweep need look.
    Returns: the account as it now is; None when somebody else was first, and then nothing is written.
    """
    token = secrets.token_hex(8)  # tells our own success from another's when the SDK repeats a request
    version = record.version + 1
    added = {f"{version:08d}.{key}": effect for key, effect in (add or {}).items()}
    gone = record.put & set(record.outbox)
    after = replace(
        record,
        version=version,
        facts=replace(record.facts, state=state),
        outbox={key: effect for key, effect in record.outbox.items() if key not in gone} | added,
        next_check_on=next_check_on,
        facts_version=version if facts_complete else record.facts_version,
        due_on=_place_of(record, next_check_on, moves_soon=moves_soon),
        put=frozenset(),
    )
    stands = found_again and after.due_on is not None and after.due_on == record.due_on
    look = now + LOOK_AFTER if after.outbox and not stands else None
    won = _write(record, after, added, gone, token, look)
    return replace(after, watched=look is not None) if won else None


def _place_of(record: AccountRecord, next_check_on: date | None, *, moves_soon: bool) -> date | None:
    stays = moves_soon and next_check_on is not None and record.due_on is not None and record.due_on <= next_check_on
    return record.due_on if stays else next_check_on


def _write(
    record: AccountRecord,
    after: AccountRecord,
    added: Mapping[str, Any],
    gone: frozenset[str],
    token: str,
    look: datetime | None,
) -> bool:
    changed: Row = {
        "version": after.version,
        "token": token,
        "state": pack(after.facts.state),
        "facts_version": after.facts_version,
    }
    dropped = _place(changed, after, look)

    ours = _written_as(after.version, token)
    key = keys.account(record.entity, record.customer_id)
    if not record.existing:
        row = {**key._asdict(), **changed, "outbox": _packed(added)}
        return table().put_if(row, "attribute_not_exists(#pk)", mine=ours)
    if len(added) + len(gone) > _AT_ONCE:
        return _write_whole(record, after, changed, dropped, ours)
    adds, removes = dict(enumerate(_packed(added).items())), dict(enumerate(gone))
    sets = [f"#{name} = :{name}" for name in changed] + [f"#outbox.#a{n} = :a{n}" for n in adds]
    takes = [f"#{name}" for name in dropped] + [f"#outbox.#r{n}" for n in removes]
    return table().update_if(
        key,
        "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(takes) if takes else ""),
        "#version = :was",
        {**changed, **{f"a{n}": packed for n, (_, packed) in adds.items()}, "was": record.version},
        names={f"a{n}": name for n, (name, _) in adds.items()} | {f"r{n}": name for n, name in removes.items()},
        mine=ours,
    )


def _write_whole(record: AccountRecord, after: AccountRecord, changed: Row, dropped: Iterable[str], ours: Mine) -> bool:
    """With an outbox that is too large to be named by its keys; a smaller one than was read has lost some meanwhile."""
    changed = {**changed, "outbox": _packed(after.outbox)}
    takes = ", ".join(f"#{name}" for name in dropped)
    return table().update_if(
        keys.account(record.entity, record.customer_id),
        "SET " + ", ".join(f"#{name} = :{name}" for name in changed) + (f" REMOVE {takes}" if takes else ""),
        "#version = :was AND size(#outbox) = :n",
        {**changed, "was": record.version, "n": len(record.outbox)},
        mine=ours,
    )


def _packed(effects: Mapping[str, Any]) -> dict[str, bytes]:
    return {key: deflate(effect, above=_OUTBOX_ZIPS_ABOVE) for key, effect in effects.items()}


def version_of(entity: str, customer_id: str) -> int:
    """The version alone, strongly read: has anybody written since? 0 when there is no account row."""
    row = table().get(keys.account(entity, customer_id), only=("version",))
    return int(row["version"]) if row else 0


def state_of(entity: str, customer_id: str, *, since: int = 0) -> AccountState | None:
    """The account's memory alone; None when there is no account row.

    Args: `since` the version from which on any moment's will do; 0: strongly read.
    """
    row = table().get(keys.account(entity, customer_id), consistent=not since, only=("state", "version"))
    return unpack(row["state"]) if row and row["version"] >= since else None


def wake(entity: str, customer_id: str, today: date) -> None:
    """A fact of the account changed in a row beside it: decide it again tonight, and let no older decision commit."""
    table().update_if(
        keys.account(entity, customer_id),
        "SET #version = #version + :one, #next_check_on = :today, #due_pk = :pk, #due_sk = :sk",
        "attribute_exists(#pk)",
        {
            "one": 1,
            "today": today.isoformat(),
            "pk": keys.due_pk(entity, keys.shard_of(customer_id)),
            "sk": keys.due_sk(today, customer_id),
        },
    )


def watch_outbox(entity: str, customer_id: str, now: datetime) -> None:
    """Have the sweep see to effects that are not put: the batch that stood for them is done without them."""
    table().update_if(
        keys.account(entity, customer_id),
        "SET #att_pk = :pk, #att_sk = :sk",
        "attribute_exists(#pk) AND size(#outbox) > :none",
        {
            "pk": keys.attention_pk(entity, keys.shard_of(customer_id)),
            "sk": keys.attention_sk(now + LOOK_AFTER, "ACCT", customer_id),
            "none": 0,
        },
    )


def remove_outbox(entity: str, customer_id: str, put: Iterable[str]) -> None:
    """Take effects that were put out of the outbox; the version stays, for the account itself did not change.

    The account leaves the attention index with its last effect. Two workers who take out different effects at the same
    time may both see the other's and leave the account in the index: the next sweep finds an empty outbox and calls
    this with no keys.
    """
    gone = list(put)
    key = keys.account(entity, customer_id)
    while len(gone) > _AT_ONCE:
        some, gone = gone[:_AT_ONCE], gone[_AT_ONCE:]
        removed = ", ".join(f"#outbox.#r{n}" for n in range(_AT_ONCE))
        named = {f"r{n}": effect for n, effect in enumerate(some)}
        table().update_if(key, f"REMOVE {removed}", "attribute_exists(#pk)", names=named)
    names = {f"r{n}": effect for n, effect in enumerate(gone)}
    removes = [f"#outbox.#r{n}" for n in range(len(gone))]
    all_there = " AND ".join(["size(#outbox) = :n", *(f"attribute_exists({path})" for path in removes)])
    update = "REMOVE " + ", ".join([*removes, "#att_pk", "#att_sk"])
    if table().update_if(key, update, all_there, {"n": len(gone)}, names=names) or not gone:
        return
    table().update_if(key, "REMOVE " + ", ".join(removes), "attribute_exists(#pk)", names=names)


def _written_as(version: int, token: str) -> Mine:
    return lambda row: bool(row["version"] == version and row["token"] == token)


def _place(changed: Row, after: AccountRecord, look: datetime | None) -> list[str]:
    """Set the attributes that put the account into the due and attention indexes; the names of those to take away.

    Args: `look` when the sweep looks whether the outbox is empty; None: it need not.
    """
    dropped: list[str] = []
    shard = keys.shard_of(after.customer_id)
    if after.next_check_on is None or after.due_on is None:
        dropped += ["next_check_on", "due_pk", "due_sk"]
    else:
        changed["next_check_on"] = after.next_check_on.isoformat()
        changed["due_pk"] = keys.due_pk(after.entity, shard)
        changed["due_sk"] = keys.due_sk(after.due_on, after.customer_id)
    if look is not None:
        changed["att_pk"] = keys.attention_pk(after.entity, shard)
        changed["att_sk"] = keys.attention_sk(look, "ACCT", after.customer_id)
    else:
        dropped += ["att_pk", "att_sk"]
    return dropped
