"""The accounts of a case: each customer that is chased at each selling company, with its policy and its items."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from core.policy.schema import Policy
from tests.conformance.case import Body, Case, RefusedError
from tests.conformance.facts import Books, item_policy
from tests.conformance.language import policy_of
from tests.conformance.replay import Account

COMPANY: Final = "seller"
LAYERS: Final = ("customer_override", "entity_default")  # the nearest wins


def accounts_of(case: Case) -> list[Account]:
    """Every account that has items, or that the case names."""
    people = customers(case.body)
    items = case.body.get("open_items", [])
    places = dict.fromkeys((_payer(item, people), item.get("entity", COMPANY)) for item in items)
    for name, who in people.items():
        if not any(place[0] == name for place in places) and not who.get("parent_pays"):
            places[(name, COMPANY)] = None
    return [_account(case, people, name, entity) for name, entity in places]


def customers(body: Body) -> dict[str, Body]:
    """Every customer of a case by id: the one, its children, those in a list, and those that items name."""
    found: dict[str, Body] = {}
    one = body.get("customer")
    listed = body.get("customers", [])
    rows = [{"id": key, **row} for key, row in listed.items()] if isinstance(listed, Mapping) else list(listed)
    if isinstance(one, str):
        one = {"id": one}
    if one:
        rows = [one, *one.get("children", []), *rows]
    for row in rows:
        found[str(row["id"])] = row
    default = next(iter(found), "customer")
    for item in body.get("open_items", []):
        name = str(item.get("customer", default))
        found.setdefault(name, {"id": name})
    return found or {default: {"id": default}}


def _payer(item: Body, people: Mapping[str, Body]) -> str:
    """The customer on whose account an item is chased: the parent, where the parent pays."""
    name = str(item.get("customer", next(iter(people))))
    who = people[name]
    if who.get("parent_pays"):
        return str(who.get("parent", next(iter(people))))
    return name


def chased_at(case: Case, stages: Mapping[str, Any]) -> dict[str, str]:
    """By customer the account that speaks for it."""
    people = customers(case.body)
    found = {name: _payer({"customer": name}, people) for name in people}
    return {name: account for name, account in found.items() if account in stages}


def _account(case: Case, people: Mapping[str, Body], name: str, entity: str) -> Account:
    mine = [
        item
        for item in case.body.get("open_items", [])
        if (_payer(item, people), item.get("entity", COMPANY)) == (name, entity)
    ]
    who = {"id": name, **people[name]}
    theirs = _theirs(case, case.body.get("policy"), who)
    account = Account(who=who, entity=entity, company=COMPANY, theirs=theirs, policy=policy_of(None), books=Books(mine))
    set_policy(account, case, theirs)
    return account


def set_policy(account: Account, case: Case, theirs: Any) -> None:
    """Put an account under a policy, and its items under their own ones."""
    everything = case.body.get("open_items", [])
    currencies = {item["currency"] for item in everything} or {"EUR"}
    rated = any("rate_to_company" in item for item in everything)
    account.theirs = theirs or {"mode": "none"}
    account.policy = policy_of(theirs, currencies, rated=rated)
    account.policies = dict(_own_policies(case, account.books.items, currencies))


def _own_policies(case: Case, items: Iterable[Body], currencies: set[str]) -> Iterable[tuple[str, Policy]]:
    for item in items:
        name, own = item_policy(item), item.get("policy")
        if name is not None and name != "none":
            yield name, policy_of(case.policy(own), currencies, {"policy": name})


def _theirs(case: Case, given: Any, who: Body) -> Any:
    """The policy of a customer as the case writes it, the nearest one; none for a customer that is left out."""
    if any(flag for word, flag in who.items() if word.startswith(("exclude", "no_overdue_reminder"))):
        return None
    if who.get("policy"):
        given = who["policy"]
    if isinstance(given, Mapping) and "by_customer" in given:
        return _theirs(case, given["by_customer"].get(who["id"], given.get("default")), {"id": who["id"]})
    if isinstance(given, Mapping) and any(layer in given for layer in LAYERS):
        given = next((given[layer] for layer in LAYERS if given.get(layer)), None)
    return None if given in (None, "none") else case.policy(given)


def at_policy(accounts: Sequence[Account], case: Case, event: Body) -> None:
    """The policy changes: another one, or some fields of the present one; for one item where it is named."""
    if event.get("item"):
        _item_at_policy(accounts, case, event)
        return
    for account in accounts:
        if event.get("customer") not in (None, account.who["id"]) or event.get("entity") not in (None, account.entity):
            continue
        given = _first(event, "policy", "to", "new_policy")
        changes = _first(event, "changes", "fields", "set")
        if given is None and changes is None:
            raise RefusedError("a policy is changed, and the new one is not said")
        theirs = _theirs(case, given, {"id": account.who["id"]}) if given is not None else account.theirs
        set_policy(account, case, {**theirs, **(changes or {})} if theirs else theirs)


def _first(event: Body, *words: str) -> Any:
    return next((event[word] for word in words if word in event), None)


def _item_at_policy(accounts: Sequence[Account], case: Case, event: Body) -> None:
    given = _first(event, "policy", "to", "new_policy")
    if given is None:
        raise RefusedError("a policy of an item is changed, and the new one is not said")
    for account in accounts:
        account.books.items = [
            {**item, "policy": given} if item["id"] == event["item"] else item for item in account.books.items
        ]
        set_policy(account, case, account.theirs)
