import pytest

from infra.expressions import problems


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hour)",
        "rate(10 minutes)",
        "cron(0 * * * ? *)",
        "cron(0/15 8-18 ? * MON-FRI *)",
        "cron(0 7 L * ? 2027)",
        "cron(30 6 15W * ? *)",
        "cron(0 7 ? JAN,JUL 2#1 *)",
        "at(2027-02-28T07:00:00)",
    ],
)
def test_what_the_scheduler_takes(expression: str) -> None:
    assert problems(expression) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(1 hours)", "1 takes hour"),
        ("rate(10 minute)", "more take minutes"),
        ("rate(0 hours)", "count from 1"),
        ("rate(2 weeks)", "count from 1"),
        ("cron(0 7 * * *)", "5 fields"),  # the Unix form
        ("cron(0 7 * * * *)", "exactly one of"),
        ("cron(0 7 ? * ? *)", "exactly one of"),
        ("cron(60 7 * * ? *)", "minutes '60'"),
        ("cron(0 24 * * ? *)", "hours '24'"),
        ("cron(0 7 32 * ? *)", "day of month '32'"),
        ("cron(0 7 ? * 0 *)", "day of week '0'"),  # Unix counts Sunday as 0
        ("cron(0 7 ? * FRI-MON *)", "day of week 'FRI-MON'"),
        ("cron(0 7 * 13 ? *)", "month '13'"),
        ("cron(0/0 7 * * ? *)", "minutes '0/0'"),
        ("cron(0 7 * * ? 1969)", "year '1969'"),
        ("at(2027-02-29T07:00:00)", "day is out of range"),
        ("every hour", "neither cron"),
    ],
)
def test_what_it_refuses_and_why(expression: str, said: str) -> None:
    assert said in " ".join(problems(expression))
