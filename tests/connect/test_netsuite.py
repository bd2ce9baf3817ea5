"""NetSuite by SuiteQL, from its answers to the accounts: changes with overlap, pages, failures, what is left empty."""

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from core.connect.netsuite_writes import writes
from core.happenings import Happening, Kind
from core.source import SourceKind
from functions.shared import webhooks
from functions.shared.store import accounts, hooks, sources
from functions.shared.store.hooks import Endpoint
from functions.shared.store.inbox import FileState
from local.engine import Engine
from tests.connect.netsuite_server import CERTIFICATE, CLIENT, NetSuite
from tests.inbox.dropped import Inbox, a_source
from tests.scenarios.company import ENTITY


class Connected:
    """A company whose ledger is NetSuite's."""

    def __init__(self, engine: Engine, netsuite: NetSuite, key: RSAKey, **settings: Any) -> None:
        self.engine, self.netsuite = engine, netsuite
        named = {"url": netsuite.url, "subsidiary": 1, "every_minutes": 15, "people": {"77": "anna"}, **settings}
        source = a_source("books", kind=SourceKind.NETSUITE, mapping=None, snapshot="delta", settings=named)
        self.box = Inbox(engine, source)
        secret = {"client_id": CLIENT, "certificate_id": CERTIFICATE, "private_key": key.as_pem(private=True).decode()}
        name = f"{engine.stack.name}/connect/books"
        keeper = engine.client("secretsmanager")
        if name not in [each["Name"] for each in keeper.list_secrets()["SecretList"]]:
            keeper.create_secret(Name=name, SecretString="{}")
        keeper.put_secret_value(SecretId=name, SecretString=json.dumps(secret))
        for code, symbol in ((1, "EUR"), (2, "JPY")):
            netsuite.add("currency", id=code, symbol=symbol)
        netsuite.add("department", id=5, name="Spare parts")

    def customer(self, key: int, **changes: Any) -> None:
        about = {"id": key, "entityid": f"CUST{key}", "companyname": f"Firm {key}", "isperson": "F", "currency": 1}
        about |= {"email": f"ap@c{key}.example", "language": "de_DE", "lastmodifieddate": "2026-01-01T00:00:00+00:00"}
        self.netsuite.add("customer", **{**about, **changes})

    def transaction(
        self, key: int, customer: int = 1, *, kind: str = "CustInvc", subsidiary: int = 1, **changes: Any
    ) -> None:
        about = {"id": key, "tranid": f"INV{key}", "type": kind, "status": "A", "entity": customer, "voided": "F"}
        about |= {"currency": 1, "trandate": "2026-02-01", "duedate": "2026-03-02", "foreigntotal": "100.00"}
        about |= {"lastmodifieddate": "2026-02-01T09:00:00+00:00"}
        about |= {"foreignamountunpaid": "100.00"} if kind == "CustInvc" else {}
        self.netsuite.add("transaction", **{**about, **changes})
        self.netsuite.add("transactionline", transaction=key, mainline="T", subsidiary=subsidiary, department=5)

    def change(self, key: int, **changes: Any) -> None:
        """As of now."""
        changes = {"lastmodifieddate": self.engine.now.isoformat(), **changes}
        named = ", ".join(f"{name} = ?" for name in changes)
        self.netsuite.database.execute(f'UPDATE "transaction" SET {named} WHERE id = ?', (*changes.values(), key))

    def delete(self, key: int) -> None:
        """Now: only its id is left."""
        self.netsuite.database.execute('DELETE FROM "transaction" WHERE id = ?', (key,))
        self.netsuite.add("deletedrecord", recordid=key, type="invoice", deleteddate=self.engine.now.isoformat())

    def pull(self, after: timedelta = timedelta(minutes=16)) -> dict[str, int]:
        """Some time later the schedule fires, and the inbox takes what was dropped."""
        self.engine.move_to(self.engine.now + after)
        outcomes = self.engine.invoke("PullLedgersFunction", {"kind": "pull"})
        assert not self.engine.pump().errors
        found: dict[str, int] = outcomes
        return found


@pytest.fixture
def connected(engine: Engine, netsuite: NetSuite, key: RSAKey) -> Connected:
    found = Connected(engine, netsuite, key)
    found.customer(1, salesrep=77)
    found.transaction(11)
    return found


def test_what_is_open_comes_first_and_then_what_changed(connected: Connected) -> None:
    connected.customer(2)
    connected.transaction(12, 2, foreignamountunpaid="40.5")
    connected.transaction(13, foreignamountunpaid="0", status="B")
    connected.transaction(14, subsidiary=2)
    connected.transaction(
        15, kind="CustPymt", foreignamountunpaid=None, foreignpaymentamountunused="7.00", duedate=None
    )
    assert connected.pull() == {"source_pulled": 1}
    assert connected.box.open() == {"INV11": 10_000, "INV12": 4_050}
    record = accounts.read(ENTITY, "1")
    assert record is not None
    assert [(credit.id, credit.open_minor) for credit in record.facts.credits] == [("15", 700)]
    about = record.facts.customer
    assert (about.name, about.language, about.team) == ("Firm 1", "de-DE", {"sales_rep": "anna"})
    assert [contact.email for contact in record.facts.contacts] == ["ap@c1.example"]
    assert record.facts.items[0].department == "Spare parts"

    connected.change(12, foreignamountunpaid="0", status="B", closedate="2026-03-09")
    connected.change(15, foreignpaymentamountunused="0")
    connected.transaction(
        16, 2, lastmodifieddate=connected.engine.now.isoformat(), foreigntotal="9.99", foreignamountunpaid="9.99"
    )
    connected.netsuite.questions.clear()
    assert connected.pull() == {"source_pulled": 1}
    assert connected.box.open() == {"INV11": 10_000, "INV16": 999}
    assert "lastmodifieddate >=" in connected.netsuite.questions[0]
    after = accounts.read(ENTITY, "1")
    assert after is not None
    assert [credit.open_minor for credit in after.facts.credits] in ([], [0])
    mark = sources.watermark("books")
    assert mark is not None
    assert mark.complete_on == connected.engine.now.date()


def test_a_parent_that_did_not_change_stays_the_parent(connected: Connected) -> None:
    connected.customer(2)
    connected.customer(3, parent=2)
    connected.transaction(12, 3)
    for _ in range(2):
        assert connected.pull() == {"source_pulled": 1}
        record = accounts.read(ENTITY, "3")
        assert record is not None
        assert record.facts.customer.parent == "2"
        connected.change(12, foreignamountunpaid="40.00")


def test_a_payment_that_is_taken_off_again_opens_the_invoice(connected: Connected) -> None:
    connected.pull()
    connected.change(11, foreignamountunpaid="0", status="B")
    connected.pull()
    assert connected.box.open() == {}
    connected.change(11, foreignamountunpaid="100.00", status="A")
    connected.pull()
    assert connected.box.open() == {"INV11": 10_000}


def test_an_application_counts_although_the_invoice_is_not_marked_as_changed(connected: Connected) -> None:
    connected.pull()
    connected.netsuite.database.execute('UPDATE "transaction" SET foreignamountunpaid = 30 WHERE id = 11')
    connected.netsuite.add(
        "nexttransactionlinelink",
        previousdoc=11,
        nextdoc=99,
        linktype="Payment",
        lastmodifieddate=connected.engine.now.isoformat(),
    )
    connected.pull()
    assert connected.box.open() == {"INV11": 3_000}


LEFT_EMPTY: list[tuple[dict[str, Any], int | None]] = [
    ({"foreignamountunpaid": None}, 10_000),  # on an invoice that waits for its approval
    ({"foreignamountunpaid": None, "status": "B"}, None),
    ({"voided": "T"}, None),
    ({"status": "V"}, None),
    ({"foreignamountunpaid": "25"}, 2_500),
    ({"currency": 2, "foreigntotal": "1200", "foreignamountunpaid": "1200"}, 1_200),  # yen have no decimals
]


def test_a01_what_netsuite_leaves_empty_or_voided(connected: Connected) -> None:
    for key, (changes, _) in enumerate(LEFT_EMPTY, start=20):
        connected.transaction(key, **{"foreignpaymentamountunused": "1", **changes})  # so that each of them is seen
    connected.pull()
    wanted = {f"INV{key}": left for key, (_, left) in enumerate(LEFT_EMPTY, start=20) if left is not None}
    assert connected.box.open() == {"INV11": 10_000, **wanted}


def test_f53_failures_while_paging_lose_nothing_and_tell_nothing_in_part(connected: Connected) -> None:
    for number in range(30, 40):
        connected.transaction(number)
    connected.netsuite.page = 3
    connected.netsuite.faults += [429, 503]  # are repeated at once
    assert connected.pull() == {"source_pulled": 1}
    assert len(connected.box.open()) == 11

    connected.change(11, foreignamountunpaid="0", status="B")
    connected.change(30, foreignamountunpaid="0", status="B")
    connected.netsuite.page = 1
    asked = len(connected.netsuite.questions)
    connected.netsuite.before_page = lambda page: (
        connected.netsuite.faults.extend([500] * 5) if page == asked + 1 else None
    )
    assert connected.pull() == {"source_failed": 1}  # the second page never came
    assert len(connected.box.open()) == 11
    mark = sources.watermark("books")
    assert mark is not None
    assert mark.failure == "UNAVAILABLE"
    assert connected.pull(timedelta(minutes=1)) == {"source_rests": 1}
    before = len(connected.netsuite.questions)
    assert connected.pull() == {"source_pulled": 1}
    assert set(connected.box.open()) == {f"INV{number}" for number in range(31, 40)}
    first = connected.netsuite.questions[asked]
    assert first not in connected.netsuite.questions[before:]  # its answer was kept


def test_an_invoice_that_moves_while_paging_is_in_one_page_or_the_next_pull(connected: Connected) -> None:
    for number in range(30, 36):
        connected.transaction(number)
    connected.netsuite.page = 2

    def pay(page: int) -> None:
        if page == 2:
            connected.netsuite.database.execute('DELETE FROM "transaction" WHERE id = 30')
            connected.change(35, foreignamountunpaid="50")

    connected.netsuite.before_page = pay
    connected.pull()
    assert connected.box.open()["INV35"] == 5_000
    assert len(connected.box.open()) == 7  # no row fell between two pages


def test_a_key_that_is_not_ours_opens_nothing(engine: Engine, netsuite: NetSuite) -> None:
    other = Connected(engine, netsuite, RSAKey.generate_key(2048))
    assert other.pull() == {"source_failed": 1}
    assert other.box.files == []


def test_an_answer_that_is_refused_by_the_inbox_is_asked_for_again(connected: Connected) -> None:
    connected.change(11, duedate="1926-03-02")  # before it was issued, by a century
    connected.netsuite.database.execute("UPDATE customer SET email = 'not an address'")
    connected.pull()
    state = connected.box.file.state
    connected.netsuite.database.execute("UPDATE customer SET email = 'ap@c1.example'")
    connected.change(11, duedate="2026-03-02")
    connected.pull()
    assert state is not FileState.TAKEN
    assert connected.box.open() == {"INV11": 10_000}


def test_what_happens_is_written_back_until_it_is_taken(connected: Connected) -> None:
    connected.pull()
    netsuite = connected.netsuite
    assert hooks.add(Endpoint(id="back", entity=ENTITY, url="source:books"))
    sent = Happening(Kind.NOTICE_SENT, ("N1", ""), {"notice": "N1", "level": 2})
    held = Happening(Kind.CREDIT_HOLD_SET, ("h",), {"step": "hold"})
    netsuite.faults.append(500)
    assert webhooks.tell(ENTITY, "1", [sent, held], connected.engine.now, connected.engine.now) == 2
    connected.engine.run_until(connected.engine.now + timedelta(hours=1))
    record = "/services/rest/record/v1"
    changed = [(method, path, body) for method, path, body in netsuite.written if method == "PATCH"]
    assert changed.count(("PATCH", f"{record}/customer/1", {"custentity_pastdue_level": 2})) == 1
    assert changed.count(("PATCH", f"{record}/customer/1", {"custentity_pastdue_hold": True})) == 1
    told = {path: body for method, path, body in netsuite.written if method == "PUT"}
    assert [body["title"] for body in told.values()] in (
        ["Payment reminder sent", "Credit hold set"],
        ["Credit hold set", "Payment reminder sent"],
    )
    assert all(path.startswith(f"{record}/task/eid:evt_") for path in told)


def test_a_source_says_what_it_wants_to_be_told() -> None:
    settings = {"write_back": {"level": "custentity_dunning", "hold": None, "activity": None}}
    data = {"customer": "7", "level": 3}
    assert writes("notice.sent", data, "evt_1", settings) == [
        ("PATCH", "/services/rest/record/v1/customer/7", {"custentity_dunning": 3})
    ]
    assert writes("credit_hold.set", data, "evt_2", settings) == []
    assert writes("ping", data, "evt_3", {}) == []


# ---------- what is deleted ----------
def test_what_is_deleted_in_netsuite_is_not_owed_any_more(connected: Connected) -> None:
    connected.transaction(12, foreignamountunpaid="40.00")
    connected.transaction(
        15, kind="CustPymt", foreignamountunpaid=None, foreignpaymentamountunused="7.00", duedate=None
    )
    connected.pull()
    assert connected.box.open() == {"INV11": 10_000, "INV12": 4_000}
    connected.delete(12)
    connected.delete(15)
    connected.netsuite.add("deletedrecord", recordid=11, type="contact", deleteddate=connected.engine.now.isoformat())
    assert connected.pull() == {"source_pulled": 1}
    assert connected.box.file.state is FileState.TAKEN, connected.box.file
    assert connected.box.open() == {"INV11": 10_000}  # a contact has that number too
    record = accounts.read(ENTITY, "1")
    assert record is not None
    assert [credit.open_minor for credit in record.facts.credits] in ([], [0])
    assert record.facts.state.paid == ()  # nobody paid
    connected.pull()
    assert connected.box.open() == {"INV11": 10_000}


@pytest.mark.heavy
def test_a_role_that_may_not_see_deletions_pulls_all_the_same(connected: Connected) -> None:
    connected.pull()
    connected.netsuite.hidden = "deletedrecord"
    connected.delete(11)
    assert connected.pull() == {"source_pulled": 1}
    assert connected.box.open() == {"INV11": 10_000}
    connected.netsuite.hidden = "nothing"
    connected.engine.move_to(connected.engine.now)
    connected.netsuite.database.execute("UPDATE deletedrecord SET deleteddate = ?", (connected.engine.now.isoformat(),))
    connected.pull()
    assert connected.box.open() == {}


@pytest.mark.heavy
def test_a_deletion_is_told_again_when_its_file_was_refused(connected: Connected) -> None:
    connected.pull()
    connected.delete(11)
    connected.customer(2)
    now = connected.engine.now.isoformat()
    connected.transaction(13, 2, lastmodifieddate=now, duedate="never")  # what the inbox refuses
    connected.pull()
    assert (connected.box.file.state, connected.box.open()) == (FileState.REFUSED, {"INV11": 10_000})
    connected.change(13, duedate="2026-03-02")
    connected.pull()
    assert connected.box.open() == {"INV13": 10_000}
