"""The default event bus: SES puts its events here, rules carry them to queues and streams."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from local.engine.aws import client
from local.engine.permissions import Need, allowed
from local.engine.pump import NotGrantedError
from local.engine.stack import Stack

_EVENTBRIDGE: Final = ("Service", "events.amazonaws.com")
_ENTRIES: Final = 10  # of one PutEvents


@dataclass(slots=True)
class Bus:
    """Publishes, once it is sure that AWS would let the rules deliver."""

    stack: Stack
    _checked: bool = field(default=False)

    def publish(self, entries: list[dict[str, Any]]) -> None:
        """Raises: NotGrantedError where a queue, a key or a stream refuses EventBridge; AWS would say nothing."""
        if not self._checked:
            self._check()
            self._checked = True
        for start in range(0, len(entries), _ENTRIES):
            client("events").put_events(Entries=entries[start : start + _ENTRIES])

    def _check(self) -> None:
        for rule_arn, target in self._routes():
            if ":sqs:" in target["Arn"]:
                self._check_queue(rule_arn, target["Arn"])
            elif ":firehose:" in target["Arn"]:
                self._check_stream(rule_arn, target)

    def _check_queue(self, rule_arn: str, queue_arn: str) -> None:
        need = Need("sqs:SendMessage", queue_arn, (("aws:sourcearn", rule_arn),))
        policy = self.stack.queue_policy(queue_arn.rsplit(":", 1)[-1])
        if policy is None or not allowed([policy], need, principal=_EVENTBRIDGE):
            raise NotGrantedError(f"the policy of {queue_arn} does not let rule {rule_arn} send")
        self._check_key(queue_arn)

    def _check_stream(self, rule_arn: str, target: dict[str, Any]) -> None:
        """Source: Amazon EventBridge user guide, "Amazon Data Firehose stream target"."""
        need = Need("firehose:PutRecordBatch", target["Arn"])
        if not allowed(self.stack.policies_of(target["RoleArn"]), need):
            raise NotGrantedError(f"the role that rule {rule_arn} has for {target['Arn']} may not put into it")

    def _routes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Rule and target, of every enabled rule of the stack."""
        events = client("events")
        for logical_id in self.stack.logical_ids("AWS::Events::Rule"):
            rule = events.describe_rule(Name=self.stack.physical_id(logical_id))
            if rule["State"] == "ENABLED":
                for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                    yield rule["Arn"], target

    def _check_key(self, queue_arn: str) -> None:
        key_arn = self.stack.queue_key(queue_arn.rsplit(":", 1)[-1])
        if key_arn is None:
            return
        found = client("kms").get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"]
        policy = json.loads(found) if isinstance(found, str) else found  # moto keeps CloudFormation's object
        account = key_arn.split(":")[4]
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            # A key's policy speaks of this key, and says *.
            need = Need(action, key_arn, (("aws:sourceaccount", account),))
            if not allowed([policy], need, principal=_EVENTBRIDGE):
                raise NotGrantedError(
                    f"the policy of {key_arn} does not let EventBridge {action}, so {queue_arn} stays empty"
                )
