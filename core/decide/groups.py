"""Which items share a message: never two legal entities, and as the policy groups them within an account."""

from core.balance import Netted
from core.policy.schema import Policy

GROUP = "account"  # the one group of a policy that groups by account


def group_of(row: Netted, level: int, policy: Policy) -> str:
    """The key of the message that an item belongs to. Args: `level` of the step due for it, or that it has reached."""
    match policy.group_by:
        case "account":
            return GROUP
        case "account_currency":
            return f"currency.{row.item.currency}"
        case "department":
            return f"department.{row.item.department or ''}"
        case "level":
            return f"level.{level}"
        case "item":
            return f"item.{row.item.id}"
