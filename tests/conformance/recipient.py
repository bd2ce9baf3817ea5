"""Kind recipient: who receives, by the order of contacts; the first one present wins."""

from typing import Any

from core.decide.model import Facts
from core.decide.readers import customer_readers
from core.ledger import Contact
from tests.conformance import samples
from tests.conformance.case import Body, Case, differ

OWN_ADDRESS = "account"  # in a chain of fallbacks: the customer's own address


def check(case: Case) -> list[str]:
    """Compare the addresses of each variant."""
    return [line for variant in case.variants() for line in _check(variant)]


def _check(body: Body) -> list[str]:
    first, *others = body["rule"]
    policy = samples.policy({"steps": [samples.message(id="only", offset_days=1)], "fallbacks": {first: others}})
    contacts = tuple(
        Contact(id=f"{role}-{number}", customer="customer", email=email, roles=(role,))
        for role, emails in body.get("contacts", {}).items()
        for number, email in enumerate(_addresses(emails))
    )
    own = next(iter(_addresses(body.get("contacts", {}).get(OWN_ADDRESS))), None)
    facts = Facts(customer=samples.customer(email=own), contacts=contacts)
    readers, _ = customer_readers(facts, samples.setting(policy), (first,))
    expected = body["expected"]
    wanted = expected.get("recipients") if isinstance(expected, dict) else expected
    return differ("recipients", _addresses(wanted), [reader.email for reader in readers])


def _addresses(emails: Any) -> list[str]:
    """The addresses in a value that may be one, several, or none."""
    if not emails:
        return []
    if isinstance(emails, dict):
        return _addresses(emails.get("email"))
    return [emails] if isinstance(emails, str) else [address for one in emails for address in _addresses(one)]
