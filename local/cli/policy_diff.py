"""`pastdue policy diff OLD NEW`: who would be treated differently, in the next night and in those after it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.amounts import money
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity
from local.cli.options import EntityId
from local.cli.output import hint, plain, progress, say, show, table
from local.cli.policy import read_policy
from local.cli.simulate import amounts_text, coming_data
from local.cli.target import Target

if TYPE_CHECKING:
    from core.decide.model import Setting
    from core.policy.schema import Policy
    from core.rehearsal.coming import Coming
    from core.rehearsal.difference import AccountDifference
    from functions.shared.store.config import Configuration
    from local.rehearsals import Account, Tally

_MOST_DAYS: Final = 365
_VERSION: Final = "@"  # between the name of a stored policy and one of its versions


@dataclass(slots=True)
class _Compared:
    """All accounts under both policies."""

    looked_at: int = 0
    differ: list[tuple["Account", "AccountDifference"]] = field(default_factory=list)
    old: "list[Coming]" = field(default_factory=list)
    new: "list[Coming]" = field(default_factory=list)

    def add(self, account: "Account", difference: "AccountDifference") -> None:
        self.looked_at += 1
        self.old += difference.old
        self.new += difference.new
        if difference.differences:
            self.differ.append((account, difference))

    @property
    def at_once(self) -> int:
        """Accounts that are treated differently in the next night."""
        return sum(bool(difference.at_once) for _, difference in self.differ)

    @property
    def changes(self) -> Counter[str]:
        return Counter(one.change.value for _, difference in self.differ for one in difference.differences)


@on_target(looks=True)
def diff(
    found: Target,
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="a YAML file, or a stored or shipped policy by NAME[@VERSION]")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="likewise")],
    days: Annotated[int, typer.Option("--days", min=1, max=_MOST_DAYS, metavar="N", help="How many nights.")] = 30,
    entity: EntityId = None,
) -> None:
    """Say who would be treated differently under NEW than under OLD: counts first, then account by account."""
    from core.rehearsal.difference import compare
    from functions.shared.store import config

    configuration = config.read()
    sides = (_policy(old, configuration, found), _policy(new, configuration, found))
    known = _concerned(found, configuration, entity, sides[0])
    if not known:
        raise CliError("no account has anything open", found.command("import FILE"))
    compared = _Compared()
    with progress("rehearsing", len(known)) as advance:
        for account in known:
            before, after = (_under(account.setting, sides[0].policy, policy) for policy in sides)
            compared.add(account, compare(account.facts, before, after, account.first, days=days, money=money))
            advance()
    first = min(account.first for account in known)
    _show(compared, sides, first, first + timedelta(days=days - 1))
    hint(found.command("simulate") if not compared.differ else f"pastdue policy explain {new}")


def _policy(name: str, configuration: "Configuration", found: Target) -> "Policy":
    """A file, a stored policy, or a shipped one: the first that there is."""
    if not Path(name).is_file():
        stored, _, version = name.partition(_VERSION)
        if not version and stored in configuration.policies:
            return configuration.policies[stored]
        if version.isdigit() and (stored, int(version)) in configuration.kept:
            return configuration.kept[stored, int(version)]
        there = sorted(of for policy, of in configuration.kept if policy == stored)
        if version and there:
            problem = f"{stored} has no version {version}; versions: {', '.join(map(str, there))}"
            raise CliError(problem, found.command(f"policy diff {stored}{_VERSION}{there[-1]} {stored}"))
    return read_policy(name, "explain")


def _concerned(found: Target, configuration: "Configuration", entity: str | None, old: "Policy") -> "Sequence[Account]":
    """The accounts that are decided by a policy of the old one's name; every account when none is."""
    from local.rehearsals import every

    if entity:
        find_entity(configuration, entity, found)
    known = []
    with progress("reading accounts", None) as advance:
        for account in every(configuration, found.now, entity):
            known.append(account)
            advance()
    mine = [account for account in known if _uses(account, old.policy)]
    if known and not mine:
        say(f"no account is decided by {old.policy}: every account is compared, as if it were")
    return mine or known


def _uses(account: "Account", name: str) -> bool:
    return account.setting.policy.policy == name or any(item.policy == name for item in account.facts.items)


def _under(setting: "Setting", name: str, policy: "Policy") -> "Setting":
    """The setting with `policy` in place of that of the name, for the account and for items that name it."""
    from local.rehearsals import as_if_live

    own = setting.policy.policy
    policies = {**setting.policies, name: policy}
    other = own != name and name in setting.policies
    return replace(as_if_live(setting), policy=setting.policy if other else policy, policies=policies)


# ---------- telling ----------
def _show(compared: _Compared, sides: "tuple[Policy, Policy]", first: date, last: date) -> None:
    from core.policy.renamed import renamed
    from local.rehearsals import Tally

    old, new = sides
    names = [f"steps[{one.place}].id: {one}" for one in renamed(old, new)] if old.policy == new.policy else []
    say(*(f"{new.policy} version {new.version}, {name}" for name in names))
    tallies = Tally.of(compared.old), Tally.of(compared.new)
    data = {
        "old": {"policy": old.policy, "version": old.version},
        "new": {"policy": new.policy, "version": new.version},
        "from": first,
        "to": last,
        "accounts": compared.looked_at,
        "differ": len(compared.differ),
        "differ_in_the_next_night": compared.at_once,
        "changes": dict(compared.changes),
        "renamed": names,
        "counts": {"old": dict(tallies[0].counts), "new": dict(tallies[1].counts)},
        "asked": {"old": dict(tallies[0].asked), "new": dict(tallies[1].asked)},
        "charged": {"old": dict(tallies[0].charged), "new": dict(tallies[1].charged)},
        "differences": [_data(account, difference) for account, difference in compared.differ],
    }
    rows = table("customer", "night", "change", "old", "new", "because")
    for account, difference in compared.differ:
        for row in _rows(account, difference):
            rows.add_row(*plain(*row))
    show("policy diff", data, *_counts(compared, tallies, first, last), *([rows] if compared.differ else []))


def _counts(compared: _Compared, tallies: "tuple[Tally, Tally]", first: date, last: date) -> list[str]:
    old, new = tallies
    if not compared.differ:
        return [f"{first} to {last}: of {compared.looked_at:,} accounts none is treated differently"]
    told = ", ".join(f"{count:,} {change}" for change, count in sorted(compared.changes.items()))
    differ = f"{len(compared.differ):,} {'is' if len(compared.differ) == 1 else 'are'} treated differently"
    said = [
        f"{first} to {last}: of {compared.looked_at:,} accounts {differ}, {compared.at_once:,} in the next night",
        f"  {told}",
        f"  old: {old.counted}",
        f"  new: {new.counted}",
    ]
    if old.charged or new.charged:
        said.append(f"  charged: {amounts_text(old.charged) or 'nothing'} -> {amounts_text(new.charged) or 'nothing'}")
    return [*said, ""]


def _rows(account: "Account", difference: "AccountDifference") -> Iterator[tuple[str, ...]]:
    name = account.name
    for one in difference.differences:
        yield name, str(one.on), one.change.value, _cell(one.old, one.on), _cell(one.new, one.on), one.because
        name = ""


def _cell(one: "Coming | None", on: date) -> str:
    """One thing of one side, in a few words; its night where that is another one."""
    if one is None:
        return "-"
    what = one.name if one.what.value == "message" else f"{one.what.value} {one.name}".strip()
    tone = f", level {one.level}" if one.level else ""
    amounts = f", {amounts_text(one.amounts)}" if one.amounts else ""
    night = "" if one.on == on else f"{one.on}: "
    return f"{night}{what}{tone}{amounts}"


def _data(account: "Account", difference: "AccountDifference") -> dict[str, Any]:
    return {
        "entity": account.entity,
        "customer": account.customer,
        "name": account.name,
        "in_the_next_night": bool(difference.at_once),
        "differences": [
            {
                "change": one.change.value,
                "on": one.on,
                "old": coming_data(one.old) if one.old else None,
                "new": coming_data(one.new) if one.new else None,
                "because": one.because,
            }
            for one in difference.differences
        ],
    }
