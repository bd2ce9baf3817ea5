"""Slips about money and harshness: limits that a currency lacks, charges without a warning, acts without a person."""

from collections.abc import Collection, Iterator

from core.formats.errors import Code, Severity
from core.ledger import CustomerKind
from core.policy.charges import ENTITY
from core.policy.fee import names
from core.policy.finding import Finding, Known
from core.policy.schema import Adverse, Effect, Policy, Step
from core.rates.profiles import known_countries


def findings(policy: Policy, known: Known) -> Iterator[Finding]:
    """Limits first, then step by step."""
    yield from _limits(policy, known.currencies or frozenset())
    yield from _laws(policy, known.countries or frozenset())
    for i, step in enumerate(policy.steps):
        if step.off:
            continue
        yield from _harsh(i, step, policy)
        yield from _claims(i, step)
        yield from _small(i, step, policy)
        yield from _fees(i, step, known.currencies or frozenset())


def _limits(policy: Policy, currencies: Collection[str]) -> Iterator[Finding]:
    """A currency without a limit while others have one; a policy without any limit means that."""
    limits = (
        (("minimum", "account"), policy.minimum.account),
        (("minimum", "item", "amount"), policy.minimum.item.amount),
    )
    named = {currency for _, amounts in limits for currency in amounts}
    for path, amounts in limits:
        missing = sorted((named | set(currencies)) - amounts.keys()) if amounts else []
        if missing:
            problem = (
                f"{', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no limit here, and others have one"
            )
            yield Finding(Code.NO_LIMIT, path, problem, f"add {missing[0]}, in minor units; 0 for none")


def _laws(policy: Policy, countries: Collection[str]) -> Iterator[Finding]:
    """Interest or the fixed sum by our own country's law, where that law is not known here."""
    unknown = sorted(country or "no country" for country in countries if country not in known_countries())
    for name in ("interest", "compensation"):
        terms = getattr(policy, name)
        if unknown and terms is not None and terms.statutory == ENTITY:
            problem = f"{name} by our own country's law, which is not known for {', '.join(unknown)}"
            hint = "name a country whose law holds, or leave it out"
            hint += ", or agree on `rates`" if name == "interest" else ""
            yield Finding(Code.NO_RATE, (name, "statutory"), problem, hint, Severity.WARNING)


def _harsh(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    path = ("steps", i)
    fees = step.fee is not None or step.document_fee is not None
    if fees and step.effect is Effect.FEE and step.adverse is None:
        problem = f"step '{step.id}' posts a fee without a mail, and asks for no mail before it"
        yield Finding(Code.HARSH, (*path, "effect"), problem, "adverse: fee, with the requires_step before it")
    elif fees and not step.requires_step:
        problem = f"step '{step.id}' charges a fee, and no mail need have arrived before it"
        hint = "name the requires_step before it"
        yield Finding(Code.HARSH, (*path, "fee" if step.fee else "document_fee"), problem, hint, Severity.WARNING)
    kinds = (policy.treat_as,) if policy.treat_as is not None else step.when.customer_kind
    if step.adverse in (Adverse.LEGAL, Adverse.AGENCY) and not step.approval and _reaches_consumers(kinds):
        problem = f"step '{step.id}' goes to {_WHERE[step.adverse]} without a person, and consumers may be among them"
        hint = "needs_approval: true, or when.customer_kind without consumer"
        yield Finding(Code.HARSH, (*path, "needs_approval"), problem, hint)
    if step.charge_compensation and kinds == (CustomerKind.CONSUMER,):
        problem = f"step '{step.id}' is for consumers only, who never owe the law's fixed sum"
        yield Finding(Code.UNREACHABLE, (*path, "charge_compensation"), problem)


def _claims(i: int, step: Step) -> Iterator[Finding]:
    """Words that say what the step does not do."""
    path = ("steps", i, "template")
    if step.template == "default-notice" and not step.approval:
        problem = f"step '{step.id}' says that one of us has decided to send it, and nobody does"
        yield Finding(Code.HARSH, path, problem, "adverse: default_notice, with the requires_step before it")
    elif step.template == "final-notice" and step.adverse is None and not step.requires_step:
        problem = f"step '{step.id}' says that we have written before, and no mail need have arrived"
        hint = "adverse: final_notice, with the requires_step before it"
        yield Finding(Code.HARSH, path, problem, hint, Severity.WARNING)


_WHERE = {Adverse.LEGAL: "court", Adverse.AGENCY: "an agency"}


def _reaches_consumers(kinds: tuple[CustomerKind, ...]) -> bool:
    return not kinds or CustomerKind.CONSUMER in kinds


def _small(i: int, step: Step, policy: Policy) -> Iterator[Finding]:
    """A louder step for invoices so small that they never rise above level 1."""
    limits, amounts = policy.minimum.item.amount, step.when.item_open
    most = {
        code: bound.at_most if bound.at_most is not None else bound.below - 1 if bound.below is not None else None
        for code, bound in amounts.items()
    }
    if step.level > 1 and most and all(high is not None and high < limits.get(code, 0) for code, high in most.items()):
        problem = f"step '{step.id}' at level {step.level} is for invoices below minimum.item, which stay at level 1"
        yield Finding(Code.UNREACHABLE, ("steps", i, "when", "item_open"), problem)


def _fees(i: int, step: Step, currencies: Collection[str]) -> Iterator[Finding]:
    for name in ("fee", "document_fee"):
        fee = getattr(step, name)
        missing = sorted(code for code in currencies if fee is not None and not names(fee, code))
        if missing:
            problem = f"step '{step.id}': the fee has no amount in {', '.join(missing)}, so nothing is charged there"
            yield Finding(Code.NO_LIMIT, ("steps", i, name), problem, f"add {missing[0]}", Severity.WARNING)
