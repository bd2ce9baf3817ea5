"""The mail of a notice, as the policy sees its reader."""

from dataclasses import replace

import pytest

from core.decide.account import decide
from functions.send_notices.compose import Writing, customer_mail
from tests.builders import a_policy, a_setting, an_item, facts, on


@pytest.mark.parametrize(("treat_as", "way_out"), [(None, False), ("consumer", True)])
def test_whom_the_policy_treats_as_a_consumer_can_opt_out(treat_as: str | None, way_out: bool) -> None:
    setting = a_setting(a_policy(treat_as=treat_as))
    (plan,) = decide(facts(an_item()), setting, on(7)).notices
    assert ("STOP" in customer_mail(Writing(plan, setting, facts(an_item()))).text) is way_out


@pytest.mark.parametrize(("policy", "marks"), [("machinery-manufacturer", True), ("headline-31-61-91", False)])
def test_an_account_that_nobody_marks_is_not_said_to_be_recorded(policy: str, marks: bool) -> None:
    setting = a_setting(a_policy(policy))
    (plan,) = decide(facts(an_item()), setting, on(31)).notices
    told = customer_mail(Writing(replace(plan, template="delinquent"), setting, facts(an_item())))
    assert [said in told.text + told.html for said in ("recorded as", "managers")] == [marks, marks]
