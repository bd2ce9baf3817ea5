"""`pastdue redrive`: what was given up is looked at anew, once, and only after somebody agreed."""

from pathlib import Path

from local.cli.errors import Exit
from local.cli.redrive import QUEUES
from local.cli.target import target
from tests.local.cli import pastdue

_DEAD = "NoticesDeadLetters"


def given_up(state: Path, queue: str, count: int) -> None:
    from local.cli.doctor import queue_urls

    with target(state) as found:
        url = dict(queue_urls(found))[queue]
        for _ in range(count):
            found.client("sqs").send_message(QueueUrl=url, MessageBody='{"v": 1, "notice_id": "nobody"}')


def test_what_was_given_up_goes_back_to_its_queue_once_a_person_agrees(state: Path) -> None:
    given_up(state, _DEAD, 12)
    given_up(state, "ScheduleDeadLetters", 1)
    here = ("--json", "--state", state)
    doctor = {one["found"]: one["try_next"] for one in pastdue("doctor", *here).data["findings"]}
    assert doctor[f"{_DEAD}: 12 given up"] == f"pastdue redrive notices --state {state}"
    assert pastdue("redrive", *here).code == Exit.FAILED  # nobody to ask
    said = pastdue("redrive", "--yes", *here)
    assert {name: count for name, count in said.data["moved"].items() if count} == {"notices": 12, "schedule": 1}
    found = [one["found"] for one in pastdue("doctor", *here).data["findings"]]
    assert f"{_DEAD}: 0 given up" in found
    assert "NoticesQueue: 12 waiting, 0 being worked on" in found
    assert pastdue("redrive", "nobody", *here).code == Exit.FAILED


def test_every_queue_of_dead_letters_can_be_moved_back(state: Path) -> None:
    from local.cli.doctor import queue_urls

    with target(state) as found:
        there = {name for name, _ in queue_urls(found)}
    assert {name for name in there if name.endswith("DeadLetters")} == {dead for dead, _ in QUEUES.values()}
    assert {home for _, home in QUEUES.values() if home} <= there
