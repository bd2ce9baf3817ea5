"""Slips about people: a message without words in their language, a role that nobody has."""

from collections.abc import Iterator, Mapping

from core.formats.errors import Code, Severity, did_you_mean
from core.policy.finding import Finding, Known
from core.policy.schema import Policy
from core.policy.words import role as said

Path = tuple[str | int, ...]


def findings(policy: Policy, known: Known) -> Iterator[Finding]:
    """Words, then our roles, then theirs; nothing where nothing is known."""
    if known.templates is not None and known.languages is not None:
        yield from _words(policy, known.templates, known.languages, known.home_languages or frozenset())
    if known.roles is not None:
        yield from _ours(policy, known.roles)
    if known.customer_roles is not None:
        yield from _theirs(policy, known.customer_roles)


def _words(
    policy: Policy, templates: Mapping[str, frozenset[str]], languages: frozenset[str], home: frozenset[str]
) -> Iterator[Finding]:
    needed = _bases(languages)
    spoken = {language for has in templates.values() for language in has}
    for language in sorted(needed - spoken):
        problem = f"no message has words in {language}: who reads it gets {_instead(sorted(_bases(home) & spoken))}"
        yield Finding(Code.WORDS, ("policy",), problem, "translate the messages into it", Severity.WARNING)
    for path, template in _templates(policy):
        missing = sorted((needed & spoken) - templates.get(template, frozenset()))
        if template in templates and missing:
            problem = f"'{template}' has no words in {', '.join(missing)}, which customers need"
            yield Finding(Code.WORDS, path, problem, "translate it, or name another template")


def _bases(tags: frozenset[str]) -> set[str]:
    return {tag.replace("_", "-").split("-")[0].lower() for tag in tags}


def _instead(home: list[str]) -> str:
    """What somebody is written to in whose own language nothing is said; the customer's own goes first."""
    if len(home) == 1:
        return f"the customer's language where the messages speak it, else {home[0]}, that of the legal entity"
    entity = f"that of the legal entity ({', '.join(home)})" if home else "that of the legal entity"
    return f"the customer's language where the messages speak it, else {entity}, else English"


def _templates(policy: Policy) -> Iterator[tuple[Path, str]]:
    for i, step in enumerate(policy.steps):
        if step.template and not step.off:
            yield ("steps", i, "template"), step.template
    if policy.punctual is not None:
        yield ("punctual", "template"), policy.punctual.template
    yield ("activation", "statement"), policy.activation.statement


def _ours(policy: Policy, held: frozenset[str]) -> Iterator[Finding]:
    for path, role in _our_roles(policy):
        if role not in held:
            hint = did_you_mean(role, held) or "give it to someone"
            yield Finding(Code.ROLE, path, f"nobody of us has the role {role}", hint, Severity.WARNING)


def _our_roles(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Each role of ours that hears, decides or signs, where the policy names it first."""
    places = dict[str, Path]()
    if policy.after_last_step in ("task", "final") and policy.messages:
        places.setdefault(policy.after_last_owner, ("after_last_owner",))
    steps = [(i, step) for i, step in enumerate(policy.steps) if not step.off]
    if any(step.adverse is not None and step.approval for _, step in steps):
        places.setdefault(policy.heard_by, ("heard_by",))
    for i, step in steps:
        for j, role in enumerate(step.audience.ours):
            places.setdefault(role, ("steps", i, "audience", "ours", j))
        if step.sender is not None:
            places.setdefault(step.sender, ("steps", i, "sender"))
    yield from ((path, role) for role, path in places.items())


def _theirs(policy: Policy, borne: frozenset[str]) -> Iterator[Finding]:
    places = dict[str, Path]()
    for i, step in enumerate(policy.steps):
        for j, role in enumerate(step.audience.customer if not step.off else ()):
            places.setdefault(role, ("steps", i, "audience", "customer", j))
    for role, path in places.items():
        if role not in borne and not _stands_in(policy, role, borne):
            hint = did_you_mean(role, borne) or f"name under `fallbacks` who stands in for the {said(role)}"
            yield Finding(Code.ROLE, path, f"no contact bears the role {role}", hint, Severity.WARNING)


def _stands_in(policy: Policy, role: str, borne: frozenset[str]) -> bool:
    return any(other == "account" or other in borne for other in policy.fallbacks.get(role, ()))
