"""Bills against bills worked out by hand, price files that are wrong, and the commands around them."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.counting import Counts, Plant, Share
from local.counting.kept import FILE_NAME, Kept, write
from local.pricing import PriceList, bill_of, fixed, load, of_counts, shipped
from local.pricing.bill import per, slope
from local.pricing.profile import read as read_profile
from local.pricing.quantities import seconds_of
from tests.local.cli import AS_OF, pastdue

NOTHING = Plant(0, 0, 0, 0, 0, traced=(), batches={}, log_days=0)
SENDER = "SendNoticesFunction"


@pytest.fixture(scope="module")
def prices() -> PriceList:
    found = load(shipped()["us-east-1"])
    assert isinstance(found, PriceList)
    return found


@pytest.mark.parametrize(("quantities", "usd"), [
    ({"ses_recipients": 1_000_000}, 100.0),
    ({"ses_recipients": 50, "ses_attachment_gb": 2}, 0.245),
    ({"dynamodb_write_units": 13_000_000, "dynamodb_read_units": 4_000_000}, 8.625),
    ({"sqs_requests": 2_500_000}, 1.0),
    ({"lambda_requests": 500_000, "lambda_gb_seconds": 30_000}, 0.500002),
    ({"s3_puts": 2_000, "s3_gets": 10_000}, 0.014),
    ({"firehose_gb": 9.54, "s3_stored_gb_months": 0.8}, 0.29506),
    ({"logs_ingested_gb": 1.5, "logs_stored_gb_months": 0.9}, 0.777),
    ({"alarm_months": 49, "dashboard_months": 1, "metric_months": 10, "key_months": 1, "secret_months": 2}, 12.7),
    ({"key_requests": 90_000, "schedule_invocations": 5_110, "traces": 5_110}, 0.30066),
    ({}, 0.0),
])  # fmt: skip
def test_a_bill_is_what_the_list_says(prices: PriceList, quantities: dict[str, float], usd: float) -> None:
    assert bill_of(quantities, prices).usd == pytest.approx(usd)


def test_a_bill_says_its_share_of_ses_and_the_dearest_line_first(prices: PriceList) -> None:
    bill = bill_of({"sqs_requests": 1000, "dynamodb_write_units": 15_000, "ses_recipients": 1000}, prices)
    assert [line.what for line in bill.lines] == ["ses_recipients", "dynamodb_write_units", "sqs_requests"]
    assert bill.against_ses == pytest.approx((0.1 + 0.009375 + 0.0004) / 0.1)
    assert bill_of({"sqs_requests": 1000}, prices).against_ses is None


def test_parts_and_slopes() -> None:
    assert per({"sqs_requests": 30}, 10) == {"sqs_requests": 3}
    assert per({"sqs_requests": 30}, 0) == {}
    assert slope({"s3_puts": 9, "s3_gets": 4}, {"s3_puts": 5}, 2) == {"s3_puts": 2, "s3_gets": 2}


def night(**changes: Any) -> Counts:
    """One night of a hundred mails, by round figures."""
    asked = Counter({"dynamodb UpdateItem": 500, "sesv2 SendEmail": 100, "sqs SendMessageBatch": 4, "s3 PutObject": 2})
    share = Share(asked, write_units=1300, read_units=450.5, invocations=20, polls=20, records=100, memory_mb=256)
    counts = Counts({SENDER: share}, mails=100, recipients=120, nights=1)
    return replace(counts, **changes)


def test_counts_become_what_is_billed(prices: PriceList) -> None:
    found = of_counts(night(events=Counter({"Email Sent": 90, "Email Bounced": 7})), prices.estimates, NOTHING)
    assert found["ses_recipients"] == 120
    assert (found["dynamodb_write_units"], found["dynamodb_read_units"]) == (1300, 450.5)
    assert found["sqs_requests"] == 4 + 20 * 2 + 7  # sent, received and deleted, brought by the bus
    assert (found["s3_puts"], found["lambda_requests"], found["firehose_gb"]) == (2, 20, 0)
    assert "traces" not in found


def test_mail_events_come_by_files_that_are_full_but_one_a_night_and_the_rare_ones_by_a_queue_too(
    prices: PriceList,
) -> None:
    plant = replace(NOTHING, file_bytes=1_000_000, file_days=73, file_reader="Reader", batches={"Reader": 50})
    reader = Share(Counter({"s3 GetObject": 2, "dynamodb GetItem": 9}), invocations=7, polls=7, records=7)
    events = Counter({"Email Sent": 1000, "Email Delivered": 995, "Email Bounced": 5})
    lived = Counts({"Reader": reader}, mails=1000, events=events, event_bytes=4_000_000, event_units=2001)
    found = of_counts(lived, prices.estimates, plant)
    assert found["firehose_gb"] == pytest.approx(2001 * 5 / 1024 / 1024)
    assert found["s3_puts"] == found["s3_gets"] == 5
    assert found["lambda_requests"] == 5 / 50 + 5  # the five messages of single events make a tenth of a batch
    assert found["sqs_requests"] == 5 + 5 * 2 + 5 * 3  # five bounces, alone here; five files told of
    assert found["s3_stored_gb_months"] == pytest.approx(0.004 * 0.15 * 2.4)


def test_where_a_queue_waits_for_more_batches_are_full(prices: PriceList) -> None:
    found = of_counts(night(), prices.estimates, replace(NOTHING, batches={SENDER: 10}))
    assert (found["lambda_requests"], found["sqs_requests"]) == (10, 4 + 10 * 2)


def test_a_traced_function_costs_a_trace_each_time(prices: PriceList) -> None:
    assert of_counts(night(), prices.estimates, replace(NOTHING, traced=(SENDER,)))["traces"] == 20


def test_lambdas_time_is_processor_time_at_its_share_and_a_wait_for_each_request(prices: PriceList) -> None:
    share = replace(night().share(SENDER), cpu_s=1.0, memory_mb=256)
    waits = (500 * 5 + 100 * 60 + 4 * 10 + 2 * 25) / 1000
    assert seconds_of(share, prices.estimates) == pytest.approx(1769 / 256 + waits)
    assert seconds_of(replace(share, memory_mb=3008), prices.estimates) == pytest.approx(1.0 + waits)
    found = of_counts(Counts({SENDER: share}), prices.estimates, NOTHING)
    assert found["lambda_gb_seconds"] == pytest.approx((1769 / 256 + waits) / 4)


def test_senders_that_wait_for_their_turn_are_billed_for_it(prices: PriceList) -> None:
    found = of_counts(night(), prices.estimates, replace(NOTHING, senders=5))
    assert found["lambda_gb_seconds"] == pytest.approx(100 * 5 / 14 / 4)
    slow = night(functions={SENDER: replace(night().share(SENDER), cpu_s=50.0)})
    assert (
        found["lambda_gb_seconds"] < of_counts(slow, prices.estimates, replace(NOTHING, senders=5))["lambda_gb_seconds"]
    )


def test_what_a_month_costs_anyway(prices: PriceList) -> None:
    plant = replace(NOTHING, alarms=49, dashboards=1, keys=1, secrets=2, polled_queues=5)
    tick = Counts({"PlanRunFunction": Share(read_units=10, invocations=1, memory_mb=256)})
    sweep = Counts({"SweepStuckFunction": Share(read_units=2, invocations=1, memory_mb=256)})
    lived = Counts(nights=2, stored_bytes=3 * 10**9, metric_hours=Counter(notice_accepted=8))
    found = fixed(plant, lived, tick, sweep, prices.estimates)
    assert found["dynamodb_read_units"] == 10 * 730 + 2 * 4380
    assert found["schedule_invocations"] == found["lambda_requests"] == 730 + 4380
    assert (found["alarm_months"], found["dynamodb_storage_gb_months"]) == (49, 3)
    assert found["sqs_requests"] == 5 * 900 * 730  # pollers of empty queues
    assert found["metric_months"] == pytest.approx(4 * (730 / 24) / 730)  # four hours a night


def test_the_plant_is_read_from_the_template() -> None:
    template = {
        "Parameters": {"LogRetentionDays": {"Default": 90}},
        "Resources": {
            "A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "x"}},
            "B": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a + b"}]
            }},
            "C": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": {"Ref": "F"}, "BatchSize": 10, "MaximumBatchingWindowInSeconds": 5}},
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"TracingConfig": {"Mode": "Active"}}},
            "G": {"Type": "AWS::Lambda::Function", "Properties": {"TracingConfig": {"Mode": "PassThrough"}}},
            "K": {"Type": "AWS::KMS::Key"},
        },
    }  # fmt: skip
    assert Plant.of(template) == Plant(3, 0, 1, 0, 1, ("F",), {"F": 10}, log_days=90)


def test_the_files_of_mail_events_are_read_from_the_template() -> None:
    template = {
        "Parameters": {"LogRetentionDays": {"Default": 90}},
        "Resources": {
            "B": {"Type": "AWS::S3::Bucket", "Properties": {
                "NotificationConfiguration": {"QueueConfigurations": [{"Queue": {"Fn::GetAtt": ["Q", "Arn"]}}]},
                "LifecycleConfiguration": {"Rules": [{"ExpirationInDays": 9}, {"Prefix": "e", "ExpirationInDays": 40}]},
            }},
            "S": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": {"ExtendedS3DestinationConfiguration": {
                "BucketARN": {"Fn::GetAtt": ["B", "Arn"]}, "Prefix": "e/", "BufferingHints": {"SizeInMBs": 2},
            }}},
            "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": {"Ref": "F"}, "BatchSize": 1, "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]}}},
        },
    }  # fmt: skip
    plant = Plant.of(template)
    assert (plant.file_bytes, plant.file_days, plant.file_reader) == (2 * 1024 * 1024, 40, "F")


# ---------- price files ----------
def test_every_price_has_a_date_and_a_source(prices: PriceList) -> None:
    assert prices.as_of.year >= 2026
    assert all(prices.prices.of(name).source for name in type(prices.prices).model_fields)


@pytest.mark.parametrize(("was", "now", "field", "problem"), [
    ("usd: 0.10, per: 1000", "usd: -1, per: 1000", "prices.ses_recipients.usd", "0"),
    ("usd: 0.10, per: 1000", "usd: 0.10, per: 0", "prices.ses_recipients.per", "0"),
    ("ses_recipients: ", "ses_recipient: ", "prices.ses_recipient", "ses_recipients"),
    ('as_of: "2026-06-30"', 'as_of: "June"', "as_of", "date"),
    ("dynamodb: 5", "dynamodb: soon", "estimates.milliseconds.dynamodb", "number"),
])  # fmt: skip
def test_what_is_wrong_with_a_price_file_is_said_by_place(
    tmp_path: Path, was: str, now: str, field: str, problem: str
) -> None:
    text = shipped()["us-east-1"].read_text()
    assert was in text
    (file := tmp_path / "mine.yaml").write_text(text.replace(was, now, 1))
    found = load(file)
    assert isinstance(found, list)
    wrong = next(one for one in found if one.field == field)
    assert (wrong.file, wrong.line > 3) == ("mine.yaml", True) or field == "as_of"
    assert problem in f"{wrong.problem} {wrong.allowed} {wrong.hint}"


def test_the_command_shows_what_is_wrong_with_a_file_and_ends_as_for_configuration(tmp_path: Path) -> None:
    (file := tmp_path / "mine.yaml").write_text("region: here\nprices: {}\n")
    said = pastdue("cost", "--prices", file, "--mails", "10")
    assert said.code == 4
    assert "is no price file" in said.err
    assert pastdue("cost", "--region", "mars").code == 2


# ---------- commands ----------
def test_a_month_is_forecast_by_a_night_that_was_counted_before(prices: PriceList) -> None:
    said = pastdue("cost", "--mails", "20000", "--json").data
    mail = read_profile().mails(1, prices)
    assert said["month"]["nights_usd"] == pytest.approx(20_000 * mail.usd)
    assert said["month"]["usd"] == pytest.approx(said["month"]["nights_usd"] + said["month"]["standing"]["usd"])
    assert said["mail"]["ses_usd"] == pytest.approx(0.0001)
    assert (said["region"], said["prices_as_of"]) == ("us-east-1", "2026-06-30")


def test_nothing_counted_is_said(tmp_path: Path) -> None:
    said = pastdue("cost", "--state", tmp_path)
    assert (said.code, "nothing was counted" in said.err) == (1, True)
    (tmp_path / FILE_NAME).write_text("[]")
    assert "holds no counts" in pastdue("cost", "--state", tmp_path).err


def test_counts_of_nights_are_kept_and_priced(tmp_path: Path) -> None:
    write(tmp_path, Kept(NOTHING, night()))
    said = pastdue("cost", "--state", tmp_path, "--json").data
    assert (said["nights"], said["mails"], said["write_units"]) == (1, 100, 1300)
    assert said["mail"]["usd"] * 100 == pytest.approx(said["night"]["usd"], rel=1e-4)
    assert said["night"]["ses_usd"] == pytest.approx(0.012)
    assert "times the price of SES" in pastdue("cost", "--state", tmp_path).out


def test_a_run_counts_on_top_of_what_was_counted(live: Path) -> None:
    said = pastdue("run", "--as-of", AS_OF, "--count", "--state", live)
    assert said.code == 0, said.err
    kept = json.loads((live / FILE_NAME).read_text())
    assert kept["nights"]["nights"] == 1
    assert kept["nights"]["functions"][SENDER]["requests"]["sesv2 SendEmail"] == kept["nights"]["mails"] > 0
    assert kept["plant"]["alarms"] > 40
    again = pastdue("cost", "--state", live, "--json").data
    assert again["by_function"][SENDER]["write_units"] > 0
    assert again["month"]["standing"]["usd"] > 5


def test_a_rehearsal_says_what_it_would_cost(live: Path) -> None:
    said = pastdue("simulate", "--days", "30", "--json", "--state", live).data
    messages = sum(one["what"] == "message" for one in said["coming"])
    assert said["cost"]["mails"] == messages
    assert said["cost"]["usd"] == pytest.approx(said["cost"]["mails_usd"] + said["cost"]["standing_usd"])
