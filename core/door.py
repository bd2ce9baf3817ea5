"""What comes in from people and files is checked by pydantic, into the plain values of `core.frozen`.

Imported when something is first checked, and by no function of the night.
"""

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, TypeAdapter
from pydantic import Field as PydanticField
from pydantic_core import CoreSchema, core_schema

from core.frozen import Checked, Field, Frozen

_Kind = TypeVar("_Kind", bound=Frozen)
# The classes whose schemas are being made, so that one that holds itself does not begin again.
_OPEN: Final[ContextVar[frozenset[type[Frozen]]]] = ContextVar("_OPEN", default=frozenset())


_adapters: Final[dict[type[Frozen], TypeAdapter[Any]]] = {}


def adapter(kind: type[_Kind]) -> TypeAdapter[_Kind]:
    """What checks, describes and writes values of one class; made once."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def schema_of(kind: type[Frozen], handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema that pydantic would make itself if the class were one of its models."""
    ref = f"{kind.__module__}.{kind.__qualname__}:{id(kind)}"  # how pydantic names classes
    if kind in _OPEN.get():
        return core_schema.definition_reference_schema(ref)
    token = _OPEN.set(_OPEN.get() | {kind})
    try:
        types = get_type_hints(kind, include_extras=True)
        fields = {name: _field(types[name], one, handler) for name, one in kind.model_fields.items()}
    finally:
        _OPEN.reset(token)
    config = kind.model_config
    model = core_schema.model_schema(
        kind,
        core_schema.model_fields_schema(fields, model_name=kind.__name__),
        config=core_schema.CoreConfig(
            title=kind.__name__,
            extra_fields_behavior=config["extra"],
            strict=config.get("strict", False),
            validate_by_name=True,
        ),
        frozen=True,
        ref=ref,
    )
    if not kind.model_rules:
        return model
    del model["ref"]
    return core_schema.no_info_after_validator_function(kind.model_checked, model, ref=ref)


def limited(source: Any, limits: Mapping[str, Any], handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a type with limits."""
    return handler.generate_schema(Annotated[source, PydanticField(**limits)])


def checked(source: Any, check: Checked, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a type with a check of ours."""
    marks: list[Any] = []
    if check.before is not None:
        marks.append(BeforeValidator(check.before, json_schema_input_type=check.accepts))
    if check.limits is not None:
        marks.append(PydanticField(**check.limits.given))
    if check.shown is not None:
        marks.append(PydanticField(json_schema_extra=check.shown))
    if check.after is not None:
        marks.append(AfterValidator(check.after))
    return handler.generate_schema(Annotated[(source, *marks)])


def tagged(source: Any, name: str, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The schema of a union whose members one field tells apart."""
    return handler.generate_schema(Annotated[source, PydanticField(discriminator=name)])


def dumped(
    value: Frozen,
    mode: Literal["python", "json"],
    exclude: Collection[str],
    exclude_none: bool,
    exclude_unset: bool,
    exclude_defaults: bool,
) -> dict[str, Any]:
    """The fields as plain values without those that say nothing new."""
    told: dict[str, Any] = adapter(type(value)).dump_python(
        value,
        mode=mode,
        exclude=set(exclude),
        exclude_none=exclude_none,
        exclude_unset=exclude_unset,
        exclude_defaults=exclude_defaults,
    )
    return told


def _field(annotation: Any, field: Field, handler: GetCoreSchemaHandler) -> core_schema.ModelField:
    schema = handler.generate_schema(annotation)
    if field.factory is not None:
        schema = core_schema.with_default_schema(schema, default_factory=field.factory)
    elif not field.required:
        schema = core_schema.with_default_schema(schema, default=field.default)
    return core_schema.model_field(schema, validation_alias=field.written, serialization_alias=field.written)
