"""`config apply`, `go-live`, `policy`: what is shown, what is refused, and that nothing is sent before go-live."""

from datetime import date
from pathlib import Path

import pytest

from functions.shared.store import config
from local.cli.config import read_checked, write
from local.cli.errors import CliError
from local.cli.review import looks
from local.cli.target import target
from tests.local.cli import ENTITY, PEOPLE, pastdue, write_config


def test_nothing_is_applied_when_nobody_can_be_asked(tmp_path: Path) -> None:
    folder, where = write_config(tmp_path / "config"), tmp_path / "state"
    said = pastdue("config", "apply", folder, "--state", where)
    assert said.code == 1
    assert "entity acme: new" in said.err
    assert f"config apply {folder} --yes" in said.err
    assert "there is no local state" in pastdue("doctor", "--state", where).err


def test_a_folder_is_applied_once(tmp_path: Path) -> None:
    folder, where = write_config(tmp_path / "config"), tmp_path / "state"
    first = pastdue("config", "apply", folder, "--yes", "--json", "--state", where)
    assert first.code == 0
    assert first.data["format_version"] == "1.0"
    assert {"entity acme: new", "person ann: new", "policy machinery-manufacturer: new"} <= set(first.data["changes"])
    again = pastdue("config", "apply", folder, "--json", "--state", where)  # no --yes: there is nothing to agree to
    assert (again.code, again.data["changes"]) == (0, [])


def test_a_change_is_shown_and_looks_at_every_account_again(live: Path, tmp_path: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    folder = write_config(tmp_path / "config", ENTITY + "run_hour: 7\n")
    said = pastdue("config", "apply", folder, "--yes", "--json", "--state", live)
    assert said.data["changes"] == ["entity acme: run_hour 6 -> 7"]
    assert said.data["accounts_to_review"] == 2
    assert "acme is live" in pastdue("doctor", "--state", live).out  # a folder neither starts nor stops the sending


def test_who_is_left_out_of_a_folder_is_named(live: Path, tmp_path: Path) -> None:
    entity = ENTITY.replace("contact_person: ann", "contact_person: bea")
    folder = write_config(tmp_path / "config", entity, PEOPLE.replace("id: ann", "id: bea"))
    said = pastdue("config", "apply", folder, "--state", live)
    assert "not in this folder, and kept as they are: person ann" in said.err


LATER = """\
policy: machinery-manufacturer
version: 99
steps:
  - { id: b, offset_days: 9, level: 1, template: reminder, audience: { customer: [ap_contact] } }
"""


def test_whoever_changes_it_at_the_same_time_keeps_no_account_from_being_looked_at(live: Path, tmp_path: Path) -> None:
    """The policy is in force by then, and applying it once more finds nothing to change; it names no entity itself."""
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "later.yaml").write_text(LATER)
    (tmp_path / "people.yaml").write_text(PEOPLE.replace("0100", "0101"))
    with target(live, None) as found:
        current, wanted = config.read(), read_checked(tmp_path).wanted
        assert date(2026, 3, 2) not in {on for on, _ in looks("acme")}
        assert config.put_person(current.people["ann"].model_copy(update={"phone": None}), was=1)
        with pytest.raises(CliError, match="somebody else"):
            write(current, wanted, found)
        assert config.read().policies["machinery-manufacturer"].version == 99
        assert {on for on, _ in looks("acme")} == {date(2026, 3, 2)}
        (tmp_path / "policies" / "later.yaml").write_text(LATER.replace("offset_days: 9", "offset_days: 8"))
        with pytest.raises(CliError, match="version 99 exists with other content"):
            write(current, read_checked(tmp_path).wanted, found)  # two people take the same number


@pytest.mark.parametrize(
    ("entity", "people", "place"),
    [
        (ENTITY.replace("zone: UTC", "zone: Mars/Olympus"), PEOPLE, "entities/acme.yaml:3:7"),
        (ENTITY + "colour: red\n", PEOPLE, "entities/acme.yaml:7:1"),
        (ENTITY + "live: true\n", PEOPLE, "entities/acme.yaml:7:7"),
        (ENTITY, "people:\n\t- {}\n", "people.yaml:2:1"),
        (ENTITY + "policy: machinery-manufacture\n", PEOPLE, "did you mean 'machinery-manufacturer'?"),
    ],
)
def test_mistakes_have_a_place_and_change_nothing(tmp_path: Path, entity: str, people: str, place: str) -> None:
    said = pastdue("config", "apply", write_config(tmp_path / "c", entity, people), "--yes", "--state", tmp_path / "s")
    assert said.code == 4
    assert place in said.err
    assert not (tmp_path / "s").exists()


def test_a_policy_in_use_needs_a_new_version(state: Path, tmp_path: Path) -> None:
    from core.policy.load import shipped

    folder = write_config(tmp_path / "config")
    (folder / "policies").mkdir()
    text = shipped()["machinery-manufacturer"].read_text(encoding="utf-8").replace("offset_days: 60", "offset_days: 55")
    file = folder / "policies" / "machinery-manufacturer.yaml"
    file.write_text(text, encoding="utf-8")
    said = pastdue("config", "apply", folder, "--yes", "--state", state)
    assert said.code == 4
    assert "machinery-manufacturer" in said.err
    file.write_text(text.replace("version: 1", "version: 2"), encoding="utf-8")
    assert pastdue("config", "apply", folder, "--yes", "--state", state).code == 0


def test_senders_share_one_domain(tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config")
    other = ENTITY.replace("id: acme", "id: bolt").replace("mail.acme.example", "mail.bolt.example")
    (folder / "entities" / "bolt.yaml").write_text(other, encoding="utf-8")
    said = pastdue("config", "apply", folder, "--yes", "--state", tmp_path / "state")
    assert (said.code, "mail.acme.example, mail.bolt.example" in said.err) == (4, True)


def test_nothing_is_sent_before_go_live(state: Path) -> None:
    night = pastdue("run", "--as-of", "2026-03-02", "--json", "--state", state)
    assert (night.code, night.data["nights"][0]["sent"]) == (0, [])
    assert "acme is not live" in night.err
    asked = pastdue("go-live", "acme", "--state", state)
    assert asked.code == 1
    assert "2 accounts with open items" in asked.err
    assert pastdue("go-live", "acme", "--yes", "--state", state).code == 0
    assert len(pastdue("run", "--as-of", "2026-03-03", "--json", "--state", state).data["nights"][0]["sent"]) > 0


def test_going_live_may_be_taken_back(live: Path) -> None:
    assert pastdue("go-live", "acme", "--stop", "--state", live).code == 0
    night = pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live)
    assert night.data["nights"][0]["sent"] == []


def test_after_a_stop_the_sending_goes_on_where_it_stood(live: Path) -> None:
    """Not as for an old ledger: no statement instead of a reminder, and nobody waits for a day of the ramp."""
    assert pastdue("run", "--as-of", "2026-03-02", "--state", live).code == 0
    assert pastdue("go-live", "acme", "--stop", "--state", live).code == 0
    said = pastdue("go-live", "acme", "--yes", "--json", "--state", live)
    assert (said.data["live"], said.data["statements"]) == (True, 0)


def test_an_unknown_entity_names_those_that_there_are(state: Path) -> None:
    for words in (("go-live", "acne", "--yes"), ("doubts", "--entity", "acne"), ("tasks", "--entity", "acne")):
        said = pastdue(*words, "--state", state)
        assert (said.code, "entities: acme" in said.err) == (1, True)


def test_policies_are_checked_and_read_out(tmp_path: Path) -> None:
    assert pastdue("policy", "check", "machinery-manufacturer").code == 0
    told = pastdue("policy", "explain", "headline-31-61-91", "--json").data["sentences"]
    assert "31 days past due" in told[1]
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy: bad\nversion: 1\nsteps:\n  - { id: a, ofset_days: 3 }\n", encoding="utf-8")
    said = pastdue("policy", "check", bad)
    assert (said.code, "did you mean 'offset_days'?" in said.err) == (4, True)
    assert pastdue("policy", "check", "no-such-policy").code == 1
