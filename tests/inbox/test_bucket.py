"""The local stack's bucket behaves as the template says: versions, and word of what is new under inbox/ alone."""

import json
from pathlib import Path

from local.engine import Engine
from local.engine.state import StateFolder
from tests.inbox.dropped import Inbox


def test_what_is_new_is_told_with_its_version(engine: Engine) -> None:
    box, s3 = Inbox(engine), engine.client("s3")
    made = [s3.put_object(Bucket=box.bucket, Key="inbox/E1/books/a b.csv", Body=text) for text in (b"1", b"2")]
    s3.put_object(Bucket=box.bucket, Key="lists/E1/books/x.gz", Body=b"")
    told = [json.loads(body)["Records"][0]["s3"]["object"] for body in engine.messages("InboxQueue")]
    assert [(each["key"], each["versionId"]) for each in told] == [
        ("inbox%2FE1%2Fbooks%2Fa+b.csv", each["VersionId"]) for each in made
    ]
    first = s3.get_object(Bucket=box.bucket, Key="inbox/E1/books/a b.csv", VersionId=made[0]["VersionId"])
    assert first["Body"].read() == b"1"


def test_an_object_that_was_kept_is_the_same_and_no_news(engine: Engine, tmp_path: Path) -> None:
    box, state = Inbox(engine), StateFolder(tmp_path)
    box.put(b"1", "a.csv")
    key = "inbox/E1/books/a.csv"
    before = engine.client("s3").head_object(Bucket=box.bucket, Key=key)
    state.save(engine.stack, engine.ses, engine._retries, engine.now)
    engine.reset(now=engine.now)
    state.load(engine.stack, engine.ses, engine._retries, lambda _saved: None)
    after = engine.client("s3").head_object(Bucket=box.bucket, Key=key)
    assert [after[name] for name in ("VersionId", "LastModified", "ETag")] == [
        before[name] for name in ("VersionId", "LastModified", "ETag")
    ]
    assert len(engine.messages("InboxQueue")) == 1  # that of the drop itself
