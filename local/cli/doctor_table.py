"""What `doctor` says of the table: whether mistakes in it can be undone. A restored one has none of its protections."""

from collections.abc import Iterator
from typing import Any

from local.cli.finding import Finding, Health
from local.cli.target import Target


def table(found: Target) -> Iterator[Finding]:
    """Its state, its indexes, and what protects it."""
    from functions.shared.settings import Settings

    dynamodb, name = found.client("dynamodb"), Settings.from_env().table_name
    described = dynamodb.describe_table(TableName=name)["Table"]
    status = described["TableStatus"]
    yield Finding("table", Health.OK if status == "ACTIVE" else Health.FAIL, f"{name}: {status}")
    yield from _indexes(described)
    yield from _protection(dynamodb, name, described)


def _indexes(described: dict[str, Any]) -> Iterator[Finding]:
    from functions.shared.settings import MissingSettingError, Settings

    indexes = described.get("GlobalSecondaryIndexes", [])
    states = {index["IndexName"]: index.get("IndexStatus", "ACTIVE") for index in indexes}  # emulators say none
    for field in ("due_index", "attention_index", "work_index", "ref_index"):
        try:
            index = getattr(Settings.from_env(), field)
        except MissingSettingError:
            yield Finding("table", Health.FAIL, f"no index for {field.upper()}", "sam deploy", "nights find nothing")
            continue
        if states.get(index) != "ACTIVE":
            why = "what is looked up in it is not found until it is built"
            yield Finding("table", Health.FAIL, f"index {index} is {states.get(index) or 'not there'}", why=why)


def _protection(dynamodb: Any, name: str, described: dict[str, Any]) -> Iterator[Finding]:
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    if recovery != "ENABLED":
        yield Finding(
            "table",
            Health.FAIL,
            "it cannot be restored to an earlier moment",
            f"aws dynamodb update-continuous-backups --table-name {name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
            "a mistake that destroys records could not be undone",
        )
    if not described.get("DeletionProtectionEnabled"):
        command = f"aws dynamodb update-table --table-name {name} --deletion-protection-enabled"
        yield Finding("table", Health.FAIL, "it can be deleted", command, "one wrong command would lose everything")
    said = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if said.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING") or said.get("AttributeName") != "expires_at":
        command = (
            f"aws dynamodb update-time-to-live --table-name {name} "
            "--time-to-live-specification Enabled=true,AttributeName=expires_at"
        )
        yield Finding("table", Health.WARN, "old records stay for ever", command, "history and its cost only grow")
