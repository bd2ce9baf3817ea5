"""Answers of other systems, kept in the inbox bucket while a pull is under way; its life-cycle rule removes them."""

from botocore.exceptions import ClientError

from functions.shared.settings import Settings
from functions.shared.wiring import client


def get(key: str) -> bytes | None:
    """What was kept; None where nothing was."""
    try:
        return client("s3").get_object(Bucket=Settings.from_env().inbox_bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise


def put(key: str, content: bytes) -> None:
    """Keep an answer."""
    client("s3").put_object(Bucket=Settings.from_env().inbox_bucket, Key=key, Body=content)
