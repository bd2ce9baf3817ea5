"""Whatever a model says: every kind in every language is rendered whole, and both parts carry the same words.

Each value of a drawn model is a word of its own, so that a fact that only one part tells is seen at once.
"""

import re
from dataclasses import MISSING, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inscriptis import get_text

from core.render.answers import (
    Answer,
    CorrectionMail,
    DisputeReceivedMail,
    PlanAgreedMail,
    PromiseConfirmedMail,
    RetractionMail,
    ThankYouMail,
)
from core.render.formats import LANGUAGES, direction
from core.render.internal_messages import AlertMail, ApprovalMail, CallTaskMail
from core.render.messages import OF_POLICIES, CustomerMail, DigestMail, MailKind
from core.render.render import AnyMail
from tests.core.render_samples import BEFORE_THE_DAY, rendered

MODELS: dict[MailKind, type[Any]] = {
    **dict.fromkeys(OF_POLICIES, CustomerMail),
    MailKind.THANK_YOU: ThankYouMail,
    MailKind.PROMISE_CONFIRMED: PromiseConfirmedMail,
    MailKind.PLAN_AGREED: PlanAgreedMail,
    MailKind.DISPUTE_RECEIVED: DisputeReceivedMail,
    MailKind.CORRECTION: CorrectionMail,
    MailKind.RETRACTION: RetractionMail,
    MailKind.DIGEST: DigestMail,
    MailKind.CALL_TASK: CallTaskMail,
    MailKind.ALERT: AlertMail,
    MailKind.APPROVAL: ApprovalMail,
}
WORD = re.compile(r"w\d+q")
WORDS = st.integers(1, 10**6).map(lambda n: f"w{n}q")
FIXED = {
    "color": "#0b5d66",
    "ink": "#ffffff",
    "url": "https://pay.example/x",
    "page_url": "https://pay.example/x",
    "pay_url": "https://pay.example/x",
    "preferences_url": "https://pay.example/x",
    "logo_url": "https://cdn.example/l.png",
    "phone_digits": "+4930",
    "qr": "code",
}
NEVER_EMPTY = {"number", "amount", "name", "customer", "total", "what", "holder", "place"}


def values(of: Any, name: str) -> st.SearchStrategy[Any]:
    """Anything that a field of this type and name may hold."""
    if name in FIXED:
        one: st.SearchStrategy[Any] = st.just(FIXED[name])
        return one | st.none() if NoneType in get_args(of) else one
    if of is str:
        return WORDS if name in NEVER_EMPTY else WORDS | st.just("")
    if of is bool:
        return st.booleans()
    if of is int:
        return st.integers(0, 120)
    if get_origin(of) is Literal:
        return st.sampled_from(get_args(of))
    if get_origin(of) is tuple:
        return st.lists(values(get_args(of)[0], name), max_size=2).map(tuple)
    if get_origin(of) in (Union, UnionType):
        return st.one_of(*(st.none() if part is NoneType else values(part, name) for part in get_args(of)))
    assert is_dataclass(of), f"no values for {of}"
    return models(of)  # type: ignore[arg-type]


def models(of: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(of)
    given_elsewhere = {"kind", "language", "direction"}
    parts = {f.name: values(hints[f.name], f.name) for f in fields(of) if f.name not in given_elsewhere}
    whole = {"kind": st.just(MailKind.DIGEST), "language": st.just("en"), "direction": st.just("ltr")}
    return st.builds(of, **parts, **{name: whole[name] for name in given_elsewhere if name in hints})


@st.composite
def mails(draw: st.DrawFn) -> AnyMail:
    kind = draw(st.sampled_from(MailKind))
    language = draw(st.sampled_from(LANGUAGES))
    model: Any = draw(models(MODELS[kind]))
    model = replace(model, kind=kind, language=language, direction=direction(language))
    if hasattr(model, "page_url"):
        model = replace(model, page_host=draw(WORDS) if model.page_url else None)
        if not model.page_url:
            model = replace(model, preferences_url=None)
    if isinstance(model, CustomerMail):
        return _about_something(model, draw)
    if isinstance(model, Answer):
        model = replace(_with(model, "rows", draw), amount=" and ".join(model.amounts))
    whole: AnyMail = _with(model, "instalments", draw) if isinstance(model, PlanAgreedMail) else model
    return whole


def _with(model: Any, name: str, draw: st.DrawFn) -> Any:
    """Never about nothing: composing refuses that."""
    row = get_args(get_type_hints(type(model))[name])[0]
    return model if getattr(model, name) else replace(model, **{name: (draw(models(row)),)})


def _about_something(model: CustomerMail, draw: st.DrawFn) -> CustomerMail:
    """With a listed invoice, and with counts that are those of the tables."""
    overdue = () if model.kind in BEFORE_THE_DAY else _listing(model.overdue)
    coming = _listing(model.coming)
    if not overdue and not coming:
        table = draw(models(get_args(get_type_hints(CustomerMail)["coming"])[0]))
        coming = (_with(table, "rows", draw),)
    return replace(
        model,
        overdue=overdue,
        overdue_count=model.overdue_count + 1 if overdue else 0,
        coming=coming,
        coming_count=model.coming_count + 1 if coming else 0,
        asked_total=" and ".join(model.asked),
    )


def _listing(tables: Any) -> Any:
    return tables if tables and tables[0].rows else ()


@settings(
    max_examples=90, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
@given(mail=mails())
def test_any_model_is_rendered_whole_and_alike(mail: AnyMail) -> None:
    out = rendered(mail)
    page = get_text(out.html)
    assert set(WORD.findall(out.text.lower())) == set(WORD.findall(page))
    assert out.subject == " ".join(out.subject.split()) != ""
    for part in (out.subject, out.text, page):
        assert not re.search(r"\{\{|\{%|%\(|None\b|Undefined", part)


def test_every_kind_has_a_model_and_every_field_a_value() -> None:
    assert set(MODELS) == set(MailKind)
    for model in set(MODELS.values()):
        assert all(f.default is MISSING or f.init for f in fields(model))
