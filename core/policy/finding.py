"""What a look at a sound policy may find, and what is known of the world that it will meet."""

from collections.abc import Mapping

from core.formats.errors import Code, Severity
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What the policy will meet. None: not known, so nothing is said about it."""

    templates: Mapping[str, frozenset[str]] | None = None  # by name, the languages in which it has words
    languages: frozenset[str] | None = None  # that customers need, BCP 47
    home_languages: frozenset[str] | None = None  # of our legal entities: what a reader gets whose own is not spoken
    roles: frozenset[str] | None = None  # that our own people hold
    customer_roles: frozenset[str] | None = None  # that contacts of customers bear
    currencies: frozenset[str] | None = None  # that customers are invoiced in
    countries: frozenset[str] | None = None  # of our legal entities, ISO 3166; "" for one that names none
    evenings: frozenset[str] | None = None  # of our legal entities, those whose night runs when sending hours are over


@dataclass(frozen=True, slots=True)
class Finding:
    """One slip: where it stands in the policy, what is wrong, what to do."""

    code: Code
    path: tuple[str | int, ...]
    problem: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
