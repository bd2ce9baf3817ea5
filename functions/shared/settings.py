"""What the template tells a function through its environment; every name is said once, here."""

import os
from collections.abc import Mapping

from core.values import dataclass


class MissingSettingError(RuntimeError):
    """An environment variable that this function needs is not set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment as it is at this moment. A field is looked up when it is read: a function sets only its own."""

    variables: Mapping[str, str]

    @classmethod
    def from_env(cls) -> "Settings":
        """The settings of the function that runs now; not cached, since one process may play several functions."""
        return cls(os.environ)

    @property
    def table_name(self) -> str:
        return self._need("TABLE_NAME")

    @property
    def due_index(self) -> str:
        return self._need("DUE_INDEX")

    @property
    def attention_index(self) -> str:
        return self._need("ATTENTION_INDEX")

    @property
    def work_index(self) -> str:
        return self._need("WORK_INDEX")

    @property
    def ref_index(self) -> str:
        return self._need("REF_INDEX")

    @property
    def accounts_queue_url(self) -> str:
        return self._need("ACCOUNTS_QUEUE_URL")

    @property
    def notices_queue_url(self) -> str:
        return self._need("NOTICES_QUEUE_URL")

    @property
    def feedback_queue_url(self) -> str:
        """Where single mail events wait."""
        return self._need("FEEDBACK_QUEUE_URL")

    @property
    def configuration_set(self) -> str:
        return self._need("CONFIGURATION_SET")

    @property
    def deployment(self) -> str:
        """The stack's name: part of every id, so that two stacks never share one."""
        return self._need("DEPLOYMENT")

    @property
    def divert_all_mail_to(self) -> str | None:
        """Where every message goes instead of to its readers; None: to its readers."""
        return self.variables.get("DIVERT_ALL_MAIL_TO") or None

    @property
    def link_secret_arn(self) -> str:
        """Where the keys are kept that sign links and reply addresses."""
        return self._need("LINK_SECRET_ARN")

    @property
    def webhook_secret_arn(self) -> str:
        """Where the keys are kept that the secrets of webhooks follow from."""
        return self._need("WEBHOOK_SECRET_ARN")

    @property
    def webhooks_queue_url(self) -> str:
        return self._need("WEBHOOKS_QUEUE_URL")

    @property
    def archive_bucket(self) -> str:
        return self._need("ARCHIVE_BUCKET")

    @property
    def inbox_bucket(self) -> str:
        """Where files of ledgers and banks are dropped."""
        return self._need("INBOX_BUCKET")

    @property
    def inbox_queue_url(self) -> str:
        return self._need("INBOX_QUEUE_URL")

    @property
    def documents_function(self) -> str:
        """The function that makes letters and statements."""
        return self._need("DOCUMENTS_FUNCTION")

    def _need(self, name: str) -> str:
        value = self.variables.get(name)
        if not value:
            raise MissingSettingError(f"environment variable {name} is not set")
        return value
