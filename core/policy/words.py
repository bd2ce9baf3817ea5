"""How numbers, roles, amounts, bounds and fees of a policy are said in plain words."""

from collections.abc import Mapping
from typing import Final

from babel.numbers import format_currency

from core.minor_units import decimals
from core.policy.conditions import Bound, When
from core.policy.fee import Bands, ByCurrency, Convert, Fee, Flat, FlatPlusPercent, Percent, Sequence, Tier, Tiered

_ABBREVIATIONS: Final = {"ap": "AP", "ar": "AR", "ceo": "CEO", "cfo": "CFO"}
_BOUNDS: Final = {"at_least": "at least", "above": "more than", "at_most": "at most", "below": "less than"}
_PAYERS: Final = {"punctual": "who usually pays in time", "late": "who usually pays late"}


def count(number: int, noun: str) -> str:
    """A number with its noun in the singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: tuple[str, ...] | list[str], last: str = "and") -> str:
    """Words as a sentence lists them."""
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def role(name: str) -> str:
    """A role as people say it: ap_contact is the AP contact."""
    return " ".join(_ABBREVIATIONS.get(word, word) for word in name.split("_"))


def roles(names: tuple[str, ...]) -> str:
    """Several roles in a sentence."""
    return listed([role(name) for name in names])


def money(minor: int, currency: str) -> str:
    """An amount of minor units with its currency sign."""
    return format_currency(f"{minor}e-{decimals(currency)}", currency, locale="en")


def sums(amounts: Mapping[str, int], last: str = "or") -> str:
    """One amount a currency, in the order of their codes."""
    return listed([money(minor, code) for code, minor in sorted(amounts.items())], last)


def bound(limits: Bound, noun: str = "") -> str:
    """A bound on a number: at least 30 and less than 60 days past due."""
    told = [f"{word} {getattr(limits, key)}" for key, word in _BOUNDS.items() if getattr(limits, key) is not None]
    return f"{' and '.join(told)}{' ' if noun else ''}{noun}"


def condition(when: When) -> str:
    """All that is asked beside the day; empty when nothing is."""
    numbers = (
        (when.dpd, "days past due"),
        (when.unpaid_count, "invoices of the account due and unpaid"),
        (when.attempts, "mails about the invoice accepted"),
        (when.percent_open, "% of the invoice open"),
    )
    told = [bound(limits, noun) for limits, noun in numbers if limits is not None]
    amounts = (
        (when.item_open, "open of the invoice"),
        (when.account_balance, "open on the account"),
        (when.overdue_total, "overdue on the account"),
        (when.unpaid_total, "due and unpaid on the account, less credits"),
    )
    told += [_amounts(limits, noun) for limits, noun in amounts if limits]
    lists = (
        ("the customer is in segment", when.segment),
        ("in", when.currency),
        ("of department", when.department),
        ("the customer is a", tuple(kind.value for kind in when.customer_kind)),
    )
    told += [f"{what} {listed(names, 'or')}" for what, names in lists if names]
    if when.payer is not None:
        told.append(f"the customer is one {_PAYERS[when.payer]}")
    if when.occurrences_of is not None:
        told.append(f"after {count(when.at_least or 1, 'mail')} of step {when.occurrences_of}")
    if when.any_of:
        told.append(f"either {' or '.join(condition(one) for one in when.any_of)}")
    return " and ".join(told)


def _amounts(limits: Mapping[str, Bound], noun: str) -> str:
    told = []
    for code, limit in sorted(limits.items()):
        parts = [
            f"{word} {money(getattr(limit, key), code)}"
            for key, word in _BOUNDS.items()
            if getattr(limit, key) is not None
        ]
        told.append(" and ".join(parts))
    return f"{listed(told, 'or')} {noun}"


def fee(rule: Fee) -> str:
    """What a fee comes to: 5 %, at least €10.00 and at most €50.00."""
    match rule:
        case Flat() | Percent() | FlatPlusPercent():
            return _plain(rule)
        case Bands():
            bands = [(code, band) for code, of in sorted(rule.bands.items()) for band in of]
            return listed([f"{money(b.fee_minor, code)} from {money(b.from_minor, code)}" for code, b in bands])
        case Tiered():
            return _tiers(rule)
        case ByCurrency():
            return listed([f"in {code} {fee(one)}" for code, one in sorted(rule.fees.items())])
        case Convert():
            pinned = listed([f"{rate} {code}" for code, rate in sorted(rule.rates.items())], "or")
            at = f" for {pinned}" if pinned else " at the rate of the month"
            return f"{fee(rule.fee)}, converted from {rule.currency}{at}"
        case Sequence():
            then = "nothing" if rule.then == "nothing" else "the last again"
            return f"{', then '.join(fee(one) for one in rule.fees)}, then {then}"


def _plain(rule: Flat | Percent | FlatPlusPercent) -> str:
    if isinstance(rule, Flat):
        return sums(rule.flat)
    flat = f"{sums(rule.flat)} and " if isinstance(rule, FlatPlusPercent) else ""
    return f"{flat}{rule.percent} %{_limits(rule.min, rule.max)}"


def _tiers(rule: Tiered) -> str:
    how = "each slice by its own tier" if rule.type == "tiered_cumulative" else "all of it by one tier"
    told = [_tier(tier, code) for code, tiers in sorted(rule.tiers.items()) for tier in tiers]
    return f"{how}: {listed(told)}{_limits(rule.min, rule.max)}"


def _tier(tier: Tier, code: str) -> str:
    low = {} if tier.min_minor is None else {code: tier.min_minor}
    high = {} if tier.max_minor is None else {code: tier.max_minor}
    parts = [money(tier.flat_minor, code)] * bool(tier.flat_minor) + [f"{tier.percent} %"] * (tier.percent != "0")
    charged = " and ".join(parts) or "nothing"
    return f"{charged} from {money(tier.from_minor, code)}{_limits(low, high)}"


def _limits(low: Mapping[str, int], high: Mapping[str, int]) -> str:
    told = [f"at least {sums(low)}"] * bool(low) + [f"at most {sums(high)}"] * bool(high)
    return f", {' and '.join(told)}" if told else ""
