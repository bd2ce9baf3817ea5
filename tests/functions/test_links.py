"""Signed links and reply addresses: what opens, what does not, and that nobody can make one."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.keys import notice_id
from functions.shared import links, signing_keys
from functions.shared.links import Claims, Purpose, notice_of, read, reply_address
from functions.shared.settings import MissingSettingError
from functions.shared.wiring import client

PAGE = "https://pay.nord.example/c"
NOTICE = notice_id("test", "nord", "C-1007", "account", 3)
CLAIMS = Claims("nord", "C-1007 & Söhne", NOTICE)
START = datetime(2026, 3, 16, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    signing_keys._read.cache_clear()
    made = client("secretsmanager").create_secret(Name="links", SecretString=json.dumps({"current": "k1" * 16}))
    monkeypatch.setenv("LINK_SECRET_ARN", made["ARN"])
    return made["ARN"]


def rotate(arn: str, **keys: str) -> None:
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(keys))
    signing_keys._read.cache_clear()


def token_for(purpose: Purpose = Purpose.PROMISE, claims: Claims = CLAIMS) -> str:
    url = links.link(PAGE + "/", purpose, claims)
    page, what, token = url.rsplit("/", 2)
    assert (page, what) == (PAGE, purpose.value)
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", token)  # nothing that a mail program would break a link at
    return token


def test_a_link_opens_for_what_it_was_made() -> None:
    opened = read(token_for(), Purpose.PROMISE)
    assert opened is not None
    assert (opened.claims, opened.signed_at) == (CLAIMS, START)


def test_a_token_holds_no_name_and_no_amount() -> None:
    payload = token_for(claims=Claims("nord", "C-1007", NOTICE)).split(".")[0]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert said == [1, "nord", "C-1007", NOTICE]


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.PROMISE])
def test_a_token_opens_nothing_else(purpose: Purpose) -> None:
    assert read(token_for(), purpose) is None


@pytest.mark.parametrize(("days", "opens"), [(0, True), (30, True), (30.001, False), (400, False), (-0.01, False)])
def test_a_link_lives_for_thirty_days(clock: time_machine.Traveller, days: float, opens: bool) -> None:
    token = token_for()
    clock.move_to(START + timedelta(days=days))
    assert (read(token, Purpose.PROMISE) is not None) is opens


def test_a_changed_character_closes_it() -> None:
    token = token_for()
    for at in range(len(token)):
        for other in ("A", "b", "."):
            changed = token[:at] + other + token[at + 1 :]
            if changed != token:
                opened = read(changed, Purpose.PROMISE)
                assert opened is None or opened.claims == CLAIMS  # spare bits of the last character of base64
    assert read(token[:-1], Purpose.PROMISE) is None
    assert read(token + "A", Purpose.PROMISE) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(st.text(max_size=80), st.text("AaZ09._-", max_size=80)))
def test_what_we_did_not_make_opens_nothing(text: str) -> None:
    assert read(text, Purpose.PAY) is None
    assert notice_of(text) is None
    assert notice_of(f"r+{text}@reply.nord.example") is None


def test_f54_keys_change_without_closing_what_was_sent(secret: str) -> None:
    before, address = token_for(), reply_address(NOTICE, "reply.nord.example")
    rotate(secret, current="k2" * 16, previous="k1" * 16)
    after = token_for()
    assert read(before, Purpose.PROMISE)
    assert read(after, Purpose.PROMISE)
    assert notice_of(address) == NOTICE
    rotate(secret, current="k2" * 16)
    assert read(before, Purpose.PROMISE) is None
    assert read(after, Purpose.PROMISE)
    assert notice_of(address) is None


def test_a_long_lived_process_hears_of_a_new_key(secret: str, clock: time_machine.Traveller) -> None:
    assert read(token_for(), Purpose.PROMISE)
    client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"current": "k3" * 16}))
    clock.shift(timedelta(minutes=10))
    assert signing_keys.signing_keys() == ("k3" * 16,)


def test_who_is_not_told_of_the_secret_cannot_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINK_SECRET_ARN")
    with pytest.raises(MissingSettingError):
        token_for()


# ---------- reply addresses ----------
def test_a_reply_finds_its_notice_whatever_mail_programs_do_to_case() -> None:
    address = reply_address(NOTICE, "reply.nord.example")
    local, _, domain = address.partition("@")
    assert domain == "reply.nord.example"
    assert re.fullmatch(r"r\+[a-z2-7]{37}", local)
    assert [notice_of(one) for one in (address, address.upper(), f" {address} ")] == [NOTICE] * 3


def test_a_changed_reply_address_finds_nothing() -> None:
    address = reply_address(NOTICE, "reply.nord.example")
    for at in range(2, 39):
        for other in "a2":
            changed = address[:at] + other + address[at + 1 :]
            assert notice_of(changed) in ((NOTICE,) if changed == address else (None, NOTICE if at == 38 else None))
    assert notice_of(address.removeprefix("r+")) is None
    assert notice_of(address.replace("r+", "s+")) is None


def test_two_notices_have_two_addresses() -> None:
    other = notice_id("test", "nord", "C-1007", "account", 4)
    assert reply_address(other, "x.example") != reply_address(NOTICE, "x.example")


def test_a_stack_of_another_name_does_not_take_ours(secret: str) -> None:
    address, token = reply_address(NOTICE, "x.example"), token_for()
    rotate(secret, current="k9" * 16)
    assert notice_of(address) is None
    assert read(token, Purpose.PROMISE) is None
