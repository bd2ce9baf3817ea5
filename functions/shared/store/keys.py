"""How each record's key is spelt; no other module puts one together or takes one apart."""

import zlib
from datetime import date, datetime
from typing import Final, NamedTuple

SHARDS: Final = 8  # an entity's due accounts are spread over this many index partitions
CONFIG: Final = "CONFIG"
ACCOUNT_ROW: Final = "A"  # sorts before every fact of the account, so a reader meets the version first
LAST: Final = "\uffff"  # sorts after every text that follows a prefix
OFFERED: Final = "OFFERED"  # what the sweep queued of late
TOKENS: Final = "TOKENS"  # the list of the keys of the API


class Key(NamedTuple):
    """The primary key of one record."""

    pk: str
    sk: str


def part(value: str) -> str:
    """An id inside a key: the separator is escaped, so no id can reach into another's partition."""
    return value.replace("%", "%25").replace("#", "%23")


def unpart(value: str) -> str:
    """The id that `part` wrote."""
    return value.replace("%23", "#").replace("%25", "%")


def shard_of(customer_id: str) -> int:
    """The index partition of a customer; stable over processes and versions."""
    return zlib.crc32(customer_id.encode()) % SHARDS


def instant(at: datetime) -> str:
    """A UTC instant that sorts as text, to the second."""
    return at.isoformat()[:19] + "Z"  # half of what strftime takes, in every write


def account_pk(entity: str, customer_id: str) -> str:
    return f"ACCT#{part(entity)}#{part(customer_id)}"


def account(entity: str, customer_id: str) -> Key:
    return Key(account_pk(entity, customer_id), ACCOUNT_ROW)


def item(entity: str, customer_id: str, item_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"I#{part(item_id)}")


def credit(entity: str, customer_id: str, credit_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"C#{part(credit_id)}")


def promise(entity: str, customer_id: str, promise_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"P#{part(promise_id)}")


def hold(entity: str, customer_id: str, hold_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#hold#{part(hold_id)}")


def dispute(entity: str, customer_id: str, dispute_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#dispute#{part(dispute_id)}")


def plan(entity: str, customer_id: str, plan_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#plan#{part(plan_id)}")


def waiver(entity: str, customer_id: str, waiver_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#waiver#{part(waiver_id)}")


def approval(entity: str, customer_id: str, proposal: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#approval#{part(proposal)}")


def remark(entity: str, customer_id: str, remark_id: str) -> Key:
    return Key(account_pk(entity, customer_id), f"H#remark#{part(remark_id)}")


def customer_pk(customer_id: str) -> str:
    return f"CUST#{part(customer_id)}"


def profile(customer_id: str) -> Key:
    return Key(customer_pk(customer_id), "P")


def contact(customer_id: str, contact_id: str) -> Key:
    return Key(customer_pk(customer_id), f"K#{part(contact_id)}")


def history_pk(entity: str, customer_id: str) -> str:
    return f"HIST#{part(entity)}#{part(customer_id)}"


def closed_item(entity: str, customer_id: str, item_id: str) -> Key:
    """Found by its id, not by the time of its closing: an import must know at once that it closed earlier."""
    return Key(history_pk(entity, customer_id), f"item#{part(item_id)}")


def money(entity: str, customer_id: str, money_id: str) -> Key:
    """A payment or credit note that came by the API, with what it was used on."""
    return Key(history_pk(entity, customer_id), f"money#{part(money_id)}")


def history(entity: str, customer_id: str, at: datetime, kind: str, what: str) -> Key:
    return Key(history_pk(entity, customer_id), f"{instant(at)}#{kind}#{part(what)}")


def due_pk(entity: str, shard: int) -> str:
    return f"DUE#{part(entity)}#{shard}"


def due_sk(on: date, customer_id: str) -> str:
    return f"{on.isoformat()}#{part(customer_id)}"


def due_up_to(date_text: str) -> str:
    """The last `due_sk` of this date or an earlier one."""
    return f"{date_text}#{LAST}"


def date_of_due(sk: str) -> str:
    """The ISO date from which on a `due_sk` is due."""
    return sk.partition("#")[0]


def customer_of_due(sk: str) -> str:
    """The customer that a `due_sk` names."""
    return unpart(sk.partition("#")[2])


def attention_pk(entity: str, shard: int) -> str:
    return f"ATT#{part(entity)}#{shard}"


def attention_sk(at: datetime, kind: str, what: str) -> str:
    """`kind` is ACCT, RUN, NOTICE, BUNDLE, FILE or HOOK; `at` is the next instant at which the sweep should look."""
    return f"{instant(at)}#{kind}#{part(what)}"


def attention_of(sk: str) -> tuple[str, str, str]:
    """The instant, kind and id that an `attention_sk` holds."""
    at, kind, what = sk.split("#", 2)
    return at, kind, unpart(what)


def offered(at: datetime, n: int) -> Key:
    """What one sweep offered to the senders, in so many records."""
    return Key(OFFERED, f"{instant(at)}#{n:04d}")


def notice(notice_id: str) -> Key:
    return Key(f"NOTICE#{notice_id}", "N")


def bundle(bundle_id: str) -> Key:
    """Notices that share a place in the attention index."""
    return Key(f"BUNDLE#{bundle_id}", "N")


def reach(address_hash: str) -> Key:
    return Key(f"REACH#{address_hash}", "B")


def task(task_id: str) -> Key:
    return Key(f"TASK#{task_id}", "T")


def work_pk(owner: str | None, role: str) -> str:
    """Open tasks of one person, or of everybody who has the role."""
    return f"WORK#{part(owner)}" if owner else f"WORK#role:{part(role)}"


def work_sk(due_on: date, task_id: str) -> str:
    return f"{due_on.isoformat()}#{task_id}"


def digest_pk(entity: str, on: date) -> str:
    return f"DIGEST#{part(entity)}#{on.isoformat()}"


def digest_lines(entity: str, on: date, person: str, sources: str) -> Key:
    """Lines for one person; `sources` is a hash of the decisions that they come of."""
    return Key(digest_pk(entity, on), f"{part(person)}#{sources}")


def run_pk(entity: str) -> str:
    return f"RUN#{part(entity)}"


def run(entity: str, on: date) -> Key:
    return Key(run_pk(entity), on.isoformat())


def batch_mark(entity: str, on: date, n: int) -> Key:
    return Key(run_pk(entity), f"{on.isoformat()}#B#{n:06d}")


def page(entity: str, on: date, first: int) -> Key:
    """Whom a run queued, from its batch `first` on."""
    return Key(run_pk(entity), f"{on.isoformat()}#P#{first:06d}")


def pages(on: date) -> str:
    """The prefix of every page of one run."""
    return f"{on.isoformat()}#P#"


def batch_marks(on: date) -> str:
    """The prefix of every batch mark of one run."""
    return f"{on.isoformat()}#B#"


def configuration(kind: str, what: str) -> Key:
    """`kind` is entity, person, policy, source, or the switch of one entity."""
    return Key(CONFIG, f"{kind}#{part(what)}")


def watermark(source: str) -> Key:
    """How far one source has come."""
    return Key(f"SOURCE#{part(source)}", "W")


def pull(source: str) -> Key:
    """Where a source that is asked stands."""
    return Key(f"SOURCE#{part(source)}", "PULL")


def source_lease(source: str) -> Key:
    """Who takes a source's files now."""
    return Key(f"SOURCE#{part(source)}", "L")


def source_last(source: str) -> Key:
    """The newest file of a source that was taken."""
    return Key(f"SOURCE#{part(source)}", "F")


def inbox_pk(entity: str) -> str:
    return f"INBOX#{part(entity)}"


def inbox_file(entity: str, file_id: str) -> Key:
    return Key(inbox_pk(entity), f"F#{file_id}")


def inbox_turn(entity: str, source: str, modified: str, file_id: str) -> Key:
    """The place of a file in the order of its source, while it is not taken."""
    return Key(inbox_pk(entity), f"O#{part(source)}#{modified}#{file_id}")


def inbox_held(entity: str, file_id: str) -> Key:
    """Stands while a file waits for a person."""
    return Key(inbox_pk(entity), f"H#{file_id}")


def policy_version(name: str, version: int) -> Key:
    return Key(CONFIG, f"policy#{part(name)}#{version:04d}")


def own_words(entity: str, kind: str, language: str) -> Key:
    """Which version of a company's own words holds; read with the rest of the configuration."""
    return Key(CONFIG, f"words#{part(entity)}#{part(kind)}#{part(language)}")


def own_words_version(entity: str, kind: str, language: str, version: int) -> Key:
    """The words themselves, in a partition of their own: the configuration is read for every message."""
    return Key(f"WORDS#{part(entity)}#{part(kind)}#{part(language)}", f"{version:06d}")


def reference(entity: str, number: str) -> str:
    """The partition of the reference index in which an invoice number is looked up."""
    return f"REF#{part(entity)}#{part(number)}"


def reference_item(customer_id: str, item_id: str) -> str:
    return f"ITEM#{part(customer_id)}#{part(item_id)}"


def item_of_reference(ref_sk: str) -> tuple[str, str]:
    """The customer and item that a `reference_item` names."""
    _, customer_id, item_id = ref_sk.split("#")
    return unpart(customer_id), unpart(item_id)


def token(secret_hash: str) -> Key:
    return Key(f"TOKEN#{secret_hash}", "T")


def token_listed(token_id: str) -> Key:
    return Key(TOKENS, part(token_id))


def request(token_id: str, key_hash: str) -> Key:
    """What was answered to one request of one caller."""
    return Key(f"REQUEST#{part(token_id)}#{key_hash}", "R")


def webhook(entity: str, endpoint: str) -> Key:
    """Where events of one entity are sent."""
    return Key(CONFIG, f"webhook#{part(entity)}#{part(endpoint)}")


def delivery_pk(entity: str, endpoint: str) -> str:
    return f"HOOK#{part(entity)}#{part(endpoint)}"


def delivery(entity: str, endpoint: str, event: str) -> Key:
    """One event for one endpoint."""
    return Key(delivery_pk(entity, endpoint), f"E#{part(event)}")


def named(first_letters: str) -> str:
    """The partition of the reference index in which customers are looked up by the beginning of their names."""
    return f"NAME#{part(first_letters)}"


def bank_entry(entry_id: str) -> Key:
    """One line of a statement; its id is a hash, for its own key may hold an account number."""
    return Key(f"BANKENTRY#{entry_id}", "E")


def bank_entry_of(pk: str) -> str:
    """The entry that a key of `bank_entry` names."""
    return pk.partition("#")[2]


def cash_pk(entity: str, *, half_done: bool = False) -> str:
    """The partition of the reference index that lists money which waits for a person, or which a worker left."""
    return f"CASH#{part(entity)}" + ("#half-done" if half_done else "")


def cash_sk(booked_on: date, entry_id: str) -> str:
    return f"{booked_on.isoformat()}#{entry_id}"


def bank_pk(entity: str) -> str:
    """Statements of an entity's bank accounts: `W#<account>` how far each is complete, `S#` what came."""
    return f"BANK#{part(entity)}"


def payer_pk(entity: str, account_hash: str) -> str:
    """The customers that paid from one account, each a record."""
    return f"PAYER#{part(entity)}#{account_hash}"


def told_pk(entity: str, currency: str, minor: int) -> str:
    """The payments of one amount that programs told, by their day: the bank's entry of the same is looked for here."""
    return f"TOLD#{part(entity)}#{part(currency)}#{minor}"


def paid_pk(entity: str, currency: str, minor: int) -> str:
    """The entries of one amount, in the order in which they were booked: a return is looked up here."""
    return f"PAID#{part(entity)}#{part(currency)}#{minor}"
