"""Names, addresses and amounts stay out of logs and queues, also when things go wrong."""

from datetime import timedelta

import pytest

from core.ledger import Dispute, Hold, Promise
from local.engine import Engine
from local.engine.ses_script import complaint, hard_bounce, rejected, timeout
from tests.builders import an_entity, an_item, people
from tests.scenarios.canaries import found_in, overheard
from tests.scenarios.company import NIGHT, SENDER, Company, ap, at, invoice


def company_of_canaries(engine: Engine) -> Company:
    staff = [p.model_copy(update={"name": "Xylophona Clerk", "email": "zzclerk@company.example"}) for p in people()]
    company = Company(engine, an_entity(sender=SENDER), staff=staff)
    for n, days in enumerate((7, 14, 31, 60, 91)):
        item = an_item(f"I{n}", customer=f"C{n}", open_minor=876_543_219, due_on=NIGHT - timedelta(days=days))
        reader = ap(f"C{n}", f"{n}zzap@debtor.example", name="Quixotica Payable")
        company.knows(invoice(f"C{n}", item, contacts=[reader], customer_changes={"name": "Zzyzx Debtor"}))
    return company


@pytest.mark.parametrize("answer", [None, hard_bounce, complaint, rejected, lambda: timeout(accepted=False)])
def test_a_night_says_no_name_address_or_amount(engine: Engine, answer: object) -> None:
    company = company_of_canaries(engine)
    said = overheard(engine)
    if answer is not None:
        engine.ses.behaviour = lambda _mail: answer()  # type: ignore[operator]
    company.night()
    news = {
        "disputes": (Dispute(id="D", item="I0", amount_minor=100, opened_on=NIGHT, reason="quibbling over zinc"),),
        "holds": (Hold(id="H", item="I0", reason="hold for Wxyz"),),
        "promises": (Promise(id="P", item="I0", promised_on=NIGHT, made_on=NIGHT),),
    }
    company.knows(invoice("C0", contacts=[], customer_changes={"name": "Zzyzx Debtor"}, **news))
    company.day()
    if answer is None:
        assert any("1zzap@debtor.example" in mail.to for mail in company.mails)
        assert any("€8,765,432.19" in mail.text for mail in company.mails)  # the canaries were there to be said
    assert len(engine.logs) > 20
    assert found_in(engine.logs) == set()
    assert said
    assert found_in(said) == set()
    notices_and_accounts = [
        body for queue in ("AccountsQueue", "NoticesQueue", "NoticesDeadLetters") for body in engine.messages(queue)
    ]
    assert found_in(notices_and_accounts) == set()


def test_an_account_that_cannot_be_read_says_so_without_saying_what(engine: Engine) -> None:
    """A record that fails its checks: their message would hold what it found."""
    company = company_of_canaries(engine)
    table = engine.client("dynamodb")
    for n in (3, 4):
        table.update_item(
            TableName=engine.stack.table_name,
            Key={"pk": {"S": f"CUST#C{n}"}, "sk": {"S": "P"}},
            UpdateExpression="SET #kind = :kind",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":kind": {"S": "Zzyzx Debtor"}},
        )
    said = overheard(engine)
    engine.run_until(at(NIGHT, 12), quiet=company.run_instants)
    assert len([line for line in engine.logs if '"PD1102"' in line]) >= 2
    assert {task.customer for task in company.tasks("decision-failed")} == {"C3", "C4"}
    assert {notice.customer for notice in company.notices()} == {"C0", "C1", "C2"}
    assert found_in(engine.logs) == set()
    assert found_in(said) == set()


def test_what_fails_in_the_sweep_and_in_the_sender_says_so_without_saying_what(engine: Engine) -> None:
    company = company_of_canaries(engine)
    company.night()
    table = engine.client("dynamodb")
    for notice in company.notices():
        table.update_item(
            TableName=engine.stack.table_name,
            Key={"pk": {"S": f"NOTICE#{notice.id}"}, "sk": {"S": "N"}},
            UpdateExpression="SET #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": "Zzyzx Debtor"}},
        )
    engine.run_until(at(NIGHT, 9), quiet=company.run_instants)
    for notice_id in (row["pk"].partition("#")[2] for row in company.rows("NOTICE#")):
        url = engine.stack.queues["NoticesQueue"].physical_resource_id
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=f'{{"v":1,"notice_id":"{notice_id}"}}')
    engine.run_until(at(NIGHT, 12), quiet=company.run_instants)
    assert any('"PD1502"' in line for line in engine.logs)
    assert any('"PD1901"' in line for line in engine.logs)
    assert found_in(engine.logs) == set()
