"""Names, addresses, amounts and bank lines stay out of logs, queues, dead letters and metrics, whatever goes wrong."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core.source import Source
from functions.shared.failures import InvocationFailedError
from functions.shared.store import config, sources
from local.engine import Call, Engine, Moment
from local.engine.ses_script import complaint, delivered, hard_bounce, rejected, timeout
from tests.builders import a_policy, an_entity, an_item, people
from tests.inbox.dropped import a_source, table
from tests.scenarios.canaries import found_in, overheard
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, ap, at, invoice

OF_SES = frozenset({"FeedbackQueue", "FeedbackDeadLetters"})  # mail events hold addresses: decision 11

FEE = {
    "id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]},
    "fee": {"type": "flat", "flat": {"EUR": 500}},
}  # fmt: skip
LETTER = {
    "id": "c", "offset_days": 14, "level": 2, "template": "final-notice", "channel": "letter",
    "audience": {"customer": ["ap_contact"], "ours": ["accounting"]},
}  # fmt: skip
ANSWERS: dict[str, Callable[[], Any]] = {
    "0": delivered, "1": hard_bounce, "2": complaint, "3": rejected, "4": lambda: timeout(accepted=False),
}  # fmt: skip


def company_of_canaries(engine: Engine) -> Company:
    """Six customers: five whose mail meets five fates and costs a fee, one who gets a letter."""
    staff = [p.model_copy(update={"name": "Xylophona Clerk", "email": "zzclerk@company.example"}) for p in people()]
    policy = a_policy(steps=[FEE, LETTER], advance="latest")
    company = Company(engine, an_entity(sender=SENDER), staff=staff, policy=policy)
    about = {"name": "Zzyzx Debtor", "address": ("Wombat Street 7",)}
    for n, days in enumerate((7, 7, 7, 7, 7, 14)):
        item = an_item(f"I{n}", customer=f"C{n}", open_minor=876_543_219, due_on=NIGHT - timedelta(days=days))
        reader = ap(f"C{n}", f"zzap@{n}.debtor.example", name="Quixotica Payable")
        company.knows(invoice(f"C{n}", item, contacts=[reader], customer_changes=about))
    engine.ses.behaviour = lambda mail: ANSWERS.get(mail.to[0].partition("@")[2][0], delivered)()
    return company


def everything(engine: Engine, heard: list[str]) -> list[str]:
    """All that is kept or passed on outside the table: logs with their metrics, queues, dead letters."""
    queues = [body for name in engine.stack.queues if name not in OF_SES for body in engine.messages(name)]
    return [*engine.logs, *heard, *queues]


def figures(engine: Engine) -> Iterator[dict[str, Any]]:
    """The metrics, as CloudWatch reads them out of the log."""
    for line in engine.logs:
        if '"CloudWatchMetrics"' in line:
            yield json.loads(line)


def test_a_night_in_which_everything_goes_wrong_tells_nobody(engine: Engine) -> None:
    company = company_of_canaries(engine)
    heard = overheard(engine)
    queue = engine.client("sqs").send_message
    for name in ("AccountsQueue", "NoticesQueue", "FeedbackQueue"):  # nobody can read these
        queue(QueueUrl=engine.stack.queues[name].physical_resource_id, MessageBody='{"v":1,"x":')
    engine.run_until(at(NIGHT + timedelta(days=1), 5), quiet=company.run_instants)
    assert {mail.to[0][5] for mail in company.mails} >= {"0", "1", "2"}
    assert any("8,765,432.19" in mail.text for mail in company.mails)  # the canaries were there to be said
    assert {task.kind for task in company.tasks()} >= {"post-letter", "delivery-doubt", "fix-address"}
    assert any(i.kind == "fee" for i in company.account("C0").facts.items)
    assert set(company.dead_letters()) == {"AccountsDeadLetters", "NoticesDeadLetters", "FeedbackDeadLetters"}
    assert heard
    assert found_in(everything(engine, heard)) == set()


def test_metrics_hold_names_of_figures_and_one_dimension(engine: Engine) -> None:
    """A dimension with a customer in it would be a leak, and a bill."""
    company = company_of_canaries(engine)
    company.day()
    found = list(figures(engine))
    assert len(found) > 10
    for one in found:
        (metric,) = one["_aws"]["CloudWatchMetrics"]
        assert metric["Namespace"] == engine.stack.name
        assert metric["Dimensions"] in ([["service"]], [["service", "source"]])
        assert one["service"] == "pastdue"


def _break_person(engine: Engine) -> None:
    """A record of ours that fails its check: the check's own message would hold what it found."""
    from core.packing import deflate, inflate
    from functions.shared.store import keys
    from functions.shared.store.table import table as rows

    key = keys.configuration("person", "accounting")
    there = rows().get(key)
    assert there is not None
    rows().put({**there, "body": deflate({**inflate(there["body"]), "phone": ["Xylophona Clerk"]})})


def test_a_crash_that_nobody_caught_is_logged_without_its_message(engine: Engine) -> None:
    """Lambda logs the message of such an error, and writes it into dead letters."""
    company = company_of_canaries(engine)
    heard = overheard(engine)
    company.night()
    _break_person(engine)
    with pytest.raises(Exception, match="Xylophona Clerk"):  # this is what it would have said
        config.read()
    for function, event in (("PlanRunFunction", {"kind": "tick"}), ("SweepStuckFunction", {"kind": "sweep"})):
        with pytest.raises(InvocationFailedError, match=r"^StoredError at \w+\.py:\d+$"):
            engine.invoke(function, event)
    pumped = engine.run_until(at(NIGHT, 12), quiet=company.run_instants)
    assert pumped.errors
    assert any('"errorMessage"' in line for line in engine.logs)
    assert any('"PD1902"' in line for line in engine.logs)
    assert "ScheduleDeadLetters" in company.dead_letters()
    assert found_in(everything(engine, heard)) == set()


def test_an_error_of_aws_that_quotes_a_record_is_not_quoted_on(engine: Engine) -> None:
    company = company_of_canaries(engine)
    heard = overheard(engine)
    said = "One or more parameter values are not valid: Zzyzx Debtor, zzap@0.debtor.example, 876543219"

    def refuse(call: Call) -> None:
        if call.moment is Moment.BEFORE and call.service == "dynamodb" and call.number % 7 == 0:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": said}}, call.operation)

    engine.faults.add(refuse)
    engine.run_until(at(NIGHT, 10), quiet=company.run_instants)
    assert any('"PD1901"' in line or '"PD1102"' in line or '"PD1902"' in line for line in engine.logs)
    assert found_in(everything(engine, heard)) == set()


def test_files_of_the_inbox_good_and_bad_tell_nobody(engine: Engine) -> None:
    company = company_of_canaries(engine)
    heard = overheard(engine)
    bank = Source.model_validate({"id": "house", "entity": ENTITY, "kind": "bank"})
    for source in (a_source(), bank):
        assert sources.put(source, was=0)
    line = "C9,Zzyzx Debtor,zzap@9.debtor.example,N9,2026-02-01,{due},8765432.19,8765432.19,EUR"
    statement = (
        ":20:S1\n:25:DE02120300000000202051\n:28C:1/1\n:60F:C260308EUR0,00\n"
        ":61:2603090309C8765432,19NTRFNONREF\n:86:166?20rent for the zeppelin?32Zzyzx Debtor\n:62F:C260309EUR{end}\n"
    )
    files = {
        "books/good.csv": table([line.format(due="2026-03-02")]),
        "books/bad.csv": table([line.format(due="Zzyzx Debtor")]),
        "books/cut.csv": table([line.format(due="2026-03-02")])[:-40],
        "house/good.sta": statement.format(end="8765432,19").encode(),
        "house/bad.sta": statement.format(end="8765432,18").encode(),
        "house/noise.xml": b"<Document><Nm>Zzyzx Debtor</Nm><",
    }
    for name, content in files.items():
        engine.move_to(engine.now + timedelta(seconds=1))
        bucket = engine.stack.outputs["InboxBucketName"]
        engine.client("s3").put_object(Bucket=bucket, Key=f"inbox/{ENTITY}/{name}", Body=content)
        engine.pump()
    company.until(at(NIGHT, 7))
    assert any('"PD1803"' in said for said in engine.logs)
    assert found_in(everything(engine, heard)) == set()
