"""Letters and statements that go with a mail: made before it is sent, kept, and never promised without being there."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from pypdf import PdfReader

from functions.shared.store.notices import NoticeRecord
from local.engine import Engine
from local.engine.faults import Call, Moment, client_error
from tests.builders import a_policy, an_item
from tests.scenarios.company import NIGHT as MONDAY
from tests.scenarios.company import Company, at, invoice

STEP = {"id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
MANY = tuple(an_item(f"C1-I{n:03}", number=f"INV-{n:03}", customer="C1", original_minor=1_000 + n) for n in range(120))


def of_step(**changes: Any) -> Any:
    return a_policy(steps=[{**STEP, **changes}])


def kept(engine: Engine) -> list[str]:
    """What is in the archive, by its last part."""
    bucket = engine.stack.outputs["ArchiveBucketName"]
    listed = engine.client("s3").list_objects_v2(Bucket=bucket, Prefix="documents/").get("Contents", [])
    return sorted(found["Key"].rsplit("/", 1)[-1] for found in listed)


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_what_the_policy_attaches_goes_with_the_mail_and_is_kept(engine: Engine) -> None:
    company = Company(engine, policy=of_step(attach=["letter", "statement-csv"]))
    address = ("Goods In", "1 Quay Street", "Bristol BS1 4QA")
    company.knows(invoice(customer_changes={"address": address}))
    company.day()
    (mail,) = company.mails
    (letter, media_type, pdf), (listing, _, _) = mail.attachments
    assert (letter, media_type, listing) == (f"letter-C1-{MONDAY}.pdf", "application/pdf", f"statement-C1-{MONDAY}.csv")
    for fact in ("Customer One", *address, "INV-C1-I1", "100.00"):
        assert fact in words_of(pdf), fact
    assert "also attached as a letter" in " ".join(mail.text.split())
    assert kept(engine) == ["letter.pdf", "source.json", "statement.csv"]


def test_a_list_that_was_cut_short_is_whole_in_the_statement(engine: Engine) -> None:
    company = Company(engine, policy=of_step())
    company.knows(invoice("C1", *MANY))
    company.day()
    (mail,) = company.mails
    (_, _, pdf), (_, _, table) = mail.attachments
    assert "INV-119" not in mail.text
    words = words_of(pdf)
    assert [item.number for item in MANY if item.number not in words] == []
    rows = list(csv.DictReader(StringIO(table.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == [item.number for item in MANY]
    assert sum(round(float(row["to_pay"]) * 100) for row in rows) == sum(item.original_minor for item in MANY)
    assert "1,271.40" in words
    assert "1,271.40" in mail.text


def test_a_mail_is_kept_as_a_letter_where_the_policy_says_so(engine: Engine) -> None:
    company = Company(engine, policy=of_step(archive=True))
    company.knows(invoice())
    company.day()
    (mail,) = company.mails
    assert mail.attachments == ()
    assert kept(engine) == ["letter.pdf", "source.json"]


def test_a_plain_mail_asks_nobody_for_papers(engine: Engine) -> None:
    company = Company(engine, policy=of_step())
    company.knows(invoice())
    company.day()
    assert len(company.mails) == 1
    assert kept(engine) == []
    assert not any(service == "lambda" for _, service, _ in engine.calls.counts)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        ("SendNoticesFunction", "Invoke"),
        ("SendNoticesFunction", "GetObject"),
        ("RenderDocumentsFunction", "PutObject"),
    ],
)
def test_without_its_papers_a_mail_waits_and_is_sent_once_they_are_there(
    engine: Engine, function: str, operation: str
) -> None:
    company = Company(engine, policy=of_step(attach=["letter"]))
    company.knows(invoice())

    def breaks(call: Call) -> None:
        of_papers = str(call.params.get("Key", "documents/")).startswith("documents/")
        if of_papers and (call.function, call.operation, call.moment) == (function, operation, Moment.BEFORE):
            raise client_error(operation, "ServiceUnavailable", status=503)

    engine.faults.add(breaks)
    company.until(at(MONDAY, 8, 5))
    assert company.mails == []
    waiting: NoticeRecord = company.notice()
    assert (waiting.state, waiting.waits_for) == ("PLANNED", "documents")
    assert any(json.loads(line).get("event") == "PD1305" for line in engine.logs if line.startswith("{"))
    engine.faults.clear()
    company.until(at(MONDAY, 8, 45))
    (mail,) = company.mails
    assert [name for name, _, _ in mail.attachments] == [f"letter-C1-{MONDAY}.pdf"]


def test_an_invocation_and_a_log_hold_ids_only(engine: Engine) -> None:
    company = Company(engine, policy=of_step(attach=["letter"]))
    company.knows(invoice())
    payloads: list[dict[str, Any]] = []

    def watch(call: Call) -> None:
        if (call.operation, call.moment) == ("Invoke", Moment.BEFORE):
            payloads.append(json.loads(call.params["Payload"]))

    engine.faults.add(watch)
    company.day()
    assert [sorted(payload) for payload in payloads] == [["digest", "notice_id", "v"]]
    assert not any("Customer One" in line for line in engine.logs)
