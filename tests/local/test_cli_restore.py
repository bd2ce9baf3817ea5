"""`pastdue restore`: held before, learnt after, and let go by a person who has seen what is missing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from local.cli.errors import Exit
from local.cli.restore import lost_since
from local.cli.target import target
from local.engine.state import FILE_NAME
from tests.local.cli import AS_OF, pastdue
from tests.scenarios.company import NIGHT, at


def standing(state: Path) -> Any:
    return pastdue("restore", "check", "--json", "--state", state).data


def lose(state: Path, earlier: str) -> None:
    """The table as it was; mails, bucket and archive as they are."""
    lines = (state / FILE_NAME).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('{"t":"item"')]
    before = [line for line in earlier.splitlines(keepends=True) if line.startswith('{"t":"item"')]
    (state / FILE_NAME).write_text("".join([kept[0], *before, *kept[1:]]), encoding="utf-8")


def mails(state: Path) -> int:
    return len(pastdue("outbox", "--json", "--state", state).data["mails"])


def test_a_restored_table_is_held_learnt_and_let_go(state: Path) -> None:
    here = ("--json", "--state", state)
    assert pastdue("go-live", "acme", "--yes", "--at-once", *here).code == Exit.DONE
    earlier = (state / FILE_NAME).read_text(encoding="utf-8")
    assert pastdue("run", "--as-of", AS_OF, *here).code == Exit.DONE
    sent = mails(state)
    assert sent > 0
    lose(state, earlier)
    held = standing(state)
    assert (held["held"], held["missing"]) == (
        "the table is older than what was sent", "what was sent is not learnt again",
    )  # fmt: skip
    doctor = [one for one in pastdue("doctor", *here).data["findings"] if one["area"] == "restore"]
    assert doctor[0]["health"] == "fail"
    assert doctor[0]["try_next"] == f"pastdue restore learn --state {state}"
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.FAILED
    assert pastdue("restore", "learn", *here).code == Exit.DONE
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.DONE
    assert pastdue("run", "--as-of", AS_OF, *here).code == Exit.DONE
    assert mails(state) == sent


def test_a_person_holds_the_sending_and_lets_it_go_where_nothing_was_restored(state: Path) -> None:
    here = ("--json", "--state", state)
    assert pastdue("restore", "hold", *here).data["held"] == "held by a person"
    early = pastdue("restore", "learn", *here)
    assert early.code == Exit.FAILED
    assert "archive may still lack" in early.err
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.DONE
    assert pastdue("restore", "lift", *here).data == {"format_version": "1.0", "command": "restore lift", "held": ""}


def test_what_is_learnt_reaches_back_before_the_restored_moment() -> None:
    from functions.shared.store.permits import Permit

    now = at(NIGHT, 12)
    assert lost_since(Permit(), now) == now - timedelta(hours=48)
    assert lost_since(Permit(at=now - timedelta(hours=3)), now) == now - timedelta(hours=48)
    assert lost_since(Permit(at=now - timedelta(days=5)), now) == now - timedelta(days=5, hours=1)
    # older events are not kept
    assert lost_since(Permit(at=now - timedelta(days=500)), now) == now - timedelta(days=40)


def test_the_stack_says_where_its_mail_events_are_kept(state: Path) -> None:
    from local import replays

    with target(state) as found:
        archive = replays.archive_of(found)
    assert archive.bus_arn.endswith(":event-bus/default")
    assert ":rule/" in archive.rule_arn


def test_doctor_asks_nobody_about_the_domain_of_a_local_engine(state: Path) -> None:
    said = pastdue("doctor", "--json", "--state", state).data["findings"]
    assert "SPF, DKIM and DMARC of mail.acme.example: not checked on the local engine" in [one["found"] for one in said]
