"""What a batch of mails goes by: known for a moment, and then looked at again."""

from datetime import timedelta

from functions.send_notices.gate import TRUSTED, Gate
from functions.shared.store import inbox
from functions.shared.store.inbox import InboxFile
from tests.functions.stored import NOW


def test_a_file_that_comes_while_a_batch_is_sent_holds_the_rest_of_it() -> None:
    gate = Gate(10)
    assert not gate.lies_unread("E1", NOW)
    assert inbox.register(InboxFile("f", "E1", "bank", "inbox/E1/bank/day.sta", "", "e", 9, NOW, NOW))
    assert not gate.lies_unread("E1", NOW + TRUSTED)  # as lately looked at as everything else
    assert gate.lies_unread("E1", NOW + TRUSTED + timedelta(milliseconds=1))
    assert not gate.lies_unread("E2", NOW)
