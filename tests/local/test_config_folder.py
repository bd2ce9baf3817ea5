"""The configuration folder: read whole, every mistake in its place, and a diff that says what would change."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.ledger import Entity
from local.config_checks import iban_adds_up
from local.config_folder import Wanted, diff, read_folder, stale_versions

FILES = {
    "entities/nord.yaml": """\
id: nord
name: Nord Maschinen GmbH
zone: Europe/Berlin
country: DE
language: de
policy: headline-31-61-91
sender: ar@nord.example
contact_person: anna
bank_accounts:
  - { holder: Nord, iban: DE89 3704 0044 0532 0130 00 }
""",
    "people.yaml": """\
people:
  - { id: anna, name: Anna, email: anna@nord.example, roles: [accounting] }
""",
    "policies/own.yaml": """\
policy: own
version: 1
steps:
  - { id: a, offset_days: 3, template: reminder, audience: { customer: [ap_contact] } }
""",
}


def folder(path: Path, **changes: str | None) -> Path:
    """The files above, with some changed (`/` and `.` of the name written `__` and `_`); None leaves one out."""
    by_key = {name.replace("/", "__").replace(".", "_"): name for name in FILES}
    files = FILES | {by_key.get(key, key): text for key, text in changes.items()}  # type: ignore[operator]
    for name, text in files.items():
        if text is not None:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text, encoding="utf-8")
    return path


def errors(path: Path) -> list[str]:
    return [str(error) for error in read_folder(path).errors]


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    read = read_folder(folder(tmp_path))
    assert (read.errors, read.warnings) == ((), ())
    assert read.wanted.entities["nord"].name == "Nord Maschinen GmbH"
    assert read.wanted.people["anna"].roles == ("accounting",)
    assert set(read.wanted.policies) == {"own", "headline-31-61-91"}  # what is shipped and named comes along


def test_an_entity_has_the_holidays_of_its_country(tmp_path: Path) -> None:
    days = read_folder(folder(tmp_path)).wanted.entities["nord"].holidays
    assert date(2026, 12, 25) in days
    assert date(2013, 5, 1) in days
    assert list(days) == sorted(days)
    own = FILES["entities/nord.yaml"] + "holidays: [2026-08-08]\n"
    assert read_folder(folder(tmp_path, entities__nord_yaml=own)).wanted.entities["nord"].holidays == (
        date(2026, 8, 8),
    )


ENTITY = FILES["entities/nord.yaml"]


@pytest.mark.parametrize(("was", "now", "expected"), [
    ("Europe/Berlin", "Europe/Belrin", "3:7  zone  'Europe/Belrin' is not a time zone; did you mean"),
    ("Europe/Berlin", "Berlin", "3:7  zone  'Berlin' is not a time zone; did you mean 'Europe/Berlin'?"),
    ("Europe/Berlin", "CET+1", "3:7  zone  'CET+1' is not a time zone; write it as Europe/Berlin"),
    ("country: DE", "country: GE1", "4:10  country  'GE1' is not a country"),
    ("language: de", "language: deutsch", "5:11  language  'deutsch' is not a language"),
    ("headline-31-61-91", "headline-31", "6:9  policy  there is no policy 'headline-31'; did you mean 'headline-31-"),
    ("ar@nord.example", "ar@nord", "7:9  sender  'ar***@nord' is not one mail address"),
    ("person: anna", "person: ana", "8:17  contact_person  there is no person 'ana'; did you mean 'anna'"),
    ("0130 00", "0130 01", "10:27  bank_accounts[0].iban  'DE89 3704 0044 0532 0130 01' is not an IBAN"),
    ("id: nord", "id: no#rd", "1:5  id  'no#rd' is not an id"),
    ("zone:", "zon:", "3:1  zon  unknown key; did you mean 'zone'?"),
    ("language: de", "run_hour: 24", "5:11  run_hour  expected at most 23, got 24"),
    ("language: de", "live: true", "5:7  live  a folder does not start the sending"),
    ("language: de", 'send_hours: { start: "18:00", until: "08:00" }', "5:13  send_hours  no hour lies"),
    ("language: de", 'send_hours: { start: "8 Uhr" }', "5:22  send_hours.start  '8 Uhr' is not a time"),
    ("language: de", "brand_color: blue", "5:14  brand_color  'blue' is not a colour"),
])  # fmt: skip
def test_a_mistake_in_an_entity_has_its_place(tmp_path: Path, was: str, now: str, expected: str) -> None:
    assert was in ENTITY
    found = errors(folder(tmp_path, entities__nord_yaml=ENTITY.replace(was, now, 1)))
    assert len(found) == 1, found
    assert found[0].removeprefix("entities/nord.yaml:").startswith(expected)


@pytest.mark.parametrize(("was", "now", "expected"), [
    ("anna@nord.example", "anna@", "2:36  people[0].email  'an***@' is not one mail address"),
    ("roles: [accounting]", "roles: accounting", "2:62  people[0].roles  expected a list, got 'accounting'"),
    ("roles: [accounting]", "roles: [accounting], entities: [nrod]",
     "2:87  people[0].entities[0]  there is no entity 'nrod'; did you mean 'nord'?"),
    ("roles: [accounting]", "rolls: [accounting]", "2:55  people[0].rolls  unknown key; did you mean 'roles'?"),
])  # fmt: skip
def test_a_mistake_in_people_has_its_place(tmp_path: Path, was: str, now: str, expected: str) -> None:
    found = errors(folder(tmp_path, people_yaml=FILES["people.yaml"].replace(was, now, 1)))
    assert found == [f"people.yaml:{expected}"]


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"entities/again.yaml": ENTITY, "policies/zwei.yaml": FILES["policies/own.yaml"]})
    people = path / "people.yaml"
    people.write_text(people.read_text() + "  - { id: anna, name: Other, roles: [accounting] }\n")
    assert errors(path) == [
        "entities/nord.yaml:1:5  id  entity 'nord' stands in entities/again.yaml already",
        "people.yaml:3:11  people[1].id  person 'anna' stands above already",
        "policies/zwei.yaml:1  policy  policy 'own' stands in another file already",
    ]


def test_a_policy_of_the_folder_is_checked_with_its_place(tmp_path: Path) -> None:
    own = FILES["policies/own.yaml"].replace("offset_days", "offset_day")
    assert errors(folder(tmp_path, policies__own_yaml=own))[0].startswith("policies/own.yaml:4:")


def test_a_role_that_nobody_has_is_a_warning(tmp_path: Path) -> None:
    people = FILES["people.yaml"].replace("[accounting]", "[acounting]")
    read = read_folder(folder(tmp_path, people_yaml=people))
    assert read.errors == ()
    (warning,) = read.warnings
    assert str(warning).startswith(
        "entities/nord.yaml:6:9  policy  policy 'headline-31-61-91', steps[0].audience.ours[0]: nobody of us has"
        " the role accounting; did you mean"
    )
    assert warning.hint == "did you mean 'acounting'?"


@pytest.mark.parametrize(("hour", "said"), [(17, []), (18, ["entities/nord.yaml:6:9"])])
def test_a_mail_of_one_day_that_the_evening_decides_is_a_warning(tmp_path: Path, hour: int, said: list[str]) -> None:
    text = ENTITY.replace("headline-31-61-91", "segments-30-60-90") + f"run_hour: {hour}\n"
    found = read_folder(folder(tmp_path, entities__nord_yaml=text)).warnings
    late = [str(one) for one in found if one.code == "UNREACHABLE"]
    assert [one.split("  ")[0] for one in late] == said
    assert all("'rule-2'" in one and "valid_until_dpd: 1" in one for one in late)


def test_a_policy_that_cannot_be_meant_is_refused_and_a_strange_one_is_not(tmp_path: Path) -> None:
    own = FILES["policies/own.yaml"]
    capped = own.replace("version: 1", "version: 1\nhighest_level: 0").replace(
        "offset_days: 3", "offset_days: 3, level: 1"
    )
    (error,) = errors(folder(tmp_path, policies__own_yaml=capped))
    assert error.startswith("policies/own.yaml:5:37  steps[0].level  step 'a' has level 1, above highest_level 0")
    idle = own.replace("version: 1", "version: 1\nafter_last_step: nothing")
    read = read_folder(folder(tmp_path, policies__own_yaml=idle))
    assert (read.errors, [warning.code for warning in read.warnings]) == ((), ["ENDLESS"])


@pytest.mark.parametrize(("currency", "wrong"), [("GBP", 0), ("INR", 2)])
def test_the_entitys_currency_needs_the_limits_that_others_have(tmp_path: Path, currency: str, wrong: int) -> None:
    text = ENTITY.replace("headline-31-61-91", "customer-friendly-three-levels") + f"currency: {currency}\n"
    found = read_folder(folder(tmp_path, entities__nord_yaml=text)).errors
    assert [(error.code, error.line) for error in found] == [("NO_LIMIT", 6)] * wrong


def test_an_empty_or_missing_folder_says_what_belongs_in_it(tmp_path: Path) -> None:
    assert "expected entities/*.yaml" in errors(tmp_path / "none")[0]
    assert "holds no configuration" in errors(tmp_path)[0]


def test_the_diff_says_what_would_change(tmp_path: Path) -> None:
    wanted = read_folder(folder(tmp_path)).wanted
    assert diff(Wanted(), wanted) == [
        "entity nord: new", "person anna: new", "policy own: new", "policy headline-31-61-91: new",
    ]  # fmt: skip
    assert diff(wanted, wanted) == []
    entity = wanted.entities["nord"].model_copy(update={"run_hour": 7, "live": True})
    anna = wanted.people["anna"].model_copy(update={"roles": ("accounting", "ceo")})
    own = wanted.policies["own"]
    step = own.steps[0].model_copy(update={"offset_days": 5})
    new = own.model_copy(update={"version": 2, "steps": (step,)})
    other = Wanted({"nord": entity}, {"anna": anna}, {"own": new})
    assert diff(wanted, other) == [
        "entity nord: run_hour 6 -> 7",  # whether it is live is another command's business
        "person anna: roles accounting -> accounting, ceo",
        "policy own: version 1 -> 2",
        "policy own: steps.a.offset_days 3 -> 5",
    ]
    assert stale_versions(wanted, other) == []
    called = own.model_copy(update={"version": 2, "steps": (own.steps[0].model_copy(update={"id": "b"}),)})
    assert diff(Wanted(policies={"own": own}), Wanted(policies={"own": called}))[-1] == (
        "policy own: steps[0].id: step 'a' is called 'b' now: who got it may get it again; "
        "keep its id where that is not meant"
    )
    same_version = replace(other, policies={"own": new.model_copy(update={"version": 1})})
    assert stale_versions(wanted, same_version) == ["own"]


def test_the_diff_takes_whatever_has_entities_people_and_policies() -> None:
    nord = Entity(id="nord", name="Nord", rates={"GBP": "1.17"})  # quoted by a ledger, and kept where no file has any
    stored = SimpleNamespace(entities={"nord": nord}, people={}, policies={})
    wanted = Wanted({"nord": Entity(id="nord", name="Süd", country="DE")})
    assert diff(stored, wanted) == ["entity nord: name Nord -> Süd", "entity nord: country (none) -> DE"]
    other = Wanted({"nord": nord.model_copy(update={"rates": {"USD": "0.92"}})})
    assert diff(stored, other) == [
        "entity nord: rates.GBP 1.17 -> (none)", "entity nord: rates.USD (none) -> 0.92",
    ]  # fmt: skip


@pytest.mark.parametrize(("iban", "right"), [
    ("DE89370400440532013000", True), ("GB29 NWBK 6016 1331 9268 19", True), ("NL91ABNA0417164300", True),
    ("NL91ABNA0417164301", False), ("DE8937040044053201300", False), ("", False), ("DE89", False),
])  # fmt: skip
def test_check_digits_of_an_iban(iban: str, right: bool) -> None:
    assert iban_adds_up(iban) is right


SOURCE = """\
id: books
entity: nord
kind: ledger
snapshot: full
mapping: { mapping: books, customer: { id: Customer }, invoice: { number: No, issued: Date, due: Due, total: Total } }
"""


def test_a_source_is_read_and_compared(tmp_path: Path) -> None:
    read = read_folder(folder(tmp_path, **{"sources/books.yaml": SOURCE}))
    assert (read.errors, read.wanted.sources["books"].snapshot) == ((), "full")
    nothing = SimpleNamespace(entities=read.wanted.entities, people=read.wanted.people, policies=read.wanted.policies)
    assert diff(nothing, read.wanted) == ["source books: new"]
    before = read.wanted.sources["books"].model_copy(update={"fresh_hours": 12})
    assert diff(nothing, read.wanted, {"books": before}) == ["source books: fresh_hours 12 -> 36"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("entity: süd", "sources/books.yaml:2:9  entity  there is no entity 'süd'; known: nord"),
        ("kind: bank", "sources/books.yaml:4:11  snapshot  only files of a ledger are full snapshots"),
        ("fresh: 3", "sources/books.yaml:6:1  fresh  "),
    ],
)
def test_what_is_wrong_with_a_source_has_its_place(tmp_path: Path, changed: str, said: str) -> None:
    key = changed.partition(":")[0]
    lines = SOURCE.splitlines()
    text = "\n".join([changed if line.startswith(f"{key}:") else line for line in lines]) + "\n"
    text = text if key in SOURCE else text + changed + "\n"
    found = errors(folder(tmp_path, **{"sources/books.yaml": text}))
    assert any(error.startswith(said) for error in found), found
