"""Files that are kept: written once under a key that says what they are, and read back whole. A mark is replaced."""

from botocore.exceptions import ClientError

from functions.shared.settings import Settings
from functions.shared.wiring import client


def put_once(key: str, content: bytes, media_type: str) -> bool:
    """Keep a file; False when there is one of that key, which then stays."""
    try:
        client("s3").put_object(
            Bucket=Settings.from_env().archive_bucket, Key=key, Body=content, ContentType=media_type, IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            return False
        raise
    return True


def put(key: str, content: bytes, media_type: str) -> None:
    """Keep a file in place of the one of that key."""
    client("s3").put_object(Bucket=Settings.from_env().archive_bucket, Key=key, Body=content, ContentType=media_type)


def get(key: str) -> bytes:
    """The file of a key. Raises: botocore's ClientError when there is none."""
    return client("s3").get_object(Bucket=Settings.from_env().archive_bucket, Key=key)["Body"].read()
