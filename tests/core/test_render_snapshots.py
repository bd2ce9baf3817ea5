"""Every message as a person reads it: one page of text a kind, in English. Look at the changes before you accept them.

pytest tests/core/test_render_snapshots.py --snapshot-update
"""

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from core.render.digest import compose_digest
from core.render.internal import compose_alert, compose_call_task, compose_run_approval
from core.render.messages import MailKind
from core.render.render import AnyMail
from tests.core.answer_samples import (
    ANSWER_KINDS,
    CALL,
    COMMANDS,
    STOPPED,
    WAITING,
    an_answer,
    an_item,
    answer,
    answered,
    call_facts,
)
from tests.core.render_samples import (
    ANNA,
    AS_OF,
    BEFORE_THE_DAY,
    COMING,
    ENTITY,
    FREE_OF_CHARGE,
    TODAY,
    a_charge,
    a_line,
    a_mail,
    a_plan,
    entry,
    rendered,
)


class Page(SingleFileSnapshotExtension):
    """A file a message, named after it."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: object = 0) -> str:
        return str(test_location.item.callspec.params["kind"])  # type: ignore[attr-defined]


def sample(kind: str) -> AnyMail:
    """A short message of everyday: few invoices, one of them paid in part."""
    if kind in ANSWER_KINDS:
        return answer(an_answer(kind, (answered(), answered("INV-1051", 125_000, 0))))
    english = ANNA.model_copy(update={"language": "en"})
    entity = ENTITY.model_copy(update={"language": "en"})
    match kind:
        case "digest":
            return _digest()
        case "call-task":
            items = (an_item(), an_item("INV-1051", 9), an_item("INV-3", -7))
            return compose_call_task(CALL, call_facts(items=items), entity, english)
        case "alert":
            return compose_alert(WAITING, STOPPED, entity, english, COMMANDS)
        case "approval":
            return compose_run_approval(WAITING, entity, english, COMMANDS)
        case _:
            return _about_invoices(kind)


def _about_invoices(kind: str) -> AnyMail:
    late = (a_line(), a_line("INV-1030", 45, 980_000, open_minor=640_000, due_minor=640_000))
    charges = () if kind in FREE_OF_CHARGE else (a_charge(),)
    overdue, coming = ((), (TODAY, COMING)) if kind in BEFORE_THE_DAY else (late, (COMING,))
    return a_mail(a_plan(kind, overdue, coming, charges=charges if overdue else ()))


def _digest() -> AnyMail:
    entries = [entry(), entry("C-3", "Q-1", 62, 700_000, customer_name="Brick & Sons", kind="message", what="warning")]
    return compose_digest(entries, ENTITY, ANNA, "en", AS_OF)


@pytest.mark.parametrize("kind", [kind.value for kind in MailKind])
def test_message(kind: str, snapshot: SnapshotAssertion) -> None:
    mail = rendered(sample(kind))
    assert snapshot(extension_class=Page) == f"Subject: {mail.subject}\n\n{mail.text}"
