"""The mail of a notice, as the policy sees its reader."""

import pytest

from core.decide.account import decide
from functions.send_notices.compose import Writing, customer_mail
from tests.builders import a_policy, a_setting, an_item, facts, on


@pytest.mark.parametrize(("treat_as", "way_out"), [(None, False), ("consumer", True)])
def test_whom_the_policy_treats_as_a_consumer_can_opt_out(treat_as: str | None, way_out: bool) -> None:
    setting = a_setting(a_policy(treat_as=treat_as))
    (plan,) = decide(facts(an_item()), setting, on(7)).notices
    assert ("STOP" in customer_mail(Writing(plan, setting, facts(an_item()))).text) is way_out
